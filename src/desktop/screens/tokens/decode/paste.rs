//! A field for something long that is pasted: what is short can be edited, of what is long only the beginning is laid out,
//! and what is too long is not kept. Nothing remembers what stood there.

use eframe::egui::text_edit::TextEditState;
use eframe::egui::{Event, FontId, Frame, Id, Key, Margin, Modifiers, ScrollArea, Stroke, TextEdit, Ui};
use zeroize::Zeroizing;

use crate::client::{Secret, make_visible};
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size};

/// The longest text that is edited, in bytes: more than that takes too long to be laid out anew with every letter.
const EDITED: usize = 4 * 1024;
/// Characters that are shown of a longer one.
const SHOWN: usize = 160;

/// What is to be pasted, and how.
pub struct PasteSpec {
    /// The accessible name.
    pub name: &'static str,
    /// The button that empties the field.
    pub clear: &'static str,
    /// What stands in the empty field.
    pub hint: &'static str,
    /// Lines in view.
    pub lines: usize,
    /// The most bytes that are kept.
    pub most: usize,
    /// What is said of more than that.
    pub too_long: &'static str,
}

/// The state of a field.
pub struct PasteField {
    spec: &'static PasteSpec,
    content: Content,
    takes_keyboard: bool,
}

enum Content {
    /// What is edited. Room from the start: a text that grows leaves its beginnings behind in memory.
    Edited(Zeroizing<String>),
    /// What is kept as it came, and its beginning.
    Kept { text: Secret, shown: String },
    /// What was not kept.
    TooLong,
}

impl Default for Content {
    fn default() -> Self {
        Self::Edited(Zeroizing::new(String::with_capacity(2 * EDITED)))
    }
}

impl PasteField {
    /// An empty field.
    pub fn new(spec: &'static PasteSpec) -> Self {
        Self {
            spec,
            content: Content::default(),
            takes_keyboard: false,
        }
    }

    /// Gives it the keyboard when it is drawn next.
    pub fn take_keyboard(&mut self) {
        self.takes_keyboard = true;
    }

    /// Puts a token in that is not shown here, but said to be there.
    pub fn give(&mut self, text: Secret, what: &str) {
        let shown = what.to_owned();
        self.content = Content::Kept { text, shown };
    }

    /// What stands in it, unless that is nothing.
    pub fn text(&self) -> Option<Secret> {
        match &self.content {
            Content::Edited(text) if text.trim().is_empty() => None,
            Content::Edited(text) => Some(Secret::new(text.to_string())),
            Content::Kept { text, .. } => Some(text.clone()),
            Content::TooLong => None,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(&self.content, Content::Edited(text) if text.is_empty())
    }

    /// Draws it. Returns whether what stands in it has changed.
    pub fn ui(&mut self, ui: &mut Ui) -> bool {
        let id = Id::unique(("paste", self.spec.name));
        let has_keyboard = ui.memory(|memory| memory.has_focus(id));
        let mut changed = has_keyboard && self.take_events(ui);
        ui.horizontal(|ui| {
            style::field_label(ui, self.spec.name);
            if !self.is_empty() {
                style::at_right(ui, |ui| {
                    if style::quiet_button(ui, self.spec.clear).clicked() {
                        self.content = Content::default();
                        self.takes_keyboard = true;
                        changed = true;
                    }
                });
            }
        });
        changed |= self.edit_ui(ui, id);
        if matches!(self.content, Content::TooLong) {
            let ink = Tone::Danger.text(palette(ui));
            ui.label(style::second(ui, self.spec.too_long).color(ink));
        }
        changed
    }

    fn edit_ui(&mut self, ui: &mut Ui, id: Id) -> bool {
        let height = self.spec.lines as f32 * font::LINE + 16.0;
        let scroll = ScrollArea::vertical()
            .id_salt(self.spec.name)
            .max_height(height.max(size::CONTROL));
        let mut beginning = "";
        let edit = match &mut self.content {
            Content::Edited(text) => TextEdit::multiline(&mut **text),
            Content::Kept { shown, .. } => {
                beginning = shown.as_str();
                TextEdit::multiline(&mut beginning)
            }
            Content::TooLong => TextEdit::multiline(&mut beginning),
        };
        let edit = edit
            .id(id)
            .frame(Frame::new().inner_margin(Margin::symmetric(10, 8)))
            .font(FontId::monospace(font::MONO))
            .hint_text(style::faint(ui, self.spec.hint))
            .desired_rows(self.spec.lines)
            .desired_width(f32::INFINITY);
        let colors = palette(ui);
        let has_keyboard = ui.memory(|memory| memory.has_focus(id));
        let line = if has_keyboard { colors.accent } else { colors.line };
        // The frame stays where it is while the text scrolls in it.
        let framed = Frame::new()
            .fill(colors.field)
            .stroke(Stroke::new(1.0, line))
            .corner_radius(style::control_corner());
        let add_edit = |ui: &mut Ui| ui.add(edit).accessible_name(self.spec.name);
        let response = framed.show(ui, |ui| scroll.show(ui, add_edit).inner).inner;
        if std::mem::take(&mut self.takes_keyboard) {
            response.request_focus();
        }
        // A text field remembers what was typed so that it can be undone; what is pasted here must not be remembered.
        if let Some(mut state) = TextEditState::load(ui.ctx(), id) {
            state.clear_undoer();
            state.store(ui.ctx(), id);
        }
        let grown = match &mut self.content {
            Content::Edited(text) if text.len() > EDITED => Some(std::mem::take(&mut **text)),
            _ => None,
        };
        if let Some(text) = grown {
            self.keep(text);
        }
        response.changed()
    }

    /// Takes what the field must not see: a long paste before it is laid out, and the wish to copy what stands there.
    fn take_events(&mut self, ui: &Ui) -> bool {
        let room = match &self.content {
            Content::Edited(text) => EDITED.saturating_sub(text.len()),
            Content::Kept { .. } | Content::TooLong => 0,
        };
        let pasted = ui.input_mut(|input| {
            let mut pasted = None;
            input.events.retain_mut(|event| match event {
                Event::Paste(text) if text.len() > room => {
                    pasted = Some(std::mem::take(text));
                    false
                }
                Event::Copy | Event::Cut => false,
                _ => true,
            });
            pasted
        });
        if let Some(text) = pasted {
            self.keep(text);
            return true;
        }
        let deletes = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let is_edited = matches!(self.content, Content::Edited(_));
        if !is_edited && (deletes(Key::Backspace) || deletes(Key::Delete)) {
            self.content = Content::default();
            return true;
        }
        false
    }

    /// Puts a text in place of what was there.
    fn keep(&mut self, text: String) {
        self.content = match text.len() {
            ..=EDITED => {
                let mut edited = Zeroizing::new(String::with_capacity(2 * EDITED));
                edited.push_str(&Zeroizing::new(text));
                Content::Edited(edited)
            }
            length if length <= self.spec.most => {
                let begin: String = text.chars().take(SHOWN).collect();
                Content::Kept {
                    shown: format!(
                        "{}…\n{} KB, all of them read",
                        make_visible(&begin),
                        length.div_ceil(1024)
                    ),
                    text: Secret::new(text),
                }
            }
            // Whoever pastes so much has copied something else.
            _ => Content::TooLong,
        };
    }
}
