//! The finding that is looked at.

use eframe::egui::{Label, Ui};

use crate::audit::AuditFinding;
use crate::client::{Fix, Standing, make_visible};
use crate::desktop::form::severity_tone;
use crate::desktop::screens::Action;
use crate::desktop::screens::history::diff::{Line, diff_ui};
use crate::desktop::style::{self, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::Found;

/// One finding: what it is, what it does, and what ends it.
pub fn finding_ui(ui: &mut Ui, found: &Found, close: &mut bool) -> Option<Action> {
    let (row, finding, since) = (&found.client, found.finding(), found.dated().since);
    let mut action = None;
    let rule = finding.rule;
    ui.horizontal(|ui| {
        style::badge(ui, finding.severity.label(), severity_tone(finding.severity));
        style::at_right(ui, |ui| {
            *close = style::close_button(ui, "Close finding").clicked()
        });
    });
    style::pane_title(ui, rule.title());
    let standing = match row.standing {
        Standing::Active => "active",
        Standing::Disabled => "disabled, issues no tokens",
        Standing::Held => "held, issues no tokens",
    };
    ui.label(style::second(ui, format!("{} · {rule} · {standing}", row.name)));
    ui.add_space(space::S);
    ui.add(Label::new(rule.harm()).wrap());
    ui.add_space(space::XS);
    diff_ui(ui, &finding_lines(finding));
    ui.add_space(space::XS);
    ui.add(Label::new(rule.advice()).wrap());
    ui.add_space(space::XS);
    if style::primary_button(ui, "Open client", true).clicked() {
        action = Some(Action::Open(row.client_id.clone()));
    }
    style::divider(ui);
    style::label(ui, "Why");
    ui.label(style::second(ui, rule.basis()));
    style::divider(ui);
    style::label(ui, "Since");
    let text = format!("{}, when {} changed last", time::moment(since), finding.field);
    ui.add(Label::new(style::second(ui, text)).wrap());
    action
}

/// The field and what stands in it; or what would, where the fix is to put one URI in the place of another.
fn finding_lines(finding: &AuditFinding) -> Vec<Line> {
    let mut lines = vec![Line::Field(finding.field.to_owned())];
    match (&finding.fix, &finding.value) {
        (Some(Fix::ReplaceRedirectUri { from, to }), _) => {
            lines.extend([Line::Gone(make_visible(from)), Line::Come(make_visible(to))]);
        }
        (_, Some(value)) => lines.push(Line::Kept(make_visible(value))),
        (_, None) => {}
    }
    lines
}
