//! Imports as wholes: which clients each of them changed, and taking that back.
//!
//! Every change that an import makes carries the import's number in its note, so that the history alone says what it brought.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::client::get;
use super::error::{Fault, Outcome};
use super::{
    Act, Client, Registry, RegistryError, SecretRecord, action, secret, stored, time, time_if_any, write,
};
use crate::client::{ClientDraft, ClientId, Status};

/// What the note of a change begins with that an import made.
const NOTE: &str = "import ";

/// An import that changed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRun {
    /// Its number.
    pub number: i64,
    /// When it began.
    pub at: Timestamp,
    /// Who began it, as claimed.
    pub by: String,
    /// What it was read from, for people.
    pub source: String,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
    /// How many clients it changed, new ones among them.
    pub clients: u64,
}

/// A client that an import changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Which.
    pub client_id: ClientId,
    /// Its name then.
    pub name: String,
    /// The first and the last change that the import made to it.
    changes: (i64, i64),
}

/// What came of taking back what an import did to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It was new, and is deleted.
    Removed,
    /// It is what it was before; secrets that came have ended.
    PutBack,
    /// There is nothing to take back any more.
    Already,
    /// Somebody changed it since: it is left as it is.
    ChangedSince,
}

/// What the changes of an import have as their note.
pub fn import_note(number: i64) -> String {
    format!("{NOTE}{number}")
}

/// The number of the import that made a change of this note.
pub fn import_of_note(note: &str) -> Option<i64> {
    let number = note.strip_prefix(NOTE)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| is_number)
}

impl Registry {
    /// Gives a new import its number.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn begin_import(&self, source: &str, act: &Act) -> Result<i64, RegistryError> {
        self.write(|db| {
            db.prepare_cached("INSERT INTO import (at, by, source) VALUES (?1, ?2, ?3)")?
                .execute(params![stored(act.at), act.by, source])?;
            Ok(db.last_insert_rowid())
        })
    }

    /// The import of a number.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn import_run(&self, number: i64) -> Result<Option<ImportRun>, RegistryError> {
        self.read_together(|db| {
            let mut statement =
                db.prepare_cached("SELECT at, by, source, undone_at FROM import WHERE number = ?1")?;
            let found = statement.query_row([number], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            });
            let Some((at, by, source, undone_at)) = found.optional()? else {
                return Ok(None);
            };
            Ok(Some(ImportRun {
                number,
                at: time(at)?,
                by,
                source,
                undone_at: time_if_any(undone_at)?,
                clients: imported(db, number)?.len() as u64,
            }))
        })
    }

    /// The clients that an import changed, in their order.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn imported(&self, number: i64) -> Result<Vec<Imported>, RegistryError> {
        self.read(|db| imported(db, number))
    }

    /// Takes back what an import did to a client, unless somebody changed it since. A new one is deleted, and what was decided
    /// on it goes with it; a changed one is what it was before, in one change.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn undo_imported(&self, imported: &Imported, act: &Act) -> Result<Undone, RegistryError> {
        self.in_one_commit(|registry| {
            let Some(now) = registry.client(&imported.client_id)? else {
                return Ok(Undone::Already);
            };
            let (first, last) = imported.changes;
            let (before, after) = registry.read(|db| Ok((record(db, first)?.0, record(db, last)?.1)))?;
            let is_as_imported = match &after {
                Some(after) => after.is(&now),
                None => false,
            };
            match before {
                None if is_as_imported => {
                    registry.delete_client(&now.client_id, now.version, act)?;
                    Ok(Undone::Removed)
                }
                Some(before) if is_as_imported => {
                    registry.put_back(&now, &before, act)?;
                    Ok(Undone::PutBack)
                }
                Some(before) if before.is_again(&now, act.at) => Ok(Undone::Already),
                _ => Ok(Undone::ChangedSince),
            }
        })
    }

    /// Remembers that an import was undone, as far as that was possible.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn end_undo(&self, number: i64, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            db.prepare_cached("UPDATE import SET undone_at = coalesce(undone_at, ?2) WHERE number = ?1")?
                .execute(params![number, stored(act.at)])?;
            Ok(())
        })
    }

    /// Makes a client what it was, refused or not: it was there like that before.
    fn put_back(&self, now: &Client, before: &Record, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            put_secrets_back(db, now, before, act.at)?;
            write::save(db, now, &before.draft, before.status, act)?;
            let after = get(db, &now.client_id)?;
            self.record(db, action::UPDATE_CLIENT, Some(now), after, act)?;
            Ok(())
        })
    }
}

/// The changes are gone through by their own index, which has nothing but those of imports.
fn imported(db: &Connection, number: i64) -> Outcome<Vec<Imported>> {
    let mut statement = db.prepare_cached(
        "SELECT seq, client_id, client_name FROM history INDEXED BY history_by_import
         WHERE note = ?1 AND note GLOB 'import [0-9]*' ORDER BY seq",
    )?;
    let mut rows = statement.query([import_note(number)])?;
    let mut found: Vec<Imported> = Vec::new();
    while let Some(row) = rows.next()? {
        let (seq, client_id, name): (i64, Option<String>, Option<String>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some(client_id) = client_id.as_deref().and_then(ClientId::parse) else {
            continue;
        };
        // The changes of one client follow each other.
        match found.last_mut().filter(|last| last.client_id == client_id) {
            Some(last) => last.changes.1 = seq,
            None => found.push(Imported {
                client_id,
                name: name.unwrap_or_default(),
                changes: (seq, seq),
            }),
        }
    }
    Ok(found)
}

/// What the history keeps of a client.
struct Record {
    draft: ClientDraft,
    status: Status,
    secrets: Vec<Value>,
}

impl Record {
    fn read(text: &str) -> Outcome<Self> {
        let mut record: Value = serde_json::from_str(text)?;
        let mut take = |name: &str| {
            let members = record.as_object_mut();
            members.and_then(|members| members.shift_remove(name))
        };
        let status = take("status").map(serde_json::from_value).transpose()?;
        let secrets = match take("secrets") {
            Some(Value::Array(secrets)) => secrets,
            _ => Vec::new(),
        };
        Ok(Self {
            draft: serde_json::from_value(record)?,
            status: status.ok_or_else(|| Fault::Content("a change has no status".to_owned()))?,
            secrets,
        })
    }

    /// Whether a client is what this says.
    fn is(&self, client: &Client) -> bool {
        let secrets = client.secrets.iter().map(SecretRecord::record);
        self.draft == client.draft && self.status == client.status && secrets.eq(self.secrets.iter().cloned())
    }

    /// Whether a client is what this says once more: of secrets that came since, none counts.
    fn is_again(&self, client: &Client, now: Timestamp) -> bool {
        let mut known = self.secrets.clone();
        let came = client.secrets.iter().filter(|secret| {
            let record = secret.record();
            let place = known.iter().position(|known| *known == record);
            place.map(|place| known.remove(place)).is_none()
        });
        let counts = came.into_iter().any(|secret| secret.is_live(now));
        self.draft == client.draft && self.status == client.status && !counts
    }
}

/// The records before and after a change.
fn record(db: &Connection, seq: i64) -> Outcome<(Option<Record>, Option<Record>)> {
    let mut statement = db.prepare_cached("SELECT before, after FROM history WHERE seq = ?1")?;
    let (before, after): (Option<String>, Option<String>) =
        statement.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let read = |text: Option<String>| text.as_deref().map(Record::read).transpose();
    Ok((read(before)?, read(after)?))
}

/// Secrets have the ends that they had, and those that came since end now.
fn put_secrets_back(db: &Connection, now: &Client, before: &Record, at: Timestamp) -> Outcome<()> {
    let mut known: Vec<&Value> = before.secrets.iter().collect();
    for stored_secret in &now.secrets {
        let of_now = stored_secret.record();
        let is_same = |known: &&Value| {
            ["label", "created_at"]
                .iter()
                .all(|name| known.get(name) == of_now.get(name))
        };
        let (expires_at, revoked_at) = match known.iter().position(is_same) {
            Some(place) => {
                let known = known.remove(place);
                (end(known, "expires_at")?, end(known, "revoked_at")?)
            }
            None if stored_secret.is_live(at) => (stored_secret.expires_at, Some(at)),
            None => continue,
        };
        secret::set_end(db, stored_secret.id, expires_at, revoked_at)?;
    }
    Ok(())
}

fn end(secret: &Value, name: &str) -> Outcome<Option<Timestamp>> {
    let text = secret.get(name).and_then(Value::as_str);
    let read = text.map(|text| {
        let time: Result<Timestamp, _> = text.parse();
        time.map_err(|_| Fault::Content(format!("{text} is no time")))
    });
    read.transpose()
}
