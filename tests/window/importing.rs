//! Taking clients of another system over: seen before, picked, imported, undone.

use std::sync::Arc;

use chancery::client::{ClientId, ClientKind};
use chancery::desktop::worker::{Chosen, Purpose};
use chancery::registry::{Act, Registry};
use eframe::egui::{DroppedFile, Key, Role, vec2};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::desk::{Opening, TestWindow, good_draft, register};

const SECRET: &str = "a-secret-of-another-system-0123456789abcdefg";

fn service(id: &str, name: &str) -> Value {
    json!({"client_id": id, "client_name": name, "grant_types": ["client_credentials"], "response_types": [],
        "scope": "read", "client_secret": SECRET})
}

/// One that is new, one that is there otherwise, one that is held, one that is refused, and one that comes twice.
fn mixed() -> Value {
    json!([
        service("reports", "Reports"),
        service("payroll", "Payroll export"),
        {"client_id": "old-spa", "client_name": "Old single page", "redirect_uris": ["http://*.example.com/cb"],
            "token_endpoint_auth_method": "none", "frontchannel_logout_uri": "https://old.example.com/out"},
        {"client_name": "Nameless"},
        service("reports", "Reports again"),
    ])
}

fn write(window: &TestWindow, name: &str, clients: &Value) -> String {
    let path = window.folder.path().join(name);
    std::fs::write(&path, clients.to_string()).unwrap();
    path.display().to_string()
}

fn with_payroll(registry: &Registry) {
    let mut draft = good_draft(ClientKind::Service, "Payroll export");
    draft.contacts = vec!["ada@example.com".to_owned()];
    register(registry, "payroll", draft);
}

/// A window that has looked at a file.
fn looking(clients: &Value) -> TestWindow {
    let mut window = TestWindow::over(with_payroll);
    let path = write(&window, "clients.json", clients);
    window.press("Import…");
    window.paste_into("File or folder", &path);
    window.press("Preview");
    window
}

fn is_there(window: &TestWindow, id: &str) -> bool {
    let client_id = ClientId::parse(id).unwrap();
    window.registry().client(&client_id).unwrap().is_some()
}

#[test]
fn a_preview_tells_of_each_client_what_would_come_of_it_and_writes_nothing() {
    let mut window = looking(&mixed());
    assert!(
        window.shows("1 new, 1 changed, 1 held, 2 refused"),
        "{}",
        window.outline()
    );
    let in_order = [
        "Reports",
        "Payroll export",
        "Old single page",
        "Nameless",
        "Reports again",
    ];
    assert_eq!(window.rows(), in_order);
    window.choose("Result", "Changed");
    assert_eq!(window.rows(), ["Payroll export"]);
    window.click(Role::Row, "Payroll export");
    assert!(window.shows("What would change"), "{}", window.outline());
    assert!(window.shows("- ada@example.com"), "{}", window.everything_shown());
    window.choose("Result", "Held");
    window.click(Role::Row, "Old single page");
    assert!(window.shows("It is kept, and gets no token until it is put right"));
    assert!(window.shows("What it is in the file"));
    window.choose("Result", "Refused");
    window.click(Role::Row, "Reports again");
    assert!(window.shows("came before"), "{}", window.everything_shown());
    assert!(!window.can_use(Role::CheckBox, "Import Reports again"));
    assert!(!is_there(&window, "reports"));
    // The search goes by name and identifier.
    window.choose("Result", "All");
    window.type_into("Search in the file", "OLD-");
    assert_eq!(window.rows(), ["Old single page"]);
}

#[test]
fn a_client_that_somebody_changed_while_it_was_looked_at_is_left_as_it_is() {
    let mut window = looking(&mixed());
    let registry = window.registry();
    let payroll = ClientId::parse("payroll").unwrap();
    let client = registry.client(&payroll).unwrap().unwrap();
    let mut draft = client.draft;
    draft.contacts.push("cy@example.com".to_owned());
    let act = Act::new("Cy", Timestamp::now());
    registry
        .update_client(&payroll, client.version, draft.clone(), None, &act)
        .unwrap();
    window.click(Role::CheckBox, "Change clients that are there already");
    window.press("Import clients");
    let now = registry.client(&payroll).unwrap().unwrap();
    assert_eq!(now.draft, draft, "{}", window.outline());
    assert!(is_there(&window, "reports"));
    window.choose("Result", "Refused");
    window.click(Role::Row, "Payroll export");
    assert!(
        window.shows("It was changed here after it was looked at"),
        "{}",
        window.everything_shown()
    );
}

#[test]
fn what_is_picked_is_imported_and_can_be_undone() {
    let mut window = looking(&mixed());
    assert!(window.shows("2 clients picked"), "{}", window.outline());
    assert!(window.is_on(Role::CheckBox, "Import Reports"));
    window.click(Role::CheckBox, "Import Old single page");
    assert!(window.shows("1 client picked"));
    window.press("Import clients");
    assert!(window.shows("1 client imported"), "{}", window.outline());
    assert!(is_there(&window, "reports") && !is_there(&window, "old-spa"));
    assert!(!window.stored("Reports").secrets.is_empty());
    assert_eq!(window.rows(), ["Reports"]);
    window.press("Undo import…");
    assert_eq!(window.dialog().as_deref(), Some("Undo import?"));
    assert!(
        window.shows("Imported from clients.json by Tess Tester"),
        "{}",
        window.everything_shown()
    );
    window.press("Undo import");
    assert!(window.shows("1 client deleted"), "{}", window.everything_shown());
    window.press("Close");
    assert!(!is_there(&window, "reports"));
    assert!(window.shows("The import was undone"));
    assert!(!window.can_press("Undo import…"));
    window.press("Done");
    assert_eq!(window.rows(), ["Payroll export"]);
}

#[test]
fn clients_that_are_there_change_only_where_that_is_wanted_and_go_back() {
    let mut window = looking(&json!([service("payroll", "Payroll, renamed")]));
    assert!(!window.can_press("Import clients"));
    let before = window.stored("Payroll export");
    window.click(Role::CheckBox, "Change clients that are there already");
    window.press("Import clients");
    let after = window.stored("Payroll, renamed");
    assert_eq!(after.secrets.len(), before.secrets.len() + 1);
    // Weeks later it is found in the history.
    window.press("Done");
    window.go("History");
    let row = window
        .rows()
        .iter()
        .find(|row| row.starts_with("Saved"))
        .unwrap()
        .clone();
    window.click(Role::Row, &row);
    window.press("Undo import…");
    window.press("Undo import");
    assert!(
        window.shows("1 client as it was before"),
        "{}",
        window.everything_shown()
    );
    window.press("Close");
    let back = window.stored("Payroll export");
    assert_eq!(back.draft, before.draft);
    let now = Timestamp::now();
    assert_eq!(back.live_secrets(now).count(), before.live_secrets(now).count());
}

#[test]
fn what_changed_in_the_file_since_it_was_looked_at_is_not_taken_over() {
    let mut window = looking(&json!([service("reports", "Reports")]));
    write(
        &window,
        "clients.json",
        &json!([service("reports", "Reports of another")]),
    );
    window.press("Import clients");
    assert!(
        window.shows("The file changed after it was looked at. Nothing was imported"),
        "{}",
        window.everything_shown()
    );
    assert!(!is_there(&window, "reports"));
}

#[test]
fn what_a_client_is_in_the_file_is_read_when_it_is_looked_at() {
    let mut window = looking(&json!([
        service("reports", "Reports"),
        service("ledger", "Ledger")
    ]));
    window.click(Role::Row, "Ledger");
    assert!(window.shows("+ read"), "{}", window.everything_shown());
    write(&window, "clients.json", &json!([service("reports", "Reports")]));
    window.click(Role::Row, "Reports");
    assert!(
        window.shows("The file changed after it was looked at"),
        "{}",
        window.everything_shown()
    );
    assert_eq!(window.rows(), ["Reports", "Ledger"]);
}

#[test]
fn after_an_import_each_client_tells_what_it_brought() {
    let mut window = looking(&mixed());
    window.click(Role::CheckBox, "Change clients that are there already");
    window.press("Import clients");
    assert!(window.shows("1 new, 1 changed, 1 held"), "{}", window.outline());
    window.click(Role::Row, "Payroll export");
    for told in ["What changed", "- ada@example.com"] {
        assert!(window.shows(told), "{told}: {}", window.everything_shown());
    }
    window.click(Role::Row, "Reports");
    for told in ["What it is in the file", "Kept"] {
        assert!(window.shows(told), "{told}: {}", window.everything_shown());
    }
    window.click(Role::Row, "Old single page");
    for told in [
        "It gets no token until it is put right",
        "frontchannel_logout_uri",
    ] {
        assert!(window.shows(told), "{told}: {}", window.everything_shown());
    }
}

#[test]
fn one_that_was_changed_since_is_left_and_named() {
    let mut window = looking(&json!([
        service("reports", "Reports"),
        service("ledger", "Ledger")
    ]));
    window.press("Import clients");
    window.press("Done");
    window.open_client("Ledger");
    window.press("Disable client");
    window.press("Import…");
    assert!(
        window.value(Role::TextInput, "File or folder").is_empty(),
        "it begins anew"
    );
    window.go("History");
    let row = window
        .rows()
        .iter()
        .find(|row| row.starts_with("Imported Ledger"))
        .unwrap()
        .clone();
    window.click(Role::Row, &row);
    window.press("Undo import…");
    window.press("Undo import");
    assert!(
        window.shows("1 client changed since, and left as it is:"),
        "{}",
        window.everything_shown()
    );
    assert!(window.shows("Ledger (ledger)"));
    assert!(is_there(&window, "ledger") && !is_there(&window, "reports"));
}

#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("the worker reads it".to_owned())
    }
}

fn drop_on(window: &mut TestWindow, path: &str) {
    let file = Arc::new(Dropped(path.into()));
    window.harness.input_mut().dropped_files = vec![file];
    window.settle();
}

#[test]
fn a_file_that_is_dropped_on_the_window_is_looked_at() {
    let mut window = TestWindow::over(with_payroll);
    let path = write(&window, "clients.json", &mixed());
    window.go("Review");
    drop_on(&mut window, &path);
    assert!(
        window.shows("1 new, 1 changed, 1 held, 2 refused"),
        "{}",
        window.outline()
    );
}

#[test]
fn a_folder_is_looked_at_file_by_file() {
    let mut window = TestWindow::new();
    let folder = window.folder.path().join("clients");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.json"), service("a", "Alpha").to_string()).unwrap();
    std::fs::write(folder.join("b.json"), service("b", "Beta").to_string()).unwrap();
    drop_on(&mut window, folder.to_str().unwrap());
    assert_eq!(window.rows(), ["Alpha", "Beta"], "{}", window.outline());
}

#[test]
fn a_file_and_a_folder_are_each_chosen_in_a_dialog_of_the_system() {
    let mut window = Opening {
        choose: |wish| {
            let name = match wish.purpose {
                Purpose::OpenFolder => "tenant",
                Purpose::Open | Purpose::Save => "clients.json",
            };
            Chosen::File(std::path::Path::new(&wish.path).with_file_name(name))
        },
        ..Opening::default()
    }
    .open(|_| {});
    write(&window, "clients.json", &service("a", "Alpha"));
    let folder = window.folder.path().join("tenant");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("b.json"), service("b", "Beta").to_string()).unwrap();
    window.press("Import…");
    window.press("Choose file…");
    assert_eq!(window.rows(), ["Alpha"], "{}", window.outline());
    window.press("Choose folder…");
    assert_eq!(window.rows(), ["Beta"], "{}", window.outline());
}

#[test]
fn a_path_that_will_not_do_is_put_right_where_the_keyboard_is() {
    let mut window = TestWindow::new();
    let good = write(&window, "clients.json", &service("a", "Alpha"));
    let bad = window.folder.path().join("none.json").display().to_string();
    window.press("Import…");
    window.type_text(&bad);
    window.key(Key::Enter);
    assert!(window.shows("cannot be read"), "{}", window.outline());
    assert_eq!(window.focused().as_deref(), Some("File or folder"));
    window.ctrl(Key::A);
    window.type_text(&good);
    window.key(Key::Enter);
    assert_eq!(window.rows(), ["Alpha"], "{}", window.outline());
}

#[test]
fn a_registry_without_clients_offers_to_import_some() {
    let mut window = TestWindow::new();
    assert!(window.can_press("Register the first client"));
    window.press("Import from another system…");
    assert_eq!(window.focused().as_deref(), Some("File or folder"));
}

#[test]
fn what_cannot_be_read_is_told_in_a_sentence() {
    let window = looking(&json!([]));
    assert!(window.shows("There is no client in it"), "{}", window.outline());
    let mut window = looking(&json!({}));
    assert!(window.shows("cannot be found out"), "{}", window.outline());
    window.choose("Format", "RFC 7591");
    assert!(window.shows("nothing that a client has"), "{}", window.outline());
    for (path, told) in [
        ("/nowhere/clients.json", "cannot be read"),
        ("clients.json", "in which folder"),
    ] {
        window.paste_over("File or folder", path);
        window.press("Preview");
        assert!(window.shows(told), "{path}: {}", window.outline());
    }
    let broken = window.folder.path().join("broken.json");
    std::fs::write(&broken, "[{\"client_id\": ").unwrap();
    window.paste_over("File or folder", broken.to_str().unwrap());
    window.key(Key::Enter);
    assert!(window.shows("line 1"), "{}", window.outline());
}

#[test]
fn pick_all_and_none_go_by_what_is_shown() {
    let mut window = looking(&json!([
        service("a", "Alpha"),
        service("b", "Beta"),
        service("c", "Gamma")
    ]));
    window.press("Pick none");
    assert!(window.shows("0 clients picked"));
    window.type_into("Search in the file", "bet");
    window.press("Pick all");
    window.press("Import clients");
    assert!(is_there(&window, "b") && !is_there(&window, "a") && !is_there(&window, "c"));
}

#[test]
fn all_of_it_is_done_with_the_keyboard_alone() {
    let mut window = TestWindow::new();
    let path = write(
        &window,
        "clients.json",
        &json!([service("a", "Alpha"), service("b", "Beta")]),
    );
    window.ctrl(Key::K);
    window.type_text("Import…");
    window.key(Key::Enter);
    assert_eq!(window.focused().as_deref(), Some("File or folder"));
    window.type_text(&path);
    window.key(Key::Enter);
    assert_eq!(window.focused().as_deref(), Some("Alpha"));
    window.key(Key::ArrowDown);
    crate::keyboard::tab_to(&mut window, "Import Beta");
    window.key(Key::Space);
    assert!(window.shows("1 client picked"), "{}", window.outline());
    crate::keyboard::tab_to(&mut window, "Import clients");
    window.key(Key::Enter);
    assert!(is_there(&window, "a") && !is_there(&window, "b"));
    window.key(Key::Escape);
    assert_eq!(window.rows(), ["Alpha"]);
}

#[test]
fn a_window_that_only_looks_imports_nothing() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(with_payroll);
    assert!(!window.can_press("Import…"));
    let path = write(&window, "clients.json", &mixed());
    drop_on(&mut window, &path);
    assert!(
        window.shows("The registry is open read-only"),
        "{}",
        window.outline()
    );
}

#[test]
fn in_a_narrow_window_arrows_go_through_the_list_and_a_press_looks_at_a_client() {
    let mut window = Opening {
        size: vec2(680.0, 460.0),
        ..Opening::default()
    }
    .open(|_| {});
    let path = write(
        &window,
        "clients.json",
        &json!([service("a", "Alpha"), service("b", "Beta"), service("c", "Gamma")]),
    );
    drop_on(&mut window, &path);
    window.key(Key::ArrowDown);
    window.key(Key::ArrowDown);
    assert_eq!(window.focused().as_deref(), Some("Gamma"), "{}", window.outline());
    window.key(Key::Enter);
    assert!(
        window.can_press("Close client of the file"),
        "{}",
        window.outline()
    );
    window.key(Key::Escape);
    assert_eq!(window.focused().as_deref(), Some("Gamma"), "{}", window.outline());
}

#[test]
fn whoever_moves_in_is_told_how_many_clients_need_a_new_secret() {
    let mut without = service("b", "Beta");
    without.as_object_mut().unwrap().remove("client_secret");
    let mut window = looking(&json!([service("a", "Alpha"), without]));
    window.press("Import clients");
    assert!(
        window.shows("1 has no secret that could be kept: Rotate secret… makes one for it"),
        "{}",
        window.outline()
    );
}
