//! The gate before Argon2id: so many hashes at once, so many waiting, and no more.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Hashes at once: each takes 19 MiB and a whole processor.
const AT_ONCE: usize = 2;
/// Hashes that may wait. At some 25 ms each the last one waits about two seconds; whoever comes then is told to come again.
const WAITING: usize = 128;

type Job = Box<dyn FnOnce() + Send>;

/// Two named threads that do slow work, behind a bounded queue. They end when the gate is dropped.
#[derive(Debug)]
pub struct HashGate {
    queue: SyncSender<Job>,
}

/// The queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl HashGate {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        Self::with_room_for(WAITING)
    }

    fn with_room_for(waiting: usize) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(waiting);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 1..=AT_ONCE {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || work(&jobs))?;
        }
        Ok(Self { queue })
    }

    /// Hands a job to the threads.
    ///
    /// # Errors
    /// [`Busy`] when as many wait as may.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Busy> {
        self.queue.try_send(Box::new(job)).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Busy,
        })
    }
}

/// One thread takes the next job while it holds the lock, and works without it.
fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn whoever_finds_the_queue_full_is_sent_away() {
        let gate = HashGate::with_room_for(1).unwrap();
        let (started, start) = channel();
        let hold = Arc::new(Barrier::new(AT_ONCE + 1));
        for _ in 0..AT_ONCE {
            let (hold, started) = (Arc::clone(&hold), started.clone());
            // The queue holds one, so each job must have been taken before the next is handed in.
            gate.submit(move || {
                started.send(()).unwrap();
                hold.wait();
            })
            .unwrap();
            start.recv().unwrap();
        }
        let (done, finished) = channel();
        gate.submit(move || done.send(()).unwrap()).unwrap();
        assert_eq!(gate.submit(|| ()), Err(Busy));
        hold.wait();
        finished.recv().unwrap();
    }
}
