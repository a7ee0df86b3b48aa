//! What a screen reader is told beyond names: values, states, and what stands in a row.

use chancery::client::ClientKind;
use eframe::egui::Role;
use egui_kittest::kittest::NodeT;

use crate::desk::{TestWindow, good_draft, name_of, register};
use crate::list::five_clients;

fn description(window: &TestWindow, role: Role, name: &str) -> String {
    let node = window.find(role, name);
    node.accesskit_node().description().unwrap_or_default()
}

#[test]
fn a_row_stands_in_a_table_and_says_what_stands_in_its_cells() {
    let mut window = TestWindow::over(five_clients);
    let row = window.find(Role::Row, "Payroll export");
    let table = row.accesskit_node().parent().unwrap();
    assert_eq!(table.role(), Role::Grid);
    assert_eq!(table.label().as_deref(), Some("List of clients"));
    assert_eq!(row.accesskit_node().toggled(), None, "a row is not ticked");
    assert_eq!(
        description(&window, Role::Row, "Payroll export"),
        "Machine-to-machine service, client credentials, never used, active"
    );
    assert!(description(&window, Role::Row, "Viewer").contains("held, worst finding: "));
    window.open_client("Payroll export");
    assert!(window.is_on(Role::Row, "Payroll export"));
}

#[test]
fn a_head_says_in_which_direction_it_sorts() {
    let mut window = TestWindow::over(five_clients);
    let said = |window: &TestWindow, name: &str| description(window, Role::Button, name);
    assert_eq!(said(&window, "Sort by name"), "Sorted, ascending");
    assert_eq!(said(&window, "Sort by status"), "");
    window.press("Sort by name");
    assert_eq!(said(&window, "Sort by name"), "Sorted, descending");
}

#[test]
fn what_is_chosen_in_a_combo_box_is_told_and_marked_in_its_list() {
    let mut window = TestWindow::over(five_clients);
    window.choose("Status", "Held");
    assert_eq!(window.value(Role::ComboBox, "Status"), "Held");
    window.click(Role::ComboBox, "Status");
    assert!(window.is_on(Role::ListBoxOption, "Held"));
    assert!(!window.is_on(Role::ListBoxOption, "Active"));
    window.find(Role::ListBoxOption, "Active").click_accesskit();
    window.settle();
    assert_eq!(window.value(Role::ComboBox, "Status"), "Active");
    assert!(
        window.nodes(Role::ListBoxOption, "Held").is_empty(),
        "it is closed"
    );
    window.go("Tokens");
    for (combo, value) in [
        ("Client", "Choose a client"),
        ("Grant", "Client credentials"),
        ("Audience", "The issuer"),
        ("Authenticate with", "Test credential"),
    ] {
        assert_eq!(window.value(Role::ComboBox, combo), value);
        // What does not pass values on passes this on.
        assert_eq!(description(&window, Role::ComboBox, combo), value);
    }
}

#[test]
fn the_identifier_and_the_shown_secret_can_be_read_as_texts() {
    let mut window = TestWindow::over(|registry| {
        register(
            registry,
            "payroll",
            good_draft(ClientKind::Service, "Payroll export"),
        );
    });
    window.open_client("Payroll export");
    window.press("Rotate secret…");
    window.press("Rotate secret");
    let text = |window: &TestWindow, name: &str| {
        let node = window.find(Role::TextInput, name);
        let node = node.accesskit_node();
        assert!(node.is_read_only());
        assert!(node.supports_text_ranges());
        node.document_range().text()
    };
    assert_eq!(text(&window, "Client ID"), "payroll");
    assert_eq!(text(&window, "Client secret"), "hidden");
    window.press("Show client secret");
    assert_eq!(text(&window, "Client secret").len(), 51);
    let labels = window.nodes(Role::Label, "payroll");
    assert!(
        labels.is_empty(),
        "it is said once: {:?}",
        labels.first().map(name_of)
    );
}
