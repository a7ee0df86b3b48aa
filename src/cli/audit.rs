//! `chancery audit`.

mod of_file;

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::target::{to_file, to_standard_output};
use super::{Failure, GlobalArgs, Outcome, output};
use crate::audit::report::{Format, escaped_json};
use crate::audit::{AuditRule, Baseline, Settings, SignOffs, calendar, handbook};
use crate::client::{ClientId, Severity};
use crate::interchange::Format as InputFormat;
use crate::registry::Registry;
use crate::reporting::{ReportWish, Reported, Selection, read_sign_offs, write};

/// The largest file that is read: a report of a million findings fits in.
const MOST_BYTES: u64 = 1 << 30;

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
    /// Fail where an open finding is at least so bad: for scripts
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<SeverityArg>,
    /// List the rules instead, with how bad they are in this registry, or by their table where there is none: as text, or
    /// as JSON with --format json
    #[arg(long, conflicts_with = "fail_on")]
    list_rules: bool,
    /// An earlier report as JSON: what stands in it is known, and does not fail
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// How the rules are set, instead of as the registry says
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// What reviewers decided who may not change the registry: their approvals and accepted risks count too
    #[arg(long, value_name = "FILE")]
    sign_offs: Option<PathBuf>,
    /// Judge the clients of a file of another system, or of a folder of them, in place of a registry's; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list_rules", "sign_offs"])]
    input: Option<PathBuf>,
    /// What the file is [default: as it looks]
    #[arg(long, value_name = "FORMAT", requires = "input", value_parser = super::import::parse_format)]
    input_format: Option<InputFormat>,
    /// The realm whose clients are judged, where the file has several [default: all]
    #[arg(long, value_name = "NAME", requires = "input")]
    realm: Option<String>,
    /// Write the report or the calendar to a file, which is whole or as it was [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Report findings of these rules only
    #[arg(long = "rule", value_name = "ID", num_args = 1.., value_parser = parse_rule)]
    rules: Vec<AuditRule>,
    /// Report on these clients only
    #[arg(long = "client", value_name = "ID", num_args = 1.., value_parser = super::client::parse_id)]
    clients: Vec<ClientId>,
    /// Report findings that are just so bad only; several can be named
    #[arg(long = "severity", value_enum, value_name = "SEVERITY", num_args = 1..)]
    severities: Vec<SeverityArg>,
    /// Leave out what somebody has accepted
    #[arg(long)]
    open_only: bool,
}

fn parse_rule(id: &str) -> Result<AuditRule, String> {
    AuditRule::parse(id).ok_or_else(|| "no rule has this identifier".to_owned())
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
    /// For a calendar: what ends and when, in place of the findings; where nothing does, a calendar without events
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
  chancery audit --format html --output audit.html
  chancery audit --format sarif > audit.sarif
  chancery audit --format json | jq '.findings[] | select(.severity == \"high\")'
  chancery audit --format ics --output expiry.ics
  chancery audit --list-rules
  chancery audit --rule redir-http redir-shared --severity high critical
  chancery audit --fail-on high > /dev/null || echo 'look at the registry'
  chancery audit --input realm.json --fail-on high
  chancery audit --input clients.json --input-format rfc7591

Only what is new fails:
  chancery audit --format json --output baseline.json
  chancery audit --baseline baseline.json --fail-on low

With --input no registry is needed: what only a registry knows, such as last use, is not judged.

Exit status: 0 done; 1 an open finding at or above --fail-on, a client of a file that cannot be read, or failed; 2 wrong usage. What somebody accepted and what the baseline knows is not open.";

impl AuditArgs {
    /// Writes the report. An open finding at or above `--fail-on` is a failure.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        if self.list_rules {
            return self.rules(global);
        }
        if let Some(input) = &self.input {
            return self.run_on_file(input);
        }
        let registry = global.open()?;
        let now = Timestamp::now();
        let Some(format) = self.format.format() else {
            return self.calendar(&registry, now);
        };
        let (mut wish, unusable) = self.wish(format)?;
        wish.sign_offs = self.sign_offs_of(&registry)?;
        for client_id in &self.clients {
            if registry.client(client_id)?.is_none() {
                return Err(Failure::new(
                    format!("There is no client {client_id}"),
                    "Nothing was audited. chancery client list shows them all",
                ));
            }
        }
        let reported = match &self.output {
            Some(path) => to_file(Some(registry.path()), "report", path, &mut |out| {
                Ok(write(&registry, &wish, now, out, &mut |_| true)?)
            })?,
            None => to_standard_output("audit", &mut |out| {
                Ok(write(&registry, &wish, now, out, &mut |_| true)?)
            })?,
        };
        for trouble in &reported.troubles {
            output::remark(&format!("Of the audit settings: {trouble}"));
        }
        // The report is there; that it is not what was asked for, the exit status tells.
        match unusable {
            Some(unusable) => Err(unusable),
            None => self.judged(&reported),
        }
    }

    /// Fails by what was found.
    fn judged(&self, reported: &Reported) -> Outcome {
        let Some(limit) = self.fail_on.map(SeverityArg::severity) else {
            return Ok(());
        };
        let new = if self.baseline.is_some() { "new " } else { "" };
        match reported.told.at_or_above(limit) {
            0 => Ok(()),
            1 => Err(failure(&format!("1 {new}finding is"), limit)),
            many => Err(failure(&format!("{many} {new}findings are"), limit)),
        }
    }

    fn rules(&self, global: &GlobalArgs) -> Outcome {
        let settings = match global.open_if_there()? {
            Some(registry) => settings(&registry)?,
            None => {
                let path = global.path()?;
                let what = "every rule is listed as its table has it";
                output::remark(&format!("There is no registry {}: {what}", path.display()));
                Settings::default()
            }
        };
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
        let endings = registry.endings(now)?;
        if endings.is_empty() {
            output::remark("Nothing has an end: the calendar has no events");
        }
        let text = calendar::ics(&endings, now, &TimeZone::system());
        match &self.output {
            Some(path) => to_file(Some(registry.path()), "calendar", path, &mut |out| {
                Ok(out.write_all(text.as_bytes())?)
            }),
            None => output::bytes(text.as_bytes()),
        }
    }

    /// A file of the registry that is audited, and no other.
    fn sign_offs_of(&self, registry: &Registry) -> Result<Option<Arc<SignOffs>>, Failure> {
        let Some(path) = &self.sign_offs else {
            return Ok(None);
        };
        let read = read_sign_offs(path, registry.identifier(), Timestamp::now())
            .map_err(|trouble| Failure::new(trouble.to_string(), trouble.advice()))?;
        let (sign_offs, troubles) = read.ok_or_else(|| {
            Failure::new(
                format!("There is no file {}", path.display()),
                "Nothing was audited. Check the name of the file",
            )
        })?;
        for trouble in troubles {
            output::remark(&told_of(path, trouble));
        }
        let who = "Who decided what is claimed in it, not proved";
        output::remark(&told_of(
            path,
            format!("its approvals and accepted risks count. {who}"),
        ));
        Ok(Some(Arc::new(sign_offs)))
    }

    /// What is wanted. Of a file that makes no sense the failure is told at the end: the audit goes on without it. One that
    /// cannot be read is a slip, and nothing is audited.
    fn wish(&self, format: Format) -> Result<(ReportWish, Option<Failure>), Failure> {
        let mut unusable = None;
        let mut remarks = Vec::new();
        let mut not_used = |what: &str, path: &Path, why: String, advice: &str| {
            remarks.push(format!("{what} was not used: {why}"));
            let what = format!("{}: {why}", path.display());
            unusable = Some(Failure::new(
                what,
                format!("The audit went on without it. {advice}"),
            ));
        };
        let mut settings = None;
        if let Some(path) = &self.settings {
            match Settings::read(&text_of(path)?) {
                Ok(read) => settings = Some(with_remarks(path, read)),
                Err(none) => not_used("A file of settings", path, none.to_string(), none.advice()),
            }
        }
        let mut baseline = None;
        if let Some(path) = &self.baseline {
            match Baseline::read(&text_of(path)?) {
                Ok(read) => baseline = Some(with_remarks(path, read)),
                Err(none) => not_used("A baseline", path, none.to_string(), none.advice()),
            }
        }
        let severities = self.severities.iter();
        let wish = ReportWish {
            format,
            settings,
            baseline: baseline.map(Arc::new),
            sign_offs: None,
            remarks,
            selection: Selection {
                rules: self.rules.clone(),
                clients: self.clients.clone(),
                severities: severities.map(|severity| severity.severity()).collect(),
                only_open: self.open_only,
                only: None,
            },
        };
        Ok((wish, unusable))
    }
}

/// How the rules are set; what in the settings makes no sense is told.
pub(super) fn settings(registry: &Registry) -> Result<Settings, Failure> {
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

/// Tells what in a file makes no sense, and returns the rest.
fn with_remarks<T>(path: &Path, (read, troubles): (T, Vec<String>)) -> T {
    for trouble in troubles {
        output::remark(&told_of(path, trouble));
    }
    read
}

fn told_of(path: &Path, what: impl std::fmt::Display) -> String {
    format!("{}: {what}", path.display())
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
    if text.len() as u64 == MOST_BYTES {
        return Err(Failure::new(
            format!("{} is larger than 1 GB", path.display()),
            "Nothing was audited. Name a file that chancery wrote",
        ));
    }
    let read = read.map(|_length| text);
    read.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::NotFound => "Nothing was audited. Check the name of the file",
            ErrorKind::InvalidData => "Nothing was audited. Name a file of JSON text",
            _ => "Nothing was audited. Name a file that can be read",
        };
        Failure::new(format!("{} cannot be read: {error}", path.display()), advice)
    })
}
