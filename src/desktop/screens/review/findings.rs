//! The findings: what is wrong with the registrations, the worst first, and why.

use eframe::egui::{FontId, Frame, Rect, Ui};
use jiff::Timestamp;

use super::head::Head;
use super::{card, finding, trend};
use crate::audit::{AuditFinding, AuditRule};
use crate::client::{ClientId, Severity};
use crate::desktop::form::severity_tone;
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::Action;
use crate::desktop::style::{
    self, palette, tokens::SCREEN_MARGIN, tokens::font, tokens::size, tokens::space,
};
use crate::desktop::table::{Column, Spoken, Table, badge_cell, give_keyboard};
use crate::desktop::time;
use crate::desktop::worker::{Found, Workers};

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
    Since,
}

/// Sets the table apart from others.
const SALT: &str = "findings";

const COLUMNS: [Column<Cell>; 5] = [
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
        from: 640.0,
    },
    Column {
        what: Cell::Since,
        head: "Since",
        width: 90.0,
        from: 460.0,
    },
];

/// The state of the tab.
#[derive(Default)]
pub(super) struct FindingsTab {
    severity: Option<Severity>,
    rule: Option<AuditRule>,
    selected: Option<(ClientId, AuditFinding)>,
    /// The finding that was looked at until now: its row gets the keyboard back.
    left: Option<(ClientId, AuditFinding)>,
}

impl FindingsTab {
    /// Draws the tab.
    pub fn ui(&mut self, ui: &mut Ui, head: &mut Head, workers: &mut Workers) -> Option<Action> {
        let mut both = (self, head);
        let is_looking = both.0.looked_at(both.1).is_some();
        let list_ui = |(tab, head): &mut (&mut Self, &mut Head), ui: &mut Ui| tab.list_ui(ui, head, workers);
        let pane_ui = |(tab, head): &mut (&mut Self, &mut Head), ui: &mut Ui| {
            let mut close = false;
            let looked_at = tab.looked_at(head);
            let action = looked_at.and_then(|found| finding::finding_ui(ui, found, &mut close));
            if close {
                tab.close();
            }
            action
        };
        let (listed, shown) = list_and_pane_ui(ui, "finding", &mut both, is_looking, list_ui, pane_ui);
        listed.flatten().or(shown.flatten())
    }

    /// Looks at no finding any more. The keyboard goes back to its row.
    pub fn close(&mut self) {
        self.left = self.selected.take();
    }

    fn looked_at<'a>(&self, head: &'a Head) -> Option<&'a Found> {
        let selected = self.selected.as_ref()?;
        head.findings().iter().find(|found| is_it(found, selected))
    }

    fn list_ui(&mut self, ui: &mut Ui, head: &mut Head, workers: &mut Workers) -> Option<Action> {
        let framed = Frame::new().inner_margin(SCREEN_MARGIN).show(ui, |ui| {
            ui.set_width(ui.available_width());
            head.ui(ui, workers);
            let action = self.cards_ui(ui, head, workers);
            ui.add_space(space::S);
            self.filters_ui(ui, head);
            action
        });
        self.table_ui(ui, head);
        framed.inner
    }

    /// A card for each severity, with its count. Pressing one filters by it, pressing it again no longer.
    fn cards_ui(&mut self, ui: &mut Ui, head: &mut Head, workers: &mut Workers) -> Option<Action> {
        let findings = head.findings();
        let counts = SEVERITIES.map(|severity| {
            let of_it = |found: &&Found| found.finding().severity == severity;
            (severity, findings.iter().filter(of_it).count())
        });
        let room = trend::room(ui);
        let layout = ui
            .scope(|ui| {
                ui.set_max_width(ui.available_width() - room);
                card::Layout::of(ui, &counts)
            })
            .inner;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            for (severity, count) in counts {
                let chosen = self.severity == Some(severity);
                if card::card_ui(ui, severity, count, chosen, layout).clicked() {
                    self.severity = (!chosen).then_some(severity);
                }
            }
            trend::card_ui(ui, &mut head.trend, workers, layout.height())
        })
        .inner
    }

    fn filters_ui(&mut self, ui: &mut Ui, head: &Head) {
        let findings = head.findings();
        let is_broken = |rule: &AuditRule| findings.iter().any(|found| found.finding().rule == *rule);
        ui.horizontal(|ui| {
            filter_ui(
                ui,
                "Severity",
                130.0,
                &mut self.severity,
                SEVERITIES,
                Severity::label,
            );
            let rules = AuditRule::all().filter(is_broken);
            filter_ui(ui, "Rule", 260.0, &mut self.rule, rules, AuditRule::title);
        });
    }

    fn table_ui(&mut self, ui: &mut Ui, head: &Head) {
        let Some(review) = head.review() else { return };
        let findings = &review.findings;
        if findings.is_empty() {
            let text = "No registration breaks a rule that wants care. The audit runs again whenever the registry \
                        changes; what it finds stands here, the worst first.";
            return style::empty_place(ui, "Nothing to review", text);
        }
        let fits = |finding: &AuditFinding| {
            self.severity.is_none_or(|severity| finding.severity == severity)
                && self.rule.is_none_or(|rule| finding.rule == rule)
        };
        let shown: Vec<&Found> = findings.iter().filter(|found| fits(found.finding())).collect();
        if shown.is_empty() {
            return style::empty_place(ui, "Nothing fits", "No finding fits this severity and this rule.");
        }
        let position = |of: &Option<(ClientId, AuditFinding)>| {
            let of = of.as_ref()?;
            shown.iter().position(|found| is_it(found, of))
        };
        if let Some(index) = position(&self.left.take()) {
            give_keyboard(ui, SALT, index);
        }
        let now = Timestamp::now();
        let table = Table {
            salt: SALT,
            name: "Findings",
            columns: &COLUMNS,
            count: shown.len(),
            selected: position(&self.selected),
            row_height: size::ROW,
            sorted: None,
        };
        let said = |index: usize| {
            shown
                .get(index)
                .map(|found| spoken(found, now))
                .unwrap_or_default()
        };
        let pressed = table.ui(ui, said, |ui, cell, what, index: usize| {
            if let Some(found) = shown.get(index) {
                cell_ui(ui, cell, what, found, now);
            }
        });
        let chosen = pressed.chosen.and_then(|index: usize| shown.get(index));
        if let Some(found) = chosen {
            self.selected = Some((found.client.client_id.clone(), found.finding().clone()));
        }
    }
}

fn is_it(found: &Found, (client_id, finding): &(ClientId, AuditFinding)) -> bool {
    found.client.client_id == *client_id && found.finding() == finding
}

/// A finding is named by its client and its rule.
fn spoken(found: &Found, now: Timestamp) -> Spoken {
    let finding = found.finding();
    Spoken {
        name: format!("{}: {}", found.client.name, finding.rule.title()),
        cells: format!(
            "{}, {}, for {}",
            finding.severity.label(),
            finding.field,
            time::length(found.dated().since, now)
        ),
    }
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

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, found: &Found, now: Timestamp) {
    let colors = palette(ui);
    let finding = found.finding();
    let body = FontId::proportional(font::BODY);
    match what {
        Cell::Severity => badge_cell(
            ui,
            cell,
            finding.severity.label(),
            severity_tone(finding.severity),
        ),
        Cell::Client => {
            style::cell(ui, cell, &found.client.name, body, colors.text);
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
        Cell::Since => {
            style::cell(
                ui,
                cell,
                &time::length(found.dated().since, now),
                body,
                colors.second,
            );
        }
    }
}
