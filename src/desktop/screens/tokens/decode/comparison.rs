//! Two tokens, member by member.

use eframe::egui::{FontId, Ui};
use jiff::Timestamp;
use serde_json::Value;

use crate::desktop::screens::tokens::rows::{
    ROW_HEIGHT, clock, header_name, shown, table_in_column_ui, time_of,
};
use crate::desktop::style::{self, palette, tokens::font};
use crate::desktop::table::{Column, Spoken, Table};
use crate::desktop::time;
use crate::jwt::{Compared, DecodedToken, Difference, compare};

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Name,
    Outcome,
    First,
    Second,
}

static COLUMNS: [Column<Cell>; 4] = [
    Column {
        what: Cell::Name,
        head: "Member",
        width: 96.0,
        from: 0.0,
    },
    Column {
        what: Cell::Outcome,
        head: "Compared",
        width: 110.0,
        from: 0.0,
    },
    Column {
        what: Cell::First,
        head: "First token",
        width: 170.0,
        from: 0.0,
    },
    Column {
        what: Cell::Second,
        head: "Second token",
        width: 0.0,
        from: 0.0,
    },
];

/// One member of both.
struct ComparedRow {
    name: String,
    first: String,
    second: String,
    times: (Option<Timestamp>, Option<Timestamp>),
    compared: Compared,
    /// How the two stand to each other, in words.
    outcome: String,
}

/// What differs between two tokens.
#[derive(Default)]
pub struct Comparison {
    rows: Vec<ComparedRow>,
    selected: Option<usize>,
}

impl Comparison {
    /// Compares headers and claims.
    pub fn of(first: &DecodedToken, second: &DecodedToken) -> Self {
        let header = compare(&first.header, &second.header)
            .into_iter()
            .map(|difference| {
                let name = header_name(&difference.name);
                ComparedRow::new(name, &difference)
            });
        let claims = compare(&first.claims, &second.claims)
            .into_iter()
            .map(|difference| ComparedRow::new(difference.name.clone(), &difference));
        Self {
            rows: header.chain(claims).collect(),
            selected: None,
        }
    }

    /// In a sentence how much differs.
    pub fn summary(&self) -> String {
        let differing = self
            .rows
            .iter()
            .filter(|row| row.compared != Compared::Same)
            .count();
        match (differing, self.rows.len()) {
            (_, 0) => "Neither of the two can be read".to_owned(),
            (0, _) => "Both say the same".to_owned(),
            (1, all) => format!("1 of {all} members differs"),
            (some, all) => format!("{some} of {all} members differ"),
        }
    }

    /// Draws the table.
    pub fn ui(&mut self, ui: &mut Ui) {
        let now = Timestamp::now();
        let rows = &self.rows;
        let table = Table {
            salt: "comparison",
            name: "Comparison",
            columns: &COLUMNS,
            count: rows.len(),
            selected: self.selected,
            row_height: ROW_HEIGHT,
            sorted: None,
        };
        let colors = palette(ui);
        let chosen = table_in_column_ui(ui, rows.len(), |ui| {
            let spoken = |index: usize| {
                let row = rows.get(index);
                Spoken {
                    name: row.map(|row| row.name.clone()).unwrap_or_default(),
                    cells: row.map(|row| row.spoken(now)).unwrap_or_default(),
                    ..Spoken::default()
                }
            };
            let shown = table.ui(ui, spoken, |ui, rect, cell, index| {
                let Some(row) = rows.get(index) else { return };
                let same = row.compared == Compared::Same;
                let mono = FontId::monospace(font::MONO);
                let ink = if same { colors.faint } else { colors.text };
                match cell {
                    Cell::Name => style::cell(ui, rect, &row.name, mono, colors.claim),
                    Cell::First => style::cell(ui, rect, &row.first(now), mono, ink),
                    Cell::Second => style::cell(ui, rect, &row.second(now), mono, ink),
                    Cell::Outcome => {
                        let ink = if same { colors.faint } else { colors.warning_text };
                        style::cell(ui, rect, &row.outcome, FontId::proportional(font::BODY), ink)
                    }
                };
            });
            shown.chosen
        });
        self.selected = chosen.or(self.selected);
        if let Some(row) = self.selected.and_then(|index| self.rows.get(index)) {
            row.detail_ui(ui, now);
        }
    }
}

impl ComparedRow {
    fn new(name: String, difference: &Difference) -> Self {
        let time = |value: Option<&Value>| value.and_then(|value| time_of(&difference.name, value));
        let text = |value: Option<&Value>| value.map(shown).unwrap_or_default();
        let (first, second) = (difference.first.as_ref(), difference.second.as_ref());
        let times = (time(first), time(second));
        let compared = difference.compared();
        let outcome = match (compared, times) {
            (Compared::Same, _) => "same".to_owned(),
            (Compared::OnlyFirst, _) => "only in the first".to_owned(),
            (Compared::OnlySecond, _) => "only in the second".to_owned(),
            (Compared::Differs, (Some(first), Some(second))) => apart(first, second),
            (Compared::Differs, _) => "differs".to_owned(),
        };
        Self {
            name,
            first: text(first),
            second: text(second),
            times,
            compared,
            outcome,
        }
    }

    fn first(&self, now: Timestamp) -> String {
        self.times
            .0
            .map_or_else(|| self.first.clone(), |at| clock(at, now))
    }

    fn second(&self, now: Timestamp) -> String {
        self.times
            .1
            .map_or_else(|| self.second.clone(), |at| clock(at, now))
    }

    fn spoken(&self, now: Timestamp) -> String {
        match self.compared {
            Compared::Same => format!("same, {}", self.first(now)),
            Compared::OnlyFirst => format!("{}, {}", self.outcome, self.first(now)),
            Compared::OnlySecond => format!("{}, {}", self.outcome, self.second(now)),
            Compared::Differs => format!("{}, {} and {}", self.outcome, self.first(now), self.second(now)),
        }
    }

    /// Both values below each other, where a column is too narrow for them.
    fn detail_ui(&self, ui: &mut Ui, now: Timestamp) {
        ui.add_space(style::tokens::space::S);
        style::card(ui, style::Tone::Neutral, |ui| {
            ui.label(style::mono(ui, &self.name).color(palette(ui).claim));
            for (which, value) in [("First", self.first(now)), ("Second", self.second(now))] {
                ui.label(style::faint(ui, which));
                let value = if value.is_empty() { "–".to_owned() } else { value };
                ui.add(eframe::egui::Label::new(style::mono(ui, value)).wrap());
            }
        });
    }
}

/// How far the second time is from the first: `5 min later`.
fn apart(first: Timestamp, second: Timestamp) -> String {
    if second > first {
        format!("{} later", time::length(first, second))
    } else {
        format!("{} earlier", time::length(second, first))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;
    use crate::jwt::decode;

    fn token(alg: &str, claims: &Value) -> DecodedToken {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        decode(
            &format!("{}.{}.AAAA", part(&json!({ "alg": alg })), part(claims)),
            None,
        )
    }

    #[test]
    fn each_member_of_two_tokens_is_the_same_differs_or_stands_in_one() {
        let first = token(
            "ES256",
            &json!({ "aud": "a", "iss": "i", "exp": 1_800_000_000, "scope": "read" }),
        );
        let second = token(
            "ES256",
            &json!({ "aud": "b", "iss": "i", "exp": 1_800_000_300, "cnf": {} }),
        );
        let comparison = Comparison::of(&first, &second);
        let said: Vec<(&str, &str)> = comparison
            .rows
            .iter()
            .map(|row| (row.name.as_str(), row.outcome.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                ("header.alg", "same"),
                ("aud", "differs"),
                ("iss", "same"),
                ("exp", "5 min later"),
                ("scope", "only in the first"),
                ("cnf", "only in the second"),
            ]
        );
        assert_eq!(comparison.summary(), "4 of 6 members differ");
        assert_eq!(Comparison::of(&first, &first).summary(), "Both say the same");
        let none = decode("x", None);
        assert_eq!(
            Comparison::of(&none, &none).summary(),
            "Neither of the two can be read"
        );
        let back = Comparison::of(&second, &first);
        assert!(back.rows.iter().any(|row| row.outcome == "5 min earlier"));
    }
}
