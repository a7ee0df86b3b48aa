//! What `registry-read` looks up.

use std::mem::discriminant;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    AuditRules, Command, Envelope, FindingsQuery, ReplyBody, Review, ToDecode, decoded, finding, findings,
};
use crate::client::ClientId;
use crate::registry::{Client, HistoryQuery, ListQuery, Registry, RegistryError};

/// How far back the counts of findings go, in days.
const YEAR: i64 = 366;

/// A question to the registry.
#[derive(Debug)]
pub enum Read {
    /// One page of the list.
    Page {
        /// Which page, from 0; the answer repeats it.
        page: usize,
        /// What the page holds.
        query: ListQuery,
    },
    /// How many rows a query finds, and how many clients there are.
    Count(ListQuery),
    /// One client.
    Client(ClientId),
    /// A part of the list that is to be selected.
    Range(ListQuery),
    /// The first clients that a picker offers for a text.
    Pick(ListQuery),
    /// Changes.
    History(HistoryQuery),
    /// The client of a change as it is now.
    HistoryClient(ClientId),
    /// Clients that the history may tell of, by a text in their name or identifier; at most so many of each sort.
    HistoryClients(String, u32),
    /// People who stand in the history, by a text in their name; at most so many.
    HistoryPeople(String, u32),
    /// The import of a number.
    ImportRun(i64),
    /// The findings as they are wanted. It asks the registry nothing, but takes as long as a question.
    Findings(Box<FindingsQuery>),
    /// Whom people tell about clients of which something was found, by a text in the contact; at most so many.
    Owners(Arc<Review>, String, usize),
    /// What stands beside the finding on a field of a client.
    Beside(ClientId, &'static str),
    /// The filters of the findings that are kept.
    ReviewFilters,
    /// The sign-off of a client.
    Approval(ClientId),
    /// What people call clients.
    ClientNames(Vec<ClientId>),
    /// The names of the test users.
    UserNames,
    /// The test users.
    Users,
    /// What they allowed.
    Consents,
    /// The resource servers.
    ResourceServers,
    /// The signing keys.
    SigningKeys,
    /// The initial access tokens.
    InitialTokens,
    /// The token requests that are saved for a client.
    SavedRequests(ClientId),
    /// How the rules of the audit are set.
    AuditSettings,
    /// What ends and when.
    Endings,
    /// How many findings were open, day by day, in a year.
    FindingCounts,
    /// What pasted tokens say. Only the newest paste is worth an answer, too.
    Decode(Box<ToDecode>),
    /// The clients that registered themselves and were not used for so many days.
    DeadClients {
        /// How many.
        days: u32,
    },
}

/// Of each kind of question only the newest is worth an answer; each page of the list is a kind of its own.
pub(super) fn newest_of_each_kind(waiting: Vec<Envelope>) -> Vec<(u64, Read)> {
    let mut newest: Vec<(u64, Read)> = Vec::new();
    for envelope in waiting {
        let Command::Read(read) = envelope.command else {
            continue;
        };
        newest.retain(|(_, other)| !is_superseded_by(other, &read));
        newest.push((envelope.number, read));
    }
    newest
}

fn is_superseded_by(old: &Read, new: &Read) -> bool {
    match (old, new) {
        (Read::Page { page: old, .. }, Read::Page { page: new, .. }) => old == new,
        _ => discriminant(old) == discriminant(new),
    }
}

pub(super) fn carry_out(registry: &Registry, read: Read) -> ReplyBody {
    answer(registry, read).unwrap_or_else(ReplyBody::from)
}

fn answer(registry: &Registry, read: Read) -> Result<ReplyBody, RegistryError> {
    Ok(match read {
        Read::Page { page, query } => ReplyBody::Page {
            page,
            rows: registry.list_clients(&query)?,
        },
        Read::Count(query) => ReplyBody::Counted {
            found: registry.count_clients(&query)?,
            all: registry.count_clients(&ListQuery::default())?,
        },
        Read::Client(client_id) => ReplyBody::Client(Box::new(registry.client(&client_id)?)),
        Read::Range(query) => ReplyBody::Range(registry.list_clients(&query)?),
        Read::Pick(query) => ReplyBody::Picked(registry.list_clients(&query)?),
        Read::History(query) => ReplyBody::History(registry.history(&query)?),
        Read::HistoryClient(client_id) => ReplyBody::HistoryClient(Box::new(registry.client(&client_id)?)),
        Read::HistoryClients(text, most) => ReplyBody::HistoryClients(registry.history_clients(&text, most)?),
        Read::HistoryPeople(text, most) => ReplyBody::HistoryPeople(registry.history_people(&text, most)?),
        Read::ImportRun(number) => ReplyBody::ImportRun(number, registry.import_run(number)?),
        Read::Findings(query) => ReplyBody::Findings(query.view()),
        Read::Owners(review, text, most) => ReplyBody::Owners(findings::owners(&review, &text, most)),
        Read::Beside(client_id, field) => finding::carry_out(registry, &client_id, field)?,
        Read::ReviewFilters => ReplyBody::ReviewFilters(registry.review_filters()?),
        Read::Approval(client_id) => {
            let approval = registry.approval(&client_id)?.map(Box::new);
            ReplyBody::Approval(client_id, approval)
        }
        Read::ClientNames(client_ids) => {
            let mut named = Vec::new();
            for client_id in client_ids {
                if let Some(client) = registry.client(&client_id)? {
                    named.push((client_id, client.draft.name));
                }
            }
            ReplyBody::ClientNames(named)
        }
        Read::UserNames => {
            ReplyBody::UserNames(registry.users()?.into_iter().map(|user| user.name).collect())
        }
        Read::Users => ReplyBody::Users(registry.users()?.into_iter().map(Into::into).collect()),
        Read::Consents => ReplyBody::Consents(registry.consents()?),
        Read::ResourceServers => ReplyBody::ResourceServers(registry.resource_servers()?),
        Read::SigningKeys => {
            ReplyBody::SigningKeys(registry.signing_keys()?.into_iter().map(Into::into).collect())
        }
        Read::SavedRequests(client_id) => ReplyBody::SavedRequests(registry.saved_requests(&client_id)?),
        Read::AuditSettings => {
            let (settings, troubles) = registry.audit_settings()?;
            ReplyBody::AuditSettings(Arc::new(AuditRules { settings, troubles }))
        }
        Read::Endings => ReplyBody::Endings(registry.endings(Timestamp::now())?),
        Read::FindingCounts => {
            let since = Timestamp::now().saturating_sub(SignedDuration::from_hours(YEAR * 24));
            ReplyBody::FindingCounts(registry.finding_counts(since.unwrap_or(Timestamp::MIN))?)
        }
        Read::InitialTokens => ReplyBody::InitialTokens(registry.initial_tokens()?),
        Read::Decode(asked) => decoded::carry_out(&asked, registry)?,
        Read::DeadClients { days } => {
            ReplyBody::DeadClients(super::registration::dead_clients(registry, days)?)
        }
    })
}

/// The client, or the error that says it is gone.
pub(super) fn existing(registry: &Registry, client_id: &ClientId) -> Result<Client, RegistryError> {
    registry
        .client(client_id)?
        .ok_or_else(|| RegistryError::NotFound {
            what: "client",
            name: client_id.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(number: u64, read: Read) -> Envelope {
        Envelope {
            number,
            by: String::new(),
            command: Command::Read(read),
        }
    }

    #[test]
    fn only_the_newest_question_of_a_kind_is_answered() {
        let page = |page| Read::Page {
            page,
            query: ListQuery::default(),
        };
        let waiting = vec![
            envelope(1, page(0)),
            envelope(2, Read::Count(ListQuery::default())),
            envelope(3, page(1)),
            envelope(4, page(0)),
            envelope(5, Read::Count(ListQuery::default())),
        ];
        let numbers: Vec<u64> = newest_of_each_kind(waiting)
            .into_iter()
            .map(|(number, _)| number)
            .collect();
        assert_eq!(numbers, [3, 4, 5]);
    }
}
