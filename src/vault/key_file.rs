//! The key file on the disk: 32 bytes, for its owner alone.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{KEY_LEN, VaultError};

/// Where the key file of a registry stands: beside it, `<registry file name>.key`.
pub fn key_path(registry: &Path) -> PathBuf {
    let mut name = registry.file_name().unwrap_or_default().to_owned();
    name.push(".key");
    registry.with_file_name(name)
}

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
    // The crate makes its files for their owner alone.
    let mut file = tempfile::Builder::new()
        .prefix(".chancery-key-")
        .tempfile_in(folder)
        .map_err(trouble)?;
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
    use std::fs;

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
