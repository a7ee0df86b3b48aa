//! Assertions that clients have authenticated with: each counts once (RFC 7523 §3, `jti`).

use jiff::Timestamp;
use rusqlite::params;

use super::client::get;
use super::{Registry, RegistryError, stored};
use crate::client::ClientId;

impl Registry {
    /// Remembers the `jti` of a client's assertion until its `exp`. Says whether it is the first time.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone; [`RegistryError`] when the file cannot be written.
    pub fn use_assertion(
        &self,
        client_id: &ClientId,
        jti: &str,
        exp: Timestamp,
    ) -> Result<bool, RegistryError> {
        self.write(|db| {
            let client = get(db, client_id)?;
            let inserted = db
                .prepare_cached(
                    "INSERT INTO used_assertion (client, jti, exp) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                )?
                .execute(params![client.row, jti, stored(exp)])?;
            Ok(inserted == 1)
        })
    }
}
