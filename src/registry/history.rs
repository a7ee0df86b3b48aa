//! The history: who changed what, when, from what to what.

mod query;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::Value;

#[cfg(test)]
pub(super) use query::sql_of;
pub use query::{ChainEnd, HistoryClient, HistoryQuery};

use super::chain::{self, Link};
use super::error::Outcome;
use super::{Registry, RegistryError, json, stored, time};
use crate::client::{ClientDraft, ClientId, json_in_words};
use crate::vault::Vault;

/// Who does something, and when. *Who* is claimed, not proved: the account of the operating system, or the name that
/// somebody gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What the history says of every change that is made so, and that says nothing else of itself.
    pub note: String,
}

impl Act {
    /// Somebody does something at a time.
    pub fn new(by: impl Into<String>, at: Timestamp) -> Self {
        Self {
            by: by.into(),
            at,
            note: String::new(),
        }
    }

    /// The same as a part of something greater, which the history names.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// The names of what is done, as the history keeps them.
pub mod action {
    /// A client was registered.
    pub const CREATE_CLIENT: &str = "create-client";
    /// A client came from another system.
    pub const IMPORT_CLIENT: &str = "import-client";
    /// A registration was changed.
    pub const UPDATE_CLIENT: &str = "update-client";
    /// A registration was changed by the mechanical change that ends a finding.
    pub const FIX_CLIENT: &str = "fix-client";
    /// A client was switched on.
    pub const ENABLE_CLIENT: &str = "enable-client";
    /// A client was switched off, and its tokens ended.
    pub const DISABLE_CLIENT: &str = "disable-client";
    /// A client was deleted, and its tokens ended.
    pub const DELETE_CLIENT: &str = "delete-client";
    /// A client got a new secret.
    pub const ROTATE_SECRET: &str = "rotate-secret";
    /// All secrets of a client were revoked, and its tokens ended.
    pub const REVOKE_SECRETS: &str = "revoke-secrets";
    /// A server made a test credential for a client.
    pub const ISSUE_TEST_CREDENTIAL: &str = "issue-test-credential";
    /// A signing key was made.
    pub const CREATE_SIGNING_KEY: &str = "create-signing-key";
    /// A signing key got an end.
    pub const RETIRE_SIGNING_KEY: &str = "retire-signing-key";
    /// A signing key was taken away.
    pub const REMOVE_SIGNING_KEY: &str = "remove-signing-key";
    /// An authority for the server's own certificates was made.
    pub const CREATE_CERTIFICATE_AUTHORITY: &str = "create-certificate-authority";
    /// A resource server was registered or changed.
    pub const PUT_RESOURCE_SERVER: &str = "put-resource-server";
    /// A resource server was taken away.
    pub const REMOVE_RESOURCE_SERVER: &str = "remove-resource-server";
    /// A test user was made or changed.
    pub const PUT_USER: &str = "put-user";
    /// A test user was taken away.
    pub const REMOVE_USER: &str = "remove-user";
    /// What a test user allowed a client was withdrawn, and its tokens ended.
    pub const WITHDRAW_CONSENT: &str = "withdraw-consent";
    /// An initial access token was made.
    pub const CREATE_INITIAL_TOKEN: &str = "create-initial-token";
    /// An initial access token was revoked.
    pub const REVOKE_INITIAL_TOKEN: &str = "revoke-initial-token";
    /// A risk of a client was accepted.
    pub const ACCEPT_RISK: &str = "accept-risk";
    /// A risk of a client is accepted no more.
    pub const END_RISK: &str = "end-risk";
    /// A client was signed off.
    pub const APPROVE_CLIENT: &str = "approve-client";
    /// A sign-off was taken back.
    pub const WITHDRAW_APPROVAL: &str = "withdraw-approval";
    /// The rules of the audit were set anew.
    pub const CHANGE_AUDIT_SETTINGS: &str = "change-audit-settings";
}

/// What kind of act a row tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActKind {
    /// Registrations came to be, changed, or went.
    Registrations,
    /// Registrations were changed by what ends a finding; these are among the registrations too.
    Fixes,
    /// Secrets and test credentials were made or ended.
    Secrets,
    /// Registrations were reviewed: risks, approvals, how the audit judges.
    Reviews,
    /// Signing keys, resource servers, test users and what they allowed, initial access tokens.
    Server,
}

impl ActKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Registrations,
        Self::Fixes,
        Self::Secrets,
        Self::Reviews,
        Self::Server,
    ];

    /// The acts of this kind.
    pub const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Registrations => &[
                action::CREATE_CLIENT,
                action::IMPORT_CLIENT,
                action::UPDATE_CLIENT,
                action::FIX_CLIENT,
                action::ENABLE_CLIENT,
                action::DISABLE_CLIENT,
                action::DELETE_CLIENT,
            ],
            Self::Fixes => &[action::FIX_CLIENT],
            Self::Secrets => &[
                action::ROTATE_SECRET,
                action::REVOKE_SECRETS,
                action::ISSUE_TEST_CREDENTIAL,
            ],
            Self::Reviews => &[
                action::ACCEPT_RISK,
                action::END_RISK,
                action::APPROVE_CLIENT,
                action::WITHDRAW_APPROVAL,
                action::CHANGE_AUDIT_SETTINGS,
            ],
            Self::Server => &[
                action::CREATE_SIGNING_KEY,
                action::RETIRE_SIGNING_KEY,
                action::REMOVE_SIGNING_KEY,
                action::CREATE_CERTIFICATE_AUTHORITY,
                action::PUT_RESOURCE_SERVER,
                action::REMOVE_RESOURCE_SERVER,
                action::PUT_USER,
                action::REMOVE_USER,
                action::WITHDRAW_CONSENT,
                action::CREATE_INITIAL_TOKEN,
                action::REVOKE_INITIAL_TOKEN,
            ],
        }
    }
}

/// One row of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who, as claimed.
    pub by: String,
    /// What was done: one of [`action`], or a word of the caller's.
    pub action: String,
    /// To which client. Parsed no further: it may be one that no longer exists.
    pub client_id: Option<ClientId>,
    /// Its name then.
    pub client_name: Option<String>,
    /// The whole record before; absent where there was none.
    pub before: Option<Value>,
    /// The whole record after; absent where there is none.
    pub after: Option<Value>,
    /// What else there is to say.
    pub note: String,
    /// Which of its columns another program left unreadable; of those stands here what could be made of them, or nothing.
    pub unreadable: Vec<&'static str>,
}

impl HistoryRow {
    /// The registration of its client after this change, without the status and the secrets, which no version brings back.
    /// `None` where it tells of no registration.
    ///
    /// # Errors
    /// What cannot be read in it, in words.
    pub fn version(&self) -> Option<Result<ClientDraft, String>> {
        self.client_id.as_ref()?;
        if self.unreadable.contains(&"after") {
            return Some(Err("what it left cannot be read".to_owned()));
        }
        let mut record = self.after.clone()?;
        if let Some(members) = record.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "status" | "secrets"));
        }
        Some(serde_json::from_value(record).map_err(|error| json_in_words(&error)))
    }
}

/// What came of following the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// How many rows there should be.
    pub rows: i64,
    /// The mac of the last one, in hexadecimal digits.
    pub head: String,
    /// The first row that is not as it was written, or is missing. `None`: the history is whole.
    pub broken_at: Option<i64>,
    /// What is wrong there.
    pub how: Option<ChainBreak>,
}

/// What is wrong with the first row of the history that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainBreak {
    /// It is not as it was written.
    Altered,
    /// It is not there.
    Missing,
    /// It was not written by this program.
    Added,
    /// It fits, but the seal over the end does not: rows after it may be missing.
    End,
}

impl Registry {
    /// When a field of a client's registration became what it is, as the history tells it; when the client was registered,
    /// where nothing was changed since.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn field_changed_at(
        &self,
        client_id: &ClientId,
        created_at: Timestamp,
        field: &str,
    ) -> Result<Timestamp, RegistryError> {
        self.read(|db| {
            // A row without records, such as a note's, is no change: NULL is NULL. Left to itself SQLite goes through the rows of
            // every client from the last one on.
            let mut statement = db.prepare_cached(
                "SELECT at FROM history INDEXED BY history_by_client
                 WHERE client_id = ?1 AND at >= ?3 AND json_extract(before, ?2) IS NOT json_extract(after, ?2)
                 ORDER BY seq DESC LIMIT 1",
            )?;
            let path = format!("$.\"{}\"", field.replace('"', ""));
            let values = params![client_id.as_str(), path, stored(created_at)];
            match statement.query_row(values, |row| row.get(0)).optional()? {
                Some(at) => time(at),
                None => Ok(created_at),
            }
        })
    }

    /// Where the history ends: the number of its last row.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn history_end(&self) -> Result<i64, RegistryError> {
        self.read(|db| Ok(chain::stored_end(db)?.rows))
    }

    /// Whether a client was registered, changed or deleted by a row behind one of the history.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn changed_after(&self, client_id: &ClientId, seq: i64) -> Result<bool, RegistryError> {
        self.read(|db| {
            // Rows with neither are remarks about a client, and change nothing.
            let mut statement = db.prepare_cached(
                "SELECT 1 FROM history INDEXED BY history_by_client
                 WHERE client_id = ?1 AND seq > ?2 AND (before IS NOT NULL OR after IS NOT NULL)",
            )?;
            Ok(statement.exists(params![client_id.as_str(), seq])?)
        })
    }

    /// Follows the chain of the history from its first row to its seal.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read; a broken chain is no error but the report's content.
    pub fn verify_chain(&self) -> Result<ChainReport, RegistryError> {
        self.read_together(|db| chain::verify(db, &self.vault))
    }

    /// Writes a row that stands for no change, such as a token that was issued for a test.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown client.
    pub fn append_note(
        &self,
        client_id: &ClientId,
        action: &str,
        note: &str,
        act: &Act,
    ) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = super::client::get(db, client_id)?;
            Entry::<Value> {
                note,
                ..Entry::of_client(action, client_id, &client.draft.name)
            }
            .append(db, &self.vault, act)
        })
    }
}

/// A row to be, with records of what changed.
pub(super) struct Entry<'a, R = Value> {
    pub action: &'a str,
    pub client: Option<(&'a ClientId, &'a str)>,
    pub before: Option<R>,
    pub after: Option<R>,
    pub note: &'a str,
}

impl<'a, R: Serialize> Entry<'a, R> {
    /// A row about a client.
    pub fn of_client(action: &'a str, client_id: &'a ClientId, name: &'a str) -> Self {
        Self {
            action,
            client: Some((client_id, name)),
            before: None,
            after: None,
            note: "",
        }
    }

    /// A row about something else, named in the note.
    pub fn of_other(action: &'a str, note: &'a str) -> Self {
        Self {
            action,
            client: None,
            before: None,
            after: None,
            note,
        }
    }

    /// Writes it, inside the transaction that makes the change.
    pub fn append(self, db: &Connection, vault: &Vault, act: &Act) -> Outcome<()> {
        let before = self.before.map(|value| json(&value)).transpose()?;
        let after = self.after.map(|value| json(&value)).transpose()?;
        let link = Link {
            seq: 0,
            at: stored(act.at),
            by: &act.by,
            action: self.action,
            client_id: self.client.map(|(client_id, _)| client_id.as_str()),
            client_name: self.client.map(|(_, name)| name),
            before: before.as_deref(),
            after: after.as_deref(),
            note: if self.note.is_empty() {
                &act.note
            } else {
                self.note
            },
        };
        chain::append(db, vault, link)
    }
}
