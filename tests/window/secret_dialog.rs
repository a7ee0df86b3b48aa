//! The secret, once: from *Create client* to *Done*.

use chancery::client::secret::Verification;
use chancery::client::{ClientId, Secret};
use chancery::desktop::Settings;
use eframe::egui::{Event, Key, PointerButton, Role, pos2};

use crate::desk::{Opening, TestWindow, holds};

/// Registers a service in the window, up to the dialog that shows its secret.
pub fn create_a_service(window: &mut TestWindow) {
    window.press("New client");
    window.click(Role::RadioButton, "Machine-to-machine service");
    window.type_into("Name", "Payroll export");
    window.add("Add scope", "read:payroll");
    window.add("Add audience", "https://payroll.example.com");
    window.press("Create client");
    assert_eq!(
        window.dialog().as_deref(),
        Some("Client created"),
        "{}",
        window.outline()
    );
}

/// Copies the secret and returns it.
fn copy_the_secret(window: &mut TestWindow) -> String {
    let ordinary = window.press_to_copy("Copy client secret");
    assert_eq!(
        ordinary, None,
        "egui's own copy gives no hints to keep it out of histories"
    );
    window.clipboard.text().unwrap()
}

fn finish(window: &mut TestWindow) {
    window.click(Role::CheckBox, "I have stored the secret");
    window.press("Done");
    assert_eq!(window.dialog(), None);
}

#[test]
fn a_client_that_is_created_shows_its_secret_once_and_stands_in_the_list() {
    let mut window = TestWindow::new();
    assert_eq!(window.rows(), [""; 0]);
    create_a_service(&mut window);
    let secret = copy_the_secret(&mut window);
    let stored = window.stored("Payroll export");
    let live = &stored.secrets[0];
    assert_eq!(
        live.hash.verify(&Secret::new(secret.clone())),
        Verification::Right
    );
    assert_eq!(stored.draft.scopes, ["read:payroll"]);
    assert_eq!(stored.draft.audience, ["https://payroll.example.com"]);
    finish(&mut window);
    assert_eq!(window.rows(), ["Payroll export"]);
    assert!(
        !window.shows(&secret),
        "it can still be read:\n{}",
        window.outline()
    );
    assert!(!holds(window.folder.path(), secret.as_bytes()));
    let history = window.registry().history(&chancery::registry::HistoryQuery {
        limit: 5,
        ..Default::default()
    });
    let created = &history.unwrap()[0];
    assert_eq!(
        (created.by.as_str(), created.action.as_str()),
        ("Tess Tester", "create-client")
    );
}

#[test]
fn the_secret_is_masked_until_it_is_asked_for() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    let secret = copy_the_secret(&mut window);
    assert_eq!(secret.len(), Secret::LENGTH);
    assert!(!window.shows(&secret) && !window.shows(&secret[..8]));
    assert_eq!(window.value(Role::TextInput, "Client secret"), "hidden");
    window.press("Show client secret");
    assert_eq!(window.value(Role::TextInput, "Client secret"), secret);
    window.press("Hide client secret");
    assert!(!window.shows(&secret));
    finish(&mut window);
}

#[test]
fn the_secret_is_a_label_that_can_be_neither_edited_nor_selected() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    window.press("Show client secret");
    for role in [Role::TextInput, Role::MultilineTextInput, Role::PasswordInput] {
        let usable = window.controls().into_iter().filter(|control| control.0 == role);
        assert_eq!(usable.count(), 0, "{}", window.outline());
    }
    // Select all and copy, as a person would try.
    window.ctrl(Key::A);
    window.harness.event(Event::Copy);
    window.harness.step();
    assert!(window.harness.output().platform_output.commands.is_empty());
}

#[test]
fn the_clipboard_gets_the_secret_the_identifier_and_lines_for_a_shell() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    assert!(window.shows("Not copied yet"));
    let client_id = window.stored("Payroll export").client_id;
    assert_eq!(
        window.press_to_copy("Copy client ID").as_deref(),
        Some(client_id.as_str())
    );
    assert_eq!(window.clipboard.text(), None, "an identifier is no secret");
    let secret = copy_the_secret(&mut window);
    assert!(window.shows("Copied. The clipboard is cleared in 30 s, unless you copy something else."));
    assert_eq!(window.press_to_copy("Copy as environment variables"), None);
    let lines = window.clipboard.text().unwrap();
    assert_eq!(lines, format!("CLIENT_ID={client_id}\nCLIENT_SECRET={secret}\n"));
    assert!(ClientId::parse(client_id.as_str()).is_some());
}

#[test]
fn a_clipboard_that_takes_nothing_is_told_of_and_nothing_claims_to_be_copied() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    window.clipboard.refuse(true);
    for copy in ["Copy client secret", "Copy as environment variables"] {
        window.press(copy);
        assert!(
            window.shows("Nothing was copied: there is no clipboard. Try again"),
            "{}",
            window.outline()
        );
        assert!(!window.shows("Copied."), "{copy}");
    }
    window.clipboard.refuse(false);
    let secret = copy_the_secret(&mut window);
    assert!(window.shows("Copied. The clipboard is cleared in 30 s"));
    assert!(!window.shows("Nothing was copied"));
    window.clipboard.refuse(true);
    window.press("Copy client secret");
    assert!(window.shows("Nothing was copied"));
    eframe::App::on_exit(window.harness.state_mut(), None);
    assert_eq!(secret.len(), Secret::LENGTH);
    assert_eq!(window.clipboard.text(), None, "what came there before is cleared");
}

#[test]
fn done_waits_for_the_tick() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    let done = window.nodes(Role::Button, "Done");
    assert_eq!(done.len(), 1);
    assert!(!window.can_press("Done"));
    done[0].click();
    window.settle();
    window.nodes(Role::Button, "Done")[0].click_accesskit();
    window.settle();
    assert_eq!(window.dialog().as_deref(), Some("Client created"));
    window.click(Role::CheckBox, "I have stored the secret");
    assert!(window.can_press("Done"));
    window.click(Role::CheckBox, "I have stored the secret");
    assert!(!window.can_press("Done"), "the tick can be taken back");
    finish(&mut window);
}

#[test]
fn nothing_but_done_ends_the_dialog() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    let stays = |window: &TestWindow, after: &str| {
        assert_eq!(
            window.dialog().as_deref(),
            Some("Client created"),
            "after {after}"
        );
    };
    window.key(Key::Escape);
    stays(&window, "Escape");
    for corner in [pos2(4.0, 4.0), pos2(600.0, 20.0), pos2(1_370.0, 840.0)] {
        window.harness.hover_at(corner);
        for pressed in [true, false] {
            let button = PointerButton::Primary;
            window.harness.event(Event::PointerButton {
                pos: corner,
                button,
                pressed,
                modifiers: Default::default(),
            });
        }
        window.settle();
        stays(&window, "a click beside it");
    }
    for key in [Key::Enter, Key::Space] {
        window.key(key);
        stays(&window, "a key");
    }
    for key in [Key::N, Key::K, Key::S, Key::F, Key::Num2, Key::W] {
        window.ctrl(key);
        stays(&window, "a shortcut");
    }
    assert!(!window.asks_to_close(), "the window closed over the secret");
    stays(&window, "the wish to close the window");
    assert!(window.shows("Store the secret and tick the box first"));
}

#[test]
fn what_lies_behind_the_dialog_cannot_be_used() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    for (role, name) in [
        (Role::Button, "New client"),
        (Role::Button, "Tokens"),
        (Role::Button, "Disable client"),
        (Role::TextInput, "Search clients"),
        (Role::ComboBox, "Status"),
        (Role::Row, "Payroll export"),
    ] {
        assert!(window.nodes(role, name).is_empty(), "{name}");
    }
    assert_eq!(window.dialog().as_deref(), Some("Client created"));
    let mine = [
        "Copy client ID",
        "Copy client secret",
        "Show client secret",
        "Copy as environment variables",
    ];
    for _ in 0..20 {
        window.key(Key::Tab);
        let focused = window.focused().expect("the keyboard is somewhere");
        assert!(
            mine.contains(&focused.as_str()) || focused == "I have stored the secret",
            "{focused}"
        );
    }
}

#[test]
fn a_public_client_has_no_secret_to_show() {
    let mut window = TestWindow::new();
    window.press("New client");
    window.click(Role::RadioButton, "Single-page application");
    window.type_into("Name", "Invoice viewer");
    window.add("Add redirect URI", "https://invoices.example.com/callback");
    window.press("Create client");
    assert_eq!(window.dialog(), None);
    assert_eq!(window.rows(), ["Invoice viewer"]);
    assert!(window.stored("Invoice viewer").secrets.is_empty());
    assert!(
        !window
            .nodes(Role::Button, "Rotate secret…")
            .iter()
            .any(crate::desk::is_enabled)
    );
}

/// A window that clears the clipboard as soon as it may.
fn that_clears_at_once() -> TestWindow {
    let settings = Settings {
        start_server: false,
        clipboard_seconds: 0,
        ..Settings::default()
    };
    Opening {
        settings,
        ..Opening::default()
    }
    .open(|_| {})
}

#[test]
fn the_clipboard_is_cleared_when_its_time_is_up() {
    let mut window = that_clears_at_once();
    create_a_service(&mut window);
    window.press("Copy client secret");
    assert_eq!(window.clipboard.text(), None);
    assert!(window.shows("Cleared from the clipboard"));
}

#[test]
fn a_clipboard_that_holds_something_else_by_then_is_left_alone() {
    let mut window = that_clears_at_once();
    create_a_service(&mut window);
    window.find(Role::Button, "Copy client secret").click();
    window.harness.step();
    assert!(
        window.clipboard.text().is_some(),
        "the frame that copied has just ended"
    );
    window.clipboard.overwrite("a shopping list");
    window.settle();
    assert_eq!(window.clipboard.text().as_deref(), Some("a shopping list"));
}

#[test]
fn the_clipboard_is_cleared_on_exit_if_it_still_holds_the_secret() {
    for (overwritten, left) in [(None, None), (Some("a shopping list"), Some("a shopping list"))] {
        let mut window = TestWindow::new();
        create_a_service(&mut window);
        window.press("Copy client secret");
        if let Some(text) = overwritten {
            window.clipboard.overwrite(text);
        }
        eframe::App::on_exit(window.harness.state_mut(), None);
        assert_eq!(window.clipboard.text().as_deref(), left);
    }
}

#[test]
fn after_done_the_status_bar_counts_down_until_the_clipboard_is_cleared() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    copy_the_secret(&mut window);
    finish(&mut window);
    assert!(window.shows("Clipboard cleared in "), "{}", window.outline());
}
