//! What to change where a request is denied, and where.

use super::judge::scopes_of;
use super::{Check, Decision, Request, Token};
use crate::client::policy::Ruling;
use crate::registry::Client;

/// What to change, so that the request is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What to do, in a sentence.
    pub text: String,
    /// Where.
    pub place: Place,
    /// The field there, by its name; absent where it is no field.
    pub field: Option<&'static str>,
}

/// Where something is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The request for the token, or this one.
    Request,
    /// The token's client.
    Client,
    /// The resource server.
    ResourceServer,
}

/// What to change for the check that decided. None where the request is allowed.
pub(super) fn advice(
    decision: &Decision,
    request: &Request<'_>,
    ruling: Option<Ruling<'_>>,
) -> Option<Advice> {
    let decisive = decision.decisive()?;
    let client = match &request.token {
        Token::One { examined, .. } => examined.client.as_ref(),
        Token::None | Token::Unclear(_) => None,
    };
    let ask = |text: &str| Advice {
        text: text.to_owned(),
        place: Place::Request,
        field: None,
    };
    Some(match decisive.check {
        Check::Request => ask("Send one Authorization header with the token, and a path without detours"),
        Check::Signature | Check::Issuer => ask("Request a token of this server, and send it whole"),
        Check::Type => ask("Send the access token; an ID token is for the client alone"),
        Check::Audience => for_audience(client, &request.server.identifier),
        Check::Expiry | Check::Revocation => ask("Request a new token"),
        Check::NotBefore => ask("Wait until it counts, or request a new token"),
        Check::Possession => {
            ask("Send it with the proof of what it is bound to, or request a token that is not bound")
        }
        Check::Client => Advice {
            text: "Enable the client, or put right what its findings refuse; then request a new token"
                .to_owned(),
            place: if client.is_some() {
                Place::Client
            } else {
                Place::Request
            },
            field: client.map(|_| "status"),
        },
        Check::Scope => for_scope(request, client, ruling),
        Check::Policy => for_policy(ruling),
    })
}

fn for_audience(client: Option<&Client>, identifier: &str) -> Advice {
    let is_registered =
        client.is_some_and(|client| client.draft.audience.iter().any(|held| held == identifier));
    if is_registered {
        return Advice {
            text: format!("Request a token for the audience {identifier}"),
            place: Place::Request,
            field: None,
        };
    }
    Advice {
        text: format!("Add {identifier} to the client's audience, then request a token for it"),
        place: Place::Client,
        field: Some("audience"),
    }
}

fn for_scope(request: &Request<'_>, client: Option<&Client>, ruling: Option<Ruling<'_>>) -> Advice {
    let held = match &request.token {
        Token::One { examined, .. } => examined.token.as_ref().map(scopes_of).unwrap_or_default(),
        Token::None | Token::Unclear(_) => Vec::new(),
    };
    let missing = match ruling {
        Some(Ruling::By(rule)) => rule.missing_scopes(&held),
        _ => Vec::new(),
    };
    let registered = client
        .map(|client| client.draft.scopes.as_slice())
        .unwrap_or_default();
    let unregistered = missing
        .iter()
        .filter(|scope| !registered.iter().any(|held| held == *scope));
    let unregistered: Vec<&str> = unregistered.copied().collect();
    if unregistered.is_empty() {
        return Advice {
            text: format!("Request a token with the scope {}", missing.join(" ")),
            place: Place::Request,
            field: None,
        };
    }
    Advice {
        text: format!(
            "Add {} to the client's scopes and request a token with it, or have the rule need less",
            unregistered.join(" ")
        ),
        place: Place::Client,
        field: Some("scopes"),
    }
}

fn for_policy(ruling: Option<Ruling<'_>>) -> Advice {
    let text = match ruling {
        Some(Ruling::By(_)) => "Request a token that says what the rule needs, or change the rule",
        Some(Ruling::ButForCase(_)) => "Write the path as the rule does, or add a rule for it",
        Some(Ruling::None) | None => "Add a rule for this method and path, if it is to be allowed",
    };
    Advice {
        text: text.to_owned(),
        place: Place::ResourceServer,
        field: Some("policy"),
    }
}
