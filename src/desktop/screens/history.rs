//! The changes: who did what to which client, the newest first, and field by field what it was and what it became.

pub(super) mod diff;
mod words;

use eframe::egui::{FontId, Frame, Label, Rect, Ui, vec2};
use jiff::{SignedDuration, Timestamp};

use super::Action;
use crate::desktop::command::UiCommand;
use crate::desktop::form::text_field;
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::style::{
    self, palette, tokens::SCREEN_MARGIN, tokens::font, tokens::size, tokens::space,
};
use crate::desktop::table::{Column, Table, give_keyboard, waiting_ui};
use crate::desktop::time;
use crate::desktop::worker::{Read, Workers};
use crate::registry::{ActKind, HistoryQuery, HistoryRow, action};
use diff::{diff, diff_ui};
use words::{is_of_client, object, sentence, stored_word, words};

/// Rows asked for at once.
const PAGE: u32 = 100;
/// Sets the table apart from others.
const SALT: &str = "changes";
/// How many rows before the end the next page is asked for.
const AHEAD: usize = 20;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    When,
    Who,
    What,
    Client,
}

const COLUMNS: [Column<Cell>; 4] = [
    Column {
        what: Cell::When,
        head: "When",
        width: 160.0,
        from: 0.0,
    },
    Column {
        what: Cell::Who,
        head: "Who",
        width: 120.0,
        from: 560.0,
    },
    Column {
        what: Cell::What,
        head: "What",
        width: 150.0,
        from: 0.0,
    },
    Column {
        what: Cell::Client,
        head: "Client",
        width: 0.0,
        from: 0.0,
    },
];

/// The width of a filter, in points.
const FILTER: f32 = 140.0;

/// The state of the screen.
#[derive(Default)]
pub struct HistoryScreen {
    wanted: Wanted,
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
}

/// Which changes the person wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    text: String,
    kind: Option<ActKind>,
    age: Option<Age>,
}

/// How long ago, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Day,
    Week,
    Month,
    Quarter,
}

impl Age {
    const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Quarter];

    const fn label(self) -> &'static str {
        match self {
            Self::Day => "Last 24 hours",
            Self::Week => "Last 7 days",
            Self::Month => "Last 30 days",
            Self::Quarter => "Last 90 days",
        }
    }

    const fn hours(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
            Self::Quarter => 90 * 24,
        }
    }
}

const fn kind_label(kind: ActKind) -> &'static str {
    match kind {
        ActKind::Registrations => "Registrations",
        ActKind::Secrets => "Secrets",
        ActKind::Server => "Keys and people",
    }
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
        self.current = false;
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

    /// A question could not be answered, of which there has been news. It is not asked again by itself.
    pub fn failed(&mut self, number: u64) {
        if self.asked.take_if(|question| question.number == number).is_some() {
            self.complete = true;
        }
    }

    /// Draws the screen.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        if !self.current {
            self.current = true;
            self.ask(ui, workers, false);
        }
        let is_looking = self.looked_at().is_some();
        let list_ui = |screen: &mut Self, ui: &mut Ui| {
            Frame::new()
                .inner_margin(SCREEN_MARGIN)
                .show(ui, |ui| screen.head_ui(ui));
            screen.table_ui(ui, workers)
        };
        let pane_ui = |screen: &mut Self, ui: &mut Ui| {
            let mut close = false;
            let action = screen.looked_at().and_then(|row| change_ui(ui, row, &mut close));
            if close {
                screen.close();
            }
            action
        };
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
        let query = HistoryQuery {
            text: stored_word(&self.wanted.text).to_owned(),
            kind: self.wanted.kind,
            since: self.wanted.age.and_then(|age| {
                let hours = SignedDuration::from_hours(age.hours());
                Timestamp::now().checked_sub(hours).ok()
            }),
            before_seq: self.rows.last().map(|row| row.seq).filter(|_| older),
            limit: PAGE,
            ..HistoryQuery::default()
        };
        let number = workers.send(Read::History(query));
        let since = ui.input(|input| input.time);
        self.asked = Some(Question {
            number,
            wanted: self.wanted.clone(),
            older,
            since,
        });
    }

    fn head_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            style::title(ui, "History");
            if let Some(question) = &self.asked {
                style::at_right(ui, |ui| waiting_ui(ui, question.since));
            }
        });
        ui.add_space(space::M);
        let before = self.wanted.clone();
        // A narrow list has its filters below the search.
        if ui.available_width() < 560.0 {
            self.search_ui(ui);
            ui.add_space(space::S);
            ui.horizontal(|ui| self.filters_ui(ui));
        } else {
            ui.horizontal(|ui| {
                let filters = 2.0 * (FILTER + ui.spacing().item_spacing.x);
                let room = vec2(ui.available_width() - filters, size::CONTROL);
                ui.allocate_ui(room, |ui| self.search_ui(ui));
                self.filters_ui(ui);
            });
        }
        if self.wanted != before {
            self.current = false;
        }
    }

    fn search_ui(&mut self, ui: &mut Ui) {
        let hint = "Search by client, person, action or value";
        text_field(ui, "Search history", &mut self.wanted.text, hint);
    }

    fn filters_ui(&mut self, ui: &mut Ui) {
        let Wanted { kind, age, .. } = &mut self.wanted;
        if let Some(chosen) = style::filter_ui(ui, FILTER, "Change", *kind, ActKind::ALL, kind_label) {
            *kind = chosen;
        }
        if let Some(chosen) = style::filter_ui(ui, FILTER, "Time", *age, Age::ALL, Age::label) {
            *age = chosen;
        }
    }

    fn table_ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        if self.rows.is_empty() {
            let answered = self.answered.as_ref()?;
            let is_everything =
                answered.text.trim().is_empty() && answered.kind.is_none() && answered.age.is_none();
            return empty_ui(ui, is_everything);
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
        let name = |index: usize| rows.get(index).map(row_name).unwrap_or_default();
        let shown = table.ui(ui, name, |ui, cell, what, index| {
            if let Some(row) = rows.get(index) {
                cell_ui(ui, cell, what, row);
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

/// The name of a row: `Saved Billing portal, 3 Nov 2026, 18:02:11`.
fn row_name(row: &HistoryRow) -> String {
    format!("{}, {}", sentence(row), time::moment(row.at))
}

fn cell_ui(ui: &Ui, mut cell: Rect, what: Cell, row: &HistoryRow) {
    let colors = palette(ui);
    let when = time::moment(row.at);
    let whole = sentence(row);
    let (text, color) = match what {
        Cell::When => (when.as_str(), colors.second),
        Cell::Who => (row.by.as_str(), colors.second),
        Cell::What if !is_of_client(row) => {
            cell = with_room_of_client(ui, cell);
            (whole.as_str(), colors.text)
        }
        Cell::What => (words(row).0, colors.text),
        // What is no client stands in the words of the deed.
        Cell::Client if !is_of_client(row) => return,
        Cell::Client => (object(row), colors.text),
    };
    style::cell(ui, cell, text, FontId::proportional(font::BODY), color);
}

/// To the right of a deed that was done to no client: the deed has the room of the client, too.
fn with_room_of_client(ui: &Ui, cell: Rect) -> Rect {
    cell.with_max_x(ui.max_rect().right() - space::SCREEN)
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

/// One change: what, when, by whom, and field by field.
fn change_ui(ui: &mut Ui, row: &HistoryRow, close: &mut bool) -> Option<Action> {
    let mut action = None;
    ui.horizontal(|ui| {
        style::label(ui, &format!("Change {}", row.seq));
        style::at_right(ui, |ui| {
            *close = style::close_button(ui, "Close change").clicked()
        });
    });
    style::pane_title(ui, &sentence(row));
    let by = style::second(ui, format!("{} · by {}", time::moment(row.at), row.by));
    ui.label(by).on_hover_text("The name is claimed, not proved");
    if let Some(client_id) = &row.client_id {
        ui.add(Label::new(style::mono(ui, client_id.as_str()).color(palette(ui).second)).truncate());
        if !row.note.is_empty() {
            ui.add(Label::new(row.note.as_str()).wrap());
        }
        // A deleted client cannot be looked at any more.
        if row.action != action::DELETE_CLIENT && style::button(ui, "Open client").clicked() {
            action = Some(Action::Open(client_id.clone()));
        }
    }
    let heading = match (&row.before, &row.after) {
        (None, None) => return action,
        (None, Some(_)) => "What it began as",
        (Some(_), None) => "What it was",
        (Some(_), Some(_)) => "What changed",
    };
    style::divider(ui);
    style::label(ui, heading);
    let lines = diff(row.before.as_ref(), row.after.as_ref());
    if lines.is_empty() {
        ui.label(style::second(ui, "Nothing in the record"));
    } else {
        diff_ui(ui, &lines);
    }
    action
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::client::ClientId;

    fn row(seq: i64) -> HistoryRow {
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

    #[test]
    fn a_row_is_named_by_what_was_done_to_what_and_when() {
        assert!(row_name(&row(1)).starts_with("Saved Billing portal, "));
    }
}
