//! The list of clients: found, filtered, sorted, gone through.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{Issue, Registry};
use eframe::egui::{Key, Role};
use jiff::Timestamp;

use crate::desk::{TestWindow, good_draft, register, somebody};

/// A client of each kind; one of them switched off, one held.
pub fn five_clients(registry: &Registry) {
    register(
        registry,
        "e-billing",
        good_draft(ClientKind::Web, "Billing portal"),
    );
    register(
        registry,
        "d-courier",
        good_draft(ClientKind::Native, "Courier app"),
    );
    register(
        registry,
        "c-kiosk",
        good_draft(ClientKind::Device, "Kiosk terminal"),
    );
    register(
        registry,
        "b-payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    );
    let disabled = ClientId::parse("c-kiosk").unwrap();
    registry
        .set_status(&disabled, 1, Status::Disabled, &somebody())
        .unwrap();
    let held = ClientDraft {
        redirect_uris: vec!["http://viewer.example.com/cb".to_owned()],
        ..good_draft(ClientKind::SinglePage, "Viewer")
    };
    let id = ClientId::parse("a-viewer").unwrap();
    registry
        .import_client(&id, &held, Status::Active, &[], "keycloak", &somebody())
        .unwrap();
}

const BY_NAME: [&str; 5] = [
    "Billing portal",
    "Courier app",
    "Kiosk terminal",
    "Payroll export",
    "Viewer",
];

fn backwards(names: [&str; 5]) -> Vec<&str> {
    names.into_iter().rev().collect()
}

#[test]
fn what_is_typed_into_the_search_finds_by_name_identifier_uri_scope_and_owner() {
    let mut window = TestWindow::over(|registry| {
        five_clients(registry);
        let mut odd = good_draft(ClientKind::Web, "Odd one");
        odd.redirect_uris = vec!["https://needle-uri.example.com/cb".to_owned()];
        odd.scopes = vec!["needle:scope".to_owned()];
        odd.contacts = vec!["needle-owner@example.com".to_owned()];
        register(registry, "needle-id", odd);
    });
    assert_eq!(window.rows().len(), 6);
    for text in [
        "Odd o",
        "odd",
        "needle-id",
        "needle-uri",
        "needle:scope",
        "needle-owner",
    ] {
        window.replace("Search clients", text);
        assert_eq!(window.rows(), ["Odd one"], "{text}");
    }
    window.replace("Search clients", "P");
    assert_eq!(
        window.rows(),
        ["Payroll export"],
        "one letter is the beginning of a name"
    );
    window.replace("Search clients", "no such client");
    assert_eq!(window.rows(), [""; 0]);
    window.ctrl(Key::A);
    window.key(Key::Backspace);
    assert_eq!(window.rows().len(), 6);
}

#[test]
fn a_search_that_finds_nothing_says_so() {
    let mut window = TestWindow::over(five_clients);
    window.type_into("Search clients", "no such client");
    assert!(
        window.shows("No client"),
        "an empty list explains itself:\n{}",
        window.outline()
    );
}

#[test]
fn filters_leave_what_fits_and_can_be_taken_off() {
    let mut window = TestWindow::over(five_clients);
    for (filter, choice, fits) in [
        (
            "Status",
            "Active",
            &["Billing portal", "Courier app", "Payroll export"][..],
        ),
        ("Status", "Disabled", &["Kiosk terminal"]),
        ("Status", "Held", &["Viewer"]),
        ("Type", "Public", &["Courier app", "Kiosk terminal", "Viewer"]),
        ("Type", "Confidential", &["Billing portal", "Payroll export"]),
        ("Grant", "Client credentials", &["Payroll export"]),
        ("Grant", "Device code", &["Kiosk terminal"]),
    ] {
        window.choose(filter, choice);
        assert_eq!(window.rows(), fits, "{filter}: {choice}");
        assert_eq!(window.value(Role::ComboBox, filter), choice);
        window.choose(filter, "All");
        assert_eq!(window.rows(), BY_NAME);
    }
    window.choose("Status", "Active");
    window.choose("Type", "Confidential");
    window.type_into("Search clients", "pay");
    assert_eq!(
        window.rows(),
        ["Payroll export"],
        "filters and search narrow each other"
    );
}

#[test]
fn a_head_sorts_and_pressed_again_sorts_the_other_way() {
    let mut window = TestWindow::over(|registry| {
        five_clients(registry);
        let issue = |id: &str, hour: i64| Issue {
            client_id: ClientId::parse(id).unwrap(),
            scopes: vec!["read".to_owned()],
            at: Timestamp::from_second(1_790_000_000 + hour * 3_600).unwrap(),
            exp: Timestamp::from_second(1_790_000_600 + hour * 3_600).unwrap(),
            secret_id: None,
        };
        registry
            .record_issues(&[issue("e-billing", 2), issue("b-payroll", 1)])
            .unwrap();
    });
    assert_eq!(window.rows(), BY_NAME);
    window.press("Sort by name");
    assert_eq!(window.rows(), backwards(BY_NAME));
    window.press("Sort by client ID");
    assert_eq!(
        window.rows(),
        backwards(BY_NAME),
        "identifiers run against the names here"
    );
    window.press("Sort by client ID");
    assert_eq!(window.rows(), BY_NAME);
    window.press("Sort by last used");
    assert_eq!(
        window.rows()[3..],
        ["Payroll export", "Billing portal"],
        "those never used come first"
    );
    window.press("Sort by last used");
    assert_eq!(window.rows()[..2], ["Billing portal", "Payroll export"]);
    window.press("Sort by status");
    assert_eq!(window.rows()[3..], ["Kiosk terminal", "Viewer"]);
    for head in ["Sort by kind", "Sort by grants"] {
        window.press(head);
        let once = window.rows();
        window.press(head);
        assert_ne!(window.rows(), once, "{head}");
    }
}

#[test]
fn arrow_keys_go_through_the_rows_and_open_each() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Courier app");
    let at = |window: &TestWindow, name: &str| {
        assert_eq!(window.focused().as_deref(), Some(name));
        assert_eq!(window.value(Role::TextInput, "Name"), name);
        assert!(window.is_on(Role::Row, name), "the row says that it is the one");
    };
    window.key(Key::ArrowDown);
    at(&window, "Kiosk terminal");
    window.key(Key::ArrowUp);
    window.key(Key::ArrowUp);
    at(&window, "Billing portal");
    window.key(Key::ArrowUp);
    at(&window, "Billing portal");
    window.key(Key::End);
    at(&window, "Viewer");
    window.key(Key::ArrowDown);
    at(&window, "Viewer");
    window.key(Key::Home);
    at(&window, "Billing portal");
    window.key(Key::PageDown);
    at(&window, "Viewer");
}

#[test]
fn a_long_list_is_gone_through_to_its_end_and_back() {
    let mut window = TestWindow::over(|registry| {
        for number in 0..250 {
            let draft = good_draft(ClientKind::SinglePage, &format!("Client {number:03}"));
            register(registry, &format!("id-{number}"), draft);
        }
    });
    assert!(window.rows().len() < 40, "only rows in view are laid out");
    window.open_client("Client 000");
    window.key(Key::End);
    assert_eq!(window.focused().as_deref(), Some("Client 249"));
    assert!(window.rows().contains(&"Client 249".to_owned()));
    for _ in 0..30 {
        window.key(Key::ArrowUp);
    }
    assert_eq!(window.focused().as_deref(), Some("Client 219"));
    assert_eq!(window.value(Role::TextInput, "Name"), "Client 219");
    window.key(Key::Home);
    assert_eq!(window.focused().as_deref(), Some("Client 000"));
}

#[test]
fn a_client_that_somebody_else_registers_appears_with_the_next_change() {
    let mut window = TestWindow::over(five_clients);
    register(&window.registry(), "new", good_draft(ClientKind::Web, "Newcomer"));
    window.open_client("Viewer");
    window.press("Disable client");
    assert!(
        window.rows().contains(&"Newcomer".to_owned()),
        "{:?}",
        window.rows()
    );
}

#[test]
fn where_nothing_fits_search_and_filters_are_cleared_at_once() {
    let mut window = TestWindow::over(five_clients);
    window.choose("Status", "Disabled");
    window.type_into("Search clients", "no such client");
    assert!(window.shows("Nothing fits"), "{}", window.outline());
    window.press("Clear search and filters");
    assert_eq!(window.rows(), BY_NAME);
    assert_eq!(window.value(Role::TextInput, "Search clients"), "");
}

#[test]
fn the_history_is_filtered_by_kind_and_time() {
    let mut window = TestWindow::over(five_clients);
    window.go("History");
    let all = window.rows().len();
    assert!(all >= 5, "{}", window.outline());
    window.choose("Change", "Secrets");
    assert!(
        window.rows().is_empty() && window.shows("Nothing fits"),
        "{}",
        window.outline()
    );
    window.choose("Change", "Registrations");
    assert_eq!(window.rows().len(), all);
    window.choose("Time", "Last 7 days");
    assert!(window.value(Role::ComboBox, "Time") == "Last 7 days");
}
