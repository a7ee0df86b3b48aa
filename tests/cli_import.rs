//! `chancery import`: the program itself, as a script runs it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[path = "cli_import/bad_files.rs"]
mod bad_files;
#[path = "cli_import/documents.rs"]
mod documents;
#[path = "cli_import/files.rs"]
mod files;
#[path = "cli_import/formats.rs"]
mod formats;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "client_keys/key_host.rs"]
mod key_host;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "cli_client/machine.rs"]
mod machine;
#[path = "cli_import/secrets.rs"]
mod secrets;

use std::process::Output;

use machine::Machine;
use serde_json::Value;

/// Imports what stands on standard input.
fn import(machine: &Machine, file: &str, options: &[&str]) -> Output {
    let arguments = [&["import", "--format", "rfc7591", "--json", "-"], options].concat();
    machine.run_with(&arguments, file.as_bytes())
}

/// The report of an import.
fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What came of each client, in the order of the report.
fn results(output: &Output) -> Vec<String> {
    let report = report(output);
    let clients = report["clients"].as_array().unwrap();
    clients
        .iter()
        .map(|client| client["result"].as_str().unwrap().to_owned())
        .collect()
}
