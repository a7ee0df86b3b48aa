//! `chancery client …`, `check`, `backup`: the program itself, as a script runs it.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[path = "cli_client/handover.rs"]
mod handover;
#[path = "cli_client/living.rs"]
mod living;
#[path = "cli_client/machine.rs"]
mod machine;
#[path = "cli_client/registering.rs"]
mod registering;
#[path = "cli_client/registry_file.rs"]
mod registry_file;
#[path = "cli_client/rules.rs"]
mod rules;
#[path = "cli_client/shell.rs"]
mod shell;
