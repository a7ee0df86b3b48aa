//! The handover sheet in the window.

use chancery::client::{ClientKind, Secret};
use chancery::registry::Registry;
use eframe::egui::{Key, Role, vec2};

use crate::desk::{Opening, TestWindow, good_draft, register};

fn fill(registry: &Registry) {
    register(registry, "portal", good_draft(ClientKind::Web, "Portal"));
    register(registry, "tv", good_draft(ClientKind::Device, "Television"));
}

fn assert_shows(window: &TestWindow, told: &[&str]) {
    for text in told {
        assert!(window.shows(text), "{text} is missing:\n{}", window.outline());
    }
}

#[test]
fn the_sheet_names_this_windows_server_and_everything_but_the_secret() {
    let mut secret: Option<Secret> = None;
    let mut window = Opening::with_server().open(|registry| {
        secret = register(registry, "portal", good_draft(ClientKind::Web, "Portal"));
    });
    window.go("Server");
    let issuer = window.value(Role::TextInput, "Issuer");
    window.go("Clients");
    window.open_client("Portal");
    window.press("Handover sheet");
    assert_eq!(window.dialog().as_deref(), Some("Handover sheet"));
    let sheet = window.press_to_copy("Copy").unwrap();
    for told in [
        "# Portal",
        "`portal`",
        &format!("`{issuer}/token`"),
        "https://app.example.com/callback",
    ] {
        assert!(sheet.contains(told), "{told}: {sheet}");
    }
    assert!(!sheet.contains(secret.unwrap().expose()));
    assert!(!window.shows("No server is running here"));
}

#[test]
fn each_framework_gets_its_own_files_and_one_that_has_nothing_says_so() {
    let mut window = TestWindow::over(fill);
    window.go("Tokens");
    window.click(Role::ComboBox, "Client");
    window.type_text("Por");
    window.click(Role::ListBoxOption, "Portal");
    window.press("Handover sheet");
    assert_shows(
        &window,
        &["No server is running here, so https://issuer.example stands"],
    );
    window.choose("Written for", "Spring Boot");
    assert_shows(&window, &["application.yml", "${CHANCERY_CLIENT_SECRET}"]);
    let properties = window.press_to_copy("Copy application.yml").unwrap();
    assert!(properties.contains("client-id: \"portal\""), "{properties}");
    window.choose("Written for", "Authlib");
    assert!(window.press_to_copy("Copy").unwrap().contains("OAuth2Session"));
    window.key(Key::Escape);
    assert_eq!(window.dialog(), None);
    window.go("Clients");
    window.open_client("Television");
    window.ctrl(Key::K);
    window.type_text("handover");
    window.key(Key::Enter);
    window.choose("Written for", "Auth.js");
    assert_shows(&window, &["for which Auth.js has no configuration"]);
    assert!(!window.can_press("Copy"));
}

#[test]
fn it_can_be_used_in_a_small_window_that_may_not_write() {
    let opening = Opening {
        read_only: true,
        size: vec2(683.0, 467.0),
        ..Opening::default()
    };
    let mut window = opening.open(fill);
    window.open_client("Portal");
    window.press("Handover sheet");
    window.choose("Written for", "ASP.NET Core");
    assert!(
        window
            .press_to_copy("Copy appsettings.json")
            .unwrap()
            .contains("/callback")
    );
    window.press("Close");
    assert_eq!(window.dialog(), None);
}
