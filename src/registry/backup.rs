//! Backups: a copy of the registry in one file, and of its key file beside it, so that the copy opens by itself.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::{Fault, Outcome};
use super::{Registry, RegistryError, migrate, place};
use crate::vault::key_path;

impl Registry {
    /// Copies the registry to a new file, and its key file to `<file>.key`, both for their owner alone. Other
    /// processes may go on writing; the copy is of one moment, and is a registry that opens by itself.
    ///
    /// # Errors
    /// [`RegistryError::BackupExists`] where there is a file of either name: nothing is overwritten.
    pub fn backup_to(&self, path: &Path) -> Result<(), RegistryError> {
        let path = place::settle(path)?;
        let key = key_path(&path);
        for file in [&path, &key] {
            if file.symlink_metadata().is_ok() {
                return Err(RegistryError::BackupExists(file.clone()));
            }
        }
        self.write_backup(&path, &key).map_err(|fault| {
            for file in [&path, &key] {
                let _half_a_backup = fs::remove_file(file);
            }
            fault.about(&path)
        })
    }

    fn write_backup(&self, path: &Path, key: &Path) -> Outcome<()> {
        make(path)?;
        make(key)?;
        migrate::copy(&self.connection, path)?;
        let trouble = |error: io::Error| Fault::Told(place::disk(key, &error));
        let secret = Zeroizing::new(fs::read(key_path(&self.path)).map_err(trouble)?);
        let mut file = fs::OpenOptions::new().write(true).open(key).map_err(trouble)?;
        file.write_all(&secret)
            .and_then(|()| file.sync_all())
            .map_err(trouble)?;
        match (cfg!(unix), path.parent()) {
            (true, Some(folder)) => Ok(fs::File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(trouble)?),
            _ => Ok(()),
        }
    }
}

fn make(path: &Path) -> Outcome<()> {
    place::private_file(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => RegistryError::BackupExists(path.to_owned()).into(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            RegistryError::ReadOnlyFolder(path.to_owned()).into()
        }
        _ => Fault::Told(place::disk(path, &error)),
    })
}
