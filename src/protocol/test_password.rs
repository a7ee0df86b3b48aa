//! Passwords that sign a test user in once: so that the window can walk the pages as a browser would, without anybody's
//! password. They live in the memory of one server.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::client::Secret;

/// How long one is good for: it is used at once.
const LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// The passwords that were made and not used, at most one for each user.
pub struct TestPasswords {
    key: hmac::Key,
    entries: Mutex<HashMap<String, (hmac::Tag, Timestamp)>>,
}

impl TestPasswords {
    /// None yet; kept as MACs under a key of 32 random bytes.
    pub fn new(key: &Zeroizing<[u8; 32]>) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key[..]),
            entries: Mutex::default(),
        }
    }

    /// Makes a password good for one sign-in within a minute. An earlier one of the same user ends.
    pub fn admit(&self, user: String, password: &Secret, now: Timestamp) {
        let tag = hmac::sign(&self.key, password.expose().as_bytes());
        let ends = now.saturating_add(LIFETIME).unwrap_or(now);
        let mut entries = self.lock();
        entries.retain(|_, (_, ends)| now < *ends);
        entries.insert(user, (tag, ends));
    }

    /// Whether this is the user's, compared in constant time; then it is used up.
    pub fn take(&self, user: &str, password: &Secret, now: Timestamp) -> bool {
        let mut entries = self.lock();
        let is_right = entries.get(user).is_some_and(|(tag, ends)| {
            now < *ends && hmac::verify(&self.key, password.expose().as_bytes(), tag.as_ref()).is_ok()
        });
        if is_right {
            entries.remove(user);
        }
        is_right
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (hmac::Tag, Timestamp)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TestPasswords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestPasswords({} users)", self.lock().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_password_signs_its_user_in_once_within_a_minute() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
        let passwords = TestPasswords::new(&Zeroizing::new([1; 32]));
        passwords.admit("ada".to_owned(), &secret("one"), at(0));
        assert!(!passwords.take("eve", &secret("one"), at(1)));
        assert!(!passwords.take("ada", &secret("two"), at(1)));
        assert!(passwords.take("ada", &secret("one"), at(59)));
        assert!(!passwords.take("ada", &secret("one"), at(59)), "only once");
        passwords.admit("ada".to_owned(), &secret("one"), at(0));
        assert!(
            !passwords.take("ada", &secret("one"), at(60)),
            "only for a minute"
        );
    }
}
