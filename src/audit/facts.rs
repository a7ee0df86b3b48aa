//! What the rules are told beside the registration.

use jiff::{SignedDuration, Timestamp};

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
    pub secrets: Vec<SecretFacts>,
    /// The scopes it has used.
    pub scopes_used: Vec<ScopeFacts>,
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

/// The parameters of the rules: what an organisation decides for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// After so many days without a token a client, and a scope, is unused.
    pub unused_days: u32,
    /// A secret without an end is old after so many days.
    pub old_secret_days: u32,
    /// So many days before its end a secret is spoken of.
    pub secret_soon_days: u32,
    /// The hosts, and those below them, that redirects may lead to; empty: any.
    pub allowed_hosts: Vec<String>,
    /// Scopes that are watched, each with the identifiers of the clients that may have it.
    pub watched_scopes: Vec<(String, Vec<String>)>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            unused_days: 90,
            old_secret_days: 365,
            secret_soon_days: 30,
            allowed_hosts: Vec::new(),
            watched_scopes: Vec::new(),
        }
    }
}

/// Whether more than so many days lie between two times.
pub(super) fn longer_than(days: u32, since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) > SignedDuration::from_hours(i64::from(days) * 24)
}
