//! Everything that can go wrong with the registry, said in two halves: what happened, and what to do.

use std::path::PathBuf;

use super::{Client, Loss, loss};
use crate::client::Refusals;
use crate::client::secret::HashError;
use crate::vault::VaultError;

/// Why the registry could not be opened, read or changed. Nothing was changed when one is returned.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// There is something else at this place.
    #[error("{0} is not a Chancery registry")]
    NotARegistry(PathBuf),
    /// A later version of the program has written it.
    #[error("{path} was written by a newer Chancery: it has format {found}, this one knows up to {known}")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The latest format known here.
        known: i64,
    },
    /// Its content makes no sense.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Nothing in it yet: there is a file, but no registry was made.
    #[error("{0} is empty: there is no registry in it")]
    Empty(PathBuf),
    /// Its content was lost, though what belongs to it is there.
    #[error("{0}")]
    Lost(Box<Loss>),
    /// Another program keeps it locked.
    #[error("{0} is locked by another program")]
    Busy(PathBuf),
    /// No room.
    #[error("The disk that holds {0} is full")]
    Full(PathBuf),
    /// SQLite needs to make files beside the registry and cannot.
    #[error("The folder of {0} cannot be written to")]
    ReadOnlyFolder(PathBuf),
    /// The file may not be written.
    #[error("{0} cannot be written to")]
    ReadOnlyFile(PathBuf),
    /// It was opened to be read only.
    #[error("The registry is open read-only")]
    OpenReadOnly,
    /// The file may not be read.
    #[error("{0} cannot be read: permission denied")]
    NoAccess(PathBuf),
    /// No file to read.
    #[error("There is no file {0}")]
    NoFile(PathBuf),
    /// No folder to put it in.
    #[error("There is no folder for {0}")]
    NoFolder(PathBuf),
    /// The file was taken away or another one put in its place while it was open.
    #[error("{0} was moved, deleted or replaced while it was open")]
    Gone(PathBuf),
    /// The key file is not there.
    #[error("The registry's key file {0} is missing")]
    KeyFileMissing(PathBuf),
    /// The key file belongs to another registry.
    #[error("{0} is the key file of another registry")]
    KeyFileForeign(PathBuf),
    /// Another trouble with the key file or with what it sealed.
    #[error(transparent)]
    Vault(VaultError),
    /// Somebody else has saved it since it was read.
    #[error("{} was changed by somebody else meanwhile", .theirs.draft.name)]
    Conflict {
        /// The client as it stands now.
        theirs: Box<Client>,
    },
    /// There is none of this name.
    #[error("There is no {what} {name:?}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        name: String,
    },
    /// There is one of this name.
    #[error("There is already a {what} {name:?}")]
    AlreadyExists {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The change would break rules that were kept before.
    #[error("{0}")]
    Refused(Refusals),
    /// Its names or lists are none that can be kept.
    #[error("{0}")]
    Unfit(String),
    /// Five live secrets is the most.
    #[error("The client has {} live secrets, which is the most", super::MAX_LIVE_SECRETS)]
    TooManySecrets,
    /// The new authentication method needs a secret that was not given.
    #[error("The client needs a first secret for this authentication method")]
    SecretNeeded,
    /// A secret was given to a client whose authentication method has none.
    #[error("The client's authentication method uses no secret")]
    SecretUnfit,
    /// A secret could not be hashed.
    #[error(transparent)]
    NotHashed(HashError),
    /// The file that a backup should become exists.
    #[error("There is already a file {0}")]
    BackupExists(PathBuf),
    /// The operating system or SQLite refused for another reason.
    #[error("{path} cannot be used: {detail}")]
    Disk {
        /// Which file.
        path: PathBuf,
        /// What they said.
        detail: String,
    },
}

impl RegistryError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        let advice = match self {
            Self::NotARegistry(_) => "Choose another file; this one was left as it is",
            Self::Newer { .. } => {
                "Use the newer version of the program, or open a backup made before the update"
            }
            Self::Damaged { .. } => {
                "Copy the folder away first. Then restore the latest copy that chancery backup has made. What is left is named by chancery check"
            }
            Self::Empty(_) => {
                "Register the first client with chancery client create, or restore a backup to this name"
            }
            Self::Lost(loss) => return loss.advice(),
            Self::Busy(_) => "Close the other program, or wait until it has finished, and try again",
            Self::Full(_) => {
                "Make room and try again. What was confirmed before is safe, and can be read meanwhile with --read-only"
            }
            Self::ReadOnlyFolder(_) => "Allow writing to the folder, or open the registry with --read-only",
            Self::ReadOnlyFile(_) => "Allow writing to the file, or open the registry with --read-only",
            Self::OpenReadOnly => "Open it without --read-only to change something",
            Self::NoAccess(_) => "Check that the file belongs to you",
            Self::NoFile(_) => "Check the name; --read-only makes no new registry",
            Self::NoFolder(_) => "Make the folder first, or choose another one",
            Self::Gone(_) => "Nothing more is written to it. Put the file back, then open the registry again",
            Self::KeyFileMissing(_) | Self::KeyFileForeign(_) => {
                "Restore the key file that was backed up with this registry. A new one cannot stand in for it"
            }
            Self::Vault(error) => error.advice(),
            Self::Conflict { .. } => "Look at both versions, then save yours again or drop it",
            Self::NotFound { what: "client", .. } => "Check the client ID; somebody else may have deleted it",
            Self::NotFound { .. } => "Check the name; somebody else may have deleted it",
            Self::AlreadyExists { .. } => "Choose another name, or change the one that exists",
            Self::Refused(_) => "Nothing was saved. Put these right and save again",
            Self::Unfit(_) => "Nothing was saved. Put this right and save again",
            Self::TooManySecrets => "Revoke the secrets that are no longer used, then rotate again",
            Self::SecretNeeded => "Save it together with a new secret",
            Self::SecretUnfit => "Choose an authentication method with a secret first",
            Self::NotHashed(_) => "Close other programs to free some memory, then try again",
            Self::BackupExists(_) => "Choose another name; a backup never overwrites a file",
            Self::Disk { .. } => "Check the disk and the file's permissions, then try again",
        };
        advice.to_owned()
    }
}

impl From<VaultError> for RegistryError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Missing(path) => Self::KeyFileMissing(path),
            VaultError::Io { path, cause } if super::place::is_full(&cause) => Self::Full(path),
            error => Self::Vault(error),
        }
    }
}

/// Any trouble inside this room, before it is put into words for one file.
#[derive(Debug)]
pub(super) enum Fault {
    /// From SQLite.
    Sqlite(rusqlite::Error),
    /// A stored value that this program did not write.
    Content(String),
    /// In words already.
    Told(RegistryError),
}

pub(super) type Outcome<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<RegistryError> for Fault {
    fn from(error: RegistryError) -> Self {
        Self::Told(error)
    }
}

impl From<VaultError> for Fault {
    fn from(error: VaultError) -> Self {
        Self::Told(error.into())
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Content(format!("a stored JSON value cannot be read: {error}"))
    }
}

impl Fault {
    /// Puts it into words for one file.
    pub(super) fn about(self, path: &std::path::Path) -> RegistryError {
        let path = path.to_owned();
        match self {
            Self::Told(error) => error,
            Self::Content(detail) => RegistryError::Damaged { path, detail },
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, detail)) => {
                sqlite_trouble(error, detail.unwrap_or_else(|| error.to_string()), path)
            }
            Self::Sqlite(
                error @ (rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::QueryReturnedNoRows),
            ) => RegistryError::Damaged {
                path,
                detail: error.to_string(),
            },
            Self::Sqlite(error) => RegistryError::Disk {
                path,
                detail: error.to_string(),
            },
        }
    }
}

/// How SQLite says that it cannot make sense of the tables behind the search index.
const SEARCH_INDEX_FAILED: &str = "vtable constructor failed";
const SEARCH_INDEX_DAMAGED: &str = "the search index makes no sense";

/// What SQLite says of damage, as far as a person can make something of it.
pub(super) fn in_words(detail: String) -> String {
    if detail.contains(SEARCH_INDEX_FAILED) {
        SEARCH_INDEX_DAMAGED.to_owned()
    } else {
        detail
    }
}

fn sqlite_trouble(error: rusqlite::ffi::Error, detail: String, path: PathBuf) -> RegistryError {
    use rusqlite::ErrorCode;
    use rusqlite::ffi::{SQLITE_IOERR_SHORT_READ, SQLITE_READONLY_DBMOVED};
    let is_damaged = matches!(error.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        || error.extended_code == SQLITE_IOERR_SHORT_READ
        // What the search index says when its own pages are missing.
        || detail.contains(SEARCH_INDEX_FAILED);
    if is_damaged && let Some(loss) = loss::look(&path).or_else(|| loss::cut_off(&path)) {
        return RegistryError::Lost(Box::new(loss));
    }
    let detail = in_words(detail);
    match (error.code, error.extended_code) {
        _ if detail == SEARCH_INDEX_DAMAGED => RegistryError::Damaged { path, detail },
        (_, SQLITE_READONLY_DBMOVED) => RegistryError::Gone(path),
        (ErrorCode::NotADatabase, _) => RegistryError::NotARegistry(path),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => RegistryError::Busy(path),
        (ErrorCode::DiskFull, _) => RegistryError::Full(path),
        (ErrorCode::DatabaseCorrupt | ErrorCode::TypeMismatch, _) | (_, SQLITE_IOERR_SHORT_READ) => {
            RegistryError::Damaged { path, detail }
        }
        // What SQLite needs beside the registry found no room: it says only that something failed.
        (ErrorCode::SystemIoFailure | ErrorCode::CannotOpen, _)
            if super::place::has_no_room_beside(&path) =>
        {
            RegistryError::Full(path)
        }
        (ErrorCode::PermissionDenied, _) => RegistryError::NoAccess(path),
        (ErrorCode::CannotOpen, _) => super::place::why_not_open(&path, false, detail),
        (ErrorCode::ReadOnly, _) => super::place::why_not_open(&path, true, detail),
        _ => RegistryError::Disk { path, detail },
    }
}
