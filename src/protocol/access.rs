//! Whether a request may have what a resource server protects, check by check: the one decision behind `/resource` and
//! what the window shows of it (RFC 6750, RFC 9068 §4).

mod advice;
mod judge;
#[cfg(test)]
mod tests;

use super::Issuer;
use super::living_token::Examined;
use crate::registry::ResourceServer;

pub use advice::{Advice, Place};
pub use judge::decide;

/// A request to a resource server.
pub struct Request<'a> {
    /// The resource server.
    pub server: &'a ResourceServer,
    /// The issuer whose tokens count.
    pub issuer: &'a Issuer,
    /// Its method.
    pub method: &'a str,
    /// Its path below the resource server, as it was sent, without the query.
    pub path: &'a str,
    /// Its access token.
    pub token: Token<'a>,
    /// When it came, in seconds since 1970.
    pub now: i64,
}

/// What a request presents.
pub enum Token<'a> {
    /// No token.
    None,
    /// Two tokens, or none that can be read; the sentence says which.
    Unclear(&'a str),
    /// One token.
    One {
        /// What was found of it.
        examined: &'a Examined,
        /// Whether what it is bound to was proven, in a sentence. Absent where it was not asked, because the token does not
        /// live.
        possession: Option<Result<&'static str, String>>,
    },
}

/// One of the checks, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// Whether there is one token, and a path that means one thing.
    Request,
    /// Whether this server signed it.
    Signature,
    /// Whether it is an access token.
    Type,
    /// Whether it is of this issuer.
    Issuer,
    /// Whether it is for this resource server.
    Audience,
    /// Whether its time is over.
    Expiry,
    /// Whether its time has come.
    NotBefore,
    /// Whether what it is bound to is proven.
    Possession,
    /// Whether it, its grant or its client's tokens were ended.
    Revocation,
    /// Whether its client is active.
    Client,
    /// Whether it has the scopes that are needed.
    Scope,
    /// Whether a rule allows the request.
    Policy,
}

impl Check {
    /// Every check, in their order.
    pub const ALL: [Self; 12] = [
        Self::Request,
        Self::Signature,
        Self::Type,
        Self::Issuer,
        Self::Audience,
        Self::Expiry,
        Self::NotBefore,
        Self::Possession,
        Self::Revocation,
        Self::Client,
        Self::Scope,
        Self::Policy,
    ];

    /// What it is called; a claim by its own name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Signature => "Signature",
            Self::Type => "typ",
            Self::Issuer => "iss",
            Self::Audience => "aud",
            Self::Expiry => "exp",
            Self::NotBefore => "nbf",
            Self::Possession => "Proof of possession",
            Self::Revocation => "Revocation",
            Self::Client => "Client status",
            Self::Scope => "Scope",
            Self::Policy => "Policy",
        }
    }
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stands against nothing.
    Passed,
    /// For this alone the request would be denied.
    Failed,
    /// It cannot be told, for an earlier one failed.
    NotReached,
}

/// A check, what came of it and why. Nothing of the request's path is in the words: somebody may have put a secret there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Which.
    pub check: Check,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, in a sentence.
    pub reason: String,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// By the rule of these words.
    Allowed(String),
    /// There is no token; then no error is named either (RFC 6750 §3.1).
    NoToken,
    /// 400: the request is not clear.
    InvalidRequest(String),
    /// 401: the token does not live, or is for somebody else.
    InvalidToken,
    /// 401: what the token is bound to was not proven.
    NotProven,
    /// 403: the token has not these scopes, all of which are needed.
    InsufficientScope(Vec<String>),
    /// 403: no scope would help.
    Denied,
}

/// The decision: each check, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The resource server's identifier.
    pub server: String,
    /// Every check, in their order.
    pub checks: Vec<Checked>,
    /// What is answered.
    pub verdict: Verdict,
    /// What to change, where the request is denied.
    pub advice: Option<Advice>,
}

impl Decision {
    /// The check that decided: the first that failed. None where the request is allowed.
    pub fn decisive(&self) -> Option<&Checked> {
        self.checks
            .iter()
            .find(|checked| checked.outcome == Outcome::Failed)
    }

    /// Whether the request is allowed.
    pub fn is_allowed(&self) -> bool {
        matches!(self.verdict, Verdict::Allowed(_))
    }
}
