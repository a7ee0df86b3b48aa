//! Makes a registry with many clients: `cargo run --release --example fill_registry -- 100000 FILE`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a tool for benchmarks fails loudly"
)]

#[path = "../benches/common/clients.rs"]
mod clients;

use std::path::Path;
use std::process::ExitCode;

use chancery::registry::Registry;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, file] = arguments.as_slice() else {
        eprintln!("fill_registry N FILE");
        return ExitCode::FAILURE;
    };
    let registry = Registry::open(Path::new(file), clients::now(0)).unwrap();
    clients::fill(&registry, count.parse().unwrap());
    ExitCode::SUCCESS
}
