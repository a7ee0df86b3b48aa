//! The client secret: made once, shown once, kept only as an Argon2id hash.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// A secret in clear. No `Display`, no `Serialize`, a redacted `Debug`, wiped on drop.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Random bytes that a generated secret is made of: 6 for its selector, 32 (256 bits) for the rest.
    pub const ENTROPY: usize = 6 + 32;
    /// Characters of a generated secret.
    pub const LENGTH: usize = Selector::LENGTH + 43;

    /// A secret that came from a person or a request.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A new secret: an 8-character selector and 43 characters, all unreserved (RFC 3986 §2.3), so that no
    /// percent-encoding in `client_secret_basic` (RFC 6749 §2.3.1) can change it.
    pub fn generate(random: &Zeroizing<[u8; Self::ENTROPY]>) -> Self {
        let (selector, rest) = random.split_at(6);
        let mut text = Zeroizing::new(String::with_capacity(Self::LENGTH));
        URL_SAFE_NO_PAD.encode_string(selector, &mut text);
        URL_SAFE_NO_PAD.encode_string(rest, &mut text);
        Self(text)
    }

    /// The secret in clear. The one way to it: every use can be found by this name.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The part by which its stored row is found. Any secret of at least 8 ASCII characters has one.
    pub fn selector(&self) -> Option<Selector> {
        self.0.get(..Selector::LENGTH).and_then(Selector::parse)
    }

    /// Whether it can hold less than 128 bits (RFC 6749 §10.10): by its length and the kinds of characters in it, so that only
    /// what is too short whoever made it is called weak.
    pub fn is_weak(&self) -> bool {
        const ENOUGH: f64 = 128.0;
        let has = |kind: fn(&char) -> bool| self.0.chars().any(|c| kind(&c));
        let kinds: [(bool, u32); 4] = [
            (has(char::is_ascii_digit), 10),
            (has(char::is_ascii_lowercase), 26),
            (has(char::is_ascii_uppercase), 26),
            (has(|c| !c.is_ascii_alphanumeric()), 32),
        ];
        let is_hexadecimal = self.0.chars().all(|c| c.is_ascii_hexdigit());
        let alphabet = if is_hexadecimal {
            16
        } else {
            kinds.iter().filter(|(has, _)| *has).map(|(_, kind)| kind).sum()
        };
        // What repeats itself says less than it is long.
        let mut distinct = Zeroizing::new(self.0.chars().collect::<Vec<char>>());
        distinct.sort_unstable();
        distinct.dedup();
        let says_little = distinct.len() < 8;
        let length = u32::try_from(self.0.chars().count()).unwrap_or(u32::MAX);
        says_little || f64::from(length) * f64::from(alphabet).log2() < ENOUGH
    }

    /// Its Argon2id hash with today's parameters and 16 random bytes of salt.
    ///
    /// Slow on purpose: some 20 ms and 19 MiB. Never on the thread that draws.
    ///
    /// # Errors
    /// [`HashError`] when memory for it cannot be had.
    pub fn hash(&self, salt: [u8; 16]) -> Result<SecretHash, HashError> {
        let hash: PasswordHash = todays_argon2()?.hash_password_with_salt(self.0.as_bytes(), &salt)?;
        Ok(SecretHash(hash.to_string()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// The first 8 characters of a secret, stored in clear beside its hash. It says nothing of the other 256 bits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selector(String);

impl Selector {
    /// Characters.
    pub const LENGTH: usize = 8;

    /// Reads a selector: exactly 8 characters of the URL-safe base64 alphabet.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (text.len() == Self::LENGTH && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An Argon2id hash as a PHC string, salt and parameters in it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHash(String);

impl SecretHash {
    /// Reads a stored or imported hash. Anything but Argon2id in version 1.3 is not taken, nor parameters that
    /// would let one stored row exhaust the machine.
    pub fn parse(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let sound = hash.algorithm == Algorithm::Argon2id.ident()
            && hash.version == Some(Version::V0x13.into())
            && hash.hash.is_some()
            && params.m_cost() <= MOST_MEMORY_KIB
            && params.t_cost() <= MOST_PASSES;
        sound.then(|| Self(text.to_owned()))
    }

    /// The PHC string, as the registry file keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a secret is the one that was hashed, in constant time. Costs as much as hashing it did.
    pub fn verify(&self, secret: &Secret) -> Verification {
        let Ok(argon2) = todays_argon2() else {
            return Verification::Wrong;
        };
        let right = PasswordHash::new(&self.0)
            .is_ok_and(|hash| argon2.verify_password(secret.expose().as_bytes(), &hash).is_ok());
        match (right, self.is_weaker_than_today()) {
            (false, _) => Verification::Wrong,
            (true, false) => Verification::Right,
            (true, true) => Verification::RightButWeak,
        }
    }

    /// What verifying it takes.
    pub fn work(&self) -> Work {
        let params = PasswordHash::new(&self.0)
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok());
        params.map_or(Work::TODAYS, |params| Work::of(params.m_cost(), params.t_cost()))
    }

    /// Whether it was made with less memory or fewer passes than today's.
    fn is_weaker_than_today(&self) -> bool {
        let params = PasswordHash::new(&self.0)
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok());
        params.is_none_or(|params| params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(argon2id)")
    }
}

/// How much an Argon2id works: KiB of memory times passes over it, which its time goes by. More lanes take no more time
/// or less, for they are computed one after another here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work(u64);

impl Work {
    /// One Argon2id with today's parameters.
    pub const TODAYS: Self = Self::of(MEMORY_KIB, PASSES);

    const fn of(memory_kib: u32, passes: u32) -> Self {
        Self(memory_kib as u64 * passes as u64)
    }

    /// KiB times passes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Does on a secret what is left of one Argon2id with today's parameters after so much work, for nothing: so that a
    /// hash from elsewhere that is cheaper takes the same time to refuse. Returns how much it was.
    pub fn fill_up(self, secret: &Secret) -> Self {
        let left = Self::TODAYS.0.saturating_sub(self.0);
        // In as many passes, so that memory is had and filled in the same proportion.
        let memory_kib = u32::try_from(left / u64::from(PASSES)).unwrap_or(MEMORY_KIB);
        let Ok(params) = Params::new(memory_kib, PASSES, LANES, None) else {
            // Less than the least that Argon2 does at all: some microseconds.
            return Self(0);
        };
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut nothing = Zeroizing::new([0; 32]);
        let _ = argon2.hash_password_into(secret.expose().as_bytes(), &[0; 16], nothing.as_mut());
        Self::of(memory_kib, PASSES)
    }
}

/// What came of comparing a secret with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It is the secret.
    Right,
    /// It is the secret, and the hash should be made anew with today's parameters.
    RightButWeak,
    /// It is not.
    Wrong,
}

/// Hashing failed, for want of memory.
#[derive(Debug, thiserror::Error)]
#[error("The secret could not be hashed: {0}")]
pub struct HashError(String);

impl HashError {
    /// There were no random bytes to salt it with.
    pub fn no_randomness() -> Self {
        Self("the operating system gives no random bytes".to_owned())
    }
}

impl From<argon2::password_hash::Error> for HashError {
    fn from(error: argon2::password_hash::Error) -> Self {
        Self(error.to_string())
    }
}

/// Today's parameters: 19 MiB, two passes, one lane, the least that OWASP's password storage cheat sheet names.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The most that a hash from elsewhere may ask for.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;

fn todays_argon2() -> Result<Argon2<'static>, HashError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::generate(&Zeroizing::new([7; Secret::ENTROPY]))
    }

    #[test]
    fn a_secret_is_weak_where_it_is_too_short_for_128_bits() {
        for (text, weak) in [
            ("changeme", true),
            ("s3cret-of-the-portal", true),
            ("5f4dcc3b5aa765d61d8327deb882cf99", false),
            ("5f4dcc3b5aa765d61d8327deb882cf9", true),
            ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", false),
            ("Zt8Lk2QpX4vN7cR1yB6mW0sD", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true),
            ("", true),
        ] {
            assert_eq!(Secret::new(text.to_owned()).is_weak(), weak, "{text}");
        }
        assert!(
            !secret().is_weak() || secret().expose().contains("BwcHBwcH"),
            "sevens repeat themselves"
        );
    }

    #[test]
    fn a_generated_secret_has_a_selector_and_256_bits_in_unreserved_characters() {
        let secret = secret();
        assert_eq!(secret.expose().len(), 51);
        assert!(
            secret
                .expose()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        );
        assert_eq!(secret.selector().unwrap().as_str(), &secret.expose()[..8]);
    }

    #[test]
    fn only_the_right_secret_verifies() {
        let hash = secret().hash([1; 16]).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(hash.verify(&secret()), Verification::Right);
        assert_eq!(hash.verify(&Secret::new("wrong".to_owned())), Verification::Wrong);
    }

    #[test]
    fn a_weaker_hash_still_verifies_and_asks_to_be_renewed() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8 * 1024, 1, 1, None).unwrap(),
        );
        let hash: PasswordHash = weak.hash_password_with_salt(b"old secret", &[2; 16]).unwrap();
        let hash = SecretHash::parse(&hash.to_string()).unwrap();
        assert_eq!(
            hash.verify(&Secret::new("old secret".to_owned())),
            Verification::RightButWeak
        );
        assert_eq!(hash.verify(&Secret::new("other".to_owned())), Verification::Wrong);
    }

    #[test]
    fn a_cheaper_hash_is_filled_up_to_one_of_todays_and_a_dearer_one_not_at_all() {
        let secret = secret();
        for (memory_kib, passes, lanes) in [
            (8, 1, 1),
            (4 * 1024, 3, 1),
            (8 * 1024, 1, 4),
            (9 * 1024, 4, 1),
            (MEMORY_KIB - 2, PASSES, 1),
            (MEMORY_KIB, PASSES, 4),
            (64 * 1024, 3, 4),
        ] {
            let text = format!(
                "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}$AQEBAQEBAQEBAQEBAQEBAQ$KnVcvmVJvtZZIqMTF7kLTzrsRz7yjA8nvKZcKCVEL6s"
            );
            // Argon2 itself wants eight blocks for each lane.
            let own = SecretHash::parse(&text).unwrap().work();
            let both = own.get() + own.fill_up(&secret).get();
            let (least, most) = (Work::TODAYS.get() - 16, Work::TODAYS.get().max(own.get()));
            assert!((least..=most).contains(&both), "{text}: {both}");
        }
    }

    #[test]
    fn other_digests_and_ruinous_parameters_are_not_taken() {
        for text in [
            "",
            "plain",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2i$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$KnVcvmVJvtZZIqMTF7kLTzrsRz7yjA8nvKZcKCVEL6s",
            "$argon2id$v=19$m=4194304,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$KnVcvmVJvtZZIqMTF7kLTzrsRz7yjA8nvKZcKCVEL6s",
        ] {
            assert!(SecretHash::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_secret_does_not_show_itself_in_debug_output() {
        assert_eq!(format!("{:?}", secret()), "Secret(redacted)");
        assert!(!format!("{:?}", secret().hash([1; 16]).unwrap()).contains('$'));
    }
}
