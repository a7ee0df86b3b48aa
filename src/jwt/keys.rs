//! The public keys that a signature is checked with: a JWK set or one JWK (RFC 7517), or a key or certificate in PEM.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::algorithm::{Algorithm, KeyKind, Material};
use super::pem;
use super::problem::{Problem, quoted};
use crate::client::jwks::holds_private_key;
use crate::client::read_json;

/// The longest JWK set or PEM that is read, in bytes: some two thousand keys.
pub const MOST_KEYS_BYTES: usize = 1024 * 1024;
/// The fewest bits of an RSA modulus (RFC 7518 §3.3).
pub(super) const LEAST_RSA_BITS: usize = 2_048;

/// Public keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys {
    pub(super) keys: Vec<Key>,
    /// How many of a set cannot be used here.
    passed_over: usize,
}

/// One public key, and what it may be used for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub kid: Option<String>,
    /// The one algorithm that it is for, where it says so.
    pub alg: Option<String>,
    /// Whether `use` and `key_ops` let it check signatures.
    pub verifies: bool,
    pub kind: KeyKind,
    pub material: Material,
}

impl Keys {
    /// The keys that an issuer publishes. Those that cannot be used are passed over, as RFC 7517 §5 asks.
    pub fn published(jwks: &Value) -> Self {
        let all = jwks.get("keys").and_then(Value::as_array);
        let all = all.map(Vec::as_slice).unwrap_or_default();
        let keys: Vec<Key> = all.iter().filter_map(|jwk| Key::from_jwk(jwk).ok()).collect();
        Self {
            passed_over: all.len() - keys.len(),
            keys,
        }
    }

    /// The keys of a JWK set, or one JWK, that somebody pasted.
    ///
    /// # Errors
    /// A [`Problem`] for anything else, and for a set that holds a private or a symmetric key.
    pub fn from_jwks(text: &str) -> Result<Self, Problem> {
        is_short_enough(text)?;
        let read = read_json(text.as_bytes());
        // Found even where a member stands there twice: of a private key nothing is said but that it is one.
        let is_private = match &read {
            Ok(value) => holds_private_key(value),
            Err(_) => serde_json::from_str::<Value>(text).is_ok_and(|value| holds_private_key(&value)),
        };
        if is_private {
            return Err(private(
                "The set holds a private or a symmetric key, so nothing of it was kept",
            ));
        }
        let value = read.map_err(|error| {
            Problem::unreadable(
                format!(
                    "The JWK set is no JSON that can be used: {}",
                    quoted(error.reason())
                ),
                "Paste what lies at the issuer's jwks_uri",
                "RFC 7517 §5",
            )
        })?;
        if value.get("kty").is_some() {
            return Key::from_jwk(&value).map(Self::one);
        }
        if value.get("keys").is_none_or(|keys| !keys.is_array()) {
            return Err(Problem::unreadable(
                "This is neither a JWK set nor a JWK: it has no member keys and no member kty",
                "Paste what lies at the issuer's jwks_uri",
                "RFC 7517 §4, §5",
            ));
        }
        let keys = Self::published(&value);
        if keys.keys.is_empty() {
            return Err(Problem::unreadable(
                "The JWK set holds no public key that can be used here",
                "Paste one with an RSA, EC or Ed25519 key",
                "RFC 7517 §5",
            ));
        }
        Ok(keys)
    }

    /// A public key or a certificate in PEM that somebody pasted.
    ///
    /// # Errors
    /// A [`Problem`] for anything else, and for a private key.
    pub fn from_pem(text: &str) -> Result<Self, Problem> {
        is_short_enough(text)?;
        pem::read(text).map(Self::one)
    }

    fn one(key: Key) -> Self {
        Self {
            keys: vec![key],
            passed_over: 0,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What they are, in a line: `RSA 2048 · RS256 · 2026-key`, or how many.
    pub fn describe(&self) -> String {
        let passed_over = match self.passed_over {
            0 => String::new(),
            some => format!(", {some} that cannot be used here passed over"),
        };
        match self.keys.as_slice() {
            [] => format!("No keys{passed_over}"),
            [one] => format!("{}{passed_over}", one.describe()),
            several => format!("{} keys{passed_over}", several.len()),
        }
    }
}

impl Key {
    /// Reads a JWK (RFC 7517 §4). Its certificates are not looked at.
    fn from_jwk(jwk: &Value) -> Result<Self, Problem> {
        let text = |member: &str| jwk.get(member).and_then(Value::as_str);
        let (kind, material) = match (text("kty"), text("crv")) {
            (Some("RSA"), _) => {
                let (n, e) = (number(jwk, "n"), number(jwk, "e"));
                let (n, e) = n.zip(e).ok_or_else(malformed)?;
                (KeyKind::Rsa, Material::Rsa { n, e })
            }
            (Some("EC"), Some(curve)) => {
                let kind = KeyKind::of_curve(curve).ok_or_else(|| unknown(curve))?;
                let (x, y) = (coordinate(jwk, "x", kind), coordinate(jwk, "y", kind));
                let (x, y) = x.zip(y).ok_or_else(malformed)?;
                (kind, Material::Point([&[4][..], &x, &y].concat()))
            }
            (Some("OKP"), Some("Ed25519")) => {
                let x = coordinate(jwk, "x", KeyKind::Ed25519).ok_or_else(malformed)?;
                (KeyKind::Ed25519, Material::Point(x))
            }
            (kty, curve) => return Err(unknown(curve.or(kty).unwrap_or("none"))),
        };
        if kind == KeyKind::Ed25519 && text("kty") != Some("OKP") {
            return Err(malformed());
        }
        let verifies = text("use").is_none_or(|used| used == "sig")
            && jwk
                .get("key_ops")
                .and_then(Value::as_array)
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        Ok(Self {
            kid: text("kid").map(str::to_owned),
            alg: text("alg").map(str::to_owned),
            verifies,
            kind,
            material,
        })
    }

    /// The bits of an RSA modulus.
    pub fn rsa_bits(&self) -> Option<usize> {
        let Material::Rsa { n, .. } = &self.material else {
            return None;
        };
        let leading = n.first().map_or(0, |first| first.leading_zeros() as usize);
        Some((n.len() * 8).saturating_sub(leading))
    }

    /// Whether an algorithm is the key's. The algorithm is the key's, never the token's word alone (RFC 8725 §3.1).
    pub fn takes(&self, algorithm: &Algorithm) -> bool {
        let of_alg = self.alg.as_deref().is_none_or(|alg| {
            alg == algorithm.name
                || Algorithm::parse(alg).is_some_and(|own| own.is_another_name_of(algorithm))
        });
        self.kind == algorithm.kind && of_alg
    }

    /// What it is, in a line.
    pub fn describe(&self) -> String {
        let kind = match self.rsa_bits() {
            Some(bits) => format!("RSA {bits}"),
            None => self.kind.name().to_owned(),
        };
        let further = [self.alg.as_deref(), self.kid.as_deref()];
        let further = further
            .into_iter()
            .flatten()
            .map(|text| format!(" · {}", quoted(text)));
        further.fold(kind, |line, more| line + &more)
    }
}

fn is_short_enough(text: &str) -> Result<(), Problem> {
    if text.len() <= MOST_KEYS_BYTES {
        return Ok(());
    }
    Err(Problem::unreadable(
        format!(
            "The keys take {} KB, and 1,024 KB are read at most",
            text.len() / 1024
        ),
        "Paste only the keys that may have signed the token",
        "",
    ))
}

/// A number without leading zeros (RFC 7518 §2).
fn number(jwk: &Value, member: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(jwk.get(member)?.as_str()?).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(first..).map(<[u8]>::to_vec)
}

/// A coordinate, which has as many bytes as its curve wants (RFC 7518 §6.2.1.2).
fn coordinate(jwk: &Value, member: &str, kind: KeyKind) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(jwk.get(member)?.as_str()?).ok()?;
    (bytes.len() == kind.coordinate_bytes()).then_some(bytes)
}

pub(super) fn private(what: &str) -> Problem {
    Problem::unreadable(
        what,
        "Take it out of the clipboard, and paste public keys only. Change it if anybody else may have seen it",
        "RFC 7517 §9.2",
    )
}

fn malformed() -> Problem {
    Problem::unreadable(
        "The key lacks a member, or one of its members has the wrong length",
        "Copy the whole key again",
        "RFC 7518 §6",
    )
}

fn unknown(kind: &str) -> Problem {
    Problem::unreadable(
        format!("Keys of the kind {} are not used here", quoted(kind)),
        "Paste an RSA, EC or Ed25519 key",
        "RFC 7518 §6.1",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jwt::test_keys::{ec, ed25519, rsa};

    #[test]
    fn a_set_one_key_and_what_an_issuer_publishes_are_read() {
        let (one, other) = (ec("a").jwk, ed25519("b").jwk);
        let set = json!({ "keys": [one, { "kty": "strange" }, other] });
        let keys = Keys::from_jwks(&set.to_string()).unwrap();
        assert_eq!(keys, Keys::published(&set));
        assert_eq!(keys.describe(), "2 keys, 1 that cannot be used here passed over");
        let key = Keys::from_jwks(&one.to_string()).unwrap();
        assert_eq!((key.len(), key.describe().as_str()), (1, "P-256 · ES256 · a"));
        let key = Keys::from_jwks(&rsa("r").jwk.to_string()).unwrap();
        assert_eq!(key.describe(), "RSA 2048 · r");
    }

    #[test]
    fn what_is_no_set_of_public_keys_is_refused_in_a_sentence() {
        let public = ec("a").jwk;
        let mut private = public.clone();
        private["d"] = "AAAA".into();
        let twice = r#"{"keys":[{"kty":"EC","d":"AAAA","d":"AAAA"}]}"#;
        let short = json!({ "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA" });
        for (text, told) in [
            (private.to_string(), "private or a symmetric key"),
            (
                json!({ "keys": [public, private] }).to_string(),
                "nothing of it was kept",
            ),
            (
                json!({ "a": [{ "kty": "oct", "k": "AAAA" }] }).to_string(),
                "symmetric",
            ),
            (twice.to_owned(), "private"),
            (r#"{"keys":[],"keys":[]}"#.to_owned(), "there twice"),
            (String::new(), "no JSON"),
            ("[".repeat(10_000), "nested deeper than 127 levels"),
            ("{}".to_owned(), "neither a JWK set nor a JWK"),
            (r#"{"keys":[]}"#.to_owned(), "no public key that can be used here"),
            (short.to_string(), "wrong length"),
            (json!({ "kty": "EC", "crv": "P-42" }).to_string(), "kind P-42"),
            (" ".repeat(MOST_KEYS_BYTES + 1), "1,024 KB are read at most"),
        ] {
            let problem = Keys::from_jwks(&text).unwrap_err();
            assert!(problem.what.contains(told), "{told}: {problem:?}");
            assert!(!problem.advice.is_empty());
        }
    }
}
