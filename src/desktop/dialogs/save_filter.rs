//! A name for a filter that is to be used again.

use eframe::egui::Ui;
use serde_json::Value;

use super::confirm::{buttons_ui, entered};
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{FilterChange, Write};
use crate::registry::SavedRequest;

/// The dialog.
pub struct SaveFilterDialog {
    name: String,
    filter: Value,
    /// The names of those that there are.
    taken: Vec<String>,
}

impl SaveFilterDialog {
    /// Asks what a filter is to be called.
    pub fn new(filter: Value, taken: Vec<String>) -> Self {
        Self {
            name: String::new(),
            filter,
            taken,
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let text = "Kept in this registry, for everybody who opens it: search, filters, grouping and order, as a work list.";
        ui.label(style::second(ui, text));
        ui.add_space(space::S);
        style::field_label(ui, "Name of the filter");
        let entry = text_field(
            ui,
            "Name of the filter",
            &mut self.name,
            "High and older than 90 days",
        );
        // A name of a request and one of a filter are alike.
        let name = SavedRequest::name_of(&self.name);
        let is_taken = name.as_ref().is_some_and(|name| self.taken.contains(name));
        let note = match &name {
            None if self.name.is_empty() => "Up to 60 characters",
            None => "A name has 1 to 60 characters of one line",
            Some(_) if is_taken => "There is one of this name, which it replaces",
            Some(_) => "No other filter has this name",
        };
        ui.label(style::faint(ui, note));
        let is_name = name.is_some();
        let save = || {
            Action::send(Write::ReviewFilter(FilterChange::Keep {
                name: name.unwrap_or_default(),
                filter: self.filter.clone(),
            }))
        };
        if entered(ui, &entry, is_name) {
            return Some(save());
        }
        let act = if is_taken { "Replace filter" } else { "Save filter" };
        buttons_ui(ui, act, false, is_name, save)
    }
}
