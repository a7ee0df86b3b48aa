//! A name for a request that is to be made again.

use eframe::egui::Ui;

use super::confirm::{buttons_ui, entered};
use crate::client::ClientId;
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{SavedChange, Write};
use crate::registry::SavedRequest;

/// The dialog.
pub struct SaveRequestDialog {
    client_id: ClientId,
    request: SavedRequest,
    /// The names of those that there are.
    taken: Vec<String>,
}

impl SaveRequestDialog {
    /// Asks what a request of a client is to be called.
    pub fn new(client_id: ClientId, request: SavedRequest, taken: Vec<String>) -> Self {
        Self {
            client_id,
            request,
            taken,
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let text = "Kept for this client: grant, scope, audience, redirect URI and who signs in. No secret, no token.";
        ui.label(style::second(ui, text));
        ui.add_space(space::S);
        style::field_label(ui, "Name of the request");
        let entry = text_field(
            ui,
            "Name of the request",
            &mut self.request.name,
            "Nightly export",
        );
        let name = SavedRequest::name_of(&self.request.name);
        let is_taken = name.as_ref().is_some_and(|name| self.taken.contains(name));
        let note = match &name {
            None if self.request.name.is_empty() => "Up to 60 characters",
            None => "A name has 1 to 60 characters of one line",
            Some(_) if is_taken => "There is one of this name, which it replaces",
            Some(_) => "No other request of this client has this name",
        };
        ui.label(style::faint(ui, note));
        let is_name = name.is_some();
        let save = || {
            let name = name.unwrap_or_default();
            Action::send(Write::SavedRequest(SavedChange::Keep {
                client_id: self.client_id.clone(),
                request: Box::new(SavedRequest {
                    name,
                    ..self.request.clone()
                }),
            }))
        };
        if entered(ui, &entry, is_name) {
            return Some(save());
        }
        let act = if is_taken {
            "Replace request"
        } else {
            "Save request"
        };
        buttons_ui(ui, act, false, is_name, save)
    }
}
