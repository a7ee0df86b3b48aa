//! Another place for sign-offs, where none can be written at the one that there is. The decision waits for it.

use eframe::egui::{Label, Ui};

use super::confirm::buttons_ui;
use super::file_field::FileField;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{Aside, Chosen, Decision, FileWish, Purpose, Trouble, Write};

/// The dialog.
pub struct KeepElsewhereDialog {
    decision: Decision,
    file: FileField,
}

impl KeepElsewhereDialog {
    /// Asks where a decision is to be kept, at first at this place, and says what stood in its way until now.
    pub fn new(decision: Decision, path: String, trouble: Trouble) -> Self {
        let mut file = FileField::new("Keep sign-offs in", path);
        file.trouble = Some(trouble);
        Self { decision, file }
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
        let text = "The registry is open read-only, so what you decide is kept in a file. Name one in a folder that you may \
                    write to: this decision and those after it go there until the window is closed. Open the next window \
                    with --sign-offs and this file.";
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.add_space(space::S);
        let row = self.file.ui(ui);
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
            return Some(Action::send(Aside::ChooseFile(FileWish {
                title: "Keep sign-offs".to_owned(),
                path: self.file.path.clone(),
                format: ("JSON", "json"),
                purpose: Purpose::Save,
            })));
        }
        action
    }
}
