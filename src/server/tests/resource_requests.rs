//! Requests to the registry's resource servers as HTTP has them: paths, methods, bodies, pages of other origins.

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;

use super::Rig;
use super::dpop::text;
use super::resource::Payroll;

#[test]
fn no_path_passes_a_rule_that_is_not_its_own() {
    let payroll = Payroll::new();
    payroll.set_policy(json!([
        { "method": "GET", "path": "/open/**", "scopes": ["read:payroll"], "claims": [] },
        { "method": "GET", "path": "/open/salaries/**", "scopes": ["admin"], "claims": [] },
    ]));
    let token = payroll.token("&scope=read:payroll");
    let long = format!("/open/{}", "a".repeat(2_048));
    for (path, status) in [
        ("/open/x", 200),
        ("/%6fpen/x", 200),
        ("/open/", 200),
        ("/open", 200),
        ("/open/salaries?x=/open", 403),
        ("/open/%73alaries", 403),
        ("/open/Salaries/ada", 403),
        ("/open/salaries/", 403),
        ("", 403),
        ("/", 403),
        ("/openly", 403),
        ("/closed", 403),
        ("//open/x", 400),
        ("/open/x/../salaries", 400),
        ("/open/./salaries", 400),
        ("/open/%2e/salaries", 400),
        ("/open%2Fsalaries", 400),
        ("/open/x%2f..%2fsalaries", 400),
        ("/open/;/salaries", 400),
        ("/open/salaries.", 400),
        ("/open/salaries%00", 400),
        ("/open/%252e%252e/x", 400),
        ("/open/%C0%AE%C0%AE/x", 400),
        ("/open/%EF%BC%B3alaries", 400),
        (&long, 400),
    ] {
        assert_eq!(payroll.get(path, &token).status.as_u16(), status, "{path}");
    }
}

#[test]
fn every_method_is_judged_by_the_policy() {
    let payroll = Payroll::new();
    let token = payroll.token("");
    let bearer = format!("Bearer {token}");
    for (method, path, status) in [
        ("GET", "/a", 200),
        ("HEAD", "/a", 200),
        ("HEAD", "/ada", 403),
        ("POST", "/a", 403),
        ("DELETE", "/a", 403),
        ("OPTIONS", "/a", 403),
        ("get", "/a", 403),
        ("BREW", "/a", 403),
        ("BREW", "/runs/1", 200),
    ] {
        let answer = payroll.ask(method, path, &[&bearer]);
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        if method == "HEAD" {
            assert!(answer.body.is_empty());
        }
    }
    assert_eq!(payroll.ask("OPTIONS", "/a", &[]).status, 401);
}

#[test]
fn an_unknown_slug_is_not_found_and_stands_in_no_log() {
    let payroll = Payroll::new();
    let token = payroll.token("");
    for slug in ["ledger", "Payroll", "%70ayroll", "payroll%2Fx", ""] {
        let request = payroll.rig.request().uri(format!("/resource/{slug}"));
        let request = request.header("authorization", format!("Bearer {token}"));
        let answer = payroll.rig.send(request.body(Body::empty()).unwrap());
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (StatusCode::NOT_FOUND, "not_found"),
            "{slug}"
        );
        let logged = payroll.logged();
        assert!(
            logged.decision.is_none() && logged.path == "/resource/{slug}/…",
            "{logged:?}"
        );
    }
}

#[test]
fn bodies_are_bounded_and_ignored() {
    let payroll = Payroll::new();
    payroll.set_policy(json!([{ "method": "POST", "path": "/**", "scopes": [], "claims": [] }]));
    let token = payroll.token("");
    let post = |bearer: Option<&str>, body: String| {
        let request = payroll.rig.request().method("POST").uri("/resource/payroll/a");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = bearer.into_iter().fold(request, |request, token| {
            request.header("authorization", format!("Bearer {token}"))
        });
        payroll
            .rig
            .send(request.body(Body::from(body)).unwrap())
            .status
            .as_u16()
    };
    assert_eq!(post(Some(&token), "a=%zz".to_owned()), 200);
    assert_eq!(post(Some(&token), "a".repeat(64 * 1024 + 1)), 413);
    assert_eq!(
        post(None, format!("access_token={token}")),
        401,
        "a resource server reads the header alone"
    );
}

#[test]
fn a_page_of_the_client_may_ask_by_every_method() {
    let page = "https://spa.example.com";
    let rig = Rig::new();
    let payroll = Payroll::in_rig(rig);
    let (client_id, secret) = payroll
        .rig
        .client("page", |draft| draft.allowed_cors_origins = vec![page.to_owned()]);
    let preflight = payroll
        .rig
        .request()
        .method("OPTIONS")
        .uri("/resource/payroll/a")
        .header("origin", page);
    let preflight = preflight.header("access-control-request-method", "DELETE");
    let answer = payroll.rig.send(preflight.body(Body::empty()).unwrap());
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "GET, HEAD, POST, PUT, PATCH, DELETE"
    );
    let readable = |token: &str| {
        let request = payroll
            .rig
            .request()
            .uri("/resource/payroll/a")
            .header("origin", page);
        let request = request.header("authorization", format!("Bearer {token}"));
        let answer = payroll.rig.send(request.body(Body::empty()).unwrap());
        answer.header("access-control-allow-origin").to_owned()
    };
    let own = payroll.rig.token_by_basic(&client_id, &secret, "").json();
    assert_eq!(readable(text(&own, "access_token")), page);
    assert_eq!(readable(&payroll.token("")), "", "a page of another client");
}

#[test]
fn under_an_issuer_with_a_path_the_resource_servers_stand_below_it() {
    let rig = Rig::with(|options| {
        options.issuer = crate::protocol::Issuer::parse("http://127.0.0.1:9400/tenant").ok()
    });
    let payroll = Payroll::in_rig(rig);
    let ask = |path: &str| {
        let request = axum::http::Request::builder()
            .header("host", "127.0.0.1:9400")
            .uri(path);
        payroll.rig.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(ask("/tenant/resource/payroll/a").status, 401);
    assert_eq!(payroll.logged().path, "/tenant/resource/payroll/…");
    assert_eq!(ask("/resource/payroll/a").status, 404);
}
