//! The refresh token grant (RFC 6749 §6): each token is good once, and one that comes back ends its family
//! (RFC 9700 §4.14.2).

use jiff::{SignedDuration, Timestamp};

use super::authorization_code::invalid_grant;
use super::form::Form;
use super::token::{Claim, Entitlement, SpendError, unauthorized};
use super::{OAuthError, opaque, resource};
use crate::client::{GrantType, Scope};
use crate::registry::{Binding, Client, Grant, NewRefreshToken, Registry, Spending, TokenHash};

const DAY: u32 = 24 * 60 * 60;
/// Where the person did not allow to stay signed in, idle or not.
const WITHOUT_OFFLINE_ACCESS: u32 = DAY;
/// With `offline_access`, unless the registration says otherwise.
const IDLE: u32 = 30 * DAY;
const ABSOLUTE: u32 = 90 * DAY;

/// How long the refresh tokens of a grant live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    idle: SignedDuration,
    ends: Timestamp,
}

/// Those of one grant of a client.
pub fn lifetimes(client: &Client, grant: &Grant) -> Lifetimes {
    let offline = grant.scopes.iter().any(|scope| scope == "offline_access");
    let draft = &client.draft;
    let idle = draft.refresh_token_idle_lifetime.unwrap_or(IDLE);
    let absolute = draft.refresh_token_absolute_lifetime.unwrap_or(ABSOLUTE);
    let most = if offline { u32::MAX } else { WITHOUT_OFFLINE_ACCESS };
    let seconds = |length: u32| SignedDuration::from_secs(length.min(most).into());
    Lifetimes {
        idle: seconds(idle),
        ends: later(grant.created_at, seconds(absolute)),
    }
}

impl Lifetimes {
    /// The next token of the family, as it is stored.
    pub fn next(&self, claim: &Claim) -> NewRefreshToken {
        NewRefreshToken {
            hash: claim.next.hash,
            bound_to: claim.binding(),
            expires_at: later(claim.now, self.idle).min(self.ends),
        }
    }
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Reads what a request wants to use, before the registry is asked.
///
/// # Errors
/// `unauthorized_client`, `invalid_request`.
pub fn read(form: &Form, client: &Client) -> Result<TokenHash, OAuthError> {
    if !client.draft.has_grant(GrantType::RefreshToken) {
        return Err(unauthorized(
            "The client is not registered for the refresh token grant.",
        ));
    }
    let token = form.get("refresh_token");
    let token = token.ok_or(OAuthError::invalid_request(
        "The parameter refresh_token is missing.",
    ))?;
    Ok(opaque::hash(token))
}

/// Rotates a refresh token on the connection that writes.
///
/// # Errors
/// `invalid_grant` for a token that is none, another client's, used before, or late; `invalid_scope`,
/// `invalid_target`: these two leave it as it is.
pub fn rotate(claim: &Claim, token: &TokenHash, registry: &Registry) -> Result<Entitlement, SpendError> {
    let Claim {
        form, client, now, ..
    } = claim;
    let spending = registry.rotate_refresh_token(token, &client.client_id, *now, |grant, bound_to| {
        is_for_this_holder(claim, bound_to)?;
        let scopes = narrowed(form, grant)?;
        let audience = resource::audience(form, client, &grant.resources)?;
        let next = lifetimes(client, grant).next(claim);
        Ok((
            claim.continuation(Some(next)),
            (scopes, audience.map(str::to_owned)),
        ))
    })?;
    match spending {
        Spending::Done(grant, (scopes, audience)) => Ok(Entitlement {
            scopes,
            // OpenID Connect Core §12.2: an ID token that comes with a refresh should have no nonce.
            nonce: None,
            audience,
            refresh_token: Some(claim.next.text.clone()),
            grant: Some(grant),
            exchanged: None,
        }),
        Spending::Refused(error) => Err(SpendError::Protocol(error)),
        Spending::Unknown | Spending::Replayed => Err(invalid_grant(
            "The refresh token is not valid: unknown, expired, used before, or not this client's.",
        )
        .into()),
    }
}

/// A refresh token that is bound is for whoever holds what it is bound to (RFC 9449 §5, RFC 8705 §4).
fn is_for_this_holder(claim: &Claim, bound_to: &Binding) -> Result<(), OAuthError> {
    if bound_to.jkt.is_some() && bound_to.jkt != claim.proven.jkt {
        return Err(invalid_grant(
            "The refresh token is bound to a key, and the request comes without a DPoP proof of that key.",
        ));
    }
    if bound_to.x5t_s256.is_some() && bound_to.x5t_s256 != claim.proven.x5t_s256 {
        return Err(invalid_grant(
            "The refresh token is bound to a certificate, and the request comes without it.",
        ));
    }
    Ok(())
}

/// What was asked, if it is part of what was granted (RFC 6749 §6).
fn narrowed(form: &Form, grant: &Grant) -> Result<Vec<String>, OAuthError> {
    let Some(asked) = form.get("scope") else {
        return Ok(grant.scopes.clone());
    };
    let invalid = |why| OAuthError::InvalidScope(std::borrow::Cow::Borrowed(why));
    let asked = Scope::parse_list(asked).ok_or(invalid(
        "The scope must be scope values with exactly one space between two.",
    ))?;
    let asked: Vec<String> = asked.iter().map(|scope| scope.as_str().to_owned()).collect();
    if asked.iter().all(|scope| grant.scopes.contains(scope)) {
        Ok(asked)
    } else {
        Err(invalid("The scope goes beyond what was granted."))
    }
}
