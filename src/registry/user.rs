//! Test users: who signs in at `/authorize` while a client is being tried out.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value, json};

use super::error::{Fault, Outcome};
use super::history::Entry;
use super::{Act, Registry, RegistryError, action, stored, time};
use crate::client::{Secret, SecretHash};
use crate::vault::VaultError;

/// A test user.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// The hash of the password.
    pub hash: SecretHash,
    /// What `/userinfo` says of the person.
    pub claims: Map<String, Value>,
    /// Since when there is one of this name.
    pub created_at: Timestamp,
}

/// What a test user is called: also the `sub` of most tokens, which OpenID Connect Core §2 wants in ASCII and short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

impl UserName {
    /// Reads a name: 1 to 100 visible ASCII characters.
    pub fn parse(text: &str) -> Option<Self> {
        let visible = |byte: u8| byte.is_ascii_graphic();
        ((1..=100).contains(&text.len()) && text.bytes().all(visible)).then(|| Self(text.to_owned()))
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl User {
    /// A user with a password. Slow on purpose, like [`Secret::hash`]. Never on the thread that draws.
    ///
    /// # Errors
    /// [`RegistryError`] when there are no random bytes, or no memory to hash with.
    pub fn new(
        name: UserName,
        password: &Secret,
        claims: Map<String, Value>,
        created_at: Timestamp,
    ) -> Result<Self, RegistryError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| RegistryError::Vault(VaultError::NoRandomness))?;
        Ok(Self {
            name: name.0,
            hash: password.hash(salt).map_err(RegistryError::NotHashed)?,
            claims,
            created_at,
        })
    }

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
        self.read(all)
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

fn all(db: &Connection) -> Outcome<Vec<User>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} ORDER BY name"))?;
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
    Ok(all.map(|one| (one.name.clone(), one.record())).collect())
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
