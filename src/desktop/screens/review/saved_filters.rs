//! Filters that are kept as work lists. One that cannot be read keeps no other back.

use eframe::egui::{Label, Ui};

use crate::audit::WorkList;
use crate::client::make_visible;
use crate::desktop::dialogs::{Dialog, SaveFilterDialog};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, palette};
use crate::desktop::worker::{FilterChange, Read, Workers, Write};

/// The filters that are kept.
#[derive(Default)]
pub(super) struct SavedFilters {
    asked: Option<u64>,
    current: bool,
    kept: Vec<(String, Result<WorkList, String>)>,
    /// The one that was chosen, by its name.
    chosen: Option<String>,
}

impl SavedFilters {
    /// They may have changed.
    pub fn refresh(&mut self) {
        self.current = false;
    }

    /// Takes them in.
    pub fn take(&mut self, number: u64, filters: Vec<(String, String)>) {
        if self.asked.take_if(|asked| *asked == number).is_some() {
            let read = |text: &str| WorkList::read(text).map_err(|error| error.to_string());
            let filters = filters.into_iter();
            self.kept = filters.map(|(name, text)| (name, read(&text))).collect();
        }
    }

    /// Asks for them, once for each change of the registry.
    pub fn keep_current(&mut self, workers: &mut Workers) {
        if !self.current {
            self.current = true;
            self.asked = Some(workers.send(Read::ReviewFilters));
        }
    }

    /// The one that the list is made by now, or that was chosen and cannot be read.
    fn at_hand(&self, wanted: &WorkList) -> Option<&(String, Result<WorkList, String>)> {
        let is_chosen = |(name, _): &&(String, _)| Some(name) == self.chosen.as_ref();
        let is_it = |kept: &Result<WorkList, String>| match kept {
            Ok(kept) => kept == wanted,
            Err(_) => true,
        };
        let chosen = self.kept.iter().find(is_chosen).filter(|(_, kept)| is_it(kept));
        chosen.or_else(|| self.kept.iter().find(|(_, kept)| kept.as_ref() == Ok(wanted)))
    }

    /// Offers them. Returns the one that was chosen now.
    pub fn combo_ui(&mut self, ui: &mut Ui, width: f32, wanted: &WorkList) -> Option<WorkList> {
        let name = "Saved filters";
        let shown = self.at_hand(wanted).map(|(name, _)| make_visible(name));
        let mut chosen = None;
        let mut picked = None;
        style::combo(name, width, shown.clone().unwrap_or_else(|| name.to_owned())).show_ui(ui, |ui| {
            for (name, kept) in &self.kept {
                let label = match kept {
                    Ok(_) => make_visible(name),
                    Err(_) => format!("{} (cannot be read)", make_visible(name)),
                };
                if style::choice(ui, shown.as_ref() == Some(&label), &label).clicked() {
                    chosen = Some(name.clone());
                    picked = kept.as_ref().ok().cloned();
                }
            }
            if self.kept.is_empty() {
                ui.label(style::faint(ui, "None yet: set filters, then save them"));
            }
        });
        if chosen.is_some() {
            self.chosen = chosen;
        }
        picked
    }

    /// Whether something can be done: with the one at hand, or with what is wanted and not kept yet.
    pub fn has_acts(&self, wanted: &WorkList) -> bool {
        *wanted != WorkList::default() || self.at_hand(wanted).is_some()
    }

    /// What can be done with the one at hand, and with a filter that is not kept yet.
    pub fn acts_ui(&self, ui: &mut Ui, wanted: &WorkList) -> Option<Action> {
        let at_hand = self.at_hand(wanted);
        if at_hand.is_none() && *wanted != WorkList::default() {
            let save = style::quiet_button(ui, "Save filter…");
            if save
                .on_hover_text("Keep these filters, the grouping and the order as a work list")
                .clicked()
            {
                let taken = self.kept.iter().map(|(name, _)| name.clone()).collect();
                let dialog = SaveFilterDialog::new(wanted.to_json(), taken);
                return Some(Action::ask(Dialog::SaveFilter(Box::new(dialog))));
            }
        }
        let (name, _) = at_hand?;
        let delete = style::quiet_button(ui, "Delete filter");
        delete.clicked().then(|| {
            let name = name.clone();
            Action::send(Write::ReviewFilter(FilterChange::Delete { name }))
        })
    }

    /// Tells of those that cannot be read.
    pub fn troubles_ui(&self, ui: &mut Ui) {
        for (name, kept) in &self.kept {
            let Err(trouble) = kept else { continue };
            let text = format!(
                "The saved filter {} cannot be read. {}. Choose it to delete it, or save another one under its name",
                make_visible(name),
                make_visible(trouble)
            );
            let told = style::second(ui, text.clone()).color(palette(ui).warning_text);
            ui.add(Label::new(told).truncate()).on_hover_text(text);
        }
    }
}
