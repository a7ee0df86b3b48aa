//! The redirect tester: an address that failed, held against what is registered.

use chancery::client::ClientKind;
use chancery::registry::Registry;
use eframe::egui::{Key, Role, vec2};

use crate::desk::{Opening, TestWindow, good_draft, register};

const FIELD: &str = "Address that failed";
const REGISTERED: &str = "https://app.example.com/callback";

fn fill(registry: &Registry) {
    register(registry, "portal", good_draft(ClientKind::Web, "Portal"));
    register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    );
}

fn testing() -> TestWindow {
    let mut window = TestWindow::over(fill);
    window.open_client("Portal");
    window.press("Test a redirect URI…");
    assert_eq!(window.dialog().as_deref(), Some("Test a redirect URI"));
    assert_eq!(
        window.focused().as_deref(),
        Some(FIELD),
        "typing goes there at once"
    );
    window
}

fn assert_shows(window: &TestWindow, told: &[&str]) {
    for text in told {
        assert!(window.shows(text), "{text} is missing:\n{}", window.outline());
    }
}

#[test]
fn a_refused_request_is_read_and_held_against_the_nearest_registered_uri() {
    let mut window = testing();
    window.paste_into(
        FIELD,
        "https://id.example/authorize?client_id=portal&redirect_uri=https%3A%2F%2Fapp.example.com%2FCallback%2F&state=x",
    );
    assert_shows(
        &window,
        &[
            "Found in redirect_uri of the request",
            "Does not match",
            "Registered https://app.example.com/callback",
            "Requested  https://app.example.com/Callback/",
            "The path differs: registered /callback, requested /Callback/",
            "What to do",
        ],
    );
    assert_eq!(
        window.value(Role::TextInput, FIELD),
        "https://app.example.com/Callback/"
    );
    let copied = window.press_to_copy("Copy what to register");
    assert_eq!(copied.as_deref(), Some("https://app.example.com/Callback/"));
}

#[test]
fn what_is_to_be_registered_goes_into_the_form_and_is_saved_only_when_the_person_says_so() {
    let mut window = testing();
    window.paste_into(FIELD, "https://app.example.com/callback/");
    window.press("Add to this client");
    assert_eq!(window.dialog(), None);
    assert!(window.can_press("Save changes"), "{}", window.outline());
    assert_eq!(window.stored("Portal").draft.redirect_uris, [REGISTERED]);
    window.press("Save changes");
    assert_eq!(
        window.stored("Portal").draft.redirect_uris,
        [REGISTERED, "https://app.example.com/callback/"]
    );
}

#[test]
fn of_the_address_where_the_browser_ended_the_code_is_neither_shown_nor_kept() {
    let mut window = testing();
    window.paste_into(FIELD, &format!("{REGISTERED}?code=VerySecretCode&state=abc"));
    assert_shows(
        &window,
        &[
            "Found where the browser ended; left out what a server adds: code, state",
            "It matches a registered redirect URI exactly",
        ],
    );
    assert_eq!(window.value(Role::TextInput, FIELD), REGISTERED);
    window.focus(FIELD);
    window.ctrl(Key::Z);
    assert!(!window.shows("VerySecretCode"), "{}", window.outline());
    assert!(!window.can_press("Copy what to register"));
}

#[test]
fn an_address_that_a_rule_refuses_cannot_be_added_and_the_application_is_told_what_to_send() {
    let mut window = testing();
    window.paste_into(FIELD, "http://app.example.com/callback");
    assert_shows(
        &window,
        &[
            "The scheme differs: registered https, requested http",
            "an application often takes its own address to be http",
            "Have the application send https://app.example.com/callback, which is registered",
            "Redirect over plain http",
        ],
    );
    assert!(!window.can_press("Add to this client") && !window.can_press("Copy what to register"));
    window.press("Close");
    assert_eq!(window.dialog(), None);
}

#[test]
fn it_is_offered_where_a_browser_comes_back_and_by_the_palette_for_the_client_at_hand() {
    let mut window = TestWindow::over(fill);
    window.open_client("Payroll export");
    assert!(!window.can_press("Test a redirect URI…"));
    window.ctrl(Key::K);
    window.type_text("redirect");
    assert!(!window.can_use(Role::ListBoxOption, "Test a redirect URI…"));
    window.key(Key::Escape);
    window.go("Tokens");
    window.click(Role::ComboBox, "Client");
    window.type_text("Por");
    window.click(Role::ListBoxOption, "Portal");
    window.ctrl(Key::K);
    window.type_text("test redirect");
    window.key(Key::Enter);
    assert_eq!(window.dialog().as_deref(), Some("Test a redirect URI"));
    window.paste_into(FIELD, "https://app.example.com/other");
    window.press("Add to this client");
    assert!(
        window.can_press("Save changes"),
        "the client is opened for it: {}",
        window.outline()
    );
    assert!(window.shows("https://app.example.com/other"));
}

#[test]
fn a_window_that_may_not_write_tests_and_adds_nothing() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(fill);
    window.open_client("Portal");
    window.press("Test a redirect URI…");
    window.paste_into(FIELD, "https://app.example.com/other");
    assert!(window.can_press("Copy what to register") && !window.can_press("Add to this client"));
}

#[test]
fn a_paste_of_ten_megabytes_is_cut_and_answered() {
    let mut window = testing();
    window.paste_into(FIELD, &format!("{REGISTERED}?code={}", "a".repeat(10 << 20)));
    assert_eq!(window.value(Role::TextInput, FIELD), REGISTERED);
    window.paste_over(FIELD, &"nothing ".repeat(1 << 20));
    assert_shows(&window, &["There is no address in it"]);
}

#[test]
fn at_the_smallest_window_everything_is_reached() {
    let opening = Opening {
        size: vec2(683.0, 467.0),
        ..Opening::default()
    };
    let mut window = opening.open(fill);
    window.open_client("Portal");
    window.press("Test a redirect URI…");
    window.paste_into(
        FIELD,
        "http://localhost:3000/a/rather/long/path/to/the/callback?tenant=7",
    );
    window.press("Copy what to register");
    window.press("Close");
}
