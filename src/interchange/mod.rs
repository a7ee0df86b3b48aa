//! Other systems' formats in and out. Each format has a file, and each turns what it reads into a
//! [`ClientDraft`](crate::client::ClientDraft), which the one validator judges.

#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod rfc7591;
mod strict_json;

pub use strict_json::{NotJson, read_json};
