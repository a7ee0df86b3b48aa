//! How this window behaves, and where its files are.

use std::cell::Cell;
use std::path::Path;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{FontId, Frame, ScrollArea, TextBuffer, TextEdit, ThemePreference, Ui, vec2};

use super::Action;
use crate::cli::account;
use crate::client::lifetime;
use crate::desktop::form::{FieldLayout, field_ui, text_field};
use crate::desktop::settings::Settings;
use crate::desktop::style::{
    self, palette, tokens::SCREEN_MARGIN, tokens::font, tokens::size, tokens::space,
};
use crate::vault;

/// The width of the choice of seconds.
const CHOICE: f32 = 160.0;
/// The room that a copy button takes beside its field.
const COPY: f32 = 66.0;

/// Draws the settings and changes them. The registry is the one that is open.
pub fn settings_ui(ui: &mut Ui, settings: &mut Settings, registry: Option<&Path>) -> Option<Action> {
    let scroll = ScrollArea::vertical().id_salt("settings").auto_shrink(false);
    let shown = scroll.show(ui, |ui| {
        let inside = Frame::new().inner_margin(SCREEN_MARGIN).show(ui, |ui| {
            ui.set_width(ui.available_width());
            style::title(ui, "Settings");
            ui.add_space(space::M);
            let wide = ui.available_width() > size::FIELD + size::LABEL_COLUMN;
            let layout = if wide {
                FieldLayout::Beside
            } else {
                FieldLayout::Above
            };
            choices_ui(ui, layout, settings);
            style::divider(ui);
            let action = files_ui(ui, layout, registry);
            style::divider(ui);
            ui.label(style::faint(ui, concat!("Chancery ", env!("CARGO_PKG_VERSION"))));
            action
        });
        inside.inner
    });
    shown.inner
}

/// What the person can choose.
fn choices_ui(ui: &mut Ui, layout: FieldLayout, settings: &mut Settings) {
    field_ui(ui, layout, "Theme", |ui| {
        ui.horizontal(|ui| {
            let themes = [
                (ThemePreference::Dark, "Dark"),
                (ThemePreference::Light, "Light"),
                (ThemePreference::System, "System"),
            ];
            for (theme, name) in themes {
                ui.radio_value(&mut settings.theme, theme, name);
            }
        });
    });
    field_ui(ui, layout, "Your name", |ui| {
        text_field(ui, "Your name", &mut settings.your_name, &account());
        let note = "Stands in the history beside what you change. It is claimed, not proved";
        ui.label(style::faint(ui, note));
    });
    field_ui(ui, layout, "Clear copied secrets", |ui| {
        let chosen = after(settings.clipboard_seconds);
        style::combo("Clear copied secrets", CHOICE, chosen).show_ui(ui, |ui| {
            for seconds in Settings::CLIPBOARD_CHOICES {
                style::choice_value(ui, &mut settings.clipboard_seconds, seconds, &after(seconds));
            }
        });
        let note = "The clipboard is cleared only if it still holds the secret, and when the window closes";
        ui.label(style::faint(ui, note));
    });
    field_ui(ui, layout, "Window", |ui| {
        style::checkbox(ui, &mut settings.dense_rows, "Dense rows");
        style::checkbox(ui, &mut settings.start_server, "Start the server with the window");
    });
}

/// A choice of seconds, in words.
fn after(seconds: u64) -> String {
    format!("After {}", lifetime::describe(seconds))
}

/// Where the registry and its key are, so that both can be backed up.
fn files_ui(ui: &mut Ui, layout: FieldLayout, registry: Option<&Path>) -> Option<Action> {
    let Some(registry) = registry else {
        ui.label(style::second(ui, "No registry is open"));
        return None;
    };
    let key = vault::key_path(registry);
    let (registry, key) = (registry.display().to_string(), key.display().to_string());
    let copied = [
        address_ui(ui, layout, "Registry", "Copy registry path", &registry),
        address_ui(ui, layout, "Key file", "Copy key file path", &key),
    ];
    let note = "Keep both: without its key file, a registry's signing keys cannot be opened";
    ui.label(style::faint(ui, note));
    copied.into_iter().flatten().next()
}

/// An address or a path in a field that can be read and selected but not changed, and its copy button. Where it does
/// not fit it ends in an ellipsis until the keyboard goes there, and is told whole to whoever points at it.
pub(super) fn address_ui(
    ui: &mut Ui,
    layout: FieldLayout,
    label: &str,
    copy: &str,
    address: &str,
) -> Option<Action> {
    let mut clicked = false;
    field_ui(ui, layout, label, |ui| {
        ui.horizontal(|ui| {
            let mut shown = address;
            let id = ui.make_persistent_id(label);
            let is_read = ui.memory(|memory| memory.has_focus(id));
            let is_cut = Cell::new(false);
            let mut lay_out = |ui: &Ui, text: &dyn TextBuffer, width: f32| {
                let mono = FontId::monospace(font::MONO);
                let text = text.as_str().to_owned();
                let mut job = LayoutJob::simple_singleline(text, mono, palette(ui).text);
                if !is_read {
                    job.wrap = TextWrapping::truncate_at_width(width);
                }
                let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
                is_cut.set(galley.elided);
                galley
            };
            let edit = TextEdit::singleline(&mut shown)
                .id(id)
                .layouter(&mut lay_out)
                .desired_width((ui.available_width() - COPY).max(80.0))
                .min_size(vec2(0.0, size::CONTROL))
                .align(eframe::egui::Align2::LEFT_CENTER)
                .margin(vec2(10.0, 6.0));
            let field = ui.add(edit).accessible_name(label);
            if is_cut.get() {
                field.on_hover_text(address);
            }
            clicked = style::button(ui, "Copy").accessible_name(copy).clicked();
        });
    });
    clicked.then(|| Action::CopyText(address.to_owned()))
}
