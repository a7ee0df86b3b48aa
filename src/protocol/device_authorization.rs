//! The device authorization request (RFC 8628 §3.1): what a device without a browser asks for.

use jiff::{SignedDuration, Timestamp};

use super::token::unauthorized;
use super::{OAuthError, authorization_request, resource};
use crate::client::{GrantType, Standing};
use crate::protocol::form::Form;
use crate::registry::{Client, DeviceAnswer, DeviceAuthorization};

/// A person has this long to type the code and to answer.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Devices of one client that wait at once. The more codes are good at a time, the sooner a guess is right
/// (RFC 8628 §5.1).
pub const MOST_WAITING: u32 = 1_000;

/// Reads a request of a client that has authenticated.
///
/// # Errors
/// `unauthorized_client`, `invalid_scope`, `invalid_target`.
pub fn read(form: &Form, client: &Client, now: Timestamp) -> Result<DeviceAuthorization, OAuthError> {
    if !client.draft.has_grant(GrantType::DeviceCode) {
        return Err(unauthorized(
            "The client is not registered for the device code grant.",
        ));
    }
    let scopes = authorization_request::scopes(form, client)
        .map_err(|(_, description)| OAuthError::InvalidScope(description.into()))?;
    let resources = resource::asked(form, client)?;
    Ok(DeviceAuthorization {
        client_id: client.client_id.clone(),
        scopes,
        resources: resources.into_iter().map(str::to_owned).collect(),
        expires_at: now.saturating_add(LIFETIME).unwrap_or(now),
        answer: DeviceAnswer::Awaited,
    })
}

/// Whether a person can still answer: nobody has, there is time, and the client may have today what it asked for then.
pub fn is_awaited(authorization: &DeviceAuthorization, client: &Client, now: Timestamp) -> bool {
    let draft = &client.draft;
    let within = |asked: &[String], registered: &[String]| asked.iter().all(|one| registered.contains(one));
    authorization.answer == DeviceAnswer::Awaited
        && now < authorization.expires_at
        && client.standing() == Standing::Active
        && draft.has_grant(GrantType::DeviceCode)
        && within(&authorization.scopes, &draft.scopes)
        && within(&authorization.resources, &draft.audience)
}
