//! User codes (RFC 8628 §6.1): what a device shows and a person types on another screen.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac;
use jiff::Timestamp;

use super::throttle::Throttle;
use crate::registry::TokenHash;

/// Twenty consonants: no word comes of them, and none looks like another or like a digit (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// Between the two halves as they are shown.
const DASH: char = '-';

/// Wrong codes that one person may type within a minute (RFC 8628 §5.1). There are 20⁸ codes, and few of them wait at a
/// time.
pub const ATTEMPTS: u32 = 30;

/// Eight letters.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// Makes one from random bytes: their number modulo 20⁸, which prefers no code by more than a billionth.
    pub fn new(random: [u8; 8]) -> Self {
        let mut number = u64::from_be_bytes(random);
        let letters = (0..LENGTH).filter_map(|_| {
            let letter = usize::try_from(number % 20).ok()?;
            number /= 20;
            LETTERS.get(letter).copied().map(char::from)
        });
        Self(letters.collect())
    }

    /// Reads what a person typed: without regard to case, dashes and spaces (RFC 8628 §6.1).
    pub fn parse(typed: &str) -> Option<Self> {
        let is_gap = |c: char| {
            c.is_whitespace() || matches!(c, DASH | '\u{2010}'..='\u{2015}' | '\u{2212}' | '_' | '.')
        };
        let mut letters = String::with_capacity(LENGTH);
        for typed in typed.chars().filter(|c| !is_gap(*c)) {
            let letter = u8::try_from(typed).ok()?.to_ascii_uppercase();
            if !LETTERS.contains(&letter) || letters.len() == LENGTH {
                return None;
            }
            letters.push(char::from(letter));
        }
        (letters.len() == LENGTH).then_some(Self(letters))
    }

    /// The eight letters.
    pub fn letters(&self) -> &str {
        &self.0
    }
}

/// `WDJB-MJHT`, as it is shown.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in self.0.chars().enumerate() {
            if index == LENGTH / 2 {
                write!(f, "{DASH}")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

/// Whoever has it can have a device allowed that is not theirs, so it stands in no message.
impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(redacted)")
    }
}

/// What user codes are stored as, and who has typed too many wrong ones.
pub struct UserCodes {
    key: hmac::Key,
    attempts: Mutex<Throttle>,
}

impl UserCodes {
    /// With a key that never leaves this program.
    pub fn new(key: &[u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            attempts: Mutex::new(Throttle::new(ATTEMPTS)),
        }
    }

    /// `HMAC-SHA256(key, letters)`: there are few enough codes to try them all, so a hash alone would not hide one.
    pub fn hash(&self, code: &UserCode) -> TokenHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(hmac::sign(&self.key, code.0.as_bytes()).as_ref());
        hash
    }

    /// Counts an attempt as wrong before it is decided. `user` is who types; all who are not signed in count together,
    /// for on loopback they come from one place, and a cookie is dropped as easily as it is got.
    ///
    /// # Errors
    /// The whole seconds to wait.
    pub fn reserve(&self, user: Option<&str>, now: Timestamp) -> Result<(), u64> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.reserve(user.unwrap_or_default(), now)
    }

    /// The attempt was right.
    pub fn release(&self, user: Option<&str>) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.release(user.unwrap_or_default());
    }
}

impl fmt::Debug for UserCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCodes(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn a_code_is_read_without_regard_to_case_dashes_and_spaces() {
        for typed in [
            "WDJB-MJHT",
            "wdjb-mjht",
            "wdjbmjht",
            " W D J B \u{2013} m j h t\u{a0}",
            "WDJB\u{2011}MJHT",
            "--WDJB..MJ_HT",
        ] {
            let code = UserCode::parse(typed);
            assert_eq!(
                code.map(|code| code.to_string()).as_deref(),
                Some("WDJB-MJHT"),
                "{typed}"
            );
        }
    }

    #[test]
    fn what_no_device_shows_is_no_code() {
        for typed in [
            "",
            "-",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJB-MJHA",
            "WDJB-MJH1",
            "WDJB-MJH\u{421}",
            "WDJB\0MJHT",
            "WDJB-MJHT\0",
            "\u{17f}DJBMJHT",
            "WDJB+MJHT",
            "WDJB/MJHT",
        ] {
            assert_eq!(UserCode::parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn each_letter_comes_as_often_as_another() {
        let mut counts = [0_u32; 20];
        for number in 0..20_000_u64 {
            // Any spread will do: an odd multiplier goes through all of them.
            let random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            for letter in UserCode::new(random).letters().bytes() {
                counts[LETTERS.iter().position(|held| *held == letter).unwrap()] += 1;
            }
        }
        for count in counts {
            assert!((7_500..=8_500).contains(&count), "{counts:?}");
        }
    }

    #[test]
    fn another_key_stores_another_hash_and_the_code_shows_nowhere() {
        let code = UserCode::parse("WDJBMJHT").unwrap();
        let codes = UserCodes::new(&[1; 32]);
        assert_eq!(codes.hash(&code), codes.hash(&code));
        assert_ne!(codes.hash(&code), UserCodes::new(&[2; 32]).hash(&code));
        assert!(!format!("{code:?}{codes:?}").contains("WDJB"));
    }

    #[test]
    fn after_thirty_wrong_codes_in_a_minute_one_waits_and_another_does_not() {
        let codes = UserCodes::new(&[1; 32]);
        for _ in 0..ATTEMPTS {
            assert_eq!(codes.reserve(Some("ada"), at(0)), Ok(()));
        }
        assert_eq!(codes.reserve(Some("ada"), at(10)), Err(50));
        assert_eq!(codes.reserve(Some("ben"), at(10)), Ok(()));
        assert_eq!(codes.reserve(None, at(10)), Ok(()));
        assert_eq!(codes.reserve(Some("ada"), at(60)), Ok(()));
        for _ in 0..10 * ATTEMPTS {
            assert_eq!(codes.reserve(None, at(20)), Ok(()), "right codes do not count");
            codes.release(None);
        }
    }

    proptest! {
        #[test]
        fn a_code_comes_back_however_it_is_typed(random in any::<[u8; 8]>(), gaps in "[ \\-._\u{2010}-\u{2015}]{0,12}", lower in any::<bool>()) {
            let code = UserCode::new(random);
            let shown = code.to_string();
            let shown = if lower { shown.to_lowercase() } else { shown };
            let typed: String = shown.chars().flat_map(|c| [c.to_string(), gaps.clone()]).collect();
            prop_assert_eq!(UserCode::parse(&typed), Some(code));
        }

        #[test]
        fn any_text_is_read_or_refused(typed in "\\PC{0,40}") {
            if let Some(code) = UserCode::parse(&typed) {
                prop_assert_eq!(UserCode::parse(&code.to_string()), Some(code));
            }
        }
    }
}
