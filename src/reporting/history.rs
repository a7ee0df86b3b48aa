//! The history of a registry, for whoever takes bytes and for whoever reads words: the window and the command line tell it in
//! the same way.

pub mod diff;
mod file;
pub mod words;

pub use file::{HistoryFormat, HistoryStep, told, write};
