//! Nonces that this server gives for proofs (RFC 9449 §8): a proof that carries one was made a short time ago, and not in
//! store. They are made of the time under a key of this process, so that none has to be kept.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use zeroize::Zeroizing;

/// A nonce is given for this many seconds, and good for as many more.
const SLOT: i64 = 5 * 60;

/// Makes nonces and knows its own.
pub struct Nonces {
    key: hmac::Key,
    demanded: bool,
}

impl Nonces {
    /// With 32 random bytes. Where `demanded`, every proof needs one; otherwise only one that is sent must be right.
    pub fn new(key: &Zeroizing<[u8; 32]>, demanded: bool) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key[..]),
            demanded,
        }
    }

    /// Whether a proof without one is refused.
    pub fn are_demanded(&self) -> bool {
        self.demanded
    }

    /// The nonce to give now: `base64url(HMAC-SHA256(key, number of the time slot))`.
    pub fn current(&self, now: Timestamp) -> String {
        self.of_slot(slot(now))
    }

    /// Whether a nonce is one that was given, and not long ago.
    pub fn is_good(&self, nonce: &str, now: Timestamp) -> bool {
        let Ok(nonce) = URL_SAFE_NO_PAD.decode(nonce) else {
            return false;
        };
        let is_of = |slot: i64| hmac::verify(&self.key, &slot.to_be_bytes(), &nonce).is_ok();
        is_of(slot(now)) || is_of(slot(now) - 1)
    }

    fn of_slot(&self, slot: i64) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, &slot.to_be_bytes()))
    }
}

fn slot(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SLOT)
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonces(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_nonce_is_good_for_its_time_and_its_server_only() {
        let nonces = Nonces::new(&Zeroizing::new([7; 32]), false);
        let nonce = nonces.current(at(0));
        for (now, good) in [(0, true), (299, true), (599, true), (600, false), (-1, false)] {
            assert_eq!(nonces.is_good(&nonce, at(now)), good, "{now}");
        }
        let other = Nonces::new(&Zeroizing::new([8; 32]), false);
        assert!(!other.is_good(&nonce, at(0)));
        for wrong in ["", "x", &nonce[1..], &format!("{nonce}A")] {
            assert!(!nonces.is_good(wrong, at(0)), "{wrong}");
        }
        assert_ne!(nonces.current(at(300)), nonce);
    }
}
