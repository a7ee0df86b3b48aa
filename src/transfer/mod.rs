//! Clients of other systems into a registry, and out of it: what a file holds is looked at, compared and taken over, client by
//! client, each whole or not at all. The command line and the window do it by the same way.
//!
//! [`Source`] is what is read; an [`Importer`] takes it over, or says what it would do; an [`Entry`] tells what came of one
//! client. A [`Comparing`] says in what a registry and an export differ.

mod all_cores;
mod change;
mod compare;
mod difference;
mod entry;
mod export;
mod hashing;
mod imported_secret;
mod importing;
mod met;
mod source;
mod undo;

pub use all_cores::on_all_cores;
pub use compare::{CompareError, Comparing, Comparison, Stands};
pub use difference::{Difference, differences};
pub use entry::{Came, Entry};
pub use export::{ExportError, ExportWish, Exported, export};
pub use importing::{ImportError, Importer, Progress};
pub use source::{Source, SourceError, Stamp};
pub use undo::{UndoReport, undo};

#[cfg(test)]
mod undo_tests;
