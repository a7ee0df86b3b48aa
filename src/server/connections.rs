//! The connections under way, of bounded number. Once there are that many, whoever rests longest makes room for whoever
//! comes, and whoever has never asked for anything before those who have: a thousand that only hold on keep nobody out, and
//! put nobody out whose next request is on its way.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, Id, JoinSet};

/// A request that is being answered keeps its connection for so long, whoever else comes …
const TO_ANSWER: Duration = Duration::from_secs(5);
/// … and so long an answer may take to go out, or a request to come in.
const TO_REST: Duration = Duration::from_millis(100);

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
    task: AbortHandle,
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
}

/// It has not asked for anything yet. Those of the lower number make room first.
const SILENT: u64 = 0;
/// It has been answered, and nothing is under way.
const RESTS: u64 = 1;
/// A request is being answered.
const BUSY: u64 = 2;

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

    /// Whether one more can be taken, perhaps in the place of one that rests.
    pub fn have_room(&self) -> bool {
        self.held.len() < self.most || self.most_idle().is_some()
    }

    /// Takes one more, to the worker that has fewest. The caller has asked whether there is room.
    pub fn add<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        converse: impl FnOnce(Arc<Activity>) -> F,
    ) {
        if self.held.len() >= self.most {
            // Nobody may rest any more who did when the caller asked: then whoever comes is turned away.
            let Some(held) = self.most_idle().and_then(|id| self.held.remove(&id)) else {
                return;
            };
            held.task.abort();
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
        });
        activity.does(SILENT);
        let task = self.tasks.spawn_on(converse(Arc::clone(&activity)), handle);
        let held = Held {
            task,
            activity,
            worker,
        };
        self.held.insert(held.task.id(), held);
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

    /// Of those who have never asked who rests longest, then of those who have; where nobody rests, whose request has taken
    /// longest. Nobody before their time is over.
    fn most_idle(&self) -> Option<Id> {
        let elapsed = self.start.elapsed();
        let idle = self.held.iter().filter_map(|(id, held)| {
            let since = held.activity.since.load(Ordering::Relaxed);
            let (does, since) = (since & 3, since >> 2);
            let grace = if does == BUSY { TO_ANSWER } else { TO_REST };
            (elapsed >= Duration::from_millis(since) + grace).then_some((does, since, *id))
        });
        idle.min_by_key(|(does, since, _)| (*does, *since))
            .map(|(_, _, id)| id)
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
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(now << 2 | what, Ordering::Relaxed);
    }
}
