//! The client credentials grant: a client acts for itself (RFC 6749 §4.4).

use std::borrow::Cow;

use super::form::Form;
use super::token::{Entitlement, unauthorized};
use super::{OAuthError, resource};
use crate::client::{AuthMethod, GrantType, Scope};
use crate::registry::Client;

/// Scopes that speak of a person, who takes no part here.
const OF_A_PERSON: [&str; 2] = ["openid", "offline_access"];

/// What an authenticated client may have for itself.
///
/// # Errors
/// `unauthorized_client`, `invalid_scope`, `invalid_target`, `invalid_request`.
pub fn entitle(form: &Form, client: &Client) -> Result<Entitlement, OAuthError> {
    may_use_the_grant(client)?;
    let scopes = scopes(form, client)?;
    Ok(Entitlement {
        grant: None,
        scopes,
        audience: resource::audience(form, client, &[])?.map(str::to_owned),
        nonce: None,
        refresh_token: None,
        exchanged: None,
    })
}

fn may_use_the_grant(client: &Client) -> Result<(), OAuthError> {
    let draft = &client.draft;
    if draft.token_endpoint_auth_method == AuthMethod::None {
        // RFC 6749 §4.4: only confidential clients. Not invalid_client: a public client has nothing to authenticate
        // with, so that nothing failed; the grant is not for it.
        return Err(unauthorized(
            "The client credentials grant is for confidential clients only.",
        ));
    }
    if !draft.has_grant(GrantType::ClientCredentials) {
        return Err(unauthorized(
            "The client is not registered for the client credentials grant.",
        ));
    }
    Ok(())
}

/// What is granted: what was asked, if all of it is registered; everything registered that speaks of no person when
/// nothing was asked (RFC 6749 §3.3).
pub(super) fn scopes(form: &Form, client: &Client) -> Result<Vec<String>, OAuthError> {
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
                    "The scope must be scope values with exactly one space between two.",
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
    Ok(granted.into_iter().map(str::to_owned).collect())
}
