//! How a field came to be as it is: its changes, the newest first, item by item.

use eframe::egui::{Label, Ui};

use crate::desktop::screens::history::diff::{diff, diff_ui};
use crate::desktop::screens::history::words::{moment, shown, words};
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{Beside, FIELD_CHANGES, FieldChange};

/// Draws them; while they are being looked up, that.
pub(super) fn field_history_ui(ui: &mut Ui, field: &str, beside: Option<&Beside>) {
    style::label(ui, "History of this field");
    let Some(beside) = beside else {
        ui.label(style::faint(ui, "Looking it up…"));
        return;
    };
    if beside.changes.is_empty() {
        let text = match field {
            "last_used_at" => "The history keeps changes, and not when a client was used".to_owned(),
            _ => format!("The history knows of no change of {field}"),
        };
        ui.add(Label::new(style::faint(ui, text)).wrap());
        return;
    }
    for change in &beside.changes {
        change_ui(ui, change);
    }
    if beside.changes.len() >= FIELD_CHANGES as usize {
        let text = "Older changes are on the History screen";
        ui.label(style::faint(ui, text));
    }
}

fn change_ui(ui: &mut Ui, change: &FieldChange) {
    let row = &change.row;
    let (word, _) = words(row);
    let text = format!("{} · {} by {}", moment(row), word.to_lowercase(), shown(&row.by));
    let told = ui.add(Label::new(style::second(ui, text)).wrap());
    told.on_hover_text("The name is claimed, not proved");
    let lines = diff(change.before.as_ref(), change.after.as_ref());
    // The field is named above all of them.
    if lines.len() > 1 {
        diff_ui(ui, lines.get(1..).unwrap_or_default());
    }
    ui.add_space(space::XS);
}
