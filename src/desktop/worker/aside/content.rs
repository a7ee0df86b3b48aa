//! What stands in a file that a person saves.

use std::io::Write;
use std::path::PathBuf;

use super::clients::{self, ClientsContent};
use super::report::{self, ReportContent};
use super::{Progress, Stop};
use crate::registry::{HistoryQuery, Registry, RegistryError};
use crate::reporting::ReportError;
use crate::reporting::history::{self, HistoryFormat, told};

/// What is to stand in a file.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text that is at hand.
    Text {
        /// The text.
        text: String,
        /// How much of what it is, to be told afterwards: `3 events`.
        told: String,
    },
    /// The changes that a query finds, all of them.
    History(HistoryQuery, HistoryFormat),
    /// What the audit finds.
    Report(ReportContent),
    /// Clients for another system.
    Clients(ClientsContent),
}

/// Why a file did not come to be.
#[derive(Debug)]
pub(super) enum Fault {
    /// The disk.
    Disk(std::io::Error),
    /// The registry that its content comes from.
    Registry(RegistryError),
    /// Somebody wanted it to stop.
    Stopped,
    /// There is nothing to write.
    Nothing,
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<RegistryError> for Fault {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl From<ReportError> for Fault {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Registry(error) => Self::Registry(error),
            ReportError::Out(error) => Self::Disk(error),
            ReportError::Stopped => Self::Stopped,
        }
    }
}

/// What writes a content, and how.
pub(super) struct Writing<'a> {
    pub out: &'a mut dyn Write,
    pub open: &'a dyn Fn() -> Result<Registry, RegistryError>,
    /// The file that decisions are kept in which do not go into the registry.
    pub sign_offs: Option<PathBuf>,
    pub stop: &'a Stop,
    pub progress: &'a mut dyn FnMut(Progress),
}

impl Content {
    /// Writes it, piece by piece. Returns how much of what it was.
    pub(super) fn write(&self, writing: &mut Writing<'_>) -> Result<String, Fault> {
        match self {
            Self::Text { text, told } => {
                writing.out.write_all(text.as_bytes())?;
                Ok(told.clone())
            }
            Self::History(query, format) => write_history(query, *format, writing),
            Self::Clients(content) => clients::write(content, writing),
            Self::Report(report) => report::write(report, writing),
        }
    }
}

/// Writes the changes that a query finds, and tells how far it is.
fn write_history(
    query: &HistoryQuery,
    format: HistoryFormat,
    writing: &mut Writing<'_>,
) -> Result<String, Fault> {
    let registry = (writing.open)()?;
    let written = history::write(&registry, query, format, writing.out, &mut |step| {
        (writing.progress)(Progress {
            share: step.share(),
            told: told(step.written),
        });
        !writing.stop.is_asked()
    })?;
    Ok(told(written))
}
