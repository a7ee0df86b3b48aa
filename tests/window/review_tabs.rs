//! The other tabs of the Review screen: how the rules are set, what ends and when, what nobody uses, and the plot.

use std::path::PathBuf;

use chancery::audit::{Acceptance, AuditFinding, Parameter, Settings};
use chancery::client::{ClientDraft, ClientId, ClientKind, Severity, Status};
use chancery::registry::{Act, FindingCount, Issue, NewSecret, Registry};
use eframe::egui::{Key, Role};
use egui_kittest::kittest::NodeT;
use jiff::{SignedDuration, Timestamp};

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};
use crate::keyboard::tab_to;

fn from_now(days: i64) -> Timestamp {
    Timestamp::now()
        .checked_add(SignedDuration::from_hours(days * 24))
        .unwrap()
}

fn id(client_id: &str) -> ClientId {
    ClientId::parse(client_id).unwrap()
}

fn import(registry: &Registry, client_id: &str, draft: &ClientDraft, origin: &str, days_ago: i64) {
    let act = Act::new("Somebody Else", from_now(-days_ago));
    registry
        .import_client(&id(client_id), draft, Status::Active, &[], origin, &act)
        .unwrap();
}

fn tab(window: &mut TestWindow, name: &str) {
    window.go("Review");
    window.click(Role::Tab, name);
}

fn at(opening: Opening, name: &str, fill: impl FnOnce(&Registry)) -> TestWindow {
    let mut window = opening.open(fill);
    tab(&mut window, name);
    window
}

/// The tab of the rules, with only the one about owners in view.
fn at_owner_missing(opening: Opening) -> TestWindow {
    let mut window = at(opening, "Rules", ownerless);
    window.type_into("Search rules", "owner-missing");
    window
}

/// A client without an owner.
fn ownerless(registry: &Registry) {
    let draft = ClientDraft {
        contacts: Vec::new(),
        ..good_draft(ClientKind::SinglePage, "Viewer")
    };
    import(registry, "viewer", &draft, "elsewhere", 0);
}

fn row(window: &TestWindow, start: &str) -> String {
    let rows = window.rows();
    let found = rows.iter().find(|row| row.starts_with(start));
    found
        .unwrap_or_else(|| panic!("no row {start:?} in {rows:?}"))
        .clone()
}

fn said(window: &TestWindow, start: &str) -> String {
    let row = row(window, start);
    let node = window.find(Role::Row, &row);
    node.accesskit_node().description().unwrap_or_default()
}

fn stored(window: &TestWindow) -> Settings {
    window.registry().audit_settings().unwrap().0
}

fn in_folder(window: &TestWindow, name: &str) -> PathBuf {
    window.folder.path().join(name)
}

#[test]
fn a_rule_says_everything_about_itself_and_is_found_by_its_words() {
    let mut window = at_owner_missing(Opening::default());
    assert!(
        said(&window, "owner-missing: ").ends_with("1 open"),
        "{}",
        window.outline()
    );
    window.replace("Search rules", "wildcard host");
    let rows = window.rows();
    let found = [
        "redir-host-wildcard: Wildcard in the host",
        "redir-never-matches: Redirect URI that never matches",
    ];
    assert_eq!(rows, found);
    window.click(Role::Row, &rows[0]);
    for told in [
        "RFC 9700 §4.1",
        "Any host that fits the pattern, an attacker's too, receives the code.",
        "Register each host exactly.",
        "https://*.example.com/callback",
        "A registration that breaks it is not saved",
        "It cannot be off",
    ] {
        assert!(window.shows(told), "{told}: {}", window.everything_shown());
    }
    window.click(Role::ComboBox, "Severity of redir-host-wildcard");
    assert!(window.can_use(Role::ListBoxOption, "High"));
    assert!(!window.can_use(Role::ListBoxOption, "Off"), "it refuses");
    window.key(Key::Escape);
    window.press("Close rule");
    assert_eq!(window.focused().as_deref(), Some(rows[0].as_str()));
}

#[test]
fn a_rule_that_is_off_is_heard_of_neither_in_the_audit_nor_in_the_form() {
    let mut window = at_owner_missing(Opening::default());
    let rule = row(&window, "owner-missing: ");
    window.click(Role::Row, &rule);
    assert!(!window.can_press("Save rules"), "nothing was changed");
    window.choose("Severity of owner-missing", "Off");
    assert!(!window.asks_to_close(), "{}", window.outline());
    assert_eq!(window.dialog().as_deref(), Some("Leave without saving?"));
    window.press("Cancel");
    window.press("Save rules");
    assert!(window.shows("The rules were saved"), "{}", window.outline());
    assert!(!window.can_press("Save rules"));
    // An audit that was slow is followed by a rest, unless somebody asks for one.
    window.press("Run audit");
    assert!(said(&window, "owner-missing: ").starts_with("Off, set here, 0 open"));
    window.click(Role::Tab, "Findings");
    assert!(window.rows().is_empty(), "{:?}", window.rows());
    window.go("Clients");
    window.open_client("Viewer");
    assert!(
        !window.shows("When the secret leaks, nobody is told."),
        "{}",
        window.outline()
    );
    tab(&mut window, "Rules");
    window.press("Back to the defaults…");
    window.press("Set back");
    assert_eq!(stored(&window), Settings::default());
    window.press("Run audit");
    assert!(said(&window, "owner-missing: ").starts_with("Medium, 1 open"));
    window.go("Clients");
    assert!(
        window.shows("When the secret leaks, nobody is told."),
        "{}",
        window.outline()
    );
}

#[test]
fn a_number_out_of_range_is_told_and_nothing_is_saved() {
    let mut window = at(Opening::default(), "Rules", |_| {});
    window.press("Parameters and lists");
    let days = Parameter::UnusedDays.label();
    window.replace(days, "0");
    assert!(
        window.shows("a whole number from 1 to 3650"),
        "{}",
        window.outline()
    );
    assert!(!window.can_press("Save rules"));
    window.replace(days, "30");
    window.press("Save rules");
    assert_eq!(stored(&window).unused_days, 30);
    window.replace(days, "40");
    window.press("Discard");
    assert_eq!(window.value(Role::TextInput, days), "30");
}

#[test]
fn foreign_hosts_and_watched_scopes_are_heard_of_while_a_client_is_filled_in() {
    let mut window = at(Opening::default(), "Rules", |registry| {
        let draft = ClientDraft {
            scopes: vec!["admin".to_owned()],
            ..good_draft(ClientKind::SinglePage, "Viewer")
        };
        import(registry, "viewer", &draft, "elsewhere", 0);
    });
    window.press("Parameters and lists");
    window.add("Add allowed host", "Example.COM.");
    window.add("Add allowed host", "https://odd/");
    assert!(
        window.shows("https://odd/ is no host name"),
        "{}",
        window.outline()
    );
    window.add("Add watched scope", "two words");
    assert!(window.shows("two words is no scope"), "{}", window.outline());
    window.replace("Add watched scope", "admin");
    window.key(Key::Enter);
    window.choose("Severity of the watched scope", "Critical");
    window.press("Save rules");
    let settings = stored(&window);
    assert_eq!(settings.allowed_hosts, ["example.com"]);
    assert_eq!(settings.watched_scopes[0].severity, Severity::Critical);
    window.go("Clients");
    window.open_client("Viewer");
    assert!(window.shows("Watched scope"), "{}", window.outline());
    assert!(!window.shows("Host outside the organisation"));
    tab(&mut window, "Rules");
    window.add("Add client that may have it", "viewer");
    window.press("Save rules");
    window.go("Clients");
    assert!(
        !window.shows("The client can do what only few may."),
        "{}",
        window.outline()
    );
    window.ctrl(Key::N);
    window.add("Add redirect URI", "https://app.example.org/callback");
    assert!(
        window.shows("Host outside the organisation"),
        "{}",
        window.outline()
    );
    window.press("Remove this URI");
    assert!(!window.shows("Host outside the organisation"));
}

#[test]
fn settings_go_into_a_file_and_come_from_one_and_what_makes_no_sense_is_told() {
    let mut window = at(Opening::default(), "Rules", |_| {});
    window.press("Export settings…");
    window.press("Export");
    let path = in_folder(&window, "audit-settings.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(Settings::read(&text).unwrap(), (Settings::default(), vec![]));
    for (text, told) in [
        ("{", "cannot be read"),
        (
            r#"{"version": 7}"#,
            "of version 7, and this program reads version 1",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        window.press("Import settings…");
        window.press("Import");
        assert!(window.shows(told), "{told}: {}", window.outline());
        window.press("Cancel");
    }
    window.press("Import settings…");
    window.replace("File", "/nowhere/settings.json");
    window.press("Import");
    assert!(
        window.shows("There is no file /nowhere/settings.json"),
        "{}",
        window.outline()
    );
    let text = r#"{"version": 1, "parameters": {"unused_days": 45, "many_audiences": 0}, "severities": {"redir-any": "off"}}"#;
    std::fs::write(&path, text).unwrap();
    window.replace("File", path.to_str().unwrap());
    window.key(Key::Enter);
    assert_eq!(window.dialog(), None, "{}", window.outline());
    for told in [
        "many_audiences is 0; it can be 1 to 200",
        "redir-any cannot be off",
    ] {
        assert!(window.shows(told), "{told}: {}", window.outline());
    }
    assert_eq!(stored(&window).unused_days, 90, "not saved yet");
    window.press("Save rules");
    assert_eq!(stored(&window).unused_days, 45);
    assert!(!window.shows("many_audiences is 0"));
}

#[test]
fn whoever_may_only_look_is_offered_nothing_that_changes_the_rules() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = at_owner_missing(opening);
    for button in ["Import settings…", "Back to the defaults…", "Save rules"] {
        assert!(!window.can_press(button), "{button}");
    }
    assert!(window.can_press("Export settings…"));
    let rule = row(&window, "owner-missing: ");
    window.click(Role::Row, &rule);
    assert!(!window.can_use(Role::ComboBox, "Severity of owner-missing"));
    window.press("Parameters and lists");
    assert!(!window.can_use(Role::TextInput, Parameter::UnusedDays.label()));
}

/// A service whose first secret ends in three days, and a client with an accepted risk that has ended.
fn with_ends(registry: &Registry) {
    register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    );
    let (_, new) = NewSecret::generate("Second").unwrap();
    registry
        .rotate_secret(&id("payroll"), new, from_now(3), &somebody())
        .unwrap();
    ownerless(registry);
    let client = registry.client(&id("viewer")).unwrap().unwrap();
    let findings = client.draft.findings().into_iter().map(AuditFinding::from);
    let of_rule = |finding: &AuditFinding| finding.rule.id() == "owner-missing";
    let finding = findings.into_iter().find(of_rule).unwrap();
    let (from, to) = (from_now(-30), from_now(-1));
    let accepted = Acceptance::of(&finding, &client.draft, "Known", "Ada Admin", from, to).unwrap();
    registry
        .accept_risk(&id("viewer"), &accepted, &somebody())
        .unwrap();
}

#[test]
fn what_ends_stands_in_a_list_and_on_a_calendar() {
    let mut window = at(Opening::default(), "Expiry", with_ends);
    assert_eq!(
        window.rows(),
        ["Viewer: Accepted risk", "Payroll export: Secret"],
        "the earliest first"
    );
    assert!(said(&window, "Viewer: ").starts_with("Overdue, owner-missing"));
    assert!(said(&window, "Payroll export: ").starts_with("in 3 days, First secret"));
    window.press("Overdue");
    assert_eq!(window.rows(), ["Viewer: Accepted risk"]);
    window.press("Within 7 days");
    assert_eq!(window.rows(), ["Payroll export: Secret"]);
    window.press("Within 7 days");
    window.choose("Kind", "Accepted risk");
    assert_eq!(window.rows(), ["Viewer: Accepted risk"]);
    window.choose("Kind", "All");
    window.click(Role::Row, "Payroll export: Secret");
    let day = chancery::desktop::time::day(from_now(3));
    let node = window.find(Role::Button, &day);
    assert_eq!(node.accesskit_node().description().as_deref(), Some("1 end"));
    window.press(&day);
    assert_eq!(window.rows(), ["Payroll export: Secret"]);
    window.press("Open client");
    assert!(window.can_press("Close client"), "{}", window.outline());
}

#[test]
fn the_keyboard_goes_through_the_calendar_as_one_stop() {
    let mut window = at(Opening::default(), "Expiry", with_ends);
    let today = chancery::desktop::time::day(Timestamp::now());
    tab_to(&mut window, &today);
    window.key(Key::ArrowRight);
    assert_eq!(window.focused(), Some(chancery::desktop::time::day(from_now(1))));
    window.key(Key::ArrowDown);
    assert_eq!(window.focused(), Some(chancery::desktop::time::day(from_now(8))));
    for _ in 0..5 {
        window.key(Key::ArrowLeft);
    }
    window.key(Key::Enter);
    assert_eq!(window.rows(), ["Payroll export: Secret"]);
    window.key(Key::Tab);
    assert_eq!(window.focused().as_deref(), Some("Export calendar…"));
}

#[test]
fn the_calendar_is_exported_for_other_programs() {
    let mut window = at(Opening::default(), "Expiry", with_ends);
    window.press("Export calendar…");
    window.press("Export");
    assert!(window.shows("Exported 2 events to "), "{}", window.outline());
    let text = std::fs::read_to_string(in_folder(&window, "expiry.ics")).unwrap();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"), "{text}");
    assert!(
        text.contains("SUMMARY:Secret of Payroll export ends\r\n"),
        "{text}"
    );
}

/// Two clients that were never used, one of them registered by itself.
fn unused(registry: &Registry) {
    let old = good_draft(ClientKind::SinglePage, "Old viewer");
    import(registry, "old", &old, "elsewhere", 200);
    let mut orphan = good_draft(ClientKind::SinglePage, "Orphan");
    orphan.redirect_uris = vec!["https://orphan.example.com/callback".to_owned()];
    import(registry, "orphan", &orphan, "dcr:partners", 200);
}

#[test]
fn what_nobody_uses_is_listed_and_disabled_after_a_question() {
    let mut window = at(Opening::default(), "Unused", unused);
    let mut rows = window.rows();
    rows.sort();
    assert_eq!(rows, ["Old viewer", "Orphan"]);
    assert!(said(&window, "Orphan").contains("last used never"));
    assert!(said(&window, "Orphan").ends_with("registered itself"));
    window.click(Role::Row, "Old viewer");
    assert!(window.can_press("Open client"));
    window.press("Disable client");
    assert_eq!(window.dialog().as_deref(), Some("Disable 1 client?"));
    window.press("Cancel");
    window.press("Select all");
    window.press("Disable selected clients…");
    assert_eq!(window.dialog().as_deref(), Some("Disable 2 clients?"));
    window.press("Disable clients");
    window.press("Run audit");
    assert!(window.rows().is_empty(), "{}", window.outline());
    assert!(window.shows("Every client is in use"), "{}", window.outline());
    for client_id in ["old", "orphan"] {
        let client = window.registry().client(&id(client_id)).unwrap().unwrap();
        assert_eq!(client.status, Status::Disabled);
    }
}

#[test]
fn the_plot_says_its_first_and_last_values_and_is_shown_large() {
    let mut window = at(Opening::default(), "Findings", |registry| {
        ownerless(registry);
        let count = FindingCount {
            day: from_now(-40),
            open: [0, 1, 2, 3, 4],
            accepted: 0,
        };
        registry.record_finding_count(&count).unwrap();
    });
    let card = window.find(Role::Button, "Open findings over time");
    let told = card.accesskit_node().description().unwrap_or_default();
    assert!(
        told.contains("critical 4 to 0, high 3 to 0, medium 2 to 1"),
        "{told}"
    );
    window.press("Open findings over time");
    assert_eq!(window.dialog().as_deref(), Some("Open findings over time"));
    let plot = |window: &TestWindow| {
        let node = window.find(Role::Image, "Plot of open findings");
        node.accesskit_node().description().unwrap_or_default()
    };
    assert!(plot(&window).contains("critical 4 to 0"));
    window.press("30 days");
    assert!(plot(&window).contains("critical 0 to 0"), "{}", plot(&window));
    window.press("365 days");
    assert!(plot(&window).contains("critical 4 to 0"));
    window.press("Close");
    assert_eq!(window.dialog(), None);
}

#[test]
fn a_scope_that_nobody_asks_for_is_taken_out_after_its_diff_was_shown() {
    let mut window = at(Opening::default(), "Unused", |registry| {
        let mut draft = good_draft(ClientKind::SinglePage, "Viewer");
        draft.scopes = vec!["read".to_owned(), "write".to_owned()];
        import(registry, "viewer", &draft, "elsewhere", 200);
        let issue = Issue {
            client_id: id("viewer"),
            secret_id: None,
            scopes: vec!["read".to_owned()],
            at: from_now(-1),
            exp: from_now(-1),
        };
        registry.record_issues(&[issue]).unwrap();
    });
    window.press("Unused scopes");
    assert_eq!(window.rows(), ["Viewer: write"]);
    window.click(Role::Row, "Viewer: write");
    window.press("Fix…");
    assert_eq!(window.dialog().as_deref(), Some("Fix Viewer?"));
    window.press("Fix");
    window.press("Run audit");
    assert!(window.rows().is_empty(), "{}", window.outline());
    assert_eq!(window.stored("Viewer").draft.scopes, ["read"]);
}
