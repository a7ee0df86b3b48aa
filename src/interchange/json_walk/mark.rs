//! Places in a document that one can go back to, and a look at what comes next without going on.

use std::io::{BufRead, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::Walk;
use crate::interchange::stuck::Stuck;
use crate::interchange::text::Text;

/// A place that one can go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    line: usize,
    column: usize,
    passed: u64,
}

impl Mark {
    /// How many bytes lie between it and another one that stands behind it.
    pub fn before(self, other: Self) -> usize {
        usize::try_from(other.passed.saturating_sub(self.passed)).unwrap_or(usize::MAX)
    }

    /// What begins there.
    pub fn text(self, bytes: Zeroizing<Vec<u8>>) -> Text {
        Text::new(bytes, self.line, self.column + 1)
    }
}

impl<R: BufRead> Walk<R> {
    /// This place.
    pub fn mark(&self) -> Mark {
        Mark {
            line: self.line,
            column: self.column,
            passed: self.passed,
        }
    }
}

impl<R: BufRead + Seek> Walk<R> {
    /// Takes note that so many bytes are looked at that one goes back over. Whether that many may still be.
    pub fn may_look(&mut self, bytes: usize) -> bool {
        let may = bytes <= self.may_look;
        self.may_look = self.may_look.saturating_sub(bytes);
        may
    }

    /// Goes to a place that was marked.
    ///
    /// # Errors
    /// As [`rewind`](Self::rewind).
    pub fn go_back(&mut self, mark: Mark) -> Result<(), Stuck> {
        let distance = mark.passed.wrapping_sub(self.passed).cast_signed();
        // What is buffered stays so.
        let sought = self.input.seek_relative(distance);
        (self.line, self.column, self.passed) = (mark.line, mark.column, mark.passed);
        sought.map_err(|error| self.stuck(&format!("The file cannot be read: {error}")))
    }

    /// So many bytes of what comes next, or as many as can be looked at without going on; more than none unless it is the end.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read.
    pub fn ahead(&mut self, far: usize) -> Result<&[u8], Stuck> {
        if self.buffer()?.len() < far {
            // What is read next begins here then.
            let here = self.input.stream_position();
            let sought = here.and_then(|here| self.input.seek(SeekFrom::Start(here)));
            sought.map_err(|error| self.stuck(&format!("The file cannot be read: {error}")))?;
        }
        let buffer = self.buffer()?;
        Ok(buffer.get(..far).unwrap_or(buffer))
    }
}
