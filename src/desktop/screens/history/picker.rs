//! A filter whose choices are too many for a list: a combo box that searches.

use eframe::egui::{Key, Ui};

use crate::desktop::form::text_field;
use crate::desktop::style;

/// Points that the list takes from the start: it does not grow with what comes later. Longer ones scroll.
const HEIGHT: f32 = 260.0;

/// Something to choose.
pub struct Choice<T> {
    /// What it is called.
    pub label: String,
    /// What it stands for.
    pub value: T,
}

/// What a question for choices comes to.
pub enum Answer<T> {
    /// They come with the reply of this number.
    Later(u64),
    /// They are at hand.
    Now(Vec<Choice<T>>),
}

/// The state of the filter.
pub struct Picker<T> {
    text: String,
    /// The text that was asked about last, and the number of that question.
    asked: Option<(String, u64)>,
    choices: Vec<Choice<T>>,
    was_open: bool,
}

impl<T> Default for Picker<T> {
    fn default() -> Self {
        Self {
            text: String::new(),
            asked: None,
            choices: Vec::new(),
            was_open: false,
        }
    }
}

impl<T: Clone> Picker<T> {
    /// What is offered may be out of date.
    pub fn refresh(&mut self) {
        self.asked = None;
    }

    /// Takes the choices in, if they answer the newest text.
    pub fn take(&mut self, number: u64, choices: Vec<Choice<T>>) {
        if self.asked.as_ref().is_some_and(|(_, asked)| *asked == number) {
            self.choices = choices;
        }
    }

    /// Draws it under its name, with the name of the field in it that searches, and what is chosen. Asks for choices while
    /// it is open. Returns what was chosen now: none for all.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        width: f32,
        (name, search): (&str, &str),
        chosen: Option<String>,
        ask: impl FnOnce(String) -> Answer<T>,
    ) -> Option<Option<T>> {
        let mut picked = None;
        let shown = chosen.clone().unwrap_or_else(|| name.to_owned());
        ui.spacing_mut().combo_height = HEIGHT;
        let combo = style::combo(name, width, shown).stay_open().show_ui(ui, |ui| {
            ui.set_min_height(HEIGHT);
            let entry = text_field(ui, search, &mut self.text, "Type to search");
            if !self.was_open {
                entry.request_focus();
            }
            if entry.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                picked = self.choices.first().map(|first| Some(first.value.clone()));
            }
            if style::choice(ui, chosen.is_none(), "All").clicked() {
                picked = Some(None);
            }
            for choice in &self.choices {
                let is_chosen = chosen.as_ref() == Some(&choice.label);
                if style::choice(ui, is_chosen, &choice.label).clicked() {
                    picked = Some(Some(choice.value.clone()));
                }
            }
            if self.choices.is_empty() {
                ui.label(style::faint(ui, "Nothing fits"));
            }
            if picked.is_some() {
                ui.close();
            }
        });
        self.was_open = combo.inner.is_some() && picked.is_none();
        let stale = self.asked.as_ref().is_none_or(|(text, _)| *text != self.text);
        if stale && self.was_open {
            let number = match ask(self.text.clone()) {
                Answer::Later(number) => number,
                Answer::Now(choices) => {
                    self.choices = choices;
                    ui.ctx().request_repaint();
                    0
                }
            };
            self.asked = Some((self.text.clone(), number));
        }
        if picked.is_some() {
            self.text.clear();
        }
        picked
    }
}
