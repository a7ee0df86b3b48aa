//! Real tokens from the real `/token`, asked for in the window.

use std::collections::HashMap;

use chancery::client::{AuthMethod, ClientKind, Secret, Status};
use chancery::outbound::to_pem;
use chancery::protocol::signing_key::SigningAlgorithm;
use chancery::registry::Registry;
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{Key, Role};
use jsonwebtoken::dangerous::insecure_decode;
use serde_json::{Value, json};

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};

fn a_service(registry: &Registry) -> Secret {
    register(
        registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    )
    .unwrap()
}

/// The Tokens screen with a service chosen, the server running, and the service's own secret.
pub fn at_the_desk() -> (TestWindow, Secret) {
    let mut secret = None;
    let mut window = Opening::with_server().open(|registry| secret = Some(a_service(registry)));
    window.go("Tokens");
    pick(&mut window, "Payroll export");
    (window, secret.unwrap())
}

pub fn pick(window: &mut TestWindow, name: &str) {
    window.click(Role::ComboBox, "Client");
    assert_eq!(
        window.focused().as_deref(),
        Some("Find a client"),
        "typing searches at once"
    );
    window.type_text(&name[..3]);
    window.click(Role::ListBoxOption, name);
    assert_eq!(window.value(Role::ComboBox, "Client"), name);
}

pub fn issuer(window: &mut TestWindow) -> String {
    window.go("Server");
    let issuer = window.value(Role::TextInput, "Issuer");
    window.go("Tokens");
    issuer
}

/// Copies the token and reads its claims.
pub fn claims(window: &mut TestWindow) -> Value {
    assert_eq!(
        window.press_to_copy("Copy access token"),
        None,
        "a token is copied the way secrets are"
    );
    let token = window.clipboard.text().unwrap();
    insecure_decode::<Value>(&token).unwrap().claims
}

#[test]
fn a_token_is_issued_with_a_test_credential_and_its_claims_are_shown() {
    let (mut window, _) = at_the_desk();
    assert!(window.can_press("Request token"));
    window.press("Request token");
    assert!(window.can_press("Copy access token"), "{}", window.outline());
    let issuer = issuer(&mut window);
    let claims = claims(&mut window);
    assert_eq!(
        (&claims["iss"], &claims["client_id"]),
        (&issuer.into(), &"payroll".into())
    );
    assert_eq!(
        (&claims["aud"], &claims["scope"]),
        (&"https://api.example.com".into(), &"read write".into())
    );
    for shown in [
        "Signature valid",
        "ends in",
        "200 OK",
        "POST /token",
        "Content-Type: application/x-www-form-urlencoded",
        "content-type: application/json",
        "at+jwt",
        "read write",
        "10 minutes",
    ] {
        assert!(window.shows(shown), "{shown} is missing:\n{}", window.outline());
    }
    for claim in claims.as_object().unwrap().keys() {
        assert!(window.shows(claim), "{claim}");
    }
}

#[test]
fn a_token_that_could_not_be_copied_is_told_of() {
    let (mut window, _) = at_the_desk();
    window.press("Request token");
    window.clipboard.refuse(true);
    window.press("Copy access token");
    assert!(
        window.shows("Nothing was copied: there is no clipboard. Try again"),
        "{}",
        window.outline()
    );
    window.clipboard.refuse(false);
    window.press("Copy access token");
    assert!(window.shows("Copied. The clipboard is cleared in 30 s"));
}

#[test]
fn the_exchange_masks_secrets_until_they_are_asked_for() {
    let (mut window, _) = at_the_desk();
    window.press("Request token");
    claims(&mut window);
    let token = window.clipboard.text().unwrap();
    window.press_to_copy("Copy as curl");
    let curl = window.clipboard.text().unwrap();
    let credential = curl
        .lines()
        .next()
        .unwrap()
        .strip_prefix("CLIENT_SECRET=")
        .unwrap();
    let credential = credential.trim_matches('\'').to_owned();
    let basic = base64(&format!("payroll:{credential}"));
    assert!(!window.shows(&token) && !window.shows(&credential) && !window.shows(&basic));
    window.press("Show secrets");
    assert!(
        window.shows(&basic) && window.shows(&token),
        "{}",
        window.outline()
    );
    window.press("Hide secrets");
    assert!(!window.shows(&basic) && !window.shows(&token));
    assert!(curl.contains("curl") && curl.contains("/token"), "{curl}");
}

pub fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn scope_and_audience_are_asked_for_as_chosen() {
    let (mut window, _) = at_the_desk();
    assert_eq!(window.value(Role::TextInput, "Scope"), "read write");
    window.press("write");
    assert_eq!(window.value(Role::TextInput, "Scope"), "read");
    window.choose("Audience", "https://api.example.com");
    window.press("Request token");
    assert_eq!(claims(&mut window)["scope"], "read");
    window.replace("Scope", "read beyond");
    window.press("Request token");
    assert!(
        window.shows("invalid_scope") && !window.can_press("Copy access token"),
        "{}",
        window.outline()
    );
    for told in [
        "beyond is not among the client's scopes",
        "Add it to its scopes, or ask for what is registered: read write",
        "invalid_scope · RFC 6749 §5.2, §3.3",
    ] {
        assert!(window.shows(told), "{told} is missing:\n{}", window.outline());
    }
    window.find(Role::Label, "scopes");
    window.press("Open client");
    assert!(window.can_press("Duplicate client"), "{}", window.outline());
    assert_eq!(
        window.focused().as_deref(),
        Some("Add scope"),
        "the field to change"
    );
}

#[test]
fn a_refusal_is_told_with_what_the_server_noted_of_this_very_request() {
    let (mut window, _) = at_the_desk();
    window.choose("Authenticate with", "Pasted secret");
    window.paste_into("Pasted secret", "wrong");
    window.press("Request token");
    for told in [
        "The secret is not the one of this client",
        "Paste the whole secret as it was shown; if it is lost, rotate it",
        "The server noted: no live secret begins like this",
        "invalid_client · RFC 6749 §5.2, §2.3",
    ] {
        assert!(window.shows(told), "{told} is missing:\n{}", window.outline());
    }
    let client = window.stored("Payroll export");
    let registry = window.registry();
    registry.revoke_secrets(&client.client_id, &somebody()).unwrap();
    window.press("Request token");
    assert!(
        window.shows("The client has no secret that counts today"),
        "what the registry says now counts, not what the window knew: {}",
        window.outline()
    );
}

#[test]
fn a_pasted_secret_is_used_in_place_of_the_test_credential() {
    let (mut window, secret) = at_the_desk();
    window.choose("Authenticate with", "Pasted secret");
    window.paste_into("Pasted secret", "wrong");
    window.press("Request token");
    assert!(
        window.shows("invalid_client") && window.shows("401"),
        "{}",
        window.outline()
    );
    window.paste_over("Pasted secret", secret.expose());
    window.press("Request token");
    assert_eq!(
        claims(&mut window)["client_id"],
        "payroll",
        "{}",
        window.outline()
    );
    window.press_to_copy("Copy as curl");
    let curl = window.clipboard.text().unwrap();
    assert!(
        curl.starts_with("read -rs CLIENT_SECRET") && !curl.contains(secret.expose()),
        "{curl}"
    );
}

#[test]
fn a_pasted_secret_is_never_shown_and_leaves_no_trace_in_the_fields_memory() {
    let (mut window, secret) = at_the_desk();
    window.choose("Authenticate with", "Pasted secret");
    window.paste_into("Pasted secret", secret.expose());
    assert!(!window.shows(secret.expose()));
    let field = window.harness.ctx.memory(|memory| memory.focused()).unwrap();
    let state = TextEditState::load(&window.harness.ctx, field).unwrap();
    for text in [secret.expose(), ""] {
        let now = (Default::default(), text.to_owned());
        assert!(
            !state.undoer().has_undo(&now) && !state.undoer().has_redo(&now),
            "the undo buffer holds something"
        );
    }
    window.ctrl(Key::A);
    window.key(Key::Backspace);
    window.ctrl(Key::Z);
    assert_eq!(
        window.value(Role::PasswordInput, "Pasted secret"),
        "",
        "undoing brought it back"
    );
}

#[test]
fn a_pasted_secret_is_gone_when_another_choice_is_made() {
    let (mut window, secret) = at_the_desk();
    window.choose("Authenticate with", "Pasted secret");
    window.paste_into("Pasted secret", secret.expose());
    window.choose("Authenticate with", "Test credential");
    window.choose("Authenticate with", "Pasted secret");
    assert_eq!(window.value(Role::PasswordInput, "Pasted secret"), "");
}

#[test]
fn the_windows_own_memory_is_not_written_to_the_disk_and_its_settings_hold_no_secret() {
    #[derive(Default)]
    struct Kept(HashMap<String, String>);
    impl eframe::Storage for Kept {
        fn get_string(&self, key: &str) -> Option<String> {
            self.0.get(key).cloned()
        }
        fn set_string(&mut self, key: &str, value: String) {
            self.0.insert(key.to_owned(), value);
        }
        fn remove_string(&mut self, key: &str) {
            self.0.remove(key);
        }
        fn flush(&mut self) {}
    }
    let (mut window, secret) = at_the_desk();
    window.choose("Authenticate with", "Pasted secret");
    window.paste_into("Pasted secret", secret.expose());
    window.press("Request token");
    assert!(!eframe::App::persist_egui_memory(window.harness.state()));
    let mut kept = Kept::default();
    eframe::App::save(window.harness.state_mut(), &mut kept);
    assert_eq!(kept.0.keys().collect::<Vec<_>>(), ["settings"]);
    assert!(!kept.0["settings"].contains(secret.expose()));
}

/// The Tokens screen with a client chosen that signs its assertions, and that client's own private key.
fn at_the_desk_with_a_key(alg: SigningAlgorithm) -> (TestWindow, Secret) {
    let pkcs8 = alg.generate().unwrap();
    let mut draft = good_draft(ClientKind::Service, "Signing export");
    draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    draft.token_endpoint_auth_signing_alg = Some(alg.as_str().to_owned());
    draft.jwks = Some(json!({ "keys": [alg.public_jwk(&pkcs8).unwrap()] }));
    let mut window = Opening::with_server().open(|registry| {
        register(registry, "signing", draft);
        a_service(registry);
    });
    window.go("Tokens");
    pick(&mut window, "Signing export");
    (window, to_pem(&pkcs8))
}

#[test]
fn a_client_that_signs_gets_a_token_with_a_test_credential() {
    for alg in SigningAlgorithm::ALL {
        let (mut window, _) = at_the_desk_with_a_key(alg);
        assert!(!window.shows("will be refused"), "{}", window.outline());
        window.press("Request token");
        assert_eq!(
            claims(&mut window)["client_id"],
            "signing",
            "{}",
            window.outline()
        );
        assert!(window.shows("client_assertion=••••••••"), "{}", window.outline());
        assert_eq!(window.stored("Signing export").last_used_at, None);
        window.press_to_copy("Copy as curl");
        let command = window.clipboard.text().unwrap();
        let begins = format!("chancery token signing --registry {}", window.path().display());
        assert!(
            command.starts_with(&begins) && !command.contains("KEY") && !command.contains("--issuer"),
            "{command}"
        );
    }
}

#[test]
fn a_pasted_private_key_signs_and_is_neither_shown_nor_copied_nor_kept_for_another_client() {
    let (mut window, key) = at_the_desk_with_a_key(SigningAlgorithm::Es256);
    let inside = key.expose().lines().nth(1).unwrap().to_owned();
    window.choose("Authenticate with", "Pasted private key");
    window.paste_into("Pasted private key", "no key");
    window.press("Request token");
    assert!(
        window.shows("The private key cannot be used: it is no PEM") && window.shows("PKCS #8"),
        "{}",
        window.outline()
    );
    let others = to_pem(&SigningAlgorithm::Es256.generate().unwrap());
    window.paste_over("Pasted private key", others.expose());
    window.press("Request token");
    assert!(
        window.shows("invalid_client")
            && window.shows("none that the client's registered keys vouch for")
            && window.shows("the assertion's signature is wrong"),
        "{}",
        window.outline()
    );
    window.paste_over("Pasted private key", key.expose());
    window.press("Request token");
    assert_eq!(
        claims(&mut window)["client_id"],
        "signing",
        "{}",
        window.outline()
    );
    window.press("Show secrets");
    assert!(window.shows("client_assertion=ey") && !window.shows(&inside));
    let issuer = issuer(&mut window);
    window.press_to_copy("Copy as curl");
    let command = window.clipboard.text().unwrap();
    assert!(
        command.ends_with(&format!("--issuer {issuer} < private-key.pem\n")) && !command.contains(&inside),
        "{command}"
    );
    window.click(Role::ComboBox, "Client");
    window.replace("Find a client", "Payroll");
    window.click(Role::ListBoxOption, "Payroll export");
    assert_eq!(window.value(Role::PasswordInput, "Pasted secret"), "");
}

#[test]
fn a_disabled_client_is_said_to_be_refused_and_is() {
    let (mut window, _) = at_the_desk();
    let client = window.stored("Payroll export");
    window
        .registry()
        .set_status(&client.client_id, client.version, Status::Disabled, &somebody())
        .unwrap();
    // The screen learns of it at the latest when it asks.
    window.press("Request token");
    assert!(window.shows("This client is disabled"), "{}", window.outline());
    assert!(!window.can_press("Copy access token"));
}

#[test]
fn a_stopped_server_issues_nothing_and_says_where_to_start_it() {
    let (mut window, _) = at_the_desk();
    window.go("Server");
    window.press("Stop server");
    assert!(window.shows("The server is not running"));
    window.go("Tokens");
    assert!(!window.can_press("Request token"));
    assert!(window.shows("Start it on the Server screen"));
    window.go("Server");
    window.press("Start server");
    window.go("Tokens");
    window.press("Request token");
    assert!(window.can_press("Copy access token"));
}

#[test]
fn two_windows_have_a_server_each_on_a_port_of_its_own() {
    let ((mut one, _), (mut other, _)) = (at_the_desk(), at_the_desk());
    let issuers = [issuer(&mut one), issuer(&mut other)];
    assert_ne!(issuers[0], issuers[1]);
    for (window, issuer) in [(&mut one, &issuers[0]), (&mut other, &issuers[1])] {
        window.press("Request token");
        assert_eq!(claims(window)["iss"], issuer.as_str());
    }
    // At most one of them has the usual port.
    one.go("Server");
    other.go("Server");
    assert!(one.shows("Port 9400 was taken") || other.shows("Port 9400 was taken"));
}

#[test]
fn what_the_server_was_asked_stands_on_its_screen() {
    let (mut window, _) = at_the_desk();
    window.press("Request token");
    window.go("Server");
    let rows = window.rows();
    assert!(
        rows.iter()
            .any(|row| row.starts_with("POST /token, 200, client Payroll export")),
        "{rows:?}"
    );
}

#[test]
fn from_a_client_its_token_is_two_presses_away() {
    let mut window = Opening::with_server().open(|registry| drop(a_service(registry)));
    window.open_client("Payroll export");
    window.press("Request a token");
    assert_eq!(window.value(Role::ComboBox, "Client"), "Payroll export");
    window.press("Request token");
    assert_eq!(claims(&mut window)["sub"], "payroll");
}
