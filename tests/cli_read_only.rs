//! `--read-only` on the command line: what only looks does, what would change something is refused with a sentence, and nothing
//! is written either way. A file of sign-offs counts in the audit.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test may fail loudly"
)]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder for the registry, and one for what scripts bring along.
struct Machine {
    registry: TempDir,
    home: TempDir,
    client_id: String,
}

impl Machine {
    fn new() -> Self {
        let mut machine = Self {
            registry: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
            client_id: String::new(),
        };
        let metadata = json!({
            "client_name": "Payroll export",
            "grant_types": ["client_credentials"],
            "response_types": [],
            "scope": "read",
            "audience": ["https://api.example.com"],
        });
        std::fs::write(machine.home("client.json"), metadata.to_string()).unwrap();
        std::fs::write(machine.home("password.txt"), "correct horse battery staple\n").unwrap();
        let created = machine.run(&["client", "create", "--file", "client.json"]);
        let created: Value = serde_json::from_slice(&created.stdout).unwrap();
        machine.client_id = created["client_id"].as_str().unwrap().to_owned();
        assert!(machine.run(&["user", "add", "ada"]).status.success());
        machine
    }

    fn home(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let password = std::fs::File::open(self.home("password.txt")).unwrap();
        Command::new(env!("CARGO_BIN_EXE_chancery"))
            .env_clear()
            .env("HOME", self.home.path())
            .env("USER", "tester")
            .current_dir(self.home.path())
            .stdin(Stdio::from(password))
            .arg("--registry")
            .arg(self.registry.path().join("registry.chancery"))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Every file of the registry's folder: its name, its bytes, its mode and when it was written last.
    fn everything(&self) -> Vec<(PathBuf, Vec<u8>, u32, SystemTime)> {
        let mut files: Vec<_> = std::fs::read_dir(self.registry.path())
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let found = std::fs::metadata(&path).unwrap();
                (
                    path.clone(),
                    std::fs::read(&path).unwrap(),
                    mode(&found),
                    found.modified().unwrap(),
                )
            })
            .collect();
        files.sort();
        files
    }

    /// Takes away what anybody but root could write with.
    #[cfg(unix)]
    fn protect(&self) {
        use std::os::unix::fs::PermissionsExt;
        for (path, ..) in self.everything() {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).unwrap();
        }
        std::fs::set_permissions(self.registry.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    }

    #[cfg(not(unix))]
    fn protect(&self) {}
}

#[cfg(unix)]
impl Drop for Machine {
    /// Whoever is not root could not remove it otherwise.
    fn drop(&mut self) {
        use std::os::unix::fs::PermissionsExt;
        let _as_far_as_possible =
            std::fs::set_permissions(self.registry.path(), std::fs::Permissions::from_mode(0o700));
    }
}

#[cfg(unix)]
fn mode(found: &std::fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    found.permissions().mode()
}

#[cfg(not(unix))]
fn mode(_: &std::fs::Metadata) -> u32 {
    0
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_command_that_would_change_something_is_refused_and_nothing_is_written() {
    let machine = Machine::new();
    machine.protect();
    let before = machine.everything();
    let id = machine.client_id.as_str();
    let changes: [&[&str]; 14] = [
        &["client", "create", "--file", "client.json"],
        &["client", "update", id, "--file", "client.json"],
        &["client", "disable", id],
        &["client", "enable", id],
        &["client", "rotate-secret", id],
        &["client", "revoke-secrets", id],
        &["client", "delete", id],
        &["user", "add", "ben"],
        &["user", "remove", "ada"],
        &["registration-token", "create"],
        &["registration-token", "revoke", "ci"],
        &["import", "--format", "rfc7591", "client.json"],
        &["serve", "--registration", "open"],
        &["token", id],
    ];
    for arguments in changes {
        let output = machine.run(&[&["--read-only"], arguments].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("open read-only"), "{arguments:?}: {said}");
        assert!(said.contains("--read-only"), "what to do: {arguments:?}: {said}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        assert_eq!(machine.everything(), before, "{arguments:?}");
    }
}

#[test]
fn every_command_that_looks_does_so_and_nothing_is_written() {
    let machine = Machine::new();
    machine.protect();
    let before = machine.everything();
    let id = machine.client_id.as_str();
    let backup = machine.home("copy.chancery");
    let looks: [&[&str]; 9] = [
        &["client", "list", "--json"],
        &["client", "list", "--search", "pay"],
        &["client", "show", id],
        &["client", "handover", id],
        &["user", "list"],
        &["registration-token", "list"],
        &["audit", "--format", "json"],
        &["check"],
        &["backup", backup.to_str().unwrap()],
    ];
    for arguments in looks {
        let output = machine.run(&[&["--read-only"], arguments].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert_eq!(machine.everything(), before, "{arguments:?}");
    }
    assert!(backup.exists());
}

#[test]
fn the_sign_offs_of_a_file_count_in_the_audit_if_they_are_of_this_registry() {
    let machine = Machine::new();
    let findings = |more: &[&str]| {
        let output = machine.run(&[&["--read-only", "audit", "--format", "json"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["findings"].clone()
    };
    let first = findings(&[])[0].clone();
    assert_eq!(first["accepted"], false, "{first}");
    let path = machine.registry.path().join("registry.chancery");
    let registry = chancery::registry::Registry::open_read_only(&path).unwrap();
    let client_id = chancery::client::ClientId::parse(&machine.client_id).unwrap();
    let draft = registry.client(&client_id).unwrap().unwrap().draft;
    let now = jiff::Timestamp::now();
    let found = draft
        .findings()
        .into_iter()
        .map(chancery::audit::AuditFinding::from);
    let found = found
        .into_iter()
        .find(|found| found.rule.id() == first["rule"])
        .unwrap();
    let until = now + jiff::SignedDuration::from_hours(24);
    let accepted =
        chancery::audit::Acceptance::of(&found, &draft, "Known", "Rita Reviewer", now, until).unwrap();
    let mut sign_offs = chancery::audit::SignOffs::of(registry.identifier());
    sign_offs.accept(&client_id, accepted);
    let file = machine.home("mine.json");
    std::fs::write(&file, sign_offs.to_json().to_string()).unwrap();
    let with = ["--sign-offs", file.to_str().unwrap()];
    let after = findings(&with);
    let same = after
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["rule"] == first["rule"]);
    assert_eq!(same.unwrap()["accepted"], true);
    assert_eq!(
        findings(&[])[0]["accepted"],
        false,
        "nothing of it went into the registry"
    );
    let refused = |says: &str| {
        let output = machine.run(&[&["audit"], &with[..]].concat());
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(says), "{said}");
        assert_eq!(text(&output.stdout), "");
    };
    let text = sign_offs.to_json().to_string();
    std::fs::write(&file, text.replace(registry.identifier(), "another")).unwrap();
    refused("of another registry");
    std::fs::write(&file, "{").unwrap();
    refused("cannot be used");
    std::fs::remove_file(&file).unwrap();
    refused("There is no file");
}

#[test]
fn a_place_for_sign_offs_is_for_a_window_that_only_looks() {
    let machine = Machine::new();
    let output = machine.run(&["--sign-offs", "mine.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--read-only"),
        "{}",
        text(&output.stderr)
    );
}
