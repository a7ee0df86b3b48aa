//! The History screen at work: its filters, the chain, an earlier version that comes back, and what leaves as a file.

use std::fs;

use chancery::client::{ClientId, ClientKind, Status};
use chancery::desktop::worker::Chosen;
use chancery::registry::{Act, HistoryQuery, Registry};
use eframe::egui::{Key, Role, vec2};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};

fn save(
    registry: &Registry,
    client_id: &str,
    by: &str,
    edit: impl FnOnce(&mut chancery::client::ClientDraft),
) {
    let client_id = ClientId::parse(client_id).unwrap();
    let client = registry.client(&client_id).unwrap().unwrap();
    let mut draft = client.draft.clone();
    edit(&mut draft);
    let act = Act::new(by, Timestamp::now());
    registry
        .update_client(&client_id, client.version, draft, None, &act)
        .unwrap();
}

/// Billing (change 1) and Payroll (2) are registered, Billing gets an address by Ben (3), Payroll a scope by Cy (4).
fn filled(registry: &Registry) {
    register(registry, "billing", good_draft(ClientKind::Web, "Billing portal"));
    register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    );
    save(registry, "billing", "Ben", |draft| {
        draft
            .redirect_uris
            .push("https://app.example.com/second".to_owned());
    });
    save(registry, "payroll", "Cy", |draft| {
        draft.scopes.push("audit".to_owned())
    });
}

fn opened() -> TestWindow {
    let mut window = TestWindow::over(filled);
    window.go("History");
    window
}

/// The changes of the list without their times.
fn deeds(window: &TestWindow) -> Vec<String> {
    let rows = window.rows();
    rows.iter()
        .map(|row| row.split(',').next().unwrap_or_default().to_owned())
        .collect()
}

fn row(window: &TestWindow, start: &str) -> String {
    let rows = window.rows();
    let found = rows.iter().find(|row| row.starts_with(start));
    found
        .unwrap_or_else(|| panic!("no row {start:?} in {rows:?}"))
        .clone()
}

/// What another program does to the file while the window is open.
fn tamper(window: &TestWindow, sql: &str) {
    let connection = Connection::open(window.path()).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn each_filter_leaves_its_changes_and_one_press_takes_all_off() {
    let mut window = opened();
    let all = deeds(&window);
    assert_eq!(all.len(), 4);
    assert!(!window.can_press("Clear filters"));
    for (filter, choice, left) in [
        (
            "Client",
            "Billing portal",
            ["Saved Billing portal", "Registered Billing portal"].as_slice(),
        ),
        (
            "Field",
            "redirect_uris",
            &["Saved Billing portal", "Registered Billing portal"],
        ),
        ("Person", "Cy", &["Saved Payroll export"]),
        ("Change", "Secrets", &[]),
        (
            "Time",
            "Last 24 hours",
            &[
                "Saved Payroll export",
                "Saved Billing portal",
                "Registered Payroll export",
                "Registered Billing portal",
            ],
        ),
    ] {
        window.choose(filter, choice);
        assert_eq!(deeds(&window), left, "{filter}: {}", window.outline());
        window.press("Clear filters");
        assert_eq!(deeds(&window), all, "{filter} is off again");
    }
    window.choose("Client", "Billing portal");
    window.choose("Person", "Ben");
    assert_eq!(deeds(&window), ["Saved Billing portal"]);
}

#[test]
fn the_lists_of_clients_people_and_fields_are_searched_by_typing() {
    let mut window = opened();
    for (filter, field, typed, chosen) in [
        ("Client", "Find a client", "payr", "Payroll export"),
        ("Person", "Find a person", "be", "Ben"),
        ("Field", "Find a field", "scop", "scopes"),
    ] {
        window.click(Role::ComboBox, filter);
        assert_eq!(window.focused().as_deref(), Some(field));
        window.type_text(typed);
        assert!(
            window.can_use(Role::ListBoxOption, chosen),
            "{}",
            window.outline()
        );
        window.key(Key::Enter);
        let shown = window.nodes(Role::ComboBox, filter);
        assert_eq!(shown[0].value().as_deref(), Some(chosen));
        window.press("Clear filters");
    }
}

#[test]
fn the_changes_of_a_client_that_is_gone_can_still_be_asked_for() {
    let mut window = TestWindow::over(|registry| {
        filled(registry);
        let client_id = ClientId::parse("billing").unwrap();
        let version = registry.client(&client_id).unwrap().unwrap().version;
        registry.delete_client(&client_id, version, &somebody()).unwrap();
    });
    window.go("History");
    window.choose("Client", "Billing portal (deleted)");
    assert_eq!(deeds(&window).len(), 3, "{}", window.outline());
    let saved = row(&window, "Saved Billing");
    window.click(Role::Row, &saved);
    assert!(window.shows("The client has been deleted since"));
    assert!(!window.can_press("Restore this version…") && !window.can_press("Open client"));
    let deleted = row(&window, "Deleted Billing");
    window.click(Role::Row, &deleted);
    assert!(window.shows("A deletion leaves no version to restore"));
}

#[test]
fn days_are_typed_and_one_that_is_none_is_told() {
    let mut window = opened();
    window.choose("Time", "From day to day");
    assert_eq!(deeds(&window).len(), 4, "no day leaves nothing out");
    window.type_into("To day", "yesterday");
    assert!(window.shows("Write a day as"));
    let day = |hours: i64| {
        let then = Timestamp::now() - SignedDuration::from_hours(hours);
        then.strftime("%Y-%m-%d").to_string()
    };
    window.replace("To day", &day(72));
    assert_eq!(deeds(&window).len(), 0);
    window.replace("To day", &day(-48));
    window.type_into("From day", &day(72));
    assert_eq!(deeds(&window).len(), 4);
}

#[test]
fn an_earlier_version_is_restored_after_what_that_changes_was_shown() {
    let mut window = opened();
    let registered = row(&window, "Registered Billing");
    window.click(Role::Row, &registered);
    window.press("Restore this version…");
    assert_eq!(window.dialog().as_deref(), Some("Restore Billing portal?"));
    for told in [
        "- https://app.example.com/second",
        "Status and secrets are not brought back",
    ] {
        assert!(window.shows(told), "{told}: {}", window.outline());
    }
    window.press("Restore version");
    assert_eq!(window.dialog(), None);
    let stored = window.stored("Billing portal");
    assert_eq!(stored.draft.redirect_uris, ["https://app.example.com/callback"]);
    assert_eq!((stored.version, stored.status), (3, Status::Active));
    let latest = &window
        .registry()
        .history(&HistoryQuery {
            limit: 1,
            ..HistoryQuery::default()
        })
        .unwrap()[0];
    assert_eq!(
        (latest.note.as_str(), latest.by.as_str()),
        ("restored from change 1", "Tess Tester")
    );
    // It stands first in the list, and is what the client is now.
    assert_eq!(deeds(&window)[0], "Restored Billing portal");
    assert!(window.shows("The client is registered as this change left it"));
}

#[test]
fn a_client_that_somebody_saved_meanwhile_is_asked_about_again() {
    let mut window = opened();
    let registered = row(&window, "Registered Billing");
    window.click(Role::Row, &registered);
    window.press("Restore this version…");
    save(&window.registry(), "billing", "Cy", |draft| {
        draft.notes = "Theirs".to_owned()
    });
    window.press("Restore version");
    assert_eq!(window.dialog().as_deref(), Some("Restore Billing portal?"));
    assert!(window.shows("was saved elsewhere meanwhile") && window.shows("- Theirs"));
    assert_eq!(window.stored("Billing portal").draft.notes, "Theirs");
    window.press("Restore version");
    assert_eq!(window.stored("Billing portal").draft.notes, "");
}

/// A client that was imported with an address that the rules refuse, and was mended then.
fn with_refused_version() -> TestWindow {
    TestWindow::over(|registry| {
        let mut draft = good_draft(ClientKind::Web, "Old portal");
        draft.redirect_uris = vec!["https://*.example.com/callback".to_owned()];
        let client_id = ClientId::parse("old").unwrap();
        registry
            .import_client(&client_id, &draft, Status::Active, &[], "keycloak", &somebody())
            .unwrap();
        let client = registry.client(&client_id).unwrap().unwrap();
        let (_, secret) = chancery::registry::NewSecret::generate("First secret").unwrap();
        let end = Timestamp::now() + SignedDuration::from_hours(1);
        registry
            .rotate_secret(&client_id, secret, end, &somebody())
            .unwrap();
        drop(client);
        save(registry, "old", "Ben", |draft| {
            draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
        });
    })
}

#[test]
fn a_version_that_the_rules_refuse_today_is_loaded_into_the_form_to_be_mended() {
    let mut window = with_refused_version();
    window.go("History");
    let imported = row(&window, "Imported Old portal");
    window.click(Role::Row, &imported);
    window.press("Restore this version…");
    assert!(
        window.shows("the rules of today refuse it"),
        "{}",
        window.outline()
    );
    assert!(window.shows("redir-host-wildcard: "), "{}", window.outline());
    assert!(!window.can_press("Restore version"));
    window.press("Load into the form");
    assert!(window.dialog().is_none());
    assert!(
        window.shows("https://*.example.com/callback"),
        "{}",
        window.outline()
    );
    let stored = window.stored("Old portal").draft.redirect_uris;
    assert_eq!(
        stored,
        ["https://app.example.com/callback"],
        "nothing is saved yet"
    );
    window.press("Remove URI");
    window.add("Add redirect URI", "https://old.example.com/callback");
    window.press("Save changes");
    let stored = window.stored("Old portal").draft.redirect_uris;
    assert_eq!(stored, ["https://old.example.com/callback"]);
    window.go("History");
    assert_eq!(deeds(&window)[0], "Restored Old portal");
    let restored = row(&window, "Restored Old portal");
    window.click(Role::Row, &restored);
    assert!(window.shows(", and mended"), "{}", window.outline());
}

#[test]
fn a_version_that_is_to_be_mended_does_not_lose_what_was_typed_without_a_question() {
    let mut window = with_refused_version();
    window.go("Clients");
    window.click(Role::Row, "Old portal");
    window.type_into("Name", "Typed");
    window.go("History");
    let imported = row(&window, "Imported Old portal");
    window.click(Role::Row, &imported);
    window.press("Restore this version…");
    window.press("Load into the form");
    assert!(window.can_press("Leave without saving"), "{}", window.outline());
    window.press("Leave without saving");
    assert!(
        window.shows("https://*.example.com/callback"),
        "{}",
        window.outline()
    );
    assert_eq!(window.value(Role::TextInput, "Name"), "Old portal");
}

#[test]
fn a_whole_chain_is_told_with_its_head_and_in_the_status_bar() {
    let mut window = opened();
    assert!(!window.shows("4 changes, whole"));
    window.press("Verify");
    let report = window.registry().verify_chain().unwrap();
    assert!(window.shows("4 changes, whole") && window.shows(&report.head));
    assert!(window.shows("Chain of 4 changes verified"));
    assert_eq!(window.press_to_copy("Copy head"), Some(report.head));
    window.press("Close verification");
    assert!(!window.shows("4 changes, whole"));
}

#[test]
fn the_first_change_that_does_not_fit_is_named_marked_and_gone_to() {
    let mut window = opened();
    window.choose("Person", "Cy");
    tamper(&window, "UPDATE history SET by = 'Eve' WHERE seq = 2");
    window.press("Verify");
    assert!(window.shows("Change 2 is not as it was written"));
    assert!(window.shows("Chain broken at change 2"));
    window.press("Show change 2");
    let marked = row(&window, "Registered Payroll export");
    assert!(window.is_on(Role::Row, &marked));
    assert!(
        window.shows("This change does not fit the chain"),
        "{}",
        window.outline()
    );
    assert!(window.shows("by Eve"));
    assert!(window.shows("Does not fit"), "{}", window.outline());
    window.press("Clear filters");
    assert_eq!(deeds(&window).len(), 4);
}

#[test]
fn a_change_that_cannot_be_read_is_marked_and_the_others_are_there() {
    let mut window = TestWindow::over(filled);
    tamper(
        &window,
        "UPDATE history SET after = '{\"name\":' WHERE seq = 3; UPDATE history SET by = CAST(x'ff' AS TEXT) WHERE seq = 1",
    );
    window.go("History");
    assert_eq!(deeds(&window).len(), 4);
    assert!(window.shows("Cannot be read"));
    let spoilt = row(&window, "Saved Billing portal");
    window.click(Role::Row, &spoilt);
    assert!(
        window.shows("Of this change, after cannot be read"),
        "{}",
        window.outline()
    );
    assert!(!window.can_press("Restore this version…"));
}

#[test]
fn what_the_filters_find_is_exported_and_a_file_that_is_there_asks_first() {
    let mut window = opened();
    window.choose("Person", "Ben");
    window.press("Export…");
    assert_eq!(window.dialog().as_deref(), Some("Export history"));
    let path = window.folder.path().join("out.csv");
    window.paste_over("Save as", &path.display().to_string());
    window.press("Export");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert!(window.shows("Exported 1 change to "), "{}", window.outline());
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("\"change\",\"at\",\"by\""));
    assert!(lines[1].starts_with("\"3\",") && lines[1].contains("\"Ben\""));
    let head = window.registry().verify_chain().unwrap().head;
    assert!(lines[2].contains("The history has 4 rows") && lines[2].contains(&head));

    window.press("Export…");
    window.choose("Format", "JSON lines, for programs");
    assert!(
        window
            .value(Role::TextInput, "Save as")
            .ends_with("chancery-history.jsonl")
    );
    window.paste_over("Save as", &path.display().to_string());
    window.press("Export");
    assert!(window.shows("There is already a file"));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    window.press("Replace file");
    assert_eq!(window.dialog(), None);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.starts_with("{\"change\":3,"));
}

#[test]
fn a_place_that_cannot_be_written_is_told_in_the_dialog_which_stays() {
    let mut window = opened();
    window.press("Export…");
    window.paste_over("Save as", "/nowhere/at/all/out.csv");
    window.press("Export");
    assert_eq!(window.dialog().as_deref(), Some("Export history"));
    assert!(window.shows("There is no folder /nowhere/at/all"));
    let registry = window.path().display().to_string();
    window.paste_over("Save as", &registry);
    window.press("Export");
    assert!(window.shows("belongs to the registry itself"));
    window.key(Key::Escape);
    assert_eq!(window.dialog(), None);
}

#[test]
fn a_file_is_chosen_in_the_systems_dialog_and_where_there_is_none_that_is_said() {
    let choosing = |choose| Opening {
        choose,
        ..Opening::default()
    };
    let mut window = choosing(|_| Chosen::File("/somewhere/else.csv".into())).open(filled);
    window.go("History");
    window.press("Export…");
    window.press("Choose…");
    assert_eq!(window.value(Role::TextInput, "Save as"), "/somewhere/else.csv");

    let mut window = choosing(|_| Chosen::NoDialog).open(filled);
    window.go("History");
    window.press("Export…");
    window.press("Choose…");
    assert!(window.shows("The system offers no dialog for files here"));
    assert!(window.can_press("Choose…") && window.can_press("Export"));
}

#[test]
fn a_registry_that_is_only_looked_at_is_verified_and_exported_and_nothing_is_restored() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(filled);
    window.go("History");
    let registered = row(&window, "Registered Billing");
    window.click(Role::Row, &registered);
    assert!(window.can_press("Open client"));
    assert!(window.nodes(Role::Button, "Restore this version…").is_empty());
    window.press("Verify");
    assert!(window.shows("4 changes, whole"));
    window.press("Export…");
    window.press("Export");
    assert!(
        window.folder.path().join("chancery-history.csv").exists(),
        "{}",
        window.outline()
    );
}

#[test]
fn in_a_small_window_everything_has_its_place_below_the_search() {
    let opening = Opening {
        size: vec2(1_024.0, 700.0),
        ..Opening::default()
    };
    let mut window = opening.open(filled);
    window.go("History");
    let first = row(&window, "Saved Payroll");
    window.click(Role::Row, &first);
    let mut places = Vec::new();
    for (role, name) in [
        (Role::TextInput, "Search history"),
        (Role::ComboBox, "Client"),
        (Role::ComboBox, "Field"),
        (Role::ComboBox, "Person"),
        (Role::ComboBox, "Change"),
        (Role::ComboBox, "Time"),
        (Role::Button, "Verify"),
        (Role::Button, "Export…"),
        (Role::Button, "Close change"),
    ] {
        let place = window.find(role, name).rect();
        assert!(
            place.right() <= 1_024.0 && place.bottom() <= 700.0,
            "{name} {place}"
        );
        for (other, taken) in &places {
            assert!(!place.intersects(*taken), "{name} stands over {other}");
        }
        places.push((name, place));
    }
}
