//! What is to be said of a decoded token as a whole: its signature, its time, and what is wrong with it.

use std::time::Duration;

use eframe::egui::{Label, RichText, Ui};
use jiff::Timestamp;

use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::desktop::time;
use crate::jwt::{DecodedToken, Form, Kind, Problem, SignatureCheck, Weight, seconds};

/// Problems that are listed; a token with more of them is not read to the end.
const MOST: usize = 12;
/// Seconds that are counted down by the second.
const COUNTED: i64 = 24 * 60 * 60;

/// Draws the verdict on a token, which would have to be of a kind if that is known.
pub fn verdict_ui(ui: &mut Ui, token: &DecodedToken, expected: Option<Kind>) {
    let now = Timestamp::now();
    if token.form == Form::Signed {
        ui.horizontal_wrapped(|ui| {
            signature_ui(ui, &token.signature);
            time_ui(ui, token, now);
        });
    }
    let problems = token.judged(now, expected);
    for problem in problems.iter().take(MOST) {
        problem_ui(ui, problem);
    }
    if let Some(further) = problems.len().checked_sub(MOST).filter(|further| *further > 0) {
        ui.label(style::faint(ui, format!("And {further} more")));
    }
}

fn signature_ui(ui: &mut Ui, signature: &SignatureCheck) {
    match signature {
        SignatureCheck::Good { kid, alg } => {
            let key = match kid {
                Some(kid) => format!("By key {kid}, {alg}"),
                None => format!("By the one key, {alg}"),
            };
            style::badge(ui, "Signature valid", Tone::Good).on_hover_text(key);
        }
        SignatureCheck::Bad(_) => {
            style::badge(ui, "Signature invalid", Tone::Danger);
        }
        SignatureCheck::NotChecked => {
            style::badge(ui, "Signature not checked", Tone::Warning);
        }
    }
}

/// For how long it is still good.
fn time_ui(ui: &mut Ui, token: &DecodedToken, now: Timestamp) {
    let Some(exp) = token.claims.get("exp").and_then(seconds) else {
        return;
    };
    let left = exp.saturating_sub(now.as_second());
    if left <= 0 {
        ui.label(RichText::new("has ended").color(palette(ui).warning_text));
        return;
    }
    ui.label(style::second(ui, "ends in"));
    if left < COUNTED {
        ui.label(style::strong(ui, time::countdown(left)));
        ui.ctx().request_repaint_after(Duration::from_secs(1));
    } else {
        ui.label(style::strong(ui, format!("{} days", left / COUNTED)));
    }
}

/// One thing that is wrong with a token or with keys, and what to do.
pub fn problem_ui(ui: &mut Ui, problem: &Problem) {
    let tone = match problem.weight {
        Weight::Unreadable | Weight::Refuses => Tone::Danger,
        Weight::Remark => Tone::Warning,
    };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        style::dot(ui, tone);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let ink = tone.text(palette(ui));
            ui.add(Label::new(style::second(ui, &problem.what).color(ink)).wrap());
            let basis = match problem.basis {
                "" => String::new(),
                basis => format!(" · {basis}"),
            };
            let advice = format!("{}{basis}", problem.advice);
            ui.add(Label::new(style::faint(ui, advice)).wrap());
        });
    });
    ui.add_space(space::XS);
}
