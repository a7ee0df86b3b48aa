//! The steps as they went over the wire, one below the other; of the one that is looked at every byte.

use eframe::egui::{
    Align2, FontId, Label, RichText, Role, Sense, Stroke, StrokeKind, TextFormat, Ui, WidgetInfo, pos2,
    text::LayoutJob, vec2,
};
use jiff::Timestamp;

use super::copies::copies_ui;
use super::faults::Faults;
use super::run::RunLog;
use crate::client::{AuthMethod, ClientId, Secret};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::corner, tokens::font, tokens::size, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{Refused, Waiting};
use crate::outbound::{Exchange, Step};
use crate::registry::Client;

/// What is to be done with the token that is there, or with what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Get the next tokens.
    Refresh,
    /// Ask what the access token is worth.
    Introspect,
    /// Give the access token up.
    Revoke,
    /// Wait for nobody any more.
    StopWaiting,
}

/// Draws what was sent and what came back.
pub fn exchange_ui(
    ui: &mut Ui,
    client: Option<&Client>,
    run: &mut RunLog,
    faults: &Faults,
    writable: bool,
    env_text: impl FnOnce() -> Option<String>,
) -> (Option<Action>, Option<Wish>) {
    let (mut action, mut wish) = (None, None);
    let narrow = ui.available_width() < 320.0;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        style::pane_title(ui, "Exchange");
        if !narrow {
            action = style::row_at_right(ui, |ui| buttons_ui(ui, run));
        }
    });
    if narrow {
        ui.horizontal_wrapped(|ui| action = buttons_ui(ui, run));
    }
    if client.is_some() {
        let taken_away = ui.horizontal_wrapped(|ui| copies_ui(ui, run, env_text));
        action = action.or(taken_away.inner);
    }
    if run.is_empty() && run.waiting.is_none() {
        style::empty_place(
            ui,
            "Nothing asked yet",
            "Choose a client and request a token: what was sent and what came back stands here, byte by byte.",
        );
    }
    faults.broken_ui(ui);
    if let Some(trouble) = &run.trouble {
        style::card(ui, Tone::Danger, |ui| {
            ui.add(Label::new(style::strong(ui, &trouble.what)).wrap());
            ui.add(Label::new(style::second(ui, &trouble.advice)).wrap());
        });
    }
    if let (Some(refused), Some(client)) = (&run.refused, client) {
        action = action.or(refusal_ui(ui, refused, &client.client_id));
    }
    if let Some(waiting) = &run.waiting {
        let (copied, stopped) = waiting_ui(ui, waiting);
        action = action.or(copied);
        wish = stopped.then_some(Wish::StopWaiting);
    }
    steps_ui(ui, run);
    if run.answer.is_some() && !run.is_busy() {
        ui.add_space(space::S);
        wish = wish.or(acts_ui(ui, client, run, writable));
    }
    (action, wish)
}

/// Why there is no token: first what it is in the registration, then what the server noted of the request.
fn refusal_ui(ui: &mut Ui, refused: &Refused, client_id: &ClientId) -> Option<Action> {
    let explanation = refused.explanation.as_ref();
    let mut open = false;
    style::card(ui, Tone::Danger, |ui| {
        let spacing = ui.spacing_mut();
        // Lines of text, not of buttons.
        (spacing.item_spacing.y, spacing.interact_size.y) = (space::XS, font::LINE);
        match explanation {
            Some(explanation) => {
                ui.add(Label::new(style::strong(ui, &explanation.what)).wrap());
                ui.add(Label::new(style::second(ui, &explanation.advice)).wrap());
            }
            None => {
                let said = refused.said.as_ref().unwrap_or(&refused.code);
                ui.add(Label::new(style::strong(ui, said)).wrap());
            }
        }
        let field = explanation.and_then(|explanation| explanation.field);
        if let Some(field) = field {
            ui.horizontal(|ui| {
                ui.label(style::faint(ui, "Field"));
                ui.label(style::mono(ui, field));
            });
        }
        if let Some(reason) = &refused.reason {
            ui.add(Label::new(style::second(ui, format!("The server noted: {reason}"))).wrap());
        }
        let basis = explanation.map(|explanation| format!(" · {}", explanation.basis));
        let basis = format!("{}{}", refused.code, basis.unwrap_or_default());
        ui.add(Label::new(style::faint(ui, basis)).wrap());
        if field.is_some() {
            ui.add_space(space::XS);
            open = style::button(ui, "Open client").clicked();
        }
    });
    let field = explanation.and_then(|explanation| explanation.field)?;
    open.then(|| Action::OpenField(client_id.clone(), field))
}

fn buttons_ui(ui: &mut Ui, run: &mut RunLog) -> Option<Action> {
    if run.steps.is_empty() {
        return None;
    }
    let word = if run.show_secrets {
        "Hide secrets"
    } else {
        "Show secrets"
    };
    if style::quiet_button(ui, word).clicked() {
        run.show_secrets = !run.show_secrets;
    }
    let copy = run.command.as_ref().filter(|_| {
        let copy = style::button(ui, "Copy as curl");
        copy.on_hover_text("A command that does the same again").clicked()
    });
    copy.map(|command| Action::CopySecret(command.clone()))
}

/// What somebody must do, how long there is for it, and the way out.
fn waiting_ui(ui: &mut Ui, waiting: &Waiting) -> (Option<Action>, bool) {
    let (mut action, mut stopped) = (None, false);
    style::card(ui, Tone::Warning, |ui| {
        let left = waiting.until.as_second() - Timestamp::now().as_second();
        let left = time::countdown(left.max(0));
        match &waiting.user_code {
            Some(code) => {
                ui.label(style::strong(ui, "Allow the device in the browser"));
                ui.horizontal(|ui| {
                    ui.label(style::second(ui, "The device shows"));
                    ui.label(style::mono(ui, code));
                });
                ui.label(style::second(ui, format!("Its code ends in {left}")));
            }
            None => {
                ui.label(style::strong(ui, "Sign in in the browser that has opened"));
                ui.label(style::second(ui, format!("It is waited for {left} longer")));
            }
        }
        ui.horizontal_wrapped(|ui| {
            if style::button(ui, "Copy address").clicked() {
                action = Some(Action::CopyText(waiting.address.clone()));
            }
            if let Some(code) = &waiting.user_code
                && style::button(ui, "Copy code").clicked()
            {
                action = Some(Action::CopyText(code.clone()));
            }
            stopped = style::quiet_button(ui, "Stop waiting").clicked();
        });
    });
    (action, stopped)
}

/// What can be done with the tokens that came. Refreshing and revoking leave something in the registry.
fn acts_ui(ui: &mut Ui, client: Option<&Client>, run: &RunLog, writable: bool) -> Option<Wish> {
    let is_public = client.is_some_and(|client| client.draft.token_endpoint_auth_method == AuthMethod::None);
    let has_refresh = run
        .answer
        .as_ref()
        .is_some_and(|answer| answer.refresh_token().is_some());
    let mut wish = None;
    ui.horizontal_wrapped(|ui| {
        let acts = [
            (
                has_refresh && writable,
                "Refresh",
                Wish::Refresh,
                "Get the next tokens for the refresh token",
            ),
            // RFC 7662 §2.1 wants the caller to authenticate.
            (
                !is_public,
                "Introspect",
                Wish::Introspect,
                "Ask the server what the token is worth now",
            ),
            (writable, "Revoke", Wish::Revoke, "Give the access token up"),
        ];
        for (can, name, what, tooltip) in acts {
            if can && style::button(ui, name).on_hover_text(tooltip).clicked() {
                wish = Some(what);
            }
        }
    });
    wish
}

fn steps_ui(ui: &mut Ui, run: &mut RunLog) {
    let show_secrets = run.show_secrets;
    // A single step needs no row to be opened by.
    if let [only] = run.steps.as_slice() {
        if let Some(exchange) = &only.exchange {
            step_ui(ui, exchange, show_secrets);
        }
        return;
    }
    for (index, step) in run.steps.iter().enumerate() {
        let is_open = run.open == Some(index) && step.exchange.is_some();
        let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, 2.0);
        if row_ui(ui, index, step, is_open) {
            run.open = (!is_open).then_some(index);
        }
        ui.spacing_mut().item_spacing.y = spacing;
        if let Some(exchange) = step.exchange.as_ref().filter(|_| is_open) {
            step_ui(ui, exchange, show_secrets);
            ui.add_space(space::S);
        }
    }
}

/// The row of a step: what it was for, what was asked, and how it was answered. Returns whether it was pressed.
fn row_ui(ui: &mut Ui, index: usize, step: &Step, is_open: bool) -> bool {
    let colors = palette(ui);
    let can_open = step.exchange.is_some();
    let sense = if can_open { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_DENSE), sense);
    let (what, status) = match &step.exchange {
        Some(exchange) => (exchange.what(), exchange.status.to_string()),
        None => (String::new(), String::new()),
    };
    let name = format!("Step {}: {} {what} {status}", index + 1, step.name);
    let name = name.trim_end().to_owned();
    response.widget_info(|| WidgetInfo::selected(Role::Button, can_open, is_open, &name));
    if can_open {
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_expanded(is_open));
    }
    if can_open && (is_open || response.hovered()) {
        ui.painter().rect_filled(rect, corner::CONTROL, colors.hovered);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.5, colors.second);
        ui.painter()
            .rect_stroke(rect, corner::CONTROL, stroke, StrokeKind::Inside);
    }
    let body = FontId::proportional(font::BODY);
    let mono = FontId::monospace(font::MONO);
    let number = pos2(rect.left() + 8.0, rect.center().y);
    ui.painter()
        .text(number, Align2::LEFT_CENTER, index + 1, mono.clone(), colors.faint);
    let mut right = rect.right() - 8.0;
    if let Some(exchange) = &step.exchange {
        let ink = tone(exchange).text(colors);
        let at = pos2(right, rect.center().y);
        let drawn = ui
            .painter()
            .text(at, Align2::RIGHT_CENTER, &status, mono.clone(), ink);
        right = drawn.left() - space::M;
        let took = took(exchange);
        let at = pos2(right, rect.center().y);
        let drawn = ui.painter().text(
            at,
            Align2::RIGHT_CENTER,
            took,
            FontId::proportional(font::LABEL),
            colors.faint,
        );
        right = drawn.left() - space::M;
    }
    let cell = rect.with_min_x(rect.left() + 30.0).with_max_x(right);
    let end = style::cell(ui, cell, &step.name, body, colors.text);
    let rest = cell.with_min_x(end + space::M);
    if rest.width() > 40.0 {
        style::cell(ui, rest, &what, mono, colors.faint);
    }
    response.clicked()
}

/// One exchange: the request, how it was answered, the answer.
fn step_ui(ui: &mut Ui, exchange: &Exchange, show_secrets: bool) {
    style::code_block(ui, |ui| {
        let (head, body) = if show_secrets {
            (exchange.head_in_clear().clone(), exchange.body_in_clear().clone())
        } else {
            (
                Secret::new(exchange.masked_head()),
                Secret::new(exchange.masked_body()),
            )
        };
        http_ui(ui, head.expose());
        if !body.expose().is_empty() {
            ui.add_space(space::M);
            mono_ui(ui, &body.expose().replace('&', "\n&"));
        }
    });
    ui.horizontal(|ui| {
        style::badge(ui, exchange.status_line(), tone(exchange));
        ui.label(style::second(ui, took(exchange)));
        ui.label(style::faint(
            ui,
            format!("· {} bytes", exchange.received_body.len()),
        ));
    });
    style::code_block(ui, |ui| {
        let head = if show_secrets {
            exchange.received_head.clone()
        } else {
            exchange.masked_received_head()
        };
        http_ui(ui, head.trim_end());
        let body = exchange.body_for_people(show_secrets);
        if !body.is_empty() {
            ui.add_space(space::M);
            mono_ui(ui, &body);
        }
    });
}

fn took(exchange: &Exchange) -> String {
    format!("{:.1} ms", exchange.took.as_secs_f64() * 1_000.0)
}

/// A redirect is as good as an answer.
fn tone(exchange: &Exchange) -> Tone {
    match exchange.status {
        200..400 => Tone::Good,
        _ => Tone::Danger,
    }
}

/// A first line and headers, names fainter than values.
fn http_ui(ui: &mut Ui, head: &str) {
    let colors = palette(ui);
    let mono = FontId::monospace(font::MONO);
    let mut job = LayoutJob::default();
    for (index, line) in head.split("\r\n").filter(|line| !line.is_empty()).enumerate() {
        if index > 0 {
            job.append("\n", 0.0, TextFormat::simple(mono.clone(), colors.text));
        }
        let (name, value) = match line.split_once(' ') {
            Some((name, value)) => (name, value),
            None => (line, ""),
        };
        let name_color = if index == 0 { colors.good } else { colors.faint };
        job.append(name, 0.0, TextFormat::simple(mono.clone(), name_color));
        job.append(
            &format!(" {value}"),
            0.0,
            TextFormat::simple(mono.clone(), colors.text),
        );
    }
    ui.add(Label::new(job).wrap());
}

fn mono_ui(ui: &mut Ui, text: &str) {
    ui.add(
        Label::new(
            RichText::new(text)
                .font(FontId::monospace(font::MONO))
                .color(palette(ui).text),
        )
        .wrap(),
    );
}
