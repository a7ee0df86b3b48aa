//! Where a registry stands on the disk: its default place, its companions, their permissions and its identity.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Outcome;
use super::{RegistryError, loss};

/// The registry that is used when none is named: `chancery/registry.chancery` in the platform's data folder.
/// `None` where the platform knows no home folder.
pub fn default_path() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.data_dir().join("chancery").join("registry.chancery"))
}

/// The registry file and what SQLite keeps beside it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The absolute path without links, so that the key file and SQLite's companions stand beside one and the same
/// name whoever opens it. The folder must exist, except that of the default place, which is made.
pub(super) fn settle(path: &Path) -> Result<PathBuf, RegistryError> {
    let absolute = absolute(path)?;
    if let Some(folder) = absolute.parent()
        && !folder.exists()
        && default_path().is_some_and(|default| default == absolute)
    {
        make_private_folder(folder).map_err(|error| disk(&absolute, &error))?;
    }
    settle_existing(path)
}

fn absolute(path: &Path) -> Result<PathBuf, RegistryError> {
    std::path::absolute(path).map_err(|_| RegistryError::NoFolder(path.to_owned()))
}

/// As [`settle`], but makes nothing.
pub(super) fn settle_existing(path: &Path) -> Result<PathBuf, RegistryError> {
    let absolute = absolute(path)?;
    let (Some(folder), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(RegistryError::NotARegistry(absolute));
    };
    match fs::canonicalize(&absolute) {
        Ok(settled) if settled.is_dir() => Err(RegistryError::NotARegistry(settled)),
        Ok(settled) => Ok(settled),
        Err(_) => match fs::canonicalize(folder) {
            Ok(folder) if folder.is_dir() => Ok(folder.join(name)),
            _ => Err(RegistryError::NoFolder(absolute)),
        },
    }
}

/// Makes an empty file for its owner alone, unless there is a file.
pub(super) fn make_empty(path: &Path) -> Result<(), RegistryError> {
    match private_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(RegistryError::ReadOnlyFolder(path.to_owned()))
        }
        Err(error) => Err(disk(path, &error)),
    }
}

/// Makes a new empty file that only its owner may read or write, whatever the umask says.
pub(super) fn private_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(())
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A file of a registry that others than its owner had access to when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenToOthers {
    /// Which.
    pub file: PathBuf,
    /// Its permission bits then.
    pub mode: u32,
    /// Whether it is the key file.
    pub is_key: bool,
}

/// Those of a registry's files that others have access to.
pub(super) fn all_open_to_others(path: &Path) -> Vec<OpenToOthers> {
    let key = crate::vault::key_path(path);
    let found = companions(path).into_iter().filter_map(|file| {
        open_to_others(&file).map(|mode| OpenToOthers {
            is_key: file == key,
            file,
            mode,
        })
    });
    found.collect()
}

/// Takes away what others may do with the registry's files, and says what that was. Where it is not allowed, `check` tells
/// of it.
pub(super) fn tighten(path: &Path) -> Vec<OpenToOthers> {
    let found = all_open_to_others(path);
    #[cfg(unix)]
    for open in &found {
        use std::os::unix::fs::PermissionsExt;
        let _not_ours = fs::set_permissions(&open.file, fs::Permissions::from_mode(0o600));
    }
    found
}

/// The registry file, its write-ahead log, their shared index, and the key file.
pub(super) fn companions(path: &Path) -> [PathBuf; 4] {
    [
        path.to_owned(),
        beside(path, "-wal"),
        beside(path, "-shm"),
        crate::vault::key_path(path),
    ]
}

/// The permission bits of a file that others than its owner have some of.
pub(super) fn open_to_others(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Which file stands at a path: another one has another identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    file: u64,
}

/// The identity of the file at a path. `None` where there is no file, or the platform tells none.
pub(super) fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().as_ref().and_then(identity_in)
}

fn identity_in(meta: &fs::Metadata) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some(Identity {
            device: meta.dev(),
            file: meta.ino(),
        })
    }
    #[cfg(not(unix))]
    {
        // An open file can be neither deleted nor replaced there.
        let _ = meta;
        None
    }
}

/// Whether the file that was opened is still the one at the path, and has content.
pub(super) fn still_there(path: &Path, opened: Option<Identity>) -> Outcome<()> {
    let meta = fs::metadata(path).ok();
    if meta.as_ref().and_then(identity_in) != opened {
        return Err(RegistryError::Gone(path.to_owned()).into());
    }
    match meta.filter(|meta| meta.len() == 0).and_then(|_| loss::look(path)) {
        Some(loss) => Err(RegistryError::Lost(Box::new(loss)).into()),
        None => Ok(()),
    }
}

/// SQLite says only that it cannot open or write a file; the file system knows why. The file itself is not opened
/// to find out: closing it would end the locks of every other connection in this process (POSIX).
pub(super) fn why_not_open(path: &Path, write: bool, detail: String) -> RegistryError {
    let path = path.to_owned();
    let folder = path.parent().unwrap_or(Path::new("."));
    if !path.exists() {
        RegistryError::NoFile(path)
    } else if tempfile::tempfile_in(folder).is_err() {
        RegistryError::ReadOnlyFolder(path)
    } else if write {
        RegistryError::ReadOnlyFile(path)
    } else if path.is_file() {
        RegistryError::NoAccess(path)
    } else {
        RegistryError::Disk { path, detail }
    }
}

/// Whether there is no room for what SQLite keeps beside a registry: the shared index alone begins with 32 KB.
pub(super) fn has_no_room_beside(path: &Path) -> bool {
    const NEEDED: usize = 64 * 1024;
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&[0; NEEDED]));
    written.is_err_and(|error| is_full(&error))
}

/// Whether a trouble is that there is no room.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// A trouble of the operating system with a file.
pub(super) fn disk(path: &Path, error: &io::Error) -> RegistryError {
    match error.kind() {
        _ if is_full(error) => RegistryError::Full(path.to_owned()),
        io::ErrorKind::PermissionDenied => RegistryError::NoAccess(path.to_owned()),
        io::ErrorKind::NotFound => RegistryError::NoFile(path.to_owned()),
        _ => RegistryError::Disk {
            path: path.to_owned(),
            detail: error.to_string(),
        },
    }
}
