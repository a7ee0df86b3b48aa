//! The fault that is armed in one server: at most one, for one client, and not for long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Fault, Forgery, UsedUpBy};
use crate::client::ClientId;

/// How long a fault stays armed that nobody uses up: one that was forgotten must not puzzle anybody tomorrow.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// A fault, and whom it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmedFault {
    /// Counts from 1 since the server's start: by it one is told from the next of the same kind.
    pub number: u64,
    /// Whose next answer it spoils.
    pub client_id: ClientId,
    /// What goes wrong.
    pub fault: Fault,
    /// When it ends by itself.
    pub ends: Timestamp,
}

/// The fault of one server. None is armed at the start, and what a request costs then is one look at a flag.
#[derive(Debug, Default)]
pub struct Faults {
    /// Changed only while `kept` is held, so that the two say the same.
    is_armed: AtomicBool,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    armed: Option<Arc<Forgery>>,
    used: Option<ArmedFault>,
}

impl Faults {
    /// Arms a fault for a client, in the place of the one before.
    pub fn arm(&self, client_id: &ClientId, prepared: Forgery, now: Timestamp) -> ArmedFault {
        let mut kept = self.kept();
        kept.count += 1;
        let armed = ArmedFault {
            number: kept.count,
            client_id: client_id.clone(),
            fault: prepared.fault(),
            ends: now.saturating_add(LIFETIME).unwrap_or(now),
        };
        kept.armed = Some(Arc::new(prepared.armed_as(armed.clone())));
        self.is_armed.store(true, Ordering::Release);
        armed
    }

    /// Takes back what is armed.
    pub fn disarm(&self) {
        let mut kept = self.kept();
        kept.armed = None;
        self.is_armed.store(false, Ordering::Release);
    }

    /// What is armed.
    pub fn armed(&self, now: Timestamp) -> Option<ArmedFault> {
        let kept = self.kept();
        let armed = kept.armed.as_ref().and_then(|forgery| forgery.armed());
        armed.filter(|armed| now < armed.ends).cloned()
    }

    /// The fault that was used up last.
    pub fn used(&self) -> Option<ArmedFault> {
        self.kept().used.clone()
    }

    /// What spoils this answer to a client, if anything does. It is used up by that.
    pub fn take(&self, client_id: &ClientId, by: UsedUpBy, now: Timestamp) -> Option<Arc<Forgery>> {
        if !self.is_armed.load(Ordering::Acquire) {
            return None;
        }
        let mut kept = self.kept();
        let forgery = Arc::clone(kept.armed.as_ref()?);
        let armed = forgery.armed()?;
        let is_over = armed.ends <= now;
        let fits = armed.client_id == *client_id && armed.fault.used_up_by() == by;
        if is_over || fits {
            kept.armed = None;
            self.is_armed.store(false, Ordering::Release);
        }
        if is_over || !fits {
            return None;
        }
        kept.used = Some(armed.clone());
        Some(forgery)
    }

    /// Arms again what was taken for an answer that did not come about. What was armed meanwhile stays.
    pub fn put_back(&self, forgery: Arc<Forgery>) {
        let mut kept = self.kept();
        if kept.used.as_ref() == forgery.armed() {
            kept.used = None;
        }
        if kept.armed.is_none() {
            kept.armed = Some(forgery);
            self.is_armed.store(true, Ordering::Release);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is guarded is right after every statement, so that a panic elsewhere leaves nothing half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ClientId {
        ClientId::parse(text).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn armed(fault: Fault) -> Faults {
        let faults = Faults::default();
        faults.arm(&id("a"), Forgery::prepare(fault).unwrap(), at(0));
        faults
    }

    #[test]
    fn a_fault_is_used_once_by_its_client_and_by_what_it_spoils() {
        for fault in Fault::ALL {
            let faults = armed(fault);
            for by in [UsedUpBy::Token, UsedUpBy::Request, UsedUpBy::Poll] {
                assert!(faults.take(&id("b"), by, at(1)).is_none(), "another client's");
                if by != fault.used_up_by() {
                    assert!(faults.take(&id("a"), by, at(1)).is_none(), "{fault:?} by {by:?}");
                }
            }
            let before = faults.armed(at(1)).unwrap();
            assert_eq!((before.fault, faults.used()), (fault, None));
            assert!(faults.take(&id("a"), fault.used_up_by(), at(1)).is_some());
            assert!(faults.take(&id("a"), fault.used_up_by(), at(1)).is_none(), "once");
            assert_eq!((faults.armed(at(1)), faults.used()), (None, Some(before)));
        }
    }

    #[test]
    fn a_fault_that_is_forgotten_ends_after_ten_minutes() {
        let faults = armed(Fault::Expired);
        assert!(faults.armed(at(599)).is_some() && faults.armed(at(600)).is_none());
        assert!(faults.take(&id("a"), UsedUpBy::Token, at(600)).is_none());
        assert_eq!(faults.used(), None);
    }

    #[test]
    fn at_most_one_fault_is_armed_and_it_can_be_taken_back() {
        let faults = armed(Fault::Expired);
        let second = faults.arm(&id("b"), Forgery::prepare(Fault::SlowDown).unwrap(), at(1));
        assert_eq!((second.number, faults.armed(at(1))), (2, Some(second.clone())));
        assert!(faults.take(&id("a"), UsedUpBy::Token, at(1)).is_none());
        faults.disarm();
        assert_eq!(faults.armed(at(1)), None);
        assert!(faults.take(&id("b"), UsedUpBy::Poll, at(1)).is_none());
    }

    #[test]
    fn what_came_to_nothing_uses_nothing_up() {
        let faults = armed(Fault::Expired);
        let take = || faults.take(&id("a"), UsedUpBy::Token, at(1));
        let taken = take().unwrap();
        faults.put_back(taken);
        assert_eq!(faults.used(), None);
        let taken = take().unwrap();
        let newer = faults.arm(&id("a"), Forgery::prepare(Fault::BadSignature).unwrap(), at(2));
        faults.put_back(taken);
        assert_eq!(faults.armed(at(2)), Some(newer));
    }
}
