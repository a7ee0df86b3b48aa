//! A menu of what there is no room for.

use eframe::egui::{Button, Popup, Response, Ui, accesskit, vec2};

use super::palette;
use super::tokens::{corner, size};

/// A button of three dots that opens a menu of what there is no room for. Whatever is pressed in it closes it.
pub fn more_button<R>(ui: &mut Ui, name: &str, tooltip: &str, menu: impl FnOnce(&mut Ui) -> R) -> Option<R> {
    let button = Button::new("")
        .corner_radius(corner::CONTROL)
        .min_size(vec2(34.0, size::CONTROL_SMALL));
    let response = ui.add(button).accessible_name(name).on_hover_text(tooltip);
    for offset in [-5.0, 0.0, 5.0] {
        let dot = response.rect.center() + vec2(offset, 0.0);
        ui.painter().circle_filled(dot, 1.6, palette(ui).text);
    }
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_has_popup(accesskit::HasPopup::Menu);
    });
    Popup::menu(&response).show(menu).map(|shown| shown.inner)
}

/// A line of such a menu.
pub fn menu_item(ui: &mut Ui, text: &str, tooltip: &str) -> Response {
    let item = Button::selectable(false, text).min_size(vec2(150.0, size::CONTROL_SMALL));
    let response = ui.add(item).on_hover_text(tooltip);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.clear_toggled();
        node.clear_selected();
    });
    // A click of the mouse closes the menu by itself; a key and a screen reader do not.
    if response.clicked() {
        ui.close();
    }
    response
}
