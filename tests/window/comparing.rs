//! The registry beside an export of another system, client by client.

use chancery::client::{ClientId, ClientKind, Status};
use chancery::registry::Registry;
use eframe::egui::{Key, Role};
use serde_json::{Value, json};

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};
use crate::keyboard::tab_to;

/// One that stands only here, one that differs, one that is the same.
fn three(registry: &Registry) {
    register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    );
    for name in ["ledger", "reports"] {
        let mut draft = good_draft(ClientKind::Service, name);
        draft.scopes = vec!["read".to_owned()];
        let client_id = ClientId::parse(name).unwrap();
        registry
            .import_client(&client_id, &draft, Status::Active, &[], "rfc7591", &somebody())
            .unwrap();
    }
}

fn service(id: &str, scope: &str) -> Value {
    let mut draft = good_draft(ClientKind::Service, id);
    draft.scopes = vec![scope.to_owned()];
    json!({"client_id": id, "client_name": draft.name, "grant_types": ["client_credentials"], "response_types": [],
        "scope": scope, "audience": draft.audience, "contacts": draft.contacts})
}

fn comparing(opening: Opening) -> TestWindow {
    let mut window = opening.open(three);
    let path = window.folder.path().join("export.json");
    let clients = json!([
        service("ledger", "read"),
        service("reports", "write"),
        service("new-one", "read")
    ]);
    std::fs::write(&path, clients.to_string()).unwrap();
    window.press("Compare…");
    window.paste_into("File or folder", path.to_str().unwrap());
    window.press("Compare");
    window
}

#[test]
fn each_client_is_told_by_how_it_stands_and_in_what_it_differs() {
    let mut window = comparing(Opening::default());
    for told in ["1 different", "1 only here", "1 only there"] {
        assert!(window.shows(told), "{told}: {}", window.outline());
    }
    window.choose("Result", "Different");
    assert_eq!(window.rows(), ["reports"]);
    window.click(Role::Row, "reports");
    for told in ["− here, + in the file", "- read", "+ write"] {
        assert!(window.shows(told), "{told}: {}", window.everything_shown());
    }
    window.choose("Result", "Only there");
    assert_eq!(window.rows(), ["new-one"]);
    window.click(Role::Row, "new-one");
    assert!(!window.can_press("Open client"));
    window.choose("Result", "Only here");
    window.click(Role::Row, "Payroll export");
    window.press("Open client");
    assert!(window.can_press("Rotate secret…"), "{}", window.outline());
    // The comparison is still there.
    window.press("Compare…");
    assert!(window.shows("1 only there"));
}

#[test]
fn a_window_that_only_looks_compares_too() {
    let window = comparing(Opening {
        read_only: true,
        ..Opening::default()
    });
    assert!(window.shows("1 only there"), "{}", window.outline());
}

#[test]
fn it_is_done_with_the_keyboard_alone_and_escape_leaves() {
    let mut window = TestWindow::over(three);
    let path = window.folder.path().join("export.json");
    std::fs::write(&path, service("new-one", "read").to_string()).unwrap();
    window.ctrl(Key::K);
    window.type_text("Compare…");
    window.key(Key::Enter);
    tab_to(&mut window, "File or folder");
    window.type_text(path.to_str().unwrap());
    window.key(Key::Enter);
    tab_to(&mut window, "new-one");
    window.key(Key::Enter);
    assert!(window.shows("it is not registered here"), "{}", window.outline());
    window.key(Key::Escape);
    assert!(!window.shows("it is not registered here"));
    while window.focused().is_some() {
        window.key(Key::Escape);
    }
    window.key(Key::Escape);
    assert!(window.can_press("New client"), "{}", window.outline());
}
