//! `chancery backup FILE`.

use std::path::PathBuf;

use clap::Args;

use super::{GlobalArgs, Outcome, output};
use crate::vault::key_path;

/// Copy the registry and its key file to new files
///
/// The window and the server may run meanwhile. The copy is a registry by itself: open it with --registry. Its key
/// file opens the server's private keys, so keep both where only you can read them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  chancery backup /media/usb/2026-10-01.chancery")]
pub struct BackupArgs {
    /// The file to write; its key file is written to FILE.key. Neither may exist
    file: PathBuf,
}

impl BackupArgs {
    /// Writes both files and names them.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        global.open()?.backup_to(&self.file)?;
        output::line(&format!(
            "{}\n{}",
            self.file.display(),
            key_path(&self.file).display()
        ))
    }
}
