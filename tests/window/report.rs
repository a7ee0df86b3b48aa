//! A report of the Review screen, saved as a file.

use std::path::PathBuf;

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{Act, Registry};
use eframe::egui::Role;
use jiff::Timestamp;
use serde_json::Value;

use crate::desk::{Opening, TestWindow, good_draft, register};

/// One client with a dangerous redirect, one without an owner.
fn two(registry: &Registry) {
    let dangerous = ClientDraft {
        redirect_uris: vec!["http://app.example.com/callback".to_owned()],
        ..good_draft(ClientKind::SinglePage, "Viewer")
    };
    let client_id = ClientId::parse("viewer").unwrap();
    let act = Act::new("Ada Admin", Timestamp::now());
    registry
        .import_client(&client_id, &dangerous, Status::Active, &[], "elsewhere", &act)
        .unwrap();
    let mut ownerless = good_draft(ClientKind::Web, "Billing portal");
    ownerless.contacts.clear();
    register(registry, "billing", ownerless);
}

fn asked(window: &mut TestWindow) {
    window.go("Review");
    window.press("Export report…");
    assert_eq!(window.dialog().as_deref(), Some("Export report"));
}

/// Where the dialog would save it.
fn place(window: &TestWindow) -> PathBuf {
    PathBuf::from(window.value(Role::TextInput, "Save as"))
}

fn saved(window: &TestWindow, name: &str) -> String {
    let path = window.folder.path().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no {name}:\n{}", window.outline()))
}

fn rules(report: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(report).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_report_is_saved_as_a_page_unless_another_format_is_chosen() {
    let mut window = TestWindow::over(two);
    asked(&mut window);
    assert_eq!(place(&window).file_name().unwrap(), "chancery-audit.html");
    window.press("Export");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert!(window.shows("Exported"), "{}", window.outline());
    let page = saved(&window, "chancery-audit.html");
    assert!(page.contains("<h2>Summary</h2>") && page.contains("http://app.example.com/callback"));
    for (format, name, begin) in [
        ("SARIF, for code scanning", "chancery-audit.sarif", "{\"$schema\""),
        ("CSV, for a spreadsheet", "chancery-audit.csv", "\"rule\""),
        (
            "JSON, for programs and as a baseline",
            "chancery-audit.json",
            "{\"findings\"",
        ),
        ("Plain text", "chancery-audit.txt", "Audit of"),
    ] {
        asked(&mut window);
        window.choose("Format", format);
        assert_eq!(place(&window).file_name().unwrap(), name);
        window.press("Export");
        assert!(saved(&window, name).starts_with(begin), "{name}");
    }
}

#[test]
fn the_report_has_everything_what_is_open_or_what_the_list_shows() {
    let mut window = TestWindow::over(two);
    window.go("Review");
    window.choose("Severity", "High");
    for (choice, whole) in [
        ("Open and accepted", true),
        ("Open only", true),
        ("As filtered in the list", false),
    ] {
        asked(&mut window);
        window.choose("Format", "JSON, for programs and as a baseline");
        window.choose("Findings to report", choice);
        window.press("Export");
        if window.dialog().is_some() {
            window.press("Replace file");
        }
        let report = saved(&window, "chancery-audit.json");
        let rules = rules(&report);
        assert!(rules.contains(&"redir-http".to_owned()), "{choice}: {rules:?}");
        assert_eq!(
            rules.contains(&"owner-missing".to_owned()),
            whole,
            "{choice}: {rules:?}"
        );
        let report: Value = serde_json::from_str(&report).unwrap();
        let said = report["left_out"].to_string();
        let told = match choice {
            "Open only" => "Accepted risks are left out",
            "As filtered in the list" => "Only what a filter found is told: open and accepted, high",
            _ => "[]",
        };
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn a_file_that_is_there_is_replaced_only_after_asking_and_what_stands_in_the_way_is_a_sentence() {
    let mut window = TestWindow::over(two);
    let there = window.folder.path().join("chancery-audit.html");
    std::fs::write(&there, "mine").unwrap();
    asked(&mut window);
    window.press("Export");
    assert!(window.shows("There is already a file"), "{}", window.outline());
    assert_eq!(saved(&window, "chancery-audit.html"), "mine");
    window.press("Replace file");
    assert!(saved(&window, "chancery-audit.html").ends_with("</html>\n"));
    asked(&mut window);
    let nowhere = window.folder.path().join("none").join("audit.html");
    window.paste_over("Save as", nowhere.to_str().unwrap());
    window.press("Export");
    assert!(window.shows("There is no folder"), "{}", window.outline());
    let registry = window.path();
    window.paste_over("Save as", registry.to_str().unwrap());
    window.press("Export");
    assert!(window.shows("belongs to the registry"), "{}", window.outline());
}

#[test]
fn a_window_that_only_looks_saves_reports_too() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(two);
    asked(&mut window);
    window.press("Export");
    assert!(saved(&window, "chancery-audit.html").contains("Viewer"));
}
