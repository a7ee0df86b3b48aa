//! The keys that sign tokens: made at the first start, sealed in the registry, opened again only when the registry has
//! others.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use serde_json::{Value, json};

use super::jws::{self, JwsError, Verified};
use super::signing_key::{KeysError, SigningAlgorithm, SigningKey, TokenKind};
use crate::registry::{Act, Registry, RegistryError, SigningKeyRecord};
use crate::vault::Vault;

/// Both are published from the first start: access tokens are signed with ES256, ID tokens with RS256 unless the
/// client asks otherwise (OpenID Connect Discovery §3).
const FROM_THE_START: [SigningAlgorithm; 2] = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256];

/// Longer than any token lives, and than others keep the published keys without asking again.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// The signing keys that one state of the registry has at one time, opened.
pub struct SigningKeys {
    records: Vec<SigningKeyRecord>,
    /// From when on the same records make other keys, because one of them has ended.
    other_from: Option<Timestamp>,
    /// At most one of each algorithm.
    signing: Vec<(SigningAlgorithm, SigningKey)>,
    published: Value,
    /// The same, to verify with.
    public: Vec<Jwk>,
    complete: bool,
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
                if registry.is_read_only() {
                    return Err(KeysError::NoneYet);
                }
                // Another process that starts at this moment may be quicker; then its key is the one read here.
                registry.insert_first_signing_key(&Self::prepare(registry, algorithm, act)?, act)?;
            }
        }
        Self::of(registry.signing_keys()?, registry.vault(), act.at)
    }

    /// Makes a new key of an algorithm and seals it for this registry, which is not changed: slow, where the algorithm
    /// is RS256. [`replace`](Self::replace) has it sign.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn prepare(
        registry: &Registry,
        algorithm: SigningAlgorithm,
        act: &Act,
    ) -> Result<SigningKeyRecord, KeysError> {
        let pkcs8 = algorithm.generate()?;
        let jwk = algorithm
            .public_jwk(&pkcs8)
            .map_err(|_| KeysError::Unusable("its public part cannot be read"))?;
        let kid = jwk.common.key_id.clone().unwrap_or_default();
        let sealed = registry.vault().seal(&name(algorithm.as_str(), &kid), &pkcs8)?;
        let public_jwk = serde_json::to_value(jwk)
            .map_err(|_| KeysError::Unusable("its public part cannot be written"))?;
        Ok(SigningKeyRecord {
            kid,
            alg: algorithm.as_str().to_owned(),
            sealed,
            public_jwk,
            created_at: act.at,
            retires_at: None,
        })
    }

    /// Has a new key sign from now on, in the place of those of its algorithm that did. These stay published for a day, so
    /// that nothing they signed stops being good (OpenID Connect Core §10.1.1).
    ///
    /// # Errors
    /// [`RegistryError`]; then nothing has changed.
    pub fn replace(registry: &Registry, new: &SigningKeyRecord, act: &Act) -> Result<(), RegistryError> {
        let end = act.at.saturating_add(OVERLAP).unwrap_or(Timestamp::MAX);
        registry.in_one_commit(|registry| {
            let records = registry.signing_keys()?;
            let signing = records
                .iter()
                .filter(|record| record.alg == new.alg && record.retires_at.is_none());
            for record in signing {
                registry.retire_signing_key(&record.kid, end, act)?;
            }
            registry.insert_signing_key(new, act)
        })
    }

    /// Opens what the registry holds. A key that is missing is missing here too.
    ///
    /// # Errors
    /// [`KeysError`] where one cannot be opened.
    pub fn of(records: Vec<SigningKeyRecord>, vault: &Vault, now: Timestamp) -> Result<Self, KeysError> {
        let mut signing = Vec::new();
        for algorithm in SigningAlgorithm::ALL {
            if let Some(record) = oldest_without_end(&records, algorithm) {
                let pkcs8 = vault.unseal(&name(&record.alg, &record.kid), &record.sealed)?;
                signing.push((algorithm, SigningKey::from_pkcs8(algorithm, &record.kid, &pkcs8)?));
            }
        }
        let living = || records.iter().filter(|record| lives(record, now));
        let published: Vec<&Value> = living().map(|record| &record.public_jwk).collect();
        let complete = FROM_THE_START
            .iter()
            .all(|algorithm| oldest_without_end(&records, *algorithm).is_some());
        let public = published
            .iter()
            .filter_map(|jwk| serde_json::from_value((*jwk).clone()).ok())
            .collect();
        Ok(Self {
            published: json!({ "keys": published }),
            public,
            other_from: living().filter_map(|record| record.retires_at).min(),
            signing,
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

    /// The key that signs with an algorithm. `None` where every one was taken away or has ended.
    pub fn signing(&self, algorithm: SigningAlgorithm) -> Option<&SigningKey> {
        let mut keys = self.signing.iter();
        keys.find(|(held, _)| *held == algorithm).map(|(_, key)| key)
    }

    /// The key that signs access tokens.
    pub fn access_tokens(&self) -> Option<&SigningKey> {
        self.signing(SigningAlgorithm::Es256)
    }

    /// The algorithms that there is a key for.
    pub fn algorithms(&self) -> impl Iterator<Item = SigningAlgorithm> {
        self.signing.iter().map(|(algorithm, _)| *algorithm)
    }

    /// The claims of a token that one of the published keys has signed, of the kind that it must be. Times are not
    /// looked at.
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn verify(&self, token: &str, kind: TokenKind) -> Result<Verified, JwsError> {
        let verified = jws::verify(token, &self.public, &jws::OURS)?;
        if verified.typ.as_deref() == Some(kind.typ()) {
            Ok(verified)
        } else {
            Err(JwsError::Kind)
        }
    }

    /// The public keys as a JWK set (RFC 7517 §5).
    pub fn jwks(&self) -> &Value {
        &self.published
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
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
    fn a_rotated_key_signs_no_more_and_what_it_signed_stays_good_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let registry = Registry::open(&folder.path().join("registry"), now).unwrap();
        let act = Act::new("tester", now);
        let keys_at = |now| SigningKeys::of(registry.signing_keys().unwrap(), registry.vault(), now).unwrap();
        let before = SigningKeys::open(&registry, &act).unwrap();
        let old = before.access_tokens().unwrap();
        let token = old.sign(TokenKind::AccessToken, b"{}").unwrap();
        let rotate = |algorithm| {
            let new = SigningKeys::prepare(&registry, algorithm, &act).unwrap();
            SigningKeys::replace(&registry, &new, &act).unwrap();
        };
        rotate(SigningAlgorithm::Es256);
        let after = keys_at(now);
        assert_ne!(after.access_tokens().unwrap().kid(), old.kid());
        assert!(after.verify(&token, TokenKind::AccessToken).is_ok());
        assert!(
            after.verify(&token, TokenKind::IdToken).is_err(),
            "one kind is not the other"
        );
        let later = keys_at(now + OVERLAP);
        assert_eq!(later.verify(&token, TokenKind::AccessToken), Err(JwsError::Key));
        rotate(SigningAlgorithm::EdDsa);
        let eddsa = keys_at(now);
        let key = eddsa.signing(SigningAlgorithm::EdDsa).unwrap();
        let token = key.sign(TokenKind::IdToken, b"{}").unwrap();
        assert!(eddsa.verify(&token, TokenKind::IdToken).is_ok());
    }

    #[test]
    fn a_key_with_an_end_signs_no_more_and_is_published_until_then() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let end = now + SignedDuration::from_mins(15);
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
