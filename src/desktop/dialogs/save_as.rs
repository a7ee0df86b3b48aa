//! Saving something as a file: where, and in which format. What is saved is made and written by a worker; the dialog stays
//! until it is done, and says what stood in the way.
//!
//! Whoever has something to save opens it with one [`SaveFormat`] for each form in which there is it.

use std::path::{Path, PathBuf};

use eframe::egui::{Label, Ui};

use super::confirm::buttons_ui;
use super::file_field::path_row_ui;
use crate::client::make_visible;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::worker::{
    Aside, Chosen, Content, Export, Exported, FileWish, Progress, Purpose, Stop, Trouble,
};

/// One form in which something can be saved.
pub struct SaveFormat {
    /// What it is called: `CSV, for a spreadsheet`.
    pub label: &'static str,
    /// How names of such files end, without the dot.
    pub extension: &'static str,
    /// What stands in the file.
    pub content: Content,
}

/// One choice of what is saved.
pub struct SaveChoice {
    /// What it is called: `Open findings only`.
    pub label: String,
    /// What stands in the file, in each of the formats.
    pub contents: Vec<Content>,
}

/// The dialog.
pub struct SaveAsDialog {
    title: String,
    about: String,
    formats: Vec<SaveFormat>,
    format: usize,
    /// What can be saved instead, and what the choice is called.
    choices: (&'static str, Vec<SaveChoice>),
    choice: usize,
    path: String,
    state: State,
    remark: Option<Remark>,
    /// What was asked for last and is not answered yet.
    asked: Option<u64>,
    /// Whether it asks again after no file was written: the path is what is put right next.
    is_back: bool,
}

/// What is going on.
enum State {
    Asking,
    /// The system's dialog is open.
    Choosing,
    Writing {
        stop: Stop,
        progress: Option<Progress>,
    },
}

/// What is to be said beside the fields.
enum Remark {
    Exists(PathBuf),
    NoDialog,
    Trouble(Trouble),
}

impl SaveAsDialog {
    /// Offers to save something in one of some formats, at first the first of them under this name in that folder. The
    /// title asks for it, such as `Export history`; `about` says in a sentence what is saved.
    pub fn new(
        folder: &Path,
        stem: &str,
        title: impl Into<String>,
        about: impl Into<String>,
        formats: Vec<SaveFormat>,
    ) -> Self {
        let extension = formats.first().map_or("txt", |format| format.extension);
        let path = folder.join(format!("{stem}.{extension}")).display().to_string();
        Self {
            title: title.into(),
            about: about.into(),
            formats,
            format: 0,
            choices: ("", Vec::new()),
            choice: 0,
            path,
            state: State::Asking,
            remark: None,
            asked: None,
            is_back: false,
        }
    }

    /// Lets the person choose what is saved, at first the first of these.
    #[must_use]
    pub fn with_choices(mut self, name: &'static str, choices: Vec<SaveChoice>) -> Self {
        self.choices = (name, choices);
        self
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Whether a file is being written: it is to be stopped rather than closed.
    pub fn is_writing(&self) -> bool {
        matches!(self.state, State::Writing { .. })
    }

    /// What it asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        self.asked = Some(number);
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: Chosen) {
        if self.asked.take_if(|asked| *asked == number).is_none() {
            return;
        }
        self.state = State::Asking;
        match chosen {
            Chosen::File(path) => {
                self.path = path.display().to_string();
                self.remark = None;
            }
            Chosen::Nothing => {}
            Chosen::NoDialog => self.remark = Some(Remark::NoDialog),
        }
    }

    /// Takes in how far the file is.
    pub fn take_progress(&mut self, number: u64, now: Progress) {
        if self.asked == Some(number)
            && let State::Writing { progress, .. } = &mut self.state
        {
            *progress = Some(now);
        }
    }

    /// Takes in what became of the file, if it is the one that was asked for. Returns whether there is nothing more to ask.
    pub fn take_exported(&mut self, number: u64, exported: &Result<Exported, Trouble>) -> bool {
        if self.asked.take_if(|asked| *asked == number).is_none() {
            return false;
        }
        self.state = State::Asking;
        self.remark = match exported {
            Ok(Exported::Written { .. }) => return true,
            Ok(Exported::Stopped) => None,
            Ok(Exported::Exists(path)) => Some(Remark::Exists(path.clone())),
            Err(trouble) => Some(Remark::Trouble(trouble.clone())),
        };
        self.is_back = true;
        false
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        ui.label(style::second(ui, &self.about));
        ui.add_space(space::S);
        if let State::Writing { stop, progress } = &self.state {
            writing_ui(ui, &self.path, stop, progress.as_ref());
            return None;
        }
        let is_choosing = matches!(self.state, State::Choosing);
        let row = path_row_ui(ui, "Save as", &mut self.path, !is_choosing);
        if std::mem::take(&mut self.is_back) {
            ui.memory_mut(|memory| memory.request_focus(row.field));
        }
        if row.changed {
            self.remark = None;
        }
        self.choices_ui(ui);
        self.format_ui(ui);
        self.remark_ui(ui);
        let replaces = matches!(self.remark, Some(Remark::Exists(_)));
        let mut exports = false;
        let act = if replaces { "Replace file" } else { "Export" };
        let action = buttons_ui(ui, act, replaces, !self.path.trim().is_empty(), || {
            exports = true;
            Action::CloseDialog
        });
        // Enter in the field may find a file that is there; only the button replaces it.
        if exports || row.entered && !replaces {
            return self.export(replaces);
        }
        if row.chooses { self.choose() } else { action }
    }

    fn format_ui(&mut self, ui: &mut Ui) {
        let Some(now) = self.formats.get(self.format) else {
            return;
        };
        if self.formats.len() < 2 {
            return;
        }
        let before = (self.format, now.extension);
        style::field_label(ui, "Format");
        style::combo("Format", 260.0, now.label).show_ui(ui, |ui| {
            for (index, format) in self.formats.iter().enumerate() {
                style::choice_value(ui, &mut self.format, index, format.label);
            }
        });
        if let Some(format) = self.formats.get(self.format).filter(|_| self.format != before.0) {
            // The name follows, unless somebody gave it an end of their own.
            if let Some(stem) = self.path.strip_suffix(&format!(".{}", before.1)) {
                self.path = format!("{stem}.{}", format.extension);
            }
            self.remark = None;
        }
    }

    fn choices_ui(&mut self, ui: &mut Ui) {
        let (name, choices) = &self.choices;
        let Some(now) = choices.get(self.choice) else {
            return;
        };
        style::field_label(ui, name);
        style::combo(name, 260.0, &now.label).show_ui(ui, |ui| {
            for (index, choice) in choices.iter().enumerate() {
                style::choice_value(ui, &mut self.choice, index, &choice.label);
            }
        });
    }

    /// What stands in the file, as it is chosen.
    fn content(&self) -> Option<&Content> {
        let (_, choices) = &self.choices;
        match choices.get(self.choice) {
            Some(choice) => choice.contents.get(self.format),
            None => self.formats.get(self.format).map(|format| &format.content),
        }
    }

    fn remark_ui(&self, ui: &mut Ui) {
        let Some(remark) = &self.remark else { return };
        ui.add_space(space::S);
        let say = |ui: &mut Ui, tone: Tone, what: String, advice: &str| {
            style::card(ui, tone, |ui| {
                ui.add(Label::new(style::medium(ui, make_visible(&what))).wrap());
                ui.add(Label::new(style::second(ui, advice)).wrap());
            });
        };
        match remark {
            Remark::Exists(path) => {
                let what = format!("There is already a file {}", path.display());
                let advice = "Replace it, or choose another name. Nothing was written yet.";
                say(ui, Tone::Warning, what, advice);
            }
            Remark::NoDialog => {
                let what = "The system offers no dialog for files here".to_owned();
                say(ui, Tone::Neutral, what, "Type the whole path instead.");
            }
            Remark::Trouble(trouble) => say(ui, Tone::Danger, trouble.what.clone(), &trouble.advice),
        }
    }

    fn choose(&mut self) -> Option<Action> {
        let format = self.formats.get(self.format)?;
        let wish = FileWish {
            title: self.title.clone(),
            path: self.path.clone(),
            format: (format.label, format.extension),
            purpose: Purpose::Save,
        };
        self.state = State::Choosing;
        self.remark = None;
        Some(Action::send(Aside::ChooseFile(wish)))
    }

    fn export(&mut self, replace: bool) -> Option<Action> {
        let stop = Stop::default();
        let export = Export {
            path: self.path.clone(),
            replace,
            content: self.content()?.clone(),
            stop: stop.clone(),
        };
        self.remark = None;
        self.state = State::Writing { stop, progress: None };
        Some(Action::send(Aside::Export(Box::new(export))))
    }
}

/// How far the file is, and how it is stopped.
fn writing_ui(ui: &mut Ui, path: &str, stop: &Stop, progress: Option<&Progress>) {
    let so_far = progress.map_or(String::new(), |progress| format!(": {}", progress.told));
    let text = format!("Writing {}{so_far}", make_visible(path.trim()));
    ui.add(Label::new(style::second(ui, text)).wrap());
    ui.add_space(space::S);
    style::progress_bar(ui, progress.map_or(0.0, |progress| progress.share));
    ui.add_space(space::M);
    let is_asked = stop.is_asked();
    let word = if is_asked { "Stopping…" } else { "Stop" };
    style::row_at_right(ui, |ui| {
        let button = ui.add_enabled_ui(!is_asked, |ui| style::button(ui, word));
        if button.inner.on_hover_text("No file is left behind").clicked() {
            stop.ask();
        }
    });
}
