//! Several secrets of one client: rotated with an overlap, listed, revoked, begun and ended with the method.

use chancery::client::secret::Verification;
use chancery::client::{AuthMethod, ClientKind, Secret};
use eframe::egui::{Key, Role};
use jiff::Timestamp;

use crate::desk::{TestWindow, good_draft, register};

const DAY: i64 = 86_400;

/// A service that is looked at, and its first secret.
fn a_service() -> (TestWindow, Secret) {
    let mut first = None;
    let mut window = TestWindow::over(|registry| {
        first = register(
            registry,
            "payroll",
            good_draft(ClientKind::Service, "Payroll export"),
        );
    });
    window.open_client("Payroll export");
    (window, first.unwrap())
}

fn rotate(window: &mut TestWindow, days: u32) -> Secret {
    window.press("Rotate secret…");
    assert_eq!(window.dialog().as_deref(), Some("Rotate secret"));
    window
        .find(Role::Slider, "Overlap in days")
        .set_value_accesskit(f64::from(days));
    window.settle();
    window.press("Rotate secret");
    assert_eq!(window.dialog().as_deref(), Some("Secret rotated"));
    window.press("Copy client secret");
    let secret = Secret::new(window.clipboard.text().unwrap());
    window.click(Role::CheckBox, "I have stored the secret");
    window.press("Done");
    secret
}

/// Which of some secrets authenticate now.
fn live(window: &TestWindow, secrets: &[&Secret]) -> Vec<bool> {
    let client = window.stored("Payroll export");
    let now = Timestamp::now();
    let is_live = |secret: &&Secret| {
        client
            .live_secrets(now)
            .any(|stored| stored.hash.verify(secret) != Verification::Wrong)
    };
    secrets.iter().map(is_live).collect()
}

#[test]
fn after_a_rotation_both_secrets_are_valid_for_the_overlap_and_both_are_listed() {
    let (mut window, first) = a_service();
    assert!(window.shows("· no expiry") && window.shows("never used"));
    window.press("Rotate secret…");
    assert_eq!(
        window.value(Role::SpinButton, "Overlap in days"),
        "7 days",
        "a week unless told otherwise"
    );
    window.key(Key::Escape);
    assert_eq!(
        window.stored("Payroll export").secrets.len(),
        1,
        "Escape rotates nothing"
    );
    let second = rotate(&mut window, 30);
    assert_eq!(live(&window, &[&first, &second]), [true, true]);
    let stored = window.stored("Payroll export");
    let left = stored.secrets[0].expires_at.unwrap().as_second() - Timestamp::now().as_second();
    assert!((29 * DAY..=30 * DAY).contains(&left), "{left} s");
    assert_eq!(stored.secrets[1].expires_at, None);
    assert!(window.shows("· no expiry"));
    assert!(
        window.shows("· ends in 30 days") || window.shows("· ends in 29 days"),
        "{}",
        window.outline()
    );
}

#[test]
fn without_an_overlap_the_old_secret_ends_at_once() {
    let (mut window, first) = a_service();
    let second = rotate(&mut window, 0);
    assert_eq!(live(&window, &[&first, &second]), [false, true]);
    assert!(window.shows("· ended "));
}

#[test]
fn revoking_ends_every_secret_and_every_token_now() {
    let (mut window, first) = a_service();
    let second = rotate(&mut window, 7);
    window.press("Revoke all secrets now…");
    assert_eq!(window.dialog().as_deref(), Some("Revoke all secrets now?"));
    window.press("Cancel");
    assert_eq!(live(&window, &[&first, &second]), [true, true]);
    window.press("Revoke all secrets now…");
    window.press("Revoke all secrets now");
    assert_eq!(live(&window, &[&first, &second]), [false, false]);
    assert!(window.stored("Payroll export").tokens_valid_after.is_some());
    assert!(window.shows("· revoked "));
    assert!(
        window.nodes(Role::Button, "Revoke all secrets now…").is_empty(),
        "there is none left to revoke"
    );
    let third = rotate(&mut window, 7);
    assert_eq!(live(&window, &[&first, &second, &third]), [false, false, true]);
}

#[test]
fn a_sixth_live_secret_is_refused_with_a_sentence() {
    let (mut window, _) = a_service();
    for _ in 0..4 {
        rotate(&mut window, 30);
    }
    window.press("Rotate secret…");
    window.press("Rotate secret");
    assert_eq!(window.dialog().as_deref(), Some("That did not work"));
    assert!(window.shows("secret"), "{}", window.outline());
    window.press("Close");
    assert_eq!(
        window
            .stored("Payroll export")
            .live_secrets(Timestamp::now())
            .count(),
        5
    );
}

#[test]
fn rotating_keeps_what_is_being_typed() {
    let (mut window, _) = a_service();
    window.replace("Name", "Half done");
    rotate(&mut window, 7);
    assert_eq!(window.value(Role::TextInput, "Name"), "Half done");
    window.press("Save changes");
    assert_eq!(window.dialog(), None, "{}", window.outline());
    assert_eq!(
        window.stored("Half done").live_secrets(Timestamp::now()).count(),
        2
    );
}

#[test]
fn turning_public_asks_then_ends_all_secrets() {
    let mut window = TestWindow::over(|registry| {
        register(registry, "billing", good_draft(ClientKind::Web, "Billing portal"));
    });
    window.open_client("Billing portal");
    window.choose("Client authentication", "None, a public client");
    window.press("Save changes");
    assert_eq!(window.dialog().as_deref(), Some("Make it a public client?"));
    window.press("Cancel");
    assert_eq!(
        window
            .stored("Billing portal")
            .live_secrets(Timestamp::now())
            .count(),
        1
    );
    window.press("Save changes");
    window.press("End secrets and save");
    let stored = window.stored("Billing portal");
    assert_eq!(stored.draft.token_endpoint_auth_method, AuthMethod::None);
    assert_eq!(stored.live_secrets(Timestamp::now()).count(), 0);
}

#[test]
fn leaving_none_makes_a_first_secret_and_shows_it() {
    let mut window = TestWindow::over(|registry| {
        register(
            registry,
            "viewer",
            good_draft(ClientKind::SinglePage, "Invoice viewer"),
        );
    });
    window.open_client("Invoice viewer");
    assert!(window.nodes(Role::Button, "Rotate secret…").is_empty());
    window.choose("Client authentication", "Secret in the Authorization header");
    window.press("Save changes");
    assert_eq!(window.dialog().as_deref(), Some("Secret rotated"));
    assert_eq!(
        window
            .stored("Invoice viewer")
            .live_secrets(Timestamp::now())
            .count(),
        1
    );
}
