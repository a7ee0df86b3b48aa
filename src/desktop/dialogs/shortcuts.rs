//! Every key that does something: the shortcuts of the one table of commands, and the keys of lists and dialogs.

use eframe::egui::{Key, Ui, vec2};

use crate::desktop::command::UiCommand;
use crate::desktop::style::{self, tokens::font, tokens::space};

/// How far an arrow scrolls, in points.
const LINE: f32 = 40.0;
/// More than the page is high.
const WHOLE: f32 = 10_000.0;

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
        "Close a dialog, what is looked at, a selection or a new registration",
        "Escape",
    ),
];

/// Draws the page: of the keys that change the registry only where that can be changed.
pub fn shortcuts_ui(ui: &mut Ui, writable: bool) {
    scroll_by_keys(ui);
    // Lines of text, not of buttons.
    ui.spacing_mut().interact_size.y = font::LINE;
    let ctx = ui.ctx().clone();
    style::label(ui, "Anywhere");
    let can_be_asked = |command: &UiCommand| writable || !command.edits();
    for command in UiCommand::ALL.into_iter().filter(can_be_asked) {
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

/// Nothing on the page takes the keyboard, so that its keys are free to scroll it in a window that is too low for it.
fn scroll_by_keys(ui: &mut Ui) {
    let page = ui.clip_rect().height() - LINE;
    let keys = [
        (Key::ArrowDown, LINE),
        (Key::ArrowUp, -LINE),
        (Key::PageDown, page),
        (Key::PageUp, -page),
        (Key::Home, -WHOLE),
        (Key::End, WHOLE),
    ];
    let down: f32 = ui.input(|input| {
        let pressed = |(key, way): &(Key, f32)| input.num_presses(*key) as f32 * way;
        keys.iter().map(pressed).sum()
    });
    if down != 0.0 {
        ui.scroll_with_delta(vec2(0.0, -down));
    }
}

/// What a key does, and the key. Both are labels, so that a screen reader reads them in this order.
fn row_ui(ui: &mut Ui, what: &str, keys: &str) {
    ui.horizontal(|ui| {
        ui.label(what);
        style::at_right(ui, |ui| {
            // Room for the scroll bar, which must not lie over the keys.
            ui.add_space(space::M);
            ui.label(style::mono(ui, keys));
        });
    });
}
