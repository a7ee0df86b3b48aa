//! What web pages of other origins may send and read.

use axum::body::Body;
use axum::http::Request;

use super::{Answer, Rig, basic, new_secret};
use crate::client::{ClientId, Secret, Status};

const PAGE: &str = "https://spa.example.com";
const STRANGER: &str = "https://stranger.example";

fn rig_with_a_page() -> (Rig, ClientId, Secret) {
    let rig = Rig::new();
    let (id, secret) = rig.client("page", |draft| {
        draft.allowed_cors_origins = vec![PAGE.to_owned()];
    });
    (rig, id, secret)
}

/// What a browser asks before a page's request with an `Authorization` header.
fn preflight(rig: &Rig, path: &str, origin: &str) -> Answer {
    let request = rig
        .request()
        .method("OPTIONS")
        .uri(path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization");
    rig.send(request.body(Body::empty()).unwrap())
}

fn from_page(rig: &Rig, origin: &str, id: &ClientId, secret: &Secret, body: &str) -> Answer {
    let mut request: Request<Body> = rig.token_request(Some(&basic(id, secret)), body);
    request.headers_mut().insert("origin", origin.parse().unwrap());
    rig.send(request)
}

#[test]
fn a_preflight_is_allowed_while_some_active_client_lists_the_origin() {
    let (rig, id, _) = rig_with_a_page();
    let allowed = preflight(&rig, "/token", PAGE);
    assert_eq!(allowed.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-methods", "GET, POST"),
        (
            "access-control-allow-headers",
            "Authorization, Content-Type, DPoP",
        ),
        ("access-control-allow-credentials", ""),
        ("vary", "Origin"),
    ] {
        assert_eq!(allowed.header(name), value, "{name}");
    }
    for origin in [
        STRANGER,
        "null",
        "http://spa.example.com",
        "https://spa.example.com:444",
    ] {
        let answer = preflight(&rig, "/token", origin);
        assert_ne!(answer.status, 204, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(answer.header("vary"), "Origin", "{origin}");
    }
    for path in ["/par", "/device_authorization"] {
        assert_eq!(preflight(&rig, path, PAGE).status, 204, "{path}");
    }
    for path in ["/authorize", "/device", "/device/allow"] {
        let answer = preflight(&rig, path, PAGE);
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
    let version = rig.registry.client(&id).unwrap().unwrap().version;
    rig.registry
        .set_status(&id, version, Status::Disabled, &rig.act())
        .unwrap();
    assert_eq!(preflight(&rig, "/token", PAGE).status, 403);
}

#[test]
fn an_answer_is_for_the_pages_of_the_client_that_authenticated() {
    let (rig, id, secret) = rig_with_a_page();
    let (other, other_secret) = rig.client("other", |_| ());
    let grant = "grant_type=client_credentials";
    let readable = |answer: &Answer| answer.header("access-control-allow-origin").to_owned();
    let token = from_page(&rig, PAGE, &id, &secret, grant);
    assert_eq!((token.status.as_u16(), readable(&token).as_str()), (200, PAGE));
    assert_eq!(
        token.header("access-control-expose-headers"),
        "WWW-Authenticate, Retry-After, DPoP-Nonce"
    );
    assert_eq!(token.header("access-control-allow-credentials"), "");
    assert_eq!(token.header("vary"), "Origin");
    for (what, answer, status, origin) in [
        (
            "a stranger's page",
            from_page(&rig, STRANGER, &id, &secret, grant),
            200,
            "",
        ),
        (
            "a page of another client",
            from_page(&rig, PAGE, &other, &other_secret, grant),
            200,
            "",
        ),
        (
            "its own refusal",
            from_page(&rig, PAGE, &id, &secret, &format!("{grant}&scope=none")),
            400,
            PAGE,
        ),
        (
            "another client's refusal",
            from_page(&rig, PAGE, &other, &other_secret, &format!("{grant}&scope=none")),
            400,
            "",
        ),
        (
            "no request at all",
            from_page(&rig, PAGE, &id, &secret, ""),
            400,
            PAGE,
        ),
    ] {
        assert_eq!(
            (answer.status.as_u16(), readable(&answer).as_str()),
            (status, origin),
            "{what}"
        );
        assert_eq!(answer.header("vary"), "Origin", "{what}");
    }
    let without = rig.token_by_basic(&id, &secret, "");
    assert_eq!(
        (readable(&without).as_str(), without.header("vary")),
        ("", "Origin")
    );
}

#[test]
fn a_refused_authentication_does_not_tell_by_its_headers_which_client_lists_the_origin() {
    let (rig, id, _) = rig_with_a_page();
    let (other, _) = rig.client("other", |_| ());
    let nobody = ClientId::parse("nobody").unwrap();
    for origin in [PAGE, STRANGER] {
        let answers = [&id, &other, &nobody]
            .map(|id| from_page(&rig, origin, id, &new_secret(), "grant_type=client_credentials"));
        assert!(answers.iter().all(|answer| answer.status == 401));
        assert!(
            answers.iter().all(|answer| answer.headers == answers[0].headers),
            "{answers:?}"
        );
        let readable = answers[0].header("access-control-allow-origin");
        assert_eq!(readable, if origin == PAGE { PAGE } else { "" });
    }
}

#[test]
fn other_methods_and_paths_are_as_without_an_origin() {
    let (rig, ..) = rig_with_a_page();
    let ask = |method: &str, path: &str| {
        let request = rig.request().method(method).uri(path).header("origin", PAGE);
        rig.send(request.body(Body::empty()).unwrap())
    };
    let wrong = ask("GET", "/token");
    assert_eq!((wrong.status.as_u16(), wrong.header("allow")), (405, "POST"));
    assert_eq!(
        wrong.header("access-control-allow-origin"),
        PAGE,
        "the page may read why"
    );
    assert_eq!(ask("OPTIONS", "/token").status, 405, "no browser's question");
    let nowhere = ask("GET", "/nowhere");
    assert_eq!(nowhere.status, 404);
    assert_eq!(nowhere.header("access-control-allow-origin"), "");
    let public = ask("GET", "/jwks");
    assert_eq!(public.header("access-control-allow-origin"), "*");
    assert_eq!(public.header("vary"), "");
    assert_eq!(
        preflight(&rig, "/jwks", STRANGER).header("access-control-allow-origin"),
        "*"
    );
}
