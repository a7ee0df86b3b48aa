//! Writes an export of Keycloak with many clients: `cargo run --release --example write_export -- 100000 FILE`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a tool for benchmarks fails loudly"
)]

#[path = "../benches/common/keycloak_file.rs"]
mod keycloak_file;

use std::io::BufWriter;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, file] = arguments.as_slice() else {
        eprintln!("write_export N FILE");
        return ExitCode::FAILURE;
    };
    let mut out = BufWriter::new(std::fs::File::create(file).unwrap());
    keycloak_file::write_export(&mut out, count.parse().unwrap(), false).unwrap();
    ExitCode::SUCCESS
}
