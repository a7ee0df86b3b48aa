//! What reviewers decided: risks they accepted, clients they approved, how the rules are set. Each decision has its row in the
//! history. What was found day by day, and filters that are used again, are nobody's decision and have none.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::error::Outcome;
use super::history::{Entry, action};
use super::{Act, Client, Registry, RegistryError, client, judge, open, stored, time};
use crate::audit::{Acceptance, Approval, NoSettings, Settings};
use crate::client::{ClientId, Severity};

/// Under which name the settings of the audit stand in the file.
pub(super) const SETTINGS: &str = "audit_settings";
/// The most filters that are kept.
pub const MAX_REVIEW_FILTERS: usize = 100;

/// How many findings were open at the last audit of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingCount {
    /// When the day began, in UTC.
    pub day: Timestamp,
    /// How many, by severity from [`Severity::Info`] to [`Severity::Critical`].
    pub open: [u64; 5],
    /// How many were accepted.
    pub accepted: u64,
}

impl FindingCount {
    /// How many of one severity were open.
    pub fn of(&self, severity: Severity) -> u64 {
        self.open.get(severity as usize).copied().unwrap_or(0)
    }
}

impl Registry {
    /// How the rules are set, and what in the settings makes no sense, a sentence each.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read. Settings of another version are no error: they are told, and the rules
    /// are as the table has them.
    pub fn audit_settings(&self) -> Result<(Settings, Vec<String>), RegistryError> {
        let text = self.read(|db| open::meta(db, SETTINGS))?;
        let Some(text) = text else {
            return Ok((Settings::default(), Vec::new()));
        };
        Ok(Settings::read(&text).unwrap_or_else(|no_settings: NoSettings| {
            let told = format!("{no_settings}. {}", no_settings.advice());
            (Settings::default(), vec![told])
        }))
    }

    /// Sets the rules anew. What is derived from them is derived again by and by: see [`Registry::judge_some`].
    ///
    /// # Errors
    /// [`RegistryError`] when it cannot be written.
    pub fn set_audit_settings(&self, settings: &Settings, act: &Act) -> Result<(), RegistryError> {
        let after = settings.to_json();
        self.write(|db| {
            let before = open::meta(db, SETTINGS)?.and_then(|text| serde_json::from_str::<Value>(&text).ok());
            let before = before.unwrap_or_else(|| Settings::default().to_json());
            if before == after {
                return Ok(());
            }
            open::set_meta(db, SETTINGS, &after.to_string())?;
            Entry {
                before: Some(before),
                after: Some(after.clone()),
                ..Entry::of_other(action::CHANGE_AUDIT_SETTINGS, "")
            }
            .append(db, &self.vault, act)
        })?;
        judge::judge_again(self, judge::SLICE)
            .map(|_more| ())
            .map_err(|fault| fault.about(&self.path))
    }

    /// The accepted risks of a client, those that have ended among them.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn acceptances(&self, client_id: &ClientId) -> Result<Vec<Acceptance>, RegistryError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT rule, field, value, held, reason, by, at, until, client FROM accepted_risk
                 WHERE client = (SELECT id FROM client WHERE client_id = ?1) ORDER BY rule, field, value",
            )?;
            let mut rows = statement.query([client_id.as_str()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(acceptance(row)?);
            }
            Ok(found)
        })
    }

    /// Accepts a risk of a client, in the place of an earlier acceptance of the same finding.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone.
    pub fn accept_risk(
        &self,
        client_id: &ClientId,
        accepted: &Acceptance,
        act: &Act,
    ) -> Result<(), RegistryError> {
        self.write_acceptance(client_id, accepted, "", act)
    }

    /// Takes over a risk that somebody else accepted elsewhere, in the place of an earlier acceptance of the same finding. It
    /// stays that person's decision; the history says who took it over, and that it came by a file.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone.
    pub fn take_acceptance(
        &self,
        client_id: &ClientId,
        accepted: &Acceptance,
        act: &Act,
    ) -> Result<(), RegistryError> {
        let came = came_by_file(&accepted.by, accepted.at);
        self.write_acceptance(client_id, accepted, &came, act)
    }

    fn write_acceptance(
        &self,
        client_id: &ClientId,
        accepted: &Acceptance,
        came: &str,
        act: &Act,
    ) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = client::get(db, client_id)?;
            db.prepare_cached(
                "INSERT OR REPLACE INTO accepted_risk (client, rule, field, value, held, reason, by, at, until)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                client.row,
                accepted.rule,
                accepted.field,
                accepted.value.as_deref().unwrap_or_default(),
                accepted.held,
                accepted.reason,
                accepted.by,
                stored(accepted.at),
                stored(accepted.until),
            ])?;
            let until = accepted.until.strftime("%Y-%m-%d");
            let note = format!("{}, until {until}: {}{came}", what(accepted), accepted.reason);
            noted(&client, action::ACCEPT_RISK, &note).append(db, &self.vault, act)
        })
    }

    /// Accepts a risk no more.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone, or nothing of the kind is accepted.
    pub fn end_risk(
        &self,
        client_id: &ClientId,
        accepted: &Acceptance,
        act: &Act,
    ) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = client::get(db, client_id)?;
            let value = accepted.value.as_deref().unwrap_or_default();
            let ended = db
                .prepare_cached(
                    "DELETE FROM accepted_risk WHERE client = ?1 AND rule = ?2 AND field = ?3 AND value = ?4",
                )?
                .execute(params![client.row, accepted.rule, accepted.field, value])?;
            if ended == 0 {
                let name = what(accepted);
                return Err(RegistryError::NotFound {
                    what: "accepted risk",
                    name,
                }
                .into());
            }
            noted(&client, action::END_RISK, &what(accepted)).append(db, &self.vault, act)
        })
    }

    /// The sign-off of a client, if somebody approved it.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn approval(&self, client_id: &ClientId) -> Result<Option<Approval>, RegistryError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT approval.version, by, at, approved FROM approval JOIN client ON client.id = client
                 WHERE client_id = ?1",
            )?;
            let mut rows = statement.query([client_id.as_str()])?;
            rows.next()?.map(|row| approval(row, 0)).transpose()
        })
    }

    /// Signs a client off as it was looked at.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] when somebody changed it since; [`RegistryError::NotFound`] when it is gone.
    pub fn approve_client(&self, client_id: &ClientId, version: u64, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = client::get(db, client_id)?;
            if client.version != version {
                let theirs = Box::new(client);
                return Err(RegistryError::Conflict { theirs }.into());
            }
            let approval = Approval::of(&client.draft, version, &act.by, act.at);
            put_approval(db, &client, &approval)?;
            let note = format!("version {version}");
            noted(&client, action::APPROVE_CLIENT, &note).append(db, &self.vault, act)
        })
    }

    /// Takes over a sign-off that somebody else gave elsewhere, in the place of an earlier one. It stays that person's decision;
    /// the history says who took it over, and that it came by a file.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone.
    pub fn take_approval(
        &self,
        client_id: &ClientId,
        approval: &Approval,
        act: &Act,
    ) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = client::get(db, client_id)?;
            put_approval(db, &client, approval)?;
            let came = came_by_file(&approval.by, approval.at);
            let note = format!("version {}{came}", approval.version);
            noted(&client, action::APPROVE_CLIENT, &note).append(db, &self.vault, act)
        })
    }

    /// Takes a sign-off back.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone, or nobody approved it.
    pub fn withdraw_approval(&self, client_id: &ClientId, act: &Act) -> Result<(), RegistryError> {
        self.write(|db| {
            let client = client::get(db, client_id)?;
            let gone = db
                .prepare_cached("DELETE FROM approval WHERE client = ?1")?
                .execute([client.row])?;
            if gone == 0 {
                let (what, name) = ("approval", client_id.to_string());
                return Err(RegistryError::NotFound { what, name }.into());
            }
            noted(&client, action::WITHDRAW_APPROVAL, "").append(db, &self.vault, act)
        })
    }

    /// Writes down what is open today, in the place of what was written earlier that day.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn record_finding_count(&self, count: &FindingCount) -> Result<(), RegistryError> {
        let [info, low, medium, high, critical] = count.open.map(number);
        let day = count.day.as_second().div_euclid(DAY);
        self.write(|db| {
            db.prepare_cached(
                "INSERT INTO finding_count (day, critical, high, medium, low, info, accepted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT DO UPDATE SET critical = ?2, high = ?3, medium = ?4, low = ?5, info = ?6, accepted = ?7
                 WHERE (critical, high, medium, low, info, accepted) IS NOT (?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![day, critical, high, medium, low, info, number(count.accepted)])?;
            Ok(())
        })
    }

    /// What was open from a time on, a day each, the oldest first. Days on which nobody audited are left out.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn finding_counts(&self, since: Timestamp) -> Result<Vec<FindingCount>, RegistryError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT day, info, low, medium, high, critical, accepted FROM finding_count WHERE day >= ?1 ORDER BY day",
            )?;
            let mut rows = statement.query([since.as_second().div_euclid(DAY)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let count = |index| -> Outcome<u64> { Ok(u64::try_from(row.get::<_, i64>(index)?).unwrap_or(0)) };
                let day: i64 = row.get(0)?;
                let day = SignedDuration::from_secs(day.saturating_mul(DAY));
                found.push(FindingCount {
                    day: Timestamp::UNIX_EPOCH.saturating_add(day).unwrap_or(Timestamp::MAX),
                    open: [count(1)?, count(2)?, count(3)?, count(4)?, count(5)?],
                    accepted: count(6)?,
                });
            }
            Ok(found)
        })
    }

    /// The filters that are kept, by name: each a name and what it filters by.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn review_filters(&self) -> Result<Vec<(String, String)>, RegistryError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT name, filter FROM review_filter ORDER BY name COLLATE NOCASE, name",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Keeps a filter, in the place of the one of the same name.
    ///
    /// # Errors
    /// [`RegistryError::Unfit`] for a name that is none, or one filter too many.
    pub fn save_review_filter(
        &self,
        name: &str,
        filter: &Value,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        if super::SavedRequest::name_of(name).as_deref() != Some(name) {
            let what = "The name of a filter has 1 to 60 characters of one line";
            return Err(RegistryError::Unfit(what.to_owned()));
        }
        self.write(|db| {
            let others: i64 = db
                .prepare_cached("SELECT count(*) FROM review_filter WHERE name <> ?1")?
                .query_row([name], |row| row.get(0))?;
            if others >= number(MAX_REVIEW_FILTERS as u64) {
                let what = format!("{MAX_REVIEW_FILTERS} filters are kept, which is the most");
                return Err(RegistryError::Unfit(what).into());
            }
            db.prepare_cached(
                "INSERT OR REPLACE INTO review_filter (name, filter, saved_at) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![name, filter.to_string(), stored(now)])?;
            Ok(())
        })
    }

    /// Forgets a filter.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where there is none of this name.
    pub fn delete_review_filter(&self, name: &str) -> Result<(), RegistryError> {
        self.write(|db| {
            let gone = db
                .prepare_cached("DELETE FROM review_filter WHERE name = ?1")?
                .execute([name])?;
            if gone == 0 {
                let name = name.to_owned();
                return Err(RegistryError::NotFound { what: "filter", name }.into());
            }
            Ok(())
        })
    }
}

/// A day in seconds.
const DAY: i64 = 24 * 60 * 60;

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn put_approval(db: &Connection, client: &Client, approval: &Approval) -> Outcome<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO approval (client, version, by, at, approved) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        client.row,
        i64::try_from(approval.version).unwrap_or(i64::MAX),
        approval.by,
        stored(approval.at),
        super::json(&approval.approved)?,
    ])?;
    Ok(())
}

/// Whose decision it is that somebody takes over.
fn came_by_file(by: &str, at: Timestamp) -> String {
    let day = at.strftime("%Y-%m-%d");
    format!("; decided by {by} on {day}, taken from a file of sign-offs")
}

/// What a risk is about, in a few words.
fn what(accepted: &Acceptance) -> String {
    match &accepted.value {
        Some(value) => format!("{} ({}: {value})", accepted.rule, accepted.field),
        None => format!("{} ({})", accepted.rule, accepted.field),
    }
}

fn noted<'a>(client: &'a Client, action: &'a str, note: &'a str) -> Entry<'a> {
    Entry {
        note,
        ..Entry::of_client(action, &client.client_id, &client.draft.name)
    }
}

/// From `rule, field, value, held, reason, by, at, until`.
pub(super) fn acceptance(row: &Row<'_>) -> Outcome<Acceptance> {
    let value: String = row.get(2)?;
    Ok(Acceptance {
        rule: row.get(0)?,
        field: row.get(1)?,
        value: (!value.is_empty()).then_some(value),
        held: row.get(3)?,
        reason: row.get(4)?,
        by: row.get(5)?,
        at: time(row.get(6)?)?,
        until: time(row.get(7)?)?,
    })
}

/// From `version, by, at, approved`, the first of them at a place.
pub(super) fn approval(row: &Row<'_>, from: usize) -> Outcome<Approval> {
    let version: i64 = row.get(from)?;
    let approved: String = row.get(from + 3)?;
    Ok(Approval {
        version: u64::try_from(version).unwrap_or(0),
        by: row.get(from + 1)?,
        at: time(row.get(from + 2)?)?,
        approved: serde_json::from_str(&approved)?,
    })
}

/// The settings of the rules over drafts, as they stand in the file.
pub(super) fn rule_settings(db: &Connection) -> Outcome<crate::client::RuleSettings> {
    let text: Option<String> = db
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([SETTINGS], |row| row.get(0))
        .optional()?;
    let read = text.and_then(|text| Settings::read(&text).ok());
    Ok(read.map(|(settings, _)| settings.rules).unwrap_or_default())
}
