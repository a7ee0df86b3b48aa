//! The window without a mouse.

use chancery::client::ClientKind;
use eframe::egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::NodeT;

use crate::desk::{TestWindow, good_draft, register};

/// Presses Tab until the keyboard is on something of that name.
pub fn tab_to(window: &mut TestWindow, name: &str) {
    for _ in 0..60 {
        if window.focused().as_deref() == Some(name) {
            return;
        }
        window.key(Key::Tab);
    }
    panic!(
        "Tab does not reach {name:?}; the keyboard is on {:?}:\n{}",
        window.focused(),
        window.outline()
    );
}

fn values(window: &TestWindow, name: &str) -> Vec<String> {
    let described = |node: &egui_kittest::Node<'_>| node.accesskit_node().description().unwrap_or_default();
    window.nodes(Role::Button, name).iter().map(described).collect()
}

#[test]
fn a_client_is_registered_and_its_secret_stored_by_keyboard_alone() {
    let mut window = TestWindow::new();
    window.ctrl(Key::N);
    tab_to(&mut window, "Machine-to-machine service");
    window.key(Key::Space);
    tab_to(&mut window, "Name");
    window.type_text("Payroll export");
    tab_to(&mut window, "Add scope");
    window.type_text("read");
    window.key(Key::Enter);
    window.type_text("write");
    window.key(Key::Enter);
    window.ctrl(Key::S);
    assert_eq!(
        window.dialog().as_deref(),
        Some("Client created"),
        "{}",
        window.outline()
    );
    tab_to(&mut window, "Copy client secret");
    window.key(Key::Enter);
    assert!(window.clipboard.text().is_some());
    tab_to(&mut window, "I have stored the secret");
    window.key(Key::Space);
    tab_to(&mut window, "Done");
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None);
    assert_eq!(window.rows(), ["Payroll export"]);
    assert_eq!(window.stored("Payroll export").draft.scopes, ["read", "write"]);
}

#[test]
fn tab_goes_through_the_form_in_the_order_of_the_eye() {
    let mut window = TestWindow::new();
    window.ctrl(Key::N);
    tab_to(&mut window, "Web application");
    for next in [
        "Single-page application",
        "Mobile or desktop application",
        "Machine-to-machine service",
        "Device",
        "Name",
        "Add redirect URI",
        "Authorization code",
        "Refresh token",
        "Client credentials",
        "Device code",
        "Add scope",
        "Add audience",
        "Client authentication",
        "More options",
    ] {
        window.key(Key::Tab);
        assert_eq!(window.focused().as_deref(), Some(next));
    }
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::Tab);
    window.settle();
    assert_eq!(window.focused().as_deref(), Some("Client authentication"));
}

#[test]
fn after_the_last_field_tab_comes_to_create_client() {
    let mut window = TestWindow::new();
    window.ctrl(Key::N);
    window.click(Role::RadioButton, "Machine-to-machine service");
    window.type_into("Name", "Payroll export");
    tab_to(&mut window, "More options");
    window.key(Key::Tab);
    assert_eq!(
        window.focused().as_deref(),
        Some("Create client"),
        "the button stands under the fields"
    );
}

#[test]
fn enter_adds_a_uri_and_not_one_letter_of_the_next_is_lost() {
    let mut window = TestWindow::new();
    window.ctrl(Key::N);
    tab_to(&mut window, "Add redirect URI");
    for uri in [
        "https://a.example.com/cb",
        "https://b.example.com/cb",
        "https://c.example.com/cb",
    ] {
        // Key by key without a pause in which anything could settle.
        for letter in uri.chars() {
            window.harness.event(Event::Text(letter.to_string()));
        }
        window.harness.key_press(Key::Enter);
    }
    window.settle();
    assert_eq!(
        values(&window, "Remove URI"),
        [
            "https://a.example.com/cb",
            "https://b.example.com/cb",
            "https://c.example.com/cb"
        ]
    );
    assert_eq!(window.focused().as_deref(), Some("Add redirect URI"));
}

#[test]
fn enter_adds_a_uri_however_fast_the_next_is_typed() {
    let mut window = TestWindow::new();
    window.ctrl(Key::N);
    tab_to(&mut window, "Add redirect URI");
    // What comes in while one slow frame is drawn is handed over together in the next one.
    let enter = |pressed| Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    window.after_a_slow_frame(vec![
        Event::Text("https://a.example.com/cb".to_owned()),
        enter(true),
        enter(false),
        Event::Text("https://b.exam".to_owned()),
    ]);
    window.type_text("ple.com/cb");
    window.key(Key::Enter);
    assert_eq!(
        values(&window, "Remove URI"),
        ["https://a.example.com/cb", "https://b.example.com/cb"]
    );
}

#[test]
fn a_value_is_removed_by_keyboard() {
    let mut window = TestWindow::new();
    window.ctrl(Key::N);
    tab_to(&mut window, "Add scope");
    window.type_text("read");
    window.key(Key::Enter);
    tab_to(&mut window, "Remove scope");
    window.key(Key::Enter);
    assert_eq!(values(&window, "Remove scope"), [""; 0]);
}

fn over_two() -> TestWindow {
    TestWindow::over(|registry| {
        register(registry, "billing", good_draft(ClientKind::Web, "Billing portal"));
        register(
            registry,
            "payroll",
            good_draft(ClientKind::Service, "Payroll export"),
        );
    })
}

#[test]
fn control_f_goes_to_the_search_from_wherever_it_is() {
    let mut window = over_two();
    for screen in ["Clients", "Tokens", "Settings", "History"] {
        window.go(screen);
        window.ctrl(Key::F);
        assert_eq!(
            window.focused().as_deref(),
            Some("Search clients"),
            "from {screen}"
        );
    }
    window.type_text("pay");
    assert_eq!(window.rows(), ["Payroll export"]);
}

#[test]
fn from_the_search_the_rows_are_reached_and_opened() {
    let mut window = over_two();
    window.ctrl(Key::F);
    window.type_text("pay");
    tab_to(&mut window, "Payroll export");
    window.key(Key::Enter);
    assert_eq!(window.value(Role::TextInput, "Name"), "Payroll export");
}

#[test]
fn with_the_keyboard_nowhere_an_arrow_goes_to_the_first_row() {
    let mut window = over_two();
    assert_eq!(window.focused(), None);
    window.key(Key::ArrowDown);
    assert_eq!(window.focused().as_deref(), Some("Billing portal"));
    assert_eq!(window.value(Role::TextInput, "Name"), "Billing portal");
}

#[test]
fn arrows_in_a_field_move_the_cursor_and_not_the_list() {
    let mut window = over_two();
    window.open_client("Billing portal");
    window.focus("Name");
    window.key(Key::ArrowDown);
    assert_eq!(window.value(Role::TextInput, "Name"), "Billing portal");
    assert_eq!(window.focused().as_deref(), Some("Name"));
}

#[test]
fn escape_closes_the_pane() {
    let mut window = over_two();
    window.open_client("Billing portal");
    for _ in 0..2 {
        window.key(Key::Escape);
    }
    assert!(
        window.nodes(Role::Button, "Close client").is_empty(),
        "{}",
        window.outline()
    );
}

#[test]
fn numbers_go_to_the_screens_and_the_palette_finds_every_command() {
    let mut window = over_two();
    for (key, heading) in [
        (Key::Num2, "Tokens"),
        (Key::Num3, "Review"),
        (Key::Num4, "History"),
        (Key::Num5, "Server"),
        (Key::Comma, "Settings"),
        (Key::Num1, "Clients"),
    ] {
        window.ctrl(key);
        assert!(window.can_use(Role::Heading, heading), "{heading}");
    }
    window.ctrl(Key::K);
    assert_eq!(window.dialog().as_deref(), Some("Commands"));
    assert_eq!(window.focused().as_deref(), Some("Find a command"));
    window.type_text("history");
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None);
    assert!(window.can_use(Role::Heading, "History"));
    window.ctrl(Key::Slash);
    assert_eq!(window.dialog().as_deref(), Some("Keyboard shortcuts"));
    assert!(window.shows("Ctrl+N") && window.shows("New client"));
    window.key(Key::Escape);
    assert_eq!(window.dialog(), None);
}

#[test]
fn a_dialog_that_asks_for_the_name_takes_the_keyboard() {
    let mut window = over_two();
    window.open_client("Billing portal");
    window.press("Delete client…");
    assert_eq!(window.focused().as_deref(), Some("Name to confirm"));
    window.type_text("Billing portal");
    tab_to(&mut window, "Delete client");
    window.key(Key::Enter);
    assert_eq!(window.rows(), ["Payroll export"]);
}

#[test]
fn in_the_pane_a_box_is_ticked_by_keyboard_and_the_keyboard_stays_there() {
    let mut window = over_two();
    window.open_client("Billing portal");
    tab_to(&mut window, "Refresh token");
    window.key(Key::Space);
    assert!(!window.is_on(Role::CheckBox, "Refresh token"));
    assert_eq!(window.focused().as_deref(), Some("Refresh token"));
    window.key(Key::Tab);
    assert_eq!(window.focused().as_deref(), Some("Client credentials"));
}

#[test]
fn every_letter_that_is_typed_into_the_pane_arrives() {
    let mut window = over_two();
    window.open_client("Billing portal");
    for (field, text) in [
        ("Name", " of the south"),
        ("Add scope", "audit"),
        ("Add redirect URI", "https://b.example/cb"),
    ] {
        let before = window.value(Role::TextInput, field);
        window.type_into(field, text);
        assert_eq!(window.value(Role::TextInput, field), format!("{before}{text}"));
        assert_eq!(window.focused().as_deref(), Some(field));
    }
}

#[test]
fn a_new_client_begins_in_its_name() {
    let mut window = over_two();
    window.ctrl(Key::N);
    assert_eq!(window.focused().as_deref(), Some("Name"));
    window.type_text("Courier app");
    assert_eq!(window.value(Role::TextInput, "Name"), "Courier app");
}

#[test]
fn the_status_bar_is_the_last_that_tab_comes_to() {
    let window = over_two();
    let names: Vec<String> = window.controls().into_iter().map(|control| control.1).collect();
    let at = |name: &str| names.iter().position(|other| other == name).unwrap();
    assert!(at("Clients") < at("Search clients") && at("Search clients") < at("Commands"));
}

#[test]
fn the_rows_of_a_table_are_one_stop_for_tab() {
    let mut window = over_two();
    window.ctrl(Key::F);
    tab_to(&mut window, "Sort by status");
    window.key(Key::Tab);
    assert_eq!(window.focused().as_deref(), Some("Billing portal"));
    window.key(Key::ArrowDown);
    assert_eq!(window.focused().as_deref(), Some("Payroll export"));
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::Tab);
    window.settle();
    assert_eq!(window.focused().as_deref(), Some("Sort by status"));
    window.key(Key::Tab);
    assert_eq!(
        window.focused().as_deref(),
        Some("Payroll export"),
        "it comes back to the row it left"
    );
    window.key(Key::Tab);
    assert_ne!(window.focused().as_deref(), Some("Billing portal"));
}

#[test]
fn a_dialog_begins_on_its_first_control_keeps_tab_inside_and_gives_the_keyboard_back() {
    let mut window = over_two();
    window.open_client("Payroll export");
    tab_to(&mut window, "Revoke all secrets now…");
    window.key(Key::Enter);
    assert_eq!(window.dialog().as_deref(), Some("Revoke all secrets now?"));
    assert_eq!(
        window.focused().as_deref(),
        Some("Cancel"),
        "nothing is done by Enter"
    );
    let mut inside = Vec::new();
    for _ in 0..4 {
        window.key(Key::Tab);
        inside.extend(window.focused());
    }
    inside.sort();
    inside.dedup();
    assert_eq!(inside, ["Cancel", "Revoke all secrets now"]);
    window.key(Key::Escape);
    assert_eq!(window.focused().as_deref(), Some("Revoke all secrets now…"));
    tab_to(&mut window, "Rotate secret…");
    window.key(Key::Enter);
    assert_eq!(window.focused().as_deref(), Some("Overlap in days"));
    tab_to(&mut window, "Rotate secret");
    window.key(Key::Enter);
    assert_eq!(window.dialog().as_deref(), Some("Secret rotated"));
    assert_eq!(window.focused().as_deref(), Some("Copy client ID"));
    tab_to(&mut window, "I have stored the secret");
    window.key(Key::Space);
    tab_to(&mut window, "Done");
    window.key(Key::Enter);
    assert_eq!(window.focused().as_deref(), Some("Rotate secret…"));
}

#[test]
fn enter_after_the_right_name_deletes_and_after_a_wrong_one_does_nothing() {
    let mut window = over_two();
    window.open_client("Billing portal");
    window.press("Delete client…");
    window.type_text("Billing");
    window.key(Key::Enter);
    assert_eq!(window.dialog().as_deref(), Some("Delete Billing portal?"));
    assert_eq!(window.focused().as_deref(), Some("Name to confirm"));
    window.type_text(" portal");
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None);
    assert_eq!(window.rows(), ["Payroll export"]);
}
