//! The report of a registry.

use std::io::Write;

use jiff::Timestamp;

use super::writing::{Going, Writing};
use super::{ReportError, ReportWish, Reported, Step};
use crate::audit::report::{Audited, Heading, HistoryState, Subject};
use crate::audit::{Neighbours, judge};
use crate::registry::{AuditRecord, Count, ListQuery, Place, Registry};

/// Clients that are read at once.
const PAGE: u32 = 500;

/// Writes a report of a registry, of one moment whatever others write meanwhile. `go_on` is told how far it is, and says
/// whether it is still wanted.
///
/// # Errors
/// [`ReportError`] says what stood in the way. What was written until then is no report.
pub fn write(
    registry: &Registry,
    wish: &ReportWish,
    now: Timestamp,
    out: &mut dyn Write,
    go_on: &mut dyn FnMut(Step) -> bool,
) -> Result<Reported, ReportError> {
    registry.in_one_state(|registry| run(registry, wish, now, out, Going::new(go_on)))
}

fn run(
    registry: &Registry,
    wish: &ReportWish,
    now: Timestamp,
    out: &mut dyn Write,
    mut going: Going<'_>,
) -> Result<Reported, ReportError> {
    let (Count::Exact(clients) | Count::MoreThan(clients)) = registry.count_clients(&ListQuery::default())?;
    going.step.all = clients.saturating_mul(2).max(1);
    let (settings, troubles) = match &wish.settings {
        Some(settings) => (settings.clone(), Vec::new()),
        None => registry.audit_settings()?,
    };
    let chain = registry.verify_chain()?;
    let mut neighbours = Neighbours::default();
    going.wanted()?;
    registry.each_address(|client_id, draft| {
        neighbours.set(client_id, draft);
    })?;
    going.step.done += clients;
    for user in registry.users()? {
        neighbours.add_user(user.name.as_str());
    }
    let heading = Heading {
        audited: Audited::Registry {
            name: name_of(registry),
            history: HistoryState {
                rows: chain.rows,
                head: chain.head,
                broken_at: chain.broken_at,
            },
        },
        at: now,
        settings: settings.clone(),
        has_baseline: wish.baseline.is_some(),
        left_out: [wish.selection.sentences(), wish.remarks.clone()].concat(),
        sign_offs: wish.sign_offs.is_some(),
    };
    let mut writing = Writing::new(wish, heading, out);
    each_client(registry, wish, &mut going, |going, record| {
        let findings = judge(&record.facts(), &neighbours, &settings, now);
        let subject = Subject {
            client_id: &record.client_id,
            realm: None,
            name: &record.draft.name,
            approved: record.approval.is_some(),
        };
        writing.client(subject, findings, &mut going.step)
    })?;
    Ok(Reported {
        told: writing.end(&mut going)?,
        troubles,
        unreadable: 0,
    })
}

fn each_client<'a>(
    registry: &Registry,
    wish: &ReportWish,
    going: &mut Going<'a>,
    mut visit: impl FnMut(&mut Going<'a>, &AuditRecord) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    let mut place = Place::default();
    loop {
        going.wanted()?;
        let (mut records, next) = registry.audit_records(place, PAGE)?;
        for record in &mut records {
            if let Some(sign_offs) = &wish.sign_offs {
                record.add(sign_offs);
            }
            visit(going, record)?;
        }
        going.step.done += records.len() as u64;
        if records.len() < PAGE as usize {
            return Ok(());
        }
        place = next;
    }
}

/// The file's name, without the folders that it lies in: a report is handed out.
fn name_of(registry: &Registry) -> String {
    let path = registry.path();
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
