//! Lists to choose from. What is chosen is told to those who cannot see it, too.

use eframe::egui::style::WidgetVisuals;
use eframe::egui::{
    Align2, Button, ComboBox, FontId, InnerResponse, PopupCloseBehavior, Rect, Response, RichText, Role,
    Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use super::tokens::{corner, font, size, space};
use super::{MEDIUM, Tone, control_corner, family, palette};

/// A combo box: its accessible name, and what is chosen in it.
pub struct Combo {
    name: String,
    chosen: String,
    inner: ComboBox<'static>,
}

/// A combo box of a name over a width, with the chosen text.
pub fn combo(name: &str, width: f32, chosen: impl Into<String>) -> Combo {
    let chosen = chosen.into();
    let inner = ComboBox::from_id_salt(name.to_owned())
        .width(width)
        .truncate()
        .selected_text(chosen.clone())
        .icon(|ui: &Ui, rect: Rect, _visuals: &WidgetVisuals, _open: bool| {
            let center = rect.center() + vec2(2.0, 1.0);
            let corners = [vec2(-3.5, -2.0), vec2(3.5, -2.0), vec2(0.0, 2.5)].map(|corner| center + corner);
            ui.painter().add(Shape::convex_polygon(
                corners.to_vec(),
                palette(ui).second,
                Stroke::NONE,
            ));
        });
    Combo {
        name: name.to_owned(),
        chosen,
        inner,
    }
}

impl Combo {
    /// Keeps it open until something beside it is clicked.
    pub fn stay_open(mut self) -> Self {
        self.inner = self.inner.close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        self
    }

    /// Draws it, and its list while that is open.
    pub fn show_ui<R>(self, ui: &mut Ui, list: impl FnOnce(&mut Ui) -> R) -> InnerResponse<Option<R>> {
        let shown = self.inner.show_ui(ui, list);
        ui.ctx().accesskit_node_builder(shown.response.id, |node| {
            node.set_label(self.name);
            // The value is set by egui. AT-SPI has numeric values and the text of text inputs only; of a list that cannot be
            // typed into it passes on the description.
            if cfg!(all(unix, not(target_os = "macos"))) {
                node.set_description(self.chosen);
            }
        });
        shown
    }
}

/// One of the choices in a list.
pub fn choice(ui: &mut Ui, chosen: bool, text: &str) -> Response {
    choice_button(ui, chosen, text, Button::selectable(chosen, text))
}

/// One of the choices in a list, drawn as the caller wants it.
pub fn choice_button(ui: &mut Ui, chosen: bool, name: &str, button: Button<'_>) -> Response {
    let response = ui.add(button);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::ListBoxOption);
        node.set_label(name);
        node.clear_toggled();
        node.set_selected(chosen);
    });
    // A click of the mouse closes the list by itself; a key and a screen reader do not.
    if response.clicked() {
        ui.close();
    }
    response
}

/// One of the choices in a list: pressed, it becomes the value.
pub fn choice_value<T: PartialEq>(ui: &mut Ui, current: &mut T, value: T, text: &str) -> Response {
    let mut response = choice(ui, *current == value, text);
    if response.clicked() && *current != value {
        *current = value;
        response.mark_changed();
    }
    response
}

/// A small button that is on or off; its tone says what it means to be on.
pub fn toggle_chip(ui: &mut Ui, text: &str, is_on: bool, tone: Tone) -> Response {
    let colors = palette(ui);
    let (ink, line) = if is_on {
        (tone.text(colors), tone.line(colors))
    } else {
        (colors.second, colors.line)
    };
    let chip = Button::new(RichText::new(text).size(font::LABEL).color(ink))
        .stroke((1.0, line))
        .corner_radius(corner::BADGE)
        .min_size(vec2(0.0, 22.0));
    let chip = ui.add(chip);
    ui.ctx()
        .accesskit_node_builder(chip.id, |node| node.set_toggled(is_on.into()));
    chip
}

/// A filter as a combo box. Returns what was chosen, if anything was.
pub fn filter_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    width: f32,
    name: &str,
    current: Option<T>,
    choices: impl IntoIterator<Item = T>,
    label: impl Fn(T) -> &'static str,
) -> Option<Option<T>> {
    let mut chosen = None;
    let shown = current.map_or_else(|| name.to_owned(), |choice| label(choice).to_owned());
    combo(name, width, shown).show_ui(ui, |ui| {
        if choice(ui, current.is_none(), "All").clicked() {
            chosen = Some(None);
        }
        for one in choices {
            if choice(ui, current == Some(one), label(one)).clicked() {
                chosen = Some(Some(one));
            }
        }
    });
    chosen
}

/// The head of one of several parts that stand in each other's place.
pub fn tab(ui: &mut Ui, name: &str, chosen: bool) -> Response {
    let colors = palette(ui);
    let medium = FontId::new(font::BODY, family(MEDIUM));
    let galley = ui
        .painter()
        .layout_no_wrap(name.to_owned(), medium.clone(), colors.text);
    let tab_size = vec2(galley.size().x, size::CONTROL + space::XS);
    let (rect, response) = ui.allocate_exact_size(tab_size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), chosen, name));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_selected(chosen));
    let ink = if chosen || response.hovered() {
        colors.text
    } else {
        colors.second
    };
    ui.painter()
        .text(rect.center(), Align2::CENTER_CENTER, name, medium, ink);
    if chosen {
        let edge = rect.with_min_y(rect.bottom() - 2.0);
        ui.painter().rect_filled(edge, 0.0, colors.accent);
    }
    if response.has_focus() {
        let inner = rect.expand2(vec2(space::S, -space::XS));
        let stroke = Stroke::new(1.5, colors.second);
        let corner = control_corner();
        ui.painter()
            .rect_stroke(inner, corner, stroke, StrokeKind::Inside);
    }
    response
}
