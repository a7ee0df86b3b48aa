//! `chancery serve` and `chancery token`: the program itself, as a script runs it.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use chancery::client::{AuthMethod, ClientId};
use chancery::outbound::{
    AsClient, Beforehand, ChanceryToken, ShellCommand, TokenGrant, TokenRequest, discover,
};
use chancery::protocol::signing_key::SigningAlgorithm;
use serde_json::Value;
use tempfile::TempDir;

const SERVICE: &str = r#"{"client_name": "Nightly report", "grant_types": ["client_credentials"],
    "scope": "read write", "audience": ["https://api.example.com", "ledger"]}"#;

/// A machine of its own: no home but a folder that goes with it.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        command
            .env_clear()
            .env("HOME", self.0.path())
            .current_dir(self.0.path());
        command
            .args(["--registry", "registry.chancery", "--as", "tester"])
            .args(arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        // A command that refuses may not read it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Registers a client and returns its `client_id` and secret.
    fn register(&self) -> (String, String) {
        let output = self.run_with(&["client", "create", "--file", "-"], SERVICE);
        let registered: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |name: &str| registered.get(name).and_then(Value::as_str).unwrap().to_owned();
        (text("client_id"), text("client_secret"))
    }

    fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    fn serve_with(&self, more: &[&str]) -> Serving {
        let mut child = self
            .command(&[&["serve", "--listen", "127.0.0.1:0"], more].concat())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let issuer = line.trim().strip_prefix("Chancery serves ").unwrap().to_owned();
        Serving {
            child,
            stderr,
            issuer,
        }
    }
}

struct Serving {
    child: Child,
    stderr: BufReader<ChildStderr>,
    issuer: String,
}

impl Serving {
    /// Sends a signal, and returns the exit status and what standard error had to say.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let mut told = String::new();
        std::io::Read::read_to_string(&mut self.stderr, &mut told).unwrap();
        (self.child.wait().unwrap().code(), told)
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn claims(token: &[u8]) -> Value {
    use base64::Engine;
    let token = std::str::from_utf8(token).unwrap();
    assert_eq!(token.lines().count(), 1, "the token alone: {token}");
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(claims)
            .unwrap(),
    )
    .unwrap()
}

#[test]
fn token_needs_no_secret_and_says_that_it_used_a_test_credential() {
    let machine = Machine::new();
    let (id, _) = machine.register();
    let output = machine.run(&["token", &id, "--scope", "read", "--audience", "ledger"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("test credential"), "{}", stderr(&output));
    let claims = claims(&output.stdout);
    assert_eq!(
        (&claims["scope"], &claims["aud"]),
        (&"read".into(), &"ledger".into())
    );
    let shown = machine.run(&["client", "show", &id, "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert!(
        shown["last_used_at"].is_null(),
        "a test leaves no trace but history: {shown}"
    );
}

#[cfg(unix)]
#[test]
fn a_running_server_gives_tokens_for_the_secret_and_ends_at_a_signal() {
    let machine = Machine::new();
    let (id, secret) = machine.register();
    for signal in ["-TERM", "-INT"] {
        let serving = machine.serve();
        let issuer = serving.issuer.clone();
        let arguments = ["token", &id, "--issuer", &issuer];
        let by_input = machine.run_with(&arguments, &format!("{secret}\n"));
        assert_eq!(claims(&by_input.stdout)["iss"], issuer);
        let by_variable = machine
            .command(&arguments)
            .env("CHANCERY_CLIENT_SECRET", &secret)
            .output()
            .unwrap();
        assert_eq!(claims(&by_variable.stdout)["aud"], "https://api.example.com");
        let json = machine.run_with(&["token", &id, "--issuer", &issuer, "--json"], &secret);
        let json: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(
            (&json["token_type"], &json["scope"]),
            (&"Bearer".into(), &"read write".into())
        );

        let wrong = machine.run_with(&arguments, "wrong");
        assert_eq!(wrong.status.code(), Some(1));
        assert!(stderr(&wrong).contains("invalid_client"), "{}", stderr(&wrong));
        let none = machine.run(&arguments);
        assert_eq!(none.status.code(), Some(1));
        assert!(
            stderr(&none).contains("CHANCERY_CLIENT_SECRET"),
            "{}",
            stderr(&none)
        );

        let (status, told) = serving.end(signal);
        assert_eq!(status, Some(0));
        assert!(told.contains(&format!("200 POST /token client {id}")), "{told}");
        assert!(told.contains("401 POST /token"), "{told}");
        assert!(told.ends_with("Chancery has stopped serving\n"), "{told}");
        assert!(!told.contains(&secret));
    }
    let shown = machine.run(&["client", "show", &id, "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert!(shown["last_used_at"].is_string(), "{shown}");
}

/// Registers a client that signs with this key, and returns its `client_id`.
fn register_with_key(machine: &Machine, alg: &str, jwk: &Value) -> String {
    let metadata = serde_json::json!({
        "client_name": "Signing report", "grant_types": ["client_credentials"], "scope": "read write",
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": alg,
        "jwks": { "keys": [jwk] },
    });
    let output = machine.run_with(&["client", "create", "--file", "-"], &metadata.to_string());
    let registered: Value = serde_json::from_slice(&output.stdout).unwrap();
    let client_id = registered.get("client_id").and_then(Value::as_str);
    client_id.unwrap().to_owned()
}

#[test]
fn token_for_a_client_that_signs_needs_no_key_either() {
    let machine = Machine::new();
    for alg in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa] {
        let jwk = alg.public_jwk(&alg.generate().unwrap()).unwrap();
        let id = register_with_key(&machine, alg.as_str(), &serde_json::to_value(jwk).unwrap());
        let output = machine.run(&["token", &id, "--scope", "read"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains("test credential"), "{}", stderr(&output));
        assert_eq!(claims(&output.stdout)["client_id"], id.as_str());
        let shown = machine.run(&["client", "show", &id, "--json"]);
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert!(shown["last_used_at"].is_null(), "{shown}");
    }
}

#[cfg(unix)]
#[test]
fn a_running_server_gives_tokens_for_assertions_signed_with_the_private_key() {
    let machine = Machine::new();
    let alg = SigningAlgorithm::Es256;
    let pkcs8 = alg.generate().unwrap();
    let pem = chancery::outbound::to_pem(&pkcs8).expose().to_owned();
    let jwk = serde_json::to_value(alg.public_jwk(&pkcs8).unwrap()).unwrap();
    let id = register_with_key(&machine, "ES256", &jwk);
    let serving = machine.serve();
    let arguments = ["token", &id, "--issuer", &serving.issuer];
    let by_input = machine.run_with(&arguments, &pem);
    assert_eq!(by_input.status.code(), Some(0), "{}", stderr(&by_input));
    assert_eq!(claims(&by_input.stdout)["iss"], serving.issuer);
    let by_variable = machine
        .command(&arguments)
        .env("CHANCERY_CLIENT_SECRET", &pem)
        .output()
        .unwrap();
    assert_eq!(claims(&by_variable.stdout)["client_id"], id.as_str());
    let others = chancery::outbound::to_pem(&alg.generate().unwrap())
        .expose()
        .to_owned();
    for (input, told) in [
        (others.as_str(), "invalid_client"),
        ("no key", "The private key cannot be used: it is no PEM"),
        ("", "needs the private key"),
    ] {
        let refused = machine.run_with(&arguments, input);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains(told), "{}", stderr(&refused));
        assert!(refused.stdout.is_empty());
    }
    // And so does the command that the window copies, in a shell.
    std::fs::write(machine.0.path().join("private-key.pem"), &pem).unwrap();
    let client = AsClient {
        client_id: ClientId::parse(&id).unwrap(),
        method: AuthMethod::PrivateKeyJwt,
        secret: None,
    };
    let request = TokenRequest {
        grant: TokenGrant::ClientCredentials,
        scope: Some("read write".to_owned()),
        audience: None,
    };
    let metadata = discover(&serving.issuer).unwrap();
    let command = ShellCommand {
        client: &client,
        request: &request,
        metadata: &metadata,
        beforehand: Beforehand::Nothing,
    };
    let registry = machine.0.path().join("registry.chancery");
    for running in [Some(serving.issuer.as_str()), None] {
        let copied = command.chancery_token(&ChanceryToken {
            registry: &registry,
            running,
            sign_in_as: None,
            redirect_uri: None,
            scope: Some("read write"),
            audience: None,
        });
        let program = env!("CARGO_BIN_EXE_chancery");
        let shell = Command::new("sh")
            .args(["-c", &copied.expose().replacen("chancery", program, 1)])
            .current_dir(machine.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(
            shell.status.code(),
            Some(0),
            "{}: {}",
            copied.expose(),
            stderr(&shell)
        );
        let claims = claims(&shell.stdout);
        assert_eq!(claims["scope"], "read write");
        assert_eq!(claims["iss"] == serving.issuer, running.is_some());
    }
    let (_, told) = serving.end("-TERM");
    assert!(!told.contains("PRIVATE KEY"), "{told}");
}

#[test]
fn each_refusal_is_a_sentence_and_an_exit_status() {
    let machine = Machine::new();
    let (id, _) = machine.register();
    for (arguments, status, told) in [
        (
            vec!["serve", "--listen", "0.0.0.0:9400"],
            1,
            "not a loopback address",
        ),
        (
            vec!["serve", "--listen", "192.0.2.1:9400"],
            1,
            "not a loopback address",
        ),
        (vec!["serve", "--listen", "nonsense"], 2, "--listen"),
        (vec!["serve", "--issuer", "http://auth.example.com"], 2, "https"),
        (vec!["token", "nobody"], 1, "There is no client nobody"),
        (vec!["token", &id, "--scope", "admin"], 1, "invalid_scope"),
        (
            vec!["token", &id, "--audience", "https://other.example.com"],
            1,
            "invalid_target",
        ),
        (
            vec!["token", &id, "--issuer", "http://auth.example.com"],
            2,
            "https",
        ),
        (vec!["token"], 2, "Usage"),
    ] {
        let output = machine.run(&arguments);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(told),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    machine.run(&["client", "disable", &id]);
    let output = machine.run(&["token", &id]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("disabled"), "{}", stderr(&output));
}

#[test]
fn a_port_that_is_taken_is_told_when_it_was_demanded() {
    let machine = Machine::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = machine.run(&["serve", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("taken by another program"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_standard_input_that_stays_silent_is_not_waited_for_forever() {
    let machine = Machine::new();
    let (id, _) = machine.register();
    let mut child = machine
        .command(&["token", &id])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let held_open = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    drop(held_open);
}

#[test]
fn serve_over_tls_says_what_to_trust_and_lets_nobody_else_in_by_mistake() {
    let machine = Machine::new();
    let serving = machine.serve_with(&["--tls", "--mtls-listen", "127.0.0.1:0"]);
    assert!(
        serving.issuer.starts_with("https://127.0.0.1:"),
        "{}",
        serving.issuer
    );
    let (_, told) = serving.end("-TERM");
    let file = machine.0.path().join("registry.chancery.authority.pem");
    let pem = std::fs::read_to_string(&file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    assert!(!pem.contains("PRIVATE"), "{pem}");
    for part in [
        "authority.pem",
        "SHA-256 ",
        "curl --cacert",
        "loopback addresses and for nothing else",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let usage = [
        &["serve", "--allow-remote"][..],
        &["serve", "--mtls-listen", "127.0.0.1:0"],
        &["serve", "--client-ca", "ca.pem"],
    ];
    for arguments in usage {
        let output = machine.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("--tls"), "{}", stderr(&output));
    }
    std::fs::write(machine.0.path().join("empty.pem"), "nothing").unwrap();
    let anywhere = [
        "serve",
        "--tls",
        "--listen",
        "0.0.0.0:0",
        "--mtls-listen",
        "127.0.0.1:0",
    ];
    for (arguments, told) in [
        (&["serve", "--tls", "--client-ca", "none.pem"][..], "none.pem"),
        (
            &["serve", "--tls", "--client-ca", "empty.pem"],
            "no certificate in PEM",
        ),
        (&anywhere, "--allow-remote"),
        (&[&anywhere[..], &["--allow-remote"]].concat(), "--issuer"),
        (
            &[
                "serve",
                "--tls",
                "--listen",
                "127.0.0.1:0",
                "--issuer",
                "http://127.0.0.1:1",
            ],
            "--issuer",
        ),
    ] {
        let output = machine.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(stderr(&output).contains(told), "{told}: {}", stderr(&output));
    }
}
