//! Clients of another system, one by one, into the registry: each whole or not at all.

use jiff::Timestamp;

use super::hashing::{self, Done, Task};
use super::report::{Entry, Result as Came};
use crate::cli::Failure;
use crate::client::{ClientDraft, Finding, Status};
use crate::interchange::{ForeignClient, ForeignSecret, client_id_document, rfc7591};
use crate::registry::{Act, Client, NewSecret, Registry, RegistryError, new_refusals};

/// The label of a secret that came with its client.
const LABEL: &str = "Imported secret";

/// How a client that is there already becomes what a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The file says everything.
    Replaced,
    /// It says what a client says of itself; the rest stays.
    Refreshed,
}

/// Imports into a registry.
pub(super) struct Importer<'a> {
    /// None where a dry run found no file.
    pub registry: Option<&'a Registry>,
    /// Who does it, when.
    pub act: Act,
    /// Whether clients that are there already may change.
    pub update: bool,
    /// Whether nothing is to be done.
    pub dry_run: bool,
}

/// A client with what is known of it before anything is written.
struct Prepared {
    foreign: ForeignClient,
    before: Option<Client>,
    secret: Secret,
}

/// What is to become of a client's secret.
enum Secret {
    /// There is nothing to keep.
    Nothing,
    /// It is there already.
    Known { live: bool },
    /// It is to be kept. A dry run makes no hash.
    New(Option<NewSecret>),
}

impl Importer<'_> {
    /// Imports some clients in one commit.
    ///
    /// # Errors
    /// [`Failure`] where the registry or the machine fails: then none of these was imported.
    pub(super) fn import(
        &mut self,
        clients: Vec<ForeignClient>,
        origin: &str,
        change: Change,
    ) -> Result<Vec<Entry>, Failure> {
        let prepared = self.prepare(clients)?;
        let each = |registry: Option<&Registry>| {
            prepared
                .iter()
                .map(|client| self.one(registry, client, origin, change))
                .collect::<Result<Vec<Entry>, Failure>>()
        };
        match self.registry.filter(|_| !self.dry_run) {
            Some(registry) => registry.in_one_commit(|registry| each(Some(registry))),
            None => each(None),
        }
    }

    /// Looks every client up, and hashes or compares the secrets: all that is slow, before the file is locked.
    fn prepare(&self, clients: Vec<ForeignClient>) -> Result<Vec<Prepared>, Failure> {
        let mut known = Vec::new();
        for foreign in clients {
            let before = match self.registry {
                Some(registry) => registry.client(&foreign.client_id)?,
                None => None,
            };
            known.push((foreign, before));
        }
        let tasks: Vec<Task<'_>> = known
            .iter()
            .map(|(foreign, before)| self.task(foreign, before.as_ref()))
            .collect();
        let done = hashing::all(&tasks).map_err(RegistryError::NotHashed)?;
        let now = self.act.at;
        Ok(known
            .into_iter()
            .zip(done)
            .map(|((foreign, before), done)| {
                let secret = secret(&foreign, before.as_ref(), done, now);
                Prepared {
                    foreign,
                    before,
                    secret,
                }
            })
            .collect())
    }

    fn task<'a>(&self, foreign: &'a ForeignClient, before: Option<&'a Client>) -> Task<'a> {
        let ForeignSecret::Plain(secret, expires_at) = &foreign.secret else {
            return Task::Nothing;
        };
        if !foreign.draft.token_endpoint_auth_method.uses_secret() || has_ended(*expires_at, self.act.at) {
            return Task::Nothing;
        }
        match before {
            None if self.dry_run => Task::Nothing,
            None => Task::Hash(secret),
            Some(before) if self.update && !self.dry_run => Task::Compare(secret, before),
            Some(before) => Task::Look(secret, before),
        }
    }

    fn one(
        &self,
        registry: Option<&Registry>,
        client: &Prepared,
        origin: &str,
        change: Change,
    ) -> Result<Entry, Failure> {
        let mut entry = Entry::of_client(&client.foreign);
        self.tell_secret(client, &mut entry);
        let done = match &client.before {
            None => self.register(registry, client, origin, &mut entry),
            Some(before) => self.change(registry, client, before, change, &mut entry),
        };
        match done {
            Ok(()) => Ok(entry),
            // These are about this client; all else is about the file, and ends everything.
            Err(
                error @ (RegistryError::Refused(_)
                | RegistryError::Conflict { .. }
                | RegistryError::AlreadyExists { .. }
                | RegistryError::SecretNeeded
                | RegistryError::SecretUnfit
                | RegistryError::TooManySecrets
                | RegistryError::NotFound { .. }),
            ) => {
                entry.refuse(match &error {
                    RegistryError::Refused(refusals) => refusals.to_string(),
                    error => format!("{error}. {}", error.advice()),
                });
                Ok(entry)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn register(
        &self,
        registry: Option<&Registry>,
        client: &Prepared,
        origin: &str,
        entry: &mut Entry,
    ) -> Result<(), RegistryError> {
        let Prepared { foreign, secret, .. } = client;
        let refusals = refusals(&foreign.draft);
        entry.came = if refusals.is_empty() {
            Came::New
        } else {
            Came::Held
        };
        entry.why = refusals;
        if let Some(registry) = registry {
            let secrets = match secret {
                Secret::New(Some(secret)) => std::slice::from_ref(secret),
                _ => &[],
            };
            let status = foreign.status.unwrap_or(Status::Active);
            registry.import_client(
                &foreign.client_id,
                &foreign.draft,
                status,
                secrets,
                origin,
                &self.act,
            )?;
        }
        Ok(())
    }

    fn change(
        &self,
        registry: Option<&Registry>,
        client: &Prepared,
        before: &Client,
        change: Change,
        entry: &mut Entry,
    ) -> Result<(), RegistryError> {
        let draft = match change {
            Change::Replaced => client.foreign.draft.clone(),
            Change::Refreshed => client_id_document::refreshed(client.foreign.draft.clone(), &before.draft),
        };
        entry.changed = differing(&before.draft, &draft);
        let replaces_secret = matches!(client.secret, Secret::New(_));
        if replaces_secret {
            entry.changed.push("client_secret".to_owned());
        }
        if entry.changed.is_empty() {
            entry.came = Came::Same;
            return Ok(());
        }
        if !self.update {
            let what = entry.changed.join(", ");
            entry.refuse(format!(
                "It is registered here otherwise ({what}). Import it with --update to change it"
            ));
            return Ok(());
        }
        new_refusals(&before.draft, &draft)?;
        let now_uses_secret = draft.token_endpoint_auth_method.uses_secret()
            && !before.draft.token_endpoint_auth_method.uses_secret()
            && before.live_secrets(self.act.at).next().is_none();
        // A dry run says so too.
        if now_uses_secret && !matches!(client.secret, Secret::New(_)) {
            return Err(RegistryError::SecretNeeded);
        }
        if let Some(registry) = registry {
            registry.in_one_commit(|registry| -> Result<(), RegistryError> {
                self.write_change(registry, client, before, draft)
            })?;
        }
        entry.came = Came::Changed;
        Ok(())
    }

    /// Two changes of one client, which are made together or not at all.
    fn write_change(
        &self,
        registry: &Registry,
        client: &Prepared,
        before: &Client,
        draft: ClientDraft,
    ) -> Result<(), RegistryError> {
        let id = &before.client_id;
        let Secret::New(Some(secret)) = &client.secret else {
            return registry
                .update_client(id, before.version, draft, None, &self.act)
                .map(drop);
        };
        let gets_first_secret = !before.draft.token_endpoint_auth_method.uses_secret()
            && before.live_secrets(self.act.at).next().is_none();
        if gets_first_secret {
            let first = Some(secret.clone());
            registry.update_client(id, before.version, draft, first, &self.act)?;
        } else {
            registry.update_client(id, before.version, draft, None, &self.act)?;
            registry.rotate_secret(id, secret.clone(), self.act.at, &self.act)?;
        }
        Ok(())
    }

    fn tell_secret(&self, client: &Prepared, entry: &mut Entry) {
        let Prepared {
            foreign,
            before,
            secret,
        } = client;
        let uses_secret = foreign.draft.token_endpoint_auth_method.uses_secret();
        let has_live = before
            .as_ref()
            .is_some_and(|before| before.live_secrets(self.act.at).next().is_some());
        match (&foreign.secret, secret) {
            (ForeignSecret::Absent, _) => {
                entry.rotate = uses_secret && !has_live;
            }
            (_, _) if !uses_secret => {
                entry.leave_out("client_secret", "the client authenticates without one")
            }
            (ForeignSecret::Unusable(why), _) => {
                entry.leave_out("client_secret", why);
                entry.rotate = !has_live;
            }
            (_, Secret::Known { live: true }) => {
                entry.kept.push("client_secret, which is known here".to_owned())
            }
            (_, Secret::Known { live: false }) => {
                entry.leave_out(
                    "client_secret",
                    "it has ended here, and an import brings none back",
                );
                entry.rotate = !has_live;
            }
            (_, Secret::Nothing) => {
                entry.leave_out("client_secret", "it has ended");
                entry.rotate = !has_live;
            }
            (_, Secret::New(_)) if before.is_some() && !self.update => {}
            (_, Secret::New(_)) if before.is_some() => {
                entry
                    .kept
                    .push("client_secret, as a hash; those before end now".to_owned());
            }
            (ForeignSecret::Hashed(..), Secret::New(_)) => {
                entry
                    .kept
                    .push("client_secret, as the hash that it is".to_owned());
            }
            (ForeignSecret::Plain(..), Secret::New(_)) => {
                entry.kept.push("client_secret, as a hash".to_owned());
            }
        }
    }
}

fn secret(foreign: &ForeignClient, before: Option<&Client>, done: Done, now: Timestamp) -> Secret {
    let known = |row: i64| Secret::Known {
        live: before.is_some_and(|before| before.live_secrets(now).any(|secret| secret.id == row)),
    };
    let new = |hash, expires_at| NewSecret {
        // Its first characters are not random ones of ours: they stay as secret as the rest.
        selector: None,
        hash,
        label: LABEL.to_owned(),
        expires_at,
    };
    match &foreign.secret {
        _ if !foreign.draft.token_endpoint_auth_method.uses_secret() => Secret::Nothing,
        ForeignSecret::Absent | ForeignSecret::Unusable(_) => Secret::Nothing,
        ForeignSecret::Plain(_, expires_at) | ForeignSecret::Hashed(_, expires_at)
            if has_ended(*expires_at, now) =>
        {
            Secret::Nothing
        }
        ForeignSecret::Hashed(hash, expires_at) => {
            let stored = before
                .into_iter()
                .flat_map(|before| &before.secrets)
                .find(|stored| stored.hash == *hash);
            stored.map_or_else(
                || Secret::New(Some(new(hash.clone(), *expires_at))),
                |stored| known(stored.id),
            )
        }
        ForeignSecret::Plain(_, expires_at) => match done {
            Done::Known(row) => known(row),
            Done::Unknown(hash) => Secret::New(hash.map(|hash| new(hash, *expires_at))),
            Done::Nothing => Secret::New(None),
        },
    }
}

fn has_ended(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|end| end <= now)
}

fn refusals(draft: &ClientDraft) -> Vec<String> {
    let findings = draft.findings();
    findings
        .iter()
        .filter(|finding| finding.refuses())
        .map(Finding::sentence)
        .collect()
}

/// The members in which two registrations differ, by the standard's names.
fn differing(before: &ClientDraft, after: &ClientDraft) -> Vec<String> {
    let (before, after) = (rfc7591::write(before), rfc7591::write(after));
    let mut names: Vec<String> = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    names.extend(before.keys().filter(|name| !after.contains_key(*name)).cloned());
    names
}
