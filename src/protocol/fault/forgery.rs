//! What a fault does to tokens: claims that are not true, a key that is not right.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{ArmedFault, Fault};
use crate::protocol::signing_key::{KeysError, SigningAlgorithm, SigningKey, TokenKind};

/// The wrong issuer. Nobody can have this name (RFC 2606 §2), so that nobody is asked for keys.
pub const ISSUER: &str = "https://fault.invalid";
/// The wrong audience, always this one: a token for another resource server would be worth something there.
pub const AUDIENCE: &str = "urn:chancery:fault";
/// The wrong `kid`. Those of published keys are thumbprints.
pub const KEY_ID: &str = "no-such-key";

/// How long ago an expired token has ended: longer than any leeway (RFC 7519 §4.1.4). Seconds.
const LONG_ENDED: i64 = 60 * 60;
/// How far the clock is wrong. Seconds.
const CLOCK: i64 = SignedDuration::from_hours(24).as_secs();

/// A fault that is ready to spoil an answer.
#[derive(Debug)]
pub struct Forgery {
    fault: Fault,
    /// Keys that were never published, of each algorithm; for the one fault that needs them.
    retired: Vec<SigningKey>,
    armed: Option<ArmedFault>,
}

/// A key to sign a token with, and what is to be wrong about that token.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// The key.
    pub key: &'a SigningKey,
    /// What is wrong, if anything is.
    pub forgery: Option<&'a Forgery>,
}

impl Signer<'_> {
    /// Signs the claims that are true, or those that the fault makes of them.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, kind: TokenKind, claims: &[u8]) -> Result<String, KeysError> {
        match self.forgery {
            None => self.key.sign(kind, claims),
            Some(forgery) => forgery.sign(self.key, kind, claims),
        }
    }
}

impl Forgery {
    /// Makes what a fault needs. Slow for a retired key, one of which is of RSA.
    ///
    /// # Errors
    /// When the system cannot make a key.
    pub fn prepare(fault: Fault) -> Result<Self, KeysError> {
        let retired = match fault {
            Fault::RetiredKey => SigningAlgorithm::ALL.map(unpublished).into_iter().collect(),
            _ => Ok(Vec::new()),
        };
        Ok(Self {
            fault,
            retired: retired?,
            armed: None,
        })
    }

    /// The fault.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// For whom it is armed.
    pub fn armed(&self) -> Option<&ArmedFault> {
        self.armed.as_ref()
    }

    pub(super) fn armed_as(self, armed: ArmedFault) -> Self {
        Self {
            armed: Some(armed),
            ..self
        }
    }

    fn sign(&self, key: &SigningKey, kind: TokenKind, claims: &[u8]) -> Result<String, KeysError> {
        let unreadable = |_| KeysError::Unusable("the claims cannot be read");
        let claims = falsified(self.fault, serde_json::from_slice(claims).map_err(unreadable)?);
        let claims = serde_json::to_vec(&claims).map_err(unreadable)?;
        match self.fault {
            Fault::WrongKeyId => key.sign_as(KEY_ID, kind, &claims),
            Fault::BadSignature => key.sign(kind, &claims).map(broken),
            Fault::RetiredKey => {
                let of_algorithm = |retired: &&SigningKey| retired.algorithm() == key.algorithm();
                let retired = self.retired.iter().find(of_algorithm);
                let missing = KeysError::Unusable("there is no retired one of its algorithm");
                retired.ok_or(missing)?.sign(kind, &claims)
            }
            _ => key.sign(kind, &claims),
        }
    }
}

/// A key of this moment that nobody publishes, under its thumbprint as a real one.
fn unpublished(algorithm: SigningAlgorithm) -> Result<SigningKey, KeysError> {
    let pkcs8 = algorithm.generate()?;
    let kid = algorithm.public_jwk(&pkcs8)?.common.key_id.unwrap_or_default();
    SigningKey::from_pkcs8(algorithm, &kid, &pkcs8)
}

/// The claims that a fault makes of true ones. No time becomes later by it, except `iat` and `nbf`, which only make a token
/// worth less.
fn falsified(fault: Fault, mut claims: Map<String, Value>) -> Map<String, Value> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (iat, exp) = (
        seconds("iat").unwrap_or_default(),
        seconds("exp").unwrap_or_default(),
    );
    match fault {
        Fault::Expired => set_back(&mut claims, exp - iat + LONG_ENDED),
        Fault::ClockBehind => set_back(&mut claims, CLOCK),
        // Where it was issued stays true: a token that comes from the future would outlive the end of its client's tokens.
        Fault::NotYetValid => set(&mut claims, "nbf", json!((exp - 1).max(iat + 1))),
        Fault::ClockAhead => set(&mut claims, "iat", json!(iat + CLOCK)),
        Fault::WrongIssuer => set(&mut claims, "iss", json!(ISSUER)),
        Fault::WrongAudience => set(&mut claims, "aud", json!(AUDIENCE)),
        Fault::WrongKeyId
        | Fault::BadSignature
        | Fault::RetiredKey
        | Fault::SlowDown
        | Fault::ServerError
        | Fault::Unavailable
        | Fault::SlowAnswer
        | Fault::DroppedConnection => {}
    }
    claims
}

fn set(claims: &mut Map<String, Value>, name: &str, value: Value) {
    claims.insert(name.to_owned(), value);
}

/// Everything happened so many seconds earlier, the sign-in too: nobody signs in after the token.
fn set_back(claims: &mut Map<String, Value>, by: i64) {
    for name in ["iat", "exp", "auth_time"] {
        if let Some(second) = claims.get(name).and_then(Value::as_i64) {
            set(claims, name, json!(second - by));
        }
    }
}

/// A token with one bit of its signature turned round.
fn broken(token: String) -> String {
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return token;
    };
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::dangerous::insecure_decode;
    use proptest::prelude::*;

    use super::*;

    fn claims(iat: i64, lifetime: i64) -> Map<String, Value> {
        let claims = json!({ "iss": "https://auth.example.com", "sub": "ada", "aud": "ledger", "client_id": "a",
            "iat": iat, "exp": iat + lifetime, "auth_time": iat - 5, "jti": "j" });
        claims.as_object().unwrap().clone()
    }

    fn changed(fault: Fault) -> Vec<(String, Value)> {
        let honest = claims(10_000_000, 600);
        let differs = |(name, value): &(String, Value)| honest.get(name) != Some(value);
        falsified(fault, honest.clone())
            .into_iter()
            .filter(differs)
            .collect()
    }

    #[test]
    fn each_fault_changes_what_it_says_and_nothing_else() {
        let of = |changes: &[(&str, Value)]| -> Vec<(String, Value)> {
            changes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect()
        };
        let back = |by: i64| {
            of(&[
                ("auth_time", json!(9_999_995 - by)),
                ("exp", json!(10_000_600 - by)),
                ("iat", json!(10_000_000 - by)),
            ])
        };
        for fault in Fault::ALL {
            let expected = match fault {
                Fault::Expired => back(4_200),
                Fault::ClockBehind => back(86_400),
                Fault::NotYetValid => of(&[("nbf", json!(10_000_599))]),
                Fault::ClockAhead => of(&[("iat", json!(10_086_400))]),
                Fault::WrongIssuer => of(&[("iss", json!(ISSUER))]),
                Fault::WrongAudience => of(&[("aud", json!(AUDIENCE))]),
                _ => Vec::new(),
            };
            let mut found = changed(fault);
            found.sort_by(|(one, _), (other, _)| one.cmp(other));
            assert_eq!(found, expected, "{fault:?}");
        }
    }

    proptest! {
        #[test]
        fn no_fault_lets_a_token_live_longer_or_speak_for_somebody_else(
            iat in 0_i64..4_000_000_000, lifetime in 0_i64..4_000, fault in proptest::sample::select(&Fault::ALL[..]),
        ) {
            let honest = claims(iat, lifetime);
            let forged = falsified(fault, honest.clone());
            let seconds = |claims: &Map<String, Value>, name: &str| claims[name].as_i64().unwrap();
            for name in ["exp", "auth_time"] {
                prop_assert!(seconds(&forged, name) <= seconds(&honest, name), "{fault:?} {name}");
            }
            for name in ["sub", "client_id", "jti"] {
                prop_assert_eq!(&forged[name], &honest[name]);
            }
            prop_assert!(forged["aud"] == honest["aud"] || forged["aud"] == AUDIENCE);
        }
    }

    #[test]
    fn the_keys_that_a_fault_signs_with_are_no_published_ones_and_look_like_them() {
        let pkcs8 = SigningAlgorithm::Es256.generate().unwrap();
        let honest = SigningKey::from_pkcs8(SigningAlgorithm::Es256, "honest", &pkcs8).unwrap();
        let signed = |fault| {
            let forgery = Forgery::prepare(fault).unwrap();
            let signer = Signer {
                key: &honest,
                forgery: Some(&forgery),
            };
            let token = signer
                .sign(TokenKind::AccessToken, b"{\"iat\":1,\"exp\":2}")
                .unwrap();
            let header = insecure_decode::<Value>(&token).unwrap().header;
            assert_eq!(header.typ.as_deref(), Some("at+jwt"));
            assert_eq!(format!("{:?}", header.alg), "ES256");
            (header.kid.unwrap(), token)
        };
        assert_eq!(signed(Fault::WrongKeyId).0, KEY_ID);
        assert_eq!(signed(Fault::BadSignature).0, "honest");
        let (retired, _) = signed(Fault::RetiredKey);
        assert_eq!(retired.len(), 43, "a thumbprint");
        assert_ne!(retired, signed(Fault::RetiredKey).0, "another each time");
    }

    #[test]
    fn a_broken_signature_is_as_long_as_a_right_one_and_differs_in_one_bit() {
        let whole = "e30.e30.AAAA".to_owned();
        assert_eq!(broken(whole), "e30.e30.AAAB");
        assert_eq!(broken("no token".to_owned()), "no token");
    }
}
