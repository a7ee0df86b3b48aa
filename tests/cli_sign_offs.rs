//! `chancery sign-offs`: what a read-only reviewer decided in a file comes into the registry by somebody who may write.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may fail loudly")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use chancery::audit::{Acceptance, Approval, AuditFinding, SignOffs};
use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{Act, Registry};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

/// A registry with three clients that each have a finding, and a reviewer's file.
struct Machine {
    folder: TempDir,
    sign_offs: SignOffs,
}

const REVIEWER: &str = "Rita Reviewer";

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::open(&folder.path().join("registry.chancery"), Timestamp::now()).unwrap();
        for name in ["billing", "payroll", "portal"] {
            let draft = ClientDraft {
                name: format!("The {name}"),
                redirect_uris: vec![format!("http://localhost/{name}")],
                ..ClientKind::Web.preset()
            };
            let act = Act::new("Ada Admin", Timestamp::now());
            registry
                .import_client(&id(name), &draft, Status::Active, &[], "elsewhere", &act)
                .unwrap();
        }
        Self {
            sign_offs: SignOffs::of(registry.identifier()),
            folder,
        }
    }

    fn registry(&self) -> Registry {
        Registry::open(&self.path("registry.chancery"), Timestamp::now()).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The reviewer approves a client as it is now.
    fn approve(&mut self, name: &str) {
        let client = self.registry().client(&id(name)).unwrap().unwrap();
        let approval = Approval::of(&client.draft, client.version, REVIEWER, Timestamp::now());
        self.sign_offs.approve(&id(name), approval);
    }

    /// The reviewer accepts the risk of a client's address.
    fn accept(&mut self, name: &str) {
        let client = self.registry().client(&id(name)).unwrap().unwrap();
        let findings = client.draft.findings().into_iter().map(AuditFinding::from);
        let finding = findings
            .into_iter()
            .find(|finding| finding.rule.id() == "redir-localhost-name")
            .unwrap();
        let now = Timestamp::now();
        let until = now.saturating_add(SignedDuration::from_hours(30 * 24)).unwrap();
        let accepted = Acceptance::of(&finding, &client.draft, "Only\nhere", REVIEWER, now, until).unwrap();
        self.sign_offs.accept(&id(name), accepted);
    }

    /// Somebody changes a client after the reviewer looked at it.
    fn change(&self, name: &str, change: impl FnOnce(&mut ClientDraft)) {
        let registry = self.registry();
        let client = registry.client(&id(name)).unwrap().unwrap();
        let mut draft = client.draft;
        change(&mut draft);
        let act = Act::new("Ada Admin", Timestamp::now());
        registry
            .update_client(&id(name), client.version, draft, None, &act)
            .unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let file = self.path("reviewed.json");
        if !file.exists() {
            std::fs::write(&file, self.sign_offs.to_json().to_string()).unwrap();
        }
        Command::new(env!("CARGO_BIN_EXE_chancery"))
            .env_clear()
            .env("HOME", self.folder.path())
            .env("USER", "tester")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .args([
                "--registry",
                "registry.chancery",
                "--as",
                "Ada Admin",
                "sign-offs",
            ])
            .args(arguments)
            .output()
            .unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&self.run(&[arguments, &["--json"]].concat()).stdout).unwrap()
    }
}

fn id(name: &str) -> ClientId {
    ClientId::parse(name).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn decisions_become_the_reviewers_in_the_registry_and_the_history_says_how_they_came() {
    let mut machine = Machine::new();
    machine.approve("billing");
    machine.accept("billing");
    let output = machine.run(&["apply", "reviewed.json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = text(&output.stdout);
    assert!(
        told.contains("kept        The billing (billing): approval of version 1, by Rita Reviewer on "),
        "{told}"
    );
    assert!(told.ends_with("2 kept, 0 there already, 0 not taken\n"), "{told}");
    let registry = machine.registry();
    let approval = registry.approval(&id("billing")).unwrap().unwrap();
    assert_eq!((approval.by.as_str(), approval.version), (REVIEWER, 1));
    let accepted = registry.acceptances(&id("billing")).unwrap();
    assert_eq!(
        (accepted[0].by.as_str(), accepted[0].reason.as_str()),
        (REVIEWER, "Only\nhere")
    );
    let rows = registry
        .history(&chancery::registry::HistoryQuery {
            kind: Some(chancery::registry::ActKind::Reviews),
            limit: 9,
            ..Default::default()
        })
        .unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(row.by, "Ada Admin", "who took it over");
        assert!(
            row.note.contains("; decided by Rita Reviewer on "),
            "{}",
            row.note
        );
        assert!(
            row.note.ends_with(", taken from a file of sign-offs"),
            "{}",
            row.note
        );
    }
    assert!(registry.check().unwrap().is_sound());
}

#[test]
fn the_same_file_changes_nothing_the_second_time_and_looking_changes_nothing_at_all() {
    let mut machine = Machine::new();
    machine.approve("billing");
    machine.accept("payroll");
    let rows = |machine: &Machine| machine.registry().verify_chain().unwrap().rows;
    let before = rows(&machine);
    for looking in [
        &["apply", "--dry-run", "reviewed.json"][..],
        &["show", "reviewed.json"],
    ] {
        let output = machine.run(looking);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(text(&output.stdout).contains("2 to be kept, 0 there already, 0 not taken"));
        assert_eq!(rows(&machine), before);
    }
    assert_eq!(machine.json(&["apply", "reviewed.json"])["kept"], 2);
    assert_eq!(rows(&machine), before + 2);
    let again = machine.json(&["apply", "reviewed.json"]);
    assert_eq!(
        (&again["kept"], &again["same"]),
        (&0.into(), &2.into()),
        "{again}"
    );
    assert_eq!(rows(&machine), before + 2);
}

#[test]
fn what_no_longer_fits_is_named_with_why_and_the_rest_is_kept() {
    let mut machine = Machine::new();
    machine.approve("billing");
    machine.accept("billing");
    machine.approve("payroll");
    machine.approve("portal");
    machine.change("billing", |draft| {
        draft.redirect_uris = vec!["https://billing.example.com/callback".to_owned()];
    });
    // What is for people only is no reason to look again.
    machine.change("portal", |draft| draft.notes = "Called".to_owned());
    let registry = machine.registry();
    let payroll = registry.client(&id("payroll")).unwrap().unwrap();
    registry
        .delete_client(
            &id("payroll"),
            payroll.version,
            &Act::new("Ada Admin", Timestamp::now()),
        )
        .unwrap();
    drop(registry);
    let told = machine.json(&["apply", "reviewed.json", "--dry-run"]);
    let came: Vec<(&str, &str, Option<&str>)> = told["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let of = |name: &str| one[name].as_str();
            (of("client_id").unwrap(), of("came").unwrap(), of("why"))
        })
        .collect();
    assert_eq!(
        came,
        [
            (
                "billing",
                "not-taken",
                Some("the client has no such finding any more")
            ),
            (
                "billing",
                "not-taken",
                Some("the client was changed since: redirect_uris")
            ),
            ("payroll", "not-taken", Some("the client is gone")),
            ("portal", "kept", None),
        ]
    );
    let output = machine.run(&["apply", "reviewed.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("3 decisions were not taken"),
        "{output:?}"
    );
    let registry = machine.registry();
    assert!(registry.approval(&id("portal")).unwrap().is_some());
    assert!(registry.approval(&id("billing")).unwrap().is_none());
    assert!(registry.acceptances(&id("billing")).unwrap().is_empty());
}

#[test]
fn a_newer_decision_in_the_registry_stays() {
    let mut machine = Machine::new();
    machine.approve("billing");
    let act = Act::new(
        "Ada Admin",
        Timestamp::now()
            .saturating_add(SignedDuration::from_secs(60))
            .unwrap(),
    );
    machine
        .registry()
        .approve_client(&id("billing"), 1, &act)
        .unwrap();
    let told = machine.json(&["apply", "reviewed.json"]);
    let why = told["decisions"][0]["why"].as_str().unwrap();
    assert!(
        why.starts_with("a newer decision stands in the registry, by Ada Admin on "),
        "{why}"
    );
    let approval = machine.registry().approval(&id("billing")).unwrap().unwrap();
    assert_eq!(approval.by, "Ada Admin");
}

#[test]
fn a_file_that_cannot_be_used_is_refused_as_a_whole() {
    let mut machine = Machine::new();
    machine.approve("billing");
    let refused = |machine: &Machine, file: &str, contents: &str, why: &str| {
        std::fs::write(machine.path(file), contents).unwrap();
        let output = machine.run(&["apply", file]);
        assert_eq!(output.status.code(), Some(1));
        let told = text(&output.stderr);
        assert!(
            told.contains(why) && told.contains("Nothing was changed. "),
            "{told}"
        );
    };
    let other = SignOffs::of("another").to_json().to_string();
    refused(
        &machine,
        "other.json",
        &other,
        "the sign-offs are of another registry",
    );
    refused(&machine, "broken.json", "{\"version\": 1,", "line 1");
    let missing = machine.run(&["show", "none.json"]);
    assert!(text(&missing.stderr).contains("There is no file none.json"));
    let read_only = machine.run(&["apply", "reviewed.json", "--read-only"]);
    assert_eq!(read_only.status.code(), Some(1));
    assert!(machine.registry().approval(&id("billing")).unwrap().is_none());
}
