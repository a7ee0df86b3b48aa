//! Demonstrating proof of possession (RFC 9449): a proof shows that whoever sends a request holds a key, and tokens can be
//! bound to that key.

use std::borrow::Cow;

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde_json::{Map, Value};
use url::Url;

use super::OAuthError;
use super::dpop_nonce::Nonces;
use super::jws::{self, JwsError, Verified};
use crate::client::jwks::holds_private_key;
use crate::registry::{KeyThumbprint, Registry, RegistryError};

/// What a proof says it is (§4.2).
const TYP: &str = "dpop+jwt";
/// Clocks differ by so much, either way; and so long a proof could be replayed after its `iat` (§11.1).
const WINDOW: i64 = 60;
const LONGEST_JTI: usize = 256;

/// The request that a proof must be of (§4.3).
#[derive(Clone, Copy, Debug)]
pub struct ProvenRequest<'a> {
    /// Its method, which `htm` names.
    pub method: &'a str,
    /// Where it goes, which `htu` names.
    pub uri: &'a str,
    /// The access token that it presents, which `ath` is a hash of. None at the token endpoint.
    pub access_token: Option<&'a str>,
}

/// A proof that is right, if it is used for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DpopProof {
    /// The key that was proven.
    pub jkt: KeyThumbprint,
    /// Whether it carries one of this server's nonces: then its sender should be given the next one.
    pub has_nonce: bool,
    /// What makes it the only one: SHA-256 over the thumbprint and the `jti`, of one length however long that is.
    hash: [u8; 32],
    /// Until when it could be replayed.
    exp: Timestamp,
}

/// Judges a proof by §4.3.
///
/// # Errors
/// `invalid_dpop_proof`; `use_dpop_nonce` where only the nonce is wanting.
pub fn check(
    proof: &str,
    request: &ProvenRequest<'_>,
    nonces: &Nonces,
    now: Timestamp,
) -> Result<DpopProof, OAuthError> {
    let jwk = public_key(proof)?;
    let verified = jws::verify_by(proof, &jwk, &jws::OF_CLIENTS).map_err(|error| {
        invalid(match error {
            JwsError::Malformed | JwsError::Kind => NOT_A_JWT,
            JwsError::Algorithm => "The DPoP proof's alg is not one of dpop_signing_alg_values_supported.",
            JwsError::Critical => "The DPoP proof has a crit header.",
            JwsError::Key => "The DPoP proof's jwk is not a key for its alg.",
            JwsError::Signature => "The DPoP proof's signature is wrong.",
        })
    })?;
    if verified.typ.as_deref() != Some(TYP) {
        return Err(invalid("The DPoP proof's typ is not dpop+jwt."));
    }
    is_of_request(&verified, request)?;
    let iat = verified.seconds("iat");
    let iat = iat.filter(|iat| (iat.saturating_sub(now.as_second())).unsigned_abs() <= WINDOW.unsigned_abs());
    let iat = iat.ok_or(invalid(
        "The DPoP proof's iat is missing, or more than a minute from the server's time.",
    ))?;
    let exp = Timestamp::from_second(iat)
        .and_then(|iat| iat.checked_add(SignedDuration::from_secs(WINDOW + 1)))
        .map_err(|_| invalid("The DPoP proof's iat is no time."))?;
    let jti = verified
        .text("jti")
        .filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI)
        .ok_or(invalid("The DPoP proof has no jti of at most 256 bytes."))?;
    let has_nonce = has_nonce(&verified, nonces, now)?;
    let jkt = jwk
        .thumbprint(ThumbprintHash::SHA256)
        .ok()
        .and_then(|text| parse_thumbprint(&text))
        .ok_or(invalid("The DPoP proof's jwk is not a key for its alg."))?;
    let mut hash = Context::new(&SHA256);
    hash.update(&jkt);
    hash.update(jti.as_bytes());
    let mut proof = DpopProof {
        jkt,
        has_nonce,
        hash: [0; 32],
        exp,
    };
    proof.hash.copy_from_slice(hash.finish().as_ref());
    Ok(proof)
}

const NOT_A_JWT: &str = "The DPoP header is not one signed JWT.";

/// The key in a proof's header, public and nothing else (§4.2, §4.3). Read from the JSON itself: a library that reads
/// keys drops the members that must not be there.
fn public_key(proof: &str) -> Result<Jwk, OAuthError> {
    let header = proof
        .split_once('.')
        .filter(|(header, _)| header.len() < jws::MOST_BYTES)
        .and_then(|(header, _)| URL_SAFE_NO_PAD.decode(header).ok())
        .and_then(|header| serde_json::from_slice::<Map<String, Value>>(&header).ok());
    let mut header = header.ok_or(invalid(NOT_A_JWT))?;
    let jwk = header
        .remove("jwk")
        .ok_or(invalid("The DPoP proof has no jwk header."))?;
    if holds_private_key(&jwk) {
        return Err(invalid(
            "The DPoP proof's jwk has private members. Make a new key: this one has been shown.",
        ));
    }
    serde_json::from_value(jwk).map_err(|_| invalid("The DPoP proof's jwk is no key."))
}

/// `htm`, `htu`, and `ath` where there is a token: `base64url(SHA-256(access token))` (§4.2).
fn is_of_request(proof: &Verified, request: &ProvenRequest<'_>) -> Result<(), OAuthError> {
    if proof.text("htm") != Some(request.method) {
        return Err(invalid("The DPoP proof's htm is not the request's method."));
    }
    let htu = proof.text("htu").and_then(normalised);
    if htu.is_none() || htu != normalised(request.uri) {
        return Err(invalid("The DPoP proof's htu is not the endpoint's URL."));
    }
    let ath = request
        .access_token
        .map(|token| URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())));
    if ath.is_some() && ath.as_deref() != proof.text("ath") {
        return Err(invalid(
            "The DPoP proof's ath is not the hash of the access token.",
        ));
    }
    Ok(())
}

/// A URI as it is compared: without query and fragment, by syntax and scheme (§4.3; RFC 3986 §6.2.2, §6.2.3). `None` for
/// what is no HTTP URI in the characters of RFC 3986; a browser's parser would mend that.
fn normalised(uri: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    let url = uri.bytes().all(allowed).then(|| Url::parse(uri).ok())??;
    let is_plain =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    let path = plain_path(url.path())?;
    is_plain.then(|| format!("{}://{host}:{port}{path}", url.scheme()))
}

/// Unreserved characters stand for themselves, and hex digits are upper case (RFC 3986 §6.2.2.1, §6.2.2.2). `None` for a
/// percent sign without two of them.
fn plain_path(path: &str) -> Option<String> {
    let mut pieces = path.split('%');
    let mut plain = pieces.next()?.to_owned();
    for piece in pieces {
        let (hex, rest) = piece.split_at_checked(2)?;
        let is_hex = hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        let byte = is_hex.then(|| u8::from_str_radix(hex, 16).ok())??;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            plain.push(char::from(byte));
        } else {
            plain.push('%');
            plain.push_str(&hex.to_ascii_uppercase());
        }
        plain.push_str(rest);
    }
    Some(plain)
}

/// Whether a proof carries a nonce, which must be right then, and be there where it is demanded (§8).
fn has_nonce(proof: &Verified, nonces: &Nonces, now: Timestamp) -> Result<bool, OAuthError> {
    match proof.claims.get("nonce") {
        None if nonces.are_demanded() => Err(OAuthError::UseDpopNonce(nonces.current(now))),
        None => Ok(false),
        Some(Value::String(nonce)) if nonces.is_good(nonce, now) => Ok(true),
        Some(_) => Err(OAuthError::UseDpopNonce(nonces.current(now))),
    }
}

impl DpopProof {
    /// Uses it, on the connection that writes.
    ///
    /// # Errors
    /// `invalid_dpop_proof` when it was used before (§11.1); [`RegistryError`] when the file cannot be written.
    pub fn use_once(&self, registry: &Registry) -> Result<Result<(), OAuthError>, RegistryError> {
        let is_first = registry.use_dpop_proof(&self.hash, self.exp)?;
        Ok(is_first.then_some(()).ok_or(invalid(
            "The DPoP proof was used before. Each request needs a proof of its own.",
        )))
    }
}

/// RFC 9449 §5, §7.1.
pub const fn invalid(why: &'static str) -> OAuthError {
    OAuthError::InvalidDpopProof(Cow::Borrowed(why))
}

/// A thumbprint as `jkt` and `dpop_jkt` carry it: `base64url(SHA-256(canonical key))` (§6.1, §10).
pub fn thumbprint_text(thumbprint: &KeyThumbprint) -> String {
    URL_SAFE_NO_PAD.encode(thumbprint)
}

/// Reads such a text.
pub fn parse_thumbprint(text: &str) -> Option<KeyThumbprint> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// The names of the algorithms that proofs may be signed with (§5.1).
pub fn algorithms() -> Vec<String> {
    jws::OF_CLIENTS.iter().map(|alg| format!("{alg:?}")).collect()
}

#[cfg(test)]
pub(crate) mod tests;
