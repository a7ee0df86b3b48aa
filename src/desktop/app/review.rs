//! What reviewers decide, and what comes of it.

use eframe::egui::Context;

use super::{App, RegistryState};
use crate::desktop::dialogs::{Dialog, FixDialog, KeepElsewhereDialog};
use crate::desktop::screens::{Rights, Screen};
use crate::desktop::style::Tone;
use crate::desktop::worker::{AllAccepted, Decision, ReplyBody, Trouble, Workers, Write};
use crate::registry::Client;
use crate::reporting::sign_offs_beside;

impl App {
    /// What this window may do to the registry.
    pub(super) fn rights(&self) -> Rights {
        Rights {
            change: self.is_writable(),
            decide: self.can_decide(),
        }
    }

    /// Whether risks can be accepted and clients approved: in the registry, or in a file of their own where that is only
    /// looked at.
    pub(super) fn can_decide(&self) -> bool {
        matches!(self.registry, RegistryState::Open { .. })
    }

    /// Signs a client off, after asking where findings on it that are more than remarks stay open.
    pub(super) fn ask_to_approve(&mut self, client: Client) {
        let open = self.review.open_of(&client, &self.rules.settings);
        if open.iter().sum::<usize>() == 0 {
            return self.approve(client);
        }
        let client = Box::new(client);
        self.dialog = Some(Dialog::ApproveDespite { client, open });
    }

    /// Signs a client off as it was looked at. That version is remembered, to be shown beside another one that somebody made
    /// meanwhile.
    pub(super) fn approve(&mut self, client: Client) {
        self.dialog = None;
        let decision = Decision::Approve {
            client_id: client.client_id.clone(),
            version: client.version,
        };
        self.approving = Some(Box::new(client));
        self.send(Write::Decide(decision));
    }

    /// Tells what came of the wish to take many risks.
    pub(super) fn take_all_accepted(&mut self, result: Option<AllAccepted>) {
        if matches!(self.dialog, Some(Dialog::AcceptAll(_))) {
            self.dialog = None;
        }
        match result {
            Some(result) if result.left == 0 => self.say(result.told(), Tone::Good),
            Some(result) => self.say(result.told(), Tone::Warning),
            None => self.say("Stopped: no risk was accepted".to_owned(), Tone::Warning),
        }
        // Whoever decided on so many wants to see what is left.
        self.review.rest_no_longer();
        self.refresh_all();
    }

    /// Asks where a report of what the audit finds is to be saved.
    pub(super) fn export_report(&mut self) {
        self.screen = Screen::Review;
        if let Some(workers) = &self.workers {
            let dialog = self.review.export(workers);
            self.dialog = Some(Dialog::SaveAs(Box::new(dialog)));
        }
    }

    /// Takes in what the Review screen asked for, and what came of it.
    pub(super) fn take_of_review(&mut self, ctx: &Context, number: u64, body: ReplyBody) {
        match body {
            ReplyBody::Reviewed(review) => {
                // What is open today is written down for the plot, where anything can be.
                if let Some(count) = self.review.take(number, review)
                    && self.is_writable()
                {
                    self.send(Write::CountFindings(count));
                }
                if self.review.begins_to_verify()
                    && let Some(workers) = &mut self.workers
                {
                    self.history.verify(ctx, workers, false);
                }
            }
            ReplyBody::Findings(view) => self.review.take_view(number, view),
            ReplyBody::Owners(owners) => self.review.take_owners(number, owners),
            ReplyBody::Beside(beside) => self.review.take_beside(number, *beside),
            ReplyBody::ReviewFilters(filters) => self.review.take_filters(number, filters),
            ReplyBody::FindingsCounted(Err(trouble)) => {
                let text = format!(
                    "How many findings are open was not written down. {}. {}",
                    trouble.what, trouble.advice
                );
                self.say(text, Tone::Warning);
            }
            ReplyBody::Approval(client_id, approval) => {
                if let Some(detail) = &mut self.clients.detail
                    && detail.client.client_id == client_id
                {
                    detail.approval = Some(approval);
                }
            }
            ReplyBody::FixOvertaken { fixing, theirs } => {
                if matches!(self.dialog, Some(Dialog::Secret(_))) {
                    let text = format!("Somebody else changed {}; nothing was fixed", theirs.draft.name);
                    self.say(text, Tone::Warning);
                } else {
                    let dialog = FixDialog::overtaken(*fixing, *theirs);
                    self.dialog = Some(Dialog::Fix(Box::new(dialog)));
                }
                self.refresh_all();
            }
            ReplyBody::NotKept {
                decision,
                place,
                trouble,
            } => self.take_not_kept(*decision, place, trouble),
            ReplyBody::ApprovalOvertaken(theirs) => self.take_unapproved(*theirs),
            _ => {}
        }
    }

    /// A decision waits for a place where it can be kept: the one that was typed, or else one among the person's documents.
    fn take_not_kept(&mut self, decision: Decision, place: Option<String>, trouble: Trouble) {
        let RegistryState::Open { path, .. } = &self.registry else {
            return;
        };
        let usual = || {
            let folder = self.workers.as_ref().map(Workers::usual_folder);
            let name = sign_offs_beside(path);
            let name = name.file_name().unwrap_or_default();
            folder.unwrap_or(path).join(name).display().to_string()
        };
        let dialog = match place {
            Some(typed) => KeepElsewhereDialog::again(decision, typed, trouble),
            None => KeepElsewhereDialog::new(decision, usual(), trouble),
        };
        self.dialog = Some(Dialog::KeepElsewhere(Box::new(dialog)));
    }

    /// A client was to be signed off that is no longer what was looked at: both versions, and the choice.
    fn take_unapproved(&mut self, theirs: Client) {
        let of_it = |seen: &mut Box<Client>| seen.client_id == theirs.client_id;
        let seen = self.approving.take_if(of_it);
        if matches!(self.dialog, Some(Dialog::Secret(_))) {
            let name = &theirs.draft.name;
            let text = format!("Somebody else changed {name}, so it was not approved");
            self.say(text, Tone::Warning);
        } else {
            let theirs = Box::new(theirs);
            self.dialog = Some(Dialog::Unapproved { seen, theirs });
        }
        self.refresh_all();
    }
}
