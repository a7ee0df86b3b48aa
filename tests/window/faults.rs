//! Breaking it on purpose, by role and name: every fault is armed, met and told of.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use chancery::client::{ClientKind, Secret, Status};
use chancery::protocol::fault::Fault;
use eframe::egui::{Role, vec2};
use egui_kittest::kittest::NodeT;
use jiff::Timestamp;

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};
use crate::grants;
use crate::tokens::{at_the_desk, base64, claims, issuer, pick};

/// The banner's text for a fault of the client Payroll export.
fn banner(fault: Fault) -> String {
    let (name, next) = (fault.name(), fault.used_up_by().next());
    format!("Armed for Payroll export: {name}. It ends with {next}")
}

/// Whether something is armed, as a screen reader finds it.
fn is_armed(window: &TestWindow) -> bool {
    let alerts = |node: &egui_kittest::Node<'_>| node.accesskit_node().role() == Role::Alert;
    let is_there = window
        .harness
        .root()
        .children_recursive()
        .any(|node| alerts(&node));
    assert_eq!(is_there, window.can_press("Disarm"), "{}", window.outline());
    is_there
}

#[track_caller]
fn assert_shows(window: &TestWindow, texts: &[&str]) {
    for text in texts {
        assert!(window.shows(text), "{text:?} is missing:\n{}", window.outline());
    }
}

/// A form sent to the window's server by somebody else.
fn ask_from_outside(issuer: &str, authorization: &str, path: &str, body: &str) -> String {
    let address = issuer.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}Connection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn basic(secret: &Secret) -> String {
    let credentials = base64(&format!("payroll:{}", secret.expose()));
    format!("Authorization: Basic {credentials}\r\n")
}

/// Lets a look of the window be due, and come back.
fn a_second_passes(window: &mut TestWindow) {
    std::thread::sleep(Duration::from_millis(1_050));
    window.harness.step();
    window.settle();
}

/// Arms a fault, meets it with the next token request, and gets a right token with the one after.
fn meet(fault: Fault, check: impl FnOnce(&mut TestWindow)) {
    let (mut window, _) = at_the_desk();
    assert!(!is_armed(&window));
    window.press(fault.label());
    assert!(is_armed(&window) && window.is_on(Role::Button, fault.label()));
    window.find(Role::Alert, &banner(fault));
    window.press("Request token");
    assert!(!is_armed(&window) && !window.is_on(Role::Button, fault.label()));
    let broken = format!("A fault did this: {}", fault.name());
    let met = format!("Payroll export has met its fault: {}", fault.name());
    assert_shows(
        &window,
        &[&broken, fault.what(), fault.then(), fault.basis(), &met],
    );
    check(&mut window);
    window.press("Request token");
    assert_shows(&window, &["200 OK", "Signature valid", "ends in"]);
    assert!(!window.shows("A fault did this"), "{}", window.outline());
}

#[test]
fn expired() {
    meet(Fault::Expired, |window| {
        assert_shows(window, &["200 OK", "has ended"])
    });
}

#[test]
fn not_yet_valid() {
    meet(Fault::NotYetValid, |window| {
        let claims = claims(window);
        assert_eq!(claims["nbf"], claims["exp"].as_i64().unwrap() - 1);
        assert_shows(window, &["nbf"]);
    });
}

#[test]
fn wrong_issuer() {
    meet(Fault::WrongIssuer, |window| {
        assert_shows(window, &["https://fault.invalid"])
    });
}

#[test]
fn wrong_audience() {
    meet(Fault::WrongAudience, |window| {
        assert_shows(window, &["urn:chancery:fault"])
    });
}

#[test]
fn wrong_key_id() {
    meet(Fault::WrongKeyId, |window| {
        assert_shows(window, &["Signature invalid", "no-such-key"])
    });
}

#[test]
fn bad_signature() {
    meet(Fault::BadSignature, |window| {
        assert_shows(window, &["Signature invalid"])
    });
}

#[test]
fn retired_key() {
    meet(Fault::RetiredKey, |window| {
        assert_shows(window, &["Signature invalid"])
    });
}

#[test]
fn the_server_fails() {
    meet(Fault::ServerError, |window| {
        assert_shows(window, &["500 Internal Server Error", "server_error"]);
        assert_shows(window, &["The server noted: fault: an answer of 500"]);
    });
}

#[test]
fn the_server_is_unavailable() {
    meet(Fault::Unavailable, |window| {
        assert_shows(window, &["503 Service Unavailable", "retry-after: 2"]);
    });
}

#[test]
fn a_slow_answer() {
    meet(Fault::SlowAnswer, |window| {
        assert_shows(window, &["200 OK", "Signature valid"])
    });
}

#[test]
fn a_dropped_connection() {
    meet(Fault::DroppedConnection, |window| {
        assert_shows(window, &["closed the connection without an answer", "Try again"]);
        assert!(!window.can_press("Copy access token"));
    });
}

#[test]
fn a_clock_ahead_and_a_clock_behind() {
    let now = Timestamp::now().as_second();
    for (fault, from, to) in [
        (Fault::ClockAhead, now + 86_000, now + 87_000),
        (Fault::ClockBehind, now - 87_000, now - 86_000),
    ] {
        meet(fault, |window| {
            let iat = claims(window)["iat"].as_i64().unwrap();
            assert!((from..to).contains(&iat), "{iat}");
        });
    }
}

#[test]
fn a_device_is_told_to_slow_down_and_the_window_sees_it_within_a_second() {
    let device = |registry: &chancery::registry::Registry| {
        register(
            registry,
            "kiosk",
            good_draft(ClientKind::Device, "Payroll export"),
        );
    };
    let mut window = Opening::with_server().open(device);
    window.go("Tokens");
    pick(&mut window, "Payroll export");
    let issuer = issuer(&mut window);
    let began = ask_from_outside(&issuer, "", "/device_authorization", "client_id=kiosk");
    let (_, body) = began.split_once("\r\n\r\n").unwrap();
    let codes: serde_json::Value = serde_json::from_str(body).unwrap();
    let poll = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=kiosk&device_code={}",
        codes["device_code"].as_str().unwrap()
    );
    window.press("Slow down");
    window.find(Role::Alert, &banner(Fault::SlowDown));
    assert!(ask_from_outside(&issuer, "", "/token", &poll).contains("\"slow_down\""));
    a_second_passes(&mut window);
    assert!(!is_armed(&window));
    assert_shows(&window, &["Payroll export has met its fault: slow_down"]);
}

#[test]
fn whoever_uses_a_fault_up_outside_the_window_is_told_of_on_every_screen() {
    let (mut window, secret) = at_the_desk();
    let issuer = issuer(&mut window);
    window.press("Request token");
    window.press("Bad signature");
    for screen in ["Clients", "Review", "History", "Server", "Settings"] {
        window.go(screen);
        assert!(is_armed(&window), "{screen}");
        window.find(Role::Alert, &banner(Fault::BadSignature));
    }
    let answer = ask_from_outside(
        &issuer,
        &basic(&secret),
        "/token",
        "grant_type=client_credentials",
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    a_second_passes(&mut window);
    assert!(!is_armed(&window));
    assert_shows(&window, &["Payroll export has met its fault: broken signature"]);
    window.go("Server");
    let rows = window.rows();
    assert!(
        rows.iter().any(|row| row.contains("fault: broken signature")),
        "{rows:?}"
    );
    window.go("Tokens");
    assert!(
        !window.shows("A fault did this"),
        "the exchange that is shown was another one"
    );
}

#[test]
fn a_fault_is_taken_back_by_its_own_button_and_by_the_banner_and_changed_by_another() {
    let (mut window, _) = at_the_desk();
    window.press("Expired");
    window.press("Expired");
    assert!(!is_armed(&window));
    window.press("Expired");
    window.press("Wrong issuer");
    assert!(window.is_on(Role::Button, "Wrong issuer") && !window.is_on(Role::Button, "Expired"));
    window.press("Disarm");
    assert!(!is_armed(&window));
    window.press("Request token");
    assert_shows(&window, &["Signature valid", "ends in"]);
    assert!(!window.shows("A fault did this"));
}

#[test]
fn a_fault_for_one_client_is_off_for_another_and_ends_with_the_server() {
    let mut window = Opening::with_server().open(|registry| {
        register(
            registry,
            "payroll",
            good_draft(ClientKind::Service, "Payroll export"),
        );
        register(
            registry,
            "ledger",
            good_draft(ClientKind::Service, "Ledger import"),
        );
    });
    window.go("Tokens");
    pick(&mut window, "Payroll export");
    window.press("Expired");
    window.click(Role::ComboBox, "Client");
    window.replace("Find a client", "Ledger");
    window.click(Role::ListBoxOption, "Ledger import");
    assert!(!window.is_on(Role::Button, "Expired"));
    window.press("Request token");
    assert_shows(&window, &["ends in"]);
    window.find(Role::Alert, &banner(Fault::Expired));
    window.go("Server");
    window.press("Stop server");
    assert!(!is_armed(&window));
    window.go("Tokens");
    assert!(!window.can_press("Expired") && window.shows("Choose a client while the server runs"));
    window.go("Server");
    window.press("Start server");
    window.go("Tokens");
    assert!(!is_armed(&window) && window.can_press("Expired"));
}

#[test]
fn what_cannot_be_armed_is_refused_with_a_sentence() {
    let (mut window, _) = at_the_desk();
    window.press("Slow down");
    assert_shows(
        &window,
        &[
            "no device that could be told to slow down",
            "Add device code to its grants",
        ],
    );
    window.press("Close");
    let client = window.stored("Payroll export");
    window
        .registry()
        .set_status(&client.client_id, client.version, Status::Disabled, &somebody())
        .unwrap();
    window.press("Expired");
    assert_shows(&window, &["The client is disabled", "Enable the client first"]);
    window.press("Close");
    assert!(!is_armed(&window));
}

#[test]
fn the_banner_fits_and_leaves_the_rest_its_place_however_small_the_window_is() {
    for (width, height) in [(683.0, 467.0), (880.0, 560.0), (1_380.0, 850.0)] {
        let opening = Opening {
            size: vec2(width, height),
            ..Opening::with_server()
        };
        let name = "Payroll export of the whole group, monthly, with everything that belongs to it and more";
        let mut window = opening.open(|registry| {
            drop(register(
                registry,
                "payroll",
                good_draft(ClientKind::Service, name),
            ))
        });
        window.go("Tokens");
        pick(&mut window, name);
        window.press("Not yet valid");
        let told = format!("Armed for {name}: not yet valid token. It ends with the next token");
        let (alert, disarm) = (
            window.find(Role::Alert, &told).rect(),
            window.find(Role::Button, "Disarm").rect(),
        );
        assert!(
            alert.right() <= disarm.left() && disarm.right() <= width,
            "{alert} {disarm}"
        );
        assert!(alert.left() >= 0.0 && disarm.bottom() <= 40.0, "{alert} {disarm}");
        assert!(window.find(Role::Button, "Clients").rect().top() >= 40.0);
    }
}

#[test]
fn a_sign_in_meets_a_fault_at_its_end_and_the_next_one_is_right() {
    let mut window = grants::at_the_desk(grants::web_application());
    for (fault, shown) in [
        (Fault::BadSignature, "Signature invalid"),
        (Fault::ServerError, "500 Internal Server Error"),
        (
            Fault::DroppedConnection,
            "closed the connection without an answer",
        ),
    ] {
        window.press(fault.label());
        window.press("Request token");
        let broken = format!("A fault did this: {}", fault.name());
        let met = format!("Shop has met its fault: {}", fault.name());
        assert_shows(&window, &[shown, &broken, &met]);
        window.press("Request token");
        assert_shows(&window, &["Signature valid"]);
        assert!(!window.shows("A fault did this"), "{}", window.outline());
    }
}

#[test]
fn a_device_that_was_allowed_is_told_to_slow_down_at_the_desk_and_why() {
    let mut window = grants::at_the_desk(grants::a_device());
    window.press("Slow down");
    window.press("Request token");
    assert!(!is_armed(&window));
    assert_shows(
        &window,
        &[
            "slow_down",
            "A fault did this: it was armed for this client on purpose",
            "The server noted: fault: slow_down",
            Fault::SlowDown.then(),
        ],
    );
    window.press("Request token");
    assert_shows(&window, &["Signature valid"]);
}

#[test]
fn a_refresh_token_outlives_an_answer_that_a_fault_has_spoilt() {
    let mut window = grants::at_the_desk(grants::web_application());
    window.press("Request token");
    for fault in [Fault::Unavailable, Fault::DroppedConnection] {
        window.press(fault.label());
        window.press("Refresh");
        assert_shows(&window, &[&format!("A fault did this: {}", fault.name())]);
        window.press("Refresh");
        assert!(!window.shows("A fault did this"), "{}", window.outline());
        assert_shows(&window, &["200 OK", "Signature valid"]);
    }
}
