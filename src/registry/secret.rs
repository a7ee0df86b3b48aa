//! Stored secrets: rotate, revoke, renew a hash.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::client::get;
use super::error::Outcome;
use super::write::end_tokens;
use super::{
    Act, Client, MAX_LIVE_SECRETS, NewSecret, Registry, RegistryError, SecretRecord, action, stored, time,
    time_if_any,
};
use crate::client::{ClientId, SecretHash, Selector};

/// Secrets that have ended are listed until a client has more of them than this; the history keeps them all.
const ENDED_SECRETS_KEPT: usize = 20;

impl Registry {
    /// Gives a client a new secret. Those that are live until now end at `old_expire_at` at the latest, so that both
    /// work meanwhile.
    ///
    /// # Errors
    /// [`RegistryError::TooManySecrets`] when five others would stay live; [`RegistryError::SecretUnfit`] for a
    /// client whose authentication method uses no secret.
    pub fn rotate_secret(
        &self,
        client_id: &ClientId,
        secret: NewSecret,
        old_expire_at: Timestamp,
        act: &Act,
    ) -> Result<Client, RegistryError> {
        self.write(|db| {
            let before = get(db, client_id)?;
            if !before.draft.token_endpoint_auth_method.uses_secret() {
                return Err(RegistryError::SecretUnfit.into());
            }
            db.prepare_cached(
                "UPDATE client_secret SET expires_at = min(coalesce(expires_at, ?2), ?2)
                 WHERE client = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?3)",
            )?
            .execute(params![before.row, stored(old_expire_at), stored(act.at)])?;
            insert(db, &get(db, client_id)?, &secret, act.at)?;
            touch(db, before.row, act)?;
            forget_the_oldest_ended(db, &before, act.at)?;
            self.record(db, action::ROTATE_SECRET, Some(&before), get(db, client_id)?, act)
        })
    }

    /// Revokes all secrets of a client at once, and ends the tokens that it has.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown client.
    pub fn revoke_secrets(&self, client_id: &ClientId, act: &Act) -> Result<Client, RegistryError> {
        self.write(|db| {
            let before = get(db, client_id)?;
            end_all(db, before.row, act.at)?;
            end_tokens(db, before.row, act)?;
            self.record(
                db,
                action::REVOKE_SECRETS,
                Some(&before),
                get(db, client_id)?,
                act,
            )
        })
    }

    /// Puts a stronger hash of the same secret in the place of a weaker one, if it is still there. Returns whether
    /// it was. No row of the history: nothing changes for anybody.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn renew_secret_hash(
        &self,
        secret_id: i64,
        from: &SecretHash,
        to: &SecretHash,
    ) -> Result<bool, RegistryError> {
        self.write(|db| {
            let renewed = db
                .prepare_cached(
                    "UPDATE client_secret SET client_secret_hash = ?3 WHERE id = ?1 AND client_secret_hash = ?2",
                )?
                .execute(params![secret_id, from.as_str(), to.as_str()])?;
            Ok(renewed == 1)
        })
    }
}

/// Stores a secret, if the client may have one more.
pub(super) fn insert(
    db: &Connection,
    client: &Client,
    secret: &NewSecret,
    now: Timestamp,
) -> Outcome<SecretRecord> {
    let live: Vec<_> = client.live_secrets(now).collect();
    let second_without_selector =
        secret.selector.is_none() && live.iter().any(|live| live.selector.is_none());
    if live.len() >= MAX_LIVE_SECRETS || second_without_selector {
        return Err(RegistryError::TooManySecrets.into());
    }
    let NewSecret {
        selector,
        hash,
        label,
        expires_at,
        is_weak,
    } = secret.clone();
    let expires_at = expires_at.map(stored);
    db.prepare_cached(
        "INSERT INTO client_secret (client, selector, client_secret_hash, label, created_at, expires_at, weak)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        client.row,
        selector.as_ref().map(Selector::as_str),
        hash.as_str(),
        label,
        stored(now),
        expires_at,
        is_weak
    ])?;
    Ok(SecretRecord {
        id: db.last_insert_rowid(),
        selector,
        hash,
        label,
        created_at: time(stored(now))?,
        expires_at: time_if_any(expires_at)?,
        revoked_at: None,
        last_used_at: None,
    })
}

/// Ends every live secret of a client now.
pub(super) fn end_all(db: &Connection, client: i64, now: Timestamp) -> Outcome<()> {
    db.prepare_cached(
        "UPDATE client_secret SET revoked_at = ?2
         WHERE client = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)",
    )?
    .execute(params![client, stored(now)])?;
    Ok(())
}

/// Gives a secret another end.
pub(super) fn set_end(
    db: &Connection,
    secret: i64,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
) -> Outcome<()> {
    db.prepare_cached("UPDATE client_secret SET expires_at = ?2, revoked_at = ?3 WHERE id = ?1")?
        .execute(params![secret, expires_at.map(stored), revoked_at.map(stored)])?;
    Ok(())
}

/// The client was changed, though not its registration.
fn touch(db: &Connection, client: i64, act: &Act) -> Outcome<()> {
    db.prepare_cached("UPDATE client SET updated_at = ?2 WHERE id = ?1")?
        .execute(params![client, stored(act.at)])?;
    Ok(())
}

fn forget_the_oldest_ended(db: &Connection, client: &Client, now: Timestamp) -> Outcome<()> {
    let ended: Vec<i64> = client
        .secrets
        .iter()
        .filter(|secret| !secret.is_live(now))
        .map(|secret| secret.id)
        .collect();
    for id in ended.iter().rev().skip(ENDED_SECRETS_KEPT) {
        db.prepare_cached("DELETE FROM client_secret WHERE id = ?1")?
            .execute([id])?;
    }
    Ok(())
}
