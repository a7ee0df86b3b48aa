//! JWT access tokens (RFC 9068). They are not stored: what lives is decided by signature, `exp`, the client and the
//! grant.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::Issuer;
use super::confirmation::Confirmation;
use super::fault::Signer;
use super::signing_key::{KeysError, TokenKind};
use super::token_exchange::Exchanged;
use crate::client::lifetime::access_token_lifetime;
use crate::registry::{Binding, Client};

/// The claims of an access token (RFC 9068 §2.2). Times are seconds since 1970.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    client_id: &'a str,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    iat: i64,
    exp: i64,
    jti: uuid::fmt::Hyphenated,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_act: Option<&'a Value>,
}

/// What one access token says.
#[derive(Clone, Copy, Debug)]
pub struct AccessToken<'a> {
    /// Who issues it.
    pub issuer: &'a Issuer,
    /// To whom.
    pub client: &'a Client,
    /// On whose behalf, where a person takes part. Otherwise `sub` is the client itself (RFC 9068 §2.2).
    pub person: Option<Person<'a>>,
    /// What it takes over from the token that it was exchanged for (RFC 8693).
    pub exchanged: Option<&'a Exchanged>,
    /// What it is bound to.
    pub bound_to: Binding,
    /// For which resource server.
    pub audience: &'a str,
    /// For what, space-delimited; absent when for nothing in particular.
    pub scope: Option<&'a str>,
    /// When.
    pub now: Timestamp,
    /// 16 random bytes for its `jti`.
    pub random: [u8; 16],
}

/// A person in an access token.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// What the client sees of them.
    pub subject: &'a str,
    /// When they signed in (RFC 9068 §2.2.1).
    pub auth_time: Timestamp,
    /// The grant that the token dies with.
    pub grant_id: &'a str,
}

impl AccessToken<'_> {
    /// How long it lives, in seconds.
    pub fn lifetime(&self) -> u32 {
        let registered = access_token_lifetime(self.client.draft.access_token_lifetime);
        let left = self
            .exchanged
            .map(|exchanged| exchanged.ends.saturating_sub(self.now.as_second()).max(0));
        let left = left.and_then(|left| u32::try_from(left).ok());
        left.map_or(registered, |left| left.min(registered))
    }

    /// Signs it.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, signer: Signer<'_>) -> Result<String, KeysError> {
        let client_id = self.client.client_id.as_str();
        let other_client = self.exchanged.and_then(|exchanged| exchanged.client.as_deref());
        let iat = self.now.as_second();
        let claims = Claims {
            iss: self.issuer.as_str(),
            sub: self
                .person
                .map_or(other_client.unwrap_or(client_id), |person| person.subject),
            client_id,
            aud: self.audience,
            scope: self.scope,
            iat,
            exp: iat + i64::from(self.lifetime()),
            jti: uuid::Builder::from_random_bytes(self.random)
                .into_uuid()
                .hyphenated(),
            auth_time: self.person.map(|person| person.auth_time.as_second()),
            grant_id: self.person.map(|person| person.grant_id),
            cnf: Confirmation::of(&self.bound_to),
            act: self.exchanged.and_then(|exchanged| exchanged.act.as_ref()),
            may_act: self.exchanged.and_then(|exchanged| exchanged.may_act.as_ref()),
        };
        let claims =
            serde_json::to_vec(&claims).map_err(|_| KeysError::Unusable("the claims cannot be written"))?;
        signer.sign(TokenKind::AccessToken, &claims)
    }
}
