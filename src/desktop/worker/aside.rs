//! What takes as long as a disk or a person likes, each in a thread of its own: a file is written, the system's dialog is
//! open, the history is followed from its first row. Nothing else waits for it.

mod choose;
mod clients;
mod content;
mod details;
pub(super) mod file;
mod lines;
mod moving;
mod report;

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use choose::{ChooseFile, Chosen, FileWish, Purpose};
pub use clients::{ClientsContent, WhichClients};
pub use content::Content;
pub use details::{Details, Look, LookAt};
pub use lines::Line;
pub use moving::{
    ClientsFile, Compare, Compared, Import, ImportOutcome, Preview, Previewed, Reached, UndoImport,
};
pub use report::ReportContent;

pub use crate::reporting::history::HistoryFormat;

use super::{Opening, Outbox, ReplyBody, Stop, Trouble, spawn};

/// How often it is told how far a file is.
const TELL: Duration = Duration::from_millis(100);

/// Something that is done aside.
#[derive(Debug)]
pub enum Aside {
    /// Have the person choose a file in the system's dialog.
    ChooseFile(FileWish),
    /// Write a file.
    Export(Box<Export>),
    /// Follow the chain of the history from its first row on.
    VerifyChain,
    /// Read a file that is a text of no great length.
    ReadFile(String),
    /// Find out what an import would do.
    Preview(Box<Preview>),
    /// Take clients over.
    Import(Box<Import>),
    /// Take back what an import brought.
    UndoImport(UndoImport),
    /// Compare a file with the registry.
    Compare(Box<Compare>),
    /// Look at one client of a file in all its members.
    LookAt(Box<LookAt>),
}

impl Aside {
    /// Whether it changes the registry.
    pub(in crate::desktop) const fn edits(&self) -> bool {
        matches!(self, Self::Import(_) | Self::UndoImport(_))
    }

    /// The wish to go no further, by which it is stopped; none for what only a person ends, or what is over at once.
    fn stop(&self) -> Option<Stop> {
        match self {
            Self::ChooseFile(_) | Self::VerifyChain | Self::ReadFile(_) => None,
            Self::Export(export) => Some(export.stop.clone()),
            Self::Preview(preview) => Some(preview.stop.clone()),
            Self::Import(import) => Some(import.stop.clone()),
            Self::UndoImport(undo) => Some(undo.stop.clone()),
            Self::Compare(compare) => Some(compare.stop.clone()),
            Self::LookAt(look) => Some(look.stop.clone()),
        }
    }
}

/// A file to be written.
#[derive(Debug)]
pub struct Export {
    /// Where, as it was typed.
    pub path: String,
    /// Whether a file that is there may be replaced.
    pub replace: bool,
    /// What is to stand in it.
    pub content: Content,
    /// The wish to go no further.
    pub stop: Stop,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    /// It is on the disk.
    Written {
        /// Where.
        path: PathBuf,
        /// How much of what stands in it: `1,842 changes`.
        told: String,
    },
    /// There is a file already, which is as it was.
    Exists(PathBuf),
    /// Somebody wanted it to stop: nothing was written.
    Stopped,
}

/// How far a file is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The part that is done, from 0 to 1.
    pub share: f32,
    /// The same in words: `1,842 changes`.
    pub told: String,
}

/// What is needed to do something aside.
pub(super) struct Ground {
    pub opening: Opening,
    pub choose: ChooseFile,
}

impl Ground {
    pub(super) fn new(opening: Opening) -> Self {
        Self {
            opening,
            choose: choose::by_the_system,
        }
    }

    /// Does it, and tells meanwhile how far it is.
    pub(super) fn carry_out(&self, aside: Aside, by: &str, tell: &mut dyn FnMut(ReplyBody)) -> ReplyBody {
        let opening = &self.opening;
        match aside {
            Aside::Preview(preview) => {
                ReplyBody::Previewed(moving::preview(&preview, opening, by, tell).map(Box::new))
            }
            Aside::Import(import) => {
                ReplyBody::ImportDone(moving::import(*import, opening, by, tell).map(Box::new))
            }
            Aside::Compare(compare) => {
                ReplyBody::Compared(moving::compare(&compare, opening, tell).map(Box::new))
            }
            Aside::LookAt(look) => {
                ReplyBody::Details(details::look_at(&look, opening, by).map(|found| found.map(Box::new)))
            }
            Aside::UndoImport(undo) => ReplyBody::ImportUndone(moving::undo(&undo, opening, by, tell)),
            Aside::ChooseFile(wish) => ReplyBody::Chosen((self.choose)(&wish)),
            Aside::ReadFile(path) => ReplyBody::FileRead(file::read(&path)),
            Aside::Export(export) => ReplyBody::Exported(self.export(&export, tell)),
            Aside::VerifyChain => {
                let verified = self
                    .opening
                    .registry()
                    .and_then(|registry| registry.verify_chain());
                verified.map_or_else(ReplyBody::from, ReplyBody::ChainVerified)
            }
        }
    }

    fn export(&self, export: &Export, tell: &mut dyn FnMut(ReplyBody)) -> Result<Exported, Trouble> {
        let mut told_at = Instant::now();
        let mut progress = |now: Progress| {
            if told_at.elapsed() >= TELL {
                told_at = Instant::now();
                tell(ReplyBody::ExportProgress(now));
            }
        };
        file::write(export, &self.opening, &mut progress)
    }
}

/// Where people keep what they write: their documents, or their home.
pub(super) fn usual_folder() -> PathBuf {
    let folders = directories::UserDirs::new();
    let documents = folders.as_ref().and_then(|folders| folders.document_dir());
    let existing = documents.filter(|folder| folder.is_dir());
    let home = folders.as_ref().map(|folders| folders.home_dir());
    existing.or(home).map_or_else(PathBuf::new, Path::to_owned)
}

/// The threads that do something aside.
pub(super) struct Asides {
    opening: Opening,
    outbox: Outbox,
    running: Vec<Running>,
}

struct Running {
    thread: JoinHandle<()>,
    /// How it is stopped; none for what only a person ends.
    stop: Option<Stop>,
}

impl Asides {
    pub fn new(opening: Opening, outbox: Outbox) -> Self {
        Self {
            opening,
            outbox,
            running: Vec::new(),
        }
    }

    /// Begins something.
    pub fn begin(&mut self, number: u64, aside: Aside, by: String) {
        self.running.retain(|running| !running.thread.is_finished());
        let stop = aside.stop();
        let (ground, sent_to) = (Ground::new(self.opening.clone()), self.outbox.clone());
        let spawned = spawn("aside", move || {
            let mut tell = |body| sent_to.mention(number, body);
            let body = ground.carry_out(aside, &by, &mut tell);
            // A window that is gone wants to know nothing more.
            let _is_there = sent_to.put(number, body);
        });
        match spawned {
            Ok(thread) => self.running.push(Running { thread, stop }),
            Err(error) => {
                let what = format!("The system gives the program no further thread: {error}");
                let advice = "Close other programs, then try again".to_owned();
                self.outbox
                    .mention(number, ReplyBody::Failed(Trouble { what, advice }));
            }
        }
    }

    /// Stops what can be stopped, and waits for it: a file that is being written leaves nothing behind. What a person has
    /// open ends with the program.
    pub fn end(self) {
        for Running { thread, stop } in self.running {
            if let Some(stop) = stop {
                stop.ask();
                // A thread that panicked has nothing more to lose.
                let (Ok(()) | Err(_)) = thread.join();
            }
        }
    }
}
