//! The JWT bearer grant (RFC 7523 §2.1, §3): what an assertion must be to be worth a token.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::dpop::{ask, for_token};
use super::{Answer, Rig, basic};
use crate::client::{AuthMethod, ClientDraft, ClientId, GrantType, Secret};
use crate::protocol::dpop::tests::{ProofKey, changed};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const HEADER: &str = r#"{"alg":"ES256"}"#;

fn registered(rig: &Rig, key: &ProofKey, change: impl FnOnce(&mut ClientDraft)) -> (ClientId, Secret) {
    rig.client("service with a key", |draft| {
        draft.set_grant(GrantType::JwtBearer, true);
        draft.jwks = Some(json!({ "keys": [key.jwk] }));
        change(draft);
    })
}

fn claims(rig: &Rig, client_id: &ClientId, jti: &str) -> Value {
    let now = rig.now().as_second();
    json!({
        "iss": client_id.as_str(), "sub": client_id.as_str(), "aud": rig.server.issuer().as_str(),
        "iat": now, "exp": now + 60, "jti": jti,
    })
}

fn trade(rig: &Rig, (client_id, secret): &(ClientId, Secret), assertion: &str, more: &str) -> Answer {
    let body = format!("grant_type={GRANT}&assertion={assertion}{more}");
    rig.token(Some(&basic(client_id, secret)), &body)
}

#[test]
fn an_assertion_is_worth_one_token_for_the_client_itself() {
    let (rig, key) = (Rig::new(), ProofKey::new());
    let client = registered(&rig, &key, |_| ());
    let assertion = key.sign_text(HEADER, &claims(&rig, &client.0, "1").to_string());
    for (more, error) in [
        ("&scope=admin", "invalid_scope"),
        ("&resource=https://other.example.com", "invalid_target"),
    ] {
        assert_eq!(trade(&rig, &client, &assertion, more).error(), error);
    }
    let answer = trade(
        &rig,
        &client,
        &assertion,
        "&scope=read:payroll&resource=https://payroll.example.com",
    );
    assert_eq!(
        answer.status,
        200,
        "what was refused has not used it up: {}",
        answer.json()
    );
    assert_eq!(answer.claims()["sub"], client.0.as_str());
    assert_eq!(answer.claims()["scope"], "read:payroll");
    assert!(answer.json().get("refresh_token").is_none(), "RFC 7521 §4.1");
    let again = trade(&rig, &client, &assertion, "");
    assert_eq!(
        (again.status.as_u16(), again.error().as_str()),
        (400, "invalid_grant"),
        "used before"
    );
}

#[test]
fn an_assertion_that_is_not_right_is_an_invalid_grant() {
    let (rig, key, other) = (Rig::new(), ProofKey::new(), ProofKey::new());
    let client = registered(&rig, &key, |_| ());
    let now = rig.now().as_second();
    let good = claims(&rig, &client.0, "1");
    let with = |changes: Value| key.sign_text(HEADER, &changed(good.clone(), changes).to_string());
    let confused = {
        let secret = EncodingKey::from_secret(key.jwk.to_string().as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &good, &secret).unwrap()
    };
    for (name, assertion) in [
        ("no token", "x".to_owned()),
        ("a NUL", "%00".to_owned()),
        ("long", "x".repeat(60_000)),
        ("another's key", other.sign_text(HEADER, &good.to_string())),
        ("HS256", confused),
        ("none", key.sign_text(r#"{"alg":"none"}"#, &good.to_string())),
        (
            "crit",
            key.sign_text(r#"{"alg":"ES256","crit":["exp"]}"#, &good.to_string()),
        ),
        ("a person", with(json!({ "sub": "ada" }))),
        ("another client", with(json!({ "sub": "other", "iss": "other" }))),
        ("another issuer", with(json!({ "iss": "https://other.example" }))),
        ("no sub", with(json!({ "sub": null }))),
        (
            "another audience",
            with(json!({ "aud": "https://other.example" })),
        ),
        ("no audience", with(json!({ "aud": null }))),
        ("expired", with(json!({ "exp": now }))),
        ("without an end", with(json!({ "exp": null }))),
        ("too long", with(json!({ "exp": now + 86_401 }))),
        ("of the future", with(json!({ "nbf": now + 61 }))),
        ("without a jti", with(json!({ "jti": null }))),
    ] {
        let answer = trade(&rig, &client, &assertion, "");
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, "invalid_grant"),
            "{name}: RFC 7523 §3.1"
        );
    }
    assert_eq!(trade(&rig, &client, "", "").error(), "invalid_request");
    assert_eq!(
        trade(&rig, &client, &with(json!({})), "").status,
        200,
        "none has used it up"
    );
}

#[test]
fn the_client_authenticates_as_it_registered_and_must_have_the_grant() {
    let (rig, key) = (Rig::new(), ProofKey::new());
    let client = registered(&rig, &key, |_| ());
    let assertion =
        |client_id: &ClientId, jti: &str| key.sign_text(HEADER, &claims(&rig, client_id, jti).to_string());
    let body = format!(
        "grant_type={GRANT}&client_id={}&assertion={}",
        client.0,
        assertion(&client.0, "1")
    );
    assert_eq!(
        rig.token(None, &body).error(),
        "invalid_client",
        "the assertion is no client authentication"
    );
    let without = rig.client("without the grant", |draft| {
        draft.jwks = Some(json!({ "keys": [key.jwk] }))
    });
    let refused = trade(&rig, &without, &assertion(&without.0, "1"), "");
    assert_eq!(refused.error(), "unauthorized_client");
    let keyless = rig.client("without a key", |draft| {
        draft.set_grant(GrantType::JwtBearer, true)
    });
    let refused = trade(&rig, &keyless, &assertion(&keyless.0, "1"), "");
    assert_eq!(refused.error(), "invalid_grant");

    let (public, _) = registered(&rig, &key, |draft| {
        draft.token_endpoint_auth_method = AuthMethod::None;
        draft.grant_types = vec![GrantType::JwtBearer];
    });
    let body = format!(
        "grant_type={GRANT}&client_id={public}&assertion={}",
        assertion(&public, "1")
    );
    assert_eq!(rig.token(None, &body).status, 200, "its key shows who it is");
}

#[test]
fn an_assertion_that_has_authenticated_the_client_is_used_up() {
    let (rig, key) = (Rig::new(), ProofKey::new());
    let (client_id, _) = registered(&rig, &key, |draft| {
        draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    });
    let sign = |jti: &str| key.sign_text(HEADER, &claims(&rig, &client_id, jti).to_string());
    let trade = |authentication: &str, assertion: &str| {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        rig.token(
            None,
            &format!(
                "grant_type={GRANT}&assertion={assertion}\
                 &client_assertion_type={kind}&client_assertion={authentication}"
            ),
        )
    };
    let twice = sign("1");
    assert_eq!(trade(&twice, &twice).error(), "invalid_grant");
    assert_eq!(trade(&sign("2"), &sign("3")).status, 200);
}

#[test]
fn a_token_for_an_assertion_is_bound_like_any_other() {
    let (rig, key, dpop) = (Rig::new(), ProofKey::new(), ProofKey::new());
    let client = registered(&rig, &key, |draft| draft.dpop_bound_access_tokens = true);
    let body = |jti: &str| {
        let assertion = key.sign_text(HEADER, &claims(&rig, &client.0, jti).to_string());
        format!("grant_type={GRANT}&assertion={assertion}")
    };
    let credentials = basic(&client.0, &client.1);
    assert_eq!(
        ask(&rig, Some(&credentials), &body("1"), &[]).error(),
        "invalid_request"
    );
    let proof = for_token(&rig, &dpop);
    let answer = ask(&rig, Some(&credentials), &body("1"), &[&proof]);
    assert_eq!(answer.json()["token_type"], "DPoP", "{}", answer.json());
    let replayed = ask(&rig, Some(&credentials), &body("2"), &[&proof]);
    assert_eq!(replayed.error(), "invalid_dpop_proof");
    let answer = ask(&rig, Some(&credentials), &body("2"), &[&for_token(&rig, &dpop)]);
    assert_eq!(answer.status, 200, "the assertion was not used up with it");
}
