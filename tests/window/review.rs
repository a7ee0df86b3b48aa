//! The Review screen: what stands in its rows, and the way through it with the keyboard.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{Act, Registry};
use eframe::egui::{Key, Modifiers, Role, vec2};
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
    assert_eq!(window.focused().as_deref(), Some("Fix…"));
    window.key(Key::Tab);
    assert_eq!(window.focused().as_deref(), Some("Accept risk…"));
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

/// Clients of which different things are to be said.
fn several(registry: &Registry) {
    let web = |name: &str| good_draft(ClientKind::Web, name);
    let drafts = [
        (
            "legacy",
            Status::Active,
            400,
            ClientDraft {
                redirect_uris: vec!["*".to_owned()],
                ..web("Legacy CRM bridge")
            },
        ),
        (
            "kiosk",
            Status::Disabled,
            40,
            ClientDraft {
                contacts: Vec::new(),
                ..web("Kiosk terminal")
            },
        ),
        (
            "billing",
            Status::Active,
            3,
            ClientDraft {
                require_pkce: false,
                access_token_lifetime: Some(7_200),
                contacts: vec!["billing@example.com".to_owned()],
                ..web("Billing portal")
            },
        ),
    ];
    for (client_id, status, days, draft) in drafts {
        let then = Timestamp::now()
            .checked_sub(SignedDuration::from_hours(days * 24))
            .unwrap();
        let act = Act::new("Ada Admin", then);
        let client_id = ClientId::parse(client_id).unwrap();
        registry
            .import_client(&client_id, &draft, status, &[], "test", &act)
            .unwrap();
    }
}

fn reviewed() -> TestWindow {
    let mut window = TestWindow::over(several);
    window.go("Review");
    window
}

/// The clients of the findings that are listed, each once, in their order.
fn listed(window: &TestWindow) -> Vec<String> {
    let mut clients: Vec<String> = Vec::new();
    for row in window.rows() {
        let client = row.split(": ").next().unwrap_or_default().to_owned();
        if !clients.contains(&client) {
            clients.push(client);
        }
    }
    clients
}

const ALL: [&str; 3] = ["Legacy CRM bridge", "Billing portal", "Kiosk terminal"];

#[test]
fn each_filter_leaves_what_it_names_and_all_of_them_are_cleared_at_once() {
    let mut window = reviewed();
    assert_eq!(listed(&window).len(), 3, "{:?}", window.rows());
    for (filter, choice, left) in [
        ("Severity", "Critical", vec![ALL[0]]),
        ("Rule", "No owner", vec![ALL[2]]),
        ("Status", "Disabled", vec![ALL[2]]),
        ("Status", "Held", vec![ALL[0]]),
        ("Age", "Over a year", vec![ALL[0]]),
        ("Age", "Last 7 days", vec![ALL[1]]),
        ("Decision", "Accepted", vec![]),
    ] {
        window.choose(filter, choice);
        assert_eq!(listed(&window), left, "{filter}: {choice}");
        assert_eq!(window.value(Role::ComboBox, filter), choice);
        window.press("Clear filters");
        assert_eq!(listed(&window).len(), 3, "{filter}");
    }
    window.type_into("Search findings", "LEGACY");
    assert_eq!(listed(&window), [ALL[0]]);
    window.replace("Search findings", "kiosk");
    assert_eq!(listed(&window), [ALL[2]], "by the client ID");
    window.replace("Search findings", "nobody");
    assert!(window.shows("Nothing fits"), "{}", window.outline());
    assert!(window.rows().is_empty());
}

#[test]
fn an_owner_is_looked_up_by_a_part_of_the_address() {
    let mut window = reviewed();
    window.click(Role::ComboBox, "Owner");
    window.type_text("billing@");
    window.click(Role::ListBoxOption, "billing@example.com");
    assert_eq!(listed(&window), [ALL[1]]);
}

#[test]
fn a_mere_remark_is_listed_for_whoever_asks_and_counted_apart() {
    let mut window = reviewed();
    let remark = "Billing portal: Shared secret";
    let count = |window: &TestWindow| {
        let shown = window.everything_shown();
        let counts = shown.lines().find(|line| line.contains(" open · "));
        counts.unwrap_or_default().to_owned()
    };
    assert!(!window.rows().contains(&remark.to_owned()), "{:?}", window.rows());
    let before = count(&window);
    let told = " open · 3 info · 0 accepted · 0 clients approved";
    assert!(before.ends_with(told), "{before}");
    let card = window.find(Role::Button, "Info findings");
    assert_eq!(card.accesskit_node().description().as_deref(), Some("3"));
    window.choose("Severity", "All");
    assert!(window.rows().contains(&remark.to_owned()), "{:?}", window.rows());
    window.press("Info findings");
    assert_eq!(window.value(Role::ComboBox, "Severity"), "Info");
    assert!(window.rows().contains(&remark.to_owned()), "{:?}", window.rows());
    assert_eq!(count(&window), before);
}

#[test]
fn a_head_sorts_by_its_column_and_pressed_again_turns_the_order_round() {
    let mut window = reviewed();
    window.press("Sort by client");
    let clients = listed(&window);
    assert_eq!(clients, ["Billing portal", "Kiosk terminal", "Legacy CRM bridge"]);
    window.press("Sort by client");
    assert_eq!(
        listed(&window),
        ["Legacy CRM bridge", "Kiosk terminal", "Billing portal"]
    );
    window.press("Sort by since");
    assert_eq!(listed(&window)[0], "Legacy CRM bridge", "the oldest first");
}

#[test]
fn a_group_says_how_bad_it_is_and_opens_by_a_press_and_by_the_keyboard() {
    let mut window = reviewed();
    window.choose("Group by", "By client");
    assert_eq!(
        window.rows(),
        ["Legacy CRM bridge", "Billing portal", "Kiosk terminal"]
    );
    let said = |window: &TestWindow| {
        let group = window.find(Role::Row, "Legacy CRM bridge");
        group.accesskit_node().description().unwrap_or_default()
    };
    assert!(
        said(&window).contains("1 critical") && said(&window).ends_with("closed"),
        "{}",
        said(&window)
    );
    window.click(Role::Row, "Legacy CRM bridge");
    assert!(said(&window).ends_with("open"), "{}", said(&window));
    let finding = "Legacy CRM bridge: Redirects to any address";
    assert!(window.rows().contains(&finding.to_owned()), "{:?}", window.rows());
    window.key(Key::Home);
    window.key(Key::Enter);
    assert!(
        !window.rows().contains(&finding.to_owned()),
        "{:?}",
        window.rows()
    );
    window.key(Key::Enter);
    window.key(Key::ArrowDown);
    assert!(window.can_press("Close finding"), "{}", window.outline());
    window.choose("Group by", "By rule");
    assert!(
        window.rows().contains(&"No owner".to_owned()),
        "{:?}",
        window.rows()
    );
}

#[test]
fn the_next_finding_is_looked_at_without_leaving_the_pane() {
    let mut window = reviewed();
    let rows = window.rows();
    assert!(rows.len() > 2, "{rows:?}");
    let selected = |window: &TestWindow| {
        let rows = window.rows();
        let mut on = rows.into_iter().filter(|row| {
            let nodes = window.nodes(Role::Row, row);
            nodes
                .iter()
                .any(|node| node.accesskit_node().is_selected() == Some(true))
        });
        on.next().unwrap_or_default()
    };
    window.click(Role::Row, &rows[0]);
    assert!(!window.can_press("Previous finding"));
    window.find(Role::Button, "Next finding").focus();
    window.settle();
    window.key(Key::Enter);
    assert_eq!(selected(&window), rows[1]);
    assert_eq!(window.focused().as_deref(), Some("Next finding"));
    window.harness.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
    window.settle();
    assert_eq!(selected(&window), rows[2]);
    window.press("Previous finding");
    assert_eq!(selected(&window), rows[1]);
}

#[test]
fn a_filter_is_kept_as_a_work_list_and_one_that_is_broken_keeps_no_other_back() {
    let mut window = reviewed();
    window.choose("Severity", "Critical");
    window.press("Save filter…");
    assert_eq!(window.dialog().as_deref(), Some("Save filter"));
    window.type_into("Name of the filter", "Burning");
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert_eq!(window.registry().review_filters().unwrap().len(), 1);
    let later = serde_json::json!({"version": 7});
    let now = Timestamp::now();
    window
        .registry()
        .save_review_filter("From later", &later, now)
        .unwrap();
    window.press("Clear filters");
    window.choose("Age", "Over 30 days");
    window.press("Clear filters");
    // Somebody else's window tells this one within a second; here it is told by a change of its own.
    window.choose("Severity", "High");
    window.press("Save filter…");
    window.type_into("Name of the filter", "High");
    window.press("Save filter");
    assert!(
        window.shows("The saved filter From later cannot be read. It is of version 7"),
        "{}",
        window.outline()
    );
    window.press("Clear filters");
    window.choose("Saved filters", "Burning");
    assert_eq!(window.value(Role::ComboBox, "Severity"), "Critical");
    assert_eq!(listed(&window), [ALL[0]]);
    window.press("Delete filter");
    window.choose("Saved filters", "From later (cannot be read)");
    window.press("Delete filter");
    let kept = window.registry().review_filters().unwrap();
    let kept: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(kept, ["High"]);
}

#[test]
fn a_work_list_keeps_grouping_and_order_too() {
    let mut window = reviewed();
    window.choose("Group by", "By rule");
    window.press("Sort by open");
    window.press("Save filter…");
    window.type_into("Name of the filter", "Most first");
    window.key(Key::Enter);
    let by_open = window.rows();
    window.press("Sort by since");
    window.choose("Group by", "By finding");
    assert_ne!(window.rows(), by_open);
    window.choose("Saved filters", "Most first");
    assert_eq!(window.value(Role::ComboBox, "Group by"), "By rule");
    assert_eq!(window.rows(), by_open);
    let sorted = window.find(Role::Button, "Sort by open").accesskit_node();
    assert_eq!(sorted.description().as_deref(), Some("Sorted, descending"));
}

#[test]
fn what_is_open_today_is_written_down_once_an_audit_is_done() {
    let mut window = reviewed();
    window.settle();
    let counts = window.registry().finding_counts(Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(counts.len(), 1);
    assert!(counts[0].open.iter().sum::<u64>() > 3, "{counts:?}");
}

#[test]
fn of_a_healthy_registry_nothing_is_said_and_names_cannot_turn_the_row_around() {
    let mut window = TestWindow::new();
    window.go("Review");
    assert!(window.shows("Nothing to review"), "{}", window.outline());
    let mut window = TestWindow::over(|registry| {
        let name = format!("Evil\u{202e}lairt {}", "very long name ".repeat(20));
        let draft = ClientDraft {
            contacts: Vec::new(),
            ..good_draft(ClientKind::Web, &name)
        };
        let client_id = ClientId::parse("evil").unwrap();
        registry
            .import_client(
                &client_id,
                &draft,
                Status::Active,
                &[],
                "test",
                &crate::desk::somebody(),
            )
            .unwrap();
    });
    window.go("Review");
    let rows = window.rows();
    assert!(
        rows.iter().any(|row| row.starts_with("Evil<U+202E>lairt")),
        "{rows:?}"
    );
}

#[test]
fn in_a_low_window_the_filters_are_folded_away_and_the_findings_have_the_room() {
    let opening = Opening {
        size: vec2(933.0, 600.0),
        ..Opening::default()
    };
    let mut window = opening.open(several);
    window.go("Review");
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    assert!(window.nodes(Role::ComboBox, "Severity").is_empty());
    assert!(window.rows().len() > 3, "{:?}", window.rows());
    window.press("Filters");
    window.choose("Severity", "Critical");
    window.press("Filters");
    assert_eq!(listed(&window), [ALL[0]]);
    window.press("Clear filters");
}
