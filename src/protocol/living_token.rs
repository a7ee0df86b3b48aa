//! Whether a token lives: the one judgement behind introspection, revocation and `/userinfo`.

use jiff::Timestamp;

use super::Issuer;
use super::jws::{JwsError, Verified};
use super::keys::SigningKeys;
use super::signing_key::TokenKind;
use crate::client::{ClientId, Standing};
use crate::registry::{Client, Grant, Registry, RegistryError};

/// An access token that lives.
#[derive(Clone, Debug)]
pub struct LivingToken {
    /// What it says.
    pub token: Verified,
    /// To whom it was issued.
    pub client: Client,
    /// What a person allowed; absent where the client acts for itself.
    pub grant: Option<Grant>,
}

/// Why an access token does not live, for the server's owner. Whoever shows it learns only that it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadToken {
    /// Nothing that this server signed.
    #[error("{0}")]
    Unsigned(#[from] JwsError),
    /// By another issuer, with the same keys.
    #[error("it is of another issuer")]
    Issuer,
    /// Its time is over, or it never said until when.
    #[error("it has expired")]
    Expired,
    /// Nobody of that identifier.
    #[error("its client is gone")]
    ClientGone,
    /// Disabled or held.
    #[error("its client is not active")]
    ClientNotActive,
    /// Issued before the client's tokens were ended.
    #[error("all tokens of its client from that time were ended")]
    Ended,
    /// The person's yes was withdrawn, or a code or refresh token came twice.
    #[error("its grant has ended")]
    GrantEnded,
    /// By itself.
    #[error("it was revoked")]
    Revoked,
}

/// Judges an access token. It lives while its signature and `exp` hold, its client is active, it is later than the
/// client's `tokens_valid_after`, its grant has not ended, and it was not revoked.
///
/// # Errors
/// [`RegistryError`] when the registry cannot be read.
pub fn access_token(
    token: &str,
    keys: &SigningKeys,
    issuer: &Issuer,
    registry: &Registry,
    now: Timestamp,
) -> Result<Result<LivingToken, DeadToken>, RegistryError> {
    let token = match keys.verify(token, TokenKind::AccessToken) {
        Ok(token) => token,
        Err(error) => return Ok(Err(error.into())),
    };
    if token.text("iss") != Some(issuer.as_str()) {
        return Ok(Err(DeadToken::Issuer));
    }
    if token.seconds("exp").is_none_or(|exp| exp <= now.as_second()) {
        return Ok(Err(DeadToken::Expired));
    }
    let client_id = token.text("client_id").and_then(ClientId::parse);
    let client = client_id.map(|id| registry.client(&id)).transpose()?.flatten();
    let Some(client) = client else {
        return Ok(Err(DeadToken::ClientGone));
    };
    if client.standing() != Standing::Active {
        return Ok(Err(DeadToken::ClientNotActive));
    }
    if was_ended(&token, &client) {
        return Ok(Err(DeadToken::Ended));
    }
    let grant = match token.text("grant_id") {
        None => None,
        Some(id) => match registry.grant(id)? {
            Some(grant) => Some(grant),
            None => return Ok(Err(DeadToken::GrantEnded)),
        },
    };
    if token
        .text("jti")
        .map(|jti| registry.is_revoked(jti))
        .transpose()?
        != Some(false)
    {
        return Ok(Err(DeadToken::Revoked));
    }
    Ok(Ok(LivingToken { token, client, grant }))
}

/// `iat` has whole seconds: a token of the very second in which tokens were ended counts as an earlier one.
fn was_ended(token: &Verified, client: &Client) -> bool {
    let Some(valid_after) = client.tokens_valid_after else {
        return false;
    };
    token
        .seconds("iat")
        .is_none_or(|iat| iat <= valid_after.as_second())
}
