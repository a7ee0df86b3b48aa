//! A file that was emptied, cut off or deleted is told, never taken for a new one, and what is left stays.

use std::fs;

use super::*;

/// A registry with some clients, closed or left as a killed process leaves it: the last changes in the log alone.
fn left(killed: bool) -> (TempDir, PathBuf) {
    let here = new_registry();
    for number in 0..60 {
        here.add(
            &format!("client-{number}"),
            ClientKind::Web,
            &format!("Client {number}"),
        );
        if number == 30 {
            here.connection
                .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
                .unwrap();
        }
    }
    let path = here.path().to_owned();
    let elsewhere = tempfile::tempdir().unwrap();
    if !killed {
        let Here { registry, folder } = here;
        drop(registry);
        return (folder, path);
    }
    for file in place::companions(&path) {
        fs::copy(&file, elsewhere.path().join(file.file_name().unwrap())).unwrap();
    }
    let path = elsewhere.path().join("registry.chancery");
    (elsewhere, path)
}

fn cut(path: &Path, length: u64) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

/// The length and content of every file but the shared index, which SQLite makes anew as it likes.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().ends_with("-shm"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

type Open = fn(&Path) -> Result<Registry, RegistryError>;
const EVERY_WAY: [Open; 3] = [
    |path| Registry::open(path, at(9)),
    |path| Registry::open_existing(path, at(9)),
    Registry::open_read_only,
];

#[test]
fn an_emptied_or_missing_file_is_refused_and_nothing_beside_it_is_touched() {
    for killed in [false, true] {
        for missing in [false, true] {
            let (folder, path) = left(killed);
            if missing {
                fs::remove_file(&path).unwrap();
            } else {
                cut(&path, 0);
            }
            let before = content(folder.path());
            for open in EVERY_WAY {
                let refused = open(&path).unwrap_err();
                assert!(matches!(refused, RegistryError::Lost(_)), "{refused:?}");
                let (happened, advice) = (refused.to_string(), refused.advice());
                assert!(happened.contains("registry.chancery.key"), "{happened}");
                assert_eq!(happened.contains("-wal"), killed, "{happened}");
                assert!(advice.contains("chancery backup"), "{advice}");
            }
            assert!(content(folder.path()) == before);
        }
    }
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_told_so_and_its_log_stays() {
    for killed in [false, true] {
        let (_whole, original) = left(killed);
        let length = fs::metadata(&original).unwrap().len();
        for left_over in [
            1,
            100,
            512,
            4_096,
            4_097,
            8_192,
            length / 4,
            length / 2,
            length - 4_096,
            length - 1,
        ] {
            let folder = tempfile::tempdir().unwrap();
            for file in place::companions(&original).iter().filter(|file| file.exists()) {
                fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
            }
            let path = folder.path().join("registry.chancery");
            cut(&path, left_over);
            let before = content(folder.path());
            for (way, open) in EVERY_WAY.into_iter().enumerate() {
                let case = format!("{left_over} of {length} bytes, way {way}, killed: {killed}");
                let told = match open(&path) {
                    Err(told) => told,
                    // The log may have held all that was cut off. Then the file is whole.
                    Ok(registry) => {
                        let report = registry.check().unwrap();
                        assert!(killed && report.is_sound(), "{case}: {report:?}");
                        break;
                    }
                };
                assert!(matches!(told, RegistryError::Lost(_)), "{case}: {told:?}");
                assert!(told.to_string().contains("cut off"), "{case}: {told}");
                assert!(content(folder.path()) == before, "{case}: a file was changed");
            }
        }
    }
}

#[test]
fn a_file_that_is_emptied_while_it_is_open_is_told_by_everybody_and_the_log_stays() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    cut(here.path(), 0);
    let log = fs::read(place::beside(here.path(), "-wal")).unwrap();
    for told in [
        here.data_version().unwrap_err(),
        here.create_client(new_client("two", draft(ClientKind::Service, "Two")), &act(2))
            .unwrap_err(),
        Registry::open(here.path(), at(3)).unwrap_err(),
        Registry::open_read_only(here.path()).unwrap_err(),
    ] {
        assert!(matches!(told, RegistryError::Lost(_)), "{told:?}");
    }
    let Here { registry, folder } = here;
    drop(registry);
    let log_after = fs::read(folder.path().join("registry.chancery-wal")).unwrap();
    assert_eq!(log, log_after);
}

#[test]
fn a_copy_from_before_an_update_is_named() {
    let (folder, path) = left(false);
    fs::write(
        folder
            .path()
            .join("registry.chancery.v1-20261001T000000000000Z.backup"),
        "",
    )
    .unwrap();
    cut(&path, 0);
    let advice = Registry::open(&path, at(9)).unwrap_err().advice();
    assert!(
        advice.contains("registry.chancery.v1-20261001T000000000000Z.backup"),
        "{advice}"
    );
}

#[test]
fn only_who_may_make_a_registry_makes_one_of_an_empty_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.chancery");
    fs::write(&path, "").unwrap();
    for refused in [
        Registry::open_existing(&path, at(0)).unwrap_err(),
        Registry::open_read_only(&path).unwrap_err(),
    ] {
        assert!(matches!(refused, RegistryError::Empty(_)), "{refused:?}");
    }
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    Registry::open(&path, at(0)).unwrap();
    Registry::open_existing(&path, at(0)).unwrap();
}
