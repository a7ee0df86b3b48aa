//! What is derived from a registration when its row is written, and derived again when the rules have changed.
//!
//! What is stored serves lists, filters and counts. Whoever reads one client gets it judged there and then: so no client is
//! let in by rules of another time, however long judging all of them again takes.

use rusqlite::{Connection, params};

use super::error::Outcome;
use super::facets::Facets;
use super::{Registry, RegistryError, client, open, review, search};
use crate::client::{ClientDraft, Rule, RuleSettings, Severity, Standing, Status};

/// Clients that are judged again in one transaction: some 30 ms, in which no other process can write.
pub(super) const SLICE: u32 = 1_000;

/// By which rules the stored judgements were made.
const JUDGED_BY: &str = "judged_by";
/// How far judging again has come, and by which rules.
const JUDGING: &str = "judging";

/// A registration's standing before the rules, as the file keeps it.
pub(super) struct Judgement {
    /// It breaks a rule marked *refuse*.
    pub held: bool,
    /// The worst of its findings.
    pub worst: Option<Severity>,
}

impl Judgement {
    /// Judges a draft by the table alone: whether it is held depends on nothing else.
    pub fn of(draft: &ClientDraft) -> Self {
        Self::by(draft, &RuleSettings::DEFAULT)
    }

    /// Judges a draft by what the organisation decided about the rules.
    pub fn by(draft: &ClientDraft, settings: &RuleSettings) -> Self {
        let findings = draft.findings_by(settings);
        Self {
            held: findings.iter().any(crate::client::Finding::refuses),
            worst: findings.iter().map(|finding| finding.severity).max(),
        }
    }

    /// The worst severity as the file keeps it.
    pub fn worst_stored(&self) -> Option<i64> {
        self.worst.map(|severity| severity as i64)
    }
}

impl Registry {
    /// Goes on judging the clients that other rules than today's judged, a thousand at a time. Opening did the first
    /// thousand; whoever owns a connection that writes does the rest when nothing else is to do. Returns whether there are
    /// more.
    ///
    /// # Errors
    /// [`RegistryError`] when it cannot be written.
    pub fn judge_some(&self) -> Result<bool, RegistryError> {
        judge_again(self, SLICE).map_err(|fault| fault.about(&self.path))
    }
}

#[cfg(test)]
impl Registry {
    /// Leaves the file as an older program would, which found nothing wrong with anything.
    pub(crate) fn as_judged_by_older_rules(&self) {
        self.write(|db| {
            db.execute(
                "UPDATE client SET held = 0, worst = NULL, facets = facets & ~7 | 1",
                [],
            )?;
            open::set_meta(db, JUDGED_BY, "older rules")
        })
        .unwrap();
    }
}

/// What a client of this status may do. Being switched off comes first: it was somebody's decision.
pub(super) fn standing(status: Status, held: bool) -> Standing {
    match (status, held) {
        (Status::Disabled, _) => Standing::Disabled,
        (Status::Active, true) => Standing::Held,
        (Status::Active, false) => Standing::Active,
    }
}

/// Writes down by which rules the stored judgements were made.
pub(super) fn remember_rules(db: &Connection) -> Outcome<()> {
    let settings = review::rule_settings(db)?;
    open::set_meta(db, JUDGED_BY, &rules(&settings))
}

/// Judges again what other rules than today's judged, so many clients at most. Returns whether there are more. How far it
/// came stands in the file, so that neither the end of the process nor another one that does the same loses it.
pub(super) fn judge_again(registry: &Registry, most: u32) -> Outcome<bool> {
    let settings = review::rule_settings(&registry.connection)?;
    let rules = rules(&settings);
    if open::meta(&registry.connection, JUDGED_BY)?.as_ref() == Some(&rules) {
        return Ok(false);
    }
    registry.writing(|db| {
        // Another process may have come to the end, or further, before this one could write.
        if open::meta(db, JUDGED_BY)?.as_ref() == Some(&rules) {
            return Ok(false);
        }
        let begun = open::meta(db, JUDGING)?;
        let done = begun
            .as_deref()
            .and_then(|line| line.split_once(' '))
            .filter(|(_, by)| *by == rules)
            .and_then(|(done, _)| done.parse().ok())
            .unwrap_or(0);
        let next: Vec<i64> = db
            .prepare_cached("SELECT id FROM client WHERE id > ?1 ORDER BY id LIMIT ?2")?
            .query_map(params![done, most], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in &next {
            judge_one(db, *id, &settings)?;
        }
        match next.last() {
            Some(last) if next.len() == most as usize => {
                open::set_meta(db, JUDGING, &format!("{last} {rules}"))?;
                Ok(true)
            }
            _ => {
                db.prepare_cached("DELETE FROM meta WHERE name = ?1")?
                    .execute([JUDGING])?;
                remember_rules(db)?;
                Ok(false)
            }
        }
    })
}

fn judge_one(db: &Connection, id: i64, settings: &RuleSettings) -> Outcome<()> {
    let client::Unjudged {
        status,
        draft,
        origin,
    } = client::load_draft(db, id)?;
    let judgement = Judgement::by(&draft, settings);
    let facets = Facets::of(&draft, standing(status, judgement.held)).and(Facets::origin(origin.as_deref()));
    let changed = db
        .prepare_cached(
            "UPDATE client SET held = ?2, worst = ?3, facets = ?4
             WHERE id = ?1 AND (held, worst, facets) IS NOT (?2, ?3, ?4)",
        )?
        .execute(params![
            id,
            judgement.held,
            judgement.worst_stored(),
            facets.bits()
        ])?;
    if changed != 0 {
        search::index_again(db, id, &draft, facets)?;
    }
    Ok(())
}

/// The rules of this program in one line: its version, what each rule weighs, and what the organisation decided about them.
fn rules(settings: &RuleSettings) -> String {
    let mut line = env!("CARGO_PKG_VERSION").to_owned();
    for rule in Rule::ALL {
        line.push_str(&format!(
            " {rule}:{}{}",
            rule.severity(),
            if rule.refuses() { "!" } else { "" }
        ));
    }
    if *settings != RuleSettings::DEFAULT {
        line.push_str(&format!(
            " many:{}/{}",
            settings.many_redirect_uris, settings.many_audiences
        ));
        for (rule, weight) in &settings.weights {
            line.push_str(&format!(" {rule}={}", weight.as_str()));
        }
    }
    line
}
