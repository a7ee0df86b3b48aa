//! Test credentials: secrets and keys that live in the memory of one server only, so that trying a client out never needs
//! its own.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use zeroize::Zeroizing;

use super::jws;
use super::signing_key::{KeysError, SigningAlgorithm};
use crate::client::{ClientId, Secret};
use crate::outbound;

/// How long a test credential is good for.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// Clients that may have one at a time; the one that ends first gives way.
const MOST_CREDENTIALS: usize = 1_000;

/// The test credentials of one server, at most one for each client. They end with the server.
pub struct TestCredentials {
    key: hmac::Key,
    entries: HashMap<ClientId, (Kept, Timestamp)>,
}

/// What is kept of a test credential: enough to know it again, not enough to use it.
enum Kept {
    Secret(hmac::Tag),
    Key(Box<Jwk>),
}

/// A key pair for a client that signs its assertions.
#[derive(Debug)]
pub struct TestKey {
    /// The private half, as PEM.
    pub private: Secret,
    /// The public half.
    pub public: Jwk,
}

/// Why there is no test key.
#[derive(Debug, thiserror::Error)]
pub enum TestKeyError {
    /// No assertion signed like this is taken.
    #[error("assertions are not taken that are signed with {0}")]
    Algorithm(String),
    /// None could be made.
    #[error(transparent)]
    Key(#[from] KeysError),
}

impl TestKey {
    /// Makes a key pair for the algorithm that a client registered (OpenID Connect Registration §2,
    /// `token_endpoint_auth_signing_alg`), ES256 where it registered none. Slow for RSA.
    ///
    /// # Errors
    /// [`TestKeyError`].
    pub fn generate(registered: Option<&str>) -> Result<Self, TestKeyError> {
        let name = registered.unwrap_or("ES256");
        let taken = jws::OF_CLIENTS.into_iter().find(|alg| format!("{alg:?}") == name);
        let algorithm = match taken {
            None => return Err(TestKeyError::Algorithm(name.to_owned())),
            Some(Algorithm::ES384) => return Ok(Self::p384()?),
            Some(Algorithm::ES256) => SigningAlgorithm::Es256,
            Some(Algorithm::EdDSA) => SigningAlgorithm::EdDsa,
            // All others are of RSA, and any key of it makes them all.
            Some(_) => SigningAlgorithm::Rs256,
        };
        let pkcs8 = algorithm.generate()?;
        let mut public = algorithm.public_jwk(&pkcs8)?;
        public.common.key_algorithm = None;
        Ok(Self {
            private: outbound::to_pem(&pkcs8),
            public,
        })
    }

    fn p384() -> Result<Self, KeysError> {
        let unusable = |_| KeysError::Unusable("the system could not make one");
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(unusable)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(unusable)?;
        let public = Jwk::from_encoding_key(&EncodingKey::from_ec_der(pkcs8.as_ref()), Algorithm::ES384);
        let public = public.map_err(|_| KeysError::Unusable("its public part cannot be read"))?;
        Ok(Self {
            private: outbound::to_pem(pkcs8.as_ref()),
            public,
        })
    }
}

impl TestCredentials {
    /// None yet; kept as MACs under a key of 32 random bytes.
    pub fn new(key: &Zeroizing<[u8; 32]>) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key[..]),
            entries: HashMap::new(),
        }
    }

    /// Makes a secret good for [`LIFETIME`]. An earlier credential of the same client ends.
    pub fn admit(&mut self, client_id: ClientId, secret: &Secret, now: Timestamp) {
        let tag = hmac::sign(&self.key, secret.expose().as_bytes());
        self.keep(client_id, Kept::Secret(tag), now);
    }

    /// Makes assertions signed with a key good for [`LIFETIME`]. An earlier credential of the same client ends.
    pub fn admit_key(&mut self, client_id: ClientId, public: Jwk, now: Timestamp) {
        self.keep(client_id, Kept::Key(Box::new(public)), now);
    }

    fn keep(&mut self, client_id: ClientId, kept: Kept, now: Timestamp) {
        self.entries.retain(|_, (_, ends)| now < *ends);
        if self.entries.len() >= MOST_CREDENTIALS {
            let first = self
                .entries
                .iter()
                .min_by_key(|(_, (_, ends))| *ends)
                .map(|(id, _)| id.clone());
            first.and_then(|id| self.entries.remove(&id));
        }
        self.entries
            .insert(client_id, (kept, now.saturating_add(LIFETIME).unwrap_or(now)));
    }

    /// Whether this is the client's test credential, compared in constant time.
    pub fn admits(&self, client_id: &ClientId, secret: &Secret, now: Timestamp) -> bool {
        match self.live(client_id, now) {
            Some(Kept::Secret(tag)) => {
                hmac::verify(&self.key, secret.expose().as_bytes(), tag.as_ref()).is_ok()
            }
            Some(Kept::Key(_)) | None => false,
        }
    }

    /// The key that the client's assertions may be signed with beside its own.
    pub fn key(&self, client_id: &ClientId, now: Timestamp) -> Option<&Jwk> {
        match self.live(client_id, now)? {
            Kept::Key(public) => Some(public),
            Kept::Secret(_) => None,
        }
    }

    fn live(&self, client_id: &ClientId, now: Timestamp) -> Option<&Kept> {
        let (kept, ends) = self.entries.get(client_id)?;
        (now < *ends).then_some(kept)
    }
}

impl std::fmt::Debug for TestCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TestCredentials({} clients)", self.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_credential_is_good_for_its_client_for_one_hour() {
        let id = |text: &str| ClientId::parse(text).unwrap();
        let secret = |text: &str| Secret::new(text.to_owned());
        let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
        let mut tests = TestCredentials::new(&Zeroizing::new([1; 32]));
        tests.admit(id("a"), &secret("one"), at(0));
        assert!(tests.admits(&id("a"), &secret("one"), at(3599)));
        assert!(!tests.admits(&id("a"), &secret("one"), at(3600)));
        assert!(!tests.admits(&id("b"), &secret("one"), at(1)));
        assert!(!tests.admits(&id("a"), &secret("two"), at(1)));
        tests.admit(id("a"), &secret("two"), at(2));
        assert!(
            !tests.admits(&id("a"), &secret("one"), at(3)),
            "a new one ends the earlier"
        );
        assert!(tests.admits(&id("a"), &secret("two"), at(3)));
    }
    #[test]
    fn a_test_key_is_known_for_its_client_for_one_hour_and_is_no_secret() {
        let id = |text: &str| ClientId::parse(text).unwrap();
        let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
        let mut tests = TestCredentials::new(&Zeroizing::new([1; 32]));
        let TestKey { private, public } = TestKey::generate(None).unwrap();
        tests.admit_key(id("a"), public.clone(), at(0));
        assert_eq!(tests.key(&id("a"), at(3599)), Some(&public));
        assert_eq!(tests.key(&id("a"), at(3600)), None);
        assert_eq!(tests.key(&id("b"), at(1)), None);
        assert!(!tests.admits(&id("a"), &private, at(1)));
        tests.admit(id("a"), &private, at(2));
        assert_eq!(
            tests.key(&id("a"), at(3)),
            None,
            "a new credential ends the earlier"
        );
    }

    #[test]
    fn a_test_key_signs_with_every_algorithm_that_assertions_are_taken_in_and_with_no_other() {
        let client_id = ClientId::parse("a").unwrap();
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        for (registered, signed) in jws::OF_CLIENTS
            .iter()
            .map(|alg| (Some(format!("{alg:?}")), *alg))
            .chain([(None, Algorithm::ES256)])
        {
            let registered = registered.as_deref();
            let TestKey { private, public } = TestKey::generate(registered).unwrap();
            let key = outbound::AssertionKey::from_pem(&private, registered).unwrap();
            let assertion = key
                .sign(&client_id, "https://issuer.example.com", now, [7; 16])
                .unwrap();
            let verified = jws::verify(assertion.expose(), &[public], &jws::OF_CLIENTS).unwrap();
            assert_eq!(verified.alg, signed);
            assert_eq!(verified.text("sub"), Some("a"));
        }
        for other in ["HS256", "none", "ES512", "es256", ""] {
            assert!(
                matches!(TestKey::generate(Some(other)), Err(TestKeyError::Algorithm(_))),
                "{other}"
            );
        }
    }
}
