//! Clients that registered themselves (RFC 7591), the tokens by which they manage their registration (RFC 7592), and
//! which of them are dead.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::{Fault, Outcome};
use super::{Act, Client, NewClient, NewSecret, Registry, RegistryError, TokenHash, client, initial_token};
use super::{stored, time, time_if_any};
use crate::client::{ClientDraft, ClientId};

/// What a client's `origin` begins with where it registered itself; the label of its initial access token follows.
const PREFIX: &str = "dcr:";

/// How a client came to register itself, as its `origin` and the history tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// Without a token.
    Open,
    /// By the initial access token of this label.
    Token(&'a str),
}

impl<'a> Origin<'a> {
    /// Reads an origin. `None`: the client did not register itself.
    pub fn parse(origin: &'a str) -> Option<Self> {
        match origin.strip_prefix(PREFIX)? {
            "open" => Some(Self::Open),
            label => Some(Self::Token(label)),
        }
    }

    /// Of a client.
    pub fn of(client: &'a Client) -> Option<Self> {
        client.origin.as_deref().and_then(Self::parse)
    }

    /// What people read: `open`, or the label.
    pub fn label(self) -> &'a str {
        match self {
            Self::Open => "open",
            Self::Token(label) => label,
        }
    }
}

impl std::fmt::Display for Origin<'_> {
    /// `dcr:open` or `dcr:LABEL`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}", self.label())
    }
}

/// A client that its registration access token leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct RegistrationAccess {
    /// The client as it is now.
    pub client: Client,
    /// Whether a former token still works and has to end now: this is the newer one's first use.
    pub ends_former: bool,
}

/// A client that registered itself, as far as a sweep needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicClient {
    /// Which.
    pub client_id: ClientId,
    /// Its name, which it gave itself.
    pub name: String,
    /// The version that was seen.
    pub version: u64,
    /// The label of its initial access token, or `open`.
    pub label: String,
    /// When it registered.
    pub created_at: Timestamp,
    /// When it got a token last.
    pub last_used_at: Option<Timestamp>,
}

/// What came of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Clients that were deleted.
    pub deleted: usize,
    /// Clients that were changed, used or deleted by somebody since they were listed, and left as they are.
    pub spared: usize,
}

impl Registry {
    /// Keeps a client that registered itself, with the hash of its registration access token, and spends one use of the
    /// initial access token, all in one transaction. `None`: the initial access token has ended meanwhile.
    ///
    /// # Errors
    /// As [`Registry::create_client`].
    pub fn register_dynamic_client(
        &self,
        new: NewClient,
        registration_token: &TokenHash,
        initial_token: Option<&TokenHash>,
        act: &Act,
    ) -> Result<Option<Client>, RegistryError> {
        self.in_one_commit(|registry| {
            if let Some(hash) = initial_token
                && !registry.write(|db| initial_token::spend(db, hash, act.at))?
            {
                return Ok(None);
            }
            let client = registry.create_client(new, act)?;
            registry.write(|db| {
                db.prepare_cached("INSERT INTO dynamic_client (client, hash) VALUES (?1, ?2)")?
                    .execute(params![client.row, registration_token])?;
                Ok(())
            })?;
            Ok(Some(client))
        })
    }

    /// The client that a registration access token is good for, if it is that of this identifier.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn registration_access(
        &self,
        client_id: &ClientId,
        token: &TokenHash,
    ) -> Result<Option<RegistrationAccess>, RegistryError> {
        self.read_together(|db| {
            let Some(client) = client::find(db, client_id)? else {
                return Ok(None);
            };
            let ends_former: Option<bool> = db
                .prepare_cached(
                    "SELECT hash = ?2 AND former_hash IS NOT NULL FROM dynamic_client
                     WHERE client = ?1 AND (hash = ?2 OR former_hash = ?2)",
                )?
                .query_row(params![client.row, token], |row| row.get(0))
                .optional()?;
            Ok(ends_former.map(|ends_former| RegistrationAccess { client, ends_former }))
        })
    }

    /// The newer registration access token was used, which ends the former one.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn end_former_registration_token(&self, token: &TokenHash) -> Result<(), RegistryError> {
        self.write(|db| {
            db.prepare_cached("UPDATE dynamic_client SET former_hash = NULL WHERE hash = ?1")?
                .execute([token])?;
            Ok(())
        })
    }

    /// Saves what a client changed in its own registration and gives it another registration access token, in one
    /// transaction. The one that was presented works until the new one's first use, should this answer get lost.
    ///
    /// # Errors
    /// As [`Registry::update_client`]; [`RegistryError::NotFound`] where the token that was presented no longer counts.
    pub fn update_dynamic_client(
        &self,
        before: &Client,
        draft: ClientDraft,
        first_secret: Option<NewSecret>,
        tokens: RegistrationTokens<'_>,
        act: &Act,
    ) -> Result<Client, RegistryError> {
        self.in_one_commit(|registry| {
            let client =
                registry.update_client(&before.client_id, before.version, draft, first_secret, act)?;
            let changed = registry.write(|db| {
                Ok(db
                    .prepare_cached(
                        "UPDATE dynamic_client SET hash = ?3, former_hash = ?2
                         WHERE client = ?1 AND (hash = ?2 OR former_hash = ?2)",
                    )?
                    .execute(params![client.row, tokens.presented, tokens.next])?)
            })?;
            match changed {
                1 => Ok(client),
                _ => Err(client::not_found(&before.client_id)),
            }
        })
    }

    /// How many clients there are that registered without a token.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn count_open_clients(&self) -> Result<u64, RegistryError> {
        self.read(|db| {
            // Written out, so that the index over them answers it.
            let count: i64 = db
                .prepare_cached(
                    "SELECT count(*) FROM client INDEXED BY client_open WHERE origin = 'dcr:open'",
                )?
                .query_row([], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
    }

    /// Clients that registered themselves and are dead: neither registered, changed nor used since a time, and without a
    /// token that lives. The oldest first.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn dead_dynamic_clients(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<DynamicClient>, RegistryError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!("{DEAD} ORDER BY created_at, id"))?;
            let mut rows = statement.query(params![stored(since), stored(now)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let client_id: String = row.get(1)?;
                let version: i64 = row.get(3)?;
                let origin: Option<String> = row.get(4)?;
                let last_used_at: i64 = row.get(6)?;
                found.push(DynamicClient {
                    client_id: ClientId::parse(&client_id)
                        .ok_or_else(|| Fault::Content(format!("it has a client {client_id:?}")))?,
                    name: row.get(2)?,
                    version: u64::try_from(version).unwrap_or_default(),
                    label: origin
                        .as_deref()
                        .and_then(Origin::parse)
                        .map_or_else(String::new, |origin| origin.label().to_owned()),
                    created_at: time(row.get(5)?)?,
                    last_used_at: time_if_any((last_used_at != 0).then_some(last_used_at))?,
                });
            }
            Ok(found)
        })
    }

    /// Deletes dead clients as they were listed, each with its row in the history. One that is dead no more, or that was
    /// changed, stays.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written; then none is deleted.
    pub fn sweep_dynamic_clients(
        &self,
        listed: &[DynamicClient],
        since: Timestamp,
        act: &Act,
    ) -> Result<Sweep, RegistryError> {
        self.in_one_commit(|registry| {
            let mut sweep = Sweep::default();
            for client in listed {
                let is_dead = registry.read(|db| is_dead(db, client, since, act.at))?;
                if is_dead {
                    registry.delete_client(&client.client_id, client.version, act)?;
                    sweep.deleted += 1;
                } else {
                    sweep.spared += 1;
                }
            }
            Ok(sweep)
        })
    }
}

/// Which registration access token a change was asked for with, and which one comes next.
#[derive(Clone, Copy, Debug)]
pub struct RegistrationTokens<'a> {
    /// The one that was presented.
    pub presented: &'a TokenHash,
    /// The one that the answer brings.
    pub next: &'a TokenHash,
}

const DEAD: &str = "SELECT id, client_id, name, version, origin, created_at, last_used_at
    FROM dynamic_client JOIN client ON client.id = dynamic_client.client
    WHERE updated_at <= ?1 AND last_used_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM scope_use WHERE scope_use.client = client.id AND latest_exp > ?2)
        AND NOT EXISTS (SELECT 1 FROM grant WHERE grant.client = client.id AND grant.expires_at > ?2)";

fn is_dead(db: &Connection, client: &DynamicClient, since: Timestamp, now: Timestamp) -> Outcome<bool> {
    let version = i64::try_from(client.version).unwrap_or(i64::MAX);
    Ok(db
        .prepare_cached(&format!("{DEAD} AND client_id = ?3 AND version = ?4"))?
        .exists(params![
            stored(since),
            stored(now),
            client.client_id.as_str(),
            version
        ])?)
}
