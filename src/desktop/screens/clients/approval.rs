//! Whether a client is signed off, by whom, and what changed since. The client's page and the finding's pane show it alike.

use eframe::egui::{Label, Ui};
use serde_json::{Map, Value};

use crate::audit::{Approval, sensitive};
use crate::client::make_visible;
use crate::desktop::command::UiCommand;
use crate::desktop::screens::Action;
use crate::desktop::screens::history::diff::{diff, diff_ui};
use crate::desktop::style::{self, Tone};
use crate::desktop::time;
use crate::desktop::worker::{Decision, Write};
use crate::registry::Client;

/// Draws it, with what can be decided where that is possible.
pub fn approval_ui(
    ui: &mut Ui,
    client: &Client,
    approval: Option<&Approval>,
    decides: bool,
) -> Option<Action> {
    let changed = approval.map(|approval| approval.changed(&client.draft, client.version));
    let is_changed = changed.as_ref().is_some_and(|changed| !changed.is_empty());
    let (tone, text) = match approval {
        None => (Tone::Neutral, "Nobody has approved this client".to_owned()),
        Some(approval) if is_changed => (
            Tone::Warning,
            format!(
                "Changed since {} approved it on {}: {}",
                make_visible(&approval.by),
                time::minute(approval.at),
                changed.unwrap_or_default().join(", ")
            ),
        ),
        Some(approval) => (
            Tone::Good,
            format!(
                "Approved by {} on {}",
                make_visible(&approval.by),
                time::minute(approval.at)
            ),
        ),
    };
    ui.horizontal_top(|ui| {
        style::dot(ui, tone);
        ui.add(Label::new(style::second(ui, text)).wrap())
            .on_hover_text("The name is claimed, not proved");
    });
    if let Some(approval) = approval.filter(|_| is_changed) {
        let (before, after) = (&approval.approved, sensitive(&client.draft));
        let [before, after] = differing(before, &after);
        diff_ui(ui, &diff(Some(&before), Some(&after)));
    }
    if !decides {
        return None;
    }
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        if approval.is_none() || is_changed {
            let command = UiCommand::ApproveClient;
            let approve = style::button(ui, command.label());
            if approve.on_hover_text(command.tooltip()).clicked() {
                action = Some(Action::Approve(Box::new(client.clone())));
            }
        }
        if approval.is_some() && style::quiet_button(ui, "Withdraw approval").clicked() {
            let client_id = client.client_id.clone();
            action = Some(Action::send(Write::Decide(Decision::Withdraw { client_id })));
        }
    });
    action
}

/// Of two records the members that differ.
fn differing(before: &Map<String, Value>, after: &Map<String, Value>) -> [Value; 2] {
    let only = |of: &Map<String, Value>, other: &Map<String, Value>| {
        let members = of.iter().filter(|(name, value)| other.get(*name) != Some(value));
        Value::Object(
            members
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    };
    [only(before, after), only(after, before)]
}
