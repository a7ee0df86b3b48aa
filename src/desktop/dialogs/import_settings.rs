//! Settings of the rules from a file that this or another registry's were exported to. Nothing is saved by it.

use std::path::Path;

use eframe::egui::{Label, Ui};

use super::confirm::buttons_ui;
use super::file_field::FileField;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{Aside, Chosen, Purpose, Trouble};

/// The dialog.
pub struct ImportSettingsDialog {
    file: FileField,
}

impl ImportSettingsDialog {
    /// Asks which file, at first for one in this folder.
    pub fn new(folder: &Path) -> Self {
        let path = folder.join("audit-settings.json").display().to_string();
        Self {
            file: FileField::new("File", path),
        }
    }

    /// What it asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        self.file.sent(number);
    }

    /// Whether this is the answer that it waits for.
    pub fn is_asked(&mut self, number: u64) -> bool {
        self.file.is_asked(number)
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        self.file.take_chosen(number, chosen);
    }

    /// The file cannot be used.
    pub fn fail(&mut self, trouble: Trouble) {
        self.file.trouble = Some(trouble);
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let text = "The severities, parameters, allowed hosts and watched scopes of the file take the place of those on the \
                    screen. They count once you save the rules.";
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.add_space(space::S);
        let row = self.file.ui(ui);
        let is_ready = self.file.is_ready();
        let read = || Action::send(Aside::ReadFile(self.file.path.clone()));
        let mut action = buttons_ui(ui, "Import", false, is_ready, read);
        if row.entered && is_ready {
            action = Some(read());
        } else if row.chooses {
            action = Some(self.file.choose_json("Import settings", Purpose::Open));
        }
        if matches!(action, Some(Action::Send(_))) {
            self.file.trouble = None;
        }
        action
    }
}
