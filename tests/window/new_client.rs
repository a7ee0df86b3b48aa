//! The form of a new client and the findings beside it, live.

use chancery::client::{GrantType, Rule};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{Key, Role};
use egui_kittest::kittest::NodeT;

use crate::desk::TestWindow;

const GOOD: &str = "https://portal.example.com/callback";

/// A web application that could be created as it stands.
fn a_portal() -> TestWindow {
    let mut window = TestWindow::new();
    window.press("New client");
    window.type_into("Name", "Portal");
    window.add("Add redirect URI", GOOD);
    assert!(window.can_press("Create client"), "{}", window.outline());
    window
}

/// The descriptions of everything of one name: which values can be removed.
fn removable(window: &TestWindow, name: &str) -> Vec<String> {
    let describe = |node: &egui_kittest::Node<'_>| node.accesskit_node().description().unwrap_or_default();
    window.nodes(Role::Button, name).iter().map(describe).collect()
}

/// Presses the last *Remove URI*.
fn remove_the_last(window: &mut TestWindow) {
    window
        .nodes(Role::Button, "Remove URI")
        .last()
        .unwrap()
        .click_accesskit();
    window.settle();
}

#[test]
fn an_empty_form_says_what_is_still_needed() {
    let mut window = TestWindow::new();
    window.press("New client");
    assert!(window.shows("Still needed") && window.shows(Rule::NameMissing.title()));
    assert!(window.shows(Rule::RedirNone.title()) && window.shows("2 problems to solve first"));
    assert!(!window.shows("Refused"), "nobody has done anything wrong yet");
    assert!(!window.can_press("Create client"));
    window.type_into("Name", "Portal");
    assert!(window.shows("1 problem to solve first") && !window.can_press("Create client"));
    window.add("Add redirect URI", GOOD);
    assert!(!window.shows("to solve first") && window.can_press("Create client"));
}

#[test]
fn each_bad_redirect_uri_is_refused_as_it_is_entered_and_forgiven_as_it_is_removed() {
    let long = format!("https://portal.example.com/{}", "a".repeat(100_000));
    for (uri, rule) in [
        ("javascript:alert(1)", Rule::RedirBadScheme),
        ("https://good@evil", Rule::RedirUserinfo),
        ("http://example.com/cb", Rule::RedirHttp),
        ("https://ex.com/#f", Rule::RedirFragment),
        ("*", Rule::RedirAny),
        ("https://*.example.com/cb", Rule::RedirHostWildcard),
        ("https://portal.example.com/*", Rule::RedirPathWildcard),
        ("/callback", Rule::RedirNotAbsolute),
        ("https://portal.example.com/\0cb", Rule::TextUnsafe),
        ("https://portal.example.com/\u{202e}bc", Rule::TextUnsafe),
        (long.as_str(), Rule::TextTooLong),
    ] {
        let mut window = a_portal();
        window.paste_into("Add redirect URI", uri);
        window.key(Key::Enter);
        let about = uri.chars().take(40).collect::<String>();
        assert!(
            window.shows("Refused") && window.shows(rule.title()),
            "{about:?}: {}",
            window.outline()
        );
        assert!(
            window.shows(rule.harm()) && window.shows(rule.advice()),
            "{about:?}"
        );
        assert!(!window.can_press("Create client"), "{about:?}");
        window.ctrl(Key::S);
        assert_eq!(
            window.registry().verify_chain().unwrap().rows,
            0,
            "{about:?} was registered"
        );
        remove_the_last(&mut window);
        assert!(
            !window.shows("Refused") && window.can_press("Create client"),
            "{about:?}"
        );
    }
}

#[test]
fn a_bad_redirect_uri_that_is_only_half_typed_is_not_registered_either() {
    let mut window = a_portal();
    window.type_into("Add redirect URI", "javascript:alert(1)");
    window.press("Create client");
    assert_eq!(window.dialog(), None);
    assert!(window.shows("Refused") && !window.can_press("Create client"));
    assert_eq!(window.registry().verify_chain().unwrap().rows, 0);
}

#[test]
fn hidden_characters_in_a_name_are_refused_and_made_visible() {
    for name in ["Pay\u{202e}lor", "Pay\u{200b}roll", "Pay\u{7}roll"] {
        let mut window = TestWindow::new();
        window.press("New client");
        window.click(Role::RadioButton, "Machine-to-machine service");
        window.paste_into("Name", name);
        assert!(
            window.shows("Refused") && window.shows(Rule::TextUnsafe.title()),
            "{name:?}: {}",
            window.outline()
        );
        assert!(!window.can_press("Create client"), "{name:?}");
        window.replace("Name", "Payroll");
        assert!(window.can_press("Create client"), "{name:?}");
    }
}

#[test]
fn a_name_of_a_hundred_thousand_characters_is_refused() {
    let mut window = a_portal();
    window.paste_over("Name", &"a".repeat(100_000));
    assert!(
        window.shows("Refused") && window.shows(Rule::TextTooLong.title()),
        "{}",
        window.outline()
    );
    assert!(!window.can_press("Create client"));
}

#[test]
fn one_press_changes_http_to_https() {
    let mut window = a_portal();
    window.add("Add redirect URI", "http://portal.example.com/second");
    assert!(!window.can_press("Create client"));
    window.press("Change to https");
    assert_eq!(
        removable(&window, "Remove URI"),
        [GOOD, "https://portal.example.com/second"]
    );
    assert!(window.can_press("Create client") && !window.shows("Refused"));
}

#[test]
fn a_fix_says_which_value_it_mends() {
    let mut window = a_portal();
    window.add("Add redirect URI", "http://portal.example.com/second");
    window.add("Add redirect URI", "http://portal.example.com/third");
    let fixes = removable(&window, "Change to https");
    assert_eq!(fixes.len(), 2);
    assert!(
        fixes[0].contains("second") && fixes[1].contains("third"),
        "{fixes:?}"
    );
}

#[test]
fn a_list_that_is_pasted_adds_each_part_and_none_twice() {
    let mut window = a_portal();
    window.paste_into(
        "Add redirect URI",
        &format!("{GOOD} https://a.example.com/cb,https://b.example.com/cb "),
    );
    window.key(Key::Enter);
    let added = removable(&window, "Remove URI");
    assert!(
        added.starts_with(&[GOOD.to_owned()]) && added.len() >= 2,
        "{added:?}"
    );
    window.paste_into("Add scope", "openid profile openid");
    window.key(Key::Enter);
    assert_eq!(removable(&window, "Remove scope"), ["openid", "profile"]);
}

#[test]
fn another_kind_changes_the_grants_and_keeps_what_was_typed() {
    let mut window = a_portal();
    assert!(window.is_on(Role::RadioButton, "Web application"));
    window.click(Role::RadioButton, "Single-page application");
    assert_eq!(
        window.value(Role::ComboBox, "Client authentication"),
        "None, a public client"
    );
    window.click(Role::RadioButton, "Device");
    assert!(
        window.is_on(Role::CheckBox, "Device code") && !window.is_on(Role::CheckBox, "Authorization code")
    );
    window.click(Role::RadioButton, "Machine-to-machine service");
    assert!(window.is_on(Role::CheckBox, "Client credentials"));
    window.click(Role::RadioButton, "Mobile or desktop application");
    assert_eq!(window.value(Role::TextInput, "Name"), "Portal");
    assert_eq!(removable(&window, "Remove URI"), [GOOD]);
    assert!(window.is_on(Role::RadioButton, "Mobile or desktop application"));
}

#[test]
fn a_grant_that_does_not_fit_is_refused_at_once() {
    let mut window = a_portal();
    window.click(Role::RadioButton, "Single-page application");
    window.click(Role::CheckBox, "Client credentials");
    assert!(window.shows(Rule::GrantCcPublic.title()) && !window.can_press("Create client"));
    window.press("Remove client credentials");
    assert!(window.can_press("Create client"));
}

#[test]
fn the_secret_of_a_client_with_keys_is_not_promised() {
    let mut window = a_portal();
    assert!(window.shows("256 bits, shown once"));
    window.choose("Client authentication", "Signed assertion with its own key");
    assert!(!window.shows("256 bits, shown once"));
    assert!(window.shows(Rule::JwksMissing.title()) && !window.can_press("Create client"));
}

const PUBLIC_KEY: &str = r#"{"keys": [{"kty": "EC", "crv": "P-256", "kid": "2026-key",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
/// The private half of the key in RFC 7515, Appendix A.3.1: known to everybody, and no secret of anybody's.
const PRIVATE_HALF: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

fn private_key() -> String {
    PUBLIC_KEY.replace("\"kid\"", &format!("\"d\": \"{PRIVATE_HALF}\", \"kid\""))
}

#[test]
fn public_keys_are_taken_and_described() {
    let mut window = a_portal();
    window.choose("Client authentication", "Signed assertion with its own key");
    window.paste_into("JWKS", PUBLIC_KEY);
    assert!(
        window.shows("2026-key") && window.can_press("Create client"),
        "{}",
        window.outline()
    );
    window.press("Create client");
    let stored = window.stored("Portal");
    assert_eq!(stored.draft.jwks.unwrap()["keys"][0]["kid"], "2026-key");
    assert!(stored.secrets.is_empty());
}

#[test]
fn a_private_key_is_refused_and_wiped_from_the_field() {
    let mut window = a_portal();
    window.choose("Client authentication", "Signed assertion with its own key");
    window.paste_into("JWKS", &private_key());
    assert_eq!(window.value(Role::MultilineTextInput, "JWKS"), "");
    assert!(window.shows("That was a private key"));
    assert!(!window.can_press("Create client") && !window.shows(PRIVATE_HALF));
    window.paste_into("JWKS", PUBLIC_KEY);
    assert!(!window.shows("That was a private key") && window.can_press("Create client"));
    window.press("Create client");
    assert!(!crate::desk::holds(window.folder.path(), PRIVATE_HALF.as_bytes()));
}

#[test]
fn a_private_key_cannot_be_brought_back_by_undoing() {
    let mut window = a_portal();
    window.choose("Client authentication", "Signed assertion with its own key");
    window.paste_into("JWKS", &private_key());
    let field = window.harness.ctx.memory(|memory| memory.focused()).unwrap();
    if let Some(state) = TextEditState::load(&window.harness.ctx, field) {
        let now = (Default::default(), String::new());
        assert!(
            !state.undoer().has_undo(&now) && !state.undoer().has_redo(&now),
            "the undo buffer holds it"
        );
    }
    for _ in 0..3 {
        window.ctrl(Key::Z);
        assert!(!window.shows(PRIVATE_HALF), "it is back:\n{}", window.outline());
    }
}

#[test]
fn a_private_key_in_a_text_that_is_no_json_yet_is_not_kept() {
    let mut window = a_portal();
    window.choose("Client authentication", "Signed assertion with its own key");
    window.paste_into("JWKS", private_key().trim_end_matches('}'));
    assert!(window.shows("This is not JSON yet") && !window.can_press("Create client"));
    window.ctrl(Key::S);
    assert!(!crate::desk::holds(window.folder.path(), PRIVATE_HALF.as_bytes()));
}

#[test]
fn everything_that_can_be_set_is_registered() {
    let mut window = a_portal();
    window.click(Role::CheckBox, "Client credentials");
    window.add("Add scope", "read");
    window.add("Add audience", "https://api.example.com");
    window.press("More options");
    window.add("Add owner", "team@example.com");
    window.add("Add label", "billing");
    window.choose("Access token lifetime", "5 minutes");
    window.add("Add post-logout URI", "https://portal.example.com/bye");
    window.add("Add CORS origin", "https://portal.example.com");
    window.type_into("Home page", "https://portal.example.com/");
    window.press("Create client");
    assert_eq!(
        window.dialog().as_deref(),
        Some("Client created"),
        "{}",
        window.outline()
    );
    let draft = window.stored("Portal").draft;
    assert!(draft.has_grant(GrantType::ClientCredentials) && draft.require_pkce);
    assert_eq!(
        (draft.scopes, draft.audience),
        (
            vec!["read".to_owned()],
            vec!["https://api.example.com".to_owned()]
        )
    );
    assert_eq!(
        (draft.contacts, draft.labels),
        (vec!["team@example.com".to_owned()], vec!["billing".to_owned()])
    );
    assert_eq!(draft.access_token_lifetime, Some(300));
    assert_eq!(
        draft.post_logout_redirect_uris,
        ["https://portal.example.com/bye"]
    );
    assert_eq!(draft.allowed_cors_origins, ["https://portal.example.com"]);
    assert_eq!(draft.client_uri.as_deref(), Some("https://portal.example.com/"));
}

#[test]
fn leaving_a_form_with_something_in_it_asks_first() {
    let mut window = a_portal();
    for leave in ["Cancel", "Back to clients"] {
        window.press(leave);
        assert_eq!(
            window.dialog().as_deref(),
            Some("Leave without saving?"),
            "{leave}"
        );
        window.press("Cancel");
        assert_eq!(window.value(Role::TextInput, "Name"), "Portal");
    }
    window.ctrl(Key::F);
    assert_eq!(window.dialog().as_deref(), Some("Leave without saving?"));
    window.press("Leave without saving");
    assert_eq!(window.value(Role::TextInput, "Search clients"), "");
    assert_eq!(window.registry().verify_chain().unwrap().rows, 0);
}

#[test]
fn an_untouched_form_is_left_without_a_question() {
    let mut window = TestWindow::new();
    window.press("New client");
    window.press("Cancel");
    assert_eq!(window.dialog(), None);
    assert!(window.can_press("Register the first client"));
}

#[test]
fn an_empty_registry_shows_its_first_step_and_sample_clients() {
    let mut window = TestWindow::new();
    assert!(window.shows("No clients yet"));
    window.press("Register the first client");
    assert!(window.can_use(Role::RadioButton, "Device"));
    window.press("Cancel");
    window.press("Add sample clients to look around");
    let rows = window.rows();
    assert_eq!(rows.len(), 5, "{rows:?}");
    assert!(rows.contains(&"Courier app".to_owned()));
}

#[test]
fn samples_of_confidential_clients_do_not_lose_the_dialog_of_a_secret_that_is_being_shown() {
    let mut window = TestWindow::new();
    window.press("Add sample clients to look around");
    // Nobody needs the secrets of samples; but a dialog that opens must be ended by its own button.
    if window.dialog().is_some() {
        window.click(Role::CheckBox, "I have stored the secret");
        window.press("Done");
    }
    assert_eq!(window.dialog(), None);
    assert_eq!(window.rows().len(), 5);
}
