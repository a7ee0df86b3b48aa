//! What stands below the list: that accepted risks are not counted, and what can be done with a whole group.

use eframe::egui::{Button, Label, Rect, Ui};

use super::lines::Lines;
use crate::audit::Decided;
use crate::desktop::dialogs::{AcceptAllDialog, Dialog};
use crate::desktop::screens::Action;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::Found;
use crate::desktop::worker::findings::Grouping;

/// The height of a line of text, and of buttons, with what stands around them.
const NOTE: f32 = 40.0;
const BUTTONS: f32 = 54.0;

/// What stands below the list.
pub(super) struct Below {
    /// How many risks are accepted.
    accepted: usize,
    /// What of that is shown.
    decided: Decided,
    /// The group at hand, whose risks can be accepted together.
    group: Group,
}

/// What is to be said of groups.
enum Group {
    /// Nothing: there are none, or nothing can be decided about them.
    None,
    /// That one can be chosen.
    Choose,
    /// What the one at hand is called, its place, and how many of it are open.
    AtHand(String, usize, usize),
}

/// What a person wants.
pub(super) enum Wish {
    /// See what is accepted.
    ShowAccepted,
    /// Something else.
    Do(Action),
}

impl Below {
    /// What there is to say. Whole groups are accepted only where the registry can be changed.
    pub fn of(
        lines: &Lines,
        at_hand: Option<usize>,
        accepted: usize,
        decided: Decided,
        changes: bool,
    ) -> Self {
        let at_hand = at_hand.and_then(|place| {
            let (group, _) = lines.group(place)?;
            Some(Group::AtHand(lines.group_name(place)?, place, group.open_count()))
        });
        let can_choose = changes && lines.grouping() != Grouping::Finding && lines.count() > 0;
        Self {
            accepted,
            decided,
            group: match at_hand {
                _ if !can_choose => Group::None,
                Some(at_hand) => at_hand,
                None => Group::Choose,
            },
        }
    }

    /// How high it is, in points.
    pub fn height(&self) -> f32 {
        match (&self.group, self.accepted) {
            (Group::None, 0) => 0.0,
            (Group::None | Group::Choose, _) => NOTE,
            (Group::AtHand(..), _) => BUTTONS,
        }
    }

    /// Draws it.
    pub fn ui(&self, ui: &mut Ui, rect: Rect, lines: &Lines) -> Option<Wish> {
        if self.height() == 0.0 {
            return None;
        }
        style::bottom_bar(ui, rect, space::SCREEN, |ui| {
            style::at_right(ui, |ui| {
                let asked = self.group_ui(ui, lines);
                ui.with_layout(
                    eframe::egui::Layout::left_to_right(eframe::egui::Align::Center),
                    |ui| asked.or(self.note_ui(ui)),
                )
                .inner
            })
        })
    }

    fn group_ui(&self, ui: &mut Ui, lines: &Lines) -> Option<Wish> {
        match &self.group {
            Group::None => None,
            Group::Choose => {
                ui.label(style::faint(ui, "Choose a group to accept its risks together"));
                None
            }
            Group::AtHand(name, place, open) => {
                let is_some = *open > 0;
                let accept = ui.add_enabled_ui(is_some, |ui| style::button(ui, "Accept all…"));
                let about = format!("The {} of {name} that are open and shown", grouped(*open as u64));
                let accept = accept.inner.on_hover_text(about);
                ui.label(style::second(
                    ui,
                    format!("{} open in the group", grouped(*open as u64)),
                ));
                let dialog = accept.clicked().then(|| accept_all(lines, *place)).flatten();
                dialog.map(|dialog| Wish::Do(Action::ask(Dialog::AcceptAll(Box::new(dialog)))))
            }
        }
    }

    /// What it speaks of is wanted when it is pressed, unless that stands in the list already.
    fn note_ui(&self, ui: &mut Ui) -> Option<Wish> {
        let note = note(self.accepted, self.decided)?;
        if self.decided != Decided::Open {
            ui.add(Label::new(style::faint(ui, &note)).truncate())
                .on_hover_text(note);
            return None;
        }
        let button = Button::new(style::faint(ui, note)).frame(false).truncate();
        let pressed = ui.add(button).on_hover_text("Show accepted risks").clicked();
        pressed.then_some(Wish::ShowAccepted)
    }
}

/// The question before the open risks of a group are taken; nothing where none is open.
pub(super) fn accept_all(lines: &Lines, place: usize) -> Option<AcceptAllDialog> {
    let found: Vec<Found> = lines.open_of(place).cloned().collect();
    let name = lines.group_name(place).filter(|_| !found.is_empty())?;
    Some(AcceptAllDialog::new(name, found))
}

/// That accepted risks are not counted, and where they are.
fn note(accepted: usize, decided: Decided) -> Option<String> {
    let count = grouped(accepted as u64);
    let (risks, are, them, their) = match accepted {
        0 => return None,
        1 => ("risk", "is", "it", "its"),
        _ => ("risks", "are", "them", "their"),
    };
    let where_to = match decided {
        Decided::Open => format!("press to show {them} with {their} reason and end date"),
        _ => format!("shown with {their} reason and end date"),
    };
    Some(format!("{count} accepted {risks} {are} not counted · {where_to}"))
}
