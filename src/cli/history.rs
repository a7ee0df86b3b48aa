//! `chancery history`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::target::{to_file, to_standard_output};
use super::{Failure, GlobalArgs, Outcome, duration, output};
use crate::client::ClientId;
use crate::registry::{ActKind, ChainReport, HistoryQuery, Registry};
use crate::reporting::history::words::{CHAIN_ADVICE, chain_meaning, chain_trouble, stored_word};
use crate::reporting::history::{HistoryFormat, told, write};

/// Tell who changed what, when, and from what to what
///
/// The latest change comes first. Filters that are given together are all to be fulfilled. Who made a change is claimed, not
/// proved. In text the times are those of this machine; in JSON and CSV they are UTC.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct HistoryArgs {
    /// Tell of this client only; it may be one that is gone
    #[arg(long, value_name = "ID", value_parser = super::client::parse_id)]
    client: Option<ClientId>,
    /// Tell of changes of this member of the record only: redirect_uris, scopes, status, secrets, …
    #[arg(long, value_name = "NAME")]
    field: Option<String>,
    /// Tell of what this person did only, as the name stands in the history
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Tell of this kind of change only
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<KindArg>,
    /// Tell of changes in which this text stands only
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    search: String,
    /// From then on only: a day (2026-11-03), a moment (2026-11-03T18:00:00Z), or how long ago (7d, 24h)
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Timestamp>,
    /// Up to then only, written in the same way: the whole of a day, and nothing from a moment on
    #[arg(long, value_name = "TIME", value_parser = parse_until)]
    until: Option<Timestamp>,
    /// At most so many changes
    #[arg(long, value_name = "NUMBER", default_value_t = u32::MAX, hide_default_value = true)]
    limit: u32,
    /// In which form
    #[arg(long, value_enum, default_value_t)]
    format: FormatArg,
    /// Write to a file, which is whole or as it was [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Follow the chain from the first change to the seal over the last one first, and fail where it does not fit
    #[arg(long)]
    verify: bool,
}

const HELP: &str = "\
Examples:
  chancery history
  chancery history --since 7d --kind registrations
  chancery history --client 9b2f6c1e-… --field redirect_uris
  chancery history --who 'Ada Admin' --since 2026-11-01 --until 2026-11-30
  chancery history --format csv --output history.csv
  chancery history --format json | jq -r 'select(.change).client_name'
  chancery history --verify --format json --output history.jsonl

JSON is one object a line, and after the changes one with the length and the head of the history.

Exit status: 0 done; 1 the chain does not fit, or failed; 2 wrong usage. With --verify the changes are told even where the chain is broken.";

/// What kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KindArg {
    /// Registrations came to be, changed, or went
    Registrations,
    /// Registrations were changed by what ends a finding of the audit
    Fixes,
    /// Secrets and test credentials were made or ended
    Secrets,
    /// Risks were accepted, clients approved, the rules set
    Reviews,
    /// Signing keys, resource servers, test users and initial access tokens
    Server,
}

impl KindArg {
    const fn kind(self) -> ActKind {
        match self {
            Self::Registrations => ActKind::Registrations,
            Self::Fixes => ActKind::Fixes,
            Self::Secrets => ActKind::Secrets,
            Self::Reviews => ActKind::Reviews,
            Self::Server => ActKind::Server,
        }
    }
}

/// In which form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For a terminal, with what differs field by field
    #[default]
    Text,
    /// For programs: an object a line
    Json,
    /// For a spreadsheet
    Csv,
}

impl FormatArg {
    const fn format(self) -> HistoryFormat {
        match self {
            Self::Text => HistoryFormat::Text,
            Self::Json => HistoryFormat::JsonLines,
            Self::Csv => HistoryFormat::Csv,
        }
    }
}

/// When a time begins.
fn parse_since(text: &str) -> Result<Timestamp, String> {
    parse_time(text, Some)
}

/// When a time ends: a day ends as the next one begins.
fn parse_until(text: &str) -> Result<Timestamp, String> {
    parse_time(text, |day| day.checked_add(1.day()).ok())
}

fn parse_time(text: &str, of_day: fn(Date) -> Option<Date>) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let day = text.parse::<Date>().ok().filter(|_| !text.contains('T'));
    let begins = day
        .and_then(of_day)
        .and_then(|day| day.to_zoned(TimeZone::system()).ok());
    if let Some(begins) = begins {
        return Ok(begins.timestamp());
    }
    let ago = duration::parse(text)
        .ok()
        .and_then(|ago| Timestamp::now().checked_sub(ago).ok());
    ago.ok_or_else(|| {
        "a time is a day as 2026-11-03, a moment as 2026-11-03T18:00:00Z, or how long ago as 7d".to_owned()
    })
}

impl HistoryArgs {
    /// Writes the changes. A chain that does not fit is a failure where it was asked for.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            let what = "--since is not before --until";
            return Err(Failure::new(
                what,
                "Nothing can be between them. Name an earlier --since",
            ));
        }
        let registry = global.open()?;
        let chain = match self.verify {
            true => Some(registry.verify_chain()?),
            false => None,
        };
        let written = self.write(&registry)?;
        if written == 0 {
            output::remark("No change is as the filters want it");
        }
        if let Some(path) = &self.output {
            output::remark(&format!("{} written to {}", told(written), path.display()));
        }
        chain.map_or(Ok(()), |chain| judge(&chain))
    }

    fn write(&self, registry: &Registry) -> Result<u64, Failure> {
        let query = HistoryQuery {
            client: self.client.clone(),
            text: stored_word(&self.search).to_owned(),
            field: self.field.clone(),
            by: self.who.clone(),
            kind: self.kind.map(KindArg::kind),
            since: self.since,
            until: self.until,
            before_seq: None,
            limit: self.limit,
        };
        let format = self.format.format();
        match &self.output {
            Some(path) => to_file(Some(registry.path()), "history", path, &mut |out| {
                Ok(write(registry, &query, format, out, &mut |_| true)?)
            }),
            None => to_standard_output("command", &mut |out| {
                Ok(write(registry, &query, format, out, &mut |_| true)?)
            }),
        }
    }
}

/// Says on standard error what came of following the chain.
fn judge(chain: &ChainReport) -> Outcome {
    match chain_trouble(chain) {
        None => {
            let rows = u64::try_from(chain.rows).unwrap_or(0);
            output::remark(&format!(
                "The history is whole: {}, head {}",
                told(rows),
                chain.head
            ));
            Ok(())
        }
        Some(trouble) => Err(Failure::new(
            format!("{trouble}. {}", chain_meaning(chain.how).trim_end_matches('.')),
            CHAIN_ADVICE.trim_end_matches('.'),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_a_moment_or_how_long_ago() {
        let moment = parse_since("2026-11-03T18:00:00Z").unwrap();
        assert_eq!(moment.to_string(), "2026-11-03T18:00:00Z");
        assert_eq!(parse_until("2026-11-03T18:00:00Z"), Ok(moment));
        let [begins, ends] = [parse_since("2026-11-03"), parse_until("2026-11-03")].map(Result::unwrap);
        let hours = ends.duration_since(begins).as_hours();
        assert!((23..=25).contains(&hours), "{hours}");
        let week = Timestamp::now()
            .duration_since(parse_since("7d").unwrap())
            .as_hours();
        assert!((167..=168).contains(&week), "{week}");
        for bad in ["", "yesterday", "2026-13-01", "2026-11-03T18:00:00", "7w", "-1d"] {
            assert!(parse_since(bad).is_err(), "{bad:?}");
        }
    }
}
