//! Whether a person is who they say they are: a name and a password, told alike in content and in time whatever is
//! wrong.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::client_authentication::{AuthenticationError, Authenticator};
use crate::client::Secret;
use crate::registry::User;

/// The failures that cost nothing but their time.
const FREE: u32 = 10;
/// A name waits this long at most.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);
/// Names remembered; the one with the fewest failures gives way.
const MOST_NAMES: usize = 10_000;

/// Checks sign-ins, and makes a name wait that fails too often. By the name and never by where the request comes from:
/// on loopback all come from one place. Names that nobody has wait alike.
#[derive(Debug, Default)]
pub struct SignIn(Mutex<HashMap<String, Failures>>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// Why nobody was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// The name is nobody's, or the password is wrong.
    Wrong,
    /// The name has failed too often; whole seconds to wait.
    Throttled(u64),
    /// Too many passwords are being checked.
    Busy,
}

impl SignIn {
    /// Checks a password. Costs one Argon2id, whether there is such a user or not.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn check(
        &self,
        authenticator: &Authenticator,
        name: &str,
        user: Option<&User>,
        password: Secret,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        // Counted before it is decided, so that many at once cannot pass together.
        let before = self.reserve(name, now)?;
        let stored = user.map(|user| user.hash.clone());
        match authenticator.check_password(stored, password).await {
            Ok(true) => {
                lock(&self.0).remove(name);
                Ok(())
            }
            Ok(false) => Err(SignInError::Wrong),
            Err(AuthenticationError::Busy) => {
                // Nothing was decided, so nothing failed.
                self.release(name, before, now);
                Err(SignInError::Busy)
            }
            Err(_) => Err(SignInError::Wrong),
        }
    }

    /// Counts an attempt as a failure. Returns when the name had failed last before it.
    fn reserve(&self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, SignInError> {
        let mut names = lock(&self.0);
        if let Some(failures) = names.get_mut(name) {
            if let Some(wait) = failures.wait(now) {
                return Err(SignInError::Throttled(wait));
            }
            failures.count = failures.count.saturating_add(1);
            return Ok(Some(std::mem::replace(&mut failures.last, now)));
        }
        if names.len() >= MOST_NAMES {
            let least = names.iter().min_by_key(|(_, failures)| failures.count);
            let least = least.map(|(name, _)| name.clone());
            least.and_then(|name| names.remove(&name));
        }
        let first = Failures { count: 1, last: now };
        names.insert(name.to_owned(), first);
        Ok(None)
    }

    /// The attempt that was counted at `now` was no failure after all: the name waits no longer than before it.
    fn release(&self, name: &str, before: Option<Timestamp>, now: Timestamp) {
        let mut names = lock(&self.0);
        let Some(failures) = names.get_mut(name) else {
            return;
        };
        failures.count = failures.count.saturating_sub(1);
        if failures.count == 0 {
            names.remove(name);
        } else if let Some(before) = before.filter(|_| failures.last == now) {
            failures.last = before;
        }
    }
}

impl Failures {
    /// From the tenth failure on a name waits: 1 s, then twice as long after each.
    fn wait(&self, now: Timestamp) -> Option<u64> {
        let beyond = self.count.checked_sub(FREE)?;
        let wait = SignedDuration::from_secs(1_i64 << beyond.min(20)).min(LONGEST);
        // A clock that was set back ends the wait.
        let passed = (now >= self.last).then(|| now.duration_since(self.last))?;
        let left = wait.checked_sub(passed).filter(|left| left.is_positive())?;
        u64::try_from(left.as_millis())
            .ok()
            .map(|left| left.div_ceil(1000))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn from_the_tenth_failure_on_a_name_waits_twice_as_long_each_time() {
        let sign_in = SignIn::default();
        for _ in 0..10 {
            sign_in.reserve("ada", at(0)).unwrap();
        }
        assert_eq!(sign_in.reserve("ada", at(0)), Err(SignInError::Throttled(1)));
        assert_eq!(
            sign_in.reserve("eve", at(0)),
            Ok(None),
            "another name is not concerned"
        );
        assert_eq!(sign_in.reserve("ada", at(1)), Ok(Some(at(0))));
        assert_eq!(sign_in.reserve("ada", at(1)), Err(SignInError::Throttled(2)));
        assert_eq!(sign_in.reserve("ada", at(3)), Ok(Some(at(1))));
        assert_eq!(sign_in.reserve("ada", at(3)), Err(SignInError::Throttled(4)));
    }

    #[test]
    fn an_attempt_that_found_the_hashing_busy_leaves_the_name_as_it_was() {
        let sign_in = SignIn::default();
        let before = sign_in.reserve("ada", at(0)).unwrap();
        sign_in.release("ada", before, at(0));
        assert!(
            lock(&sign_in.0).is_empty(),
            "a name that never failed is forgotten"
        );
        for _ in 0..11 {
            sign_in.reserve("ada", at(0)).ok();
        }
        let before = sign_in.reserve("ada", at(1)).unwrap();
        sign_in.release("ada", before, at(1));
        assert_eq!(
            sign_in.reserve("ada", at(1)),
            Ok(Some(at(0))),
            "it may come again at once"
        );
        assert_eq!(
            sign_in.reserve("ada", at(1)),
            Err(SignInError::Throttled(2)),
            "and its failures still count"
        );
    }

    #[test]
    fn nobody_waits_longer_than_a_quarter_of_an_hour() {
        let failures = Failures {
            count: 1_000,
            last: at(0),
        };
        assert_eq!(failures.wait(at(0)), Some(15 * 60));
        assert_eq!(failures.wait(at(15 * 60)), None);
    }

    #[test]
    fn a_flood_of_names_takes_bounded_memory() {
        let sign_in = SignIn::default();
        for _ in 0..10 {
            sign_in.reserve("ada", at(0)).unwrap();
        }
        for number in 0..MOST_NAMES + 10 {
            sign_in.reserve(&number.to_string(), at(0)).unwrap();
        }
        assert_eq!(lock(&sign_in.0).len(), MOST_NAMES);
        assert!(sign_in.reserve("ada", at(0)).is_err());
    }
}
