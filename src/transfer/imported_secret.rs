//! What becomes of the secret that a file has of a client.

use jiff::Timestamp;

use super::Entry;
use super::hashing::{Done, Task};
use super::importing::Importer;
use super::met::Prepared;
use crate::interchange::{ForeignClient, ForeignSecret};
use crate::registry::{Client, NewSecret};

/// The label of a secret that came with its client.
const LABEL: &str = "Imported secret";

/// What is to become of a client's secret.
pub(super) enum ImportedSecret {
    /// There is nothing to keep.
    Nothing,
    /// It is there already.
    Known { live: bool },
    /// It is to be kept. A dry run makes no hash.
    New(Option<NewSecret>),
}

impl ImportedSecret {
    /// From what a file has, and what was worked out about it.
    pub(super) fn of(foreign: &ForeignClient, before: Option<&Client>, done: Done, now: Timestamp) -> Self {
        let known = |row: i64| Self::Known {
            live: before.is_some_and(|before| before.live_secrets(now).any(|secret| secret.id == row)),
        };
        let is_weak = matches!(&foreign.secret, ForeignSecret::Plain(secret, _) if secret.is_weak());
        let new = |hash, expires_at| NewSecret {
            is_weak,
            // Its first characters are not random ones of ours: they stay as secret as the rest.
            selector: None,
            hash,
            label: LABEL.to_owned(),
            expires_at,
        };
        match &foreign.secret {
            _ if !foreign.draft.token_endpoint_auth_method.uses_secret() => Self::Nothing,
            ForeignSecret::Absent | ForeignSecret::Unusable(_) => Self::Nothing,
            ForeignSecret::Plain(_, expires_at) | ForeignSecret::Hashed(_, expires_at)
                if has_ended(*expires_at, now) =>
            {
                Self::Nothing
            }
            ForeignSecret::Hashed(hash, expires_at) => {
                let stored = before
                    .into_iter()
                    .flat_map(|before| &before.secrets)
                    .find(|stored| stored.hash == *hash);
                stored.map_or_else(
                    || Self::New(Some(new(hash.clone(), *expires_at))),
                    |stored| known(stored.id),
                )
            }
            ForeignSecret::Plain(_, expires_at) => match done {
                Done::Known(row) => known(row),
                Done::Unknown(hash) => Self::New(hash.map(|hash| new(hash, *expires_at))),
                Done::Nothing => Self::New(None),
            },
        }
    }
}

/// What has to be worked out about it before anything is written.
pub(super) fn task<'f>(
    importer: &Importer<'_>,
    foreign: &'f ForeignClient,
    before: Option<&'f Client>,
) -> Task<'f> {
    let ForeignSecret::Plain(secret, expires_at) = &foreign.secret else {
        return Task::Nothing;
    };
    if !foreign.draft.token_endpoint_auth_method.uses_secret() || has_ended(*expires_at, importer.act.at) {
        return Task::Nothing;
    }
    match before {
        None if importer.dry_run => Task::Nothing,
        None => Task::Hash(secret),
        Some(before) if importer.update && !importer.dry_run => Task::Compare(secret, before),
        Some(before) => Task::Look(secret, before),
    }
}

/// Says what becomes of it.
pub(super) fn tell(importer: &Importer<'_>, client: &Prepared, entry: &mut Entry) {
    let Prepared {
        foreign,
        before,
        secret,
        ..
    } = client;
    let uses_secret = foreign.draft.token_endpoint_auth_method.uses_secret();
    let has_live = before
        .as_ref()
        .is_some_and(|before| before.live_secrets(importer.act.at).next().is_some());
    match (&foreign.secret, secret) {
        (ForeignSecret::Absent, _) => {
            entry.rotate = uses_secret && !has_live;
        }
        (_, _) if !uses_secret => entry.leave_out("client_secret", "the client authenticates without one"),
        (ForeignSecret::Unusable(why), _) => {
            entry.leave_out("client_secret", why);
            entry.rotate = !has_live;
        }
        (_, ImportedSecret::Known { live: true }) => {
            entry.kept.push("client_secret, which is known here".to_owned())
        }
        (_, ImportedSecret::Known { live: false }) => {
            entry.leave_out(
                "client_secret",
                "it has ended here, and an import brings none back",
            );
            entry.rotate = !has_live;
        }
        (_, ImportedSecret::Nothing) => {
            entry.leave_out("client_secret", "it has ended");
            entry.rotate = !has_live;
        }
        (_, ImportedSecret::New(_)) if before.is_some() && !importer.update => {}
        (_, ImportedSecret::New(_)) if before.is_some() => {
            entry
                .kept
                .push("client_secret, as a hash; those before end now".to_owned());
        }
        (ForeignSecret::Hashed(..), ImportedSecret::New(_)) => {
            entry
                .kept
                .push("client_secret, as the hash that it is".to_owned());
        }
        (ForeignSecret::Plain(..), ImportedSecret::New(_)) => {
            entry.kept.push("client_secret, as a hash".to_owned());
        }
    }
}

pub(super) fn has_ended(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|end| end <= now)
}
