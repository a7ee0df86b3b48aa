//! What is wrong with a token, in two halves: what it is, and what to do.

use std::fmt;

use crate::client::make_visible;

/// Longer texts of a token are cut in a sentence.
const MOST_CHARS: usize = 80;

/// How much it matters, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A part cannot be read, or two readers would read two different things.
    Unreadable,
    /// Nobody may accept the token.
    Refuses,
    /// Worth knowing; it speaks against nothing.
    Remark,
}

/// Something to be said of a token or of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub what: String,
    /// What to do.
    pub advice: &'static str,
    /// The standard and its paragraph; empty where there is none.
    pub basis: &'static str,
    /// How much it matters.
    pub weight: Weight,
}

impl Problem {
    pub(super) fn unreadable(what: impl Into<String>, advice: &'static str, basis: &'static str) -> Self {
        Self::new(Weight::Unreadable, what, advice, basis)
    }

    pub(super) fn refusal(what: impl Into<String>, advice: &'static str, basis: &'static str) -> Self {
        Self::new(Weight::Refuses, what, advice, basis)
    }

    pub(super) fn remark(what: impl Into<String>, advice: &'static str, basis: &'static str) -> Self {
        Self::new(Weight::Remark, what, advice, basis)
    }

    fn new(weight: Weight, what: impl Into<String>, advice: &'static str, basis: &'static str) -> Self {
        Self {
            what: what.into(),
            advice,
            basis,
            weight,
        }
    }

    /// Whether nobody may accept the token.
    pub fn refuses(&self) -> bool {
        self.weight != Weight::Remark
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// A text of a token, fit to stand in a sentence: cut, and with nothing in it that hides or reorders what is read.
pub(super) fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let begin: String = chars.by_ref().take(MOST_CHARS).collect();
    let cut = if chars.next().is_some() { "…" } else { "" };
    format!("{}{cut}", make_visible(&begin))
}
