//! `/token`: what is granted and what is refused, and with which code.

use axum::body::Body;
use serde_json::json;

use super::{Rig, basic, by_post, post};
use crate::client::GrantType;

#[test]
fn a_client_gets_a_signed_token_by_basic_and_by_post() {
    let rig = Rig::new();
    let (by_header, header_secret) = rig.client("by header", |_| ());
    let (by_body, body_secret) = rig.client("by body", by_post);
    for (client_id, answer) in [
        (&by_header, rig.token_by_basic(&by_header, &header_secret, "")),
        (&by_body, rig.token(None, &post(&by_body, &body_secret))),
    ] {
        assert_eq!(answer.status, 200, "{:?}", answer.json());
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("pragma"), "no-cache");
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], 600);
        assert_eq!(body["scope"], "read:payroll write:payroll");
        let claims = answer.claims();
        assert_eq!(claims["iss"], rig.server.issuer().as_str());
        assert_eq!(claims["sub"], client_id.as_str());
        assert_eq!(claims["client_id"], client_id.as_str());
        assert_eq!(claims["aud"], "https://payroll.example.com");
        assert_eq!(claims["scope"], "read:payroll write:payroll");
        assert_eq!(claims["iat"], rig.now().as_second());
        assert_eq!(claims["exp"], rig.now().as_second() + 600);
        assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
    }
}

#[test]
fn the_signature_holds_with_the_published_key_and_the_header_says_at_jwt() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let answer = rig.token_by_basic(&client_id, &secret, "");
    let jwks = rig
        .send(rig.request().uri("/jwks").body(Body::empty()).unwrap())
        .json();
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let decoded = crate::jwt::decode(&token, Some(&crate::jwt::Keys::published(&jwks)));
    assert_eq!(decoded.header["typ"], "at+jwt");
    assert_eq!(decoded.header["alg"], "ES256");
    let kid = decoded.header["kid"].as_str().unwrap().to_owned();
    assert_eq!(
        decoded.signature,
        crate::jwt::SignatureCheck::Good {
            kid: Some(kid),
            alg: "ES256"
        }
    );
}

#[test]
fn the_request_decides_scope_and_audience_within_the_registration() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let issuer = rig.server.issuer().as_str().to_owned();
    for (more, scope, aud) in [
        (
            "&scope=write:payroll",
            "write:payroll",
            "https://payroll.example.com",
        ),
        (
            "&scope=write:payroll+read:payroll+write:payroll",
            "write:payroll read:payroll",
            "https://payroll.example.com",
        ),
        (
            "&scope=",
            "read:payroll write:payroll",
            "https://payroll.example.com",
        ),
        ("&audience=ledger", "read:payroll write:payroll", "ledger"),
        (
            "&resource=https%3A%2F%2Fpayroll.example.com",
            "read:payroll write:payroll",
            "https://payroll.example.com",
        ),
        (
            "&resource=https://payroll.example.com&audience=https://payroll.example.com",
            "read:payroll write:payroll",
            "https://payroll.example.com",
        ),
        (
            "&unknown=parameter",
            "read:payroll write:payroll",
            "https://payroll.example.com",
        ),
    ] {
        let answer = rig.token_by_basic(&client_id, &secret, more);
        assert_eq!(answer.status, 200, "{more}: {:?}", answer.json());
        assert_eq!(answer.json()["scope"], scope, "{more}");
        assert_eq!(answer.claims()["aud"], aud, "{more}");
    }
    let (bare, secret) = rig.client("bare", |draft| {
        draft.scopes.clear();
        draft.audience.clear();
    });
    let answer = rig.token_by_basic(&bare, &secret, "");
    assert_eq!(
        answer.claims()["aud"],
        issuer,
        "without an audience the token is for the issuer"
    );
    assert!(answer.claims().get("scope").is_none());
    assert!(answer.json().get("scope").is_none());
}

#[test]
fn lifetimes_are_the_registrations_and_never_more_than_an_hour() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("short", |draft| draft.access_token_lifetime = Some(300));
    let answer = rig.token_by_basic(&client_id, &secret, "");
    assert_eq!(answer.json()["expires_in"], 300);
    assert_eq!(answer.claims()["exp"], json!(rig.now().as_second() + 300));
}

#[test]
fn each_wrong_request_gets_its_code() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let (web, web_secret) = rig.client("web", |draft| {
        draft.set_grant(GrantType::ClientCredentials, false);
        draft.set_grant(GrantType::AuthorizationCode, true);
        draft.redirect_uris = vec!["https://web.example.com/callback".to_owned()];
    });
    let (public, _) = rig.client("public", |draft| {
        *draft = crate::client::ClientKind::SinglePage.preset();
        draft.name = "public".to_owned();
        draft.redirect_uris = vec!["https://spa.example.com/callback".to_owned()];
    });
    let (bound, bound_secret) = rig.client("bound", |draft| draft.dpop_bound_access_tokens = true);
    let good = basic(&client_id, &secret);
    let grant = "grant_type=client_credentials";
    for (authorization, body, error) in [
        (Some(&good), "", "invalid_request"),
        (Some(&good), "grant_type=", "invalid_request"),
        (
            Some(&good),
            "grant_type=client_credentials&grant_type=client_credentials",
            "invalid_request",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&scope=%zz",
            "invalid_request",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&scope=a&scope=b",
            "invalid_request",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&client_secret=x",
            "invalid_request",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&client_id=other",
            "invalid_request",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&client_assertion=x",
            "invalid_request",
        ),
        (
            Some(&good),
            "grant_type=password&username=a&password=b",
            "unsupported_grant_type",
        ),
        (
            Some(&good),
            "grant_type=authorization_code&code=x",
            "unauthorized_client",
        ),
        (Some(&good), "grant_type=nonsense", "unsupported_grant_type"),
        (
            Some(&good),
            "grant_type=client_credentials&scope=read:payroll+admin",
            "invalid_scope",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&scope=READ:payroll",
            "invalid_scope",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&scope=%22",
            "invalid_scope",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&resource=https://other.example.com",
            "invalid_target",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&resource=https://payroll.example.com/",
            "invalid_target",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&resource=ledger",
            "invalid_target",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&resource=https://payroll.example.com%23x",
            "invalid_target",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&audience=other",
            "invalid_target",
        ),
        (
            Some(&good),
            "grant_type=client_credentials&audience=ledger&audience=https://payroll.example.com",
            "invalid_target",
        ),
        (Some(&basic(&web, &web_secret)), grant, "unauthorized_client"),
        (
            None,
            &format!("{grant}&client_id={public}"),
            "unauthorized_client",
        ),
        (Some(&basic(&bound, &bound_secret)), grant, "invalid_request"),
    ] {
        let answer = rig.token(authorization.map(String::as_str), body);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, error),
            "{body}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{body}");
        let description = answer.json()["error_description"].as_str().unwrap().to_owned();
        let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(
            description.bytes().all(allowed),
            "RFC 6749 §5.2 allows no such characters: {description}"
        );
    }
}

#[test]
fn a_request_that_is_no_form_or_stands_in_the_uri_is_refused() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let authorization = basic(&client_id, &secret);
    let request = |content_type: Option<&str>, uri: &str, body: String| {
        let mut request = rig
            .request()
            .method("POST")
            .uri(uri)
            .header("authorization", &authorization);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        rig.send(request.body(Body::from(body)).unwrap())
    };
    let grant = || "grant_type=client_credentials".to_owned();
    let form = Some("application/x-www-form-urlencoded");
    for (content_type, uri, body, status) in [
        (form, "/token", grant(), 200),
        (
            Some("Application/X-WWW-Form-Urlencoded; charset=UTF-8"),
            "/token",
            grant(),
            200,
        ),
        (None, "/token", grant(), 400),
        (
            Some("application/x-www-form-urlencoded; charset=utf-16"),
            "/token",
            grant(),
            400,
        ),
        // RFC 6749 §3.2: what nobody knows is ignored.
        (form, "/token?foo=1", grant(), 200),
        (
            Some("application/json"),
            "/token",
            r#"{"grant_type":"client_credentials"}"#.to_owned(),
            400,
        ),
        (Some("text/plain"), "/token", grant(), 400),
        (form, "/token?grant_type=client_credentials", String::new(), 400),
        (form, "/token?client_secret=x", grant(), 400),
        (
            form,
            "/token",
            format!("grant_type=client_credentials&x={}", "a".repeat(64 * 1024)),
            413,
        ),
    ] {
        let answer = request(content_type, uri, body);
        assert_eq!(answer.status, status, "{content_type:?} {uri}");
        if status != 200 {
            assert_eq!(answer.error(), "invalid_request");
        }
    }
}
