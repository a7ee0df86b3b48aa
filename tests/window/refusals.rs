//! Why a request was refused, as the window tells it: in the field's words, with its paragraph, and with the field of the
//! registration that is to change, where there is one.

use chancery::client::{ClientKind, GrantType, Status};

use crate::desk::{TestWindow, good_draft, somebody};
use crate::grants::{a_device, at_the_desk, claims, web_application, with_grant};

#[track_caller]
fn assert_shows(window: &TestWindow, texts: &[&str]) {
    for text in texts {
        assert!(window.shows(text), "{text:?} is missing:\n{}", window.outline());
    }
}

#[test]
fn a_grant_that_is_not_registered_leads_to_the_grants() {
    for (grant, what, basis) in [
        (
            GrantType::DeviceCode,
            "urn:ietf:params:oauth:grant-type:device_code is not among the client's grants",
            "unauthorized_client · RFC 6749 §5.2, RFC 8628 §3.1",
        ),
        (
            GrantType::AuthorizationCode,
            "authorization_code is not among the client's grants",
            "unauthorized_client · RFC 6749 §5.2, §4.1",
        ),
    ] {
        let mut draft = good_draft(ClientKind::Service, "Payroll export");
        draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
        let mut window = at_the_desk(draft);
        window.choose("Grant", grant.label());
        window.press("Request token");
        assert_shows(&window, &[what, basis]);
        window.press("Open client");
        assert_eq!(window.focused().as_deref(), Some("Authorization code"), "{grant}");
    }
}

#[test]
fn a_refresh_token_that_comes_back_is_explained() {
    let mut window = at_the_desk(web_application());
    window.press("Request token");
    window.press("Show secrets");
    let shown = window.everything_shown();
    let member = shown.split("\"refresh_token\": \"").nth(1).unwrap();
    let token = member.split('"').next().unwrap().to_owned();
    window.choose("Grant", "Refresh token");
    window.paste_into("Refresh token", &token);
    window.press("Request token");
    window.press("Request token");
    assert_shows(
        &window,
        &[
            "The refresh token is worth nothing: it is unknown, has ended, was used before, or is another client's",
            "One that comes back ends all of its family",
            "invalid_grant · RFC 6749 §6, RFC 9700 §4.14.2",
        ],
    );
    assert!(
        !window.can_press("Open client"),
        "the registration is not to blame"
    );
}

#[test]
fn a_subject_token_that_was_given_up_is_explained_by_what_only_the_server_knows() {
    let mut window = at_the_desk(with_grant(GrantType::TokenExchange));
    window.press("Request token");
    window.press_to_copy("Copy access token");
    let subject = window.clipboard.text().unwrap();
    window.press("Revoke");
    window.choose("Grant", "Token exchange");
    window.paste_into("Subject token", &subject);
    window.press("Request token");
    assert_shows(
        &window,
        &[
            "A token of the request was revoked",
            "Get a new one, and exchange that",
            "invalid_request · RFC 8693 §2.2.2",
        ],
    );
}

#[test]
fn a_scope_that_nobody_registered_is_explained_on_the_way_of_a_browser_and_of_a_device() {
    for (draft, grant) in [
        (web_application(), "Authorization code"),
        (a_device(), "Device code"),
    ] {
        let mut window = at_the_desk(draft);
        window.choose("Grant", grant);
        window.replace("Scope", "beyond");
        window.press("Request token");
        assert_shows(
            &window,
            &[
                "beyond is not among the client's scopes",
                "invalid_scope · RFC 6749 §5.2, §3.3",
            ],
        );
        window.press("Open client");
        assert_eq!(window.focused().as_deref(), Some("Add scope"), "{grant}");
    }
}

#[test]
fn a_page_is_explained_where_a_client_was_disabled_meanwhile() {
    let mut window = at_the_desk(web_application());
    window.press("Request token");
    claims(&mut window);
    window.choose("Authenticate with", "Pasted secret");
    window.paste_into("Pasted secret", "whatever it is: it comes to the pages first");
    let client = window.stored("Shop");
    window
        .registry()
        .set_status(&client.client_id, client.version, Status::Disabled, &somebody())
        .unwrap();
    window.press("Request token");
    assert_shows(
        &window,
        &[
            "The client is disabled, so nobody signs in for it",
            "Enable the client",
            "RFC 6749 §3.1.2.4",
        ],
    );
}
