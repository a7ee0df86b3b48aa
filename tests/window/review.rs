//! The Review screen: what stands in its rows, and the way through it with the keyboard.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{Act, Registry};
use eframe::egui::{Key, Role, vec2};
use egui_kittest::kittest::NodeT;
use jiff::{SignedDuration, Timestamp};

use crate::desk::{Opening, TestWindow, good_draft};
use crate::keyboard::tab_to;

/// A client that redirects over plain http, since 40 days ago.
fn with_a_finding(registry: &Registry) {
    let draft = ClientDraft {
        redirect_uris: vec!["http://app.example.com/callback".to_owned()],
        ..good_draft(ClientKind::SinglePage, "Viewer")
    };
    let then = Timestamp::now()
        .checked_sub(SignedDuration::from_hours(40 * 24))
        .unwrap();
    let act = Act::new("Somebody Else", then);
    let client_id = ClientId::parse("viewer").unwrap();
    registry
        .import_client(&client_id, &draft, Status::Active, &[], "elsewhere", &act)
        .unwrap();
}

fn the_finding(window: &TestWindow) -> String {
    let rows = window.rows();
    let row = rows.iter().find(|row| row.starts_with("Viewer: "));
    row.unwrap_or_else(|| panic!("no finding in {rows:?}")).clone()
}

#[test]
fn a_finding_says_since_when_its_field_is_as_it_is() {
    let mut window = TestWindow::over(with_a_finding);
    window.go("Review");
    let row = the_finding(&window);
    let said = window.find(Role::Row, &row).accesskit_node().description();
    let said = said.unwrap_or_default();
    assert!(said.ends_with(", redirect_uris, for 40 days"), "{said}");
    window.click(Role::Row, &row);
    assert!(
        window.shows("when redirect_uris changed last"),
        "{}",
        window.outline()
    );
}

#[test]
fn tab_goes_from_the_list_to_the_finding_and_escape_back() {
    let mut window = TestWindow::over(with_a_finding);
    window.ctrl(Key::Num3);
    let row = the_finding(&window);
    tab_to(&mut window, "Run audit");
    tab_to(&mut window, &row);
    window.key(Key::Enter);
    window.key(Key::Tab);
    assert_eq!(window.focused().as_deref(), Some("Close finding"));
    window.key(Key::Tab);
    assert_eq!(window.focused().as_deref(), Some("Open client"));
    window.key(Key::Escape);
    assert!(!window.can_press("Close finding"));
    assert_eq!(window.focused(), Some(row), "where it was opened");
}

#[test]
fn escape_on_another_screen_leaves_the_client_that_is_being_edited() {
    let mut window = TestWindow::over(with_a_finding);
    window.open_client("Viewer");
    window.go("Review");
    window.key(Key::Escape);
    window.key(Key::Escape);
    assert_eq!(window.dialog(), None);
    window.go("Clients");
    assert!(window.can_press("Close client"), "{}", window.outline());
}

#[test]
fn in_a_narrow_window_the_finding_takes_the_place_and_the_keyboard_of_the_list() {
    let opening = Opening {
        size: vec2(600.0, 700.0),
        ..Opening::default()
    };
    let mut window = opening.open(with_a_finding);
    window.ctrl(Key::Num3);
    let row = the_finding(&window);
    tab_to(&mut window, &row);
    window.key(Key::Enter);
    assert!(window.rows().is_empty(), "{:?}", window.rows());
    assert_eq!(window.focused().as_deref(), Some("Close finding"));
    window.key(Key::Enter);
    assert_eq!(window.focused(), Some(row));
}
