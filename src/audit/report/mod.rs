//! Reports: what was found, for people and for programs. One file a format, each written piece by piece as the clients
//! come, so that a report of any length takes the memory of one client.
//!
//! Whatever stands in a registration is somebody else's text: no format lets it end its field, run, link, or turn around.

mod csv;
mod html;
mod json;
mod sarif;
mod text;

use std::collections::BTreeMap;

pub use csv::record as csv_record;
pub use json::escaped as escaped_json;

use jiff::Timestamp;

use super::{AuditFinding, AuditRule};
use crate::client::{ClientId, Severity, closed_set};

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

impl Format {
    /// Whether a report begins with what is known only when all clients were judged.
    pub const fn needs_summary_first(self) -> bool {
        matches!(self, Self::Html)
    }
}

/// Of every history: who stands in it says so himself.
pub const WHO: &str = "Who made a change is claimed, not proved";

/// What a report is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Which registry.
    pub registry: String,
    /// Of when.
    pub at: Timestamp,
    /// How many rows its history has.
    pub history_rows: i64,
    /// The mac of the last of them: with it, noted elsewhere, a history that was put back can be told.
    pub history_head: String,
    /// The first row of the history that is not as it was written.
    pub history_broken_at: Option<i64>,
}

impl Heading {
    /// What is said of the history, in sentences.
    fn history(&self) -> String {
        let whole = match self.history_broken_at {
            None => "It is whole".to_owned(),
            Some(row) => format!("Row {row} is not as it was written"),
        };
        format!(
            "The history has {} rows; its head is {}. {whole}. {WHO}.",
            self.history_rows, self.history_head
        )
    }
}

/// How much was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Clients that were judged.
    pub clients: u64,
    /// Those of them with findings.
    pub clients_with_findings: u64,
    /// Findings that count, by severity.
    pub severities: BTreeMap<Severity, u64>,
    /// The same, by rule.
    pub rules: BTreeMap<AuditRule, u64>,
    /// Findings whose risk somebody has accepted.
    pub accepted: u64,
}

impl Tally {
    /// Counts a client in.
    pub fn add(&mut self, findings: &[AuditFinding]) {
        self.clients += 1;
        self.clients_with_findings += u64::from(!findings.is_empty());
        for finding in findings {
            if finding.accepted.is_some() {
                self.accepted += 1;
            } else {
                *self.severities.entry(finding.severity).or_default() += 1;
                *self.rules.entry(finding.rule).or_default() += 1;
            }
        }
    }

    /// Findings that are at least so bad and not accepted.
    pub fn at_or_above(&self, severity: Severity) -> u64 {
        self.severities.range(severity..).map(|(_, count)| count).sum()
    }

    /// The severities with their counts, the worst first.
    fn worst_first(&self) -> impl Iterator<Item = (Severity, u64)> {
        let count = |severity: &Severity| self.severities.get(severity).copied().unwrap_or(0);
        Severity::ALL
            .iter()
            .rev()
            .map(move |severity| (*severity, count(severity)))
    }

    /// `120 clients, 3 with findings: 1 critical, 2 high, …`.
    fn sentence(&self) -> String {
        let counts: Vec<String> = self
            .worst_first()
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        let clients = if self.clients == 1 { "client" } else { "clients" };
        format!(
            "{} {clients}, {} with findings: {}. {} accepted.",
            self.clients,
            self.clients_with_findings,
            counts.join(", "),
            self.accepted
        )
    }
}

/// Whom findings are of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its public identifier.
    pub client_id: &'a ClientId,
    /// Its name.
    pub name: &'a str,
}

/// A report that is being written: [`begin`](Self::begin), then [`client`](Self::client) for each, then
/// [`end`](Self::end). The pieces in this order are the report.
#[derive(Debug)]
pub struct Report {
    format: Format,
    heading: Heading,
    summary: Tally,
    told: Tally,
    is_first: bool,
}

impl Report {
    /// A report. `summary` counts what will be found, for a format that [needs it](Format::needs_summary_first).
    pub fn new(format: Format, heading: Heading, summary: Tally) -> Self {
        Self {
            format,
            heading,
            summary,
            told: Tally::default(),
            is_first: true,
        }
    }

    /// What stands before the first client.
    pub fn begin(&self) -> String {
        match self.format {
            Format::Text => text::begin(&self.heading),
            Format::Json => json::begin(),
            Format::Csv => csv::begin(),
            Format::Sarif => sarif::begin(),
            Format::Html => html::begin(&self.heading, &self.summary),
        }
    }

    /// What was found of the next client; empty for one without findings.
    pub fn client(&mut self, subject: Subject<'_>, findings: &[AuditFinding]) -> String {
        self.told.add(findings);
        if findings.is_empty() {
            return String::new();
        }
        let is_first = std::mem::take(&mut self.is_first);
        match self.format {
            Format::Text => text::client(subject, findings),
            Format::Json => json::client(subject, findings, is_first),
            Format::Csv => csv::client(subject, findings),
            Format::Sarif => sarif::client(subject, findings, is_first),
            Format::Html => html::client(subject, findings),
        }
    }

    /// What stands behind the last client.
    pub fn end(&self) -> String {
        match self.format {
            Format::Text => text::end(&self.heading, &self.told),
            Format::Json => json::end(&self.heading, &self.told),
            Format::Csv => csv::end(&self.heading),
            Format::Sarif => sarif::end(&self.heading),
            Format::Html => html::end(),
        }
    }

    /// What was found so far.
    pub fn told(&self) -> &Tally {
        &self.told
    }
}

#[cfg(test)]
mod tests;
