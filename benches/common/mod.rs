//! What the benchmarks share.

pub mod clients;
mod clock;

pub use clock::time_at_work;
