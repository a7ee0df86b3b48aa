//! How a command fails: what happened, and what to do.

use std::io::Write;

use crate::client::Refusals;
use crate::interchange::rfc7591::MetadataError;

/// A refusal or a failure, for standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    happened: String,
    advice: String,
    /// Whether the command was given wrongly, so that nothing was done.
    is_of_usage: bool,
}

impl Failure {
    /// What happened, and what to do about it; each without a full stop.
    pub fn new(happened: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            happened: happened.into(),
            advice: advice.into(),
            is_of_usage: false,
        }
    }

    /// The command was given wrongly, and nothing was done.
    pub fn of_usage(happened: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            is_of_usage: true,
            ..Self::new(happened, advice)
        }
    }

    /// What the program ends with: 1 where something was refused or failed, 2 where it was called wrongly.
    pub fn exit_status(&self) -> u8 {
        if self.is_of_usage { 2 } else { 1 }
    }

    /// Writes both to standard error.
    pub fn tell(&self) {
        let (happened, advice) = (
            super::output::visible(&self.happened),
            super::output::visible(&self.advice),
        );
        // If even that is gone, the exit status still tells.
        let _nobody_listens = writeln!(std::io::stderr(), "error: {happened}\n{advice}");
    }
}

impl From<Refusals> for Failure {
    fn from(refusals: Refusals) -> Self {
        Self::new(
            format!("The registration is refused:\n{refusals}"),
            "Nothing was saved. Correct the metadata and try again",
        )
    }
}

impl From<MetadataError> for Failure {
    fn from(error: MetadataError) -> Self {
        Self::new(error.to_string(), error.advice())
    }
}
