//! A handful of small pictures, compared on Mesa's software Vulkan only: what no name and no value can show.
//!
//!     VK_DRIVER_FILES=/usr/share/vulkan/icd.d/lvp_icd.json cargo test --features pictures --test pictures
//!
//! `UPDATE_SNAPSHOTS=1` writes those that differ anew, into `tests/pictures/`: look at them before they are kept.

#![cfg(feature = "pictures")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[path = "window/desk.rs"]
#[expect(dead_code, reason = "a picture needs few of the hands that the flows need")]
mod desk;

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::desktop::Settings;
use chancery::registry::Registry;
use desk::{Opening, TestWindow, good_draft, register, somebody};
use eframe::egui::{Key, Role, Theme, ThemePreference, Vec2, vec2};
use egui_kittest::SnapshotOptions;

const SMALL: Vec2 = vec2(960.0, 640.0);

/// A client in each state, with identifiers that are always the same. None was ever used, so that no time is shown.
fn clients_in_every_state(registry: &Registry) {
    let id = |number: u32| format!("{number:08x}-5f1d-4c0b-9a37-2b6f0c9d4e58");
    register(
        registry,
        &id(0x4a7c_01b2),
        good_draft(ClientKind::Web, "Billing portal"),
    );
    register(
        registry,
        &id(0x91d3_44e0),
        good_draft(ClientKind::Service, "Payroll export"),
    );
    register(
        registry,
        &id(0x1c0f_e6a9),
        good_draft(ClientKind::Native, "Courier app"),
    );
    register(
        registry,
        &id(0x77ab_3d15),
        good_draft(ClientKind::Device, "Kiosk terminal"),
    );
    let disabled = ClientId::parse(&id(0x77ab_3d15)).unwrap();
    registry
        .set_status(&disabled, 1, Status::Disabled, &somebody())
        .unwrap();
    // What wants care has a dot: red for what is dangerous, amber for the rest.
    let without_owner = ClientDraft {
        contacts: Vec::new(),
        ..good_draft(ClientKind::SinglePage, "Nobody's page")
    };
    register(registry, &id(0x5e20_9f3c), without_owner);
    let held = ClientDraft {
        redirect_uris: vec!["http://viewer.example.com/callback".to_owned()],
        ..good_draft(
            ClientKind::SinglePage,
            "A viewer from another system, with a name too long for its column",
        )
    };
    let id = ClientId::parse(&id(0xd08b_72f6)).unwrap();
    registry
        .import_client(&id, &held, Status::Active, &[], "keycloak", &somebody())
        .unwrap();
}

fn opening(theme: Theme) -> Opening {
    let preference = match theme {
        Theme::Dark => ThemePreference::Dark,
        Theme::Light => ThemePreference::Light,
    };
    Opening {
        settings: Settings {
            start_server: false,
            theme: preference,
            ..Settings::default()
        },
        size: SMALL,
        theme,
        ..Opening::default()
    }
}

/// Compares the window with its picture. A few pixels at the edges of letters may differ between releases of Mesa.
fn compare(window: &mut TestWindow, name: &str) {
    compare_but(window, name, 8);
}

/// The same, where so many pixels are others each time.
fn compare_but(window: &mut TestWindow, name: &str, pixels: usize) {
    let options = SnapshotOptions::new()
        .output_path("tests/pictures")
        .threshold(0.8)
        .max_failed_pixels(pixels);
    window.harness.remove_cursor();
    window.settle();
    window.harness.snapshot_options(name, &options);
}

#[test]
fn the_list_shows_the_state_of_each_client() {
    compare(&mut opening(Theme::Dark).open(clients_in_every_state), "clients");
}

#[test]
fn the_list_can_be_read_in_the_light_theme() {
    compare(
        &mut opening(Theme::Light).open(clients_in_every_state),
        "clients_light",
    );
}

#[test]
fn a_refused_redirect_uri_is_marked_where_it_stands_and_explained_beside_the_form() {
    let mut window = opening(Theme::Dark).open(|_| {});
    window.press("New client");
    window.type_into("Name", "Billing portal");
    window.add("Add redirect URI", "https://billing.example.com/callback");
    window.add("Add redirect URI", "http://billing.example.com/plain");
    compare(&mut window, "new_client");
}

#[test]
fn the_secret_is_masked_over_a_window_that_is_dimmed() {
    let mut window = opening(Theme::Dark).open(|registry| {
        register(
            registry,
            "4a7c01b2-5f1d-4c0b-9a37-2b6f0c9d4e58",
            good_draft(ClientKind::Service, "Payroll export"),
        );
    });
    // A rotation shows the same dialog with an identifier that is always the same. It is begun by its key, so that
    // the pane stays at its top: further down it shows days.
    window.open_client("Payroll export");
    window.ctrl(Key::R);
    window.press("Rotate secret");
    window.click(Role::CheckBox, "I have stored the secret");
    // The status bar says in four small dimmed digits at what time the chain was followed.
    compare_but(&mut window, "secret", 4 * 8 * 12);
}
