//! The authorization code grant at the token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.6).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::form::Form;
use super::token::{Claim, Entitlement, SpendError, unauthorized};
use super::{OAuthError, opaque, refresh_token, resource};
use crate::client::GrantType;
use crate::registry::{AuthorizationCode, Client, Registry, Spending, TokenHash};

/// Reads what a request wants to redeem, before the registry is asked.
///
/// # Errors
/// `unauthorized_client`, `invalid_request`.
pub fn read(form: &Form, client: &Client) -> Result<TokenHash, OAuthError> {
    if !client.draft.has_grant(GrantType::AuthorizationCode) {
        return Err(unauthorized(
            "The client is not registered for the authorization code grant.",
        ));
    }
    let code = form.get("code");
    let code = code.ok_or(OAuthError::invalid_request("The parameter code is missing."))?;
    Ok(opaque::hash(code))
}

/// Redeems a code on the connection that writes. It is spent by this, whatever comes of it.
///
/// # Errors
/// `invalid_grant` for a code that is none, another client's, spent, late, or that the request does not fit;
/// `invalid_target`.
pub fn redeem(claim: &Claim, code: &TokenHash, registry: &Registry) -> Result<Entitlement, SpendError> {
    let Claim {
        form, client, now, ..
    } = claim;
    let refreshable = client.draft.has_grant(GrantType::RefreshToken);
    let spending = registry.spend_code(code, &client.client_id, *now, |grant, code| {
        is_for_this_request(form, code)?;
        is_for_this_client(form, code)?;
        is_for_this_key(claim, code)?;
        let audience = resource::audience(form, client, &grant.resources)?;
        let next = refreshable.then(|| refresh_token::lifetimes(client, grant).next(claim));
        Ok((claim.continuation(next), audience.map(str::to_owned)))
    })?;
    match spending {
        Spending::Done(grant, audience) => Ok(Entitlement {
            scopes: grant.scopes.clone(),
            nonce: grant.nonce.clone(),
            audience,
            refresh_token: refreshable.then(|| claim.next.text.clone()),
            grant: Some(grant),
            exchanged: None,
        }),
        Spending::Refused(error) => Err(SpendError::Protocol(error)),
        // RFC 6749 §5.2: invalid, expired, revoked, does not match the redirection URI, or issued to another client. One
        // sentence for all, so that a thief does not learn which.
        Spending::Unknown | Spending::Replayed => {
            Err(invalid_grant("The code is not valid: unknown, expired, spent, or not this client's.").into())
        }
    }
}

/// The redirect URI of the authorization request, if it named one, stands in the token request too (RFC 6749 §4.1.3).
fn is_for_this_request(form: &Form, code: &AuthorizationCode) -> Result<(), OAuthError> {
    if form.get("redirect_uri") == code.redirect_uri.as_deref() {
        return Ok(());
    }
    Err(invalid_grant(
        "The redirect_uri is not that of the authorization request.",
    ))
}

/// Whoever redeems the code is who asked for it: `BASE64URL(SHA256(code_verifier)) == code_challenge`
/// (RFC 7636 §4.6). A verifier without a challenge is refused, so that nobody takes the challenge out of a request
/// unnoticed (RFC 9700 §4.8.2).
fn is_for_this_client(form: &Form, code: &AuthorizationCode) -> Result<(), OAuthError> {
    match (&code.code_challenge, form.get("code_verifier")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(invalid_grant(
            "There is a code_verifier, but the authorization request had no code_challenge.",
        )),
        (Some(_), None) => Err(invalid_grant("The parameter code_verifier is missing.")),
        (Some(challenge), Some(verifier)) => {
            if goes_with(verifier, challenge) {
                return Ok(());
            }
            Err(invalid_grant(
                "The code_verifier does not go with the code_challenge.",
            ))
        }
    }
}

/// Whether a verifier is one, and the challenge its hash, compared in constant time.
pub(super) fn goes_with(verifier: &str, challenge: &str) -> bool {
    let made = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    is_verifier(verifier) & bool::from(made.as_bytes().ct_eq(challenge.as_bytes()))
}

/// A code that was asked for with `dpop_jkt` is for whoever holds that key (RFC 9449 §10).
fn is_for_this_key(claim: &Claim, code: &AuthorizationCode) -> Result<(), OAuthError> {
    if code.dpop_jkt.is_none() || code.dpop_jkt == claim.proven.jkt {
        return Ok(());
    }
    Err(invalid_grant(
        "The authorization request had a dpop_jkt, and the request comes without a DPoP proof of that key.",
    ))
}

/// RFC 7636 §4.1: 43 to 128 unreserved characters.
fn is_verifier(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(allowed)
}

/// RFC 6749 §5.2.
pub(super) fn invalid_grant(why: &'static str) -> OAuthError {
    OAuthError::InvalidGrant(std::borrow::Cow::Borrowed(why))
}
