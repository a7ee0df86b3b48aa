//! A walk through everything the window has, once where it may write and once where it only looks.

use std::collections::BTreeSet;

use chancery::client::{ClientDraft, ClientId, ClientKind, Secret, Status};
use chancery::interchange::client_id_document::ORIGIN;
use chancery::protocol::keys::SigningKeys;
use chancery::registry::{
    Act, NewClient, NewInitialToken, Origin, Registry, ResourceServer, SavedRequest, TokenLabel, User,
    UserName,
};
use eframe::egui::accesskit::Action as AccessAction;
use eframe::egui::{Key, Role};
use egui_kittest::Node;
use egui_kittest::kittest::NodeT;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::desk::{Opening, TestWindow, good_draft, name_of, register, somebody};

/// A registry in which everything has something to change. Returns the secret of its service.
fn full(registry: &Registry) -> String {
    let act = somebody();
    let id = |text: &str| ClientId::parse(text).unwrap();
    register(registry, "billing", good_draft(ClientKind::Web, "Billing portal"));
    let secret = register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    )
    .unwrap();
    SigningKeys::open(registry, &act).unwrap();
    let changed = ClientDraft {
        scopes: vec!["read".to_owned()],
        ..good_draft(ClientKind::Service, "Payroll export")
    };
    registry
        .update_client(&id("payroll"), 1, changed, None, &act)
        .unwrap();
    let dangerous = ClientDraft {
        redirect_uris: vec!["http://app.example.com/callback".to_owned()],
        ..good_draft(ClientKind::SinglePage, "Viewer")
    };
    registry
        .import_client(&id("viewer"), &dangerous, Status::Active, &[], "elsewhere", &act)
        .unwrap();
    let by_url = good_draft(ClientKind::SinglePage, "Reader");
    registry
        .import_client(
            &id("https://reader.example.com/client.json"),
            &by_url,
            Status::Disabled,
            &[],
            ORIGIN,
            &act,
        )
        .unwrap();
    let visitor = NewClient {
        client_id: id("visitor"),
        registration: good_draft(ClientKind::SinglePage, "Visitor").validate().unwrap(),
        secret: None,
        origin: Some(Origin::Open.to_string()),
    };
    let long_ago = Act::new("dcr:", Timestamp::now() - SignedDuration::from_hours(24 * 100));
    registry
        .register_dynamic_client(visitor, &[1; 32], None, &long_ago)
        .unwrap();
    let password = Secret::new("correct horse battery staple".to_owned());
    let user = User::new(
        UserName::parse("ada").unwrap(),
        &password,
        serde_json::Map::new(),
        act.at,
    )
    .unwrap();
    registry.put_user(&user, &act).unwrap();
    registry
        .give_consent("ada", &id("billing"), &["openid".to_owned()], &[], act.at)
        .unwrap();
    let api = ResourceServer {
        identifier: "https://api.example.com".to_owned(),
        slug: "api".to_owned(),
        scopes: vec!["read".to_owned()],
        introspecting_client: None,
        policy: serde_json::from_value(json!([])).unwrap(),
    };
    registry.put_resource_server(&api, &act).unwrap();
    let request = SavedRequest {
        name: "Nightly".to_owned(),
        ..SavedRequest::default()
    };
    registry.save_request(&id("payroll"), &request, act.at).unwrap();
    let token = NewInitialToken {
        hash: [7; 32],
        label: TokenLabel::parse("ci"),
        scopes: None,
        uses: None,
        expires_at: act.at + SignedDuration::from_hours(24),
    };
    registry.create_initial_token(&token, &act).unwrap();
    secret.expose().to_owned()
}

/// Everything that takes the keyboard, or would if it were enabled: its role and its name.
fn offered(window: &TestWindow) -> Vec<(Role, String)> {
    let is_control = |node: &Node<'_>| {
        let node = node.accesskit_node();
        let takes_keyboard = node.data().supports_action(AccessAction::Focus);
        takes_keyboard
            || matches!(
                node.role(),
                Role::Button | Role::CheckBox | Role::ComboBox | Role::ListBoxOption
            )
    };
    let named = |node: Node<'_>| (node.accesskit_node().role(), name_of(&node).unwrap_or_default());
    let all = window.harness.root().children_recursive();
    all.filter(is_control).map(named).collect()
}

/// What was come across on a walk: where, of which role, with which name.
#[derive(Default)]
struct Walk(BTreeSet<(String, String, String)>);

impl Walk {
    /// Notes what can be used, or only stands there, at a place.
    fn look(&mut self, window: &TestWindow, place: &str) {
        for (role, name) in offered(window) {
            self.0.insert((place.to_owned(), format!("{role:?}"), name));
        }
    }

    fn came_across(&self, name: &str) -> bool {
        !self.places(name).is_empty()
    }

    fn places(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|(_, _, found)| found == name);
        named.map(|(place, ..)| place.as_str()).collect()
    }

    /// Through every screen, with everything opened that can be, and what the keys and the palette offer there.
    fn through(window: &mut TestWindow, secret: &str) -> Self {
        let mut walk = Self::default();
        walk.look(window, "Clients");
        for client in window.rows() {
            window.open_client(&client);
            if window.can_press("More options") {
                window.press("More options");
            }
            walk.look(window, &format!("client {client}"));
            window.ctrl(Key::K);
            walk.look(window, "palette");
            window.key(Key::Escape);
            for command in ["Test a redirect URI…", "Handover sheet"] {
                if window.can_press(command) {
                    window.press(command);
                    walk.look(window, command);
                    window.key(Key::Escape);
                }
            }
        }
        window.ctrl(Key::A);
        walk.look(window, "many clients");
        window.key(Key::Escape);
        window.go("Clients");
        window.open_client("Payroll export");
        window.press("Request a token");
        window.choose("Saved requests", "Nightly");
        walk.look(window, "Tokens");
        window.choose("Authenticate with", "Pasted secret");
        window.paste_into("Pasted secret", secret);
        window.press("Request token");
        walk.look(window, "Tokens with a token");
        for screen in ["Review", "History"] {
            window.go(screen);
            walk.look(window, screen);
            for row in window.rows() {
                window.click(Role::Row, &row);
                walk.look(window, &format!("{screen}: {row}"));
            }
        }
        window.go("Server");
        for part in [
            "Requests",
            "Endpoints",
            "Test users",
            "Consents",
            "Resource servers",
            "Registration",
            "Signing keys",
        ] {
            window.click(Role::Tab, part);
            walk.look(window, part);
            for row in window.rows() {
                window.click(Role::Row, &row);
                walk.look(window, &format!("{part}: {row}"));
            }
        }
        window.go("Settings");
        walk.look(window, "Settings");
        window.ctrl(Key::K);
        walk.look(window, "palette");
        window.key(Key::Escape);
        walk
    }
}

/// The first words of what changes the registry, on buttons and in the palette.
const VERBS: [&str; 27] = [
    "Accept",
    "Add",
    "Approve",
    "Change",
    "Create",
    "Delete",
    "Disable",
    "Discard",
    "Duplicate",
    "Edit",
    "Enable",
    "End",
    "Find",
    "Fix",
    "Import",
    "New",
    "Refresh",
    "Register",
    "Remove",
    "Restore",
    "Retire",
    "Revoke",
    "Rotate",
    "Save",
    "Set",
    "Turn",
    "Withdraw",
];

/// What begins like that and changes nothing: what a reviewer decides is kept in a file of its own then.
const HARMLESS: [&str; 4] = [
    "Accept risk…",
    "Approve client",
    "End acceptance",
    "Withdraw approval",
];

/// Where something may be typed or chosen that stays in the window: filters, what a request asks for, the window's settings.
const FIELDS: [&str; 16] = [
    "Address that failed",
    "Find a command",
    "Issuer",
    "Key file",
    "Origin",
    "Pasted secret",
    "Path",
    "Port",
    "Registry",
    "Resource address",
    "Scope",
    "Search",
    "Search clients",
    "Search findings",
    "Search history",
    "Your name",
];

/// What changes the registry, and a walk through a window that may write comes across.
const EDITS: [&str; 38] = [
    "New client",
    "Add by URL…",
    "Save changes",
    "Discard changes",
    "Duplicate client",
    "Refresh from URL",
    "Rotate secret…",
    "Revoke all secrets now…",
    "Disable client",
    "Enable client",
    "Delete client…",
    "Disable clients…",
    "Enable clients",
    "Delete clients…",
    "Remove URI",
    "Remove scope",
    "Remove audience",
    "Remove owner",
    "Change to https",
    "Fix…",
    "Save request…",
    "Delete saved request",
    "Revoke",
    "Restore this version…",
    "Add test user…",
    "Set password…",
    "Edit claims…",
    "Remove test user…",
    "Withdraw consent…",
    "Add resource server…",
    "Edit resource server…",
    "Remove resource server…",
    "New initial access token…",
    "Revoke initial access token…",
    "Find dead clients…",
    "Rotate signing keys…",
    "Dynamic registration",
    "Notes",
];

/// A window with its server over [`full`], and the secret of its service.
fn window(read_only: bool) -> (TestWindow, String) {
    let secret = std::cell::RefCell::new(String::new());
    let opening = Opening {
        read_only,
        ..Opening::with_server()
    };
    let mut window = opening.open(|registry| *secret.borrow_mut() = full(registry));
    if read_only {
        window.go("Server");
        window.press("Start server");
        window.go("Clients");
    }
    (window, secret.take())
}

#[test]
fn a_window_that_may_write_offers_every_edit_on_the_walk() {
    let (mut window, secret) = window(false);
    let walk = Walk::through(&mut window, &secret);
    let missed: Vec<&&str> = EDITS.iter().filter(|name| !walk.came_across(name)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn a_window_that_only_looks_offers_no_edit_anywhere_and_writes_nothing() {
    let (mut window, secret) = window(true);
    let before = everything(window.folder.path());
    let walk = Walk::through(&mut window, &secret);
    for name in EDITS {
        assert!(!walk.came_across(name), "{name}: {:?}", walk.places(name));
    }
    for (place, role, name) in &walk.0 {
        let verb = name.split(' ').next().unwrap_or_default().trim_end_matches('…');
        let acts = matches!(role.as_str(), "Button" | "ListBoxOption" | "CheckBox");
        assert!(
            !acts || !VERBS.contains(&verb) || HARMLESS.contains(&name.as_str()),
            "{role} {name:?} at {place}"
        );
        // The addresses of the server are fields that are read.
        let typed = place != "Endpoints"
            && matches!(
                role.as_str(),
                "TextInput" | "MultilineTextInput" | "PasswordInput"
            );
        assert!(
            !typed || FIELDS.contains(&name.as_str()),
            "{role} {name:?} at {place}"
        );
    }
    assert!(walk.came_across("Introspect"), "a token was had");
    for key in [Key::N, Key::S, Key::D, Key::R] {
        window.go("Clients");
        window.ctrl(key);
        assert_eq!(window.dialog(), None);
        assert!(window.shows("The registry is open read-only"));
    }
    window.ctrl(Key::A);
    window.key(Key::Delete);
    assert_eq!(window.dialog(), None);
    assert_eq!(everything(window.folder.path()), before);
}

#[test]
fn the_status_bar_and_the_screens_say_that_it_is_read_only_and_what_can_be_had_all_the_same() {
    let (mut window, _) = window(true);
    assert!(window.can_use(Role::Label, "Read only"));
    window.go("Server");
    assert!(window.shows("Read only: clients that bring their own secret get access tokens"));
    window.go("Clients");
    window.open_client("Payroll export");
    window.press("Request a token");
    assert!(
        window.shows("a test credential must stand in its history"),
        "{}",
        window.outline()
    );
    window.choose("Authenticate with", "Pasted secret");
    assert!(!window.shows("a test credential must stand in its history"));
    window.go("Clients");
    window.open_client("Billing portal");
    window.press("Request a token");
    assert!(
        window.shows("no code and no refresh token can be kept"),
        "{}",
        window.outline()
    );
}

#[test]
fn without_signing_keys_the_server_says_what_makes_them() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(|_| {});
    window.go("Server");
    window.press("Start server");
    assert!(window.shows("The registry has no signing keys yet, and is open read-only"));
    assert!(window.shows("Start the server once without --read-only"));
}

/// Every file of a folder: its name, its bytes, and when it was written last.
fn everything(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let written = std::fs::metadata(&path).unwrap().modified().unwrap();
            (path.clone(), std::fs::read(&path).unwrap(), written)
        })
        .collect();
    files.sort();
    files
}
