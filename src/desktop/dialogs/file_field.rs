//! The path of a file: typed, or chosen in the system's own dialog.

use eframe::egui::{Id, Label, Ui, vec2};

use super::confirm::entered;
use crate::client::make_visible;
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, tokens::size, tokens::space};
use crate::desktop::worker::{Aside, Chosen, FileWish, Purpose, Trouble};

/// The width of the button beside the path, in points.
const CHOOSE: f32 = 84.0;

/// What came of the row of a path in a frame.
pub(super) struct PathRow {
    /// It was changed.
    pub changed: bool,
    /// Enter was pressed over a path.
    pub entered: bool,
    /// The system's dialog is wanted.
    pub chooses: bool,
    /// The field of the path.
    pub field: Id,
}

/// Draws a path under its name, with the button that opens the system's dialog, which can be pressed unless that is open.
pub(super) fn path_row_ui(ui: &mut Ui, name: &str, path: &mut String, can_choose: bool) -> PathRow {
    style::field_label(ui, name);
    let row = ui.horizontal(|ui| {
        let room = ui.available_width() - CHOOSE - ui.spacing().item_spacing.x;
        let entry = ui.allocate_ui(vec2(room, size::CONTROL), |ui| text_field(ui, name, path, ""));
        let entry = entry.inner;
        let choose = ui.add_enabled_ui(can_choose, |ui| style::button(ui, "Choose…"));
        PathRow {
            changed: entry.changed(),
            entered: entered(ui, &entry, !path.trim().is_empty()),
            chooses: choose.inner.on_hover_text("In the system's own dialog").clicked(),
            field: entry.id,
        }
    });
    row.inner
}

/// A path that something is asked for, and what stands in the way.
pub(super) struct FileField {
    name: &'static str,
    /// The path.
    pub path: String,
    /// Why it will not do.
    pub trouble: Option<Trouble>,
    /// What was asked for last and is not answered yet.
    asked: Option<u64>,
}

impl FileField {
    /// A field of this name, at first with this path.
    pub fn new(name: &'static str, path: String) -> Self {
        Self {
            name,
            path,
            trouble: None,
            asked: None,
        }
    }

    /// What was asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        self.asked = Some(number);
    }

    /// Whether this is the answer that is waited for; it is waited for no more.
    pub fn is_asked(&mut self, number: u64) -> bool {
        self.asked.take_if(|asked| *asked == number).is_some()
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        if !self.is_asked(number) {
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

    /// Whether there is a path, and nothing is waited for.
    pub fn is_ready(&self) -> bool {
        !self.path.trim().is_empty() && self.asked.is_none()
    }

    /// Has a file of JSON chosen in the system's dialog, which has this title.
    pub fn choose_json(&self, title: &str, purpose: Purpose) -> Action {
        Action::send(Aside::ChooseFile(FileWish {
            title: title.to_owned(),
            path: self.path.clone(),
            format: ("JSON", "json"),
            purpose,
        }))
    }

    /// Draws it, and below it what stands in the way.
    pub fn ui(&mut self, ui: &mut Ui) -> PathRow {
        let row = path_row_ui(ui, self.name, &mut self.path, self.asked.is_none());
        if row.changed {
            self.trouble = None;
        }
        if let Some(trouble) = &self.trouble {
            ui.add_space(space::S);
            style::card(ui, Tone::Danger, |ui| {
                ui.add(Label::new(style::medium(ui, make_visible(&trouble.what))).wrap());
                ui.add(Label::new(style::second(ui, &trouble.advice)).wrap());
            });
        }
        row
    }
}
