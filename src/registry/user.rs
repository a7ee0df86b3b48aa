//! Test users: who signs in at `/authorize` while a client is being tried out.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value, json};

use super::error::{Fault, Outcome};
use super::history::Entry;
use super::{Act, Registry, RegistryError, action, stored, time};
use crate::client::SecretHash;

/// A test user.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// The hash of the password.
    pub hash: SecretHash,
    /// What ID tokens and `/userinfo` say of the person.
    pub claims: Map<String, Value>,
    /// Since when there is one of this name.
    pub created_at: Timestamp,
}

impl User {
    /// What the history keeps: nothing of the password.
    fn record(&self) -> Value {
        json!({ "name": self.name, "claims": self.claims, "created_at": self.created_at.to_string() })
    }
}

const SELECT: &str = "SELECT name, password_hash, claims, created_at FROM test_user";

impl Registry {
    /// All test users, by name.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn users(&self) -> Result<Vec<User>, RegistryError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!("{SELECT} ORDER BY name"))?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(found)
        })
    }

    /// The test user of a name.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn user(&self, name: &str) -> Result<Option<User>, RegistryError> {
        self.read(|db| find(db, name))
    }

    /// Makes a test user, or changes the one of the same name, whose `created_at` stays.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn put_user(&self, user: &User, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let before = find(db, &user.name)?.map(|user| user.record());
            db.prepare_cached(
                "INSERT INTO test_user (name, password_hash, claims, created_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET password_hash = ?2, claims = ?3",
            )?
            .execute(params![
                user.name,
                user.hash.as_str(),
                super::json(&user.claims)?,
                stored(user.created_at)
            ])?;
            let after = find(db, &user.name)?.map(|user| user.record());
            let entry = Entry::of_other(action::PUT_USER, &user.name);
            Entry {
                before,
                after,
                ..entry
            }
            .append(db, &self.vault, act)
        })
    }

    /// Takes a test user away.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown one.
    pub fn remove_user(&self, name: &str, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let before = find(db, name)?.ok_or_else(|| RegistryError::NotFound {
                what: "test user",
                name: name.to_owned(),
            })?;
            db.prepare_cached("DELETE FROM test_user WHERE name = ?1")?
                .execute([name])?;
            let entry = Entry::of_other(action::REMOVE_USER, name);
            Entry {
                before: Some(before.record()),
                ..entry
            }
            .append(db, &self.vault, act)
        })
    }
}

fn find(db: &Connection, name: &str) -> Outcome<Option<User>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE name = ?1"))?;
    statement
        .query_row([name], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> Outcome<User> {
    let hash: String = row.get(1)?;
    let claims: String = row.get(2)?;
    Ok(User {
        name: row.get(0)?,
        hash: SecretHash::parse(&hash)
            .ok_or_else(|| Fault::Content("it has a user whose hash is no Argon2id hash".to_owned()))?,
        claims: serde_json::from_str(&claims)?,
        created_at: time(row.get(3)?)?,
    })
}
