//! Other systems' formats in and out. Each format has a file, and each turns what it reads into a
//! [`ClientDraft`](crate::client::ClientDraft), which the one validator judges.
//!
//! A format of files has one function, from what can be read to [`Piece`]s, told one by one as they come, so that a file of
//! any size takes the memory of one client: `foreign` is the one form that all of them are read into, and whoever imports
//! knows no other. `json_walk` is the way through JSON that all formats of JSON share, `json_items` the one through a list of
//! it that may be damaged. A new format is a new file here and a line in [`Format`].

mod auth0;
mod auth0_grants;
mod auth0_placeholders;
mod authelia;
mod beginning;
pub mod client_id_document;
mod credential;
mod csv;
mod csv_rows;
mod duration;
mod encoding;
mod export;
mod foreign;
mod guess;
pub mod handover;
mod hydra;
mod installed;
mod json_clients;
mod json_items;
mod json_pass;
mod json_walk;
pub mod keycloak;
mod members;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod public_key;
pub mod rfc7591;
mod rfc7591_file;
mod stuck;
mod text;
mod unread;
mod yaml;
mod yaml_lines;
mod yaml_list;

use std::io::{BufRead, Seek};

pub use crate::client::{NotJson, read_json};
pub use encoding::is_utf16;
pub use export::{ExportFormat, Exporter};
pub use foreign::{Changed, ForeignClient, ForeignSecret, LeftOut, Piece, Unreadable};
pub use guess::BEGINNING;
pub use stuck::Stuck;
pub use unread::Unread;

use crate::client::closed_set;

/// What a file is read from: a format whose clients depend on what stands behind them reads it twice.
pub trait Input: BufRead + Seek {}

impl<T: BufRead + Seek> Input for T {}

closed_set! {
    /// The formats of files that are read. Its name is also the origin of the clients that come by it.
    Format {
        /// Client metadata (RFC 7591 §2).
        Rfc7591 = "rfc7591",
        /// Exports of Keycloak's realms and clients.
        Keycloak = "keycloak",
        /// Clients of Ory Hydra.
        Hydra = "hydra",
        /// The configuration of Authelia.
        Authelia = "authelia",
        /// Clients of Auth0.
        Auth0 = "auth0",
        /// A table of clients.
        Csv = "csv",
    }
}

/// What files of one folder say of each other's clients.
#[derive(Debug, Default)]
pub struct Beside {
    grants: auth0_grants::Grants,
}

impl Format {
    /// Whether files of one folder say something of each other's clients.
    pub fn is_of_folders(self) -> bool {
        self == Self::Auth0
    }

    /// Adds what a file says of the clients of others in the same folder.
    ///
    /// # Errors
    /// [`Stuck`] where it cannot be read from its beginning again.
    pub fn gather(self, input: &mut dyn Input, beside: &mut Beside) -> Result<(), Stuck> {
        match self {
            Self::Auth0 => beside.grants.gather(input),
            _ => Ok(()),
        }
    }

    /// Reads a file, client by client in their order. `visit` says whether to go on.
    ///
    /// # Errors
    /// [`Stuck`] where the whole file is of no use. What makes no sense behind a client that was told is a piece as well.
    pub fn read(self, input: &mut dyn Input, visit: &mut dyn FnMut(Piece) -> bool) -> Result<(), Stuck> {
        self.find(input, &Beside::default(), &mut |unread| visit(unread.read()))
    }

    /// Finds the clients of a file, to be read by many at once; `beside` is what other files of its folder say. All else is as
    /// with [`read`](Self::read).
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn find(
        self,
        input: &mut dyn Input,
        beside: &Beside,
        visit: &mut dyn FnMut(Unread) -> bool,
    ) -> Result<(), Stuck> {
        let mut told = 0_u64;
        let mut visit_and_count = |unread| {
            told += 1;
            visit(unread)
        };
        // Some are small, or read as they are found.
        let mut of_piece = |piece: Piece| visit_and_count(piece.into());
        let found = match self {
            Self::Hydra => hydra::read(input, &mut of_piece),
            Self::Authelia => authelia::read(input, &mut of_piece),
            Self::Auth0 => auth0::read(input, &beside.grants, &mut of_piece),
            Self::Csv => csv::read(input, &mut of_piece),
            Self::Rfc7591 => rfc7591_file::find(input, &mut visit_and_count),
            Self::Keycloak => keycloak::find(input, &mut visit_and_count),
        };
        match found {
            Err(stuck) if told > 0 => {
                visit(Piece::Err(stuck.into()).into());
                Ok(())
            }
            found => found,
        }
    }

    /// Reads a whole file at once.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    #[cfg(any(test, fuzzing))]
    pub fn read_all(self, bytes: &[u8]) -> Result<Vec<Piece>, Stuck> {
        let mut pieces = Vec::new();
        self.read(&mut std::io::Cursor::new(bytes), &mut |piece| {
            pieces.push(piece);
            true
        })?;
        Ok(pieces)
    }
}

impl From<Stuck> for Unreadable {
    fn from(stuck: Stuck) -> Self {
        Self::new(stuck.place(), None, stuck.what)
    }
}

#[cfg(test)]
mod export_tests;
#[cfg(test)]
mod fixture_tests;
