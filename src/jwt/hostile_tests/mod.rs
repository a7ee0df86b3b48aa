//! Tokens as attackers and careless issuers make them, after the best practices for JWTs (RFC 8725): none of them is good,
//! none of their signatures holds, and each is told in a sentence of its own.

mod reading;
mod signing;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::test_keys::TestKey;
use super::{Keys, Kind, decode};

const NOW: i64 = 1_800_000_000;
const KID: &str = "key";

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn claims() -> Value {
    json!({ "iss": "https://issuer.example", "sub": "ada", "aud": "https://api.example.com", "iat": NOW, "exp": NOW + 600 })
}

fn header() -> Value {
    json!({ "alg": "ES256", "typ": "at+jwt", "kid": KID })
}

fn header_with(name: &str, value: Value) -> Value {
    let mut header = header();
    header[name] = value;
    header
}

fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn keys(keys: &[&TestKey]) -> Keys {
    let keys: Vec<&Value> = keys.iter().map(|key| &key.jwk).collect();
    Keys::from_jwks(&json!({ "keys": keys }).to_string()).unwrap()
}

/// What is said against a token, with the paragraphs. It must not be good.
fn against(token: &str, keys: &Keys) -> String {
    let decoded = decode(token, Some(keys));
    let expected = Some(Kind::AccessToken);
    assert!(!decoded.is_good(now(), expected), "{token:.200}");
    let judged = decoded.judged(now(), expected);
    let lines = judged.iter().map(|problem| {
        assert!(!problem.what.is_empty() && !problem.advice.is_empty());
        format!("{} {} ({})\n", problem.what, problem.advice, problem.basis)
    });
    lines.collect()
}
