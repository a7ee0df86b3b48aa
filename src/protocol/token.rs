//! The token endpoint's decision, after the client has authenticated (RFC 6749 §3.2).

use std::borrow::Cow;

use jiff::Timestamp;

use super::form::Form;
use super::keys::SigningKeys;
use super::{Issuer, OAuthError, client_credentials};
use crate::client::GrantType;
use crate::registry::Client;

/// What a grant decides with, besides the request and the client.
#[derive(Clone, Copy, Debug)]
pub struct Issuing<'a> {
    /// Who issues.
    pub issuer: &'a Issuer,
    /// With which keys.
    pub keys: &'a SigningKeys,
    /// When.
    pub now: Timestamp,
    /// 16 random bytes for the token's `jti`.
    pub random: [u8; 16],
}

/// A successful answer (RFC 6749 §5.1).
#[derive(Debug, serde::Serialize)]
pub struct TokenResponse {
    /// The token.
    pub access_token: String,
    /// How it is presented (RFC 6750).
    pub token_type: &'static str,
    /// Its lifetime in seconds.
    pub expires_in: u32,
    /// What it is for; told always, so that nobody need compare with what was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Reads the grant type, which must be there before anything else is worth doing.
///
/// # Errors
/// `invalid_request` when it is missing.
pub fn grant_type(form: &Form) -> Result<&str, OAuthError> {
    // RFC 6749 §5.2: invalid_request, the request is missing a required parameter; not unsupported_grant_type,
    // which is for one that is named.
    form.get("grant_type").ok_or(OAuthError::invalid_request(
        "The parameter grant_type is missing.",
    ))
}

/// Answers a request of an authenticated client.
///
/// # Errors
/// [`OAuthError`], by RFC 6749 §5.2.
pub fn answer(form: &Form, client: &Client, issuing: &Issuing<'_>) -> Result<TokenResponse, OAuthError> {
    match GrantType::parse(grant_type(form)?) {
        Some(GrantType::ClientCredentials) => client_credentials::answer(form, client, issuing),
        // Also for grants that this server knows from registrations and does not grant: the code says that the
        // server does not support it, unauthorized_client would say that another client might.
        _ => Err(OAuthError::UnsupportedGrantType(Cow::Borrowed(
            "This grant is not offered here. See grant_types_supported in the metadata.",
        ))),
    }
}
