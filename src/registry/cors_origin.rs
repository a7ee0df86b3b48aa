//! The origins of web pages that clients list in `allowed_cors_origins`.

use super::{Registry, RegistryError};

impl Registry {
    /// Whether some active client lists an origin, as a browser writes it (RFC 6454 §6.2). One look into an index, for
    /// whoever asks need not have authenticated.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn lists_origin(&self, origin: &str) -> Result<bool, RegistryError> {
        self.read(|db| {
            Ok(db
                .prepare_cached("SELECT 1 FROM cors_origin WHERE origin = ?1")?
                .exists([origin])?)
        })
    }
}
