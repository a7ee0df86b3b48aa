//! Other systems' formats in and out. Each format has a file, and each turns what it reads into a
//! [`ClientDraft`](crate::client::ClientDraft), which the one validator judges.
//!
//! A format of files has one function, `&[u8]` to [`Piece`]s: `foreign` is the one form that all of them are read into,
//! and whoever imports knows no other. A new format is a new file here and a line in [`Format`].

pub mod client_id_document;
mod credential;
mod foreign;
pub mod handover;
mod pieces;

#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod rfc7591;
mod rfc7591_file;

pub use crate::client::{NotJson, read_json};
pub use foreign::{ForeignClient, ForeignSecret, LeftOut, Piece, Unreadable};

/// The formats of files that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Client metadata (RFC 7591 §2).
    Rfc7591,
}

impl Format {
    /// Its name, which is also the origin of the clients that come by it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rfc7591 => "rfc7591",
        }
    }

    /// Reads a file, client by client.
    ///
    /// # Errors
    /// A sentence where the whole file is of no use.
    pub fn read(self, bytes: &[u8]) -> Result<Vec<Piece>, String> {
        match self {
            Self::Rfc7591 => rfc7591_file::read(bytes),
        }
    }
}
