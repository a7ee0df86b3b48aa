//! Initial access tokens (RFC 7591 §1.2): whoever holds one may register clients, until it ends or its uses are spent.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::error::{Fault, Outcome};
use super::history::Entry;
use super::{Act, Registry, RegistryError, TokenHash, action, stored, time, time_if_any};

/// An initial access token as the registry holds it: never the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialToken {
    /// What it is named by: eight digits of its hash, which say nothing of the token.
    pub id: String,
    /// For people; the history names it as `dcr:LABEL`. No two have the same.
    pub label: String,
    /// The scopes that its clients may have at the most; none: it sets no bound of its own.
    pub scopes: Option<Vec<String>>,
    /// How many clients it may register; none: as many as come.
    pub uses: Option<u32>,
    /// How many it has registered.
    pub used: u32,
    /// When it registered one last.
    pub last_used_at: Option<Timestamp>,
    /// Since when there is it.
    pub created_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

impl InitialToken {
    /// Whether it registers clients at a time.
    pub fn is_living(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.uses.is_none_or(|uses| self.used < uses)
    }

    /// What the history keeps: nothing of the token, and not how often it was used, which is no change of it.
    fn record(&self) -> Value {
        json!({
            "id": self.id,
            "label": self.label,
            "scopes": self.scopes,
            "uses": self.uses,
            "created_at": self.created_at.to_string(),
            "expires_at": self.expires_at.to_string(),
        })
    }
}

/// What an initial access token is called: 1 to 60 characters of one line. `open` is none, for it names clients that
/// registered without a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenLabel(String);

impl TokenLabel {
    /// Reads a label, without the white space around it.
    pub fn parse(text: &str) -> Option<Self> {
        let label = text.trim();
        let fits = (1..=60).contains(&label.chars().count()) && !crate::client::has_unsafe_characters(label);
        (fits && !label.eq_ignore_ascii_case("open")).then(|| Self(label.to_owned()))
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An initial access token to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInitialToken {
    /// Its hash.
    pub hash: TokenHash,
    /// For people; its identifier where there is none.
    pub label: Option<TokenLabel>,
    /// The scopes that its clients may have at the most.
    pub scopes: Option<Vec<String>>,
    /// How many clients it may register.
    pub uses: Option<u32>,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

const WHAT: &str = "initial access token";
const SELECT: &str = "SELECT id, label, scopes, uses, used, last_used_at, created_at, expires_at
    FROM initial_access_token";

impl Registry {
    /// All initial access tokens, those that have ended too, the newest first.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn initial_tokens(&self) -> Result<Vec<InitialToken>, RegistryError> {
        self.read(all)
    }

    /// The initial access token of a hash, whether it still counts or not.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn initial_token(&self, hash: &TokenHash) -> Result<Option<InitialToken>, RegistryError> {
        self.read(|db| find(db, "hash = ?1", params![hash]))
    }

    /// Keeps a new initial access token.
    ///
    /// # Errors
    /// [`RegistryError::AlreadyExists`] for a label that another one has.
    pub fn create_initial_token(
        &self,
        new: &NewInitialToken,
        act: &Act,
    ) -> Result<InitialToken, RegistryError> {
        self.write(|db| {
            let id: String = new
                .hash
                .iter()
                .take(4)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let label = new.label.as_ref().map_or(id.as_str(), TokenLabel::as_str);
            let taken = db
                .prepare_cached("SELECT 1 FROM initial_access_token WHERE id = ?1 OR label = ?2")?
                .exists([id.as_str(), label])?;
            if taken {
                let name = label.to_owned();
                return Err(RegistryError::AlreadyExists { what: WHAT, name }.into());
            }
            db.prepare_cached(
                "INSERT INTO initial_access_token (id, hash, label, scopes, uses, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                id,
                new.hash,
                label,
                new.scopes.as_ref().map(super::json).transpose()?,
                new.uses,
                stored(act.at),
                stored(new.expires_at)
            ])?;
            // As it is stored, which is to the microsecond.
            let kept = get(db, &id)?;
            let entry = Entry::of_other(action::CREATE_INITIAL_TOKEN, &id);
            Entry {
                after: Some(kept.record()),
                ..entry
            }
            .append(db, &self.vault, act)?;
            Ok(kept)
        })
    }

    /// Takes an initial access token away. The clients that it registered stay.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown one.
    pub fn revoke_initial_token(&self, id: &str, act: &Act) -> Result<InitialToken, RegistryError> {
        self.write(|db| {
            let before = get(db, id)?;
            db.prepare_cached("DELETE FROM initial_access_token WHERE id = ?1")?
                .execute([id])?;
            let entry = Entry::of_other(action::REVOKE_INITIAL_TOKEN, id);
            Entry {
                before: Some(before.record()),
                ..entry
            }
            .append(db, &self.vault, act)?;
            Ok(before)
        })
    }
}

/// Spends one use of a token. `false`: it has ended, or there is none.
pub(super) fn spend(db: &Connection, hash: &TokenHash, now: Timestamp) -> Outcome<bool> {
    let spent = db
        .prepare_cached(
            "UPDATE initial_access_token SET used = used + 1, last_used_at = ?2
             WHERE hash = ?1 AND expires_at > ?2 AND (uses IS NULL OR used < uses)",
        )?
        .execute(params![hash, stored(now)])?;
    Ok(spent == 1)
}

/// What the history would keep of each, by its name.
pub(super) fn records(db: &Connection) -> Outcome<Vec<(String, Value)>> {
    let all = all(db)?.into_iter();
    Ok(all.map(|one| (one.id.clone(), one.record())).collect())
}

fn all(db: &Connection) -> Outcome<Vec<InitialToken>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} ORDER BY created_at DESC, id"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn find(db: &Connection, which: &str, values: impl rusqlite::Params) -> Outcome<Option<InitialToken>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE {which}"))?;
    statement
        .query_row(values, |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn get(db: &Connection, id: &str) -> Outcome<InitialToken> {
    find(db, "id = ?1", [id])?.ok_or_else(|| {
        RegistryError::NotFound {
            what: WHAT,
            name: id.to_owned(),
        }
        .into()
    })
}

fn read(row: &Row<'_>) -> Outcome<InitialToken> {
    let scopes: Option<String> = row.get(2)?;
    Ok(InitialToken {
        id: row.get(0)?,
        label: row.get(1)?,
        scopes: scopes
            .map(|scopes| serde_json::from_str(&scopes))
            .transpose()
            .map_err(Fault::from)?,
        uses: row.get(3)?,
        used: row.get(4)?,
        last_used_at: time_if_any(row.get(5)?)?,
        created_at: time(row.get(6)?)?,
        expires_at: time(row.get(7)?)?,
    })
}
