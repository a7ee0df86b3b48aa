//! A source read by all cores: one thread finds the clients, the others read them and do what is to be done with each, and what
//! came of it is told in the source's order. Other long lists are gone through the same way.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use super::source::Found;
use super::{Source, SourceError};
use crate::interchange::{Format, Piece};

/// Clients that go from one thread to another together.
const TOGETHER: usize = 64;
/// Or fewer, if their texts have so many bytes.
const MOST_BYTES: usize = 1 << 18;
/// How many such parcels wait before and behind each worker.
const WAITING: usize = 2;
/// More threads find nothing to do: one finds clients for all of them.
const MOST_WORKERS: usize = 8;

type Parcel<I> = Vec<I>;
/// The ways to a worker and back.
type Ways<I, T> = (SyncSender<Parcel<I>>, Receiver<Parcel<T>>);
/// What tells things one by one, until it is told that no more are wanted.
type Find<'a, I, R> = dyn Fn(&mut dyn FnMut(I) -> bool) -> R + Sync + 'a;

impl Source {
    /// Reads it from the beginning, with `work` done on every core, in no order, and `visit` told of what came of it in the
    /// source's order. `visit` says whether to go on. Never more than some hundred clients are held.
    ///
    /// # Errors
    /// As [`each`](Self::each).
    pub fn each_on_all_cores<T: Send>(
        &self,
        format: Format,
        work: &(dyn Fn(Piece) -> T + Sync),
        visit: &mut dyn FnMut(T) -> bool,
    ) -> Result<(), SourceError> {
        let find = |tell: &mut dyn FnMut(Found) -> bool| self.find(format, tell);
        on_all_cores(&find, &Found::size, &|found| work(found.read()), visit)
    }
}

/// Does something with each of many things on every core, in no order, and tells what came of it in their order. `find` tells
/// them, until it is told that no more are wanted; `size` is how much of the memory one takes, in bytes.
pub fn on_all_cores<I: Send, T: Send, R: Send>(
    find: &Find<'_, I, R>,
    size: &(dyn Fn(&I) -> usize + Sync),
    work: &(dyn Fn(I) -> T + Sync),
    visit: &mut dyn FnMut(T) -> bool,
) -> R {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores == 1 {
        return find(&mut |one| visit(work(one)));
    }
    std::thread::scope(|scope| {
        let workers = (0..cores.min(MOST_WORKERS)).map_while(|number| worker(scope, number, work));
        let (to_workers, from_workers): (Vec<_>, Vec<_>) = workers.unzip();
        let finder = match to_workers.is_empty() {
            true => None,
            false => finder(scope, find, size, to_workers),
        };
        let Some(finder) = finder else {
            // The system gives no more threads; this one does it all.
            return find(&mut |one| visit(work(one)));
        };
        in_turn(from_workers, visit);
        finder
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A thread that works on parcels, and both ends of the way through it; none where the system gives no thread.
fn worker<'scope, I: Send + 'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    number: usize,
    work: &'scope (dyn Fn(I) -> T + Sync),
) -> Option<Ways<I, T>> {
    let (to_worker, parcels) = sync_channel::<Parcel<I>>(WAITING);
    let (done, from_worker) = sync_channel(WAITING);
    let body = move || {
        for parcel in parcels {
            let worked: Parcel<T> = parcel.into_iter().map(work).collect();
            if done.send(worked).is_err() {
                // Nobody wants more.
                return;
            }
        }
    };
    let named = Builder::new().name(format!("read-{number}"));
    named.spawn_scoped(scope, body).ok()?;
    Some((to_worker, from_worker))
}

/// A thread that finds things and gives them to the workers in turn.
fn finder<'scope, I: Send + 'scope, R: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    find: &'scope Find<'_, I, R>,
    size: &'scope (dyn Fn(&I) -> usize + Sync),
    to_workers: Vec<SyncSender<Parcel<I>>>,
) -> Option<ScopedJoinHandle<'scope, R>> {
    let body = move || {
        let mut in_turn = to_workers.iter().cycle();
        let mut send = |parcel: Parcel<I>| in_turn.next().is_some_and(|worker| worker.send(parcel).is_ok());
        let (mut parcel, mut bytes) = (Parcel::new(), 0);
        let mut is_wanted = true;
        let found = find(&mut |one| {
            bytes += size(&one);
            parcel.push(one);
            if parcel.len() >= TOGETHER || bytes >= MOST_BYTES {
                bytes = 0;
                is_wanted = send(std::mem::take(&mut parcel));
            }
            is_wanted
        });
        if is_wanted && !parcel.is_empty() {
            send(parcel);
        }
        found
    };
    Builder::new()
        .name("find".to_owned())
        .spawn_scoped(scope, body)
        .ok()
}

/// Tells what came of each parcel, in the order in which they were given out.
fn in_turn<T>(from_workers: Vec<Receiver<Parcel<T>>>, visit: &mut dyn FnMut(T) -> bool) {
    for worker in from_workers.iter().cycle() {
        // The first one that has nothing more is behind the last parcel.
        let Ok(worked) = worker.recv() else { return };
        for one in worked {
            if !visit(one) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn source(clients: usize) -> Source {
        let lines = (0..clients).map(|number| match number % 100 {
            7 => format!("{{\"client_id\":\"c{number}\",\"redirect_uris\":7}}\n"),
            _ => format!("{{\"client_id\":\"c{number}\"}}\n"),
        });
        Source::of_bytes(Zeroizing::new(lines.collect::<String>().into_bytes()))
    }

    fn name(piece: Piece) -> Option<String> {
        match piece {
            Ok(client) => Some(client.client_id.to_string()),
            Err(unreadable) => unreadable.client,
        }
    }

    #[test]
    fn everything_is_told_once_and_in_its_order() {
        for clients in [1, 63, 64, 65, 1_000, 5_000] {
            let mut told = Vec::new();
            source(clients)
                .each_on_all_cores(Format::Rfc7591, &name, &mut |one| {
                    told.extend(one);
                    true
                })
                .unwrap();
            let expected: Vec<String> = (0..clients).map(|number| format!("c{number}")).collect();
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn who_wants_no_more_gets_no_more() {
        let mut told = 0;
        source(5_000)
            .each_on_all_cores(Format::Rfc7591, &name, &mut |_| {
                told += 1;
                told < 100
            })
            .unwrap();
        assert_eq!(told, 100);
    }

    #[test]
    fn what_cannot_be_read_at_all_is_an_error() {
        let source = Source::of_bytes(Zeroizing::new(Vec::new()));
        let read = source.each_on_all_cores(Format::Rfc7591, &name, &mut |_| true);
        assert!(read.unwrap_err().what.contains("empty"));
    }
}
