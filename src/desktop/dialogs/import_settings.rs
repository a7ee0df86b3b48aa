//! Settings of the rules from a file that this or another registry's were exported to. Nothing is saved by it.

use std::path::Path;

use eframe::egui::{Label, Ui, vec2};

use super::confirm::{buttons_ui, entered};
use crate::client::make_visible;
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, tokens::size, tokens::space};
use crate::desktop::worker::{Aside, Chosen, FileWish, Purpose, Trouble};

/// The width of the button beside the path, in points.
const CHOOSE: f32 = 92.0;

/// The dialog.
pub struct ImportSettingsDialog {
    path: String,
    trouble: Option<Trouble>,
    /// What was asked for last and is not answered yet.
    asked: Option<u64>,
}

impl ImportSettingsDialog {
    /// Asks which file, at first for one in this folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            path: folder.join("audit-settings.json").display().to_string(),
            trouble: None,
            asked: None,
        }
    }

    /// What it asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        self.asked = Some(number);
    }

    /// Whether this is the answer that it waits for.
    pub fn is_asked(&mut self, number: u64) -> bool {
        self.asked.take_if(|asked| *asked == number).is_some()
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        if !self.is_asked(number) {
            return;
        }
        match chosen {
            Chosen::File(path) => self.path = path.display().to_string(),
            Chosen::Nothing => {}
            Chosen::NoDialog => {
                self.trouble = Some(Trouble {
                    what: "The system offers no dialog for files here".to_owned(),
                    advice: "Type the whole path instead".to_owned(),
                });
            }
        }
    }

    /// The file cannot be used.
    pub fn fail(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let text = "The severities, parameters, allowed hosts and watched scopes of the file take the place of those on the \
                    screen. They count once you save the rules.";
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.add_space(space::S);
        style::field_label(ui, "File");
        let (typed, chooses) = ui.horizontal(|ui| self.path_ui(ui)).inner;
        if let Some(trouble) = &self.trouble {
            ui.add_space(space::S);
            style::card(ui, Tone::Danger, |ui| {
                ui.add(Label::new(style::medium(ui, make_visible(&trouble.what))).wrap());
                ui.add(Label::new(style::second(ui, &trouble.advice)).wrap());
            });
        }
        let is_ready = !self.path.trim().is_empty() && self.asked.is_none();
        let path = self.path.clone();
        let read = || Action::send(Aside::ReadFile(path));
        let mut action = buttons_ui(ui, "Import", false, is_ready, || {
            Action::send(Aside::ReadFile(self.path.clone()))
        });
        if typed && is_ready {
            action = Some(read());
        } else if chooses {
            let wish = FileWish {
                title: "Import settings".to_owned(),
                path: self.path.clone(),
                format: ("JSON", "json"),
                purpose: Purpose::Open,
            };
            action = Some(Action::send(Aside::ChooseFile(wish)));
        }
        if matches!(action, Some(Action::Send(_))) {
            self.trouble = None;
        }
        action
    }

    /// Returns whether Enter was pressed, and whether the system's dialog is wanted.
    fn path_ui(&mut self, ui: &mut Ui) -> (bool, bool) {
        let room = ui.available_width() - CHOOSE - ui.spacing().item_spacing.x;
        let entry = ui.allocate_ui(vec2(room, size::CONTROL), |ui| {
            text_field(ui, "File", &mut self.path, "")
        });
        let entry = entry.inner;
        if entry.changed() {
            self.trouble = None;
        }
        let typed = entered(ui, &entry, !self.path.trim().is_empty());
        let choose = ui.add_enabled_ui(self.asked.is_none(), |ui| style::button(ui, "Choose…"));
        let choose = choose.inner.on_hover_text("In the system's own dialog");
        (typed, choose.clicked())
    }
}
