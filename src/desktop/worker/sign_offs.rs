//! What reviewers decide in a window that may not change the registry: it is kept in a file of its own, and read together with
//! what the registry says.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;

use super::{Decision, Opening, ReplyBody, Trouble};
use crate::audit::{Approval, SignOffs};
use crate::client::ClientId;
use crate::registry::{Act, Client, Registry, RegistryError};
use crate::reporting::{SignOffTrouble, change_sign_offs, read_sign_offs, sign_offs_beside, stamp};

impl Opening {
    /// Where decisions are kept that do not go into the registry.
    pub(super) fn sign_offs(&self) -> Option<PathBuf> {
        let beside = || sign_offs_beside(&self.path);
        self.read_only
            .then(|| self.sign_offs.clone().unwrap_or_else(beside))
    }
}

/// The sign-offs of the file, as they were read last.
#[derive(Default)]
pub(super) struct KeptSignOffs {
    place: Option<PathBuf>,
    seen: Option<Option<(SystemTime, u64)>>,
    pub read: Arc<SignOffs>,
    /// What in the file makes no sense, a sentence each.
    pub troubles: Vec<String>,
}

impl KeptSignOffs {
    pub(super) fn of(opening: &Opening) -> Self {
        Self {
            place: opening.sign_offs(),
            ..Self::default()
        }
    }

    /// Whether the file is another one than it was when this was asked last.
    pub(super) fn is_other(&mut self) -> bool {
        let Some(place) = &self.place else { return false };
        let now = stamp(place);
        let before = self.seen.replace(now);
        before.is_some_and(|before| before != now)
    }

    /// Reads the file where it is another one than before. Returns the clients about which it says something else.
    pub(super) fn look(&mut self, registry: &Registry, now: Timestamp) -> Vec<ClientId> {
        let Some(place) = &self.place else {
            return Vec::new();
        };
        let found = stamp(place);
        if self.seen.replace(found) == Some(found) {
            return Vec::new();
        }
        let read = match read_sign_offs(place, registry.identifier(), now) {
            Ok(read) => read.unwrap_or_default(),
            Err(trouble) => (
                SignOffs::default(),
                vec![format!("{trouble}. {}", trouble.advice())],
            ),
        };
        let before = std::mem::replace(&mut self.read, Arc::new(read.0));
        self.troubles = read.1;
        before.differing(&self.read)
    }

    /// Adds them to what the registry answered.
    pub(super) fn add_to(&mut self, body: &mut ReplyBody, registry: &Registry) {
        if self.place.is_none() {
            return;
        }
        self.look(registry, Timestamp::now());
        // Of the accepted risks the audit tells.
        let mut none = Vec::new();
        match body {
            ReplyBody::Approval(client_id, approval) => {
                let mut added = approval.take().map(|approval| *approval);
                self.read.add_to(client_id, &mut added, &mut none);
                *approval = added.map(Box::new);
            }
            ReplyBody::Beside(beside) => {
                if let Some(client) = &beside.client {
                    self.read
                        .add_to(&client.client_id, &mut beside.approval, &mut none);
                }
            }
            _ => {}
        }
    }
}

/// Why a decision was not kept in the file.
enum NotKept {
    Told(Trouble),
    /// Somebody changed the client meanwhile.
    Overtaken(Box<Client>),
}

impl From<SignOffTrouble> for NotKept {
    fn from(trouble: SignOffTrouble) -> Self {
        Self::Told(Trouble {
            what: trouble.to_string(),
            advice: trouble.advice(),
        })
    }
}

impl From<RegistryError> for NotKept {
    fn from(error: RegistryError) -> Self {
        Self::Told(error.into())
    }
}

/// Keeps a decision in the file.
pub(super) fn keep(registry: &Registry, opening: &Opening, decision: Decision, by: String) -> ReplyBody {
    let Some(place) = opening.sign_offs() else {
        return RegistryError::OpenReadOnly.into();
    };
    let act = Act {
        by,
        at: Timestamp::now(),
    };
    let decision = decision.by(&act);
    let told = decision.told();
    let kept = change_sign_offs(&place, registry.identifier(), act.at, |sign_offs| {
        decide(registry, sign_offs, decision, &act)
    });
    match kept {
        Ok(()) => ReplyBody::Done(format!("{told}. It is kept in {}", place.display())),
        Err(NotKept::Overtaken(theirs)) => ReplyBody::ApprovalOvertaken(theirs),
        Err(NotKept::Told(trouble)) => ReplyBody::Failed(trouble),
    }
}

fn decide(
    registry: &Registry,
    sign_offs: &mut SignOffs,
    decision: Decision,
    act: &Act,
) -> Result<(), NotKept> {
    let client_id = decision.client_id().clone();
    let Some(client) = registry.client(&client_id)? else {
        let name = client_id.to_string();
        return Err(RegistryError::NotFound { what: "client", name }.into());
    };
    match decision {
        Decision::Accept { acceptance, .. } => sign_offs.accept(&client_id, acceptance),
        Decision::Approve { version, .. } if client.version != version => {
            return Err(NotKept::Overtaken(Box::new(client)));
        }
        Decision::Approve { version, .. } => {
            sign_offs.approve(&client_id, Approval::of(&client.draft, version, &act.by, act.at));
        }
        Decision::End { acceptance, .. } if !sign_offs.end(&client_id, &acceptance) => {
            return Err(elsewhere("This risk was accepted in the registry itself"));
        }
        Decision::Withdraw { .. } if !sign_offs.withdraw(&client_id) => {
            return Err(elsewhere("This client was approved in the registry itself"));
        }
        Decision::End { .. } | Decision::Withdraw { .. } => {}
    }
    Ok(())
}

/// What stands in the registry is taken back there.
fn elsewhere(what: &str) -> NotKept {
    NotKept::Told(Trouble {
        what: what.to_owned(),
        advice: "Take it back in a window that may change the registry: open it without --read-only"
            .to_owned(),
    })
}
