//! Taking what a reviewer decided in a file of sign-offs into the registry: each decision that still fits, as that reviewer's;
//! of the others why not.

use jiff::Timestamp;

use crate::audit::{Acceptance, Approval, AuditRule, Neighbours, Settings, SignOffs, judge};
use crate::client::ClientId;
use crate::registry::{Act, AuditRecord, Registry, RegistryError};

/// Clients whose decisions are committed together: others can write between two slices.
const SLICE: usize = 500;

/// A decision of the file, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// About which client.
    pub client_id: ClientId,
    /// Its name; none where it is gone.
    pub name: Option<String>,
    /// What was decided.
    pub decided: Decided,
    /// What came of it.
    pub came: Came,
}

/// What a reviewer decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decided {
    /// A client is signed off.
    Approved(Approval),
    /// A risk is accepted.
    Accepted(Acceptance),
}

impl Decided {
    /// Who decided it, as claimed.
    pub fn by(&self) -> &str {
        match self {
            Self::Approved(approval) => &approval.by,
            Self::Accepted(acceptance) => &acceptance.by,
        }
    }

    /// When.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Approved(approval) => approval.at,
            Self::Accepted(acceptance) => acceptance.at,
        }
    }

    /// What it is, in a few words: `approval of version 3`.
    pub fn what(&self) -> String {
        match self {
            Self::Approved(approval) => format!("approval of version {}", approval.version),
            Self::Accepted(Acceptance {
                rule, field, value, ..
            }) => match value {
                Some(value) => format!("accepted risk {rule} ({field}: {value})"),
                None => format!("accepted risk {rule} ({field})"),
            },
        }
    }
}

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It stands in the registry now, or would.
    Kept,
    /// It stood there already.
    Same,
    /// It was not taken.
    Not(NotTaken),
}

/// Why a decision was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Nobody can sign off what is not there.
    #[error("the client is gone")]
    Gone,
    /// What was approved is not what the client is.
    #[error("the client was changed since: {}", .0.join(", "))]
    Changed(Vec<String>),
    /// Somebody decided later.
    #[error("a newer decision stands in the registry, by {by} on {}", at.strftime("%Y-%m-%d"))]
    Newer {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// The acceptance covers nothing any more.
    #[error("its end is past")]
    Past,
    /// Another version of this program may have it.
    #[error("this version has no rule of that name")]
    NoRule,
    /// There is nothing to accept.
    #[error("the client has no such finding any more")]
    NoFinding,
    /// The finding is there, about something else.
    #[error("what the finding is about was changed since")]
    FindingChanged,
}

/// Takes decisions into the registry, or only says what would come of that, and tells of each. One that is taken is written
/// whole, with its row in the history; one that is not leaves everything as it is.
///
/// # Errors
/// [`RegistryError`] when the registry cannot be read or written. What was told until then of a slice that was not committed is
/// not so.
pub fn apply(
    registry: &Registry,
    sign_offs: &SignOffs,
    act: &Act,
    write: bool,
) -> Result<Vec<Applied>, RegistryError> {
    if write && registry.is_read_only() {
        return Err(RegistryError::OpenReadOnly);
    }
    let decisions: Vec<_> = sign_offs.decisions().collect();
    let has_acceptances = decisions
        .iter()
        .any(|(_, _, acceptances)| !acceptances.is_empty());
    let mut applying = Applying {
        registry,
        sign_offs,
        act,
        write,
        settings: registry.audit_settings()?.0,
        neighbours: Neighbours::default(),
        told: Vec::new(),
    };
    if has_acceptances {
        applying.meet_neighbours()?;
    }
    for slice in decisions.chunks(SLICE) {
        let mut each = |_: &Registry| {
            for (client_id, approval, acceptances) in slice {
                applying.client(client_id, *approval, acceptances)?;
            }
            Ok::<(), RegistryError>(())
        };
        if write {
            registry.in_one_commit(&mut each)?;
        } else {
            registry.in_one_state(&mut each)?;
        }
    }
    Ok(applying.told)
}

struct Applying<'a> {
    registry: &'a Registry,
    sign_offs: &'a SignOffs,
    act: &'a Act,
    write: bool,
    settings: Settings,
    neighbours: Neighbours,
    told: Vec<Applied>,
}

impl Applying<'_> {
    fn meet_neighbours(&mut self) -> Result<(), RegistryError> {
        let neighbours = &mut self.neighbours;
        self.registry.each_address(|client_id, draft| {
            neighbours.set(client_id, draft);
        })?;
        for user in self.registry.users()? {
            neighbours.add_user(user.name.as_str());
        }
        Ok(())
    }

    /// Risks come first: a sign-off ends findings that say that the client was changed.
    fn client(
        &mut self,
        client_id: &ClientId,
        approval: Option<&Approval>,
        acceptances: &[Acceptance],
    ) -> Result<(), RegistryError> {
        let record = self.registry.audit_record(client_id)?;
        for acceptance in acceptances {
            let came = match &record {
                None => Came::Not(NotTaken::Gone),
                Some(record) => self.judge_acceptance(record, acceptance),
            };
            if self.write && came == Came::Kept {
                self.registry.take_acceptance(client_id, acceptance, self.act)?;
            }
            let decided = Decided::Accepted(acceptance.clone());
            self.tell(client_id, record.as_ref(), decided, came);
        }
        if let Some(approval) = approval {
            let came = match &record {
                None => Came::Not(NotTaken::Gone),
                Some(record) => judge_approval(record, approval),
            };
            if self.write && came == Came::Kept {
                self.registry.take_approval(client_id, approval, self.act)?;
            }
            let decided = Decided::Approved(approval.clone());
            self.tell(client_id, record.as_ref(), decided, came);
        }
        Ok(())
    }

    fn tell(&mut self, client_id: &ClientId, record: Option<&AuditRecord>, decided: Decided, came: Came) {
        self.told.push(Applied {
            client_id: client_id.clone(),
            name: record.map(|record| record.draft.name.clone()),
            decided,
            came,
        });
    }

    /// A risk is taken while its finding is there, about what it was about, as the reviewer sees it.
    fn judge_acceptance(&self, record: &AuditRecord, here: &Acceptance) -> Came {
        let same = |there: &&Acceptance| {
            (&there.rule, &there.field, &there.value) == (&here.rule, &here.field, &here.value)
        };
        if let Some(there) = record.acceptances.iter().find(same) {
            if is_equal(there, here) {
                return Came::Same;
            }
            if there.at >= here.at {
                return newer(&there.by, there.at);
            }
        }
        if here.until <= self.act.at {
            return Came::Not(NotTaken::Past);
        }
        if AuditRule::parse(&here.rule).is_none() {
            return Came::Not(NotTaken::NoRule);
        }
        let mut seen = record.clone();
        seen.add(self.sign_offs);
        let findings = judge(&seen.facts(), &self.neighbours, &self.settings, self.act.at);
        let covers = |finding| here.covers(finding, &record.draft, self.act.at);
        if findings.iter().any(covers) {
            Came::Kept
        } else if findings.iter().any(|finding| here.is_about(finding)) {
            Came::Not(NotTaken::FindingChanged)
        } else {
            Came::Not(NotTaken::NoFinding)
        }
    }
}

/// A sign-off is taken while the client still is what was approved, whatever of it is for people only.
fn judge_approval(record: &AuditRecord, here: &Approval) -> Came {
    if let Some(there) = &record.approval {
        if there.approved == here.approved
            && there.by == here.by
            && there.at.as_microsecond() == here.at.as_microsecond()
        {
            return Came::Same;
        }
        if there.at >= here.at {
            return newer(&there.by, there.at);
        }
    }
    let differing = here.differing(&record.draft);
    if differing.is_empty() {
        Came::Kept
    } else {
        let names = differing.into_iter().map(str::to_owned);
        Came::Not(NotTaken::Changed(names.collect()))
    }
}

fn newer(by: &str, at: Timestamp) -> Came {
    let by = by.to_owned();
    Came::Not(NotTaken::Newer { by, at })
}

/// The registry keeps times less finely than a file.
fn is_equal(there: &Acceptance, here: &Acceptance) -> bool {
    let at_micros = |acceptance: &Acceptance| Acceptance {
        at: Timestamp::from_microsecond(acceptance.at.as_microsecond()).unwrap_or(acceptance.at),
        until: Timestamp::from_microsecond(acceptance.until.as_microsecond()).unwrap_or(acceptance.until),
        ..acceptance.clone()
    };
    at_micros(there) == at_micros(here)
}
