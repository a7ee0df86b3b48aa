//! The token decoded: what each claim says and why it is there.

use std::time::Duration;

use eframe::egui::{FontId, Label, Rect, RichText, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, vec2};
use jiff::Timestamp;
use serde_json::Value;

use crate::client::{Secret, lifetime};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::time;
use crate::jwt::{DecodedToken, SignatureCheck};
use crate::outbound::TokenAnswer;
use crate::registry::Client;

/// Draws the token, if one came.
pub fn token_ui(ui: &mut Ui, client: Option<&Client>, answer: Option<&TokenAnswer>) -> Option<Action> {
    let mut action = None;
    let access_token = answer.and_then(|answer| answer.access_token());
    let mut copy_ui = |ui: &mut Ui| {
        if let Some(token) = access_token
            && style::button(ui, "Copy access token").clicked()
        {
            action = Some(Action::CopySecret(Secret::new(token.to_owned())));
        }
    };
    // Side by side they take some 260 points.
    if ui.available_width() < 270.0 {
        style::pane_title(ui, "Access token");
        copy_ui(ui);
    } else {
        ui.horizontal(|ui| {
            style::pane_title(ui, "Access token");
            style::at_right(ui, copy_ui);
        });
    }
    match answer.and_then(|answer| answer.token.as_ref()) {
        None => {
            ui.label(style::faint(
                ui,
                "Its claims, with their meaning and the time that is left, stand here",
            ));
        }
        Some(token) => {
            standing_ui(ui, token);
            ui.scope_builder(UiBuilder::new().accessibility_role(Role::Table), |ui| {
                claims_ui(ui, token, client);
            });
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
                let kid = kid.as_deref().unwrap_or("without a name");
                style::badge(ui, "Signature valid", Tone::Good).on_hover_text(format!("By key {kid}, {alg}"));
            }
            SignatureCheck::NotChecked => {}
            SignatureCheck::Bad(why) => {
                style::badge(ui, "Signature invalid", Tone::Danger);
                ui.label(style::second(ui, &why.what));
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
    ui.spacing_mut().item_spacing.y = 0.0;
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEAD), Sense::hover());
    let medium = FontId::new(font::LABEL, style::family(style::MEDIUM));
    for (cell, word) in columns(head).into_iter().zip(["Claim", "Value", "Why"]) {
        style::cell(ui, cell, word, medium.clone(), colors.second);
    }
    ui.painter()
        .hline(head.x_range(), head.bottom(), Stroke::new(1.0, colors.line));
    for (name, value) in claims {
        let (row, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_DENSE + 3.0), Sense::hover());
        let (shown, why) = (shown(name, value), why(name, token, client));
        response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("{name}: {shown}, {why}")));
        let [claim, middle, end] = columns(row);
        style::cell(ui, claim, name, mono.clone(), colors.claim);
        style::cell(ui, middle, &shown, mono.clone(), colors.text);
        style::cell(ui, end, &why, FontId::proportional(font::BODY), colors.faint);
        ui.painter().hline(
            row.x_range(),
            row.bottom() - 0.5,
            Stroke::new(1.0, colors.row_line),
        );
        response.on_hover_text(format!(
            "{}\n{}",
            meaning(name),
            value.as_str().unwrap_or(&value.to_string())
        ));
    }
    ui.spacing_mut().item_spacing.y = space::S;
}

/// Where the three columns of a row stand.
fn columns(row: Rect) -> [Rect; 3] {
    let value = row.left() + 78.0;
    let why = row.right() - (row.width() * 0.3).min(150.0);
    [(row.left(), value - 8.0), (value, why - 8.0), (why, row.right())]
        .map(|(left, right)| Rect::from_x_y_ranges(left..=right, row.y_range()))
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
            Some(true) => "none registered".to_owned(),
            _ => "asked, registered".to_owned(),
        },
        "client_id" => "authenticated".to_owned(),
        "scope" => "asked and registered".to_owned(),
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
