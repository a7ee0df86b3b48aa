//! The registry file: looked after, missing, damaged, open to others, full.

use crate::machine::{Machine, service, stderr, text};

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
        .env("HOME", machine.path("."))
        .current_dir(machine.path("."));
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
