//! Many findings at once: the open ones of a group are accepted together.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{HistoryQuery, Registry};
use eframe::egui::{Key, Role};

use crate::desk::{Opening, TestWindow, good_draft, somebody};

const NAMES: [&str; 3] = ["Alpha", "Beta", "Gamma"];

fn client_id(name: &str) -> ClientId {
    ClientId::parse(&name.to_lowercase()).unwrap()
}

/// Three clients without an owner, one of which does not insist on PKCE either.
fn ownerless(registry: &Registry) {
    for name in NAMES {
        let draft = ClientDraft {
            contacts: Vec::new(),
            require_pkce: name != "Alpha",
            redirect_uris: vec![format!("https://{}.example.com/callback", name.to_lowercase())],
            ..good_draft(ClientKind::Web, name)
        };
        registry
            .import_client(&client_id(name), &draft, Status::Active, &[], "test", &somebody())
            .unwrap();
    }
}

fn accepted(window: &TestWindow) -> Vec<usize> {
    let registry = window.registry();
    NAMES
        .map(|name| registry.acceptances(&client_id(name)).unwrap().len())
        .to_vec()
}

#[test]
fn the_open_findings_of_a_rule_are_accepted_together_for_one_reason() {
    let mut window = TestWindow::over(ownerless);
    window.go("Review");
    assert!(!window.can_press("Accept all…"), "nothing is put together");
    window.choose("Group by", "By rule");
    assert!(window.shows("Choose a group to accept its risks together"));
    window.click(Role::Row, "No owner");
    assert!(window.shows("3 open in the group"), "{}", window.outline());
    window.press("Accept all…");
    assert_eq!(window.dialog().as_deref(), Some("Accept 3 risks"));
    for name in NAMES {
        assert!(window.shows(&format!("{name}: No owner")), "{}", window.outline());
    }
    assert!(!window.can_press("Accept all"), "without a reason");
    window.type_into("Reason", "Owned by the platform team");
    window.press("30 days");
    window.press("Accept all");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert_eq!(accepted(&window), [1, 1, 1]);
    assert!(
        window.shows("3 risks are accepted until "),
        "{}",
        window.outline()
    );
    // Each has its own row in the history.
    let registry = window.registry();
    let rows = registry.history(&HistoryQuery {
        limit: 100,
        ..HistoryQuery::default()
    });
    let rows = rows.unwrap();
    let kept = rows.iter().filter(|row| row.action == "accept-risk");
    assert_eq!(kept.count(), 3);
    assert!(!window.can_press("Accept all…"), "none is open any more");
    assert!(window.shows("0 open in the group"), "{}", window.outline());
}

#[test]
fn of_a_client_only_those_are_accepted_that_the_filters_show() {
    let mut window = TestWindow::over(ownerless);
    window.go("Review");
    window.choose("Rule", "PKCE not required");
    window.choose("Group by", "By client");
    window.click(Role::Row, "Alpha");
    // The finding below it is in the same group.
    window.key(Key::ArrowDown);
    assert!(window.can_press("Close finding"), "{}", window.outline());
    window.press("Accept all…");
    assert_eq!(window.dialog().as_deref(), Some("Accept 1 risk"));
    window.type_into("Reason", "Behind a gateway");
    window.press("Accept all");
    let kept = window.registry().acceptances(&client_id("Alpha")).unwrap();
    let rules: Vec<&str> = kept.iter().map(|kept| kept.rule.as_str()).collect();
    assert_eq!(rules, ["pkce-confidential"]);
}

#[test]
fn what_was_changed_elsewhere_meanwhile_stays_open_and_is_told() {
    let mut window = TestWindow::over(ownerless);
    window.go("Review");
    window.choose("Group by", "By rule");
    window.click(Role::Row, "No owner");
    window.press("Accept all…");
    window.type_into("Reason", "Known");
    let registry = window.registry();
    let beta = registry.client(&client_id("Beta")).unwrap().unwrap();
    registry
        .set_status(&client_id("Beta"), beta.version, Status::Disabled, &somebody())
        .unwrap();
    window.press("Accept all");
    assert_eq!(accepted(&window), [1, 0, 1]);
    assert!(
        window.shows("1 left open: changed or deleted elsewhere"),
        "{}",
        window.outline()
    );
}

#[test]
fn where_the_registry_may_only_be_looked_at_groups_are_not_accepted() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(ownerless);
    window.go("Review");
    window.choose("Group by", "By rule");
    window.click(Role::Row, "No owner");
    assert!(window.nodes(Role::Button, "Accept all…").is_empty());
    assert!(!window.shows("Choose a group"));
}
