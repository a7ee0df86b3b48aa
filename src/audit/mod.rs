//! The audit: every rule over a registry of clients, and the reports that tell what they found.
//!
//! Pure, as `client` is: no files, no clock and no randomness of its own. The rules that need only a registration stay in
//! [`crate::client`], where the form shows them too; here they are joined by those that need to know what happened to a
//! client, its secrets' ages, the other clients and today's date. Whoever asks passes that in as [`Facts`]; what an organisation
//! decided about the rules comes as [`Settings`], and what reviewers decided as [`Acceptance`] and [`Approval`].
//!
//! The way through: each client is set in [`Neighbours`], then each is judged by [`judge`], and what is found goes into
//! a [`report::Report`] as it comes, so that a registry of any size is told in little memory. Whoever wants to keep what was
//! found, and to judge again only what changes, keeps a [`Ledger`].

mod acceptance;
mod approval;
mod baseline;
pub mod calendar;
mod detects;
mod examples;
mod facts;
mod filter;
mod finding;
mod fingerprint;
pub mod handbook;
mod judge;
mod keycloak;
mod ledger;
mod lookalike;
mod neighbours;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod report;
mod rule;
mod secrets;
mod settings;
mod sign_offs;
mod work_list;

pub use acceptance::{Acceptance, MAX_REASON, NotAccepted};
pub use approval::{Approval, sensitive};
pub use baseline::{Baseline, NoBaseline};
pub use examples::{Example, example};
pub use facts::{Facts, ScopeFacts, SecretFacts};
pub use filter::{Age, Decided, FindingFilter, NoFilter, SeverityFilter};
pub use finding::AuditFinding;
pub use fingerprint::Fingerprint;
pub use judge::{judge, judge_beside_others, judge_draft};
pub use ledger::{Dated, Judged, Ledger};
pub use neighbours::{Neighbours, Traits};
pub use rule::{AuditRule, FactRule};
pub use settings::{NoSettings, Parameter, Settings, WatchedScope, host_name};
pub use sign_offs::{NoSignOffs, SignOffs};
pub use work_list::{FindingSort, Grouping, WorkList};
