//! The token decoded: what each claim says and why it is there.

use std::time::Duration;

use eframe::egui::{FontId, Grid, Label, RichText, Ui};
use jiff::Timestamp;
use serde_json::Value;

use crate::client::{Secret, lifetime};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{TokenResult, Trouble};
use crate::outbound::{DecodedToken, SignatureCheck};
use crate::registry::Client;

/// Draws the token, if one came.
pub fn token_ui(
    ui: &mut Ui,
    client: Option<&Client>,
    result: Option<&Result<TokenResult, Trouble>>,
) -> Option<Action> {
    let answer = result
        .and_then(|result| result.as_ref().ok())
        .map(|result| &result.answer);
    let mut action = None;
    ui.horizontal(|ui| {
        style::pane_title(ui, "Access token");
        style::at_right(ui, |ui| {
            let Some(token) = answer.and_then(|answer| answer.access_token()) else {
                return;
            };
            if style::button(ui, "Copy access token").clicked() {
                action = Some(Action::CopySecret(Secret::new(token.to_owned())));
            }
        });
    });
    match answer.and_then(|answer| answer.token.as_ref()) {
        None => {
            ui.label(style::faint(
                ui,
                "Its claims, with their meaning and the time that is left, stand here",
            ));
        }
        Some(token) => {
            standing_ui(ui, token);
            claims_ui(ui, token, client);
            style::divider(ui);
            style::label(ui, "Header");
            style::code_block(ui, |ui| {
                let header = serde_json::to_string_pretty(&token.header).unwrap_or_default();
                ui.add(Label::new(style::mono(ui, header)).wrap());
            });
        }
    }
    action
}

/// Whether the signature holds, and for how long the token does.
fn standing_ui(ui: &mut Ui, token: &DecodedToken) {
    ui.horizontal_wrapped(|ui| {
        match &token.signature {
            SignatureCheck::Good { kid, alg } => {
                style::badge(ui, "Signature valid", Tone::Good).on_hover_text(format!("By key {kid}, {alg}"));
            }
            SignatureCheck::Bad(why) => {
                style::badge(ui, "Signature invalid", Tone::Danger);
                ui.label(style::second(ui, why));
            }
        }
        let Some(exp) = token.claims.get("exp").and_then(Value::as_i64) else {
            return;
        };
        let left = exp - Timestamp::now().as_second();
        if left > 0 {
            ui.label(style::second(ui, "ends in"));
            ui.label(style::strong(ui, time::countdown(left)));
            ui.ctx().request_repaint_after(Duration::from_secs(1));
        } else {
            ui.label(RichText::new("has ended").color(palette(ui).warning_text));
        }
    });
}

fn claims_ui(ui: &mut Ui, token: &DecodedToken, client: Option<&Client>) {
    let Value::Object(claims) = &token.claims else {
        return;
    };
    let colors = palette(ui);
    let mono = FontId::monospace(font::MONO);
    let value_width = (ui.available_width() - 90.0 - 120.0).max(120.0);
    Grid::new("claims")
        .num_columns(3)
        .spacing([space::M, space::M])
        .show(ui, |ui| {
            for head in ["Claim", "Value", "Why"] {
                style::label(ui, head);
            }
            ui.end_row();
            for (name, value) in claims {
                ui.label(RichText::new(name).font(mono.clone()).color(colors.claim))
                    .on_hover_text(meaning(name));
                let shown = shown(name, value);
                ui.scope(|ui| {
                    ui.set_max_width(value_width);
                    let text = RichText::new(&shown).font(mono.clone()).color(colors.text);
                    ui.add(Label::new(text).truncate())
                        .on_hover_text(value.to_string());
                });
                ui.add(Label::new(style::faint(ui, why(name, token, client))).wrap());
                ui.end_row();
            }
        });
}

/// Times as times of day, everything else as it stands.
fn shown(name: &str, value: &Value) -> String {
    let time = value
        .as_i64()
        .filter(|_| matches!(name, "iat" | "exp" | "nbf" | "auth_time"));
    match (time.and_then(|second| Timestamp::from_second(second).ok()), value) {
        (Some(at), _) => time::clock(at),
        (None, Value::String(text)) => text.clone(),
        (None, other) => other.to_string(),
    }
}

/// What a claim means (RFC 7519 §4.1, RFC 9068 §2.2).
fn meaning(name: &str) -> &'static str {
    match name {
        "iss" => "Issuer: who signed the token",
        "sub" => "Subject: for whom it speaks",
        "aud" => "Audience: the resource server that may accept it",
        "client_id" => "The client that asked for it",
        "scope" => "What it allows",
        "iat" => "Issued at",
        "exp" => "Ends at",
        "jti" => "Its own identifier",
        _ => "A further claim",
    }
}

/// Why a claim has the value it has.
fn why(name: &str, token: &DecodedToken, client: Option<&Client>) -> String {
    let number = |claim: &str| token.claims.get(claim).and_then(Value::as_i64);
    match name {
        "iss" => "server".to_owned(),
        "sub" => "client, no person".to_owned(),
        "aud" => match client.map(|client| client.draft.audience.is_empty()) {
            Some(true) => "none registered: the issuer".to_owned(),
            _ => "asked, registered".to_owned(),
        },
        "client_id" => "authenticated".to_owned(),
        "scope" => "asked ∩ registered".to_owned(),
        "iat" => "now".to_owned(),
        "exp" => {
            let seconds = number("exp")
                .zip(number("iat"))
                .map_or(0, |(exp, iat)| (exp - iat).unsigned_abs());
            let whose = client.is_some_and(|client| client.draft.access_token_lifetime.is_some());
            format!(
                "{}, {}",
                lifetime::describe(seconds),
                if whose { "client" } else { "default" }
            )
        }
        "jti" => "unique".to_owned(),
        _ => String::new(),
    }
}
