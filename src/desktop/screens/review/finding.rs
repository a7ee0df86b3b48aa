//! The finding that is looked at: what it is, what it does, what ends it, and what was decided about it.

use eframe::egui::{Label, Ui};

use super::field_history::field_history_ui;
use crate::audit::AuditFinding;
use crate::client::{Fix, Standing, make_visible};
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{AcceptDialog, Dialog, FixDialog};
use crate::desktop::form::severity_tone;
use crate::desktop::screens::clients::approval_ui;
use crate::desktop::screens::history::diff::{Line, diff, diff_ui};
use crate::desktop::screens::history::words::{moment, shown};
use crate::desktop::screens::{Action, Rights};
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{Beside, Decision, Fixing, Found, Write};
use crate::registry::{Client, new_refusals};

/// The rule that speaks where something changed after the sign-off.
const CHANGED: &str = "changed-since-review";

/// Whether there are findings before and behind it.
#[derive(Clone, Copy)]
pub(super) struct Neighbours {
    /// Before it.
    pub before: bool,
    /// Behind it.
    pub behind: bool,
}

/// What a person wants of a finding.
pub(super) enum Wish {
    /// Look at it no more.
    Close,
    /// Look at another one.
    Step {
        /// The next one, and not the one before.
        forward: bool,
    },
    /// Something else.
    Do(Action),
}

/// Draws it, and what stands beside it once that is known.
pub(super) fn finding_ui(
    ui: &mut Ui,
    found: &Found,
    beside: Option<&Beside>,
    neighbours: Neighbours,
    rights: Rights,
) -> Option<Wish> {
    let (row, finding) = (&found.client, found.finding());
    let rule = finding.rule;
    let stepped = head_ui(ui, finding, neighbours);
    style::pane_title(ui, rule.title());
    let standing = match row.standing {
        Standing::Active => "active",
        Standing::Disabled => "disabled, issues no tokens",
        Standing::Held => "held, issues no tokens",
    };
    // However long a name is, it takes one line; the whole of it is told under the pointer.
    ui.add(Label::new(style::second(ui, make_visible(&row.name))).truncate());
    ui.add(Label::new(style::second(ui, format!("{rule} · {standing}"))).wrap());
    if let Some(other) = &finding.other {
        let text = format!("Beside it: {}", make_visible(other));
        ui.add(Label::new(style::second(ui, text)).truncate());
    }
    ui.add_space(space::S);
    ui.add(Label::new(rule.harm()).wrap());
    ui.add_space(space::XS);
    if let Some(text) = beside.and_then(|beside| changed_text(finding, beside)) {
        ui.add(Label::new(style::second(ui, text)).wrap())
            .on_hover_text("The names are claimed, not proved");
        ui.add_space(space::XS);
    }
    diff_ui(ui, &finding_lines(finding, beside));
    ui.add_space(space::XS);
    ui.add(Label::new(rule.advice()).wrap());
    ui.add_space(space::XS);
    let client = beside.and_then(|beside| beside.client.as_ref());
    let mut action = acts_ui(ui, found, client, rights);
    if let Some(accepted) = accepted_ui(ui, found, rights) {
        action = Some(accepted);
    }
    if let (Some(client), Some(beside)) = (client, beside) {
        style::divider(ui);
        let approved = approval_ui(ui, client, beside.approval.as_ref(), rights.decide);
        action = action.or(approved);
    }
    style::divider(ui);
    style::label(ui, "Why");
    ui.add(Label::new(style::second(ui, rule.basis())).wrap());
    style::divider(ui);
    style::label(ui, "Since");
    let since = time::moment(found.dated().since);
    let text = format!("{since}, when {} changed last", finding.field);
    ui.add(Label::new(style::second(ui, text)).wrap());
    style::divider(ui);
    field_history_ui(ui, finding.field, beside);
    stepped.or(action.map(Wish::Do))
}

fn head_ui(ui: &mut Ui, finding: &AuditFinding, neighbours: Neighbours) -> Option<Wish> {
    let mut wish = None;
    ui.horizontal(|ui| {
        let tone = match finding.accepted {
            Some(_) => Tone::Neutral,
            None => severity_tone(finding.severity),
        };
        style::badge(ui, finding.severity.label(), tone);
        if finding.accepted.is_some() {
            style::badge(ui, "Accepted", Tone::Neutral);
        }
        style::row_at_right(ui, |ui| {
            for (word, name, keys, forward, is_there) in [
                ("↑", "Previous finding", "Alt+↑", false, neighbours.before),
                ("↓", "Next finding", "Alt+↓", true, neighbours.behind),
            ] {
                ui.add_enabled_ui(is_there, |ui| {
                    let step = style::button(ui, word).accessible_name(name);
                    if step.on_hover_text(format!("{name} ({keys})")).clicked() {
                        wish = Some(Wish::Step { forward });
                    }
                });
            }
            if style::close_button(ui, "Close finding").clicked() {
                wish = Some(Wish::Close);
            }
        });
    });
    wish
}

/// Whether the registration could be saved with a fix.
fn leads_somewhere(fix: &Fix, client: &Client) -> bool {
    let mut fixed = client.draft.clone();
    fix.apply(&mut fixed);
    new_refusals(&client.draft, &fixed).is_ok()
}

fn acts_ui(ui: &mut Ui, found: &Found, client: Option<&Client>, rights: Rights) -> Option<Action> {
    let finding = found.finding();
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        let fix = finding.fix.as_ref().filter(|_| rights.change).zip(client);
        // What would be refused is nothing to offer.
        let fix = fix.filter(|(fix, client)| leads_somewhere(fix, client));
        if let Some((fix, client)) = fix
            && style::primary_button(ui, "Fix…", true)
                .on_hover_text(make_visible(&fix.label()))
                .clicked()
        {
            let dialog = FixDialog::new(Fixing {
                seen: client.clone(),
                fix: fix.clone(),
                rule: finding.rule,
            });
            action = Some(Action::ask(Dialog::Fix(Box::new(dialog))));
        }
        if let Some(client) = client.filter(|_| rights.decide && finding.accepted.is_none())
            && style::button(ui, UiCommand::AcceptRisk.label()).clicked()
        {
            let dialog = AcceptDialog::new(finding.clone(), client.clone());
            action = Some(Action::ask(Dialog::Accept(Box::new(dialog))));
        }
        if style::button(ui, "Open client").clicked() {
            action = Some(open(found));
        }
    });
    action
}

/// Opens the client, at the field concerned where the form has it.
fn open(found: &Found) -> Action {
    let client_id = found.client.client_id.clone();
    match found.finding().field {
        "secrets" | "status" | "last_used_at" | "client_id" | "other_members" => Action::Open(client_id),
        field => Action::OpenField(client_id, field),
    }
}

/// Who took the risk, why and until when, and the way to end that.
fn accepted_ui(ui: &mut Ui, found: &Found, rights: Rights) -> Option<Action> {
    let accepted = found.finding().accepted.as_ref()?;
    let mut action = None;
    ui.add_space(space::XS);
    style::card(ui, Tone::Neutral, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let text = format!(
            "Accepted by {} on {}, until {}",
            make_visible(&accepted.by),
            time::day(accepted.at),
            accepted.until.strftime("%-d %b %Y")
        );
        ui.add(Label::new(style::medium(ui, text)).wrap())
            .on_hover_text("The name is claimed, not proved");
        for line in accepted.reason.lines() {
            ui.add(Label::new(style::second(ui, make_visible(line))).wrap());
        }
        if rights.decide && style::button(ui, "End acceptance").clicked() {
            action = Some(Action::send(Write::Decide(Decision::End {
                client_id: found.client.client_id.clone(),
                acceptance: (**accepted).clone(),
            })));
        }
    });
    action
}

/// The field and what stands in it, the value concerned marked; or what the fix makes of it; or what changed in it since the
/// client was approved.
fn finding_lines(finding: &AuditFinding, beside: Option<&Beside>) -> Vec<Line> {
    if finding.rule.id() == CHANGED
        && let Some(beside) = beside
        && let (Some(client), Some(approval)) = (&beside.client, &beside.approval)
    {
        let lines = changed_lines(finding.field, client, approval);
        if !lines.is_empty() {
            return lines;
        }
    }
    let mut lines = vec![Line::Field(finding.field.to_owned())];
    let draft = beside
        .and_then(|beside| beside.client.as_ref())
        .map(|client| &client.draft);
    if let (Some(fix), Some(draft)) = (&finding.fix, draft) {
        let mut after = draft.clone();
        fix.apply(&mut after);
        let [before, after] = [draft, &after].map(|draft| serde_json::to_value(draft).ok());
        let changes = diff(before.as_ref(), after.as_ref());
        if !changes.is_empty() {
            return changes;
        }
    }
    match (&finding.fix, &finding.value) {
        (Some(Fix::ReplaceRedirectUri { from, to }), _) => {
            lines.extend([Line::Gone(make_visible(from)), Line::Come(make_visible(to))]);
        }
        (_, Some(value)) => lines.extend(marked_lines(finding.field, value, beside)),
        (_, None) => lines.extend(whole_field(finding.field, beside)),
    }
    lines
}

/// The elements of a list, of which the one concerned is marked; the value alone where the field is no list.
fn marked_lines(field: &str, value: &str, beside: Option<&Beside>) -> Vec<Line> {
    let all = whole_field(field, beside);
    let value = make_visible(value);
    let is_it = |line: &Line| matches!(line, Line::Kept(kept) if *kept == value);
    // Of a long list the one concerned is enough.
    if all.len() > 12 || !all.iter().any(is_it) {
        return vec![Line::Marked(value)];
    }
    let mark = |line: Line| match line {
        Line::Kept(kept) if kept == value => Line::Marked(kept),
        other => other,
    };
    all.into_iter().map(mark).collect()
}

/// What stands in a field now.
fn whole_field(field: &str, beside: Option<&Beside>) -> Vec<Line> {
    let client = beside.and_then(|beside| beside.client.as_ref());
    let record = client.and_then(|client| serde_json::to_value(&client.draft).ok());
    let Some(value) = record.as_ref().and_then(|record| record.get(field)) else {
        return Vec::new();
    };
    let only = serde_json::json!({ field: value });
    let lines = diff(None, Some(&only)).into_iter();
    lines
        .filter_map(|line| match line {
            Line::Come(value) => Some(Line::Kept(value)),
            _ => None,
        })
        .collect()
}

/// Who changed an approved client, and who had approved it. The newest change of a field that differs came after the sign-off.
fn changed_text(finding: &AuditFinding, beside: &Beside) -> Option<String> {
    if finding.rule.id() != CHANGED {
        return None;
    }
    let approval = beside.approval.as_ref()?;
    let change = &beside.changes.first()?.row;
    Some(format!(
        "Changed by {} on {}, after {} approved the client on {}",
        shown(&change.by),
        moment(change),
        make_visible(&approval.by),
        time::minute(approval.at)
    ))
}

/// What differs in a field between what was approved and what is.
fn changed_lines(field: &str, client: &Client, approval: &crate::audit::Approval) -> Vec<Line> {
    let (before, after) = (&approval.approved, crate::audit::sensitive(&client.draft));
    let only = |record: &serde_json::Map<String, serde_json::Value>| {
        let value = record.get(field).cloned().unwrap_or_default();
        serde_json::json!({ field: value })
    };
    if field == "other_members" {
        let known = serde_json::to_value(crate::client::ClientDraft::default()).unwrap_or_default();
        let others = |record: &serde_json::Map<String, serde_json::Value>| {
            let others = record
                .iter()
                .filter(|(name, _)| known.get(name.as_str()).is_none());
            let others = others.map(|(name, value)| (name.clone(), value.clone()));
            serde_json::Value::Object(others.collect())
        };
        return diff(Some(&others(before)), Some(&others(&after)));
    }
    diff(Some(&only(before)), Some(&only(&after)))
}
