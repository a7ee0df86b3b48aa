//! Clients as the audit wants them: whole pages with everything that the rules ask for, read by few statements.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::error::Outcome;
use super::history::action;
use super::{Place, Registry, RegistryError, client, review, time, time_if_any};
use crate::audit::{Acceptance, Approval, Facts, ScopeFacts, SecretFacts, SignOffs};
use crate::client::{ClientDraft, ClientId, Status};

/// The most clients that are told apart in one question for what changed.
const MOST_CHANGED: u32 = 10_000;

/// Who changed, or was used, behind a mark. Only rows about users and about the settings concern everybody; keys and resource
/// servers concern no rule. What is behind the mark is little: the plus, and that doubles are taken out elsewhere, keep SQLite
/// from going through all clients.
pub(super) const CHANGED: &str =
    "SELECT client_id FROM history WHERE seq > ?1 AND (+client_id IS NOT NULL OR +action IN (?4, ?5, ?6))
     UNION ALL SELECT client_id FROM client WHERE last_used_at > ?2 LIMIT ?3";

/// A client, and all that the rules ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// Its public identifier.
    pub client_id: ClientId,
    /// Its registration.
    pub draft: ClientDraft,
    /// Whether it is switched on.
    pub status: Status,
    /// The version of its registration.
    pub version: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// When it got a token last.
    pub last_used_at: Option<Timestamp>,
    /// Only tokens issued later than this count.
    pub tokens_valid_after: Option<Timestamp>,
    /// Until when a token of it counts, at the latest.
    pub tokens_until: Option<Timestamp>,
    /// From which other system it came.
    pub origin: Option<String>,
    /// Its secrets, the oldest first.
    pub secrets: Vec<SecretFacts>,
    /// The scopes it has used.
    pub scopes_used: Vec<ScopeFacts>,
    /// Its sign-off.
    pub approval: Option<Approval>,
    /// The risks that were accepted of it.
    pub acceptances: Vec<Acceptance>,
}

impl AuditRecord {
    /// Adds what reviewers decided elsewhere than in the registry.
    pub fn add(&mut self, sign_offs: &SignOffs) {
        sign_offs.add_to(&self.client_id, &mut self.approval, &mut self.acceptances);
    }

    /// What the rules are told.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            client_id: &self.client_id,
            draft: &self.draft,
            status: self.status,
            origin: self.origin.as_deref(),
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            tokens_until: self.tokens_until,
            secrets: &self.secrets,
            scopes_used: &self.scopes_used,
            approval: self.approval.as_ref(),
            acceptances: &self.acceptances,
            version: self.version,
            is_registered: true,
        }
    }
}

/// How far the changes of a registry are known. What is behind it is what happened since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The last row of the history.
    seq: i64,
    /// The latest use of a client.
    used_at: i64,
}

/// What happened behind a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// To these clients, some of which may be gone.
    Clients(Vec<ClientId>),
    /// To so many, or to what all are judged by, that all are to be judged again.
    Everything,
}

impl Registry {
    /// The next clients in the order in which they were registered, with what the rules ask for, and the place behind them.
    /// None are left where there are fewer than `limit`.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn audit_records(
        &self,
        place: Place,
        limit: u32,
    ) -> Result<(Vec<AuditRecord>, Place), RegistryError> {
        self.read_together(|db| {
            let (mut rows, mut records) = (Vec::new(), Vec::new());
            client::each_row(db, place.row(), limit, |row| {
                rows.push(row.get(0)?);
                records.push(AuditRecord::read(row)?);
                Ok(())
            })?;
            let Some((first, last)) = rows.first().copied().zip(rows.last().copied()) else {
                return Ok((records, place));
            };
            let places: HashMap<i64, usize> = rows
                .iter()
                .enumerate()
                .map(|(index, row)| (*row, index))
                .collect();
            fill(db, first, last, |row, part| {
                let record = places.get(&row).and_then(|index| records.get_mut(*index));
                if let Some(record) = record {
                    record.take(part);
                }
            })?;
            Ok((records, Place::at_row(last)))
        })
    }

    /// Tells of every client what the others must know of it: its identifier, its name and its redirect URIs stand in the draft,
    /// and nothing else.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn each_address(&self, mut visit: impl FnMut(&ClientId, &ClientDraft)) -> Result<(), RegistryError> {
        self.read(|db| {
            let mut statement =
                db.prepare_cached("SELECT client_id, name, redirect_uris FROM client ORDER BY id")?;
            let mut rows = statement.query([])?;
            let mut draft = ClientDraft::default();
            while let Some(row) = rows.next()? {
                let client_id = client::client_id(row, 0)?;
                draft.name = row.get(1)?;
                draft.redirect_uris = client::list(row, 2)?;
                visit(&client_id, &draft);
            }
            Ok(())
        })
    }

    /// One client with what the rules ask for.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn audit_record(&self, client_id: &ClientId) -> Result<Option<AuditRecord>, RegistryError> {
        self.read_together(|db| {
            let found = client::one_row(db, client_id, |row| Ok((row.get(0)?, AuditRecord::read(row)?)))?;
            let Some((row, mut record)) = found else {
                return Ok(None);
            };
            fill(db, row, row, |_, part| record.take(part))?;
            Ok(Some(record))
        })
    }

    /// How far the changes are known now.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn audit_mark(&self) -> Result<Mark, RegistryError> {
        self.read(|db| {
            Ok(db.prepare_cached(
                "SELECT (SELECT coalesce(max(seq), 0) FROM history), (SELECT coalesce(max(last_used_at), 0) FROM client)",
            )?
            .query_row([], |row| Ok(Mark { seq: row.get(0)?, used_at: row.get(1)? }))?)
        })
    }

    /// What happened behind a mark: to whom, by the history and by the use of clients.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn changes_since(&self, mark: Mark) -> Result<Changes, RegistryError> {
        self.read_together(|db| {
            let mut statement = db.prepare_cached(CHANGED)?;
            let mut rows = statement.query(params![
                mark.seq,
                mark.used_at,
                MOST_CHANGED + 1,
                action::CHANGE_AUDIT_SETTINGS,
                action::PUT_USER,
                action::REMOVE_USER,
            ])?;
            let mut clients = Vec::new();
            while let Some(row) = rows.next()? {
                match row
                    .get::<_, Option<String>>(0)?
                    .as_deref()
                    .and_then(ClientId::parse)
                {
                    Some(client_id) => clients.push(client_id),
                    None => return Ok(Changes::Everything),
                }
            }
            clients.sort();
            clients.dedup();
            Ok(match clients.len() {
                few if few <= MOST_CHANGED as usize => Changes::Clients(clients),
                _ => Changes::Everything,
            })
        })
    }
}

/// A part of what the rules ask for.
enum Part {
    Secret(SecretFacts),
    Use(ScopeFacts, Timestamp),
    Approval(Approval),
    Acceptance(Acceptance),
}

impl AuditRecord {
    /// From a row as [`client`] asks for it.
    fn read(row: &Row<'_>) -> Outcome<Self> {
        let client = client::read_for_audit(row)?;
        Ok(Self {
            client_id: client.client_id,
            draft: client.draft,
            status: client.status,
            version: client.version,
            created_at: client.created_at,
            updated_at: client.updated_at,
            last_used_at: client.last_used_at,
            tokens_valid_after: client.tokens_valid_after,
            tokens_until: None,
            origin: client.origin,
            secrets: Vec::new(),
            scopes_used: Vec::new(),
            approval: None,
            acceptances: Vec::new(),
        })
    }

    fn take(&mut self, part: Part) {
        match part {
            Part::Secret(secret) => self.secrets.push(secret),
            Part::Use(used, latest_exp) => {
                // A token that was issued before all were ended counts no more.
                if self
                    .tokens_valid_after
                    .is_none_or(|ended| ended < used.last_used_at)
                {
                    self.tokens_until = self.tokens_until.max(Some(latest_exp));
                }
                self.scopes_used.push(used);
            }
            Part::Approval(approval) => self.approval = Some(approval),
            Part::Acceptance(accepted) => self.acceptances.push(accepted),
        }
    }
}

/// Tells what stands beside the clients of some rows, with the row that it belongs to.
fn fill(db: &Connection, first: i64, last: i64, mut take: impl FnMut(i64, Part)) -> Outcome<()> {
    each(
        db,
        "SELECT client, label, created_at, expires_at, revoked_at, last_used_at, weak FROM client_secret
         WHERE client BETWEEN ?1 AND ?2 ORDER BY id",
        (first, last),
        |row| {
            let secret = SecretFacts {
                label: row.get(1)?,
                created_at: time(row.get(2)?)?,
                expires_at: time_if_any(row.get(3)?)?,
                revoked_at: time_if_any(row.get(4)?)?,
                last_used_at: time_if_any(row.get(5)?)?,
                is_weak: row.get(6)?,
            };
            take(row.get(0)?, Part::Secret(secret));
            Ok(())
        },
    )?;
    each(
        db,
        "SELECT client, scope, last_used_at, latest_exp FROM scope_use
         WHERE client BETWEEN ?1 AND ?2 ORDER BY client, scope",
        (first, last),
        |row| {
            let used = ScopeFacts {
                scope: row.get(1)?,
                last_used_at: time(row.get(2)?)?,
            };
            take(row.get(0)?, Part::Use(used, time(row.get(3)?)?));
            Ok(())
        },
    )?;
    each(
        db,
        "SELECT client, version, by, at, approved FROM approval WHERE client BETWEEN ?1 AND ?2",
        (first, last),
        |row| {
            take(row.get(0)?, Part::Approval(review::approval(row, 1)?));
            Ok(())
        },
    )?;
    each(
        db,
        "SELECT rule, field, value, held, reason, by, at, until, client FROM accepted_risk
         WHERE client BETWEEN ?1 AND ?2 ORDER BY client, rule, field, value",
        (first, last),
        |row| {
            take(row.get(8)?, Part::Acceptance(review::acceptance(row)?));
            Ok(())
        },
    )
}

fn each(
    db: &Connection,
    question: &str,
    (first, last): (i64, i64),
    mut visit: impl FnMut(&Row<'_>) -> Outcome<()>,
) -> Outcome<()> {
    let mut statement = db.prepare_cached(question)?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        visit(row)?;
    }
    Ok(())
}
