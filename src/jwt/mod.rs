//! What a JSON Web Token says (RFC 7519), wherever it came from: decoded, verified, explained, compared.
//!
//! Pure: no files, no network, no clock and no randomness; the time is passed in, and a key that a token brings along or
//! points to is never used. [`decode`] reads whatever is pasted and shows what can be read of it even where something is
//! wrong; each [`Problem`] is a sentence that says what to do. [`Keys`] are what a signature is checked with, and
//! [`DecodedToken::judged`] is the verdict, after the best practices for JWTs (RFC 8725).

mod algorithm;
mod compact;
mod compare;
mod header;
#[cfg(test)]
mod hostile_tests;
mod keys;
mod kind;
mod meaning;
mod pasted;
mod pem;
mod problem;
#[cfg(any(test, fuzzing))]
pub mod properties;
#[cfg(test)]
mod test_keys;
mod times;
mod verify;

use jiff::Timestamp;
use serde_json::Value;

pub use compare::{Compared, Difference, compare};
pub use keys::{Keys, MOST_KEYS_BYTES};
pub use kind::Kind;
pub use meaning::{Meaning, of_claim, of_header};
pub use pasted::tokens_of_response;
pub use problem::{Problem, Weight};
pub use times::{is_time, seconds};

/// The longest token that is decoded, in bytes.
pub const MOST_BYTES: usize = 64 * 1024;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A signed token in three parts (RFC 7515 §7.1).
    Signed,
    /// An encrypted one in five (RFC 7516 §7.1).
    Encrypted,
    /// A whole token response (RFC 6749 §5.1), with tokens in it.
    Response,
    /// A token that says something to its issuer only.
    Opaque,
    /// No token.
    NoToken,
}

/// What a token says, as far as it can be read, and whether a key has signed it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedToken {
    /// What it is.
    pub form: Form,
    /// The header (RFC 7515 §4); null where it cannot be read.
    pub header: Value,
    /// The claims (RFC 7519 §4); null where they cannot be read. Times are not judged here: the reader has a clock.
    pub claims: Value,
    /// What came of checking the signature.
    pub signature: SignatureCheck,
    /// What is wrong with it or to be known of it, the time and the signature apart.
    pub problems: Vec<Problem>,
}

/// What came of checking a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureCheck {
    /// A key made it.
    Good {
        /// Which key, where it has a name.
        kid: Option<String>,
        /// With which algorithm.
        alg: &'static str,
    },
    /// No key that it was checked with made it, or it cannot be checked.
    Bad(Problem),
    /// There was nothing to check it with.
    NotChecked,
}

/// Decodes what somebody pasted or an issuer answered, and checks its signature if there are keys to do so.
pub fn decode(text: &str, keys: Option<&Keys>) -> DecodedToken {
    pasted::read(text, keys)
}

impl DecodedToken {
    /// Everything that is to be said of it at a time, with what it would have to be if that is known: first what speaks
    /// against accepting it.
    pub fn judged(&self, now: Timestamp, expected: Option<Kind>) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        if let SignatureCheck::Bad(problem) = &self.signature {
            problems.push(problem.clone());
        }
        if self.form == Form::Signed {
            problems.extend(kind::problems(&self.header, &self.claims, expected));
            problems.extend(times::problems(&self.claims, now));
        }
        problems.sort_by_key(|problem| problem.weight);
        problems
    }

    /// Whether a key has signed it, it is in its time, and nothing else speaks against it.
    pub fn is_good(&self, now: Timestamp, expected: Option<Kind>) -> bool {
        let is_signed = matches!(self.signature, SignatureCheck::Good { .. });
        is_signed && !self.judged(now, expected).iter().any(Problem::refuses)
    }

    /// Whether header and claims can be read, and in one way only.
    pub fn is_readable(&self) -> bool {
        let is_clear = |problem: &Problem| problem.weight != Weight::Unreadable;
        self.form == Form::Signed && self.problems.iter().all(is_clear)
    }

    /// What kind of token it says to be.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.header, &self.claims)
    }

    /// One that has no parts to show.
    fn without_parts(form: Form, problems: Vec<Problem>) -> Self {
        Self {
            form,
            header: Value::Null,
            claims: Value::Null,
            signature: SignatureCheck::NotChecked,
            problems,
        }
    }
}
