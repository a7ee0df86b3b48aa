//! What an attacker does to header and signature.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::{KID, against, claims, header, header_with, keys, now};
use crate::jwt::test_keys::{base64url, ec, ed25519, other_curves, pem_of, rsa};
use crate::jwt::{Keys, Kind, SignatureCheck, decode};

#[test]
fn every_algorithm_verifies_with_a_jwk_and_with_the_key_in_pem() {
    let mut signing = vec![
        ("ES256", ec(KID)),
        ("EdDSA", ed25519(KID)),
        ("Ed25519", ed25519(KID)),
    ];
    signing.extend(other_curves());
    signing.extend(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map(|alg| (alg, rsa(KID))));
    for (alg, key) in signing {
        let mut header = header_with("alg", json!(alg));
        header["kid"] = key.jwk["kid"].clone();
        let token = key.sign(&header, &claims());
        let jwk = decode(&token, Some(&keys(&[&ec("other"), &key])));
        let pem = decode(&token, Some(&Keys::from_pem(&pem_of(&key)).unwrap()));
        for decoded in [jwk, pem] {
            assert!(
                decoded.is_good(now(), Some(Kind::AccessToken)),
                "{alg}: {:?}",
                decoded.judged(now(), None)
            );
        }
        let (message, _) = token.rsplit_once('.').unwrap();
        let forged = format!("{message}.{}", base64url(key.signature(alg, b"something else")));
        assert!(
            against(&forged, &keys(&[&key])).contains("did not make this signature"),
            "{alg}"
        );
    }
    let key = ec(KID);
    let mut nameless = header();
    nameless.as_object_mut().unwrap().remove("kid");
    let several = keys(&[&ec("a"), &rsa("b"), &key]);
    let decoded = decode(&key.sign(&nameless, &claims()), Some(&several));
    assert!(
        decoded.is_good(now(), None),
        "without a kid each fitting key is tried"
    );
}

#[test]
fn what_an_attacker_writes_into_a_header_is_refused() {
    let (key, published) = (ec(KID), keys(&[&ec("other"), &rsa("r")]));
    let own = keys(&[&key, &rsa("r")]);
    let none = |alg: &str, signature: &str| {
        let header = header_with("alg", json!(alg));
        format!(
            "{}.{}.{signature}",
            base64url(header.to_string()),
            base64url(claims().to_string())
        )
    };
    let signed = |name: &str, value: Value| {
        key.sign_by(
            "ES256",
            &header_with(name, value).to_string(),
            claims().to_string().as_bytes(),
        )
    };
    let attackers = json!({ "kty": "EC" });
    // Algorithm confusion: the public key, which everybody has, as the secret.
    let confused = {
        let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": "r" });
        let message = format!(
            "{}.{}",
            base64url(header.to_string()),
            base64url(claims().to_string())
        );
        let secret = hmac::Key::new(hmac::HMAC_SHA256, pem_of(&rsa("r")).as_bytes());
        format!("{message}.{}", base64url(hmac::sign(&secret, message.as_bytes())))
    };
    for (what, token, keys, told) in [
        (
            "alg none",
            none("none", ""),
            &own,
            "Nobody has signed this token: its algorithm is none",
        ),
        (
            "alg in other cases",
            none("nOnE", ""),
            &own,
            "Nobody has signed this token: its algorithm is nOnE",
        ),
        (
            "unsecured with a signature",
            none("none", "AAAA"),
            &own,
            "means nothing",
        ),
        (
            "signature taken away",
            none("ES256", ""),
            &own,
            "The signature is missing",
        ),
        (
            "HS256 with the public key",
            confused,
            &own,
            "HS256 signs with a shared secret",
        ),
        (
            "alg in lower case",
            signed("alg", json!("es256")),
            &own,
            "es256 is none that signatures are checked with",
        ),
        (
            "alg empty",
            signed("alg", json!("")),
            &own,
            "is none that signatures are checked with",
        ),
        (
            "alg no text",
            signed("alg", json!(["ES256"])),
            &own,
            "names no algorithm",
        ),
        (
            "RS256 with a key for ES256",
            signed("alg", json!("RS256")),
            &own,
            "The header says RS256, but the key is for another algorithm: P-256",
        ),
        (
            "ES384 with a key of P-256",
            signed("alg", json!("ES384")),
            &own,
            "The header says ES384",
        ),
        (
            "ES256 with an RSA key",
            signed("kid", json!("r")),
            &own,
            "The header says ES256, but the key is for another algorithm: RSA 2048",
        ),
        (
            "crit",
            signed("crit", json!(["exp"])),
            &own,
            "demands that exp (crit) be understood",
        ),
        (
            "crit empty",
            signed("crit", json!([])),
            &own,
            "demands that something (crit)",
        ),
        ("b64", signed("b64", json!(false)), &own, "not encoded (b64)"),
        ("zip", signed("zip", json!("DEF")), &own, "compressed (zip)"),
        (
            "jwk",
            signed("jwk", key.jwk.clone()),
            &published,
            "brings a key along (jwk)",
        ),
        (
            "x5c",
            signed("x5c", json!([attackers])),
            &published,
            "brings a certificate along (x5c)",
        ),
        (
            "jku",
            signed("jku", json!("https://attacker.example/jwks")),
            &published,
            "says where its keys lie (jku): it was neither fetched nor trusted",
        ),
        (
            "x5u",
            signed("x5u", json!("https://attacker.example/x")),
            &published,
            "says where its certificate lies (x5u)",
        ),
        (
            "kid of a path",
            signed("kid", json!("../../../dev/null")),
            &own,
            "reads like a path, a query or a command",
        ),
        (
            "kid of a query",
            signed("kid", json!("x' UNION SELECT 'secret';--")),
            &own,
            "reads like a path, a query or a command",
        ),
        (
            "kid of a command",
            signed("kid", json!("key|/usr/bin/id")),
            &own,
            "None of the keys has the name key|/usr/bin/id",
        ),
        ("kid no text", signed("kid", json!(7)), &own, "kid is no text"),
        (
            "kid of nobody",
            signed("kid", json!("somebody")),
            &own,
            "None of the keys has the name somebody",
        ),
        (
            "kid of another",
            signed("kid", json!("other")),
            &published,
            "The key other did not make this signature",
        ),
    ] {
        let against = against(&token, keys);
        assert!(against.contains(told), "{what}: {against}");
        assert!(against.contains("RFC "), "{what}: {against}");
        assert!(
            !matches!(decode(&token, Some(keys)).signature, SignatureCheck::Good { .. }),
            "{what}"
        );
    }
}

#[test]
fn signatures_that_a_careless_reader_takes_are_refused() {
    let key = ec(KID);
    let message = format!(
        "{}.{}",
        base64url(header().to_string()),
        base64url(claims().to_string())
    );
    let right = key.signature("ES256", message.as_bytes());
    let with = |signature: &[u8]| format!("{message}.{}", base64url(signature));
    let der = {
        let integer = |number: &[u8]| [&[2, 33, 0][..], number].concat();
        let (r, s) = right.split_at(32);
        [&[0x30, 70][..], &integer(r), &integer(s)].concat()
    };
    let mut half_zero = right.clone();
    half_zero[32..].fill(0);
    let own = keys(&[&key]);
    for (what, signature, told) in [
        ("r and s are zero, RFC 8725 §3.4", vec![0; 64], "is zero"),
        ("s is zero", half_zero, "is zero"),
        (
            "in DER",
            der,
            "The signature is in DER, and ES256 writes r and s in 64 bytes",
        ),
        (
            "cut",
            right[..63].to_vec(),
            "The signature has 63 bytes, and one by ES256 has 64",
        ),
        ("lengthened", [&right[..], &[0]].concat(), "has 65 bytes"),
        (
            "of another message",
            key.signature("ES256", b"x"),
            "did not make this signature",
        ),
    ] {
        let against = against(&with(&signature), &own);
        assert!(against.contains(told), "{what}: {against}");
    }
    assert!(decode(&with(&right), Some(&own)).is_good(now(), None));
    assert!(against(&with(&right), &Keys::default()).contains("There is no key"));
    let mut for_encryption = key.jwk.clone();
    for_encryption["use"] = "enc".into();
    let for_encryption = Keys::published(&json!({ "keys": [for_encryption] }));
    assert!(against(&with(&right), &for_encryption).contains("not meant for signatures"));
    let short = json!({ "kty": "RSA", "kid": KID, "n": base64url([0xff; 128]), "e": "AQAB" });
    let short = Keys::published(&json!({ "keys": [short] }));
    let token = rsa(KID).sign(&header_with("alg", json!("RS256")), &claims());
    assert!(
        against(&token, &short).contains("The RSA key has 1024 bits"),
        "RFC 8725 §3.5"
    );
}
