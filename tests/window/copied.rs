//! The commands that the window copies, run as they are by POSIX shells with a real curl, against the window's own server.
//! What they yield is verified by a library that had no part in making it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chancery::client::{AuthMethod, ClientKind, GrantType, Secret};
use chancery::outbound::{Browser, Person, Place};
use eframe::egui::Role;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey, reqwest};
use serde_json::Value;
use url::Url;

use crate::desk::{TestWindow, good_draft};
use crate::grants::{PASSWORD, a_device, at_the_desk, web_application, with_grant};

const SHELLS: [&str; 2] = ["sh", "bash"];

/// What a person does while a command waits: from what it said, what they type.
type Typed = fn(&str) -> String;

/// Runs a command in a shell. As soon as it has said an address, a person types something.
fn run(shell: &str, command: &str, typed: Typed) -> Value {
    let mut child = Command::new(shell)
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        said.push_str(&line.unwrap());
        said.push('\n');
        if said.contains("http") && said.lines().count() >= 2 {
            let answer = typed(&said);
            writeln!(child.stdin.take().unwrap(), "{answer}").unwrap();
            break;
        }
    }
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{shell} answered {:?} to\n{command}\n{said}", output.stdout))
}

/// Signs ada in at the first address that was said. Returns where the browser was sent.
fn sign_in(said: &str) -> String {
    let start = said.find("http://").unwrap();
    let address = said[start..].split([' ', '\n', '"']).next().unwrap();
    let address = Url::parse(address).unwrap();
    let person = Person {
        name: "ada".to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
    };
    match Browser::new(&address)
        .sign_in(&address, &person, &mut |_, _| {})
        .unwrap()
    {
        Place::Away(url) => url.to_string(),
        Place::Page(_) => String::new(),
    }
}

/// Types nothing but Enter once ada has allowed the device.
fn allow_device(said: &str) -> String {
    let member = said.split("\"verification_uri_complete\":\"").nth(1).unwrap();
    sign_in(member.split('"').next().unwrap());
    String::new()
}

fn nothing(_: &str) -> String {
    String::new()
}

/// Verifies the access token of an answer with the keys that its issuer publishes.
#[track_caller]
fn verify(answer: &Value) -> Value {
    let token = answer["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("{token}")
    };
    let part =
        |text: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap() };
    let (head, told) = (part(header), part(claims));
    let jwks = format!("{}/jwks", told["iss"].as_str().unwrap());
    let keys = reqwest::blocking::get(jwks).unwrap().bytes().unwrap();
    let keys: CoreJsonWebKeySet = serde_json::from_slice(&keys).unwrap();
    let key = keys
        .keys()
        .iter()
        .find(|key| key.key_id().map(|kid| kid.as_str()) == head["kid"].as_str())
        .unwrap();
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verify_signature(
        &CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        signed.as_bytes(),
        &signature,
    )
    .unwrap();
    told
}

fn copied(window: &mut TestWindow) -> String {
    window.press("Request token");
    assert!(window.can_press("Copy as curl"), "{}", window.outline());
    window.press_to_copy("Copy as curl");
    window.clipboard.text().unwrap()
}

#[test]
fn client_credentials_by_header_by_body_and_by_none() {
    for method in [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost] {
        let mut draft = good_draft(ClientKind::Service, "Payroll export");
        draft.token_endpoint_auth_method = method;
        let mut window = at_the_desk(draft);
        let command = copied(&mut window);
        for shell in SHELLS {
            assert_eq!(verify(&run(shell, &command, nothing))["client_id"], "app");
        }
    }
}

#[test]
fn an_authorization_code_that_somebody_fetches() {
    let mut window = at_the_desk(web_application());
    let command = copied(&mut window);
    for shell in SHELLS {
        assert_eq!(verify(&run(shell, &command, sign_in))["sub"], "ada");
    }
    // The code alone does as well as the whole address.
    let code_alone: Typed = |said| {
        let address = Url::parse(&sign_in(said)).unwrap();
        let code = address.query_pairs().find(|(name, _)| name == "code").unwrap();
        code.1.into_owned()
    };
    assert_eq!(verify(&run("sh", &command, code_alone))["sub"], "ada");
    let mut draft = good_draft(ClientKind::SinglePage, "Shop front");
    draft.scopes = vec!["openid".to_owned()];
    let mut window = at_the_desk(draft);
    let command = copied(&mut window);
    assert_eq!(verify(&run("sh", &command, sign_in))["sub"], "ada");
}

#[test]
fn a_refresh_token_that_is_good_for_the_next_time() {
    for shell in SHELLS {
        let mut window = at_the_desk(web_application());
        window.press("Request token");
        window.press("Refresh");
        window.press_to_copy("Copy as curl");
        let command = window.clipboard.text().unwrap();
        assert_eq!(verify(&run(shell, &command, nothing))["sub"], "ada");
    }
}

#[test]
fn a_device_that_somebody_allows() {
    let mut window = at_the_desk(a_device());
    let command = copied(&mut window);
    for shell in SHELLS {
        assert_eq!(verify(&run(shell, &command, allow_device))["sub"], "ada");
    }
}

#[test]
fn a_token_that_is_traded_in() {
    let mut window = at_the_desk(with_grant(GrantType::TokenExchange));
    window.press("Request token");
    window.press_to_copy("Copy access token");
    let subject = window.clipboard.text().unwrap();
    window.choose("Grant", "Token exchange");
    window.paste_into("Subject token", &subject);
    let command = copied(&mut window);
    for shell in SHELLS {
        assert_eq!(verify(&run(shell, &command, nothing))["sub"], "app");
    }
}

#[test]
fn a_secret_that_is_pasted_is_asked_for_in_every_shell() {
    let mut secret = None;
    let draft = good_draft(ClientKind::Service, "Payroll export");
    let mut window = crate::desk::Opening::with_server()
        .open(|registry| secret = crate::desk::register(registry, "app", draft));
    window.go("Tokens");
    window.click(Role::ComboBox, "Client");
    window.click(Role::ListBoxOption, "Payroll export");
    window.choose("Authenticate with", "Pasted secret");
    let secret = secret.unwrap();
    window.paste_into("Pasted secret", secret.expose());
    let command = copied(&mut window);
    assert!(!command.contains(secret.expose()), "{command}");
    for shell in SHELLS {
        let mut child = Command::new(shell)
            .args(["-c", &command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", secret.expose()).unwrap();
        let output = child.wait_with_output().unwrap();
        let answer = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert_eq!(verify(&answer)["client_id"], "app", "{shell}");
    }
}
