//! A list, and the pane at the right of it that shows the row which is looked at. They are drawn in the order in which
//! the keyboard goes through them: the list first.

use eframe::egui::{Color32, FocusDirection, Frame, Id, Margin, Rect, ScrollArea, Stroke, Ui};

use super::style::{self, palette, tokens::size};

/// The margin of the pane.
const PANE_MARGIN: Margin = Margin {
    left: 20,
    right: 20,
    top: 16,
    bottom: 20,
};

/// Where the list and the pane beside it stand. Where there is no room for both, the pane takes the list's place.
pub fn beside(whole: Rect) -> (Option<Rect>, Rect) {
    let width = match whole.width() {
        ..size::SIDE_BY_SIDE => return (None, whole),
        ..=900.0 => size::PANE_NARROW,
        _ => size::PANE,
    };
    let (list, pane) = whole.split_left_right_at_x(whole.right() - width);
    (Some(list), pane)
}

/// Draws a list over what room there is and, where something is looked at, the pane beside it. Returns what came of each.
/// Both change the same state, one after the other.
pub fn list_and_pane_ui<S, L, P>(
    ui: &mut Ui,
    salt: &'static str,
    state: &mut S,
    is_looking: bool,
    list_ui: impl FnOnce(&mut S, &mut Ui) -> L,
    pane_ui: impl FnOnce(&mut S, &mut Ui) -> P,
) -> (Option<L>, Option<P>) {
    let whole = ui.available_rect_before_wrap();
    let (list, pane) = if is_looking {
        let (list, pane) = beside(whole);
        (list, Some(pane))
    } else {
        (Some(whole), None)
    };
    let listed =
        list.map(|rect| style::part(ui, "list", rect, Color32::TRANSPARENT, |ui| list_ui(state, ui)));
    let shown = pane.map(|rect| {
        let colors = palette(ui);
        let shown = style::part(ui, "pane", rect, colors.pane, |ui| {
            if list.is_none() {
                take_keyboard(ui, salt);
            }
            scrolled_pane_ui(ui, salt, |ui| pane_ui(state, ui))
        });
        let line = Stroke::new(1.0, colors.line);
        ui.painter().vline(rect.left(), rect.y_range(), line);
        shown
    });
    (listed, shown)
}

/// A pane that has just taken the list's place takes the keyboard too: the row that had it is gone.
fn take_keyboard(ui: &Ui, salt: &'static str) {
    let id = Id::unique((salt, "pane alone"));
    let now = ui.ctx().cumulative_frame_nr();
    let last: Option<u64> = ui.data_mut(|data| {
        let last = data.get_temp(id);
        data.insert_temp(id, now);
        last
    });
    if last.is_none_or(|last| last + 1 < now) {
        ui.memory_mut(|memory| {
            if let Some(row) = memory.focused() {
                memory.surrender_focus(row);
            }
            memory.move_focus(FocusDirection::Next);
        });
    }
}

/// What stands in a pane that scrolls by itself.
pub fn scrolled_pane_ui<R>(ui: &mut Ui, salt: &'static str, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    let scroll = ScrollArea::vertical().id_salt(salt).auto_shrink(false);
    let scrolled = scroll.show(ui, |ui| {
        let inside = Frame::new().inner_margin(PANE_MARGIN).show(ui, |ui| {
            ui.set_width(ui.available_width());
            add_contents(ui)
        });
        inside.inner
    });
    scrolled.inner
}
