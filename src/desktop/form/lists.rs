//! Editors of lists: framed rows for URIs, chips for short values. Enter adds; a pasted list adds each of its parts.

use eframe::egui::{
    Align, Button, Frame, Key, Layout, Margin, Response, RichText, Stroke, TextEdit, Ui, vec2,
};

use super::fields::description;
use crate::client::make_visible;
use crate::desktop::style::{self, Tone, palette, tokens::corner, tokens::font, tokens::size};

/// The names of one list's editor.
pub struct ListNames {
    /// The text entry.
    pub add: &'static str,
    /// The button at each value; which one is in its description.
    pub remove: &'static str,
    /// What stands in the empty entry.
    pub hint: &'static str,
}

/// Callback addresses.
pub const REDIRECT_URIS: ListNames = ListNames {
    add: "Add redirect URI",
    remove: "Remove URI",
    hint: "Add a redirect URI and press Enter",
};
/// Scopes.
pub const SCOPES: ListNames = ListNames {
    add: "Add scope",
    remove: "Remove scope",
    hint: "Add a scope",
};
/// Resource servers.
pub const AUDIENCE: ListNames = ListNames {
    add: "Add audience",
    remove: "Remove audience",
    hint: "Add a resource server, such as https://api.example.com",
};
/// Addresses after logout.
pub const POST_LOGOUT: ListNames = ListNames {
    add: "Add post-logout URI",
    remove: "Remove post-logout URI",
    hint: "Add an address and press Enter",
};
/// Web origins.
pub const ORIGINS: ListNames = ListNames {
    add: "Add CORS origin",
    remove: "Remove CORS origin",
    hint: "Add an origin, such as https://app.example.com",
};
/// Owners.
pub const CONTACTS: ListNames = ListNames {
    add: "Add owner",
    remove: "Remove owner",
    hint: "Add a mail address",
};
/// Labels.
pub const LABELS: ListNames = ListNames {
    add: "Add label",
    remove: "Remove label",
    hint: "Add a label",
};

/// Each value in a row of its own, with what is wrong with it underneath, and an entry at the end.
pub fn rows_ui(
    ui: &mut Ui,
    names: &ListNames,
    values: &mut Vec<String>,
    entry: &mut String,
    remark: impl Fn(&str) -> Option<&'static str>,
) -> Response {
    let mut removed = None;
    ui.spacing_mut().item_spacing.y = 5.0;
    for (index, value) in values.iter().enumerate() {
        let remark = remark(value);
        let tone = if remark.is_some() {
            Tone::Danger
        } else {
            Tone::Neutral
        };
        if row_ui(ui, names, value, tone).clicked() {
            removed = Some(index);
        }
        if let Some(remark) = remark {
            remark_ui(ui, remark);
        }
    }
    if let Some(index) = removed {
        values.remove(index);
    }
    let edit = entry_edit(entry, names)
        .desired_width(f32::INFINITY)
        .min_size(vec2(0.0, size::CONTROL));
    let response = ui.add(edit).accessible_name(names.add);
    take_entry(ui, &response, entry, values);
    response
}

/// What is wrong with the value above it.
pub fn remark_ui(ui: &mut Ui, remark: &str) {
    let text = RichText::new(remark)
        .size(font::LABEL)
        .color(palette(ui).danger_text);
    ui.label(text);
}

fn row_ui(ui: &mut Ui, names: &ListNames, value: &str, tone: Tone) -> Response {
    let colors = palette(ui);
    Frame::new()
        .fill(colors.field)
        .stroke(Stroke::new(1.0, tone.line(colors)))
        .corner_radius(corner::CONTROL)
        .inner_margin(Margin {
            left: 10,
            right: 4,
            top: 2,
            bottom: 2,
        })
        .show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 22.0;
            ui.set_height(size::CONTROL - 6.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let remove = remove_button(ui, names, value);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let text = style::mono(ui, make_visible(value));
                    ui.add(eframe::egui::Label::new(text).truncate())
                        .on_hover_text(value);
                });
                remove
            })
            .inner
        })
        .inner
}

fn remove_button(ui: &mut Ui, names: &ListNames, value: &str) -> Response {
    let cross = RichText::new("×").color(palette(ui).second);
    let button = Button::new(cross)
        .frame_when_inactive(false)
        .min_size(vec2(22.0, 22.0));
    let response = ui.add(button).accessible_name(names.remove);
    description(&response, value);
    response.on_hover_text(names.remove)
}

/// Short values as chips in one frame, with the entry behind them.
pub fn chips_ui(ui: &mut Ui, names: &ListNames, values: &mut Vec<String>, entry: &mut String) -> Response {
    let colors = palette(ui);
    let mut removed = None;
    let framed = Frame::new()
        .fill(colors.field)
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(corner::CONTROL)
        .inner_margin(Margin::symmetric(7, 2))
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
                ui.spacing_mut().interact_size.y = size::CONTROL - 4.0;
                ui.set_min_width(ui.available_width());
                for (index, value) in values.iter().enumerate() {
                    if chip_ui(ui, names, value) {
                        removed = Some(index);
                    }
                }
                let width = ui.available_size_before_wrap().x;
                let width = if width < 90.0 {
                    ui.available_width()
                } else {
                    width - 1.0
                };
                let edit = entry_edit(entry, names)
                    .frame(Frame::NONE)
                    .margin(vec2(3.0, 2.0))
                    .desired_width(width);
                let response = ui.add(edit).accessible_name(names.add);
                take_entry(ui, &response, entry, values);
                response
            })
            .inner
        });
    if let Some(index) = removed {
        values.remove(index);
    }
    framed.inner
}

/// Whether the chip's value is to be removed.
fn chip_ui(ui: &mut Ui, names: &ListNames, value: &str) -> bool {
    let colors = palette(ui);
    let shown: String = if value.chars().count() > 48 {
        value.chars().take(47).chain(['…']).collect()
    } else {
        value.to_owned()
    };
    let text = RichText::new(format!("{shown}  ×"))
        .size(font::LABEL)
        .color(colors.second);
    let chip = Button::new(text)
        .fill(colors.field)
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(corner::BADGE)
        .min_size(vec2(0.0, 22.0));
    let response = ui.add(chip).accessible_name(names.remove);
    description(&response, value);
    response
        .on_hover_text(format!("{}: {value}", names.remove))
        .clicked()
}

fn entry_edit<'a>(entry: &'a mut String, names: &ListNames) -> TextEdit<'a> {
    // The values before it come and go; its own identity must not, or it would lose the keyboard.
    // Enter would give the keyboard away; whoever types on at once would lose the first letters.
    TextEdit::singleline(entry)
        .return_key(None)
        .id_salt(names.add)
        .hint_text(names.hint)
        .align(eframe::egui::Align2::LEFT_CENTER)
        .margin(vec2(10.0, 6.0))
}

/// Enter adds what was typed, and the keyboard stays in the entry; leaving the entry adds it too, so that nothing
/// typed is lost by a click elsewhere.
fn take_entry(ui: &Ui, response: &Response, entry: &mut String, values: &mut Vec<String>) {
    let entered = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if entered || response.lost_focus() {
        add_typed(entry, values);
        entry.clear();
    }
}

/// Adds each part of a typed or pasted list that is not there yet.
pub fn add_typed(text: &str, values: &mut Vec<String>) {
    for part in text
        .split_whitespace()
        .map(|part| part.trim_end_matches([',', ';']))
        .filter(|part| !part.is_empty())
    {
        if !values.iter().any(|value| value == part) {
            values.push(part.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_list_adds_each_part_once() {
        let mut values = vec!["https://a.example/cb".to_owned()];
        add_typed("https://a.example/cb,\nhttps://b.example/cb; \t", &mut values);
        assert_eq!(values, ["https://a.example/cb", "https://b.example/cb"]);
    }
}
