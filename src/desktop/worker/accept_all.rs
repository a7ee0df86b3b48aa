//! Takes the risks of many findings at once, for one reason and until one day: in one transaction, each with its own row in
//! the history.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Found, ReplyBody, Stop};
use crate::audit::Acceptance;
use crate::desktop::screens::clients::grouped;
use crate::registry::{Act, Registry, RegistryError};

/// How often it is told how many are done.
const TELL: Duration = Duration::from_millis(100);

/// Risks to be taken together.
#[derive(Debug)]
pub struct AcceptAll {
    /// The findings, as they were looked at.
    pub found: Vec<Found>,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: Timestamp,
    /// The wish to stop. Nothing is kept then.
    pub stop: Stop,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllAccepted {
    /// Until when.
    pub until: Timestamp,
    /// How many risks are taken.
    pub accepted: usize,
    /// How many are left open, since their clients were changed or deleted after they were looked at.
    pub left: usize,
}

impl AllAccepted {
    /// In words: `12 risks are accepted until 2027-02-26`.
    pub fn told(&self) -> String {
        let (plural, are) = if self.accepted == 1 {
            ("", "is")
        } else {
            ("s", "are")
        };
        let until = self.until.strftime("%Y-%m-%d");
        let accepted = grouped(self.accepted as u64);
        let told = format!("{accepted} risk{plural} {are} accepted until {until}");
        match self.left {
            0 => told,
            left => format!(
                "{told}. {} left open: changed or deleted elsewhere",
                grouped(left as u64)
            ),
        }
    }
}

/// Why nothing was kept.
enum Halt {
    Stopped,
    Trouble(RegistryError),
}

impl From<RegistryError> for Halt {
    fn from(error: RegistryError) -> Self {
        Self::Trouble(error)
    }
}

/// Takes all of them, or none where it is stopped or fails. `tell` learns now and then how many are done.
pub(super) fn carry_out(
    registry: &Registry,
    wish: &AcceptAll,
    act: &Act,
    tell: &mut dyn FnMut(usize),
) -> Result<ReplyBody, RegistryError> {
    let mut told_at = Instant::now();
    let kept = registry.in_one_commit(|registry| {
        let mut result = AllAccepted {
            until: wish.until,
            accepted: 0,
            left: 0,
        };
        for (number, found) in wish.found.iter().enumerate() {
            if wish.stop.is_asked() {
                return Err(Halt::Stopped);
            }
            if told_at.elapsed() >= TELL {
                told_at = Instant::now();
                tell(number);
            }
            if accept(registry, found, wish, act)? {
                result.accepted += 1;
            } else {
                result.left += 1;
            }
        }
        Ok(result)
    });
    match kept {
        Ok(result) => Ok(ReplyBody::AllAccepted(Some(result))),
        Err(Halt::Stopped) => Ok(ReplyBody::AllAccepted(None)),
        Err(Halt::Trouble(error)) => Err(error),
    }
}

/// Takes one, unless its client is no longer the one that was looked at.
fn accept(registry: &Registry, found: &Found, wish: &AcceptAll, act: &Act) -> Result<bool, RegistryError> {
    let client_id = &found.client.client_id;
    let client = registry.client(client_id)?;
    let Some(client) = client.filter(|client| client.version == found.client.version) else {
        return Ok(false);
    };
    let (finding, draft) = (found.finding(), &client.draft);
    let acceptance = Acceptance::of(finding, draft, &wish.reason, &act.by, act.at, wish.until)
        .map_err(|error| RegistryError::Unfit(error.to_string()))?;
    registry.accept_risk(client_id, &acceptance, act)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientDraft, ClientId, ClientKind, Status};
    use crate::desktop::worker::review::Reviewer;

    #[test]
    fn all_are_accepted_or_none_and_what_changed_meanwhile_stays_open() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::open(&folder.path().join("registry.chancery"), Timestamp::now()).unwrap();
        let act = Act::new("Ada Admin", Timestamp::now());
        let ids = ["one", "two", "three"].map(|name| ClientId::parse(name).unwrap());
        let draft = ClientDraft {
            name: "Billing".to_owned(),
            ..ClientKind::Service.preset()
        };
        for client_id in &ids {
            registry
                .import_client(client_id, &draft, Status::Active, &[], "test", &act)
                .unwrap();
        }
        let review = Reviewer::default().review(&registry, false, act.at).unwrap();
        let is_wanted = |found: &&Found| found.finding().rule.id() == "owner-missing";
        let wish = AcceptAll {
            found: review.findings.iter().filter(is_wanted).cloned().collect(),
            reason: "A pilot".to_owned(),
            until: act.at + jiff::SignedDuration::from_hours(24),
            stop: Stop::default(),
        };
        let accepted = || {
            let kept = ids.iter().map(|id| registry.acceptances(id).unwrap().len());
            kept.collect::<Vec<usize>>()
        };
        let stopped = AcceptAll {
            found: wish.found.clone(),
            reason: wish.reason.clone(),
            stop: Stop::default(),
            ..wish
        };
        // The wish comes when the first one is done.
        let stop = stopped.stop.clone();
        let held = registry.in_one_commit(|registry| {
            accept(registry, &stopped.found[0], &stopped, &act)?;
            stop.ask();
            match carry_out(registry, &stopped, &act, &mut |_| ())? {
                ReplyBody::AllAccepted(None) => Err(RegistryError::Unfit("stopped".to_owned())),
                other => panic!("{other:?}"),
            }
        });
        let held: Result<(), RegistryError> = held;
        assert!(held.is_err());
        assert_eq!(accepted(), [0, 0, 0]);
        let version = registry.client(&ids[1]).unwrap().unwrap().version;
        registry
            .set_status(&ids[1], version, Status::Disabled, &act)
            .unwrap();
        let told = carry_out(&registry, &wish, &act, &mut |_| ()).unwrap();
        let ReplyBody::AllAccepted(Some(result)) = told else {
            panic!("{told:?}");
        };
        assert_eq!((result.accepted, result.left), (2, 1));
        assert_eq!(accepted(), [1, 0, 1]);
        assert!(result.told().starts_with("2 risks are accepted until "));
        assert!(registry.verify_chain().unwrap().broken_at.is_none());
    }
}
