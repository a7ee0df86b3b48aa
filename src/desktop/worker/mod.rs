//! The threads behind the window. The thread that draws sends a [`Command`] and goes on; a named thread carries it
//! out and answers with a [`Reply`] that bears the command's number and wakes the window.
//!
//! `registry-read` and `registry-write` own one connection each; `work` hashes, calls HTTP and audits; what waits for a
//! person or a disk is done `aside`, each in a thread of its own.
mod accept_all;
mod access;
mod apply;
mod aside;
mod command;
mod decide;
mod decoded;
mod document;
mod each;
mod fault;
mod finding;
pub mod findings;
mod fix;
mod fonts;
mod grants;
mod read;
mod registration;
mod reply;
mod review;
mod sign_offs;
mod token_reasons;
mod upkeep;
mod work;
mod write;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use eframe::egui;
use jiff::Timestamp;

pub use accept_all::{AcceptAll, AllAccepted};
pub use access::{AccessRequest, AccessResult};
pub use apply::{AppliedFile, Applying};
pub use aside::{
    Aside, ChooseFile, Chosen, ClientsContent, ClientsFile, Compare, Compared, Content, Details, Export,
    Exported, FileWish, HistoryFormat, Import, ImportOutcome, Line, Look, LookAt, Preview, Previewed,
    Progress, Purpose, Reached, ReportContent, UndoImport, WhichClients,
};
pub use command::Command;
pub use decide::Decision;
pub use decoded::{Decoded, KeysFrom, PastedToken, ToDecode};
pub use document::{Document, Fetch};
pub use each::{ClientAct, EachResult, Seen, Stop};
pub use fault::{FaultOf, FaultState, FaultWork};
pub use finding::{Beside, FIELD_CHANGES, FieldChange, FilterChange};
pub use findings::{FindingsQuery, FindingsView};
pub use fix::Fixing;
pub use fonts::offer_system_fonts;
pub use grants::{Ground, OpenAddress, Refused, SignInBy, TokenResult, TokenRun, Waiting};
pub use read::Read;
pub use registration::{DeadClients, NewToken, Registering};
pub use reply::{Deed, Reply, ReplyBody, Trouble};
pub use review::{AuditRules, Found, Review, WHOLE, day};
pub use sign_offs::SignOffPlace;
pub use token_reasons::TokenReasons;
pub use upkeep::{Preparation, PublishedKey, TestUser, Upkeep};
pub use work::{ServerState, Work};
pub use write::{Restoring, SavedChange, Write};

use crate::registry::{Registry, RegistryError};
use aside::Asides;
use sign_offs::KeptSignOffs;

/// Commands that may wait before a thread; a person cannot fill it.
const QUEUE: usize = 256;
/// How often the registry file is asked whether somebody else changed it.
const WATCH: Duration = Duration::from_millis(500);
/// Between two slices of clients that `registry-write` judges again.
const BREATH: Duration = Duration::from_millis(50);

/// A command on its way.
#[derive(Debug)]
struct Envelope {
    number: u64,
    by: String,
    command: Command,
}

/// How the window opens its registry.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The file.
    pub path: PathBuf,
    /// Whether to look only.
    pub read_only: bool,
    /// The file that decisions are kept in then; none: one beside the registry.
    pub sign_offs: SignOffPlace,
}

impl Opening {
    fn registry(&self) -> Result<Registry, RegistryError> {
        if self.read_only {
            Registry::open_read_only(&self.path)
        } else {
            Registry::open(&self.path, Timestamp::now())
        }
    }
}

/// The threads, or in tests one desk that does everything at once.
pub struct Workers {
    lanes: Lanes,
    next: u64,
    by: String,
    /// Where people keep what they write.
    folder: PathBuf,
}

enum Lanes {
    Threads {
        read: SyncSender<Envelope>,
        write: SyncSender<Envelope>,
        work: SyncSender<Envelope>,
        asides: Asides,
        replies: Receiver<Reply>,
        threads: Vec<JoinHandle<()>>,
    },
    Inline {
        desk: Box<InlineDesk>,
        replies: VecDeque<Reply>,
    },
}

struct InlineDesk {
    opening: Opening,
    sign_offs: KeptSignOffs,
    registry: Registry,
    work: work::Desk,
    aside: aside::Ground,
}

impl Workers {
    /// Starts the threads. The registry is opened by them; its news is the first reply.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start(opening: Opening, by: String, ctx: egui::Context) -> std::io::Result<Self> {
        let (reply_to, replies) = sync_channel(QUEUE);
        let outbox = Outbox {
            replies: reply_to,
            ctx,
        };
        let (read, read_inbox) = sync_channel(QUEUE);
        let (write, write_inbox) = sync_channel(QUEUE);
        let (work, work_inbox) = sync_channel(QUEUE);
        let asides = Asides::new(opening.clone(), outbox.clone());
        let threads = vec![
            spawn("registry-write", {
                let (opening, outbox) = (opening.clone(), outbox.clone());
                move || write_thread(&opening, &write_inbox, &outbox)
            })?,
            spawn("registry-read", {
                let (opening, outbox) = (opening.clone(), outbox.clone());
                move || read_thread(&opening, &read_inbox, &outbox)
            })?,
            spawn("work", {
                let write = write.clone();
                move || work_thread(&opening, &work_inbox, &write, &outbox)
            })?,
        ];
        Ok(Self {
            lanes: Lanes::Threads {
                read,
                write,
                work,
                asides,
                replies,
                threads,
            },
            next: 1,
            by,
            folder: aside::usual_folder(),
        })
    }

    /// Everything at once, in the caller's thread: for tests of the window.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry cannot be opened.
    pub fn inline(path: &Path, by: &str) -> Result<Self, RegistryError> {
        let path = path.to_owned();
        let opening = Opening {
            path,
            read_only: false,
            sign_offs: SignOffPlace::default(),
        };
        Self::inline_over(opening, by)
    }

    /// The same over a registry that may be looked at only.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry cannot be opened.
    pub fn inline_over(opening: Opening, by: &str) -> Result<Self, RegistryError> {
        let registry = opening.registry()?;
        let open = ReplyBody::RegistryOpen {
            path: opening.path.clone(),
            read_only: opening.read_only,
        };
        let news = [Some(open), ReplyBody::of_others(&registry)]
            .into_iter()
            .flatten();
        let replies = news.map(|body| Reply { number: 0, body }).collect();
        let folder = opening.path.parent().unwrap_or(&opening.path).to_owned();
        let aside = aside::Ground::new(opening.clone());
        let work = work::Desk::new(opening.clone());
        let desk = Box::new(InlineDesk {
            sign_offs: KeptSignOffs::of(&opening),
            opening: opening.clone(),
            registry,
            work,
            aside,
        });
        Ok(Self {
            lanes: Lanes::Inline { desk, replies },
            next: 1,
            by: by.to_owned(),
            folder,
        })
    }

    /// For tests of the window: documents come from there, and not over the network.
    #[must_use]
    pub fn fetching_by(mut self, fetch: Fetch) -> Self {
        if let Lanes::Inline { desk, .. } = &mut self.lanes {
            desk.work.fetch_by(fetch);
        }
        self
    }

    /// For tests of the window: addresses are shown there, and not in the system's browser.
    #[must_use]
    pub fn opening_by(mut self, open_address: OpenAddress) -> Self {
        if let Lanes::Inline { desk, .. } = &mut self.lanes {
            desk.work.open_by(open_address);
        }
        self
    }

    /// For tests of the window: files are chosen there, and not in the system's dialog.
    #[must_use]
    pub fn choosing_by(mut self, choose: ChooseFile) -> Self {
        if let Lanes::Inline { desk, .. } = &mut self.lanes {
            desk.aside.choose = choose;
        }
        self
    }

    /// The folder that a file is saved in, unless the person says otherwise: their documents. Of inline workers, that of the
    /// registry.
    pub fn usual_folder(&self) -> &Path {
        &self.folder
    }

    /// Sets who is named in the history from now on.
    pub fn set_name(&mut self, by: String) {
        self.by = by;
    }

    /// Sends a command. Its number comes back with its reply.
    pub fn send(&mut self, command: impl Into<Command>) -> u64 {
        let number = self.next;
        self.next += 1;
        let envelope = Envelope {
            number,
            by: self.by.clone(),
            command: command.into(),
        };
        match &mut self.lanes {
            Lanes::Threads {
                read,
                write,
                work,
                asides,
                ..
            } => {
                let lane = match envelope.command {
                    Command::Read(_) => read,
                    Command::Write(_) => write,
                    Command::Work(_) => work,
                    Command::Aside(aside) => {
                        asides.begin(number, aside, envelope.by);
                        return number;
                    }
                };
                // A lane is full or gone only when its thread hangs or failed, of which there has been news.
                let (Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) =
                    lane.try_send(envelope);
            }
            Lanes::Inline { desk, replies } => desk.carry_out(envelope, replies),
        }
        number
    }

    /// The replies that have come in.
    pub fn replies(&mut self) -> Vec<Reply> {
        match &mut self.lanes {
            Lanes::Threads { replies, .. } => replies.try_iter().collect(),
            Lanes::Inline { replies, .. } => replies.drain(..).collect(),
        }
    }

    /// Ends the threads, the server with them, once what was sent before is done.
    pub fn stop(self) {
        if let Lanes::Threads {
            read,
            write,
            work,
            asides,
            threads,
            replies,
        } = self.lanes
        {
            drop((read, write, work, replies));
            asides.end();
            for thread in threads {
                // A thread that panicked has nothing more to lose.
                let (Ok(()) | Err(_)) = thread.join();
            }
        }
    }
}

impl InlineDesk {
    fn carry_out(&mut self, envelope: Envelope, replies: &mut VecDeque<Reply>) {
        let Envelope { number, by, command } = envelope;
        let mut tell = |body| replies.push_back(Reply { number, body });
        let body = match command {
            Command::Read(read) => {
                let mut body = read::carry_out(&self.registry, read);
                self.sign_offs.add_to(&mut body, &self.registry);
                body
            }
            Command::Write(write) => {
                sign_offs::or_write(&mut self.registry, &self.opening, write, by, &mut tell)
            }
            Command::Aside(aside) => self.aside.carry_out(aside, &by, &mut tell),
            Command::Work(work) => match self.work.carry_out(work, &by, &mut tell) {
                work::Outcome::Reply(body) => *body,
                work::Outcome::Then(write) => write::carry_out(&mut self.registry, *write, by, &mut tell),
            },
        };
        replies.push_back(Reply { number, body });
    }
}

/// Where a thread puts its replies, and how it wakes the window.
#[derive(Clone)]
struct Outbox {
    replies: SyncSender<Reply>,
    ctx: egui::Context,
}

impl Outbox {
    /// Whether the window is still there to be told.
    fn put(&self, number: u64, body: ReplyBody) -> bool {
        let told = self.replies.send(Reply { number, body }).is_ok();
        self.ctx.request_repaint();
        told
    }

    /// Says something that is not worth waiting for: a window that is not drawn takes nothing in.
    fn mention(&self, number: u64, body: ReplyBody) {
        if self.replies.try_send(Reply { number, body }).is_ok() {
            self.ctx.request_repaint();
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}

fn write_thread(opening: &Opening, inbox: &Receiver<Envelope>, outbox: &Outbox) {
    let mut registry = match opening.registry() {
        Ok(registry) => registry,
        Err(error) => {
            outbox.put(0, ReplyBody::RegistryClosed(error.into()));
            return;
        }
    };
    let open = ReplyBody::RegistryOpen {
        path: opening.path.clone(),
        read_only: opening.read_only,
    };
    if !outbox.put(0, open) || !tell_of_others(&registry, outbox) {
        return;
    }
    // What other rules than today's judged is judged again whenever nobody wants anything.
    let mut judging = !opening.read_only;
    loop {
        let next = if judging {
            inbox.recv_timeout(BREATH)
        } else {
            inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match next {
            Ok(Envelope { number, by, command }) => {
                let Command::Write(write) = command else { continue };
                let mut tell = |body| outbox.mention(number, body);
                let body = sign_offs::or_write(&mut registry, opening, write, by, &mut tell);
                if !outbox.put(number, body) {
                    return;
                }
            }
            // Where this fails, the next start goes on with it.
            Err(RecvTimeoutError::Timeout) => judging = registry.judge_some().unwrap_or(false),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Whoever opens the registry first takes away what others may do with its files, and knows of it.
fn tell_of_others(registry: &Registry, outbox: &Outbox) -> bool {
    ReplyBody::of_others(registry).is_none_or(|body| outbox.put(0, body))
}

fn read_thread(opening: &Opening, inbox: &Receiver<Envelope>, outbox: &Outbox) {
    // The first question comes when `registry-write` has opened, and if need be made, the file.
    let mut open: Option<(Registry, i64)> = None;
    let (mut sign_offs, mut watched) = (KeptSignOffs::of(opening), KeptSignOffs::of(opening));
    loop {
        let mut waiting = match inbox.recv_timeout(WATCH) {
            Ok(envelope) => vec![envelope],
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        waiting.extend(inbox.try_iter());
        if open.is_none() && !waiting.is_empty() {
            match opening
                .registry()
                .and_then(|registry| Ok((registry.data_version()?, registry)))
            {
                Ok((version, registry)) => {
                    if !tell_of_others(&registry, outbox) {
                        return;
                    }
                    open = Some((registry, version));
                }
                Err(error) => {
                    outbox.put(0, ReplyBody::Failed(error.into()));
                    continue;
                }
            }
        }
        let Some((registry, seen)) = &mut open else {
            continue;
        };
        for (number, read) in read::newest_of_each_kind(waiting) {
            let mut body = read::carry_out(registry, read);
            sign_offs.add_to(&mut body, registry);
            if !outbox.put(number, body) {
                return;
            }
        }
        let is_decided_elsewhere = watched.is_other();
        if let Ok(version) = registry.data_version()
            && (version != *seen || is_decided_elsewhere)
        {
            *seen = version;
            if !outbox.put(0, ReplyBody::ChangedElsewhere) {
                return;
            }
        }
    }
}

fn work_thread(opening: &Opening, inbox: &Receiver<Envelope>, write: &SyncSender<Envelope>, outbox: &Outbox) {
    let mut desk = work::Desk::new(opening.clone());
    while let Ok(Envelope { number, by, command }) = inbox.recv() {
        let Command::Work(work) = command else { continue };
        let mut tell = |body| {
            // A window that is gone takes nothing in, which the end of the work shows too.
            let _is_there = outbox.put(number, body);
        };
        let told = match desk.carry_out(work, &by, &mut tell) {
            work::Outcome::Reply(body) => outbox.put(number, *body),
            work::Outcome::Then(next) => write
                .send(Envelope {
                    number,
                    by,
                    command: Command::Write(*next),
                })
                .is_ok(),
        };
        if !told {
            return;
        }
    }
}
