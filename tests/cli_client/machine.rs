//! The program on a machine of its own, as a script runs it.

use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A machine of its own: no home but a folder that goes with it.
pub struct Machine(TempDir);

impl Machine {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chancery"));
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("USER", "tester")
            .current_dir(self.0.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command()
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Output {
        assert_cmd::Command::from_std({
            let mut command = self.command();
            command.args(arguments);
            command
        })
        .write_stdin(input)
        .output()
        .unwrap()
    }

    /// Runs a command that must do what it says, and returns what it printed.
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            stderr(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must be refused, and returns what it said.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty(), "nothing of a result");
        let said = stderr(&output);
        assert!(
            said.starts_with("error: ") && said.trim_end().lines().count() >= 2,
            "what and what to do: {said}"
        );
        said
    }

    /// Registers a client and returns the response.
    pub fn create(&self, metadata: &Value) -> Value {
        let output = self.run_with(
            &["client", "create", "--file", "-"],
            metadata.to_string().as_bytes(),
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.done(arguments)).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Whether a text stands in any file of this machine.
    pub fn keeps(&self, text: &str) -> bool {
        fn search(folder: PathBuf, text: &[u8]) -> bool {
            std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .any(|path| {
                    if path.is_dir() {
                        search(path, text)
                    } else {
                        std::fs::read(path)
                            .unwrap()
                            .windows(text.len())
                            .any(|part| part == text)
                    }
                })
        }
        search(self.0.path().to_owned(), text.as_bytes())
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn service(name: &str) -> Value {
    json!({"client_name": name, "grant_types": ["client_credentials"], "scope": "read", "contacts": ["a@example.com"]})
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub fn spawn(machine: &Machine, arguments: &[&str]) -> Child {
    let mut command = machine.command();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}
