//! The schema's versions, and the way from an older one to the latest.
//!
//! All steps run in one transaction that takes the write lock first and reads the file's version under it, so that
//! two processes that open a new or an older file at once take the steps once.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{Fault, Outcome};
use super::{RegistryError, place};

/// `CHRY`: tells a registry from other SQLite files.
pub(super) const APPLICATION_ID: i64 = 0x4348_5259;

/// Each step leads to the version of its place in the list, counted from 1.
pub(super) const STEPS: &[&str] = &[
    include_str!("schema/001_registry.sql"),
    include_str!("schema/002_grants.sql"),
    include_str!("schema/003_cors_origins.sql"),
    include_str!("schema/004_dynamic_registration.sql"),
    include_str!("schema/005_device.sql"),
    include_str!("schema/006_pushed_requests.sql"),
    include_str!("schema/007_dpop.sql"),
    include_str!("schema/008_certificates.sql"),
    include_str!("schema/009_resource_policy.sql"),
    include_str!("schema/010_saved_requests.sql"),
    include_str!("schema/011_history_filters.sql"),
    include_str!("schema/012_review.sql"),
    include_str!("schema/013_weak_secrets.sql"),
    include_str!("schema/014_imports.sql"),
];

/// Whether an older registry is copied before it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// To a file beside it.
    BackUp,
    /// Not: it is a copy already.
    Nothing,
}

/// What a file is before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing in it: to become a registry.
    Empty,
    /// Somebody has begun to make it a registry: see [`begin`].
    Begun,
    /// A registry of this version, the latest or an older one.
    Version(i64),
}

/// Looks whether a file is a registry that this program can use.
pub(super) fn look(db: &Connection, path: &Path, latest: i64) -> Outcome<Found> {
    // In one statement, so that all three are of one state of the file: another process may make it a registry meanwhile.
    let found: (i64, i64, i64) = db.query_row(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
         FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    match found {
        (0, 0, 0) => Ok(Found::Empty),
        (APPLICATION_ID, 0, 0) => Ok(Found::Begun),
        (APPLICATION_ID, version, _) if version > latest => Err(RegistryError::Newer {
            path: path.to_owned(),
            found: version,
            known: latest,
        }
        .into()),
        (APPLICATION_ID, version, _) if version > 0 => Ok(Found::Version(version)),
        _ => Err(RegistryError::NotARegistry(path.to_owned()).into()),
    }
}

/// Marks an empty file as one that is to become a registry, on the disk before its key file is made. So an empty file with a
/// key file beside it is never a beginning: it has lost its content.
pub(super) fn begin(db: &Connection, path: &Path) -> Outcome<Found> {
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    match look(&transaction, path, latest(STEPS))? {
        Found::Empty => {
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.commit()?;
            Ok(Found::Begun)
        }
        // Another process was quicker.
        found => {
            transaction.rollback()?;
            Ok(found)
        }
    }
}

/// Brings a file to the latest version. `fill` writes what a new registry starts with. An older registry is copied
/// to a backup beside it first.
pub(super) fn to_latest(
    db: &Connection,
    path: &Path,
    steps: &[&str],
    before: Before,
    now: Timestamp,
    fill: impl FnOnce(&Connection) -> Outcome<()>,
) -> Outcome<()> {
    let latest = latest(steps);
    if look(db, path, latest)? == Found::Version(latest) {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    let done = match look(&transaction, path, latest)? {
        Found::Empty | Found::Begun => 0,
        Found::Version(version) if version == latest => return Ok(transaction.rollback()?),
        Found::Version(version) => {
            if before == Before::BackUp {
                back_up(path, version, now)?;
            }
            version
        }
    };
    for step in steps.iter().skip(usize::try_from(done).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step)?;
    }
    if done == 0 {
        fill(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", latest)?;
    Ok(transaction.commit()?)
}

/// The version that the last of the steps leads to.
pub(super) fn latest(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// Copies an older registry beside itself, by a second connection: the first one holds the write lock, so nothing
/// changes meanwhile.
fn back_up(path: &Path, version: i64, now: Timestamp) -> Outcome<()> {
    let to = backup_path(path, version, now);
    let trouble = |error: std::io::Error| Fault::Told(place::disk(&to, &error));
    place::private_file(&to).map_err(trouble)?;
    let from = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let copied = copy(&from, &to);
    if copied.is_err() {
        let _half_a_backup = std::fs::remove_file(&to);
    }
    copied
}

/// `<registry>.v<version>-<UTC time>.backup`.
fn backup_path(path: &Path, version: i64, now: Timestamp) -> PathBuf {
    place::beside(
        path,
        &format!(".v{version}-{}.backup", now.strftime("%Y%m%dT%H%M%S%6fZ")),
    )
}

/// Copies everything of an open database into an empty file, and puts it on the disk.
pub(super) fn copy(from: &Connection, to: &Path) -> Outcome<()> {
    let mut target = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    target.pragma_update(None, "synchronous", "FULL")?;
    Backup::new(from, &mut target)?.run_to_completion(1024, std::time::Duration::from_millis(5), None)?;
    // The copy is one file by itself: no log beside it is needed to read it.
    let _mode: String = target.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    target.close().map_err(|(_, error)| Fault::Sqlite(error))
}
