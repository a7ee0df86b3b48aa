//! The server's signing keys: public in clear, private sealed by the vault.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::error::Outcome;
use super::history::Entry;
use super::{Act, Registry, RegistryError, action, stored, time, time_if_any};

/// A signing key as the registry holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct SigningKeyRecord {
    /// Its name in tokens and in the published key set.
    pub kid: String,
    /// Its algorithm, such as `ES256`.
    pub alg: String,
    /// The private key, sealed under its `kid`.
    pub sealed: Vec<u8>,
    /// The public key as published.
    pub public_jwk: Value,
    /// Since when there is it.
    pub created_at: Timestamp,
    /// Until when it is published. One that has been given an end signs no more.
    pub retires_at: Option<Timestamp>,
}

impl SigningKeyRecord {
    /// What the history keeps: nothing of the private key, not even sealed.
    fn record(&self) -> Value {
        json!({
            "kid": self.kid,
            "alg": self.alg,
            "public_jwk": self.public_jwk,
            "created_at": self.created_at.to_string(),
            "retires_at": self.retires_at.map(|time| time.to_string()),
        })
    }
}

const SELECT: &str = "SELECT kid, alg, sealed, public_jwk, created_at, retires_at FROM signing_key";

impl Registry {
    /// All signing keys, the oldest first.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, RegistryError> {
        self.read(all)
    }

    /// Keeps a new signing key.
    ///
    /// # Errors
    /// [`RegistryError::AlreadyExists`] for a `kid` that is taken.
    pub fn insert_signing_key(&self, key: &SigningKeyRecord, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| self.insert_key(db, key, act))
    }

    /// Keeps a signing key where no other of its algorithm is without an end. Returns whether it was the first: another
    /// process that started at the same moment may have been quicker, and then its key counts.
    ///
    /// # Errors
    /// [`RegistryError::AlreadyExists`] for a `kid` that is taken.
    pub fn insert_first_signing_key(&self, key: &SigningKeyRecord, act: &Act) -> Result<bool, RegistryError> {
        self.write(|db| {
            let first = !db
                .prepare_cached("SELECT 1 FROM signing_key WHERE alg = ?1 AND retires_at IS NULL")?
                .exists([&key.alg])?;
            if first {
                self.insert_key(db, key, act)?;
            }
            Ok(first)
        })
    }

    /// Gives a signing key an end.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown one.
    pub fn retire_signing_key(&self, kid: &str, at: Timestamp, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let before = get(db, kid)?;
            db.prepare_cached("UPDATE signing_key SET retires_at = ?2 WHERE kid = ?1")?
                .execute(params![kid, stored(at)])?;
            let after = Some(get(db, kid)?.record());
            let entry = Entry::of_other(action::RETIRE_SIGNING_KEY, kid);
            Entry {
                before: Some(before.record()),
                after,
                ..entry
            }
            .append(db, &self.vault, act)
        })
    }

    /// Takes a signing key away, private part and all.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown one.
    pub fn remove_signing_key(&self, kid: &str, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let before = get(db, kid)?;
            db.prepare_cached("DELETE FROM signing_key WHERE kid = ?1")?
                .execute([kid])?;
            let entry = Entry::of_other(action::REMOVE_SIGNING_KEY, kid);
            Entry {
                before: Some(before.record()),
                ..entry
            }
            .append(db, &self.vault, act)
        })
    }

    fn insert_key(&self, db: &Connection, key: &SigningKeyRecord, act: &Act) -> Outcome<()> {
        if find(db, &key.kid)?.is_some() {
            return Err(RegistryError::AlreadyExists {
                what: "signing key",
                name: key.kid.clone(),
            }
            .into());
        }
        db.prepare_cached(
            "INSERT INTO signing_key (kid, alg, sealed, public_jwk, created_at, retires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            key.kid,
            key.alg,
            key.sealed,
            super::json(&key.public_jwk)?,
            stored(key.created_at),
            key.retires_at.map(stored)
        ])?;
        // As it is stored, which is to the microsecond.
        let kept = get(db, &key.kid)?;
        let entry = Entry::of_other(action::CREATE_SIGNING_KEY, &key.kid);
        Entry {
            after: Some(kept.record()),
            ..entry
        }
        .append(db, &self.vault, act)
    }
}

fn all(db: &Connection) -> Outcome<Vec<SigningKeyRecord>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} ORDER BY created_at, kid"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// What the history would keep of each, by its name.
pub(super) fn records(db: &Connection) -> Outcome<Vec<(String, Value)>> {
    let all = all(db)?.into_iter();
    Ok(all.map(|one| (one.kid.clone(), one.record())).collect())
}

fn find(db: &Connection, kid: &str) -> Outcome<Option<SigningKeyRecord>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE kid = ?1"))?;
    statement
        .query_row([kid], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn get(db: &Connection, kid: &str) -> Outcome<SigningKeyRecord> {
    find(db, kid)?.ok_or_else(|| {
        RegistryError::NotFound {
            what: "signing key",
            name: kid.to_owned(),
        }
        .into()
    })
}

fn read(row: &Row<'_>) -> Outcome<SigningKeyRecord> {
    let public_jwk: String = row.get(3)?;
    Ok(SigningKeyRecord {
        kid: row.get(0)?,
        alg: row.get(1)?,
        sealed: row.get(2)?,
        public_jwk: serde_json::from_str(&public_jwk)?,
        created_at: time(row.get(4)?)?,
        retires_at: time_if_any(row.get(5)?)?,
    })
}
