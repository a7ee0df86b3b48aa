//! The registry file: one SQLite database with the clients, their secrets' hashes, the history, and what the server
//! needs beside them. The only SQL of the program is here, and nothing of SQLite leaves this room.
//!
//! # What holds
//!
//! * Every change is one transaction with its history row, on the disk when the call returns (WAL,
//!   `synchronous=FULL`). A process that is killed loses nothing that was confirmed.
//! * Reading and writing are safe beside other processes. A save carries the version that was read; a stale one is
//!   [`RegistryError::Conflict`], with the other version in it.
//! * A [`Registry`] is one connection with one owner. More of them come from [`Registry::another`].
//! * The file, SQLite's companions and the key file are for their owner alone.

mod assertion;
mod audit_record;
mod auditor;
mod backup;
mod census;
mod certificate_authority;
mod chain;
mod check;
mod client;
mod compare;
mod consent;
mod cors_origin;
mod device;
mod dpop;
mod dynamic_client;
mod ending;
mod error;
mod facets;
mod found;
mod grant;
mod history;
mod import_run;
mod initial_token;
mod issue;
mod judge;
mod list;
mod loss;
mod migrate;
mod open;
mod page;
mod place;
mod pushed_request;
mod read_only;
mod resource_server;
mod review;
mod saved_request;
mod search;
mod secret;
mod signing_key;
mod user;
mod walk;
mod write;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use audit_record::{AuditRecord, Changes, Mark};
pub use auditor::Auditor;
pub use census::Place;
pub use certificate_authority::CertificateAuthorityRecord;
pub use check::{CheckLine, CheckReport, examine};
pub use client::{Client, NewClient, NewSecret, SecretRecord, generate_client_id};
pub use consent::Consent;
pub use device::{DeviceAnswer, DeviceAuthorization};
pub use dynamic_client::{DynamicClient, Origin, RegistrationAccess, RegistrationTokens, Sweep};
pub use error::RegistryError;
pub use grant::{
    AuthorizationCode, Binding, Continuation, Grant, KeyThumbprint, NewRefreshToken, RefreshTokenRecord,
    Spending, TokenHash,
};
pub use history::{
    Act, ActKind, ChainBreak, ChainEnd, ChainReport, HistoryClient, HistoryQuery, HistoryRow, action,
};
pub use import_run::{ImportRun, Imported, Undone, import_note, import_of_note};
pub use initial_token::{InitialToken, NewInitialToken, TokenLabel};
pub use issue::{Issue, ScopeUse};
pub use list::{ClientRow, Count, Cursor, ListQuery, SortKey};
pub use loss::Loss;
pub use place::{OpenToOthers, default_path};
pub use pushed_request::PushedRequest;
pub use resource_server::ResourceServer;
pub use review::{FindingCount, MAX_REVIEW_FILTERS};
pub use saved_request::{MAX_SAVED_REQUESTS, SavedRequest};
pub use signing_key::SigningKeyRecord;
pub use user::{User, UserName};

pub use write::{is_restored_note, new_refusals, restored_note};

use crate::vault::Vault;
use error::{Fault, Outcome};
use place::Identity;

/// The most secrets of one client that may be live at once.
pub const MAX_LIVE_SECRETS: usize = 5;

/// One connection to a registry file, with one owner.
pub struct Registry {
    connection: Connection,
    path: PathBuf,
    identity: Option<Identity>,
    vault: Arc<Vault>,
    access: Access,
    found_open: Vec<OpenToOthers>,
    /// Commits of this connection, which SQLite's own counter leaves out.
    own_changes: Cell<i64>,
    /// Whether writes go into one open transaction: see [`Registry::in_one_commit`].
    in_one_commit: Cell<bool>,
    /// Whether none of these writes is undone by itself: see [`Registry::in_one_piece`].
    in_one_piece: Cell<bool>,
    /// Whether reads are of one open transaction: see [`Registry::in_one_state`].
    in_one_state: Cell<bool>,
}

/// How the file was opened.
#[derive(Clone)]
enum Access {
    /// To be changed.
    ReadWrite,
    /// To be read where it lies; nothing beside it is written.
    Immutable,
    /// As a private copy of it, in a folder that goes with the last connection.
    Copy(Arc<tempfile::TempDir>),
}

impl Registry {
    /// The file, absolute and without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The vault under the key file beside it.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// What tells this registry and its copies from any other one. It says nothing of what is in it.
    pub fn identifier(&self) -> &str {
        self.vault.check_value()
    }

    /// Whether it was opened with [`Registry::open_read_only`].
    pub fn is_read_only(&self) -> bool {
        !matches!(self.access, Access::ReadWrite)
    }

    /// Its files that others than their owner had access to when it was opened: those that it was opened to be changed with are
    /// for their owner alone since, if that was allowed.
    pub fn found_open_to_others(&self) -> &[OpenToOthers] {
        &self.found_open
    }

    /// A number that is another one after any change of the file, by this connection or by another process.
    ///
    /// # Errors
    /// [`RegistryError::Gone`] when the file is no longer the one that was opened.
    pub fn data_version(&self) -> Result<i64, RegistryError> {
        self.read(|db| {
            place::still_there(&self.path, self.identity)?;
            let of_others: i64 = db
                .prepare_cached("PRAGMA data_version")?
                .query_row([], |row| row.get(0))?;
            Ok((self.own_changes.get() << 32) + of_others)
        })
    }

    /// Reads, and puts trouble into words for this file.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Result<T, RegistryError> {
        work(&self.connection).map_err(|fault| fault.about(&self.path))
    }

    /// Makes many changes and commits them together, which is faster by far: an import of thousands. Each change is
    /// still whole or not made; those before one that failed stay, unless `work` fails itself. Inside another one it is
    /// such a change: undone alone, and on the disk with the rest.
    ///
    /// # Errors
    /// What `work` returns, after everything in it was undone; or the trouble of the commit.
    pub fn in_one_commit<T, E: From<RegistryError>>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let told = |fault: Fault| E::from(fault.about(&self.path));
        self.expect_writable().map_err(told)?;
        if self.in_one_commit.get() {
            return self.a_part(|| work(self), told);
        }
        // What each change would be undone by is kept in memory, as is what waits for the index.
        let in_memory = self.connection.pragma_update(None, "temp_store", "MEMORY");
        in_memory.map_err(|error| told(error.into()))?;
        let begun = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let transaction = begun.map_err(|error| told(error.into()))?;
        search::wait(&transaction).map_err(told)?;
        self.in_one_commit.set(true);
        let done = work(self);
        self.in_one_commit.set(false);
        let done = done?;
        // A full disk has undone everything already, what waited too; the commit says so.
        if !transaction.is_autocommit() {
            search::take_in(&transaction).map_err(told)?;
        }
        transaction.commit().map_err(|error| told(error.into()))?;
        self.own_changes.set(self.own_changes.get() + 1);
        place::still_there(&self.path, self.identity).map_err(told)?;
        Ok(done)
    }

    /// Makes many changes and commits them together, all of them or none: `work` must fail where one of them does. It is quicker
    /// than [`in_one_commit`](Self::in_one_commit), because nothing is kept by which a single one could be undone.
    ///
    /// # Errors
    /// As [`in_one_commit`](Self::in_one_commit).
    pub fn in_one_piece<T, E: From<RegistryError>>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.in_one_commit(|registry| {
            let outer = registry.in_one_piece.replace(true);
            let done = work(registry);
            registry.in_one_piece.set(outer);
            done
        })
    }

    /// Reads several things from one and the same state of the file.
    fn read_together<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Result<T, RegistryError> {
        self.read(|db| {
            if self.in_one_commit.get() || self.in_one_state.get() {
                return work(db);
            }
            let transaction = Transaction::new_unchecked(db, TransactionBehavior::Deferred)?;
            let found = work(&transaction)?;
            transaction.finish()?;
            Ok(found)
        })
    }

    /// Writes in one transaction: whole, and on the disk, or not at all.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Result<T, RegistryError> {
        self.writing(work).map_err(|fault| fault.about(&self.path))
    }

    fn writing<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Outcome<T> {
        let db = &self.connection;
        self.expect_writable()?;
        if self.in_one_commit.get() {
            return self.a_part(|| work(db), |fault| fault);
        }
        let before = db.total_changes();
        let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        // A file that was deleted while the transaction ran has taken it along.
        place::still_there(&self.path, self.identity)?;
        if db.total_changes() != before {
            self.own_changes.set(self.own_changes.get() + 1);
        }
        Ok(done)
    }

    /// A change inside a transaction of many: whole or not made.
    fn a_part<T, E>(&self, work: impl FnOnce() -> Result<T, E>, told: impl Fn(Fault) -> E) -> Result<T, E> {
        let db = &self.connection;
        let run = |sql| -> Result<(), E> {
            let ran = db
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute([]));
            ran.map(drop).map_err(|error| told(error.into()))
        };
        if db.is_autocommit() {
            // A full disk has undone the transaction already. A savepoint would begin another one, and commit what everybody
            // is told of as not written.
            let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
            return Err(told(rusqlite::Error::SqliteFailure(full, None).into()));
        }
        if self.in_one_piece.get() {
            return work();
        }
        run("SAVEPOINT part")?;
        match work() {
            Ok(done) => run("RELEASE part").map(|()| done),
            Err(error) => {
                // A full disk has undone everything already; then the commit fails too, and this is why.
                let _ = run("ROLLBACK TO part").and_then(|()| run("RELEASE part"));
                Err(error)
            }
        }
    }

    fn expect_writable(&self) -> Outcome<()> {
        if self.is_read_only() {
            return Err(RegistryError::OpenReadOnly.into());
        }
        place::still_there(&self.path, self.identity)
    }
}

impl Drop for Registry {
    /// SQLite writes the log into the file when the last connection closes, and takes it away. Where the file lost its
    /// content meanwhile, the log is the best of what is left.
    fn drop(&mut self) {
        if loss::look(&self.path).is_some() {
            open::leave_the_log(&self.connection, &self.path);
        }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A time as the file keeps it: microseconds since 1970 in UTC.
fn stored(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A stored time.
fn time(stored: i64) -> Outcome<Timestamp> {
    Timestamp::from_microsecond(stored)
        .map_err(|_| Fault::Content(format!("{stored} is no time that a calendar has")))
}

/// A stored time that may be absent.
fn time_if_any(stored: Option<i64>) -> Outcome<Option<Timestamp>> {
    stored.map(time).transpose()
}

/// A list as the file keeps it.
fn json<T: serde::Serialize + ?Sized>(value: &T) -> Outcome<String> {
    Ok(serde_json::to_string(value)?)
}

#[cfg(test)]
mod tests;
