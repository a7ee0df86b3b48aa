//! `chancery sign-offs`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Failure, GlobalArgs, Outcome, output};
use crate::audit::report::escaped_json;
use crate::audit::{NoSignOffs, SignOffs};
use crate::client::make_visible;
use crate::registry::{Act, Registry};
use crate::reporting::{Applied, Came, Decided, SignOffTrouble, apply, read_sign_offs};

/// Look at what a read-only reviewer decided, and take it into the registry
#[derive(Debug, Subcommand)]
#[command(after_help = HELP)]
pub enum SignOffsCommand {
    /// Say what stands in a file of sign-offs, and what would come of taking it over
    Show(ShowArgs),
    /// Take the decisions of a file into the registry
    Apply(ApplyArgs),
}

const HELP: &str = "\
Examples:
  chancery sign-offs show registry.chancery.sign-offs.json
  chancery sign-offs apply registry.chancery.sign-offs.json --dry-run
  chancery sign-offs apply registry.chancery.sign-offs.json";

#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub(super) struct ShowArgs {
    /// The file that a window with --read-only keeps
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const SHOW_HELP: &str = "\
Example:
  chancery sign-offs show registry.chancery.sign-offs.json --json

Nothing is changed. Who decided what is claimed in the file, not proved.";

/// Take the decisions of a file into the registry
///
/// Approvals and accepted risks become that reviewer's decisions, as the file claims. The history says who took them over, and
/// that they came by a file. Each is taken whole or not at all: an approval while the client still is what was approved, an
/// accepted risk while the client has that finding. A newer decision in the registry stays.
#[derive(Debug, Args)]
#[command(after_help = APPLY_HELP)]
pub(super) struct ApplyArgs {
    /// The file that a window with --read-only keeps
    file: PathBuf,
    /// Say what would come of it, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const APPLY_HELP: &str = "\
Examples:
  chancery sign-offs apply registry.chancery.sign-offs.json --dry-run
  chancery --as 'Ada Admin' sign-offs apply reviewed.json
  chancery sign-offs apply reviewed.json --json | jq '.decisions[].came'

Exit status: 0 every decision is kept, or was there already; 1 one was not taken, or failed; 2 wrong usage. Applying the same file twice changes nothing the second time.";

impl SignOffsCommand {
    /// Does what was asked.
    pub(super) fn run(self, global: &GlobalArgs) -> Outcome {
        match self {
            Self::Show(args) => args.run(global),
            Self::Apply(args) => args.run(global),
        }
    }
}

impl ShowArgs {
    fn run(&self, global: &GlobalArgs) -> Outcome {
        let registry = global.open()?;
        let told = told(&registry, &self.file, &global.act(), false)?;
        print(&told, true, self.json)
    }
}

impl ApplyArgs {
    /// Takes them over. One that is not taken, or that makes no sense, is a failure.
    fn run(&self, global: &GlobalArgs) -> Outcome {
        let registry = global.open()?;
        let told = told(&registry, &self.file, &global.act(), !self.dry_run)?;
        print(&told, self.dry_run, self.json)?;
        let not_taken = told.count(|came| matches!(came, Came::Not(_)));
        match not_taken + told.troubles.len() {
            0 => Ok(()),
            1 => Err(not_all("1 decision was not taken")),
            many => Err(not_all(&format!("{many} decisions were not taken"))),
        }
    }
}

fn not_all(what: &str) -> Failure {
    Failure::new(
        what,
        "Each says why. Have the reviewer look at those clients again; what was kept is kept",
    )
}

/// What became of a file.
struct Told {
    applied: Vec<Applied>,
    /// What in it makes no sense, a sentence each.
    troubles: Vec<String>,
}

impl Told {
    fn count(&self, is_it: fn(&Came) -> bool) -> usize {
        self.applied.iter().filter(|applied| is_it(&applied.came)).count()
    }
}

fn told(registry: &Registry, file: &Path, act: &Act, write: bool) -> Result<Told, Failure> {
    let (sign_offs, troubles) = read(registry, file, act.at)?;
    let applied = apply(registry, &sign_offs, act, write)?;
    Ok(Told { applied, troubles })
}

fn read(registry: &Registry, file: &Path, now: Timestamp) -> Result<(SignOffs, Vec<String>), Failure> {
    let read = read_sign_offs(file, registry.identifier(), now).map_err(|trouble| {
        let advice = match &trouble {
            SignOffTrouble::None {
                why: NoSignOffs::OtherRegistry,
                ..
            } => "Nothing was changed. Name the registry that they were given for with --registry FILE"
                .to_owned(),
            SignOffTrouble::Unreadable { .. } => {
                "Nothing was changed. Name a file that can be read".to_owned()
            }
            trouble => format!("Nothing was changed. {}", trouble.advice()),
        };
        Failure::new(trouble.to_string(), advice)
    })?;
    read.ok_or_else(|| {
        Failure::new(
            format!("There is no file {}", file.display()),
            "Nothing was changed. Check the name of the file",
        )
    })
}

fn print(told: &Told, only_looked: bool, as_json: bool) -> Outcome {
    for trouble in &told.troubles {
        output::remark(&format!("Not taken: {trouble}"));
    }
    let kept = told.count(|came| *came == Came::Kept);
    let same = told.count(|came| *came == Came::Same);
    let not_taken = told.count(|came| matches!(came, Came::Not(_))) + told.troubles.len();
    if as_json {
        let decisions: Vec<Value> = told.applied.iter().map(described).collect();
        let all = json!({
            "dry_run": only_looked,
            "decisions": decisions,
            "troubles": told.troubles,
            "kept": kept,
            "same": same,
            "not_taken": not_taken,
        });
        return output::line(&escaped_json(&all));
    }
    for applied in &told.applied {
        output::line(&sentence(applied, only_looked))?;
    }
    let kept_is = if only_looked { "to be kept" } else { "kept" };
    output::line(&format!(
        "{kept} {kept_is}, {same} there already, {not_taken} not taken"
    ))
}

/// One decision in a line, and under it why it was not taken. Whatever stands in the file stays in its line.
fn sentence(applied: &Applied, only_looked: bool) -> String {
    let came = match applied.came {
        Came::Kept if only_looked => "would keep",
        Came::Kept => "kept",
        Came::Same => "same",
        Came::Not(_) => "not taken",
    };
    let client = match &applied.name {
        Some(name) => format!("{} ({})", make_visible(name), applied.client_id),
        None => applied.client_id.to_string(),
    };
    let (what, by) = (
        make_visible(&applied.decided.what()),
        make_visible(applied.decided.by()),
    );
    let day = applied.decided.at().strftime("%Y-%m-%d");
    let mut text = format!("{came:<10}  {client}: {what}, by {by} on {day}");
    if let Decided::Accepted(acceptance) = &applied.decided {
        let until = acceptance.until.strftime("%Y-%m-%d");
        let reason = make_visible(&acceptance.reason.replace('\n', " "));
        text.push_str(&format!("\n            until {until}: {reason}"));
    }
    if let Came::Not(why) = &applied.came {
        text.push_str(&format!("\n            {}", make_visible(&why.to_string())));
    }
    text
}

fn described(applied: &Applied) -> Value {
    let (came, why) = match &applied.came {
        Came::Kept => ("kept", None),
        Came::Same => ("same", None),
        Came::Not(why) => ("not-taken", Some(why.to_string())),
    };
    let mut described = json!({
        "client_id": applied.client_id.as_str(),
        "client_name": applied.name,
        "by": applied.decided.by(),
        "at": applied.decided.at().to_string(),
        "came": came,
        "why": why,
    });
    let more = match &applied.decided {
        Decided::Approved(approval) => json!({"kind": "approval", "version": approval.version}),
        Decided::Accepted(acceptance) => json!({
            "kind": "accepted-risk",
            "rule": acceptance.rule,
            "field": acceptance.field,
            "value": acceptance.value,
            "reason": acceptance.reason,
            "until": acceptance.until.to_string(),
        }),
    };
    if let (Value::Object(described), Value::Object(more)) = (&mut described, more) {
        described.extend(more);
    }
    described
}
