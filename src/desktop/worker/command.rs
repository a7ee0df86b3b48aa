//! What the window can have its threads do.

use super::{Aside, Read, Work, Write};

/// Something for another thread to do.
#[derive(Debug)]
pub enum Command {
    /// Look something up.
    Read(Read),
    /// Change something.
    Write(Write),
    /// Hash, call HTTP or audit, and then perhaps change something.
    Work(Work),
    /// Write a file, or have one chosen.
    Aside(Aside),
}

impl Command {
    /// Whether it changes the registry. What a reviewer decides is kept elsewhere where that cannot be changed.
    pub(in crate::desktop) const fn edits(&self) -> bool {
        match self {
            Self::Write(Write::Decide(_) | Write::KeepIn { .. }) | Self::Read(_) => false,
            Self::Aside(aside) => aside.edits(),
            Self::Write(_) => true,
            Self::Work(work) => work.edits(),
        }
    }
}

impl From<Aside> for Command {
    fn from(aside: Aside) -> Self {
        Self::Aside(aside)
    }
}

impl From<Read> for Command {
    fn from(read: Read) -> Self {
        Self::Read(read)
    }
}

impl From<Write> for Command {
    fn from(write: Write) -> Self {
        Self::Write(write)
    }
}

impl From<Work> for Command {
    fn from(work: Work) -> Self {
        Self::Work(work)
    }
}
