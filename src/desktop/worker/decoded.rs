//! Pasted tokens, decoded away from the thread that draws. Nothing of them is kept or sent.

use jiff::Timestamp;
use serde_json::json;

use super::ReplyBody;
use crate::client::Secret;
use crate::jwt::{DecodedToken, Keys, Problem, decode, tokens_of_response};
use crate::registry::{Registry, RegistryError};

/// Tokens to decode, and what to check them with.
#[derive(Debug)]
pub struct ToDecode {
    /// The token.
    pub first: Secret,
    /// One to compare it with.
    pub second: Option<Secret>,
    /// The keys.
    pub keys: KeysFrom,
}

/// Where the keys come from that a pasted token is checked with.
#[derive(Debug)]
pub enum KeysFrom {
    /// What the server of this registry publishes.
    ThisServer,
    /// A pasted JWK set, or one JWK.
    Jwks(Secret),
    /// A pasted public key or certificate in PEM.
    Pem(Secret),
}

/// What came of it.
#[derive(Debug)]
pub struct Decoded {
    /// The token.
    pub first: PastedToken,
    /// The other one.
    pub second: Option<PastedToken>,
    /// What the keys are, in a line, or why they are none.
    pub keys: Result<String, Problem>,
}

/// A pasted token, decoded.
#[derive(Debug)]
pub struct PastedToken {
    /// What it says.
    pub token: DecodedToken,
    /// The tokens in it, by the names of their members, where it is a whole token response.
    pub within: Vec<(&'static str, Secret)>,
}

/// Decodes, with the keys that count now.
pub(super) fn carry_out(asked: &ToDecode, registry: &Registry) -> Result<ReplyBody, RegistryError> {
    let keys = match &asked.keys {
        KeysFrom::ThisServer => Ok(published(registry, Timestamp::now())?),
        KeysFrom::Jwks(text) => Keys::from_jwks(text.expose()),
        KeysFrom::Pem(text) => Keys::from_pem(text.expose()),
    };
    let read = |text: &Secret| PastedToken {
        token: decode(text.expose(), keys.as_ref().ok()),
        within: tokens_of_response(text.expose()),
    };
    Ok(ReplyBody::Decoded(Box::new(Decoded {
        first: read(&asked.first),
        second: asked.second.as_ref().map(read),
        keys: keys.map(|keys| keys.describe()),
    })))
}

/// The keys that the server publishes or would publish, whether it runs or not.
fn published(registry: &Registry, now: Timestamp) -> Result<Keys, RegistryError> {
    let records = registry.signing_keys()?.into_iter();
    let living = records.filter(|record| record.retires_at.is_none_or(|end| now < end));
    let jwks: Vec<_> = living.map(|record| record.public_jwk).collect();
    Ok(Keys::published(&json!({ "keys": jwks })))
}
