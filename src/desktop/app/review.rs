//! What reviewers decide, and what comes of it.

use super::App;
use crate::desktop::dialogs::Dialog;
use crate::desktop::screens::Rights;
use crate::desktop::style::Tone;
use crate::desktop::worker::{Decision, Write};
use crate::registry::Client;

impl App {
    /// What this window may do to the registry.
    pub(super) fn rights(&self) -> Rights {
        Rights {
            change: self.is_writable(),
            decide: self.can_decide(),
        }
    }

    /// Whether risks can be accepted and clients approved: there is a place to keep that.
    pub(super) fn can_decide(&self) -> bool {
        self.is_writable()
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

    /// A client was to be signed off that is no longer what was looked at: both versions, and the choice.
    pub(super) fn take_unapproved(&mut self, theirs: Client) {
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
