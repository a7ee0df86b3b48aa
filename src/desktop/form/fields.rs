//! A label and what it labels.

use eframe::egui::text_edit::TextEditState;
use eframe::egui::{self, Align2, Event, FontId, Response, Sense, TextEdit, Ui, vec2};

use crate::desktop::style::{self, tokens::font, tokens::size, tokens::space};

/// What is pasted beyond this many characters is cut off.
const LONGEST_PASTE: usize = 16_384;

/// Where a field's label stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldLayout {
    /// Left of it, on a wide screen.
    Beside,
    /// Above it, in a pane.
    Above,
}

/// Shows a label and an editor.
pub fn field_ui(ui: &mut Ui, layout: FieldLayout, label: &str, editor: impl FnOnce(&mut Ui)) {
    match layout {
        FieldLayout::Beside => {
            ui.horizontal_top(|ui| {
                let label_size = vec2(size::LABEL_COLUMN - space::S, size::CONTROL);
                let (rect, _) = ui.allocate_exact_size(label_size, Sense::hover());
                // Painted only: the editor says its name itself.
                let body = FontId::proportional(font::BODY);
                ui.painter().text(
                    rect.left_center(),
                    Align2::LEFT_CENTER,
                    label,
                    body,
                    style::palette(ui).second,
                );
                ui.vertical(|ui| {
                    ui.set_max_width(size::FIELD.min(ui.available_width()));
                    editor(ui);
                });
            });
            ui.add_space(6.0);
        }
        FieldLayout::Above => {
            if !label.is_empty() {
                style::field_label(ui, label);
            }
            editor(ui);
            ui.add_space(6.0);
        }
    }
}

/// A single line of text over the whole width, by its accessible name.
pub fn text_field(ui: &mut Ui, name: &str, text: &mut String, hint: &str) -> Response {
    let hint = style::faint(ui, hint);
    // Its identity is its name: what appears or goes elsewhere must not take the keyboard from it.
    let edit = TextEdit::singleline(text)
        .id_salt(name)
        .hint_text(hint)
        .desired_width(f32::INFINITY)
        .min_size(vec2(0.0, size::CONTROL))
        .align(Align2::LEFT_CENTER)
        .margin(vec2(10.0, 6.0));
    ui.add(edit).accessible_name(name)
}

/// The same for a secret or a password: nobody sees what is typed, and nothing remembers it.
pub fn secret_field(ui: &mut Ui, name: &str, secret: &mut String, hint: &str) -> Response {
    if ui.memory(|memory| memory.has_focus(ui.make_persistent_id(egui::IdSalt::new(name)))) {
        leave_out_line_ends(ui);
    }
    let edit = TextEdit::singleline(secret)
        .id_salt(name)
        .password(true)
        .hint_text(hint)
        .desired_width(f32::INFINITY)
        .min_size(vec2(0.0, size::CONTROL))
        .align(Align2::LEFT_CENTER)
        .margin(vec2(10.0, 6.0));
    let response = ui.add(edit).accessible_name(name);
    remember_nothing(ui, &response);
    response
}

/// Takes the end of the line off what is pasted now, which is copied along with a line. The field would make a space of it,
/// and a space at the end can be part of a secret.
fn leave_out_line_ends(ui: &Ui) {
    ui.input_mut(|input| {
        for event in &mut input.events {
            if let Event::Paste(text) = event {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
            }
        }
    });
}

/// A text field remembers what was typed so that it can be undone; a secret must not be remembered.
fn remember_nothing(ui: &Ui, response: &Response) {
    if let Some(mut state) = TextEditState::load(ui.ctx(), response.id) {
        state.clear_undoer();
        state.store(ui.ctx(), response.id);
    }
}

/// The same for what is pasted from elsewhere, of whatever length. Nothing remembers it: a code may stand in it.
pub fn pasted_field(ui: &mut Ui, name: &str, text: &mut String, hint: &str) -> Response {
    let hint = style::faint(ui, hint);
    let edit = TextEdit::singleline(text)
        .id_salt(name)
        .hint_text(hint)
        .char_limit(LONGEST_PASTE)
        .desired_width(f32::INFINITY)
        .min_size(vec2(0.0, size::CONTROL))
        .align(Align2::LEFT_CENTER)
        .margin(vec2(10.0, 6.0));
    let response = ui.add(edit).accessible_name(name);
    remember_nothing(ui, &response);
    response
}

/// The same for a member that may be absent: empty is absent.
pub fn optional_field(ui: &mut Ui, name: &str, value: &mut Option<String>, hint: &str) -> Response {
    let mut text = value.clone().unwrap_or_default();
    let field = text_field(ui, name, &mut text, hint);
    if field.changed() {
        *value = (!text.trim().is_empty()).then_some(text);
    }
    field
}

/// Says more of a widget than its name does, to those who cannot see it.
pub fn description(response: &Response, text: &str) {
    response
        .ctx
        .accesskit_node_builder(response.id, |node| node.set_description(text));
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;

    use super::*;

    #[test]
    fn of_a_pasted_secret_the_end_of_the_line_is_left_out_and_its_spaces_are_kept() {
        for (pasted, kept) in [
            (" s3cret ", " s3cret "),
            ("s3cret\n", "s3cret"),
            (" s3cret \r\n", " s3cret "),
            ("two\nlines\n\n", "two lines"),
            ("\n", ""),
        ] {
            let draw = |ui: &mut Ui, secret: &mut String| {
                secret_field(ui, "Pasted secret", secret, "");
            };
            let mut harness = Harness::new_ui_state(draw, String::new());
            harness.get_by_label("Pasted secret").focus();
            harness.run();
            harness.event(Event::Paste(pasted.to_owned()));
            harness.run();
            assert_eq!(harness.state(), kept, "{pasted:?}");
        }
    }
}
