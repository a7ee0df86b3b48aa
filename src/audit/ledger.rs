//! What the rules say of every client of a registry, kept current client by client.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{AuditFinding, Facts, Neighbours, Settings, judge};
use crate::client::{ClientDraft, ClientId, Standing, Status};

/// All clients with what was found of them. It is filled in two rounds: [`meet`](Self::meet) for each client, since some rules
/// ask for the others, then [`judge`](Self::judge) for each. From then on a change of one client is judged alone.
#[derive(Debug, Default)]
pub struct Ledger {
    settings: Settings,
    neighbours: Neighbours,
    places: HashMap<ClientId, usize>,
    judged: Vec<Option<Arc<Judged>>>,
}

/// A client that was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Its public identifier.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// What it may do today.
    pub standing: Standing,
    /// The version that was judged.
    pub version: u64,
    /// Who is told when something is wrong with it.
    pub contacts: Vec<String>,
    /// When it got a token last.
    pub last_used_at: Option<Timestamp>,
    /// Whether somebody signed it off, and by whom and when.
    pub approved: Option<(String, Timestamp)>,
    /// What was found, the worst first.
    pub findings: Vec<Dated>,
}

/// A finding, and since when it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Dated {
    /// The finding.
    pub finding: AuditFinding,
    /// Since when the field concerned is as it is.
    pub since: Timestamp,
}

impl Ledger {
    /// A ledger of no clients.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// How the rules are set.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Gets to know a person, by the `sub` that tokens name them by.
    pub fn meet_user(&mut self, sub: &str) {
        self.neighbours.add_user(sub);
    }

    /// Gets to know a client, or what it has become. Returns the others that are to be judged again for it.
    pub fn meet(&mut self, client_id: &ClientId, draft: &ClientDraft) -> Vec<ClientId> {
        self.neighbours.set(client_id, draft)
    }

    /// Judges a client that it has met. `since` says since when the field of a finding is as it is.
    pub fn judge(
        &mut self,
        facts: &Facts<'_>,
        now: Timestamp,
        mut since: impl FnMut(&AuditFinding) -> Timestamp,
    ) {
        let findings = judge(facts, &self.neighbours, &self.settings, now);
        let is_held = findings.iter().any(|finding| finding.rule.refuses());
        let dated = findings.into_iter().map(|finding| Dated {
            since: since(&finding),
            finding,
        });
        let judged = Arc::new(Judged {
            client_id: facts.client_id.clone(),
            name: facts.draft.name.clone(),
            standing: match facts.status {
                Status::Disabled => Standing::Disabled,
                Status::Active if is_held => Standing::Held,
                Status::Active => Standing::Active,
            },
            version: facts.version,
            contacts: facts.draft.contacts.clone(),
            last_used_at: facts.last_used_at,
            approved: facts.approval.map(|approval| (approval.by.clone(), approval.at)),
            findings: dated.collect(),
        });
        match self
            .places
            .get(facts.client_id)
            .and_then(|place| self.judged.get_mut(*place))
        {
            Some(place) => *place = Some(judged),
            None => {
                self.places.insert(facts.client_id.clone(), self.judged.len());
                self.judged.push(Some(judged));
            }
        }
    }

    /// Forgets a client that is gone. Returns the others that are to be judged again for it.
    pub fn forget(&mut self, client_id: &ClientId) -> Vec<ClientId> {
        if let Some(place) = self.places.remove(client_id)
            && let Some(judged) = self.judged.get_mut(place)
        {
            *judged = None;
        }
        self.neighbours.forget(client_id)
    }

    /// Every client that was judged, in the order of their first judgement.
    pub fn judged(&self) -> impl Iterator<Item = &Arc<Judged>> {
        self.judged.iter().flatten()
    }

    /// What was found of one client.
    pub fn of(&self, client_id: &ClientId) -> Option<&Arc<Judged>> {
        self.judged.get(*self.places.get(client_id)?)?.as_ref()
    }
}
