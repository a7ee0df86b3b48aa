//! What a reviewer decides in a window that only looks: it is kept in a file of its own, and counts in the audit.

use std::path::{Path, PathBuf};

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::Registry;
use eframe::egui::{Key, Role};
use serde_json::Value;

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};

fn with_a_finding(registry: &Registry) {
    let draft = ClientDraft {
        redirect_uris: vec!["http://app.example.com/callback".to_owned()],
        ..good_draft(ClientKind::SinglePage, "Viewer")
    };
    let client_id = ClientId::parse("viewer").unwrap();
    registry
        .import_client(&client_id, &draft, Status::Active, &[], "elsewhere", &somebody())
        .unwrap();
}

/// A window that only looks, with the finding open.
fn at_the_finding(sign_offs: Option<PathBuf>) -> TestWindow {
    let opening = Opening {
        read_only: true,
        sign_offs,
        ..Opening::default()
    };
    let mut window = opening.open(with_a_finding);
    open_finding(&mut window);
    window
}

fn open_finding(window: &mut TestWindow) {
    window.go("Review");
    let row = window
        .rows()
        .into_iter()
        .find(|row| row.starts_with("Viewer: Redirect over plain http"));
    let row = row.unwrap_or_else(|| panic!("{}", window.outline()));
    window.click(Role::Row, &row);
}

fn beside(window: &TestWindow) -> PathBuf {
    window.folder.path().join("registry.chancery.sign-offs.json")
}

fn file(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn accept(window: &mut TestWindow, reason: &str) {
    window.press("Accept risk…");
    window.type_into("Reason", reason);
    window.press("Accept");
}

#[test]
fn a_risk_is_accepted_and_a_client_approved_and_the_registry_knows_nothing_of_it() {
    let mut window = at_the_finding(None);
    let before = std::fs::read(window.path()).unwrap();
    accept(&mut window, "Only here");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert!(window.shows("It is kept in"));
    let viewer = &file(&beside(&window))["clients"]["viewer"];
    assert_eq!(viewer["acceptances"][0]["reason"], "Only here");
    assert_eq!(viewer["acceptances"][0]["by"], "Tess Tester");
    window.choose("Decision", "Open");
    assert!(
        !window
            .rows()
            .iter()
            .any(|row| row.starts_with("Viewer: Redirect over plain http")),
        "it is open no more"
    );
    window.go("Clients");
    window.open_client("Viewer");
    window.press("Approve client");
    assert!(window.shows("Approved by Tess Tester"), "{}", window.outline());
    assert_eq!(
        file(&beside(&window))["clients"]["viewer"]["approval"]["version"],
        1
    );
    window.press("Withdraw approval");
    assert!(
        window.shows("Nobody has approved this client"),
        "{}",
        window.outline()
    );
    assert!(file(&beside(&window))["clients"]["viewer"]["approval"].is_null());
    assert_eq!(std::fs::read(window.path()).unwrap(), before);
    let registry = Registry::open_read_only(&window.path()).unwrap();
    let client_id = ClientId::parse("viewer").unwrap();
    assert!(registry.acceptances(&client_id).unwrap().is_empty());
}

#[test]
fn it_is_kept_where_the_person_says_and_the_next_window_reads_it() {
    let elsewhere = tempfile::tempdir().unwrap();
    let place = elsewhere.path().join("mine.json");
    let mut window = at_the_finding(Some(place.clone()));
    accept(&mut window, "Only here");
    assert!(place.exists() && !beside(&window).exists());
    // Another window over the same registry, with the same file.
    let text = std::fs::read_to_string(&place).unwrap();
    std::fs::write(&place, text.replace("Only here", "For another reason")).unwrap();
    window.go("Clients");
    window.go("Review");
    window.press("Run audit");
    window.choose("Decision", "Accepted");
    open_finding(&mut window);
    assert!(window.shows("For another reason"), "{}", window.outline());
    window.press("End acceptance");
    assert!(file(&place)["clients"].as_object().unwrap().is_empty());
}

const ELSEWHERE: &str = "Keep sign-offs elsewhere";

#[test]
fn where_nothing_can_be_written_a_place_is_asked_for_and_kept_for_what_comes_after() {
    let elsewhere = tempfile::tempdir().unwrap();
    let place = elsewhere.path().canonicalize().unwrap().join("mine.json");
    let mut window = at_the_finding(Some(PathBuf::from("/nowhere/mine.json")));
    accept(&mut window, "Only here");
    assert_eq!(window.dialog().as_deref(), Some(ELSEWHERE));
    assert!(window.shows("there is no such folder"), "{}", window.outline());
    assert!(window.shows("Accepting redir-http of viewer until "));
    let usual_end = format!("--sign-offs {}", beside(&window).display());
    assert!(window.shows(&usual_end), "{}", window.outline());
    // At first it is a file among the person's documents.
    let usual = window.value(Role::TextInput, "Keep sign-offs in");
    assert_eq!(PathBuf::from(usual), beside(&window));
    window.paste_over("Keep sign-offs in", place.to_str().unwrap());
    window.press("Keep there");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert!(window.shows("It is kept in"), "{}", window.outline());
    let viewer = &file(&place)["clients"]["viewer"];
    assert_eq!(viewer["acceptances"][0]["reason"], "Only here");
    window.press("Run audit");
    window.choose("Decision", "Open");
    let is_open = |row: &String| row.starts_with("Viewer: Redirect over plain http");
    assert!(!window.rows().iter().any(is_open), "{}", window.outline());
    window.go("Clients");
    window.open_client("Viewer");
    window.press("Approve client");
    assert_eq!(window.dialog(), None, "it is asked for once");
    assert!(window.shows("Approved by Tess Tester"), "{}", window.outline());
    assert_eq!(file(&place)["clients"]["viewer"]["approval"]["version"], 1);
    assert!(!beside(&window).exists());
}

#[test]
fn a_place_that_is_no_better_is_told_of_and_another_can_be_named() {
    let elsewhere = tempfile::tempdir().unwrap();
    let broken = elsewhere.path().join("broken.json");
    std::fs::write(&broken, "{").unwrap();
    let mut window = at_the_finding(Some(PathBuf::from("/nowhere/mine.json")));
    accept(&mut window, "Only here");
    let registry = window.path();
    for (place, told) in [
        ("/nowhere/else.json", "there is no such folder"),
        ("mine.json", "does not say in which folder"),
        (broken.to_str().unwrap(), "cannot be used"),
        (registry.to_str().unwrap(), "belongs to the registry itself"),
    ] {
        window.paste_over("Keep sign-offs in", place);
        window.press("Keep there");
        assert_eq!(window.dialog().as_deref(), Some(ELSEWHERE));
        assert!(window.shows(told), "{told}: {}", window.outline());
        assert_eq!(window.value(Role::TextInput, "Keep sign-offs in"), place);
    }
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "{");
    window.press("Cancel");
    // Nothing is decided.
    open_finding(&mut window);
}

/// What the window exports as JSON.
fn report(window: &mut TestWindow) -> Value {
    window.go("Review");
    window.press("Export report…");
    window.choose("Format", "JSON, for programs and as a baseline");
    window.press("Export");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    let path = window.folder.path().join("chancery-audit.json");
    let report = file(&path);
    std::fs::remove_file(path).unwrap();
    report
}

#[test]
fn a_report_takes_in_what_is_decided_in_the_file_and_says_so() {
    let mut window = at_the_finding(None);
    let before = report(&mut window);
    assert_eq!(
        (&before["sign_offs"], &before["accepted"]),
        (&false.into(), &0.into())
    );
    open_finding(&mut window);
    accept(&mut window, "Only here");
    let after = report(&mut window);
    assert_eq!(
        (&after["sign_offs"], &after["accepted"]),
        (&true.into(), &1.into())
    );
    let findings = after["findings"].as_array().unwrap().iter();
    let reasons: Vec<&Value> = findings
        .map(|finding| &finding["acceptance"]["reason"])
        .filter(|reason| !reason.is_null())
        .collect();
    assert_eq!(reasons, ["Only here"]);
    // A file that cannot be used holds no report up, and is not passed over in silence.
    std::fs::write(beside(&window), "{").unwrap();
    let broken = report(&mut window);
    assert_eq!(
        (&broken["sign_offs"], &broken["accepted"]),
        (&false.into(), &0.into())
    );
    assert_eq!(
        broken["left_out"][0],
        "The file of sign-offs cannot be used: nothing of it was taken in."
    );
}

#[test]
fn a_broken_file_is_told_and_left_as_it_is_and_a_broken_entry_counts_for_nothing() {
    let elsewhere = tempfile::tempdir().unwrap();
    let place = elsewhere.path().join("mine.json");
    std::fs::write(&place, "{\"version\": 2}").unwrap();
    let mut window = at_the_finding(Some(place.clone()));
    assert!(
        window.shows("the sign-offs are of another version of this program: 2"),
        "{}",
        window.outline()
    );
    accept(&mut window, "Only here");
    assert!(window.shows("It is left as it is"), "{}", window.outline());
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "{\"version\": 2}");
}

#[test]
fn what_the_registry_itself_accepted_is_taken_back_there() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(|registry| {
        with_a_finding(registry);
        let client_id = ClientId::parse("viewer").unwrap();
        registry.approve_client(&client_id, 1, &somebody()).unwrap();
    });
    window.open_client("Viewer");
    assert!(window.shows("Approved by Somebody Else"));
    window.press("Withdraw approval");
    assert!(
        window.shows("This client was approved in the registry itself"),
        "{}",
        window.outline()
    );
    assert!(!beside(&window).exists());
}

#[test]
fn what_a_reviewer_decided_in_a_file_is_looked_at_and_taken_over_as_theirs() {
    let mut window = TestWindow::over(|registry| {
        for name in ["billing", "portal"] {
            register(
                registry,
                name,
                good_draft(ClientKind::Web, &format!("The {name}")),
            );
        }
    });
    let registry = window.registry();
    let mut sign_offs = chancery::audit::SignOffs::of(registry.identifier());
    for name in ["billing", "portal"] {
        let client = registry.client(&ClientId::parse(name).unwrap()).unwrap().unwrap();
        let approval =
            chancery::audit::Approval::of(&client.draft, client.version, "Rita Reviewer", somebody().at);
        sign_offs.approve(&client.client_id, approval);
    }
    let portal = registry
        .client(&ClientId::parse("portal").unwrap())
        .unwrap()
        .unwrap();
    let mut wider = portal.draft.clone();
    wider.scopes.push("admin".to_owned());
    registry
        .update_client(&portal.client_id, portal.version, wider, None, &somebody())
        .unwrap();
    let file = chancery::reporting::sign_offs_beside(&window.path());
    std::fs::write(&file, sign_offs.to_json().to_string()).unwrap();

    window.ctrl(Key::K);
    window.type_text("Apply sign");
    window.key(Key::Enter);
    assert_eq!(window.dialog().as_deref(), Some("Apply sign-offs"));
    assert_eq!(window.value(Role::TextInput, "File"), file.display().to_string());
    window.press("Look at sign-offs");
    assert!(
        window.shows("1 to be taken over, 0 there already, 1 not taken"),
        "{}",
        window.outline()
    );
    assert!(
        window.shows("The client was changed since: scopes"),
        "{}",
        window.outline()
    );
    let approval = |window: &TestWindow, name: &str| {
        let client_id = ClientId::parse(name).unwrap();
        window.registry().approval(&client_id).unwrap()
    };
    assert!(approval(&window, "billing").is_none(), "only looked at");
    window.press("Apply sign-offs");
    assert!(
        window.shows("1 taken over, 0 there already, 1 not taken"),
        "{}",
        window.outline()
    );
    assert_eq!(approval(&window, "billing").unwrap().by, "Rita Reviewer");
    assert!(approval(&window, "portal").is_none());
    window.press("Close");
    assert!(window.dialog().is_none());
}

#[test]
fn a_file_of_sign_offs_that_is_not_there_is_said_in_the_dialog() {
    let mut window = TestWindow::over(|_| {});
    window.ctrl(Key::K);
    window.type_text("Apply sign");
    window.key(Key::Enter);
    window.press("Look at sign-offs");
    assert!(window.shows("There is no file "), "{}", window.outline());
    window.key(Key::Escape);
    assert!(window.dialog().is_none());
}

#[test]
fn sign_offs_are_applied_from_the_review_screen() {
    let mut window = TestWindow::over(|_| {});
    window.go("Review");
    window.press("More actions");
    window.press("Apply sign-offs…");
    assert_eq!(window.dialog().as_deref(), Some("Apply sign-offs"));
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(|_| {});
    window.go("Review");
    assert!(!window.can_press("More actions"), "nothing can be taken over");
}
