//! The program itself, on a machine of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::assert_stays_out;

/// A machine of its own: all folders of settings and data lie below one.
pub struct Machine(TempDir);

impl Machine {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn registry(&self) -> PathBuf {
        self.path().join("registry.chancery")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        command
            .env_clear()
            .env("HOME", self.path())
            .env("USER", "tester")
            .current_dir(self.path());
        for (variable, folder) in [
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "runtime"),
            ("TMPDIR", "temporary"),
        ] {
            let folder = self.path().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            command.env(variable, folder);
        }
        command.arg("--registry").arg(self.registry()).args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a command that prints a secret, and returns identifier and secret. Nothing else it says holds the secret.
    pub fn prints_a_secret(&self, arguments: &[&str], input: &str) -> (String, String) {
        let output = self.run(arguments, input);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let response: Value = serde_json::from_str(&said).unwrap();
        let text = |member: &str| response[member].as_str().unwrap().to_owned();
        let (client_id, secret) = (text("client_id"), text("client_secret"));
        assert_eq!(said.matches(&secret).count(), 1, "it is printed once");
        assert_stays_out(
            &secret,
            self.path(),
            &[
                ("standard error", &output.stderr),
                (
                    "the rest of standard output",
                    said.replace(&secret, "").as_bytes(),
                ),
            ],
        );
        (client_id, secret)
    }
}

/// A server that runs until it is stopped, and what it says meanwhile.
pub struct Serving {
    process: Child,
    told: BufReader<ChildStderr>,
}

impl Machine {
    /// Starts a server. Returns it and its issuer.
    pub fn serve(&self) -> (Serving, String) {
        self.serve_with(&[])
    }

    /// The same with further arguments.
    pub fn serve_with(&self, more: &[&str]) -> (Serving, String) {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], more].concat();
        let mut process = self.command(&arguments).spawn().unwrap();
        let mut told = BufReader::new(process.stderr.take().unwrap());
        let mut first = String::new();
        told.read_line(&mut first).unwrap();
        let issuer = first.trim().strip_prefix("Chancery serves ").unwrap().to_owned();
        (Serving { process, told }, issuer)
    }
}

impl Serving {
    /// Ends it as a person would, and returns all that it told.
    pub fn stop(mut self) -> Vec<u8> {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success() && self.process.wait().unwrap().success());
        let mut log = Vec::new();
        self.told.read_to_end(&mut log).unwrap();
        log
    }
}
