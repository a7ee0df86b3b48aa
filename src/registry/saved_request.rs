//! Token requests that somebody wants to make again. They change no registration, so that the history says nothing of them.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::client::get;
use super::error::Outcome;
use super::{Registry, RegistryError, stored};
use crate::client::{ClientId, has_unsafe_characters};

/// The most requests that are kept for one client.
pub const MAX_SAVED_REQUESTS: usize = 50;
/// The longest name and the longest of the other texts, in characters.
const MAX_NAME: usize = 60;
const MAX_TEXT: usize = 8_192;
const WHAT: &str = "saved request";

/// What was asked for; never a secret, a token or a code. A member that is absent is as the form has it by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedRequest {
    /// What people call it; no two of a client have the same.
    pub name: String,
    /// The grant, by its registered name.
    pub grant_type: Option<String>,
    /// Space-delimited.
    pub scope: Option<String>,
    /// The resource server.
    pub audience: Option<String>,
    /// Where the browser goes back to.
    pub redirect_uri: Option<String>,
    /// Who signs in.
    pub sign_in: Option<String>,
    /// Which kind of credential the client authenticates with.
    pub credential: Option<String>,
}

impl SavedRequest {
    /// What a name is read as, without the white space around it: 1 to 60 characters of one line. `None` where it is none.
    pub fn name_of(text: &str) -> Option<String> {
        let name = text.trim();
        let fits = (1..=MAX_NAME).contains(&name.chars().count()) && !has_unsafe_characters(name);
        fits.then(|| name.to_owned())
    }

    fn judge(&self) -> Result<(), RegistryError> {
        let unfit = |what: &str| Err(RegistryError::Unfit(what.to_owned()));
        if Self::name_of(&self.name).as_ref() != Some(&self.name) {
            return unfit("The name of a saved request has 1 to 60 characters of one line");
        }
        let texts = [
            &self.grant_type,
            &self.scope,
            &self.audience,
            &self.redirect_uri,
            &self.sign_in,
            &self.credential,
        ];
        let is_long = |text: &&String| text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT;
        if texts.into_iter().flatten().any(|text| is_long(&text)) {
            return unfit("A saved request has no text of more than 8,192 characters");
        }
        Ok(())
    }
}

impl Registry {
    /// The saved requests of a client, by name; none for a client that there is not.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn saved_requests(&self, client_id: &ClientId) -> Result<Vec<SavedRequest>, RegistryError> {
        self.read(|db| {
            let mut found = db.prepare_cached(
                "SELECT name, grant_type, scope, audience, redirect_uri, sign_in, credential FROM saved_request
                 WHERE client = (SELECT id FROM client WHERE client_id = ?1) ORDER BY name COLLATE NOCASE, name",
            )?;
            let rows = found.query_map([client_id.as_str()], read)?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })
    }

    /// Keeps a request for a client, in the place of the one of the same name.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone; [`RegistryError::Unfit`] where it is too long, or one too many.
    pub fn save_request(
        &self,
        client_id: &ClientId,
        request: &SavedRequest,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        request.judge()?;
        self.write(|db| {
            let client = get(db, client_id)?.row;
            if others(db, client, &request.name)? >= MAX_SAVED_REQUESTS {
                let what =
                    format!("{MAX_SAVED_REQUESTS} requests are saved for this client, which is the most");
                return Err(RegistryError::Unfit(what).into());
            }
            db.prepare_cached(
                "INSERT OR REPLACE INTO saved_request
                 (client, name, grant_type, scope, audience, redirect_uri, sign_in, credential, saved_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                client,
                request.name,
                request.grant_type,
                request.scope,
                request.audience,
                request.redirect_uri,
                request.sign_in,
                request.credential,
                stored(now)
            ])?;
            Ok(())
        })
    }

    /// Forgets a request.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when there is none of this name.
    pub fn delete_saved_request(&self, client_id: &ClientId, name: &str) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = get(db, client_id)?.row;
            let deleted = db
                .prepare_cached("DELETE FROM saved_request WHERE client = ?1 AND name = ?2")?
                .execute(params![client, name])?;
            if deleted == 0 {
                let name = name.to_owned();
                return Err(RegistryError::NotFound { what: WHAT, name }.into());
            }
            Ok(())
        })
    }
}

/// How many requests of other names a client has.
fn others(db: &Connection, client: i64, name: &str) -> Outcome<usize> {
    let count: i64 = db
        .prepare_cached("SELECT count(*) FROM saved_request WHERE client = ?1 AND name <> ?2")?
        .query_row(params![client, name], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn read(row: &Row<'_>) -> rusqlite::Result<SavedRequest> {
    Ok(SavedRequest {
        name: row.get(0)?,
        grant_type: row.get(1)?,
        scope: row.get(2)?,
        audience: row.get(3)?,
        redirect_uri: row.get(4)?,
        sign_in: row.get(5)?,
        credential: row.get(6)?,
    })
}
