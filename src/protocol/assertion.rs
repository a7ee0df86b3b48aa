//! Client authentication with a key of its own: `private_key_jwt` (RFC 7523 §2.2, §3; OpenID Connect Core §9).

use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use serde_json::Value;

use super::{Issuer, jws, metadata};
use crate::client::{AuthMethod, ClientId, Standing};
use crate::registry::Client;

/// The value of `client_assertion_type` (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const NO_KEY: &str = "no key of the client goes with the assertion";
const WRONG_SIGNATURE: &str = "the assertion's signature is wrong";

/// Clocks differ by so much. Only for times that lie ahead: an assertion that has expired has expired.
const LEEWAY: i64 = 60;
/// An assertion that lives longer is refused (RFC 7523 §3): its `jti` would have to be kept as long.
const LONGEST: i64 = 24 * 60 * 60;
const LONGEST_JTI: usize = 256;

/// An assertion that is right, if it is used for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedAssertion {
    /// What makes it the only one.
    pub jti: String,
    /// Until when it could be replayed.
    pub exp: Timestamp,
}

/// Who an assertion says it is from: its `sub`, not yet believed.
pub fn claimed_client_id(assertion: &str) -> Option<ClientId> {
    let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(assertion).ok()?;
    claims
        .get("sub")
        .and_then(Value::as_str)
        .and_then(ClientId::parse)
}

/// Whether a client authenticates with assertions, and may act.
///
/// # Errors
/// Why not, for the server's owner.
pub fn may_assert(client: &Client) -> Result<(), &'static str> {
    match client.standing() {
        Standing::Active => {}
        Standing::Disabled => return Err("the client is disabled"),
        Standing::Held => return Err("the client is held: its registration breaks rules"),
    }
    if client.draft.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt {
        Ok(())
    } else {
        Err("private_key_jwt is not the method the client registered")
    }
}

/// Whether an assertion that was refused could be right with newer keys of its client: one that names no key may be
/// signed with one that is not known yet.
pub fn may_be_of_a_new_key(why: &str) -> bool {
    matches!(why, NO_KEY | WRONG_SIGNATURE)
}

/// The keys of a JWK set. Those that cannot be read are none of it.
pub fn keys_of(jwks: &Value) -> Vec<Jwk> {
    let keys = jwks.get("keys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .filter_map(|key| serde_json::from_value(key.clone()).ok())
        .collect()
}

/// Judges an assertion with the client's keys.
///
/// # Errors
/// Why it does not count, for the server's owner.
pub fn check(
    assertion: &str,
    client: &Client,
    keys: &[Jwk],
    issuer: &Issuer,
    now: Timestamp,
) -> Result<CheckedAssertion, &'static str> {
    let verified = jws::verify(assertion, keys, &jws::OF_CLIENTS).map_err(|error| match error {
        jws::JwsError::Malformed | jws::JwsError::Kind => "the assertion is no signed JWT",
        jws::JwsError::Algorithm => "the assertion's algorithm is not accepted",
        jws::JwsError::Critical => "the assertion has a crit header",
        jws::JwsError::Key => NO_KEY,
        jws::JwsError::Signature => WRONG_SIGNATURE,
    })?;
    let registered = client.draft.token_endpoint_auth_signing_alg.as_deref();
    if registered.is_some_and(|alg| alg != format!("{:?}", verified.alg)) {
        return Err("the assertion's algorithm is not the one the client registered");
    }
    let client_id = Some(client.client_id.as_str());
    if verified.text("iss") != client_id || verified.text("sub") != client_id {
        return Err("iss and sub of the assertion are not the client_id");
    }
    // RFC 7523 §3: the token endpoint's URL may be used; the issuer is what newer texts ask for. RFC 9126 §2 adds the
    // endpoint for pushed requests. Each names this server, and an assertion counts once wherever it is used.
    let names = [metadata::TOKEN, metadata::PAR].map(|path| issuer.endpoint(path));
    if !verified.is_for(issuer.as_str()) && !names.iter().any(|name| verified.is_for(name)) {
        return Err("the assertion's aud is neither the issuer nor its endpoint");
    }
    let now = now.as_second();
    let exp = verified.seconds("exp").ok_or("the assertion has no exp")?;
    if exp <= now {
        return Err("the assertion has expired");
    }
    if exp > now + LONGEST {
        return Err("the assertion lives longer than a day");
    }
    for name in ["nbf", "iat"] {
        if verified.seconds(name).is_some_and(|time| time > now + LEEWAY) {
            return Err("the assertion is of the future");
        }
    }
    let jti = verified
        .text("jti")
        .filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI);
    let jti = jti
        .ok_or("the assertion has no jti of at most 256 bytes")?
        .to_owned();
    let exp = Timestamp::from_second(exp).map_err(|_| "the assertion's exp is no time")?;
    Ok(CheckedAssertion { jti, exp })
}
