//! `chancery check`.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, GlobalArgs, Outcome, output};
use crate::registry::{self, CheckLine, RegistryError};

/// Look whether the file is whole, its history untouched, and its permissions tight
///
/// Every line names what was looked at. Note the head of the history elsewhere: only with it an older copy of the
/// whole file, put in the place of this one, can be told.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct CheckArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  chancery check
  chancery check --json | jq -r .history.head";

impl CheckArgs {
    /// Prints the report. A line that is not well is a failure.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let path = global.path()?;
        let report = match global.open_at(&path) {
            Ok(registry) => {
                super::warn_of_others(&registry);
                registry.check()?
            }
            Err(RegistryError::NoFile(_) | RegistryError::NoFolder(_)) => return global.open().map(|_| ()),
            Err(error) => return self.tell_of_damage(&path, error),
        };
        let history = json!({
            "rows": report.chain.rows,
            "head": report.chain.head,
            "broken_at": report.chain.broken_at,
        });
        self.print(&path, &report.lines, history)?;
        let bad: Vec<_> = report.lines.iter().filter(|line| !line.ok).collect();
        if bad.is_empty() {
            return Ok(());
        }
        let happened: Vec<_> = bad
            .iter()
            .map(|line| format!("{}: {}", line.name, line.found))
            .collect();
        let mut advice: Vec<_> = bad.iter().filter_map(|line| line.advice.as_deref()).collect();
        advice.dedup();
        Err(Failure::new(happened.join("\n"), advice.join("\n")))
    }

    /// Of a file that does not open as a registry, what can be seen of it, and why it does not open.
    fn tell_of_damage(&self, path: &Path, error: RegistryError) -> Outcome {
        if !matches!(error, RegistryError::Damaged { .. } | RegistryError::Lost(_)) {
            return Err(error.into());
        }
        let lines = registry::examine(path);
        if lines.is_empty() {
            return Err(error.into());
        }
        self.print(path, &lines, Value::Null)?;
        let advice = match &error {
            RegistryError::Damaged { .. } => {
                "Copy the folder away first. Then restore the latest copy that chancery backup has made, the file and its \
                 .key file together"
                    .to_owned()
            }
            lost => lost.advice(),
        };
        Err(Failure::new(error.to_string(), advice))
    }

    fn print(&self, path: &Path, lines: &[CheckLine], history: Value) -> Outcome {
        if !self.json {
            for line in lines {
                let mark = if line.ok { "ok " } else { "BAD" };
                output::line(&output::visible(&format!("{mark} {}: {}", line.name, line.found)))?;
            }
            return Ok(());
        }
        let described: Vec<_> = lines
            .iter()
            .map(|line| json!({"name": line.name, "ok": line.ok, "found": line.found, "advice": line.advice}))
            .collect();
        output::json(&json!({
            "registry": path,
            "sound": !history.is_null() && lines.iter().all(|line| line.ok),
            "lines": described,
            "history": history,
        }))
    }
}
