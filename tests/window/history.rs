//! The History screen: what was done, in words, and the way through it with the keyboard.

use chancery::client::{ClientId, ClientKind};
use chancery::registry::{NewSecret, Registry};
use eframe::egui::{Key, Role};
use jiff::{SignedDuration, Timestamp};

use crate::desk::{TestWindow, good_draft, register, somebody};
use crate::keyboard::tab_to;

/// A service whose secret was rotated, and whose secrets were all revoked then.
fn with_secrets(registry: &Registry) {
    register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    );
    let client_id = ClientId::parse("payroll").unwrap();
    let (_, new) = NewSecret::generate("Rotated secret").unwrap();
    let act = somebody();
    let end = act.at.saturating_add(SignedDuration::from_hours(24)).unwrap();
    registry.rotate_secret(&client_id, new, end, &act).unwrap();
    registry.revoke_secrets(&client_id, &somebody()).unwrap();
}

fn row(window: &TestWindow, start: &str) -> String {
    let rows = window.rows();
    let found = rows.iter().find(|row| row.starts_with(start));
    found
        .unwrap_or_else(|| panic!("no row {start:?} in {rows:?}"))
        .clone()
}

#[test]
fn what_was_done_to_secrets_is_told_in_words_and_not_as_json() {
    let mut window = TestWindow::over(with_secrets);
    window.go("History");
    for (deed, told) in [
        ("Rotated secret of", "+ valid without an end"),
        ("Rotated secret of", "- valid without an end"),
        ("Rotated secret of", "+ valid until "),
        ("Revoked all secrets of", "+ revoked "),
        ("Revoked all secrets of", "- valid until "),
        ("Registered", "secret First secret, made "),
    ] {
        let row = row(&window, deed);
        window.click(Role::Row, &row);
        assert!(window.shows(told), "{deed}, {told}: {}", window.outline());
        assert!(!window.shows("{\""), "{deed}: {}", window.everything_shown());
    }
    let day = Timestamp::now().strftime("%Y").to_string();
    assert!(
        window.shows(&format!("{day}, ")),
        "times are written as elsewhere"
    );
}

#[test]
fn tab_goes_from_the_list_to_the_change_and_escape_back() {
    let mut window = TestWindow::over(with_secrets);
    window.ctrl(Key::Num4);
    let first = row(&window, "Revoked all secrets of");
    tab_to(&mut window, &first);
    window.key(Key::Enter);
    window.key(Key::Tab);
    assert_eq!(window.focused().as_deref(), Some("Close change"));
    window.key(Key::Tab);
    assert_eq!(window.focused().as_deref(), Some("Open client"));
    tab_to(&mut window, "Close change");
    window.key(Key::Enter);
    assert!(!window.can_press("Close change"));
    assert_eq!(window.focused(), Some(first.clone()), "where it was opened");
    window.key(Key::Enter);
    assert!(window.can_press("Close change"));
    window.key(Key::Escape);
    assert!(!window.can_press("Close change"));
    assert_eq!(window.focused(), Some(first));
}
