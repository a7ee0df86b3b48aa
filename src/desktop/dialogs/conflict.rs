//! Two people changed one client: both versions, field by field, and a way out that loses neither unseen.

use eframe::egui::{Grid, Ui};
use serde_json::Value;

use crate::client::ClientDraft;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::Write;
use crate::registry::Client;

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
    Grid::new("conflict")
        .num_columns(3)
        .spacing([space::L, space::S])
        .show(ui, |ui| {
            for head in ["Field", "Yours", "In the registry"] {
                style::label(ui, head);
            }
            ui.end_row();
            for (field, mine, theirs) in differences {
                ui.label(style::mono(ui, field));
                for value in [mine, theirs] {
                    ui.add_sized(
                        [180.0, 18.0],
                        eframe::egui::Label::new(style::mono(ui, value)).wrap(),
                    );
                }
                ui.end_row();
            }
        });
    ui.add_space(space::M);
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
                }));
            }
        });
    });
    action
}

/// The fields in which two drafts differ, as they are kept.
fn differences(mine: &ClientDraft, theirs: &ClientDraft) -> Vec<(String, String, String)> {
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
