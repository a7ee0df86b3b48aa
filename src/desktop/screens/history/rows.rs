//! A change as a row of the list.

use eframe::egui::{FontId, Rect, Ui};

use super::words::{is_of_client, moment, object, sentence, shown, words};
use crate::desktop::style::{self, palette, tokens::font, tokens::space};
use crate::desktop::table::{Column, Spoken};
use crate::registry::HistoryRow;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// The time.
    When,
    /// The person.
    Who,
    /// The deed.
    What,
    /// What it was done to.
    Client,
}

/// The columns of the changes.
pub const COLUMNS: [Column<Cell>; 4] = [
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

/// What a screen reader says of a row: `Saved Billing portal, 3 Nov 2026, 18:02:11`, and what is wrong with it.
pub fn spoken(row: &HistoryRow, broken_at: Option<i64>) -> Spoken {
    Spoken {
        name: row_name(row),
        cells: trouble(row, broken_at).unwrap_or_default().to_owned(),
        ..Spoken::default()
    }
}

fn row_name(row: &HistoryRow) -> String {
    format!("{}, {}", sentence(row), moment(row))
}

/// What is wrong with a row, in a few words.
fn trouble(row: &HistoryRow, broken_at: Option<i64>) -> Option<&'static str> {
    if broken_at == Some(row.seq) {
        Some("Does not fit")
    } else {
        (!row.unreadable.is_empty()).then_some("Cannot be read")
    }
}

/// Draws a cell.
pub fn cell_ui(ui: &Ui, mut cell: Rect, what: Cell, row: &HistoryRow, broken_at: Option<i64>) {
    let colors = palette(ui);
    let trouble = trouble(row, broken_at);
    let ink = if trouble.is_some() {
        colors.danger_text
    } else {
        colors.text
    };
    let (text, color) = match what {
        Cell::When => (moment(row), colors.second),
        Cell::Who => (shown(&row.by), colors.second),
        Cell::What if trouble.is_some() => (trouble.unwrap_or_default().to_owned(), ink),
        Cell::What if !is_of_client(row) => {
            cell = with_room_of_client(ui, cell);
            (sentence(row), ink)
        }
        Cell::What => (words(row).0.to_owned(), ink),
        // What was done is told where it was done, where the deed's own place says what is wrong.
        Cell::Client if trouble.is_some() => (sentence(row), ink),
        // What is no client stands in the words of the deed.
        Cell::Client if !is_of_client(row) => return,
        Cell::Client => (shown(object(row)), ink),
    };
    style::cell(ui, cell, &text, FontId::proportional(font::BODY), color);
}

/// To the right of a deed that was done to no client: the deed has the room of the client, too.
fn with_room_of_client(ui: &Ui, cell: Rect) -> Rect {
    cell.with_max_x(ui.max_rect().right() - space::SCREEN)
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;

    #[test]
    fn a_row_is_named_by_what_was_done_to_what_and_when() {
        assert!(row_name(&row(1)).starts_with("Saved Billing portal, "));
    }

    #[test]
    fn what_hides_in_a_name_is_spelled_out_and_what_is_wrong_is_said() {
        let odd = HistoryRow {
            client_name: Some("Bill\u{202e}ing\u{7}".to_owned()),
            unreadable: vec!["at"],
            ..row(1)
        };
        let said = spoken(&odd, None);
        assert_eq!(said.name, "Saved Bill<U+202E>ing<U+0007>, at no time");
        assert_eq!(said.cells, "Cannot be read");
        assert_eq!(spoken(&odd, Some(1)).cells, "Does not fit");
        assert_eq!(spoken(&row(1), Some(2)).cells, "");
    }
}
