//! Why a file cannot be read on, and where.

use super::foreign::place;

/// Why a document cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Stuck {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1; 1 where it is not known, or says nothing.
    pub column: usize,
    /// What is wrong, as a sentence that names the line.
    pub what: String,
}

impl Stuck {
    /// In a line, from 1.
    pub fn new(line: usize, what: String) -> Self {
        Self {
            line,
            column: 1,
            what,
        }
    }

    /// Where, for people.
    pub fn place(&self) -> String {
        place(self.line, self.column)
    }
}
