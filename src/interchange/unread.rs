//! A client that was found in a file and is not read yet. Finding is quick and goes from the beginning to the end; reading is
//! slow, and can be done by many at once.

use std::sync::Arc;

use super::foreign::{Piece, without_passwords};
use super::json_walk::Taken;

/// How the text of a client is read.
pub(super) type Reader = Arc<dyn Fn(Taken) -> Piece + Send + Sync>;

/// What a file has in one place, to be read by whoever has time.
pub struct Unread(Kind);

enum Kind {
    /// Its format reads as it finds.
    Piece(Box<Piece>),
    Text(Taken, Reader),
}

impl Unread {
    pub(super) fn new(taken: Taken, reader: &Reader) -> Self {
        Self(Kind::Text(taken, Arc::clone(reader)))
    }

    /// How long its text is, in bytes, as far as that is known.
    pub fn size(&self) -> usize {
        match &self.0 {
            Kind::Text(Taken::Text(text) | Taken::TooLarge(text), _) => text.bytes().len(),
            Kind::Piece(_) => 0,
        }
    }

    /// Reads it.
    pub fn read(self) -> Piece {
        without_passwords(match self.0 {
            Kind::Piece(piece) => *piece,
            Kind::Text(taken, reader) => reader(taken),
        })
    }
}

impl From<Piece> for Unread {
    fn from(piece: Piece) -> Self {
        Self(Kind::Piece(Box::new(piece)))
    }
}
