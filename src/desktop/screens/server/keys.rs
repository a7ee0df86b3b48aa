//! The keys that sign tokens. Only their public parts come as far as the window.

use std::time::Duration;

use eframe::egui::{FontId, Label, Rect, Ui, pos2};
use jiff::Timestamp;

use super::rows::Rows;
use super::{bar_ui, pane_head_ui, whole_on_hover};
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, ServerDialog};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size};
use crate::desktop::table::{Column, Table, give_keyboard};
use crate::desktop::time;
use crate::desktop::worker::{Preparation, PublishedKey, Read, Work, Workers};
use crate::protocol::signing_key::SigningAlgorithm;

/// How much of a key's identifier stands in the table.
const SHORT: usize = 12;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Algorithm,
    KeyId,
    State,
    Created,
}

/// Sets the table apart from others.
const SALT: &str = "signing keys";

const COLUMNS: [Column<Cell>; 4] = [
    Column {
        what: Cell::Algorithm,
        head: "Algorithm",
        width: 90.0,
        from: 0.0,
    },
    Column {
        what: Cell::KeyId,
        head: "Key ID",
        width: 140.0,
        from: 0.0,
    },
    Column {
        what: Cell::State,
        head: "State",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::Created,
        head: "Created",
        width: 120.0,
        from: 480.0,
    },
];

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It signs.
    Signs,
    /// It is published for when it is its turn.
    Waits,
    /// What it signed is good until then.
    Published(Timestamp),
    /// It has ended.
    Ended,
}

impl State {
    fn of(key: &PublishedKey, keys: &[PublishedKey], now: Timestamp) -> Self {
        match key.retires_at {
            Some(end) if end <= now => Self::Ended,
            Some(end) => Self::Published(end),
            // Of several without an end the oldest signs, and the keys come the oldest first.
            None => {
                let is_same = |other: &&PublishedKey| other.alg == key.alg && other.retires_at.is_none();
                match keys.iter().find(is_same) {
                    Some(first) if first.kid != key.kid => Self::Waits,
                    _ => Self::Signs,
                }
            }
        }
    }

    fn word(self) -> String {
        match self {
            Self::Signs => "Signs".to_owned(),
            Self::Waits => "Published, does not sign yet".to_owned(),
            Self::Published(end) => format!("Published until {}", time::minute(end)),
            Self::Ended => "Ended".to_owned(),
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Signs => Tone::Good,
            Self::Waits | Self::Ended => Tone::Neutral,
            Self::Published(_) => Tone::Warning,
        }
    }
}

/// The state of the part.
#[derive(Default)]
pub struct KeysPart {
    /// The keys, the oldest first.
    pub rows: Rows<PublishedKey>,
    selected: Option<String>,
}

impl KeysPart {
    /// Draws the part.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, writable: bool) -> Option<Action> {
        let keys = self.rows.ui(ui, workers, Read::SigningKeys)?;
        let now = Timestamp::now();
        if keys.is_empty() {
            let text = "The first start of the server makes two, one for ES256 and one for RS256, and seals them in the \
                        registry.";
            style::empty_place(ui, "No signing keys yet", text);
            return None;
        }
        wake_at_next_end(ui, keys, now);
        let place = |selected: &Option<String>| {
            let kid = selected.as_deref()?;
            keys.iter().position(|key| key.kid == kid)
        };
        let is_looking = place(&self.selected).is_some();
        let list_ui = |selected: &mut Option<String>, ui: &mut Ui| {
            let action = keys_bar_ui(ui, keys, writable);
            let chosen = table_ui(ui, keys, place(selected), now);
            if let Some(key) = chosen.and_then(|index| keys.get(index)) {
                *selected = Some(key.kid.clone());
            }
            action
        };
        let pane_ui = |selected: &mut Option<String>, ui: &mut Ui| {
            let mut close = false;
            let index = place(selected)?;
            let key = keys.get(index)?;
            let action = key_ui(ui, key, State::of(key, keys, now), writable, &mut close);
            if close {
                give_keyboard(ui, SALT, index);
                *selected = None;
            }
            action
        };
        let (listed, shown) = list_and_pane_ui(
            ui,
            "signing key",
            &mut self.selected,
            is_looking,
            list_ui,
            pane_ui,
        );
        listed.flatten().or(shown.flatten())
    }

    /// Looks at no key any more.
    pub fn close(&mut self) {
        self.selected = None;
    }
}

/// What can be done without choosing a key.
fn keys_bar_ui(ui: &mut Ui, keys: &[PublishedKey], writable: bool) -> Option<Action> {
    let mut action = None;
    let signs_eddsa = keys
        .iter()
        .any(|key| key.alg == SigningAlgorithm::EdDsa.as_str() && key.retires_at.is_none());
    bar_ui(ui, "Private parts stay sealed in the registry", |ui| {
        if !writable {
            return;
        }
        let rotate = UiCommand::RotateSigningKeys;
        if style::button(ui, rotate.label())
            .on_hover_text(rotate.tooltip())
            .clicked()
        {
            action = Some(Action::Run(rotate));
        }
        if !signs_eddsa && style::button(ui, "Make EdDSA key").clicked() {
            let key = Preparation::Key(SigningAlgorithm::EdDsa);
            action = Some(Action::send(Work::Prepare(Box::new(key))));
        }
    });
    action
}

/// Has the window drawn again when the state of a key changes by itself.
fn wake_at_next_end(ui: &Ui, keys: &[PublishedKey], now: Timestamp) {
    let ends = keys.iter().filter_map(|key| key.retires_at);
    if let Some(end) = ends.filter(|end| *end > now).min() {
        let left = u64::try_from(end.as_second() - now.as_second()).unwrap_or_default();
        ui.ctx().request_repaint_after(Duration::from_secs(left + 1));
    }
}

fn table_ui(ui: &mut Ui, keys: &[PublishedKey], selected: Option<usize>, now: Timestamp) -> Option<usize> {
    let table = Table {
        salt: SALT,
        name: "Signing keys",
        columns: &COLUMNS,
        count: keys.len(),
        selected,
        row_height: size::ROW,
        sorted: None,
    };
    let name = |index: usize| {
        let key = keys.get(index);
        key.map_or_else(String::new, |key| row_name(key, State::of(key, keys, now)))
    };
    let shown = table.ui(ui, name, |ui, cell, what, index| {
        if let Some(key) = keys.get(index) {
            cell_ui(ui, cell, what, key, State::of(key, keys, now));
        }
    });
    shown.chosen
}

/// The name of a row: `ES256 key 3f9c…, signs`.
fn row_name(key: &PublishedKey, state: State) -> String {
    let word = state.word();
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    let word: String = first.into_iter().chain(letters).collect();
    format!("{} key {}, {word}", key.alg, short(&key.kid))
}

/// The beginning of a key's identifier.
fn short(kid: &str) -> String {
    if kid.chars().count() <= SHORT {
        return kid.to_owned();
    }
    format!("{}…", kid.chars().take(SHORT).collect::<String>())
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, key: &PublishedKey, state: State) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    match what {
        Cell::Algorithm => style::cell(ui, cell, &key.alg, body, colors.text),
        Cell::KeyId => {
            whole_on_hover(ui, cell, (&key.kid, 0), &key.kid);
            let mono = FontId::monospace(font::MONO);
            style::cell(ui, cell, &short(&key.kid), mono, colors.second)
        }
        Cell::State => {
            let dot = pos2(cell.left() + 4.0, cell.center().y);
            ui.painter().circle_filled(dot, 3.5, state.tone().dot(colors));
            let word = cell.with_min_x(cell.left() + 14.0);
            style::cell(ui, word, &state.word(), body, colors.second)
        }
        Cell::Created => style::cell(ui, cell, &time::day(key.created_at), body, colors.second),
    };
}

/// One key: its public part, and what may be done.
fn key_ui(ui: &mut Ui, key: &PublishedKey, state: State, writable: bool, close: &mut bool) -> Option<Action> {
    let mut action = None;
    *close = pane_head_ui(ui, "Signing key", "Close signing key");
    style::pane_title(ui, &format!("{} key", key.alg));
    style::dot_word(ui, state.tone(), &state.word());
    ui.label(style::second(
        ui,
        format!("Created {}", time::moment(key.created_at)),
    ));
    let algorithm = SigningAlgorithm::parse(&key.alg);
    let signing = algorithm.filter(|_| state == State::Signs);
    if writable {
        let mut asked = None;
        ui.horizontal_wrapped(|ui| {
            if let Some(algorithm) = signing
                && style::button(ui, "Rotate key…").clicked()
            {
                asked = Some(ServerDialog::RotateKey(algorithm));
            }
            if style::danger_button(ui, "Remove key now…").clicked() {
                let kid = key.kid.clone();
                asked = Some(ServerDialog::RemoveKey { kid, signing });
            }
        });
        action = asked.map(|dialog| Action::ask(Dialog::Server(dialog)));
    }
    style::divider(ui);
    let public_jwk = serde_json::to_string_pretty(&key.public_jwk).unwrap_or_default();
    style::label(ui, "Key ID");
    ui.add(Label::new(style::mono(ui, &key.kid)).wrap());
    if style::button(ui, "Copy key ID").clicked() {
        action = Some(Action::CopyText(key.kid.clone()));
    }
    style::divider(ui);
    style::label(ui, "Public key");
    style::code_block(ui, |ui| ui.add(Label::new(style::mono(ui, &public_jwk)).wrap()));
    if style::button(ui, "Copy public key").clicked() {
        action = Some(Action::CopyText(public_jwk));
    }
    action
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str, alg: &str, retires_at: Option<i64>) -> PublishedKey {
        PublishedKey {
            kid: kid.to_owned(),
            alg: alg.to_owned(),
            public_jwk: serde_json::Value::Null,
            created_at: Timestamp::UNIX_EPOCH,
            retires_at: retires_at.map(|at| Timestamp::from_second(at).unwrap()),
        }
    }

    #[test]
    fn of_an_algorithm_the_oldest_key_without_an_end_signs() {
        let keys = [
            key("gone", "ES256", Some(5)),
            key("old", "ES256", Some(20)),
            key("now", "ES256", None),
            key("next", "ES256", None),
            key("other", "RS256", None),
        ];
        let now = Timestamp::from_second(10).unwrap();
        let states = keys.each_ref().map(|key| State::of(key, &keys, now));
        let end = Timestamp::from_second(20).unwrap();
        assert_eq!(
            states,
            [
                State::Ended,
                State::Published(end),
                State::Signs,
                State::Waits,
                State::Signs
            ]
        );
        assert_eq!(row_name(&keys[2], states[2]), "ES256 key now, signs");
        let ending = row_name(&keys[1], states[1]);
        assert!(
            ending.starts_with("ES256 key old, published until 1 Jan 1970, "),
            "{ending}"
        );
        assert_eq!(short("0123456789abcdef"), "0123456789ab…");
    }
}
