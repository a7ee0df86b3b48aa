//! The exchange as sent and received.

use eframe::egui::{FontId, Label, RichText, TextFormat, Ui, text::LayoutJob};

use crate::client::Secret;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::space};
use crate::desktop::worker::{TokenResult, Trouble};

/// Draws request and answer.
pub fn exchange_ui(
    ui: &mut Ui,
    result: Option<&Result<TokenResult, Trouble>>,
    show_secrets: &mut bool,
) -> Option<Action> {
    let mut action = None;
    let narrow = ui.available_width() < 320.0;
    ui.horizontal(|ui| {
        style::pane_title(ui, "Exchange");
        if !narrow {
            style::at_right(ui, |ui| action = buttons_ui(ui, result, show_secrets));
        }
    });
    if narrow {
        ui.horizontal_wrapped(|ui| action = buttons_ui(ui, result, show_secrets));
    }
    match result {
        None => style::empty_place(
            ui,
            "Nothing asked yet",
            "Choose a client and request a token: what was sent and what came back stands here, byte by byte.",
        ),
        Some(Err(trouble)) => {
            style::card(ui, Tone::Danger, |ui| {
                ui.label(style::strong(ui, &trouble.what));
                ui.label(style::second(ui, &trouble.advice));
            });
        }
        Some(Ok(result)) => {
            if let Some(error) = result.answer.error() {
                action = action.or(refusal_ui(ui, error, result));
            }
            answer_ui(ui, result, *show_secrets);
        }
    }
    action
}

/// Why there is no token: first what it is in the registration, then what the server noted of the request.
fn refusal_ui(ui: &mut Ui, error: &str, result: &TokenResult) -> Option<Action> {
    let refused = result.refused.as_ref();
    let explanation = refused.and_then(|refused| refused.explanation.as_ref());
    let reason = refused.and_then(|refused| refused.reason.as_deref());
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
                let said = result.answer.error_description();
                ui.add(Label::new(style::strong(ui, said.unwrap_or(error))).wrap());
            }
        }
        let field = explanation.and_then(|explanation| explanation.field);
        if let Some(field) = field {
            ui.horizontal(|ui| {
                ui.label(style::faint(ui, "Field"));
                ui.label(style::mono(ui, field));
            });
        }
        if let Some(reason) = reason {
            ui.add(Label::new(style::second(ui, format!("The server noted: {reason}"))).wrap());
        }
        let basis = explanation.map(|explanation| format!(" · {}", explanation.basis));
        let basis = format!("{error}{}", basis.unwrap_or_default());
        ui.add(Label::new(style::faint(ui, basis)).wrap());
        if field.is_some() {
            ui.add_space(space::XS);
            open = style::button(ui, "Open client").clicked();
        }
    });
    let field = explanation?.field.filter(|_| open)?;
    Some(Action::OpenAt(result.client_id.clone(), field))
}

fn buttons_ui(
    ui: &mut Ui,
    result: Option<&Result<TokenResult, Trouble>>,
    show_secrets: &mut bool,
) -> Option<Action> {
    let result = result?.as_ref().ok()?;
    let copy = style::button(ui, "Copy as curl").on_hover_text("A command that does the same again");
    let word = if *show_secrets {
        "Hide secrets"
    } else {
        "Show secrets"
    };
    if style::quiet_button(ui, word).clicked() {
        *show_secrets = !*show_secrets;
    }
    copy.clicked().then(|| Action::CopySecret(result.command.clone()))
}

fn answer_ui(ui: &mut Ui, result: &TokenResult, show_secrets: bool) {
    let exchange = &result.answer.exchange;
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
        ui.add_space(space::M);
        mono_ui(ui, &body.expose().replace('&', "\n&"));
    });
    ui.horizontal(|ui| {
        let good = exchange.status == 200;
        style::badge(
            ui,
            &status_text(exchange),
            if good { Tone::Good } else { Tone::Danger },
        );
        ui.label(style::second(
            ui,
            format!("{:.1} ms", exchange.took.as_secs_f64() * 1_000.0),
        ));
        ui.label(style::faint(
            ui,
            format!("· {} bytes", exchange.received_body.len()),
        ));
    });
    style::code_block(ui, |ui| {
        http_ui(ui, exchange.received_head.trim_end());
        ui.add_space(space::M);
        body_ui(ui, result, show_secrets);
    });
}

fn status_text(exchange: &crate::outbound::Exchange) -> String {
    let line = exchange.received_head.lines().next().unwrap_or_default();
    line.split_once(' ')
        .map_or_else(|| exchange.status.to_string(), |(_, status)| status.to_owned())
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

/// The answer's body: JSON with its members set apart, the token cut unless secrets are shown; anything else as it is.
fn body_ui(ui: &mut Ui, result: &TokenResult, show_secrets: bool) {
    let Some(mut response) = result.answer.response.clone() else {
        mono_ui(
            ui,
            &String::from_utf8_lossy(&result.answer.exchange.received_body),
        );
        return;
    };
    if let Some(token) = response.get_mut("access_token").filter(|_| !show_secrets)
        && let Some(text) = token.as_str()
    {
        *token = format!("{}…", text.chars().take(27).collect::<String>()).into();
    }
    mono_ui(ui, &serde_json::to_string_pretty(&response).unwrap_or_default());
}
