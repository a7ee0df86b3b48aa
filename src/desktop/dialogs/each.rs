//! Before something is done to many clients: which they are, and for deleting, how many.

use eframe::egui::{Label, Ui};

use super::confirm::{buttons_ui, entered};
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{ClientAct, Seen, Stop, Write};

/// How many clients are named.
const NAMED: usize = 10;

/// The question.
pub struct EachDialog {
    act: ClientAct,
    clients: Vec<Seen>,
    typed: String,
}

impl EachDialog {
    /// Asks before an act on clients.
    pub fn new(act: ClientAct, clients: Vec<Seen>) -> Self {
        let typed = String::new();
        Self { act, clients, typed }
    }

    /// Its title.
    pub fn title(&self) -> String {
        let verb = match self.act {
            ClientAct::Enable => "Enable",
            ClientAct::Disable => "Disable",
            ClientAct::Delete => "Delete",
        };
        let plural = if self.clients.len() == 1 { "" } else { "s" };
        format!("{verb} {} client{plural}?", self.clients.len())
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let (text, button) = match self.act {
            ClientAct::Enable => ("They authenticate again from now on.", "Enable clients"),
            ClientAct::Disable => (
                "Their tokens end at once and they can no longer authenticate. Enable them again at any time.",
                "Disable clients",
            ),
            ClientAct::Delete => (
                "Their secrets and tokens end at once and they can no longer authenticate. The history keeps their last \
                 state. To switch them off for a while, disable them instead.",
                "Delete clients",
            ),
        };
        ui.label(style::second(ui, text));
        ui.add_space(space::S);
        for client in self.clients.iter().take(NAMED) {
            ui.add(Label::new(&client.name).truncate());
        }
        if let Some(more) = self.clients.len().checked_sub(NAMED).filter(|more| *more > 0) {
            ui.label(style::second(ui, format!("and {more} more")));
        }
        let (confirmed, entered) = match self.act {
            ClientAct::Delete => self.number_ui(ui),
            ClientAct::Enable | ClientAct::Disable => (true, false),
        };
        let (act, clients) = (self.act, &self.clients);
        let send = || {
            let clients = clients.clone();
            let stop = Stop::default();
            Action::send(Write::Each { act, clients, stop })
        };
        if entered {
            return Some(send());
        }
        buttons_ui(ui, button, true, confirmed, send)
    }

    /// Deleting asks for the number, so that it is not done by two quick presses. Returns whether it is right, and whether
    /// Enter was pressed on it.
    fn number_ui(&mut self, ui: &mut Ui) -> (bool, bool) {
        let number = self.clients.len().to_string();
        ui.add_space(space::S);
        style::label(ui, &format!("Type {number} to confirm"));
        let entry = text_field(ui, "Number to confirm", &mut self.typed, "");
        let confirmed = self.typed.trim() == number;
        (confirmed, entered(ui, &entry, confirmed))
    }
}
