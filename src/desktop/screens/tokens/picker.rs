//! Choosing one client out of a hundred thousand: a combo box that searches.

use eframe::egui::{Key, Ui};

use crate::client::ClientId;
use crate::desktop::form::text_field;
use crate::desktop::style;
use crate::desktop::worker::{Read, Workers};
use crate::registry::{ClientRow, ListQuery};

/// Rows offered at once.
const ROWS: u32 = 20;

/// The state of the picker.
#[derive(Default)]
pub struct Picker {
    text: String,
    asked: Option<(String, u64)>,
    rows: Vec<ClientRow>,
    was_open: bool,
}

impl Picker {
    /// The registry changed: what is offered may be out of date.
    pub fn refresh(&mut self) {
        self.asked = None;
    }

    /// Takes the rows in, if they answer the newest text.
    pub fn take(&mut self, number: u64, rows: Vec<ClientRow>) {
        if self.asked.as_ref().is_some_and(|(_, asked)| *asked == number) {
            self.rows = rows;
        }
    }

    /// Draws it. Returns the client that was chosen.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, chosen: Option<&str>) -> Option<ClientId> {
        let mut picked = None;
        let combo = style::combo(
            "Client",
            ui.available_width(),
            chosen.unwrap_or("Choose a client"),
        )
        .stay_open()
        .show_ui(ui, |ui| {
            let search = text_field(ui, "Find a client", &mut self.text, "Name or client ID");
            if !self.was_open {
                search.request_focus();
            }
            let entered = search.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if entered {
                picked = self.rows.first().map(|row| row.client_id.clone());
            }
            for row in &self.rows {
                if style::choice(ui, chosen == Some(row.name.as_str()), &row.name).clicked() {
                    picked = Some(row.client_id.clone());
                }
            }
            if self.rows.is_empty() {
                ui.label(style::faint(ui, "No client fits"));
            }
            if picked.is_some() {
                ui.close();
            }
        });
        self.was_open = combo.inner.is_some() && picked.is_none();
        let stale = self.asked.as_ref().is_none_or(|(text, _)| *text != self.text);
        if stale && self.was_open {
            let query = ListQuery {
                text: self.text.clone(),
                limit: ROWS,
                ..ListQuery::default()
            };
            self.asked = Some((self.text.clone(), workers.send(Read::Pick(query))));
        }
        picked
    }
}
