//! What a page carries from one request of the browser to the next: what it is about, sealed against change, and the
//! proof that the page was this server's own and in this browser.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::opaque;
use super::user_code::UserCode;
use crate::registry::TokenHash;

/// A person has this long to sign in and to answer.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// Answered interactions remembered before those that would count no more are forgotten.
const MOST_REMEMBERED: usize = 10_000;

/// A request on its way through the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// What it is about.
    pub about: Matter,
    /// When it came first.
    pub begun_at: Timestamp,
}

/// What a person signs in and is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// An authorization request: its parameters as they came, form-urlencoded.
    Request(String),
    /// One that was pushed, by the hash of its reference (RFC 9126).
    PushedRequest(TokenHash),
    /// A device, by its user code (RFC 8628).
    Device(UserCode),
}

/// Seals interactions under a key of this process, and remembers which were answered.
pub struct Interactions {
    key: hmac::Key,
    /// By the hash of what was sealed, until when each would count.
    answered: Mutex<HashMap<TokenHash, Timestamp>>,
}

/// What one form of one page proves: that it was made by this server, for this step, this browser and this interaction.
#[derive(Clone, Copy, Debug)]
pub struct FormProof<'a> {
    /// The path that the form is posted to.
    pub step: &'a str,
    /// What the browser holds in a cookie.
    pub browser: &'a str,
    /// What the form is about.
    pub about: &'a str,
}

impl Interactions {
    /// With 32 random bytes.
    pub fn new(key: &Zeroizing<[u8; 32]>) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key[..]),
            answered: Mutex::default(),
        }
    }

    /// Whether the client has got its answer.
    pub fn is_answered(&self, interaction: &Interaction) -> bool {
        let hash = opaque::hash(&self.seal(interaction));
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.contains_key(&hash)
    }

    /// Notes that the client gets its answer to an interaction: one request leads to one (RFC 6749 §4.1.2). Says whether it
    /// is the first.
    pub fn answer(&self, interaction: &Interaction, now: Timestamp) -> bool {
        let hash = opaque::hash(&self.seal(interaction));
        let until = interaction.begun_at.saturating_add(LIFETIME).unwrap_or(now);
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        // Each time it has doubled, so that a flood of answers does not look through all of them at each.
        if answered.len() >= MOST_REMEMBERED && answered.len() == answered.capacity() {
            answered.retain(|_, until| now < *until);
        }
        answered.insert(hash, until).is_none()
    }

    /// `base64url(begun_at " " matter) "." base64url(HMAC-SHA256(key, the part before))`.
    pub fn seal(&self, interaction: &Interaction) -> String {
        let begun_at = interaction.begun_at.as_microsecond();
        let text = URL_SAFE_NO_PAD.encode(format!("{begun_at} {}", interaction.about.sealed()));
        let mac = self.mac("interaction", &text);
        format!("{text}.{mac}")
    }

    /// Opens what [`Interactions::seal`] sealed, if it is no older than half an hour.
    pub fn open(&self, sealed: &str, now: Timestamp) -> Option<Interaction> {
        let (text, mac) = sealed.split_once('.')?;
        self.check("interaction", text, mac)?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (begun_at, about) = text.split_once(' ')?;
        let begun_at = Timestamp::from_microsecond(begun_at.parse().ok()?).ok()?;
        let is_recent = now >= begun_at && now.duration_since(begun_at) < LIFETIME;
        let about = Matter::unsealed(about)?;
        is_recent.then_some(Interaction { about, begun_at })
    }

    /// What the hidden field of a form holds against forgery from elsewhere.
    pub fn csrf(&self, proof: FormProof<'_>) -> String {
        self.mac("csrf", &proof.text())
    }

    /// Whether a posted field is the one of that form.
    pub fn is_csrf(&self, proof: FormProof<'_>, posted: &str) -> bool {
        self.check("csrf", &proof.text(), posted).is_some()
    }

    fn mac(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, format!("{purpose}\0{text}").as_bytes()))
    }

    /// In constant time.
    fn check(&self, purpose: &str, text: &str, mac: &str) -> Option<()> {
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(&self.key, format!("{purpose}\0{text}").as_bytes(), &mac).ok()
    }
}

impl Matter {
    fn sealed(&self) -> String {
        match self {
            Self::Request(request) => format!("request {request}"),
            Self::PushedRequest(hash) => format!("pushed {}", URL_SAFE_NO_PAD.encode(hash)),
            Self::Device(code) => format!("device {}", code.letters()),
        }
    }

    fn unsealed(text: &str) -> Option<Self> {
        let (kind, text) = text.split_once(' ')?;
        match kind {
            "request" => Some(Self::Request(text.to_owned())),
            "pushed" => {
                let hash = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok();
                hash.map(Self::PushedRequest)
            }
            "device" => UserCode::parse(text).map(Self::Device),
            _ => None,
        }
    }
}

impl FormProof<'_> {
    fn text(&self) -> String {
        format!("{}\0{}\0{}", self.step, self.browser, self.about)
    }
}

impl std::fmt::Debug for Interactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interactions(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn interactions() -> Interactions {
        Interactions::new(&Zeroizing::new([7; 32]))
    }

    #[test]
    fn an_interaction_opens_as_it_was_sealed_for_half_an_hour() {
        let of = |about| Interaction {
            about,
            begun_at: at(0),
        };
        for matter in [
            Matter::Request(String::new()),
            Matter::PushedRequest([7; 32]),
            Matter::Device(UserCode::new([8; 8])),
        ] {
            let sealed = interactions().seal(&of(matter.clone()));
            assert_eq!(interactions().open(&sealed, at(1799)), Some(of(matter)));
        }
        let interaction = of(Matter::Request("client_id=a&state=b c".to_owned()));
        let sealed = interactions().seal(&interaction);
        assert_eq!(interactions().open(&sealed, at(1799)), Some(interaction));
        assert_eq!(interactions().open(&sealed, at(1800)), None);
        assert_eq!(interactions().open(&sealed, at(-1)), None);
        let other = Interactions::new(&Zeroizing::new([8; 32]));
        assert_eq!(other.open(&sealed, at(1)), None);
    }

    #[test]
    fn a_changed_interaction_does_not_open() {
        let interaction = Interaction {
            about: Matter::Request("client_id=a".to_owned()),
            begun_at: at(0),
        };
        let sealed = interactions().seal(&interaction);
        for position in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character of base64url carries bits that say nothing.
            let opened = interactions().open(&changed, at(1));
            assert!(
                opened.is_none() || opened.as_ref() == Some(&interaction),
                "{position}"
            );
        }
        assert_eq!(interactions().open("", at(1)), None);
        assert_eq!(interactions().open(".", at(1)), None);
    }

    proptest! {
        #[test]
        fn only_what_was_sealed_here_opens(text in "\\PC{0,80}", inside in "[a-z]{0,8} ?\\PC{0,40}") {
            prop_assert_eq!(interactions().open(&text, at(1)), None);
            let text = URL_SAFE_NO_PAD.encode(format!("{} {inside}", at(0).as_microsecond()));
            let mac = interactions().mac("interaction", &text);
            if let Some(opened) = interactions().open(&format!("{text}.{mac}"), at(1)) {
                prop_assert_eq!(interactions().open(&interactions().seal(&opened), at(1)), Some(opened));
            }
        }
    }

    #[test]
    fn a_form_counts_for_its_own_step_browser_and_request_only() {
        let proof = FormProof {
            step: "/login",
            browser: "cookie",
            about: "request",
        };
        let csrf = interactions().csrf(proof);
        assert!(interactions().is_csrf(proof, &csrf));
        for other in [
            FormProof {
                step: "/consent",
                ..proof
            },
            FormProof {
                browser: "other",
                ..proof
            },
            FormProof {
                about: "other",
                ..proof
            },
        ] {
            assert!(!interactions().is_csrf(other, &csrf));
        }
        assert!(!interactions().is_csrf(proof, ""));
    }
}
