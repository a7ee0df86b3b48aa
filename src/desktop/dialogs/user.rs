//! The forms of a test user: name, password, claims.

use eframe::egui::{FontId, Key, TextEdit, Ui, vec2};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::confirm::buttons_ui;
use crate::client::Secret;
use crate::desktop::form::{secret_field, text_field};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::space};
use crate::desktop::worker::{Preparation, Work};
use crate::interchange::read_json;
use crate::protocol::claims;
use crate::registry::UserName;

/// Room for a password from the start: a text that grows leaves its beginnings behind in memory.
const ROOM: usize = 1024;
/// The most claims that are kept, in bytes of JSON.
const MOST_CLAIMS: usize = 64 * 1024;
/// Lines of claims that are shown at once.
const LINES: usize = 7;

/// What a new test user tells unless somebody writes something else.
const EXAMPLE: &str = r#"{
  "name": "Ada Lovelace",
  "email": "ada@example.com",
  "email_verified": true
}"#;

/// A password in the making, wiped when its form closes.
struct Password(Zeroizing<String>);

impl Default for Password {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(ROOM)))
    }
}

impl Password {
    fn ui(&mut self, ui: &mut Ui) -> eframe::egui::Response {
        style::field_label(ui, "Password");
        secret_field(ui, "Password", &mut self.0, "")
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves it out without a copy.
    fn take(&mut self) -> Secret {
        Secret::new(std::mem::take(&mut *self.0))
    }
}

/// A new test user.
pub struct AddUser {
    name: String,
    password: Password,
    claims: ClaimsEditor,
    /// The names that are taken.
    taken: Vec<String>,
}

impl AddUser {
    pub(super) fn new(taken: Vec<String>) -> Self {
        Self {
            name: String::new(),
            password: Password::default(),
            claims: ClaimsEditor {
                text: EXAMPLE.to_owned(),
            },
            taken,
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        style::field_label(ui, "Name");
        let entry = text_field(ui, "Name", &mut self.name, "ada");
        let entered_name = entered(ui, &entry);
        take_keyboard(ui, &entry);
        let name = self.name(ui);
        ui.add_space(space::XS);
        let password = self.password.ui(ui);
        ui.label(style::faint(
            ui,
            "Kept as a hash only; it can be set anew, never shown",
        ));
        ui.add_space(space::XS);
        let claims = self.claims.ui(ui, false);
        let ready = name.zip(claims).filter(|_| !self.password.is_empty());
        let entered = entered_name || entered(ui, &password);
        let possible = ready.is_some();
        let secret = &mut self.password;
        let mut ready = ready;
        let mut add = || match ready.take() {
            Some((name, claims)) => prepare(Preparation::User {
                name,
                password: secret.take(),
                claims,
            }),
            None => Action::CloseDialog,
        };
        if entered && possible {
            return Some(add());
        }
        buttons_ui(ui, "Add test user", false, possible, add)
    }

    /// The name, if there can be one of it; else says why not.
    fn name(&self, ui: &mut Ui) -> Option<UserName> {
        let typed = self.name.trim();
        let (problem, name) = if self.taken.iter().any(|taken| taken == typed) {
            (Some("There is a test user of this name"), None)
        } else {
            let name = UserName::parse(typed);
            let odd = name.is_none() && !typed.is_empty();
            (
                odd.then_some("1 to 100 letters, digits and signs of ASCII, and no space"),
                name,
            )
        };
        match problem {
            Some(problem) => problem_ui(ui, problem),
            None => {
                ui.label(style::faint(ui, "To sign in with, and the sub of most tokens"));
            }
        }
        name
    }
}

/// Another password for a test user.
pub struct SetPassword {
    name: String,
    password: Password,
}

impl SetPassword {
    pub(super) fn new(name: String) -> Self {
        let password = Password::default();
        Self { name, password }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let text = "The old password stops working at once, and who signed in with it has to sign in again.";
        ui.label(style::second(ui, text));
        ui.add_space(space::XS);
        let entry = self.password.ui(ui);
        let entered = entered(ui, &entry);
        take_keyboard(ui, &entry);
        let name = UserName::parse(&self.name);
        let possible = name.is_some() && !self.password.is_empty();
        let password = &mut self.password;
        let mut name = name;
        let mut set = || match name.take() {
            Some(name) => prepare(Preparation::Password {
                name,
                password: password.take(),
            }),
            None => Action::CloseDialog,
        };
        if possible && entered {
            return Some(set());
        }
        buttons_ui(ui, "Set password", false, possible, set)
    }
}

/// Claims as JSON, judged with every letter.
pub struct ClaimsEditor {
    text: String,
}

impl ClaimsEditor {
    pub(super) fn new(claims: &Map<String, Value>) -> Self {
        let text = serde_json::to_string_pretty(claims).unwrap_or_default();
        Self { text }
    }

    /// Draws the editor and what is to be said of the text. Returns the claims, if they are some.
    pub(super) fn ui(&mut self, ui: &mut Ui, is_first: bool) -> Option<Map<String, Value>> {
        style::field_label(ui, "Claims");
        let edit = TextEdit::multiline(&mut self.text)
            .id_salt("claims")
            .font(FontId::monospace(font::MONO))
            .desired_rows(LINES)
            .desired_width(f32::INFINITY)
            .margin(vec2(10.0, 8.0));
        let entry = ui.add(edit).accessible_name("Claims");
        if is_first {
            take_keyboard(ui, &entry);
        }
        match read_claims(&self.text) {
            Ok(claims) => {
                let untold: Vec<&str> = claims
                    .keys()
                    .map(String::as_str)
                    .filter(|name| claims::is_reserved(name))
                    .collect();
                if untold.is_empty() {
                    let note = "What UserInfo says of the person, each with its scope";
                    ui.label(style::faint(ui, note));
                } else {
                    let ink = Tone::Warning.text(palette(ui));
                    let text = format!("Not told, for the server says it itself: {}", untold.join(", "));
                    ui.label(style::second(ui, text).color(ink));
                }
                Some(claims)
            }
            Err(problem) => {
                problem_ui(ui, &problem);
                None
            }
        }
    }
}

/// The claims of a text; nothing at all is none.
fn read_claims(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    if text.len() > MOST_CLAIMS {
        return Err(format!("Claims may take {} KB at most", MOST_CLAIMS / 1024));
    }
    match read_json(text.as_bytes()) {
        Ok(Value::Object(claims)) => Ok(claims),
        Ok(_) => Err("Claims are a JSON object, such as {\"name\": \"Ada Lovelace\"}".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn prepare(preparation: Preparation) -> Action {
    Action::send(Work::Prepare(Box::new(preparation)))
}

fn problem_ui(ui: &mut Ui, problem: &str) {
    let ink = Tone::Danger.text(palette(ui));
    ui.label(style::second(ui, problem).color(ink));
}

/// The first field has the keyboard from the start.
fn take_keyboard(ui: &Ui, entry: &eframe::egui::Response) {
    if ui.memory(|memory| memory.focused().is_none()) {
        entry.request_focus();
    }
}

/// Whether Enter was pressed in a field of one line.
fn entered(ui: &Ui, entry: &eframe::egui::Response) -> bool {
    entry.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_an_object_or_nothing() {
        assert_eq!(read_claims(" \n").unwrap(), Map::new());
        assert_eq!(read_claims(EXAMPLE).unwrap().len(), 3);
        for (text, says) in [
            ("[1]", "JSON object"),
            ("{\"name\": }", "line 1 column 10"),
            ("{\"a\": 1, \"a\": 2}", "\"a\""),
            ("{\"name\": \"Ada\"} x", "line 1 column"),
        ] {
            let problem = read_claims(text).unwrap_err();
            assert!(problem.contains(says), "{text}: {problem}");
        }
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(MOST_CLAIMS));
        assert_eq!(read_claims(&long).unwrap_err(), "Claims may take 64 KB at most");
    }
}
