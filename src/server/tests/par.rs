//! `/par`: what is taken and what is refused (RFC 9126 §2).

use serde_json::json;

use super::dpop::claims;
use super::{Answer, Rig, basic};
use crate::client::{AuthMethod, ClientDraft, ClientId, GrantType, Secret};
use crate::protocol::dpop::tests::ProofKey;
use crate::protocol::pushed_request::PREFIX;

pub(super) const REDIRECT_URI: &str = "https://app.example.com/callback";

pub(super) fn portal(draft: &mut ClientDraft) {
    draft.set_grant(GrantType::ClientCredentials, false);
    draft.set_grant(GrantType::AuthorizationCode, true);
    draft.redirect_uris = vec![REDIRECT_URI.to_owned()];
    draft.scopes = vec!["openid".to_owned(), "read:payroll".to_owned()];
}

pub(super) fn public(draft: &mut ClientDraft) {
    portal(draft);
    draft.token_endpoint_auth_method = AuthMethod::None;
}

/// A sound request, changed: a name that is there already is replaced, one without a value is left out.
pub(super) fn request(client_id: &ClientId, more: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("client_id", client_id.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid read:payroll"),
        ("state", "a state"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        pairs.retain(|(held, _)| held != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

pub(super) fn push(rig: &Rig, authorization: Option<&str>, body: &str) -> Answer {
    rig.post("/par", authorization, body)
}

/// RFC 9126 §2.2.
#[test]
fn a_pushed_request_gets_a_reference_that_says_nothing_and_that_nobody_may_keep() {
    let rig = Rig::new();
    let (by_header, header_secret) = rig.client("by header", portal);
    let (by_body, body_secret) = rig.client("by body", |draft| {
        portal(draft);
        draft.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
    });
    let (by_nothing, _) = rig.client("public", public);
    let basic = basic(&by_header, &header_secret);
    let mut seen = Vec::new();
    for (authorization, body) in [
        (Some(basic.as_str()), request(&by_header, &[])),
        (
            None,
            request(&by_body, &[("client_secret", body_secret.expose())]),
        ),
        (None, request(&by_nothing, &[])),
    ] {
        let answer = push(&rig, authorization, &body);
        assert_eq!(answer.status, 201, "{}", answer.html());
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let json = answer.json();
        assert_eq!(json["expires_in"], 60);
        let reference = json["request_uri"].as_str().unwrap().to_owned();
        assert_eq!(reference.strip_prefix(PREFIX).unwrap().len(), 43, "256 bits");
        assert!(!seen.contains(&reference));
        seen.push(reference);
    }
    let file = std::fs::read(rig.registry.path()).unwrap();
    let log = std::fs::read(rig.registry.path().with_file_name("registry-wal")).unwrap_or_default();
    let stands_in_the_file = |text: &str| {
        let of = |stored: &[u8]| stored.windows(text.len()).any(|window| window == text.as_bytes());
        of(&file) || of(&log)
    };
    assert!(
        stands_in_the_file("&state=a+state&"),
        "the request does, so the search finds what there is"
    );
    for secret in seen.iter().map(String::as_str).chain([body_secret.expose()]) {
        assert!(!stands_in_the_file(secret), "references and credentials do not");
    }
}

/// RFC 9126 §2.3, and RFC 6749 §4.1.2.1 as it is told to the client itself.
#[test]
fn each_wrong_push_gets_its_code() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("portal", portal);
    let (other, _) = rig.client("other", public);
    let (service, service_secret) = rig.client("service", |_| ());
    let good = basic(&client_id, &secret);
    let with = |more: &[(&str, &str)]| request(&client_id, more);
    let long = "a".repeat(5_000);
    let longer = "a".repeat(20_000);
    let cases: Vec<(String, &str)> = vec![
        (with(&[("request_uri", "https://a.example/r")]), "invalid_request"),
        (with(&[("request_uri", &format!("{PREFIX}x"))]), "invalid_request"),
        (with(&[("client_id", "")]), "invalid_request"),
        (with(&[("client_id", other.as_str())]), "invalid_request"),
        (with(&[("redirect_uri", "")]), "invalid_request"),
        (
            with(&[("redirect_uri", "https://evil.example/")]),
            "invalid_request",
        ),
        (
            with(&[("redirect_uri", "https://app.example.com/callback/")]),
            "invalid_request",
        ),
        (
            with(&[("redirect_uri", "https://app.example.com/callback\r\nX: y")]),
            "invalid_request",
        ),
        (
            with(&[("redirect_uri", "https://app.example.com/callback\0")]),
            "invalid_request",
        ),
        (with(&[("response_type", "")]), "invalid_request"),
        (with(&[("response_type", "token")]), "unsupported_response_type"),
        (
            with(&[("response_type", "code id_token")]),
            "unsupported_response_type",
        ),
        (with(&[("response_mode", "fragment")]), "invalid_request"),
        (with(&[("scope", "openid admin")]), "invalid_scope"),
        (with(&[("scope", "a\0")]), "invalid_scope"),
        (with(&[("code_challenge", "")]), "invalid_request"),
        (with(&[("code_challenge_method", "plain")]), "invalid_request"),
        (with(&[("prompt", "none login")]), "invalid_request"),
        (with(&[("max_age", "soon")]), "invalid_request"),
        (with(&[("id_token_hint", "x.y.z")]), "invalid_request"),
        (with(&[("request", "x.y.z")]), "request_not_supported"),
        (with(&[("registration", "{}")]), "registration_not_supported"),
        (with(&[("resource", "https://other.example")]), "invalid_target"),
        (with(&[("state", &long)]), "invalid_request"),
        (with(&[("login_hint", &longer)]), "invalid_request"),
        (format!("{}&state=twice", with(&[])), "invalid_request"),
        (format!("{}&client_id={client_id}", with(&[])), "invalid_request"),
        (format!("{}&x=%zz", with(&[])), "invalid_request"),
        (format!("{}&x=%ff", with(&[])), "invalid_request"),
        (with(&[("client_secret", secret.expose())]), "invalid_request"),
        (String::new(), "invalid_request"),
    ];
    for (body, error) in cases {
        let answer = push(&rig, Some(&good), &body);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, error),
            "{body:.200}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{body:.200}");
        let told = answer.json()["error_description"].as_str().unwrap().to_owned();
        let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(told.bytes().all(allowed), "RFC 6749 §5.2: {told}");
        assert!(!told.contains("evil.example"), "{told}");
    }
    // The client credentials grant alone brings no browser here.
    let answer = push(
        &rig,
        Some(&basic(&service, &service_secret)),
        &request(&service, &[("redirect_uri", "")]),
    );
    assert_eq!(answer.error(), "invalid_request", "{}", answer.html());
    let stranger = ClientId::generate([0; 16]);
    for (authorization, body) in [
        (None, with(&[])),
        (None, request(&stranger, &[])),
        (None, request(&other, &[("client_secret", "x")])),
        (
            Some(basic(&client_id, &Secret::new("wrong".to_owned()))),
            with(&[]),
        ),
    ] {
        let answer = push(&rig, authorization.as_deref(), &body);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (401, "invalid_client"),
            "{body}"
        );
        assert!(answer.header("www-authenticate").starts_with("Basic"));
    }
    let get = rig.send(rig.request().uri("/par").body(axum::body::Body::empty()).unwrap());
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));
    let query = rig.post(&format!("/par?{}", with(&[])), Some(&good), &with(&[]));
    assert_eq!(query.error(), "invalid_request", "nothing in the address");
    let large = format!("{}&x={}", with(&[]), "a".repeat(1 << 20));
    assert_eq!(push(&rig, Some(&good), &large).status, 413, "RFC 9126 §2.3");
}

/// RFC 9449 §10.1.
#[test]
fn a_proof_along_with_a_pushed_request_is_as_good_as_its_dpop_jkt() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("public", public);
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let pushed = |more: &[(&str, &str)], proof: &str| {
        let mut request = rig.form_request("/par", None, &request(&client_id, more));
        request.headers_mut().append("dpop", proof.parse().unwrap());
        rig.send(request)
    };
    let proof = |path: &str| key.proof(claims(&rig, "POST", path), json!({}));
    let own = key.jkt();
    for named in ["", own.as_str()] {
        let answer = pushed(&[("dpop_jkt", named)], &proof("/par"));
        assert_eq!(answer.status, 201, "{}", answer.json());
        let reference = answer.json()["request_uri"].as_str().unwrap().to_owned();
        let hash = crate::protocol::opaque::hash(&reference);
        let kept = rig.registry.pushed_request(&hash).unwrap().unwrap();
        assert!(
            kept.parameters.ends_with(&format!("dpop_jkt={own}")),
            "{}",
            kept.parameters
        );
    }
    let refused = |answer: Answer, code: &str| {
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"].as_str()),
            (400, Some(code))
        );
    };
    refused(
        pushed(&[("dpop_jkt", &other.jkt())], &proof("/par")),
        "invalid_request",
    );
    refused(pushed(&[], &proof("/token")), "invalid_dpop_proof");
    let once = proof("/par");
    assert_eq!(pushed(&[], &once).status, 201);
    refused(pushed(&[], &once), "invalid_dpop_proof");
}
