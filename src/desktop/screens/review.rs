//! What is wrong with the registrations, the worst first, and why.

use eframe::egui::{
    FontId, Frame, Label, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::Action;
use super::history::diff::{Line, diff_ui};
use crate::client::{ClientId, Finding, Fix, Rule, Severity, Standing, make_visible};
use crate::desktop::form::{description, severity_tone};
use crate::desktop::style::{
    self, palette, tokens::SCREEN_MARGIN, tokens::corner, tokens::font, tokens::size, tokens::space,
};
use crate::desktop::table::{Column, Table, badge_cell, pane_ui, rest_ui, waiting_ui};
use crate::desktop::worker::{Work, Workers};
use crate::registry::ClientRow;

/// The severities that findings here have; mere remarks stand beside the client only.
const SEVERITIES: [Severity; 4] = [
    Severity::Critical,
    Severity::High,
    Severity::Medium,
    Severity::Low,
];

/// What stands in a column of the findings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Severity,
    Client,
    Finding,
    Field,
}

const COLUMNS: [Column<Cell>; 4] = [
    Column {
        what: Cell::Severity,
        head: "Severity",
        width: 88.0,
        from: 0.0,
    },
    Column {
        what: Cell::Client,
        head: "Client",
        width: 160.0,
        from: 0.0,
    },
    Column {
        what: Cell::Finding,
        head: "Finding",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::Field,
        head: "Field",
        width: 150.0,
        from: 620.0,
    },
];

/// The state of the screen.
#[derive(Default)]
pub struct ReviewScreen {
    /// None before the first audit.
    findings: Option<Vec<(ClientRow, Finding)>>,
    /// The audit that runs, and since when by the window's own clock.
    asked: Option<(u64, f64)>,
    /// Whether an audit was asked for since the registry changed last.
    current: bool,
    severity: Option<Severity>,
    rule: Option<Rule>,
    selected: Option<(ClientId, Finding)>,
}

impl ReviewScreen {
    /// The registry changed: the next showing asks again.
    pub fn refresh(&mut self) {
        self.current = false;
    }

    /// How many findings are open; none before the first audit.
    pub fn open_findings(&self) -> Option<usize> {
        self.findings.as_ref().map(Vec::len)
    }

    /// Takes the findings in.
    pub fn take(&mut self, number: u64, findings: Vec<(ClientRow, Finding)>) {
        if self.asked.take_if(|(asked, _)| *asked == number).is_some() {
            self.findings = Some(findings);
        }
    }

    /// The audit could not be done, of which there has been news.
    pub fn failed(&mut self, number: u64) {
        self.asked.take_if(|(asked, _)| *asked == number);
    }

    /// Draws the screen.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        // One audit at a time, however often the registry changes meanwhile.
        if !self.current && self.asked.is_none() {
            self.ask(ui, workers);
        }
        let mut action = None;
        let mut close = false;
        let selected = self
            .findings
            .iter()
            .flatten()
            .find(|finding| self.is_selected(finding));
        if let Some((row, finding)) = selected {
            action = pane_ui(ui, "finding", |ui| finding_ui(ui, row, finding, &mut close));
        }
        if close {
            self.selected = None;
        }
        rest_ui(ui, |ui| {
            Frame::new().inner_margin(SCREEN_MARGIN).show(ui, |ui| {
                ui.set_width(ui.available_width());
                self.head_ui(ui, workers);
                self.cards_ui(ui);
                ui.add_space(space::S);
                self.filters_ui(ui);
            });
            self.table_ui(ui);
        });
        action
    }

    fn ask(&mut self, ui: &Ui, workers: &mut Workers) {
        self.current = true;
        self.asked = Some((workers.send(Work::Review), ui.input(|input| input.time)));
    }

    fn is_selected(&self, (row, finding): &(ClientRow, Finding)) -> bool {
        self.selected
            .as_ref()
            .is_some_and(|(client_id, selected)| *client_id == row.client_id && selected == finding)
    }

    fn head_ui(&mut self, ui: &mut Ui, workers: &mut Workers) {
        ui.horizontal(|ui| {
            style::title(ui, "Review");
            if let Some(count) = self.open_findings() {
                ui.label(style::second(ui, format!("{count} open")));
            }
            style::at_right(ui, |ui| {
                if style::button(ui, "Run audit").clicked() {
                    self.ask(ui, workers);
                }
                if let Some((_, since)) = self.asked {
                    waiting_ui(ui, since);
                }
            });
        });
        ui.add_space(space::M);
    }

    /// A card for each severity, with its count. Pressing one filters by it, pressing it again no longer.
    fn cards_ui(&mut self, ui: &mut Ui) {
        let findings = self.findings.as_deref().unwrap_or_default();
        let width = ((ui.available_width() - 3.0 * space::S) / 4.0).min(110.0);
        ui.horizontal(|ui| {
            for severity in SEVERITIES {
                let count = findings
                    .iter()
                    .filter(|(_, finding)| finding.severity == severity)
                    .count();
                let chosen = self.severity == Some(severity);
                if card_ui(ui, severity, count, chosen, width).clicked() {
                    self.severity = (!chosen).then_some(severity);
                }
            }
        });
    }

    fn filters_ui(&mut self, ui: &mut Ui) {
        let findings = self.findings.as_deref().unwrap_or_default();
        let is_broken = |rule: &Rule| findings.iter().any(|(_, finding)| finding.rule == *rule);
        ui.horizontal(|ui| {
            filter_ui(
                ui,
                "Severity",
                130.0,
                &mut self.severity,
                SEVERITIES,
                Severity::label,
            );
            let rules = Rule::ALL.iter().copied().filter(is_broken);
            filter_ui(ui, "Rule", 260.0, &mut self.rule, rules, Rule::title);
        });
    }

    fn table_ui(&mut self, ui: &mut Ui) {
        let Some(findings) = &self.findings else { return };
        if findings.is_empty() {
            let text = "No registration breaks a rule that wants care. The audit runs again whenever the registry \
                        changes; what it finds stands here, the worst first.";
            return style::empty_place(ui, "Nothing to review", text);
        }
        let fits = |finding: &Finding| {
            self.severity.is_none_or(|severity| finding.severity == severity)
                && self.rule.is_none_or(|rule| finding.rule == rule)
        };
        let shown: Vec<&(ClientRow, Finding)> =
            findings.iter().filter(|(_, finding)| fits(finding)).collect();
        if shown.is_empty() {
            return style::empty_place(ui, "Nothing fits", "No finding fits this severity and this rule.");
        }
        let table = Table {
            salt: "findings",
            name: "Findings",
            columns: &COLUMNS,
            count: shown.len(),
            selected: shown.iter().position(|finding| self.is_selected(finding)),
            row_height: size::ROW,
            sorted: None,
        };
        let name = |index: usize| {
            shown
                .get(index)
                .map(|(row, finding)| finding_name(row, finding))
                .unwrap_or_default()
        };
        let pressed = table.ui(ui, name, |ui, cell, what, index: usize| {
            if let Some((row, finding)) = shown.get(index) {
                cell_ui(ui, cell, what, row, finding);
            }
        });
        let chosen = pressed.chosen.and_then(|index: usize| shown.get(index));
        if let Some((row, finding)) = chosen {
            self.selected = Some((row.client_id.clone(), finding.clone()));
        }
    }
}

/// A finding is named by its client and its rule.
fn finding_name(row: &ClientRow, finding: &Finding) -> String {
    format!("{}: {}", row.name, finding.rule.title())
}

fn card_ui(ui: &mut Ui, severity: Severity, count: usize, chosen: bool, width: f32) -> Response {
    let colors = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 58.0), Sense::click());
    let name = format!("{} findings", severity.label());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), chosen, &name));
    description(&response, &count.to_string());
    let fill = if response.hovered() {
        colors.control_hovered
    } else {
        colors.pane
    };
    let line = if chosen { colors.accent } else { colors.line };
    ui.painter().rect(
        rect,
        corner::CARD,
        fill,
        Stroke::new(1.0, line),
        StrokeKind::Inside,
    );
    style::focus_ring(ui, &response);
    let room = Rect::from_min_max(rect.min + vec2(13.0, 8.0), rect.max - vec2(13.0, 20.0));
    let number = FontId::new(font::TITLE, style::family(style::SEMIBOLD));
    let end = style::cell(ui, room, &count.to_string(), number, colors.text);
    let word = room.with_min_x(end + space::S);
    style::cell(
        ui,
        word,
        severity.label(),
        FontId::proportional(font::BODY),
        colors.second,
    );
    let bar = Rect::from_min_max(
        pos2(room.left(), rect.bottom() - 14.0),
        pos2(room.right(), rect.bottom() - 11.0),
    );
    ui.painter()
        .rect_filled(bar, 1.5, severity_tone(severity).dot(colors));
    response
}

/// A filter as a combo box; the first choice is not to filter.
fn filter_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    width: f32,
    current: &mut Option<T>,
    choices: impl IntoIterator<Item = T>,
    label: impl Fn(T) -> &'static str,
) {
    let shown = match *current {
        Some(choice) => label(choice),
        None => name,
    };
    style::combo(name, width, shown).show_ui(ui, |ui| {
        style::choice_value(ui, current, None, "All");
        for choice in choices {
            style::choice_value(ui, current, Some(choice), label(choice));
        }
    });
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, row: &ClientRow, finding: &Finding) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    match what {
        Cell::Severity => badge_cell(
            ui,
            cell,
            finding.severity.label(),
            severity_tone(finding.severity),
        ),
        Cell::Client => {
            style::cell(ui, cell, &row.name, body, colors.text);
        }
        Cell::Finding => {
            style::cell(ui, cell, finding.rule.title(), body, colors.text);
        }
        Cell::Field => {
            style::cell(
                ui,
                cell,
                finding.field,
                FontId::monospace(font::MONO),
                colors.second,
            );
        }
    }
}

/// One finding: what it is, what it does, and what ends it.
fn finding_ui(ui: &mut Ui, row: &ClientRow, finding: &Finding, close: &mut bool) -> Option<Action> {
    let mut action = None;
    let rule = finding.rule;
    ui.horizontal(|ui| {
        style::badge(ui, finding.severity.label(), severity_tone(finding.severity));
        style::at_right(ui, |ui| {
            *close = style::quiet_button(ui, "×")
                .accessible_name("Close finding")
                .clicked()
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
    action
}

/// The field and what stands in it; or what would, where the fix is to put one URI in the place of another.
fn finding_lines(finding: &Finding) -> Vec<Line> {
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
