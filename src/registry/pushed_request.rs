//! Authorization requests that clients have pushed (RFC 9126), until they are answered or forgotten.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::client::get;
use super::error::{Fault, Outcome};
use super::{Registry, RegistryError, TokenHash, stored, time};
use crate::client::ClientId;

/// A request that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedRequest {
    /// By whom.
    pub client_id: ClientId,
    /// Its parameters, form-urlencoded, without what the client has authenticated with.
    pub parameters: String,
    /// Until when its reference leads to it.
    pub expires_at: Timestamp,
}

impl Registry {
    /// Keeps a request under the hash of its reference, unless `most` of its client's wait already. Says whether it is kept.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone; [`RegistryError`] when the file cannot be written.
    pub fn push_request(
        &self,
        hash: &TokenHash,
        request: &PushedRequest,
        most: u32,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        self.write(|db| {
            let client = get(db, &request.client_id)?;
            let waiting: u32 = db
                .prepare_cached("SELECT count(*) FROM pushed_request WHERE client = ?1 AND kept_until > ?2")?
                .query_row(params![client.row, stored(now)], |row| row.get(0))?;
            if waiting >= most {
                return Ok(false);
            }
            db.prepare_cached(
                "INSERT INTO pushed_request (hash, client, parameters, expires_at, kept_until)
                 VALUES (?1, ?2, ?3, ?4, ?4)",
            )?
            .execute(params![
                hash,
                client.row,
                request.parameters,
                stored(request.expires_at)
            ])?;
            Ok(true)
        })
    }

    /// The request of a reference, unless it was answered.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn pushed_request(&self, hash: &TokenHash) -> Result<Option<PushedRequest>, RegistryError> {
        self.read(|db| {
            let found = db
                .prepare_cached(
                    "SELECT client_id, parameters, expires_at FROM pushed_request
                     JOIN client ON client.id = pushed_request.client WHERE hash = ?1",
                )?
                .query_row([hash], |row| {
                    Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            let Some((client_id, parameters, expires_at)) = found else {
                return Ok(None);
            };
            Ok(Some(PushedRequest {
                client_id: ClientId::parse(&client_id).ok_or_else(|| {
                    Fault::Content(format!("it has a pushed request of client {client_id:?}"))
                })?,
                parameters,
                expires_at: time(expires_at)?,
            }))
        })
    }

    /// Keeps a request for longer than its reference leads to it: a person is on a page for it.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn keep_pushed_request(&self, hash: &TokenHash, until: Timestamp) -> Result<(), RegistryError> {
        self.write(|db| {
            db.prepare_cached("UPDATE pushed_request SET kept_until = max(kept_until, ?2) WHERE hash = ?1")?
                .execute(params![hash, stored(until)])?;
            Ok(())
        })
    }

    /// Takes a request away, because it is answered. Says whether it was still there: it is answered once.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn take_pushed_request(&self, hash: &TokenHash) -> Result<bool, RegistryError> {
        self.write(|db| {
            let taken = db
                .prepare_cached("DELETE FROM pushed_request WHERE hash = ?1")?
                .execute([hash])?;
            Ok(taken == 1)
        })
    }
}

/// Forgets every request of a client, by its row.
pub(super) fn forget_client(db: &Connection, client: i64) -> Outcome<()> {
    db.prepare_cached("DELETE FROM pushed_request WHERE client = ?1")?
        .execute([client])?;
    Ok(())
}
