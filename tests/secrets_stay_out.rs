//! After every flow that touches a secret, nothing that stays holds it: not the registry file, its write-ahead log and
//! shared index, its key file or a backup, not the folders of settings, not standard output beyond the one place where it
//! is meant to be, nor standard error. Neither as it is nor in a form that anybody could turn back.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[path = "window/desk.rs"]
#[expect(dead_code, reason = "these flows need few of the hands that the others need")]
mod desk;
#[path = "secrets_stay_out/machine.rs"]
mod machine;
#[path = "secrets_stay_out/registration.rs"]
mod registration;
#[path = "secrets_stay_out/search.rs"]
mod search;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use chancery::client::{AuthMethod, ClientId, ClientKind, Secret};
use chancery::outbound::{AsClient, TokenAnswer, TokenGrant, TokenRequest, discover, to_pem};
use chancery::protocol::signing_key::SigningAlgorithm;
use chancery::registry::{HistoryQuery, Registry};
use chancery::server::{Listen, Options, Server};
use desk::{Opening, TestWindow, good_draft, register};
use eframe::egui::{Key, Role};
use jiff::Timestamp;
use machine::Machine;
use search::{found_in, places};
use serde_json::{Value, json};

/// Nothing below a folder and none of some texts holds a secret, in any form.
fn assert_stays_out(secret: &str, folder: &Path, said: &[(&str, &[u8])]) {
    let found = places(secret, folder);
    assert!(found.is_empty(), "it stands in {found:?}");
    for (what, bytes) in said {
        if let Some(form) = found_in(secret, bytes) {
            let text = String::from_utf8_lossy(bytes).replace(secret, "<the secret>");
            let lines: Vec<&str> = text
                .split(['\n', '{'])
                .filter(|line| line.contains("<the secret>"))
                .collect();
            panic!("{what} holds it, {form}: {lines:#?}");
        }
    }
}

fn assert_is_busy(registry: &Path) {
    let log = PathBuf::from(format!("{}-wal", registry.display()));
    assert!(
        std::fs::metadata(log).unwrap().len() > 0,
        "there is a write-ahead log to search"
    );
}

fn service(name: &str) -> String {
    json!({
        "client_name": name, "grant_types": ["client_credentials"], "scope": "read",
        "audience": ["https://api.example.com"], "contacts": ["team@example.com"],
    })
    .to_string()
}

#[test]
fn what_the_command_line_prints_once_is_nowhere_else() {
    let machine = Machine::new();
    // A server that stays keeps the write-ahead log where it can be searched. This process must not: by reading the file
    // it would let go of its own locks on it.
    let (serving, _) = machine.serve();
    let (client_id, first) =
        machine.prints_a_secret(&["client", "create", "--file", "-"], &service("Nightly report"));
    let (_, second) =
        machine.prints_a_secret(&["client", "rotate-secret", &client_id, "--overlap", "1h"], "");
    let page = json!({"client_name": "Page", "token_endpoint_auth_method": "none", "redirect_uris": ["https://a.example/cb"]});
    let created = machine.run(&["client", "create", "--file", "-"], &page.to_string());
    let created: Value = serde_json::from_slice(&created.stdout).unwrap();
    let page = json!({"client_name": "Page", "redirect_uris": ["https://a.example/cb"]}).to_string();
    let update = [
        "client",
        "update",
        created["client_id"].as_str().unwrap(),
        "--file",
        "-",
    ];
    let (_, third) = machine.prints_a_secret(&update, &page);
    assert_is_busy(&machine.registry());
    let commands: [&[&str]; 8] = [
        &["client", "list"],
        &["client", "list", "--json"],
        &["client", "show", &client_id],
        &["client", "show", &client_id, "--json"],
        &["check"],
        &["backup", "backup.chancery"],
        &["client", "revoke-secrets", &client_id, "--json"],
        &["client", "delete", &client_id, "--json"],
    ];
    for command in commands {
        let output = machine.run(command, "");
        assert!(
            output.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        for secret in [&first, &second, &third] {
            let said = [
                ("standard output", &output.stdout[..]),
                ("standard error", &output.stderr[..]),
            ];
            assert_stays_out(secret, machine.path(), &said);
        }
    }
    assert!(machine.path().join("backup.chancery").exists());
    let log = serving.stop();
    for secret in [first, second, third] {
        assert_stays_out(&secret, machine.path(), &[("what the server told", &log)]);
    }
}

#[test]
fn a_secret_in_metadata_that_is_given_is_neither_kept_nor_repeated() {
    let machine = Machine::new();
    let given = "a-secret-that-somebody-left-in-the-file-they-gave-us";
    let mut metadata: Value = serde_json::from_str(&service("Nightly report")).unwrap();
    metadata["client_secret"] = json!(given);
    let output = machine.run(&["client", "create", "--file", "-"], &metadata.to_string());
    assert!(output.status.success());
    let said = [
        ("standard output", &output.stdout[..]),
        ("standard error", &output.stderr[..]),
    ];
    assert_stays_out(given, machine.path(), &said);
}

#[test]
fn a_password_in_an_address_of_a_file_is_in_no_registry_report_or_export() {
    let machine = Machine::new();
    let password = "a-password-that-stood-in-an-address";
    let uri = |path: &str| format!("https://ada:{password}@app.example.com/{path}");
    let file = json!({"realm": "r", "clients": [{
        "clientId": "app", "name": "App", "description": format!("see {}", uri("wiki")), "secret": "s3cret-of-the-app",
        "rootUrl": uri(""), "baseUrl": uri("home"), "adminUrl": uri("admin"), "redirectUris": [uri("cb"), "/relative"],
        "webOrigins": [uri("")], "attributes": {"post.logout.redirect.uris": uri("bye"), "logoUri": uri("logo")},
    }]});
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("realm.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let path = path.to_str().unwrap();
    let imported = machine.run(&["import", "--format", "keycloak", path], "");
    let report = String::from_utf8(imported.stdout).unwrap();
    assert!(
        imported.status.success() && report.contains("a password in redirect_uris"),
        "{report}"
    );
    let mut said = vec![
        ("import".to_owned(), report.into_bytes()),
        ("import".to_owned(), imported.stderr),
    ];
    for arguments in [
        &["audit", "--format", "json"] as &[&str],
        &[
            "audit",
            "--input",
            path,
            "--input-format",
            "keycloak",
            "--format",
            "html",
        ],
        &["compare", "--with", path, "--format", "keycloak"],
        &["import", "--format", "keycloak", "--update", path],
        &["client", "show", "app"],
        &["history"],
        &["export", "--format", "rfc7591"],
        &["export", "--format", "keycloak"],
        &["export", "--format", "hydra"],
        &["export", "--format", "csv"],
    ] {
        let output = machine.run(arguments, "");
        assert_ne!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        said.push((arguments.join(" "), output.stdout));
        said.push((arguments.join(" "), output.stderr));
    }
    let found = said.iter().find(|(what, _)| what.starts_with("audit --format"));
    assert!(found.is_some_and(|(_, said)| String::from_utf8_lossy(said).contains("redir-userinfo")));
    let found = said.iter().find(|(what, _)| what.starts_with("audit --input"));
    assert!(found.is_some_and(|(_, said)| String::from_utf8_lossy(said).contains("uri-password")));
    let said: Vec<(&str, &[u8])> = said
        .iter()
        .map(|(what, bytes)| (what.as_str(), bytes.as_slice()))
        .collect();
    assert_stays_out(password, machine.path(), &said);
}

#[test]
fn a_password_in_an_address_is_not_registered_in_the_first_place() {
    let machine = Machine::new();
    let password = "a-password-that-stood-in-an-address";
    let mut metadata: Value = serde_json::from_str(&service("Nightly report")).unwrap();
    metadata["client_uri"] = json!(format!("https://ada:{password}@app.example.com/"));
    let output = machine.run(&["client", "create", "--file", "-"], &metadata.to_string());
    assert_eq!(output.status.code(), Some(1));
    let said = [
        ("standard output", &output.stdout[..]),
        ("standard error", &output.stderr[..]),
    ];
    assert_stays_out(password, machine.path(), &said);
}

/// Sends bytes to the server and returns the answer.
fn http(issuer: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(issuer.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Requests that carry a secret where it belongs, where it does not, right and wrong.
fn ask_in_every_way(issuer: &str, client_id: &str, secret: &str) -> Vec<(&'static str, String)> {
    use base64::Engine;
    let authority = issuer.strip_prefix("http://").unwrap();
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{client_id}:{secret}"));
    let head = format!(
        "host: {authority}\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    );
    let post = |path: &str, headers: &str, body: &str| {
        let length = body.len();
        format!("POST {path} HTTP/1.1\r\n{head}{headers}content-length: {length}\r\n\r\n{body}")
    };
    let grant = "grant_type=client_credentials";
    let requests = [
        (
            "basic",
            post("/token", &format!("authorization: Basic {pair}\r\n"), grant),
        ),
        (
            "body",
            post(
                "/token",
                "",
                &format!("{grant}&client_id={client_id}&client_secret={secret}"),
            ),
        ),
        (
            "query",
            post(
                &format!("/token?client_id={client_id}&client_secret={secret}"),
                "",
                grant,
            ),
        ),
        (
            "as a client_id",
            post(
                "/token",
                "",
                &format!("{grant}&client_id={secret}&client_secret={client_id}"),
            ),
        ),
        (
            "as a scope",
            post(
                "/token",
                &format!("authorization: Basic {pair}\r\n"),
                &format!("{grant}&scope={secret}"),
            ),
        ),
        ("as a grant", post("/token", "", &format!("grant_type={secret}"))),
        (
            "as a bearer token",
            post("/token", &format!("authorization: Bearer {secret}\r\n"), grant),
        ),
        ("as a path", format!("GET /{secret} HTTP/1.1\r\n{head}\r\n")),
        (
            "as a host",
            format!("GET /jwks HTTP/1.1\r\nhost: {secret}\r\nconnection: close\r\n\r\n"),
        ),
        ("as a method", format!("{secret} /token HTTP/1.1\r\n{head}\r\n")),
    ];
    requests
        .into_iter()
        .map(|(how, request)| (how, http(issuer, &request)))
        .collect()
}

#[test]
fn a_server_that_is_asked_with_right_and_wrong_secrets_tells_and_keeps_none() {
    let machine = Machine::new();
    let (client_id, right) =
        machine.prints_a_secret(&["client", "create", "--file", "-"], &service("Nightly report"));
    let wrong = Secret::generate(&zeroize::Zeroizing::new([0x5a; Secret::ENTROPY]))
        .expose()
        .to_owned();
    let (serving, issuer) = machine.serve();
    let mut answers = Vec::new();
    for secret in [&right, &wrong] {
        answers.extend(ask_in_every_way(&issuer, &client_id, secret));
        let token = machine.run(
            &["token", &client_id, "--issuer", &issuer],
            &format!("{secret}\n"),
        );
        assert_eq!(token.status.success(), *secret == right);
        let said = [
            ("standard output", &token.stdout[..]),
            ("standard error", &token.stderr[..]),
        ];
        assert_stays_out(secret, machine.path(), &said);
    }
    assert!(
        answers.iter().any(|(_, answer)| answer.contains("access_token")),
        "one of them was right"
    );
    let log = serving.stop();
    assert!(String::from_utf8_lossy(&log).contains("401"), "refusals are told");
    for secret in [&right, &wrong] {
        for (how, answer) in &answers {
            assert_eq!(
                found_in(secret, answer.as_bytes()),
                None,
                "the answer repeats what came {how}"
            );
        }
        assert_stays_out(secret, machine.path(), &[("what the server told", &log)]);
    }
}

#[test]
fn the_log_of_requests_and_the_history_hold_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.chancery");
    let registry = Registry::open(&path, Timestamp::now()).unwrap();
    let right = register(
        &registry,
        "payroll",
        good_draft(ClientKind::Service, "Payroll export"),
    )
    .unwrap();
    let mut options = Options::new(registry.another().unwrap(), "tester");
    options.listen = Listen::AnyPort;
    let server = Server::start(options).unwrap();
    let id = ClientId::parse("payroll").unwrap();
    let test_credential = server.test_credential(&id, "tester").unwrap().unwrap();
    let metadata = discover(server.issuer().as_str()).unwrap();
    let wrong = Secret::new("not-the-secret-of-anybody-but-long-enough-to-be-one".to_owned());
    for secret in [&right, &test_credential, &wrong] {
        let client = AsClient {
            client_id: id.clone(),
            method: AuthMethod::ClientSecretBasic,
            secret: Some(secret.clone()),
        };
        let request = TokenRequest {
            grant: TokenGrant::ClientCredentials,
            scope: None,
            audience: None,
        };
        let answer = TokenAnswer::of(&request.request(&client, &metadata), &metadata).unwrap();
        let shown = format!(
            "{answer:?}{client:?}{request:?}{}{}",
            answer.exchange.masked_head(),
            answer.exchange.masked_body()
        );
        assert_eq!(found_in(secret.expose(), shown.as_bytes()), None);
        ask_in_every_way(server.issuer().as_str(), "payroll", secret.expose());
    }
    let requests = format!("{:?}", server.requests());
    let query = HistoryQuery {
        limit: 100,
        ..HistoryQuery::default()
    };
    let history = format!("{:?}", registry.history(&query).unwrap());
    assert_is_busy(&path);
    let copy = folder.path().join("backup.chancery");
    for secret in [&right, &test_credential, &wrong] {
        let said = [
            ("the log of requests", requests.as_bytes()),
            ("the history", history.as_bytes()),
        ];
        assert_stays_out(secret.expose(), folder.path(), &said);
    }
    server.stop();
    registry.backup_to(&copy).unwrap();
    drop(registry);
    for secret in [right, test_credential, wrong] {
        assert_stays_out(secret.expose(), folder.path(), &[]);
    }
}

/// Where eframe would keep what a window remembers: a file, searched like any other.
#[derive(Default)]
struct AppRon(HashMap<String, String>);

impl eframe::Storage for AppRon {
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

/// Has the window save what it would, and looks through everything that stays of a secret, open and closed.
fn assert_the_window_keeps_none(mut window: TestWindow, secrets: &[&str]) {
    let mut kept = AppRon::default();
    eframe::App::save(window.harness.state_mut(), &mut kept);
    assert!(
        !eframe::App::persist_egui_memory(window.harness.state()),
        "egui's own memory would be kept too"
    );
    std::fs::write(window.folder.path().join("app.ron"), format!("{:?}", kept.0)).unwrap();
    assert_is_busy(&window.path());
    let shown = window.everything_shown();
    for secret in secrets {
        assert_stays_out(secret, window.folder.path(), &[("the window", shown.as_bytes())]);
    }
    eframe::App::on_exit(window.harness.state_mut(), None);
    for secret in secrets {
        assert_stays_out(secret, window.folder.path(), &[]);
        assert_eq!(window.clipboard.text(), None, "the clipboard is cleared on exit");
    }
}

fn copied(window: &mut TestWindow, button: &str) -> String {
    assert_eq!(
        window.press_to_copy(button),
        None,
        "egui's own copy is not for secrets"
    );
    window.clipboard.text().unwrap()
}

fn done(window: &mut TestWindow) {
    window.click(Role::CheckBox, "I have stored the secret");
    window.press("Done");
}

#[test]
fn a_window_that_made_showed_and_copied_secrets_keeps_none() {
    let mut window = TestWindow::new();
    window.press("New client");
    window.click(Role::RadioButton, "Machine-to-machine service");
    window.type_into("Name", "Payroll export");
    window.press("Create client");
    window.press("Show client secret");
    let first = copied(&mut window, "Copy client secret");
    copied(&mut window, "Copy as environment variables");
    done(&mut window);
    window.press("Rotate secret…");
    window.press("Rotate secret");
    window.press("Show client secret");
    let second = copied(&mut window, "Copy client secret");
    done(&mut window);
    window.replace("Name", "Payroll");
    window.ctrl(Key::S);
    window.press("Revoke all secrets now…");
    window.press("Revoke all secrets now");
    for screen in ["History", "Review", "Settings", "Clients"] {
        window.go(screen);
        for secret in [&first, &second] {
            assert_eq!(
                found_in(secret, window.everything_shown().as_bytes()),
                None,
                "{screen}"
            );
        }
    }
    assert_the_window_keeps_none(window, &[&first, &second]);
}

#[test]
fn a_window_that_asked_for_tokens_keeps_neither_the_test_credential_nor_a_pasted_secret() {
    let mut own = None;
    let mut window = Opening::with_server().open(|registry| {
        own = register(
            registry,
            "payroll",
            good_draft(ClientKind::Service, "Payroll export"),
        );
    });
    let own = own.unwrap().expose().to_owned();
    window.open_client("Payroll export");
    window.press("Request a token");
    window.press("Request token");
    let curl = copied(&mut window, "Copy as curl");
    let credential = curl
        .lines()
        .next()
        .unwrap()
        .trim_start_matches("CLIENT_SECRET=")
        .trim_matches('\'')
        .to_owned();
    assert_eq!(credential.len(), own.len());
    window.press("Show secrets");
    let first = copied(&mut window, "Copy access token");
    window.press("Hide secrets");
    window.choose("Authenticate with", "Pasted secret");
    window.paste_into("Pasted secret", &own);
    window.press("Request token");
    let second = copied(&mut window, "Copy access token");
    // Tokens are bearer secrets: not one is kept either. Their beginnings are shown, and say nothing.
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    let (one, other) = (signature(&first), signature(&second));
    assert_the_window_keeps_none(window, &[&credential, &own, &one, &other]);
}

#[test]
fn a_window_that_signed_with_a_pasted_private_key_keeps_no_part_of_it() {
    let alg = SigningAlgorithm::Es256;
    let pkcs8 = alg.generate().unwrap();
    let pem = to_pem(&pkcs8).expose().to_owned();
    let mut draft = good_draft(ClientKind::Service, "Signing export");
    draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    draft.jwks = Some(serde_json::json!({ "keys": [alg.public_jwk(&pkcs8).unwrap()] }));
    let mut window = Opening::with_server().open(|registry| drop(register(registry, "signing", draft)));
    window.open_client("Signing export");
    window.press("Request a token");
    window.press("Request token");
    window.choose("Authenticate with", "Pasted private key");
    window.paste_into("Pasted private key", &pem);
    window.press("Request token");
    assert!(window.can_press("Copy access token"), "{}", window.outline());
    let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with('-')).collect();
    assert_the_window_keeps_none(window, &lines);
}
