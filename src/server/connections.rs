//! The connections under way, of bounded number. Once there are that many, whoever rests longest makes room for whoever
//! comes: a thousand that only hold on keep nobody out.

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

/// What a connection does: waits for a request, or answers one, and since when.
#[derive(Debug)]
pub struct Activity {
    /// Milliseconds since `start`, doubled, and one more where a request is being answered.
    since: AtomicU64,
    start: Instant,
}

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
        if self.held.len() >= self.most
            && let Some(idle) = self.most_idle()
            && let Some(held) = self.held.remove(&idle)
        {
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
        activity.rests();
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

    /// Who rests longest; where nobody rests, whose request has taken longest. Nobody before their time is over.
    fn most_idle(&self) -> Option<Id> {
        let idle = self.held.iter().map(|(id, held)| {
            let since = held.activity.since.load(Ordering::Relaxed);
            (since & 1, since >> 1, *id)
        });
        let (is_busy, since, id) = idle.min_by_key(|(is_busy, since, _)| (*is_busy, *since))?;
        let grace = if is_busy == 0 { TO_REST } else { TO_ANSWER };
        (self.start.elapsed() >= Duration::from_millis(since) + grace).then_some(id)
    }
}

impl Activity {
    /// A request has come.
    pub fn answers(&self) {
        self.since.store(self.now() | 1, Ordering::Relaxed);
    }

    /// It is answered, or the connection has just begun.
    pub fn rests(&self) {
        self.since.store(self.now(), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX) << 1
    }
}
