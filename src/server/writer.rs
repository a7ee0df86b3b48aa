//! The one thread of the server that changes the registry.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::Clock;
use crate::client::ClientId;
use crate::protocol::IssueLog;
use crate::protocol::client_authentication::HashRenewal;
use crate::protocol::keys::SigningKeys;
use crate::registry::{Act, Issue, Registry, RegistryError};

/// What was issued is written this long after the first token since the last write.
const GATHER: Duration = Duration::from_secs(1);
/// Between two slices of clients that are judged again, so that others can write and requests have the processor.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two sweeps.
const SWEEP: SignedDuration = SignedDuration::from_mins(1);
/// Changes that may wait: more than there are connections to ask for them.
const QUEUE: usize = 1_024;
/// Changes that one commit may bring to the disk.
const MOST_TOGETHER: usize = 64;

/// Hands changes to the thread that owns the writing connection.
#[derive(Debug)]
pub struct Writer {
    queue: SyncSender<Change>,
    issues: Arc<Mutex<IssueLog>>,
    keys_asked_for: Arc<AtomicBool>,
}

/// Does something and gives what answers for it once the disk has it, or why it has not.
type Work = Box<dyn FnOnce(&Registry) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), Arc<RegistryError>>) + Send>;

enum Change {
    Work(Work),
    RenewHash(HashRenewal),
    Note {
        client_id: ClientId,
        action: &'static str,
        note: String,
        act: Act,
        done: SyncSender<Result<(), RegistryError>>,
    },
    MakeMissingKeys(Timestamp),
    Issued,
    Stop,
}

/// Why a change was not made.
#[derive(Clone, Debug)]
pub enum NotWritten {
    /// Too many changes wait.
    QueueFull,
    /// The commit failed that would have brought it to the disk, with others perhaps.
    Commit(Arc<RegistryError>),
}

/// One token that was issued.
#[derive(Debug)]
pub struct Issued {
    /// To whom.
    pub client_id: ClientId,
    /// On the strength of which secret.
    pub secret_id: Option<i64>,
    /// For what.
    pub scope: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub exp: Timestamp,
}

impl Writer {
    /// Starts the thread with a connection of its own. What it does by itself stands in the history under `by`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(registry: Registry, by: String, clock: Clock) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, changes) = sync_channel(QUEUE);
        let issues = Arc::new(Mutex::new(IssueLog::default()));
        let gathered = Arc::clone(&issues);
        let keys_asked_for = Arc::new(AtomicBool::new(false));
        let asked_for = Arc::clone(&keys_asked_for);
        let thread = std::thread::Builder::new()
            .name("server-write".to_owned())
            .spawn(move || {
                WriteThread {
                    registry,
                    by,
                    clock,
                    swept_at: None,
                    gathered,
                    keys_asked_for: asked_for,
                    write_at: None,
                    judge_at: Some(Instant::now() + PAUSE),
                }
                .run(&changes)
            })?;
        let writer = Self {
            queue,
            issues,
            keys_asked_for,
        };
        Ok((writer, thread))
    }

    /// Notes a token; it is written within about a second.
    pub fn issued(&self, issued: Issued) {
        let Issued {
            client_id,
            secret_id,
            scope,
            at,
            exp,
        } = issued;
        if lock(&self.issues).note(client_id, secret_id, scope, at, exp) {
            // A full queue has wakened the thread already.
            let _ = self.queue.try_send(Change::Issued);
        }
    }

    /// Stores a stronger hash, some time. Were it lost, the next success would bring it again.
    pub fn renew(&self, renewal: HashRenewal) {
        let _ = self.queue.try_send(Change::RenewHash(renewal));
    }

    /// Makes the signing keys that are missing, some time. Asked again while they are being made, it does nothing: an
    /// RSA key takes a good part of a second.
    pub fn make_missing_keys(&self, now: Timestamp) {
        if !self.keys_asked_for.swap(true, Ordering::AcqRel)
            && self.queue.try_send(Change::MakeMissingKeys(now)).is_err()
        {
            self.keys_asked_for.store(false, Ordering::Release);
        }
    }

    /// Does something on the connection that writes, and waits for what comes of it and until the disk has it. What
    /// waits at the same time shares one commit; each of them is whole or not made.
    ///
    /// # Errors
    /// [`NotWritten`]; [`NotWritten::QueueFull`] also when the thread has ended.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Registry) -> T + Send + 'static,
    ) -> Result<T, NotWritten> {
        let (done, answer) = oneshot::channel();
        let work = move |registry: &Registry| -> Answer {
            let worked = work(registry);
            Box::new(move |committed| {
                // Whoever hung up meanwhile has asked for it all the same.
                let _ = done.send(committed.map(|()| worked));
            })
        };
        self.queue
            .try_send(Change::Work(Box::new(work)))
            .map_err(|_| NotWritten::QueueFull)?;
        let committed = answer.await.map_err(|_| NotWritten::QueueFull)?;
        committed.map_err(NotWritten::Commit)
    }

    /// Writes a line of history about a client and waits for it. Not for the runtime's threads.
    ///
    /// # Errors
    /// `None` when the thread has ended; otherwise what the registry said.
    pub fn note(
        &self,
        client_id: ClientId,
        action: &'static str,
        note: String,
        act: Act,
    ) -> Result<(), Option<RegistryError>> {
        let (done, answer) = sync_channel(1);
        self.queue
            .send(Change::Note {
                client_id,
                action,
                note,
                act,
                done,
            })
            .map_err(|_| None)?;
        answer.recv().map_err(|_| None)?.map_err(Some)
    }

    /// Ends the thread once everything gathered is written.
    pub fn stop(&self) {
        let _ = self.queue.send(Change::Stop);
    }
}

struct WriteThread {
    registry: Registry,
    by: String,
    clock: Clock,
    swept_at: Option<Timestamp>,
    gathered: Arc<Mutex<IssueLog>>,
    keys_asked_for: Arc<AtomicBool>,
    write_at: Option<Instant>,
    /// When to go on judging what other rules than today's judged. `None` once that is done.
    judge_at: Option<Instant>,
}

impl WriteThread {
    fn run(mut self, changes: &Receiver<Change>) {
        let mut next = None;
        loop {
            let change = next.take().map_or_else(|| self.wait(changes), Ok);
            match change {
                Ok(Change::Work(work)) => next = self.work_together(work, changes),
                Ok(Change::Issued) if lock(&self.gathered).is_full() => self.write_issues(),
                Ok(Change::Issued) => self.write_at = self.write_at.or_else(|| Some(Instant::now() + GATHER)),
                Ok(Change::RenewHash(HashRenewal { secret_id, from, to })) => {
                    // The weaker hash stays where this fails, and verifies as before.
                    let _ = self.registry.renew_secret_hash(secret_id, &from, &to);
                }
                Ok(Change::Note {
                    client_id,
                    action,
                    note,
                    act,
                    done,
                }) => {
                    let _ = done.send(self.registry.append_note(&client_id, action, &note, &act));
                }
                Ok(Change::MakeMissingKeys(now)) => {
                    // Where this fails, the next request asks again.
                    let _ = SigningKeys::open(&self.registry, &Act::new(self.by.as_str(), now));
                    self.keys_asked_for.store(false, Ordering::Release);
                }
                Err(RecvTimeoutError::Timeout) => self.judge_what_is_due(),
                Ok(Change::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.write_issues();
                    return;
                }
            }
            if self.write_at.is_some_and(|at| at <= Instant::now()) {
                self.write_issues();
            }
        }
    }

    fn wait(&self, changes: &Receiver<Change>) -> Result<Change, RecvTimeoutError> {
        match [self.write_at, self.judge_at].into_iter().flatten().min() {
            None => changes.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => changes.recv_timeout(at.saturating_duration_since(Instant::now())),
        }
    }

    /// Does what waits, in one commit, and answers for each of it once the disk has it. Gives what comes next.
    fn work_together(&mut self, first: Work, changes: &Receiver<Change>) -> Option<Change> {
        let (mut first, mut answers, mut next) = (Some(first), Vec::new(), None);
        let committed = self.registry.in_one_commit(|registry| {
            let mut work = first.take();
            while let Some(one) = work.take() {
                answers.push(one(registry));
                if answers.len() < MOST_TOGETHER {
                    match changes.try_recv() {
                        Ok(Change::Work(another)) => work = Some(another),
                        other => next = other.ok(),
                    }
                }
            }
            Ok::<_, RegistryError>(())
        });
        match first {
            // No commit could begin: the work finds out itself why, and says so in its own way.
            Some(first) => first(&self.registry)(Ok(())),
            None => {
                let committed = committed.map_err(Arc::new);
                answers.into_iter().for_each(|answer| answer(committed.clone()));
            }
        }
        self.sweep();
        next
    }

    fn judge_what_is_due(&mut self) {
        if self.judge_at.is_some_and(|at| at <= Instant::now()) {
            // Where this fails, the next start goes on with it; nobody is let in by older rules meanwhile.
            let more = self.registry.judge_some().unwrap_or(false);
            self.judge_at = more.then(|| Instant::now() + PAUSE);
        }
    }

    /// Forgets what can live no more, at most once a minute, and only when something was changed: a server that rests
    /// leaves the file alone.
    fn sweep(&mut self) {
        let now = (self.clock)();
        let is_due = |at: Timestamp| now < at || now.duration_since(at) >= SWEEP;
        if self.swept_at.is_none_or(is_due) {
            // What stays behind counts for nothing and goes the next time.
            let _ = self.registry.sweep(now);
            self.swept_at = Some(now);
        }
    }

    fn write_issues(&mut self) {
        let issues: Vec<Issue> = lock(&self.gathered).take();
        self.write_at = None;
        if issues.is_empty() || self.registry.record_issues(&issues).is_ok() {
            return;
        }
        // A locked file or a full disk may pass; a registry that is open read-only will not.
        if !self.registry.is_read_only() {
            lock(&self.gathered).put_back(issues);
            self.write_at = Some(Instant::now() + GATHER);
        }
    }
}

fn lock(issues: &Mutex<IssueLog>) -> MutexGuard<'_, IssueLog> {
    issues.lock().unwrap_or_else(PoisonError::into_inner)
}
