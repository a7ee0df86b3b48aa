//! A registry that is only looked at: everything can be read and copied, and nothing is offered that would change it.

use chancery::client::ClientKind;
use eframe::egui::{Key, Role};

use crate::desk::{Opening, TestWindow, good_draft, register};

fn looked_at() -> TestWindow {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    opening.open(|registry| {
        let mut draft = good_draft(ClientKind::Web, "Billing portal");
        draft.allowed_cors_origins = vec!["https://app.example.com".to_owned()];
        draft.access_token_lifetime = Some(300);
        draft.notes = "Two lines\nof notes".to_owned();
        register(registry, "billing", draft);
    })
}

#[test]
fn a_registration_is_shown_as_text_with_everything_that_it_holds() {
    let mut window = looked_at();
    window.open_client("Billing portal");
    for text in [
        "https://app.example.com/callback",
        "Authorization code, Refresh token",
        "read",
        "Secret in the Authorization header (client_secret_basic)",
    ] {
        assert!(window.can_use(Role::Label, text), "{text}:\n{}", window.outline());
    }
    assert!(!window.shows("team@example.com"));
    window.press("More options");
    for text in [
        "team@example.com",
        "https://app.example.com",
        "5 minutes",
        "Two lines\nof notes",
    ] {
        assert!(window.can_use(Role::Label, text), "{text}:\n{}", window.outline());
    }
}

#[test]
fn nothing_is_offered_that_would_change_it() {
    let mut window = looked_at();
    assert!(window.nodes(Role::Button, "New client").is_empty());
    window.open_client("Billing portal");
    window.press("More options");
    let allowed = ["Search clients"];
    for (role, name, _) in window.controls() {
        let edits = matches!(role, Role::TextInput | Role::MultilineTextInput | Role::CheckBox);
        assert!(!edits || allowed.contains(&name.as_str()), "{role:?} {name:?}");
    }
    for button in [
        "Save changes",
        "Delete client…",
        "Rotate secret…",
        "Disable client",
        "Remove URI",
    ] {
        assert!(window.nodes(Role::Button, button).is_empty(), "{button}");
    }
    window.ctrl(Key::N);
    assert!(window.shows("The registry is open read-only"));
}

/// Lets everybody read the registry file.
#[cfg(unix)]
fn let_others_read(registry: &chancery::registry::Registry) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(registry.path(), mode).unwrap();
}

#[cfg(unix)]
#[test]
fn a_registry_that_others_could_read_is_told_of_and_what_to_do() {
    let mut window = TestWindow::over(let_others_read);
    assert_eq!(
        window.dialog().as_deref(),
        Some("Others had access to the registry")
    );
    for told in ["registry.chancery (644)", "rotate secrets that people made up"] {
        assert!(window.shows(told), "{told} is missing:\n{}", window.outline());
    }
    window.press("Close");
    assert_eq!(window.dialog(), None);
}

#[cfg(unix)]
#[test]
fn where_others_still_can_read_it_the_commands_against_that_are_copied() {
    let opening = Opening {
        read_only: true,
        ..Opening::default()
    };
    let mut window = opening.open(let_others_read);
    assert_eq!(
        window.dialog().as_deref(),
        Some("Others have access to the registry")
    );
    let copied = window.press_to_copy("Copy commands").unwrap();
    assert!(
        copied.starts_with("chmod 600 '") && copied.contains("registry.chancery'\n"),
        "{copied}"
    );
}
