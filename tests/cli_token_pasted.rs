//! `chancery token --decode` and `--verify`: the program itself, over tokens from anywhere.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "cli_client/machine.rs"]
mod machine;

use std::process::Output;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chancery::protocol::signing_key::{SigningAlgorithm, SigningKey, TokenKind};
use machine::{Machine, stderr};
use serde_json::{Value, json};

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

fn pasted(machine: &Machine, option: &str, more: &[&str], text: &str) -> Output {
    machine.run_with(&[&["token", option], more].concat(), text.as_bytes())
}

/// A machine with a registry, and a token of a service that is registered there.
fn with_a_token() -> (Machine, String, String) {
    let machine = Machine::new();
    let service = json!({
        "client_name": "Nightly report", "grant_types": ["client_credentials"],
        "scope": "read write", "audience": ["https://api.example.com"],
    });
    let created = machine.run_with(
        &["client", "create", "--file", "-"],
        service.to_string().as_bytes(),
    );
    let id = json_of(&created)["client_id"].as_str().unwrap().to_owned();
    let token = machine.done(&["token", &id, "--scope", "read"]);
    (machine, id, token)
}

#[test]
fn a_pasted_token_is_read_and_verified_without_being_kept() {
    let (machine, id, token) = with_a_token();
    let shown = pasted(&machine, "--decode", &[], &token);
    assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
    assert_eq!(json_of(&shown).pointer("/claims/client_id").unwrap(), id.as_str());
    assert!(json_of(&shown).get("verified").is_none(), "it was not looked at");

    let verified = pasted(
        &machine,
        "--verify",
        &[],
        &format!("Authorization: Bearer {token}"),
    );
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
    assert_eq!(json_of(&verified).pointer("/verified/good").unwrap(), true);
    assert_eq!(json_of(&verified).pointer("/verified/key/alg").unwrap(), "ES256");
    assert!(stderr(&verified).contains("Authorization header was left out"));

    let forged = token.trim_end().rsplit_once('.').unwrap().0.to_owned() + "." + &"A".repeat(86);
    let refused = pasted(&machine, "--verify", &[], &forged);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(json_of(&refused).pointer("/verified/good").unwrap(), false);
    assert!(stderr(&refused).contains("is not good"), "{}", stderr(&refused));

    let (elsewhere, ..) = with_a_token();
    let unknown = pasted(&elsewhere, "--verify", &[], &token);
    assert_eq!(unknown.status.code(), Some(1), "another registry's keys");

    let wrong_usage: [&[&str]; 5] = [
        &["token"],
        &["token", "--decode", "--verify"],
        &["token", &id, "--decode"],
        &["token", "--decode", "--jwks", "keys.json"],
        &["token", "--verify", "--jwks", "keys.json", "--pem", "key.pem"],
    ];
    for arguments in wrong_usage {
        assert_eq!(machine.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_token_of_another_issuer_is_verified_with_keys_from_a_file() {
    let machine = Machine::new();
    let algorithm = SigningAlgorithm::Es256;
    let pkcs8 = algorithm.generate().unwrap();
    let jwk = serde_json::to_value(algorithm.public_jwk(&pkcs8).unwrap()).unwrap();
    let kid = jwk["kid"].as_str().unwrap();
    let key = SigningKey::from_pkcs8(algorithm, kid, &pkcs8).unwrap();
    let claims = json!({ "iss": "https://elsewhere.example", "aud": "a", "exp": 4_000_000_000_u64 });
    let token = key
        .sign(TokenKind::AccessToken, claims.to_string().as_bytes())
        .unwrap();
    let other = SigningAlgorithm::EdDsa.generate().unwrap();
    let other = SigningAlgorithm::EdDsa.public_jwk(&other).unwrap();
    let mut private = jwk.clone();
    private["d"] = "AAAA".into();
    for (name, content) in [
        ("set.json", json!({ "keys": [other, jwk] }).to_string()),
        ("one.json", jwk.to_string()),
        ("other.json", json!({ "keys": [other] }).to_string()),
        ("private.json", private.to_string()),
        ("no.json", "{".to_owned()),
        ("key.pem", spki_of(&jwk)),
    ] {
        std::fs::write(machine.path(name), content).unwrap();
    }
    for (option, file, told) in [
        ("--jwks", "set.json", ""),
        ("--jwks", "one.json", ""),
        ("--pem", "key.pem", ""),
        ("--jwks", "other.json", "None of the keys has the name"),
        ("--jwks", "private.json", "nothing of it was kept"),
        ("--jwks", "no.json", "no JSON that can be used"),
        ("--pem", "set.json", "This is no PEM"),
        ("--pem", "nowhere.pem", "nowhere.pem cannot be read"),
    ] {
        let output = pasted(&machine, "--verify", &[option, file], &token);
        let expected = if told.is_empty() { 0 } else { 1 };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{file}: {}",
            stderr(&output)
        );
        assert!(stderr(&output).contains(told), "{file}: {}", stderr(&output));
    }
    assert!(
        !machine.path("registry.chancery").exists(),
        "no registry is needed"
    );
}

/// A key of P-256 as `SubjectPublicKeyInfo` in PEM: what stands before the point is the same for all of them.
fn spki_of(jwk: &Value) -> String {
    const BEFORE: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
    let mut der: Vec<u8> = (0..BEFORE.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(BEFORE.get(at..at + 2).unwrap(), 16).unwrap())
        .collect();
    der.push(4);
    for member in ["x", "y"] {
        der.extend(URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap());
    }
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

#[test]
fn each_hostile_text_is_refused_in_a_sentence() {
    let (machine, _, token) = with_a_token();
    let (header, rest) = token.trim_end().split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let with_header = |value: Value| format!("{}.{claims}.{signature}", part(value));
    let deep = URL_SAFE_NO_PAD.encode(format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000)));
    let twice = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","alg":"ES256"}"#);
    let response = json!({ "access_token": token, "expires_in": 600 });
    for (text, told) in [
        (String::new(), "There is nothing to decode"),
        ("x".to_owned(), "in one piece"),
        ("a.b.c".to_owned(), "none of its parts can be read"),
        ("Bearer x.y.z".to_owned(), "none of its parts can be read"),
        ("\u{0}\u{7f}".to_owned(), "characters that no token has"),
        (
            with_header(json!({ "alg": "none" })),
            "Nobody has signed this token",
        ),
        (
            with_header(json!({ "alg": "HS256" })),
            "HS256 signs with a shared secret",
        ),
        (
            with_header(json!({ "alg": "ES256", "crit": ["x"] })),
            "demands that x (crit)",
        ),
        (
            with_header(json!({ "alg": "ES256", "kid": "../x" })),
            "None of the keys has the name ../x",
        ),
        (format!("{twice}.{claims}.{signature}"), "\"alg\" is there twice"),
        (
            format!("{header}.{deep}.{signature}"),
            "nested deeper than 127 levels",
        ),
        (format!("{header}.{claims}."), "The signature is missing"),
        (format!("{}=", token.trim_end()), "with padding"),
        (
            format!("{}.a.b.c.d", part(json!({ "alg": "dir", "enc": "A256GCM" }))),
            "This token is encrypted (JWE)",
        ),
        (response.to_string(), "a whole token response, with access_token"),
        (
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a".to_owned(),
            "a GitHub token",
        ),
        ("x".repeat(10 * 1024 * 1024), "longer than 64 KB"),
    ] {
        let output = pasted(&machine, "--verify", &[], &text);
        assert_eq!(output.status.code(), Some(1), "{text:.60}");
        assert!(stderr(&output).contains(told), "{text:.60}: {}", stderr(&output));
        assert_ne!(
            json_of(&output).pointer("/verified/good"),
            Some(&true.into()),
            "{text:.60}"
        );
    }
    let shown = pasted(&machine, "--decode", &[], &with_header(json!({ "alg": "none" })));
    assert_eq!(
        shown.status.code(),
        Some(0),
        "it can be read, and what is wrong is told"
    );
    assert!(stderr(&shown).contains("Nobody has signed this token"));
    let shown = pasted(
        &machine,
        "--decode",
        &[],
        &format!("{twice}.{claims}.{signature}"),
    );
    assert_eq!(shown.status.code(), Some(1), "it can be read in two ways");
    assert_eq!(
        json_of(&shown).pointer("/claims/scope").unwrap(),
        "read",
        "what can be read is shown"
    );
}
