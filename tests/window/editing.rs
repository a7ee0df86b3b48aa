//! A client that is there: change, save, switch, copy, delete it; and two people who change it at once.

use chancery::client::{ClientKind, Rule, Status};
use chancery::registry::HistoryQuery;
use eframe::egui::{Key, Role};

use crate::desk::{TestWindow, good_draft, register, somebody};
use crate::list::five_clients;

fn a_portal() -> TestWindow {
    let mut window = TestWindow::over(|registry| {
        register(registry, "billing", good_draft(ClientKind::Web, "Billing portal"));
        register(
            registry,
            "payroll",
            good_draft(ClientKind::Service, "Payroll export"),
        );
    });
    window.open_client("Billing portal");
    window
}

fn latest_action(window: &TestWindow) -> (String, String) {
    let query = HistoryQuery {
        limit: 1,
        ..HistoryQuery::default()
    };
    let latest = window.registry().history(&query).unwrap().remove(0);
    (latest.by, latest.action)
}

/// Somebody else adds a scope.
fn changed_elsewhere(window: &TestWindow) {
    let mut theirs = window.stored("Billing portal");
    theirs.draft.scopes.push("theirs".to_owned());
    let (id, version) = (theirs.client_id, theirs.version);
    window
        .registry()
        .update_client(&id, version, theirs.draft, None, &somebody())
        .unwrap();
}

#[test]
fn a_change_is_saved_and_seen_in_the_list_and_in_the_history() {
    let mut window = a_portal();
    assert!(
        window.nodes(Role::Button, "Save changes").is_empty(),
        "there is nothing to save yet"
    );
    window.replace("Name", "Invoicing portal");
    window.add("Add redirect URI", "https://app.example.com/second");
    window.click(Role::CheckBox, "Refresh token");
    window.press("Save changes");
    assert!(window.nodes(Role::Button, "Save changes").is_empty());
    assert_eq!(window.rows(), ["Invoicing portal", "Payroll export"]);
    let stored = window.stored("Invoicing portal");
    assert_eq!(stored.draft.redirect_uris.len(), 2);
    assert!(!stored.draft.has_grant(chancery::client::GrantType::RefreshToken));
    assert_eq!(
        latest_action(&window),
        ("Tess Tester".to_owned(), "update-client".to_owned())
    );
}

#[test]
fn control_s_saves() {
    let mut window = a_portal();
    window.replace("Name", "Invoicing portal");
    window.ctrl(Key::S);
    assert_eq!(window.stored("Invoicing portal").client_id.as_str(), "billing");
}

#[test]
fn what_is_half_typed_is_saved_too() {
    let mut window = a_portal();
    window.type_into("Add scope", "audit");
    window.ctrl(Key::S);
    assert_eq!(
        window.stored("Billing portal").draft.scopes,
        ["read", "write", "audit"]
    );
}

#[test]
fn discarding_brings_back_what_is_registered() {
    let mut window = a_portal();
    window.replace("Name", "Something else");
    window.type_into("Add scope", "half");
    window.press("Discard changes");
    assert_eq!(window.value(Role::TextInput, "Name"), "Billing portal");
    assert_eq!(window.value(Role::TextInput, "Add scope"), "");
    assert!(window.nodes(Role::Button, "Save changes").is_empty());
    assert_eq!(window.stored("Billing portal").version, 1);
}

#[test]
fn a_change_that_breaks_a_rule_is_not_saved() {
    let mut window = a_portal();
    window.add("Add redirect URI", "http://app.example.com/plain");
    assert!(window.shows("Refused") && window.shows("1 problem to solve first"));
    assert!(!window.can_press("Save changes"));
    window.ctrl(Key::S);
    assert_eq!(window.stored("Billing portal").version, 1);
    window.press("Change to https");
    window.press("Save changes");
    assert_eq!(
        window.stored("Billing portal").draft.redirect_uris[1],
        "https://app.example.com/plain"
    );
}

#[test]
fn unsaved_changes_are_not_lost_without_a_question() {
    let mut window = a_portal();
    window.replace("Name", "Half done");
    window.open_client("Payroll export");
    assert_eq!(window.dialog().as_deref(), Some("Leave without saving?"));
    window.press("Cancel");
    assert_eq!(window.value(Role::TextInput, "Name"), "Half done");
    for leave in ["Close client", "New client"] {
        window.press(leave);
        assert_eq!(
            window.dialog().as_deref(),
            Some("Leave without saving?"),
            "{leave}"
        );
        window.key(Key::Escape);
        assert_eq!(window.dialog(), None);
        assert_eq!(window.value(Role::TextInput, "Name"), "Half done");
    }
    window.open_client("Payroll export");
    window.press("Leave without saving");
    assert_eq!(window.value(Role::TextInput, "Name"), "Payroll export");
    window.open_client("Billing portal");
    assert_eq!(window.value(Role::TextInput, "Name"), "Billing portal");
    assert_eq!(window.stored("Billing portal").version, 1);
}

#[test]
fn another_screen_and_back_keeps_what_was_typed() {
    let mut window = a_portal();
    window.replace("Name", "Half done");
    window.go("Settings");
    window.go("Clients");
    assert_eq!(window.value(Role::TextInput, "Name"), "Half done");
    assert!(window.can_press("Save changes"));
}

#[test]
fn the_window_does_not_close_over_unsaved_changes_without_a_question() {
    let mut window = a_portal();
    assert!(window.asks_to_close(), "there is nothing to lose yet");
    window.replace("Name", "Half done");
    assert!(!window.asks_to_close());
    assert_eq!(window.dialog().as_deref(), Some("Leave without saving?"));
    window.press("Cancel");
    assert_eq!(window.value(Role::TextInput, "Name"), "Half done");
    assert!(!window.asks_to_close());
    window.press("Leave without saving");
    assert!(window.asks_to_close());
}

#[test]
fn a_client_is_switched_off_and_on_again() {
    let mut window = a_portal();
    window.press("Disable client");
    let disabled = window.stored("Billing portal");
    assert_eq!(disabled.status, Status::Disabled);
    assert!(disabled.tokens_valid_after.is_some(), "its tokens have ended");
    assert!(window.nodes(Role::Button, "Disable client").is_empty() && window.shows("Disabled"));
    window.press("Enable client");
    assert_eq!(window.stored("Billing portal").status, Status::Active);
    assert_eq!(latest_action(&window).1, "enable-client");
}

#[test]
fn switching_a_client_keeps_what_is_being_typed() {
    let mut window = a_portal();
    window.replace("Name", "Half done");
    window.press("Disable client");
    assert_eq!(window.value(Role::TextInput, "Name"), "Half done");
    assert_eq!(window.stored("Billing portal").status, Status::Disabled);
}

#[test]
fn a_copy_is_a_client_of_its_own() {
    let mut window = a_portal();
    window.press("Duplicate client");
    assert_eq!(window.value(Role::TextInput, "Name"), "Billing portal (copy)");
    window.press("Create client");
    assert_eq!(window.dialog().as_deref(), Some("Client created"));
    let (copy, original) = (
        window.stored("Billing portal (copy)"),
        window.stored("Billing portal"),
    );
    assert_ne!(copy.client_id, original.client_id);
    assert_ne!(copy.secrets[0].selector, original.secrets[0].selector);
    assert_eq!(copy.draft.redirect_uris, original.draft.redirect_uris);
}

#[test]
fn deleting_asks_for_the_name() {
    let mut window = a_portal();
    window.press("Delete client…");
    assert_eq!(window.dialog().as_deref(), Some("Delete Billing portal?"));
    for typed in ["", "billing portal", "Billing", "Billing portal x"] {
        window.replace("Name to confirm", typed);
        assert!(!window.can_press("Delete client"), "{typed:?}");
    }
    window.key(Key::Escape);
    assert_eq!(window.dialog(), None);
    window.press("Delete client…");
    window.replace("Name to confirm", "Billing portal");
    window.press("Delete client");
    assert_eq!(window.rows(), ["Payroll export"]);
    assert!(
        window.nodes(Role::Button, "Close client").is_empty(),
        "its pane is gone"
    );
    assert!(window.shows("Billing portal was deleted"));
    let id = chancery::client::ClientId::parse("billing").unwrap();
    assert!(window.registry().client(&id).unwrap().is_none());
    assert_eq!(latest_action(&window).1, "delete-client");
}

/// Two people changed the same client, and this window saves second.
fn a_conflict() -> TestWindow {
    let mut window = a_portal();
    window.replace("Name", "My portal");
    changed_elsewhere(&window);
    window.press("Save changes");
    assert_eq!(window.dialog().as_deref(), Some("Changed by somebody else"));
    window
}

#[test]
fn a_save_over_somebody_elses_is_refused_with_both_versions() {
    let window = a_conflict();
    for shown in ["My portal", "theirs", "scopes", "Yours", "In the registry"] {
        assert!(window.shows(shown), "{shown} is missing:\n{}", window.outline());
    }
    assert_eq!(
        window.stored("Billing portal").draft.scopes,
        ["read", "write", "theirs"]
    );
}

#[test]
fn in_a_conflict_theirs_can_be_taken() {
    let mut window = a_conflict();
    window.press("Take theirs");
    assert_eq!(window.dialog(), None);
    assert_eq!(window.value(Role::TextInput, "Name"), "Billing portal");
    assert!(window.nodes(Role::Button, "Remove scope").iter().any(|chip| {
        egui_kittest::kittest::NodeT::accesskit_node(chip)
            .description()
            .as_deref()
            == Some("theirs")
    }));
}

#[test]
fn in_a_conflict_mine_can_be_saved_over_theirs() {
    let mut window = a_conflict();
    window.press("Save mine over theirs");
    assert_eq!(window.dialog(), None);
    let stored = window.stored("My portal");
    assert_eq!((stored.version, stored.draft.scopes.len()), (3, 2));
    assert!(window.nodes(Role::Button, "Save changes").is_empty());
}

#[test]
fn in_a_conflict_editing_can_go_on_and_the_next_save_asks_again() {
    let mut window = a_conflict();
    window.press("Keep editing mine");
    assert_eq!(window.value(Role::TextInput, "Name"), "My portal");
    assert!(window.shows("Somebody else has changed this client meanwhile"));
    window.press("Save changes");
    assert_eq!(window.dialog().as_deref(), Some("Changed by somebody else"));
}

#[test]
fn an_act_on_an_outdated_client_does_nothing_and_shows_both_versions() {
    let mut window = a_portal();
    changed_elsewhere(&window);
    window.press("Disable client");
    assert_eq!(window.dialog().as_deref(), Some("Changed by somebody else"));
    for shown in [
        "It has not been disabled",
        "scopes",
        "theirs",
        "As you saw it",
        "In the registry",
    ] {
        assert!(window.shows(shown), "{shown} is missing:\n{}", window.outline());
    }
    window.press("Keep as it is");
    assert_eq!(window.dialog(), None);
    assert_eq!(window.stored("Billing portal").status, Status::Active);
    window.press("Disable client");
    assert_eq!(window.dialog(), None, "it has been seen as it is now");
    assert_eq!(window.stored("Billing portal").status, Status::Disabled);
}

#[test]
fn an_act_on_an_outdated_client_can_be_done_anyway() {
    let mut window = a_portal();
    changed_elsewhere(&window);
    window.press("Disable client");
    window.press("Disable anyway");
    assert_eq!(window.dialog(), None);
    let stored = window.stored("Billing portal");
    assert_eq!(
        (stored.status, stored.draft.scopes.len()),
        (Status::Disabled, 3),
        "what the other one changed stays"
    );
    window
        .registry()
        .set_status(&stored.client_id, stored.version, Status::Active, &somebody())
        .unwrap();
    window.press("Delete client…");
    window.type_text("Billing portal");
    window.press("Delete client");
    assert!(
        window.shows("It has not been deleted") && window.shows("disabled"),
        "{}",
        window.outline()
    );
    window.press("Delete anyway");
    assert_eq!(window.rows(), ["Payroll export"]);
}

#[test]
fn what_somebody_else_has_already_done_is_not_offered_again() {
    let mut window = a_portal();
    let stored = window.stored("Billing portal");
    window
        .registry()
        .set_status(&stored.client_id, stored.version, Status::Disabled, &somebody())
        .unwrap();
    window.press("Disable client");
    assert!(!window.can_press("Disable anyway"));
    window.press("Keep as it is");
    assert!(window.can_press("Enable client"));
}

#[test]
fn a_client_that_somebody_else_deleted_is_told_of() {
    let mut window = a_portal();
    let client = window.stored("Billing portal");
    window
        .registry()
        .delete_client(&client.client_id, client.version, &somebody())
        .unwrap();
    window.press("Disable client");
    assert!(window.dialog().is_some(), "{}", window.outline());
    window.press("Close");
    window.open_client("Billing portal");
    assert!(window.shows("This client has been deleted elsewhere"));
    assert!(
        window.nodes(Role::Button, "Close client").is_empty(),
        "its pane is gone"
    );
}

#[test]
fn the_guard_saves_first_and_then_does_what_was_asked_for() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Billing portal");
    window.replace("Name", "Billing gate");
    window.open_client("Viewer");
    assert_eq!(window.dialog().as_deref(), Some("Leave without saving?"));
    assert_eq!(
        window.focused().as_deref(),
        Some("Cancel"),
        "nothing is lost by Enter"
    );
    window.press("Save changes");
    assert_eq!(window.dialog(), None);
    assert_eq!(window.value(Role::TextInput, "Name"), "Viewer");
    assert_eq!(window.stored("Billing gate").draft.name, "Billing gate");
}

#[test]
fn control_s_with_a_problem_goes_to_the_problem_and_says_so() {
    let mut window = TestWindow::over(five_clients);
    window.open_client("Billing portal");
    window.replace("Name", &"n".repeat(201));
    assert!(
        window.can_use(Role::Label, Rule::TextTooLong.advice()),
        "it is said under the name:\n{}",
        window.outline()
    );
    window.focus("Add scope");
    window.ctrl(Key::S);
    assert_eq!(window.focused().as_deref(), Some("Name"));
    assert!(window.shows("Too long. Shorten it: a name has at most 200 characters"));
    assert_eq!(window.stored("Billing portal").draft.name, "Billing portal");
}
