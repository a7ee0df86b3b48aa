//! Proofs of possession at the endpoints (RFC 9449): what they bind, and what each wrong one gets.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use serde_json::{Value, json};

use super::{Answer, Rig, basic};
use crate::client::{AuthMethod, ClientDraft, ClientId, GrantType};
use crate::protocol::dpop::parse_thumbprint;
use crate::protocol::dpop::tests::{ProofKey, changed};
use crate::protocol::signing_key::SigningAlgorithm;

const CLIENT_CREDENTIALS: &str = "grant_type=client_credentials";

/// What a proof for a request says, each with a `jti` of its own.
pub fn claims(rig: &Rig, method: &str, path: &str) -> Value {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    json!({
        "jti": NUMBER.fetch_add(1, Ordering::Relaxed).to_string(),
        "htm": method,
        "htu": rig.server.issuer().endpoint(path),
        "iat": rig.now().as_second(),
    })
}

pub fn for_token(rig: &Rig, key: &ProofKey) -> String {
    key.proof(claims(rig, "POST", "/token"), json!({}))
}

pub fn ask(rig: &Rig, authorization: Option<&str>, body: &str, proofs: &[&str]) -> Answer {
    let mut request = rig.token_request(authorization, body);
    for proof in proofs {
        let proof = axum::http::HeaderValue::from_bytes(proof.as_bytes()).unwrap();
        request.headers_mut().append("dpop", proof);
    }
    rig.send(request)
}

/// Signs people in, without a secret or with one by Basic.
fn portal(draft: &mut ClientDraft) {
    draft.set_grant(GrantType::ClientCredentials, false);
    draft.set_grant(GrantType::AuthorizationCode, true);
    draft.set_grant(GrantType::RefreshToken, true);
    draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
    draft.scopes = vec!["openid".to_owned(), "read:payroll".to_owned()];
}

pub fn public(draft: &mut ClientDraft) {
    portal(draft);
    draft.token_endpoint_auth_method = AuthMethod::None;
}

pub fn redeem(client_id: &ClientId, code: &str) -> String {
    format!("grant_type=authorization_code&client_id={client_id}&code={code}")
}

fn refresh(client_id: &ClientId, token: &str) -> String {
    format!("grant_type=refresh_token&client_id={client_id}&refresh_token={token}")
}

pub fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {json}"))
}

#[test]
fn a_token_asked_for_with_a_proof_is_bound_to_its_key() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let credentials = basic(&client_id, &secret);
    let key = ProofKey::new();
    let answer = ask(
        &rig,
        Some(&credentials),
        CLIENT_CREDENTIALS,
        &[&for_token(&rig, &key)],
    );
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(answer.json()["token_type"], "DPoP");
    assert_eq!(answer.claims()["cnf"], json!({ "jkt": key.jkt() }));
    assert_eq!(answer.header("dpop-nonce"), "", "nobody has asked for nonces");

    let introspect = rig
        .request()
        .method("POST")
        .uri("/introspect")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", &credentials)
        .body(Body::from(format!(
            "token={}",
            text(&answer.json(), "access_token")
        )))
        .unwrap();
    let told = rig.send(introspect).json();
    assert_eq!(told["active"], true, "{told}");
    assert_eq!(told["token_type"], "DPoP");
    assert_eq!(told["cnf"], json!({ "jkt": key.jkt() }));

    let bearer = ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &[]);
    assert_eq!(bearer.json()["token_type"], "Bearer");
    assert!(bearer.claims().get("cnf").is_none());
}

#[test]
fn each_wrong_proof_is_refused_at_the_token_endpoint() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let credentials = basic(&client_id, &secret);
    let key = ProofKey::new();
    let now = rig.now().as_second();
    let with = |changes: Value| key.proof(claims(&rig, "POST", "/token"), changes);
    let headed = |changes: Value| key.sign(&changed(key.header(), changes), &claims(&rig, "POST", "/token"));
    let private = changed(key.jwk.clone(), json!({ "d": "c2VjcmV0" }));
    let good = for_token(&rig, &key);
    let long = "x".repeat(1 << 20);
    for (name, proofs) in [
        ("no token", vec!["x"]),
        ("empty", vec![""]),
        ("not ASCII", vec!["é"]),
        ("two headers", vec![good.as_str(), good.as_str()]),
        ("an empty one beside a good one", vec!["", good.as_str()]),
        ("1 MB", vec![long.as_str()]),
        ("none", vec![headed(json!({ "alg": "none" })).as_str()]),
        ("HS256", vec![headed(json!({ "alg": "HS256" })).as_str()]),
        ("a private key", vec![headed(json!({ "jwk": private })).as_str()]),
        ("another typ", vec![headed(json!({ "typ": "JWT" })).as_str()]),
        ("another method", vec![with(json!({ "htm": "GET" })).as_str()]),
        (
            "another endpoint",
            vec![with(json!({ "htu": rig.server.issuer().endpoint("/userinfo") })).as_str()],
        ),
        (
            "another server",
            vec![with(json!({ "htu": "https://a.example/token" })).as_str()],
        ),
        ("of the past", vec![with(json!({ "iat": now - 61 })).as_str()]),
        ("of the future", vec![with(json!({ "iat": now + 61 })).as_str()]),
        ("no jti", vec![with(json!({ "jti": null })).as_str()]),
    ] {
        let answer = ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &proofs);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, "invalid_dpop_proof"),
            "{name}"
        );
        assert!(answer.json().get("access_token").is_none());
    }
    assert_eq!(
        ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &[&good]).status,
        200
    );
    let again = ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &[&good]);
    assert_eq!(again.error(), "invalid_dpop_proof", "used before (§11.1)");
    let stranger = ask(&rig, None, CLIENT_CREDENTIALS, &[&for_token(&rig, &key)]);
    assert_eq!(
        stranger.error(),
        "invalid_client",
        "a proof is no client authentication"
    );
}

#[test]
fn a_nul_cannot_stand_in_a_header_and_in_a_claim_it_is_not_the_address() {
    assert!(axum::http::HeaderValue::from_bytes(b"a\0b").is_err());
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let htu = format!("{}\0", rig.server.issuer().endpoint("/token"));
    let proof = ProofKey::new().proof(claims(&rig, "POST", "/token"), json!({ "htu": htu }));
    let answer = ask(
        &rig,
        Some(&basic(&client_id, &secret)),
        CLIENT_CREDENTIALS,
        &[&proof],
    );
    assert_eq!(answer.error(), "invalid_dpop_proof");
}

#[test]
fn a_client_whose_tokens_are_bound_gets_none_without_a_proof() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("bound", |draft| draft.dpop_bound_access_tokens = true);
    let credentials = basic(&client_id, &secret);
    let refused = ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &[]);
    assert_eq!(refused.error(), "invalid_request", "§5.2");
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa] {
        let proof = for_token(&rig, &ProofKey::of(algorithm));
        let answer = ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &[&proof]);
        assert_eq!(answer.json()["token_type"], "DPoP");
    }
    let (portal, _) = rig.client("portal", |draft| {
        public(draft);
        draft.dpop_bound_access_tokens = true;
        draft.require_pkce = false;
    });
    let code = rig.code(&portal, &["openid"], None);
    assert_eq!(
        ask(&rig, None, &redeem(&portal, &code), &[]).error(),
        "invalid_request"
    );
    let proof = for_token(&rig, &ProofKey::new());
    let answer = ask(&rig, None, &redeem(&portal, &code), &[&proof]);
    assert_eq!(
        answer.status,
        200,
        "what was missing has spent nothing: {}",
        answer.json()
    );
}

#[test]
fn refresh_tokens_of_public_clients_are_bound_and_of_confidential_ones_not() {
    let rig = Rig::new();
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let (client_id, _) = rig.client("application", public);
    let code = rig.code(&client_id, &["openid"], None);
    let tokens = ask(&rig, None, &redeem(&client_id, &code), &[&for_token(&rig, &key)]).json();
    assert_eq!(tokens["token_type"], "DPoP", "{tokens}");
    let bound = text(&tokens, "refresh_token");
    for proofs in [vec![], vec![for_token(&rig, &other)]] {
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        let refused = ask(&rig, None, &refresh(&client_id, bound), &proofs);
        assert_eq!(refused.error(), "invalid_grant", "{} proofs", proofs.len());
    }
    let next = ask(&rig, None, &refresh(&client_id, bound), &[&for_token(&rig, &key)]);
    assert_eq!(next.status, 200, "no thief's try has ended it: {}", next.json());
    assert_eq!(next.claims()["cnf"]["jkt"], key.jkt().as_str());
    let next = next.json();
    let refused = ask(
        &rig,
        None,
        &refresh(&client_id, text(&next, "refresh_token")),
        &[],
    );
    assert_eq!(refused.error(), "invalid_grant", "the next one is bound too");

    let (client_id, secret) = rig.client("portal", portal);
    let credentials = basic(&client_id, &secret);
    let code = rig.code(&client_id, &["openid"], None);
    let proof = for_token(&rig, &key);
    let tokens = ask(&rig, Some(&credentials), &redeem(&client_id, &code), &[&proof]).json();
    let free = text(&tokens, "refresh_token");
    let proof = for_token(&rig, &other);
    let next = ask(&rig, Some(&credentials), &refresh(&client_id, free), &[&proof]);
    assert_eq!(
        next.claims()["cnf"]["jkt"],
        other.jkt().as_str(),
        "another key (§5)"
    );
}

#[test]
fn a_bearer_refresh_token_is_bound_by_the_first_proof() {
    let rig = Rig::new();
    let key = ProofKey::new();
    let (client_id, _) = rig.client("application", public);
    let code = rig.code(&client_id, &["openid"], None);
    let tokens = ask(&rig, None, &redeem(&client_id, &code), &[]).json();
    let proof = for_token(&rig, &key);
    let tokens = ask(
        &rig,
        None,
        &refresh(&client_id, text(&tokens, "refresh_token")),
        &[&proof],
    )
    .json();
    let refused = ask(
        &rig,
        None,
        &refresh(&client_id, text(&tokens, "refresh_token")),
        &[],
    );
    assert_eq!(refused.error(), "invalid_grant");
}

#[test]
fn a_code_that_was_asked_for_with_a_key_is_for_that_key() {
    let rig = Rig::new();
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let (client_id, _) = rig.client("application", public);
    for (proof, error) in [
        (None, "invalid_grant"),
        (Some(for_token(&rig, &other)), "invalid_grant"),
        (Some(for_token(&rig, &key)), ""),
    ] {
        let code = rig.code(&client_id, &["openid"], parse_thumbprint(&key.jkt()));
        let answer = ask(
            &rig,
            None,
            &redeem(&client_id, &code),
            proof.as_deref().as_slice(),
        );
        assert_eq!(answer.error(), error);
        let again = ask(&rig, None, &redeem(&client_id, &code), &[&for_token(&rig, &key)]);
        assert_eq!(again.error(), "invalid_grant", "spent, right or wrong");
    }
}

#[test]
fn what_the_proof_refuses_is_not_spent_and_what_the_grant_refuses_is() {
    let rig = Rig::new();
    let key = ProofKey::new();
    let (client_id, _) = rig.client("application", public);
    let used = for_token(&rig, &key);
    let code = rig.code(&client_id, &["openid"], None);
    let first = ask(&rig, None, &redeem(&client_id, &code), &[&used]);
    assert_eq!(first.status, 200);
    let code = rig.code(&client_id, &["openid"], None);
    for (proof, error) in [
        (used, "invalid_dpop_proof"),
        ("x".to_owned(), "invalid_dpop_proof"),
        (
            key.proof(claims(&rig, "POST", "/token"), json!({ "nonce": "old" })),
            "use_dpop_nonce",
        ),
    ] {
        assert_eq!(
            ask(&rig, None, &redeem(&client_id, &code), &[&proof]).error(),
            error
        );
    }
    let answer = ask(&rig, None, &redeem(&client_id, &code), &[&for_token(&rig, &key)]);
    assert_eq!(answer.status, 200, "{}", answer.json());

    let code = rig.code(&client_id, &["openid"], None);
    let wrong = format!(
        "{}&redirect_uri=https://elsewhere.example",
        redeem(&client_id, &code)
    );
    let proof = for_token(&rig, &key);
    assert_eq!(ask(&rig, None, &wrong, &[&proof]).error(), "invalid_grant");
    let right = ask(&rig, None, &redeem(&client_id, &code), &[&for_token(&rig, &key)]);
    assert_eq!(
        right.error(),
        "invalid_grant",
        "the code is spent by its first request"
    );
    let replayed = ask(&rig, None, &wrong, &[&proof]);
    assert_eq!(replayed.error(), "invalid_dpop_proof", "and so is the proof");
}

#[test]
fn where_nonces_are_demanded_a_client_learns_the_next_one_from_each_answer() {
    let rig = Rig::with(|options| options.require_dpop_nonce = true);
    let (client_id, secret) = rig.client("service", |_| ());
    let credentials = basic(&client_id, &secret);
    let key = ProofKey::new();
    let ask = |nonce: Value| {
        let proof = key.proof(claims(&rig, "POST", "/token"), json!({ "nonce": nonce }));
        ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &[&proof])
    };
    let refused = ask(Value::Null);
    assert_eq!(
        (refused.status.as_u16(), refused.error().as_str()),
        (400, "use_dpop_nonce")
    );
    let nonce = refused.header("dpop-nonce").to_owned();
    let answer = ask(json!(nonce));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("dpop-nonce"), nonce);
    rig.pass(10 * 60);
    let late = ask(json!(nonce));
    assert_eq!(late.error(), "use_dpop_nonce");
    assert_ne!(late.header("dpop-nonce"), nonce);
    let bearer = super::dpop::ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &[]);
    assert_eq!(bearer.json()["token_type"], "Bearer", "only proofs need nonces");
}

#[test]
fn a_nonce_that_a_client_sends_is_renewed_though_none_is_demanded() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let credentials = basic(&client_id, &secret);
    let key = ProofKey::new();
    let ask = |nonce: &str| {
        let proof = key.proof(claims(&rig, "POST", "/token"), json!({ "nonce": nonce }));
        ask(&rig, Some(&credentials), CLIENT_CREDENTIALS, &[&proof])
    };
    let refused = ask("a guess");
    assert_eq!(refused.error(), "use_dpop_nonce");
    let nonce = refused.header("dpop-nonce");
    assert_eq!(ask(nonce).header("dpop-nonce"), nonce);
}
