//! How often a thing is measured that is held against a figure of its own.

/// Of as many measurements the least counts: what else a machine does comes and goes, and what is slow by itself is so each time.
pub const TRIES: usize = 3;
