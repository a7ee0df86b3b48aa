//! `chancery client …`, `check`, `backup`: the program itself, as a script runs it.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A machine of its own: no home but a folder that goes with it.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chancery"));
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("USER", "tester")
            .current_dir(self.0.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command()
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn run_with(&self, arguments: &[&str], input: &[u8]) -> Output {
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
    fn done(&self, arguments: &[&str]) -> String {
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
    fn refused(&self, arguments: &[&str]) -> String {
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
    fn create(&self, metadata: &Value) -> Value {
        let output = self.run_with(
            &["client", "create", "--file", "-"],
            metadata.to_string().as_bytes(),
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.done(arguments)).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Whether a text stands in any file of this machine.
    fn keeps(&self, text: &str) -> bool {
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

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn service(name: &str) -> Value {
    json!({"client_name": name, "grant_types": ["client_credentials"], "scope": "read", "contacts": ["a@example.com"]})
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

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

#[test]
fn a_client_is_rotated_revoked_switched_and_deleted() {
    let machine = Machine::new();
    let created = machine.create(&service("Alpha"));
    let client_id = text(&created["client_id"]);
    let rotated = machine.json(&[
        "client",
        "rotate-secret",
        client_id,
        "--overlap",
        "0",
        "--label",
        "second",
    ]);
    assert_ne!(rotated["client_secret"], created["client_secret"]);
    assert!(!machine.keeps(text(&rotated["client_secret"])));
    let secrets = machine.json(&["client", "show", client_id, "--json"])["secrets"].clone();
    assert_eq!(secrets.as_array().unwrap().len(), 2);
    assert!(secrets[0]["expires_at"].is_string() && secrets[1]["expires_at"].is_null());

    assert!(
        machine
            .done(&["client", "revoke-secrets", client_id])
            .contains("no live secret")
    );
    assert!(
        machine
            .done(&["client", "disable", client_id])
            .contains("switched off")
    );
    assert!(machine.done(&["client", "list"]).contains("Disabled"));
    assert!(
        machine
            .done(&["client", "enable", client_id])
            .contains("switched on")
    );
    assert!(machine.done(&["client", "delete", client_id]).contains("Alpha"));
    for command in [
        "show",
        "disable",
        "enable",
        "rotate-secret",
        "revoke-secrets",
        "delete",
    ] {
        assert!(
            machine
                .refused(&["client", command, client_id])
                .contains(client_id)
        );
    }
    assert!(machine.done(&["check"]).contains("6 rows"));
}

#[test]
fn where_json_is_printed_anyway_it_may_be_asked_for() {
    let machine = Machine::new();
    let metadata = service("Alpha").to_string();
    std::fs::write(machine.path("client.json"), &metadata).unwrap();
    let file = ["--file", "client.json", "--json"];
    let created = machine.json(&[["client", "create"].as_slice(), &file].concat());
    let client_id = text(&created["client_id"]);
    let updated = machine.json(&[["client", "update", client_id].as_slice(), &file].concat());
    assert_eq!(updated["client_name"], "Alpha");
    let rotated = machine.json(&["client", "rotate-secret", client_id, "--json"]);
    assert!(rotated["client_secret"].is_string());
}

#[test]
fn a_rotation_tells_until_when_the_old_secrets_count() {
    let machine = Machine::new();
    let client_id = text(&machine.create(&service("Alpha"))["client_id"]).to_owned();
    for (overlap, seconds, said) in [
        ("2h", 7200, "The old secrets count until 20"),
        ("0", 0, "The old secrets have ended"),
    ] {
        let before = jiff::Timestamp::now().as_second();
        let output = machine.run(&["client", "rotate-secret", &client_id, "--overlap", overlap]);
        let response: Value = serde_json::from_slice(&output.stdout).unwrap();
        let end = response["previous_client_secrets_expire_at"].as_i64().unwrap();
        assert!(
            (before + seconds..before + seconds + 60).contains(&end),
            "{overlap}: {end}"
        );
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    machine.done(&["client", "revoke-secrets", &client_id]);
    let output = machine.run(&["client", "rotate-secret", &client_id]);
    let response: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(response.get("previous_client_secrets_expire_at").is_none());
    assert!(stderr(&output).contains("no old secret"));
}

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
fn the_history_names_who_did_it() {
    let machine = Machine::new();
    machine.create(&service("Alpha"));
    let client_id = machine.json(&["client", "list", "--json"])[0]["client_id"].clone();
    machine.done(&["--as", "Ben Builder", "client", "disable", text(&client_id)]);
    let registry = chancery::registry::Registry::open_read_only(
        &machine.path(".local/share/chancery/registry.chancery"),
    );
    let rows = registry
        .unwrap()
        .history(&chancery::registry::HistoryQuery {
            limit: 9,
            ..Default::default()
        })
        .unwrap();
    let who: Vec<_> = rows.iter().map(|row| row.by.as_str()).collect();
    assert_eq!(who, ["Ben Builder", "tester"]);
}

#[test]
fn check_and_backup_tell_what_they_found_and_wrote() {
    let machine = Machine::new();
    machine.create(&service("Alpha"));
    assert!(
        machine
            .done(&["check"])
            .lines()
            .all(|line| line.starts_with("ok "))
    );
    assert_eq!(machine.json(&["check", "--json"])["sound"], true);
    assert_eq!(
        machine.done(&["backup", "copy.chancery"]),
        "copy.chancery\ncopy.chancery.key\n"
    );
    assert!(machine.refused(&["backup", "copy.chancery"]).contains("already"));
    let list = machine.done(&["--registry", "copy.chancery", "--read-only", "client", "list"]);
    assert!(list.contains("Alpha"));
    std::fs::remove_file(machine.path("copy.chancery.key")).unwrap();
    assert!(
        machine
            .refused(&["--registry", "copy.chancery", "check"])
            .contains("copy.chancery.key")
    );
}

#[test]
fn a_registry_that_is_none_or_not_there_is_a_sentence() {
    let machine = Machine::new();
    std::fs::write(machine.path("text"), "not a registry").unwrap();
    assert!(
        machine
            .refused(&["--registry", "text", "client", "list"])
            .contains("not a Chancery registry")
    );
    for command in [
        ["client", "list"].as_slice(),
        &["check"],
        &["backup", "copy"],
        &["client", "show", "x"],
    ] {
        assert!(
            machine.refused(command).contains("There is no registry"),
            "{command:?}"
        );
    }
    assert!(!machine.path(".local").exists());
    assert!(
        machine
            .refused(&["--registry", "no/such/folder/file", "client", "list"])
            .contains("no registry")
    );
}

#[test]
fn an_emptied_registry_is_told_by_every_command_and_taken_for_a_new_one_by_none() {
    let machine = Machine::new();
    let client_id = text(&machine.create(&service("Alpha"))["client_id"]).to_owned();
    let path = machine.path(".local/share/chancery/registry.chancery");
    std::fs::write(&path, "").unwrap();
    std::fs::write(machine.path("client.json"), service("Beta").to_string()).unwrap();
    for command in [
        ["check"].as_slice(),
        &["client", "list"],
        &["--read-only", "client", "list"],
        &["client", "show", &client_id],
        &["client", "create", "--file", "client.json"],
        &["backup", "copy"],
    ] {
        let said = machine.refused(command);
        assert!(
            said.contains("emptied") && said.contains("chancery backup"),
            "{command:?}: {said}"
        );
    }
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    // Without anything beside it, it may become a registry, but not by being read.
    std::fs::remove_file(machine.path(".local/share/chancery/registry.chancery.key")).unwrap();
    assert!(machine.refused(&["client", "list"]).contains("is empty"));
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    machine.done(&["client", "create", "--file", "client.json"]);
}

#[test]
fn check_says_what_it_finds_in_a_damaged_file_and_what_to_do() {
    let machine = Machine::new();
    for number in 0..40 {
        machine.create(&service(&format!("Client {number}")));
    }
    let original = machine.path(".local/share/chancery/registry.chancery");
    let key = machine.path(".local/share/chancery/registry.chancery.key");
    let whole = std::fs::read(&original).unwrap();
    std::fs::copy(key, machine.path("damaged.key")).unwrap();
    let check = |content: Vec<u8>| {
        std::fs::write(machine.path("damaged"), content).unwrap();
        let output = machine.run(&["--registry", "damaged", "check"]);
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output);
        assert!(said.contains("restore"), "{said}");
        assert!(
            !said.contains("chancery check") && !said.contains("vtable"),
            "{said}"
        );
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    // One page after the other.
    for page in 0..whole.len() / 4096 {
        let mut content = whole.clone();
        let head = if page == 0 { 100 } else { 0 };
        for byte in content.iter_mut().skip(page * 4096 + head).take(4096 - head) {
            *byte ^= 0x55;
        }
        let (found, _) = check(content);
        assert!(found.contains("BAD"), "page {page}: {found}");
    }
    let (found, said) = check(whole.iter().copied().take(whole.len() / 2).collect());
    assert!(found.contains("BAD integrity: "), "{found}");
    assert!(said.contains("cut off"), "{said}");
    check(b"SQLite format 3\0 and no more".to_vec());
}

#[cfg(unix)]
#[test]
fn files_that_others_could_read_are_told_by_any_command_and_by_check() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new();
    machine.create(&service("Alpha"));
    let key = machine.path(".local/share/chancery/registry.chancery.key");
    let open_it = || std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let is_tight = || std::fs::metadata(&key).unwrap().permissions().mode() & 0o777 == 0o600;
    open_it();
    let read_only = machine.run(&["--read-only", "client", "list"]);
    assert!(stderr(&read_only).contains("chmod 600") && !is_tight());
    let list = machine.run(&["client", "list"]);
    assert_eq!(list.status.code(), Some(0));
    let said = stderr(&list);
    assert!(
        said.contains("registry.chancery.key (644)") && said.contains("new registry"),
        "{said}"
    );
    assert!(is_tight());
    assert!(machine.run(&["client", "list"]).stderr.is_empty(), "told once");
    open_it();
    let check = machine.run(&["check"]);
    assert_eq!(check.status.code(), Some(1));
    let found = String::from_utf8_lossy(&check.stdout);
    assert!(found.contains("BAD key file: others had access to"), "{found}");
    assert!(stderr(&check).contains("new registry"));
    machine.done(&["check"]);
}

/// A disk in memory of some pages, seen by this test's commands only. It needs rights that not everybody has.
#[cfg(target_os = "linux")]
const ON_A_FULL_DISK: &str = r#"
    set -e
    mount -t tmpfs -o size=1m small "$PWD/disk"
    cp registry.chancery registry.chancery.key disk/
    dd if=/dev/zero of=disk/filler bs=4k count=10000 2>/dev/null || true
    free() { df --output=avail -k disk | tail -n 1; }
    for pages in 0 1 4 12; do
        truncate -s $(( $(stat -c %s disk/filler) - pages * 4096 )) disk/filler
        for command in "client create --file client.json" "client list" "check"; do
            echo "with $(free) KB free: $command" >&2
            if "$CHANCERY" --registry disk/registry.chancery $command >/dev/null; then echo "done" >&2; fi
        done
        "$CHANCERY" --read-only --registry disk/registry.chancery client list
        dd if=/dev/zero of=disk/more-$pages bs=4k count=10000 2>/dev/null || true
    done
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_can_still_be_read() {
    let machine = Machine::new();
    std::fs::write(machine.path("client.json"), service("Beta").to_string()).unwrap();
    std::fs::create_dir(machine.path("disk")).unwrap();
    machine.done(&[
        "--registry",
        "registry.chancery",
        "client",
        "create",
        "--file",
        "client.json",
    ]);
    let mut unshare = std::process::Command::new("unshare");
    unshare
        .args(["--mount", "--map-root-user", "sh", "-c", ON_A_FULL_DISK])
        .env("CHANCERY", env!("CARGO_BIN_EXE_chancery"))
        .env("HOME", machine.0.path())
        .current_dir(machine.0.path());
    let may_mount = std::process::Command::new("unshare")
        .args([
            "--mount",
            "--map-root-user",
            "mount",
            "-t",
            "tmpfs",
            "small",
            "/mnt",
        ])
        .output()
        .is_ok_and(|output| output.status.success());
    if !may_mount {
        return;
    }
    let output = unshare.output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).matches("Beta").count(), 4);
    let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(!errors.is_empty(), "{said}");
    for error in errors {
        assert!(error.contains("full"), "{said}");
    }
    assert!(said.contains("--read-only"), "{said}");
}

#[test]
fn reading_only_changes_nothing() {
    let machine = Machine::new();
    let client_id = text(&machine.create(&service("Alpha"))["client_id"]).to_owned();
    assert!(
        machine
            .refused(&["--read-only", "client", "delete", &client_id])
            .contains("read-only")
    );
    assert!(machine.done(&["--read-only", "client", "list"]).contains("Alpha"));
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

fn spawn(machine: &Machine, arguments: &[&str]) -> Child {
    let mut command = machine.command();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
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
