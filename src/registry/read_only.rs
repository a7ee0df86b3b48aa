//! Reading a registry without writing anything beside it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::error::{Fault, Outcome};
use super::migrate::{self, Before, Found, STEPS};
use super::{Access, Registry, RegistryError, loss, open, place};
use crate::vault::{Vault, key_path};

/// How often a copy is tried again while another process writes.
const TRIES: usize = 20;

impl Registry {
    /// Opens a registry to be read only. Nothing is written to it or beside it: it is read where it lies if no
    /// write-ahead log stands beside it, otherwise as a private copy of file and log, and shows that moment.
    ///
    /// # Errors
    /// As for [`Registry::open`]; [`RegistryError::NoFile`] where there is none.
    pub fn open_read_only(path: &Path) -> Result<Self, RegistryError> {
        let path = place::settle_existing(path)?;
        if let Some(loss) = loss::look(&path) {
            return Err(RegistryError::Lost(Box::new(loss)));
        }
        if !path.exists() {
            return Err(RegistryError::NoFile(path));
        }
        Self::read_only_here(&path).map_err(|fault| fault.about(&path))
    }

    fn read_only_here(path: &Path) -> Outcome<Self> {
        let identity = place::identity(path);
        let access = if is_in_use(path) {
            copy(path)?
        } else {
            Access::Immutable
        };
        let (connection, access) = match open_as(&access, path)? {
            // An older format is brought up to date in a copy.
            (connection, Found::Version(version)) if version < migrate::latest(STEPS) => {
                drop(connection);
                let access = if matches!(access, Access::Immutable) {
                    copy(path)?
                } else {
                    access
                };
                (to_latest(&access, path)?, access)
            }
            (_, Found::Empty | Found::Begun) => return Err(RegistryError::Empty(path.to_owned()).into()),
            (connection, Found::Version(_)) => (connection, access),
        };
        let opened = match &access {
            Access::Copy(folder) => copy_path(folder.path()),
            Access::Immutable | Access::ReadWrite => path.to_owned(),
        };
        loss::expect_every_page(&connection, &opened, path)?;
        let vault = Vault::open(&key_path(path))?;
        open::expect_own_key(&connection, path, &vault)?;
        settle_connection(&connection)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            identity,
            vault: Arc::new(vault),
            access,
            found_open: place::all_open_to_others(path),
            own_changes: 0.into(),
            in_one_commit: false.into(),
            in_one_piece: false.into(),
            in_one_state: false.into(),
        })
    }

    /// Another connection to what this one reads.
    pub(super) fn read_only_connection(&self) -> Outcome<Connection> {
        let connection = connect(&self.access, &self.path)?;
        settle_connection(&connection)?;
        Ok(connection)
    }
}

/// A connection to look at what may be damaged, with the folder of the copy that it reads, if it reads one.
pub(super) fn connect_unchecked(path: &Path) -> Outcome<(Connection, Access)> {
    let path = place::settle_existing(path)?;
    if fs::metadata(&path).map_or(true, |meta| meta.len() == 0) {
        return Err(RegistryError::Empty(path).into());
    }
    let access = if is_in_use(&path) {
        copy(&path)?
    } else {
        Access::Immutable
    };
    let connection = connect(&access, &path)?;
    // SQLite refuses a file that is shorter than its head says, unless its schema may be mended.
    connection.pragma_update(None, "writable_schema", true)?;
    Ok((connection, access))
}

/// SQLite removes the log when the last connection closes. Where there is none, nobody is writing.
fn is_in_use(path: &Path) -> bool {
    place::beside(path, "-wal").exists() || place::beside(path, "-journal").exists()
}

fn settle_connection(connection: &Connection) -> Outcome<()> {
    open::prepare(connection)?;
    Ok(connection.pragma_update(None, "query_only", true)?)
}

fn open_as(access: &Access, path: &Path) -> Outcome<(Connection, Found)> {
    let connection = connect(access, path)?;
    let found = migrate::look(&connection, path, migrate::latest(STEPS))?;
    Ok((connection, found))
}

fn connect(access: &Access, path: &Path) -> Outcome<Connection> {
    let connection = match access {
        Access::Copy(folder) => Connection::open_with_flags(
            copy_path(folder.path()),
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?,
        Access::Immutable | Access::ReadWrite => Connection::open_with_flags(
            immutable_uri(path),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI,
        )?,
    };
    connection.busy_timeout(open::PATIENCE)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// `file:` with every byte that means something in a URI escaped, so that a name with `?` or `#` stays a name.
fn immutable_uri(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b':' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte))
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// Where a copy lies in its folder.
fn copy_path(folder: &Path) -> PathBuf {
    folder.join("registry.chancery")
}

/// Copies file and logs into a private folder, as they stood at one moment.
///
/// After copying, all of them are read again. What is the same both times was so at the moment between the two
/// readings; and as SQLite recovers from any moment's state, the copy is sound.
fn copy(path: &Path) -> Outcome<Access> {
    let trouble = |error: std::io::Error| Fault::Told(place::disk(path, &error));
    let folder = tempfile::Builder::new()
        .prefix("chancery-read-only-")
        .tempdir()
        .map_err(trouble)?;
    let to = copy_path(folder.path());
    for _ in 0..TRIES {
        let mut copied = Vec::new();
        for suffix in ["", "-journal", "-wal"] {
            let (from, to) = (place::beside(path, suffix), place::beside(&to, suffix));
            let _left_from_the_last_try = fs::remove_file(&to);
            if from.exists() {
                // Only the copy can find no room.
                fs::copy(&from, &to).map_err(|error| match place::is_full(&error) {
                    true => Fault::Told(RegistryError::Full(to.clone())),
                    false => trouble(error),
                })?;
            }
            copied.push((from, to));
        }
        if copied.iter().all(|(from, to)| same(from, to)) {
            return Ok(Access::Copy(Arc::new(folder)));
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Err(RegistryError::Busy(path.to_owned()).into())
}

/// Whether two files hold the same bytes, or neither exists.
fn same(one: &Path, other: &Path) -> bool {
    let (mut one, mut other) = match (fs::File::open(one), fs::File::open(other)) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(_), Err(_)) => return true,
        _ => return false,
    };
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        match (read_full(&mut one, &mut left), read_full(&mut other, &mut right)) {
            (Ok(0), Ok(0)) => return true,
            (Ok(read), Ok(also)) if read == also && left.get(..read) == right.get(..read) => {}
            _ => return false,
        }
    }
}

/// Fills a buffer as far as the file goes.
fn read_full(file: &mut fs::File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Brings a copy to the latest format.
fn to_latest(access: &Access, path: &Path) -> Outcome<Connection> {
    let connection = connect(access, path)?;
    migrate::to_latest(
        &connection,
        path,
        STEPS,
        Before::Nothing,
        Timestamp::UNIX_EPOCH,
        |_| Ok(()),
    )?;
    Ok(connection)
}
