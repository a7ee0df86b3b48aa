//! Reading the history: which rows are wanted, and what is in them.

use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::Value;

use super::{ActKind, HistoryRow};
use crate::client::ClientId;
use crate::registry::error::Outcome;
use crate::registry::{ListQuery, Registry, RegistryError, chain, stored, time};

/// Which rows of the history are wanted, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Those of one client only.
    pub client: Option<ClientId>,
    /// Those in which this text stands, in whatever case of ASCII letters.
    pub text: String,
    /// Those in which this member of the record differs: `redirect_uris`. Empty is as good as absent.
    pub field: Option<String>,
    /// Those of one person only, as the name stands in the history.
    pub by: Option<String>,
    /// Those of one kind of act only.
    pub kind: Option<ActKind>,
    /// Those from this time on only.
    pub since: Option<Timestamp>,
    /// Those before this time only.
    pub until: Option<Timestamp>,
    /// Those before this one: the last `seq` of the page before.
    pub before_seq: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// Where the chain of the history ends, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEnd {
    /// How many rows there are.
    pub rows: i64,
    /// The mac of the last one, in hexadecimal digits.
    pub head: String,
}

/// A client that the history tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryClient {
    /// Which.
    pub client_id: ClientId,
    /// Its name; the last one that it had, where it is gone.
    pub name: String,
    /// Whether it was deleted.
    pub gone: bool,
}

impl Registry {
    /// Rows of the history, the latest first. What another program made unreadable in one does not keep the others back:
    /// see [`HistoryRow::unreadable`].
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn history(&self, query: &HistoryQuery) -> Result<Vec<HistoryRow>, RegistryError> {
        let mut found = Vec::new();
        self.read(|db| {
            each(db, query, &mut |row| {
                found.push(row);
                ControlFlow::Continue(())
            })
        })?;
        Ok(found)
    }

    /// Visits rows of the history one by one, the latest first, all from one state of the file, until the visitor breaks
    /// off. `begin` is told first where the chain ends in that state.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn visit_history(
        &self,
        query: &HistoryQuery,
        begin: impl FnOnce(&ChainEnd) -> ControlFlow<()>,
        visit: &mut dyn FnMut(HistoryRow) -> ControlFlow<()>,
    ) -> Result<(), RegistryError> {
        self.read_together(|db| match begin(&chain::stored_end(db)?) {
            ControlFlow::Continue(()) => each(db, query, visit),
            ControlFlow::Break(()) => Ok(()),
        })
    }

    /// Who stands in the history under a name that holds this text, whoever did something last first.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn history_people(&self, text: &str, limit: u32) -> Result<Vec<String>, RegistryError> {
        let Some(pattern) = pattern(text.trim()) else {
            return Ok(Vec::new());
        };
        self.read(|db| {
            let mut statement = db.prepare_cached(
                r"SELECT by FROM history INDEXED BY history_outline WHERE seq > 0 AND by LIKE ?1 ESCAPE '\'
                 GROUP BY by ORDER BY max(seq) DESC LIMIT ?2",
            )?;
            let mut rows = statement.query((pattern, limit))?;
            let mut people = Vec::new();
            while let Some(row) = rows.next()? {
                // A name that is no text belongs to no person that could be asked for.
                if let Ok(name) = row.get(0) {
                    people.push(name);
                }
            }
            Ok(people)
        })
    }

    /// Clients that the history may tell of: those of the registry as its list finds them, and after them those that are gone.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn history_clients(&self, text: &str, limit: u32) -> Result<Vec<HistoryClient>, RegistryError> {
        let there = self.list_clients(&ListQuery {
            text: text.to_owned(),
            limit,
            ..ListQuery::default()
        })?;
        let mut clients: Vec<HistoryClient> = there
            .into_iter()
            .map(|row| HistoryClient {
                client_id: row.client_id,
                name: row.name,
                gone: false,
            })
            .collect();
        let Some(pattern) = pattern(text.trim()) else {
            return Ok(clients);
        };
        self.read(|db| {
            let mut statement = db.prepare_cached(
                r"SELECT client_id, client_name, max(seq) FROM history INDEXED BY history_of_deleted
                 WHERE action = 'delete-client' AND client_id IS NOT NULL
                     AND (client_id LIKE ?1 ESCAPE '\' OR client_name LIKE ?1 ESCAPE '\')
                     AND NOT EXISTS (SELECT 1 FROM client WHERE client.client_id = history.client_id)
                 GROUP BY client_id ORDER BY max(seq) DESC LIMIT ?2",
            )?;
            let mut rows = statement.query((pattern, limit))?;
            while let Some(row) = rows.next()? {
                let mut reading = Reading::of(row);
                let (client_id, name) = (reading.text(0, "")?, reading.text(1, "")?);
                if let Some(client_id) = client_id.as_deref().and_then(ClientId::parse) {
                    clients.push(HistoryClient {
                        name: name.unwrap_or_else(|| client_id.to_string()),
                        client_id,
                        gone: true,
                    });
                }
            }
            Ok(())
        })?;
        Ok(clients)
    }
}

/// A question in SQL, and the values in it.
struct Statement {
    sql: String,
    values: Vec<Sql>,
}

impl Statement {
    /// `None`: nothing can be found.
    fn of(query: &HistoryQuery) -> Option<Self> {
        let pattern = pattern(query.text.trim())?;
        let mut statement = Self {
            sql: String::new(),
            values: Vec::new(),
        };
        let mut outline = Vec::new();
        if let Some(by) = &query.by {
            outline.push(format!("by = {}", statement.value(by.clone())));
        }
        if let Some(kind) = query.kind {
            let names = kind
                .actions()
                .iter()
                .map(|name| statement.value((*name).to_owned()));
            let names: Vec<String> = names.collect();
            outline.push(format!("action IN ({})", names.join(", ")));
        }
        for (time, sign) in [(query.since, ">="), (query.until, "<")] {
            if let Some(time) = time {
                outline.push(format!("at {sign} {}", statement.value(stored(time))));
            }
        }
        let mut conditions = Vec::new();
        // Of one client there are few rows, and an index that leads to them in their order.
        let rows = if let Some(client) = &query.client {
            conditions.push(format!("h.client_id = {}", statement.value(client.to_string())));
            conditions.extend(outline.into_iter().map(|condition| format!("h.{condition}")));
            "history AS h"
        } else if outline.is_empty() {
            "history AS h"
        } else {
            // The outline is a tenth of the table: what it leaves out is never read.
            conditions.extend(outline.into_iter().map(|condition| format!("o.{condition}")));
            "history AS o INDEXED BY history_outline CROSS JOIN history AS h ON h.seq = o.seq"
        };
        let seq = if rows.contains(" AS o ") { "o.seq" } else { "h.seq" };
        let before = statement.value(query.before_seq.unwrap_or(i64::MAX));
        conditions.push(format!("{seq} < {before}"));
        if pattern != "%%" {
            conditions.push(text_condition(&statement.value(pattern)));
        }
        if let Some(field) = &query.field {
            let path = statement.value(format!("$.\"{}\"", field.replace('"', "")));
            conditions.push(field_condition(&path));
        }
        let limit = statement.value(i64::from(query.limit));
        statement.sql = format!(
            "SELECT h.seq, h.at, h.by, h.action, h.client_id, h.client_name, h.before, h.after, h.note FROM {rows}
             WHERE {} ORDER BY {seq} DESC LIMIT {limit}",
            conditions.join(" AND ")
        );
        Some(statement)
    }

    /// The place of a value.
    fn value(&mut self, value: impl Into<Sql>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}

/// LIKE compares where the text lies. To put a row's texts together and fold them first took three times as long, which is
/// felt where a text stands in none of a hundred thousand rows.
fn text_condition(pattern: &str) -> String {
    let columns = [
        "by",
        "action",
        "note",
        "client_id",
        "client_name",
        "before",
        "after",
    ];
    let likes: Vec<String> = columns
        .iter()
        .map(|column| format!(r"h.{column} LIKE {pattern} ESCAPE '\'"))
        .collect();
    format!("({})", likes.join(" OR "))
}

/// A row without records, such as a note's, is no change: NULL is NULL. What is no JSON would end the whole question.
fn field_condition(path: &str) -> String {
    let [before, after] = ["before", "after"].map(|record| {
        let member = format!("CASE WHEN json_valid(h.{record}) THEN json_extract(h.{record}, {path}) END");
        format!("nullif(nullif({member}, '[]'), '')")
    });
    format!("{before} IS NOT {after}")
}

fn each(
    db: &Connection,
    query: &HistoryQuery,
    visit: &mut dyn FnMut(HistoryRow) -> ControlFlow<()>,
) -> Outcome<()> {
    let Some(asked) = Statement::of(query) else {
        return Ok(());
    };
    let mut statement = db.prepare_cached(&asked.sql)?;
    let mut rows = statement.query(params_from_iter(asked.values))?;
    while let Some(row) = rows.next()? {
        if visit(read_row(row)?).is_break() {
            break;
        }
    }
    Ok(())
}

/// A text as LIKE looks for it anywhere. `None` for one that stands nowhere: LIKE takes no longer ones, and ends at a NUL.
fn pattern(text: &str) -> Option<String> {
    const LONGEST: usize = 20_000;
    if text.len() > LONGEST || text.contains('\0') {
        return None;
    }
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Some(pattern)
}

fn read_row(row: &Row<'_>) -> Outcome<HistoryRow> {
    let mut reading = Reading::of(row);
    let read = HistoryRow {
        seq: row.get(0)?,
        at: reading.time(1, "at"),
        by: reading.text(2, "by")?.unwrap_or_default(),
        action: reading.text(3, "action")?.unwrap_or_default(),
        client_id: reading.client_id(4, "client_id")?,
        client_name: reading.text(5, "client_name")?,
        before: reading.record(6, "before")?,
        after: reading.record(7, "after")?,
        note: reading.text(8, "note")?.unwrap_or_default(),
        unreadable: Vec::new(),
    };
    Ok(HistoryRow {
        unreadable: reading.unreadable,
        ..read
    })
}

/// A row that is being read, whatever another program wrote into it.
struct Reading<'a> {
    row: &'a Row<'a>,
    unreadable: Vec<&'static str>,
}

impl<'a> Reading<'a> {
    fn of(row: &'a Row<'a>) -> Self {
        Self {
            row,
            unreadable: Vec::new(),
        }
    }

    /// A text; what of it can be read, where it is not all text.
    fn text(&mut self, index: usize, name: &'static str) -> Outcome<Option<String>> {
        Ok(match self.row.get_ref(index)? {
            ValueRef::Null => None,
            ValueRef::Text(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                if matches!(text, std::borrow::Cow::Owned(_)) {
                    self.unreadable.push(name);
                }
                Some(text.into_owned())
            }
            ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => {
                self.unreadable.push(name);
                None
            }
        })
    }

    fn time(&mut self, index: usize, name: &'static str) -> Timestamp {
        let read = self.row.get(index).ok().and_then(|at| time(at).ok());
        read.unwrap_or_else(|| {
            self.unreadable.push(name);
            Timestamp::UNIX_EPOCH
        })
    }

    fn client_id(&mut self, index: usize, name: &'static str) -> Outcome<Option<ClientId>> {
        let text = self.text(index, name)?;
        let client_id = text.as_deref().and_then(ClientId::parse);
        if text.is_some() && client_id.is_none() && !self.unreadable.contains(&name) {
            self.unreadable.push(name);
        }
        Ok(client_id)
    }

    fn record(&mut self, index: usize, name: &'static str) -> Outcome<Option<Value>> {
        let Some(text) = self.text(index, name)? else {
            return Ok(None);
        };
        let record = serde_json::from_str(&text).ok();
        if record.is_none() && !self.unreadable.contains(&name) {
            self.unreadable.push(name);
        }
        Ok(record)
    }
}

/// The question that a query comes to, for tests of how it is answered.
#[cfg(test)]
pub(in crate::registry) fn sql_of(query: &HistoryQuery) -> String {
    Statement::of(query)
        .map(|statement| statement.sql)
        .unwrap_or_default()
}
