//! `chancery audit`.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Failure, GlobalArgs, Outcome, output};
use crate::audit::report::{Format, Heading, Report, Subject, Tally, escaped_json};
use crate::audit::{AuditFinding, Neighbours, Settings, calendar, handbook, judge};
use crate::client::Severity;
use crate::registry::{AuditRecord, Place, Registry};

/// Clients that are read at once.
const PAGE: u32 = 500;

/// Judge every client by every rule, and report what is found
///
/// The rules are those of the form, and those that need to know more: last use, the secrets' ages, the other clients, today's
/// date. Nothing is changed. The report is of one moment, whatever others write meanwhile; the history's length and head
/// stand in it, to be noted elsewhere.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct AuditArgs {
    /// In which form
    #[arg(long, value_enum, default_value_t)]
    format: FormatArg,
    /// Fail where a finding is at least so bad: for scripts
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<SeverityArg>,
    /// List the rules instead, with how bad they are in this registry: as text, or as JSON with --format json
    #[arg(long, conflicts_with = "fail_on")]
    list_rules: bool,
}

/// In which form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For a terminal
    #[default]
    Text,
    /// For programs
    Json,
    /// For a spreadsheet
    Csv,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For people: one page that needs no other file and prints well
    Html,
    /// For a calendar: what ends and when, in place of the findings
    Ics,
}

impl FormatArg {
    /// The format of the report; none for what is no report of findings.
    const fn format(self) -> Option<Format> {
        Some(match self {
            Self::Text => Format::Text,
            Self::Json => Format::Json,
            Self::Csv => Format::Csv,
            Self::Sarif => Format::Sarif,
            Self::Html => Format::Html,
            Self::Ics => return None,
        })
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SeverityArg {
    /// Good to know
    Info,
    /// A small weakness
    Low,
    /// Wants a look
    Medium,
    /// Dangerous
    High,
    /// Open to attack today
    Critical,
}

impl SeverityArg {
    const fn severity(self) -> Severity {
        match self {
            Self::Info => Severity::Info,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

const HELP: &str = "\
Examples:
  chancery audit
  chancery audit --format html > audit.html
  chancery audit --format sarif > audit.sarif
  chancery audit --format json | jq '.findings[] | select(.severity == \"high\")'
  chancery audit --format ics > expiry.ics
  chancery audit --list-rules
  chancery audit --fail-on high > /dev/null || echo 'look at the registry'

Exit status: 0 done, 1 a finding at or above --fail-on, or failed, 2 wrong usage.";

impl AuditArgs {
    /// Prints the report. A finding at or above `--fail-on` is a failure.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let registry = global.open()?;
        let now = Timestamp::now();
        if self.list_rules {
            return self.rules(&registry);
        }
        let Some(format) = self.format.format() else {
            return self.calendar(&registry, now);
        };
        let found = registry.in_one_state(|registry| report(registry, format, now))?;
        let Some(limit) = self.fail_on.map(SeverityArg::severity) else {
            return Ok(());
        };
        match found.at_or_above(limit) {
            0 => Ok(()),
            1 => Err(failure("1 finding is", limit)),
            many => Err(failure(&format!("{many} findings are"), limit)),
        }
    }

    fn rules(&self, registry: &Registry) -> Outcome {
        let settings = settings(registry)?;
        let text = match self.format {
            FormatArg::Text => handbook::text_table(&settings),
            FormatArg::Json => escaped_json(&handbook::json_table(&settings)) + "\n",
            _ => {
                let what = "The rules are listed as text or as JSON";
                return Err(Failure::new(what, "Leave --format out, or give --format json"));
            }
        };
        output::bytes(text.as_bytes())
    }

    fn calendar(&self, registry: &Registry, now: Timestamp) -> Outcome {
        if self.fail_on.is_some() {
            let what = "A calendar has no findings that --fail-on could go by";
            return Err(Failure::new(what, "Leave --fail-on out, or give another format"));
        }
        let text = calendar::ics(&registry.endings(now)?, now, &TimeZone::system());
        output::bytes(text.as_bytes())
    }
}

/// Prints the report.
fn report(registry: &Registry, format: Format, now: Timestamp) -> Result<Tally, Failure> {
    let chain = registry.verify_chain()?;
    let auditor = Auditor::over(registry, now)?;
    let mut summary = Tally::default();
    if format.needs_summary_first() {
        auditor.each(|_, findings| {
            summary.add(findings);
            Ok(())
        })?;
    }
    let heading = Heading {
        registry: name_of(registry),
        at: now,
        history_rows: chain.rows,
        history_head: chain.head,
        history_broken_at: chain.broken_at,
    };
    let mut report = Report::new(format, heading, summary);
    let mut page = report.begin();
    auditor.each(|subject, findings| {
        page.push_str(&report.client(subject, findings));
        if page.len() >= 1 << 16 {
            output::bytes(std::mem::take(&mut page).as_bytes())?;
        }
        Ok(())
    })?;
    page.push_str(&report.end());
    output::bytes(page.as_bytes())?;
    Ok(report.told().clone())
}

/// How the rules are set; what in the settings makes no sense is told.
fn settings(registry: &Registry) -> Result<Settings, Failure> {
    let (settings, troubles) = registry.audit_settings()?;
    for trouble in troubles {
        output::remark(&format!("Of the audit settings: {trouble}"));
    }
    Ok(settings)
}

fn failure(count: &str, limit: Severity) -> Failure {
    Failure::new(
        format!("{count} at or above {limit}"),
        "Each finding says what ends it. Change the clients concerned, then run the audit again",
    )
}

/// The file's name, without the folders that it lies in: a report is handed out.
fn name_of(registry: &Registry) -> String {
    let path = registry.path();
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What is needed to judge any client of a registry.
struct Auditor<'a> {
    registry: &'a Registry,
    neighbours: Neighbours,
    settings: Settings,
    now: Timestamp,
}

impl<'a> Auditor<'a> {
    /// Gets to know all clients.
    fn over(registry: &'a Registry, now: Timestamp) -> Result<Self, Failure> {
        let settings = settings(registry)?;
        let mut neighbours = Neighbours::default();
        each_client(registry, |record| {
            neighbours.set(&record.client_id, &record.draft);
            Ok(())
        })?;
        for user in registry.users()? {
            neighbours.add_user(user.name.as_str());
        }
        Ok(Self {
            registry,
            neighbours,
            settings,
            now,
        })
    }

    /// Judges one client after another.
    fn each(&self, mut visit: impl FnMut(Subject<'_>, &[AuditFinding]) -> Outcome) -> Outcome {
        each_client(self.registry, |record| {
            let findings = judge(&record.facts(), &self.neighbours, &self.settings, self.now);
            let subject = Subject {
                client_id: &record.client_id,
                name: &record.draft.name,
            };
            visit(subject, &findings)
        })
    }
}

fn each_client(registry: &Registry, mut visit: impl FnMut(&AuditRecord) -> Outcome) -> Outcome {
    let mut place = Place::default();
    loop {
        let (records, next) = registry.audit_records(place, PAGE)?;
        for record in &records {
            visit(record)?;
        }
        if records.len() < PAGE as usize {
            return Ok(());
        }
        place = next;
    }
}
