//! The connections under way, of bounded number. Once there are that many, whoever rests longest makes room for whoever
//! comes, and whoever has never asked for anything before those who have: a thousand that only hold on keep nobody out, and
//! put nobody out whose next request is on its way. Who has just come gets a while to ask, as long as others have been idle
//! for longer than that.
//!
//! A connection is not taken away but asked to end, and does not where a request of it has arrived that nobody has read yet:
//! to close it then would reset it at the other end.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};

/// A request that is being answered keeps its connection for so long, whoever else comes …
const TO_ANSWER: Duration = Duration::from_secs(5);
/// … and so long an answer may take to go out, or a request to come in, even where a flood comes.
const TO_REST: Duration = Duration::from_millis(100);
/// Before whoever came so recently, and has not asked yet, go those who have …
const TO_ASK: Duration = Duration::from_millis(300);
/// … rested for so long.
const TO_LINGER: Duration = Duration::from_secs(2);
/// One for so many places may have been asked to end, and not have ended yet.
const PLACES_A_SPARE: usize = 8;

#[cfg(test)]
mod tests;

/// The tasks of all connections.
#[derive(Debug)]
pub struct Connections {
    tasks: JoinSet<()>,
    held: HashMap<Id, Held>,
    most: usize,
    workers: Vec<Handle>,
    start: Instant,
}

#[derive(Debug)]
struct Held {
    activity: Arc<Activity>,
    /// Which of the workers has it.
    worker: usize,
}

/// What a connection does, and since when.
#[derive(Debug)]
pub struct Activity {
    /// Milliseconds since `start`, four times, and what it does since then.
    since: AtomicU64,
    start: Instant,
    /// Tells it to end.
    ask: Notify,
}

/// It has not asked for anything yet.
const SILENT: u64 = 0;
/// It has been answered, and nothing is under way.
const RESTS: u64 = 1;
/// A request is being answered.
const BUSY: u64 = 2;
/// It is to end, unless something comes of it before it learns of that.
const LEAVES: u64 = 3;

impl Connections {
    /// None yet, and never more than `most`, on the runtimes of these workers.
    pub fn new(most: usize, workers: Vec<Handle>) -> Self {
        Self {
            tasks: JoinSet::new(),
            held: HashMap::new(),
            most,
            workers,
            start: Instant::now(),
        }
    }

    /// Whether one more can be taken, perhaps in the place of one that rests. Where there are too many, since some who were
    /// asked to leave had something to say first, so many are asked again.
    pub fn have_room(&mut self) -> bool {
        self.ask_to_leave(self.living().saturating_sub(self.most));
        let too_many = self.too_many_for_another();
        too_many == 0 || (self.leaving() + too_many <= self.spare() && self.idle().len() >= too_many)
    }

    /// Takes one more, to the worker that has fewest. The caller has asked whether there is room.
    pub fn add<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        converse: impl FnOnce(Arc<Activity>) -> F,
    ) {
        let too_many = self.too_many_for_another();
        // Nobody may rest any more who did when the caller asked: then whoever comes is turned away.
        if self.ask_to_leave(too_many) < too_many {
            return;
        }
        let load = |worker: usize| self.held.values().filter(|held| held.worker == worker).count();
        let least = (0..self.workers.len()).min_by_key(|worker| load(*worker));
        let Some((worker, handle)) = least.and_then(|worker| Some((worker, self.workers.get(worker)?)))
        else {
            return;
        };
        let activity = Arc::new(Activity {
            since: AtomicU64::new(0),
            start: self.start,
            ask: Notify::new(),
        });
        activity.does(SILENT);
        let conversation = unless_asked_to_leave(converse(Arc::clone(&activity)), Arc::clone(&activity));
        let task = self.tasks.spawn_on(conversation, handle);
        self.held.insert(task.id(), Held { activity, worker });
    }

    /// Waits until one has ended; for ever while there is none.
    pub async fn one_ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => self.held.remove(&id),
            Some(Err(error)) => self.held.remove(&error.id()),
            None => std::future::pending().await,
        };
    }

    /// Lets what is under way end, for so long.
    pub async fn end_within(mut self, farewell: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(farewell, all).await;
        self.tasks.shutdown().await;
    }

    /// Asks so many to leave who rest longest. How many there were of them.
    fn ask_to_leave(&self, many: usize) -> usize {
        if many == 0 {
            return 0;
        }
        let mut idle = self.idle();
        idle.sort_unstable_by_key(|(order, ..)| *order);
        let asked = idle
            .iter()
            .filter(|(_, seen, held)| held.activity.ask_to_leave(*seen));
        asked.take(many).count()
    }

    /// How many must be asked to leave before one more is taken.
    fn too_many_for_another(&self) -> usize {
        (self.living() + 1).saturating_sub(self.most)
    }

    fn living(&self) -> usize {
        self.held.len() - self.leaving()
    }

    fn leaving(&self) -> usize {
        let leaving = self.held.values().filter(|held| held.activity.leaves());
        leaving.count()
    }

    fn spare(&self) -> usize {
        self.most.div_ceil(PLACES_A_SPARE)
    }

    /// Those who can make room, each with what it does: in order of it they go.
    fn idle(&self) -> Vec<((u8, u64), u64, &Held)> {
        let now = self.start.elapsed();
        let idle = self.held.values().filter_map(|held| {
            let seen = held.activity.since.load(Ordering::Relaxed);
            let (does, since) = (seen & 3, seen >> 2);
            let turn = turn(does, now.saturating_sub(Duration::from_millis(since)))?;
            Some(((turn, since), seen, held))
        });
        idle.collect()
    }
}

/// Who goes before whom: the lower number first, of the same number who has done the same for longest. `None` before their
/// time is over.
fn turn(does: u64, during: Duration) -> Option<u8> {
    match does {
        SILENT if during >= TO_ASK => Some(0),
        RESTS if during >= TO_LINGER => Some(1),
        SILENT if during >= TO_REST => Some(2),
        RESTS if during >= TO_REST => Some(3),
        BUSY if during >= TO_ANSWER => Some(4),
        _ => None,
    }
}

/// Converses until the end, or until it is asked to leave and nothing has come.
async fn unless_asked_to_leave(conversation: impl Future<Output = ()>, activity: Arc<Activity>) {
    let mut conversation = pin!(conversation);
    loop {
        // The conversation goes first: it reads what has arrived, and then does not leave.
        tokio::select! {
            biased;
            () = conversation.as_mut() => return,
            () = activity.is_asked_to_leave() => if activity.leaves() {
                return;
            },
        }
    }
}

impl Activity {
    /// A request has come.
    pub fn answers(&self) {
        self.does(BUSY);
    }

    /// It is answered.
    pub fn rests(&self) {
        self.does(RESTS);
    }

    fn does(&self, what: u64) {
        self.since.store(self.beginning_now(what), Ordering::Relaxed);
    }

    /// Asks it to leave, unless it does something else by now than what was seen.
    fn ask_to_leave(&self, seen: u64) -> bool {
        let leaves = self.beginning_now(LEAVES);
        let is_asked = self
            .since
            .compare_exchange(seen, leaves, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok();
        if is_asked {
            self.ask.notify_one();
        }
        is_asked
    }

    /// Waits until it is asked to, and then until the system has told this thread what else has arrived meanwhile.
    async fn is_asked_to_leave(&self) {
        self.ask.notified().await;
        tokio::task::yield_now().await;
    }

    fn leaves(&self) -> bool {
        self.since.load(Ordering::Relaxed) & 3 == LEAVES
    }

    fn beginning_now(&self, what: u64) -> u64 {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        now << 2 | what
    }
}
