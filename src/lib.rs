//! Chancery keeps an organisation's OAuth 2.0 and OpenID Connect client registrations in one SQLite file, behind
//! one window, with a strict authorization server on loopback beside it.
//!
//! # The map
//!
//! | room | what it is for | whom it may know |
//! |---|---|---|
//! | [`client`] | what a registration **is**, and the rules it keeps; what a resource server asks. Pure | nobody |
//! | [`audit`] | every rule over many clients, and the reports that tell what they found. Pure | `client` |
//! | [`interchange`] | other systems' formats in and out | `client` |
//! | [`jwt`] | what a token says: decoded, verified, explained, compared. Pure | `client` |
//! | [`vault`] | seals signing keys, keys the history's chain | `client` |
//! | [`registry`] | the SQLite file, and the only SQL | `vault`, `audit`, `client` |
//! | [`reporting`] | what the audit finds in a registry or a file of another system, and a registry's history, written as a report to whatever takes bytes; the file that reviewers keep sign-offs in | `transfer`, `registry`, `interchange`, `audit`, `client` |
//! | [`transfer`] | clients of other systems into a registry and out of it: read, looked at, compared, taken over | `registry`, `interchange`, `audit`, `client` |
//! | [`outbound`] | the only HTTP client | `jwt`, `client` |
//! | [`protocol`] | OAuth and OpenID Connect decided without HTTP | `registry`, `vault`, `outbound`, `interchange`, `jwt`, `client` |
//! | [`server`] | the loopback HTTP server: one endpoint, one file | `protocol` and whom it knows |
//! | [`cli`] | one file a command | every room |
//! | [`desktop`] | the window | every room |
//! | `fuzzing` | what holds for whatever bytes come, as one table; for tests and fuzz targets only | every room |
//!
//! No arrow runs back up. The rules that need only one registration live in `client`, where form, file, server and
//! review share them; `audit` builds on them, and is told the facts that its own rules need. `registry` keeps what
//! reviewers decided and how the rules are set, in the types of `audit`, and tells it the facts. `registry` opens the `vault`
//! beside its file, so that one without the other is found at once.
//!
//! # The invariants, each held by a test in `tests/architecture.rs`
//!
//! 1. `client`, `audit` and `jwt` do no I/O and never ask for the time or for randomness: both are passed in.
//! 2. Only `registry` imports rusqlite. Only `server` imports axum, only `outbound` an HTTP client. Only
//!    `desktop` imports egui, eframe, arboard.
//! 3. Nothing slow runs on the thread that draws. A screen reads state and sends a command; named worker threads
//!    own the registry's connections, hash, call HTTP, and answer with a reply that carries the request's number
//!    and wakes the window. Stale replies are dropped.
//! 4. A secret in clear exists only as [`client::Secret`]: no `Display`, no `Serialize`, a redacted `Debug`, wiped
//!    on drop, opened by one method that can be found with grep.
//! 5. One validator and one redirect matcher serve whoever asks.
//! 6. A token that is previewed is a token that was issued: the Tokens screen talks HTTP to the same `/token` as
//!    anyone.
//! 7. Every change of a registration is one transaction that writes the change and its history row, or nothing.
//! 8. `ClientDraft` → `validate()` → `Registration`. Only what validates authenticates.
//! 9. No type, error or SQL of SQLite leaves `registry`.

pub mod audit;
#[cfg(not(fuzzing))]
pub mod cli;
pub mod client;
#[cfg(not(fuzzing))]
pub mod desktop;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod interchange;
pub mod jwt;
pub mod outbound;
pub mod protocol;
pub mod registry;
pub mod reporting;
pub mod server;
pub mod transfer;
pub mod vault;
