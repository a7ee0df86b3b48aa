//! Opening a registry: a new one, one of this or an older version, beside other processes that do the same.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::error::{Fault, Outcome};
use super::migrate::{self, Before, Found, STEPS};
use super::{Access, Registry, RegistryError, chain, judge, place};
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
        place::make_empty(&path)?;
        Self::open_here(&path, now).map_err(|fault| fault.about(&path))
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
                own_changes: 0.into(),
                in_one_commit: false.into(),
            })
        })
    }

    fn open_here(path: &Path, now: Timestamp) -> Outcome<Self> {
        let identity = place::identity(path);
        let connection = raw_connection(path)?;
        if connection.is_readonly("main")? {
            return Err(RegistryError::ReadOnlyFile(path.to_owned()).into());
        }
        // A file without content holds nothing that a key could have sealed: only such a one gets a new key.
        let found = migrate::look(&connection, path, migrate::latest(STEPS))?;
        let vault = open_vault(path, found)?;
        migrate::to_latest(&connection, path, STEPS, Before::BackUp, now, |db| {
            fill(db, &vault, now)
        })?;
        expect_own_key(&connection, path, &vault)?;
        use_write_ahead_log(&connection)?;
        prepare(&connection)?;
        place::tighten(path);
        place::still_there(path, identity)?;
        let registry = Self {
            connection,
            path: path.to_owned(),
            identity,
            vault: Arc::new(vault),
            access: Access::ReadWrite,
            own_changes: 0.into(),
            in_one_commit: false.into(),
        };
        judge::judge_again(&registry, judge::SLICE)?;
        Ok(registry)
    }
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

/// The key file beside the registry. A new one is made only for a file without content; if there is one already,
/// left by a process that was killed or made by one that runs beside this one, it is used.
fn open_vault(path: &Path, found: Found) -> Outcome<Vault> {
    let key = key_path(path);
    Vault::clear_left_overs(&key);
    match (found, Vault::open(&key)) {
        (Found::Empty, Err(VaultError::Missing(_))) => match Vault::create(&key) {
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
