//! Clients on their way from a file into the registry.

use super::imported_secret::ImportedSecret;
use crate::client::Finding;
use crate::interchange::ForeignClient;
use crate::registry::{Client, RegistryError};

/// A client with what is known of it before anything is written.
pub(super) struct Prepared {
    /// Which of the source's places it is.
    pub number: u64,
    pub foreign: ForeignClient,
    pub refusals: Vec<String>,
    pub before: Option<Client>,
    /// Whether it was changed since somebody looked at what would come of it.
    pub is_other_now: bool,
    pub secret: ImportedSecret,
}

/// What a client ends that is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// Only itself.
    Itself,
    /// All that are imported with it.
    All,
}

/// Whether a trouble is about one client.
pub(super) fn is_of_client(error: &RegistryError) -> bool {
    matches!(
        error,
        RegistryError::Refused(_)
            | RegistryError::Conflict { .. }
            | RegistryError::AlreadyExists { .. }
            | RegistryError::SecretNeeded
            | RegistryError::SecretUnfit
            | RegistryError::TooManySecrets
            | RegistryError::NotFound { .. }
    )
}

/// A client that was read, and why it would be held.
pub(super) struct Met {
    /// Which of the source's places it is.
    pub number: u64,
    pub foreign: ForeignClient,
    pub refusals: Vec<String>,
}

impl Met {
    /// From what a file has of it in one of its places.
    pub fn of(number: u64, foreign: ForeignClient) -> Self {
        let findings = foreign.draft.findings();
        let refusals = findings.iter().filter(|finding| finding.refuses());
        Self {
            number,
            refusals: refusals.map(Finding::sentence).collect(),
            foreign,
        }
    }
}
