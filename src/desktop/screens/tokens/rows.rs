//! Header and claims of a token as the rows of a table: what each says, what it means and why it is there.

use eframe::egui::{FontId, Id, Label, Rect, Sense, Ui, UiBuilder, vec2};
use jiff::Timestamp;
use serde_json::Value;

use crate::client::make_visible;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::table::{Column, Spoken, Table};
use crate::desktop::time;
use crate::jwt::{DecodedToken, Meaning, is_time, of_claim, of_header, seconds};
use crate::protocol::reason::Reason;

/// Characters of a value that a cell is given; it shows fewer.
const MOST_IN_CELL: usize = 160;
/// Characters of a value that are shown on demand.
const MOST_SHOWN: usize = 2_000;
/// The height of a row.
const ROW: f32 = size::ROW_DENSE + 3.0;
/// The most that a table takes of a column; further rows scroll.
const MOST_HEIGHT: f32 = size::HEAD + 14.0 * ROW;
/// A time of this day needs no date.
const SAME_DAY: i64 = 12 * 60 * 60;

/// One member.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Its name.
    pub name: String,
    /// Its value, cut.
    value: String,
    /// Its value, as much of it as is ever shown.
    whole: String,
    /// The time that it is, if it is one.
    at: Option<Timestamp>,
    /// What it means, or why it is there, in a few words.
    why: String,
    /// The same in sentences.
    sentences: Vec<String>,
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Name,
    Value,
    Why,
}

/// The columns of a token that was issued here.
pub static WITH_REASONS: [Column<Cell>; 3] = columns("Claim", "Why", 142.0, 330.0);
/// The columns of a token from anywhere.
pub static WITH_MEANINGS: [Column<Cell>; 3] = columns("Member", "Meaning", 240.0, 520.0);

const fn columns(name: &'static str, why: &'static str, width: f32, from: f32) -> [Column<Cell>; 3] {
    [
        Column {
            what: Cell::Name,
            head: name,
            width: 96.0,
            from: 0.0,
        },
        Column {
            what: Cell::Value,
            head: "Value",
            width: 0.0,
            from: 0.0,
        },
        Column {
            what: Cell::Why,
            head: why,
            width,
            from,
        },
    ]
}

/// The claims of a token, each with its reason where one is known.
pub fn of_claims(token: &DecodedToken, reasons: &[(String, Reason)]) -> Vec<MemberRow> {
    let claims = token.claims.as_object();
    let row = |(name, value): (&String, &Value)| {
        let reason = reasons
            .iter()
            .find(|(of, _)| of == name)
            .map(|(_, reason)| reason);
        MemberRow::new(name, value, of_claim(name), reason)
    };
    claims.into_iter().flatten().map(row).collect()
}

/// Header and claims of a token.
pub fn of_token(token: &DecodedToken) -> Vec<MemberRow> {
    let header = token.header.as_object();
    let row = |(name, value): (&String, &Value)| MemberRow {
        name: header_name(name),
        ..MemberRow::new(name, value, of_header(name), None)
    };
    let mut rows: Vec<MemberRow> = header.into_iter().flatten().map(row).collect();
    rows.extend(of_claims(token, &[]));
    rows
}

/// How a member of the header is told from a claim of the same name.
pub fn header_name(name: &str) -> String {
    format!("header.{}", cut(name, MOST_IN_CELL))
}

/// The time that a claim is, if it is one.
pub fn time_of(name: &str, value: &Value) -> Option<Timestamp> {
    let time = seconds(value).filter(|_| is_time(name))?;
    Timestamp::from_second(time).ok()
}

/// A value as it stands, cut, and with nothing in it that hides or reorders what is read.
pub fn shown(value: &Value) -> String {
    cut(&text_of(value), MOST_IN_CELL)
}

/// A time of day, with its date unless that is today's.
pub fn clock(at: Timestamp, now: Timestamp) -> String {
    let away = at.as_second().saturating_sub(now.as_second()).abs();
    if away < SAME_DAY {
        time::clock(at)
    } else {
        time::minute(at)
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut chars = text.chars();
    let begin: String = chars.by_ref().take(most).collect();
    let end = if chars.next().is_some() { "…" } else { "" };
    format!("{}{end}", make_visible(&begin))
}

impl MemberRow {
    fn new(name: &str, value: &Value, meaning: Option<Meaning>, reason: Option<&Reason>) -> Self {
        let text = text_of(value);
        let meaning_text = meaning.map_or(
            "A further member, which no standard known here names",
            |meaning| meaning.text,
        );
        let mut sentences = vec![meaning_text.to_owned()];
        sentences.extend(reason.map(|reason| reason.why.clone()));
        let basis = meaning
            .map(|meaning| meaning.basis)
            .filter(|basis| !basis.is_empty());
        sentences.extend(basis.map(str::to_owned));
        Self {
            name: cut(name, MOST_IN_CELL),
            value: cut(&text, MOST_IN_CELL),
            whole: cut(&text, MOST_SHOWN),
            at: time_of(name, value),
            why: reason.map_or_else(
                || meaning.map_or_else(String::new, |meaning| meaning.text.to_owned()),
                |reason| reason.short.clone(),
            ),
            sentences,
        }
    }

    fn cell(&self, now: Timestamp) -> String {
        match self.at {
            Some(at) => format!("{}, {}", clock(at, now), relative(at, now)),
            None => self.value.clone(),
        }
    }

    /// Everything that there is to say of it.
    fn detail(&self, now: Timestamp) -> String {
        let time = self
            .at
            .map(|at| format!("\n{}, {}", time::moment(at), relative(at, now)));
        format!(
            "{}{}\n{}",
            self.whole,
            time.unwrap_or_default(),
            self.sentences.join("\n")
        )
    }
}

/// How far away a time is: `in 9 min`, `3 h ago`.
fn relative(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        time::until(at, now)
    } else {
        time::ago(Some(at), now)
    }
}

/// Draws rows as a table as high as they need, and under it everything about the one that is looked at.
pub fn rows_ui(
    ui: &mut Ui,
    salt: &'static str,
    name: &'static str,
    columns: &'static [Column<Cell>],
    rows: &[MemberRow],
    selected: &mut Option<usize>,
) {
    let now = Timestamp::now();
    *selected = selected.filter(|index| *index < rows.len());
    let table = Table {
        salt,
        name,
        columns,
        count: rows.len(),
        selected: *selected,
        row_height: ROW,
        sorted: None,
    };
    let colors = palette(ui);
    let chosen = table_in_column_ui(ui, rows.len(), |ui| {
        let spoken = |index: usize| {
            let row = rows.get(index);
            Spoken {
                name: row.map(|row| row.name.clone()).unwrap_or_default(),
                cells: row.map_or_else(String::new, |row| format!("{}, {}", row.cell(now), row.why)),
                ..Spoken::default()
            }
        };
        let shown = table.ui(ui, spoken, |ui, rect, cell, index| {
            let Some(row) = rows.get(index) else { return };
            let mono = FontId::monospace(font::MONO);
            match cell {
                Cell::Name => style::cell(ui, rect, &row.name, mono, colors.claim),
                Cell::Value => style::cell(ui, rect, &row.cell(now), mono, colors.text),
                Cell::Why => style::cell(ui, rect, &row.why, FontId::proportional(font::BODY), colors.faint),
            };
            // The whole of it to whoever points at any of it.
            let salt = (salt, index, cell as u8);
            ui.interact(rect, Id::unique(("member", salt)), Sense::hover())
                .on_hover_ui(|ui| {
                    ui.label(row.detail(now));
                });
        });
        shown.chosen
    });
    if let Some(index) = chosen {
        *selected = Some(index);
    }
    if let Some(row) = selected.and_then(|index| rows.get(index)) {
        ui.add_space(space::S);
        style::card(ui, Tone::Neutral, |ui| {
            ui.label(style::mono(ui, &row.name).color(colors.claim));
            ui.add(Label::new(style::mono(ui, &row.whole)).wrap());
            if let Some(at) = row.at {
                let text = format!("{}, {}", time::moment(at), relative(at, now));
                ui.label(style::second(ui, text));
            }
            for sentence in &row.sentences {
                ui.add(Label::new(style::second(ui, sentence)).wrap());
            }
        });
    }
}

/// A table in a column that scrolls itself: as high as its rows need, up to a limit, and as wide as the column with its
/// margins, since a table brings its own.
pub fn table_in_column_ui<R>(ui: &mut Ui, rows: usize, add_table: impl FnOnce(&mut Ui) -> R) -> R {
    let height = (size::HEAD + rows as f32 * ROW + 1.0).min(MOST_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let wide: Rect = rect.expand2(vec2(space::SCREEN, 0.0));
    let mut child = ui.new_child(UiBuilder::new().id_salt("table in column").max_rect(wide));
    add_table(&mut child)
}

/// The height of a row of such a table.
pub const ROW_HEIGHT: f32 = ROW;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jwt::decode;

    #[test]
    fn a_long_or_hidden_value_is_cut_and_made_visible() {
        let row = MemberRow::new("x", &json!("a".repeat(50_000)), None, None);
        assert_eq!(row.value.chars().count(), MOST_IN_CELL + 1);
        assert_eq!(row.whole.chars().count(), MOST_SHOWN + 1);
        let hidden = MemberRow::new("na\u{202e}me", &json!("a\u{202e}b"), None, None);
        assert_eq!(
            (hidden.name.as_str(), hidden.value.as_str()),
            ("na<U+202E>me", "a<U+202E>b")
        );
    }

    #[test]
    fn times_stand_as_clock_and_as_how_far_away_they_are() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let row = MemberRow::new("exp", &json!(1_800_000_581), of_claim("exp"), None);
        assert_eq!(
            row.cell(now),
            format!("{}, in 9 min", time::clock(row.at.unwrap()))
        );
        assert!(row.detail(now).contains("1800000581") && row.detail(now).contains("RFC 7519 §4.1.4"));
        let old = MemberRow::new("iat", &json!(1_700_000_000), None, None);
        assert!(old.cell(now).ends_with("3 years ago"), "{}", old.cell(now));
        let none = MemberRow::new("exp", &json!("soon"), None, None);
        assert_eq!(none.cell(now), "soon");
    }

    #[test]
    fn the_header_is_told_from_the_claims() {
        let token = decode("eyJhbGciOiJFUzI1NiJ9.eyJhbGciOiJ4In0.AAAA", None);
        let rows = of_token(&token);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["header.alg", "alg"]);
    }
}
