//! The smallest window that can be had: nothing is pushed under its neighbour.

use eframe::egui::{Key, Rect, Role, vec2};

use crate::desk::{Opening, TestWindow};
use crate::list::five_clients;

/// The least size that the window manager is told of.
fn the_smallest() -> Opening {
    Opening {
        size: vec2(880.0, 560.0),
        ..Opening::default()
    }
}

fn rect(window: &TestWindow, role: Role, name: &str) -> Rect {
    window.find(role, name).rect()
}

#[test]
fn beside_an_open_client_the_list_keeps_its_filters_and_columns_in_view() {
    let mut window = the_smallest().open(five_clients);
    window.open_client("Billing portal");
    let pane = rect(&window, Role::TextInput, "Name").left();
    for (role, name) in [
        (Role::Button, "New client"),
        (Role::TextInput, "Search clients"),
        (Role::ComboBox, "Status"),
        (Role::ComboBox, "Type"),
        (Role::ComboBox, "Grant"),
        (Role::Button, "Sort by name"),
        (Role::Row, "Billing portal"),
    ] {
        let right = rect(&window, role, name).right();
        assert!(
            right <= pane,
            "{name:?} reaches to {right}, under the pane that begins at {pane}"
        );
    }
}

#[test]
fn a_narrow_list_has_what_brings_clients_in_and_out_in_a_menu() {
    let mut window = Opening {
        size: vec2(1_024.0, 700.0),
        ..Opening::default()
    }
    .open(five_clients);
    window.open_client("Billing portal");
    let new = rect(&window, Role::Button, "New client");
    let more = rect(&window, Role::Button, "More actions");
    assert!(more.y_range().contains(new.center().y), "they stand in one row");
    assert!(!window.can_press("Import…"));
    window.press("More actions");
    for name in ["Add by URL…", "Import…", "Export…", "Compare…"] {
        assert!(window.can_press(name), "{name}: {}", window.outline());
    }
    window.press("Compare…");
    assert!(window.shows("Compare with an export"), "{}", window.outline());
}

#[test]
fn the_pane_of_a_client_fits_into_its_width() {
    for (width, height) in [(880.0, 560.0), (960.0, 640.0), (1_380.0, 850.0)] {
        let mut window = Opening {
            size: vec2(width, height),
            ..Opening::default()
        }
        .open(five_clients);
        window.open_client("Billing portal");
        let name = rect(&window, Role::TextInput, "Name");
        let revoke = rect(&window, Role::Button, "Revoke all secrets now…");
        assert!(
            (revoke.right() - name.right()).abs() < 1.0,
            "at {width}: {} and {}",
            revoke.right(),
            name.right()
        );
        assert!(
            revoke.right() <= width - 19.0,
            "at {width} the margin is {}",
            width - revoke.right()
        );
    }
}

#[test]
fn the_exchange_lies_between_the_form_and_the_token_of_the_tokens_screen() {
    let opening = Opening {
        size: vec2(880.0, 560.0),
        ..Opening::with_server()
    };
    let mut window = opening.open(five_clients);
    window.open_client("Payroll export");
    window.press("Request a token");
    window.press("Request token");
    let form = rect(&window, Role::Button, "Request token").right();
    let token = rect(&window, Role::Label, "Access token").left();
    for name in ["Show secrets", "Copy as curl"] {
        let place = rect(&window, Role::Button, name);
        assert!(
            place.left() >= form,
            "{name:?} begins at {}, under the form that ends at {form}",
            place.left()
        );
        assert!(
            place.right() <= token,
            "{name:?} ends at {}, under the token that begins at {token}",
            place.right()
        );
    }
}

#[test]
fn the_form_of_a_new_client_ends_before_the_findings_begin() {
    let mut window = the_smallest().open(|_| {});
    window.press("New client");
    let findings = window.find(Role::Label, "Before you create it").rect().left();
    for (role, name) in [
        (Role::RadioButton, "Mobile or desktop application"),
        (Role::TextInput, "Name"),
        (Role::TextInput, "Add redirect URI"),
        (Role::TextInput, "Add audience"),
        (Role::ComboBox, "Client authentication"),
    ] {
        let right = rect(&window, role, name).right();
        assert!(
            right <= findings,
            "{name:?} reaches to {right}, under the findings that begin at {findings}"
        );
    }
}

#[test]
fn in_a_low_window_the_shortcuts_are_scrolled_by_keys() {
    let mut window = the_smallest().open(five_clients);
    window.ctrl(Key::Slash);
    assert_eq!(window.dialog().as_deref(), Some("Keyboard shortcuts"));
    let top = |window: &TestWindow, text: &str| rect(window, Role::Label, text).top();
    let (first, last) = (
        "Anywhere",
        "Close a dialog, what is looked at, a selection or a new registration",
    );
    let at_first = top(&window, first);
    assert!(top(&window, last) > 560.0, "there is something to scroll");
    window.key(Key::ArrowDown);
    assert!((top(&window, first) - at_first + 40.0).abs() < 1.0);
    window.key(Key::ArrowUp);
    for _ in 0..3 {
        window.key(Key::PageDown);
    }
    assert!(top(&window, last) < 540.0, "{}", top(&window, last));
    window.key(Key::Home);
    assert!((top(&window, first) - at_first).abs() < 1.0);
    window.key(Key::End);
    assert!(top(&window, last) < 540.0);
    window.key(Key::PageUp);
    assert!(top(&window, last) > 540.0);
}

#[test]
fn an_address_that_does_not_fit_is_whole_for_whoever_reads_or_copies_it() {
    let opening = Opening {
        size: vec2(880.0, 560.0),
        ..Opening::with_server()
    };
    let mut window = opening.open(five_clients);
    window.go("Server");
    window.click(Role::Tab, "Endpoints");
    let whole = window.value(Role::TextInput, "OAuth metadata");
    assert!(
        whole.ends_with("/.well-known/oauth-authorization-server"),
        "{whole}"
    );
    assert_eq!(
        window.press_to_copy("Copy OAuth metadata address").as_deref(),
        Some(whole.as_str())
    );
    let field = rect(&window, Role::TextInput, "OAuth metadata");
    window.harness.hover_at(field.center());
    window.harness.run_steps(60);
    let tooltips = window.nodes(Role::Label, &whole);
    assert!(!tooltips.is_empty(), "{}", window.outline());
}

/// A screen of 1024 by 700 at a zoom of 150 %, in points.
fn zoomed() -> Opening {
    Opening {
        size: vec2(683.0, 467.0),
        ..Opening::with_server()
    }
}

#[test]
fn where_there_is_no_room_for_both_the_pane_takes_the_place_of_the_list_and_gives_it_back() {
    let mut window = zoomed().open(five_clients);
    window.open_client("Billing portal");
    let name = rect(&window, Role::TextInput, "Name");
    assert!(
        name.width() > 400.0 && name.right() < 683.0,
        "the pane is {} wide",
        name.width()
    );
    assert!(window.nodes(Role::Row, "Billing portal").is_empty());
    window.press("‹ Back to the list");
    assert!(window.can_use(Role::Row, "Billing portal"));
    assert!(window.nodes(Role::TextInput, "Name").is_empty());
}

#[test]
fn in_a_narrow_window_the_findings_stand_under_the_form_of_a_new_client() {
    let mut window = zoomed().open(|_| {});
    window.press("New client");
    for kind in chancery::client::ClientKind::ALL {
        let card = rect(&window, Role::RadioButton, kind.label());
        assert!(card.width() >= 112.0 && card.right() < 683.0, "{kind:?}: {card}");
    }
    let form = rect(&window, Role::ComboBox, "Client authentication");
    let findings = rect(&window, Role::Label, "Before you create it");
    assert!(findings.top() > form.bottom() && (findings.left() - form.left()).abs() < 60.0);
    for button in ["Create client", "Cancel"] {
        let place = window.nodes(Role::Button, button)[0].rect();
        assert!(
            place.right() < 683.0 && place.bottom() < 467.0,
            "{button}: {place}"
        );
    }
}

#[test]
fn in_a_narrow_window_form_exchange_and_token_stand_below_each_other() {
    let mut window = zoomed().open(five_clients);
    window.go("Tokens");
    let request = window.nodes(Role::Button, "Request token")[0].rect();
    let exchange = rect(&window, Role::Label, "Exchange");
    let token = rect(&window, Role::Label, "Access token");
    assert!(request.bottom() < exchange.top() && exchange.bottom() < token.top());
}

#[test]
fn what_an_empty_place_says_stays_inside_it() {
    let mut window = the_smallest().open(five_clients);
    window.go("Tokens");
    let text = rect(
        &window,
        Role::Label,
        "Choose a client and request a token: what was sent and what came back stands here, byte by byte.",
    );
    let form = rect(&window, Role::ComboBox, "Audience").right();
    let token = rect(&window, Role::Label, "Access token").left();
    assert!(
        text.left() >= form && text.right() <= token,
        "{text} between {form} and {token}"
    );
}
