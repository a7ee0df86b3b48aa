//! Registrations written in the format of another system, client by client, never with a secret or a hash.

use std::collections::BTreeMap;

use serde_json::Value;

use super::keycloak::write as keycloak;
use super::{csv, hydra, rfc7591_file};
use crate::client::{ClientDraft, ClientId, Status, closed_set};

closed_set! {
    /// The formats of files that are written.
    ExportFormat {
        /// Client metadata (RFC 7591 §2), as an array.
        Rfc7591 = "rfc7591",
        /// What Keycloak takes in as a partial import of a realm.
        Keycloak = "keycloak",
        /// What `hydra import client` takes.
        Hydra = "hydra",
        /// A table for a spreadsheet.
        Csv = "csv",
    }
}

impl ExportFormat {
    /// How names of its files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Rfc7591 | Self::Keycloak | Self::Hydra => "json",
            Self::Csv => "csv",
        }
    }

    /// What becomes of what the format has no place for, as the rest of a sentence.
    pub const fn what_of_the_rest(self) -> &'static str {
        match self {
            Self::Rfc7591 => "stands in members of this program's own, which other systems pass over",
            Self::Hydra => {
                "stands in metadata.chancery, which Hydra keeps and does not act on; an import here reads it again"
            }
            Self::Keycloak => {
                "stands in the client's attribute chancery, which Keycloak keeps and does not act on; an import here reads it again"
            }
            Self::Csv => "is left out",
        }
    }
}

/// A file that is being written.
#[derive(Clone, Debug)]
pub struct Exporter {
    format: ExportFormat,
    clients: u64,
    unsaid: BTreeMap<String, u64>,
    withheld: BTreeMap<String, u64>,
}

impl Exporter {
    /// One without a client.
    pub const fn new(format: ExportFormat) -> Self {
        Self {
            format,
            clients: 0,
            unsaid: BTreeMap::new(),
            withheld: BTreeMap::new(),
        }
    }

    /// How many clients were written.
    pub const fn clients(&self) -> u64 {
        self.clients
    }

    /// The members that the format has no place for, and of how many clients. See [`ExportFormat::what_of_the_rest`].
    pub const fn unsaid(&self) -> &BTreeMap<String, u64> {
        &self.unsaid
    }

    /// The members whose addresses were written without a password that stands in them, and of how many clients.
    pub const fn withheld(&self) -> &BTreeMap<String, u64> {
        &self.withheld
    }

    /// The beginning of the file.
    pub fn begin(&self) -> Vec<u8> {
        match self.format {
            ExportFormat::Rfc7591 | ExportFormat::Hydra => b"[".to_vec(),
            ExportFormat::Keycloak => keycloak::OPENING.as_bytes().to_vec(),
            ExportFormat::Csv => csv::write_head(),
        }
    }

    /// The next client.
    pub fn client(&mut self, client_id: &ClientId, draft: &ClientDraft, status: Status) -> Vec<u8> {
        // An older version may have taken one in.
        let mut clean = draft.clone();
        for member in clean.take_passwords() {
            *self.withheld.entry(member).or_default() += 1;
        }
        let draft = &clean;
        let is_first = self.clients == 0;
        self.clients += 1;
        match self.format {
            ExportFormat::Rfc7591 => {
                if status == Status::Disabled {
                    self.cannot_say("status".to_owned());
                }
                item(rfc7591_file::write(client_id, draft, status), is_first)
            }
            ExportFormat::Hydra => {
                let (members, unsaid) = hydra::write(client_id, draft, status);
                unsaid.into_iter().for_each(|member| self.cannot_say(member));
                item(members, is_first)
            }
            ExportFormat::Keycloak => {
                let written = keycloak::write(client_id, draft, status);
                written
                    .unsaid
                    .into_iter()
                    .for_each(|member| self.cannot_say(member));
                item(written.client, is_first)
            }
            ExportFormat::Csv => csv::write(client_id, draft, status),
        }
    }

    /// The end of the file.
    pub fn end(&self) -> Vec<u8> {
        match self.format {
            ExportFormat::Rfc7591 | ExportFormat::Hydra if self.clients == 0 => b"]\n".to_vec(),
            ExportFormat::Rfc7591 | ExportFormat::Hydra => b"\n]\n".to_vec(),
            ExportFormat::Keycloak => format!("\n{}\n", keycloak::CLOSING).into_bytes(),
            ExportFormat::Csv => Vec::new(),
        }
    }

    fn cannot_say(&mut self, member: String) {
        *self.unsaid.entry(member).or_default() += 1;
    }
}

/// An item of an array of JSON.
fn item(client: impl Into<Value>, is_first: bool) -> Vec<u8> {
    let before = if is_first { "\n  " } else { ",\n  " };
    let text = format!("{:#}", client.into()).replace('\n', "\n  ");
    format!("{before}{text}").into_bytes()
}
