//! `chancery export`: the program itself, as a script runs it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "cli_client/machine.rs"]
mod machine;

use machine::{Machine, service, stderr};
use serde_json::{Value, json};

const FORMATS: [&str; 3] = ["rfc7591", "hydra", "csv"];

/// A machine with a service that is switched off and an application that people sign in to.
fn furnished() -> (Machine, Vec<String>) {
    let machine = Machine::new();
    let app = json!({"client_name": "=Shop", "redirect_uris": ["https://shop.example.com/cb"], "access_token_lifetime": 300,
        "contacts": ["Ada Admin <ada@example.com>"], "labels": ["a b"], "x_team": {"n": 1}, "notes": "two\nlines"});
    let ids = [service("Nightly"), app].map(|metadata| {
        machine.create(&metadata)["client_id"]
            .as_str()
            .unwrap()
            .to_owned()
    });
    machine.done(&["client", "disable", &ids[0]]);
    (machine, ids.to_vec())
}

fn shown(machine: &Machine, id: &str) -> (Value, Value) {
    let shown = machine.json(&["client", "show", id, "--json"]);
    (shown["metadata"].clone(), shown["status"].clone())
}

#[test]
fn what_is_exported_is_the_same_clients_elsewhere() {
    let (machine, ids) = furnished();
    for format in FORMATS {
        let other = Machine::new();
        let file = other.path("clients");
        machine.done(&["export", "--format", format, "--output", file.to_str().unwrap()]);
        other.done(&["import", "--format", format, "clients"]);
        for id in &ids {
            assert_eq!(shown(&other, id), shown(&machine, id), "{format}");
        }
        assert_eq!(
            machine.done(&["export", "--format", format]).as_bytes(),
            std::fs::read(&file).unwrap()
        );
        let again: Value = machine.json(&["import", "--format", format, "--json", file.to_str().unwrap()]);
        assert_eq!(again["counts"]["same"], 2, "{format}");
    }
}

#[test]
fn no_secret_and_no_hash_is_in_an_export() {
    let machine = Machine::new();
    let secret = machine.create(&service("Nightly"))["client_secret"]
        .as_str()
        .unwrap()
        .to_owned();
    for format in FORMATS {
        let written = machine.done(&["export", "--format", format]);
        assert!(written.contains("Nightly"));
        for part in [secret.as_str(), &secret[..8], "argon2"] {
            assert!(!written.contains(part), "{format}");
        }
    }
}

#[test]
fn what_a_format_has_no_place_for_is_named_with_how_many_have_it() {
    let (machine, _) = furnished();
    let said = |format| stderr(&machine.run(&["export", "--format", format]));
    let hydra = said("hydra");
    assert!(
        hydra.contains("x_team of 1 client.") && hydra.contains("metadata.chancery"),
        "{hydra}"
    );
    assert!(hydra.contains("require_pkce of 2 clients"), "{hydra}");
    assert!(
        said("rfc7591").contains("status of 1 client"),
        "{}",
        said("rfc7591")
    );
    assert_eq!(said("csv"), "");
}

#[test]
fn some_clients_are_exported_by_name_or_by_a_search() {
    let (machine, ids) = furnished();
    let written = |options: &[&str]| -> Vec<String> {
        let clients = machine.json(&[&["export", "--format", "rfc7591"][..], options].concat());
        clients
            .as_array()
            .unwrap()
            .iter()
            .map(|client| client["client_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(written(&["--client", &ids[1]]), [ids[1].clone()]);
    assert_eq!(written(&["--search", "night"]), [ids[0].clone()]);
    assert_eq!(written(&["--search", "nobody has this"]), Vec::<String>::new());
    assert_eq!(
        machine.run(&["export", "--format", "authelia"]).status.code(),
        Some(2)
    );
}

#[test]
fn a_file_is_whole_or_as_it_was() {
    let (machine, _) = furnished();
    std::fs::write(machine.path("clients.json"), "before").unwrap();
    let said = stderr(&machine.run(&[
        "export",
        "--format",
        "rfc7591",
        "--client",
        "nobody",
        "--output",
        "clients.json",
    ]));
    assert!(said.contains("nobody"), "{said}");
    assert_eq!(
        std::fs::read_to_string(machine.path("clients.json")).unwrap(),
        "before"
    );
    let registry = machine.path(".local/share/chancery/registry.chancery");
    let said = machine.refused(&[
        "export",
        "--format",
        "csv",
        "--output",
        registry.to_str().unwrap(),
    ]);
    assert!(said.contains("belongs to the registry"), "{said}");
    machine.done(&[
        "--read-only",
        "export",
        "--format",
        "rfc7591",
        "--output",
        "clients.json",
    ]);
    let whole: Value = serde_json::from_slice(&std::fs::read(machine.path("clients.json")).unwrap()).unwrap();
    assert_eq!(whole.as_array().unwrap().len(), 2);
    let left: Vec<_> = std::fs::read_dir(machine.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().contains("chancery-audit")),
        "{left:?}"
    );
}

#[test]
fn many_clients_come_in_pages_and_in_their_order() {
    let machine = Machine::new();
    let lines: Vec<String> = (0..1_201)
        .map(|n| {
            let mut client = service(&format!("Client {n}"));
            client["client_id"] = json!(format!("client-{n}"));
            client.to_string()
        })
        .collect();
    machine.run_with(
        &["import", "--format", "rfc7591", "-"],
        lines.join("\n").as_bytes(),
    );
    let all = machine.json(&["export", "--format", "rfc7591"]);
    assert_eq!(all.as_array().unwrap().len(), 1_201);
    assert_eq!(all[1_200]["client_id"], "client-1200");
    let found = machine.json(&["export", "--format", "hydra", "--search", "client"]);
    assert_eq!(found.as_array().unwrap().len(), 1_201);
}
