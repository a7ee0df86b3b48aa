//! What the screens share that have to do with files of other systems: which file, and how far something is.

mod details;
mod export;
mod list;
mod source;

use eframe::egui::{Label, Sense, Ui, vec2};
use serde_json::{Map, Value};

pub use details::Looking;
pub use export::export_dialog;
pub use list::{List, Sort};
pub use source::SourceBar;

use crate::client::make_visible;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::desktop::worker::{Line, Reached, Stop, Trouble};
use crate::transfer::Difference;

/// A window of less than this height is a low one, in points.
const LOW: f32 = 560.0;

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
        let what = make_visible(&trouble.what);
        ui.add(Label::new(style::medium(ui, what)).wrap());
        ui.add(Label::new(style::second(ui, &trouble.advice)).wrap());
    });
}

/// How many of each sort there are: beside the title in a low window, where the rows need the room.
pub fn counts_beside_ui(ui: &mut Ui, counts: &str) {
    if is_low(ui) {
        ui.add(Label::new(style::second(ui, counts)).truncate());
    }
}

/// The same below, in any other.
pub fn counts_below_ui(ui: &mut Ui, counts: &str) {
    if !is_low(ui) {
        ui.add(Label::new(style::second(ui, counts)).wrap());
    }
}

fn is_low(ui: &Ui) -> bool {
    ui.ctx().content_rect().height() < LOW
}

/// `1 client`, `12,000 clients`.
pub fn clients_text(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} client{plural}", grouped(count))
}

/// The head of a pane that shows a client of a file. Returns whether it is to be closed.
pub fn head_ui<S: Sort>(ui: &mut Ui, row: &Line<S>) -> bool {
    let mut closes = false;
    ui.horizontal(|ui| {
        style::badge(ui, row.sort.label(), row.sort.tone());
        style::at_right(ui, |ui| {
            closes = style::close_button(ui, "Close client of the file").clicked();
        });
    });
    ui.add(Label::new(style::strong(ui, row.called())).wrap());
    if let Some(client_id) = &row.client_id {
        let text = style::mono(ui, make_visible(client_id)).color(palette(ui).second);
        ui.add(Label::new(text).wrap());
    }
    let realm = row.realm.as_ref().map(|realm| format!("Realm {realm}"));
    // One that has no name is called by its place.
    let called = row.called();
    let place = Some(row.place.to_string()).filter(|place| !place.is_empty() && *place != called);
    let parts: Vec<String> = realm.into_iter().chain(place).collect();
    if !parts.is_empty() {
        ui.add(Label::new(style::faint(ui, make_visible(&parts.join(", ")))).wrap());
    }
    closes
}

/// The members that differ, as they are and as they become.
pub fn both(differences: &[Difference]) -> (Value, Value) {
    let side = |value: fn(&Difference) -> &Option<Value>| {
        let members = differences.iter().filter_map(|difference| {
            let value = value(difference).clone()?;
            Some((difference.member.clone(), value))
        });
        Value::Object(members.collect::<Map<String, Value>>())
    };
    (side(|one| &one.before), side(|one| &one.after))
}
