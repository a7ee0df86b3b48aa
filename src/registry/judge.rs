//! What is derived from a registration when its row is written, and derived again when the rules have changed.

use rusqlite::{Connection, params};

use super::error::Outcome;
use super::facets::Facets;
use super::{Registry, client, open, search};
use crate::client::{ClientDraft, Rule, Severity, Standing, Status};

/// A registration's standing before the rules, as the file keeps it.
pub(super) struct Judgement {
    /// It breaks a rule marked *refuse*.
    pub held: bool,
    /// The worst of its findings.
    pub worst: Option<Severity>,
}

impl Judgement {
    /// Judges a draft.
    pub fn of(draft: &ClientDraft) -> Self {
        let findings = draft.findings();
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
    open::set_meta(db, "judged_by", &rules())
}

/// Judges every client again where the stored judgements were made by other rules than today's.
pub(super) fn judge_again_if_rules_changed(registry: &Registry) -> Outcome<()> {
    if open::meta(&registry.connection, "judged_by")? == Some(rules()) {
        return Ok(());
    }
    registry.write(|db| {
        let mut ids = db.prepare("SELECT id FROM client")?;
        let ids = ids
            .query_map([], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        for id in ids {
            let (status, draft) = client::load_draft(db, id)?;
            let judgement = Judgement::of(&draft);
            let facets = Facets::of(&draft, standing(status, judgement.held));
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
        }
        remember_rules(db)
    })?;
    Ok(())
}

/// The rules of this program in one line: its version, and what each rule weighs.
fn rules() -> String {
    let mut line = env!("CARGO_PKG_VERSION").to_owned();
    for rule in Rule::ALL {
        line.push_str(&format!(
            " {rule}:{}{}",
            rule.severity(),
            if rule.refuses() { "!" } else { "" }
        ));
    }
    line
}
