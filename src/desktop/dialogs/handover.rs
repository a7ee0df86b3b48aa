//! The handover sheet, and configuration for the frameworks that a client's developers use.

use eframe::egui::{Label, Ui};

use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, tokens::space};
use crate::interchange::handover::{Endpoints, HandedFile, Handover, Target, hand_over};
use crate::registry::Client;

/// The dialog.
pub struct HandoverDialog {
    client: Box<Client>,
    endpoints: Endpoints,
    target: Target,
    handover: Handover,
}

impl HandoverDialog {
    /// Shows the sheet of a client that is to use these endpoints.
    pub fn new(client: Client, endpoints: Endpoints) -> Self {
        let target = Target::Sheet;
        let handover = hand_over(target, &client.client_id, &client.draft, &endpoints);
        Self {
            client: Box::new(client),
            endpoints,
            target,
            handover,
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let name = &self.client.draft.name;
        let text = format!(
            "What the developers of {name} need. The secret is in none of it: hand that over by itself."
        );
        ui.label(style::second(ui, text));
        ui.add_space(space::S);
        self.target_ui(ui);
        if !self.handover.remarks.is_empty() {
            style::card(ui, Tone::Warning, |ui| {
                for remark in &self.handover.remarks {
                    ui.add(Label::new(style::second(ui, remark)).wrap());
                }
            });
        }
        let several = self.handover.files.len() > 1;
        let mut copied = None;
        for file in &self.handover.files {
            copied = copied.or(file_ui(ui, file, several));
        }
        ui.add_space(space::M);
        let close = style::row_at_right(ui, |ui| style::button(ui, "Close").clicked());
        copied.or(close.then_some(Action::CloseDialog))
    }

    fn target_ui(&mut self, ui: &mut Ui) {
        let before = self.target;
        style::field_label(ui, "Written for");
        style::combo("Written for", 260.0, before.label()).show_ui(ui, |ui| {
            for target in Target::ALL {
                style::choice_value(ui, &mut self.target, *target, target.label());
            }
        });
        if self.target != before {
            let client = &self.client;
            self.handover = hand_over(self.target, &client.client_id, &client.draft, &self.endpoints);
        }
    }
}

/// A file under its name, with the button that copies it.
fn file_ui(ui: &mut Ui, file: &HandedFile, several: bool) -> Option<Action> {
    ui.add_space(space::S);
    let copy = ui.horizontal(|ui| {
        ui.label(style::mono(ui, file.name));
        style::at_right(ui, |ui| {
            let button = style::button(ui, "Copy");
            if several {
                button.accessible_name(format!("Copy {}", file.name))
            } else {
                button
            }
        })
    });
    style::code_block(ui, |ui| {
        ui.add(
            Label::new(style::mono(ui, file.text.as_str()))
                .wrap()
                .selectable(true),
        );
    });
    copy.inner.clicked().then(|| Action::CopyText(file.text.clone()))
}
