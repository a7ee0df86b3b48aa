//! Clients by the URL of their metadata document: seen before they are kept.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::interchange::client_id_document::ORIGIN;
use chancery::outbound::OutboundError;
use chancery::registry::{Act, Registry};
use eframe::egui::{Key, Role};
use jiff::Timestamp;

use crate::desk::{Opening, TestWindow, good_draft};

const URL: &str = "https://app.example.com/client.json";

/// What lies at each URL, as if it were fetched.
fn documents(url: &str) -> Result<Vec<u8>, OutboundError> {
    let id = match url {
        "https://app.example.com/gone.json" => {
            return Err(OutboundError::Unexpected(
                url.to_owned(),
                "with status 404".to_owned(),
            ));
        }
        "https://app.example.com/other.json" => URL,
        same => same,
    };
    let redirect_uri = match url {
        "https://app.example.com/held.json" => "http://app.example.com/callback",
        _ => "https://app.example.com/callback",
    };
    let document = serde_json::json!({
        "client_id": id, "client_name": "Reader", "redirect_uris": [redirect_uri, "https://app.example.com/second"], "scope": "openid profile",
        "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "notes": "of its own",
    });
    Ok(document.to_string().into_bytes())
}

fn window(fill: impl FnOnce(&Registry)) -> TestWindow {
    Opening {
        documents,
        ..Opening::default()
    }
    .open(fill)
}

fn add_by(window: &mut TestWindow, url: &str) {
    window.press("Add by URL…");
    window.paste_into("URL", url);
    window.press("Fetch");
}

/// A client that came by the URL, as it was then.
fn imported(registry: &Registry) {
    let draft = ClientDraft {
        notes: "Asked for by the readers' club".to_owned(),
        ..good_draft(ClientKind::SinglePage, "Reader of old")
    };
    let id = ClientId::parse(URL).unwrap();
    let act = Act::new("Tess Tester", Timestamp::now());
    registry
        .import_client(&id, &draft, Status::Active, &[], ORIGIN, &act)
        .unwrap();
}

#[test]
fn a_client_is_seen_before_it_is_added() {
    let mut window = window(|_| {});
    add_by(&mut window, URL);
    for said in [
        "Reader",
        "https://app.example.com/second",
        "https://app.example.com/callback",
        "authorization_code",
        "profile",
        "notes",
    ] {
        assert!(window.shows(said), "{said}: {}", window.outline());
    }
    assert!(!window.shows("<U+"), "{}", window.outline());
    assert!(window.rows().is_empty(), "nothing is kept yet");
    window.press("Add client");
    assert_eq!(window.dialog(), None);
    let stored = window.stored("Reader");
    assert_eq!(
        (stored.client_id.as_str(), stored.origin.as_deref()),
        (URL, Some(ORIGIN))
    );
    assert!(!stored.held && stored.draft.notes.is_empty() && stored.secrets.is_empty());
    assert!(window.can_press("Refresh from URL"));
}

#[test]
fn enter_fetches_and_escape_leaves_without_a_trace() {
    let mut window = window(|_| {});
    window.press("Add by URL…");
    window.paste_into("URL", URL);
    window.key(Key::Enter);
    assert!(window.can_press("Add client"), "{}", window.outline());
    window.key(Key::Escape);
    assert_eq!(window.dialog(), None);
    assert!(window.rows().is_empty());
}

#[test]
fn what_cannot_be_used_is_a_sentence_with_advice_and_can_be_corrected() {
    let mut window = window(|_| {});
    window.press("Add by URL…");
    window.paste_into("URL", "https://app.example.com");
    assert!(window.shows("has no path") && !window.can_press("Fetch"));
    for (url, named) in [
        ("https://app.example.com/gone.json", "status 404"),
        ("https://app.example.com/other.json", "must equal the URL exactly"),
    ] {
        window.paste_over("URL", url);
        window.press("Fetch");
        assert!(window.shows(named), "{named}: {}", window.outline());
        assert!(!window.can_press("Add client"));
    }
    window.paste_over("URL", URL);
    window.press("Fetch");
    assert!(window.can_press("Add client"));
}

#[test]
fn one_that_breaks_a_rule_is_told_to_be_held() {
    let mut window = window(|_| {});
    add_by(&mut window, "https://app.example.com/held.json");
    assert!(window.shows("it will be held"), "{}", window.outline());
    window.press("Add client");
    assert!(window.stored("Reader").held);
}

#[test]
fn a_refresh_shows_what_differs_before_it_is_saved() {
    let mut window = window(imported);
    window.open_client("Reader of old");
    window.press("Refresh from URL");
    assert_eq!(
        window.dialog().as_deref(),
        Some("Refresh Reader of old from its URL")
    );
    assert!(window.shows("In the document") && window.shows("In the registry"));
    assert_eq!(window.stored("Reader of old").version, 1, "nothing is saved yet");
    window.press("Save changes");
    let stored = window.stored("Reader");
    assert_eq!(
        (stored.version, stored.draft.notes.as_str()),
        (2, "Asked for by the readers' club")
    );
    window.press("Refresh from URL");
    assert!(window.shows("There is nothing to save") && !window.can_press("Save changes"));
}

#[test]
fn a_refresh_does_not_lose_what_was_typed() {
    let mut window = window(imported);
    window.open_client("Reader of old");
    window.replace("Name", "My own name");
    window.press("Refresh from URL");
    assert_eq!(window.dialog(), None);
    assert!(window.shows("Save or discard your changes first"));
}

#[test]
fn a_client_that_did_not_come_by_a_url_has_none_to_refresh_from() {
    let mut window = window(crate::list::five_clients);
    window.open_client("Payroll export");
    assert!(!window.can_press("Refresh from URL"));
    assert!(window.nodes(Role::Button, "Add by URL…").len() == 1);
}

#[test]
fn what_was_typed_is_not_lost_unasked() {
    let mut window = window(imported);
    window.open_client("Reader of old");
    window.replace("Name", "My own name");
    window.press("Add by URL…");
    assert_eq!(window.dialog().as_deref(), Some("Leave without saving?"));
    window.press("Leave without saving");
    assert_eq!(window.dialog().as_deref(), Some("Add by URL"));
}
