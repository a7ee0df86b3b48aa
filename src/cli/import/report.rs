//! What came of every client of an import, told as it comes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::audit::report::pretty_json;
use crate::cli::{Outcome, output};
use crate::transfer::{Came, Entry};

/// A report that is being printed.
pub(super) struct Report {
    dry_run: bool,
    as_json: bool,
    counts: BTreeMap<Came, u64>,
    /// What has not been printed yet, to be printed in larger pieces.
    pending: String,
    /// Of a standard output that takes no more: what there was to say of it.
    outcome: Outcome,
}

impl Report {
    /// One without a client.
    pub fn new(dry_run: bool, as_json: bool) -> Self {
        Self {
            dry_run,
            as_json,
            counts: BTreeMap::new(),
            pending: String::new(),
            outcome: Ok(()),
        }
    }

    /// Tells what came of a client of a file.
    pub fn add(&mut self, file: &Path, entry: &Entry) {
        const PIECE: usize = 1 << 16;
        let is_first = self.counts.is_empty();
        *self.counts.entry(entry.came).or_default() += 1;
        let text = if self.as_json {
            let mut value = entry.to_json();
            if let Some(members) = value.as_object_mut() {
                members.insert("file".to_owned(), file.display().to_string().into());
            }
            let before = if is_first {
                self.opening()
            } else {
                ",\n".to_owned()
            };
            format!("{before}    {}", pretty_json(&value).replace('\n', "\n    "))
        } else {
            text(file, entry)
        };
        self.pending.push_str(&text);
        if self.pending.len() >= PIECE {
            self.print();
        }
    }

    /// How many were refused.
    pub fn refused(&self) -> u64 {
        self.count(Came::Refused)
    }

    /// Tells the counts, and that was all.
    pub fn end(mut self) -> Outcome {
        let text = if self.as_json {
            let counts: Vec<String> = Came::ALL
                .iter()
                .map(|came| {
                    format!(
                        "    \"{}\": {}",
                        came.as_str().replace(' ', "_"),
                        self.count(*came)
                    )
                })
                .collect();
            let before = if self.counts.is_empty() {
                self.opening()
            } else {
                "\n  ".to_owned()
            };
            format!("{before}],\n  \"counts\": {{\n{}\n  }}\n}}\n", counts.join(",\n"))
        } else {
            let counts = Came::ALL.iter().filter(|came| {
                // Most files have nothing of it.
                **came != Came::LeftOut || self.count(Came::LeftOut) > 0
            });
            let counts: Vec<String> = counts
                .map(|came| format!("{} {}", self.count(*came), came.as_str()))
                .collect();
            let dry = if self.dry_run { ". Nothing was written" } else { "" };
            format!("{}{dry}\n", counts.join(", "))
        };
        self.pending.push_str(&text);
        self.print();
        self.outcome
    }

    fn opening(&self) -> String {
        format!("{{\n  \"dry_run\": {},\n  \"clients\": [\n", self.dry_run)
    }

    fn count(&self, came: Came) -> u64 {
        self.counts.get(&came).copied().unwrap_or(0)
    }

    fn print(&mut self) {
        if self.outcome.is_ok() {
            self.outcome = output::bytes(self.pending.as_bytes());
        }
        self.pending.clear();
    }
}

fn text(file: &Path, entry: &Entry) -> String {
    let one_line = |text: &str| output::visible(text).replace('\n', " ");
    let mut place = vec![file.display().to_string()];
    place.extend((!entry.place.is_empty()).then(|| entry.place.clone()));
    place.extend(entry.realm.iter().map(|realm| format!("realm {realm}")));
    let mut text = String::new();
    for (number, line) in entry.lines().iter().enumerate() {
        let line = one_line(line);
        if number == 0 {
            let place = one_line(&place.join(", "));
            text.push_str(&format!("{:<8} {line}  [{place}]\n", entry.came.as_str()));
        } else {
            text.push_str(&format!("         {line}\n"));
        }
    }
    text
}
