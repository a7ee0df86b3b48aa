//! The memory of secrets that Argon2id has found right a moment ago.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::client::{Secret, SecretHash};

/// An entry counts this long after its Argon2id.
const MOST_AGE: SignedDuration = SignedDuration::from_mins(5);
/// An entry in use is verified again, beside the answer, once it is this old: so that a client that keeps coming is
/// neither slowed down nor caught by the throttle of someone who guesses at its secret.
const RENEW_AGE: SignedDuration = SignedDuration::from_mins(3);
/// Entries held; the oldest give way.
const MOST_ENTRIES: usize = 10_000;

/// Keeps for each secret row the hash it was verified against and a MAC of the secret under a key of this process.
/// The secret itself is not kept, and the MAC is worth nothing outside this process.
pub struct VerifiedSecrets {
    key: hmac::Key,
    entries: HashMap<i64, Entry>,
}

struct Entry {
    hash: SecretHash,
    tag: hmac::Tag,
    verified_at: Timestamp,
    being_renewed: bool,
}

/// What the memory knows of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recollection {
    /// It was right a short while ago.
    Right,
    /// The same, and it is time to verify it again; told once, until [`VerifiedSecrets::renew_later`].
    RightButAgeing,
    /// Nothing: only Argon2id can say.
    Unknown,
}

impl VerifiedSecrets {
    /// An empty memory under a key of 32 random bytes.
    pub fn new(key: &Zeroizing<[u8; 32]>) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key[..]),
            entries: HashMap::new(),
        }
    }

    /// Whether this secret was found right for this row, and the row still holds the same hash.
    pub fn recall(
        &mut self,
        secret_id: i64,
        hash: &SecretHash,
        secret: &Secret,
        now: Timestamp,
    ) -> Recollection {
        let Some(entry) = self.entries.get_mut(&secret_id) else {
            return Recollection::Unknown;
        };
        if entry.hash != *hash || entry.age(now).is_none_or(|age| age >= MOST_AGE) {
            self.entries.remove(&secret_id);
            return Recollection::Unknown;
        }
        // In constant time.
        if hmac::verify(&self.key, secret.expose().as_bytes(), entry.tag.as_ref()).is_err() {
            return Recollection::Unknown;
        }
        if entry.being_renewed || entry.age(now).is_none_or(|age| age < RENEW_AGE) {
            return Recollection::Right;
        }
        entry.being_renewed = true;
        Recollection::RightButAgeing
    }

    /// The renewal could not be done now; a later request asks for it again.
    pub fn renew_later(&mut self, secret_id: i64) {
        if let Some(entry) = self.entries.get_mut(&secret_id) {
            entry.being_renewed = false;
        }
    }

    /// Argon2id has just found this secret right for this row.
    pub fn remember(&mut self, secret_id: i64, hash: SecretHash, secret: &Secret, now: Timestamp) {
        if self.entries.len() >= MOST_ENTRIES && !self.entries.contains_key(&secret_id) {
            self.entries
                .retain(|_, entry| entry.age(now).is_some_and(|age| age < MOST_AGE));
        }
        if self.entries.len() >= MOST_ENTRIES {
            let oldest = self
                .entries
                .iter()
                .min_by_key(|(_, entry)| entry.verified_at)
                .map(|(id, _)| *id);
            oldest.and_then(|id| self.entries.remove(&id));
        }
        let tag = hmac::sign(&self.key, secret.expose().as_bytes());
        self.entries.insert(
            secret_id,
            Entry {
                hash,
                tag,
                verified_at: now,
                being_renewed: false,
            },
        );
    }
}

impl Entry {
    /// `None` when the clock was set back behind it.
    fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        (now >= self.verified_at).then(|| now.duration_since(self.verified_at))
    }
}

impl std::fmt::Debug for VerifiedSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifiedSecrets({} entries)", self.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn memory() -> VerifiedSecrets {
        VerifiedSecrets::new(&Zeroizing::new([7; 32]))
    }

    #[test]
    fn an_entry_counts_for_its_row_hash_and_secret_only() {
        let (hash, other) = (
            secret("s").hash([1; 16]).unwrap(),
            secret("s").hash([2; 16]).unwrap(),
        );
        let mut memory = memory();
        memory.remember(1, hash.clone(), &secret("s"), at(0));
        assert_eq!(memory.recall(1, &hash, &secret("s"), at(1)), Recollection::Right);
        assert_eq!(
            memory.recall(1, &hash, &secret("wrong"), at(1)),
            Recollection::Unknown
        );
        assert_eq!(
            memory.recall(2, &hash, &secret("s"), at(1)),
            Recollection::Unknown
        );
        assert_eq!(
            memory.recall(1, &other, &secret("s"), at(1)),
            Recollection::Unknown,
            "the row holds another hash"
        );
        assert_eq!(
            memory.recall(1, &hash, &secret("s"), at(1)),
            Recollection::Unknown,
            "and the entry is gone"
        );
    }

    #[test]
    fn an_entry_ends_after_five_minutes_and_asks_once_to_be_renewed_before() {
        let hash = secret("s").hash([1; 16]).unwrap();
        let mut memory = memory();
        memory.remember(1, hash.clone(), &secret("s"), at(0));
        assert_eq!(
            memory.recall(1, &hash, &secret("s"), at(180)),
            Recollection::RightButAgeing
        );
        assert_eq!(
            memory.recall(1, &hash, &secret("s"), at(181)),
            Recollection::Right
        );
        assert_eq!(
            memory.recall(1, &hash, &secret("s"), at(299)),
            Recollection::Right
        );
        assert_eq!(
            memory.recall(1, &hash, &secret("s"), at(300)),
            Recollection::Unknown
        );
        memory.remember(1, hash.clone(), &secret("s"), at(300));
        assert_eq!(
            memory.recall(1, &hash, &secret("s"), at(299)),
            Recollection::Unknown,
            "a clock set back ends it"
        );
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        let hash = secret("s").hash([1; 16]).unwrap();
        let mut memory = memory();
        for id in 0..10_010 {
            memory.remember(id, hash.clone(), &secret("s"), at(id / 1000));
        }
        assert_eq!(memory.entries.len(), MOST_ENTRIES);
        assert_eq!(
            memory.recall(10_009, &hash, &secret("s"), at(11)),
            Recollection::Right
        );
    }
}
