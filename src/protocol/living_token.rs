//! Whether a token lives: the one judgement behind introspection, token exchange, `/userinfo` and resource servers.

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

/// What was found of an access token: all of it, for whoever wants to see more than the first reason.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What it says; absent where this server has not signed it as an access token.
    pub token: Option<Verified>,
    /// To whom it was issued, where that one is still there.
    pub client: Option<Client>,
    /// What a person allowed, where that has not ended.
    pub grant: Option<Grant>,
    /// Why it does not live, in the order of judgement: every reason that can be told. None: it lives.
    pub dead: Vec<DeadToken>,
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
    Ok(examine(token, keys, issuer, registry, now)?.living())
}

/// Judges an access token and goes on where it does not live, as far as there is something to judge.
///
/// # Errors
/// [`RegistryError`] when the registry cannot be read.
pub fn examine(
    token: &str,
    keys: &SigningKeys,
    issuer: &Issuer,
    registry: &Registry,
    now: Timestamp,
) -> Result<Examined, RegistryError> {
    let token = match keys.verify(token, TokenKind::AccessToken) {
        Ok(token) => token,
        Err(error) => return Ok(Examined::unsigned(error)),
    };
    let mut dead = Vec::new();
    if token.text("iss") != Some(issuer.as_str()) {
        dead.push(DeadToken::Issuer);
    }
    dead.extend(out_of_time(&token, now));
    if token.is_for(AUDIENCE) {
        dead.push(DeadToken::Audience);
    }
    let client_id = token.text("client_id").and_then(ClientId::parse);
    let client = client_id.map(|id| registry.client(&id)).transpose()?.flatten();
    match &client {
        None => dead.push(DeadToken::ClientGone),
        Some(client) if client.standing() != Standing::Active => dead.push(DeadToken::ClientNotActive),
        Some(client) if was_ended(&token, client) => dead.push(DeadToken::Ended),
        Some(_) if subject_has_ended(&token, registry)? => dead.push(DeadToken::Ended),
        Some(_) => {}
    }
    let grant_id = token.text("grant_id");
    let grant = grant_id.map(|id| registry.grant(id)).transpose()?.flatten();
    if grant_id.is_some() && grant.is_none() {
        dead.push(DeadToken::GrantEnded);
    }
    let revoked = token
        .text("jti")
        .map(|jti| registry.is_revoked(jti))
        .transpose()?;
    if revoked != Some(false) {
        dead.push(DeadToken::Revoked);
    }
    Ok(Examined {
        token: Some(token),
        client,
        grant,
        dead,
    })
}

fn out_of_time(token: &Verified, now: Timestamp) -> Vec<DeadToken> {
    let has_expired = token.seconds("exp").is_none_or(|exp| exp <= now.as_second());
    let reasons = [
        (has_expired, DeadToken::Expired),
        (counts_later(token, now), DeadToken::NotYet),
    ];
    let reasons = reasons.into_iter().filter(|(holds, _)| *holds);
    reasons.map(|(_, reason)| reason).collect()
}

/// RFC 7519 §4.1.5: a token counts from its `nbf` on; one that is no time never comes. One that says it was issued tomorrow
/// would outlive the end of its client's tokens today.
fn counts_later(token: &Verified, now: Timestamp) -> bool {
    let is_after = |name, second: i64| token.seconds(name).is_some_and(|at| at > second);
    let is_no_time = token.claims.contains_key("nbf") && token.seconds("nbf").is_none();
    is_no_time || is_after("nbf", now.as_second()) || is_after("iat", now.as_second().saturating_add(LEEWAY))
}

impl Examined {
    fn unsigned(error: JwsError) -> Self {
        Self {
            token: None,
            client: None,
            grant: None,
            dead: vec![error.into()],
        }
    }

    /// Whether it lives.
    pub fn lives(&self) -> bool {
        self.dead.is_empty() && self.token.is_some() && self.client.is_some()
    }

    /// The token, if it lives.
    ///
    /// # Errors
    /// The first reason why it does not.
    pub fn living(self) -> Result<LivingToken, DeadToken> {
        match (self.dead.first(), self.token, self.client) {
            (None, Some(token), Some(client)) => Ok(LivingToken {
                token,
                client,
                grant: self.grant,
            }),
            (dead, ..) => Err(dead.copied().unwrap_or(DeadToken::ClientGone)),
        }
    }
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
        self.token.jkt()
    }
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
