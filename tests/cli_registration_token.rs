//! `chancery registration-token …` and `chancery serve --registration`: the program itself, as a script runs it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may fail loudly")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
    command
        .env_clear()
        .env("HOME", folder)
        .env("USER", "tester")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .args(arguments);
    command
}

fn chancery(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = chancery(folder, arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// A server that ends with the test.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let mut child = command(folder, &all).spawn().unwrap();
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut line).unwrap();
        let address = line
            .trim()
            .strip_prefix("Chancery serves http://")
            .unwrap()
            .to_owned();
        // Read on, so that the server never waits for somebody to read.
        std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        Self { child, address }
    }

    fn register(&self, token: Option<&str>) -> (u16, Value) {
        let metadata = json!({"client_name": "P", "redirect_uris": ["https://p.example.com/cb"], "token_endpoint_auth_method": "none"});
        let body = metadata.to_string();
        let bearer = token
            .map(|token| format!("Authorization: Bearer {token}\r\n"))
            .unwrap_or_default();
        let request = format!(
            "POST /register HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{bearer}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn create_prints_the_token_alone_and_it_stands_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let create = [
        "registration-token",
        "create",
        "--ttl",
        "1h",
        "--uses",
        "2",
        "--scope",
        "openid  profile",
        "--label",
        "ci",
    ];
    let output = chancery(here, &create);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let token = text(&output.stdout);
    let token = token.strip_suffix('\n').unwrap();
    assert_eq!(token.len(), 43);
    assert!(
        token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
    assert!(!text(&output.stderr).contains(token));
    let listed: Value = serde_json::from_str(&run(here, &["registration-token", "list", "--json"])).unwrap();
    let listed = &listed[0];
    for (name, value) in [
        ("label", json!("ci")),
        ("state", json!("living")),
        ("scopes", json!(["openid", "profile"])),
        ("uses", json!(2)),
        ("used", json!(0)),
    ] {
        assert_eq!(listed[name], value, "{name}");
    }
    let id = listed["id"].as_str().unwrap();
    let table = run(here, &["registration-token", "list"]);
    assert!(table.contains(id) && table.contains("0 of 2 used"), "{table}");
    assert_eq!(
        run(here, &["registration-token", "revoke", id]),
        format!("ci ({id}) is revoked\n")
    );
    assert_eq!(run(here, &["registration-token", "list", "--json"]), "[]\n");
    let again = chancery(here, &["registration-token", "revoke", id]);
    assert_eq!(again.status.code(), Some(1));
    run(here, &["check"]);
    let mut folders = vec![here.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(token.len()).any(|part| part == token.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        vec!["registration-token", "create", "--ttl", "0"],
        vec!["registration-token", "create", "--ttl", "400d"],
        vec!["registration-token", "create", "--uses", "0"],
        vec!["registration-token", "create", "--uses", "-1"],
        vec!["registration-token", "create", "--scope", "a\"b"],
        vec!["registration-token", "create", "--label", "open"],
        vec!["registration-token", "revoke"],
        vec!["serve", "--registration", "yes"],
    ] {
        let output = chancery(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_running_server_takes_the_tokens_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let token = run(
        here,
        &["registration-token", "create", "--uses", "1", "--label", "ci"],
    );
    let token = token.trim();
    let server = Serving::start(
        here,
        &[
            "--registration",
            "token",
            "--dynamic-scopes",
            "openid read:orders",
        ],
    );
    assert_eq!(server.register(None).0, 401);
    let (status, registered) = server.register(Some(token));
    assert_eq!(
        (status, registered["scope"].as_str()),
        (201, Some("openid read:orders")),
        "{registered}"
    );
    assert_eq!(server.register(Some(token)).0, 401, "its one use is spent");
    let second = run(here, &["registration-token", "create"]);
    assert_eq!(
        server.register(Some(second.trim())).0,
        201,
        "made while the server runs"
    );
    drop(server);
    let shown: Value = serde_json::from_str(&run(here, &["client", "list", "--json"])).unwrap();
    assert_eq!(shown.as_array().unwrap().len(), 2);
    let read_only = chancery(here, &["serve", "--read-only", "--registration", "open"]);
    assert_eq!(read_only.status.code(), Some(1), "{}", text(&read_only.stderr));
    let off = Serving::start(here, &[]);
    assert_eq!(off.register(Some(token)).0, 404);
    let open = Serving::start(here, &["--registration", "open"]);
    assert_eq!(open.register(None).0, 201);
}
