//! Why a browser was shown a page in place of being sent back to its client (RFC 6749 §4.1.2.1).

use super::{Asked, Explanation};
use crate::client::Standing;
use crate::client::redirect_uri::{Mismatch, RedirectUri, find_match};
use crate::registry::Client;

const BASIS: &str = "RFC 6749 §3.1.2.4, §4.1.2.1";

/// Explains the page by what the request asked for and what the server noted of it. `None` where neither shows the cause.
pub fn explain_page(client: &Client, asked: Asked<'_>) -> Option<Explanation> {
    standing(client)
        .or_else(|| asked.redirect_uri.and_then(|uri| mismatch(client, uri)))
        .or_else(|| asked.noted.and_then(noted))
}

fn standing(client: &Client) -> Option<Explanation> {
    let (what, advice, field) = match client.standing() {
        Standing::Active => return None,
        Standing::Disabled => (
            "The client is disabled, so nobody signs in for it",
            "Enable the client",
            "status",
        ),
        Standing::Held => (
            "The client is held, because its registration breaks rules",
            "Open the client and put right what its findings refuse",
            "findings",
        ),
    };
    Some(explanation(what, advice, Some(field), BASIS))
}

/// The registered redirect URI that comes nearest, and where the two part.
pub(super) fn mismatch(client: &Client, requested: &str) -> Option<Explanation> {
    let draft = &client.draft;
    let registered: Vec<RedirectUri> = draft
        .redirect_uris
        .iter()
        .filter_map(|uri| RedirectUri::parse(uri).ok())
        .collect();
    let mismatch = find_match(&registered, requested, draft.application_type).err()?;
    let Mismatch {
        nearest: Some(nearest),
        part,
        registered,
        requested,
    } = mismatch
    else {
        let what = "No redirect URI is registered for this client";
        let advice = "Register the one that the application listens on";
        return Some(explanation(
            what,
            advice,
            Some("redirect_uris"),
            "RFC 6749 §3.1.2.2",
        ));
    };
    let what = format!(
        "The {part} differs from the registered {nearest}: {} is registered, {} was requested",
        quoted(&registered),
        quoted(&requested)
    );
    let advice = "Register the requested one, or send the registered one. They are compared character by character; only the \
        port of a native application's loopback address may differ";
    let basis = "RFC 9700 §2.1, RFC 8252 §7.3";
    Some(explanation(&what, advice, Some("redirect_uris"), basis))
}

fn quoted(part: &str) -> String {
    match part {
        "" => "nothing".to_owned(),
        part => format!("{part:?}"),
    }
}

/// What the server noted, in the order of [`crate::protocol::authorization_error::PageError`].
fn noted(noted: &str) -> Option<Explanation> {
    let rows = [
        (
            "The request cannot be read",
            "The authorization request cannot be read",
            "Encode each parameter as application/x-www-form-urlencoded in UTF-8",
            "RFC 6749 §3.1, appendix B",
        ),
        (
            "The parameter client_id",
            "The authorization request does not say whose it is, or says it twice",
            "Send the client ID of the registration, once",
            "RFC 6749 §4.1.1",
        ),
        (
            "No client is registered under this client_id",
            "The authorization request names a client that is not registered here",
            "Compare its client_id with the registration, also in upper and lower case, and the address with this server's",
            "RFC 6749 §2.2, §4.1.2.1",
        ),
        (
            "The parameter redirect_uri stands in the request more than once",
            "The authorization request has two redirect URIs",
            "Send one",
            "RFC 6749 §3.1, §3.1.2.4",
        ),
        (
            "The parameter redirect_uri is missing",
            "The authorization request has no redirect URI, which only a client with exactly one may leave out",
            "Send one of the registered redirect URIs",
            "RFC 6749 §3.1.2.3",
        ),
        (
            "The parameter request_uri",
            "The reference leads to no pushed request: it is unknown, older than a minute, was used before, or is another client's",
            "Push the request again, and send the browser here with its new request_uri at once",
            "RFC 9126 §4, §7.3",
        ),
        (
            "its page is too old",
            "The page was open for too long, or the server was started anew meanwhile",
            "Begin at the authorization endpoint again",
            "RFC 6749 §10.12",
        ),
        (
            "it was answered already",
            "The page was answered before, in another tab perhaps",
            "Begin at the authorization endpoint again",
            "RFC 6749 §10.12",
        ),
    ];
    let (_, what, advice, basis) = rows.into_iter().find(|(said, ..)| noted.contains(said))?;
    Some(explanation(what, advice, None, basis))
}

fn explanation(what: &str, advice: &str, field: Option<&'static str>, basis: &'static str) -> Explanation {
    Explanation {
        what: what.to_owned(),
        advice: advice.to_owned(),
        field,
        basis,
    }
}
