//! The key file on the disk: 32 bytes, for its owner alone.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{KEY_LEN, VaultError};

/// Where the key file of a registry stands: beside it, `<registry file name>.key`.
pub fn key_path(registry: &Path) -> PathBuf {
    let mut name = registry.file_name().unwrap_or_default().to_owned();
    name.push(".key");
    registry.with_file_name(name)
}

/// How the names of key files begin that are not finished yet; so many random characters follow.
const UNFINISHED: &str = ".chancery-key-";
const RANDOM_CHARACTERS: usize = 6;

/// Writes a key file whole or not at all: under another name first, then to the disk, then to its name unless a
/// file has it already.
pub(super) fn write_new(path: &Path, key: &[u8; KEY_LEN]) -> Result<(), VaultError> {
    let trouble = |cause| VaultError::Io {
        path: path.to_owned(),
        cause,
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = unfinished(folder).map_err(trouble)?;
    file.write_all(key)
        .and_then(|()| file.as_file().sync_all())
        .map_err(trouble)?;
    file.persist_noclobber(path)
        .map_err(|refused| match refused.error.kind() {
            io::ErrorKind::AlreadyExists => VaultError::Exists(path.to_owned()),
            _ => trouble(refused.error),
        })?;
    sync_folder(folder).map_err(trouble)
}

/// A file for a key in the making, locked as long as this process works on it.
fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        // The crate makes its files for their owner alone.
        let file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .rand_bytes(RANDOM_CHARACTERS)
            .tempfile_in(folder)?;
        // Where a file system knows no locks, nobody clears anything away either.
        let _locked = file.as_file().lock();
        // Somebody who clears up may have come between making and locking.
        if file.path().symlink_metadata().is_ok() {
            return Ok(file);
        }
    }
}

/// Takes away what a process that was killed while it made a key file has left in a folder: a key that nothing was sealed
/// with. What another process is working on at this moment is locked and stays, and so does whatever is not certainly
/// such a file. Where that is not possible, the next open tries again.
pub(super) fn clear_left_overs(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_named_so = name
            .to_str()
            .and_then(|name| name.strip_prefix(UNFINISHED))
            .is_some_and(|random| random.len() == RANDOM_CHARACTERS);
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_named_so || !is_file() {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else {
            continue;
        };
        let is_key = file.metadata().is_ok_and(|meta| meta.len() <= KEY_LEN as u64);
        if is_key && file.try_lock().is_ok() {
            // Unlinked, not overwritten: it may be another name of the key file that the process had just finished.
            let _tried_again_next_time = fs::remove_file(entry.path());
        }
    }
}

/// Reads a key file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<[u8; KEY_LEN]>, VaultError> {
    let mut file = File::open(path).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound => VaultError::Missing(path.to_owned()),
        _ => VaultError::Io {
            path: path.to_owned(),
            cause,
        },
    })?;
    let mut key = Zeroizing::new([0; KEY_LEN]);
    let whole = file.read_exact(key.as_mut()).is_ok()
        && file.metadata().is_ok_and(|meta| meta.len() == KEY_LEN as u64);
    if whole {
        Ok(key)
    } else {
        Err(VaultError::NotAKeyFile(path.to_owned()))
    }
}

/// Makes a new name in a folder durable. Only Unix can say that of a folder.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Vault;
    use super::*;

    #[test]
    fn a_key_file_stands_beside_its_registry() {
        assert_eq!(
            key_path(Path::new("/data/registry.chancery")),
            Path::new("/data/registry.chancery.key")
        );
        assert_eq!(key_path(Path::new("other")), Path::new("other.key"));
    }

    #[test]
    fn an_existing_key_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        Vault::create(&path).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(Vault::create(&path), Err(VaultError::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing else is left in the folder"
        );
    }

    #[test]
    fn a_missing_or_damaged_key_file_is_a_sentence_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        assert!(matches!(Vault::open(&path), Err(VaultError::Missing(_))));
        assert!(!path.exists());
        for length in [0, 31, 33, 4096] {
            fs::write(&path, vec![7; length]).unwrap();
            assert!(
                matches!(Vault::open(&path), Err(VaultError::NotAKeyFile(_))),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn what_a_killed_process_left_is_cleared_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, length: usize| {
            let path = folder.path().join(name);
            fs::write(&path, vec![7; length]).unwrap();
            path
        };
        let left = [
            make(".chancery-key-aB3dE6", KEY_LEN),
            make(".chancery-key-empty1", 0),
        ];
        let others = [
            make(".chancery-key-long12", KEY_LEN + 1),
            make(".chancery-key-", KEY_LEN),
            make(".chancery-key-another", KEY_LEN),
            make("registry.key", KEY_LEN),
        ];
        fs::create_dir(folder.path().join(".chancery-key-folder")).unwrap();
        let in_the_making = unfinished(folder.path()).unwrap();
        clear_left_overs(folder.path());
        assert!(left.iter().all(|path| !path.exists()));
        assert!(others.iter().all(|path| path.exists()));
        assert!(folder.path().join(".chancery-key-folder").exists());
        assert!(in_the_making.path().exists(), "another process is working on it");
        clear_left_overs(&folder.path().join("nowhere"));
    }

    #[test]
    fn clearing_up_beside_those_who_make_keys_disturbs_none() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let makers: Vec<_> = (0..4)
                .map(|maker| {
                    let folder = folder.path();
                    scope.spawn(move || {
                        for number in 0..25 {
                            Vault::create(&folder.join(format!("{maker}-{number}.key"))).unwrap();
                        }
                    })
                })
                .collect();
            while !makers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                clear_left_overs(folder.path());
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 100);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_key_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        Vault::create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
