//! Which file of another system, what it is, and whose clients of it.

use std::path::Path;

use eframe::egui::Ui;

use crate::desktop::dialogs::entered;
use crate::desktop::form::text_field;
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::worker::{Aside, Chosen, ClientsFile, FileWish, Purpose, Trouble, Workers};
use crate::interchange::Format;

/// What the path is called.
const NAME: &str = "File or folder";
/// The width of the choices, in points.
const CHOICE: f32 = 190.0;

/// The fields.
#[derive(Default)]
pub struct SourceBar {
    /// What stands in them.
    pub file: ClientsFile,
    /// Why the file will not do.
    pub trouble: Option<Trouble>,
    /// What it turned out to be.
    found: Option<Format>,
    realms: Vec<String>,
    /// The system's dialog that is open.
    choosing: Option<u64>,
    /// Whether it was filled from elsewhere, and is to be looked at now.
    is_new: bool,
    /// Whether it was drawn before: at first the keyboard is brought to it.
    was_drawn: bool,
}

impl SourceBar {
    /// Has a file looked at that came from elsewhere.
    pub fn look_at(&mut self, path: &Path) {
        *self = Self {
            file: ClientsFile {
                path: path.display().to_string(),
                ..ClientsFile::default()
            },
            is_new: true,
            ..Self::default()
        };
    }

    /// The file will not do, and why. The keyboard goes back to the path, which is what is put right next.
    pub fn fail(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
        self.was_drawn = false;
    }

    /// Brings the keyboard to the path the next time it is drawn, unless there is a good one.
    pub fn bring_keyboard(&mut self) {
        self.was_drawn = false;
    }

    /// Takes in what the file turned out to be.
    pub fn take(&mut self, found: Format, realms: &[String]) {
        self.found = Some(found);
        // Of one realm alone the others are known from before.
        if self.file.realm.is_none() {
            self.realms = realms.to_vec();
        }
        self.trouble = None;
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        if self.choosing.take_if(|asked| *asked == number).is_none() {
            return;
        }
        match chosen {
            Chosen::File(path) => self.look_at(path),
            Chosen::Nothing => {}
            Chosen::NoDialog => {
                self.fail(Trouble {
                    what: "The system offers no dialog for files here".to_owned(),
                    advice: "Type the whole path instead, or drag the file onto the window".to_owned(),
                });
            }
        }
    }

    /// Draws it, with the button that has the file looked at, and says whether it is to be. Nothing can be changed while
    /// something is on its way.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, title: &str, act: &str, is_busy: bool) -> bool {
        let mut looks = std::mem::take(&mut self.is_new);
        let before = self.file.clone();
        ui.add_enabled_ui(!is_busy, |ui| {
            style::field_label(ui, NAME);
            let field = text_field(ui, NAME, &mut self.file.path, "");
            let is_to_be_typed = self.file.path.is_empty() || self.trouble.is_some();
            if !std::mem::replace(&mut self.was_drawn, true) && is_to_be_typed {
                field.request_focus();
            }
            if field.changed() {
                (self.trouble, self.found) = (None, None);
                (self.file.realm, self.realms) = (None, Vec::new());
            }
            let is_named = !self.file.path.trim().is_empty();
            looks |= entered(ui, &field, is_named);
            ui.horizontal_wrapped(|ui| {
                if let Some(purpose) = self.choose_ui(ui) {
                    self.choose(workers, title, purpose);
                }
                self.format_ui(ui);
                self.realm_ui(ui);
                looks |= style::button_if(ui, act, is_named).clicked();
            });
        });
        // What was looked at is looked at again as it is chosen now.
        let is_other = before.format != self.file.format || before.realm != self.file.realm;
        looks |=
            is_other && before.path == self.file.path && (self.found.is_some() || self.trouble.is_some());
        if let Some(trouble) = &self.trouble {
            ui.add_space(space::XS);
            super::trouble_ui(ui, Tone::Danger, trouble);
        }
        looks
    }

    /// A file, or a folder as tools write them that keep one file a client: the system has a dialog for each.
    fn choose_ui(&self, ui: &mut Ui) -> Option<Purpose> {
        let mut chosen = None;
        for (name, purpose) in [
            ("Choose file…", Purpose::Open),
            ("Choose folder…", Purpose::OpenFolder),
        ] {
            let button = style::button_if(ui, name, self.choosing.is_none());
            if button.on_hover_text("In the system's own dialog").clicked() {
                chosen = Some(purpose);
            }
        }
        chosen
    }

    fn format_ui(&mut self, ui: &mut Ui) {
        let guess = match self.found {
            Some(found) if self.file.format.is_none() => format!("{} (found out)", label(found)),
            _ => "Find out the format".to_owned(),
        };
        let chosen = self.file.format.map_or(guess, |format| label(format).to_owned());
        style::combo("Format", CHOICE, chosen).show_ui(ui, |ui| {
            style::choice_value(ui, &mut self.file.format, None, "Find out");
            for format in Format::ALL.iter().copied() {
                style::choice_value(ui, &mut self.file.format, Some(format), label(format));
            }
        });
    }

    /// Only where there is a choice.
    fn realm_ui(&mut self, ui: &mut Ui) {
        if self.realms.len() < 2 {
            return;
        }
        let chosen = self.file.realm.clone().unwrap_or_else(|| "All realms".to_owned());
        style::combo("Realm", CHOICE, chosen).show_ui(ui, |ui| {
            style::choice_value(ui, &mut self.file.realm, None, "All realms");
            for realm in &self.realms {
                style::choice_value(ui, &mut self.file.realm, Some(realm.clone()), realm);
            }
        });
    }

    fn choose(&mut self, workers: &mut Workers, title: &str, purpose: Purpose) {
        let path = match self.file.path.trim() {
            "" => workers.usual_folder().join("clients.json").display().to_string(),
            path => path.to_owned(),
        };
        let wish = FileWish {
            title: title.to_owned(),
            path,
            format: ("", ""),
            purpose,
        };
        self.trouble = None;
        self.choosing = Some(workers.send(Aside::ChooseFile(wish)));
    }
}

/// What a format is called.
pub fn label(format: Format) -> &'static str {
    match format {
        Format::Rfc7591 => "RFC 7591",
        Format::Keycloak => "Keycloak",
        Format::Hydra => "Ory Hydra",
        Format::Authelia => "Authelia",
        Format::Auth0 => "Auth0",
        Format::Csv => "CSV",
    }
}
