//! What the screens share that have to do with files of other systems: which file, and how far something is.

mod source;

use eframe::egui::{Label, Sense, Ui, vec2};

pub use source::SourceBar;

use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::desktop::worker::{Reached, Stop, Trouble};

/// Something that goes from client to client, on its way.
pub struct UnderWay {
    /// The number of the command.
    pub number: u64,
    /// The wish to go no further.
    pub stop: Stop,
    reached: Option<Reached>,
}

impl UnderWay {
    /// It was sent under this number.
    pub fn new(number: u64, stop: Stop) -> Self {
        Self {
            number,
            stop,
            reached: None,
        }
    }

    /// Takes in how far it is.
    pub fn take(&mut self, number: u64, reached: Reached) {
        if self.number == number {
            self.reached = Some(reached);
        }
    }

    /// How far it is, told with what is being done: `Reading: 12,000 clients`.
    pub fn told(&self, doing: &str) -> String {
        match self.reached {
            None => format!("{doing}…"),
            Some(Reached { clients, all: None }) => format!("{doing}: {} clients", grouped(clients)),
            Some(Reached {
                clients,
                all: Some(all),
            }) => format!("{doing}: {} of {} clients", grouped(clients), grouped(all)),
        }
    }

    /// Draws how far it is. It can be cancelled.
    pub fn ui(&self, ui: &mut Ui, doing: &str) {
        ui.add(Label::new(style::second(ui, self.told(doing))).wrap());
        if let Some((clients, all)) = self
            .reached
            .and_then(|reached| Some((reached.clients, reached.all?)))
        {
            let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 3.0), Sense::hover());
            let colors = palette(ui);
            ui.painter().rect_filled(bar, 1.5, colors.line);
            let share = (clients as f32 / all.max(1) as f32).clamp(0.0, 1.0);
            let done = bar.with_max_x(bar.left() + bar.width() * share);
            ui.painter().rect_filled(done, 1.5, colors.accent);
        } else {
            ui.spinner();
        }
        ui.add_space(space::S);
        let is_asked = self.stop.is_asked();
        let word = if is_asked { "Stopping…" } else { "Cancel" };
        let button = ui.add_enabled_ui(!is_asked, |ui| style::button(ui, word));
        if button.inner.clicked() {
            self.stop.ask();
        }
    }
}

/// Says what went wrong, and what to do.
pub fn trouble_ui(ui: &mut Ui, tone: Tone, trouble: &Trouble) {
    style::card(ui, tone, |ui| {
        let what = crate::client::make_visible(&trouble.what);
        ui.add(Label::new(style::medium(ui, what)).wrap());
        ui.add(Label::new(style::second(ui, &trouble.advice)).wrap());
    });
}

/// `1 client`, `12,000 clients`.
pub fn clients_text(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} client{plural}", grouped(count))
}
