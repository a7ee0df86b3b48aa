//! A client that registers itself belongs to the sector that it names (OpenID Connect Dynamic Client Registration §5):
//! the document there, on a real server over TLS, names its redirect URIs.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[path = "client_keys/key_host.rs"]
#[expect(dead_code, reason = "a sector needs few of the answers that keys need")]
mod key_host;

use std::io::{Read, Write};
use std::net::TcpStream;

use chancery::outbound::Fetcher;
use chancery::protocol::registration::RegistrationMode;
use chancery::registry::Registry;
use chancery::server::{Listen, Options, RunningServer, Server};
use jiff::Timestamp;
use key_host::{Answer, Authority, KeyHost};
use serde_json::{Value, json};

/// Registers a client of this sector. Returns the status and the answer.
fn register(server: &RunningServer, sector: &str) -> (u16, Value) {
    let body = json!({
        "redirect_uris": ["https://a.example.com/cb"], "subject_type": "pairwise", "sector_identifier_uri": sector,
        "token_endpoint_auth_method": "none",
    })
    .to_string();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(
        stream,
        "POST /register HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        server.address(),
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap())
}

#[test]
fn the_document_of_the_sector_names_each_redirect_uri() {
    let authority = Authority::new();
    let host = KeyHost::start(&authority, Answer::document(b"[]"));
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(&folder.path().join("registry"), Timestamp::now()).unwrap();
    let mut options = Options::new(registry, "tester");
    options.listen = Listen::AnyPort;
    options.fetcher = Fetcher::trusting(true, authority.roots());
    options.registration.mode = RegistrationMode::Open;
    let server = Server::start(options).unwrap();
    for (document, status, error) in [
        (json!([]), 400, "invalid_redirect_uri"),
        (json!(["https://a.example.com/cb/"]), 400, "invalid_redirect_uri"),
        (
            json!({"uris": ["https://a.example.com/cb"]}),
            400,
            "invalid_client_metadata",
        ),
        (
            json!(["https://b.example.com/cb", "https://a.example.com/cb"]),
            201,
            "",
        ),
    ] {
        host.answer(Answer::document(document.to_string().as_bytes()));
        let (answered, told) = register(&server, &host.url());
        assert_eq!(answered, status, "{document}: {told}");
        assert_eq!(told["error"].as_str().unwrap_or_default(), error, "{document}");
    }
    host.answer(Answer::with("404 Not Found", "", b""));
    assert_eq!(register(&server, &host.url()).0, 400);
}
