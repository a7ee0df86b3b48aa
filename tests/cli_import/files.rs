//! What an import keeps, changes and leaves.

use serde_json::{Value, json};

use crate::machine::{Machine, service, stderr};
use crate::{import, report, results};

fn client(id: &str) -> Value {
    let mut client = service(id);
    client["client_id"] = json!(id);
    client
}

#[test]
fn an_object_an_array_and_lines_are_imported_and_keep_their_identifiers() {
    let machine = Machine::new();
    let (a, b, c) = (client("a"), client("b"), client("c"));
    std::fs::write(machine.path("a.json"), format!("{a:#}")).unwrap();
    std::fs::write(machine.path("bc.jsonl"), format!("{b}\n{c}\n")).unwrap();
    let text = machine.done(&["import", "--format", "rfc7591", "a.json", "bc.jsonl"]);
    assert!(text.contains("new      c (c)  [bc.jsonl, line 2]"), "{text}");
    assert!(
        text.ends_with("3 new, 0 changed, 0 same, 0 held, 0 refused\n"),
        "{text}"
    );
    assert_eq!(machine.json(&["client", "show", "b", "--json"])["client_id"], "b");
    let again = import(&machine, &json!([a, b, c]).to_string(), &[]);
    assert_eq!(results(&again), ["same", "same", "same"]);
}

#[test]
fn the_same_file_twice_changes_nothing_the_second_time() {
    let machine = Machine::new();
    let mut with_secret = client("a");
    with_secret["client_secret"] = json!("a secret of another system");
    let file = json!([with_secret, client("b"), {"client_id": "held"}]).to_string();
    assert_eq!(results(&import(&machine, &file, &[])), ["new", "new", "held"]);
    let before: Vec<Value> = ["a", "b", "held"]
        .iter()
        .map(|id| machine.json(&["client", "show", id, "--json"]))
        .collect();
    let checked = machine.json(&["check", "--json"]);
    for options in [&[][..], &["--update"], &["--dry-run"]] {
        let output = import(&machine, &file, options);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(results(&output), ["same", "same", "same"], "{options:?}");
    }
    for (id, before) in ["a", "b", "held"].iter().zip(before) {
        assert_eq!(machine.json(&["client", "show", id, "--json"]), before);
    }
    assert_eq!(machine.json(&["check", "--json"]), checked, "the history grew");
}

#[test]
fn a_known_client_changes_only_when_it_is_asked_for() {
    let machine = Machine::new();
    import(&machine, &client("a").to_string(), &[]);
    let mut other = client("a");
    other["scope"] = json!("read write");
    let refused = import(&machine, &other.to_string(), &[]);
    assert_eq!(refused.status.code(), Some(1));
    let why = report(&refused)["clients"][0]["why"][0].to_string();
    assert!(why.contains("scope") && why.contains("--update"), "{why}");
    let changed = import(&machine, &other.to_string(), &["--update"]);
    assert_eq!(changed.status.code(), Some(0));
    assert_eq!(report(&changed)["clients"][0]["changed"], json!(["scope"]));
    let shown = machine.json(&["client", "show", "a", "--json"]);
    assert_eq!(shown["metadata"]["scope"], "read write");
    machine.done(&["client", "disable", "a"]);
    import(&machine, &client("a").to_string(), &["--update"]);
    assert_eq!(
        machine.json(&["client", "show", "a", "--json"])["status"],
        "disabled"
    );
}

#[test]
fn a_change_that_breaks_a_rule_is_refused_and_the_others_are_made() {
    let machine = Machine::new();
    import(&machine, &json!([client("a"), client("b")]).to_string(), &[]);
    let (mut a, mut b) = (client("a"), client("b"));
    a["redirect_uris"] = json!(["http://app.example.com/*"]);
    a["grant_types"] = json!(["authorization_code"]);
    b["scope"] = json!("write");
    let output = import(&machine, &json!([a, b]).to_string(), &["--update"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(results(&output), ["refused", "changed"]);
    assert_eq!(machine.json(&["client", "show", "a", "--json"])["version"], 1);
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let machine = Machine::new();
    let file = json!([client("a"), {"client_id": "held"}]).to_string();
    let dry = import(&machine, &file, &["--dry-run"]);
    assert_eq!(results(&dry), ["new", "held"]);
    assert!(!machine.path(".local").exists(), "a dry run made a registry");
    import(&machine, &client("a").to_string(), &[]);
    assert_eq!(
        results(&import(&machine, &file, &["--dry-run"])),
        ["same", "held"]
    );
    assert!(machine.refused(&["client", "show", "held"]).contains("held"));
}

#[test]
fn what_a_registration_printed_is_imported_elsewhere_as_the_same_client() {
    let (one, other) = (Machine::new(), Machine::new());
    let response = one.create(&service("Nightly"));
    let output = import(&other, &response.to_string(), &[]);
    assert_eq!(results(&output), ["new"]);
    let id = response["client_id"].as_str().unwrap();
    let metadata = |machine: &Machine| machine.json(&["client", "show", id, "--json"])["metadata"].clone();
    assert_eq!(metadata(&one), metadata(&other));
}

#[test]
fn thousands_are_imported_in_their_order() {
    let machine = Machine::new();
    let lines: Vec<String> = (0..2500)
        .map(|n| client(&format!("client-{n}")).to_string())
        .collect();
    let output = import(&machine, &lines.join("\n"), &[]);
    let report = report(&output);
    assert_eq!(report["counts"]["new"], 2500);
    assert_eq!(report["clients"][2499]["client_id"], "client-2499");
    machine.done(&["check"]);
}
