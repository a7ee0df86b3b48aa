//! The Server screen: its parts, what can be done in each, and what the history says of it.

use chancery::client::ClientKind;
use chancery::registry::{Registry, User, UserName};
use eframe::egui::{Key, Role};
use serde_json::json;

use crate::desk::{Opening, TestWindow, good_draft, holds, register, somebody};
use chancery::client::{ClientId, Secret};

const PASSWORD: &str = "correct horse battery staple";

/// A test user, a client, and what the one allowed the other.
fn with_consent(registry: &Registry) {
    register(registry, "billing", good_draft(ClientKind::Web, "Billing portal"));
    let claims = json!({ "name": "Ada Lovelace" }).as_object().unwrap().clone();
    let act = somebody();
    let password = Secret::new(PASSWORD.to_owned());
    let user = User::new(UserName::parse("ada").unwrap(), &password, claims, act.at).unwrap();
    registry.put_user(&user, &act).unwrap();
    let client_id = ClientId::parse("billing").unwrap();
    let (scopes, resources) = (["openid".to_owned()], ["https://api.example.com".to_owned()]);
    registry
        .give_consent("ada", &client_id, &scopes, &resources, act.at)
        .unwrap();
}

fn at(mut window: TestWindow, part: &str) -> TestWindow {
    window.go("Server");
    window.click(Role::Tab, part);
    window
}

fn the_row(window: &TestWindow, start: &str) -> String {
    let rows = window.rows();
    let mut found = rows.iter().filter(|row| row.starts_with(start));
    let row = found
        .next()
        .unwrap_or_else(|| panic!("no row {start:?} in {rows:?}"));
    assert!(found.next().is_none(), "two rows {start:?} in {rows:?}");
    row.clone()
}

#[test]
fn a_test_user_is_added_and_the_password_stays_nowhere() {
    let mut window = at(TestWindow::new(), "Test users");
    window.press("Add test user…");
    assert_eq!(window.dialog().as_deref(), Some("Add test user"));
    assert_eq!(window.focused().as_deref(), Some("Name"));
    assert!(
        !window.can_press("Add test user"),
        "a name and a password are missing"
    );
    window.type_text("ada");
    window.type_into("Password", PASSWORD);
    assert!(!window.shows(PASSWORD));
    window.ctrl(Key::A);
    window.type_text("x");
    window.ctrl(Key::Z);
    window.type_text(PASSWORD);
    window.press("Add test user");
    assert_eq!(window.dialog(), None);
    assert_eq!(window.rows(), ["ada"]);
    assert!(window.shows("ada can sign in now"), "{}", window.outline());
    let user = window.registry().user("ada").unwrap().unwrap();
    assert_eq!(
        user.claims["email_verified"], true,
        "the example that it began with"
    );
    assert!(!holds(window.folder.path(), PASSWORD.as_bytes()));
    window.go("History");
    the_row(&window, "Added test user ada, ");
}

#[test]
fn an_undone_password_does_not_come_back() {
    let mut window = at(TestWindow::new(), "Test users");
    window.press("Add test user…");
    window.type_into("Name", "ada");
    window.type_into("Password", "first");
    window.ctrl(Key::A);
    window.key(Key::Backspace);
    window.ctrl(Key::Z);
    assert!(
        !window.can_press("Add test user"),
        "there is nothing to undo, so the field is empty"
    );
}

#[test]
fn claims_that_are_no_json_object_are_told_at_once_and_not_kept() {
    let mut window = at(TestWindow::over(with_consent), "Test users");
    window.click(Role::Row, "ada");
    window.press("Edit claims…");
    for (text, says) in [
        ("{\"name\": }", "line 1 column 10"),
        ("[]", "Claims are a JSON object"),
    ] {
        window.paste_over("Claims", text);
        assert!(window.shows(says), "{}", window.outline());
        assert!(!window.can_press("Save claims"));
    }
    window.paste_over("Claims", "{\"sub\": \"x\", \"roles\": [\"admin\"]}");
    assert!(window.shows("Not told, for the server says it itself: sub"));
    window.press("Save claims");
    let user = window.registry().user("ada").unwrap().unwrap();
    assert_eq!(user.claims["roles"], json!(["admin"]));
    window.go("History");
    the_row(&window, "Changed test user ada, ");
}

#[test]
fn another_password_leaves_the_claims_as_they_are() {
    let mut window = at(TestWindow::over(with_consent), "Test users");
    let before = window.registry().user("ada").unwrap().unwrap();
    window.click(Role::Row, "ada");
    window.press("Set password…");
    window.type_text("another");
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None);
    let after = window.registry().user("ada").unwrap().unwrap();
    assert!(before.hash != after.hash && before.claims == after.claims);
    window.go("History");
    the_row(&window, "Set password of test user ada, ");
}

#[test]
fn a_name_that_is_taken_or_odd_is_told_before_anything_is_done() {
    let mut window = at(TestWindow::over(with_consent), "Test users");
    window.press("Add test user…");
    window.type_into("Password", PASSWORD);
    for (name, says) in [
        ("ada", "There is a test user of this name"),
        ("ada l", "no space"),
        ("ädä", "no space"),
    ] {
        window.paste_over("Name", name);
        assert!(window.shows(says), "{name}: {}", window.outline());
        assert!(!window.can_press("Add test user"));
    }
    // What is typed is not lost by a click beside the form; Escape leaves it.
    window.harness.hover_at(eframe::egui::pos2(5.0, 400.0));
    window.harness.drop_at(eframe::egui::pos2(5.0, 400.0));
    window.settle();
    assert!(window.dialog().is_some());
    window.key(Key::Escape);
    assert_eq!(window.dialog(), None);
}

#[test]
fn with_a_test_user_go_consents_and_the_question_says_so() {
    let mut window = at(TestWindow::over(with_consent), "Test users");
    window.click(Role::Row, "ada");
    window.press("Remove test user…");
    assert!(window.shows("every token that came of it"));
    window.press("Remove test user");
    assert!(window.rows().is_empty());
    assert!(window.shows("No test users yet"));
    window.click(Role::Tab, "Consents");
    assert!(window.shows("Nothing was allowed yet"));
    window.go("History");
    the_row(&window, "Removed test user ada, ");
}

#[test]
fn a_consent_is_withdrawn() {
    let mut window = at(TestWindow::over(with_consent), "Consents");
    window.click(
        Role::Row,
        "ada allowed Billing portal openid at https://api.example.com",
    );
    window.press("Withdraw consent…");
    window.press("Withdraw consent");
    assert!(window.registry().consents().unwrap().is_empty());
    assert!(window.shows("Nothing was allowed yet"));
    window.go("History");
    the_row(&window, "Withdrew consent for Billing portal, ");
}

#[test]
fn where_nothing_was_allowed_there_is_a_next_step() {
    let mut window = at(TestWindow::new(), "Consents");
    assert!(
        window.shows("add a test user who can sign in"),
        "{}",
        window.outline()
    );
    window.press("Add test user…");
    window.type_text("ada");
    window.type_into("Password", PASSWORD);
    window.press("Add test user");
    window.click(Role::Tab, "Consents");
    assert!(window.shows("start the server"), "{}", window.outline());
    window.press("Start server");
    let copied = window.press_to_copy("Copy OpenID configuration address").unwrap();
    assert!(copied.ends_with("/.well-known/openid-configuration"), "{copied}");
}

#[test]
fn what_the_server_does_is_found_in_the_palette_while_it_is_of_use() {
    let mut window = TestWindow::new();
    let run = |window: &mut TestWindow, command: &str| {
        window.ctrl(Key::K);
        window.type_text(command);
        window.key(Key::Enter);
    };
    window.ctrl(Key::K);
    window.type_text("server");
    assert!(window.can_use(Role::ListBoxOption, "Start server"));
    assert!(!window.can_use(Role::ListBoxOption, "Stop server"));
    window.key(Key::Escape);
    run(&mut window, "start server");
    assert!(
        window.shows("Server at http://127.0.0.1:"),
        "{}",
        window.outline()
    );
    run(&mut window, "add test user");
    assert_eq!(window.dialog().as_deref(), Some("Add test user"));
    window.key(Key::Escape);
    run(&mut window, "consents");
    assert!(window.shows("Nothing was allowed yet"));
    run(&mut window, "rotate signing");
    assert_eq!(window.dialog().as_deref(), Some("Rotate signing keys?"));
    window.press("Rotate signing keys");
    let signing = |window: &TestWindow| {
        let rows = window.rows();
        let signing = rows.iter().filter(|row| row.ends_with(", signs")).count();
        (rows.len(), signing)
    };
    assert_eq!(signing(&window), (4, 2), "{:?}", window.rows());
    run(&mut window, "stop server");
    assert!(window.shows("Server stopped"));
}

#[test]
fn keys_rotate_with_overlap_and_a_leaked_one_goes_at_once() {
    let mut window = at(TestWindow::new(), "Signing keys");
    assert!(window.shows("No signing keys yet"));
    window.press("Start server");
    assert_eq!(window.rows().len(), 2, "{:?}", window.rows());
    window.press("Stop server");
    let old = the_row(&window, "ES256 key");
    assert!(old.ends_with(", signs"));
    window.click(Role::Row, &old);
    window.press("Rotate key…");
    assert_eq!(window.dialog().as_deref(), Some("Rotate ES256 key?"));
    window.press("Rotate key");
    let rows = window.rows();
    let published = rows.iter().filter(|row| row.contains("published until")).count();
    assert!(rows.len() == 3 && published == 1, "{rows:?}");

    let signing = rows
        .iter()
        .find(|row| row.starts_with("ES256") && row.ends_with("signs"));
    let leaked = signing.unwrap().clone();
    window.click(Role::Row, &leaked);
    window.press("Remove key now…");
    assert!(window.shows("Everything it signed is refused from now on"));
    window.press("Remove key now");
    let rows = window.rows();
    assert!(rows.len() == 3 && !rows.contains(&leaked), "{rows:?}");
    assert!(
        rows.iter()
            .any(|row| row.starts_with("ES256") && row.ends_with("signs")),
        "another one signs in its place: {rows:?}"
    );
    window.press("Make EdDSA key");
    assert!(the_row(&window, "EdDSA key").ends_with(", signs"));
    assert!(!window.can_press("Make EdDSA key"));
    window.go("History");
    assert!(
        window
            .rows()
            .iter()
            .any(|row| row.starts_with("Removed signing key "))
    );
}

#[test]
fn a_key_identifier_is_copied_whole() {
    let mut window = at(Opening::with_server().open(|_| {}), "Signing keys");
    let row = the_row(&window, "ES256 key");
    window.click(Role::Row, &row);
    let kid = window.press_to_copy("Copy key ID").unwrap();
    let keys = window.registry().signing_keys().unwrap();
    let key = keys.iter().find(|key| key.kid == kid).unwrap();
    let public = window.press_to_copy("Copy public key").unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&public).unwrap(),
        key.public_jwk
    );
    assert!(!public.contains("\"d\""), "no private part");
}

#[test]
fn a_change_made_elsewhere_comes_to_the_part_that_is_shown() {
    let mut window = at(TestWindow::over(with_consent), "Consents");
    assert_eq!(window.rows().len(), 1);
    let client_id = ClientId::parse("billing").unwrap();
    window
        .registry()
        .withdraw_consent("ada", &client_id, &somebody())
        .unwrap();
    // Any change in this window looks everything up again, as news of another's change does.
    window.click(Role::Tab, "Test users");
    window.click(Role::Row, "ada");
    window.press("Edit claims…");
    window.press("Save claims");
    window.click(Role::Tab, "Consents");
    assert!(window.shows("Nothing was allowed yet"));
}

#[test]
fn the_issuer_is_in_view_on_every_part() {
    let mut window = Opening::with_server().open(|_| {});
    window.go("Server");
    for part in [
        "Requests",
        "Endpoints",
        "Test users",
        "Consents",
        "Resource servers",
        "Registration",
        "Signing keys",
    ] {
        window.click(Role::Tab, part);
        let issuer = window.value(Role::TextInput, "Issuer");
        assert!(issuer.starts_with("http://127.0.0.1:"), "{part}: {issuer}");
    }
}

#[test]
fn the_parts_are_gone_through_with_the_keyboard_alone() {
    let mut window = TestWindow::over(with_consent);
    window.ctrl(Key::Num5);
    while window.focused().as_deref() != Some("Requests") {
        window.key(Key::Tab);
    }
    window.key(Key::ArrowRight);
    window.key(Key::ArrowRight);
    assert_eq!(window.focused().as_deref(), Some("Test users"));
    window.key(Key::Space);
    assert_eq!(window.rows(), ["ada"]);
    while window.focused().as_deref() != Some("ada") {
        window.key(Key::Tab);
    }
    window.key(Key::Enter);
    while window.focused().as_deref() != Some("Set password…") {
        window.key(Key::Tab);
    }
    window.key(Key::Enter);
    assert_eq!(window.focused().as_deref(), Some("Password"));
}

#[test]
fn the_port_counts_from_the_next_start() {
    // A port that is free now; somebody could take it meanwhile, and then the server says so.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut window = at(TestWindow::new(), "Endpoints");
    window.replace("Port", "99999");
    assert!(window.shows("A port is a number from 1 to 65535; 9400 is kept"));
    window.paste_over("Port", &free.to_string());
    window.press("Start server");
    let issuer = window.value(Role::TextInput, "Issuer");
    let taken = window.shows(&format!("Port {free} was taken"));
    assert!(taken || issuer.ends_with(&format!(":{free}")), "{issuer}");
}

#[test]
fn only_refused_requests_are_shown_where_that_is_wanted_and_one_is_copied_whole() {
    let mut window = Opening::with_server().open(with_consent);
    window.go("Server");
    assert!(window.shows("No requests yet"));
    let issuer = window.value(Role::TextInput, "Issuer");
    let address = issuer.trim_start_matches("http://").to_owned();
    for path in ["/jwks", "/nothing-here"] {
        ask(&address, path);
    }
    window.harness.run_steps(80);
    let all = window.rows();
    assert!(all.len() == 2 && all[1] == "GET /jwks, 200", "{all:?}");
    window.click(Role::CheckBox, "Only refused");
    let refused = window.rows();
    assert!(
        refused.len() == 1 && refused[0].starts_with("GET (no endpoint), 404"),
        "{refused:?}"
    );
    window.click(Role::Row, &refused[0]);
    let copied = window.press_to_copy("Copy request").unwrap();
    assert!(copied.contains("404 GET (no endpoint)"), "{copied}");
}

/// One request, as plain as can be.
fn ask(address: &str, path: &str) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 "));
}
