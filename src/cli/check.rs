//! `chancery check`.

use clap::Args;
use serde_json::json;

use super::{Failure, GlobalArgs, Outcome, output};

/// Look whether the file is whole, its history untouched, and its permissions tight
///
/// Every line names what was looked at. Note the head of the history elsewhere: only with it an older copy of the
/// whole file, put in the place of this one, can be told.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl CheckArgs {
    /// Prints the report. A line that is not well is a failure.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let registry = global.open()?;
        let report = registry.check()?;
        if self.json {
            let lines: Vec<_> = report
                .lines
                .iter()
                .map(|line| json!({"name": line.name, "ok": line.ok, "found": line.found, "advice": line.advice}))
                .collect();
            output::json(&json!({
                "registry": registry.path(),
                "sound": report.is_sound(),
                "lines": lines,
                "history": {
                    "rows": report.chain.rows,
                    "head": report.chain.head,
                    "broken_at": report.chain.broken_at,
                },
            }))?;
        } else {
            for line in &report.lines {
                let mark = if line.ok { "ok " } else { "BAD" };
                output::line(&output::visible(&format!("{mark} {}: {}", line.name, line.found)))?;
            }
        }
        let bad: Vec<_> = report.lines.iter().filter(|line| !line.ok).collect();
        if bad.is_empty() {
            return Ok(());
        }
        let happened: Vec<_> = bad
            .iter()
            .map(|line| format!("{}: {}", line.name, line.found))
            .collect();
        let advice: Vec<_> = bad.iter().filter_map(|line| line.advice.as_deref()).collect();
        Err(Failure::new(happened.join("\n"), advice.join("\n")))
    }
}
