mod sentences;

use super::*;
use crate::client::{AuthMethod, ClientDraft, ClientId, ClientKind, GrantType, Status};
use crate::registry::{Act, Registry};

/// A client as it was imported, without a secret.
fn client(status: Status, change: impl FnOnce(&mut ClientDraft)) -> Client {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.chancery");
    let registry = Registry::open(&path, Timestamp::UNIX_EPOCH).unwrap();
    let mut draft = ClientKind::Service.preset();
    draft.name = "Payroll export".to_owned();
    draft.scopes = vec!["read".to_owned(), "write".to_owned()];
    draft.audience = vec!["https://api.example.com".to_owned()];
    change(&mut draft);
    let client_id = ClientId::parse("payroll").unwrap();
    let act = Act::new("Ada Admin", Timestamp::UNIX_EPOCH);
    registry
        .import_client(&client_id, &draft, status, &[], "test", &act)
        .unwrap()
}

fn active(change: impl FnOnce(&mut ClientDraft)) -> Client {
    client(Status::Active, change)
}

/// May do nothing but sign people in.
fn signs_in(draft: &mut ClientDraft) {
    draft.grant_types = vec![GrantType::AuthorizationCode];
    draft.response_types = vec!["code".to_owned()];
    draft.redirect_uris = vec!["https://app.example.com/cb".to_owned()];
}

fn by(grant: GrantType) -> Asked<'static> {
    Asked {
        grant: Some(grant),
        ..Asked::default()
    }
}

fn noted(noted: &str) -> Asked<'_> {
    Asked {
        noted: Some(noted),
        ..by(GrantType::ClientCredentials)
    }
}

fn told(code: &str, client: &Client, asked: Asked<'_>) -> Option<Explanation> {
    explain(code, client, asked, Timestamp::UNIX_EPOCH)
}

const GRANTS: [GrantType; 6] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
    GrantType::DeviceCode,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
];

#[test]
fn each_refusal_names_its_field_and_its_paragraph() {
    let for_itself = || by(GrantType::ClientCredentials);
    let with_key = |draft: &mut ClientDraft| {
        draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        draft.jwks_uri = Some("https://app.example.com/jwks".to_owned());
    };
    let public = |draft: &mut ClientDraft| {
        signs_in(draft);
        draft.token_endpoint_auth_method = AuthMethod::None;
    };
    let scope = Asked {
        scope: Some("read beyond"),
        ..for_itself()
    };
    let audience = Asked {
        audience: Some("https://other.example.com"),
        ..for_itself()
    };
    let introspects = Asked {
        endpoint: Endpoint::Introspect,
        ..Asked::default()
    };
    let by_browser = Asked {
        endpoint: Endpoint::Authorize,
        ..Asked::default()
    };
    let by_post = noted("client_secret_post is not the method the client registered");
    let cases = [
        (
            "invalid_client",
            active(|_| ()),
            for_itself(),
            "secrets",
            "RFC 6749 §5.2",
        ),
        (
            "invalid_client",
            client(Status::Disabled, |_| ()),
            by_post,
            "status",
            "RFC 6749 §5.2",
        ),
        (
            "invalid_client",
            active(with_key),
            for_itself(),
            "jwks_uri",
            "RFC 6749 §5.2",
        ),
        (
            "invalid_client",
            active(|_| ()),
            by_post,
            "token_endpoint_auth_method",
            "RFC 7591 §2",
        ),
        (
            "invalid_client",
            active(public),
            by_post,
            "token_endpoint_auth_method",
            "RFC 6749 §5.2",
        ),
        (
            "invalid_client",
            active(public),
            introspects,
            "token_endpoint_auth_method",
            "RFC 7662 §2.1",
        ),
        (
            "unauthorized_client",
            active(public),
            for_itself(),
            "token_endpoint_auth_method",
            "RFC 6749 §5.2, §4.4",
        ),
        (
            "unauthorized_client",
            active(signs_in),
            for_itself(),
            "grant_types",
            "RFC 6749 §5.2, §4.4",
        ),
        (
            "unauthorized_client",
            active(|_| ()),
            by_browser,
            "grant_types",
            "RFC 6749 §5.2, §4.1",
        ),
        ("invalid_scope", active(|_| ()), scope, "scopes", "RFC 6749 §5.2"),
        (
            "invalid_target",
            active(|_| ()),
            audience,
            "audience",
            "RFC 8707 §2",
        ),
        (
            "invalid_request",
            active(|draft| draft.dpop_bound_access_tokens = true),
            for_itself(),
            "dpop_bound_access_tokens",
            "RFC 9449 §5.2",
        ),
        (
            "invalid_request",
            active(|_| ()),
            noted("invalid_request: PKCE is required: send code_challenge"),
            "require_pkce",
            "RFC 9700 §2.1.1",
        ),
        (
            "invalid_client",
            active(with_key),
            noted("the assertion's signature is wrong"),
            "jwks_uri",
            "RFC 7523 §3",
        ),
    ];
    for (code, client, asked, field, basis) in cases {
        let explained = told(code, &client, asked).unwrap_or_else(|| panic!("{code} {field}"));
        assert_eq!(explained.field, Some(field), "{code}: {explained:?}");
        assert!(explained.basis.starts_with(basis), "{explained:?}");
    }
}

#[test]
fn what_is_asked_beyond_the_registration_is_named() {
    let client = active(|_| ());
    let told = |scope| {
        let asked = Asked {
            scope: Some(scope),
            ..by(GrantType::ClientCredentials)
        };
        told("invalid_scope", &client, asked)
    };
    let one = told("read beyond").unwrap();
    assert_eq!(one.what, "beyond is not among the client's scopes");
    assert_eq!(
        one.advice,
        "Add it to its scopes, or ask for what is registered: read write"
    );
    assert_eq!(
        told("read  write").unwrap().field,
        None,
        "the request is to blame"
    );
    assert_eq!(told("read write"), None);
}

#[test]
fn every_grant_that_a_client_may_not_use_is_told_with_its_own_paragraph() {
    let nothing = active(|draft| draft.grant_types.clear());
    for grant in GRANTS {
        let explained = told("unauthorized_client", &nothing, by(grant)).unwrap();
        let what = format!("{grant} is not among the client's grants");
        assert_eq!((explained.what, explained.field), (what, Some("grant_types")));
        let add = format!("Add {} to its grants", grant.label());
        assert!(
            explained.advice.eq_ignore_ascii_case(&add),
            "{}",
            explained.advice
        );
    }
    let without_code = active(|draft| {
        signs_in(draft);
        draft.response_types.clear();
    });
    let by_browser = Asked {
        endpoint: Endpoint::PushedRequest,
        ..Asked::default()
    };
    let explained = told("unauthorized_client", &without_code, by_browser).unwrap();
    assert_eq!(explained.field, Some("response_types"));
}

/// What `/token` gives by each grant, and what the other endpoints do. Of `invalid_request` only the server's sentence says
/// which parameter is wrong; those are held below, one by one.
#[test]
fn every_code_that_the_server_gives_is_explained_where_only_the_code_is_known() {
    let everywhere = [
        "invalid_client",
        "unsupported_grant_type",
        "invalid_dpop_proof",
        "use_dpop_nonce",
        "temporarily_unavailable",
        "server_error",
        "invalid_scope",
        "invalid_target",
        "unauthorized_client",
    ];
    let nothing = active(|draft| draft.grant_types.clear());
    let beyond = |asked: Asked<'static>| Asked {
        scope: Some("beyond"),
        audience: Some("https://other.example.com"),
        ..asked
    };
    for grant in GRANTS {
        let own: &[&str] = match grant {
            GrantType::ClientCredentials | GrantType::TokenExchange => &[],
            GrantType::DeviceCode => &[
                "invalid_grant",
                "authorization_pending",
                "slow_down",
                "access_denied",
                "expired_token",
            ],
            _ => &["invalid_grant"],
        };
        for code in everywhere.iter().chain(own) {
            let explained = told(code, &nothing, beyond(by(grant)));
            assert!(explained.is_some(), "{code} by {grant}");
        }
    }
    for (endpoint, codes) in [
        (
            Endpoint::Authorize,
            &[
                "unauthorized_client",
                "access_denied",
                "unsupported_response_type",
                "invalid_scope",
                "invalid_target",
                "login_required",
                "consent_required",
                "request_not_supported",
                "request_uri_not_supported",
                "registration_not_supported",
                "server_error",
            ][..],
        ),
        (
            Endpoint::PushedRequest,
            &["invalid_client", "temporarily_unavailable", "invalid_dpop_proof"],
        ),
        (
            Endpoint::DeviceAuthorization,
            &[
                "invalid_client",
                "unauthorized_client",
                "invalid_scope",
                "invalid_target",
                "temporarily_unavailable",
            ],
        ),
        (Endpoint::Introspect, &["invalid_client"]),
        (Endpoint::Revoke, &["invalid_client", "invalid_grant"]),
        (Endpoint::UserInfo, &["invalid_token", "insufficient_scope"]),
    ] {
        for code in codes {
            let asked = Asked {
                endpoint,
                ..Asked::default()
            };
            assert!(
                told(code, &nothing, beyond(asked)).is_some(),
                "{code} at {endpoint:?}"
            );
        }
    }
    assert_eq!(
        told("invalid_request", &nothing, by(GrantType::AuthorizationCode)),
        None
    );
    assert_eq!(told("else", &nothing, Asked::default()), None);
}

#[test]
fn what_was_only_late_is_explained_by_its_own_reason() {
    let client = active(|_| ());
    let asked = noted("fault: slow answer; invalid_grant: The parameter code_verifier is missing.");
    let explained = told("invalid_grant", &client, asked).unwrap();
    assert!(explained.what.contains("code_verifier"), "{explained:?}");
    let explained = told("server_error", &client, noted("fault: an answer of 500")).unwrap();
    assert!(explained.what.starts_with("A fault did this"), "{explained:?}");
}

#[test]
fn a_page_is_explained_by_where_the_redirect_uri_differs() {
    let client = active(signs_in);
    let at = |uri| {
        let asked = Asked {
            endpoint: Endpoint::Authorize,
            redirect_uri: Some(uri),
            ..Asked::default()
        };
        explain_page(&client, asked)
    };
    for (requested, what) in [
        (
            "https://app.example.com/cb/",
            "The path differs from the registered https://app.example.com/cb: \"/cb\" is registered, \"/cb/\" was requested",
        ),
        (
            "https://app.example.com:8443/cb",
            "The port differs from the registered https://app.example.com/cb: nothing is registered, \"8443\" was requested",
        ),
        (
            "http://app.example.com/cb",
            "The scheme differs from the registered https://app.example.com/cb: \"https\" is registered, \"http\" was requested",
        ),
    ] {
        let explained = at(requested).unwrap();
        assert_eq!(
            (explained.what.as_str(), explained.field),
            (what, Some("redirect_uris"))
        );
    }
    assert_eq!(at("https://app.example.com/cb"), None);
    let pushed = Asked {
        endpoint: Endpoint::PushedRequest,
        redirect_uri: Some("https://app.example.com/CB"),
        noted: Some("invalid_request: The redirect_uri is not registered: its path differs."),
        ..Asked::default()
    };
    assert!(
        told("invalid_request", &client, pushed)
            .unwrap()
            .what
            .starts_with("The path differs")
    );
}

#[test]
fn every_other_page_is_explained_by_what_the_server_noted() {
    use crate::protocol::authorization_error::PageError;
    let active = active(signs_in);
    for error in [
        PageError::Malformed("it is too long"),
        PageError::ClientId("is missing"),
        PageError::ClientId("stands in the request more than once"),
        PageError::UnknownClient,
        PageError::RedirectUri("is missing"),
        PageError::RedirectUri("stands in the request more than once"),
        crate::protocol::pushed_request::GONE,
    ] {
        let noted = error.to_string();
        let asked = Asked {
            noted: Some(&noted),
            ..Asked::default()
        };
        assert!(explain_page(&active, asked).is_some(), "{noted}");
    }
    let disabled = client(Status::Disabled, signs_in);
    assert_eq!(
        explain_page(&disabled, Asked::default()).unwrap().field,
        Some("status")
    );
    assert_eq!(explain_page(&active, Asked::default()), None);
}
