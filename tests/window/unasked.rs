//! What the window finds out by itself while another screen is shown: what is dangerous, and whether the history is whole.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::Registry;
use eframe::egui::Role;
use egui_kittest::kittest::NodeT;
use rusqlite::Connection;

use crate::desk::{Opening, TestWindow, good_draft, somebody};

/// A client that redirects anywhere, and is not active.
fn dangerous(registry: &Registry) {
    let draft = ClientDraft {
        redirect_uris: vec!["*".to_owned()],
        ..good_draft(ClientKind::Web, "Legacy CRM bridge")
    };
    let client_id = ClientId::parse("legacy").unwrap();
    registry
        .import_client(&client_id, &draft, Status::Active, &[], "test", &somebody())
        .unwrap();
}

/// Some seconds pass by the window's own clock.
fn some_seconds_pass(window: &mut TestWindow) {
    window.harness.run_steps(20);
    window.settle();
}

fn said_of_review(window: &TestWindow) -> String {
    let entry = window.find(Role::Button, "Review");
    entry.accesskit_node().description().unwrap_or_default()
}

#[test]
fn some_seconds_after_opening_the_navigation_says_what_cannot_wait() {
    let mut window = TestWindow::over(dangerous);
    let told = "1 critical or high finding open";
    assert!(!said_of_review(&window).contains(told));
    some_seconds_pass(&mut window);
    assert!(said_of_review(&window).contains(told));
    assert!(window.shows("Chain of 1 change verified"), "{}", window.outline());
    assert_eq!(window.dialog(), None);
    window.go("Review");
    assert!(!window.rows().is_empty(), "{}", window.outline());
}

#[test]
fn what_is_told_of_the_chain_is_true_after_a_change_too() {
    let mut window = TestWindow::over(dangerous);
    some_seconds_pass(&mut window);
    assert!(window.shows("Chain of 1 change verified"), "{}", window.outline());
    assert!(!window.shows("verified at"), "it is the whole of it");
    window.go("Clients");
    let name = window.rows().remove(0);
    window.open_client(&name);
    window.press("Disable client");
    assert!(
        window.shows("Chain of 1 change verified at "),
        "{}",
        window.outline()
    );
    window.go("History");
    window.press("Verify");
    assert!(
        window.shows("Chain of 2 changes verified"),
        "{}",
        window.outline()
    );
    assert!(!window.shows("verified at"), "it is the whole of it again");
}

#[test]
fn a_history_that_was_changed_by_another_program_is_told_on_every_screen_it_concerns() {
    for read_only in [false, true] {
        let opening = Opening {
            read_only,
            ..Opening::default()
        };
        let mut window = opening.open(|registry| {
            dangerous(registry);
            let file = Connection::open(registry.path()).unwrap();
            file.execute("UPDATE history SET by = 'Eve' WHERE seq = 1", [])
                .unwrap();
        });
        some_seconds_pass(&mut window);
        assert!(window.shows("Chain broken at change 1"), "{}", window.outline());
        window.go("Review");
        for tab in ["Findings", "Expiry", "Unused", "Rules"] {
            window.click(Role::Tab, tab);
            let banner = "Change 1 is not as it was written";
            assert!(window.shows(banner), "{tab}: {}", window.outline());
        }
        window.go("History");
        assert!(window.shows("Change 1 is not as it was written"));
        window.press("Close verification");
        window.go("Review");
        window.press("Show change 1");
        assert!(window.can_press("Close change"), "{}", window.outline());
    }
}
