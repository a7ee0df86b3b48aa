//! What is known of issued tokens: when a client, its secret and each of its scopes were used last, and which tokens
//! were revoked before their end. The tokens themselves are not stored.

use jiff::Timestamp;
use rusqlite::params;

use super::{Registry, RegistryError, stored, time};
use crate::client::ClientId;

/// A token that was issued, as far as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// To whom.
    pub client_id: ClientId,
    /// For which secret, where one was used.
    pub secret_id: Option<i64>,
    /// For which scopes.
    pub scopes: Vec<String>,
    /// When.
    pub at: Timestamp,
    /// Until when it lives.
    pub exp: Timestamp,
}

/// The use of one scope by one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeUse {
    /// Which scope; empty for tokens without one.
    pub scope: String,
    /// When a token with it was issued last.
    pub last_used_at: Timestamp,
    /// Until when such a token lives, at the latest.
    pub latest_exp: Timestamp,
}

impl Registry {
    /// Writes down what was issued, all of it in one transaction. Clients that are gone meanwhile are left out. No
    /// rows of the history, and no new version of the client.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn record_issues(&self, issues: &[Issue]) -> Result<(), RegistryError> {
        if issues.is_empty() {
            return Ok(());
        }
        self.write(|db| {
            for issue in issues {
                let (client_id, at, exp) = (issue.client_id.as_str(), stored(issue.at), stored(issue.exp));
                db.prepare_cached(
                    "UPDATE client SET last_used_at = ?2 WHERE client_id = ?1 AND last_used_at < ?2",
                )?
                .execute(params![client_id, at])?;
                if let Some(secret) = issue.secret_id {
                    db.prepare_cached(
                        "UPDATE client_secret SET last_used_at = max(coalesce(last_used_at, ?2), ?2) WHERE id = ?1",
                    )?
                    .execute(params![secret, at])?;
                }
                let no_scope = [String::new()];
                let scopes = if issue.scopes.is_empty() { no_scope.as_slice() } else { &issue.scopes };
                for scope in scopes {
                    db.prepare_cached(
                        "INSERT INTO scope_use (client, scope, last_used_at, latest_exp)
                         SELECT id, ?2, ?3, ?4 FROM client WHERE client_id = ?1
                         ON CONFLICT DO UPDATE SET last_used_at = max(last_used_at, ?3),
                             latest_exp = max(latest_exp, ?4)",
                    )?
                    .execute(params![client_id, scope, at, exp])?;
                }
            }
            Ok(())
        })
    }

    /// The scopes that a client has used.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn scope_use(&self, client_id: &ClientId) -> Result<Vec<ScopeUse>, RegistryError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT scope, scope_use.last_used_at, latest_exp FROM scope_use
                 JOIN client ON client.id = scope_use.client WHERE client_id = ?1 ORDER BY scope",
            )?;
            let mut rows = statement.query([client_id.as_str()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(ScopeUse {
                    scope: row.get(0)?,
                    last_used_at: time(row.get(1)?)?,
                    latest_exp: time(row.get(2)?)?,
                });
            }
            Ok(found)
        })
    }

    /// Ends one token before its time. Those whose time is over are forgotten meanwhile.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn revoke_token(&self, jti: &str, exp: Timestamp, now: Timestamp) -> Result<(), RegistryError> {
        self.write(|db| {
            db.prepare_cached("DELETE FROM revoked_token WHERE exp <= ?1")?
                .execute([stored(now)])?;
            db.prepare_cached("INSERT INTO revoked_token (jti, exp) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute(params![jti, stored(exp)])?;
            Ok(())
        })
    }

    /// Whether a token was ended before its time.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn is_revoked(&self, jti: &str) -> Result<bool, RegistryError> {
        self.read(|db| {
            Ok(db
                .prepare_cached("SELECT 1 FROM revoked_token WHERE jti = ?1")?
                .exists([jti])?)
        })
    }
}
