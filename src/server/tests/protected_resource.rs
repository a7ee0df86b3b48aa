//! Tokens that are bound to a key where they are used, and where the key is named first (RFC 9449 §7, §10).

use axum::body::Body;
use serde_json::{Value, json};

use super::dpop::{ask, claims, for_token, public, redeem, text};
use super::{Answer, Rig};
use crate::protocol::dpop::tests::{ProofKey, changed};

fn userinfo(rig: &Rig, authorization: &str, proofs: &[&str]) -> Answer {
    let mut request = rig
        .request()
        .uri("/userinfo")
        .header("authorization", authorization);
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    rig.send(request.body(Body::empty()).unwrap())
}

fn challenges(answer: &Answer) -> Vec<&str> {
    let all = answer.headers.get_all("www-authenticate").iter();
    all.map(|value| value.to_str().unwrap()).collect()
}

#[test]
fn the_authorization_endpoint_takes_thumbprints_only() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("application", public);
    let get = |jkt: &str| {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let target = format!(
            "/authorize?client_id={client_id}&response_type=code&code_challenge={challenge}\
             &code_challenge_method=S256&state=x&dpop_jkt={jkt}"
        );
        rig.send(rig.request().uri(target).body(Body::empty()).unwrap())
    };
    assert_eq!(get(&ProofKey::new().jkt()).status, 200);
    for wrong in [
        "x",
        "%00",
        &"A".repeat(42),
        &"A".repeat(44),
        &"!".repeat(43),
        &"x".repeat(43),
    ] {
        let location = get(wrong).header("location").to_owned();
        assert!(location.contains("error=invalid_request"), "{wrong}: {location}");
    }
}

#[test]
fn userinfo_takes_a_bound_token_with_its_proof_and_not_otherwise() {
    let rig = Rig::new();
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let (client_id, _) = rig.client("application", public);
    let tokens = |proofs: &[&str]| {
        let code = rig.code(&client_id, &["openid"], None);
        ask(&rig, None, &redeem(&client_id, &code), proofs).json()
    };
    let (bound, free) = (tokens(&[&for_token(&rig, &key)]), tokens(&[]));
    let (bound, free) = (text(&bound, "access_token"), text(&free, "access_token"));
    let ath = |token: &str| {
        use base64::Engine;
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash)
    };
    let with = |key: &ProofKey, changes: Value| {
        let claims = changed(claims(&rig, "GET", "/userinfo"), json!({ "ath": ath(bound) }));
        key.proof(claims, changes)
    };
    let good = with(&key, json!({}));
    let answer = userinfo(&rig, &format!("DPoP {bound}"), &[&good]);
    assert_eq!(
        (answer.status.as_u16(), answer.json()["sub"].as_str()),
        (200, Some("ada"))
    );
    let lower = userinfo(&rig, &format!("dpop {bound}"), &[&with(&key, json!({}))]);
    assert_eq!(
        lower.status, 200,
        "a scheme is compared without case (RFC 9110 §11.1)"
    );

    let of_free = with(&key, json!({ "ath": ath(free) }));
    for (name, authorization, proofs, error) in [
        ("no proof", format!("DPoP {bound}"), vec![], "invalid_dpop_proof"),
        (
            "used before",
            format!("DPoP {bound}"),
            vec![good.clone()],
            "invalid_dpop_proof",
        ),
        (
            "two",
            format!("DPoP {bound}"),
            vec![with(&key, json!({})), with(&key, json!({}))],
            "invalid_dpop_proof",
        ),
        (
            "no ath",
            format!("DPoP {bound}"),
            vec![with(&key, json!({ "ath": null }))],
            "invalid_dpop_proof",
        ),
        (
            "ath of another",
            format!("DPoP {bound}"),
            vec![of_free.clone()],
            "invalid_dpop_proof",
        ),
        (
            "htm",
            format!("DPoP {bound}"),
            vec![with(&key, json!({ "htm": "POST" }))],
            "invalid_dpop_proof",
        ),
        (
            "htu",
            format!("DPoP {bound}"),
            vec![with(
                &key,
                json!({ "htu": rig.server.issuer().endpoint("/token") }),
            )],
            "invalid_dpop_proof",
        ),
        (
            "nonce",
            format!("DPoP {bound}"),
            vec![with(&key, json!({ "nonce": "x" }))],
            "use_dpop_nonce",
        ),
        (
            "another key",
            format!("DPoP {bound}"),
            vec![with(&other, json!({}))],
            "invalid_token",
        ),
        (
            "a free token",
            format!("DPoP {free}"),
            vec![of_free],
            "invalid_token",
        ),
        (
            "no token",
            "DPoP x".to_owned(),
            vec![with(&key, json!({}))],
            "invalid_token",
        ),
        (
            "as a bearer token",
            format!("Bearer {bound}"),
            vec![],
            "invalid_token",
        ),
        (
            "as a bearer token with a proof",
            format!("Bearer {bound}"),
            vec![with(&key, json!({}))],
            "invalid_token",
        ),
    ] {
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        let answer = userinfo(&rig, &authorization, &proofs);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (401, error),
            "{name}"
        );
        let (scheme, _) = authorization.split_once(' ').unwrap();
        let told = challenges(&answer);
        assert!(told[0].starts_with(scheme), "{name}: {told:?}");
        assert!(
            told[0].contains(&format!("error=\"{error}\"")),
            "{name}: {told:?}"
        );
        let algs = told
            .iter()
            .find(|challenge| challenge.starts_with("DPoP "))
            .unwrap();
        assert!(algs.contains("algs=\"ES256 "), "{name}: {told:?}");
        assert_eq!(
            answer.header("dpop-nonce").is_empty(),
            error != "use_dpop_nonce",
            "{name}"
        );
    }
    let in_body = rig
        .request()
        .method("POST")
        .uri("/userinfo")
        .header("content-type", "application/x-www-form-urlencoded")
        .header(
            "dpop",
            key.proof(claims(&rig, "POST", "/userinfo"), json!({ "ath": ath(bound) })),
        )
        .body(Body::from(format!("access_token={bound}")))
        .unwrap();
    assert_eq!(
        rig.send(in_body).error(),
        "invalid_token",
        "a bound token has one way (§7.1)"
    );
    assert_eq!(userinfo(&rig, &format!("Bearer {free}"), &[]).status, 200);
    let nothing = userinfo(&rig, "Basic x", &[]);
    let told = challenges(&nothing);
    assert!(
        told.len() == 2 && !told.concat().contains("error"),
        "§7.1, §7.2: {told:?}"
    );
}

#[test]
fn a_token_of_nobody_is_told_apart_from_one_that_is_over() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |draft| {
        draft.scopes = vec!["openid".to_owned(), "api".to_owned()];
    });
    let get = |scope: &str| {
        let answer = rig.token_by_basic(&client_id, &secret, &format!("&scope={scope}"));
        userinfo(
            &rig,
            &format!("Bearer {}", text(&answer.json(), "access_token")),
            &[],
        )
    };
    let without = get("api");
    assert_eq!(without.status, 403);
    assert_eq!(without.json()["error"], "insufficient_scope", "RFC 6750 §3.1");
    let of_nobody = get("openid");
    assert_eq!(of_nobody.status, 401);
    assert!(text(&of_nobody.json(), "error_description").contains("nobody signed in"));
}
