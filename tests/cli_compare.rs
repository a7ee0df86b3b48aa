//! `chancery compare`: a registry beside an export, as a script compares them.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "cli_client/machine.rs"]
mod machine;

use std::process::Output;

use machine::{Machine, stderr};
use serde_json::{Value, json};

fn client(client_id: &str) -> Value {
    json!({
        "client_id": client_id,
        "client_name": format!("Application {client_id}"),
        "redirect_uris": [format!("https://{client_id}.example.com/callback")],
        "token_endpoint_auth_method": "client_secret_basic",
        "client_secret": format!("a-secret-of-{client_id}-that-nobody-tells"),
        "contacts": ["team@example.com"],
        "scope": "openid profile",
    })
}

/// A registry with three clients that were imported from a file, and that file.
fn imported() -> (Machine, Vec<Value>) {
    let machine = Machine::new();
    let clients: Vec<Value> = ["billing", "payroll", "reports"].map(client).to_vec();
    let text = Value::Array(clients.clone()).to_string();
    let done = machine.run_with(&["import", "--format", "rfc7591", "-"], text.as_bytes());
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    (machine, clients)
}

fn compare(machine: &Machine, clients: &[Value], options: &[&str]) -> Output {
    let text = Value::Array(clients.to_vec()).to_string();
    let arguments = [&["compare", "--with", "-", "--format", "rfc7591"], options].concat();
    machine.run_with(&arguments, text.as_bytes())
}

fn as_json(machine: &Machine, clients: &[Value]) -> Value {
    serde_json::from_slice(&compare(machine, clients, &["--json"]).stdout).unwrap()
}

fn results(report: &Value) -> Vec<(String, String)> {
    let clients = report["clients"].as_array().unwrap().iter();
    clients
        .map(|one| {
            let text = |member: &str| one[member].as_str().unwrap_or_default().to_owned();
            (text("client_id"), text("result"))
        })
        .collect()
}

#[test]
fn what_was_imported_is_the_same_and_notes_of_ones_own_do_not_count() {
    let (machine, clients) = imported();
    let output = compare(&machine, &clients, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told, "3 same, 0 different, 0 only here, 0 only there\n");
    let mut noted = client("billing");
    noted["notes"] = "Ask Ada first".into();
    for member in ["client_secret", "client_id"] {
        noted.as_object_mut().unwrap().remove(member);
    }
    let metadata = noted.to_string();
    let update = machine.run_with(
        &["client", "update", "billing", "--file", "-"],
        metadata.as_bytes(),
    );
    assert_eq!(update.status.code(), Some(0), "{}", stderr(&update));
    assert_eq!(as_json(&machine, &clients)["counts"]["same"], 3);
}

#[test]
fn each_client_is_told_by_how_it_stands_and_each_member_by_both_values() {
    let (machine, mut clients) = imported();
    clients.remove(1);
    clients[0]["redirect_uris"] = json!([
        "https://billing.example.com/callback",
        "https://billing.example.com/new"
    ]);
    clients[0]["scope"] = "openid".into();
    clients.push(client("warehouse"));
    let report = as_json(&machine, &clients);
    let expected = [
        ("billing", "different"),
        ("reports", "same"),
        ("warehouse", "only there"),
        ("payroll", "only here"),
    ]
    .map(|(client, result)| (client.to_owned(), result.to_owned()));
    assert_eq!(results(&report), expected);
    let differences = &report["clients"][0]["differences"];
    assert_eq!(
        differences[0],
        json!({"member": "scope", "here": "openid profile", "there": "openid"})
    );
    assert_eq!(differences[1]["member"], "redirect_uris");
    let counts =
        json!({"same": 1, "different": 1, "only_here": 1, "only_there": 1, "not_compared": 0, "left_out": 0});
    assert_eq!(report["counts"], counts);
    let output = compare(&machine, &clients, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("3 clients are not the same here and there"));
    let told = String::from_utf8(output.stdout).unwrap();
    for line in [
        "different     Application billing (billing)  [line 1]\n",
        "              scope: only here: profile\n",
        "              redirect_uris: only there: https://billing.example.com/new\n",
        "only here     Application payroll (payroll)\n",
        "1 same, 1 different, 1 only here, 1 only there\n",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(
        !told.contains("Application reports") && !told.contains("secret-of"),
        "{told}"
    );
}

#[test]
fn a_secret_that_is_only_there_counts_and_its_value_is_never_told() {
    let (machine, clients) = imported();
    machine.done(&["client", "revoke-secrets", "payroll"]);
    let report = as_json(&machine, &clients);
    let payroll = &report["clients"][1];
    let found = json!([{"member": "client_secret", "here": null, "there": "there is one"}]);
    assert_eq!(payroll["differences"], found);
    assert!(!report.to_string().contains("secret-of"));
    // A file without a secret says nothing about one.
    let mut without = clients;
    without[1].as_object_mut().unwrap().remove("client_secret");
    assert_eq!(as_json(&machine, &without)["counts"]["same"], 3);
}

#[test]
fn what_cannot_be_read_or_comes_twice_is_named_and_nothing_is_changed() {
    let (machine, mut clients) = imported();
    clients.push(json!({"client_id": "broken", "redirect_uris": [null]}));
    clients.push(client("billing"));
    let before = machine.done(&["client", "list", "--json"]);
    let output = compare(&machine, &clients, &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("not compared  broken") && told.contains("redirect_uris"),
        "{told}"
    );
    assert!(told.contains("Its client_id came before, in line 1"), "{told}");
    assert!(told.ends_with("2 not compared\n"), "{told}");
    assert_eq!(machine.done(&["client", "list", "--json"]), before);
    for (file, told) in [("{", "cannot be compared"), ("", "The file is empty")] {
        let output = machine.run_with(
            &["compare", "--with", "-", "--format", "rfc7591"],
            file.as_bytes(),
        );
        assert_eq!(output.status.code(), Some(1), "{file}");
        let all = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
        assert!(all.contains(told) || all.contains("cut off"), "{file}: {all}");
    }
    std::fs::write(machine.path("notes.txt"), "nothing of any system").unwrap();
    let said = machine.refused(&["compare", "--with", "notes.txt"]);
    assert!(said.contains("Say it with --format"), "{said}");
    let said = compare(&machine, &clients, &["--realm", "main"]);
    assert!(
        stderr(&said).contains("No client of a realm main"),
        "{}",
        stderr(&said)
    );
}

#[test]
fn a_secret_that_has_ended_there_is_none_that_is_missing_here() {
    let (machine, mut clients) = imported();
    machine.done(&["client", "revoke-secrets", "payroll"]);
    clients[1]["client_secret_expires_at"] = 1_000_000_000.into();
    let report = as_json(&machine, &clients);
    assert_eq!(report["clients"][1]["result"], "same", "{report}");
}

#[test]
fn what_an_import_leaves_as_it_is_is_said_where_it_is_advised() {
    let (machine, mut clients) = imported();
    clients[0]["scope"] = "openid".into();
    let advised = |clients: &[Value]| stderr(&compare(&machine, clients, &[]));
    assert!(!advised(&clients).contains("client disable"));
    clients[0]["x_status"] = "disabled".into();
    let told = advised(&clients);
    assert!(
        told.contains(
            "chancery import --update, which leaves a client's status as it is here: chancery client disable"
        ),
        "{told}"
    );
}
