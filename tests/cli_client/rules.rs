//! The rules from a shell: their list, how the registry's settings weigh, and what ends as a calendar.

use chancery::audit::{AuditRule, Settings};
use chancery::client::{Severity, Weight};
use chancery::registry::{Act, Registry};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::machine::{Machine, service, stderr, text};

const REGISTRY: &str = ".local/share/chancery/registry.chancery";

fn weigh(machine: &Machine, rule: &str, weight: Weight) {
    let now = Timestamp::now();
    let registry = Registry::open_existing(&machine.path(REGISTRY), now).unwrap();
    let mut settings = Settings::default();
    let rule = AuditRule::parse(rule).unwrap();
    settings.set_weight(rule, Some(weight)).unwrap();
    registry
        .set_audit_settings(&settings, &Act::new("Ada Admin", now))
        .unwrap();
}

#[test]
fn the_rules_are_listed_by_their_table_where_there_is_no_registry() {
    let machine = Machine::new();
    let output = machine.run(&["audit", "--list-rules"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let listed = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(listed.contains("redir-any "), "{listed}");
    assert!(
        stderr(&output).contains("There is no registry"),
        "{}",
        stderr(&output)
    );
    assert!(!machine.path(REGISTRY).exists(), "nothing is made");
    let rules = machine.json(&["audit", "--list-rules", "--format", "json"]);
    assert_eq!(rules["rules"].as_array().unwrap().len(), listed.lines().count());
    assert!(machine.refused(&["audit"]).contains("There is no registry"));
}

#[test]
fn a_registry_that_cannot_be_opened_is_no_missing_one() {
    let machine = Machine::new();
    let file = machine.path("broken.chancery");
    std::fs::write(&file, "no registry at all").unwrap();
    machine.refused(&["--registry", file.to_str().unwrap(), "audit", "--list-rules"]);
}

#[test]
fn a_calendar_in_which_nothing_ends_is_one_all_the_same_and_is_written_to_a_file() {
    let machine = Machine::new();
    machine.create(&service("Alpha"));
    let output = machine.run(&["audit", "--format", "ics"]);
    let calendar = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        calendar.contains("BEGIN:VTIMEZONE\r\n") && !calendar.contains("BEGIN:VEVENT"),
        "{calendar}"
    );
    assert!(
        stderr(&output).contains("Nothing has an end"),
        "{}",
        stderr(&output)
    );
    let file = machine.path("expiry.ics");
    let into = ["audit", "--format", "ics", "--output", file.to_str().unwrap()];
    assert_eq!(machine.done(&into), "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), calendar);
    let clients = machine.json(&["client", "list", "--json"]);
    let client_id = text(&clients[0]["client_id"]);
    machine.done(&["client", "rotate-secret", client_id, "--overlap", "48h"]);
    machine.done(&into);
    let calendar = std::fs::read_to_string(&file).unwrap();
    assert!(
        calendar.contains("SUMMARY:Secret of Alpha ends\r\n"),
        "{calendar}"
    );
    let nowhere = machine.path("nowhere/expiry.ics");
    let said = machine.refused(&["audit", "--format", "ics", "--output", nowhere.to_str().unwrap()]);
    assert!(said.contains("The calendar cannot be written to"), "{said}");
    let registry = machine.path(REGISTRY);
    let said = machine.refused(&["audit", "--format", "ics", "--output", registry.to_str().unwrap()]);
    assert!(said.contains("belongs to the registry itself"), "{said}");
}

#[test]
fn findings_are_told_as_bad_as_the_registry_says() {
    let machine = Machine::new();
    let careless = json!({"client_name": "Alpha", "grant_types": ["client_credentials"], "scope": "read"});
    let client_id = text(&machine.create(&careless)["client_id"]).to_owned();
    let found = || {
        let shown = machine.json(&["client", "show", &client_id, "--json"]);
        let findings = shown["findings"].as_array().unwrap().clone();
        let of_it = findings
            .into_iter()
            .find(|finding| finding["rule"] == "owner-missing");
        of_it.map(|finding| finding["severity"].clone())
    };
    let remarks = |arguments: &[&str]| {
        let output = machine.run_with(arguments, careless.to_string().as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stderr(&output)
    };
    let create = ["client", "create", "--file", "-"];
    let update = ["client", "update", &client_id, "--file", "-"];
    assert!(found().is_some_and(|severity| severity != "critical"));
    assert!(!remarks(&create).contains("Critical: "));
    weigh(&machine, "owner-missing", Weight::As(Severity::Critical));
    assert_eq!(found(), Some(Value::from("critical")));
    assert!(remarks(&create).contains("Critical: "));
    assert!(remarks(&update).contains("Critical: "));
    let sentence = remarks(&create);
    let sentence = sentence.lines().find_map(|line| line.split_once("Critical: "));
    let (_, sentence) = sentence.unwrap();
    weigh(&machine, "owner-missing", Weight::Off);
    assert_eq!(found(), None);
    assert!(!remarks(&create).contains(sentence) && !remarks(&update).contains(sentence));
}

#[test]
fn what_is_refused_stays_refused_whatever_the_settings_say() {
    let machine = Machine::new();
    machine.create(&service("Alpha"));
    weigh(&machine, "redir-fragment", Weight::As(Severity::Info));
    let refused = json!({"client_name": "Beta", "redirect_uris": ["https://app.example.com/cb#part"]});
    let output = machine.run_with(
        &["client", "create", "--file", "-"],
        refused.to_string().as_bytes(),
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
}
