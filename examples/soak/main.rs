//! The load of `benches/soak/run`: what many clients, people and a few attackers do to one server at once.
//!
//! ```text
//! soak prepare FILE      makes a registry with clients and a test user; prints what `run` needs
//! soak run SECONDS       reads that and the issuer, as one JSON object on standard input; prints what happened, as JSON
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a load that cannot be made fails loudly"
)]

mod attackers;
mod people;
mod prepare;
mod services;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What there is in the registry to come with.
#[derive(Debug, Deserialize, Serialize)]
struct Registered {
    #[serde(default)]
    issuer: String,
    service: Credentials,
    portal: Credentials,
    user: String,
    password: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Credentials {
    client_id: String,
    client_secret: String,
}

/// What was seen by all.
struct Seen {
    until: Instant,
    answers: Mutex<BTreeMap<u16, u64>>,
    /// What should not have been: told, with how often.
    wrong: Mutex<BTreeMap<String, u64>>,
    tokens: AtomicU64,
    refreshed: AtomicU64,
    signed_in: AtomicU64,
    attacks: AtomicU64,
    /// Milliseconds of each answer to a client that does what it should.
    took: Mutex<Vec<f64>>,
}

impl Seen {
    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    fn answer(&self, status: u16, took: Duration) {
        *self.answers.lock().unwrap().entry(status).or_default() += 1;
        self.took.lock().unwrap().push(took.as_secs_f64() * 1e3);
        if status >= 500 {
            self.wrong(&format!("an answer with status {status}"));
        }
    }

    fn wrong(&self, what: &str) {
        *self.wrong.lock().unwrap().entry(what.to_owned()).or_default() += 1;
    }

    fn expect(&self, holds: bool, otherwise: &str) {
        if !holds {
            self.wrong(otherwise);
        }
    }
}

fn count(of: &AtomicU64) {
    of.fetch_add(1, Ordering::Relaxed);
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["prepare", file] => {
            let registered = prepare::registry(std::path::Path::new(file));
            println!("{}", serde_json::to_string(&registered).unwrap());
            ExitCode::SUCCESS
        }
        ["run", seconds] => {
            let registered: Registered = serde_json::from_reader(std::io::stdin()).unwrap();
            println!(
                "{}",
                run(&registered, Duration::from_secs(seconds.parse().unwrap()))
            );
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("soak prepare FILE, or soak run SECONDS");
            ExitCode::from(2)
        }
    }
}

fn run(registered: &Registered, length: Duration) -> serde_json::Value {
    let seen = Seen {
        until: Instant::now() + length,
        answers: Mutex::default(),
        wrong: Mutex::default(),
        tokens: AtomicU64::new(0),
        refreshed: AtomicU64::new(0),
        signed_in: AtomicU64::new(0),
        attacks: AtomicU64::new(0),
        took: Mutex::default(),
    };
    thread::scope(|scope| {
        let seen = &seen;
        for _ in 0..4 {
            scope.spawn(move || services::ask_for_tokens(registered, seen));
        }
        for _ in 0..2 {
            scope.spawn(move || people::sign_in_and_stay(registered, seen));
        }
        scope.spawn(move || services::look_at_tokens(registered, seen));
        scope.spawn(move || services::guess_secrets(registered, seen));
        scope.spawn(move || attackers::hold_connections(&registered.issuer, seen));
        scope.spawn(move || attackers::send_slowly(&registered.issuer, seen));
        scope.spawn(move || attackers::send_much(&registered.issuer, seen));
    });
    let mut took = seen.took.into_inner().unwrap();
    took.sort_by(f64::total_cmp);
    let within = |share: f64| {
        took.get((took.len() as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    serde_json::json!({
        "answers": seen.answers.into_inner().unwrap(),
        "wrong": seen.wrong.into_inner().unwrap(),
        "tokens": seen.tokens.into_inner(),
        "refreshed": seen.refreshed.into_inner(),
        "signed_in": seen.signed_in.into_inner(),
        "attacks": seen.attacks.into_inner(),
        "median_ms": within(0.5),
        "p99_ms": within(0.99),
    })
}
