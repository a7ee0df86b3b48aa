//! The JWT bearer grant (RFC 7523 §2.1, §3): a signed assertion as the ground for an access token.
//!
//! The assertion is what `private_key_jwt` takes, judged by the same rules: signed with a key of the client's `jwks` or
//! `jwks_uri`, for this server, short-lived, used once. Its `sub` is the client itself and nobody else: a client that
//! could name a person would act for people who never allowed it anything, and whoever stole its key for all of them.
//! So the grant gives what client credentials give. An assertion that has authenticated the client is used up; the grant
//! needs another one. A public client shows by the assertion that it is the one that was registered.

use std::borrow::Cow;

use super::assertion::CheckedAssertion;
use super::form::Form;
use super::token::{Claim, Entitlement, SpendError, unauthorized};
use super::{OAuthError, client_credentials, resource};
use crate::client::GrantType;
use crate::registry::{Client, Registry};

/// The parameter that carries the assertion.
pub const ASSERTION: &str = "assertion";

/// Reads whether there is anything to check.
///
/// # Errors
/// `unauthorized_client`, `invalid_request`.
pub fn read(form: &Form, client: &Client) -> Result<(), OAuthError> {
    if !client.draft.has_grant(GrantType::JwtBearer) {
        return Err(unauthorized(
            "The client is not registered for the JWT bearer grant.",
        ));
    }
    form.get(ASSERTION)
        .map(drop)
        .ok_or(OAuthError::invalid_request("The parameter assertion is missing."))
}

/// Uses an assertion on the connection that writes. What the client may not have leaves it unused.
///
/// # Errors
/// `invalid_grant` for one that was used before; `invalid_scope`, `invalid_target`.
pub fn accept(
    claim: &Claim,
    assertion: &CheckedAssertion,
    registry: &Registry,
) -> Result<Entitlement, SpendError> {
    let (form, client) = (&claim.form, &claim.client);
    let scopes = client_credentials::scopes(form, client)?;
    let audience = resource::audience(form, client, &[]).map_err(OAuthError::from)?;
    if !registry.use_assertion(&client.client_id, &assertion.jti, assertion.exp)? {
        return Err(refused("the assertion was used before").into());
    }
    Ok(Entitlement {
        grant: None,
        scopes,
        audience: audience.map(str::to_owned),
        nonce: None,
        refresh_token: None,
        exchanged: None,
    })
}

/// RFC 7523 §3.1: `invalid_grant`. The client has authenticated, or is a public one: it may know why.
pub fn refused(why: &'static str) -> OAuthError {
    OAuthError::InvalidGrant(Cow::Owned(format!("The assertion does not count: {why}.")))
}
