//! What shows that somebody holds a key or has a screen before them.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use url::Url;
use zeroize::Zeroizing;

use super::{NOW, halves};
use crate::protocol::dpop::{self, ProvenRequest};
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::user_code::UserCode;
use crate::protocol::{OAuthError, form};

const ENDPOINT: &str = "https://issuer.example.com/token";
const TOKEN: &str = "token";

static KEY: LazyLock<Option<EcdsaKeyPair>> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok());

/// The header, a place and the claims of a DPoP proof, a line each. Nobody forges one; what is taken is of this key,
/// method, address, time and token, by RFC 9449 §4.3, and is not taken for another request, at another time or where one
/// character of it differs.
pub fn dpop_proof(bytes: &[u8]) {
    let Ok(now) = Timestamp::from_second(NOW) else {
        return;
    };
    let nonces = Nonces::new(&Zeroizing::new([1; 32]), false);
    let request = |method, uri, access_token| ProvenRequest {
        method,
        uri,
        access_token,
    };
    let plain = request("POST", ENDPOINT, None);
    if let Ok(forged) = std::str::from_utf8(bytes) {
        assert!(dpop::check(forged, &plain, &nonces, now).is_err(), "{forged}");
    }
    let (header, rest) = halves(bytes);
    let (place, claims) = halves(rest);
    let (Some(key), Ok(mut header)) = (&*KEY, serde_json::from_slice::<Map<String, Value>>(header)) else {
        return;
    };
    let jwk = public_jwk(key);
    header.entry("jwk").or_insert_with(|| jwk.clone());
    let Some(proof) = signed(key, &header, claims) else {
        return;
    };
    for token in [None, Some(TOKEN)] {
        match dpop::check(&proof, &request("POST", ENDPOINT, token), &nonces, now) {
            Ok(checked) => {
                // RFC 7638 §3.1: the members stand in the order of their names.
                let jkt = digest(&SHA256, jwk.to_string().as_bytes());
                assert_eq!(checked.jkt.as_slice(), jkt.as_ref());
                assert_is_sound(&header, claims, token);
            }
            Err(error) => assert!(matches!(
                error,
                OAuthError::InvalidDpopProof(_) | OAuthError::UseDpopNonce(_)
            )),
        }
    }
    if dpop::check(&proof, &plain, &nonces, now).is_err() {
        return;
    }
    let later = now.saturating_add(SignedDuration::from_secs(122)).unwrap_or(now);
    assert!(dpop::check(&proof, &plain, &nonces, later).is_err());
    for (method, uri) in [("GET", ENDPOINT), ("POST", "https://issuer.example.com/par")] {
        assert!(dpop::check(&proof, &request(method, uri, None), &nonces, now).is_err());
    }
    let mut changed = proof.into_bytes();
    let place = place.iter().fold(0_usize, |place, byte| {
        place.wrapping_mul(256).wrapping_add(usize::from(*byte))
    });
    let place = place % changed.len();
    if let Some(byte) = changed.get_mut(place) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    let changed = String::from_utf8(changed).unwrap_or_default();
    assert!(
        dpop::check(&changed, &plain, &nonces, now).is_err(),
        "{changed} at {place}"
    );
}

fn public_jwk(key: &EcdsaKeyPair) -> Value {
    // RFC 5480 §2.2: an uncompressed point is 4, then both coordinates.
    let point = key.public_key().as_ref();
    let (x, y) = point
        .get(1..)
        .and_then(|both| both.split_at_checked(32))
        .unwrap_or_default();
    json!({ "crv": "P-256", "kty": "EC", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
}

fn signed(key: &EcdsaKeyPair, header: &Map<String, Value>, claims: &[u8]) -> Option<String> {
    let header = Value::Object(header.clone()).to_string();
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn assert_is_sound(header: &Map<String, Value>, claims: &[u8], token: Option<&str>) {
    assert_eq!(header.get("typ"), Some(&json!("dpop+jwt")));
    assert_eq!(header.get("alg"), Some(&json!("ES256")));
    assert!(header.get("crit").is_none_or(Value::is_null));
    let said: Value = serde_json::from_slice(claims).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    assert_eq!(text("htm"), Some("POST"));
    assert!(text("htu").is_some_and(is_endpoint), "{said}");
    assert!(text("jti").is_some_and(|jti| (1..=256).contains(&jti.len())));
    let iat = said.get("iat").and_then(Value::as_f64);
    assert!(iat.is_some_and(|iat| (iat - NOW as f64).abs() < 62.0), "{said}");
    assert_eq!(said.get("nonce"), None, "nobody was given one");
    let ath = token.map(|token| URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())));
    assert!(ath.is_none() || text("ath") == ath.as_deref(), "{said}");
}

/// As a lenient reader sees it.
fn is_endpoint(htu: &str) -> bool {
    Url::parse(htu).is_ok_and(|url| {
        let path = form::decode(url.path().replace('+', "%2B").as_bytes());
        url.scheme() == "https"
            && url.host_str() == Some("issuer.example.com")
            && url.port_or_known_default() == Some(443)
            && url.username().is_empty()
            && path.is_some_and(|path| *path == "/token")
    })
}

/// What somebody types for a user code: it is read as its letters in their order, and only where nothing but gaps stands
/// between them; what is shown reads as what it was.
pub fn user_code(bytes: &[u8]) {
    let mut random = [0; 8];
    random.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let made = UserCode::new(random);
    for typed in [made.to_string(), made.letters().to_lowercase()] {
        assert!(
            UserCode::parse(&typed).is_some_and(|read| read == made),
            "{typed}"
        );
    }
    let Ok(typed) = std::str::from_utf8(bytes) else {
        return;
    };
    let is_letter = |c: &char| c.is_alphanumeric();
    let letters: String = typed.chars().filter(is_letter).collect();
    let letters = letters.to_ascii_uppercase();
    let Some(code) = UserCode::parse(typed) else {
        // What is nothing but eight of the letters is a code.
        let consonants = letters
            .bytes()
            .all(|letter| b"BCDFGHJKLMNPQRSTVWXZ".contains(&letter));
        let has_gaps = typed.chars().any(|c| !c.is_alphanumeric());
        assert!(letters.len() != 8 || !consonants || has_gaps, "{typed}");
        return;
    };
    assert_eq!(code.letters(), letters, "{typed:?}");
    assert!(code.letters().len() == 8 && !code.letters().contains(['A', 'E', 'I', 'O', 'U', 'Y']));
    assert!(typed.chars().all(|c| !c.is_control() || c.is_whitespace()));
    let shown = code.to_string();
    assert!(shown.len() == 9 && UserCode::parse(&shown).is_some_and(|read| read == code));
}
