//! The secret, once: masked until asked, copied with a countdown, and not closed before it has been stored.

use std::time::{Duration, Instant};

use eframe::egui::emath::TSTransform;
use eframe::egui::text_selection::accesskit_text::update_accesskit_for_text_widget;
use eframe::egui::{
    Align, Button, FontId, Frame, Label, Layout, Margin, Rect, Response, RichText, Role, Sense, Stroke, Ui,
    WidgetInfo, vec2,
};

use crate::client::{ClientId, Secret};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, palette, tokens::corner, tokens::font, tokens::size, tokens::space};
use crate::desktop::worker::Trouble;

/// The dialog that shows it.
pub struct SecretDialog {
    words: &'static Words,
    /// What the secret belongs to.
    id: String,
    secret: Secret,
    shown: bool,
    stored: bool,
    copied: Option<Result<Copied, Trouble>>,
    /// Whether somebody tried to close the window meanwhile.
    pub held_back: bool,
}

/// What is said of a secret, by what it is.
struct Words {
    title: &'static str,
    note: &'static str,
    id: &'static str,
    copy_id: &'static str,
    secret: &'static str,
    copy_secret: &'static str,
    show: &'static str,
    hide: &'static str,
    /// Its lines as environment variables: of the identifier, where that is of use, and of the secret.
    variables: (Option<&'static str>, &'static str),
    stored: &'static str,
}

const CLIENT_CREATED: Words = Words {
    title: "Client created",
    note: "This is the only time the secret can be seen. Afterwards it can be rotated, not shown.",
    id: "Client ID",
    copy_id: "Copy client ID",
    secret: "Client secret",
    copy_secret: "Copy client secret",
    show: "Show client secret",
    hide: "Hide client secret",
    variables: (Some("CLIENT_ID"), "CLIENT_SECRET"),
    stored: "I have stored the secret",
};
const SECRET_ROTATED: Words = Words {
    title: "Secret rotated",
    ..CLIENT_CREATED
};
const TOKEN_MADE: Words = Words {
    title: "Initial access token made",
    note: "This is the only time the token can be seen. Whoever has it may register clients until it ends.",
    id: "Token ID",
    copy_id: "Copy token ID",
    secret: "Initial access token",
    copy_secret: "Copy initial access token",
    show: "Show initial access token",
    hide: "Hide initial access token",
    variables: (None, "INITIAL_ACCESS_TOKEN"),
    stored: "I have stored the token",
};

/// A copy that will be cleared.
#[derive(Clone, Copy)]
struct Copied {
    clear_at: Instant,
    whole: Duration,
}

impl SecretDialog {
    /// For a client that was just registered.
    pub fn created(client_id: ClientId, secret: Secret) -> Self {
        Self::new(&CLIENT_CREATED, client_id.to_string(), secret)
    }

    /// For a further secret.
    pub fn rotated(client_id: ClientId, secret: Secret) -> Self {
        Self::new(&SECRET_ROTATED, client_id.to_string(), secret)
    }

    /// For an initial access token, by its identifier.
    pub fn initial_token(id: String, token: Secret) -> Self {
        Self::new(&TOKEN_MADE, id, token)
    }

    fn new(words: &'static Words, id: String, secret: Secret) -> Self {
        Self {
            words,
            id,
            secret,
            shown: false,
            stored: false,
            copied: None,
            held_back: false,
        }
    }

    /// Its title.
    pub fn title(&self) -> &'static str {
        self.words.title
    }

    /// Tells it that its secret is on the clipboard until then and for this long; or why it is not.
    pub fn take_copy(&mut self, copy: Result<(Instant, Duration), Trouble>) {
        self.copied = Some(copy.map(|(clear_at, whole)| Copied { clear_at, whole }));
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let mut action = None;
        let words = self.words;
        ui.label(style::second(ui, words.note));
        ui.add_space(space::M);
        style::field_label(ui, words.id);
        let copy = |ui: &mut Ui| button_of(ui, words.copy_id, false);
        if value_row_ui(ui, words.id, &self.id, &self.id, None, copy).0 {
            action = Some(Action::CopyText(self.id.clone()));
        }
        ui.add_space(space::M);
        style::field_label(ui, words.secret);
        let masked = "•".repeat(30);
        let visible = if self.shown {
            self.secret.expose().to_owned()
        } else {
            masked
        };
        let toggle = if self.shown {
            ("Hide", words.hide)
        } else {
            ("Show", words.show)
        };
        let accessible = if self.shown {
            visible.clone()
        } else {
            "hidden".to_owned()
        };
        let copy = |ui: &mut Ui| button_of(ui, words.copy_secret, true);
        let (copy, toggled) = value_row_ui(ui, words.secret, &visible, &accessible, Some(toggle), copy);
        if copy {
            action = Some(Action::CopySecret(self.secret.clone()));
        }
        if toggled {
            self.shown = !self.shown;
        }
        self.countdown_ui(ui);
        if style::button(ui, "Copy as environment variables").clicked() {
            let (id, secret) = words.variables;
            let id = id.map(|name| format!("{name}={}\n", self.id)).unwrap_or_default();
            let lines = format!("{id}{secret}={}\n", self.secret.expose());
            action = Some(Action::CopySecret(Secret::new(lines)));
        }
        style::divider(ui);
        ui.horizontal(|ui| {
            style::checkbox(ui, &mut self.stored, words.stored);
            style::at_right(ui, |ui| {
                if style::primary_button(ui, "Done", self.stored).clicked() {
                    action = Some(Action::CloseDialog);
                }
            });
        });
        if self.held_back && !self.stored {
            let text = "Store the secret and tick the box first: it cannot be shown again";
            ui.label(RichText::new(text).color(palette(ui).warning_text));
        }
        action
    }

    /// How long the copy stays on the clipboard, as a bar and in words.
    fn countdown_ui(&self, ui: &mut Ui) {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 3.0), Sense::hover());
        let colors = palette(ui);
        let left = match &self.copied {
            Some(Err(trouble)) => {
                let text = format!("{}. {}", trouble.what, trouble.advice);
                let text = RichText::new(text).color(colors.danger_text).size(font::LABEL);
                ui.add(Label::new(text).wrap());
                ui.add_space(space::XS);
                return;
            }
            Some(Ok(copied)) => Some((
                copied.clear_at.saturating_duration_since(Instant::now()),
                copied.whole,
            )),
            None => None,
        };
        let text = match left {
            None => "Not copied yet".to_owned(),
            Some((left, _)) if left.is_zero() => "Cleared from the clipboard".to_owned(),
            Some((left, whole)) => {
                let share = left.as_secs_f32() / whole.as_secs_f32().max(1.0);
                let bar = Rect::from_min_size(rect.min, vec2(rect.width() * share.min(1.0), rect.height()));
                ui.painter().rect_filled(rect, 1.5, colors.line);
                ui.painter().rect_filled(bar, 1.5, colors.accent);
                ui.ctx().request_repaint_after(Duration::from_secs(1));
                let seconds = left.as_secs_f32().ceil();
                format!("Copied. The clipboard is cleared in {seconds} s, unless you copy something else.")
            }
        };
        ui.label(style::second(ui, text).size(font::LABEL));
        ui.add_space(space::XS);
    }
}

/// A value in a frame with a button beside it. Returns whether the button was pressed, and whether the word in the
/// frame was.
fn value_row_ui(
    ui: &mut Ui,
    name: &str,
    visible: &str,
    accessible: &str,
    toggle: Option<(&str, &str)>,
    button: impl FnOnce(&mut Ui) -> bool,
) -> (bool, bool) {
    let colors = palette(ui);
    let row = vec2(ui.available_width(), size::CONTROL + 2.0);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().interact_size.y = size::CONTROL_SMALL - 2.0;
        let pressed = button(ui);
        let framed = Frame::new()
            .fill(colors.field)
            .stroke(Stroke::new(1.0, colors.line))
            .corner_radius(corner::CONTROL)
            .inner_margin(Margin {
                left: 10,
                right: 4,
                top: 2,
                bottom: 2,
            })
            .show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 20.0;
                ui.spacing_mut().button_padding.y = 2.0;
                ui.set_height(size::CONTROL - 4.0);
                let toggled = toggle.is_some_and(|(word, name)| {
                    let word = Button::new(style::faint(ui, word)).frame_when_inactive(false);
                    ui.add(word).accessible_name(name).clicked()
                });
                let mono = FontId::monospace(font::MONO);
                // The frame is as wide as what is in it, and a painted text takes no room by itself.
                let (room, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
                style::cell(ui, room, visible, mono, colors.text);
                toggled
            });
        tell_value(ui, &framed.response, name, accessible);
        (pressed, framed.inner)
    })
    .inner
}

/// Tells a value that is painted only, and can therefore be neither selected nor edited: as a text that can be read.
fn tell_value(ui: &Ui, response: &Response, name: &str, value: &str) {
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::TextInput, true, name);
        info.current_text_value = Some(value.to_owned());
        info
    });
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_read_only());
    let mono = FontId::monospace(font::MONO);
    let galley = ui
        .painter()
        .layout_no_wrap(value.to_owned(), mono, palette(ui).text);
    let at = TSTransform::from_translation(response.rect.min.to_vec2());
    update_accesskit_for_text_widget(ui.ctx(), response.id, None, at, &galley);
}

fn button_of(ui: &mut Ui, name: &str, primary: bool) -> bool {
    if primary {
        return style::primary_button(ui, name, true).clicked();
    }
    ui.add(
        Button::new(name)
            .min_size(vec2(0.0, size::CONTROL + 2.0))
            .corner_radius(style::control_corner()),
    )
    .clicked()
}
