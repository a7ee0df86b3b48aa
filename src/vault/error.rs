//! What can go wrong with a key file.

use std::io;
use std::path::PathBuf;

/// Why the vault is not open, or something in it does not open.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No key file.
    #[error("The key file {0} is missing")]
    Missing(PathBuf),
    /// There is one already.
    #[error("There is a key file {0} already")]
    Exists(PathBuf),
    /// It has another length than a key file.
    #[error("{0} is not a key file: it should hold 32 bytes")]
    NotAKeyFile(PathBuf),
    /// It cannot be read or written.
    #[error("The key file {path} cannot be read or written: {cause}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The operating system gave no random bytes.
    #[error("The operating system gave no random bytes")]
    NoRandomness,
    /// A sealed value does not open with this key.
    #[error("A sealed key does not open: it was changed, or sealed with another key file")]
    Unsealable,
}

impl VaultError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Missing(_) => {
                "Restore it from the backup that was made with the registry. A new key cannot open what the old one sealed"
            }
            Self::Exists(_) => "It is left as it is. Move it away if it belongs to no registry",
            Self::NotAKeyFile(_) => "Restore the key file from the backup that was made with the registry",
            Self::Io { .. } => "Check that the file belongs to you and that its folder can be written to",
            Self::NoRandomness => "Start the program again",
            Self::Unsealable => "Restore the registry and its key file from one and the same backup",
        }
    }
}
