//! How often devices ask whether a person has answered (RFC 8628 §3.5). Kept in memory: that a device waits changes nothing
//! in the registry.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::registry::TokenHash;

/// What a device waits between two requests at first, in seconds (RFC 8628 §3.2).
pub const INTERVAL: u32 = 5;
/// How much longer it waits after each that came too soon (RFC 8628 §3.5).
const LONGER: SignedDuration = SignedDuration::from_secs(5);
/// A request that took less time on its way than the one before it came no sooner for that.
const JITTER: SignedDuration = SignedDuration::from_millis(500);
/// Devices remembered. More of them cannot wait unless very many clients ask at once; then those that end first are not
/// held to their interval.
const MOST_DEVICES: usize = 100_000;

/// All devices that wait, by the hash of their device code.
#[derive(Debug, Default)]
pub struct Polls(Mutex<HashMap<TokenHash, Poll>>);

#[derive(Clone, Copy, Debug)]
struct Poll {
    last: Timestamp,
    interval: SignedDuration,
    ends: Timestamp,
}

impl Polls {
    /// Notes that a device asks. Says whether it kept its interval; one that did not has a longer one from now on.
    /// `ends` is when its code is over.
    pub fn keeps_interval(&self, device_code: &TokenHash, ends: Timestamp, now: Timestamp) -> bool {
        let mut polls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(poll) = polls.get_mut(device_code) {
            // A clock that was set back holds nobody up.
            let too_soon = now >= poll.last && now.duration_since(poll.last) + JITTER < poll.interval;
            if too_soon {
                poll.interval = poll.interval.saturating_add(LONGER);
            }
            poll.last = now;
            return !too_soon;
        }
        if polls.len() >= MOST_DEVICES {
            polls.retain(|_, poll| now < poll.ends);
        }
        if polls.len() >= MOST_DEVICES {
            let first = polls.iter().min_by_key(|(_, poll)| poll.ends);
            let first = first.map(|(code, _)| *code);
            first.and_then(|code| polls.remove(&code));
        }
        let poll = Poll {
            last: now,
            interval: SignedDuration::from_secs(INTERVAL.into()),
            ends,
        };
        polls.insert(*device_code, poll);
        true
    }

    /// Has a device wait longer from now on, although it kept its interval. One that did not waits longer anyway.
    pub fn slow_down(&self, device_code: &TokenHash, ends: Timestamp, now: Timestamp) {
        if self.keeps_interval(device_code, ends, now) {
            let mut polls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(poll) = polls.get_mut(device_code) {
                poll.interval = poll.interval.saturating_add(LONGER);
            }
        }
    }

    /// The device has its answer.
    pub fn forget(&self, device_code: &TokenHash) {
        let mut polls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        polls.remove(device_code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: TokenHash = [1; 32];

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn a_device_that_asks_too_soon_waits_five_seconds_longer_each_time() {
        let polls = Polls::default();
        let asks = |at_ms: i64| polls.keeps_interval(&CODE, at(600_000), at(at_ms));
        for (at_ms, in_time) in [
            (0, true),
            (5_000, true),
            (9_600, true),   // a little early is late underway
            (14_000, false), // 4.4 s after the last: 10 s from now on
            (23_000, false), // 9 s: 15 s
            (24_000, false), // 1 s: 20 s
            (43_000, false), // 19 s: 25 s
            (68_000, true),  // 25 s, and so it stays
            (92_000, false), // 24 s: 30 s
            (122_000, true), // 30 s
            (121_000, true), // the clock was set back
        ] {
            assert_eq!(asks(at_ms), in_time, "at {at_ms} ms");
        }
        assert!(
            polls.keeps_interval(&[2; 32], at(600_000), at(122_001)),
            "another device"
        );
        polls.forget(&CODE);
        assert!(asks(122_002));
        assert!(!asks(126_000));
        assert!(asks(136_000), "its interval began anew");
    }

    #[test]
    fn a_device_that_is_held_up_waits_five_seconds_longer_as_after_a_poll_too_soon() {
        for earlier in [None, Some(0)] {
            let polls = Polls::default();
            let asks = |at_ms: i64| polls.keeps_interval(&CODE, at(600_000), at(at_ms));
            earlier.map(asks);
            polls.slow_down(&CODE, at(600_000), at(5_000));
            assert!(!asks(14_000), "9 s: 15 s from now on");
            assert!(asks(29_000));
        }
        let polls = Polls::default();
        polls.keeps_interval(&CODE, at(600_000), at(0));
        polls.slow_down(&CODE, at(600_000), at(1_000));
        assert!(polls.keeps_interval(&CODE, at(600_000), at(11_000)), "not twice");
    }

    #[test]
    fn what_is_over_is_forgotten_when_there_are_many() {
        let polls = Polls::default();
        for number in 0..u32::try_from(MOST_DEVICES).unwrap() + 10 {
            let mut code = [0; 32];
            code[..4].copy_from_slice(&number.to_be_bytes());
            polls.keeps_interval(&code, at(i64::from(number)), at(0));
        }
        assert_eq!(polls.0.lock().unwrap().len(), MOST_DEVICES);
        polls.keeps_interval(&CODE, at(1_000_000), at(500_000));
        assert_eq!(polls.0.lock().unwrap().len(), 1);
    }
}
