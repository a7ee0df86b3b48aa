//! The device code grant at the token endpoint (RFC 8628 §3.4): a device asks until a person has answered on another
//! screen.

use super::authorization_code::invalid_grant;
use super::form::Form;
use super::polls::Polls;
use super::token::{Claim, Entitlement, SpendError, unauthorized};
use super::{OAuthError, opaque, refresh_token, resource};
use crate::client::GrantType;
use crate::registry::{Client, DeviceAnswer, Registry, Spending, TokenHash};

/// RFC 8628 §3.5 names what happens to a code that is one; for others RFC 6749 §5.2 has this, one sentence for all.
const WORTHLESS: &str = "The device_code is not valid: unknown, spent, or not this client's.";

/// Reads what a request wants to redeem, before the registry is asked.
///
/// # Errors
/// `unauthorized_client`, `invalid_request`.
pub fn read(form: &Form, client: &Client) -> Result<TokenHash, OAuthError> {
    if !client.draft.has_grant(GrantType::DeviceCode) {
        return Err(unauthorized(
            "The client is not registered for the device code grant.",
        ));
    }
    let code = form.get("device_code").ok_or(OAuthError::invalid_request(
        "The parameter device_code is missing.",
    ))?;
    Ok(opaque::hash(code))
}

/// Looks whether there is an answer, on a connection that only reads: most requests find none.
///
/// # Errors
/// `authorization_pending`, `slow_down`, `access_denied`, `expired_token`; `invalid_grant` for a code that is none or
/// another client's.
pub fn look(
    claim: &Claim,
    code: &TokenHash,
    registry: &Registry,
    polls: &Polls,
    mut is_slowed: impl FnMut() -> bool,
) -> Result<(), SpendError> {
    let found = registry.device_authorization(code)?;
    let found = found.filter(|found| found.client_id == claim.client.client_id);
    let found = found.ok_or(invalid_grant(WORTHLESS))?;
    let refused = match found.answer {
        // To spend it again is to end its grant.
        DeviceAnswer::Spent => return Ok(()),
        _ if found.expires_at <= claim.now => OAuthError::ExpiredToken,
        // Whoever is held up on purpose waits longer, as if it had come too soon; what was allowed stays so.
        DeviceAnswer::Awaited | DeviceAnswer::Allowed if is_slowed() => {
            polls.slow_down(code, found.expires_at, claim.now);
            OAuthError::SlowDown
        }
        // Even where it came too soon: slow_down is a way of saying that nobody has answered.
        DeviceAnswer::Allowed => return Ok(()),
        DeviceAnswer::Denied => OAuthError::AccessDenied,
        DeviceAnswer::Awaited if polls.keeps_interval(code, found.expires_at, claim.now) => {
            OAuthError::AuthorizationPending
        }
        DeviceAnswer::Awaited => OAuthError::SlowDown,
    };
    if !matches!(refused, OAuthError::AuthorizationPending | OAuthError::SlowDown) {
        polls.forget(code);
    }
    Err(refused.into())
}

/// Redeems a code on the connection that writes.
///
/// # Errors
/// `invalid_grant` for one that is spent or was taken back meanwhile; `invalid_target`, which leaves it as it is.
pub fn redeem(claim: &Claim, code: &TokenHash, registry: &Registry) -> Result<Entitlement, SpendError> {
    let Claim {
        form, client, now, ..
    } = claim;
    let refreshable = client.draft.has_grant(GrantType::RefreshToken);
    let spending = registry.spend_device_code(code, &client.client_id, *now, |grant| {
        let audience = resource::audience(form, client, &grant.resources)?;
        let next = refreshable.then(|| refresh_token::lifetimes(client, grant).next(claim));
        Ok((claim.continuation(next), audience.map(str::to_owned)))
    })?;
    match spending {
        Spending::Done(grant, audience) => Ok(Entitlement {
            scopes: grant.scopes.clone(),
            // A device authorization request has no nonce to repeat.
            nonce: None,
            audience,
            refresh_token: refreshable.then(|| claim.next.text.clone()),
            exchanged: None,
            grant: Some(grant),
        }),
        Spending::Refused(error) => Err(SpendError::Protocol(error)),
        Spending::Unknown | Spending::Replayed => Err(invalid_grant(WORTHLESS).into()),
    }
}
