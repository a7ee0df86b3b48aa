//! Whether a token lives: the one judgement behind introspection, revocation and `/userinfo`.

use jiff::Timestamp;

use super::Issuer;
use super::fault::AUDIENCE;
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
    /// It counts later, by `nbf`, or comes from the future, by `iat`.
    #[error("it is not valid yet")]
    NotYet,
    /// It is for nobody: a fault has seen to that.
    #[error("its audience is nobody's")]
    Audience,
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

/// The clock may be set back so far between two tokens. Seconds.
const LEEWAY: i64 = 60;

/// Judges an access token. It lives while its signature and its times hold, its client is active, it is later than the
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
    if counts_later(&token, now) {
        return Ok(Err(DeadToken::NotYet));
    }
    if token.is_for(AUDIENCE) {
        return Ok(Err(DeadToken::Audience));
    }
    let client_id = token.text("client_id").and_then(ClientId::parse);
    let client = client_id.map(|id| registry.client(&id)).transpose()?.flatten();
    let Some(client) = client else {
        return Ok(Err(DeadToken::ClientGone));
    };
    if client.standing() != Standing::Active {
        return Ok(Err(DeadToken::ClientNotActive));
    }
    if was_ended(&token, &client) || subject_has_ended(&token, registry)? {
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

impl LivingToken {
    /// Whether a client may know what it is worth: what was issued to it, and what is for a resource server that it
    /// introspects for (RFC 7662 §2.1).
    ///
    /// # Errors
    /// [`RegistryError`] when the registry cannot be read.
    pub fn concerns(&self, caller: &Client, registry: &Registry) -> Result<bool, RegistryError> {
        if self.client.client_id == caller.client_id {
            return Ok(true);
        }
        let servers = registry.resource_servers()?;
        Ok(servers.iter().any(|server| {
            server.introspecting_client.as_ref() == Some(&caller.client_id)
                && self.token.is_for(&server.identifier)
        }))
    }

    /// The thumbprint of the key that it is bound to (RFC 9449 §6.1).
    pub fn jkt(&self) -> Option<&str> {
        self.confirmation("jkt")
    }

    /// The thumbprint of the certificate that it is bound to (RFC 8705 §3.1).
    pub fn x5t_s256(&self) -> Option<&str> {
        self.confirmation("x5t#S256")
    }

    fn confirmation(&self, member: &str) -> Option<&str> {
        self.token.claims.get("cnf")?.get(member)?.as_str()
    }
}

/// RFC 7519 §4.1.5: a token counts from its `nbf` on. One that says it was issued tomorrow would outlive the end of its
/// client's tokens today.
fn counts_later(token: &Verified, now: Timestamp) -> bool {
    let is_after = |name, second: i64| token.seconds(name).is_some_and(|at| at > second);
    is_after("nbf", now.as_second()) || is_after("iat", now.as_second().saturating_add(LEEWAY))
}

/// A token that one client got in exchange for another's own (RFC 8693) ends with the tokens of that other client.
fn subject_has_ended(token: &Verified, registry: &Registry) -> Result<bool, RegistryError> {
    let other = token
        .text("sub")
        .filter(|sub| token.text("grant_id").is_none() && token.text("client_id") != Some(sub));
    let Some(other) = other else {
        return Ok(false);
    };
    let other = ClientId::parse(other)
        .map(|id| registry.client(&id))
        .transpose()?
        .flatten();
    Ok(other.is_none_or(|other| other.standing() != Standing::Active || was_ended(token, &other)))
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
