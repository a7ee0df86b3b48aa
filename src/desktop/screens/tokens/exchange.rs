//! The steps as they went over the wire, one below the other; of the one that is looked at every byte.

use eframe::egui::{
    Align2, FontId, Label, Role, Sense, Stroke, StrokeKind, TextFormat, Ui, WidgetInfo, pos2,
    text::LayoutJob, vec2,
};
use jiff::Timestamp;

use super::copies::copies_ui;
use super::faults::Faults;
use super::run::RunLog;
use super::shown::ShownStep;
use crate::client::{AuthMethod, ClientId};
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
    // A single step needs no row to be opened by.
    if run.steps.len() == 1 {
        step_ui(ui, run, 0);
        return;
    }
    for index in 0..run.steps.len() {
        let Some(step) = run.steps.get(index) else {
            continue;
        };
        let is_open = run.open == Some(index) && step.exchange.is_some();
        let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, 2.0);
        if row_ui(ui, index, step, is_open) {
            run.open = (!is_open).then_some(index);
        }
        ui.spacing_mut().item_spacing.y = spacing;
        if is_open {
            step_ui(ui, run, index);
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
fn step_ui(ui: &mut Ui, run: &mut RunLog, index: usize) {
    let Some(exchange) = run.steps.get(index).and_then(|step| step.exchange.as_ref()) else {
        return;
    };
    run.shown
        .take_if(|shown| (shown.index, shown.with_secrets) != (index, run.show_secrets));
    let shown = run
        .shown
        .get_or_insert_with(|| ShownStep::new(index, exchange, run.show_secrets));
    style::code_block(ui, |ui| {
        http_ui(ui, shown.sent_head.expose());
        if !shown.sent_body.is_empty() {
            ui.add_space(space::M);
            shown.sent_body.ui(ui);
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
        http_ui(ui, shown.received_head.expose());
        if !shown.received_body.is_empty() {
            ui.add_space(space::M);
            shown.received_body.ui(ui);
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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    use egui_kittest::Harness;
    use serde_json::json;

    use super::*;
    use crate::outbound::{Request, exchange};

    /// A step whose answer is a megabyte of JSON, with a token in it.
    fn large_step() -> Step {
        let members = (0..9_500).map(|number| (format!("member {number}"), json!("a".repeat(90))));
        let token = ("access_token".to_owned(), json!("s3cret"));
        let body = serde_json::Value::Object(std::iter::once(token).chain(members).collect()).to_string();
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", door.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = door.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
        });
        let exchange = exchange(&Request::get(address.parse().unwrap())).unwrap();
        server.join().unwrap();
        assert!(exchange.received_body.len() > 1_000_000);
        Step {
            name: "Ask".to_owned(),
            exchange: Some(exchange),
        }
    }

    #[test]
    fn an_answer_of_a_megabyte_is_written_down_once_and_not_in_every_frame() {
        let mut run = RunLog::default();
        run.steps.push(large_step());
        let draw = |ui: &mut Ui, run: &mut RunLog| {
            style::install(ui.ctx());
            eframe::egui::ScrollArea::vertical().show(ui, |ui| steps_ui(ui, run));
        };
        let mut harness = Harness::new_ui_state(draw, run);
        let written = |run: &RunLog| run.shown.as_ref().unwrap().sent_head.expose().as_ptr();
        let first = written(harness.state());
        let start = Instant::now();
        for _ in 0..10 {
            harness.step();
            assert_eq!(written(harness.state()), first);
        }
        let frame = start.elapsed() / 10;
        let start = Instant::now();
        harness.state_mut().show_secrets = true;
        harness.step();
        let anew = start.elapsed();
        assert!(harness.state().shown.as_ref().unwrap().with_secrets);
        assert!(frame < anew.max(Duration::from_millis(20)), "{frame:?} {anew:?}");
    }
}
