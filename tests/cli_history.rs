//! `chancery history`: the program itself, as a script runs it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test may fail loudly"
)]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A registry in which Ada registered a client, Tess changed its redirect URI, and Ada switched it off.
struct Machine {
    folder: TempDir,
    client_id: String,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut machine = Self {
            folder,
            client_id: String::new(),
        };
        let created = machine.run(&[
            "--as",
            "Ada Admin",
            "client",
            "create",
            "--file",
            &machine.metadata("https://billing.example.com/old"),
        ]);
        let created: Value = serde_json::from_str(&created).unwrap();
        machine.client_id = created["client_id"].as_str().unwrap().to_owned();
        let id = machine.client_id.clone();
        let metadata = machine.metadata("https://billing.example.com/new");
        machine.run(&[
            "--as",
            "Tess Tester",
            "client",
            "update",
            &id,
            "--file",
            &metadata,
        ]);
        machine.run(&["--as", "Ada Admin", "client", "disable", &id]);
        machine
    }

    fn metadata(&self, uri: &str) -> String {
        let file = self.path("metadata.json");
        let metadata = json!({
            "client_name": "Billing portal",
            "redirect_uris": [uri],
            "scope": "openid",
            "audience": ["https://api.example.com"],
        });
        std::fs::write(&file, metadata.to_string()).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn chancery(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_chancery"))
            .env_clear()
            .env("HOME", self.folder.path())
            .env("USER", "tester")
            .env("TZ", "UTC")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .arg("--registry")
            .arg(self.path("registry.chancery"))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// What a command that is done has printed.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.chancery(arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        text(&output.stdout)
    }

    /// The actions that the history tells of, the latest first.
    fn actions(&self, filters: &[&str]) -> Vec<String> {
        let told = self.run(&[&["history", "--format", "json"], filters].concat());
        let rows = told
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.filter_map(|row| Some(row.get("action")?.as_str()?.to_owned()))
            .collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn text_tells_the_latest_change_first_and_what_differs_field_by_field() {
    let machine = Machine::new();
    let id = &machine.client_id;
    let told = machine.run(&["history", "--client", id]);
    let places = [
        "by Ada Admin\n    Disabled Billing portal",
        "      status\n        - active\n        + disabled\n",
        "by Tess Tester\n    Saved Billing portal",
        "      redirect_uris\n        - https://billing.example.com/old\n        + https://billing.example.com/new\n",
        "    Registered Billing portal",
        "3 changes of ",
    ]
    .map(|piece| {
        let place = told.find(piece);
        place.unwrap_or_else(|| panic!("no {piece:?} in {told}"))
    });
    assert!(places.is_sorted(), "{told}");
    assert!(told.contains(&format!("Billing portal ({id})")));
    assert!(told.contains("The head of the history is "));
}

#[test]
fn filters_are_those_of_the_history_screen_and_all_are_to_be_fulfilled() {
    let machine = Machine::new();
    let id = machine.client_id.clone();
    let saved = ["update-client"];
    assert_eq!(
        machine.actions(&["--field", "redirect_uris", "--who", "Tess Tester"]),
        saved
    );
    assert_eq!(machine.actions(&["--who", "Tess Tester"]), saved);
    assert_eq!(
        machine.actions(&["--search", "billing.example.com/new", "--field", "redirect_uris"]),
        saved
    );
    assert_eq!(
        machine.actions(&["--search", "saved"]),
        saved,
        "the word of the screen"
    );
    let of_client = ["disable-client", "update-client", "create-client"];
    assert_eq!(machine.actions(&["--client", &id]), of_client);
    assert_eq!(machine.actions(&["--kind", "registrations"]), of_client);
    assert_eq!(
        machine.actions(&["--client", &id, "--limit", "1"]),
        ["disable-client"]
    );
    assert_eq!(machine.actions(&["--client", &id, "--since", "1h"]).len(), 3);
    assert!(machine.actions(&["--until", "2026-01-01"]).is_empty());
    assert!(
        machine
            .actions(&["--who", "Tess Tester", "--kind", "secrets"])
            .is_empty()
    );
    machine.run(&["registration-token", "create"]);
    assert_eq!(machine.actions(&["--kind", "server"]), ["create-initial-token"]);
}

#[test]
fn a_file_is_whole_or_as_it_was_and_never_the_registry() {
    let machine = Machine::new();
    let output = machine.chancery(&["history", "--format", "csv", "--output", "history.csv"]);
    assert!(
        text(&output.stderr).contains("changes written to history.csv"),
        "{output:?}"
    );
    assert!(output.stdout.is_empty());
    let csv = std::fs::read_to_string(machine.path("history.csv")).unwrap();
    assert!(csv.starts_with("\"change\",\"at\",\"by\",\"action\","), "{csv}");
    assert!(csv.contains("\"update-client\"") && csv.contains("its head is "));
    let refused = machine.chancery(&["history", "--output", "registry.chancery"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("belongs to the registry itself"));
    let nowhere = machine.chancery(&["history", "--output", "nowhere/history.txt"]);
    assert_eq!(nowhere.status.code(), Some(1));
}

#[test]
fn following_the_chain_fails_at_the_first_change_that_does_not_fit_and_names_it() {
    let machine = Machine::new();
    let whole = machine.chancery(&["history", "--verify"]);
    assert_eq!(whole.status.code(), Some(0));
    assert!(
        text(&whole.stderr).contains("The history is whole: "),
        "{whole:?}"
    );
    let seq: i64 = {
        let db = rusqlite::Connection::open(machine.path("registry.chancery")).unwrap();
        let change = "UPDATE history SET by = 'Somebody else' WHERE action = 'update-client'";
        assert_eq!(db.execute(change, []).unwrap(), 1);
        let of_it = "SELECT seq FROM history WHERE action = 'update-client'";
        db.query_row(of_it, [], |row| row.get(0)).unwrap()
    };
    let broken = machine.chancery(&["history", "--verify", "--format", "json"]);
    let told = text(&broken.stderr);
    assert_eq!(broken.status.code(), Some(1));
    assert!(
        told.contains(&format!("Change {seq} is not as it was written")),
        "{told}"
    );
    assert!(told.contains("Keep a copy of the folder as it is"), "{told}");
    assert!(
        text(&broken.stdout).contains("Somebody else"),
        "the changes are told all the same"
    );
    machine.run(&["history"]);
}

#[test]
fn what_cannot_be_meant_is_said_and_what_finds_nothing_is_no_failure() {
    let machine = Machine::new();
    let nothing = machine.chancery(&["history", "--who", "Nobody"]);
    assert_eq!(nothing.status.code(), Some(0));
    assert!(text(&nothing.stderr).contains("No change is as the filters want it"));
    let turned = machine.chancery(&["history", "--since", "2026-11-03", "--until", "2026-11-01"]);
    assert_eq!(turned.status.code(), Some(1));
    assert!(text(&turned.stderr).contains("--since is not before --until"));
    assert_eq!(
        machine.chancery(&["history", "--since", "soon"]).status.code(),
        Some(2)
    );
    let elsewhere = machine.chancery(&["--registry", "none.chancery", "history"]);
    assert!(!elsewhere.status.success());
}
