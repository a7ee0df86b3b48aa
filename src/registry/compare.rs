//! Whether what is registered is what the history says was registered. The chain keeps the history; this keeps the rest to
//! it: a change that another program made in the file has no row.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::client::{self, StoredClient};
use super::error::Outcome;
use super::facets::Facets;
use super::{
    action, certificate_authority, initial_token, judge, resource_server, search, signing_key, user, write,
};
use crate::client::ClientDraft;

/// So many differences are told one by one.
const MOST_TOLD: usize = 5;

/// What differs: the first of it in words, and how much in all.
#[derive(Default)]
pub(super) struct Differences {
    told: Vec<String>,
    all: usize,
}

impl Differences {
    pub fn add(&mut self, told: String) {
        if self.told.len() < MOST_TOLD {
            self.told.push(told);
        }
        self.all += 1;
    }

    /// `None` where nothing differs.
    pub fn into_trouble(mut self) -> Option<String> {
        if self.all > self.told.len() {
            self.told.push(format!("and {} more", self.all - self.told.len()));
        }
        (self.all != 0).then(|| self.told.join("; "))
    }
}

/// What came of comparing every client.
#[derive(Default)]
pub(super) struct Clients {
    /// How many there are.
    pub clients: u64,
    /// Registrations that are not as the history has them.
    pub registered: Differences,
    /// What is derived from a registration and does not follow from it.
    pub derived: Differences,
}

/// Compares every client with the last row of the history about it, and with what is derived from it.
pub(super) fn clients(db: &Connection) -> Outcome<Clients> {
    let mut found = Clients::default();
    client::for_each(db, |row, client_id, client| {
        found.clients += 1;
        match client {
            Err(unreadable) => found
                .registered
                .add(format!("client {client_id} cannot be read: {unreadable}")),
            Ok(client) => {
                if let Some(difference) = with_history(db, client_id, &client)? {
                    let name = &client.draft.name;
                    found
                        .registered
                        .add(format!("client {client_id} ({name}) {difference}"));
                }
                if !is_derived(db, row, client_id, &client)? {
                    found.derived.add(format!("client {client_id} is listed wrongly"));
                }
            }
        }
        Ok(())
    })?;
    let mut gone = db.prepare(
        "SELECT client_id, seq FROM history AS it
         WHERE client_id IS NOT NULL AND after IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM client WHERE client.client_id = it.client_id)
             AND NOT EXISTS (SELECT 1 FROM history AS later WHERE later.client_id = it.client_id
                 AND later.seq > it.seq AND (later.before IS NOT NULL OR later.after IS NOT NULL))",
    )?;
    let mut rows = gone.query([])?;
    while let Some(row) = rows.next()? {
        let (client_id, seq): (String, i64) = (row.get(0)?, row.get(1)?);
        found.registered.add(format!(
            "client {client_id} is gone, though row {seq} of the history is the last about it"
        ));
    }
    Ok(found)
}

fn with_history(db: &Connection, client_id: &str, client: &StoredClient) -> Outcome<Option<String>> {
    // Rows with neither are remarks about a client, and change nothing.
    let last: Option<(i64, Option<String>)> = db
        .prepare_cached(
            "SELECT seq, after FROM history WHERE client_id = ?1 AND (before IS NOT NULL OR after IS NOT NULL)
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([client_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, after) = match last {
        None => return Ok(Some("is in no row of the history".to_owned())),
        Some((seq, None)) => return Ok(Some(format!("was deleted by row {seq} of the history"))),
        Some((seq, Some(after))) => (seq, after),
    };
    let record = client.record();
    if super::json(&record)? == after {
        return Ok(None);
    }
    let differing = differing(&serde_json::from_str(&after)?, &serde_json::to_value(&record)?);
    Ok((!differing.is_empty()).then(|| {
        let members = differing.join(", ");
        format!("is not as row {seq} of the history has it: {members}")
    }))
}

/// The members in which two records of a client differ. A record of an older version of the program is read as this one
/// reads a registration, so that what it did not write yet has its default.
fn differing(written: &Value, found: &Value) -> Vec<String> {
    let mut written = written.clone();
    if let Some(members) = written.as_object_mut() {
        let taken: Vec<_> = ["status", "secrets"]
            .into_iter()
            .filter_map(|name| Some((name, members.shift_remove(name)?)))
            .collect();
        let draft = serde_json::from_value::<ClientDraft>(Value::Object(members.clone()));
        if let Ok(Value::Object(mut draft)) = draft.and_then(serde_json::to_value) {
            draft.extend(taken.into_iter().map(|(name, value)| (name.to_owned(), value)));
            written = Value::Object(draft);
        }
    }
    let names = |record: &Value| -> Vec<String> {
        record
            .as_object()
            .map(|members| members.keys().cloned().collect())
            .unwrap_or_default()
    };
    let mut all = names(found);
    all.extend(names(&written));
    all.sort();
    all.dedup();
    all.retain(|name| written.get(name) != found.get(name));
    all
}

/// Whether a row's own columns for lists and its words follow from its registration. Whether it is *held* is not asked: whoever
/// reads one client judges it anew.
fn is_derived(db: &Connection, row: i64, client_id: &str, client: &StoredClient) -> Outcome<bool> {
    let mut statement = db.prepare_cached(
        "SELECT name_key, facets, held, type, kind, (SELECT c0 FROM client_search_content AS it WHERE it.id = client.id),
             origin
         FROM client WHERE id = ?1",
    )?;
    Ok(statement.query_row([row], |row| {
        let text = |column: usize| {
            row.get_ref(column)
                .map(|value| value.as_str_or_null().ok().flatten())
        };
        let draft = &client.draft;
        let facets =
            Facets::of(draft, judge::standing(client.status, row.get(2)?)).and(Facets::origin(text(6)?));
        Ok(text(0)? == Some(write::name_key(&draft.name).as_str())
            && row.get::<_, i64>(1)? == facets.bits()
            && text(3)? == Some(draft.client_type().as_str())
            && text(4)? == Some(draft.kind().as_str())
            && text(5)? == Some(search::words(client_id, draft, facets).as_str()))
    })?)
}

/// Compares what is kept about many clients at once with the clients.
pub(super) fn gathered(db: &Connection, differences: &mut Differences) -> Outcome<()> {
    let differing = |one: &str, other: &str| -> Outcome<i64> {
        let question = format!(
            "SELECT count(*) FROM (SELECT * FROM ({one} EXCEPT {other}) UNION ALL SELECT * FROM ({other} EXCEPT {one}))"
        );
        Ok(db.query_row(&question, [], |row| row.get(0))?)
    };
    let counts = differing(
        "SELECT facets, count(*) FROM client GROUP BY facets",
        "SELECT facets, clients FROM facet_count",
    )?;
    if counts != 0 {
        differences.add("the numbers of clients by status, type and grant are wrong".to_owned());
    }
    let origins = differing(
        "SELECT value, client.id FROM client, json_each(client.metadata, '$.allowed_cors_origins') WHERE client.facets & 1",
        "SELECT origin, client FROM cors_origin",
    )?;
    if origins != 0 {
        differences.add("the web origins of clients are wrong".to_owned());
    }
    let unlisted: i64 = db.query_row(
        "SELECT count(*) FROM client_search_content WHERE id NOT IN (SELECT id FROM client)",
        [],
        |row| row.get(0),
    )?;
    if unlisted != 0 {
        differences.add(format!("{unlisted} clients that do not exist can be searched"));
    }
    Ok(())
}

/// What the history has about things that are no clients: for each kind and name the number of the last row, and the record.
type Last = BTreeMap<(&'static str, String), (i64, Option<Value>)>;

const RESOURCE_SERVER: &str = "resource server";
const USER: &str = "test user";
const SIGNING_KEY: &str = "signing key";
const INITIAL_TOKEN: &str = "initial access token";
const AUTHORITY: &str = "certificate authority";

/// Compares resource servers, test users, signing keys and initial access tokens with the history, and says how many there are.
pub(super) fn others(db: &Connection) -> Outcome<(Differences, usize)> {
    let mut differences = Differences::default();
    let mut written = last_about_others(db)?;
    let mut count = 0;
    let mut found: Vec<(&'static str, String, Value)> = Vec::new();
    found.extend(
        resource_server::records(db)?
            .into_iter()
            .map(|(name, record)| (RESOURCE_SERVER, name, record)),
    );
    found.extend(
        user::records(db)?
            .into_iter()
            .map(|(name, record)| (USER, name, record)),
    );
    found.extend(
        signing_key::records(db)?
            .into_iter()
            .map(|(name, record)| (SIGNING_KEY, name, record)),
    );
    found.extend(
        initial_token::records(db)?
            .into_iter()
            .map(|(name, record)| (INITIAL_TOKEN, name, record)),
    );
    found.extend(
        certificate_authority::records(db)?
            .into_iter()
            .map(|(name, record)| (AUTHORITY, name, record)),
    );
    for (kind, name, record) in found {
        count += 1;
        match written.remove(&(kind, name.clone())) {
            None => differences.add(format!("{kind} {name} is in no row of the history")),
            Some((seq, None)) => {
                differences.add(format!(
                    "{kind} {name} was taken away by row {seq} of the history"
                ));
            }
            Some((seq, Some(after))) => {
                if after != record && !only_lost_its_client(db, seq, &after, &record)? {
                    differences.add(format!("{kind} {name} is not as row {seq} of the history has it"));
                }
            }
        }
    }
    for ((kind, name), (seq, after)) in written {
        if after.is_some() {
            differences.add(format!(
                "{kind} {name} is gone, though row {seq} of the history is the last about it"
            ));
        }
    }
    Ok((differences, count))
}

fn last_about_others(db: &Connection) -> Outcome<Last> {
    let mut statement =
        db.prepare("SELECT action, note, seq, after FROM history WHERE client_id IS NULL ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut last = Last::new();
    while let Some(row) = rows.next()? {
        let action: String = row.get(0)?;
        let kind = match action.as_str() {
            action::PUT_RESOURCE_SERVER | action::REMOVE_RESOURCE_SERVER => RESOURCE_SERVER,
            action::PUT_USER | action::REMOVE_USER => USER,
            action::CREATE_SIGNING_KEY | action::RETIRE_SIGNING_KEY | action::REMOVE_SIGNING_KEY => {
                SIGNING_KEY
            }
            action::CREATE_INITIAL_TOKEN | action::REVOKE_INITIAL_TOKEN => INITIAL_TOKEN,
            action::CREATE_CERTIFICATE_AUTHORITY => AUTHORITY,
            _ => continue,
        };
        let after: Option<String> = row.get(3)?;
        let mut after: Option<Value> = after.map(|after| serde_json::from_str(&after)).transpose()?;
        if let Some(after) = &mut after {
            to_the_microsecond(after);
        }
        last.insert((kind, row.get(1)?), (row.get(2)?, after));
    }
    Ok(last)
}

/// The history once had the times of new keys finer than they are stored.
fn to_the_microsecond(record: &mut Value) {
    for name in ["created_at", "retires_at"] {
        if let Some(Value::String(text)) = record.get_mut(name)
            && let Ok(time) = text.parse().map(super::stored)
            && let Ok(time) = super::time(time)
        {
            *text = time.to_string();
        }
    }
}

/// A resource server loses its introspecting client when that one is deleted, which is a row of the client's.
fn only_lost_its_client(db: &Connection, seq: i64, written: &Value, found: &Value) -> Outcome<bool> {
    const CLIENT: &str = "introspecting_client";
    let Some(client_id) = written.get(CLIENT).and_then(Value::as_str) else {
        return Ok(false);
    };
    let mut without = written.clone();
    if let Some(client) = without.get_mut(CLIENT) {
        *client = Value::Null;
    }
    Ok(without == *found
        && db
            .prepare_cached("SELECT 1 FROM history WHERE client_id = ?1 AND action = ?2 AND seq > ?3")?
            .exists(params![client_id, action::DELETE_CLIENT, seq])?)
}
