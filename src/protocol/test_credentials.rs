//! Test credentials: secrets that live in the memory of one server only, so that trying a client out never needs the
//! stored one.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::client::{ClientId, Secret};

/// How long a test credential is good for.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// Clients that may have one at a time; the one that ends first gives way.
const MOST_CREDENTIALS: usize = 1_000;

/// The test credentials of one server, at most one for each client. They end with the server.
pub struct TestCredentials {
    key: hmac::Key,
    entries: HashMap<ClientId, (hmac::Tag, Timestamp)>,
}

impl TestCredentials {
    /// None yet; kept as MACs under a key of 32 random bytes.
    pub fn new(key: &Zeroizing<[u8; 32]>) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key[..]),
            entries: HashMap::new(),
        }
    }

    /// Makes a secret good for [`LIFETIME`]. An earlier one of the same client ends.
    pub fn admit(&mut self, client_id: ClientId, secret: &Secret, now: Timestamp) {
        self.entries.retain(|_, (_, ends)| now < *ends);
        if self.entries.len() >= MOST_CREDENTIALS {
            let first = self
                .entries
                .iter()
                .min_by_key(|(_, (_, ends))| *ends)
                .map(|(id, _)| id.clone());
            first.and_then(|id| self.entries.remove(&id));
        }
        let tag = hmac::sign(&self.key, secret.expose().as_bytes());
        self.entries
            .insert(client_id, (tag, now.saturating_add(LIFETIME).unwrap_or(now)));
    }

    /// Whether this is the client's test credential, compared in constant time.
    pub fn admits(&self, client_id: &ClientId, secret: &Secret, now: Timestamp) -> bool {
        self.entries.get(client_id).is_some_and(|(tag, ends)| {
            now < *ends && hmac::verify(&self.key, secret.expose().as_bytes(), tag.as_ref()).is_ok()
        })
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
}
