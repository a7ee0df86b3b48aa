//! Names: every control has one, and what can be used at one time has no two of the same role and name.

use std::collections::HashMap;

use chancery::client::ClientKind;
use eframe::egui::accesskit::Action;
use eframe::egui::{Key, Role};
use egui_kittest::kittest::NodeT;

use crate::desk::{Opening, TestWindow, good_draft, name_of, register};
use crate::list::five_clients;
use crate::secret_dialog::create_a_service;

/// Whether things of a name may be many: rows, and what acts on one value of a list, which its description names.
fn may_repeat(role: Role, name: &str) -> bool {
    role == Role::Row || name.starts_with("Remove ")
}

fn assert_names(window: &TestWindow, place: &str) {
    let mut seen: HashMap<(Role, String), Vec<String>> = HashMap::new();
    for (role, name, description) in window.controls() {
        assert!(
            !name.trim().is_empty(),
            "{place}: a {role:?} has no name:\n{}",
            window.outline()
        );
        seen.entry((role, name)).or_default().push(description);
    }
    assert!(!seen.is_empty(), "{place}: nothing can be used");
    for ((role, name), mut descriptions) in seen {
        let many = descriptions.len();
        if role == Role::Row || many == 1 {
            continue;
        }
        assert!(
            may_repeat(role, &name),
            "{place}: {many} {role:?} {name:?} with {descriptions:?}"
        );
        descriptions.sort();
        descriptions.dedup();
        assert_eq!(descriptions.len(), many, "{place}: {name:?} cannot be told apart");
    }
}

#[test]
fn on_every_screen_each_control_has_a_name_of_its_own() {
    let mut window = Opening::with_server().open(five_clients);
    assert_names(&window, "the list");
    for screen in ["Tokens", "Review", "History", "Server", "Settings"] {
        window.go(screen);
        assert!(window.can_use(Role::Heading, screen));
        assert_names(&window, screen);
    }
    window.go("Server");
    for part in [
        "Requests",
        "Endpoints",
        "Test users",
        "Consents",
        "Resource servers",
        "Registration",
        "Signing keys",
    ] {
        window.click(Role::Tab, part);
        assert_names(&window, part);
    }
    assert_names(&TestWindow::new(), "an empty registry");
}

#[test]
fn in_the_tabs_of_the_review_each_control_has_a_name_of_its_own() {
    let mut window = TestWindow::over(five_clients);
    window.go("Review");
    for tab in ["Findings", "Expiry", "Unused", "Rules"] {
        window.click(Role::Tab, tab);
        assert_names(&window, tab);
    }
    window.press("Parameters and lists");
    window.add("Add allowed host", "example.com");
    window.add("Add allowed host", "example.org");
    window.add("Add watched scope", "admin");
    assert_names(&window, "the parameters");
    for question in ["Import settings…", "Export settings…", "Back to the defaults…"] {
        window.press(question);
        assert_names(&window, question);
        window.press("Cancel");
    }
}

#[test]
fn in_the_decoder_each_control_has_a_name_of_its_own() {
    let mut window = TestWindow::new();
    window.go("Tokens");
    window.press("Decode a token");
    assert_names(&window, "an empty decoder");
    window.click(Role::CheckBox, "Compare with another token");
    let response = r#"{"access_token": "a", "id_token": "b", "refresh_token": "c"}"#;
    window.paste_into("Token", response);
    window.paste_into("Second token", response);
    for keys in ["Pasted JWKS", "Pasted PEM"] {
        window.choose("Keys", keys);
        assert_names(&window, keys);
    }
}

#[test]
fn in_the_pane_of_a_client_each_control_has_a_name_of_its_own() {
    let mut window = TestWindow::over(five_clients);
    for client in [
        "Billing portal",
        "Courier app",
        "Kiosk terminal",
        "Payroll export",
        "Viewer",
    ] {
        window.open_client(client);
        assert_names(&window, client);
        window.press("More options");
        assert_names(&window, client);
    }
    window.replace("Name", "Changed");
    assert_names(&window, "a changed client");
}

#[test]
fn beside_a_selection_and_in_its_questions_each_control_has_a_name_of_its_own() {
    let mut window = TestWindow::over(five_clients);
    window.ctrl(Key::A);
    assert_names(&window, "a selection");
    for question in ["Disable clients…", "Delete clients…"] {
        window.press(question);
        assert_names(&window, question);
        window.press("Cancel");
    }
}

#[test]
fn in_the_form_of_a_new_client_each_control_has_a_name_of_its_own() {
    let mut window = TestWindow::new();
    window.press("New client");
    for kind in ClientKind::ALL {
        window.click(Role::RadioButton, kind.label());
        assert_names(&window, kind.label());
    }
    window.press("More options");
    window.click(Role::RadioButton, "Web application");
    window.add(
        "Add redirect URI",
        "https://a.example.com/cb https://b.example.com/cb",
    );
    window.add("Add scope", "read write");
    for method in [
        "Signed assertion with its own key",
        "Certificate from an authority",
        "Secret in the request body",
    ] {
        window.choose("Client authentication", method);
        assert_names(&window, method);
    }
}

#[test]
fn in_every_dialog_each_control_has_a_name_of_its_own() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Payroll export");
    for (button, title) in [
        ("Delete client…", "Delete Payroll export?"),
        ("Rotate secret…", "Rotate secret"),
        ("Revoke all secrets now…", "Revoke all secrets now?"),
    ] {
        window.press(button);
        assert_eq!(window.dialog().as_deref(), Some(title));
        assert_names(&window, title);
        window.key(Key::Escape);
    }
    for (key, title) in [(Key::K, "Commands"), (Key::Slash, "Keyboard shortcuts")] {
        window.ctrl(key);
        assert_eq!(window.dialog().as_deref(), Some(title));
        // The page of shortcuts has nothing to use.
        if title == "Commands" {
            assert_names(&window, title);
        }
        window.key(Key::Escape);
    }
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    assert_names(&window, "Client created");
}

#[test]
fn in_the_dialogs_of_registration_each_control_has_a_name_of_its_own() {
    let mut window = TestWindow::new();
    window.go("Server");
    window.click(Role::Tab, "Registration");
    window.choose("Dynamic registration", "Open");
    assert_names(&window, "opening");
    window.press("Cancel");
    window.press("New initial access token…");
    assert_names(&window, "a new token");
    window.press("Make initial access token");
    assert_names(&window, "the token");
    window.click(Role::CheckBox, "I have stored the token");
    window.press("Done");
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    assert_names(&window, "the pane of a token");
    window.press("Revoke initial access token…");
    assert_names(&window, "revoking");
}

#[test]
fn in_the_form_of_a_resource_server_and_where_one_is_asked_each_control_has_a_name_of_its_own() {
    let mut window = Opening::with_server().open(five_clients);
    window.go("Server");
    window.click(Role::Tab, "Resource servers");
    window.press("Add resource server…");
    window.type_text("https://api.example.com");
    window.add("Add scope", "read write");
    window.press("Add rule");
    window.press("Add rule");
    window.replace("Path of rule 2", "/admin/**");
    assert_names(&window, "the form of a resource server");
    window.press("Add resource server");
    window.click(Role::Row, "https://api.example.com");
    assert_names(&window, "the pane of a resource server");
    window.press("Remove resource server…");
    assert_names(&window, "removing a resource server");
    window.press("Cancel");
    window.go("Clients");
    window.open_client("Payroll export");
    window.press("Request a token");
    window.press("Request token");
    window.replace("Path", "/admin/x");
    window.press("Check access");
    assert_names(&window, "a resource server that was asked");
}

#[test]
fn a_dialog_is_one_thing_and_holds_what_belongs_to_it() {
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    let dialogs = window.nodes(Role::Dialog, "Client created");
    assert_eq!(
        dialogs.len(),
        1,
        "a screen reader finds it {} times",
        dialogs.len()
    );
    let inside: Vec<_> = dialogs[0]
        .children_recursive()
        .filter_map(|node| name_of(&node))
        .collect();
    for name in [
        "Client secret",
        "Copy client secret",
        "I have stored the secret",
        "Done",
    ] {
        assert!(
            inside.iter().any(|held| held == name),
            "{name} is not in it: {inside:?}"
        );
    }
}

#[test]
fn clients_of_one_name_are_two_rows() {
    let window = TestWindow::over(|registry| {
        register(registry, "one", good_draft(ClientKind::Web, "Twin"));
        register(registry, "two", good_draft(ClientKind::Web, "Twin"));
    });
    assert_eq!(window.rows(), ["Twin", "Twin"]);
}

#[test]
fn while_a_dialog_is_open_only_it_and_what_is_said_at_the_bottom_can_be_found() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Payroll export");
    assert_eq!(window.nodes(Role::Button, "Copy client ID").len(), 1);
    window.press("Rotate secret…");
    assert_eq!(window.nodes(Role::Button, "Rotate secret").len(), 1);
    assert!(window.nodes(Role::Button, "Copy client ID").is_empty());
    assert!(window.nodes(Role::Row, "Payroll export").is_empty());
    window.press("Rotate secret");
    assert_eq!(window.dialog().as_deref(), Some("Secret rotated"));
    assert_eq!(window.nodes(Role::Button, "Copy client ID").len(), 1);
    window.click(Role::CheckBox, "I have stored the secret");
    window.press("Done");
    assert!(
        window.can_press("Rotate secret…"),
        "what was behind is there again"
    );
}

#[test]
fn what_cannot_be_pressed_yet_says_from_the_start_that_it_is_pressed() {
    let says = |window: &TestWindow, name: &str| {
        let nodes = window.nodes(Role::Button, name);
        assert!(!window.can_press(name), "{name}");
        assert!(
            nodes[0].accesskit_node().data().supports_action(Action::Click),
            "{name}"
        );
    };
    let mut window = TestWindow::over(five_clients);
    window.go("Tokens");
    says(&window, "Request token");
    window.go("Clients");
    window.open_client("Payroll export");
    window.press("Delete client…");
    says(&window, "Delete client");
    window.key(Key::Escape);
    window.press("New client");
    says(&window, "Create client");
    let mut window = TestWindow::new();
    create_a_service(&mut window);
    says(&window, "Done");
}
