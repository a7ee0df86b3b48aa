//! Another place for sign-offs, where none can be written at the one that there is. The decision waits for it.

use eframe::egui::{Label, Ui};

use super::confirm::buttons_ui;
use super::file_field::FileField;
use crate::client::make_visible;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::worker::{Chosen, Decision, Purpose, Trouble, Write};

/// The name of the field.
const NAME: &str = "Keep sign-offs in";

/// The dialog.
pub struct KeepElsewhereDialog {
    decision: Decision,
    /// Why it cannot be kept where decisions are kept.
    reason: Option<Trouble>,
    file: FileField,
}

impl KeepElsewhereDialog {
    /// Asks where a decision is to be kept, and proposes a place; and says why it cannot be where it was to be.
    pub fn new(decision: Decision, proposed: String, reason: Trouble) -> Self {
        Self {
            decision,
            reason: Some(reason),
            file: FileField::new(NAME, proposed),
        }
    }

    /// Asks once more, after a place that was typed would not do either.
    pub fn again(decision: Decision, typed: String, trouble: Trouble) -> Self {
        let mut file = FileField::new(NAME, typed);
        file.trouble = Some(trouble);
        Self {
            decision,
            reason: None,
            file,
        }
    }

    /// What it asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        self.file.sent(number);
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        self.file.take_chosen(number, chosen);
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let waiting = make_visible(&self.decision.waiting());
        ui.add(Label::new(style::medium(ui, waiting)).truncate());
        let text = "The registry is open read-only, so what you decide is kept in a file of its own.";
        ui.add(Label::new(style::second(ui, text)).wrap());
        // It is about another place than the one that stands in the field.
        if let Some(reason) = &self.reason {
            ui.add_space(space::XS);
            style::card(ui, Tone::Warning, |ui| {
                ui.add(Label::new(style::medium(ui, make_visible(&reason.what))).wrap());
                ui.add(Label::new(style::second(ui, &reason.advice)).wrap());
            });
        }
        ui.add_space(space::S);
        let row = self.file.ui(ui);
        ui.add_space(space::XS);
        let text = "This decision and those after it go there until the window is closed. Open the next window with:";
        ui.add(Label::new(style::second(ui, text)).wrap());
        let file = format!("--sign-offs {}", make_visible(self.file.path.trim()));
        ui.add(Label::new(style::mono(ui, file)).wrap());
        let is_ready = self.file.is_ready();
        let keep = || {
            Action::send(Write::KeepIn {
                place: self.file.path.clone(),
                decision: self.decision.clone(),
            })
        };
        if row.entered && is_ready {
            return Some(keep());
        }
        let action = buttons_ui(ui, "Keep there", false, is_ready, keep);
        if row.chooses {
            return Some(self.file.choose_json("Keep sign-offs", Purpose::Save));
        }
        action
    }
}
