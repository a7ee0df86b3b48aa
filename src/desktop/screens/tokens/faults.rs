//! Breaking it on purpose: one fault for the chosen client, and what came of it.

use eframe::egui::{Label, Ui, vec2};

use crate::desktop::form::description;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::worker::{FaultOf, FaultState, FaultWork, Work};
use crate::protocol::fault::Fault;
use crate::registry::Client;

/// What the screen knows of the faults of this window's server.
#[derive(Default)]
pub struct Faults {
    state: FaultState,
    /// The fault that had been used up last when the exchange began.
    before: Option<u64>,
    /// The look that tells whether a fault has met the exchange.
    asked: Option<u64>,
    /// What broke the exchange that is shown.
    broke: Option<Fault>,
}

impl Faults {
    /// An exchange begins.
    pub fn begin(&mut self) {
        self.before = number(self.state.used.as_ref());
        self.forget();
    }

    /// An exchange is over, and this look tells whether a fault has met it.
    pub fn ask(&mut self, number: u64) {
        self.asked = Some(number);
    }

    /// No exchange is shown any more.
    pub fn forget(&mut self) {
        (self.asked, self.broke) = (None, None);
    }

    /// Takes in what is armed now and what was used up.
    pub fn take(&mut self, reply: u64, state: FaultState) {
        if self.asked.take_if(|asked| *asked == reply).is_some() {
            let is_new = |used: &&FaultOf| Some(used.armed.number) > self.before;
            self.broke = state.used.as_ref().filter(is_new).map(|used| used.armed.fault);
        }
        self.state = state;
    }

    /// Says that the exchange which is shown was broken on purpose, and what is right to do then.
    pub fn broken_ui(&self, ui: &mut Ui) {
        let Some(fault) = self.broke else { return };
        style::card(ui, Tone::Warning, |ui| {
            let heading = format!("A fault did this: {}", fault.name());
            ui.add(Label::new(style::strong(ui, heading)).wrap());
            for sentence in [fault.what(), fault.then()] {
                ui.add(Label::new(style::second(ui, sentence)).wrap());
            }
            ui.add(Label::new(style::faint(ui, fault.basis())).wrap());
        });
        ui.add_space(space::S);
    }

    /// Draws a button for each fault. One that is on is armed for this client.
    pub fn ui(&self, ui: &mut Ui, client: Option<&Client>, is_running: bool) -> Option<Action> {
        style::divider(ui);
        style::pane_title(ui, "Break it on purpose");
        let client = client.filter(|_| is_running);
        let hint = match client {
            Some(_) => "Spoils the next answer to this client, once",
            None => "Choose a client while the server runs",
        };
        ui.add(Label::new(style::faint(ui, hint)).wrap());
        let armed = self.state.armed.as_ref().map(|of| &of.armed);
        let armed = armed.filter(|armed| client.is_some_and(|client| client.client_id == armed.client_id));
        let mut wanted = None;
        ui.add_enabled_ui(client.is_some(), |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
                for fault in Fault::ALL {
                    let is_armed = armed.is_some_and(|armed| armed.fault == fault);
                    if fault_ui(ui, fault, is_armed) {
                        wanted = Some((fault, is_armed));
                    }
                }
            });
        });
        let client_id = client.map(|client| client.client_id.clone());
        let work = match wanted? {
            (_, true) => FaultWork::Disarm,
            (fault, false) => FaultWork::Arm {
                client_id: client_id?,
                fault,
            },
        };
        Some(Action::send(Work::Fault(work)))
    }
}

/// The number of a fault.
fn number(of: Option<&FaultOf>) -> Option<u64> {
    of.map(|of| of.armed.number)
}

/// One fault. Returns whether it was pressed.
fn fault_ui(ui: &mut Ui, fault: Fault, is_armed: bool) -> bool {
    let chip = style::toggle_chip(ui, fault.label(), is_armed, Tone::Danger);
    description(&chip, fault.what());
    let told = format!("{}.\n{}.\n{}", fault.what(), fault.then(), fault.basis());
    chip.on_hover_text(told).clicked()
}
