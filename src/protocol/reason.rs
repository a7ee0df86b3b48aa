//! Why a claim stands in a token that was issued here, and has its value: which field of the registration, parameter of a
//! request, person or setting put it there.
//!
//! What writes a claim and what explains it stand in one file, `access_token` or `id_token`, and a test of all grants holds
//! that no claim is without a reason and that each field which a reason names decides its claim.

use serde_json::Value;

use crate::client::{ClientDraft, GrantType, SubjectType};
use crate::registry::Client;

/// Who or what put a claim into a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The client's registration.
    Registration,
    /// A parameter or a header of a request, by its name.
    Request(&'static str),
    /// The person who signed in.
    Person,
    /// The server: its address, its clock, its defaults.
    Server,
    /// Made anew for this token.
    Generated,
}

/// Why a claim has its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// In a few words.
    pub short: String,
    /// In a sentence.
    pub why: String,
    /// Who or what put it there.
    pub source: Source,
    /// The field of the registration that decides it, also where the default counts because the field is empty.
    pub field: Option<&'static str>,
}

/// What a token was issued on.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// By whom.
    pub issuer: &'a str,
    /// To whom.
    pub client: &'a Client,
    /// By which grant.
    pub grant: GrantType,
    /// The parameters of the token request, and of the authorization request before it where there was one.
    pub asked: &'a [(String, String)],
    /// What the token says.
    pub claims: &'a Value,
}

impl Reason {
    pub(super) fn new(source: Source, short: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            short: short.into(),
            why: why.into(),
            source,
            field: None,
        }
    }

    /// The same, with the field of the registration that decides it.
    pub(super) fn decided_by(self, field: &'static str) -> Self {
        Self {
            field: Some(field),
            ..self
        }
    }
}

impl Circumstances<'_> {
    /// What was asked by a parameter.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        let found = self
            .asked
            .iter()
            .find(|(asked, value)| asked == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A claim that is a time.
    pub(super) fn seconds(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim).and_then(Value::as_i64)
    }

    pub(super) fn draft(&self) -> &ClientDraft {
        &self.client.draft
    }
}

/// Why each claim of a token stands there, in their order, by what explains claims of its kind.
pub fn reasons(
    of: &Circumstances<'_>,
    reason: fn(&str, &Circumstances<'_>) -> Option<Reason>,
) -> Vec<(String, Reason)> {
    let names = of.claims.as_object().map(|claims| claims.keys());
    let explained = |name: &String| Some((name.clone(), reason(name, of)?));
    names.into_iter().flatten().filter_map(explained).collect()
}

/// What nothing else could have put there.
pub(super) fn of_fault() -> Reason {
    Reason::new(
        Source::Server,
        "a fault",
        "Neither the request nor the registration: a fault that was armed on purpose",
    )
}

/// The issuer signs, whoever asks.
pub(super) fn of_issuer(of: &Circumstances<'_>) -> Reason {
    if of.text("iss") != Some(of.issuer) {
        return of_fault();
    }
    Reason::new(
        Source::Server,
        "server",
        "The issuer is the address of this server",
    )
}

pub(super) fn of_issuing_time() -> Reason {
    Reason::new(
        Source::Server,
        "now",
        "The server's clock, when the token was signed",
    )
}

/// A person, as the client may see them.
pub(super) fn of_person(client: &ClientDraft) -> Reason {
    let reason = match client.subject_type {
        Some(SubjectType::Pairwise) => Reason::new(
            Source::Registration,
            "user, pairwise",
            "The test user who signed in, by a name that only clients of the same sector see (subject_type is pairwise)",
        ),
        _ => Reason::new(
            Source::Person,
            "user",
            "The name of the test user who signed in (subject_type is public, as it is unless registered otherwise)",
        ),
    };
    reason.decided_by("subject_type")
}

pub(super) fn of_sign_in() -> Reason {
    Reason::new(
        Source::Person,
        "sign-in",
        "When the test user signed in, by the server's clock",
    )
}
