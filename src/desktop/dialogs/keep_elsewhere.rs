//! Another place for sign-offs, where none can be written at the one that there is. The decision waits for it.

use eframe::egui::{Label, Ui, vec2};

use super::confirm::{buttons_ui, entered};
use crate::client::make_visible;
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, tokens::size, tokens::space};
use crate::desktop::worker::{Aside, Chosen, Decision, FileWish, Purpose, Trouble, Write};

/// The width of the button beside the path, in points.
const CHOOSE: f32 = 92.0;

/// The dialog.
pub struct KeepElsewhereDialog {
    decision: Decision,
    path: String,
    trouble: Option<Trouble>,
    /// What was asked for last and is not answered yet.
    asked: Option<u64>,
}

impl KeepElsewhereDialog {
    /// Asks where a decision is to be kept, at first at this place, and says what stood in its way until now.
    pub fn new(decision: Decision, path: String, trouble: Trouble) -> Self {
        Self {
            decision,
            path,
            trouble: Some(trouble),
            asked: None,
        }
    }

    /// What it asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        self.asked = Some(number);
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        if self.asked.take_if(|asked| *asked == number).is_none() {
            return;
        }
        match chosen {
            Chosen::File(path) => {
                self.path = path.display().to_string();
                self.trouble = None;
            }
            Chosen::Nothing => {}
            Chosen::NoDialog => {
                self.trouble = Some(Trouble {
                    what: "The system offers no dialog for files here".to_owned(),
                    advice: "Type the whole path instead".to_owned(),
                });
            }
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let text = "The registry is open read-only, so what you decide is kept in a file. Name one in a folder that you may \
                    write to: this decision and those after it go there until the window is closed. Open the next window \
                    with --sign-offs and this file.";
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.add_space(space::S);
        style::field_label(ui, "Keep sign-offs in");
        let (typed, chooses) = ui.horizontal(|ui| self.path_ui(ui)).inner;
        if let Some(trouble) = &self.trouble {
            ui.add_space(space::S);
            style::card(ui, Tone::Danger, |ui| {
                ui.add(Label::new(style::medium(ui, make_visible(&trouble.what))).wrap());
                ui.add(Label::new(style::second(ui, &trouble.advice)).wrap());
            });
        }
        let is_ready = !self.path.trim().is_empty() && self.asked.is_none();
        let keep = || {
            Action::send(Write::KeepIn {
                place: self.path.clone(),
                decision: self.decision.clone(),
            })
        };
        if typed && is_ready {
            return Some(keep());
        }
        let action = buttons_ui(ui, "Keep there", false, is_ready, keep);
        if chooses {
            return Some(Action::send(Aside::ChooseFile(FileWish {
                title: "Keep sign-offs".to_owned(),
                path: self.path.clone(),
                format: ("JSON", "json"),
                purpose: Purpose::Save,
            })));
        }
        action
    }

    /// Returns whether Enter was pressed, and whether the system's dialog is wanted.
    fn path_ui(&mut self, ui: &mut Ui) -> (bool, bool) {
        let room = ui.available_width() - CHOOSE - ui.spacing().item_spacing.x;
        let entry = ui.allocate_ui(vec2(room, size::CONTROL), |ui| {
            text_field(ui, "Keep sign-offs in", &mut self.path, "")
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
