//! A token from anywhere, in place of the desk: what it says, whether a key has signed it, and what another one says
//! instead. Nothing of it is kept, copied or sent, and it is wiped when the view is left.

mod comparison;
mod paste;

use eframe::egui::{Color32, Rect, Stroke, Ui};

use super::column_ui;
use super::rows::{MemberRow, WITH_MEANINGS, of_token, rows_ui};
use super::verdict::{problem_ui, verdict_ui};
use crate::client::Secret;
use crate::desktop::style::{self, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::worker::{Decoded, KeysFrom, PastedToken, Read, ToDecode, Workers};
use crate::jwt::{Form, MOST_BYTES, MOST_KEYS_BYTES, Problem};
use comparison::Comparison;
use paste::{PasteField, PasteSpec};

const TOO_LONG: &str =
    "This is longer than 64 KB, and no token of that length is decoded. Copy the token alone";
const TOO_LONG_KEYS: &str =
    "This is longer than 1,024 KB. Paste only the keys that may have signed the token";

static TOKEN: PasteSpec = PasteSpec {
    name: "Token",
    clear: "Clear token",
    hint: "Paste a token, or a whole token response",
    lines: 7,
    // What stands around a token is told, too.
    most: 2 * MOST_BYTES,
    too_long: TOO_LONG,
};
static SECOND_TOKEN: PasteSpec = PasteSpec {
    name: "Second token",
    clear: "Clear second token",
    hint: "Paste the token to compare it with",
    lines: 5,
    most: 2 * MOST_BYTES,
    too_long: TOO_LONG,
};
static JWKS: PasteSpec = PasteSpec {
    name: "JWKS",
    clear: "Clear JWKS",
    hint: "Paste a JWK set or a JWK, public keys only",
    lines: 4,
    most: MOST_KEYS_BYTES,
    too_long: TOO_LONG_KEYS,
};
static PEM: PasteSpec = PasteSpec {
    name: "PEM",
    clear: "Clear PEM",
    hint: "Paste a public key or a certificate",
    lines: 4,
    most: MOST_KEYS_BYTES,
    too_long: TOO_LONG_KEYS,
};

/// Where the keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeysChoice {
    ThisServer,
    Jwks,
    Pem,
}

impl KeysChoice {
    const ALL: [(Self, &str); 3] = [
        (Self::ThisServer, "This server"),
        (Self::Jwks, "Pasted JWKS"),
        (Self::Pem, "Pasted PEM"),
    ];
}

/// The state of the view.
pub struct DecodeView {
    token: PasteField,
    second: PasteField,
    compares: bool,
    choice: KeysChoice,
    jwks: PasteField,
    pem: PasteField,
    asked: Option<u64>,
    shown: Option<Shown>,
}

/// What came of decoding.
struct Shown {
    first: Side,
    second: Option<Side>,
    comparison: Comparison,
    keys: Result<String, Problem>,
}

/// One of the tokens.
struct Side {
    pasted: PastedToken,
    rows: Vec<MemberRow>,
    selected: Option<usize>,
}

impl Default for DecodeView {
    fn default() -> Self {
        let mut token = PasteField::new(&TOKEN);
        token.take_keyboard();
        Self {
            token,
            second: PasteField::new(&SECOND_TOKEN),
            compares: false,
            choice: KeysChoice::ThisServer,
            jwks: PasteField::new(&JWKS),
            pem: PasteField::new(&PEM),
            asked: None,
            shown: None,
        }
    }
}

impl DecodeView {
    /// A view of a token that is there already, about to be compared with another one.
    pub fn comparing(token: Secret, what: &str, workers: &mut Workers) -> Self {
        let mut view = Self {
            token: PasteField::new(&TOKEN),
            compares: true,
            ..Self::default()
        };
        view.token.give(token, what);
        view.second.take_keyboard();
        view.ask(workers);
        view
    }

    /// Has what stands there decoded, with the keys that count now.
    pub fn ask(&mut self, workers: &mut Workers) {
        let Some(first) = self.token.text() else {
            (self.asked, self.shown) = (None, None);
            return;
        };
        let keys = match self.choice {
            KeysChoice::ThisServer => KeysFrom::ThisServer,
            KeysChoice::Jwks => KeysFrom::Jwks(self.jwks.text().unwrap_or_else(nothing)),
            KeysChoice::Pem => KeysFrom::Pem(self.pem.text().unwrap_or_else(nothing)),
        };
        let second = if self.compares { self.second.text() } else { None };
        let asked = ToDecode { first, second, keys };
        self.asked = Some(workers.send(Read::Decode(Box::new(asked))));
    }

    /// Takes in what came of it, if it is about what stands there now.
    pub fn take(&mut self, number: u64, decoded: Decoded) {
        if self.asked != Some(number) {
            return;
        }
        self.asked = None;
        let Decoded { first, second, keys } = decoded;
        let comparison = second
            .as_ref()
            .map(|second| Comparison::of(&first.token, &second.token));
        self.shown = Some(Shown {
            first: Side::new(first),
            second: second.map(Side::new),
            comparison: comparison.unwrap_or_default(),
            keys,
        });
    }

    /// Draws the view. Returns whether it is left.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> bool {
        let whole = ui.max_rect();
        if whole.width() < size::SIDE_BY_SIDE {
            return column_ui(ui, "decode", whole, Color32::TRANSPARENT, |ui| {
                let left = self.pasting_ui(ui, workers);
                style::divider(ui);
                self.shown_ui(ui, workers);
                left
            });
        }
        let width = (whole.width() * 0.38).clamp(280.0, 460.0);
        let (pasting, shown): (Rect, Rect) = whole.split_left_right_at_x(whole.left() + width);
        let left = column_ui(ui, "decode-pasting", pasting, Color32::TRANSPARENT, |ui| {
            self.pasting_ui(ui, workers)
        });
        let colors = palette(ui);
        column_ui(ui, "decode-shown", shown, colors.pane, |ui| {
            self.shown_ui(ui, workers)
        });
        let line = Stroke::new(1.0, colors.line);
        ui.painter().vline(shown.left(), whole.y_range(), line);
        left
    }

    /// What is pasted, and the keys. Returns whether the view is left.
    fn pasting_ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> bool {
        style::title(ui, "Decode a token");
        let left = style::button(ui, "Back to the desk").clicked();
        ui.add_space(space::S);
        let mut changed = self.token.ui(ui);
        ui.add_space(space::S);
        changed |= self.keys_ui(ui);
        ui.add_space(space::S);
        changed |= style::checkbox(ui, &mut self.compares, "Compare with another token").changed();
        if self.compares {
            changed |= self.second.ui(ui);
        }
        ui.add_space(space::S);
        let text = "Nothing pasted here is stored or sent, and it is wiped when you leave";
        ui.label(style::faint(ui, text).size(font::LABEL));
        if changed {
            self.ask(workers);
        }
        left
    }

    fn keys_ui(&mut self, ui: &mut Ui) -> bool {
        style::field_label(ui, "Keys");
        let before = self.choice;
        let word = KeysChoice::ALL.iter().find(|(choice, _)| *choice == before);
        let word = word.map_or("", |(_, word)| *word);
        let combo = style::combo("Keys", ui.available_width(), word);
        combo.show_ui(ui, |ui| {
            for (choice, word) in KeysChoice::ALL {
                style::choice_value(ui, &mut self.choice, choice, word);
            }
        });
        let mut changed = self.choice != before;
        let has_keys = match self.choice {
            KeysChoice::ThisServer => {
                self.jwks = PasteField::new(&JWKS);
                self.pem = PasteField::new(&PEM);
                true
            }
            KeysChoice::Jwks => {
                changed |= self.jwks.ui(ui);
                self.jwks.text().is_some()
            }
            KeysChoice::Pem => {
                changed |= self.pem.ui(ui);
                self.pem.text().is_some()
            }
        };
        match self.shown.as_ref().filter(|_| has_keys).map(|shown| &shown.keys) {
            Some(Ok(keys)) => drop(ui.label(style::faint(ui, keys).size(font::LABEL))),
            Some(Err(problem)) => problem_ui(ui, problem),
            None => {}
        }
        changed
    }

    /// What the tokens say.
    fn shown_ui(&mut self, ui: &mut Ui, workers: &mut Workers) {
        let Some(shown) = &mut self.shown else {
            let text = "Paste a token from anywhere: its header and claims with their meaning, its times, and whether one of \
                        the keys has signed it stand here.";
            style::empty_place(ui, "No token yet", text);
            return;
        };
        let chosen = match &mut shown.second {
            None => shown.first.ui(ui, "").map(|token| (token, false)),
            Some(second) => {
                style::pane_title(ui, "Comparison");
                ui.label(style::second(ui, shown.comparison.summary()));
                shown.comparison.ui(ui);
                style::divider(ui);
                style::label(ui, "First token");
                verdict_ui(ui, &shown.first.pasted.token, None);
                let of_first = shown.first.within_ui(ui, "");
                style::label(ui, "Second token");
                verdict_ui(ui, &second.pasted.token, None);
                let of_second = second.within_ui(ui, " as second");
                let of_first = of_first.map(|token| (token, false));
                of_first.or(of_second.map(|token| (token, true)))
            }
        };
        if let Some((token, is_second)) = chosen {
            let (name, text) = token;
            let field = if is_second {
                &mut self.second
            } else {
                &mut self.token
            };
            field.give(text, &format!("The {} of the response", word_of(name)));
            self.ask(workers);
        }
    }
}

impl Side {
    fn new(pasted: PastedToken) -> Self {
        Self {
            rows: of_token(&pasted.token),
            pasted,
            selected: None,
        }
    }

    /// Draws it. Returns the token of a response that is to stand in its place.
    fn ui(&mut self, ui: &mut Ui, suffix: &str) -> Option<(&'static str, Secret)> {
        let token = &self.pasted.token;
        let title = match token.form {
            Form::Signed => format!("This is {}", token.kind().label()),
            Form::Encrypted => "This is an encrypted token".to_owned(),
            Form::Response => "This is a token response".to_owned(),
            Form::Opaque => "This is an opaque token".to_owned(),
            Form::NoToken => "This is no token".to_owned(),
        };
        style::pane_title(ui, &title);
        verdict_ui(ui, token, None);
        let chosen = self.within_ui(ui, suffix);
        if !self.rows.is_empty() {
            let (rows, selected) = (&self.rows, &mut self.selected);
            rows_ui(ui, "decoded", "Members", &WITH_MEANINGS, rows, selected);
        }
        chosen
    }

    /// The tokens of a response, each to be looked at.
    fn within_ui(&self, ui: &mut Ui, suffix: &str) -> Option<(&'static str, Secret)> {
        let mut chosen = None;
        ui.horizontal_wrapped(|ui| {
            for (name, token) in &self.pasted.within {
                let label = format!("Use {}{suffix}", word_of(name));
                if style::button(ui, &label).clicked() {
                    chosen = Some((*name, token.clone()));
                }
            }
        });
        chosen
    }
}

/// What people call a member of a token response.
fn word_of(member: &str) -> &'static str {
    match member {
        "access_token" => "access token",
        "id_token" => "ID token",
        _ => "refresh token",
    }
}

fn nothing() -> Secret {
    Secret::new(String::new())
}
