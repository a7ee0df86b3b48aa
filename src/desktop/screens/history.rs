//! The changes: who did what to which client, the newest first, and field by field what it was and what it became.

pub mod chain;
mod change;
pub mod diff;
mod filters;
pub mod picker;
mod rows;

use eframe::egui::{Context, Frame, Ui};
use jiff::Timestamp;

use super::Action;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, SaveAsDialog, SaveFormat};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::style::{self, Tone, tokens::SCREEN_MARGIN, tokens::size, tokens::space};
use crate::desktop::table::{Table, give_keyboard, waiting_ui};
use crate::desktop::worker::{Content, HistoryFormat, Read, Workers};
use crate::registry::{ChainReport, Client, HistoryClient, HistoryRow};
pub use crate::reporting::history::words;
use crate::reporting::history::words::object;
use chain::Verification;
use change::{AtHand, change_ui};
use filters::{Filters, Wanted};
use rows::{COLUMNS, cell_ui, spoken};

/// Rows asked for at once.
const PAGE: u32 = 100;
/// Sets the table apart from others.
const SALT: &str = "changes";
/// How many rows before the end the next page is asked for.
const AHEAD: usize = 20;

/// How many changes after one that is jumped to are shown above it.
const ABOVE: i64 = 3;

/// The state of the screen.
#[derive(Default)]
pub struct HistoryScreen {
    filters: Filters,
    /// What the rows at hand answer; nothing before the first answer.
    answered: Option<Wanted>,
    /// The newest first.
    rows: Vec<HistoryRow>,
    /// Whether nothing older is to be asked for.
    complete: bool,
    /// Whether the newest rows were asked for since the registry or what is wanted changed last.
    current: bool,
    asked: Option<Question>,
    /// The change that is looked at, by its number.
    selected: Option<i64>,
    /// The change that was looked at until now: its row gets the keyboard back.
    left: Option<i64>,
    /// What the change that is looked at left, beside what its client is now.
    at_hand: Option<AtHand>,
    /// The client of which change was asked for.
    client_asked: Option<(u64, i64)>,
    /// Whether the chain is whole.
    verification: Verification,
}

/// A question on its way.
struct Question {
    number: u64,
    wanted: Wanted,
    /// Whether it is about rows older than those at hand, in place of the newest.
    older: bool,
    /// When it was asked, by the window's own clock.
    since: f64,
}

impl HistoryScreen {
    /// The registry changed: the next showing asks for what is new.
    pub fn refresh(&mut self) {
        self.verification.refresh();
        self.current = false;
        self.at_hand = None;
        self.client_asked = None;
        self.filters.refresh();
    }

    /// What is known of the chain, for the status bar.
    pub fn chain(&self) -> Option<(Tone, String)> {
        self.verification.told()
    }

    /// Where the chain is broken, as far as is known.
    pub fn broken_chain(&self) -> Option<&ChainReport> {
        self.verification.broken()
    }

    /// Follows the chain. What comes of it is shown where the person asked for it; else only a break is.
    pub fn verify(&mut self, ctx: &Context, workers: &mut Workers, is_asked: bool) {
        if is_asked {
            self.verification.ask(ctx, workers);
        } else {
            self.verification.ask_unasked(ctx, workers);
        }
    }

    /// Takes in whether the chain is whole.
    pub fn take_chain(&mut self, number: u64, report: ChainReport) {
        self.verification.take(number, report);
    }

    /// Takes in the clients that the filter offers.
    pub fn take_clients(&mut self, number: u64, clients: Vec<HistoryClient>) {
        self.filters.take_clients(number, clients);
    }

    /// Takes in the people that the filter offers.
    pub fn take_people(&mut self, number: u64, people: Vec<String>) {
        self.filters.take_people(number, people);
    }

    /// Takes in what the client of the change that is looked at is now, or that it is gone.
    pub fn take_client(&mut self, number: u64, client: Option<Client>) {
        let Some((_, seq)) = self.client_asked.filter(|(asked, _)| *asked == number) else {
            return;
        };
        let row = self.rows.iter().find(|row| row.seq == seq);
        self.at_hand = row.map(|row| AtHand::new(row, client));
    }

    /// Takes rows in, unless they answer a question that is no longer asked.
    pub fn take(&mut self, number: u64, mut rows: Vec<HistoryRow>) {
        let Some(question) = self.asked.take_if(|question| question.number == number) else {
            return;
        };
        let is_last = rows.len() < PAGE as usize;
        if question.older {
            self.complete = is_last;
            self.rows.append(&mut rows);
            return;
        }
        // A change never changes: those that are new go in front of those at hand, unless so many are new that there
        // is a gap between them.
        let same = self.answered.as_ref() == Some(&question.wanted);
        let known = self.rows.first().map(|row| row.seq).filter(|_| same);
        match known.filter(|known| is_last || rows.iter().any(|row| row.seq <= *known)) {
            Some(known) => {
                rows.retain(|row| row.seq > known);
                rows.append(&mut self.rows);
            }
            None => self.complete = is_last,
        }
        self.rows = rows;
        self.answered = Some(question.wanted);
    }

    /// A question could not be answered. It is not asked again by itself. Returns whether nobody had asked it.
    pub fn failed(&mut self, number: u64) -> bool {
        if self.asked.take_if(|question| question.number == number).is_some() {
            self.complete = true;
        }
        self.verification.failed(number)
    }

    /// Draws the screen. A registry that is only looked at brings nothing back.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, writable: bool) -> Option<Action> {
        if !self.current {
            self.current = true;
            self.ask(ui, workers, false);
        }
        self.ask_for_client(workers);
        let is_looking = self.looked_at().is_some();
        let list_ui = |screen: &mut Self, ui: &mut Ui| {
            let head = Frame::new()
                .inner_margin(SCREEN_MARGIN)
                .show(ui, |ui| screen.head_ui(ui, workers));
            head.inner.or(screen.table_ui(ui, workers))
        };
        let pane_ui = |screen: &mut Self, ui: &mut Ui| screen.pane_ui(ui, writable);
        let (listed, shown) = list_and_pane_ui(ui, "change", self, is_looking, list_ui, pane_ui);
        listed.flatten().or(shown.flatten())
    }

    /// Looks at no change any more. The keyboard goes back to its row.
    pub fn close(&mut self) {
        self.left = self.selected.take();
    }

    fn looked_at(&self) -> Option<&HistoryRow> {
        self.rows.iter().find(|row| Some(row.seq) == self.selected)
    }

    fn ask(&mut self, ui: &Ui, workers: &mut Workers, older: bool) {
        let wanted = self.filters.wanted.clone();
        let mut query = wanted.query(Timestamp::now());
        query.limit = PAGE;
        if let Some(last) = self.rows.last().filter(|_| older) {
            query.before_seq = Some(last.seq);
        }
        let number = workers.send(Read::History(query));
        let since = ui.input(|input| input.time);
        self.asked = Some(Question {
            number,
            wanted,
            older,
            since,
        });
    }

    /// Asks what the client of the change that is looked at is now, once for each change.
    fn ask_for_client(&mut self, workers: &mut Workers) {
        let looked_at = self.looked_at();
        let Some((seq, client_id)) = looked_at.and_then(|row| Some((row.seq, row.client_id.clone()?))) else {
            return;
        };
        if self.client_asked.is_none_or(|(_, asked)| asked != seq) {
            let number = workers.send(Read::HistoryClient(client_id));
            self.client_asked = Some((number, seq));
        }
    }

    fn pane_ui(&mut self, ui: &mut Ui, writable: bool) -> Option<Action> {
        let broken_at = self.verification.broken_at();
        let row = self.looked_at()?;
        match change_ui(ui, row, self.at_hand.as_ref(), broken_at, writable)? {
            change::Wish::Close => {
                self.close();
                None
            }
            change::Wish::OnlyClient => {
                let of_client = row
                    .client_id
                    .clone()
                    .map(|client_id| (client_id, object(row).to_owned()));
                self.want(Wanted {
                    client: of_client,
                    ..Wanted::default()
                });
                None
            }
            change::Wish::Do(action) => Some(action),
        }
    }

    fn want(&mut self, wanted: Wanted) {
        self.current &= self.filters.wanted == wanted;
        self.filters.wanted = wanted;
    }

    /// Looks at a change, whatever was wanted before. One that is missing is shown by its neighbours.
    pub fn show(&mut self, seq: i64) {
        self.want(Wanted {
            up_to: Some(seq.saturating_add(ABOVE)),
            ..Wanted::default()
        });
        self.selected = Some(seq);
    }

    fn head_ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        let mut action = None;
        ui.horizontal(|ui| {
            style::title(ui, "History");
            style::row_at_right(ui, |ui| {
                if let Some(question) = &self.asked {
                    waiting_ui(ui, question.since);
                }
                let is_under_way = self.verification.is_under_way();
                let verify = ui.add_enabled_ui(!is_under_way, |ui| style::button(ui, "Verify"));
                let about = UiCommand::VerifyHistory.tooltip();
                if verify.inner.on_hover_text(about).clicked() {
                    self.verification.ask(ui.ctx(), workers);
                }
                let export = style::button(ui, "Export…");
                if export.on_hover_text("What the filters find, as a file").clicked() {
                    action = Some(self.export(workers));
                }
            });
        });
        ui.add_space(space::M);
        if self.filters.ui(ui, workers) {
            self.current = false;
        }
        match self.verification.ui(ui) {
            Some(chain::Wish::Show(seq)) => self.show(seq),
            Some(chain::Wish::Do(wanted)) => action = Some(wanted),
            None => {}
        }
        action
    }

    /// Asks where what the filters find is to be saved.
    fn export(&self, workers: &Workers) -> Action {
        let mut query = self.filters.wanted.query(Timestamp::now());
        query.limit = u32::MAX;
        let about = if self.filters.wanted.is_everything() {
            "All changes, the newest first, with the length and the head of the chain."
        } else {
            "All changes that the search and the filters find, the newest first, with the length and the head of the chain."
        };
        let format = |label, extension, format| SaveFormat {
            label,
            extension,
            content: Content::History(query.clone(), format),
        };
        let formats = vec![
            format("CSV, for a spreadsheet", "csv", HistoryFormat::Csv),
            format("JSON lines, for programs", "jsonl", HistoryFormat::JsonLines),
        ];
        let folder = workers.usual_folder();
        let dialog = SaveAsDialog::new(folder, "chancery-history", "Export history", about, formats);
        Action::ask(Dialog::SaveAs(Box::new(dialog)))
    }

    fn table_ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        if self.rows.is_empty() {
            let answered = self.answered.as_ref()?;
            return empty_ui(ui, answered.is_everything());
        }
        let left = self.left.take();
        if let Some(index) = self.rows.iter().position(|row| Some(row.seq) == left) {
            give_keyboard(ui, SALT, index);
        }
        let (rows, selected) = (&self.rows, self.selected);
        let table = Table {
            salt: SALT,
            name: "Changes",
            columns: &COLUMNS,
            count: rows.len(),
            selected: rows.iter().position(|row| Some(row.seq) == selected),
            row_height: size::ROW,
            sorted: None,
        };
        let broken_at = self.verification.broken_at();
        let name = |index: usize| {
            let row = rows.get(index);
            row.map(|row| spoken(row, broken_at)).unwrap_or_default()
        };
        let shown = table.ui(ui, name, |ui, cell, what, index| {
            if let Some(row) = rows.get(index) {
                cell_ui(ui, cell, what, row, broken_at);
            }
        });
        if let Some(row) = shown.chosen.and_then(|index| rows.get(index)) {
            self.selected = Some(row.seq);
        }
        if shown.rows.end + AHEAD >= self.rows.len() && !self.complete && self.asked.is_none() {
            self.ask(ui, workers, true);
        }
        None
    }
}

/// Nothing is there, or nothing fits.
fn empty_ui(ui: &mut Ui, is_everything: bool) -> Option<Action> {
    if !is_everything {
        style::empty_place(ui, "Nothing fits", "No change fits this search.");
        return None;
    }
    let text = "Every change is kept here: who made it, when, and what it was before. It begins with the first client.";
    style::empty_place(ui, "Nothing has changed yet", text);
    let button = ui.vertical_centered(|ui| style::primary_button(ui, UiCommand::NewClient.label(), true));
    button
        .inner
        .clicked()
        .then_some(Action::Run(UiCommand::NewClient))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::client::ClientId;
    use crate::registry::action;

    pub(super) fn row(seq: i64) -> HistoryRow {
        HistoryRow {
            seq,
            at: Timestamp::UNIX_EPOCH,
            by: "ada".to_owned(),
            action: action::UPDATE_CLIENT.to_owned(),
            client_id: ClientId::parse("billing"),
            client_name: Some("Billing portal".to_owned()),
            before: None,
            after: None,
            note: String::new(),
            unreadable: Vec::new(),
        }
    }

    /// Asks as the screen would, and answers with rows from the newest to the oldest.
    fn answer(screen: &mut HistoryScreen, older: bool, seqs: std::ops::RangeInclusive<i64>) {
        screen.asked = Some(Question {
            number: 1,
            wanted: Wanted::default(),
            older,
            since: 0.0,
        });
        screen.take(1, seqs.rev().map(row).collect());
    }

    #[test]
    fn new_changes_go_in_front_and_older_ones_behind() {
        let mut screen = HistoryScreen::default();
        answer(&mut screen, false, 201..=300);
        answer(&mut screen, true, 101..=200);
        answer(&mut screen, false, 205..=304);
        let seqs: Vec<i64> = screen.rows.iter().map(|row| row.seq).collect();
        assert_eq!(seqs, (101..=304).rev().collect::<Vec<i64>>());
        assert!(!screen.complete);
        answer(&mut screen, true, 99..=100);
        assert!(screen.complete);
        // More came at once than were asked for: the old rows would leave a gap.
        answer(&mut screen, false, 401..=500);
        assert_eq!(screen.rows.len(), 100);
        assert!(!screen.complete);
    }

    #[test]
    fn a_stale_answer_is_dropped() {
        let mut screen = HistoryScreen::default();
        screen.take(5, vec![row(1)]);
        assert!(screen.rows.is_empty());
    }
}
