//! The client credentials grant: a client acts for itself (RFC 6749 §4.4).

use std::borrow::Cow;

use url::Url;

use super::OAuthError;
use super::access_token::AccessToken;
use super::form::Form;
use super::token::{Issuing, TokenResponse};
use crate::client::{AuthMethod, GrantType, Scope};
use crate::registry::Client;

/// Scopes that speak of a person, who takes no part here.
const OF_A_PERSON: [&str; 2] = ["openid", "offline_access"];

/// Answers a `client_credentials` request of an authenticated client.
///
/// # Errors
/// `unauthorized_client`, `invalid_scope`, `invalid_target`, `invalid_request`, `server_error`.
pub fn answer(form: &Form, client: &Client, issuing: &Issuing<'_>) -> Result<TokenResponse, OAuthError> {
    may_use_the_grant(client)?;
    let scope = scope(form, client)?;
    let audience = audience(form, client)?.unwrap_or(issuing.issuer.as_str());
    // The server's owner took the only key away and the next is being made: that passes.
    let key = issuing
        .keys
        .access_tokens()
        .ok_or(OAuthError::TemporarilyUnavailable {
            retry_after: 2,
            throttled: false,
        })?;
    let token = AccessToken {
        issuer: issuing.issuer,
        client,
        audience,
        scope: scope.as_deref(),
        now: issuing.now,
        random: issuing.random,
    };
    let access_token = token.sign(key).map_err(|_| OAuthError::ServerError)?;
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: token.lifetime(),
        scope,
    })
}

fn may_use_the_grant(client: &Client) -> Result<(), OAuthError> {
    let draft = &client.draft;
    if draft.token_endpoint_auth_method == AuthMethod::None {
        // RFC 6749 §4.4: only confidential clients. Not invalid_client: a public client has nothing to authenticate
        // with, so that nothing failed; the grant is not for it.
        return Err(OAuthError::UnauthorizedClient(Cow::Borrowed(
            "The client credentials grant is for confidential clients only.",
        )));
    }
    if !draft.has_grant(GrantType::ClientCredentials) {
        // RFC 6749 §5.2 in so many words: the authenticated client is not authorized to use this grant type.
        return Err(OAuthError::UnauthorizedClient(Cow::Borrowed(
            "The client is not registered for the client credentials grant.",
        )));
    }
    if draft.dpop_bound_access_tokens || draft.tls_client_certificate_bound_access_tokens {
        // RFC 9449 §5.2 and RFC 8705 §3.4: such a client never gets a bearer token. The proof is what the request
        // lacks, hence invalid_request.
        return Err(OAuthError::invalid_request(
            "The client's tokens are bound to a key (dpop_bound_access_tokens or \
             tls_client_certificate_bound_access_tokens), which this server cannot do yet.",
        ));
    }
    Ok(())
}

/// What is granted: what was asked, if all of it is registered; everything registered that speaks of no person when
/// nothing was asked (RFC 6749 §3.3).
fn scope(form: &Form, client: &Client) -> Result<Option<String>, OAuthError> {
    let registered = &client.draft.scopes;
    let granted: Vec<&str> = match form.get("scope") {
        None => registered
            .iter()
            .map(String::as_str)
            .filter(|scope| !OF_A_PERSON.contains(scope))
            .collect(),
        Some(asked) => {
            let asked = Scope::parse_list(asked)
                // RFC 6749 §5.2: a malformed scope is invalid_scope too.
                .ok_or(OAuthError::InvalidScope(Cow::Borrowed(
                    "The scope has characters that no scope may have.",
                )))?;
            // Held by position in the registration, so that the answer borrows from there.
            let granted: Vec<&str> = asked
                .iter()
                .filter_map(|scope| {
                    registered
                        .iter()
                        .map(String::as_str)
                        .find(|held| *held == scope.as_str())
                })
                .collect();
            if granted.len() < asked.len() {
                // Not silently less than was asked: a client that misses a scope should learn it here, not at the API.
                return Err(OAuthError::InvalidScope(Cow::Borrowed(
                    "The scope goes beyond what the client is registered for.",
                )));
            }
            granted
        }
    };
    Ok((!granted.is_empty()).then(|| granted.join(" ")))
}

/// For whom the token is: the resource asked for, if registered; the client's first when none was; none when it has
/// none (RFC 8707 §2, RFC 9068 §3).
fn audience<'a>(form: &Form, client: &'a Client) -> Result<Option<&'a str>, OAuthError> {
    // RFC 8707 §2: invalid_target when the resource is missing, unknown, malformed or not for this client.
    let invalid_target = |why| Err(OAuthError::InvalidTarget(Cow::Borrowed(why)));
    if form
        .all("resource")
        .any(|resource| !is_absolute_without_fragment(resource))
    {
        return invalid_target("The resource is not an absolute URI without a fragment.");
    }
    let mut asked = form.all("resource").chain(form.all("audience"));
    let Some(wanted) = asked.next() else {
        return Ok(client.draft.audience.first().map(String::as_str));
    };
    if asked.any(|other| other != wanted) {
        return invalid_target(
            "Ask for one resource at a time: a token for several could be used by each at the others.",
        );
    }
    match client
        .draft
        .audience
        .iter()
        .find(|registered| *registered == wanted)
    {
        Some(registered) => Ok(Some(registered)),
        None => invalid_target("The client is not registered for this resource."),
    }
}

fn is_absolute_without_fragment(resource: &str) -> bool {
    !resource.contains('#') && Url::parse(resource).is_ok()
}
