//! How a command fails: what happened, and what to do.

use std::io::Write;

use crate::client::Refusals;
use crate::interchange::rfc7591::MetadataError;

/// A refusal or a failure, for standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    happened: String,
    advice: String,
}

impl Failure {
    /// What happened, and what to do about it; each without a full stop.
    pub fn new(happened: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            happened: happened.into(),
            advice: advice.into(),
        }
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
