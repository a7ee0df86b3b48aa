//! Pushed authorization requests (RFC 9126): a client brings its request itself, and the browser only a reference to it.

use jiff::{SignedDuration, Timestamp};

use super::authorization_error::{NotAuthorized, PageError, Refusal};
use super::authorization_request::{self, Arrival};
use super::dpop::thumbprint_text;
use super::form::Form;
use super::keys::SigningKeys;
use super::{Issuer, OAuthError};
use crate::registry::{Client, KeyThumbprint, PushedRequest};

/// What every reference begins with (RFC 9126 §2.2).
pub const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// A browser is sent here at once (RFC 9126 §2.2: 5 to 600 seconds).
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// Requests of one client that wait at once. A public client is anyone: without a bound anyone could fill the disk.
pub const MOST_WAITING: u32 = 10_000;
/// For the same reason; bytes. No address could hold more.
const LONGEST: usize = 16 * 1024;

/// What the client authenticates with: it is no part of the request, and is kept nowhere.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// Reads a request of a client that has authenticated, as strictly as if a browser had brought it. A key that it has
/// `proven` along with it is as good as a `dpop_jkt` in it (RFC 9449 §10.1).
///
/// # Errors
/// By RFC 9126 §2.3: the codes of the authorization endpoint, and `invalid_request` for what gets a page there.
pub fn read(
    form: &Form,
    client: &Client,
    proven: Option<KeyThumbprint>,
    keys: &SigningKeys,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<PushedRequest, OAuthError> {
    if form.get("request_uri").is_some() {
        // RFC 9126 §2.1: a reference to a reference is refused.
        return Err(OAuthError::invalid_request(
            "The parameter request_uri does not belong in a pushed request.",
        ));
    }
    if form.get("client_id").is_none() {
        // RFC 9126 §2.1: required as in every authorization request, however the client authenticates.
        return Err(OAuthError::invalid_request(
            "The parameter client_id is missing; an authorization request needs it.",
        ));
    }
    let refused = |refusal: Refusal| OAuthError::Authorization(refusal.code, refusal.description);
    let request = authorization_request::read(form, client, Arrival::Pushed);
    let request = request.map_err(|error| match error {
        NotAuthorized::Refused(refusal) => refused(refusal),
        NotAuthorized::Page(error) => OAuthError::InvalidRequest(in_a_sentence(&error).into()),
    })?;
    request.meant(keys, issuer).map_err(refused)?;
    let mut parameters = form.encoded_without(&CREDENTIALS);
    match (proven, request.dpop_jkt) {
        (Some(proven), None) => {
            parameters.push_str("&dpop_jkt=");
            parameters.push_str(&thumbprint_text(&proven));
        }
        (Some(proven), Some(named)) if proven != named => {
            return Err(OAuthError::invalid_request(
                "The dpop_jkt is not that of the key of the DPoP proof.",
            ));
        }
        _ => {}
    }
    if parameters.len() > LONGEST {
        return Err(OAuthError::invalid_request("The request is longer than 16 KB."));
    }
    Ok(PushedRequest {
        client_id: request.client_id,
        parameters,
        expires_at: now.saturating_add(LIFETIME).unwrap_or(now),
    })
}

/// What stands on a page otherwise, without what the request carried.
fn in_a_sentence(error: &PageError) -> String {
    match error {
        PageError::Mismatch(mismatch) if mismatch.nearest.is_none() => {
            "The client has no redirect URI to go back to.".to_owned()
        }
        PageError::Mismatch(mismatch) => {
            format!(
                "The redirect_uri is not registered: its {} differs.",
                mismatch.part
            )
        }
        other => format!("{other}."),
    }
}

/// The reference in an authorization request, if it is one that this server may have given. `None`: the request stands in
/// its own parameters.
///
/// # Errors
/// [`PageError`] for one that cannot be understood. Whatever else stands beside a reference is not looked at
/// (RFC 9101 §6.3).
pub fn reference(form: &Form) -> Result<Option<&str>, PageError> {
    let Some(reference) = form.all("request_uri").find(|uri| uri.starts_with(PREFIX)) else {
        return Ok(None);
    };
    if form.is_repeated("request_uri") {
        return Err(PageError::RequestUri("stands in the request more than once"));
    }
    if form.get("request").is_some() {
        // RFC 9101 §5: the two must not stand together.
        return Err(PageError::RequestUri("stands beside the parameter request"));
    }
    Ok(Some(reference))
}

/// Whether a client may still use a reference.
///
/// # Errors
/// [`PageError::RequestUri`], one sentence for all that can be wrong with it (RFC 9126 §4, §7.3).
pub fn may_use(request: Option<&PushedRequest>, form: &Form, now: Timestamp) -> Result<(), PageError> {
    let client_id = authorization_request::client_id(form)?;
    match request {
        Some(request) if request.client_id == client_id && now < request.expires_at => Ok(()),
        _ => Err(GONE),
    }
}

/// What leads to no request.
pub const GONE: PageError =
    PageError::RequestUri("is not valid: unknown, expired, used before, or another client's");
