//! What the audit finds in a registry, and what its history says, as a report for whoever takes bytes. The command line and the
//! window write the same report by it, and read and keep sign-offs in the same file.

mod apply;
pub mod history;
mod selection;
mod sign_off_file;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::report::{Format, Heading, Report, Subject, Tally};
use crate::audit::{AuditFinding, Baseline, Neighbours, Settings, SignOffs, judge};
use crate::registry::{AuditRecord, Count, ListQuery, Place, Registry, RegistryError};

pub use apply::{Applied, Came, Decided, NotTaken, apply};
pub use selection::{Only, Selection};
pub use sign_off_file::{SignOffTrouble, change_sign_offs, read_sign_offs, sign_offs_beside, stamp};

/// Clients that are read at once.
const PAGE: u32 = 500;
/// Bytes that are written at once.
const PIECE: usize = 1 << 16;

/// A report that somebody wants.
#[derive(Clone, Debug)]
pub struct ReportWish {
    /// In which form.
    pub format: Format,
    /// How the rules are set; none: as the registry says.
    pub settings: Option<Settings>,
    /// What was known before.
    pub baseline: Option<Arc<Baseline>>,
    /// What reviewers decided elsewhere than in the registry.
    pub sign_offs: Option<Arc<SignOffs>>,
    /// Which of the findings stand in it.
    pub selection: Selection,
    /// What else its readers must know, a sentence each.
    pub remarks: Vec<String>,
}

impl ReportWish {
    /// A report of everything.
    pub fn of(format: Format) -> Self {
        Self {
            format,
            settings: None,
            baseline: None,
            sign_offs: None,
            selection: Selection::default(),
            remarks: Vec::new(),
        }
    }
}

/// How far a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Clients that were looked at: once to get to know them, once to judge them.
    pub done: u64,
    /// How many that will be in all; at least one.
    pub all: u64,
    /// Findings so far.
    pub findings: u64,
}

/// A report that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// What stands in it.
    pub told: Tally,
    /// What in the registry's settings of the rules makes no sense, a sentence each.
    pub troubles: Vec<String>,
}

/// Why a report did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The registry cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It cannot be written.
    #[error("the report cannot be written: {0}")]
    Out(#[from] std::io::Error),
    /// Somebody wanted it to stop.
    #[error("the report was stopped")]
    Stopped,
}

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
    registry.in_one_state(|registry| {
        let mut writing = Writing {
            registry,
            wish,
            now,
            go_on,
            step: Step {
                done: 0,
                all: 1,
                findings: 0,
            },
        };
        writing.run(out)
    })
}

struct Writing<'a> {
    registry: &'a Registry,
    wish: &'a ReportWish,
    now: Timestamp,
    go_on: &'a mut dyn FnMut(Step) -> bool,
    step: Step,
}

impl Writing<'_> {
    fn run(&mut self, out: &mut dyn Write) -> Result<Reported, ReportError> {
        let registry = self.registry;
        let (Count::Exact(clients) | Count::MoreThan(clients)) =
            registry.count_clients(&ListQuery::default())?;
        self.step.all = clients.saturating_mul(2).max(1);
        let (settings, troubles) = match &self.wish.settings {
            Some(settings) => (settings.clone(), Vec::new()),
            None => registry.audit_settings()?,
        };
        let chain = registry.verify_chain()?;
        let mut neighbours = Neighbours::default();
        self.wanted()?;
        registry.each_address(|client_id, draft| {
            neighbours.set(client_id, draft);
        })?;
        self.step.done += clients;
        for user in registry.users()? {
            neighbours.add_user(user.name.as_str());
        }
        let heading = Heading {
            registry: name_of(registry),
            at: self.now,
            history_rows: chain.rows,
            history_head: chain.head,
            history_broken_at: chain.broken_at,
            settings: settings.clone(),
            has_baseline: self.wish.baseline.is_some(),
            left_out: [self.wish.selection.sentences(), self.wish.remarks.clone()].concat(),
            sign_offs: self.wish.sign_offs.is_some(),
        };
        let mut report = Report::new(self.wish.format, heading);
        let mut page = report.begin();
        self.each_client(|writing, record| {
            let mut findings = judge(&record.facts(), &neighbours, &settings, writing.now);
            writing.know(record, &mut findings);
            let selection = &writing.wish.selection;
            findings.retain(|finding| selection.has(&record.client_id, finding));
            if findings.is_empty() && !selection.has_client(&record.client_id) {
                return Ok(());
            }
            let subject = Subject {
                client_id: &record.client_id,
                name: &record.draft.name,
                approved: record.approval.is_some(),
            };
            page.push_str(&report.client(subject, &findings));
            writing.step.findings += findings.len() as u64;
            if page.len() >= PIECE {
                out.write_all(page.as_bytes())?;
                page.clear();
            }
            Ok(())
        })?;
        out.write_all(page.as_bytes())?;
        let told = report.told().clone();
        for piece in report.end() {
            self.wanted()?;
            out.write_all(piece.as_bytes())?;
        }
        out.flush()?;
        Ok(Reported { told, troubles })
    }

    /// Marks what was known before.
    fn know(&self, record: &AuditRecord, findings: &mut [AuditFinding]) {
        if let Some(baseline) = &self.wish.baseline {
            for finding in findings {
                finding.known = baseline.knows(&record.client_id, finding);
            }
        }
    }

    fn each_client(
        &mut self,
        mut visit: impl FnMut(&mut Self, &AuditRecord) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        let mut place = Place::default();
        loop {
            self.wanted()?;
            let (mut records, next) = self.registry.audit_records(place, PAGE)?;
            for record in &mut records {
                if let Some(sign_offs) = &self.wish.sign_offs {
                    record.add(sign_offs);
                }
                visit(self, record)?;
            }
            self.step.done += records.len() as u64;
            if records.len() < PAGE as usize {
                return Ok(());
            }
            place = next;
        }
    }

    fn wanted(&mut self) -> Result<(), ReportError> {
        if (self.go_on)(self.step) {
            Ok(())
        } else {
            Err(ReportError::Stopped)
        }
    }
}

/// The file's name, without the folders that it lies in: a report is handed out.
fn name_of(registry: &Registry) -> String {
    let path = registry.path();
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
