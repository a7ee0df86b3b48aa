//! Dynamic registration on the Server screen: who may register, initial access tokens, and the sweep.

use std::io::{Read, Write};
use std::net::TcpStream;

use chancery::client::{ClientId, ClientKind};
use chancery::desktop::Settings;
use chancery::protocol::registration::RegistrationMode;
use chancery::registry::{Act, NewClient, Origin, Registry};
use eframe::egui::{Key, Role};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::desk::{Opening, TestWindow, good_draft, holds, register};

const MODE: &str = "Dynamic registration";

fn at_registration(mut window: TestWindow) -> TestWindow {
    window.go("Server");
    window.click(Role::Tab, "Registration");
    window
}

/// Asks the window's server to register a client.
fn ask(window: &TestWindow, token: Option<&str>) -> (u16, Value) {
    let issuer = window.value(Role::TextInput, "Issuer");
    let address = issuer.trim_start_matches("http://");
    let body = json!({"client_name": "Visitor", "redirect_uris": ["https://v.example.com/cb"]}).to_string();
    let bearer = token
        .map(|token| format!("Authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /register HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{bearer}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (
        status,
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap(),
    )
}

/// A client that registered itself some days ago.
fn dynamic(registry: &Registry, name: &str, origin: Origin<'_>, days: i64) {
    let new = NewClient {
        client_id: ClientId::parse(name).unwrap(),
        registration: good_draft(ClientKind::SinglePage, name).validate().unwrap(),
        secret: None,
        origin: Some(origin.to_string()),
    };
    let then = Timestamp::now() - SignedDuration::from_hours(24 * days);
    registry
        .register_dynamic_client(new, &[1; 32], None, &Act::new(origin.to_string(), then))
        .unwrap()
        .unwrap();
}

#[test]
fn it_is_off_at_first_and_opened_only_after_a_question_that_names_the_danger() {
    let mut window = Opening::with_server().open(|_| {});
    window.go("Server");
    assert_eq!(window.value(Role::ComboBox, MODE), "Off");
    assert_eq!(ask(&window, None).0, 404);
    window.choose(MODE, "Open");
    assert_eq!(
        window.dialog().as_deref(),
        Some("Open registration to everybody?")
    );
    assert!(window.shows("without anybody's leave"));
    window.press("Cancel");
    assert_eq!(window.value(Role::ComboBox, MODE), "Off");
    assert_eq!(ask(&window, None).0, 404);
    window.choose(MODE, "Open");
    window.press("Open registration to everybody");
    assert_eq!(window.dialog(), None);
    assert_eq!(window.value(Role::ComboBox, MODE), "Open");
    assert!(window.shows("Whoever can reach the server registers clients"));
    assert_eq!(ask(&window, None).0, 201);
    window.click(Role::Tab, "Endpoints");
    assert!(
        window
            .value(Role::TextInput, "Registration endpoint")
            .ends_with("/register")
    );
    window.choose(MODE, "Token");
    assert_eq!(window.dialog(), None, "what closes needs no question");
    assert_eq!(ask(&window, None).0, 401);
    window.choose(MODE, "Off");
    assert_eq!(ask(&window, None).0, 404);
}

#[test]
fn what_was_decided_counts_at_the_next_start_of_window_and_server() {
    let settings = Settings {
        registration: RegistrationMode::Open,
        dynamic_scopes: "openid".to_owned(),
        ..Settings::default()
    };
    let opening = Opening {
        settings,
        ..Opening::default()
    };
    let mut window = opening.open(|_| {});
    window.go("Server");
    assert_eq!(window.value(Role::ComboBox, MODE), "Open");
    assert!(window.shows("Whoever can reach the server registers clients"));
    assert_eq!(ask(&window, None).1["scope"], "openid");
    window.press("Stop server");
    window.choose(MODE, "Token");
    window.press("Start server");
    assert_eq!(ask(&window, None).0, 401);
}

#[test]
fn a_token_is_made_shown_once_used_listed_and_revoked() {
    let mut window = at_registration(Opening::with_server().open(|_| {}));
    assert!(window.shows("No initial access tokens"));
    window.choose(MODE, "Token");
    window.press("New initial access token…");
    assert_eq!(window.focused().as_deref(), Some("Label"));
    window.type_text("ci build");
    window.choose("Counts for", "7 days");
    window.type_into("Uses", "0");
    assert!(window.shows("Uses are a whole number from 1, or nothing"));
    assert!(!window.can_press("Make initial access token"));
    window.replace("Uses", "1");
    window.type_into("Scopes", "openid email");
    window.press("Make initial access token");
    assert_eq!(window.dialog().as_deref(), Some("Initial access token made"));
    assert!(!window.can_press("Done"), "it was not stored yet");
    window.press("Show initial access token");
    let token = window.value(Role::TextInput, "Initial access token");
    assert_eq!(token.len(), 43);
    window.press("Copy initial access token");
    assert_eq!(window.clipboard.text().as_deref(), Some(token.as_str()));
    window.click(Role::CheckBox, "I have stored the token");
    window.press("Done");
    assert!(!window.shows(&token));
    assert!(!holds(window.folder.path(), token.as_bytes()));

    let (status, registered) = ask(&window, Some(&token));
    assert_eq!(
        (status, registered["scope"].as_str()),
        (201, Some("openid email"))
    );
    assert_eq!(ask(&window, Some(&token)).0, 401);
    window.click(Role::Tab, "Requests");
    window.click(Role::Tab, "Registration");
    // The threads of a window learn of another's change by themselves; here it is asked for by one of its own.
    window.type_into("Dynamic scopes", " phone");
    let row = window
        .rows()
        .into_iter()
        .find(|row| row.starts_with("ci build, "))
        .unwrap();
    window.click(Role::Row, &row);
    window.press("Revoke initial access token…");
    assert!(window.shows("Those that it has registered stay as they are"));
    window.press("Revoke initial access token");
    assert!(window.shows("No initial access tokens"), "{}", window.outline());
    window.go("History");
    let rows = window.rows();
    for start in [
        "Made initial access token ",
        "Revoked initial access token ",
        "Registered Visitor",
    ] {
        assert!(rows.iter().any(|row| row.starts_with(start)), "{start}: {rows:?}");
    }
}

#[test]
fn the_palette_leads_to_a_new_token_from_anywhere() {
    let mut window = TestWindow::new();
    window.ctrl(Key::K);
    window.type_text("initial access");
    window.key(Key::Enter);
    assert_eq!(window.dialog().as_deref(), Some("New initial access token"));
    window.key(Key::Escape);
    assert!(
        window.shows("No initial access tokens"),
        "and to where it will be listed"
    );
}

#[test]
fn the_scopes_bound_what_registers_from_then_on() {
    let mut window = at_registration(Opening::with_server().open(|_| {}));
    window.choose(MODE, "Open");
    window.press("Open registration to everybody");
    window.paste_over("Dynamic scopes", "openid read:orders");
    assert_eq!(
        ask(&window, None).1["scope"],
        "openid profile email",
        "what is being typed does not hold yet"
    );
    window.key(Key::Tab);
    assert_eq!(ask(&window, None).1["scope"], "openid read:orders");
    window.paste_over("Dynamic scopes", "openid a\"b");
    assert!(window.shows("a\"b is no scope; what stood here before is kept"));
    window.key(Key::Tab);
    assert_eq!(ask(&window, None).1["scope"], "openid read:orders");
}

#[test]
fn a_sweep_lists_first_and_deletes_what_was_listed() {
    let mut window = at_registration(TestWindow::over(|registry| {
        dynamic(registry, "dead-one", Origin::Open, 60);
        dynamic(registry, "dead-two", Origin::Token("ci"), 40);
        dynamic(registry, "young", Origin::Open, 2);
        register(registry, "by-hand", good_draft(ClientKind::Web, "By hand"));
    }));
    window.choose("Unused for", "90 days");
    window.press("Find dead clients…");
    assert_eq!(window.dialog(), None);
    assert!(window.shows("No client that registered itself has been without use for 90 days"));
    window.choose("Unused for", "30 days");
    window.press("Find dead clients…");
    assert_eq!(window.dialog().as_deref(), Some("Delete 2 dead clients?"));
    assert!(window.shows("dead-one · open") && window.shows("dead-two · ci") && !window.shows("young"));
    window.press("Cancel");
    let exists = |window: &TestWindow, name: &str| {
        window
            .registry()
            .client(&ClientId::parse(name).unwrap())
            .unwrap()
            .is_some()
    };
    assert!(exists(&window, "dead-one"), "it was a dry run");
    window.press("Find dead clients…");
    assert!(!window.can_press("Delete dead clients"));
    window.type_into("Number to confirm", "2");
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None);
    assert!(window.shows("2 clients were deleted"), "{}", window.outline());
    for (name, stays) in [
        ("dead-one", false),
        ("dead-two", false),
        ("young", true),
        ("by-hand", true),
    ] {
        assert_eq!(exists(&window, name), stays, "{name}");
    }
}

#[test]
fn who_registered_itself_is_told_apart_in_the_list() {
    let mut window = TestWindow::over(|registry| {
        dynamic(registry, "visitor", Origin::Open, 3);
        dynamic(registry, "built", Origin::Token("ci"), 0);
        register(registry, "by-hand", good_draft(ClientKind::Web, "By hand"));
    });
    assert_eq!(window.rows(), ["built", "By hand", "visitor"]);
    window.choose("Origin", "Dynamic");
    assert_eq!(window.rows(), ["built", "visitor"]);
    window.open_client("visitor");
    assert!(window.shows("It registered itself, without a token"));
    window.open_client("built");
    assert!(window.shows("It registered itself, by the initial access token ci"));
    window.choose("Origin", "All");
    assert_eq!(window.rows().len(), 3);
}

#[test]
fn read_only_there_is_nothing_to_decide() {
    let window = at_registration(
        Opening {
            read_only: true,
            ..Opening::default()
        }
        .open(|_| {}),
    );
    assert!(!window.can_use(Role::ComboBox, MODE));
    assert!(!window.can_use(Role::TextInput, "Dynamic scopes"));
    assert!(!window.can_press("New initial access token…") && !window.can_press("Find dead clients…"));
}
