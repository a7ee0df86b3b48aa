//! The file that sign-offs are kept in: read as a whole, and written under another name first, so that it is whole or as it
//! was.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

use crate::audit::{NoSignOffs, SignOffs};

/// The largest file that is read: many times what a hundred thousand clients need.
const MAX_BYTES: u64 = 256 << 20;
/// How long it is waited for another window that is writing.
const PATIENCE: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_millis(20);

/// Why sign-offs cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum SignOffTrouble {
    /// The file can be read, and is not to be used.
    #[error("{}: {why}", path.display())]
    None {
        /// Which.
        path: PathBuf,
        /// Why.
        why: NoSignOffs,
    },
    /// It cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Nothing can be written at its place.
    #[error("The decision cannot be kept in {}: {}", path.display(), in_words(error))]
    NotWritten {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}

impl SignOffTrouble {
    /// What to do.
    pub fn advice(&self) -> String {
        match self {
            Self::None { why, .. } => why.advice().to_owned(),
            Self::Unreadable { .. } => "Name a file that can be read with --sign-offs FILE".to_owned(),
            Self::NotWritten { .. } => {
                "Nothing was decided. Open the window with --sign-offs FILE, a file in a folder that you \
                                        may write to"
                    .to_owned()
            }
        }
    }
}

fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "you may not write in its folder".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "its disk is read-only".to_owned(),
        ErrorKind::NotFound => "there is no such folder".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "its disk is full".to_owned(),
        _ => error.to_string(),
    }
}

/// Where the sign-offs of a registry are kept, unless somebody says otherwise.
pub fn sign_offs_beside(registry: &Path) -> PathBuf {
    let mut name = registry.file_name().unwrap_or_default().to_owned();
    name.push(".sign-offs.json");
    registry.with_file_name(name)
}

/// By what a file is told from what it was before; none where there is no file.
pub fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Reads the sign-offs of a registry; none where there is no such file yet. What in it makes no sense is told, a sentence each.
///
/// # Errors
/// [`SignOffTrouble`].
pub fn read_sign_offs(
    path: &Path,
    registry: &str,
    now: Timestamp,
) -> Result<Option<(SignOffs, Vec<String>)>, SignOffTrouble> {
    let unreadable = |error| SignOffTrouble::Unreadable {
        path: path.to_owned(),
        error,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    let none = |why| SignOffTrouble::None {
        path: path.to_owned(),
        why,
    };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(none(NoSignOffs::Broken("it is too large".to_owned())));
    }
    let text = String::from_utf8(bytes).map_err(|_| none(NoSignOffs::Broken("it is no text".to_owned())))?;
    SignOffs::read(&text, registry, now).map(Some).map_err(none)
}

/// Changes the sign-offs of a registry. They are read again first, so that what another window decided meanwhile stays. What
/// `change` refuses is not written.
///
/// # Errors
/// [`SignOffTrouble`], or what `change` returns.
pub fn change_sign_offs<E: From<SignOffTrouble>>(
    path: &Path,
    registry: &str,
    now: Timestamp,
    change: impl FnOnce(&mut SignOffs) -> Result<(), E>,
) -> Result<(), E> {
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let _until_written = lock(folder);
    let read = read_sign_offs(&path, registry, now)?;
    let mut sign_offs = read.map_or_else(|| SignOffs::of(registry), |(sign_offs, _)| sign_offs);
    change(&mut sign_offs)?;
    write(&path, folder, &sign_offs).map_err(|error| {
        let path = path.clone();
        E::from(SignOffTrouble::NotWritten { path, error })
    })
}

/// Keeps other windows from writing at the same moment, where the system has such locks.
fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    let until = Instant::now() + PATIENCE;
    while let Err(fs::TryLockError::WouldBlock) = folder.try_lock() {
        if Instant::now() > until {
            return None;
        }
        std::thread::sleep(RETRY);
    }
    Some(folder)
}

fn write(path: &Path, folder: &Path, sign_offs: &SignOffs) -> std::io::Result<()> {
    // For its owner alone, and for whom its owner lets read it later.
    let mut file = tempfile::Builder::new()
        .prefix(".chancery-sign-offs-")
        .tempfile_in(folder)?;
    let mut text = serde_json::to_string_pretty(&sign_offs.to_json())?;
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Approval;
    use crate::client::{ClientId, ClientKind};

    fn approve(path: &Path, client_id: &str) -> Result<(), SignOffTrouble> {
        let approval = Approval::of(
            &ClientKind::Web.preset(),
            1,
            "Rita Reviewer",
            Timestamp::UNIX_EPOCH,
        );
        change_sign_offs(path, "registry", Timestamp::UNIX_EPOCH, |sign_offs| {
            sign_offs.approve(&ClientId::parse(client_id).unwrap(), approval);
            Ok(())
        })
    }

    fn clients(path: &Path) -> Vec<String> {
        let file: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        file["clients"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn what_two_windows_decide_one_after_the_other_or_at_once_is_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = sign_offs_beside(&folder.path().join("registry.chancery"));
        assert!(path.ends_with("registry.chancery.sign-offs.json"));
        assert!(
            read_sign_offs(&path, "registry", Timestamp::UNIX_EPOCH)
                .unwrap()
                .is_none()
        );
        std::thread::scope(|scope| {
            for window in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for client in 0..5 {
                        approve(path, &format!("client-{window}-{client}")).unwrap();
                    }
                });
            }
        });
        assert_eq!(clients(&path).len(), 20);
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.json");
        approve(&path, "billing").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.json");
        for bytes in [
            &b"{}"[..],
            b"\xff\xfe",
            b"{\"version\": 2, \"registry\": \"registry\", \"clients\": {}}",
        ] {
            fs::write(&path, bytes).unwrap();
            let trouble = approve(&path, "billing").unwrap_err();
            assert!(
                trouble.to_string().contains("mine.json: the sign-offs"),
                "{trouble}"
            );
            assert!(trouble.advice().contains("left as it is"));
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn where_nothing_can_be_written_it_is_said_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let trouble = approve(&folder.path().join("nowhere/mine.json"), "billing").unwrap_err();
        assert!(
            trouble.to_string().ends_with("there is no such folder"),
            "{trouble}"
        );
        assert!(trouble.advice().contains("--sign-offs FILE"));
    }
}
