//! Reads the command line, opens the window or runs the named command.

use std::process::ExitCode;

fn main() -> ExitCode {
    chancery::cli::run()
}
