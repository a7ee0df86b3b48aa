//! How much may be registered without a token: who can reach the port cannot fill the registry file.

use jiff::{SignedDuration, Timestamp};

/// Registrations and changes within a minute by clients that nobody let in.
pub const CHANGES: u32 = 20;
/// Bytes of metadata within a minute. One that is larger by itself is let in alone.
const BYTES: usize = 256 * 1024;
/// Clients that registered without a token and were not deleted.
pub const CLIENTS: u64 = 1_000;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Counts what comes within a minute, from whomever: on loopback all are one source.
#[derive(Debug, Default)]
pub struct RegistrationThrottle {
    since: Option<Timestamp>,
    changes: u32,
    bytes: usize,
}

impl RegistrationThrottle {
    /// Counts one registration or change with so many bytes of metadata.
    ///
    /// # Errors
    /// The whole seconds to wait, at least one.
    pub fn reserve(&mut self, bytes: usize, now: Timestamp) -> Result<(), u64> {
        // A clock that was set back begins a new minute too.
        let since = self
            .since
            .filter(|since| *since <= now && now.duration_since(*since) < WINDOW);
        let Some(since) = since else {
            *self = Self {
                since: Some(now),
                changes: 1,
                bytes,
            };
            return Ok(());
        };
        if self.changes >= CHANGES || self.bytes.saturating_add(bytes) > BYTES {
            let left = WINDOW - now.duration_since(since);
            let seconds = u64::try_from(left.as_millis()).unwrap_or_default().div_ceil(1000);
            return Err(seconds.max(1));
        }
        self.changes += 1;
        self.bytes += bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn after_twenty_within_a_minute_the_rest_waits_for_its_end() {
        let mut throttle = RegistrationThrottle::default();
        for _ in 0..CHANGES {
            assert_eq!(throttle.reserve(100, at(0)), Ok(()));
        }
        assert_eq!(throttle.reserve(100, at(0)), Err(60));
        assert_eq!(throttle.reserve(100, at(59)), Err(1));
        assert_eq!(throttle.reserve(100, at(60)), Ok(()));
        assert_eq!(throttle.reserve(100, at(0)), Ok(()), "the clock was set back");
    }

    #[test]
    fn large_ones_wait_sooner_and_one_alone_always_comes_in() {
        let mut throttle = RegistrationThrottle::default();
        assert_eq!(throttle.reserve(4 * BYTES, at(0)), Ok(()));
        assert_eq!(throttle.reserve(1, at(1)), Err(59));
        assert_eq!(throttle.reserve(BYTES, at(60)), Ok(()));
        assert!(throttle.reserve(1, at(60)).is_err());
    }
}
