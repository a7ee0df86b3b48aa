//! What is wrong with the registrations, the worst first, and why.

mod finding;

use std::time::Instant;

use eframe::egui::{
    FontId, Frame, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::Action;
use super::clients::grouped;
use crate::client::{ClientId, Finding, Rule, Severity};
use crate::desktop::form::{description, severity_tone};
use crate::desktop::style::{
    self, palette, tokens::SCREEN_MARGIN, tokens::corner, tokens::font, tokens::size, tokens::space,
};
use crate::desktop::table::{Column, Table, badge_cell, pane_ui, rest_ui, waiting_ui};
use crate::desktop::worker::{Review, Work, Workers};
use crate::registry::ClientRow;

/// After an audit so many times as long as it took, none is begun for a change: what others change all the time must
/// not keep the thread from hashing and from asking for tokens.
const REST: u32 = 10;

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
    review: Option<Review>,
    /// The audit that runs, and since when by the window's own clock.
    asked: Option<(u64, f64)>,
    /// Whether an audit was asked for since the registry changed last.
    current: bool,
    /// Before then no further audit is begun for a change.
    rest_until: Option<Instant>,
    severity: Option<Severity>,
    rule: Option<Rule>,
    selected: Option<(ClientId, Finding)>,
}

impl ReviewScreen {
    /// The registry changed: the next showing asks again.
    pub fn refresh(&mut self) {
        self.current = false;
    }

    /// How many findings are open: `5,000+`, where there are more; none before the first audit.
    pub fn open_findings(&self) -> Option<String> {
        self.review.as_ref().map(|review| {
            let more = if review.left_out > 0 { "+" } else { "" };
            format!("{}{more}", grouped(review.findings.len() as u64))
        })
    }

    /// Takes the findings in.
    pub fn take(&mut self, number: u64, review: Review) {
        if self.asked.take_if(|(asked, _)| *asked == number).is_some() {
            self.rest_until = Some(Instant::now() + review.took * REST);
            self.review = Some(review);
        }
    }

    /// The audit could not be done, of which there has been news.
    pub fn failed(&mut self, number: u64) {
        self.asked.take_if(|(asked, _)| *asked == number);
    }

    /// Draws the screen.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        self.keep_current(ui, workers);
        let mut action = None;
        let mut close = false;
        let selected = findings_of(&self.review)
            .iter()
            .find(|finding| self.is_selected(finding));
        if let Some((row, finding)) = selected {
            action = pane_ui(ui, "finding", |ui| {
                finding::finding_ui(ui, row, finding, &mut close)
            });
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
                if let Some(text) = self.review.as_ref().and_then(left_out_text) {
                    ui.label(style::second(ui, text));
                }
            });
            self.table_ui(ui);
        });
        action
    }

    /// One audit at a time, however often the registry changes, and then a rest.
    fn keep_current(&mut self, ui: &Ui, workers: &mut Workers) {
        if self.current || self.asked.is_some() {
            return;
        }
        let now = Instant::now();
        match self.rest_until.filter(|rest| *rest > now) {
            Some(rest) => ui.ctx().request_repaint_after(rest - now),
            None => self.ask(ui, workers),
        }
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
        let findings = findings_of(&self.review);
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
        let findings = findings_of(&self.review);
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
        let Some(review) = &self.review else { return };
        let findings = &review.findings;
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

fn findings_of(review: &Option<Review>) -> &[(ClientRow, Finding)] {
    review
        .as_ref()
        .map(|review| review.findings.as_slice())
        .unwrap_or_default()
}

/// Says that there is more than what is shown, and how to come to it.
fn left_out_text(review: &Review) -> Option<String> {
    let clients = if review.left_out == 1 {
        "1 further client has".to_owned()
    } else {
        format!("{} further clients have", grouped(review.left_out as u64))
    };
    (review.left_out > 0).then(|| {
        format!(
            "The first {} findings, of the {} worst clients. {clients} findings too",
            grouped(review.findings.len() as u64),
            grouped(review.clients as u64),
        )
    })
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
    let end = style::cell(ui, room, &grouped(count as u64), number, colors.text);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_left_out_is_told_and_counted() {
        let mut screen = ReviewScreen::default();
        assert_eq!(screen.open_findings(), None);
        screen.asked = Some((7, 0.0));
        let review = Review {
            clients: 1_800,
            left_out: 41_200,
            ..Review::default()
        };
        let text = left_out_text(&review).unwrap();
        assert!(
            text.contains("1,800 worst clients") && text.contains("41,200 further clients"),
            "{text}"
        );
        screen.take(6, Review::default());
        assert_eq!(screen.open_findings(), None, "a stale answer is dropped");
        screen.take(7, review);
        assert_eq!(screen.open_findings().as_deref(), Some("0+"));
        assert_eq!(left_out_text(&Review::default()), None);
    }

    #[test]
    fn after_a_long_audit_a_change_waits_and_after_a_short_one_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let mut workers = Workers::inline(&path, "Tess Tester").unwrap();
        let mut screen = ReviewScreen::default();
        for (took, waits) in [(Duration::from_secs(5), true), (Duration::ZERO, false)] {
            screen.asked = Some((1, 0.0));
            let review = Review {
                took,
                ..Review::default()
            };
            screen.take(1, review);
            screen.refresh();
            eframe::egui::__run_test_ui(|ui| screen.keep_current(ui, &mut workers));
            assert_eq!(screen.asked.is_none(), waits, "{took:?}");
        }
    }
}
