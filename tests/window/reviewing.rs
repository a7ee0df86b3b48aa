//! What a reviewer does from the palette: with what is at hand, and where nothing is, why not.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{NewSecret, Registry};
use eframe::egui::{Key, Role};
use egui_kittest::kittest::NodeT;

use crate::desk::{Opening, TestWindow, good_draft, somebody};

const FINDING: &str = "Billing portal: No owner";

fn ownerless(registry: &Registry) {
    let draft = ClientDraft {
        contacts: Vec::new(),
        ..good_draft(ClientKind::Web, "Billing portal")
    };
    let client_id = ClientId::parse("billing").unwrap();
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
}

/// What the palette says of a command that it cannot do now; nothing where it can.
fn reason(window: &mut TestWindow, command: &str) -> Option<String> {
    window.ctrl(Key::K);
    window.type_text(command);
    let nodes = window.nodes(Role::ListBoxOption, command);
    let node = nodes.first().unwrap().accesskit_node();
    let reason = node.is_disabled().then(|| node.description().unwrap_or_default());
    drop(nodes);
    window.key(Key::Escape);
    assert_eq!(window.dialog(), None);
    reason
}

fn run(window: &mut TestWindow, command: &str) {
    window.ctrl(Key::K);
    window.type_text(command);
    window.key(Key::Enter);
}

#[test]
fn what_can_do_nothing_now_stands_in_the_palette_with_the_reason_and_is_not_done() {
    let mut window = TestWindow::over(ownerless);
    assert_eq!(
        reason(&mut window, "Accept risk…").as_deref(),
        Some("Look at an open finding on the Review screen first")
    );
    assert_eq!(
        reason(&mut window, "Approve client").as_deref(),
        Some("Look at a client first")
    );
    window.go("Review");
    assert_eq!(
        reason(&mut window, "Accept risk…").as_deref(),
        Some("Look at an open finding first")
    );
    run(&mut window, "Approve client");
    assert_eq!(window.dialog().as_deref(), Some("Commands"), "it stays open");
    window.key(Key::Escape);
    assert_eq!(reason(&mut window, "Run audit"), None);
    assert_eq!(reason(&mut window, "Verify history"), None);
}

#[test]
fn a_risk_is_accepted_and_a_client_approved_by_the_palette_alone() {
    for read_only in [false, true] {
        let opening = Opening {
            read_only,
            ..Opening::default()
        };
        let mut window = opening.open(ownerless);
        run(&mut window, "Run audit");
        assert!(
            window.rows().contains(&FINDING.to_owned()),
            "{}",
            window.outline()
        );
        window.click(Role::Row, FINDING);
        run(&mut window, "Approve client");
        assert_eq!(window.dialog().as_deref(), Some("Approve Billing portal?"));
        window.press("Cancel");
        run(&mut window, "Accept risk…");
        assert_eq!(window.dialog().as_deref(), Some("Accept risk"));
        window.type_into("Reason", "A pilot");
        window.press("Accept");
        assert_eq!(
            reason(&mut window, "Accept risk…").as_deref(),
            Some("This risk is accepted already")
        );
        run(&mut window, "Approve client");
        assert!(window.shows("Approved by Tess Tester"), "{}", window.outline());
        assert_eq!(
            reason(&mut window, "Approve client").as_deref(),
            Some("It is approved as it is now")
        );
        run(&mut window, "Verify history");
        assert!(window.shows(", whole"), "{}", window.outline());
        run(&mut window, "Export report");
        assert_eq!(window.dialog().as_deref(), Some("Export report"));
    }
}

#[test]
fn a_group_at_hand_is_accepted_by_the_palette() {
    let mut window = TestWindow::over(ownerless);
    window.go("Review");
    window.choose("Group by", "By rule");
    window.click(Role::Row, "No owner");
    run(&mut window, "Accept risk…");
    assert_eq!(window.dialog().as_deref(), Some("Accept 1 risk"));
}

#[test]
fn the_palette_has_the_keyboard_after_another_dialog_too() {
    let mut window = TestWindow::over(ownerless);
    window.go("Review");
    window.choose("Group by", "By rule");
    window.click(Role::Row, "No owner");
    window.press("Accept all…");
    window.press("Cancel");
    window.press("Open findings over time");
    window.press("Close");
    window.ctrl(Key::K);
    assert_eq!(window.focused().as_deref(), Some("Find a command"));
}
