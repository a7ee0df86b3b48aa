//! What is wrong with the registrations, the worst first, and why.

mod card;
mod finding;

use std::time::Instant;

use eframe::egui::{FontId, Frame, Rect, Ui};
use jiff::Timestamp;

use super::Action;
use super::clients::grouped;
use crate::client::{ClientId, Finding, Rule, Severity};
use crate::desktop::form::severity_tone;
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::style::{
    self, palette, tokens::SCREEN_MARGIN, tokens::font, tokens::size, tokens::space,
};
use crate::desktop::table::{Column, Spoken, Table, badge_cell, give_keyboard, waiting_ui};
use crate::desktop::time;
use crate::desktop::worker::{Found, Review, Work, Workers};

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
    /// The finding that was looked at until now: its row gets the keyboard back.
    left: Option<(ClientId, Finding)>,
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
        let is_looking = self.looked_at().is_some();
        let list_ui = |screen: &mut Self, ui: &mut Ui| screen.list_ui(ui, workers);
        let pane_ui = |screen: &mut Self, ui: &mut Ui| {
            let mut close = false;
            let looked_at = screen.looked_at();
            let action = looked_at.and_then(|found| finding::finding_ui(ui, found, &mut close));
            if close {
                screen.close();
            }
            action
        };
        let (_, shown) = list_and_pane_ui(ui, "finding", self, is_looking, list_ui, pane_ui);
        shown.flatten()
    }

    /// Looks at no finding any more. The keyboard goes back to its row.
    pub fn close(&mut self) {
        self.left = self.selected.take();
    }

    fn looked_at(&self) -> Option<&Found> {
        let selected = self.selected.as_ref()?;
        findings_of(&self.review)
            .iter()
            .find(|found| is_it(found, selected))
    }

    fn list_ui(&mut self, ui: &mut Ui, workers: &mut Workers) {
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
        let counts = SEVERITIES.map(|severity| {
            let of_it = |found: &&Found| found.finding.severity == severity;
            (severity, findings.iter().filter(of_it).count())
        });
        let layout = card::Layout::of(ui, &counts);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            for (severity, count) in counts {
                let chosen = self.severity == Some(severity);
                if card::card_ui(ui, severity, count, chosen, layout).clicked() {
                    self.severity = (!chosen).then_some(severity);
                }
            }
        });
    }

    fn filters_ui(&mut self, ui: &mut Ui) {
        let findings = findings_of(&self.review);
        let is_broken = |rule: &Rule| findings.iter().any(|found| found.finding.rule == *rule);
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
        let shown: Vec<&Found> = findings.iter().filter(|found| fits(&found.finding)).collect();
        if shown.is_empty() {
            return style::empty_place(ui, "Nothing fits", "No finding fits this severity and this rule.");
        }
        let position = |of: &Option<(ClientId, Finding)>| {
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
            self.selected = Some((found.client.client_id.clone(), found.finding.clone()));
        }
    }
}

fn is_it(found: &Found, (client_id, finding): &(ClientId, Finding)) -> bool {
    found.client.client_id == *client_id && found.finding == *finding
}

fn findings_of(review: &Option<Review>) -> &[Found] {
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
fn spoken(found: &Found, now: Timestamp) -> Spoken {
    let Found {
        client,
        finding,
        since,
    } = found;
    Spoken {
        name: format!("{}: {}", client.name, finding.rule.title()),
        cells: format!(
            "{}, {}, for {}",
            finding.severity.label(),
            finding.field,
            time::length(*since, now)
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
    let finding = &found.finding;
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
            style::cell(ui, cell, &time::length(found.since, now), body, colors.second);
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
