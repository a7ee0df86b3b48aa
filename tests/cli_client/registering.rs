//! What is registered, and what is refused.

use serde_json::{Value, json};

use crate::machine::{Machine, service, stderr, text};

#[test]
fn create_prints_the_registration_response_and_keeps_the_secret_nowhere() {
    let machine = Machine::new();
    let response = machine.create(&service("Nightly report"));
    assert_eq!(response["client_name"], "Nightly report");
    assert_eq!(response["client_secret_expires_at"], 0);
    assert!(response["client_id_issued_at"].as_i64().unwrap() > 1_700_000_000);
    assert_eq!(text(&response["client_id"]).len(), 36);
    let secret = text(&response["client_secret"]);
    assert_eq!(secret.len(), 51);
    assert!(
        !machine.keeps(secret) && !machine.keeps(&secret[8..]),
        "the secret stands in a file"
    );
    assert!(machine.path(".local/share/chancery/registry.chancery").exists());
}

#[test]
fn a_public_client_gets_no_secret() {
    let machine = Machine::new();
    let response = machine.create(&json!({
        "client_name": "App", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example.com/cb"],
    }));
    assert!(response.get("client_secret").is_none());
}

#[test]
fn create_reads_a_file_and_names_what_it_left_out() {
    let machine = Machine::new();
    let mut metadata = service("From a file");
    metadata["client_secret"] = json!("mine");
    metadata["favourite_colour"] = json!("green");
    std::fs::write(machine.path("client.json"), metadata.to_string()).unwrap();
    let output = machine.run(&["client", "create", "--file", "client.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stderr(&output).contains("client_secret, favourite_colour"),
        "{}",
        stderr(&output)
    );
    assert!(!stderr(&output).contains("mine"));
}

#[test]
fn bad_metadata_is_refused_with_a_sentence_and_saves_nothing() {
    let machine = Machine::new();
    let cases: [(&[u8], &str); 7] = [
        (b"", "JSON"),
        (b"[]", "object"),
        (br#"{"client_name":"a","client_name":"b"}"#, "twice"),
        (br#"{"client_name":7}"#, "client_name"),
        (
            br#"{"client_name":"A","redirect_uris":["javascript:alert(1)"]}"#,
            "javascript:alert(1)",
        ),
        (br#"{"client_name":"A"}"#, "redirect"),
        (&[b' '; 1_100_000], "1 MB"),
    ];
    for (metadata, named) in cases {
        let output = machine.run_with(&["client", "create", "--file", "-"], metadata);
        assert_eq!(output.status.code(), Some(1), "{named}");
        assert!(output.stdout.is_empty());
        assert!(stderr(&output).contains(named), "{named}: {}", stderr(&output));
    }
    assert!(
        machine
            .refused(&["client", "create", "--file", "absent.json"])
            .contains("absent.json")
    );
    assert!(
        !machine.path(".local").exists(),
        "a refused client makes no registry"
    );
}

#[test]
fn list_and_show_tell_everything_but_secrets() {
    let machine = Machine::new();
    let first = machine.create(&service("Alpha"));
    machine.create(&service("Beta"));
    let list = machine.done(&["client", "list"]);
    assert!(list.starts_with("CLIENT ID"), "{list}");
    assert!(list.find("Alpha").unwrap() < list.find("Beta").unwrap());
    let found = machine.json(&["client", "list", "--json", "--search", "alp"]);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["client_id"], first["client_id"]);

    let shown = machine.json(&["client", "show", text(&first["client_id"]), "--json"]);
    assert_eq!(shown["metadata"]["client_name"], "Alpha");
    assert_eq!(
        (&shown["standing"], &shown["secrets"][0]["revoked_at"]),
        (&json!("active"), &Value::Null)
    );
    let as_text = machine.done(&["client", "show", text(&first["client_id"])]);
    for output in [shown.to_string(), as_text] {
        assert!(output.contains("Alpha") && !output.contains("argon2"), "{output}");
        assert!(!output.contains(text(&first["client_secret"])));
    }
}

#[test]
fn update_replaces_the_metadata_as_put_does() {
    let machine = Machine::new();
    let mut metadata = service("Alpha");
    metadata["notes"] = json!("to be taken away");
    let client_id = text(&machine.create(&metadata)["client_id"]).to_owned();
    let update = |metadata: Value| {
        machine.run_with(
            &["client", "update", &client_id, "--file", "-"],
            metadata.to_string().as_bytes(),
        )
    };
    let mut new = service("Omega");
    new["client_id"] = json!(client_id);
    let response: Value = serde_json::from_slice(&update(new.clone()).stdout).unwrap();
    assert_eq!(response["client_name"], "Omega");
    assert!(response.get("notes").is_none() && response.get("client_secret").is_none());

    new["client_id"] = json!("somebody-else");
    assert_eq!(update(new).status.code(), Some(1));
    let mut broken = service("Broken");
    broken["token_endpoint_auth_method"] = json!("none");
    let refused = update(broken);
    assert_eq!(
        refused.status.code(),
        Some(1),
        "client credentials without authentication"
    );
    let shown = machine.json(&["client", "show", &client_id, "--json"]);
    assert_eq!(
        (&shown["metadata"]["client_name"], &shown["version"]),
        (&json!("Omega"), &json!(2))
    );
}

#[test]
fn leaving_none_makes_a_first_secret_and_prints_it() {
    let machine = Machine::new();
    let mut app = json!({
        "client_name": "App", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example.com/cb"],
    });
    let client_id = text(&machine.create(&app)["client_id"]).to_owned();
    app["token_endpoint_auth_method"] = json!("client_secret_basic");
    let update = ["client", "update", &client_id, "--file", "-"];
    let response: Value =
        serde_json::from_slice(&machine.run_with(&update, app.to_string().as_bytes()).stdout).unwrap();
    assert_eq!(text(&response["client_secret"]).len(), 51);
    let again: Value =
        serde_json::from_slice(&machine.run_with(&update, app.to_string().as_bytes()).stdout).unwrap();
    assert!(again.get("client_secret").is_none());
}
