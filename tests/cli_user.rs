//! `chancery user …`: the program itself, as a script runs it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may fail loudly")]

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

fn chancery(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chancery"));
    command
        .env_clear()
        .env("HOME", folder)
        .env("USER", "tester")
        .args(arguments);
    let mut command = assert_cmd::Command::from_std(command);
    command.write_stdin(input).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_test_user_is_made_listed_changed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| {
        let output = chancery(folder.path(), arguments, input);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    };
    assert_eq!(
        run(&["user", "add", "ada"], "correct horse\n"),
        "ada can sign in\n"
    );
    let claims = "battery staple\n{\"name\": \"Ada\", \"roles\": [\"admin\"]}";
    assert_eq!(
        run(&["user", "add", "ada", "--claims", "-"], claims),
        "ada has another password now\n"
    );
    let listed: Value = serde_json::from_str(&run(&["user", "list", "--json"], "")).unwrap();
    assert_eq!(listed[0]["claims"], json!({ "name": "Ada", "roles": ["admin"] }));
    assert_eq!(run(&["user", "list"], ""), "ada  name, roles\n");
    assert_eq!(run(&["user", "remove", "ada"], ""), "ada is removed\n");
    assert_eq!(run(&["user", "list", "--json"], ""), "[]\n");
    for entry in walk(folder.path()) {
        let bytes = std::fs::read(&entry).unwrap();
        for password in ["correct horse", "battery staple"] {
            let found = bytes
                .windows(password.len())
                .any(|part| part == password.as_bytes());
            assert!(!found, "{password:?} stands in {}", entry.display());
        }
    }
}

#[test]
fn a_mistake_gets_a_sentence_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, input, status, told) in [
        (&["user", "add", "ada"][..], "", 1, "no password"),
        (&["user", "add", "ada"], "\n", 1, "no password"),
        (&["user", "add", ""], "x", 2, "1 to 100"),
        (&["user", "add", "two words"], "x", 2, "1 to 100"),
        (&["user", "add", "j\u{fc}rgen"], "x", 2, "ASCII"),
        (
            &["user", "add", "ada", "--claims", "-"],
            "x\n[1]",
            1,
            "no JSON object",
        ),
        (
            &["user", "add", "ada", "--claims", "missing.json"],
            "x",
            1,
            "cannot be read",
        ),
        (&["user", "remove", "nobody"], "", 1, "nobody"),
        (&["user"], "", 2, "Usage"),
    ] {
        let output = chancery(folder.path(), arguments, input);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        assert!(
            said.contains(told) && !said.contains("panicked"),
            "{arguments:?}: {said}"
        );
    }
    let listed = chancery(folder.path(), &["user", "list", "--json"], "");
    assert_eq!(text(&listed.stdout), "[]\n");
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .collect()
}
