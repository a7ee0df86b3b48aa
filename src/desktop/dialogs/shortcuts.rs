//! Every key that does something: the shortcuts of the one table of commands, and the keys of lists and dialogs.

use eframe::egui::Ui;

use crate::desktop::command::UiCommand;
use crate::desktop::style::{self, tokens::space};

/// The keys that lists know.
const LISTS: &[(&str, &str)] = &[
    ("Go to the row before or after", "Up, Down"),
    ("Go a page up or down", "Page Up, Page Down"),
    ("Go to the first or the last row", "Home, End"),
    ("Open the row that the keyboard is on", "Enter"),
    ("Select further clients", "Shift+Up, Shift+Down, Shift+click"),
    (
        "Select a single client too, or no longer",
        "Ctrl+Space, Ctrl+click",
    ),
    ("Move without selecting", "Ctrl+Up, Ctrl+Down"),
];

/// The keys that forms and dialogs know.
const FORMS: &[(&str, &str)] = &[
    ("Go to the next or the previous control", "Tab, Shift+Tab"),
    ("Press the control that the keyboard is on", "Space"),
    (
        "Add what was typed to a list of URIs, scopes or audiences",
        "Enter",
    ),
    (
        "Close a dialog, a client, a selection or a new registration",
        "Escape",
    ),
];

/// Draws the page.
pub fn shortcuts_ui(ui: &mut Ui) {
    let ctx = ui.ctx().clone();
    style::label(ui, "Anywhere");
    for command in UiCommand::ALL {
        if let Some(keys) = command.shortcut_text(&ctx) {
            row_ui(ui, command.label(), &keys);
        }
    }
    for (heading, rows) in [("In lists", LISTS), ("In forms and dialogs", FORMS)] {
        ui.add_space(space::S);
        style::label(ui, heading);
        for (what, keys) in rows {
            row_ui(ui, what, keys);
        }
    }
}

/// What a key does, and the key. Both are labels, so that a screen reader reads them in this order.
fn row_ui(ui: &mut Ui, what: &str, keys: &str) {
    ui.horizontal(|ui| {
        ui.label(what);
        style::at_right(ui, |ui| ui.label(style::mono(ui, keys)));
    });
}
