//! Saved requests, and what else is taken away from the Tokens screen.

use chancery::client::{ClientKind, Secret};
use chancery::registry::{Registry, SavedRequest};
use eframe::egui::{Key, Role};

use crate::desk::{Opening, TestWindow, good_draft, holds, register};

fn a_service(registry: &Registry) -> Secret {
    register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    )
    .unwrap()
}

fn pick(window: &mut TestWindow, name: &str) {
    window.click(Role::ComboBox, "Client");
    // What was looked for last still stands there.
    window.ctrl(Key::A);
    window.type_text(&name[..3]);
    window.click(Role::ListBoxOption, name);
}

fn saved(window: &TestWindow) -> Vec<SavedRequest> {
    let client = window.stored("Payroll export");
    window.registry().saved_requests(&client.client_id).unwrap()
}

/// The Tokens screen with a service chosen.
fn at_the_desk(opening: Opening) -> TestWindow {
    let mut window = opening.open(|registry| {
        a_service(registry);
        register(registry, "portal", good_draft(ClientKind::Web, "Portal"));
    });
    window.go("Tokens");
    pick(&mut window, "Payroll export");
    window
}

#[test]
fn a_request_is_saved_chosen_again_replaced_and_deleted() {
    let mut window = at_the_desk(Opening::default());
    window.press("write");
    window.press("Save request…");
    assert_eq!(window.dialog().as_deref(), Some("Save request"));
    assert!(!window.can_press("Save request"), "it has no name yet");
    window.type_into("Name of the request", "Reading only");
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None);
    assert!(
        window.shows("The request Reading only was saved"),
        "{}",
        window.outline()
    );
    assert_eq!(saved(&window)[0].scope.as_deref(), Some("read"));

    window.replace("Scope", "something else");
    window.choose("Saved requests", "Reading only");
    assert_eq!(window.value(Role::TextInput, "Scope"), "read");

    window.replace("Scope", "write");
    window.press("Save request…");
    assert!(window.shows("There is one of this name, which it replaces"));
    window.press("Replace request");
    let rows = saved(&window);
    assert_eq!((rows.len(), rows[0].scope.as_deref()), (1, Some("write")));

    window.press("Delete saved request");
    assert!(saved(&window).is_empty());
    assert!(!window.can_use(Role::ComboBox, "Saved requests") && !window.can_press("Delete saved request"));
}

#[test]
fn of_what_was_pasted_nothing_is_saved_and_the_history_says_nothing() {
    let mut window = at_the_desk(Opening::default());
    let client = window.stored("Payroll export");
    let rows = |window: &TestWindow| window.registry().history(&Default::default()).unwrap().len();
    let before = rows(&window);
    window.choose("Authenticate with", "Pasted secret");
    window.paste_into("Pasted secret", "AVerySecretSecret");
    window.press("Save request…");
    window.type_into("Name of the request", "Pasted");
    window.press("Save request");
    let kept = window.registry().saved_requests(&client.client_id).unwrap();
    assert_eq!(kept[0].credential.as_deref(), Some("pasted"));
    assert!(!holds(window.folder.path(), b"AVerySecretSecret"));
    assert_eq!(rows(&window), before);
}

#[test]
fn each_client_has_its_own_and_a_window_that_may_not_write_only_reads_them() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(|registry| {
        a_service(registry);
        register(registry, "portal", good_draft(ClientKind::Web, "Portal"));
        let request = SavedRequest {
            name: "Nightly".to_owned(),
            scope: Some("read".to_owned()),
            ..SavedRequest::default()
        };
        let client_id = chancery::client::ClientId::parse("payroll").unwrap();
        registry
            .save_request(&client_id, &request, jiff::Timestamp::now())
            .unwrap();
    });
    window.go("Tokens");
    pick(&mut window, "Payroll export");
    window.choose("Saved requests", "Nightly");
    assert_eq!(window.value(Role::TextInput, "Scope"), "read");
    assert!(!window.can_press("Save request…") && !window.can_press("Delete saved request"));
    pick(&mut window, "Portal");
    assert!(!window.can_use(Role::ComboBox, "Saved requests"));
}

#[test]
fn the_request_is_copied_as_http_and_what_the_client_needs_as_env_both_without_the_secret() {
    let mut window = at_the_desk(Opening::with_server());
    window.press("Request token");
    window.press_to_copy("Copy as curl");
    let curl = window.clipboard.text().unwrap();
    let credential = curl
        .lines()
        .next()
        .unwrap()
        .trim_start_matches("CLIENT_SECRET=")
        .to_owned();
    let http = window.press_to_copy("Copy as HTTP").unwrap();
    assert!(http.starts_with("POST /token HTTP/1.1\r\n"), "{http}");
    for told in [
        "Authorization: Basic {{base64 of client_id:client_secret}}\r\n",
        "\r\n\r\ngrant_type=client_credentials&scope=read+write",
    ] {
        assert!(http.contains(told), "{told}: {http}");
    }
    let env = window.press_to_copy("Copy as .env").unwrap();
    for told in [
        "\nISSUER=http://127.0.0.1:",
        "/token\n",
        "\nCLIENT_ID=payroll\n",
        "\n# CLIENT_SECRET=\n",
        "\nSCOPE='read write'\n",
        "\nAUDIENCE=https://api.example.com\n",
    ] {
        assert!(env.contains(told), "{told}: {env}");
    }
    assert!(!http.contains(&credential) && !env.contains(&credential));
}
