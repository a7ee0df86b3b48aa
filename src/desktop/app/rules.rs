//! How the rules of the audit are set: every form speaks by it. And what the Review screen asked for beside the audit.

use std::sync::Arc;

use super::{App, RegistryState};
use crate::audit::Settings;
use crate::desktop::dialogs::{ApplySignOffsDialog, Dialog, sign_offs_told};
use crate::desktop::style::Tone;
use crate::desktop::worker::{AppliedFile, AuditRules, Read, ReplyBody, Trouble};
use crate::reporting::sign_offs_beside;

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
            ReplyBody::SignOffs(came) => self.take_sign_offs(number, came),
            ReplyBody::FileRead(read) => self.take_settings_file(number, read),
            _ => {}
        }
    }

    /// Takes in what came of a file of sign-offs. Where nobody waits for it any more, it is told in a line.
    fn take_sign_offs(&mut self, number: u64, came: Result<Box<AppliedFile>, Trouble>) {
        let written = came
            .as_ref()
            .ok()
            .filter(|came| came.written)
            .map(|came| (sign_offs_told(came), came.not_taken() == 0));
        let is_shown = match &mut self.dialog {
            Some(Dialog::ApplySignOffs(dialog)) => dialog.take(number, came),
            _ => false,
        };
        if let Some((told, whole)) = written {
            self.refresh_all();
            if !is_shown {
                let tone = if whole { Tone::Good } else { Tone::Warning };
                self.say(format!("Sign-offs: {told}"), tone);
            }
        }
    }

    /// Asks which file of sign-offs is to be taken over: at first the one beside the registry.
    pub(super) fn ask_for_sign_offs(&mut self) {
        let beside = match &self.registry {
            RegistryState::Open { path, .. } => sign_offs_beside(path),
            _ => return,
        };
        self.dialog = Some(Dialog::ApplySignOffs(Box::new(ApplySignOffsDialog::new(&beside))));
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
