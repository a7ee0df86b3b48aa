//! `chancery token --grant …`: every grant through a real /token, as a script runs it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test may fail loudly"
)]

use std::path::Path;
use std::process::Output;

use chancery::registry::Registry;
use chancery::server::{Listen, Options, Server};
use jiff::Timestamp;
use jsonwebtoken::dangerous::insecure_decode;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A machine with a registry, a test user and one client of these grants.
struct Desk {
    folder: TempDir,
    id: String,
    secret: String,
}

impl Desk {
    fn new(metadata: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), &["user", "add", "ada"], "correct horse\n");
        let mut all = json!({ "client_name": "Portal", "contacts": ["a@example.com"], "scope": "openid read offline_access" });
        let members = metadata.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(members);
        let made = run(
            folder.path(),
            &["client", "create", "--file", "-"],
            &all.to_string(),
        );
        let response: Value = serde_json::from_slice(&made.stdout).unwrap_or_default();
        let member = |name: &str| response[name].as_str().unwrap_or_default().to_owned();
        let (id, secret) = (member("client_id"), member("client_secret"));
        assert!(!id.is_empty(), "{}", text(&made.stderr));
        Self { folder, id, secret }
    }

    fn of_grants(grants: &[&str]) -> Self {
        Self::new(json!({ "grant_types": grants, "redirect_uris": ["https://app.example.com/callback"] }))
    }

    fn token(&self, arguments: &[&str]) -> Output {
        let begin = ["token", self.id.as_str()];
        run(self.folder.path(), &[&begin, arguments].concat(), "")
    }

    /// The whole response.
    fn response(&self, arguments: &[&str]) -> Value {
        let output = self.token(&[arguments, &["--json"]].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.token(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "nothing of a result");
        text(&output.stderr)
    }

    /// A token in a file.
    fn file(&self, token: &Value) -> String {
        let path = self.folder.path().join("token");
        std::fs::write(&path, format!("{}\n", token.as_str().unwrap())).unwrap();
        path.to_string_lossy().into_owned()
    }
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chancery"));
    command
        .env_clear()
        .env("HOME", folder)
        .env("USER", "tester")
        .args(arguments);
    let mut command = assert_cmd::Command::from_std(command);
    command.write_stdin(input).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn claims(response: &Value, token: &str) -> Value {
    insecure_decode::<Value>(response[token].as_str().unwrap())
        .unwrap()
        .claims
}

const SIGN_IN: [&str; 4] = ["--grant", "authorization_code", "--sign-in-as", "ada"];

#[test]
fn a_test_user_signs_in_without_a_password_and_the_tokens_are_refreshed() {
    let desk = Desk::of_grants(&["authorization_code", "refresh_token"]);
    let response = desk.response(&SIGN_IN);
    assert_eq!(claims(&response, "access_token")["sub"], "ada");
    assert_eq!(claims(&response, "id_token")["sub"], "ada");
    let file = desk.file(&response["refresh_token"]);
    let refresh = ["--grant", "refresh_token", "--token-file", &file];
    assert_eq!(claims(&desk.response(&refresh), "access_token")["sub"], "ada");
    let said = desk.refused(&refresh);
    assert!(said.contains("invalid_grant"), "once only: {said}");
    let alone = desk.token(&SIGN_IN);
    assert_eq!(
        text(&alone.stdout).trim().split('.').count(),
        3,
        "the token alone"
    );
    assert_eq!(text(&alone.stdout).lines().count(), 1);
}

#[test]
fn a_device_is_allowed_by_a_test_user() {
    let desk = Desk::new(
        json!({ "application_type": "native", "token_endpoint_auth_method": "none",
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"] }),
    );
    let response = desk.response(&["--grant", "device_code", "--sign-in-as", "ada", "--scope", "read"]);
    let claims = claims(&response, "access_token");
    assert_eq!(
        (&claims["sub"], &claims["scope"]),
        (&"ada".into(), &"read".into())
    );
}

#[test]
fn a_token_is_traded_for_another_at_the_server_that_issued_it() {
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    let desk = Desk::new(
        json!({ "grant_types": ["client_credentials", exchange], "scope": "read",
        "audience": ["https://ledger.example.com"] }),
    );
    let path = desk.folder.path().join(".local/share/chancery/registry.chancery");
    let registry = Registry::open(&path, Timestamp::now()).unwrap();
    let mut options = Options::new(registry, "tester");
    options.listen = Listen::AnyPort;
    let server = Server::start(options).unwrap();
    let issuer = server.issuer().as_str();
    let ask = |arguments: &[&str]| -> Value {
        let begin = ["token", desk.id.as_str(), "--issuer", issuer, "--json"];
        let output = run(desk.folder.path(), &[&begin, arguments].concat(), &desk.secret);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let file = desk.file(&ask(&[])["access_token"]);
    let trade = ["--grant", "token_exchange", "--token-file", &file];
    let response = ask(&trade);
    assert_eq!(claims(&response, "access_token")["sub"], desk.id.as_str());
    assert_eq!(
        response["issued_token_type"],
        "urn:ietf:params:oauth:token-type:access_token"
    );
    let said = desk.refused(&trade);
    assert!(said.contains("Name that running server with --issuer"), "{said}");
}

#[test]
fn a_client_that_signs_trades_an_assertion_in() {
    let desk = Desk::new(
        json!({ "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"], "scope": "read",
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks" }),
    );
    let response = desk.response(&["--grant", "jwt_bearer"]);
    assert_eq!(claims(&response, "access_token")["sub"], desk.id.as_str());
}

#[test]
fn a_request_is_pushed_where_the_registration_wants_it() {
    let desk = Desk::new(json!({ "redirect_uris": ["https://app.example.com/callback"],
        "require_pushed_authorization_requests": true }));
    assert_eq!(claims(&desk.response(&SIGN_IN), "access_token")["sub"], "ada");
}

#[test]
fn a_token_is_bound_to_a_key_where_it_is_registered_to_be() {
    let desk = Desk::new(json!({ "grant_types": ["client_credentials"], "scope": "read",
        "dpop_bound_access_tokens": true }));
    let response = desk.response(&[]);
    assert_eq!(response["token_type"], "DPoP");
    assert!(claims(&response, "access_token")["cnf"]["jkt"].is_string());
}

#[test]
fn what_lies_on_standard_input_is_not_sent_for_a_client_that_has_no_secret() {
    let desk = Desk::new(
        json!({ "application_type": "native", "token_endpoint_auth_method": "none",
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"] }),
    );
    let arguments = [
        "token",
        desk.id.as_str(),
        "--grant",
        "device_code",
        "--sign-in-as",
        "ada",
    ];
    let output = run(desk.folder.path(), &arguments, "another line of a list\n");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn whatever_is_missing_is_named_with_what_to_do() {
    let desk = Desk::of_grants(&["authorization_code"]);
    for (arguments, told) in [
        (
            &["--grant", "authorization_code", "--sign-in-as", "eve"][..],
            "There is no test user eve",
        ),
        (
            &["--grant", "authorization_code"],
            "has no redirect URI at which this command could wait for a browser",
        ),
        (
            &[
                "--grant",
                "authorization_code",
                "--redirect-uri",
                "https://app.example.com/callback",
            ],
            "is not an address on loopback over plain HTTP",
        ),
        (
            &["--grant", "refresh_token"],
            "Name the file that it lies in with --token-file",
        ),
        (
            &["--grant", "refresh_token", "--token-file", "nowhere"],
            "The token in nowhere cannot be read",
        ),
        (
            &[
                "--grant",
                "authorization_code",
                "--sign-in-as",
                "ada",
                "--scope",
                "beyond",
            ],
            "The server refused: invalid_scope",
        ),
        (
            &[
                "--grant",
                "authorization_code",
                "--sign-in-as",
                "ada",
                "--redirect-uri",
                "https://other.example.com/",
            ],
            "The redirect_uri is not registered",
        ),
        (
            &[
                "--grant",
                "authorization_code",
                "--sign-in-as",
                "ada",
                "--issuer",
                "http://127.0.0.1:1",
            ],
            "A running server needs the secret",
        ),
        (
            &["--grant", "device_code", "--sign-in-as", "ada"],
            "unauthorized_client",
        ),
        (
            &["--grant", "refresh_token", "--token-file", "/dev/null"],
            "it begins with an empty line",
        ),
    ] {
        let said = desk.refused(arguments);
        assert!(said.contains(told), "{arguments:?}: {said}");
        assert!(
            said.trim_end().lines().count() >= 2,
            "what and what to do: {said}"
        );
    }
}
