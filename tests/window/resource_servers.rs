//! Resource servers: registered with their policy on the Server screen, and asked on the Tokens screen.

use chancery::client::{ClientId, ClientKind, Status};
use chancery::registry::{Registry, ResourceServer};
use eframe::egui::{Key, Role, vec2};
use serde_json::{Value, json};

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};
use crate::keyboard::tab_to;

const API: &str = "https://api.example.com";

fn a_service(registry: &Registry) {
    drop(register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    ));
}

fn put(registry: &Registry, rules: Value) {
    let server = ResourceServer {
        identifier: API.to_owned(),
        slug: "api".to_owned(),
        scopes: vec!["read".to_owned(), "write".to_owned()],
        introspecting_client: None,
        policy: serde_json::from_value(rules).unwrap(),
    };
    registry.put_resource_server(&server, &somebody()).unwrap();
}

fn rule(path: &str, scopes: &[&str]) -> Value {
    json!({ "method": "GET", "path": path, "scopes": scopes, "claims": [] })
}

fn at_the_part(mut window: TestWindow) -> TestWindow {
    window.go("Server");
    window.click(Role::Tab, "Resource servers");
    window
}

/// The Tokens screen with a token of the service in hand.
fn with_a_token(opening: Opening, fill: impl FnOnce(&Registry)) -> TestWindow {
    let mut window = opening.open(|registry| {
        a_service(registry);
        fill(registry);
    });
    window.open_client("Payroll export");
    window.press("Request a token");
    window.press("Request token");
    window
}

/// The rows that tell of checks, as `aud, passed`.
fn checks(window: &TestWindow) -> Vec<String> {
    let until_colon = |row: String| row.split(':').next().unwrap().to_owned();
    window
        .rows()
        .into_iter()
        .filter(|row| row.contains(", "))
        .map(until_colon)
        .filter(|row| {
            ["passed", "failed", "not reached"]
                .iter()
                .any(|end| row.ends_with(end))
        })
        .collect()
}

#[test]
fn a_resource_server_is_added_with_its_policy_changed_and_removed() {
    let mut window = at_the_part(TestWindow::over(a_service));
    assert!(window.shows("No resource servers yet") && window.shows("an API that tokens are for"));
    window.press("Add resource server…");
    assert_eq!(window.dialog().as_deref(), Some("Add resource server"));
    assert_eq!(window.focused().as_deref(), Some("Identifier"));
    assert!(!window.can_press("Add resource server"));
    window.type_text("https://payroll.example.com");
    assert_eq!(
        window.value(Role::TextInput, "Slug"),
        "payroll",
        "proposed from the identifier"
    );
    window.add("Add scope", "read");
    assert!(window.shows("Without a rule every request is denied"));
    window.press("Add rule");
    assert_eq!(window.value(Role::TextInput, "Path of rule 1"), "/**");
    assert_eq!(window.value(Role::TextInput, "Scopes of rule 1"), "read");
    window.press("Add rule");
    window.choose("Method of rule 2", "DELETE");
    window.replace("Path of rule 2", "/runs/*");
    window.replace("Scopes of rule 2", "read admin");
    window.type_into("Claims of rule 2", "client_id=payroll");
    assert!(window.shows("admin is not among the scopes above"));
    window.press("Add resource server");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert!(window.shows("payroll can be asked now"));
    assert_eq!(window.rows(), ["https://payroll.example.com"]);

    window.click(Role::Row, "https://payroll.example.com");
    for shown in [
        "DELETE /runs/*",
        "needs read admin and client_id=payroll",
        "GET /**",
        "needs read",
    ] {
        assert!(window.shows(shown), "{shown} is missing:\n{}", window.outline());
    }
    window.press("Edit resource server…");
    assert_eq!(window.dialog().as_deref(), Some("Edit payroll"));
    window.press("Remove rule 1");
    assert_eq!(window.value(Role::TextInput, "Path of rule 1"), "/runs/*");
    window.choose("Method of rule 1", "Any method");
    window.press("Save resource server");
    let kept = window.registry().resource_servers().unwrap().remove(0);
    assert_eq!(kept.policy.rules().len(), 1);
    assert_eq!(kept.policy.rules()[0].to_string(), "Any method /runs/*");

    window.press("Remove resource server…");
    assert!(window.shows("its policy is gone"));
    window.press("Remove resource server");
    assert!(window.shows("No resource servers yet"));
    window.go("History");
    let rows = window.rows();
    for told in [
        "Removed resource server https://payroll.example.com",
        "Saved resource server https://payroll.example.com",
    ] {
        assert!(rows.iter().any(|row| row.starts_with(told)), "{rows:?}");
    }
}

#[test]
fn what_cannot_be_kept_is_said_before_anything_is_done() {
    let mut window = at_the_part(TestWindow::over(|registry| put(registry, json!([]))));
    window.press("Add resource server…");
    for (identifier, slug, says) in [
        (API, "api-2", "There is a resource server of this identifier"),
        ("https://a.example.com#x", "a", "no fragment"),
        (
            "https://other.example.com",
            "api",
            "Another resource server has this slug",
        ),
        ("https://other.example.com", "Other", "lower-case letters"),
    ] {
        window.paste_over("Identifier", identifier);
        window.paste_over("Slug", slug);
        assert!(window.shows(says), "{says} is missing:\n{}", window.outline());
        assert!(!window.can_press("Add resource server"));
    }
    window.paste_over("Slug", "other");
    window.press("Add rule");
    for (path, says) in [
        ("payroll", "A path begins with a slash"),
        ("/pay*", "* stands for one whole segment"),
        ("/a/../b", "no empty or dot segment"),
    ] {
        window.paste_over("Path of rule 1", path);
        assert!(window.shows(says), "{says} is missing:\n{}", window.outline());
        assert!(!window.can_press("Add resource server"));
    }
    window.paste_over("Path of rule 1", "/a");
    window.press("Add rule");
    window.paste_over("Path of rule 2", "/a");
    assert!(
        window.shows("There are two rules for GET /a"),
        "{}",
        window.outline()
    );
    assert!(!window.can_press("Add resource server"));
    window.press("Remove rule 2");
    // What is not known until it is kept leaves what was typed as it is.
    window.type_into("Introspecting client", "nobody");
    window.press("Add resource server");
    assert_eq!(window.dialog().as_deref(), Some("Add resource server"));
    assert!(
        window.shows("There is no client \"nobody\""),
        "{}",
        window.outline()
    );
    window.paste_over("Introspecting client", " ");
    window.press("Add resource server");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert_eq!(window.rows().len(), 2);
}

#[test]
fn what_somebody_else_changed_is_not_overwritten() {
    let mut window = at_the_part(TestWindow::over(|registry| put(registry, json!([]))));
    window.click(Role::Row, API);
    window.press("Edit resource server…");
    put(&window.registry(), json!([rule("/**", &["read"])]));
    window.press("Add rule");
    window.press("Save resource server");
    assert!(
        window.shows("was changed by somebody else meanwhile"),
        "{}",
        window.outline()
    );
    assert_eq!(
        window.registry().resource_servers().unwrap()[0].policy.rules()[0].scopes,
        ["read"]
    );
}

#[test]
fn it_is_added_by_keyboard_alone_from_the_palette() {
    let mut window = TestWindow::new();
    window.ctrl(Key::K);
    window.type_text("resource server");
    window.key(Key::Enter);
    assert_eq!(window.dialog().as_deref(), Some("Add resource server"));
    window.type_text("ledger");
    tab_to(&mut window, "Add rule");
    window.key(Key::Space);
    tab_to(&mut window, "Method of rule 1");
    window.key(Key::Tab);
    assert_eq!(
        window.focused().as_deref(),
        Some("Path of rule 1"),
        "in the order of the eye"
    );
    window.ctrl(Key::A);
    window.type_text("/open");
    tab_to(&mut window, "Add resource server");
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None, "{}", window.outline());
    let kept = window.registry().resource_servers().unwrap().remove(0);
    assert_eq!(
        (kept.slug.as_str(), kept.policy.rules()[0].path.as_str()),
        ("ledger", "/open")
    );
    assert_eq!(window.rows(), ["ledger"], "the part is shown");
}

#[test]
fn a_token_that_no_resource_server_takes_leads_to_one_that_does() {
    let mut window = with_a_token(Opening::with_server(), |_| ());
    assert!(
        window.shows("No resource server is registered for https://api.example.com"),
        "{}",
        window.outline()
    );
    window.press("Add resource server…");
    assert_eq!(window.value(Role::TextInput, "Identifier"), API);
    assert_eq!(window.value(Role::TextInput, "Slug"), "example");
    assert_eq!(
        window.nodes(Role::Button, "Remove scope").len(),
        2,
        "those that the token has"
    );
    window.press("Add rule");
    window.press("Add resource server");
    assert_eq!(window.value(Role::ComboBox, "Resource server"), API);
    window.replace("Path", "/reports");
    window.press("Check access");
    assert!(window.shows("Allowed"), "{}", window.outline());
    let all: Vec<String> = checks(&window);
    assert_eq!(all.len(), 12, "{all:?}");
    assert!(all.iter().all(|row| row.ends_with("passed")), "{all:?}");
    for shown in [
        "aud, passed: It is for https://api.example.com",
        "Scope, passed: The rule GET /** needs read, which the token has",
        "HTTP/1.1 200 OK",
        "GET /resource/example/reports HTTP/1.1",
        "\"client_id\": \"payroll\"",
    ] {
        assert!(
            window.shows(shown),
            "{shown} is missing:\n{}",
            window.everything_shown()
        );
    }
    assert!(window.shows("Authorization: Bearer ••••••••"));
}

#[test]
fn a_bound_token_is_shown_with_a_proof_of_its_key() {
    let mut window = Opening::with_server().open(|registry| {
        let mut draft = good_draft(ClientKind::Service, "Payroll export");
        draft.dpop_bound_access_tokens = true;
        register(registry, "payroll", draft);
        put(
            registry,
            json!([{ "method": "PUT", "path": "/runs/*", "scopes": [], "claims": [] }]),
        );
    });
    window.open_client("Payroll export");
    window.press("Request a token");
    window.press("Request token");
    window.choose("Method", "PUT");
    window.replace("Path", "/runs/1?dry=yes");
    for _ in 0..2 {
        window.press("Check access");
        assert!(
            window.shows(
                "Proof of possession, passed: It is bound to a key, and the DPoP proof is of that key"
            ),
            "{}",
            window.outline()
        );
        assert!(window.shows("Allowed") && window.shows("PUT /resource/api/runs/1?dry=yes HTTP/1.1"));
    }
    assert!(
        window.shows("Authorization: DPoP ••••••••"),
        "{}",
        window.everything_shown()
    );
}

#[test]
fn each_denial_names_the_check_and_leads_to_what_is_to_be_changed() {
    let mut window = with_a_token(Opening::with_server(), |registry| {
        put(
            registry,
            json!([rule("/reports/*", &["read"]), rule("/admin/**", &["admin"])]),
        );
    });
    window.replace("Path", "/reports");
    window.key(Key::Enter);
    for shown in [
        "Denied",
        "Policy, failed: No rule fits this method and path, and what no rule fits is denied",
        "HTTP/1.1 403 Forbidden",
        "www-authenticate: Bearer realm=\"chancery\", error=\"insufficient_scope\"",
        "Add a rule for this method and path",
    ] {
        assert!(
            window.shows(shown),
            "{shown} is missing:\n{}",
            window.everything_shown()
        );
    }
    window.press("Edit resource server…");
    assert_eq!(window.dialog().as_deref(), Some("Edit api"));
    window.key(Key::Escape);

    window.replace("Path", "/admin/x");
    window.press("Check access");
    assert!(
        window.shows("Scope, failed: The rule GET /admin/** needs admin, and the token has read write only")
    );
    assert!(window.shows("Add admin to the client's scopes"));
    window.find(Role::Label, "scopes");

    window.replace("Path", "/reports/../admin");
    window.press("Check access");
    assert!(
        window.shows("GET /resource/api/reports/../admin HTTP/1.1"),
        "sent as it is written"
    );
    assert!(window.shows("Request, failed: The path has a dot segment") && window.shows("400 Bad Request"));

    let client_id = ClientId::parse("payroll").unwrap();
    let version = window.stored("Payroll export").version;
    window
        .registry()
        .set_status(&client_id, version, Status::Disabled, &somebody())
        .unwrap();
    window.replace("Path", "/reports/1");
    window.press("Check access");
    assert!(
        window.shows("Client status, failed: Payroll export is disabled"),
        "{}",
        window.everything_shown()
    );
    assert!(window.shows("401 Unauthorized") && window.shows("error=\"invalid_token\""));
    window.press("Open its client");
    assert!(window.can_press("Enable client"), "{}", window.outline());
}

#[test]
fn a_token_for_another_audience_can_be_shown_to_a_resource_server_all_the_same() {
    let mut window = with_a_token(Opening::with_server(), |registry| {
        let server = ResourceServer {
            identifier: "https://other.example.com".to_owned(),
            slug: "other".to_owned(),
            scopes: Vec::new(),
            introspecting_client: None,
            policy: serde_json::from_value(json!([rule("/**", &[])])).unwrap(),
        };
        registry.put_resource_server(&server, &somebody()).unwrap();
    });
    assert!(window.shows("No resource server is registered for"));
    window.press("Check access");
    assert!(window.shows("aud, failed: It is for https://api.example.com, and this resource server is"));
    assert!(window.shows("Add https://other.example.com to the client's audience"));
    window.press("Request token");
    assert!(
        checks(&window).is_empty(),
        "what was found of another token says nothing of this one"
    );
}

#[test]
fn the_requests_show_which_resource_server_was_asked_and_why_it_said_no() {
    let mut window = with_a_token(Opening::with_server(), |registry| put(registry, json!([])));
    window.replace("Path", "/s3cr3t");
    window.press("Check access");
    window.go("Server");
    let rows = window.rows();
    let row = rows
        .iter()
        .find(|row| row.starts_with("GET /resource/api/…, 403"))
        .unwrap();
    assert!(
        row.contains("Policy: The resource server has no rules"),
        "{rows:?}"
    );
    assert!(!rows.concat().contains("s3cr3t"));
    let row = row.clone();
    window.click(Role::Row, &row);
    for badge in ["aud", "Policy: failed", "Scope: not reached"] {
        window.find(Role::Label, badge);
    }
}

#[test]
fn in_a_small_window_the_form_and_the_checks_are_reached_by_scrolling() {
    let opening = || Opening {
        size: vec2(880.0, 560.0),
        ..Opening::with_server()
    };
    let mut window = with_a_token(opening(), |registry| {
        put(registry, json!([rule("/**", &["read"])]))
    });
    window.press("Check access");
    assert_eq!(checks(&window).len(), 12);
    let form = window.find(Role::Button, "Request token").rect().right();
    let token = window.find(Role::Label, "Access token").rect().left();
    for (role, name) in [
        (Role::ComboBox, "Method"),
        (Role::TextInput, "Path"),
        (Role::ComboBox, "Resource server"),
    ] {
        let place = window.find(role, name).rect();
        assert!(
            place.left() >= form && place.right() <= token,
            "{name}: {place:?}"
        );
    }
    let mut window = at_the_part(opening().open(|registry| put(registry, json!([rule("/**", &["read"])]))));
    window.click(Role::Row, API);
    window.press("Edit resource server…");
    window.press("Add rule");
    window.replace("Path of rule 2", "/a");
    window.press("Save resource server");
    assert_eq!(window.dialog(), None, "{}", window.outline());
}

/// A client that was not written here.
#[cfg(feature = "curl")]
#[test]
fn curl_is_let_in_with_a_token_and_told_what_it_needs_without() {
    let rules = json!([rule("/reports/*", &["read"]), rule("/admin", &["admin"])]);
    let mut window = with_a_token(Opening::with_server(), |registry| put(registry, rules));
    window.press("Copy access token");
    let token = window.clipboard.text().unwrap();
    window.go("Server");
    let issuer = window.value(Role::TextInput, "Issuer");
    let curl = |path: &str, header: &str| {
        let url = format!("{issuer}/resource/api{path}");
        let curl = std::process::Command::new("curl")
            .args(["-sSi", "--path-as-is", &url, "-H", header])
            .output();
        String::from_utf8(curl.unwrap().stdout).unwrap()
    };
    let bearer = format!("Authorization: Bearer {token}");
    for (path, header, told) in [
        (
            "/reports/1",
            bearer.as_str(),
            ["HTTP/1.1 200 OK", "\"allowed_by\":\"GET /reports/*\""],
        ),
        (
            "/admin",
            &bearer,
            ["HTTP/1.1 403 Forbidden", "error=\"insufficient_scope\""],
        ),
        (
            "/reports/../admin",
            &bearer,
            ["HTTP/1.1 400 Bad Request", "error=\"invalid_request\""],
        ),
        (
            "/reports/1",
            "X-None: x",
            [
                "HTTP/1.1 401 Unauthorized",
                "www-authenticate: Bearer realm=\"chancery\"\r\n",
            ],
        ),
    ] {
        let answer = curl(path, header);
        assert!(told.iter().all(|told| answer.contains(told)), "{path}: {answer}");
    }
}
