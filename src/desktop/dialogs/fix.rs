//! The change that ends a finding: what it makes of the registration, before it is made.

use eframe::egui::{Label, Ui};
use jiff::Timestamp;

use super::confirm::buttons_ui;
use super::conflict::{differences, versions_ui};
use crate::client::{AuthMethod, make_visible};
use crate::desktop::screens::Action;
use crate::desktop::screens::history::diff::{Line, diff, diff_ui};
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::worker::{Fixing, Work, Write};
use crate::registry::{Client, RegistryError, new_refusals};

/// The dialog.
pub struct FixDialog {
    fixing: Fixing,
    /// What it changes.
    lines: Vec<Line>,
    /// Why it is not to be saved, a sentence each.
    refusals: Option<String>,
    /// What somebody else changed after it was asked the first time.
    theirs: Option<Vec<(String, String, String)>>,
}

impl FixDialog {
    /// Asks whether a change is to be made.
    pub fn new(fixing: Fixing) -> Self {
        let (before, after) = (&fixing.seen.draft, fixing.draft());
        let [old, new] = [before, &after].map(|draft| serde_json::to_value(draft).ok());
        let refusals = match new_refusals(before, &after) {
            Err(RegistryError::Refused(refusals)) => Some(refusals.to_string()),
            Err(other) => Some(other.to_string()),
            Ok(()) => None,
        };
        Self {
            lines: diff(old.as_ref(), new.as_ref()),
            refusals,
            fixing,
            theirs: None,
        }
    }

    /// Asks once more, because somebody saved the client meanwhile: this is what it is now.
    pub fn overtaken(fixing: Fixing, theirs: Client) -> Self {
        let differences = differences(&fixing.seen.draft, &theirs.draft);
        Self {
            theirs: Some(differences),
            ..Self::new(Fixing {
                seen: theirs,
                ..fixing
            })
        }
    }

    /// Its title.
    pub fn title(&self) -> String {
        format!("Fix {}?", make_visible(&self.fixing.seen.draft.name))
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let client = &self.fixing.seen;
        let name = make_visible(&client.draft.name);
        if let Some(theirs) = &self.theirs {
            style::card(ui, Tone::Warning, |ui| {
                let text = format!("{name} was saved elsewhere meanwhile. Nothing was fixed yet.");
                ui.add(Label::new(style::medium(ui, text)).wrap());
                ui.label(style::second(
                    ui,
                    "This is what became of it, and below it what the fix changes now.",
                ));
            });
            ui.add_space(space::S);
            versions_ui(ui, "As you saw it", theirs.clone());
        }
        let text = format!(
            "{}. {}",
            self.fixing.rule.title(),
            "The registration is saved as it stands below, as if you had changed it in its form."
        );
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.add_space(space::S);
        style::label(ui, "What the fix changes");
        if self.lines.is_empty() {
            ui.label(style::second(ui, "Nothing: it is so already"));
        } else {
            diff_ui(ui, &self.lines);
        }
        if let Some(refusals) = &self.refusals {
            ui.add_space(space::S);
            style::card(ui, Tone::Danger, |ui| {
                let what = "It cannot be fixed like this: the registration would be refused";
                ui.add(Label::new(style::medium(ui, what)).wrap());
                for line in refusals.lines() {
                    ui.add(Label::new(style::second(ui, make_visible(line))).wrap());
                }
                ui.label(style::second(ui, "Open the client and change it in its form."));
            });
        }
        let (live, before, after) = (
            client.live_secrets(Timestamp::now()).count(),
            client.draft.token_endpoint_auth_method,
            self.fixing.draft().token_endpoint_auth_method,
        );
        let ends = before != AuthMethod::None && after == AuthMethod::None && live > 0;
        let needs_secret = after.uses_secret() && !before.uses_secret() && live == 0;
        let consequence = match (ends, needs_secret) {
            (true, _) => "It authenticates by none then: all secrets of the client end now.",
            (_, true) => "It authenticates with a secret then: a new one is made, and shown once.",
            _ => "",
        };
        if !consequence.is_empty() {
            ui.add_space(space::S);
            ui.add(Label::new(style::medium(ui, consequence)).wrap());
        }
        let is_possible = self.refusals.is_none() && !self.lines.is_empty();
        buttons_ui(ui, "Fix", ends, is_possible, || {
            let fixing = Box::new(self.fixing.clone());
            if needs_secret {
                Action::send(Work::FixWithFirstSecret(fixing))
            } else {
                Action::send(Write::Fix {
                    fixing,
                    first_secret: None,
                })
            }
        })
    }
}
