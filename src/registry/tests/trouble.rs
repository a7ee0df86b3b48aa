//! Trouble with the file while it is in use, and how it is told.

use std::fs;

use super::*;
use crate::client::Status;

fn open(path: &Path) -> Result<Registry, RegistryError> {
    Registry::open(path, at(0))
}

#[test]
fn a_lock_that_another_program_keeps_is_a_sentence() {
    let here = new_registry();
    here.connection
        .busy_timeout(std::time::Duration::from_millis(20))
        .unwrap();
    let other = Connection::open(here.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = here
        .create_client(new_client("one", draft(ClientKind::Service, "One")), &act(1))
        .unwrap_err();
    assert!(matches!(refused, RegistryError::Busy(_)), "{refused:?}");
    other.execute_batch("ROLLBACK").unwrap();
    here.add("one", ClientKind::Service, "One");
}

#[test]
fn a_full_disk_is_a_sentence_and_loses_nothing() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let pages: i64 = here
        .connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    let _limit: i64 = here
        .connection
        .query_row(&format!("PRAGMA max_page_count = {}", pages + 2), [], |row| {
            row.get(0)
        })
        .unwrap();
    let mut refused = None;
    for number in 0..200 {
        let new = new_client(
            &format!("client-{number}"),
            draft(ClientKind::Web, &format!("Name {number}")),
        );
        match here.create_client(new, &act(2)) {
            Ok(_) => {}
            Err(error) => {
                refused = Some((number, error));
                break;
            }
        }
    }
    let (number, error) = refused.unwrap();
    assert!(matches!(error, RegistryError::Full(_)), "{error:?}");
    let reopened = open(here.path()).unwrap();
    assert_eq!(
        reopened.count_clients(&ListQuery::default()).unwrap(),
        Count::Exact(number + 1)
    );
    assert!(reopened.check().unwrap().is_sound());
}

#[cfg(unix)]
#[test]
fn a_file_that_is_deleted_or_replaced_while_open_gets_no_further_writes() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let other = new_registry();
    fs::rename(other.path(), here.path()).unwrap();
    let write = here
        .create_client(new_client("two", draft(ClientKind::Service, "Two")), &act(2))
        .unwrap_err();
    assert!(matches!(write, RegistryError::Gone(_)), "{write:?}");
    assert!(matches!(here.data_version(), Err(RegistryError::Gone(_))));
    fs::remove_file(here.path()).unwrap();
    let write = here
        .set_status(&id("one"), 1, Status::Disabled, &act(3))
        .unwrap_err();
    assert!(matches!(write, RegistryError::Gone(_)), "{write:?}");
}

#[test]
fn a_damaged_file_is_a_sentence() {
    let here = new_registry();
    for number in 0..50 {
        here.add(
            &format!("client-{number}"),
            ClientKind::Web,
            &format!("Client {number}"),
        );
    }
    let path = here.path().to_owned();
    let _folder = here.folder;
    drop(here.registry);
    let mut content = fs::read(&path).unwrap();
    for byte in content.iter_mut().skip(4096 * 2) {
        *byte ^= 0x55;
    }
    fs::write(&path, content).unwrap();
    let trouble = open(&path)
        .and_then(|registry| registry.check())
        .map(|report| report.is_sound());
    match trouble {
        Err(RegistryError::Damaged { .. }) | Ok(false) => {}
        other => panic!("{other:?}"),
    }
}

#[cfg(unix)]
#[test]
fn a_folder_or_file_that_cannot_be_written_is_a_sentence_and_can_be_read_only() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let path = here.path().to_owned();
    let folder = here.folder;
    drop(here.registry);
    allow(folder.path(), 0o500);
    let permissions_mean_nothing = fs::write(folder.path().join("probe"), "").is_ok();
    if permissions_mean_nothing {
        // The superuser may write anywhere, so somebody else must try.
        return again_as_nobody(
            "registry::tests::trouble::a_folder_or_file_that_cannot_be_written_is_a_sentence_and_can_be_read_only",
        );
    }
    let new = Registry::open(&folder.path().join("new"), at(0)).unwrap_err();
    assert!(matches!(new, RegistryError::ReadOnlyFolder(_)), "{new:?}");
    let existing = Registry::open(&path, at(0)).unwrap_err();
    assert!(
        matches!(existing, RegistryError::ReadOnlyFolder(_)),
        "{existing:?}"
    );
    Registry::open_read_only(&path).unwrap();
    allow(folder.path(), 0o700);
    allow(&path, 0o400);
    let file = Registry::open(&path, at(0)).unwrap_err();
    assert!(matches!(file, RegistryError::ReadOnlyFile(_)), "{file:?}");
    Registry::open_read_only(&path).unwrap();
    allow(&path, 0o000);
    let file = Registry::open(&path, at(0)).unwrap_err();
    assert!(matches!(file, RegistryError::NoAccess(_)), "{file:?}");
    let file = Registry::open_read_only(&path).unwrap_err();
    assert!(matches!(file, RegistryError::NoAccess(_)), "{file:?}");
}

#[cfg(unix)]
fn allow(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs one test of this program as the user who owns nothing.
#[cfg(unix)]
fn again_as_nobody(test: &str) {
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    const MARK: &str = "CHANCERY_TEST_AS_NOBODY";
    assert!(std::env::var_os(MARK).is_none(), "nobody may write anywhere too");
    // The program may lie where nobody may not go, and so may the folder for what is temporary.
    let folder = tempfile::tempdir().unwrap();
    let (program, temporary) = (folder.path().join("tests"), folder.path().join("temporary"));
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::create_dir(&temporary).unwrap();
    allow(folder.path(), 0o755);
    allow(&program, 0o755);
    allow(&temporary, 0o777);
    let output = std::process::Command::new(&program)
        .args(["--exact", test])
        .env(MARK, "1")
        .env("TMPDIR", &temporary)
        .current_dir(&temporary)
        .gid(NOBODY)
        .uid(NOBODY)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
fn every_error_says_what_happened_and_what_to_do() {
    let path = || PathBuf::from("/data/registry.chancery");
    for error in [
        RegistryError::NotARegistry(path()),
        RegistryError::Empty(path()),
        RegistryError::Busy(path()),
        RegistryError::Full(path()),
        RegistryError::Gone(path()),
        RegistryError::KeyFileMissing(path()),
        RegistryError::ReadOnlyFolder(path()),
        RegistryError::TooManySecrets,
        RegistryError::NotFound {
            what: "client",
            name: "x".to_owned(),
        },
    ] {
        let (happened, advice) = (error.to_string(), error.advice());
        assert!(happened.len() > 10 && !happened.ends_with('.'), "{happened}");
        assert!(advice.len() > 10 && !advice.ends_with('.'), "{advice}");
    }
}
