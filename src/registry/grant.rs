//! Grants: what a person allowed a client, the codes and refresh tokens that stand for it, and how each is spent once.
//!
//! A grant that ended is gone. Whatever carries its identifier is dead from then on.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::client::get;
use super::error::Outcome;
use super::{Registry, RegistryError, json, stored, time};
use crate::client::ClientId;

/// SHA-256 of a code or a refresh token: all that is stored of it.
pub type TokenHash = [u8; 32];
/// SHA-256 thumbprint of a client's public key (RFC 7638).
pub type KeyThumbprint = [u8; 32];

/// What a person allowed a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its identifier, which its access tokens carry.
    pub id: String,
    /// The client.
    pub client_id: ClientId,
    /// The name of the test user.
    pub user: String,
    /// For what.
    pub scopes: Vec<String>,
    /// At which resource servers; none when the request named none.
    pub resources: Vec<String>,
    /// What ID tokens repeat (OpenID Connect Core §3.1.2.1).
    pub nonce: Option<String>,
    /// When the person signed in.
    pub auth_time: Timestamp,
    /// When it was given.
    pub created_at: Timestamp,
}

/// What a code is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// The redirect URI, if the request named one: then the token request must name the same (RFC 6749 §4.1.3).
    pub redirect_uri: Option<String>,
    /// The S256 challenge (RFC 7636 §4.4).
    pub code_challenge: Option<String>,
    /// The key that must be proven along with it (RFC 9449 §10).
    pub dpop_jkt: Option<KeyThumbprint>,
    /// Until when it can be redeemed.
    pub expires_at: Timestamp,
}

/// What a token is bound to: whoever uses it must prove to hold it (RFC 7800). Empty for a bearer token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// A DPoP key, by its SHA-256 thumbprint (RFC 9449 §6.1).
    pub jkt: Option<KeyThumbprint>,
    /// A certificate, by its SHA-256 (RFC 8705 §3.1).
    pub x5t_s256: Option<KeyThumbprint>,
}

/// A refresh token to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRefreshToken {
    /// Its hash.
    pub hash: TokenHash,
    /// What must be proven along with it (RFC 9449 §5, RFC 8705 §4).
    pub bound_to: Binding,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// What follows from a code or a refresh token that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// The refresh token that comes next.
    pub refresh_token: Option<NewRefreshToken>,
    /// Until when the access token lives that is issued with it.
    pub access_token_ends: Timestamp,
}

/// What came of spending a code or a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spending<T, E> {
    /// It was good, and is spent now; and what the caller made of it.
    Done(Grant, T),
    /// The caller refused it.
    Refused(E),
    /// There is none that this client could spend: unknown, another client's, or its time is over.
    Unknown,
    /// It was spent before. Its grant has ended with this.
    Replayed,
}

/// A refresh token as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshTokenRecord {
    /// Its grant.
    pub grant: Grant,
    /// What must be proven along with it (RFC 9449 §5, RFC 8705 §4).
    pub bound_to: Binding,
    /// Since when.
    pub issued_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// Whether it was rotated away.
    pub is_spent: bool,
}

impl Registry {
    /// Keeps a new grant and the code for it.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone; [`RegistryError`] when the file cannot be written.
    pub fn begin_grant(
        &self,
        grant: &Grant,
        hash: &TokenHash,
        code: &AuthorizationCode,
    ) -> Result<(), RegistryError> {
        self.write(|db| {
            begin(db, grant, code.expires_at)?;
            db.prepare_cached(
                "INSERT INTO authorization_code (hash, grant, redirect_uri, code_challenge, dpop_jkt, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                hash,
                grant.id,
                code.redirect_uri,
                code.code_challenge,
                code.dpop_jkt,
                stored(code.expires_at)
            ])?;
            Ok(())
        })
    }

    /// Spends a code: by the first request of its own client, whatever `decide` says of it. A second one ends the
    /// grant (RFC 6749 §4.1.2). Another client's request changes nothing.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written; then nothing was spent.
    pub fn spend_code<T, E>(
        &self,
        hash: &TokenHash,
        client_id: &ClientId,
        now: Timestamp,
        decide: impl FnOnce(&Grant, &AuthorizationCode) -> Result<(Continuation, T), E>,
    ) -> Result<Spending<T, E>, RegistryError> {
        self.write(|db| {
            let Some((code, is_spent, grant)) = find_code(db, hash)? else {
                return Ok(Spending::Unknown);
            };
            let grant = expect_grant(db, &grant)?;
            if grant.client_id != *client_id {
                return Ok(Spending::Unknown);
            }
            if is_spent {
                end(db, &grant.id)?;
                return Ok(Spending::Replayed);
            }
            if code.expires_at <= now {
                end(db, &grant.id)?;
                return Ok(Spending::Unknown);
            }
            match decide(&grant, &code) {
                Err(refused) => {
                    // Spent without a token: nothing can come of the grant any more.
                    end(db, &grant.id)?;
                    Ok(Spending::Refused(refused))
                }
                Ok((next, made)) => {
                    db.prepare_cached("UPDATE authorization_code SET spent_at = ?2 WHERE hash = ?1")?
                        .execute(params![hash, stored(now)])?;
                    go_on(db, &grant.id, &next, now)?;
                    Ok(Spending::Done(grant, made))
                }
            }
        })
    }

    /// Rotates a refresh token: spends it, and stores the next. One that was spent before ends the grant
    /// (RFC 9700 §4.14.2). What `decide` refuses, told the key that the token is bound to, stays as it was.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written; then nothing was spent.
    pub fn rotate_refresh_token<T, E>(
        &self,
        hash: &TokenHash,
        client_id: &ClientId,
        now: Timestamp,
        decide: impl FnOnce(&Grant, &Binding) -> Result<(Continuation, T), E>,
    ) -> Result<Spending<T, E>, RegistryError> {
        self.write(|db| {
            let Some(token) = find_refresh_token(db, hash)? else {
                return Ok(Spending::Unknown);
            };
            let grant = token.grant;
            if grant.client_id != *client_id {
                return Ok(Spending::Unknown);
            }
            if token.is_spent {
                end(db, &grant.id)?;
                return Ok(Spending::Replayed);
            }
            if token.expires_at <= now {
                return Ok(Spending::Unknown);
            }
            match decide(&grant, &token.bound_to) {
                Err(refused) => Ok(Spending::Refused(refused)),
                Ok((next, made)) => {
                    db.prepare_cached("UPDATE refresh_token SET spent_at = ?2 WHERE hash = ?1")?
                        .execute(params![hash, stored(now)])?;
                    go_on(db, &grant.id, &next, now)?;
                    Ok(Spending::Done(grant, made))
                }
            }
        })
    }

    /// The grant of an identifier, unless it has ended.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn grant(&self, id: &str) -> Result<Option<Grant>, RegistryError> {
        self.read(|db| find_grant(db, id))
    }

    /// The refresh token of a hash.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn refresh_token(&self, hash: &TokenHash) -> Result<Option<RefreshTokenRecord>, RegistryError> {
        self.read_together(|db| find_refresh_token(db, hash))
    }

    /// Ends a grant and all its tokens. One that has ended already is none.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn end_grant(&self, id: &str) -> Result<(), RegistryError> {
        self.write(|db| end(db, id))
    }

    /// Forgets what can live no more: grants, rotated refresh tokens, revoked tokens, used assertions, used proofs and
    /// pushed requests whose time is over, and devices an hour after it: one that still asks learns meanwhile why it waits
    /// in vain. Says how many rows went.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn sweep(&self, now: Timestamp) -> Result<usize, RegistryError> {
        self.write(|db| {
            let mut gone = 0;
            for statement in [
                "DELETE FROM grant WHERE expires_at <= ?1",
                "DELETE FROM refresh_token WHERE expires_at <= ?1",
                "DELETE FROM revoked_token WHERE exp <= ?1",
                "DELETE FROM used_assertion WHERE exp <= ?1",
                "DELETE FROM pushed_request WHERE kept_until <= ?1",
                "DELETE FROM device_authorization WHERE expires_at <= ?1 - 3600000000 AND grant IS NULL",
                "DELETE FROM used_dpop_proof WHERE exp <= ?1",
            ] {
                gone += db.prepare_cached(statement)?.execute([stored(now)])?;
            }
            Ok(gone)
        })
    }
}

/// Ends all grants of a client, by its row.
pub(super) fn end_of_client(db: &Connection, client: i64) -> Outcome<()> {
    db.prepare_cached("DELETE FROM grant WHERE client = ?1")?
        .execute([client])?;
    Ok(())
}

/// Keeps a new grant of which nothing lives longer than this yet.
pub(super) fn begin(db: &Connection, grant: &Grant, expires_at: Timestamp) -> Outcome<()> {
    let client = get(db, &grant.client_id)?;
    db.prepare_cached(
        "INSERT INTO grant (id, client, user, scopes, resources, nonce, auth_time, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        grant.id,
        client.row,
        grant.user,
        json(&grant.scopes)?,
        json(&grant.resources)?,
        grant.nonce,
        stored(grant.auth_time),
        stored(grant.created_at),
        stored(expires_at),
    ])?;
    Ok(())
}

/// Ends a grant and all that hangs on it.
pub(super) fn end(db: &Connection, id: &str) -> Outcome<()> {
    db.prepare_cached("DELETE FROM grant WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// What follows from a code or a token that was accepted.
pub(super) fn go_on(db: &Connection, grant: &str, next: &Continuation, now: Timestamp) -> Outcome<()> {
    let mut ends = next.access_token_ends;
    if let Some(token) = next.refresh_token {
        ends = ends.max(token.expires_at);
        db.prepare_cached(
            "INSERT INTO refresh_token (hash, grant, dpop_jkt, x5t_s256, issued_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            token.hash,
            grant,
            token.bound_to.jkt,
            token.bound_to.x5t_s256,
            stored(now),
            stored(token.expires_at)
        ])?;
    }
    db.prepare_cached("UPDATE grant SET expires_at = max(expires_at, ?2) WHERE id = ?1")?
        .execute(params![grant, stored(ends)])?;
    Ok(())
}

/// A code, whether it was spent, and the identifier of its grant.
fn find_code(db: &Connection, hash: &TokenHash) -> Outcome<Option<(AuthorizationCode, bool, String)>> {
    let mut statement = db.prepare_cached(
        "SELECT redirect_uri, code_challenge, dpop_jkt, expires_at, spent_at IS NOT NULL, grant
         FROM authorization_code WHERE hash = ?1",
    )?;
    let mut rows = statement.query([hash])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let code = AuthorizationCode {
        redirect_uri: row.get(0)?,
        code_challenge: row.get(1)?,
        dpop_jkt: row.get(2)?,
        expires_at: time(row.get(3)?)?,
    };
    Ok(Some((code, row.get(4)?, row.get(5)?)))
}

fn find_refresh_token(db: &Connection, hash: &TokenHash) -> Outcome<Option<RefreshTokenRecord>> {
    let found = db
        .prepare_cached(
            "SELECT grant, dpop_jkt, x5t_s256, issued_at, expires_at, spent_at IS NOT NULL
             FROM refresh_token WHERE hash = ?1",
        )?
        .query_row([hash], |row| {
            Ok((
                row.get::<_, String>(0)?,
                Binding {
                    jkt: row.get(1)?,
                    x5t_s256: row.get(2)?,
                },
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })
        .optional()?;
    let Some((grant, bound_to, issued_at, expires_at, is_spent)) = found else {
        return Ok(None);
    };
    Ok(Some(RefreshTokenRecord {
        grant: expect_grant(db, &grant)?,
        bound_to,
        issued_at: time(issued_at)?,
        expires_at: time(expires_at)?,
        is_spent,
    }))
}

const SELECT: &str =
    "SELECT grant.id, client_id, user, grant.scopes, resources, nonce, auth_time, grant.created_at
    FROM grant JOIN client ON client.id = grant.client";

/// The grant of an identifier.
pub(super) fn find_grant(db: &Connection, id: &str) -> Outcome<Option<Grant>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE grant.id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(read).transpose()
}

/// The grant of a code or a token, which cannot be without one.
fn expect_grant(db: &Connection, id: &str) -> Outcome<Grant> {
    find_grant(db, id)?.ok_or_else(|| super::error::Fault::Content(format!("the grant {id} is gone")))
}

fn read(row: &Row<'_>) -> Outcome<Grant> {
    let client_id: String = row.get(1)?;
    let scopes: String = row.get(3)?;
    let resources: String = row.get(4)?;
    Ok(Grant {
        id: row.get(0)?,
        client_id: ClientId::parse(&client_id)
            .ok_or_else(|| super::error::Fault::Content(format!("it has a grant of client {client_id:?}")))?,
        user: row.get(2)?,
        scopes: serde_json::from_str(&scopes)?,
        resources: serde_json::from_str(&resources)?,
        nonce: row.get(5)?,
        auth_time: time(row.get(6)?)?,
        created_at: time(row.get(7)?)?,
    })
}
