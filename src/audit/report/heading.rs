//! What a report is of: a registry or a file, of when, and what its readers must know beside the findings.

use jiff::Timestamp;

use crate::audit::Settings;

/// Of every history: who stands in it says so himself.
pub const WHO: &str = "Who made a change is claimed, not proved";

/// Of sign-offs that are kept in a file, beside which there is no history.
const SIGN_OFFS: &str = "Approvals and accepted risks from a file of sign-offs were taken in. Who decided is claimed in that \
                         file, not proved.";

/// So many of those that were not judged are named.
const MOST_NAMED: usize = 1_000;

/// What a report is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Whose clients were judged.
    pub audited: Audited,
    /// Of when.
    pub at: Timestamp,
    /// How the rules were set.
    pub settings: Settings,
    /// Whether what was found was held against an earlier report.
    pub has_baseline: bool,
    /// What of the findings was left out, a sentence each; empty for a report of everything.
    pub left_out: Vec<String>,
    /// Whether what reviewers decided in a file of their own counts too.
    pub sign_offs: bool,
}

/// Whose clients were judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audited {
    /// Those of a registry.
    Registry {
        /// Its file's name.
        name: String,
        /// What is known of its history.
        history: HistoryState,
    },
    /// Those of a file of another system, which has no history.
    File {
        /// Its name.
        name: String,
        /// The other system, or its format.
        format: String,
        /// What in it was not judged.
        not_judged: NotJudged,
    },
}

/// What is known of a history, to be noted elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryState {
    /// How many rows it has.
    pub rows: i64,
    /// The mac of the last of them: with it, noted elsewhere, a history that was put back can be told.
    pub head: String,
    /// Its first row that is not as it was written.
    pub broken_at: Option<i64>,
}

/// What in a file was not judged. Of very many, the first are named and the others counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotJudged {
    /// How many cannot be read.
    pub unreadable: u64,
    /// How many are no clients that ask for tokens.
    pub passed_over: u64,
    /// How many of these are about no client at all: they are named, and no entries of the file.
    remarks: u64,
    named: Vec<PassedOver>,
}

/// A client of a file that was not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Where it stands.
    pub place: String,
    /// Which one, as far as that can be seen.
    pub client: Option<String>,
    /// Why.
    pub why: String,
    /// Whether it is no client that asks for tokens, rather than one that cannot be read.
    pub is_no_client: bool,
}

impl NotJudged {
    /// Counts one more in.
    pub fn add(&mut self, one: PassedOver) {
        if one.is_no_client {
            self.passed_over += 1;
            self.remarks += u64::from(one.client.is_none());
        } else {
            self.unreadable += 1;
        }
        if self.named.len() < MOST_NAMED {
            self.named.push(one);
        }
    }

    /// Those that are named, in the file's order.
    pub fn named(&self) -> &[PassedOver] {
        &self.named
    }

    fn sentences(&self) -> impl Iterator<Item = String> {
        let counts = [
            (self.unreadable, "cannot be read and is", "cannot be read and are"),
            (
                self.passed_over - self.remarks,
                "is no OAuth client and is",
                "are no OAuth clients and are",
            ),
        ];
        let counts =
            counts
                .into_iter()
                .filter(|(count, ..)| *count > 0)
                .map(|(count, one, many)| match count {
                    1 => format!("1 entry of the file {one} not judged."),
                    count => format!("{count} entries of the file {many} not judged."),
                });
        counts.chain(self.named.iter().map(PassedOver::sentence))
    }
}

impl PassedOver {
    /// It, in a sentence.
    pub fn sentence(&self) -> String {
        let client = self.client.as_ref().map(|client| format!(", client {client}"));
        let sentence = format!("{}{}: {}", self.place, client.unwrap_or_default(), self.why);
        let ends = sentence.ends_with(['.', '!', '?']);
        if ends { sentence } else { sentence + "." }
    }
}

impl Audited {
    /// The name of the registry's file, or of the file that was judged.
    pub fn name(&self) -> &str {
        match self {
            Self::Registry { name, .. } | Self::File { name, .. } => name,
        }
    }

    /// The history, where there is one.
    pub fn history(&self) -> Option<&HistoryState> {
        match self {
            Self::Registry { history, .. } => Some(history),
            Self::File { .. } => None,
        }
    }

    /// What was not judged, of a file.
    pub fn not_judged(&self) -> Option<&NotJudged> {
        match self {
            Self::Registry { .. } => None,
            Self::File { not_judged, .. } => Some(not_judged),
        }
    }

    /// Whether it is a file, of which clients belong to realms.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    /// What it is, for a title.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Registry { name, .. } => name.clone(),
            Self::File { name, format, .. } => format!("the file {name} ({format})"),
        }
    }
}

impl Heading {
    /// What is to be known of what was counted, a sentence each.
    pub(super) fn sentences(&self) -> Vec<String> {
        let left_out = self.left_out.iter().cloned();
        let sign_offs = self.sign_offs.then(|| SIGN_OFFS.to_owned());
        let not_judged = self
            .audited
            .not_judged()
            .into_iter()
            .flat_map(NotJudged::sentences);
        left_out.chain(sign_offs).chain(not_judged).collect()
    }

    /// What is said of the history, in sentences.
    pub(super) fn history(&self) -> String {
        let Some(history) = self.audited.history() else {
            return "A file has no history: who changed what, and whether a client is used, is not known."
                .to_owned();
        };
        let whole = match history.broken_at {
            None => "It is whole".to_owned(),
            Some(row) => format!("Row {row} is not as it was written"),
        };
        format!(
            "The history has {} rows; its head is {}. {whole}. {WHO}.",
            history.rows, history.head
        )
    }
}
