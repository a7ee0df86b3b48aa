//! Whole flows through the window, by role and name as a screen reader finds things: what they do to the registry, to
//! the clipboard and to what is shown next.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[path = "window/access.rs"]
mod access;
#[path = "window/changes.rs"]
mod changes;
#[path = "window/comparing.rs"]
mod comparing;
#[cfg(feature = "curl")]
#[path = "window/copied.rs"]
mod copied;
#[path = "window/deciding.rs"]
mod deciding;
#[path = "window/decode.rs"]
mod decode;
#[path = "window/desk.rs"]
mod desk;
#[path = "window/documents.rs"]
mod documents;
#[path = "window/editing.rs"]
mod editing;
#[path = "window/exporting.rs"]
mod exporting;
#[path = "window/faults.rs"]
mod faults;
#[path = "window/grants.rs"]
mod grants;
#[path = "window/handover.rs"]
mod handover;
#[path = "window/history.rs"]
mod history;
#[path = "window/importing.rs"]
mod importing;
#[path = "window/keyboard.rs"]
mod keyboard;
#[path = "window/layout.rs"]
mod layout;
#[path = "window/list.rs"]
mod list;
#[path = "window/looking.rs"]
mod looking;
#[path = "window/names.rs"]
mod names;
#[path = "window/new_client.rs"]
mod new_client;
#[path = "window/read_only.rs"]
mod read_only;
#[path = "window/redirect.rs"]
mod redirect;
#[path = "window/refusals.rs"]
mod refusals;
#[path = "window/registration.rs"]
mod registration;
#[path = "window/report.rs"]
mod report;
#[path = "window/resource_servers.rs"]
mod resource_servers;
#[path = "window/review.rs"]
mod review;
#[path = "window/review_tabs.rs"]
mod review_tabs;
#[path = "window/reviewing.rs"]
mod reviewing;
#[path = "window/saved.rs"]
mod saved;
#[path = "window/secret_dialog.rs"]
mod secret_dialog;
#[path = "window/secrets.rs"]
mod secrets;
#[path = "window/selecting.rs"]
mod selecting;
#[path = "window/server.rs"]
mod server;
#[path = "window/sign_offs.rs"]
mod sign_offs;
#[path = "window/together.rs"]
mod together;
#[path = "window/tokens.rs"]
mod tokens;
#[path = "window/unasked.rs"]
mod unasked;
