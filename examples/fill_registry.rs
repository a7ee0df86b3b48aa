//! Makes a registry with many clients: `cargo run --release --example fill_registry -- 100000 FILE`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a tool for benchmarks fails loudly"
)]

#[path = "../benches/common/mod.rs"]
mod common;

use std::path::Path;
use std::process::ExitCode;

use chancery::registry::Registry;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [clients, file] = arguments.as_slice() else {
        eprintln!("fill_registry N FILE");
        return ExitCode::FAILURE;
    };
    let registry = Registry::open(Path::new(file), common::now(0)).unwrap();
    common::fill(&registry, clients.parse().unwrap());
    ExitCode::SUCCESS
}
