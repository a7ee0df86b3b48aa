//! Consent: what a person has allowed a client before, so that the next time need not ask.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::client::get;
use super::error::{Fault, Outcome};
use super::history::Entry;
use super::{Act, Registry, RegistryError, action, json, stored, time};
use crate::client::ClientId;

/// What a person allowed a client, for the same resource servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The name of the test user.
    pub user: String,
    /// The client.
    pub client_id: ClientId,
    /// What people call it.
    pub client_name: String,
    /// For what.
    pub scopes: Vec<String>,
    /// At which resource servers, in order; none when none was named.
    pub resources: Vec<String>,
    /// When, last.
    pub given_at: Timestamp,
}

impl Registry {
    /// Remembers a consent; scopes that were allowed before for the same resources stay allowed.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone; [`RegistryError`] when the file cannot be written.
    pub fn give_consent(
        &self,
        user: &str,
        client_id: &ClientId,
        scopes: &[String],
        resources: &[String],
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = get(db, client_id)?;
            let resources = json(&sorted(resources))?;
            let mut all = find(db, user, client.row, &resources)?.unwrap_or_default();
            for scope in scopes {
                if !all.contains(scope) {
                    all.push(scope.clone());
                }
            }
            db.prepare_cached(
                "INSERT INTO consent (user, client, resources, scopes, given_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET scopes = ?4, given_at = ?5",
            )?
            .execute(params![user, client.row, resources, json(&all)?, stored(now)])?;
            Ok(())
        })
    }

    /// The scopes that a person has allowed a client for these resource servers; `None` when the person was never asked.
    /// To be asked and to allow no scope in particular is a consent too.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn consented_scopes(
        &self,
        user: &str,
        client_id: &ClientId,
        resources: &[String],
    ) -> Result<Option<Vec<String>>, RegistryError> {
        self.read_together(|db| {
            let client = get(db, client_id)?;
            find(db, user, client.row, &json(&sorted(resources))?)
        })
    }

    /// All consents, by user and the client's name.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn consents(&self) -> Result<Vec<Consent>, RegistryError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT user, client_id, name, consent.scopes, resources, given_at
                 FROM consent JOIN client ON client.id = consent.client ORDER BY user, name_key, resources",
            )?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let client_id: String = row.get(1)?;
                let scopes: String = row.get(3)?;
                let resources: String = row.get(4)?;
                found.push(Consent {
                    user: row.get(0)?,
                    client_id: ClientId::parse(&client_id).ok_or_else(|| {
                        Fault::Content(format!("it has a consent for client {client_id:?}"))
                    })?,
                    client_name: row.get(2)?,
                    scopes: serde_json::from_str(&scopes)?,
                    resources: serde_json::from_str(&resources)?,
                    given_at: time(row.get(5)?)?,
                });
            }
            Ok(found)
        })
    }

    /// Withdraws what a person allowed a client, and ends the grants and tokens that came of it.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone; [`RegistryError`] when the file cannot be written.
    pub fn withdraw_consent(&self, user: &str, client_id: &ClientId, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = get(db, client_id)?;
            for statement in [
                "DELETE FROM consent WHERE user = ?1 AND client = ?2",
                "DELETE FROM grant WHERE user = ?1 AND client = ?2",
            ] {
                db.prepare_cached(statement)?.execute(params![user, client.row])?;
            }
            let note = format!("Given by {user}");
            let entry: Entry<'_> = Entry::of_client(action::WITHDRAW_CONSENT, client_id, &client.draft.name);
            Entry { note: &note, ..entry }.append(db, &self.vault, act)
        })
    }
}

/// Forgets every consent for a client, by its row: it is no longer what people said yes to.
pub(super) fn forget_client(db: &Connection, client: i64) -> Outcome<()> {
    db.prepare_cached("DELETE FROM consent WHERE client = ?1")?
        .execute([client])?;
    Ok(())
}

fn find(db: &Connection, user: &str, client: i64, resources: &str) -> Outcome<Option<Vec<String>>> {
    let scopes: Option<String> = db
        .prepare_cached("SELECT scopes FROM consent WHERE user = ?1 AND client = ?2 AND resources = ?3")?
        .query_row(params![user, client, resources], |row| row.get(0))
        .optional()?;
    Ok(scopes.map(|scopes| serde_json::from_str(&scopes)).transpose()?)
}

/// In which order they were asked for says nothing.
fn sorted(resources: &[String]) -> Vec<&String> {
    let mut sorted: Vec<&String> = resources.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted
}
