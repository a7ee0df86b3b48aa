//! Signed tokens from outside (RFC 7515, RFC 7519): read strictly, believed only when the signature is right.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde_json::{Map, Value};

/// The longest token that is looked at, in bytes.
pub const MOST_BYTES: usize = 16 * 1024;

/// What this server signs with.
pub const OURS: [Algorithm; 3] = [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA];
/// What clients may sign their assertions with: never `none`, never a shared secret (RFC 8725 §3.1).
pub const OF_CLIENTS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::EdDSA,
];

/// A token whose signature is right. Its claims are not yet judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// What it says it is.
    pub typ: Option<String>,
    /// The algorithm it was signed with.
    pub alg: Algorithm,
    /// What it says.
    pub claims: Map<String, Value>,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not three base64url parts with a JSON header and JSON claims.
    #[error("it is no signed JWT")]
    Malformed,
    /// An algorithm that is not taken.
    #[error("its algorithm is not accepted")]
    Algorithm,
    /// It demands an extension that nobody here understands (RFC 7515 §4.1.11).
    #[error("it has a crit header")]
    Critical,
    /// No key of its `kid` and algorithm.
    #[error("no key goes with its kid and algorithm")]
    Key,
    /// The signature is not that of the key.
    #[error("its signature is wrong")]
    Signature,
    /// A token of another kind.
    #[error("it is a token of another kind")]
    Kind,
}

/// Verifies a token with the key of its `kid`, or with any key of its algorithm where it names none.
///
/// # Errors
/// [`JwsError`].
pub fn verify(token: &str, keys: &[Jwk], allowed: &[Algorithm]) -> Result<Verified, JwsError> {
    let header = header(token, allowed)?;
    let kid = header.kid.clone();
    let of_kid = |key: &&Jwk| kid.is_none() || key.common.key_id == kid;
    verified_by(token, header, keys.iter().filter(of_kid))
}

/// Verifies a token that can be of one key only, whatever it calls that key.
///
/// # Errors
/// [`JwsError`].
pub fn verify_by(token: &str, key: &Jwk, allowed: &[Algorithm]) -> Result<Verified, JwsError> {
    verified_by(token, header(token, allowed)?, std::iter::once(key))
}

fn header(token: &str, allowed: &[Algorithm]) -> Result<Header, JwsError> {
    if token.len() > MOST_BYTES || token.split('.').count() != 3 {
        return Err(JwsError::Malformed);
    }
    // `alg: none` is no algorithm that the library knows: malformed.
    let header = jsonwebtoken::decode_header(token).map_err(|_| JwsError::Malformed)?;
    if header.crit.is_some() {
        return Err(JwsError::Critical);
    }
    if !allowed.contains(&header.alg) {
        return Err(JwsError::Algorithm);
    }
    Ok(header)
}

fn verified_by<'a>(
    token: &str,
    header: Header,
    keys: impl Iterator<Item = &'a Jwk>,
) -> Result<Verified, JwsError> {
    let mut validation = Validation::new(header.alg);
    // The library would ask the system's clock; time is the caller's.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let mut outcome = JwsError::Key;
    for key in keys.filter(|key| may_have_signed(key, header.alg)) {
        let Ok(key) = DecodingKey::from_jwk(key) else {
            continue;
        };
        match jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation) {
            Ok(data) => {
                return Ok(Verified {
                    typ: header.typ,
                    alg: header.alg,
                    claims: data.claims,
                });
            }
            Err(_) => outcome = JwsError::Signature,
        }
    }
    Err(outcome)
}

fn may_have_signed(key: &Jwk, alg: Algorithm) -> bool {
    let common = &key.common;
    let of_alg = common
        .key_algorithm
        .is_none_or(|held| held.to_string() == format!("{alg:?}"));
    let to_sign = common
        .public_key_use
        .as_ref()
        .is_none_or(|held| *held == PublicKeyUse::Signature);
    of_alg && to_sign && is_of_kind(key, alg)
}

/// A key says what it is, and its thumbprint goes by that: it must be what its algorithm takes (RFC 7518 §3.1,
/// RFC 8037 §3.1).
fn is_of_kind(key: &Jwk, alg: Algorithm) -> bool {
    match (&key.algorithm, alg) {
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => key.curve == EllipticCurve::Ed25519,
        (
            AlgorithmParameters::RSA(_),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => true,
        _ => false,
    }
}

impl Verified {
    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A claim that is a time, in whole seconds since 1970 (RFC 7519 §2, NumericDate).
    pub fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float saturates at the ends of i64"
        )]
        value
            .as_i64()
            .or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))
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
        self.claims.get("cnf")?.get(member)?.as_str()
    }

    /// Whether `aud` is or holds an identifier (RFC 7519 §4.1.3).
    pub fn is_for(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        }
    }
}
