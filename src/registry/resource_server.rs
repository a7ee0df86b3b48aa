//! The resource servers behind `audience`: the APIs that tokens are for.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::client::get;
use super::error::{Fault, Outcome};
use super::history::Entry;
use super::{Act, Registry, RegistryError, action};
use crate::client::policy::{AccessPolicy, PolicyRule, RuleMethod};
use crate::client::resource::{MOST_SCOPES, identifier_problem, slug_problem};
use crate::client::{ClientId, Scope};

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
    /// What it asks of a token for each request.
    pub policy: AccessPolicy,
}

impl ResourceServer {
    /// Why it cannot be kept, in a sentence.
    pub fn problem(&self) -> Option<String> {
        let odd_scope = self.scopes.iter().find(|scope| Scope::parse(scope).is_none());
        let named = identifier_problem(&self.identifier).or_else(|| slug_problem(&self.slug));
        match (named, odd_scope) {
            (Some(problem), _) => Some(problem.to_owned()),
            (None, Some(scope)) => Some(format!("{scope} is no scope")),
            (None, None) if self.scopes.len() > MOST_SCOPES => {
                Some(format!("A resource server may have {MOST_SCOPES} scopes at most"))
            }
            (None, None) => None,
        }
    }

    /// What the history keeps. There were resource servers before there were policies: one without has no such member.
    fn record(&self) -> Value {
        let mut record = json!({
            "identifier": self.identifier,
            "slug": self.slug,
            "scopes": self.scopes,
            "introspecting_client": self.introspecting_client.as_ref().map(ClientId::as_str),
        });
        if let Some(members) = record.as_object_mut().filter(|_| !self.policy.rules().is_empty()) {
            let rules = self.policy.rules().iter().map(rule_record).collect();
            members.insert("policy".to_owned(), Value::Array(rules));
        }
        record
    }
}

/// A rule for people: what it does not ask for is not there.
fn rule_record(rule: &PolicyRule) -> Value {
    let mut record = json!({
        "method": rule.method.map_or("any", RuleMethod::as_str),
        "path": rule.path.as_str(),
    });
    let claims: Vec<String> = rule.claims.iter().map(ToString::to_string).collect();
    for (name, values) in [("scopes", &rule.scopes), ("claims", &claims)] {
        if let Some(members) = record.as_object_mut().filter(|_| !values.is_empty()) {
            members.insert(name.to_owned(), json!(values));
        }
    }
    record
}

const SELECT: &str =
    "SELECT identifier, slug, resource_server.scopes, client.client_id, policy FROM resource_server
    LEFT JOIN client ON client.id = introspecting_client";

impl Registry {
    /// All resource servers, by identifier.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn resource_servers(&self) -> Result<Vec<ResourceServer>, RegistryError> {
        self.read(all)
    }

    /// The resource server of a slug.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn resource_server(&self, slug: &str) -> Result<Option<ResourceServer>, RegistryError> {
        self.read(|db| find(db, "slug", slug))
    }

    /// Registers a resource server, or changes the one of the same identifier. An equal one changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::AlreadyExists`] for a slug that another one has; [`RegistryError::NotFound`] for an unknown
    /// introspecting client; [`RegistryError::Unfit`] for names and scopes that can be none.
    pub fn put_resource_server(&self, server: &ResourceServer, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            if let Some(problem) = server.problem() {
                return Err(RegistryError::Unfit(problem).into());
            }
            let before = find(db, "identifier", &server.identifier)?;
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
                "INSERT INTO resource_server (identifier, slug, scopes, introspecting_client, policy)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (identifier) DO UPDATE
                 SET slug = ?2, scopes = ?3, introspecting_client = ?4, policy = ?5",
            )?
            .execute(params![
                server.identifier,
                server.slug,
                super::json(&server.scopes)?,
                client.map(|client| client.row),
                super::json(&server.policy)?
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
            let before = find(db, "identifier", identifier)?.ok_or_else(|| RegistryError::NotFound {
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

/// The one whose column of names holds this name.
fn find(db: &Connection, column: &'static str, name: &str) -> Outcome<Option<ResourceServer>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE {column} = ?1"))?;
    statement
        .query_row([name], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> Outcome<ResourceServer> {
    let scopes: String = row.get(2)?;
    let client: Option<String> = row.get(3)?;
    let policy: String = row.get(4)?;
    Ok(ResourceServer {
        identifier: row.get(0)?,
        slug: row.get(1)?,
        scopes: serde_json::from_str(&scopes).map_err(Fault::from)?,
        introspecting_client: client.as_deref().and_then(ClientId::parse),
        policy: serde_json::from_str(&policy).map_err(Fault::from)?,
    })
}
