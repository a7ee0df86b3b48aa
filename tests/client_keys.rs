//! The keys at a client's `jwks_uri`, fetched from a real server over TLS, and the reasons why they are not.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[path = "client_keys/key_host.rs"]
mod key_host;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chancery::client::{AuthMethod, ClientId, ClientKind, Secret};
use chancery::outbound::{AsClient, Fetcher, TokenAnswer, TokenGrant, TokenRequest, discover, to_pem};
use chancery::protocol::signing_key::SigningAlgorithm;
use chancery::registry::{Act, NewClient, Registry};
use chancery::server::{Listen, Options, RunningServer, Server};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use key_host::{Answer, Authority, KeyHost};
use serde_json::{Value, json};

const CLIENT_ID: &str = "keys-elsewhere";

/// A key of the client.
struct Key {
    pkcs8: Vec<u8>,
    public: Value,
}

impl Key {
    fn new() -> Self {
        let pkcs8 = SigningAlgorithm::Es256.generate().unwrap().to_vec();
        let public = SigningAlgorithm::Es256.public_jwk(&pkcs8).unwrap();
        Self {
            public: serde_json::to_value(public).unwrap(),
            pkcs8,
        }
    }

    fn kid(&self) -> Option<String> {
        self.public["kid"].as_str().map(str::to_owned)
    }
}

/// A server whose one client keeps its keys elsewhere, with a clock that tests move.
struct Rig {
    server: RunningServer,
    seconds: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl Rig {
    fn new(jwks_uri: &str, fetcher: Fetcher) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let registry = Registry::open(&folder.path().join("registry"), time(&seconds)).unwrap();
        let mut draft = ClientKind::Service.preset();
        draft.name = "service with keys of its own".to_owned();
        draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        draft.jwks_uri = Some(jwks_uri.to_owned());
        let new = NewClient {
            client_id: client_id(),
            registration: draft.validate().unwrap(),
            secret: None,
            origin: None,
        };
        registry
            .create_client(new, &Act::new("tester", time(&seconds)))
            .unwrap();
        let mut options = Options::new(registry, "tester");
        options.listen = Listen::AnyPort;
        options.fetcher = fetcher;
        let told = Arc::clone(&seconds);
        options.clock = Arc::new(move || time(&told));
        Self {
            server: Server::start(options).unwrap(),
            seconds,
            _folder: folder,
        }
    }

    fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Asks for a token with an assertion signed by this key.
    fn ask(&self, key: &Key, kid: Option<String>) -> TokenAnswer {
        let issuer = self.server.issuer().as_str();
        let now = time(&self.seconds).as_second();
        let claims = json!({
            "iss": CLIENT_ID, "sub": CLIENT_ID, "aud": issuer, "exp": now + 60, "jti": uuid::Uuid::from_bytes(random()),
        });
        let header = Header {
            kid,
            ..Header::new(Algorithm::ES256)
        };
        let assertion =
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(&key.pkcs8)).unwrap();
        let client = AsClient {
            client_id: client_id(),
            method: AuthMethod::PrivateKeyJwt,
            secret: Some(Secret::new(assertion)),
        };
        let request = TokenRequest {
            grant: TokenGrant::ClientCredentials,
            scope: None,
            audience: None,
        };
        let metadata = discover(issuer).unwrap();
        TokenAnswer::of(&request.request(&client, &metadata), &metadata).unwrap()
    }

    fn is_let_in(&self, key: &Key) -> bool {
        self.ask(key, key.kid()).access_token().is_some()
    }

    /// Why the last request was refused, as the server's owner is told.
    fn reason(&self) -> String {
        let requests = self.server.requests();
        requests.last().unwrap().reason.clone().unwrap_or_default()
    }
}

fn client_id() -> ClientId {
    ClientId::parse(CLIENT_ID).unwrap()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn time(seconds: &AtomicI64) -> Timestamp {
    Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap()
}

/// One that trusts the authority, and waits no longer than a test likes to.
fn fetcher(authority: &Authority) -> Fetcher {
    let mut fetcher = Fetcher::trusting(true, authority.roots());
    fetcher.most_time = Duration::from_secs(1);
    fetcher
}

#[test]
fn keys_are_fetched_once_and_again_when_one_is_new() {
    let (authority, first, second) = (Authority::new(), Key::new(), Key::new());
    let host = KeyHost::start(&authority, Answer::jwks(&[&first.public]));
    let rig = Rig::new(&host.url(), Fetcher::trusting(true, authority.roots()));
    assert_eq!(host.connections(), 0);
    for _ in 0..3 {
        assert!(rig.is_let_in(&first), "{}", rig.reason());
    }
    assert_eq!(host.connections(), 1, "they are kept");

    host.answer(Answer::jwks(&[&second.public]));
    assert!(!rig.is_let_in(&second), "so soon nobody is asked again");
    assert_eq!(host.connections(), 1);
    assert!(
        rig.reason()
            .contains("no key of the client goes with the assertion")
    );
    rig.pass(10);
    assert!(rig.is_let_in(&second), "{}", rig.reason());
    assert_eq!(host.connections(), 2);
    assert!(
        !rig.is_let_in(&first),
        "the key that was taken away counts no more"
    );

    rig.pass(5 * 60);
    host.answer(Answer::jwks(&[&first.public]));
    assert!(
        !rig.is_let_in(&second),
        "and after five minutes all are fetched anew"
    );
    assert!(rig.is_let_in(&first), "{}", rig.reason());
}

#[test]
fn a_new_key_counts_though_assertions_do_not_name_it() {
    let (authority, first, second) = (Authority::new(), Key::new(), Key::new());
    let host = KeyHost::start(&authority, Answer::jwks(&[&first.public]));
    let rig = Rig::new(&host.url(), fetcher(&authority));
    assert_eq!(rig.ask(&first, None).exchange.status, 200, "{}", rig.reason());
    host.answer(Answer::jwks(&[&second.public]));
    rig.pass(10);
    assert_eq!(rig.ask(&second, None).exchange.status, 200, "{}", rig.reason());
}

#[test]
fn what_is_no_jwk_set_is_refused_and_the_owner_is_told_why() {
    let (authority, key) = (Authority::new(), Key::new());
    let elsewhere = KeyHost::start(&authority, Answer::jwks(&[&key.public]));
    let redirect = |status| {
        let location = format!("Location: {}\r\n", elsewhere.url());
        Answer::with(status, &location, b"")
    };
    // Blanks are no reason to refuse, their number is.
    let filled_up_to = |length: usize| {
        let mut body = json!({ "keys": [key.public] }).to_string();
        body.push_str(&" ".repeat(length - body.len()));
        Answer::document(body.as_bytes())
    };
    let endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()
        + &format!("10000\r\n{}\r\n", " ".repeat(0x1_0000)).repeat(5);
    let host = KeyHost::start(&authority, Answer::jwks(&[]));
    let rig = Rig::new(&host.url(), fetcher(&authority));
    for (name, answer, told) in [
        ("301", redirect("301 Moved Permanently"), "with status 301"),
        ("302", redirect("302 Found"), "with status 302"),
        ("307", redirect("307 Temporary Redirect"), "with status 307"),
        ("404", Answer::with("404 Not Found", "", b"{}"), "with status 404"),
        (
            "500",
            Answer::with("500 Internal Server Error", "", b""),
            "with status 500",
        ),
        ("too large", filled_up_to(256 * 1024 + 1), "larger than 256 KB"),
        ("too large, in pieces", Answer::raw(endless), "larger than 256 KB"),
        (
            "HTML",
            Answer::document(b"<!DOCTYPE html><title>Keys</title>"),
            "no JWK set",
        ),
        ("nothing", Answer::document(b""), "no JWK set"),
        (
            "one key",
            Answer::document(key.public.to_string().as_bytes()),
            "no JWK set",
        ),
        ("no array", Answer::document(br#"{"keys":{}}"#), "no JWK set"),
        ("no UTF-8", Answer::document(b"\xff\xfe{}"), "no JWK set"),
        (
            "no HTTP",
            Answer::raw(*b"220 ready\r\n\r\n"),
            "did not answer in HTTP",
        ),
        ("closed at once", Answer::raw(*b""), "did not answer in HTTP"),
        (
            "broken off",
            Answer::raw(*b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":"),
            "did not answer in HTTP",
        ),
        ("silent", Answer::that_stops(*b""), "did not answer within"),
        (
            "slow",
            Answer::that_stops(*b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":"),
            "did not answer within",
        ),
        ("no keys", Answer::jwks(&[]), "no key of the client goes with"),
        (
            "odd keys",
            Answer::jwks(&[&json!({"kty": "EC"}), &json!(7)]),
            "no key of the client goes with",
        ),
    ] {
        host.answer(answer);
        rig.pass(10 * 60);
        let answer = rig.ask(&key, key.kid());
        assert_eq!(
            (answer.exchange.status, answer.error()),
            (401, Some("invalid_client")),
            "{name}: {}",
            rig.reason()
        );
        assert!(rig.reason().contains(told), "{name}: {}", rig.reason());
        let outwards = answer.error_description().unwrap_or_default();
        assert!(
            !outwards.contains("jwks") && !outwards.contains(told),
            "{name}: {outwards}"
        );
    }
    assert_eq!(elsewhere.connections(), 0, "redirects are not followed");
    host.answer(filled_up_to(256 * 1024));
    rig.pass(10 * 60);
    assert!(rig.is_let_in(&key), "{}", rig.reason());
}

#[test]
fn who_cannot_prove_to_be_that_server_is_not_believed() {
    let (authority, stranger, key) = (Authority::new(), Authority::new(), Key::new());
    let jwks = || Answer::jwks(&[&key.public]);
    let long_ago = |params: &mut rcgen::CertificateParams| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    };
    for (name, host, told) in [
        ("a stranger's", KeyHost::start(&stranger, jwks()), "BadSignature"),
        (
            "another name's",
            KeyHost::start_with(&authority, "keys.example.com", |_| (), jwks()),
            "not valid for",
        ),
        (
            "one that has ended",
            KeyHost::start_with(&authority, "127.0.0.1", long_ago, jwks()),
            "expired",
        ),
    ] {
        let rig = Rig::new(&host.url(), fetcher(&authority));
        assert!(!rig.is_let_in(&key), "{name}");
        let reason = rig.reason();
        assert!(
            reason.contains("cannot be reached securely") && reason.contains(told),
            "{name}: {reason}"
        );
    }
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in plain.incoming() {
            let _ = std::io::Write::write_all(&mut stream.unwrap(), b"HTTP/1.1 200 OK\r\n\r\n");
        }
    });
    let rig = Rig::new(&format!("https://{address}/jwks"), fetcher(&authority));
    assert!(!rig.is_let_in(&key));
    assert!(
        rig.reason().contains("cannot be reached securely"),
        "{}",
        rig.reason()
    );
}

#[test]
fn an_address_of_this_machine_is_not_asked_without_permission() {
    let (authority, key) = (Authority::new(), Key::new());
    let host = KeyHost::start(&authority, Answer::jwks(&[&key.public]));
    let rig = Rig::new(&host.url(), Fetcher::trusting(false, authority.roots()));
    assert!(!rig.is_let_in(&key));
    assert!(
        rig.reason().contains("on this machine or in a private network"),
        "{}",
        rig.reason()
    );
    assert_eq!(host.connections(), 0);
}

#[cfg(unix)]
#[test]
fn the_program_trusts_what_the_system_trusts_and_private_addresses_when_it_is_told_to() {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Command, Stdio};

    let (authority, key) = (Authority::new(), Key::new());
    let host = KeyHost::start(&authority, Answer::jwks(&[&key.public]));
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("authority.pem"), authority.pem()).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        command.env_clear().env("HOME", folder.path());
        command.env("SSL_CERT_FILE", at("authority.pem"));
        command.arg("--registry").arg(at("registry")).args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let run = |arguments: &[&str], input: &str| {
        let mut child = command(arguments).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let metadata = json!({
        "client_name": "Signing report", "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": host.url(),
    });
    let created = run(&["client", "create", "--file", "-"], &metadata.to_string());
    let created: Value = serde_json::from_slice(&created.stdout).unwrap();
    let client_id = created["client_id"].as_str().unwrap();
    let pem = to_pem(&key.pkcs8).expose().to_owned();
    for (more, let_in) in [(&["--allow-private-addresses"][..], true), (&[], false)] {
        let mut serving = command(&[&["serve", "--listen", "127.0.0.1:0"], more].concat())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(serving.stderr.take().unwrap());
        let mut first = String::new();
        told.read_line(&mut first).unwrap();
        let issuer = first.trim().strip_prefix("Chancery serves ").unwrap();
        let asked = run(&["token", client_id, "--issuer", issuer], &pem);
        // Asked to, it ends when all has been told.
        let ended = Command::new("kill")
            .arg(serving.id().to_string())
            .status()
            .unwrap();
        assert!(ended.success() && serving.wait().unwrap().success());
        let mut rest = String::new();
        told.read_to_string(&mut rest).unwrap();
        assert_eq!(asked.status.success(), let_in, "{rest}");
        assert_eq!(rest.contains("in a private network"), !let_in, "{rest}");
    }
    assert_eq!(host.connections(), 1);
}
