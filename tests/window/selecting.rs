//! Many clients at once: selected by mouse and by keyboard, and acted on together.

use chancery::client::{ClientId, ClientKind, Status};
use chancery::registry::{HistoryQuery, Registry};
use eframe::egui::{Key, Modifiers, Role};

use crate::desk::{TestWindow, good_draft, register, somebody};
use crate::list::five_clients;

const SHIFT_COMMAND: Modifiers = Modifiers {
    shift: true,
    ..Modifiers::COMMAND
};

impl TestWindow {
    /// Clicks on a row with keys held down.
    fn click_with(&mut self, modifiers: Modifiers, name: &str) {
        self.find(Role::Row, name).click_modifiers(modifiers);
        self.settle();
    }

    fn key_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// The rows that say that they are selected.
    fn selected(&self) -> Vec<String> {
        let rows = self.rows();
        rows.into_iter()
            .filter(|name| self.is_on(Role::Row, name))
            .collect()
    }
}

fn many(count: usize) -> impl FnOnce(&Registry) {
    move |registry| {
        for number in 0..count {
            let draft = good_draft(ClientKind::SinglePage, &format!("Client {number:04}"));
            register(registry, &format!("id-{number:04}"), draft);
        }
    }
}

fn status(window: &TestWindow, name: &str) -> Status {
    window.stored(name).status
}

#[test]
fn control_and_click_selects_one_more_and_one_fewer() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Courier app");
    window.click_with(Modifiers::COMMAND, "Payroll export");
    assert_eq!(window.selected(), ["Courier app", "Payroll export"]);
    assert!(window.shows("2 clients selected"), "{}", window.outline());
    assert!(window.nodes(Role::Button, "Close client").is_empty());
    window.click_with(Modifiers::COMMAND, "Viewer");
    assert!(window.shows("3 clients selected"));
    assert!(window.shows("2 active · 1 held"), "{}", window.outline());
    window.click_with(Modifiers::COMMAND, "Viewer");
    window.click_with(Modifiers::COMMAND, "Courier app");
    assert_eq!(window.selected(), ["Payroll export"]);
    assert_eq!(
        window.value(Role::TextInput, "Name"),
        "Payroll export",
        "the one that is left is looked at"
    );
    window.click_with(Modifiers::COMMAND, "Payroll export");
    assert_eq!(window.selected(), [""; 0]);
    assert!(window.nodes(Role::Button, "Close client").is_empty());
}

#[test]
fn shift_and_click_selects_from_the_first_to_this_one() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Kiosk terminal");
    window.click_with(Modifiers::SHIFT, "Viewer");
    assert_eq!(window.selected(), ["Kiosk terminal", "Payroll export", "Viewer"]);
    window.click_with(Modifiers::SHIFT, "Courier app");
    assert_eq!(
        window.selected(),
        ["Courier app", "Kiosk terminal"],
        "it turns about the one it began with"
    );
    window.click_with(Modifiers::COMMAND, "Viewer");
    window.click_with(SHIFT_COMMAND, "Payroll export");
    assert_eq!(
        window.selected(),
        ["Courier app", "Kiosk terminal", "Payroll export", "Viewer"],
        "with both, the range is added"
    );
    window.open_client("Billing portal");
    assert_eq!(window.selected(), ["Billing portal"], "a plain click begins anew");
    assert_eq!(window.value(Role::TextInput, "Name"), "Billing portal");
}

#[test]
fn by_keyboard_a_selection_grows_shrinks_skips_and_ends() {
    let mut window = TestWindow::over(five_clients);
    window.key(Key::ArrowDown);
    window.key_with(Modifiers::SHIFT, Key::ArrowDown);
    window.key_with(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(
        window.selected(),
        ["Billing portal", "Courier app", "Kiosk terminal"]
    );
    assert_eq!(window.focused().as_deref(), Some("Kiosk terminal"));
    window.key_with(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(window.selected(), ["Billing portal", "Courier app"]);
    window.key_with(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(window.value(Role::TextInput, "Name"), "Billing portal");
    window.key_with(Modifiers::COMMAND, Key::ArrowDown);
    window.key_with(Modifiers::COMMAND, Key::ArrowDown);
    assert_eq!(
        window.selected(),
        ["Billing portal"],
        "it went there without selecting"
    );
    window.key_with(Modifiers::COMMAND, Key::Space);
    assert_eq!(window.selected(), ["Billing portal", "Kiosk terminal"]);
    window.key_with(Modifiers::SHIFT, Key::End);
    assert_eq!(window.selected(), ["Kiosk terminal", "Payroll export", "Viewer"]);
    window.key(Key::Escape);
    assert_eq!(window.selected(), [""; 0]);
    assert!(!window.shows("clients selected"));
    window.ctrl(Key::A);
    assert_eq!(window.selected().len(), 5);
    window.press("Clear selection");
    assert_eq!(window.selected(), [""; 0]);
}

#[test]
fn control_a_in_a_field_selects_its_text_and_elsewhere_no_clients() {
    let mut window = TestWindow::over(five_clients);
    window.type_into("Search clients", "pay");
    window.ctrl(Key::A);
    assert!(!window.shows("clients selected"));
    window.type_text("viewer");
    assert_eq!(window.rows(), ["Viewer"]);
    window.go("History");
    window.ctrl(Key::A);
    assert!(window.can_use(Role::Heading, "History"));
}

#[test]
fn a_selection_reaches_over_rows_that_were_never_in_view() {
    let mut window = TestWindow::over(many(450));
    window.open_client("Client 0002");
    window.key_with(Modifiers::SHIFT, Key::End);
    assert!(window.shows("448 clients selected"), "{}", window.outline());
    assert!(window.is_on(Role::Row, "Client 0449"));
    window.press("Disable clients…");
    window.press("Disable clients");
    assert!(window.shows("448 disabled"), "{}", window.outline());
    assert_eq!(status(&window, "Client 0001"), Status::Active);
    let registry = window.registry();
    let at = |number: usize| {
        let id = ClientId::parse(&format!("id-{number:04}")).unwrap();
        registry.client(&id).unwrap().unwrap().status
    };
    assert!((2..450).all(|number| at(number) == Status::Disabled));
}

#[test]
fn more_than_a_thousand_are_not_selected_and_it_says_so() {
    let mut window = TestWindow::over(many(1_010));
    window.ctrl(Key::A);
    assert!(window.shows("1,000 clients selected"), "{}", window.outline());
    assert!(window.shows("No more than 1,000 can be selected at once"));
    assert!(window.is_on(Role::Row, "Client 0000"));
    window.key(Key::Escape);
    window.key(Key::End);
    window.key_with(Modifiers::SHIFT, Key::Home);
    assert!(window.shows("1,000 clients selected"));
    assert!(
        !window.is_on(Role::Row, "Client 0000"),
        "counted from where it began"
    );
}

#[test]
fn each_client_is_switched_for_itself_with_its_own_row_in_the_history() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Billing portal");
    window.click_with(Modifiers::SHIFT, "Kiosk terminal");
    window.press("Disable clients…");
    assert_eq!(window.dialog().as_deref(), Some("Disable 3 clients?"));
    assert!(window.shows("Courier app"));
    window.press("Disable clients");
    assert_eq!(window.dialog(), None);
    assert!(
        window.shows("2 disabled, 1 was disabled already"),
        "{}",
        window.outline()
    );
    for name in ["Billing portal", "Courier app", "Kiosk terminal"] {
        assert_eq!(status(&window, name), Status::Disabled);
    }
    let query = HistoryQuery {
        limit: 50,
        ..HistoryQuery::default()
    };
    let history = window.registry().history(&query).unwrap();
    let by_us = history.iter().filter(|row| row.by == "Tess Tester");
    assert_eq!(by_us.count(), 2, "what was so already is no change");
    assert!(!window.can_press("Disable clients…"), "all of them are");
    window.press("Enable clients");
    assert!(window.shows("3 enabled"), "{}", window.outline());
    assert_eq!(status(&window, "Kiosk terminal"), Status::Active);
    assert!(!window.can_press("Enable clients"));
}

#[test]
fn what_somebody_else_changed_is_left_named_and_can_be_done_again() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Billing portal");
    window.click_with(Modifiers::SHIFT, "Courier app");
    let billing = ClientId::parse("e-billing").unwrap();
    window
        .registry()
        .set_status(&billing, 1, Status::Disabled, &somebody())
        .unwrap();
    window.press("Delete clients…");
    window.type_text("2");
    window.press("Delete clients");
    assert!(
        window.shows("1 deleted, 1 changed elsewhere: Billing portal"),
        "{}",
        window.outline()
    );
    assert_eq!(status(&window, "Billing portal"), Status::Disabled);
    assert_eq!(
        window.value(Role::TextInput, "Name"),
        "Billing portal",
        "what is left is looked at"
    );
}

#[test]
fn deleting_many_asks_for_their_number() {
    let mut window = TestWindow::over(many(12));
    window.ctrl(Key::A);
    window.press("Delete clients…");
    assert_eq!(window.dialog().as_deref(), Some("Delete 12 clients?"));
    assert!(window.shows("Client 0009") && window.shows("and 2 more"));
    assert_eq!(window.focused().as_deref(), Some("Number to confirm"));
    assert!(!window.can_press("Delete clients"));
    window.type_text("1");
    assert!(!window.can_press("Delete clients"));
    window.type_text("2");
    window.press("Delete clients");
    assert_eq!(window.rows(), [""; 0]);
    assert!(window.shows("12 deleted"));
    assert!(window.shows("No clients yet"));
}

#[test]
fn the_delete_key_asks_for_what_is_selected_and_leaves_text_alone() {
    let mut window = TestWindow::over(five_clients);
    window.key(Key::Delete);
    assert_eq!(window.dialog(), None, "nothing is selected");
    window.open_client("Billing portal");
    window.key(Key::Delete);
    assert_eq!(window.dialog().as_deref(), Some("Delete Billing portal?"));
    window.press("Cancel");
    window.click_with(Modifiers::SHIFT, "Kiosk terminal");
    window.key(Key::Delete);
    assert_eq!(window.dialog().as_deref(), Some("Delete 3 clients?"));
    window.press("Cancel");
    window.open_client("Viewer");
    window.focus("Name");
    window.key(Key::Home);
    window.key(Key::Delete);
    assert_eq!(window.dialog(), None);
    assert_eq!(window.value(Role::TextInput, "Name"), "iewer");
    window.go("Review");
    window.key(Key::Delete);
    assert_eq!(window.dialog(), None);
}

#[test]
fn the_identifiers_are_copied_one_a_line() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Courier app");
    window.click_with(Modifiers::SHIFT, "Billing portal");
    assert_eq!(
        window.press_to_copy("Copy client IDs").as_deref(),
        Some("e-billing\nd-courier")
    );
}

#[test]
fn another_search_ends_the_selection_and_another_order_does_not() {
    let mut window = TestWindow::over(five_clients);
    window.ctrl(Key::A);
    window.press("Sort by client ID");
    assert_eq!(window.selected().len(), 5);
    window.choose("Status", "Active");
    assert_eq!(window.selected(), [""; 0]);
    assert!(!window.shows("clients selected"));
}

#[test]
fn what_was_typed_into_the_pane_is_not_lost_to_a_selection() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Courier app");
    window.type_into("Name", " of the south");
    window.click_with(Modifiers::COMMAND, "Viewer");
    assert_eq!(window.dialog().as_deref(), Some("Leave without saving?"));
    window.press("Cancel");
    assert_eq!(window.value(Role::TextInput, "Name"), "Courier app of the south");
    window.click_with(Modifiers::COMMAND, "Viewer");
    window.press("Leave without saving");
    assert_eq!(window.selected(), ["Courier app", "Viewer"]);
}
