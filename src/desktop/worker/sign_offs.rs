//! What reviewers decide in a window that may not change the registry: it is kept in a file of its own, and read together with
//! what the registry says.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;

use super::aside::file;
use super::{Decision, Opening, ReplyBody, Trouble, Write, write};
use crate::audit::{Approval, SignOffs};
use crate::client::ClientId;
use crate::registry::{Act, Client, Registry, RegistryError};
use crate::reporting::{SignOffTrouble, change_sign_offs, read_sign_offs, sign_offs_beside, stamp};

/// The file that somebody named for decisions; none: one beside the registry. All copies are of one place: every thread
/// goes along where another one is named.
#[derive(Clone, Debug, Default)]
pub struct SignOffPlace(Arc<Mutex<Option<PathBuf>>>);

impl From<Option<PathBuf>> for SignOffPlace {
    fn from(place: Option<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(place)))
    }
}

impl SignOffPlace {
    fn is(&self) -> Option<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, place: PathBuf) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }
}

impl Opening {
    /// Where decisions are kept that do not go into the registry.
    pub(super) fn sign_offs(&self) -> Option<PathBuf> {
        let beside = || sign_offs_beside(&self.path);
        self.read_only.then(|| self.sign_offs.is().unwrap_or_else(beside))
    }
}

/// A file, and by what it is told from what it was before; none where it is not there.
type Seen = (PathBuf, Option<(SystemTime, u64)>);

/// The sign-offs of the file, as they were read last.
#[derive(Default)]
pub(super) struct KeptSignOffs {
    opening: Option<Opening>,
    seen: Option<Seen>,
    pub read: Arc<SignOffs>,
    /// What in the file makes no sense, a sentence each.
    pub troubles: Vec<String>,
}

impl KeptSignOffs {
    pub(super) fn of(opening: &Opening) -> Self {
        Self {
            opening: Some(opening.clone()),
            ..Self::default()
        }
    }

    /// Whether the file is another one than it was when this was asked last.
    pub(super) fn is_other(&mut self) -> bool {
        let Some(now) = self.file() else { return false };
        let before = self.seen.replace(now);
        before.is_some_and(|before| self.seen != Some(before))
    }

    /// The file as it is now; none in a window that keeps what is decided in the registry.
    fn file(&self) -> Option<Seen> {
        let place = self.opening.as_ref()?.sign_offs()?;
        let stamp = stamp(&place);
        Some((place, stamp))
    }

    /// Reads the file where it is another one than before. Returns the clients about which it says something else.
    pub(super) fn look(&mut self, registry: &Registry, now: Timestamp) -> Vec<ClientId> {
        let Some(found) = self.file() else {
            return Vec::new();
        };
        if self.seen.as_ref() == Some(&found) {
            return Vec::new();
        }
        let (place, _) = self.seen.insert(found);
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
        if self.file().is_none() {
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
    /// The file is to blame.
    File(SignOffTrouble),
    /// Somebody changed the client meanwhile.
    Overtaken(Box<Client>),
}

impl From<SignOffTrouble> for NotKept {
    fn from(trouble: SignOffTrouble) -> Self {
        Self::File(trouble)
    }
}

impl From<RegistryError> for NotKept {
    fn from(error: RegistryError) -> Self {
        Self::Told(error.into())
    }
}

/// Carries a change out: decisions of a window that only looks go into the file.
pub(super) fn or_write(
    registry: &mut Registry,
    opening: &Opening,
    write: Write,
    by: String,
    tell: &mut dyn FnMut(ReplyBody),
) -> ReplyBody {
    match write {
        Write::Decide(decision) if opening.read_only => keep(registry, opening, decision, by),
        Write::KeepIn { place, decision } if opening.read_only => {
            keep_in(registry, opening, place, decision, by)
        }
        write => write::carry_out(registry, write, by, tell),
    }
}

/// Keeps a decision in the file. Where nothing can be written there, another place is asked for.
fn keep(registry: &Registry, opening: &Opening, decision: Decision, by: String) -> ReplyBody {
    let Some(place) = opening.sign_offs() else {
        return RegistryError::OpenReadOnly.into();
    };
    match kept(registry, &place, None, decision.clone(), by) {
        Ok(told) => told,
        Err(trouble @ SignOffTrouble::NotWritten { .. }) => ReplyBody::NotKept {
            decision: Box::new(decision),
            place: None,
            trouble: Trouble {
                what: trouble.to_string(),
                advice: "Nothing is decided yet. Name another file, in a folder that you may write to"
                    .to_owned(),
            },
        },
        Err(trouble) => ReplyBody::Failed(in_words(&trouble)),
    }
}

/// Keeps a decision in another file than before, and from then on all of them.
fn keep_in(
    registry: &Registry,
    opening: &Opening,
    typed: String,
    decision: Decision,
    by: String,
) -> ReplyBody {
    let kept = elsewhere_than(opening, &typed).and_then(|place| {
        let before = opening.sign_offs();
        let told = kept(registry, &place, before.as_deref(), decision.clone(), by);
        let told = told.map_err(|trouble| in_words(&trouble))?;
        // It is the place only once something is kept there.
        if matches!(told, ReplyBody::Done(_)) {
            opening.sign_offs.set(place);
        }
        Ok(told)
    });
    kept.unwrap_or_else(|trouble| ReplyBody::NotKept {
        decision: Box::new(decision),
        place: Some(typed),
        trouble,
    })
}

/// The file that was typed, which is none of the registry's own.
fn elsewhere_than(opening: &Opening, typed: &str) -> Result<PathBuf, Trouble> {
    let place = file::place(typed)?;
    if file::is_of_registry(&place, &opening.path) && place != sign_offs_beside(&opening.path) {
        return Err(Trouble {
            what: format!("{} belongs to the registry itself", place.display()),
            advice: "Choose another name".to_owned(),
        });
    }
    Ok(place)
}

fn in_words(trouble: &SignOffTrouble) -> Trouble {
    let advice = match trouble {
        SignOffTrouble::NotWritten { .. } => {
            "Nothing is decided yet. Name a file in a folder that you may write to".to_owned()
        }
        trouble => trouble.advice(),
    };
    Trouble {
        what: trouble.to_string(),
        advice,
    }
}

/// Keeps a decision in a file. One that is new begins with what the file says that is left for it.
fn kept(
    registry: &Registry,
    place: &Path,
    left: Option<&Path>,
    decision: Decision,
    by: String,
) -> Result<ReplyBody, SignOffTrouble> {
    let act = Act::new(by, Timestamp::now());
    let decision = decision.by(&act);
    let told = decision.told();
    let left = left.filter(|_| !place.exists());
    let kept = change_sign_offs(place, registry.identifier(), act.at, |sign_offs| {
        // What cannot be read there counted for nothing before.
        let before = left.map(|left| read_sign_offs(left, registry.identifier(), act.at));
        if let Some(Ok(Some((before, _)))) = before {
            *sign_offs = before;
        }
        decide(registry, sign_offs, decision, &act)
    });
    match kept {
        Ok(()) => Ok(ReplyBody::Done(format!(
            "{told}. It is kept in {}",
            place.display()
        ))),
        Err(NotKept::Overtaken(theirs)) => Ok(ReplyBody::ApprovalOvertaken(theirs)),
        Err(NotKept::Told(trouble)) => Ok(ReplyBody::Failed(trouble)),
        Err(NotKept::File(trouble)) => Err(trouble),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientKind, Status};

    #[test]
    fn a_new_file_begins_with_what_the_one_says_that_is_left_for_it_and_one_that_is_there_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = Timestamp::now();
        let registry = Registry::open(&folder.path().join("registry.chancery"), at).unwrap();
        let [one, two] = ["one", "two"].map(|name| ClientId::parse(name).unwrap());
        let act = Act::new("Ada Admin", at);
        for client_id in [&one, &two] {
            let draft = ClientKind::Service.preset();
            registry
                .import_client(client_id, &draft, Status::Active, &[], "elsewhere", &act)
                .unwrap();
        }
        let approved = |file: &Path, client_id: &ClientId| {
            let read = read_sign_offs(file, registry.identifier(), at).unwrap();
            let mut approval = None;
            read.unwrap().0.add_to(client_id, &mut approval, &mut Vec::new());
            approval.is_some()
        };
        let approve = |file: &Path, left: Option<&Path>, client_id: &ClientId| {
            let decision = Decision::Approve {
                client_id: client_id.clone(),
                version: 1,
            };
            let told = kept(&registry, file, left, decision, "Rita Reviewer".to_owned()).unwrap();
            assert!(matches!(told, ReplyBody::Done(_)), "{told:?}");
        };
        let [left, new, there] = ["left", "new", "there"].map(|name| folder.path().join(name));
        approve(&left, None, &one);
        approve(&new, Some(&left), &two);
        assert!(approved(&new, &one) && approved(&new, &two));
        assert!(!approved(&left, &two), "the old one stays as it is");
        approve(&there, None, &two);
        approve(&there, Some(&left), &two);
        assert!(!approved(&there, &one));
    }
}
