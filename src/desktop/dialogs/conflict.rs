//! Two people changed one client: both versions, field by field, and a way out that loses neither unseen.

use eframe::egui::{Align, Label, Layout, RichText, Stroke, Ui, vec2};
use serde_json::Value;

use crate::client::{ClientDraft, Status};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, palette, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{ClientAct, Write};
use crate::registry::Client;

/// The width of the fields' names.
const FIELD: f32 = 130.0;

/// Draws both versions.
pub fn conflict_ui(ui: &mut Ui, mine: &ClientDraft, theirs: &Client) -> Option<Action> {
    let when = time::moment(theirs.updated_at);
    let text = format!(
        "{} was saved elsewhere on {when}, after you opened it. Nothing of yours has been saved yet.",
        theirs.draft.name
    );
    ui.label(style::second(ui, text));
    ui.add_space(space::S);
    let differences = differences(mine, &theirs.draft);
    if differences.is_empty() {
        ui.label(style::second(ui, "Both versions say the same."));
    }
    versions_ui(ui, "Yours", differences);
    let mut action = None;
    ui.horizontal(|ui| {
        style::at_right(ui, |ui| {
            if style::primary_button(ui, "Keep editing mine", true).clicked() {
                action = Some(Action::CloseDialog);
            }
            if style::button(ui, "Take theirs").clicked() {
                action = Some(Action::Discard);
            }
            if style::danger_button(ui, "Save mine over theirs").clicked() {
                action = Some(Action::send(Write::Save {
                    client_id: theirs.client_id.clone(),
                    version: theirs.version,
                    draft: Box::new(mine.clone()),
                    first_secret: None,
                    restored_from: None,
                }));
            }
        });
    });
    action
}

/// Draws what was seen and what it is now, where something else than a save was to be done.
pub fn overtaken_ui(ui: &mut Ui, act: ClientAct, seen: &Client, theirs: &Client) -> Option<Action> {
    let when = time::moment(theirs.updated_at);
    let name = &theirs.draft.name;
    let text = format!(
        "{name} was changed elsewhere on {when}, after you opened it. It has not been {}.",
        act.done()
    );
    ui.label(style::second(ui, text));
    ui.add_space(space::S);
    let mut differences = differences(&seen.draft, &theirs.draft);
    let status = [seen, theirs].map(|client| client.status.as_str().to_owned());
    let [secrets_seen, secrets_now] = [seen, theirs].map(|client| {
        let live = client.live_secrets(theirs.updated_at).count();
        format!("{live} live")
    });
    let [status_seen, status_now] = status;
    let further = [
        ("status", status_seen, status_now),
        ("secrets", secrets_seen, secrets_now),
    ];
    let differing = further.into_iter().filter(|(_, seen, now)| seen != now);
    differences.extend(differing.map(|(field, seen, now)| (field.to_owned(), seen, now)));
    if differences.is_empty() {
        ui.label(style::second(
            ui,
            "Both versions say the same: it was changed, and changed back.",
        ));
    }
    versions_ui(ui, "As you saw it", differences);
    let (button, is_so) = match act {
        ClientAct::Enable => ("Enable anyway", theirs.status == Status::Active),
        ClientAct::Disable => ("Disable anyway", theirs.status == Status::Disabled),
        ClientAct::Delete => ("Delete anyway", false),
    };
    let mut action = None;
    ui.horizontal(|ui| {
        style::at_right(ui, |ui| {
            if style::primary_button(ui, "Keep as it is", true).clicked() {
                action = Some(Action::CloseDialog);
            }
            if !is_so && style::danger_button(ui, button).clicked() {
                let seen = Box::new(theirs.clone());
                action = Some(Action::send(Write::Act { act, seen }));
            }
        });
    });
    action
}

/// Two versions side by side, in the fields in which they differ.
pub(super) fn versions_ui(ui: &mut Ui, first: &str, differences: Vec<(String, String, String)>) {
    if !differences.is_empty() {
        let heads = ["Field", first, "In the registry"];
        row_ui(ui, heads.map(|head| style::label_text(ui, head)));
        for (field, first, second) in differences {
            let line = ui.available_rect_before_wrap();
            let stroke = Stroke::new(1.0, palette(ui).row_line);
            ui.painter().hline(line.x_range(), line.top(), stroke);
            ui.add_space(space::XS);
            let field = style::mono(ui, field).color(palette(ui).second);
            let [first, second] = [first, second].map(|value| style::mono(ui, value));
            row_ui(ui, [field, first, second]);
        }
    }
    ui.add_space(space::M);
}

/// One field: its name, and under each other's head its values, wrapped and aligned at the top.
fn row_ui(ui: &mut Ui, texts: [RichText; 3]) {
    let values = (ui.available_width() - FIELD - 2.0 * space::L) / 2.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        for (text, width) in texts.into_iter().zip([FIELD, values, values]) {
            ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                ui.add(Label::new(text).wrap());
            });
        }
    });
}

/// The fields in which two drafts differ, as they are kept.
pub(super) fn differences(mine: &ClientDraft, theirs: &ClientDraft) -> Vec<(String, String, String)> {
    let (Ok(Value::Object(mine)), Ok(Value::Object(theirs))) =
        (serde_json::to_value(mine), serde_json::to_value(theirs))
    else {
        return Vec::new();
    };
    let mut fields: Vec<&String> = mine.keys().chain(theirs.keys()).collect();
    fields.sort();
    fields.dedup();
    let differing = fields
        .into_iter()
        .filter(|field| mine.get(*field) != theirs.get(*field));
    differing
        .map(|field| (field.clone(), shown(mine.get(field)), shown(theirs.get(field))))
        .collect()
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => values
            .iter()
            .map(|value| shown(Some(value)))
            .collect::<Vec<_>>()
            .join("\n"),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fields_that_differ_are_shown() {
        let theirs = ClientDraft {
            name: "A".to_owned(),
            ..ClientDraft::default()
        };
        let mine = ClientDraft {
            scopes: vec!["openid".to_owned(), "email".to_owned()],
            ..theirs.clone()
        };
        assert_eq!(
            differences(&mine, &theirs),
            [("scopes".to_owned(), "openid\nemail".to_owned(), String::new())]
        );
    }
}
