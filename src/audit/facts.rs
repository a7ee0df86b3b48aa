//! What the rules are told beside the registration.

use jiff::{SignedDuration, Timestamp};

use super::{Acceptance, Approval};
use crate::client::{ClientDraft, ClientId, Status};

/// A client, and what is known of it. Nothing is asked for here: whoever audits has looked it up.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Its public identifier.
    pub client_id: &'a ClientId,
    /// Its registration.
    pub draft: &'a ClientDraft,
    /// Whether it is switched on.
    pub status: Status,
    /// From which other system it came; `dcr:` and a label, where it registered itself.
    pub origin: Option<&'a str>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it got a token last.
    pub last_used_at: Option<Timestamp>,
    /// Until when a token of it counts, at the latest; none where none was issued that still could.
    pub tokens_until: Option<Timestamp>,
    /// Its secrets, the oldest first.
    pub secrets: &'a [SecretFacts],
    /// The scopes it has used.
    pub scopes_used: &'a [ScopeFacts],
    /// Its sign-off, if somebody approved it.
    pub approval: Option<&'a Approval>,
    /// The risks that somebody accepted of it.
    pub acceptances: &'a [Acceptance],
    /// The version of its registration.
    pub version: u64,
    /// Whether it stands in a registry. Of one in a file of another system it is not known what became of it since: whether it
    /// has a secret beside those that the file tells of, whether it is used.
    pub is_registered: bool,
}

/// What is known of a secret; never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFacts {
    /// For people.
    pub label: String,
    /// Since when there is it.
    pub created_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
    /// Whether it was shorter than 128 bits when another system's file told it.
    pub is_weak: bool,
}

impl SecretFacts {
    /// Whether it counts at a time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// The use of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeFacts {
    /// Which one.
    pub scope: String,
    /// When a token with it was issued last.
    pub last_used_at: Timestamp,
}

/// Whether more than so many days lie between two times.
pub(super) fn longer_than(days: u32, since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) > SignedDuration::from_hours(i64::from(days) * 24)
}
