//! Before something is decided about dynamic registration: opening it, an initial access token, a sweep.

use eframe::egui::{Key, Label, Ui};
use jiff::{SignedDuration, Timestamp};

use super::confirm::{buttons_ui, entered};
use crate::client::Scope;
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{DeadClients, NewToken, Registering, Write};
use crate::protocol::registration::RegistrationMode;
use crate::registry::TokenLabel;

/// How many dead clients are named.
const NAMED: usize = 12;
/// The width of a choice.
const CHOICE: f32 = 160.0;

/// The lives of an initial access token that are offered, in hours.
const LIVES: [(i64, &str); 4] = [
    (1, "1 hour"),
    (24, "24 hours"),
    (7 * 24, "7 days"),
    (30 * 24, "30 days"),
];

/// Opening registration to everybody names its danger.
pub fn open_ui(ui: &mut Ui) -> Option<Action> {
    let text = "Every program and every person who can reach this server can register a client then, under any name, with \
                any redirect address and without anybody's leave. What such a client says of itself is true only as far \
                as you trust whoever is on this machine: a person who signs in may be asked for consent by a client that \
                only calls itself familiar.";
    ui.label(style::second(ui, text));
    ui.add_space(space::XS);
    let text = "Such clients get no more than the Dynamic scopes, never client credentials, and not many within a minute. \
                With Token in place of Open, an application needs an initial access token that you made.";
    ui.label(style::second(ui, text));
    buttons_ui(ui, "Open registration to everybody", true, true, || {
        Action::SetRegistration {
            mode: Some(RegistrationMode::Open),
            scopes: None,
        }
    })
}

/// A new initial access token.
pub struct TokenForm {
    label: String,
    hours: i64,
    uses: String,
    scopes: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self {
            label: String::new(),
            hours: 24,
            uses: String::new(),
            scopes: String::new(),
        }
    }
}

impl TokenForm {
    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        style::field_label(ui, "Label");
        let first = text_field(ui, "Label", &mut self.label, "ci");
        if ui.memory(|memory| memory.focused().is_none()) {
            first.request_focus();
        }
        let label = self.label();
        note_ui(
            ui,
            label.as_ref().err(),
            "The history names its clients by it; its ID where there is none",
        );
        ui.add_space(space::XS);
        style::field_label(ui, "Counts for");
        let chosen = LIVES
            .iter()
            .find(|(hours, _)| *hours == self.hours)
            .map_or("", |(_, word)| *word);
        style::combo("Counts for", CHOICE, chosen).show_ui(ui, |ui| {
            for (hours, word) in LIVES {
                style::choice_value(ui, &mut self.hours, hours, word);
            }
        });
        ui.add_space(space::XS);
        style::field_label(ui, "Uses");
        let second = text_field(ui, "Uses", &mut self.uses, "any number");
        let uses = self.uses();
        note_ui(ui, uses.as_ref().err(), "How many clients it may register");
        ui.add_space(space::XS);
        style::field_label(ui, "Scopes");
        let third = text_field(ui, "Scopes", &mut self.scopes, "those of Dynamic scopes");
        let scopes = self.scopes();
        note_ui(
            ui,
            scopes.as_ref().err(),
            "The most that its clients may have, and never more than the Dynamic scopes",
        );
        let hours = self.hours;
        let ready = match (label, uses, scopes) {
            (Ok(label), Ok(uses), Ok(scopes)) => Some(NewToken {
                label,
                life: SignedDuration::from_hours(hours),
                uses,
                scopes,
            }),
            _ => None,
        };
        let enter = ui.input(|input| input.key_pressed(Key::Enter));
        let entered = enter && [first, second, third].iter().any(|entry| entry.lost_focus());
        let possible = ready.is_some();
        let make = || match ready {
            Some(new) => Action::send(Write::Registering(Registering::MakeToken(new))),
            None => Action::CloseDialog,
        };
        if entered && possible {
            return Some(make());
        }
        buttons_ui(ui, "Make initial access token", false, possible, make)
    }

    fn label(&self) -> Result<Option<TokenLabel>, String> {
        if self.label.trim().is_empty() {
            return Ok(None);
        }
        let label = TokenLabel::parse(&self.label);
        label
            .map(Some)
            .ok_or_else(|| "A label is 1 to 60 characters of one line, and not the word open".to_owned())
    }

    fn uses(&self) -> Result<Option<u32>, String> {
        match self.uses.trim() {
            "" => Ok(None),
            text => match text.parse() {
                Ok(uses) if uses > 0 => Ok(Some(uses)),
                _ => Err("Uses are a whole number from 1, or nothing".to_owned()),
            },
        }
    }

    fn scopes(&self) -> Result<Option<Vec<String>>, String> {
        let mut scopes: Vec<String> = Vec::new();
        for word in self.scopes.split_whitespace() {
            if Scope::parse(word).is_none() {
                return Err(format!("{word} is no scope"));
            }
            if !scopes.iter().any(|known| known == word) {
                scopes.push(word.to_owned());
            }
        }
        Ok((!scopes.is_empty()).then_some(scopes))
    }
}

/// What is wrong with a field, or what it is for.
fn note_ui(ui: &mut Ui, problem: Option<&String>, note: &str) {
    let text = match problem {
        Some(problem) => style::second(ui, problem).color(Tone::Danger.text(palette(ui))),
        None => style::faint(ui, note),
    };
    ui.label(text);
}

/// What a sweep would delete, before it does.
pub struct SweepDialog {
    dead: DeadClients,
    typed: String,
}

impl SweepDialog {
    pub(super) fn new(dead: DeadClients) -> Self {
        Self {
            dead,
            typed: String::new(),
        }
    }

    pub(super) fn title(&self) -> String {
        match self.dead.clients.len() {
            1 => "Delete 1 dead client?".to_owned(),
            many => format!("Delete {many} dead clients?"),
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let text = format!(
            "They registered themselves, were neither changed nor used for {} and hold no living token. Nothing has been \
             deleted yet. The history keeps their last state.",
            match self.dead.days {
                1 => "1 day".to_owned(),
                days => format!("{days} days"),
            }
        );
        ui.label(style::second(ui, text));
        ui.add_space(space::S);
        let now = Timestamp::now();
        for client in self.dead.clients.iter().take(NAMED) {
            let line = format!(
                "{} · {} · registered {} · {}",
                client.name,
                client.label,
                time::ago(Some(client.created_at), now),
                match client.last_used_at {
                    None => "never used".to_owned(),
                    used => format!("used {}", time::ago(used, now)),
                }
            );
            ui.add(Label::new(line).truncate());
        }
        let more = self.dead.clients.len().saturating_sub(NAMED);
        if more > 0 {
            ui.label(style::second(ui, format!("and {more} more")));
        }
        let number = self.dead.clients.len().to_string();
        ui.add_space(space::S);
        style::label(ui, &format!("Type {number} to confirm"));
        let entry = text_field(ui, "Number to confirm", &mut self.typed, "");
        let confirmed = self.typed.trim() == number;
        let sweep = || Action::send(Write::Registering(Registering::Sweep(self.dead.clone())));
        if entered(ui, &entry, confirmed) {
            return Some(sweep());
        }
        buttons_ui(ui, "Delete dead clients", true, confirmed, sweep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_what_bounds_a_token() {
        let mut form = TokenForm::default();
        assert_eq!(
            (form.label(), form.uses(), form.scopes()),
            (Ok(None), Ok(None), Ok(None))
        );
        form.uses = " 3 ".to_owned();
        form.scopes = "openid  openid email".to_owned();
        assert_eq!(form.uses(), Ok(Some(3)));
        assert_eq!(
            form.scopes(),
            Ok(Some(vec!["openid".to_owned(), "email".to_owned()]))
        );
        for odd in ["0", "-1", "many", "1.5"] {
            form.uses = odd.to_owned();
            assert!(form.uses().is_err(), "{odd}");
        }
        form.scopes = "a\"b".to_owned();
        form.label = "open".to_owned();
        assert!(form.scopes().is_err() && form.label().is_err());
    }
}
