//! One rule: what it looks for, why, what ends it, how bad it is here, and an example of each kind.

use eframe::egui::{Label, Ui};
use serde_json::Value;

use super::{badge, severity_here};
use crate::audit::{AuditRule, Settings, example, handbook};
use crate::client::{Severity, Weight, make_visible};
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, tokens::space};

/// Draws the page of a rule.
pub fn page_ui(
    ui: &mut Ui,
    rule: AuditRule,
    open: Option<u64>,
    settings: &mut Settings,
    writable: bool,
    close: &mut bool,
) {
    ui.horizontal(|ui| {
        let (word, tone) = badge(severity_here(rule, settings));
        style::badge(ui, word, tone);
        style::at_right(ui, |ui| *close = style::close_button(ui, "Close rule").clicked());
    });
    style::pane_title(ui, rule.title());
    let open = open.map_or(String::new(), |open| match open {
        1 => " · 1 finding open".to_owned(),
        open => format!(" · {} findings open", grouped(open)),
    });
    ui.label(style::second(ui, format!("{rule}{open}")));
    ui.add_space(space::S);
    ui.add(Label::new(rule.detects()).wrap());
    let refuses = if rule.refuses() {
        "A registration that breaks it is not saved; one from elsewhere is held."
    } else {
        "A registration that breaks it can be saved."
    };
    ui.add(Label::new(style::second(ui, refuses)).wrap());
    style::divider(ui);
    if writable {
        severity_ui(ui, rule, settings);
    }
    if let Some(parameter) = rule.parameter() {
        let text = format!("{}: {}", parameter.label(), settings.parameter(parameter));
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.label(style::faint(ui, "Set under Parameters and lists"));
    }
    for (heading, text) in [
        ("Why it matters", rule.harm()),
        ("What ends it", rule.advice()),
        ("Basis", rule.basis()),
    ] {
        style::divider(ui);
        style::label(ui, heading);
        ui.add(Label::new(text).wrap());
    }
    style::divider(ui);
    let example = example(rule);
    for (heading, text) in [("Breaks it", &example.fails), ("Keeps it", &example.passes)] {
        style::label(ui, heading);
        style::code_block(ui, |ui| {
            for line in shown(text).lines() {
                ui.add(Label::new(style::mono(ui, make_visible(line))).wrap());
            }
        });
        ui.add_space(space::S);
    }
    let text = "What is changed in a sound registration; facts hold what else is known of the client, in days from today.";
    ui.add(Label::new(style::faint(ui, text)).wrap());
}

/// An example laid out to be read, and cut where it is long by its nature.
fn shown(example: &str) -> String {
    let pretty = serde_json::from_str::<Value>(example).ok();
    let pretty = pretty.and_then(|value| serde_json::to_string_pretty(&value).ok());
    handbook::shortened(&pretty.unwrap_or_else(|| example.to_owned()))
}

/// How bad a rule is here. One that refuses is never silent about why.
fn severity_ui(ui: &mut Ui, rule: AuditRule, settings: &mut Settings) {
    const SEVERITIES: [Severity; 5] = [
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];
    let before = settings.weight(rule);
    let table = format!("As the table says ({})", rule.severity().label());
    let word = |weight: Option<Weight>| match weight {
        None => table.clone(),
        Some(Weight::As(severity)) => severity.label().to_owned(),
        Some(Weight::Off) => "Off".to_owned(),
    };
    let mut weight = before;
    style::label(ui, "Severity here");
    style::combo(&format!("Severity of {rule}"), 240.0, word(before)).show_ui(ui, |ui| {
        let weighed = SEVERITIES.map(|severity| Some(Weight::As(severity)));
        let off = (!rule.refuses()).then_some(Some(Weight::Off));
        for choice in [None].into_iter().chain(weighed).chain(off) {
            style::choice_value(ui, &mut weight, choice, &word(choice));
        }
    });
    if weight != before {
        // What cannot be set is not offered.
        let (Ok(()) | Err(_)) = settings.set_weight(rule, weight);
    }
    if rule.refuses() {
        ui.add(
            Label::new(style::faint(
                ui,
                "It cannot be off: it refuses registrations, and says why",
            ))
            .wrap(),
        );
    }
}
