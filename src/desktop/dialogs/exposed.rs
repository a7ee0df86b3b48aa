//! Others could read the registry's files: which, and what to do about it.

use eframe::egui::{Label, Ui};

use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::registry::OpenToOthers;

/// What was found when the registry was opened.
pub struct Exposed {
    files: Vec<OpenToOthers>,
    /// Whether others can still read them: the registry may only be looked at.
    still: bool,
}

impl Exposed {
    /// Tells of files.
    pub fn new(files: Vec<OpenToOthers>, still: bool) -> Self {
        Self { files, still }
    }

    /// Its title.
    pub fn title(&self) -> &'static str {
        if self.still {
            "Others have access to the registry"
        } else {
            "Others had access to the registry"
        }
    }

    /// In one line, where a dialog would be in the way.
    pub fn told(&self) -> String {
        format!("{}. Run chancery check to see to which files", self.title())
    }

    /// Takes further files in.
    pub fn add(&mut self, files: Vec<OpenToOthers>) {
        for file in files {
            if !self.files.iter().any(|known| known.file == file.file) {
                self.files.push(file);
            }
        }
    }

    /// Draws it.
    pub fn ui(&self, ui: &mut Ui) -> Option<Action> {
        let mut action = None;
        let what = match self.files.iter().any(|open| open.mode & 0o022 != 0) {
            true => "read or change",
            false => "read",
        };
        let text = if self.still {
            format!(
                "Other accounts of this machine can {what} these files. Opened to be looked at only, they were left as they \
                 are. Take the access away by:"
            )
        } else {
            format!(
                "Until now other accounts of this machine could {what} these files. They are for you alone from now on:"
            )
        };
        ui.label(style::second(ui, text));
        ui.add_space(space::XS);
        style::code_block(ui, |ui| {
            for open in &self.files {
                let file = open.file.display();
                let line = if self.still {
                    format!("chmod 600 '{file}'")
                } else {
                    format!("{file} ({:o})", open.mode)
                };
                ui.add(Label::new(style::mono(ui, line)).wrap());
            }
        });
        ui.add_space(space::XS);
        let mut advice: Vec<&str> = self.files.iter().map(OpenToOthers::advice).collect();
        advice.sort_unstable();
        advice.dedup();
        for advice in advice {
            ui.label(style::second(ui, format!("{advice}.")));
            ui.add_space(space::XS);
        }
        ui.add_space(space::S);
        style::row_at_right(ui, |ui| {
            if self.still && style::button(ui, "Copy commands").clicked() {
                let commands = self
                    .files
                    .iter()
                    .map(|open| format!("chmod 600 '{}'\n", open.file.display()));
                action = Some(Action::CopyText(commands.collect()));
            }
            if style::primary_button(ui, "Close", true).clicked() {
                action = Some(Action::CloseDialog);
            }
        });
        action
    }
}
