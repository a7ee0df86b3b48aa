//! The file: new ones, what is none, copies, older formats, other processes.

use std::fs;
use std::path::Path;

use super::*;

fn open(path: &Path) -> Result<Registry, RegistryError> {
    Registry::open(path, at(0))
}

#[test]
fn a_new_registry_leaves_two_files_when_it_is_closed() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let folder = here.folder;
    drop(here.registry);
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["registry.chancery", "registry.chancery.key"]);
}

#[cfg(unix)]
#[test]
fn every_file_is_for_its_owner_alone_whatever_the_umask_and_tightened_when_it_was_not() {
    use std::os::unix::fs::PermissionsExt;
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for file in place::companions(here.path()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    let backup = here.folder.path().join("backup");
    here.backup_to(&backup).unwrap();
    assert_eq!(
        (mode(&backup), mode(&crate::vault::key_path(&backup))),
        (0o600, 0o600)
    );

    for file in place::companions(here.path()) {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let report = here.check().unwrap();
    let open_to_others: Vec<_> = report
        .lines
        .iter()
        .filter(|line| !line.ok)
        .map(|line| line.name)
        .collect();
    assert_eq!(
        open_to_others,
        ["file", "write-ahead log", "shared index", "key file"]
    );
    assert!(report.lines.iter().all(|line| line.ok != line.advice.is_some()));
    let _tightens = open(here.path()).unwrap();
    for file in place::companions(here.path()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert!(here.check().unwrap().is_sound());
}

#[test]
fn what_is_not_a_registry_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let other_program = folder.path().join("other.sqlite");
    let db = Connection::open(&other_program).unwrap();
    db.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        .unwrap();
    drop(db);
    let text = folder.path().join("text");
    fs::write(&text, "just a text").unwrap();
    let long = folder.path().join("long");
    fs::write(&long, vec![b'x'; 100_000]).unwrap();
    for path in [other_program, text, long] {
        let before = fs::read(&path).unwrap();
        for refused in [
            open(&path).unwrap_err(),
            Registry::open_read_only(&path).unwrap_err(),
        ] {
            assert!(
                matches!(refused, RegistryError::NotARegistry(_)),
                "{}: {refused:?}",
                path.display()
            );
        }
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    assert!(matches!(open(folder.path()), Err(RegistryError::NotARegistry(_))));
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        3,
        "no key file was made for them"
    );
}

#[test]
fn a_newer_registry_is_refused_with_both_versions_named() {
    let here = new_registry();
    here.connection.pragma_update(None, "user_version", 99).unwrap();
    for refused in [
        open(here.path()).unwrap_err(),
        Registry::open_read_only(here.path()).unwrap_err(),
    ] {
        assert!(
            matches!(
                refused,
                RegistryError::Newer {
                    found: 99,
                    known,
                    ..
                } if known == migrate::latest(migrate::STEPS)
            ),
            "{refused:?}"
        );
        assert!(refused.to_string().contains("99"));
    }
}

#[test]
fn a_missing_folder_or_file_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no/such/folder/file");
    assert!(matches!(open(&nowhere), Err(RegistryError::NoFolder(_))));
    let absent = folder.path().join("absent");
    assert!(matches!(
        Registry::open_read_only(&absent),
        Err(RegistryError::NoFile(_))
    ));
    assert!(!absent.exists());
}

#[test]
fn a_missing_key_file_is_a_sentence_and_never_silently_a_new_key() {
    let here = new_registry();
    let key = crate::vault::key_path(here.path());
    let away = here.folder.path().join("away");
    fs::rename(&key, &away).unwrap();
    for refused in [
        open(here.path()).unwrap_err(),
        Registry::open_read_only(here.path()).unwrap_err(),
    ] {
        assert!(matches!(refused, RegistryError::KeyFileMissing(_)), "{refused:?}");
    }
    assert!(!key.exists());
    let other = new_registry();
    fs::copy(crate::vault::key_path(other.path()), &key).unwrap();
    for refused in [
        open(here.path()).unwrap_err(),
        Registry::open_read_only(here.path()).unwrap_err(),
    ] {
        assert!(matches!(refused, RegistryError::KeyFileForeign(_)), "{refused:?}");
    }
    fs::rename(&away, &key).unwrap();
    open(here.path()).unwrap();
}

#[test]
fn a_start_that_was_killed_at_any_step_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let begun = |name: &str| {
        let path = folder.path().join(name);
        let found = migrate::begin(&Connection::open(&path).unwrap(), &path).unwrap();
        assert_eq!(found, migrate::Found::Begun);
        path
    };
    // After the file was made; after it was marked; while the key was written, which it is under another name; after that.
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    open(&empty).unwrap();
    let half_a_key = folder.path().join(".chancery-key-aB3dE6");
    fs::write(&half_a_key, [7; 16]).unwrap();
    open(&begun("marked")).unwrap();
    assert!(!half_a_key.exists());
    let with_key = begun("with-key");
    Vault::create(&crate::vault::key_path(&with_key)).unwrap();
    let before = fs::read(crate::vault::key_path(&with_key)).unwrap();
    open(&with_key).unwrap();
    assert_eq!(fs::read(crate::vault::key_path(&with_key)).unwrap(), before);
    // After the schema was written, before the write-ahead log was turned on.
    let db = Connection::open(&with_key).unwrap();
    let mode: String = db
        .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
    drop(db);
    assert!(open(&with_key).unwrap().check().unwrap().is_sound());
}

#[test]
fn many_who_make_the_same_registry_at_once_all_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared");
    let start = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (path, start) = (&path, &start);
            scope.spawn(move || {
                start.wait();
                let registry = open(path).unwrap();
                let draft = draft(ClientKind::Service, "Shared");
                registry
                    .create_client(new_client(&format!("client-{number}"), draft), &act(1))
                    .unwrap();
            });
        }
    });
    let registry = open(&path).unwrap();
    assert_eq!(
        registry.count_clients(&ListQuery::default()).unwrap(),
        Count::Exact(8)
    );
    assert!(registry.check().unwrap().is_sound());
}

#[test]
fn another_connection_sees_a_change_and_the_data_version_tells_of_it() {
    let here = new_registry();
    let other = here.another().unwrap();
    let (ours, theirs) = (here.data_version().unwrap(), other.data_version().unwrap());
    here.add("one", ClientKind::Service, "One");
    assert_ne!(here.data_version().unwrap(), ours);
    assert_ne!(other.data_version().unwrap(), theirs);
    let theirs = other.data_version().unwrap();
    assert_eq!(other.data_version().unwrap(), theirs);
    assert!(other.client(&id("one")).unwrap().is_some());
}

#[test]
fn reading_only_writes_nothing_and_sees_what_the_log_holds() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let listing = || {
        let mut files: Vec<_> = fs::read_dir(here.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (fs::read(&path).unwrap(), path))
            .collect();
        files.sort();
        files
    };
    let before = listing();
    let reader = Registry::open_read_only(here.path()).unwrap();
    assert!(reader.is_read_only());
    let also = reader.another().unwrap();
    for registry in [&reader, &also] {
        assert!(registry.client(&id("one")).unwrap().is_some());
        assert_eq!(registry.verify_chain().unwrap().broken_at, None);
        assert!(registry.check().unwrap().is_sound());
        assert!(matches!(
            registry.revoke_secrets(&id("one"), &act(2)),
            Err(RegistryError::OpenReadOnly)
        ));
    }
    drop((reader, also));
    assert_eq!(listing(), before);
}

#[test]
fn reading_only_a_closed_registry_leaves_no_files_beside_it() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let path = here.path().to_owned();
    let folder = here.folder;
    drop(here.registry);
    let odd = folder.path().join("odd name?#%.chancery");
    fs::rename(crate::vault::key_path(&path), crate::vault::key_path(&odd)).unwrap();
    fs::rename(&path, &odd).unwrap();
    let reader = Registry::open_read_only(&odd).unwrap();
    assert!(reader.client(&id("one")).unwrap().is_some());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_backup_opens_by_itself_and_overwrites_nothing() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let path = here.folder.path().join("backup.chancery");
    here.backup_to(&path).unwrap();
    here.add("two", ClientKind::Service, "Two");
    assert!(matches!(
        here.backup_to(&path),
        Err(RegistryError::BackupExists(_))
    ));
    assert!(matches!(
        here.backup_to(here.path()),
        Err(RegistryError::BackupExists(_))
    ));
    for backup in [Registry::open_read_only(&path).unwrap(), open(&path).unwrap()] {
        assert_eq!(
            backup.count_clients(&ListQuery::default()).unwrap(),
            Count::Exact(1)
        );
        assert!(backup.check().unwrap().is_sound());
    }
    let nowhere = here.folder.path().join("none/backup");
    assert!(matches!(
        here.backup_to(&nowhere),
        Err(RegistryError::NoFolder(_))
    ));
}

#[test]
fn a_migration_is_one_transaction_after_a_backup_beside_the_file() {
    use migrate::{Before, to_latest};
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let today = migrate::latest(migrate::STEPS);
    let and_then = |last| [migrate::STEPS, &["CREATE TABLE later (x INTEGER) STRICT", last]].concat();
    let steps = and_then("INSERT INTO later VALUES (1)");
    let broken = and_then("INSERT INTO nowhere VALUES (1)");
    let version = |db: &Connection| {
        db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let backups = || {
        let files = fs::read_dir(here.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|extension| extension == "backup"))
            .collect::<Vec<_>>()
    };
    to_latest(
        &here.connection,
        here.path(),
        &broken,
        Before::BackUp,
        at(1),
        |_| Ok(()),
    )
    .unwrap_err();
    assert_eq!(version(&here.connection), today);
    assert!(
        !here.connection.table_exists(None, "later").unwrap(),
        "nothing of it stays"
    );
    assert_eq!(backups().len(), 1);

    to_latest(
        &here.connection,
        here.path(),
        &steps,
        Before::BackUp,
        at(2),
        |_| Ok(()),
    )
    .unwrap();
    assert_eq!(version(&here.connection), today + 2);
    assert!(here.client(&id("one")).unwrap().is_some());
    let backup = backups().into_iter().max().unwrap();
    fs::copy(
        crate::vault::key_path(here.path()),
        crate::vault::key_path(&backup),
    )
    .unwrap();
    let old = Registry::open_read_only(&backup).unwrap();
    assert!(old.client(&id("one")).unwrap().is_some());
    to_latest(
        &here.connection,
        here.path(),
        &steps,
        Before::BackUp,
        at(3),
        |_| Ok(()),
    )
    .unwrap();
    assert_eq!(backups().len(), 2, "the latest version needs no further backup");
}
