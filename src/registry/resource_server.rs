//! The resource servers behind `audience`: the APIs that tokens are for.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::client::get;
use super::error::{Fault, Outcome};
use super::history::Entry;
use super::{Act, Registry, RegistryError, action};
use crate::client::ClientId;

/// An API that tokens are for (RFC 8707 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceServer {
    /// What stands in `aud`, most often an absolute URI.
    pub identifier: String,
    /// A short name for URLs and lists; unique.
    pub slug: String,
    /// The scopes that it knows.
    pub scopes: Vec<String>,
    /// The client that may introspect tokens for it (RFC 7662).
    pub introspecting_client: Option<ClientId>,
}

impl ResourceServer {
    fn record(&self) -> Value {
        json!({
            "identifier": self.identifier,
            "slug": self.slug,
            "scopes": self.scopes,
            "introspecting_client": self.introspecting_client.as_ref().map(ClientId::as_str),
        })
    }
}

const SELECT: &str = "SELECT identifier, slug, resource_server.scopes, client.client_id FROM resource_server
    LEFT JOIN client ON client.id = introspecting_client";

impl Registry {
    /// All resource servers, by identifier.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn resource_servers(&self) -> Result<Vec<ResourceServer>, RegistryError> {
        self.read(all)
    }

    /// Registers a resource server, or changes the one of the same identifier. An equal one changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::AlreadyExists`] for a slug that another one has; [`RegistryError::NotFound`] for an unknown
    /// introspecting client.
    pub fn put_resource_server(&self, server: &ResourceServer, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let before = find(db, &server.identifier)?;
            if before.as_ref() == Some(server) {
                return Ok(());
            }
            let slug_taken = db
                .prepare_cached("SELECT 1 FROM resource_server WHERE slug = ?1 AND identifier <> ?2")?
                .exists([&server.slug, &server.identifier])?;
            if slug_taken {
                let name = server.slug.clone();
                return Err(RegistryError::AlreadyExists {
                    what: "resource server",
                    name,
                }
                .into());
            }
            let client = server
                .introspecting_client
                .as_ref()
                .map(|id| get(db, id))
                .transpose()?;
            db.prepare_cached(
                "INSERT INTO resource_server (identifier, slug, scopes, introspecting_client)
                 VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (identifier) DO UPDATE SET slug = ?2, scopes = ?3, introspecting_client = ?4",
            )?
            .execute(params![
                server.identifier,
                server.slug,
                super::json(&server.scopes)?,
                client.map(|client| client.row)
            ])?;
            let entry = Entry::of_other(action::PUT_RESOURCE_SERVER, &server.identifier);
            let before = before.map(|server| server.record());
            Entry {
                before,
                after: Some(server.record()),
                ..entry
            }
            .append(db, &self.vault, act)
        })
    }

    /// Takes a resource server away. Clients keep its identifier in their `audience`.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown one.
    pub fn remove_resource_server(&self, identifier: &str, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let before = find(db, identifier)?.ok_or_else(|| RegistryError::NotFound {
                what: "resource server",
                name: identifier.to_owned(),
            })?;
            db.prepare_cached("DELETE FROM resource_server WHERE identifier = ?1")?
                .execute([identifier])?;
            let entry = Entry::of_other(action::REMOVE_RESOURCE_SERVER, identifier);
            Entry {
                before: Some(before.record()),
                ..entry
            }
            .append(db, &self.vault, act)
        })
    }
}

fn all(db: &Connection) -> Outcome<Vec<ResourceServer>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} ORDER BY identifier"))?;
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
    Ok(all.map(|one| (one.identifier.clone(), one.record())).collect())
}

fn find(db: &Connection, identifier: &str) -> Outcome<Option<ResourceServer>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE identifier = ?1"))?;
    statement
        .query_row([identifier], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> Outcome<ResourceServer> {
    let scopes: String = row.get(2)?;
    let client: Option<String> = row.get(3)?;
    Ok(ResourceServer {
        identifier: row.get(0)?,
        slug: row.get(1)?,
        scopes: serde_json::from_str(&scopes).map_err(Fault::from)?,
        introspecting_client: client.as_deref().and_then(ClientId::parse),
    })
}
