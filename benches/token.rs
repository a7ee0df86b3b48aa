//! `/token` against a bare handler on the same HTTP stack that only signs an equal JWT, in the same run: 8 keep-alive
//! connections each, in turns. Demanded is at least half the bare throughput.
//!
//! `cargo bench --bench token`; `CHANCERY_BENCH=short` for a short run.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails loudly and prints its figures"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chancery::client::{ClientId, ClientKind, Secret};
use chancery::registry::{Act, NewClient, NewSecret, Registry};
use chancery::server::{Listen, Options, RunningServer, Server};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

const CONNECTIONS: usize = 8;
const DEMANDED: f64 = 0.5;

fn main() {
    let short = std::env::var("CHANCERY_BENCH").is_ok_and(|mode| mode == "short");
    let (rounds, length) = if short {
        (3, Duration::from_millis(700))
    } else {
        (7, Duration::from_secs(3))
    };
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(&folder.path().join("registry"), Timestamp::now()).unwrap();
    let (client_id, secret) = register(&registry);
    let server = serve(registry);
    let bare = serve_bare(server.issuer().as_str(), &client_id);
    let credentials = STANDARD.encode(format!("{client_id}:{}", secret.expose()));
    let request = |address: SocketAddr| {
        let body = "grant_type=client_credentials&scope=read%3Apayroll";
        format!(
            "POST /token HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    // The secret is hashed once, and both are warm.
    load(bare, &request(bare), length / 4);
    load(server.address(), &request(server.address()), length / 4);
    let mut ratios = Vec::new();
    println!("tokens a second over {CONNECTIONS} keep-alive connections");
    println!("{:>8} {:>12} {:>12} {:>8}", "round", "bare", "/token", "ratio");
    for round in 1..=rounds {
        let of_bare = load(bare, &request(bare), length);
        let of_token = load(server.address(), &request(server.address()), length);
        ratios.push(of_token / of_bare);
        println!(
            "{round:>8} {of_bare:>12.0} {of_token:>12.0} {:>8.2}",
            of_token / of_bare
        );
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
    println!("median ratio {median:.2}, demanded at least {DEMANDED:.2}");
    assert!(
        server.hashes() < 20,
        "the secret was hashed {} times",
        server.hashes()
    );
    assert!(median >= DEMANDED, "/token is slower than half the bare handler");
}

/// Requests a second that were answered with a token.
fn load(address: SocketAddr, request: &str, length: Duration) -> f64 {
    let (stop, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut writer = stream;
                let (mut line, mut body) = (String::new(), Vec::new());
                while !stop.load(Ordering::Relaxed) {
                    writer.write_all(request.as_bytes()).unwrap();
                    read_token(&mut reader, &mut line, &mut body);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(length);
        stop.store(true, Ordering::Relaxed);
    });
    f64::from(u32::try_from(answered.load(Ordering::Relaxed)).unwrap()) / start.elapsed().as_secs_f64()
}

fn read_token(reader: &mut BufReader<TcpStream>, line: &mut String, body: &mut Vec<u8>) {
    let mut length = 0;
    line.clear();
    reader.read_line(line).unwrap();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
    while line != "\r\n" {
        line.clear();
        reader.read_line(line).unwrap();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    body.resize(length, 0);
    reader.read_exact(body).unwrap();
    assert!(body.starts_with(b"{\"access_token\":\""));
}

fn register(registry: &Registry) -> (ClientId, Secret) {
    let mut draft = ClientKind::Service.preset();
    draft.name = "bench".to_owned();
    draft.scopes = vec!["read:payroll".to_owned(), "write:payroll".to_owned()];
    draft.audience = vec!["https://payroll.example.com".to_owned()];
    let secret = Secret::generate(&Zeroizing::new(random()));
    let client_id = ClientId::generate(random());
    let new = NewClient {
        client_id: client_id.clone(),
        registration: draft.validate().unwrap(),
        secret: Some(NewSecret {
            selector: secret.selector(),
            hash: secret.hash(random()).unwrap(),
            label: String::new(),
            expires_at: None,
        }),
        origin: None,
    };
    registry
        .create_client(new, &Act::new("bench", Timestamp::now()))
        .unwrap();
    (client_id, secret)
}

fn serve(registry: Registry) -> RunningServer {
    let mut options = Options::new(registry, "bench");
    options.listen = Listen::AnyPort;
    Server::start(options).unwrap()
}

/// The same listener, HTTP and router, with as many workers; the handler signs and nothing else.
fn serve_bare(issuer: &str, client_id: &ClientId) -> SocketAddr {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let header =
        URL_SAFE_NO_PAD.encode(json!({ "typ": "at+jwt", "alg": "ES256", "kid": "A".repeat(43) }).to_string());
    let now = Timestamp::now().as_second();
    let claims = json!({
        "iss": issuer, "sub": client_id.as_str(), "client_id": client_id.as_str(),
        "aud": "https://payroll.example.com", "scope": "read:payroll",
        "iat": now, "exp": now + 600, "jti": "00000000-0000-4000-8000-000000000000",
    })
    .to_string();
    let state = Arc::new((pair, header, claims));
    let handler = move || {
        let state = Arc::clone(&state);
        async move {
            let (pair, header, claims) = &*state;
            let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
            let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
            let body = format!(
                "{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":600,\"scope\":\"read:payroll\"}}"
            );
            (
                [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")],
                body,
            )
                .into_response()
        }
    };
    let router = Router::new().route("/token", post(handler));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let workers = thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 4));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build();
        runtime.unwrap().block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let service = TowerToHyperService::new(router.clone());
                let mut http = hyper::server::conn::http1::Builder::new();
                http.timer(TokioTimer::new());
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
    });
    address
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
