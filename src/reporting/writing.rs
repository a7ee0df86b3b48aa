//! A report that is being written, whatever it is of: what is found is marked, selected, told and counted in one way.

use std::io::Write;

use super::{ReportError, ReportWish, Step};
use crate::audit::AuditFinding;
use crate::audit::report::{Heading, Report, Subject, Tally};

/// Bytes that are written at once.
const PIECE: usize = 1 << 16;

/// Says how far it is, and hears whether it is still wanted.
pub(super) struct Going<'a> {
    go_on: &'a mut dyn FnMut(Step) -> bool,
    pub step: Step,
}

impl<'a> Going<'a> {
    pub fn new(go_on: &'a mut dyn FnMut(Step) -> bool) -> Self {
        let step = Step {
            done: 0,
            all: 1,
            findings: 0,
        };
        Self { go_on, step }
    }

    pub fn wanted(&mut self) -> Result<(), ReportError> {
        if (self.go_on)(self.step) {
            Ok(())
        } else {
            Err(ReportError::Stopped)
        }
    }
}

/// The report, and where it goes.
pub(super) struct Writing<'a> {
    wish: &'a ReportWish,
    report: Report,
    page: String,
    out: &'a mut dyn Write,
}

impl<'a> Writing<'a> {
    /// Begins it.
    pub fn new(wish: &'a ReportWish, heading: Heading, out: &'a mut dyn Write) -> Self {
        let report = Report::new(wish.format, heading);
        Self {
            wish,
            page: report.begin(),
            report,
            out,
        }
    }

    /// Tells what was found of a client, as far as it is wanted.
    pub fn client(
        &mut self,
        subject: Subject<'_>,
        mut findings: Vec<AuditFinding>,
        step: &mut Step,
    ) -> Result<(), ReportError> {
        if let Some(baseline) = &self.wish.baseline {
            for finding in &mut findings {
                finding.known = baseline.knows(subject.realm, subject.client_id, finding);
            }
        }
        let selection = &self.wish.selection;
        findings.retain(|finding| selection.has(subject.client_id, finding));
        if findings.is_empty() && !selection.has_client(subject.client_id) {
            return Ok(());
        }
        self.page.push_str(&self.report.client(subject, &findings));
        step.findings += findings.len() as u64;
        if self.page.len() >= PIECE {
            self.out.write_all(self.page.as_bytes())?;
            self.page.clear();
        }
        Ok(())
    }

    /// Ends it.
    pub fn end(mut self, going: &mut Going<'_>) -> Result<Tally, ReportError> {
        self.out.write_all(self.page.as_bytes())?;
        let told = self.report.told().clone();
        for piece in self.report.end() {
            going.wanted()?;
            self.out.write_all(piece.as_bytes())?;
        }
        self.out.flush()?;
        Ok(told)
    }
}
