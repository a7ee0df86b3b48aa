//! Proofs of a client's key that came with a request: each counts once (RFC 9449 §11.1), whichever of the servers over
//! one file it comes to.

use jiff::Timestamp;
use rusqlite::params;

use super::{Registry, RegistryError, stored};

impl Registry {
    /// Remembers a proof, by a hash that no other proof has, until its `exp`. Says whether it is the first time.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn use_dpop_proof(&self, hash: &[u8; 32], exp: Timestamp) -> Result<bool, RegistryError> {
        self.write(|db| {
            let inserted = db
                .prepare_cached(
                    "INSERT INTO used_dpop_proof (hash, exp) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute(params![hash, stored(exp)])?;
            Ok(inserted == 1)
        })
    }
}
