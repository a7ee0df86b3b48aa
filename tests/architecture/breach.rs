//! What a rule gives back, and how rules name places.

use std::fmt;

use crate::source::Source;

/// A rule broken at a place.
#[derive(Debug, PartialEq)]
pub struct Breach {
    pub path: String,
    pub line: usize,
    pub what: String,
}

impl Breach {
    pub fn new(source: &Source, line: usize, what: impl Into<String>) -> Self {
        Self::at(&source.path, line, what)
    }

    pub fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Whether a path is the file or lies in the folder of that name; `*` at the end takes every continuation.
pub fn lives_in(path: &str, place: &str) -> bool {
    match place.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path
            .strip_prefix(place)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/')),
    }
}
