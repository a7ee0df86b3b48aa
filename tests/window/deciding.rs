//! What a reviewer decides: a fix whose diff is shown first, a risk that is accepted until an end, a client that is approved.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{Act, NewSecret, Registry};
use eframe::egui::Role;
use egui_kittest::kittest::NodeT;
use jiff::{SignedDuration, Timestamp};

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};

fn billing() -> ClientId {
    ClientId::parse("billing").unwrap()
}

/// A client that does not insist on PKCE, since 40 days.
fn without_pkce(registry: &Registry) {
    let draft = ClientDraft {
        require_pkce: false,
        ..good_draft(ClientKind::Web, "Billing portal")
    };
    let then = Timestamp::now()
        .checked_sub(SignedDuration::from_hours(40 * 24))
        .unwrap();
    registry
        .import_client(
            &billing(),
            &draft,
            Status::Active,
            &[NewSecret::generate("First secret").unwrap().1],
            "keycloak",
            &Act::new("Ada Admin", then),
        )
        .unwrap();
}

const FINDING: &str = "Billing portal: PKCE not required";

fn looked_at() -> TestWindow {
    let mut window = TestWindow::over(without_pkce);
    window.go("Review");
    window.click(Role::Row, FINDING);
    window
}

/// Somebody else saves the client.
fn change(window: &TestWindow, change: impl FnOnce(&mut ClientDraft)) {
    let registry = window.registry();
    let client = registry.client(&billing()).unwrap().unwrap();
    let mut draft = client.draft;
    change(&mut draft);
    registry
        .update_client(&billing(), client.version, draft, None, &somebody())
        .unwrap();
}

#[test]
fn a_fix_is_shown_before_it_is_made_and_ends_the_finding() {
    let mut window = looked_at();
    window.press("Fix…");
    assert_eq!(window.dialog().as_deref(), Some("Fix Billing portal?"));
    for line in ["require_pkce", "- false", "+ true"] {
        assert!(window.can_use(Role::Label, line), "{line}:\n{}", window.outline());
    }
    assert!(!window.stored("Billing portal").draft.require_pkce);
    window.press("Fix");
    assert_eq!(window.dialog(), None);
    assert!(window.stored("Billing portal").draft.require_pkce);
    assert!(window.shows("Billing portal was fixed"), "{}", window.outline());
    window.settle();
    assert!(
        !window.rows().contains(&FINDING.to_owned()),
        "{:?}",
        window.rows()
    );
    assert!(!window.can_press("Close finding"), "{}", window.outline());
}

#[test]
fn a_client_that_was_saved_meanwhile_is_not_fixed_before_both_versions_were_seen() {
    let mut window = looked_at();
    window.press("Fix…");
    change(&window, |draft| draft.scopes.push("admin".to_owned()));
    window.press("Fix");
    assert!(
        window.shows("was saved elsewhere meanwhile"),
        "{}",
        window.outline()
    );
    assert!(window.shows("admin"));
    assert!(!window.stored("Billing portal").draft.require_pkce);
    window.press("Fix");
    let draft = window.stored("Billing portal").draft;
    assert!(draft.require_pkce && draft.scopes.contains(&"admin".to_owned()));
}

#[test]
fn hidden_characters_are_taken_out_by_a_fix_that_the_history_calls_one() {
    let mut window = TestWindow::over(|registry| {
        let draft = ClientDraft {
            name: "Bill\u{202e}ing portal".to_owned(),
            ..good_draft(ClientKind::Web, "")
        };
        registry
            .import_client(&billing(), &draft, Status::Active, &[], "keycloak", &somebody())
            .unwrap();
    });
    window.go("Review");
    let rows = window.rows();
    let row = rows
        .iter()
        .find(|row| row.ends_with("White space or hidden characters"))
        .cloned();
    window.click(Role::Row, &row.unwrap_or_else(|| panic!("{rows:?}")));
    window.press("Fix…");
    for line in ["name", "- Bill<U+202E>ing portal", "+ Billing portal"] {
        assert!(window.shows(line), "{line}: {}", window.outline());
    }
    window.press("Fix");
    assert_eq!(window.stored("Billing portal").draft.name, "Billing portal");
    window.go("History");
    window.choose("Change", "Fixes");
    let rows = window.rows();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].starts_with("Fixed Billing portal"), "{rows:?}");
    window.click(Role::Row, &rows[0]);
    assert!(window.shows("rule text-unsafe"), "{}", window.outline());
}

#[test]
fn a_fix_that_would_be_refused_is_not_offered() {
    let mut window = TestWindow::over(|registry| {
        let draft = ClientDraft {
            redirect_uris: vec!["https://staging.example.com/callback".to_owned()],
            scopes: vec!["openid".to_owned()],
            ..good_draft(ClientKind::Web, "Billing portal")
        };
        registry
            .import_client(&billing(), &draft, Status::Active, &[], "test", &somebody())
            .unwrap();
        let settings = chancery::audit::Settings {
            allowed_hosts: vec!["example.org".to_owned()],
            ..chancery::audit::Settings::default()
        };
        registry.set_audit_settings(&settings, &somebody()).unwrap();
    });
    window.go("Review");
    let rows = window.rows();
    let row = rows
        .iter()
        .find(|row| row.starts_with("Billing portal: "))
        .cloned();
    window.click(Role::Row, &row.unwrap_or_else(|| panic!("{rows:?}")));
    assert!(window.can_press("Accept risk…"));
    assert!(
        window.nodes(Role::Button, "Fix…").is_empty(),
        "{}",
        window.outline()
    );
}

#[test]
fn an_accepted_risk_stands_in_the_list_as_it_opens_behind_the_open_ones_and_is_not_counted() {
    let mut window = TestWindow::over(|registry| {
        without_pkce(registry);
        let draft = ClientDraft {
            require_pkce: false,
            redirect_uris: vec!["https://kiosk.example.com/callback".to_owned()],
            ..good_draft(ClientKind::Web, "Kiosk")
        };
        let client_id = ClientId::parse("kiosk").unwrap();
        registry
            .import_client(
                &client_id,
                &draft,
                Status::Active,
                &[NewSecret::generate("First secret").unwrap().1],
                "test",
                &somebody(),
            )
            .unwrap();
    });
    window.go("Review");
    let kiosk = "Kiosk: PKCE not required";
    assert_eq!(window.rows(), [FINDING, kiosk]);
    window.click(Role::Row, FINDING);
    window.press("Accept risk…");
    window.type_into("Reason", "Behind a gateway");
    window.press("Accept");
    assert_eq!(window.rows(), [kiosk, FINDING], "{}", window.outline());
    let said = window.find(Role::Row, FINDING).accesskit_node().description();
    let said = said.unwrap_or_default();
    assert!(
        said.contains("accepted until ") && said.ends_with("by Tess Tester: Behind a gateway"),
        "{said}"
    );
    assert!(window.shows("1 open · "), "{}", window.outline());
    assert!(window.shows("1 accepted risk is not counted · shown with its reason and end date"));
    window.choose("Group by", "By rule");
    let group = window.find(Role::Row, "PKCE not required");
    let said = group.accesskit_node().description().unwrap_or_default();
    assert_eq!(said, "2 findings, 1 medium, 1 accepted, closed");
    window.choose("Group by", "By client");
    assert_eq!(window.rows(), ["Kiosk", "Billing portal"], "the open ones first");
    window.choose("Group by", "By finding");
    window.choose("Decision", "Open");
    assert_eq!(window.rows(), [kiosk]);
    window.press("1 accepted risk is not counted · press to show it with its reason and end date");
    assert_eq!(window.value(Role::ComboBox, "Decision"), "Decision");
    assert_eq!(window.rows().len(), 2, "{}", window.outline());
}

#[test]
fn a_risk_is_accepted_with_a_reason_and_an_end_and_ended_again() {
    let mut window = looked_at();
    window.press("Accept risk…");
    assert_eq!(window.dialog().as_deref(), Some("Accept risk"));
    assert!(!window.can_press("Accept"), "without a reason");
    assert!(window.is_on(Role::Button, "90 days"), "{}", window.outline());
    window.type_into("Reason", "Behind the gateway");
    window.press("30 days");
    let until = window.value(Role::TextInput, "Until");
    window.replace("Until", "2020-01-01");
    assert!(!window.can_press("Accept"), "{}", window.outline());
    assert!(window.shows("The end date is past"), "{}", window.outline());
    window.replace("Until", "soon");
    assert!(window.shows("Write the end date as"), "{}", window.outline());
    window.replace("Until", &until);
    window.press("Accept");
    assert_eq!(window.dialog(), None);
    let kept = window.registry().acceptances(&billing()).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].by.as_str(), kept[0].reason.as_str()),
        ("Tess Tester", "Behind the gateway")
    );
    assert_eq!(kept[0].until.strftime("%Y-%m-%d").to_string(), until);
    window.settle();
    // It stays where it was looked at.
    assert!(window.rows().contains(&FINDING.to_owned()), "{:?}", window.rows());
    assert!(window.shows("Accepted by Tess Tester on"), "{}", window.outline());
    assert!(window.shows("1 accepted · 0 clients"), "{}", window.outline());
    assert!(!window.can_press("Accept risk…"));
    window.choose("Decision", "Accepted");
    assert_eq!(window.rows(), [FINDING]);
    window.press("End acceptance");
    window.settle();
    assert!(window.registry().acceptances(&billing()).unwrap().is_empty());
    assert!(window.can_press("Accept risk…"), "{}", window.outline());
}

/// Approves the client, of which one finding stays open.
fn approve_despite_one(window: &mut TestWindow) {
    window.press("Approve client");
    assert_eq!(window.dialog().as_deref(), Some("Approve Billing portal?"));
    assert!(
        window.shows("1 medium finding stays open"),
        "{}",
        window.outline()
    );
    window.press("Approve client");
}

#[test]
fn a_client_with_open_findings_is_approved_only_after_asking_and_one_without_at_once() {
    let mut window = looked_at();
    window.press("Approve client");
    window.press("Cancel");
    assert_eq!(window.registry().approval(&billing()).unwrap(), None);
    window.press("Accept risk…");
    window.type_into("Reason", "Behind a gateway");
    window.press("Accept");
    window.press("Approve client");
    assert_eq!(window.dialog(), None, "what is accepted is not open");
    assert!(window.registry().approval(&billing()).unwrap().is_some());
    // Before the first audit, too.
    let mut window = TestWindow::over(without_pkce);
    window.open_client("Billing portal");
    approve_despite_one(&mut window);
    assert!(window.registry().approval(&billing()).unwrap().is_some());
}

#[test]
fn a_client_is_approved_and_what_changed_since_is_shown_with_the_difference() {
    let mut window = looked_at();
    assert!(window.shows("Nobody has approved this client"));
    approve_despite_one(&mut window);
    assert!(window.shows("Approved by Tess Tester on"), "{}", window.outline());
    assert!(window.shows("1 client approved"), "{}", window.outline());
    assert!(!window.can_press("Approve client"));
    change(&window, |draft| draft.scopes.push("admin".to_owned()));
    window.press("Run audit");
    window.settle();
    let changed = "Billing portal: Changed since review";
    window.click(Role::Row, changed);
    assert!(window.shows("+ admin"), "{}", window.outline());
    assert!(
        window.shows("Changed since Tess Tester approved it on"),
        "{}",
        window.outline()
    );
    assert!(
        window.shows("Changed by Somebody Else on ")
            && window.shows(", after Tess Tester approved the client on "),
        "{}",
        window.outline()
    );
    approve_despite_one(&mut window);
    assert!(
        !window.rows().contains(&changed.to_owned()),
        "{:?}",
        window.rows()
    );
    window.click(Role::Row, FINDING);
    window.press("Withdraw approval");
    window.settle();
    assert_eq!(window.registry().approval(&billing()).unwrap(), None);
    assert!(window.can_press("Approve client"));
}

#[test]
fn a_client_that_changed_after_it_was_looked_at_is_not_approved_unseen() {
    let mut window = looked_at();
    change(&window, |draft| draft.scopes.push("admin".to_owned()));
    approve_despite_one(&mut window);
    assert_eq!(window.dialog().as_deref(), Some("Changed by somebody else"));
    assert!(window.shows("It has not been approved"), "{}", window.outline());
    assert!(window.shows("admin"), "{}", window.outline());
    assert_eq!(window.registry().approval(&billing()).unwrap(), None);
    window.press("Approve as it is now");
    window.press("Approve client");
    let approval = window.registry().approval(&billing()).unwrap().unwrap();
    assert_eq!(approval.version, window.stored("Billing portal").version);
}

#[test]
fn the_page_of_a_client_says_who_approved_it_and_approves_it() {
    let mut window = TestWindow::over(|registry| {
        register(registry, "billing", good_draft(ClientKind::Web, "Billing portal"));
    });
    window.open_client("Billing portal");
    assert!(
        window.shows("Nobody has approved this client"),
        "{}",
        window.outline()
    );
    window.press("Approve client");
    window.settle();
    assert!(window.shows("Approved by Tess Tester on"), "{}", window.outline());
    window.add("Add scope", "admin");
    assert!(
        !window.can_press("Withdraw approval"),
        "what is being edited is not decided about"
    );
    window.press("Save changes");
    window.settle();
    assert!(
        window.shows("Changed since Tess Tester approved it on"),
        "{}",
        window.outline()
    );
    assert!(window.can_press("Approve client"));
}

#[test]
fn the_history_of_the_field_is_told_item_by_item_the_newest_first() {
    let mut window = TestWindow::over(|registry| {
        let mut draft = good_draft(ClientKind::SinglePage, "Viewer");
        draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
        register(registry, "viewer", draft.clone());
        draft.redirect_uris.push("http://localhost/callback".to_owned());
        let client_id = ClientId::parse("viewer").unwrap();
        registry
            .update_client(
                &client_id,
                1,
                draft.clone(),
                None,
                &Act::new("Ada Admin", Timestamp::now()),
            )
            .unwrap();
        draft.notes = "Another field".to_owned();
        registry
            .update_client(
                &client_id,
                2,
                draft,
                None,
                &Act::new("Ida Idle", Timestamp::now()),
            )
            .unwrap();
    });
    window.go("Review");
    window.click(Role::Row, "Viewer: localhost instead of 127.0.0.1");
    let shown = window.everything_shown();
    let at = |text: &str| {
        let place = shown.find(text);
        place.unwrap_or_else(|| panic!("{text} is missing:\n{}", window.outline()))
    };
    assert!(at("saved by Ada Admin") < at("registered by Somebody Else"));
    assert!(shown.contains("+ http://localhost/callback"));
    assert!(!shown.contains("Ida Idle"), "another field was changed");
}

#[test]
fn open_client_leads_to_the_field_concerned() {
    let mut window = TestWindow::over(|registry| {
        let draft = ClientDraft {
            contacts: Vec::new(),
            ..good_draft(ClientKind::Web, "Billing portal")
        };
        registry
            .import_client(&billing(), &draft, Status::Active, &[], "test", &somebody())
            .unwrap();
    });
    window.go("Review");
    window.click(Role::Row, "Billing portal: No owner");
    window.press("Open client");
    window.settle();
    assert!(window.can_press("Close client"));
    assert_eq!(window.focused().as_deref(), Some("Add owner"));
}

#[test]
fn where_the_registry_may_only_be_looked_at_decisions_are_offered_and_changes_are_not() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(without_pkce);
    window.go("Review");
    window.click(Role::Row, FINDING);
    for name in ["Fix…", "Save filter…"] {
        assert!(window.nodes(Role::Button, name).is_empty(), "{name}");
    }
    // These are kept in a file of their own.
    for name in ["Accept risk…", "Approve client", "Export report…"] {
        assert!(window.can_press(name), "{name}");
    }
    assert!(
        window.shows("Nobody has approved this client"),
        "{}",
        window.outline()
    );
    window.choose("Severity", "Medium");
    assert!(window.nodes(Role::Button, "Save filter…").is_empty());
    let counts = window.registry().finding_counts(Timestamp::UNIX_EPOCH).unwrap();
    assert!(counts.is_empty(), "{counts:?}");
}
