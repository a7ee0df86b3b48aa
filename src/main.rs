//! Reads the command line, opens the window or runs the named command.

fn main() {}
