//! What the audit finds in a registry or in a file of another system, and what a registry's history says, as a report for
//! whoever takes bytes. The command line and the window write the same report by it, and read and keep sign-offs in the same
//! file.

mod apply;
pub mod history;
mod of_file;
mod of_registry;
mod selection;
mod sign_off_file;
#[cfg(test)]
mod tests;
mod writing;

use std::sync::Arc;

use crate::audit::report::{Format, Tally};
use crate::audit::{Baseline, Settings, SignOffs};
use crate::registry::RegistryError;

pub use apply::{Applied, Came, Decided, NotTaken, apply};
pub use of_file::{AuditedFile, FileReportError, write_file};
pub use of_registry::write;
pub use selection::{Only, Selection};
pub use sign_off_file::{SignOffTrouble, change_sign_offs, read_sign_offs, sign_offs_beside, stamp};

/// A report that somebody wants.
#[derive(Clone, Debug)]
pub struct ReportWish {
    /// In which form.
    pub format: Format,
    /// How the rules are set; none: as the registry says, and for a file as their table says.
    pub settings: Option<Settings>,
    /// What was known before.
    pub baseline: Option<Arc<Baseline>>,
    /// What reviewers decided elsewhere than in the registry; of a file's clients nobody has decided anything.
    pub sign_offs: Option<Arc<SignOffs>>,
    /// Which of the findings stand in it.
    pub selection: Selection,
    /// What else its readers must know, a sentence each.
    pub remarks: Vec<String>,
}

impl ReportWish {
    /// A report of everything.
    pub fn of(format: Format) -> Self {
        Self {
            format,
            settings: None,
            baseline: None,
            sign_offs: None,
            selection: Selection::default(),
            remarks: Vec::new(),
        }
    }
}

/// How far a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Clients that were looked at: once to get to know them, once to judge them.
    pub done: u64,
    /// How many that will be in all; at least one. Of a file that is not known before its end was seen: [`u64::MAX`].
    pub all: u64,
    /// Findings so far.
    pub findings: u64,
}

/// A report that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// What stands in it.
    pub told: Tally,
    /// What in the registry's settings of the rules makes no sense, a sentence each.
    pub troubles: Vec<String>,
    /// How many clients of a file cannot be read.
    pub unreadable: u64,
}

/// Why a report did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The registry cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It cannot be written.
    #[error("the report cannot be written: {0}")]
    Out(#[from] std::io::Error),
    /// Somebody wanted it to stop.
    #[error("the report was stopped")]
    Stopped,
}
