//! The audit: every rule over a registry of clients, and the reports that tell what they found.
//!
//! Pure, as `client` is: no files, no clock and no randomness of its own. The rules that need only a registration stay in
//! [`crate::client`], where the form shows them too; here they are joined by those that need to know what happened to a
//! client, its secrets' ages, the other clients and today's date. Whoever asks passes that in as [`Facts`].
//!
//! The way through: each client is added to [`Neighbours`], then each is judged by [`judge`], and what is found goes into
//! a [`report::Report`] as it comes, so that a registry of any size is told in little memory.

mod examples;
mod facts;
mod finding;
mod judge;
mod lookalike;
mod neighbours;
pub mod report;
mod rule;
mod secrets;

pub use examples::{Example, example};
pub use facts::{Facts, Policy, ScopeFacts, SecretFacts};
pub use finding::AuditFinding;
pub use judge::judge;
pub use neighbours::Neighbours;
pub use rule::{AuditRule, FactRule};
