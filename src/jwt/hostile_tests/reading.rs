//! What is read in two ways, out of its time, or no signed token at all, although the key is the right one.

use serde_json::json;

use super::{KID, NOW, against, claims, claims_with, header, header_with, keys, now};
use crate::jwt::test_keys::ec;
use crate::jwt::{Kind, SignatureCheck, decode};

#[test]
fn what_two_readers_would_read_differently_is_refused() {
    let key = ec(KID);
    let own = keys(&[&key]);
    let (plain, said) = (header().to_string(), claims().to_string());
    let of_header = |header: &str| key.sign_by("ES256", header, said.as_bytes());
    let of_claims = |claims: &[u8]| key.sign_by("ES256", &plain, claims);
    let good = key.sign(&header(), &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let other_bits = {
        // 64 bytes end in a character of which two bits count: the next one says the same.
        let (begin, last) = signature.split_at(signature.len() - 1);
        let next = char::from(last.as_bytes()[0] + 1);
        format!("{message}.{begin}{next}")
    };
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for (what, token, told) in [
        (
            "alg twice",
            of_header(r#"{"alg":"none","alg":"ES256","kid":"key"}"#),
            "\"alg\" is there twice",
        ),
        (
            "sub twice",
            of_claims(br#"{"sub":"ada","sub":"eve","exp":1800000600}"#),
            "another token",
        ),
        (
            "sub twice, once in escapes",
            of_claims(br#"{"sub":"ada","\u0073ub":"eve"}"#),
            "\"sub\" is there twice",
        ),
        ("not UTF-8", of_claims(b"{\"sub\":\"\xff\"}"), "not UTF-8"),
        ("UTF-16", of_claims(b"\xfe\xff\0{\0}"), "not UTF-8"),
        ("no JSON", of_claims(b"sub=ada"), "no JSON that can be used"),
        ("NaN", of_claims(br#"{"exp":NaN}"#), "no JSON that can be used"),
        (
            "an infinite number",
            of_claims(br#"{"exp":1e999}"#),
            "number out of range",
        ),
        ("no object", of_claims(b"[1]"), "no object"),
        (
            "deep",
            of_claims(deep.as_bytes()),
            "nested deeper than 127 levels",
        ),
        ("padding", format!("{message}.{signature}=="), "with padding"),
        (
            "another alphabet",
            format!("{message}.{}", "+".repeat(84) + "/w"),
            "+ or /",
        ),
        ("trailing bits", other_bits, "carries bits that mean nothing"),
        (
            "no base64url",
            format!("{message}.{signature}AAA"),
            "The signature is not base64url",
        ),
    ] {
        let against = against(&token, &own);
        assert!(against.contains(told), "{what}: {against}");
        assert_eq!(
            decode(&token, Some(&own)).signature,
            SignatureCheck::NotChecked,
            "{what}"
        );
    }
}

#[test]
fn claims_that_a_resource_server_must_not_accept_are_told() {
    let key = ec(KID);
    let own = keys(&[&key]);
    let id_token = {
        let claims = claims_with("nonce", json!("n"));
        key.sign(&header_with("typ", json!("JWT")), &claims)
    };
    for (what, token, told) in [
        (
            "expired",
            key.sign(&header(), &claims_with("exp", json!(NOW))),
            "It expired at 2027-01-15T08:00:00Z",
        ),
        (
            "not yet",
            key.sign(&header(), &claims_with("nbf", json!(NOW + 1))),
            "It is not valid before",
        ),
        (
            "for ever",
            key.sign(&header(), &json!({ "sub": "ada" })),
            "It does not say when it expires",
        ),
        (
            "exp as text",
            key.sign(&header(), &claims_with("exp", json!("1800000600"))),
            "exp is no number",
        ),
        (
            "exp in milliseconds",
            key.sign(&header(), &claims_with("exp", json!(1_800_000_600_000_i64))),
            "in milliseconds",
        ),
        (
            "exp huge",
            key.sign(&header(), &claims_with("exp", json!(1e300))),
            "larger than any time",
        ),
        (
            "exp negative",
            key.sign(&header(), &claims_with("exp", json!(-1))),
            "before 1970",
        ),
        (
            "an ID token, RFC 8725 §3.11",
            id_token,
            "This is an ID token, and not an access token",
        ),
        (
            "a logout token",
            key.sign(&header_with("typ", json!("logout+jwt")), &claims()),
            "This is a logout token",
        ),
        (
            "a DPoP proof",
            key.sign(&header_with("typ", json!("dpop+jwt")), &claims()),
            "This is a DPoP proof",
        ),
    ] {
        let against = against(&token, &own);
        assert!(against.contains(told), "{what}: {against}");
    }
    let unnamed = decode(
        &key.sign(&header_with("typ", json!("JWT")), &json!({ "exp": NOW + 1 })),
        Some(&own),
    );
    let said: Vec<String> = unnamed
        .judged(now(), Some(Kind::AccessToken))
        .into_iter()
        .map(|problem| format!("{} {}", problem.what, problem.basis))
        .collect();
    for (told, basis) in [
        ("(iss)", "§3.8"),
        ("(aud)", "§3.9"),
        ("does not say that this is an access token", "§3.11"),
    ] {
        assert!(
            said.iter()
                .any(|line| line.contains(told) && line.contains(basis)),
            "{said:?}"
        );
    }
}

#[test]
fn what_is_no_signed_token_never_verifies() {
    let key = ec(KID);
    let own = keys(&[&key]);
    let good = key.sign(&header(), &claims());
    let mut parts = good.split('.');
    let flattened = json!({ "protected": parts.next(), "payload": parts.next(), "signature": parts.next() });
    let general = json!({ "payload": flattened["payload"], "signatures": [flattened] });
    for text in [flattened.to_string(), general.to_string()] {
        assert!(against(&text, &own).contains("JSON serialization"));
        assert_eq!(
            decode(&text, Some(&own)).claims["sub"],
            "ada",
            "it is shown all the same"
        );
    }
    let huge = key.sign(&header(), &claims_with("padding", json!("x".repeat(64 * 1024))));
    assert!(against(&huge, &own).contains("longer than 64 KB"));
    let large = key.sign(&header(), &claims_with("padding", json!("x".repeat(40 * 1024))));
    assert!(decode(&large, Some(&own)).is_good(now(), None));
    let ten_megabytes = "eyJ".repeat(10 * 1024 * 1024 / 3);
    assert!(against(&ten_megabytes, &own).contains("longer than 64 KB"));
}
