//! The tokens and secrets of dynamic registration: told once, to whoever asked, and kept as hashes.

use eframe::egui::Role;
use serde_json::{Value, json};

use crate::desk::TestWindow;
use crate::machine::Machine;
use crate::search::found_in;
use crate::{assert_is_busy, assert_stays_out, assert_the_window_keeps_none, copied, http};

/// A request with a bearer token, and its answer: the status and the body.
fn ask(issuer: &str, line: &str, token: &str, body: &str) -> (u16, String) {
    let authority = issuer.strip_prefix("http://").unwrap();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = http(issuer, &request);
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

#[test]
fn a_server_that_registers_clients_keeps_and_repeats_none_of_their_tokens() {
    let machine = Machine::new();
    let made = machine.run(&["registration-token", "create", "--label", "ci"], "");
    let initial = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert_stays_out(&initial, machine.path(), &[("standard error", &made.stderr)]);
    let (serving, issuer) = machine.serve_with(&["--registration", "token"]);
    let portal = json!({"client_name": "Portal", "redirect_uris": ["https://p.example.com/cb"]});
    let (status, told) = ask(&issuer, "POST /register", &initial, &portal.to_string());
    assert_eq!(status, 201);
    let told: Value = serde_json::from_str(&told).unwrap();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    let (secret, first, uri) = (
        text("client_secret"),
        text("registration_access_token"),
        text("registration_client_uri"),
    );
    let path = uri.strip_prefix(&issuer).unwrap();
    let change = |more: Value| {
        let mut change = portal.clone();
        change["client_id"] = told["client_id"].clone();
        change
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        change.to_string()
    };
    let right = change(json!({"client_secret": secret}));
    let (status, changed) = ask(&issuer, &format!("PUT {path}"), &first, &right);
    assert_eq!(status, 200, "{changed}");
    assert_eq!(found_in(&secret, changed.as_bytes()), None, "it was told once");
    let changed: Value = serde_json::from_str(&changed).unwrap();
    let second = changed["registration_access_token"].as_str().unwrap().to_owned();
    let secrets = [&initial, &secret, &first, &second];
    for wrong in secrets {
        for (line, token, body) in [
            (format!("GET /register/{wrong}"), "x", String::new()),
            (format!("POST /register?token={wrong}"), "x", portal.to_string()),
            (format!("POST /{wrong}"), "x", portal.to_string()),
            (
                format!("GET {path}"),
                "x",
                change(json!({"client_secret": wrong})),
            ),
            (
                format!("PUT {path}"),
                second.as_str(),
                change(json!({"client_id": wrong})),
            ),
            (
                format!("PUT {path}"),
                second.as_str(),
                change(json!({"client_secret": format!("{wrong}x")})),
            ),
            (
                format!("PUT {path}"),
                second.as_str(),
                change(json!({"registration_access_token": wrong})),
            ),
            (
                format!("PUT {path}"),
                second.as_str(),
                change(json!({"scope": wrong})),
            ),
            (
                format!("PUT {path}"),
                second.as_str(),
                change(json!({"grant_types": [wrong]})),
            ),
            (
                format!("PUT {path}"),
                second.as_str(),
                change(json!({"redirect_uris": [wrong]})),
            ),
            (
                format!("PUT {path}"),
                second.as_str(),
                change(json!({"token_endpoint_auth_method": wrong})),
            ),
            (
                format!("PUT {path}"),
                second.as_str(),
                change(json!({"jwks_uri": {"a": wrong}})),
            ),
        ] {
            let (status, answer) = ask(&issuer, &line, token, &body);
            assert!((400..500).contains(&status), "{status} {answer}");
            assert_eq!(found_in(wrong, answer.as_bytes()), None, "{answer}");
        }
    }
    assert_is_busy(&machine.registry());
    for command in [
        vec!["registration-token", "list", "--json"],
        vec!["client", "list", "--json"],
        vec!["check"],
        vec!["backup", "b.chancery"],
    ] {
        let output = machine.run(&command, "");
        assert!(output.status.success(), "{command:?}");
        for secret in secrets {
            assert_stays_out(
                secret,
                machine.path(),
                &[
                    ("standard output", &output.stdout),
                    ("standard error", &output.stderr),
                ],
            );
        }
    }
    let log = serving.stop();
    for secret in secrets {
        assert_stays_out(secret, machine.path(), &[("what the server told", &log)]);
    }
}

#[test]
fn a_window_that_made_an_initial_access_token_keeps_none() {
    let mut window = TestWindow::new();
    window.go("Server");
    window.click(Role::Tab, "Registration");
    window.press("New initial access token…");
    window.press("Make initial access token");
    window.press("Show initial access token");
    let token = copied(&mut window, "Copy initial access token");
    copied(&mut window, "Copy as environment variables");
    window.click(Role::CheckBox, "I have stored the token");
    window.press("Done");
    for screen in ["History", "Settings", "Clients", "Server"] {
        window.go(screen);
        assert_eq!(
            found_in(&token, window.everything_shown().as_bytes()),
            None,
            "{screen}"
        );
    }
    assert_the_window_keeps_none(window, &[&token]);
}
