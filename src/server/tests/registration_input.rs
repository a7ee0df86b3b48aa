//! What comes to `/register` that should not: each is answered with what is wrong, and stored nowhere.

use axum::body::Body;
use serde_json::{Value, json};

use super::Rig;
use super::registration::{portal, rig};
use crate::protocol::registration::RegistrationMode;
use crate::registry::ListQuery;

fn clients(rig: &Rig) -> usize {
    rig.registry
        .list_clients(&ListQuery {
            limit: 100,
            ..Default::default()
        })
        .unwrap()
        .len()
}

/// The error, and that its description names the member, in the characters of RFC 6749 §5.2.
fn refused(rig: &Rig, body: impl Into<Body>, error: &str, names: &str) {
    let answer = rig.dcr("POST", "/register", None, body);
    let json = answer.json();
    assert_eq!(answer.status, 400, "{names}: {json}");
    assert_eq!(json["error"], error, "{names}: {json}");
    let says = json["error_description"].as_str().unwrap();
    assert!(says.contains(names), "{names}: {says}");
    let plain = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(
        says.bytes().all(plain) && says.ends_with('.') && says.len() < 700,
        "{says}"
    );
}

#[test]
fn section_3_2_2_each_member_of_a_wrong_type_is_named() {
    let rig = rig(RegistrationMode::Open);
    for name in [
        "redirect_uris",
        "post_logout_redirect_uris",
        "grant_types",
        "response_types",
        "contacts",
        "allowed_cors_origins",
    ] {
        for wrong in [
            json!("https://a.example.com"),
            json!(5),
            json!({"a": 1}),
            json!([5]),
            json!([null]),
            json!([["a"]]),
        ] {
            let mut metadata = portal();
            metadata[name] = wrong;
            let error = if name == "redirect_uris" {
                "invalid_redirect_uri"
            } else {
                "invalid_client_metadata"
            };
            refused(&rig, metadata.to_string(), error, name);
        }
    }
    for name in [
        "client_name",
        "scope",
        "token_endpoint_auth_method",
        "application_type",
        "client_uri",
        "logo_uri",
        "policy_uri",
        "tos_uri",
        "jwks_uri",
        "software_id",
        "software_version",
        "subject_type",
        "sector_identifier_uri",
        "id_token_signed_response_alg",
        "token_endpoint_auth_signing_alg",
        "tls_client_auth_subject_dn",
        "tls_client_auth_san_dns",
        "tls_client_auth_san_uri",
        "tls_client_auth_san_ip",
        "tls_client_auth_san_email",
        "client_name#ja",
        "client_id",
    ] {
        for wrong in [json!(["a"]), json!(5), json!({"a": 1}), json!(true)] {
            let mut metadata = portal();
            metadata[name] = wrong;
            refused(&rig, metadata.to_string(), "invalid_client_metadata", name);
        }
    }
    for name in [
        "jwks",
        "require_pushed_authorization_requests",
        "tls_client_certificate_bound_access_tokens",
        "dpop_bound_access_tokens",
    ] {
        for wrong in [json!(["a"]), json!(5), json!("x")] {
            let mut metadata = portal();
            metadata[name] = wrong;
            refused(&rig, metadata.to_string(), "invalid_client_metadata", name);
        }
    }
    assert_eq!(clients(&rig), 0);
}

#[test]
fn section_3_2_2_values_that_are_wrong_are_named_by_their_member() {
    let rig = rig(RegistrationMode::Open);
    let many: Vec<String> = (0..10_000)
        .map(|number| format!("https://a.example.com/{number}"))
        .collect();
    let long = format!("https://a.example.com/{}", "a".repeat(900_000));
    for (metadata, error, names) in [
        (json!({}), "invalid_redirect_uri", "redirect_uris"),
        (
            json!({"redirect_uris": ["https://a.example.com/\r\nLocation: https://evil.example"]}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"redirect_uris": many}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"redirect_uris": [long]}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"redirect_uris": ["javascript:alert(1)"]}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"redirect_uris": ["https://*.example.com/"]}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"redirect_uris": ["http://a.example.com/"]}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"redirect_uris": ["https://a.example.com/#x"]}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"grant_types": ["implicit"]}),
            "invalid_client_metadata",
            "grant_types",
        ),
        (
            json!({"grant_types": ["password"]}),
            "invalid_client_metadata",
            "grant_types",
        ),
        (
            json!({"grant_types": ["client_credentials"]}),
            "invalid_client_metadata",
            "grant_types",
        ),
        (
            json!({"grant_types": ["made-up \"and\" quoted"]}),
            "invalid_client_metadata",
            "grant_types",
        ),
        (
            json!({"response_types": ["token"]}),
            "invalid_client_metadata",
            "response_types",
        ),
        (
            json!({"response_types": []}),
            "invalid_client_metadata",
            "response_types",
        ),
        (
            json!({"token_endpoint_auth_method": "client_secret_jwt"}),
            "invalid_client_metadata",
            "token_endpoint_auth_method",
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt"}),
            "invalid_client_metadata",
            "jwks",
        ),
        (
            json!({"id_token_signed_response_alg": "none"}),
            "invalid_client_metadata",
            "id_token_signed_response_alg",
        ),
        (
            json!({"id_token_signed_response_alg": "HS256"}),
            "invalid_client_metadata",
            "id_token_signed_response_alg",
        ),
        (
            json!({"id_token_signed_response_alg": "PS512"}),
            "invalid_client_metadata",
            "id_token_signed_response_alg",
        ),
        (
            json!({"token_endpoint_auth_signing_alg": "HS256"}),
            "invalid_client_metadata",
            "token_endpoint_auth_signing_alg",
        ),
        (
            json!({"application_type": "toaster"}),
            "invalid_client_metadata",
            "application_type",
        ),
        (
            json!({"subject_type": "secret"}),
            "invalid_client_metadata",
            "subject_type",
        ),
        (
            json!({"scope": "openid admin"}),
            "invalid_client_metadata",
            "scope",
        ),
        (json!({"scope": "\u{e9}"}), "invalid_client_metadata", "scope"),
        (
            json!({"client_name": "a\u{202e}b"}),
            "invalid_client_metadata",
            "client_name",
        ),
        (
            json!({"client_name": "x".repeat(300)}),
            "invalid_client_metadata",
            "client_name",
        ),
        (
            json!({"client_name#ja": "x".repeat(3000)}),
            "invalid_client_metadata",
            "client_name#ja",
        ),
        (
            json!({"client_name#ja": "a\u{0}b"}),
            "invalid_client_metadata",
            "client_name#ja",
        ),
        (
            json!({"post_logout_redirect_uris": ["http://a.example.com/bye"]}),
            "invalid_client_metadata",
            "post_logout_redirect_uris",
        ),
        (
            json!({"jwks_uri": "http://a.example.com/keys"}),
            "invalid_client_metadata",
            "jwks_uri",
        ),
        (
            json!({"sector_identifier_uri": "https://127.0.0.1:1/sector"}),
            "invalid_client_metadata",
            "sector_identifier_uri",
        ),
        (
            json!({"sector_identifier_uri": "http://a.example.com/sector"}),
            "invalid_client_metadata",
            "sector_identifier_uri",
        ),
        (json!({"jwks": {"keys": []}}), "invalid_client_metadata", "jwks"),
        (
            json!({"jwks": {"keys": 5}, "jwks_uri": "https://a.example.com/k"}),
            "invalid_client_metadata",
            "jwks",
        ),
    ] {
        let mut whole = portal();
        if metadata == json!({}) {
            whole["redirect_uris"] = Value::Null;
        }
        whole
            .as_object_mut()
            .unwrap()
            .extend(metadata.as_object().unwrap().clone());
        refused(&rig, whole.to_string(), error, names);
    }
    assert_eq!(clients(&rig), 0);
}

#[test]
fn a_private_key_is_refused_and_stored_nowhere() {
    let rig = rig(RegistrationMode::Open);
    const PRIVATE: &str = "c2VjcmV0LXByaXZhdGUta2V5LW9mLWEtY2xpZW50LTAwMDE";
    let key = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": PRIVATE});
    for metadata in [
        json!({"jwks": {"keys": [key]}, "token_endpoint_auth_method": "private_key_jwt"}),
        json!({"jwks": {"keys": [{"kty": "oct", "k": PRIVATE}]}}),
        json!({"client_name#ja": key}),
    ] {
        let mut whole = portal();
        whole
            .as_object_mut()
            .unwrap()
            .extend(metadata.as_object().unwrap().clone());
        refused(&rig, whole.to_string(), "invalid_client_metadata", "");
    }
    // Where nothing is understood, nothing is kept either.
    let mut whole = portal();
    whole["x_key"] = key.clone();
    whole["my_key"] = key;
    assert_eq!(rig.register(None, &whole).status, 201);
    drop(rig.server);
    for file in std::fs::read_dir(rig.registry.path().parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            !bytes
                .windows(PRIVATE.len())
                .any(|window| window == PRIVATE.as_bytes())
        );
    }
}

#[test]
fn what_is_no_metadata_at_all_is_refused_before_anything_is_read_of_it() {
    let rig = rig(RegistrationMode::Open);
    let deep = format!(
        "{{\"redirect_uris\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (body, names) in [
        ("", "JSON"),
        ("[]", "object"),
        ("\"x\"", "object"),
        ("{", "JSON"),
        ("{} {}", "JSON"),
        ("client_name=x", "JSON"),
        ("{\"client_name\":\"a\",\"client_name\":\"b\"}", "client_name"),
        ("{\"jwks\":{\"keys\":[],\"keys\":[]}}", "keys"),
        ("\u{0}", "JSON"),
        (deep.as_str(), "JSON"),
    ] {
        refused(&rig, body.to_owned(), "invalid_client_metadata", names);
    }
    refused(&rig, vec![0xff, 0xfe, 0x00], "invalid_client_metadata", "JSON");
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
    ] {
        let mut request = rig.request().method("POST").uri("/register");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = rig.send(request.body(Body::from(portal().to_string())).unwrap());
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, "invalid_client_metadata"),
            "{content_type:?}"
        );
    }
    assert_eq!(clients(&rig), 0);
    let request = rig
        .request()
        .method("POST")
        .uri("/register")
        .header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(
        rig.send(request.body(Body::from(portal().to_string())).unwrap())
            .status,
        201
    );
}

#[test]
fn metadata_of_one_megabyte_is_read_and_one_byte_more_is_not() {
    const MOST: usize = 1024 * 1024;
    let rig = rig(RegistrationMode::Open);
    let sized = |size: usize| {
        let mut metadata = portal();
        metadata["unheard_of"] = json!("");
        let empty = metadata.to_string().len();
        metadata["unheard_of"] = json!("x".repeat(size - empty));
        metadata.to_string()
    };
    let answer = rig.dcr("POST", "/register", None, sized(MOST));
    assert_eq!(answer.status, 201, "{}", answer.json());
    rig.pass(60);
    let answer = rig.dcr("POST", "/register", None, sized(MOST + 1));
    assert_eq!(
        (answer.status.as_u16(), answer.error().as_str()),
        (413, "invalid_request")
    );
    assert_eq!(clients(&rig), 1);
}

#[test]
fn no_web_page_can_register_a_client() {
    let rig = rig(RegistrationMode::Open);
    let (_, _) = rig.client("with a page", |draft| {
        draft.allowed_cors_origins = vec!["https://app.example.com".to_owned()]
    });
    let request = rig
        .request()
        .method("OPTIONS")
        .uri("/register")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST");
    let answer = rig.send(request.body(Body::empty()).unwrap());
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[test]
fn what_others_show_to_people_is_the_address_of_a_page() {
    let rig = rig(RegistrationMode::Open);
    for (name, wrong) in [
        ("logo_uri", json!("javascript:alert(1)")),
        ("policy_uri", json!("data:text/html,x")),
        ("client_uri", json!("not a uri")),
        ("tos_uri", json!("https:")),
        ("allowed_cors_origins", json!(["*"])),
        ("allowed_cors_origins", json!(["https://a.example.com/path"])),
        ("allowed_cors_origins", json!(["null"])),
    ] {
        let mut metadata = portal();
        metadata[name] = wrong;
        refused(&rig, metadata.to_string(), "invalid_client_metadata", name);
    }
    assert_eq!(clients(&rig), 0);
    let mut metadata = portal();
    metadata["logo_uri"] = json!("http://a.example.com/logo.png");
    metadata["allowed_cors_origins"] = json!(["https://a.example.com", "http://127.0.0.1:3000"]);
    let answer = rig.dcr("POST", "/register", None, metadata.to_string());
    assert_eq!(answer.status, 201, "{}", answer.json());
}
