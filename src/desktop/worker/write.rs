//! What `registry-write` changes. Each is one transaction with its history row, or nothing.

use jiff::Timestamp;

use super::accept_all::{self, AcceptAll};
use super::apply::{self, Applying};
use super::decide::{self, Decision};
use super::document;
use super::each::{self, ClientAct, Seen, Stop};
use super::finding::{self, FilterChange};
use super::fix::{self, Fixing};
use super::read::existing;
use super::registration::{self, Registering};
use super::upkeep::{self, Upkeep};
use super::{Deed, ReplyBody, Trouble};
use crate::audit::Settings;
use crate::client::{ClientDraft, ClientId, Secret};
use crate::interchange::ForeignClient;
use crate::registry::{
    Act, Client, FindingCount, NewClient, NewSecret, Registry, RegistryError, SavedRequest, restored_note,
};

/// A change of the registry.
#[derive(Debug)]
pub enum Write {
    /// Register a client; the secret has been made and hashed.
    Create {
        /// What to keep.
        client: Box<NewClient>,
        /// What to show once.
        secret: Option<Secret>,
    },
    /// Keep the client of a document that was looked at.
    AddDocument(Box<ForeignClient>),
    /// Keep a changed registration.
    Save {
        /// Whose.
        client_id: ClientId,
        /// The version that was changed.
        version: u64,
        /// The registration.
        draft: Box<ClientDraft>,
        /// A first secret, where the client leaves `none`.
        first_secret: Option<(NewSecret, Secret)>,
        /// The change that the form was filled from before it was mended, by its number.
        restored_from: Option<i64>,
    },
    /// Bring back an earlier version of a registration, as a new change.
    Restore {
        /// What.
        restoring: Box<Restoring>,
        /// A first secret, where that version has one and the client has none.
        first_secret: Option<(NewSecret, Secret)>,
    },
    /// Switch a client on or off, or delete it; its last state stays in the history.
    Act {
        /// What.
        act: ClientAct,
        /// The client as it was looked at.
        seen: Box<Client>,
    },
    /// Make a further secret valid, and let the older ones end.
    Rotate {
        /// Whose.
        client_id: ClientId,
        /// What to keep.
        new: NewSecret,
        /// What to show once.
        secret: Secret,
        /// How long the older ones stay valid, in seconds.
        overlap: i64,
    },
    /// End all secrets and tokens now.
    RevokeSecrets(ClientId),
    /// Do the same to many clients, each for itself.
    Each {
        /// What.
        act: ClientAct,
        /// Which, as they were seen.
        clients: Vec<Seen>,
        /// The wish to stop.
        stop: Stop,
    },
    /// Keep something of the server's in order.
    Upkeep(Upkeep),
    /// Keep or forget a token request of a client.
    SavedRequest(SavedChange),
    /// Make the change that ends a finding.
    Fix {
        /// What.
        fixing: Box<Fixing>,
        /// A first secret, where the client leaves `none` by it.
        first_secret: Option<(NewSecret, Secret)>,
    },
    /// Keep or forget a filter of the findings.
    ReviewFilter(FilterChange),
    /// Write down how many findings are open today.
    CountFindings(FindingCount),
    /// Keep what a reviewer decided.
    Decide(Decision),
    /// Take many risks at once.
    AcceptAll(Box<AcceptAll>),
    /// The same as a decision in a window that only looks, and keep it and what comes after it in another file.
    KeepIn {
        /// The file, as it was typed.
        place: String,
        /// What was decided.
        decision: Decision,
    },
    /// Look at what a reviewer decided in a file, or take it over.
    ApplySignOffs(Applying),
    /// Decide who may register clients, and sweep those that nobody uses.
    Registering(Registering),
    /// Set the rules of the audit anew.
    AuditSettings(Box<Settings>),
}

/// An earlier version of a client's registration, to be brought back.
#[derive(Clone, Debug)]
pub struct Restoring {
    /// Whose.
    pub client_id: ClientId,
    /// The version of the client that was looked at.
    pub version: u64,
    /// The change that left the registration, by its number.
    pub seq: i64,
    /// When that was.
    pub at: Timestamp,
    /// The registration.
    pub draft: ClientDraft,
}

/// What is to happen to a saved token request. It changes no registration.
#[derive(Debug)]
pub enum SavedChange {
    /// Keep it, in the place of the one of the same name.
    Keep {
        /// Whose.
        client_id: ClientId,
        /// What was asked for.
        request: Box<SavedRequest>,
    },
    /// Forget it.
    Delete {
        /// Whose.
        client_id: ClientId,
        /// Its name.
        name: String,
    },
}

/// Makes a change. What takes long tells meanwhile how far it is.
pub(super) fn carry_out(
    registry: &mut Registry,
    write: Write,
    by: String,
    tell: &mut dyn FnMut(ReplyBody),
) -> ReplyBody {
    let act = Act::new(by, Timestamp::now());
    change(registry, write, &act, tell).unwrap_or_else(ReplyBody::from)
}

fn change(
    registry: &mut Registry,
    write: Write,
    act: &Act,
    tell: &mut dyn FnMut(ReplyBody),
) -> Result<ReplyBody, RegistryError> {
    let kept = |deed, client, secret| ReplyBody::Kept {
        deed,
        client: Box::new(client),
        secret,
    };
    Ok(match write {
        Write::Create { client, secret } => {
            kept(Deed::Created, registry.create_client(*client, act)?, secret)
        }
        Write::AddDocument(client) => kept(Deed::Created, document::add(registry, &client, act)?, None),
        Write::Save {
            client_id,
            version,
            draft,
            first_secret,
            restored_from,
        } => {
            let (new, secret) = first_secret.unzip();
            let act = match restored_from {
                Some(seq) => act.clone().noting(format!("{}, and mended", restored_note(seq))),
                None => act.clone(),
            };
            let client = registry.update_client(&client_id, version, *draft, new, &act)?;
            kept(Deed::Saved, client, secret)
        }
        Write::Restore {
            restoring,
            first_secret,
        } => {
            let (new, secret) = first_secret.unzip();
            let version = (restoring.seq, restoring.draft.clone());
            match registry.restore_client(&restoring.client_id, restoring.version, version, new, act) {
                Ok(client) => kept(Deed::Restored, client, secret),
                Err(RegistryError::Conflict { theirs }) => ReplyBody::RestoreOvertaken { restoring, theirs },
                Err(error) => return Err(error),
            }
        }
        Write::Act { act: what, seen } => {
            match what.carry_out(registry, &seen.client_id, seen.version, act) {
                Ok(deleted) if what == ClientAct::Delete => {
                    ReplyBody::Deleted(deleted.client_id, deleted.draft.name)
                }
                Ok(client) => kept(Deed::Switched, client, None),
                Err(RegistryError::Conflict { theirs }) => ReplyBody::Overtaken {
                    act: what,
                    seen,
                    theirs,
                },
                Err(error) => return Err(error),
            }
        }
        Write::Rotate {
            client_id,
            new,
            secret,
            overlap,
        } => {
            let end =
                Timestamp::from_second(act.at.as_second().saturating_add(overlap)).unwrap_or(Timestamp::MAX);
            registry.rotate_secret(&client_id, new, end, act)?;
            kept(Deed::Rotated, existing(registry, &client_id)?, Some(secret))
        }
        Write::RevokeSecrets(client_id) => {
            registry.revoke_secrets(&client_id, act)?;
            kept(Deed::Revoked, existing(registry, &client_id)?, None)
        }
        Write::Upkeep(upkeep) => upkeep::carry_out(registry, upkeep, act)?,
        Write::SavedRequest(SavedChange::Keep { client_id, request }) => {
            registry.save_request(&client_id, &request, act.at)?;
            ReplyBody::Done(format!("The request {} was saved", request.name))
        }
        Write::SavedRequest(SavedChange::Delete { client_id, name }) => {
            registry.delete_saved_request(&client_id, &name)?;
            ReplyBody::Done(format!("The request {name} was deleted"))
        }
        Write::Fix { fixing, first_secret } => fix::carry_out(registry, fixing, first_secret, act)?,
        Write::ReviewFilter(change) => finding::change_filter(registry, change, act.at)?,
        Write::CountFindings(count) => {
            ReplyBody::FindingsCounted(registry.record_finding_count(&count).map_err(Trouble::from))
        }
        // Where the registry can be changed, it keeps what is decided.
        Write::Decide(decision) | Write::KeepIn { decision, .. } => {
            decide::carry_out(registry, decision, act)?
        }
        Write::AcceptAll(wish) => {
            let mut tell = |done| tell(ReplyBody::EachProgress(done));
            accept_all::carry_out(registry, &wish, act, &mut tell)?
        }
        Write::ApplySignOffs(applying) => apply::carry_out(registry, &applying, act),
        Write::AuditSettings(settings) => {
            registry.set_audit_settings(&settings, act)?;
            ReplyBody::Done("The rules were saved. The audit goes by them from now on".to_owned())
        }
        Write::Registering(registering) => registration::carry_out(registry, registering, act)?,
        Write::Each {
            act: what,
            clients,
            stop,
        } => {
            let mut tell = |done| tell(ReplyBody::EachProgress(done));
            let result = each::carry_out(registry, what, clients, act, &stop, &mut tell);
            ReplyBody::EachDone(Box::new(result))
        }
    })
}
