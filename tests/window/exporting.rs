//! Clients into a file for another system, and never a secret with them.

use chancery::client::{ClientId, ClientKind};
use chancery::registry::Registry;
use eframe::egui::{Key, Modifiers, Role};
use serde_json::Value;

use crate::desk::{Opening, TestWindow, good_draft, register};

fn three(registry: &Registry) {
    for (id, name) in [
        ("payroll", "Payroll export"),
        ("ledger", "Ledger"),
        ("reports", "Reports"),
    ] {
        register(registry, id, good_draft(ClientKind::Service, name));
    }
}

fn file(window: &TestWindow, name: &str) -> String {
    std::fs::read_to_string(window.folder.path().join(name)).unwrap()
}

fn names(text: &str) -> Vec<String> {
    let clients: Value = serde_json::from_str(text).unwrap();
    let clients = clients.as_array().unwrap().iter();
    let mut names: Vec<String> = clients
        .map(|client| client["client_name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn all_clients_are_written_without_a_secret_or_a_hash() {
    let mut window = TestWindow::over(three);
    window.press("Export…");
    assert_eq!(window.dialog().as_deref(), Some("Export clients"));
    window.press("Export");
    assert!(window.shows("Exported 3 clients"), "{}", window.outline());
    let text = file(&window, "clients.json");
    assert_eq!(names(&text), ["Ledger", "Payroll export", "Reports"]);
    let id = ClientId::parse("ledger").unwrap();
    let client = window.registry().client(&id).unwrap().unwrap();
    for secret in [client.secrets[0].hash.as_str(), "argon2", "client_secret\":"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn what_the_list_finds_or_what_is_selected_is_written_alone() {
    let mut window = TestWindow::over(three);
    window.type_into("Search clients", "ledg");
    window.press("Export…");
    assert_eq!(
        window.value(Role::ComboBox, "Clients to export"),
        "As the list is searched and filtered"
    );
    window.press("Export");
    assert_eq!(names(&file(&window, "clients.json")), ["Ledger"]);
    window.replace("Search clients", "");
    window.key(Key::Backspace);
    window.open_client("Ledger");
    window
        .find(Role::Row, "Reports")
        .click_modifiers(Modifiers::COMMAND);
    window.settle();
    window.press("Export…");
    assert_eq!(
        window.value(Role::ComboBox, "Clients to export"),
        "2 selected clients"
    );
    window.choose("Format", "CSV, for a spreadsheet");
    window.press("Export");
    let text = file(&window, "clients.csv");
    assert!(
        text.contains("Ledger") && text.contains("Reports") && !text.contains("Payroll"),
        "{text}"
    );
}

#[test]
fn a_window_that_only_looks_exports_too() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(three);
    window.open_client("Reports");
    window.press("Export…");
    assert_eq!(window.value(Role::ComboBox, "Clients to export"), "Reports only");
    window.choose("Clients to export", "All clients");
    window.press("Export");
    assert_eq!(names(&file(&window, "clients.json")).len(), 3);
}

#[test]
fn a_list_that_finds_none_writes_no_file() {
    let mut window = TestWindow::over(three);
    window.type_into("Search clients", "nobody is called that");
    window.press("Export…");
    window.press("Export");
    assert!(
        window.shows("There is no client to write"),
        "{}",
        window.outline()
    );
    assert!(!window.folder.path().join("clients.json").exists());
}
