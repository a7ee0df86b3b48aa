//! A token, decoded and checked against its issuer's keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

/// What a JWT says, and whether its issuer signed it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedToken {
    /// The header (RFC 7515 §4).
    pub header: Value,
    /// The claims (RFC 7519 §4). Times are not judged here: the reader has a clock.
    pub claims: Value,
    /// What came of checking the signature.
    pub signature: SignatureCheck,
}

/// What came of checking a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureCheck {
    /// The issuer's key of this `kid` made it.
    Good {
        /// Which key.
        kid: String,
        /// With which algorithm.
        alg: String,
    },
    /// It was not made by the key that the header names, or cannot be checked; the sentence says why.
    Bad(String),
}

/// Decodes a compact JWT (RFC 7515 §7.1) and checks it against a JWK set. `None` when it is no JWT.
pub fn decode(token: &str, jwks: &Value) -> Option<DecodedToken> {
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let part = |text: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    let (header, claims) = (part(header)?, part(claims)?);
    let signature = match check(token, &header, jwks) {
        Ok((kid, alg)) => SignatureCheck::Good { kid, alg },
        Err(why) => SignatureCheck::Bad(why),
    };
    Some(DecodedToken {
        header,
        claims,
        signature,
    })
}

fn check(token: &str, header: &Value, jwks: &Value) -> Result<(String, String), String> {
    if header.get("crit").is_some() {
        // RFC 7515 §4.1.11: whoever does not understand what is critical must refuse.
        return Err("The header marks extensions as critical, which are not understood here".to_owned());
    }
    let kid = header
        .get("kid")
        .and_then(Value::as_str)
        .ok_or("The header names no key (kid)")?;
    let key = published(jwks, kid).ok_or_else(|| format!("The issuer publishes no key {kid}"))?;
    // The algorithm is the key's, not what the token says (RFC 8725 §3.1).
    let algorithm = match header.get("alg").and_then(Value::as_str) {
        Some("ES256") => Algorithm::ES256,
        Some("ES384") => Algorithm::ES384,
        Some("RS256") => Algorithm::RS256,
        Some("PS256") => Algorithm::PS256,
        Some("EdDSA") => Algorithm::EdDSA,
        other => {
            return Err(format!(
                "The algorithm {} is not accepted",
                other.unwrap_or("(none)")
            ));
        }
    };
    if key
        .common
        .key_algorithm
        .is_some_and(|of_key| of_key.to_string() != format!("{algorithm:?}"))
    {
        return Err(format!(
            "The header says {algorithm:?}, but the key {kid} is for another algorithm"
        ));
    }
    let decoding =
        DecodingKey::from_jwk(&key).map_err(|_| format!("The issuer's key {kid} cannot be used"))?;
    let mut validation = Validation::new(algorithm);
    // Its clock is the system's; times are the reader's business.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(token, &decoding, &validation)
        .map_err(|_| format!("The key {kid} did not make this signature"))?;
    Ok((kid.to_owned(), format!("{algorithm:?}")))
}

/// The key of a `kid`. Keys that cannot be read are passed over, as RFC 7517 §5 asks.
fn published(jwks: &Value, kid: &str) -> Option<Jwk> {
    let keys = jwks.get("keys")?.as_array()?;
    let set = JwkSet {
        keys: keys
            .iter()
            .filter_map(|key| serde_json::from_value(key.clone()).ok())
            .collect(),
    };
    set.find(kid).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(header: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.AAAA", part(header), part(&json!({ "sub": "a" })))
    }

    #[test]
    fn a_token_that_cannot_be_trusted_is_still_shown_and_says_why() {
        let jwks = json!({ "keys": [
            { "kty": "strange" },
            { "kty": "EC", "crv": "P-256", "kid": "k", "alg": "ES256",
              "x": "wJ-b2cfylrbfJYMgQeK2H9WEvkLp-_030reCBDykDaM",
              "y": "S8U6sw-qY4qfZ86i397s859cDOWS1MPCsX6LZCbkxME" },
        ] });
        for (header, told) in [
            (json!({ "alg": "none", "kid": "k" }), "none is not accepted"),
            (json!({ "alg": "HS256", "kid": "k" }), "HS256 is not accepted"),
            (json!({ "alg": "RS256", "kid": "k" }), "for another algorithm"),
            (json!({ "alg": "ES256" }), "names no key"),
            (
                json!({ "alg": "ES256", "kid": "other" }),
                "publishes no key other",
            ),
            (json!({ "alg": "ES256", "kid": "k", "crit": ["x"] }), "critical"),
            (
                json!({ "alg": "ES256", "kid": "k" }),
                "did not make this signature",
            ),
        ] {
            let decoded = decode(&token(&header), &jwks).unwrap();
            assert_eq!(decoded.claims["sub"], "a");
            let SignatureCheck::Bad(why) = decoded.signature else {
                panic!("{header}")
            };
            assert!(why.contains(told), "{why}");
        }
        for no_token in ["", "a.b", "a.b.c", "a.b.c.d", "e30.e30.AA.AA", "opaque"] {
            assert_eq!(decode(no_token, &jwks), None, "{no_token}");
        }
    }
}
