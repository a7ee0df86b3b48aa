//! Bringing back an earlier version of a client's registration: what that changes, and what it does not.

use eframe::egui::{Label, Ui};
use jiff::Timestamp;

use super::confirm::buttons_ui;
use crate::client::{AuthMethod, ClientDraft, Finding, make_visible};
use crate::desktop::screens::history::diff::{Line, diff, diff_ui};
use crate::desktop::screens::{Action, FormChange};
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{Restoring, Work, Write};
use crate::registry::{Client, RegistryError, new_refusals};

/// The dialog.
pub struct RestoreDialog {
    seq: i64,
    at: Timestamp,
    draft: ClientDraft,
    client: Client,
    /// What restoring changes.
    lines: Vec<Line>,
    /// Why it is not to be saved, a sentence for each rule of today that is against it.
    refusals: Option<Vec<String>>,
    /// Whether somebody saved the client after it was asked the first time.
    overtaken: bool,
}

impl RestoreDialog {
    /// Asks whether a client is to be what a change left, by its number and time.
    pub fn new(seq: i64, at: Timestamp, draft: ClientDraft, client: Client) -> Self {
        let record = |draft: &ClientDraft| serde_json::to_value(draft).ok();
        let refusals = match new_refusals(&client.draft, &draft) {
            Err(RegistryError::Refused(refusals)) => {
                let told = |finding: &Finding| format!("{}: {}", finding.rule, finding.sentence());
                Some(refusals.0.iter().map(told).collect())
            }
            Err(other) => Some(vec![other.to_string()]),
            Ok(()) => None,
        };
        Self {
            seq,
            at,
            lines: diff(record(&client.draft).as_ref(), record(&draft).as_ref()),
            refusals,
            draft,
            client,
            overtaken: false,
        }
    }

    /// Asks once more, because somebody saved the client meanwhile: this is what it is now.
    pub fn overtaken(restoring: Restoring, theirs: Client) -> Self {
        Self {
            overtaken: true,
            ..Self::new(restoring.seq, restoring.at, restoring.draft, theirs)
        }
    }

    /// Its title.
    pub fn title(&self) -> String {
        format!("Restore {}?", make_visible(&self.client.draft.name))
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let name = make_visible(&self.client.draft.name);
        if self.overtaken {
            style::card(ui, Tone::Warning, |ui| {
                let text = format!("{name} was saved elsewhere meanwhile. Nothing was restored yet.");
                ui.add(Label::new(style::medium(ui, text)).wrap());
                ui.label(style::second(ui, "Below is what restoring changes now."));
            });
            ui.add_space(space::S);
        }
        let text = format!(
            "The registration of {name} becomes what it was after change {}, {}. That is a new change of its own: \
             nothing is taken out of the history. Status and secrets are not brought back; they stay as they are.",
            self.seq,
            time::moment(self.at)
        );
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.add_space(space::S);
        style::label(ui, "What that changes");
        if self.lines.is_empty() {
            ui.label(style::second(ui, "Nothing: it is so already"));
        } else {
            diff_ui(ui, &self.lines);
        }
        if let Some(refusals) = &self.refusals {
            ui.add_space(space::S);
            style::card(ui, Tone::Danger, |ui| {
                let what = "It cannot be restored as it is: the rules of today refuse it";
                ui.add(Label::new(style::medium(ui, what)).wrap());
                for refusal in refusals {
                    ui.add(Label::new(style::second(ui, make_visible(refusal))).wrap());
                }
            });
            ui.add_space(space::S);
            let advice = "You can load it into the form of the client as a draft, and mend it there. Nothing is saved before you \
                          save it.";
            ui.add(Label::new(style::second(ui, advice)).wrap());
            return buttons_ui(ui, "Load into the form", false, true, || {
                let change = FormChange::Become {
                    draft: Box::new(self.draft.clone()),
                    seq: self.seq,
                };
                Action::ChangeForm(self.client.client_id.clone(), change)
            });
        }
        let (live, before, after) = (
            self.client.live_secrets(Timestamp::now()).count(),
            self.client.draft.token_endpoint_auth_method,
            self.draft.token_endpoint_auth_method,
        );
        let ends = before != AuthMethod::None && after == AuthMethod::None && live > 0;
        let needs_secret = after.uses_secret() && live == 0;
        let consequence = match (ends, needs_secret) {
            (true, _) => "This version authenticates by none: all secrets of the client end now.",
            (_, true) => "This version authenticates with a secret: a new one is made, and shown once.",
            _ => "",
        };
        if !consequence.is_empty() {
            ui.add_space(space::S);
            ui.add(Label::new(style::medium(ui, consequence)).wrap());
        }
        let possible = !self.lines.is_empty();
        let restoring = Restoring {
            client_id: self.client.client_id.clone(),
            version: self.client.version,
            seq: self.seq,
            at: self.at,
            draft: self.draft.clone(),
        };
        buttons_ui(ui, "Restore version", ends, possible, || {
            if needs_secret {
                Action::send(Work::RestoreWithFirstSecret(Box::new(restoring)))
            } else {
                Action::send(Write::Restore {
                    restoring: Box::new(restoring),
                    first_secret: None,
                })
            }
        })
    }
}
