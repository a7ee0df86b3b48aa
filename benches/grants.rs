//! Redeeming codes and rotating refresh tokens at `/token`, against the SQLite transactions that they need, in the same
//! run and in turns: the same statements on a file of the same kind, by one connection, with the same durability.
//!
//! Wanted is at least 60 % of what the bare transactions reach. `cargo bench --bench grants`; `CHANCERY_BENCH=short` for
//! a short run.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails loudly and prints its figures"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use chancery::client::{AuthMethod, ClientId, ClientKind, GrantType, Secret};
use chancery::registry::{Act, AuthorizationCode, Grant, NewClient, Registry, User, UserName};
use chancery::server::{Listen, Options, Server};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde_json::{Map, Value};

const WANTED: f64 = 0.6;
const CONNECTIONS: usize = 8;
const REDIRECT_URI: &str = "https://app.example.com/callback";

fn main() {
    let short = std::env::var("CHANCERY_BENCH").is_ok_and(|mode| mode == "short");
    let (rounds, requests) = if short { (3, 200) } else { (7, 1_000) };
    // Beside the build, because a folder for temporary files may be kept in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let registry = Registry::open(&folder.path().join("registry"), Timestamp::now()).unwrap();
    let client_id = prepare(&registry);
    let mut options = Options::new(registry.another().unwrap(), "bench");
    options.listen = Listen::AnyPort;
    let server = Server::start(options).unwrap();
    let mut bare = Bare::new(&folder.path().join("bare"));

    println!("{requests} of each a round, {CONNECTIONS} connections; medians of {rounds} rounds, a second");
    println!("{:<16}{:>12}{:>12}{:>8}", "", "bare", "/token", "ratio");
    let (mut codes, mut refreshes) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let issued = issue_codes(&registry, &client_id, requests);
        let raw = bare.redeem(requests);
        let (ours, tokens) = redeem(server.address(), &client_id, "authorization_code", "code", issued);
        codes.push((raw, ours));
        let raw = bare.rotate(requests);
        let (ours, _) = redeem(
            server.address(),
            &client_id,
            "refresh_token",
            "refresh_token",
            tokens,
        );
        refreshes.push((raw, ours));
    }
    for (name, mut pairs) in [("code exchange", codes), ("refresh", refreshes)] {
        pairs.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
        let (raw, ours) = pairs.get(pairs.len() / 2).copied().unwrap();
        let verdict = if ours / raw >= WANTED {
            "holds"
        } else {
            "falls short"
        };
        println!("{name:<16}{raw:>12.0}{ours:>12.0}{:>8.2}   {verdict}", ours / raw);
    }
    println!("wanted at least {WANTED:.2}");
}

fn prepare(registry: &Registry) -> ClientId {
    let act = Act::new("bench", Timestamp::now());
    let password = Secret::new("password".to_owned());
    let user = User::new(UserName::parse("ada").unwrap(), &password, Map::new(), act.at).unwrap();
    registry.put_user(&user, &act).unwrap();
    let mut draft = ClientKind::SinglePage.preset();
    draft.name = "bench".to_owned();
    draft.token_endpoint_auth_method = AuthMethod::None;
    draft.set_grant(GrantType::RefreshToken, true);
    draft.redirect_uris = vec![REDIRECT_URI.to_owned()];
    draft.scopes = vec!["read".to_owned()];
    let client_id = ClientId::generate(random());
    let new = NewClient {
        client_id: client_id.clone(),
        registration: draft.validate().unwrap(),
        secret: None,
        origin: None,
    };
    registry.create_client(new, &act).unwrap();
    client_id
}

/// Codes as `/authorize` issues them.
fn issue_codes(registry: &Registry, client_id: &ClientId, count: usize) -> Vec<String> {
    let now = Timestamp::now();
    let codes: Vec<String> = (0..count).map(|_| hex(&random::<32>())).collect();
    registry
        .in_one_commit(|registry| {
            for code in &codes {
                let grant = Grant {
                    id: hex(&random::<16>()),
                    client_id: client_id.clone(),
                    user: "ada".to_owned(),
                    scopes: vec!["read".to_owned()],
                    resources: Vec::new(),
                    nonce: None,
                    auth_time: now,
                    created_at: now,
                };
                let bound = AuthorizationCode {
                    redirect_uri: Some(REDIRECT_URI.to_owned()),
                    code_challenge: None,
                    dpop_jkt: None,
                    expires_at: now + SignedDuration::from_mins(10),
                };
                registry.begin_grant(&grant, &sha256(code), &bound)?;
            }
            Ok::<_, chancery::registry::RegistryError>(())
        })
        .unwrap();
    codes
}

/// Redeems all of them over some connections. How many a second, and the refresh tokens that came.
fn redeem(
    address: SocketAddr,
    client_id: &ClientId,
    grant_type: &str,
    parameter: &str,
    tokens: Vec<String>,
) -> (f64, Vec<String>) {
    let count = tokens.len();
    let (waiting, got) = (Mutex::new(tokens), Mutex::new(Vec::with_capacity(count)));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut writer = stream;
                loop {
                    let Some(token) = waiting.lock().unwrap().pop() else {
                        return;
                    };
                    let mut body = form_urlencoded::Serializer::new(String::new());
                    body.append_pair("grant_type", grant_type)
                        .append_pair("client_id", client_id.as_str())
                        .append_pair(parameter, &token);
                    if parameter == "code" {
                        body.append_pair("redirect_uri", REDIRECT_URI);
                    }
                    let body = body.finish();
                    let request = format!(
                        "POST /token HTTP/1.1\r\nHost: {address}\r\nContent-Type: \
                         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    writer.write_all(request.as_bytes()).unwrap();
                    let answer = read(&mut reader);
                    let next = answer["refresh_token"]
                        .as_str()
                        .unwrap_or_else(|| panic!("{answer}"));
                    got.lock().unwrap().push(next.to_owned());
                }
            });
        }
    });
    (rate(count, start), got.into_inner().unwrap())
}

fn read(reader: &mut BufReader<TcpStream>) -> Value {
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// The transactions alone.
struct Bare {
    db: Connection,
    hashes: Vec<[u8; 32]>,
}

impl Bare {
    fn new(path: &std::path::Path) -> Self {
        let db = Connection::open(path).unwrap();
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             CREATE TABLE grant (id TEXT PRIMARY KEY, scopes TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
             CREATE INDEX grant_by_expires_at ON grant (expires_at);
             CREATE TABLE code (hash BLOB PRIMARY KEY, grant TEXT NOT NULL REFERENCES grant (id), spent_at INTEGER)
                 WITHOUT ROWID;
             CREATE INDEX code_by_grant ON code (grant);
             CREATE TABLE refresh_token (hash BLOB PRIMARY KEY, grant TEXT NOT NULL REFERENCES grant (id),
                 issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, spent_at INTEGER) WITHOUT ROWID;
             CREATE INDEX refresh_token_by_grant ON refresh_token (grant);
             CREATE INDEX refresh_token_by_expires_at ON refresh_token (expires_at);",
        )
        .unwrap();
        Self {
            db,
            hashes: Vec::new(),
        }
    }

    /// Finds a code, spends it, stores a refresh token, moves the grant's end: one transaction each.
    fn redeem(&mut self, count: usize) -> f64 {
        let codes: Vec<[u8; 32]> = (0..count).map(|_| random()).collect();
        let all = self.db.transaction().unwrap();
        for code in &codes {
            let grant = hex(&random::<16>());
            all.execute("INSERT INTO grant VALUES (?1, '[\"read\"]', 1)", [&grant])
                .unwrap();
            all.execute("INSERT INTO code VALUES (?1, ?2, NULL)", params![code, grant])
                .unwrap();
        }
        all.commit().unwrap();
        self.each(
            codes,
            "SELECT grant, spent_at FROM code WHERE hash = ?1",
            "UPDATE code SET spent_at = 2 WHERE hash = ?1",
        )
    }

    /// The same for the refresh tokens that came of it.
    fn rotate(&mut self, count: usize) -> f64 {
        let tokens = self.hashes.split_off(self.hashes.len() - count);
        self.each(
            tokens,
            "SELECT grant, spent_at FROM refresh_token WHERE hash = ?1",
            "UPDATE refresh_token SET spent_at = 2 WHERE hash = ?1",
        )
    }

    fn each(&mut self, hashes: Vec<[u8; 32]>, find: &str, spend: &str) -> f64 {
        let (count, start) = (hashes.len(), Instant::now());
        for hash in hashes {
            let next: [u8; 32] = random();
            let one = self.db.transaction().unwrap();
            let (grant, _spent): (String, Option<i64>) = one
                .prepare_cached(find)
                .unwrap()
                .query_row([&hash], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            let _scopes: String = one
                .prepare_cached("SELECT scopes FROM grant WHERE id = ?1")
                .unwrap()
                .query_row([&grant], |row| row.get(0))
                .unwrap();
            one.prepare_cached(spend).unwrap().execute([&hash]).unwrap();
            one.prepare_cached("INSERT INTO refresh_token VALUES (?1, ?2, 2, 3, NULL)")
                .unwrap()
                .execute(params![next, grant])
                .unwrap();
            one.prepare_cached("UPDATE grant SET expires_at = max(expires_at, 3) WHERE id = ?1")
                .unwrap()
                .execute([&grant])
                .unwrap();
            one.commit().unwrap();
            self.hashes.push(next);
        }
        rate(count, start)
    }
}

fn rate(count: usize, start: Instant) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / start.elapsed().as_secs_f64()
}

fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref());
    hash
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
