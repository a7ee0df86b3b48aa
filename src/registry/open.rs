//! Opening a registry: a new one, one of this or an older version, beside other processes that do the same.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::{Fault, Outcome};
use super::migrate::{self, Before, Found, STEPS};
use super::{Access, Registry, RegistryError, chain, judge, loss, place};
use crate::vault::{Vault, VaultError, key_path};

/// How long a write waits for another process's.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

impl Registry {
    /// Opens a registry to be changed. Where there is no file, a new registry is made, with its key file. An older
    /// one is brought to the latest version, after a backup beside it.
    ///
    /// # Errors
    /// Everything that [`RegistryError`] says of files; nothing is changed then.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, RegistryError> {
        let path = place::settle(path)?;
        expect_no_loss(&path)?;
        place::make_empty(&path)?;
        Self::open_here(&path, Missing::Make, now).map_err(|fault| fault.about(&path))
    }

    /// Opens a registry that is there, to be changed. No registry is made.
    ///
    /// # Errors
    /// As for [`Registry::open`]; [`RegistryError::NoFile`] and [`RegistryError::Empty`] where there is none.
    pub fn open_existing(path: &Path, now: Timestamp) -> Result<Self, RegistryError> {
        let path = place::settle_existing(path)?;
        expect_no_loss(&path)?;
        if !path.exists() {
            return Err(RegistryError::NoFile(path));
        }
        Self::open_here(&path, Missing::Refuse, now).map_err(|fault| fault.about(&path))
    }

    /// A second connection to the same file, for another owner.
    ///
    /// # Errors
    /// As for [`Registry::open`].
    pub fn another(&self) -> Result<Self, RegistryError> {
        self.read(|_| {
            let connection = match &self.access {
                Access::ReadWrite => connect(&self.path)?,
                Access::Immutable | Access::Copy(_) => self.read_only_connection()?,
            };
            place::still_there(&self.path, self.identity)?;
            Ok(Self {
                connection,
                path: self.path.clone(),
                identity: self.identity,
                vault: Arc::clone(&self.vault),
                access: self.access.clone(),
                found_open: self.found_open.clone(),
                own_changes: 0.into(),
                in_one_commit: false.into(),
                in_one_piece: false.into(),
                in_one_state: false.into(),
            })
        })
    }

    fn open_here(path: &Path, missing: Missing, now: Timestamp) -> Outcome<Self> {
        let identity = place::identity(path);
        let connection = raw_connection(path)?;
        let settled = settle(&connection, path, missing, now);
        if settled.is_err() {
            // Whatever is wrong with the file, its log may hold what is needed to put it right.
            leave_the_log(&connection, path);
        }
        let vault = settled?;
        let found_open = place::tighten(path);
        place::still_there(path, identity)?;
        let registry = Self {
            connection,
            path: path.to_owned(),
            identity,
            vault: Arc::new(vault),
            access: Access::ReadWrite,
            found_open,
            own_changes: 0.into(),
            in_one_commit: false.into(),
            in_one_piece: false.into(),
            in_one_state: false.into(),
        };
        judge::judge_again(&registry, judge::SLICE)?;
        Ok(registry)
    }
}

/// What to do where there is no registry yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Make,
    Refuse,
}

fn expect_no_loss(path: &Path) -> Result<(), RegistryError> {
    match loss::look(path) {
        Some(loss) => Err(RegistryError::Lost(Box::new(loss))),
        None => Ok(()),
    }
}

/// Makes of a file a registry of today, if it is one or is to become one.
fn settle(connection: &Connection, path: &Path, missing: Missing, now: Timestamp) -> Outcome<Vault> {
    if connection.is_readonly("main")? {
        return Err(RegistryError::ReadOnlyFile(path.to_owned()).into());
    }
    let mut found = migrate::look(connection, path, migrate::latest(STEPS))?;
    if !matches!(found, Found::Version(_)) && missing == Missing::Refuse {
        return Err(RegistryError::Empty(path.to_owned()).into());
    }
    if found == Found::Empty {
        found = migrate::begin(connection, path)?;
    }
    let vault = open_vault(path, found)?;
    migrate::to_latest(connection, path, STEPS, Before::BackUp, now, |db| {
        fill(db, &vault, now)
    })?;
    loss::expect_every_page(connection, path, path)?;
    expect_own_key(connection, path, &vault)?;
    use_write_ahead_log(connection)?;
    prepare(connection)?;
    Ok(vault)
}

/// Lets a log with content stand when this connection closes, though it be the last.
pub(super) fn leave_the_log(connection: &Connection, path: &Path) {
    if std::fs::metadata(place::beside(path, "-wal")).is_ok_and(|log| log.len() == 0) {
        return;
    }
    // A connection that does not take the setting is not open, and then writes nothing either.
    let _set = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
}

/// A further connection to a registry that is known to be one.
fn connect(path: &Path) -> Outcome<Connection> {
    let connection = raw_connection(path)?;
    prepare(&connection)?;
    Ok(connection)
}

fn raw_connection(path: &Path) -> Outcome<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // Before anything is read, so that not even a hostile file's schema runs code of its own.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// The settings of one connection that the file does not keep.
pub(super) fn prepare(connection: &Connection) -> Outcome<()> {
    connection.set_prepared_statement_cache_capacity(96);
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -8 * 1024)?;
    Ok(())
}

/// Turns the write-ahead log on. Only then, because a new registry's first transaction must leave either nothing or a
/// whole registry in the one file. SQLite does not wait here by itself when another process does the same.
fn use_write_ahead_log(connection: &Connection) -> Outcome<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(Fault::Content(format!(
                    "it does not take a write-ahead log, only {mode}"
                )));
            }
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == rusqlite::ErrorCode::DatabaseBusy && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The key file beside the registry. A new one is made only for a file that is to become a registry, for it holds nothing
/// that a key could have sealed; if there is one already, left by a process that was killed or made by one that runs beside this one, it is used.
fn open_vault(path: &Path, found: Found) -> Outcome<Vault> {
    let key = key_path(path);
    Vault::clear_left_overs(&key);
    match (found, Vault::open(&key)) {
        (Found::Empty | Found::Begun, Err(VaultError::Missing(_))) => match Vault::create(&key) {
            Err(VaultError::Exists(_)) => Ok(Vault::open(&key)?),
            created => Ok(created?),
        },
        (_, opened) => Ok(opened?),
    }
}

/// What a new registry starts with.
fn fill(db: &Connection, vault: &Vault, now: Timestamp) -> Outcome<()> {
    set_meta(db, "created_at", &now.to_string())?;
    set_meta(db, "key_check", vault.check_value())?;
    judge::remember_rules(db)?;
    chain::begin(db, vault)
}

/// Refuses the key file of another registry.
pub(super) fn expect_own_key(db: &Connection, path: &Path, vault: &Vault) -> Outcome<()> {
    match meta(db, "key_check")? {
        Some(check) if check == vault.check_value() => Ok(()),
        Some(_) => Err(RegistryError::KeyFileForeign(key_path(path)).into()),
        None => Err(Fault::Content(
            "it does not say which key file is its own".to_owned(),
        )),
    }
}

/// A fact about the file as a whole.
pub(super) fn meta(db: &Connection, name: &str) -> Outcome<Option<String>> {
    use rusqlite::OptionalExtension;
    Ok(db
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
        .optional()?)
}

/// Sets a fact about the file as a whole.
pub(super) fn set_meta(db: &Connection, name: &str, value: &str) -> Outcome<()> {
    db.execute(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
        [name, value],
    )?;
    Ok(())
}
