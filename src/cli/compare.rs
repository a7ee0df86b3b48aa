//! `chancery compare`.

mod report;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::{Failure, GlobalArgs, Outcome, import};
use crate::interchange::Format;
use crate::transfer::{CompareError, Comparing, Comparison};
use report::Report;

const COMPARE_HELP: &str = "\
Here is the registry, there is the file. A client is the one of the same client_id. Labels and notes are the registry's \
own, and are compared only where the file has some; the status only where the format has one. Of a secret only counts \
whether there is one.

Exit status: 0 when both say the same, 1 when they differ or a client of the file cannot be read, 2 when the file surely is \
of another format than --format says.

Examples:
  chancery compare --with realm.json
  chancery compare --with clients.json --format rfc7591 --json | jq '.counts'
  chancery compare --with - --format rfc7591 < clients.json";

/// Say in what the registry and an export of another system differ
///
/// Client by client and member by member. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_HELP)]
pub(super) struct CompareArgs {
    /// The export: a file, a folder of files, or `-` for standard input
    #[arg(long = "with", value_name = "FILE")]
    file: PathBuf,
    /// What the file is [default: as it looks]
    #[arg(long, value_name = "FORMAT", value_parser = import::parse_format)]
    format: Option<Format>,
    /// The realm whose clients are compared, where the file has several [default: all; the first one of an identifier counts]
    #[arg(long, value_name = "NAME")]
    realm: Option<String>,
    /// Print the report as JSON, clients that are the same too
    #[arg(long)]
    json: bool,
}

impl CompareArgs {
    /// Does it.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let file = self.file.display();
        let registry = global.open()?;
        let source = import::source(&self.file)?;
        let comparing = Comparing {
            registry: &registry,
            source: &source,
            format: import::format_of(self.format, &source, &self.file, "--format")?,
            realm: self.realm.clone(),
        };
        let (mut report, mut differs_in_status) = (Report::new(self.json), false);
        let mut tell = |one: Comparison| {
            differs_in_status |= one.differs_in_status();
            report.add(&one);
        };
        let done = comparing.run(Timestamp::now(), &mut tell, &mut |_| true);
        match done {
            Ok(()) | Err(CompareError::Stopped) => {}
            Err(CompareError::Registry(error)) => return Err(error.into()),
            Err(CompareError::Source(error)) => {
                let what = format!("{file} cannot be compared: {}", error.what);
                return Err(Failure::new(what, error.advice));
            }
            Err(error @ CompareError::NoRealm { .. }) => {
                return Err(Failure::new(error.to_string(), realms(&error)));
            }
        }
        match report.end()? {
            0 => Ok(()),
            1 => Err(differ("1 client is", differs_in_status)),
            many => Err(differ(&format!("{many} clients are"), differs_in_status)),
        }
    }
}

fn differ(how_many: &str, in_status: bool) -> Failure {
    let but = if in_status {
        ", which leaves a client's status as it is here: chancery client disable and enable change that"
    } else {
        ""
    };
    Failure::new(
        format!("{how_many} not the same here and there"),
        format!(
            "Each is named above. Change one of the two, or take the file over with chancery import --update{but}"
        ),
    )
}

/// What to do about a realm that is not there.
fn realms(error: &CompareError) -> String {
    match error {
        CompareError::NoRealm { others, .. } if !others.is_empty() => {
            let others = others.join(", ");
            format!("There are {others}. Name one of them with --realm, or leave it out")
        }
        _ => "The format has no realms, or the file has none. Leave --realm out".to_owned(),
    }
}
