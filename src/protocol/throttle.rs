//! How many times a client_id may fail before it must wait.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Failures within a minute after which a client_id is told to wait, unless a test wants fewer.
pub const FAILURES: u32 = 300;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Identifiers remembered. Every failure costs an Argon2id and two run at once, so that fewer than this many can fail
/// within a window; the bound holds even if hashing were free.
const MOST_IDENTIFIERS: usize = 10_000;

/// Counts failures by client_id, whether a client has it or not: an answer must not tell which exist.
#[derive(Debug)]
pub struct Throttle {
    most_failures: u32,
    counts: HashMap<String, Count>,
}

#[derive(Debug)]
struct Count {
    since: Timestamp,
    failures: u32,
}

impl Throttle {
    /// Lets each client_id fail so many times within a minute.
    pub fn new(most_failures: u32) -> Self {
        Self {
            most_failures,
            counts: HashMap::new(),
        }
    }

    /// Counts an attempt as a failure before it is decided, so that many at once cannot pass the limit together.
    ///
    /// # Errors
    /// The whole seconds to wait, at least one.
    pub fn reserve(&mut self, client_id: &str, now: Timestamp) -> Result<(), u64> {
        if let Some(count) = self.counts.get_mut(client_id)
            && !count.is_over(now)
        {
            if count.failures >= self.most_failures {
                return Err(count.seconds_left(now));
            }
            count.failures += 1;
            return Ok(());
        }
        self.make_room(now);
        self.counts.insert(
            client_id.to_owned(),
            Count {
                since: now,
                failures: 1,
            },
        );
        Ok(())
    }

    /// The attempt was no failure after all.
    pub fn release(&mut self, client_id: &str) {
        if let Some(count) = self.counts.get_mut(client_id) {
            count.failures = count.failures.saturating_sub(1);
            if count.failures == 0 {
                self.counts.remove(client_id);
            }
        }
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.counts.len() < MOST_IDENTIFIERS {
            return;
        }
        self.counts.retain(|_, count| !count.is_over(now));
        if self.counts.len() < MOST_IDENTIFIERS {
            return;
        }
        // The one with the fewest failures has the least to lose.
        let least = self
            .counts
            .iter()
            .min_by_key(|(_, count)| count.failures)
            .map(|(id, _)| id.clone());
        if let Some(id) = least {
            self.counts.remove(&id);
        }
    }
}

impl Count {
    /// A clock that was set back ends the window too.
    fn is_over(&self, now: Timestamp) -> bool {
        now < self.since || now.duration_since(self.since) >= WINDOW
    }

    /// Whole seconds, rounded up: `Retry-After` has no fractions (RFC 9110 §10.2.3).
    fn seconds_left(&self, now: Timestamp) -> u64 {
        let left = WINDOW - now.duration_since(self.since);
        u64::try_from(left.as_millis())
            .unwrap_or_default()
            .div_ceil(1000)
            .max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn after_three_hundred_failures_in_a_minute_a_client_id_waits_for_its_end() {
        let mut throttle = Throttle::new(FAILURES);
        for _ in 0..FAILURES {
            assert_eq!(throttle.reserve("a", at(0)), Ok(()));
        }
        assert_eq!(throttle.reserve("a", at(0)), Err(60));
        assert_eq!(throttle.reserve("a", at(59)), Err(1));
        assert_eq!(
            throttle.reserve("b", at(59)),
            Ok(()),
            "another client is not concerned"
        );
        assert_eq!(throttle.reserve("a", at(60)), Ok(()));
    }

    #[test]
    fn a_success_is_not_counted() {
        let mut throttle = Throttle::new(FAILURES);
        for _ in 0..10 * FAILURES {
            assert_eq!(throttle.reserve("a", at(0)), Ok(()));
            throttle.release("a");
        }
        assert!(throttle.counts.is_empty());
    }

    #[test]
    fn a_flood_of_identifiers_takes_bounded_memory_and_forgets_no_heavy_offender() {
        let mut throttle = Throttle::new(FAILURES);
        for _ in 0..FAILURES {
            throttle.reserve("offender", at(0)).unwrap();
        }
        for number in 0..MOST_IDENTIFIERS + 10 {
            throttle.reserve(&number.to_string(), at(1)).unwrap();
        }
        assert!(throttle.counts.len() <= MOST_IDENTIFIERS);
        assert!(throttle.reserve("offender", at(2)).is_err());
    }
}
