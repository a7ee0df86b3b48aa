//! What is believed because it is signed, sealed or hashed.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::registered::CLIENTS;
use super::{ISSUER, NOW, halves};
use crate::client::jwks;
use crate::jwt::{self, Keys as VerificationKeys, SignatureCheck};
use crate::protocol::interaction::{Interaction, Interactions, Matter};
use crate::protocol::signing_key::{SigningAlgorithm, SigningKey, TokenKind};
use crate::protocol::{Issuer, assertion, authorization_code, jws};

/// Longer tokens are not looked at.
const MOST_BYTES: usize = 16 * 1024;

/// Keys that nobody else has: one to sign with, and the public ones of each kind.
struct Keys {
    signing: SigningKey,
    public: Vec<Jwk>,
}

static KEYS: LazyLock<Option<Keys>> = LazyLock::new(|| {
    let mut public = Vec::new();
    let mut signing = None;
    for algorithm in SigningAlgorithm::ALL {
        let pkcs8 = algorithm.generate().ok()?;
        let jwk = algorithm.public_jwk(&pkcs8).ok()?;
        let kid = jwk.common.key_id.clone().unwrap_or_default();
        signing = SigningKey::from_pkcs8(algorithm, &kid, &pkcs8).ok();
        public.push(jwk);
    }
    Some(Keys {
        signing: signing?,
        public,
    })
});

/// A token from outside: nobody forges one; what is signed is read as it was signed, and not at all where one character
/// of it differs.
pub fn jws(bytes: &[u8]) {
    let Some(Keys { signing, public }) = &*KEYS else {
        return;
    };
    let verify = |token: &str| jws::verify(token, public, &jws::OF_CLIENTS);
    let is_believed_by_the_window = |token: &str| {
        let keys = VerificationKeys::published(&json!({ "keys": public }));
        let decoded = jwt::decode(token, Some(&keys));
        matches!(decoded.signature, SignatureCheck::Good { .. })
    };
    if let Ok(token) = std::str::from_utf8(bytes) {
        assert!(
            verify(token).is_err() && !is_believed_by_the_window(token),
            "{token}"
        );
        assertion::claimed_client_id(token);
    }
    let (place, claims) = halves(bytes);
    let Ok(token) = signing.sign(TokenKind::IdToken, claims) else {
        return;
    };
    if token.len() > MOST_BYTES {
        assert!(verify(&token).is_err());
        return;
    }
    let claims_of = |token: &str| verify(token).ok().map(|verified| verified.claims);
    let said = serde_json::from_slice::<Map<String, Value>>(claims).ok();
    let read = claims_of(&token);
    // Members that stand there twice may be refused.
    assert!(read.is_none() || read == said);
    if let Some(said) = said {
        let clear = Value::Object(said.clone()).to_string();
        let clear = signing
            .sign(TokenKind::IdToken, clear.as_bytes())
            .unwrap_or_default();
        assert!(clear.len() > MOST_BYTES || claims_of(&clear) == Some(said));
    }
    let place = place.iter().fold(0_usize, |place, byte| {
        place.wrapping_mul(256).wrapping_add(usize::from(*byte))
    });
    let mut changed = token.clone().into_bytes();
    let place = place % changed.len();
    if let Some(byte) = changed.get_mut(place) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    let changed = String::from_utf8(changed).unwrap_or_default();
    assert!(
        verify(&changed).is_err() && !is_believed_by_the_window(&changed),
        "{changed} at {place}"
    );
}

/// The claims of an assertion with a right signature: what is let in is the client's own, for this server, not over, not
/// for longer than a day, and can be told from every other.
pub fn assertion(claims: &[u8]) {
    let Some(Keys { signing, public }) = &*KEYS else {
        return;
    };
    let Some(client) = CLIENTS.last() else { return };
    let (Ok(issuer), Ok(now)) = (Issuer::parse(ISSUER), Timestamp::from_second(NOW)) else {
        return;
    };
    let Ok(token) = signing.sign(TokenKind::IdToken, claims) else {
        return;
    };
    let Ok(checked) = assertion::check(&token, client, public, &issuer, now) else {
        return;
    };
    let said: Value = serde_json::from_slice(claims).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    assert_eq!((text("iss"), text("sub")), (Some("signs"), Some("signs")));
    assert_eq!(
        assertion::claimed_client_id(&token),
        Some(client.client_id.clone())
    );
    assert_eq!(text("jti"), Some(checked.jti.as_str()));
    assert!(!checked.jti.is_empty() && checked.jti.len() <= 256);
    assert!(checked.exp > now && checked.exp.as_second() <= NOW + 24 * 60 * 60);
    let here = [ISSUER.to_owned(), format!("{ISSUER}/token")];
    let is_here = |audience: &Value| here.iter().any(|here| audience == here);
    let audience = said.get("aud").cloned().unwrap_or_default();
    assert!(is_here(&audience) || audience.as_array().is_some_and(|all| all.iter().any(is_here)));
    for name in ["nbf", "iat"] {
        let time = said.get(name).and_then(Value::as_f64);
        assert!(time.is_none_or(|time| time < (NOW + 61) as f64), "{name}");
    }
}

/// A client's JWK set: what the validator finds nothing wrong with holds no private or weak key, and no set makes
/// verifying fail.
pub fn client_keys(bytes: &[u8]) {
    let Some(Keys { signing, .. }) = &*KEYS else {
        return;
    };
    let Ok(set) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let described = jwks::describe(&set);
    let keys = assertion::keys_of(&set);
    assert!(keys.len() <= described.len());
    if jwks::problems(&set).is_empty() {
        assert!(!jwks::holds_private_key(&set) && !described.is_empty());
        let members = set.get("keys").and_then(Value::as_array).into_iter().flatten();
        for member in members {
            assert!(
                ["d", "p", "q", "k"]
                    .iter()
                    .all(|private| member.get(private).is_none())
            );
            let modulus = member
                .get("n")
                .and_then(Value::as_str)
                .filter(|_| member.get("kty") == Some(&json!("RSA")));
            assert!(modulus.is_none_or(|n| n.len() >= 2_048 / 6), "{member}");
        }
    }
    let Ok(token) = signing.sign(TokenKind::IdToken, b"{}") else {
        return;
    };
    assert!(
        jws::verify(&token, &keys, &jws::OF_CLIENTS).is_err(),
        "none of these signed it"
    );
    let decoded = jwt::decode(&token, Some(&VerificationKeys::published(&set)));
    assert!(matches!(decoded.signature, SignatureCheck::Bad(_)));
}

/// What a page carries: nobody forges it, and what is sealed opens to what it was, or not at all where one character of
/// it differs.
pub fn interaction(bytes: &[u8]) {
    let (place, request) = halves(bytes);
    let (Ok(now), Ok(request)) = (Timestamp::from_second(NOW), std::str::from_utf8(request)) else {
        return;
    };
    static SEALS: LazyLock<Interactions> = LazyLock::new(|| {
        let mut key = Zeroizing::new([0; 32]);
        // Without random bytes the properties hold for this key all the same.
        let _none = getrandom::fill(key.as_mut());
        Interactions::new(&key)
    });
    assert_eq!(SEALS.open(request, now), None);
    let interaction = Interaction {
        about: Matter::Request(request.to_owned()),
        begun_at: now,
    };
    let sealed = SEALS.seal(&interaction);
    let opened = SEALS.open(&sealed, now);
    assert_eq!(opened.as_ref(), Some(&interaction));
    let mut changed = sealed.into_bytes();
    let place = usize::from(place.first().copied().unwrap_or_default()) % changed.len();
    if let Some(byte) = changed.get_mut(place) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    assert_eq!(
        SEALS.open(&String::from_utf8(changed).unwrap_or_default(), now),
        None,
        "at {place}"
    );
}

/// A code verifier and a challenge: they go together where the challenge is the hash of a verifier of 43 to 128 unreserved
/// characters, and nowhere else (RFC 7636 §4.1, §4.6).
pub fn pkce(bytes: &[u8]) {
    let (verifier, challenge) = halves(bytes);
    let (Ok(verifier), Ok(challenge)) = (std::str::from_utf8(verifier), std::str::from_utf8(challenge))
    else {
        return;
    };
    let made = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    assert_eq!(
        authorization_code::goes_with(verifier, &made),
        is_verifier,
        "{verifier:?}"
    );
    assert_eq!(
        authorization_code::goes_with(verifier, challenge),
        is_verifier && made == challenge
    );
    assert!(
        !authorization_code::goes_with(verifier, verifier),
        "never as plain"
    );
}
