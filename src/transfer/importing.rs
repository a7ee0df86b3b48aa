//! Clients of another system, one by one, into the registry: each whole or not at all.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::change::Change;
use super::hashing::{self, Task};
use super::imported_secret::{self, ImportedSecret};
use super::met::{Ends, Met, Prepared, is_of_client};
use super::{Came, Entry, Source, SourceError};
use crate::client::{ClientId, Status, holds_placeholder};
use crate::interchange::{ForeignClient, ForeignSecret, Format, Piece};
use crate::registry::{Act, Registry, RegistryError, import_note};

/// How many clients are committed together.
const A_COMMIT: usize = 1000;
/// As how many of these one counts whose secret is to be hashed: what took seconds is not lost where an import ends early.
const HASHED: usize = 10;
/// How many clients' secrets are hashed before it is asked whether to go on.
const A_SLICE: usize = 32;

/// Imports into a registry, or says what it would do.
pub struct Importer<'a> {
    /// None where there is no registry yet: everything would be new.
    pub registry: Option<&'a Registry>,
    /// Who does it, when.
    pub act: Act,
    /// Whether clients that are there already may change.
    pub update: bool,
    /// Whether nothing is to be done.
    pub dry_run: bool,
    /// The part of the other system whose clients are wanted; none: those of all parts, of which the first counts where two
    /// have one of the same identifier.
    pub realm: Option<String>,
    /// The clients that are wanted; none: all of them.
    pub only: Option<Arc<HashSet<ClientId>>>,
    /// Tells the time: of each commit its own, as an import may take long. None: all of it is done when `act` says.
    pub clock: Option<fn() -> Timestamp>,
    /// Where the history ended when somebody looked at what would come of it: what changed since is left as it is.
    pub looked_at: Option<i64>,
    /// What it is read from, as the import is called later.
    pub name: String,
    /// Whether what a client would be is told of each.
    pub keep_drafts: bool,
    /// The number of the import, once it has changed something.
    run: Cell<Option<i64>>,
    /// Where each client came first.
    seen: HashMap<ClientId, String>,
    /// Clients of the part that is wanted.
    of_realm: u64,
    /// The parts of other systems that were met and not wanted.
    other_realms: Vec<String>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Clients that were read, and whose secrets were hashed or compared.
    pub clients: u64,
    /// Of these, the clients that were committed.
    pub committed: u64,
}

/// Why an import did not come to its end. What was committed until then is there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The registry or the machine fails.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Somebody wanted it to stop.
    #[error("the import was stopped")]
    Stopped,
}

/// A step of an import.
enum Step {
    /// The secrets of so many more clients were hashed or compared.
    Hashed(usize),
    /// All until then were committed.
    Committed,
}

/// Is told of each step, and says whether to go on.
type Steps<'s> = &'s mut dyn FnMut(Step) -> bool;

impl<'a> Importer<'a> {
    /// One that imports into a registry what is new.
    pub fn new(registry: Option<&'a Registry>, act: Act) -> Self {
        Self {
            registry,
            act,
            update: false,
            dry_run: false,
            realm: None,
            only: None,
            clock: None,
            looked_at: None,
            name: String::new(),
            keep_drafts: false,
            run: Cell::new(None),
            seen: HashMap::new(),
            of_realm: 0,
            other_realms: Vec::new(),
        }
    }

    /// How many clients of the wanted part were met.
    pub fn clients_of_realm(&self) -> u64 {
        self.of_realm
    }

    /// The number of the import, by which it can be undone. `None` where it has changed nothing.
    pub fn run(&self) -> Option<i64> {
        self.run.get()
    }

    /// The parts of other systems that were met and are not the one that was wanted.
    pub fn other_realms(&self) -> &[String] {
        &self.other_realms
    }

    /// Imports what a source holds, up to a thousand clients in a commit. `tell` is told what came of each, and `go_on` how far it
    /// is: it says whether to go on.
    ///
    /// # Errors
    /// [`ImportError`]: what was told until then was done.
    pub fn import(
        &mut self,
        source: &Source,
        format: Format,
        tell: &mut dyn FnMut(Entry),
        go_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<(), ImportError> {
        let (mut waiting, mut weight) = (Vec::new(), 0);
        let mut failed = None;
        let mut progress = Progress::default();
        let mut steps = |step| {
            match step {
                Step::Hashed(clients) => progress.clients += clients as u64,
                Step::Committed => progress.committed = progress.clients,
            }
            go_on(progress)
        };
        let mut number = 0;
        let read = source.each_on_all_cores(
            format,
            &|piece| piece.map(|client| Met::of(0, client)),
            &mut |piece| {
                match piece {
                    Err(unreadable) => tell(Entry {
                        number,
                        ..Entry::unreadable(unreadable)
                    }),
                    Ok(client) => {
                        let first = self.first(Met { number, ..client }, tell);
                        weight += first.as_ref().map_or(0, |met| weight_of(&met.foreign));
                        waiting.extend(first);
                    }
                }
                number += 1;
                if weight < A_COMMIT {
                    return true;
                }
                weight = 0;
                let some = std::mem::take(&mut waiting);
                let done = self.import_some(some, format.as_str(), Change::Replaced, tell, &mut steps);
                failed = done.err();
                failed.is_none()
            },
        );
        if let Some(failed) = failed {
            return Err(failed);
        }
        // What was read before the source failed is imported.
        self.import_some(waiting, format.as_str(), Change::Replaced, tell, &mut steps)?;
        Ok(read?)
    }

    /// What would come of the client in one place of a source, if it were the first of its identifier. Nothing is changed.
    ///
    /// # Errors
    /// [`ImportError`] where it cannot be read, or looked up.
    pub fn look_at(&mut self, format: Format, number: u64, piece: Piece) -> Result<Entry, ImportError> {
        let mut entry = Entry::as_written(piece.clone());
        if let Ok(client) = piece {
            self.dry_run = true;
            let some = vec![Met::of(number, client)];
            let mut tell = |told| entry = told;
            self.import_some(some, format.as_str(), Change::Replaced, &mut tell, &mut |_| true)?;
        }
        entry.number = number;
        Ok(entry)
    }

    /// Imports one client that says itself what it is.
    ///
    /// # Errors
    /// [`RegistryError`] where the registry or the machine fails.
    pub fn refresh(
        &mut self,
        client: ForeignClient,
        origin: &str,
        tell: &mut dyn FnMut(Entry),
    ) -> Result<(), RegistryError> {
        let some = self.first(Met::of(0, client), tell).into_iter().collect();
        match self.import_some(some, origin, Change::Refreshed, tell, &mut |_| true) {
            Err(ImportError::Registry(error)) => Err(error),
            // Nothing is read, and nobody stops it.
            Ok(()) | Err(ImportError::Source(_) | ImportError::Stopped) => Ok(()),
        }
    }

    /// The client, if it is wanted and no other one of its identifier came before.
    fn first(&mut self, met: Met, tell: &mut dyn FnMut(Entry)) -> Option<Met> {
        let client = &met.foreign;
        if let Some(wanted) = &self.realm {
            if client.realm.as_ref() != Some(wanted) {
                let other = client.realm.as_ref();
                let other = other.filter(|realm| !self.other_realms.contains(realm)).cloned();
                self.other_realms.extend(other);
                return None;
            }
            self.of_realm += 1;
        }
        if self
            .only
            .as_ref()
            .is_some_and(|only| !only.contains(&client.client_id))
        {
            return None;
        }
        let refused = match &client.request {
            Some(_) => Some(Entry::request(client)),
            None => holds_placeholder(client.client_id.as_str()).then(|| Entry::of_template(client)),
        };
        if let Some(refused) = refused {
            tell(Entry {
                number: met.number,
                ..refused
            });
            return None;
        }
        let place = match &client.realm {
            Some(realm) => format!("{}, realm {realm}", client.place),
            None => client.place.clone(),
        };
        match self.seen.get(&client.client_id) {
            Some(first) => {
                // Whoever picks clients has been told which of them count.
                if self.only.is_none() {
                    tell(Entry {
                        number: met.number,
                        ..Entry::twice(client, first)
                    });
                }
                None
            }
            None => {
                self.seen.insert(client.client_id.clone(), place);
                Some(met)
            }
        }
    }

    /// Imports some clients in one commit.
    fn import_some(
        &mut self,
        clients: Vec<Met>,
        system: &str,
        change: Change,
        tell: &mut dyn FnMut(Entry),
        steps: Steps<'_>,
    ) -> Result<(), ImportError> {
        let prepared = self.prepare(clients, steps)?;
        if let Some(clock) = self.clock {
            self.act.at = clock();
        }
        let this = &*self;
        let each = |registry: Option<&Registry>, ends: Ends| {
            prepared
                .iter()
                .map(|client| this.one(registry, client, system, change, ends))
                .collect::<Result<Vec<Entry>, RegistryError>>()
        };
        let entries = match this.registry.filter(|_| !this.dry_run) {
            Some(registry) => {
                let run = this.run.get();
                let done = registry.in_one_piece(|registry| each(Some(registry), Ends::All));
                match done {
                    // One of them is refused: the others are imported beside it, which is slower.
                    Err(error) if is_of_client(&error) => {
                        this.run.set(run);
                        registry.in_one_commit(|registry| each(Some(registry), Ends::Itself))?
                    }
                    done => done?,
                }
            }
            None => each(None, Ends::Itself)?,
        };
        entries.into_iter().for_each(tell);
        if steps(Step::Committed) {
            Ok(())
        } else {
            Err(ImportError::Stopped)
        }
    }

    /// Looks every client up, and hashes or compares the secrets: all that is slow, before the file is locked.
    fn prepare(&self, clients: Vec<Met>, steps: Steps<'_>) -> Result<Vec<Prepared>, ImportError> {
        let known = match self.registry {
            Some(registry) => registry.in_one_state(|registry| {
                let known = clients.into_iter().map(|met| {
                    let before = registry.client(&met.foreign.client_id)?;
                    let is_other_now = match self.looked_at {
                        Some(seq) => registry.changed_after(&met.foreign.client_id, seq)?,
                        None => false,
                    };
                    Ok((met, before, is_other_now))
                });
                known.collect::<Result<Vec<_>, RegistryError>>()
            })?,
            None => clients.into_iter().map(|met| (met, None, false)).collect(),
        };
        let tasks: Vec<Task<'_>> = known
            .iter()
            .map(|(met, before, _)| imported_secret::task(self, &met.foreign, before.as_ref()))
            .collect();
        let mut done = Vec::new();
        for slice in tasks.chunks(A_SLICE) {
            done.extend(hashing::all(slice).map_err(RegistryError::NotHashed)?);
            if !steps(Step::Hashed(slice.len())) {
                return Err(ImportError::Stopped);
            }
        }
        let now = self.act.at;
        Ok(known
            .into_iter()
            .zip(done)
            .map(|((met, before, is_other_now), done)| {
                let Met {
                    number,
                    foreign,
                    refusals,
                } = met;
                let secret = ImportedSecret::of(&foreign, before.as_ref(), done, now);
                Prepared {
                    number,
                    foreign,
                    refusals,
                    before,
                    is_other_now,
                    secret,
                }
            })
            .collect())
    }

    fn one(
        &self,
        registry: Option<&Registry>,
        client: &Prepared,
        system: &str,
        change: Change,
        ends: Ends,
    ) -> Result<Entry, RegistryError> {
        let mut entry = Entry::of_client(&client.foreign);
        entry.number = client.number;
        if self.keep_drafts && client.before.is_none() {
            entry.keep_draft(&client.foreign);
        }
        imported_secret::tell(self, client, &mut entry);
        if client.is_other_now {
            entry.refuse(
                "It was changed here after it was looked at, and is left as it is. Begin again with Import… to see both"
                    .to_owned(),
            );
            return Ok(entry);
        }
        let done = match &client.before {
            None => self.register(registry, client, system, &mut entry),
            Some(before) => self.change(registry, client, before, change, &mut entry),
        };
        match done {
            Ok(()) => Ok(entry),
            // All else is about the file, and ends everything.
            Err(error) if ends == Ends::Itself && is_of_client(&error) => {
                entry.refuse(match &error {
                    RegistryError::Refused(refusals) => refusals.to_string(),
                    error => format!("{error}. {}", error.advice()),
                });
                Ok(entry)
            }
            Err(error) => Err(error),
        }
    }

    fn register(
        &self,
        registry: Option<&Registry>,
        client: &Prepared,
        system: &str,
        entry: &mut Entry,
    ) -> Result<(), RegistryError> {
        let Prepared {
            foreign,
            secret,
            refusals,
            ..
        } = client;
        entry.came = if refusals.is_empty() {
            Came::New
        } else {
            Came::Held
        };
        entry.why.clone_from(refusals);
        if let Some(registry) = registry {
            let secrets = match secret {
                ImportedSecret::New(Some(secret)) => std::slice::from_ref(secret),
                _ => &[],
            };
            let status = foreign.status.unwrap_or(Status::Active);
            let origin = match &foreign.system_version {
                Some(version) => format!("{system} {version}"),
                None => system.to_owned(),
            };
            registry.import_client(
                &foreign.client_id,
                &foreign.draft,
                status,
                secrets,
                &origin,
                &self.act_on(registry)?,
            )?;
        }
        Ok(())
    }

    /// Who does it, as a part of this import, which has its number from its first change on.
    pub(super) fn act_on(&self, registry: &Registry) -> Result<Act, RegistryError> {
        let number = match self.run.get() {
            Some(number) => number,
            None => registry.begin_import(&self.name, &self.act)?,
        };
        self.run.set(Some(number));
        Ok(self.act.clone().noting(import_note(number)))
    }
}

/// As how many clients of a commit it counts.
fn weight_of(client: &ForeignClient) -> usize {
    match client.secret {
        ForeignSecret::Plain(..) => HASHED,
        _ => 1,
    }
}
