//! The keys that sign tokens: made at the first start, sealed in the registry, opened again only when the registry has
//! others.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::registry::{Act, Registry, RegistryError, SigningKeyRecord};
use crate::vault::{Vault, VaultError};

/// Both are published from the first start: access tokens are signed with ES256, ID tokens with RS256 unless the
/// client asks otherwise (OpenID Connect Discovery §3).
const FROM_THE_START: [SigningAlgorithm; 2] = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256];

/// An algorithm that this server signs with (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits.
    Rs256,
}

/// The signing keys that one state of the registry has at one time, opened.
pub struct SigningKeys {
    records: Vec<SigningKeyRecord>,
    /// From when on the same records make other keys, because one of them has ended.
    other_from: Option<Timestamp>,
    access_tokens: Option<AccessTokenKey>,
    published: Value,
    complete: bool,
}

/// The key object that signs access tokens.
pub struct AccessTokenKey {
    kid: String,
    pair: EcdsaKeyPair,
    header: String,
    random: SystemRandom,
}

/// Why there are no keys to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// They could not be read or stored.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// They could not be sealed or opened.
    #[error("The signing keys cannot be opened: {0}")]
    Vault(#[from] VaultError),
    /// One was opened and is no key.
    #[error("A signing key cannot be used: {0}")]
    Unusable(&'static str),
}

impl KeysError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::Registry(error) => error.advice(),
            Self::Vault(error) => error.advice().to_owned(),
            Self::Unusable(_) => "Restore the registry and its key file from a backup".to_owned(),
        }
    }
}

impl SigningAlgorithm {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    fn generate(self) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let unusable = |_| KeysError::Unusable("the system could not make one");
        match self {
            Self::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(unusable)?;
                let pkcs8 = pair.to_pkcs8v1().map_err(unusable)?;
                Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
            }
            Self::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(unusable)?;
                let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(unusable)?;
                Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
            }
        }
    }

    fn public_jwk(self, pkcs8: &[u8]) -> Result<Jwk, KeysError> {
        let unreadable = || KeysError::Unusable("its public part cannot be read");
        let jwk = match self {
            Self::Es256 => Jwk::from_encoding_key(&EncodingKey::from_ec_der(pkcs8), Algorithm::ES256),
            Self::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| unreadable())?;
                let public = DecodingKey::from_rsa_der(pair.public_key().as_ref());
                Jwk::from_decoding_key(&public, Some(Algorithm::RS256))
            }
        };
        let mut jwk = jwk.map_err(|_| unreadable())?;
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| unreadable())?);
        Ok(jwk)
    }
}

impl SigningKeys {
    /// Opens the registry's keys, and makes those that are missing.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn open(registry: &Registry, act: &Act) -> Result<Self, KeysError> {
        let records = registry.signing_keys()?;
        for algorithm in FROM_THE_START {
            if oldest_without_end(&records, algorithm).is_none() {
                // Another process that starts at this moment may be quicker; then its key is the one read here.
                registry.insert_first_signing_key(&make(registry, algorithm, act)?, act)?;
            }
        }
        Self::of(registry.signing_keys()?, registry.vault(), act.at)
    }

    /// Opens what the registry holds. A key that is missing is missing here too.
    ///
    /// # Errors
    /// [`KeysError`] where one cannot be opened.
    pub fn of(records: Vec<SigningKeyRecord>, vault: &Vault, now: Timestamp) -> Result<Self, KeysError> {
        let access_tokens = match oldest_without_end(&records, SigningAlgorithm::Es256) {
            None => None,
            Some(record) => {
                let pkcs8 = vault.unseal(&name(&record.alg, &record.kid), &record.sealed)?;
                Some(AccessTokenKey::from_pkcs8(&record.kid, &pkcs8)?)
            }
        };
        let living = || records.iter().filter(|record| lives(record, now));
        let published: Vec<&Value> = living().map(|record| &record.public_jwk).collect();
        let complete = FROM_THE_START
            .iter()
            .all(|algorithm| oldest_without_end(&records, *algorithm).is_some());
        Ok(Self {
            published: json!({ "keys": published }),
            other_from: living().filter_map(|record| record.retires_at).min(),
            access_tokens,
            complete,
            records,
        })
    }

    /// Whether these are still the keys at a time, as far as the registry is unchanged.
    pub fn hold_at(&self, now: Timestamp) -> bool {
        self.other_from.is_none_or(|other_from| now < other_from)
    }

    /// Whether they were made of these records.
    pub fn are_of(&self, records: &[SigningKeyRecord]) -> bool {
        self.records == records
    }

    /// Whether there is one to sign with for each algorithm that is offered.
    pub fn are_complete(&self) -> bool {
        self.complete
    }

    /// The key that signs access tokens. `None` where every one was taken away or has ended.
    pub fn access_tokens(&self) -> Option<&AccessTokenKey> {
        self.access_tokens.as_ref()
    }

    /// The public keys as a JWK set (RFC 7517 §5).
    pub fn jwks(&self) -> &Value {
        &self.published
    }
}

impl AccessTokenKey {
    fn from_pkcs8(kid: &str, pkcs8: &[u8]) -> Result<Self, KeysError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(|_| KeysError::Unusable("it is not of P-256"))?;
        // RFC 9068 §2.1: at+jwt, so that no other kind of JWT passes for an access token.
        let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid });
        Ok(Self {
            kid: kid.to_owned(),
            pair,
            header: URL_SAFE_NO_PAD.encode(header.to_string()),
            random: SystemRandom::new(),
        })
    }

    /// Its name in tokens and in the published set (RFC 7517 §4.5).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// `base64url(header) "." base64url(claims) "." base64url(ES256(what stands before))` (RFC 7515 §7.1).
    ///
    /// # Errors
    /// When the cryptographic library fails, which no input brings about.
    pub fn sign(&self, claims: &[u8]) -> Result<String, KeysError> {
        let mut token = String::with_capacity(self.header.len() + claims.len() * 4 / 3 + 96);
        token.push_str(&self.header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self
            .pair
            .sign(&self.random, token.as_bytes())
            .map_err(|_| KeysError::Unusable("signing with it failed"))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }
}

/// The key that signs. One that has been given an end signs no more: it is only published until then, so that what it
/// signed can still be checked. Of several the oldest signs, because others may not have fetched a new one yet.
fn oldest_without_end(
    records: &[SigningKeyRecord],
    algorithm: SigningAlgorithm,
) -> Option<&SigningKeyRecord> {
    let of_algorithm = |record: &&SigningKeyRecord| record.alg == algorithm.as_str();
    records
        .iter()
        .filter(of_algorithm)
        .find(|record| record.retires_at.is_none())
}

/// Whether a key is published at a time.
fn lives(record: &SigningKeyRecord, now: Timestamp) -> bool {
    record.retires_at.is_none_or(|retires_at| now < retires_at)
}

fn make(registry: &Registry, algorithm: SigningAlgorithm, act: &Act) -> Result<SigningKeyRecord, KeysError> {
    let pkcs8 = algorithm.generate()?;
    let jwk = algorithm
        .public_jwk(&pkcs8)
        .map_err(|_| KeysError::Unusable("its public part cannot be read"))?;
    let kid = jwk.common.key_id.clone().unwrap_or_default();
    let sealed = registry.vault().seal(&name(algorithm.as_str(), &kid), &pkcs8)?;
    let public_jwk =
        serde_json::to_value(jwk).map_err(|_| KeysError::Unusable("its public part cannot be written"))?;
    Ok(SigningKeyRecord {
        kid,
        alg: algorithm.as_str().to_owned(),
        sealed,
        public_jwk,
        created_at: act.at,
        retires_at: None,
    })
}

/// What a sealed key is called, so that one cannot be put in another's place.
fn name(alg: &str, kid: &str) -> Vec<u8> {
    format!("signing key {alg} {kid}").into_bytes()
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};

    use super::*;

    #[test]
    fn kids_are_thumbprints_and_a_key_opens_under_its_own_name_only() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let registry = Registry::open(&folder.path().join("registry"), now).unwrap();
        SigningKeys::open(&registry, &Act::new("tester", now)).unwrap();
        for record in registry.signing_keys().unwrap() {
            let member = |name: &str| record.public_jwk[name].as_str().unwrap();
            // RFC 7638 §3: the required members in lexicographic order, without white space.
            let canonical = match record.alg.as_str() {
                "ES256" => {
                    format!(
                        r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                        member("x"),
                        member("y")
                    )
                }
                _ => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, member("e"), member("n")),
            };
            assert_eq!(
                record.kid,
                URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
            );
            assert_eq!(member("kid"), record.kid);
            let vault = registry.vault();
            assert!(
                vault
                    .unseal(&name(&record.alg, &record.kid), &record.sealed)
                    .is_ok()
            );
            assert!(
                vault
                    .unseal(&name(&record.alg, "another"), &record.sealed)
                    .is_err()
            );
        }
    }

    #[test]
    fn opening_again_makes_no_further_keys() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let registry = Registry::open(&folder.path().join("registry"), now).unwrap();
        let act = Act::new("tester", now);
        let first = SigningKeys::open(&registry, &act).unwrap();
        let second = SigningKeys::open(&registry.another().unwrap(), &act).unwrap();
        assert_eq!(first.jwks(), second.jwks());
        assert_eq!(registry.signing_keys().unwrap().len(), 2);
    }

    #[test]
    fn a_key_with_an_end_signs_no_more_and_is_published_until_then() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let end = now + jiff::SignedDuration::from_mins(15);
        let registry = Registry::open(&folder.path().join("registry"), now).unwrap();
        let act = Act::new("tester", now);
        let kid = |keys: &SigningKeys| keys.access_tokens().unwrap().kid().to_owned();
        let first = SigningKeys::open(&registry, &act).unwrap();
        registry.retire_signing_key(&kid(&first), end, &act).unwrap();
        let ended = SigningKeys::of(registry.signing_keys().unwrap(), registry.vault(), now).unwrap();
        assert!(ended.access_tokens().is_none() && !ended.are_complete());

        let second = SigningKeys::open(&registry, &act).unwrap();
        assert_ne!(kid(&second), kid(&first));
        assert!(second.are_complete());
        assert_eq!(second.jwks()["keys"].as_array().unwrap().len(), 3);
        assert!(second.hold_at(now) && !second.hold_at(end));
        let later = SigningKeys::of(registry.signing_keys().unwrap(), registry.vault(), end).unwrap();
        assert_eq!(kid(&later), kid(&second));
        assert_eq!(later.jwks()["keys"].as_array().unwrap().len(), 2);
    }
}
