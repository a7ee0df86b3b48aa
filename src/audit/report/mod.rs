//! Reports: what was found, for people and for programs. One file a format, each written piece by piece as the clients
//! come, so that a report of any length takes the memory of one client. Only the page for people begins with the whole, and
//! with the worst: it keeps what it is told until the end.
//!
//! Whatever stands in a registration is somebody else's text: no format lets it end its field, run, link, or turn around.

mod csv;
mod decided;
mod heading;
mod html;
mod json;
mod sarif;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use csv::record as csv_record;
pub use heading::{Audited, Heading, HistoryState, NotJudged, PassedOver, WHO};
pub use json::{escaped as escaped_json, pretty as pretty_json};

use jiff::Timestamp;

use super::{Acceptance, AuditFinding};
use crate::client::{ClientId, Severity, closed_set};
use html::Page;

closed_set! {
    /// In which form a report is written.
    Format {
        /// For a terminal.
        Text = "text",
        /// For programs.
        Json = "json",
        /// For a spreadsheet (RFC 4180).
        Csv = "csv",
        /// For code scanning (SARIF 2.1.0).
        Sarif = "sarif",
        /// For people, in one file.
        Html = "html",
    }
}

/// How much was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Clients that were judged.
    pub clients: u64,
    /// Those of them with findings.
    pub clients_with_findings: u64,
    /// Those of them that somebody approved.
    pub approved: u64,
    /// Findings that are open, by severity.
    pub severities: BTreeMap<Severity, u64>,
    /// Findings whose risk somebody has accepted.
    pub accepted: u64,
    /// Findings that were known before, and that nobody has accepted.
    pub known: u64,
}

impl Tally {
    /// Counts a client in.
    pub fn add(&mut self, findings: &[AuditFinding], approved: bool) {
        self.clients += 1;
        self.clients_with_findings += u64::from(!findings.is_empty());
        self.approved += u64::from(approved);
        for finding in findings {
            if finding.accepted.is_some() {
                self.accepted += 1;
            } else if finding.known {
                self.known += 1;
            } else {
                *self.severities.entry(finding.severity).or_default() += 1;
            }
        }
    }

    /// Findings that are at least so bad and open.
    pub fn at_or_above(&self, severity: Severity) -> u64 {
        self.severities.range(severity..).map(|(_, count)| count).sum()
    }

    /// How many findings there are, open or not.
    pub fn findings(&self) -> u64 {
        self.severities.values().sum::<u64>() + self.accepted + self.known
    }

    /// The severities with their counts, the worst first.
    fn worst_first(&self) -> impl Iterator<Item = (Severity, u64)> {
        let count = |severity: &Severity| self.severities.get(severity).copied().unwrap_or(0);
        Severity::ALL
            .iter()
            .rev()
            .map(move |severity| (*severity, count(severity)))
    }

    /// `120 clients, 3 with findings: 1 critical, 2 high, …. 1 accepted. 118 clients approved.`
    fn sentence(&self, heading: &Heading) -> String {
        let counts: Vec<String> = self
            .worst_first()
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        let clients = |count: u64| if count == 1 { "client" } else { "clients" };
        let known = if heading.has_baseline {
            format!(" {} known before.", self.known)
        } else {
            String::new()
        };
        format!(
            "{} {}, {} with findings: {}. {} accepted.{known} {} {} approved.",
            self.clients,
            clients(self.clients),
            self.clients_with_findings,
            counts.join(", "),
            self.accepted,
            self.approved,
            clients(self.approved),
        )
    }
}

/// Whom findings are of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its public identifier.
    pub client_id: &'a ClientId,
    /// The part of another system that it belongs to, of one in a file.
    pub realm: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// Whether somebody approved it.
    pub approved: bool,
}

/// Tells of clients one by one, in no order: what it tells of each is [added](Report::add) to its report.
#[derive(Clone, Debug)]
pub struct Teller {
    format: Format,
    heading: Arc<Heading>,
}

impl Teller {
    /// What was found of a client, as if others had come before it; empty for one without findings, and where it is told at
    /// the report's end.
    pub fn tell(&self, subject: Subject<'_>, findings: &[AuditFinding]) -> String {
        if findings.is_empty() {
            return String::new();
        }
        match self.format {
            Format::Text => text::client(subject, findings),
            Format::Json => json::client(&self.heading, subject, findings),
            Format::Csv => csv::client(&self.heading, subject, findings),
            Format::Sarif => sarif::client(&self.heading, subject, findings),
            Format::Html => String::new(),
        }
    }
}

/// A report that is being written: [`begin`](Self::begin), then [`client`](Self::client) for each, then
/// [`end`](Self::end). The pieces in this order are the report.
#[derive(Debug)]
pub struct Report {
    teller: Teller,
    told: Tally,
    is_first: bool,
    page: Page,
}

impl Report {
    /// A report.
    pub fn new(format: Format, heading: Heading) -> Self {
        let heading = Arc::new(heading);
        Self {
            teller: Teller { format, heading },
            told: Tally::default(),
            is_first: true,
            page: Page::default(),
        }
    }

    /// Who tells of its clients: several can at once.
    pub fn teller(&self) -> &Teller {
        &self.teller
    }

    /// What stands before the first client.
    pub fn begin(&self) -> String {
        let heading = &self.teller.heading;
        match self.teller.format {
            Format::Text => text::begin(heading),
            Format::Json => json::begin(),
            Format::Csv => csv::begin(heading),
            Format::Sarif => sarif::begin(),
            Format::Html => html::begin(heading),
        }
    }

    /// What was found of the next client; empty for one without findings, and where it is told at the end.
    pub fn client(&mut self, subject: Subject<'_>, findings: &[AuditFinding]) -> String {
        let text = self.teller.tell(subject, findings);
        self.add(subject, findings, text)
    }

    /// The same of what its teller has told of the next client already.
    pub fn add(&mut self, subject: Subject<'_>, findings: &[AuditFinding], mut text: String) -> String {
        self.told.add(findings, subject.approved);
        if findings.is_empty() {
            return text;
        }
        let is_first = std::mem::take(&mut self.is_first);
        match self.teller.format {
            // No comma belongs before the first one of a list.
            Format::Json | Format::Sarif if is_first && text.starts_with(',') => drop(text.remove(0)),
            Format::Html => self.page.keep(subject, findings),
            _ => {}
        }
        text
    }

    /// What stands behind the last client, in pieces of moderate length, made as they are taken.
    pub fn end(&mut self) -> Box<dyn Iterator<Item = String> + '_> {
        let (heading, told) = (&*self.teller.heading, &self.told);
        let whole =
            |text: String| -> Box<dyn Iterator<Item = String> + '_> { Box::new(std::iter::once(text)) };
        match self.teller.format {
            Format::Text => whole(text::end(heading, told)),
            Format::Json => whole(json::end(heading, told)),
            Format::Csv => whole(csv::end(heading)),
            Format::Sarif => whole(sarif::end(heading, told)),
            Format::Html => Box::new(self.page.pieces(heading, told)),
        }
    }

    /// What was found so far.
    pub fn told(&self) -> &Tally {
        &self.told
    }
}

/// The reason of an acceptance on one line.
fn reason(accepted: &Acceptance) -> String {
    accepted.reason.replace('\n', " ")
}

/// The day of a time, in UTC.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests;
