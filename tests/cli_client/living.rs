//! A client's life: its secrets, its status, its history.

use serde_json::Value;

use crate::machine::{Machine, service, stderr, text};

#[test]
fn a_client_is_rotated_revoked_switched_and_deleted() {
    let machine = Machine::new();
    let created = machine.create(&service("Alpha"));
    let client_id = text(&created["client_id"]);
    let rotated = machine.json(&[
        "client",
        "rotate-secret",
        client_id,
        "--overlap",
        "0",
        "--label",
        "second",
    ]);
    assert_ne!(rotated["client_secret"], created["client_secret"]);
    assert!(!machine.keeps(text(&rotated["client_secret"])));
    let secrets = machine.json(&["client", "show", client_id, "--json"])["secrets"].clone();
    assert_eq!(secrets.as_array().unwrap().len(), 2);
    assert!(secrets[0]["expires_at"].is_string() && secrets[1]["expires_at"].is_null());

    assert!(
        machine
            .done(&["client", "revoke-secrets", client_id])
            .contains("no live secret")
    );
    assert!(
        machine
            .done(&["client", "disable", client_id])
            .contains("switched off")
    );
    assert!(machine.done(&["client", "list"]).contains("Disabled"));
    assert!(
        machine
            .done(&["client", "enable", client_id])
            .contains("switched on")
    );
    assert!(machine.done(&["client", "delete", client_id]).contains("Alpha"));
    for command in [
        "show",
        "disable",
        "enable",
        "rotate-secret",
        "revoke-secrets",
        "delete",
    ] {
        assert!(
            machine
                .refused(&["client", command, client_id])
                .contains(client_id)
        );
    }
    assert!(machine.done(&["check"]).contains("6 rows"));
}

#[test]
fn where_json_is_printed_anyway_it_may_be_asked_for() {
    let machine = Machine::new();
    let metadata = service("Alpha").to_string();
    std::fs::write(machine.path("client.json"), &metadata).unwrap();
    let file = ["--file", "client.json", "--json"];
    let created = machine.json(&[["client", "create"].as_slice(), &file].concat());
    let client_id = text(&created["client_id"]);
    let updated = machine.json(&[["client", "update", client_id].as_slice(), &file].concat());
    assert_eq!(updated["client_name"], "Alpha");
    let rotated = machine.json(&["client", "rotate-secret", client_id, "--json"]);
    assert!(rotated["client_secret"].is_string());
}

#[test]
fn a_rotation_tells_until_when_the_old_secrets_count() {
    let machine = Machine::new();
    let client_id = text(&machine.create(&service("Alpha"))["client_id"]).to_owned();
    for (overlap, seconds, said) in [
        ("2h", 7200, "The old secrets count until 20"),
        ("0", 0, "The old secrets have ended"),
    ] {
        let before = jiff::Timestamp::now().as_second();
        let output = machine.run(&["client", "rotate-secret", &client_id, "--overlap", overlap]);
        let response: Value = serde_json::from_slice(&output.stdout).unwrap();
        let end = response["previous_client_secrets_expire_at"].as_i64().unwrap();
        assert!(
            (before + seconds..before + seconds + 60).contains(&end),
            "{overlap}: {end}"
        );
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    machine.done(&["client", "revoke-secrets", &client_id]);
    let output = machine.run(&["client", "rotate-secret", &client_id]);
    let response: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(response.get("previous_client_secrets_expire_at").is_none());
    assert!(stderr(&output).contains("no old secret"));
}

#[test]
fn the_history_names_who_did_it() {
    let machine = Machine::new();
    machine.create(&service("Alpha"));
    let client_id = machine.json(&["client", "list", "--json"])[0]["client_id"].clone();
    machine.done(&["--as", "Ben Builder", "client", "disable", text(&client_id)]);
    let registry = chancery::registry::Registry::open_read_only(
        &machine.path(".local/share/chancery/registry.chancery"),
    );
    let rows = registry
        .unwrap()
        .history(&chancery::registry::HistoryQuery {
            limit: 9,
            ..Default::default()
        })
        .unwrap();
    let who: Vec<_> = rows.iter().map(|row| row.by.as_str()).collect();
    assert_eq!(who, ["Ben Builder", "tester"]);
}
