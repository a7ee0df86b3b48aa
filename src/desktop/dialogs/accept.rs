//! Taking a risk: why, and until when.

use eframe::egui::{Label, Ui};
use jiff::Timestamp;

use super::confirm::buttons_ui;
use super::terms::Terms;
use crate::audit::{Acceptance, AuditFinding};
use crate::client::make_visible;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{Decision, Write};
use crate::registry::Client;

/// What comes of it, whether one risk is taken or many.
pub(super) const MEANING: &str = "What is accepted is counted no more. The list shows it behind what is open, marked Accepted, \
                                  and reports name it. It comes back when the end date is past, or when the value concerned \
                                  changes.";

/// The dialog.
pub struct AcceptDialog {
    finding: AuditFinding,
    client: Client,
    terms: Terms,
}

impl AcceptDialog {
    /// Asks for the reason and the end of taking a risk.
    pub fn new(finding: AuditFinding, client: Client) -> Self {
        let terms = Terms::new();
        Self {
            finding,
            client,
            terms,
        }
    }

    /// What it accepts, once everything is said.
    fn acceptance(&self) -> Option<Acceptance> {
        let until = self.terms.end().ok()?;
        let (draft, reason) = (&self.client.draft, &self.terms.reason);
        // Who it is, the worker knows.
        Acceptance::of(&self.finding, draft, reason, "", Timestamp::now(), until).ok()
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let what = format!(
            "{}: {}",
            make_visible(&self.client.draft.name),
            self.finding.rule.title()
        );
        ui.add(Label::new(style::medium(ui, what)).wrap());
        if let Some(value) = &self.finding.value {
            ui.add(Label::new(style::mono(ui, make_visible(value))).wrap());
        }
        ui.add(Label::new(style::second(ui, MEANING)).wrap());
        ui.add_space(space::S);
        self.terms.ui(ui);
        let acceptance = self.acceptance();
        let is_possible = acceptance.is_some();
        buttons_ui(ui, "Accept", false, is_possible, || match acceptance {
            Some(acceptance) => Action::send(Write::Decide(Decision::Accept {
                client_id: self.client.client_id.clone(),
                acceptance,
            })),
            // The button cannot be pressed then.
            None => Action::CloseDialog,
        })
    }
}
