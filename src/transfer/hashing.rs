//! Secrets of many clients at once: hashed, or compared with what is stored, on every core.

use crate::client::{HashError, Secret, SecretHash, Verification};
use crate::registry::Client;

/// What has to be worked out about a secret in clear.
pub(super) enum Task<'a> {
    /// Nothing.
    Nothing,
    /// Its hash.
    Hash(&'a Secret),
    /// Which stored secret of a client it is, and its hash where it is none of them.
    Compare(&'a Secret, &'a Client),
    /// Only which it is: nothing is going to be kept.
    Look(&'a Secret, &'a Client),
}

/// What came of it.
pub(super) enum Done {
    /// Nothing was to be done.
    Nothing,
    /// The hash of a secret that is not known.
    Unknown(Option<SecretHash>),
    /// The row of the stored secret that it is.
    Known(i64),
}

/// Does all of them. Argon2id takes the memory of one hash for each core.
pub(super) fn all(tasks: &[Task<'_>]) -> Result<Vec<Done>, HashError> {
    let cores = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(16);
    let heavy = tasks.iter().filter(|task| !matches!(task, Task::Nothing)).count();
    if cores == 1 || heavy < 2 {
        return tasks.iter().map(one).collect();
    }
    // Every so-many-th, so that clients with secrets are spread evenly.
    let shares: Vec<Result<Vec<Done>, HashError>> = std::thread::scope(|scope| {
        let share = |first: usize| move || tasks.iter().skip(first).step_by(cores).map(one).collect();
        let threads: Vec<_> = (0..cores)
            .map(|first| {
                let named = std::thread::Builder::new().name(format!("hash-{first}"));
                named.spawn_scoped(scope, share(first)).map_err(|_| first)
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread {
                Ok(thread) => thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // The system gives no more threads; this one does it.
                Err(first) => share(first)(),
            })
            .collect()
    });
    let mut shares = shares
        .into_iter()
        .map(|share| share.map(Vec::into_iter))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((0..tasks.len())
        .filter_map(|index| shares.get_mut(index % cores).and_then(Iterator::next))
        .collect())
}

fn one(task: &Task<'_>) -> Result<Done, HashError> {
    Ok(match task {
        Task::Nothing => Done::Nothing,
        Task::Hash(secret) => Done::Unknown(Some(hash(secret)?)),
        Task::Compare(secret, client) => match known(secret, client) {
            Some(row) => Done::Known(row),
            None => Done::Unknown(Some(hash(secret)?)),
        },
        Task::Look(secret, client) => known(secret, client).map_or(Done::Unknown(None), Done::Known),
    })
}

/// The stored secret that this one is, the live and the newest first, those that have ended among them.
fn known(secret: &Secret, client: &Client) -> Option<i64> {
    let selector = secret.selector();
    client
        .secrets
        .iter()
        .rev()
        // One with a selector is another secret where that differs.
        .filter(|stored| stored.selector.is_none() || stored.selector == selector)
        .find(|stored| stored.hash.verify(secret) != Verification::Wrong)
        .map(|stored| stored.id)
}

fn hash(secret: &Secret) -> Result<SecretHash, HashError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| HashError::no_randomness())?;
    secret.hash(salt)
}
