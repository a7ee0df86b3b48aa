//! How the rules of the audit are set: every form speaks by it. And what the Review screen asked for beside the audit.

use std::sync::Arc;

use super::App;
use crate::audit::Settings;
use crate::desktop::dialogs::Dialog;
use crate::desktop::worker::{AuditRules, Read, ReplyBody, Trouble};

impl App {
    /// Asks how the rules are set now.
    pub(super) fn ask_for_rules(&mut self) {
        self.rules_asked = Some(self.send(Read::AuditSettings));
    }

    /// Has whatever judges a registration in the making go by the rules as they are set.
    pub(super) fn speak_by_rules(&mut self) {
        if let Some(screen) = &mut self.new_client {
            screen.form.go_by(&self.rules, None);
        }
        if let Some(detail) = &mut self.clients.detail {
            detail.form.go_by(&self.rules, Some(&detail.client.client_id));
        }
        if let Some(Dialog::Document(dialog)) = &mut self.dialog {
            dialog.go_by(&self.rules);
        }
    }

    /// Takes in what the tabs beside the findings asked for, and how the rules are set.
    pub(super) fn take_of_rules(&mut self, number: u64, body: ReplyBody) {
        match body {
            ReplyBody::AuditSettings(rules) => self.take_rules(number, rules),
            ReplyBody::Endings(endings) => self.review.take_endings(number, endings),
            ReplyBody::FindingCounts(counts) => self.review.take_counts(number, counts),
            ReplyBody::FileRead(read) => self.take_settings_file(number, read),
            _ => {}
        }
    }

    fn take_rules(&mut self, number: u64, rules: Arc<AuditRules>) {
        if self.rules_asked.take_if(|asked| *asked == number).is_none() {
            return;
        }
        // The same settings are no reason to judge again what is being filled in.
        if self.rules != rules {
            self.rules = rules;
        }
        self.review.take_rules(&self.rules);
    }

    /// Takes in a file of settings: what can be used of it goes into the rules, to be saved or not.
    fn take_settings_file(&mut self, number: u64, read: Result<String, Trouble>) {
        let Some(Dialog::ImportSettings(dialog)) = &mut self.dialog else {
            return;
        };
        if !dialog.is_asked(number) {
            return;
        }
        let settings = read.and_then(|text| {
            Settings::read(&text).map_err(|none| Trouble {
                what: none.to_string(),
                advice: "Choose another file, or have the program that wrote it write it again".to_owned(),
            })
        });
        match settings {
            Ok((settings, troubles)) => {
                self.dialog = None;
                self.review.import_rules(settings, troubles);
            }
            Err(trouble) => dialog.fail(trouble),
        }
    }
}
