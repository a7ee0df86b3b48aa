//! The few shapes every screen is built from. They know the look and nothing of clients or tokens.

use eframe::egui::{
    self, Align, Align2, Button, Color32, CornerRadius, FontId, Frame, Layout, Margin, Rect, Response,
    RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit, pos2, vec2,
};

use super::tokens::{Palette, corner, font, size, space};
use super::{MEDIUM, SEMIBOLD, family, palette};

/// What a badge, a dot or a card says by its colour; the word beside it says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    Neutral,
    /// In order.
    Good,
    /// Wants care.
    Warning,
    /// Dangerous.
    Danger,
}

impl Tone {
    /// The colour of its text.
    pub fn text(self, palette: &Palette) -> Color32 {
        match self {
            Self::Neutral => palette.second,
            Self::Good => palette.good,
            Self::Warning => palette.warning_text,
            Self::Danger => palette.danger_text,
        }
    }

    /// The colour of its line.
    pub fn line(self, palette: &Palette) -> Color32 {
        match self {
            Self::Neutral => palette.line,
            Self::Good => palette.good_line,
            Self::Warning => palette.warning_line,
            Self::Danger => palette.danger_line,
        }
    }

    /// The colour of its dot.
    pub fn dot(self, palette: &Palette) -> Color32 {
        match self {
            Self::Neutral => palette.off,
            Self::Good => palette.accent,
            Self::Warning => palette.warning,
            Self::Danger => palette.danger,
        }
    }
}

/// A screen's title.
pub fn title(ui: &mut Ui, text: &str) -> Response {
    let text = RichText::new(text)
        .font(FontId::new(font::TITLE, family(SEMIBOLD)))
        .color(palette(ui).text);
    let response = ui.label(text.clone());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, text.text()));
    response
}

/// A pane's or a card's title.
pub fn pane_title(ui: &mut Ui, text: &str) -> Response {
    ui.label(
        RichText::new(text)
            .font(FontId::new(font::PANE_TITLE, family(SEMIBOLD)))
            .color(palette(ui).text),
    )
}

/// A field's label or a part's heading.
pub fn label(ui: &mut Ui, text: &str) -> Response {
    ui.label(
        RichText::new(text)
            .font(FontId::new(font::LABEL, family(MEDIUM)))
            .color(palette(ui).second),
    )
}

/// A label as rich text, where the caller lays it out.
pub fn label_text(ui: &Ui, text: &str) -> RichText {
    RichText::new(text)
        .font(FontId::new(font::LABEL, family(MEDIUM)))
        .color(palette(ui).second)
}

/// The label of a field that says its own name: painted only, so that the name is on the screen once for whoever
/// finds things by name.
pub fn field_label(ui: &mut Ui, text: &str) {
    let font = FontId::new(font::LABEL, family(MEDIUM));
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), font, palette(ui).second);
    let (rect, _) = ui.allocate_exact_size(vec2(galley.size().x, 18.0), Sense::hover());
    ui.painter().galley(
        rect.left_center() - vec2(0.0, galley.size().y / 2.0),
        galley,
        palette(ui).second,
    );
}

/// Text of second rank.
pub fn second(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text)
        .color(palette(ui).second)
        .line_height(Some(font::LINE))
}

/// Text of the least rank.
pub fn faint(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text)
        .color(palette(ui).faint)
        .line_height(Some(font::LINE))
}

/// Text in medium weight.
pub fn medium(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text)
        .font(FontId::new(font::BODY, family(MEDIUM)))
        .color(palette(ui).text)
}

/// Text in semibold weight.
pub fn strong(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text)
        .font(FontId::new(font::BODY, family(SEMIBOLD)))
        .color(palette(ui).text)
}

/// An identifier, a URI, a claim.
pub fn mono(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text)
        .font(FontId::monospace(font::MONO))
        .color(palette(ui).text)
}

/// The one thing to do next.
pub fn primary_button(ui: &mut Ui, text: &str, enabled: bool) -> Response {
    let colors = palette(ui);
    let (fill, ink) = if enabled {
        (colors.accent, colors.on_accent)
    } else {
        (colors.accent_off, colors.on_accent_off)
    };
    let label = RichText::new(text)
        .font(FontId::new(font::BODY, family(SEMIBOLD)))
        .color(ink);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let button = Button::new(label)
        .fill(fill)
        .stroke(Stroke::NONE)
        .corner_radius(corner::CONTROL)
        .sense(sense)
        .min_size(vec2(0.0, size::CONTROL + 2.0));
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled && ui.is_enabled(), text));
    always_pressable(&response);
    focus_ring(ui, &response);
    response
}

/// Lets a node say from the start that it can be pressed, although it is disabled now: programs that read the tree keep
/// the actions that they found first.
fn always_pressable(response: &Response) {
    response
        .ctx
        .accesskit_node_builder(response.id, |node| node.add_action(accesskit::Action::Click));
}

/// Any other thing to do.
pub fn button(ui: &mut Ui, text: &str) -> Response {
    ui.add(plain_button(text, palette(ui).text))
}

/// The same where it is not always possible. In a row that wraps, it wraps as a whole.
pub fn button_if(ui: &mut Ui, text: &str, enabled: bool) -> Response {
    ui.add_enabled(enabled, plain_button(text, palette(ui).text))
}

/// A dangerous act: red text, never filled.
pub fn danger_button(ui: &mut Ui, text: &str) -> Response {
    ui.add(plain_button(text, palette(ui).danger_text))
}

fn plain_button<'a>(text: &str, color: Color32) -> Button<'a> {
    Button::new(RichText::new(text).color(color))
        .corner_radius(corner::CONTROL)
        .min_size(vec2(0.0, size::CONTROL_SMALL))
}

/// A button that is a word only, until it is pointed at.
pub fn quiet_button(ui: &mut Ui, text: &str) -> Response {
    let label = RichText::new(text).color(palette(ui).second);
    let response = ui.add(
        Button::new(label)
            .frame(false)
            .min_size(vec2(0.0, size::CONTROL_SMALL)),
    );
    focus_ring(ui, &response);
    response
}

/// A cross that closes something, as wide as a finger needs.
pub fn close_button(ui: &mut Ui, name: &str) -> Response {
    let cross = RichText::new("×").color(palette(ui).second);
    let button = Button::new(cross)
        .frame(false)
        .min_size(vec2(24.0, size::CONTROL_SMALL));
    let response = ui.add(button).accessible_name(name);
    focus_ring(ui, &response);
    response
}

/// The edge around what the keyboard is on.
pub fn focus_ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0, palette(ui).text);
        ui.painter().rect_stroke(
            response.rect.expand(2.0),
            corner::CONTROL + 2,
            stroke,
            StrokeKind::Inside,
        );
    }
}

/// A word in a coloured frame. Not part of any name.
pub fn badge(ui: &mut Ui, text: &str, tone: Tone) -> Response {
    let colors = palette(ui);
    let ink = tone.text(colors);
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), FontId::proportional(font::LABEL), ink);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(15.0, 5.0), Sense::hover());
    ui.painter().rect_stroke(
        rect,
        corner::BADGE,
        Stroke::new(1.0, tone.line(colors)),
        StrokeKind::Inside,
    );
    ui.painter()
        .galley(rect.center() - galley.size() / 2.0, galley, ink);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A dot and a word.
pub fn dot_word(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        dot(ui, tone);
        ui.label(text)
    })
    .inner
}

/// A dot of 7 points.
pub fn dot(ui: &mut Ui, tone: Tone) {
    let (rect, _) = ui.allocate_exact_size(vec2(8.0, 20.0), Sense::hover());
    ui.painter()
        .circle_filled(rect.center(), 3.5, tone.dot(palette(ui)));
}

/// A framed part of a pane.
pub fn card<R>(ui: &mut Ui, tone: Tone, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    let colors = palette(ui);
    Frame::new()
        .stroke(Stroke::new(1.0, tone.line(colors)))
        .corner_radius(corner::CARD)
        .inner_margin(Margin::symmetric(13, 11))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            add_contents(ui)
        })
        .inner
}

/// The dark ground that HTTP and JSON stand on.
pub fn code_block<R>(ui: &mut Ui, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    let colors = palette(ui);
    Frame::new()
        .fill(colors.code)
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(corner::CARD)
        .inner_margin(Margin::symmetric(14, 12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            add_contents(ui)
        })
        .inner
}

/// A line between two parts, with the space around it.
pub fn divider(ui: &mut Ui) {
    ui.add_space(space::S);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, 1.0), Sense::hover());
    ui.painter().hline(
        rect.x_range(),
        rect.center().y,
        Stroke::new(1.0, palette(ui).line),
    );
    ui.add_space(space::S);
}

/// A place that is empty: what it is for, and the first step.
pub fn empty_place(ui: &mut Ui, heading: &str, text: &str) {
    ui.add_space(space::XL * 2.0);
    ui.vertical_centered(|ui| {
        ui.set_max_width(ui.available_width().min(440.0));
        pane_title(ui, heading);
        ui.label(second(ui, text));
        ui.add_space(space::S);
    });
}

/// A key or a chord as it is drawn beside what it does. Painted only: the control says its shortcut itself.
pub fn key_hint(ui: &mut Ui, text: &str) {
    let colors = palette(ui);
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), FontId::monospace(11.0), colors.faint);
    let (rect, _) = ui.allocate_exact_size(galley.size() + vec2(12.0, 3.0), Sense::hover());
    ui.painter()
        .rect_stroke(rect, 4.0, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    ui.painter()
        .galley(rect.center() - galley.size() / 2.0, galley, colors.faint);
}

/// A box to tick, filled with the accent when it is.
pub fn checkbox(ui: &mut Ui, ticked: &mut bool, text: &str) -> Response {
    let colors = palette(ui);
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), FontId::proportional(font::BODY), colors.text);
    let size = vec2(15.0 + space::S + galley.size().x, 22.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let mut response = ui.interact(rect, ui.make_persistent_id(text), Sense::click());
    if response.clicked() {
        *ticked = !*ticked;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), *ticked, text));
    let center = pos2(rect.left() + 7.5, rect.center().y);
    let square = tick_mark(ui, center, *ticked, response.hovered());
    let ink = if *ticked { colors.text } else { colors.second };
    let at = pos2(square.right() + space::S, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, galley, ink);
    focus_ring(ui, &response);
    response
}

/// The square of a box to tick around a point, with its tick; an edge that stands out invites. Returns where it is.
pub fn tick_mark(ui: &Ui, center: egui::Pos2, ticked: bool, stands_out: bool) -> Rect {
    let colors = palette(ui);
    let square = Rect::from_center_size(center, vec2(15.0, 15.0));
    if ticked {
        ui.painter().rect_filled(square, 4.0, colors.accent);
        let tick = [vec2(3.6, 7.8), vec2(6.4, 10.6), vec2(11.4, 4.8)].map(|corner| square.min + corner);
        ui.painter()
            .line(tick.to_vec(), Stroke::new(1.8, colors.on_accent));
    } else {
        let line = if stands_out { colors.second } else { colors.faint };
        ui.painter()
            .rect_stroke(square, 4.0, Stroke::new(1.0, line), StrokeKind::Inside);
    }
    square
}

/// Lays things out from the right edge, in one row.
pub fn at_right<R>(ui: &mut Ui, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.with_layout(Layout::right_to_left(Align::Center), add_contents)
        .inner
}

/// A row at the right edge that is drawn, and gone through by the keyboard, from left to right. It stands as far to the
/// right as it was wide in the frame before.
pub fn row_at_right<R>(ui: &mut Ui, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    let id = ui.scope_id().with("row at right");
    let width = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        ui.add_space((ui.available_width() - width).max(0.0));
        let row = ui.scope(add_contents);
        let now = row.response.rect.width();
        if (now - width).abs() > 0.5 {
            ui.data_mut(|data| data.insert_temp(id, now));
            ui.ctx().request_discard("a row at the right is measured");
        }
        row.inner
    })
    .inner
}

/// A part of a screen over a rectangle, with its ground and an identity of its own. Unlike a panel it can be drawn in
/// the order in which the keyboard goes through it.
pub fn part<R>(
    ui: &mut Ui,
    name: &str,
    rect: Rect,
    fill: Color32,
    add_contents: impl FnOnce(&mut Ui) -> R,
) -> R {
    ui.painter().rect_filled(rect, 0.0, fill);
    let mut child = ui.new_child(
        UiBuilder::new()
            .id_salt(name)
            .max_rect(rect)
            .layout(Layout::top_down(Align::Min)),
    );
    child.set_clip_rect(ui.clip_rect().intersect(rect));
    add_contents(&mut child)
}

/// A bar along the lower edge of a part, drawn after what stands above it. Its buttons stand in one row.
pub fn bottom_bar<R>(ui: &mut Ui, rect: Rect, margin: f32, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.painter()
        .hline(rect.x_range(), rect.top(), Stroke::new(1.0, palette(ui).line));
    let inner = rect.shrink2(vec2(margin, 12.0));
    let layout = Layout::left_to_right(Align::Center);
    let mut child = ui.new_child(UiBuilder::new().id_salt("bar").max_rect(inner).layout(layout));
    add_contents(&mut child)
}

/// A bar across what room there is, filled up to a share from 0 to 1. What it says stands in words beside it.
pub fn progress_bar(ui: &mut Ui, share: f32) {
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 3.0), Sense::hover());
    let colors = palette(ui);
    ui.painter().rect_filled(bar, 1.5, colors.line);
    let done = bar.with_max_x(bar.left() + bar.width() * share.clamp(0.0, 1.0));
    ui.painter().rect_filled(done, 1.5, colors.accent);
}

/// Text painted in a cell, cut with an ellipsis where it does not fit. Returns where it ended.
pub fn cell(ui: &Ui, rect: Rect, text: &str, font: FontId, color: Color32) -> f32 {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let at = Align2::LEFT_CENTER
        .anchor_size(pos2(rect.left(), rect.center().y), galley.size())
        .min;
    let end = at.x + galley.size().x;
    ui.painter().galley(at, galley, color);
    end
}

/// The corners of a control.
pub fn control_corner() -> CornerRadius {
    CornerRadius::same(corner::CONTROL)
}
