//! The audit of this registry, kept current: what was judged before is judged again only where something has changed since.

use jiff::Timestamp;

use super::{AuditRecord, Changes, Mark, Place, Registry, RegistryError};
use crate::audit::{AuditFinding, Ledger, SignOffs};
use crate::client::ClientId;

/// Clients that are read at once.
const PAGE: u32 = 500;

/// Judges clients, and remembers what was found.
#[derive(Debug, Default)]
pub struct Auditor {
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    ledger: Ledger,
    mark: Mark,
    troubles: Vec<String>,
}

impl Auditor {
    /// Judges what has changed since the last time, and the clients about which the sign-offs say something else than then; all
    /// there is, the first time and where the rules were set anew. Returns whether it was all.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read; what was known before then still stands.
    pub fn bring_up_to_date(
        &mut self,
        registry: &Registry,
        sign_offs: &SignOffs,
        decided: Vec<ClientId>,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        registry.in_one_state(|registry| {
            let mark = registry.audit_mark()?;
            let changes = match &self.known {
                Some(known) => registry.changes_since(known.mark)?,
                None => Changes::Everything,
            };
            if let (Some(known), Changes::Clients(mut changed)) = (&mut self.known, changes) {
                changed.extend(decided);
                changed.sort();
                changed.dedup();
                judge_changed(registry, sign_offs, &mut known.ledger, changed, now)?;
                known.mark = mark;
                return Ok(false);
            }
            let (settings, troubles) = registry.audit_settings()?;
            let mut ledger = Ledger::new(settings);
            judge_all(registry, sign_offs, &mut ledger, now)?;
            self.known = Some(Known {
                ledger,
                mark,
                troubles,
            });
            Ok(true)
        })
    }

    /// Judges everything anew the next time: time has passed, which some rules ask for.
    pub fn forget(&mut self) {
        self.known = None;
    }

    /// What is known; nothing before the first time.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.known.as_ref().map(|known| &known.ledger)
    }

    /// What in the settings of the rules makes no sense, a sentence each.
    pub fn troubles(&self) -> &[String] {
        self.known.as_ref().map_or(&[], |known| &known.troubles)
    }
}

/// Judges every client.
fn judge_all(
    registry: &Registry,
    sign_offs: &SignOffs,
    ledger: &mut Ledger,
    now: Timestamp,
) -> Result<(), RegistryError> {
    for user in registry.users()? {
        ledger.meet_user(user.name.as_str());
    }
    registry.each_address(|client_id, draft| {
        ledger.meet(client_id, draft);
    })?;
    let mut place = Place::default();
    loop {
        let (mut records, next) = registry.audit_records(place, PAGE)?;
        for record in &mut records {
            record.add(sign_offs);
            judge_one(registry, ledger, record, now)?;
        }
        if records.len() < PAGE as usize {
            return Ok(());
        }
        place = next;
    }
}

/// Judges again those that changed, and those that are judged beside them.
fn judge_changed(
    registry: &Registry,
    sign_offs: &SignOffs,
    ledger: &mut Ledger,
    changed: Vec<ClientId>,
    now: Timestamp,
) -> Result<(), RegistryError> {
    let mut records = Vec::with_capacity(changed.len());
    let mut beside = Vec::new();
    for client_id in changed {
        match registry.audit_record(&client_id)? {
            Some(record) => {
                beside.extend(ledger.meet(&client_id, &record.draft));
                records.push(record);
            }
            None => beside.extend(ledger.forget(&client_id)),
        }
    }
    for client_id in beside {
        if records.iter().all(|record| record.client_id != client_id) {
            records.extend(registry.audit_record(&client_id)?);
        }
    }
    records.iter_mut().try_for_each(|record| {
        record.add(sign_offs);
        judge_one(registry, ledger, record, now)
    })
}

fn judge_one(
    registry: &Registry,
    ledger: &mut Ledger,
    record: &AuditRecord,
    now: Timestamp,
) -> Result<(), RegistryError> {
    let mut trouble = None;
    ledger.judge(&record.facts(), now, |finding| {
        since(registry, record, finding).unwrap_or_else(|error| {
            trouble = Some(error);
            record.created_at
        })
    });
    trouble.map_or(Ok(()), Err)
}

/// Since when the field of a finding is as it is.
fn since(
    registry: &Registry,
    record: &AuditRecord,
    finding: &AuditFinding,
) -> Result<Timestamp, RegistryError> {
    match finding.field {
        "last_used_at" => Ok(record.last_used_at.unwrap_or(record.created_at)),
        // A first version has never changed, which spares asking.
        field if record.version > 1 || field == "secrets" => {
            registry.field_changed_at(&record.client_id, record.created_at, field)
        }
        _ => Ok(record.created_at),
    }
}
