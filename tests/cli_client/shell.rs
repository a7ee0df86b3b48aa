//! How it behaves in a shell: usage, pipes, many at once, an end at any moment.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::machine::{Machine, service, spawn, stderr, text};

#[test]
fn what_to_do_fits_a_command_line() {
    let machine = Machine::new();
    let client_id = text(&machine.create(&service("Alpha"))["client_id"]).to_owned();
    let unknown = machine.refused(&["client", "show", "nosuch"]);
    assert!(
        unknown.contains("Check the client ID") && !unknown.contains("name"),
        "{unknown}"
    );
    let mut broken = service("Alpha");
    broken["token_endpoint_auth_method"] = json!("none");
    std::fs::write(machine.path("broken.json"), broken.to_string()).unwrap();
    let refused = machine.refused(&["client", "update", &client_id, "--file", "broken.json"]);
    assert!(refused.contains("run the command again"), "{refused}");
    let deleted = machine.json(&["client", "delete", &client_id, "--json"]);
    assert_eq!(
        (&deleted["deleted"], &deleted["standing"], &deleted["status"]),
        (&json!(true), &json!("deleted"), &json!("active")),
        "what it was, and that it is no more"
    );
    assert_eq!(deleted["metadata"]["client_name"], "Alpha");
}

#[test]
fn wrong_usage_exits_with_2_and_help_teaches_with_examples() {
    let machine = Machine::new();
    for wrong in [
        ["client", "create"].as_slice(),
        &["client", "show"],
        &["client", "rotate-secret", "x", "--overlap", "31d"],
        &["nonsense"],
        &["--as", "", "check"],
    ] {
        let output = machine.run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    assert!(machine.done(&["--help"]).contains("Examples:"));
    assert!(
        machine
            .done(&["client", "create", "--help"])
            .contains("\"client_name\"")
    );
    assert!(machine.done(&["--version"]).starts_with("chancery "));
    assert!(machine.done(&["completions", "bash"]).contains("rotate-secret"));
    machine.done(&["man", "."]);
    assert!(machine.path("chancery-client-create.1").exists());
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let machine = Machine::new();
    machine.create(&service("Alpha"));
    for arguments in [
        ["client", "list"].as_slice(),
        &["--help"],
        &["completions", "zsh"],
    ] {
        let mut child = spawn(&machine, arguments);
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(output.stderr.is_empty(), "{}", stderr(&output));
    }
    // Only a secret must not be lost without a word.
    let mut child = spawn(&machine, &["client", "create", "--file", "-"]);
    drop(child.stdout.take());
    child
        .stdin
        .take()
        .unwrap()
        .write_all(service("Beta").to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("rotate-secret"), "{}", stderr(&output));
}

#[test]
fn many_at_once_on_a_new_machine_all_succeed() {
    let machine = Machine::new();
    let children: Vec<_> = (0..6)
        .map(|number| {
            let mut child = spawn(&machine, &["client", "create", "--file", "-"]);
            let metadata = service(&format!("Client {number}")).to_string();
            child
                .stdin
                .take()
                .unwrap()
                .write_all(metadata.as_bytes())
                .unwrap();
            child
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    assert_eq!(
        machine
            .json(&["client", "list", "--json"])
            .as_array()
            .unwrap()
            .len(),
        6
    );
    machine.done(&["check"]);
}

#[test]
fn a_process_that_is_killed_at_any_moment_loses_nothing_that_it_printed() {
    let machine = Machine::new();
    let mut confirmed = Vec::new();
    for round in 0..24_u64 {
        let mut child = spawn(&machine, &["client", "create", "--file", "-"]);
        let metadata = service(&format!("Client {round}")).to_string();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(metadata.as_bytes())
            .unwrap();
        // From before the first system call to after the end, most often in between.
        std::thread::sleep(std::time::Duration::from_millis(round * 7 % 120));
        let _gone_already = child.kill();
        let output = child.wait_with_output().unwrap();
        if let Ok(response) = serde_json::from_slice::<Value>(&output.stdout) {
            confirmed.push(response["client_id"].clone());
        }
    }
    machine.create(&service("The last one"));
    let kept: Vec<_> = machine
        .json(&["client", "list", "--json"])
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["client_id"].clone())
        .collect();
    assert!(confirmed.iter().all(|client_id| kept.contains(client_id)));
    let folder = std::fs::read_dir(machine.path(".local/share/chancery")).unwrap();
    let names: Vec<_> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names.contains(&"registry.chancery".to_owned())
            && names.contains(&"registry.chancery.key".to_owned())
    );
    machine.done(&["check"]);
}

#[test]
fn a_screen_that_does_not_answer_is_told_in_a_sentence() {
    let machine = Machine::new();
    for (name, value, told) in [
        ("NOTHING", "", "There is no screen"),
        ("DISPLAY", ":9999", "does not answer"),
    ] {
        let mut command = machine.command();
        command.env(name, value).stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(told) && said.contains("chancery --help"), "{said}");
        assert!(!said.contains(".rs:"), "{said}");
    }
}
