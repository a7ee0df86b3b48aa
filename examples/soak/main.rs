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
mod browser;
mod devices;
mod http;
mod newcomers;
mod people;
mod prepare;
mod proofs;
mod pushers;
mod seen;
mod services;
mod traders;

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use seen::Seen;
use serde::{Deserialize, Serialize};

/// What there is in the registry to come with.
#[derive(Debug, Deserialize, Serialize)]
struct Registered {
    #[serde(default)]
    issuer: String,
    service: Credentials,
    portal: Credentials,
    /// A public client that people sign in to.
    application: String,
    /// A public client without a browser.
    device: String,
    /// A service whose tokens are for the trader.
    caller: Credentials,
    /// A service that exchanges tokens.
    trader: Credentials,
    /// What clients register themselves with.
    initial_access_token: String,
    user: String,
    password: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Credentials {
    client_id: String,
    client_secret: String,
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

/// What goes on until the time is over.
type Load = fn(&Registered, &Seen);

fn run(registered: &Registered, length: Duration) -> serde_json::Value {
    let seen = Seen::for_as_long_as(length);
    thread::scope(|scope| {
        let seen = &seen;
        let many: [(usize, Load); 9] = [
            (4, services::ask_for_tokens),
            (2, people::sign_in_and_stay),
            (1, services::look_at_tokens),
            (1, services::guess_secrets),
            (1, newcomers::register_themselves),
            (1, devices::connect),
            (1, pushers::push_requests),
            (2, proofs::prove_possession),
            (1, traders::exchange_tokens),
        ];
        for (number, what) in many {
            for _ in 0..number {
                scope.spawn(move || what(registered, seen));
            }
        }
        scope.spawn(move || attackers::hold_connections(&registered.issuer, seen));
        scope.spawn(move || attackers::send_slowly(&registered.issuer, seen));
        scope.spawn(move || attackers::send_much(&registered.issuer, seen));
    });
    seen.told()
}
