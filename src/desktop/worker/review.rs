//! The audit of every client, by the rules that need only its registration. What was judged before is judged again
//! only where the client has changed since.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::client::{ClientId, Finding, Severity};
use crate::registry::{Client, ClientRow, Cursor, ListQuery, Registry, RegistryError, SortKey};

/// Rows that are read at once.
const PAGE: u32 = 500;
/// No further client is read once there are so many findings: nobody reads on, and each costs memory.
const ENOUGH: usize = 5_000;

/// What the rules say.
#[derive(Debug, Default)]
pub struct Review {
    /// The findings worth a look, the worst first.
    pub findings: Vec<Found>,
    /// The clients that these are of.
    pub clients: usize,
    /// Clients with findings that were not come to; none of them is worse than the last that was.
    pub left_out: usize,
    /// How long it took.
    pub took: Duration,
}

/// A finding on a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The client.
    pub client: ClientRow,
    /// What is wrong with it.
    pub finding: Finding,
    /// Since when the field concerned is as it is.
    pub since: Timestamp,
}

/// Judges clients, and remembers what was found of which version.
#[derive(Default)]
pub(super) struct Auditor {
    judged: HashMap<ClientId, (u64, Vec<(Finding, Timestamp)>)>,
}

impl Auditor {
    pub fn review(&mut self, registry: &Registry) -> Result<Review, RegistryError> {
        self.review_up_to(registry, ENOUGH)
    }

    fn review_up_to(&mut self, registry: &Registry, enough: usize) -> Result<Review, RegistryError> {
        let start = Instant::now();
        let mut before = std::mem::take(&mut self.judged);
        let mut review = Review::default();
        let (worst_first, all) = flagged(registry, enough)?;
        for row in worst_first {
            if review.findings.len() >= enough {
                break;
            }
            let (version, findings) = match before.remove(&row.client_id) {
                Some(judged) if judged.0 == row.version => judged,
                _ => match registry.client(&row.client_id)? {
                    Some(client) => (client.version, dated(registry, &client)?),
                    // Deleted since its row was read.
                    None => continue,
                },
            };
            review.clients += 1;
            let of_it = findings.iter().map(|(finding, since)| Found {
                client: row.clone(),
                finding: finding.clone(),
                since: *since,
            });
            review.findings.extend(of_it);
            self.judged.insert(row.client_id, (version, findings));
        }
        review.left_out = all.saturating_sub(review.clients);
        review
            .findings
            .sort_by_key(|found| std::cmp::Reverse(found.finding.severity));
        review.took = start.elapsed();
        Ok(review)
    }
}

/// What is worth a look of a client, and since when it is so.
fn dated(registry: &Registry, client: &Client) -> Result<Vec<(Finding, Timestamp)>, RegistryError> {
    let is_worth_it = |finding: &Finding| finding.severity > Severity::Info;
    let findings = client.draft.findings().into_iter().filter(is_worth_it);
    let dated = findings.map(|finding| {
        let since = registry.field_changed_at(client, finding.field)?;
        Ok((finding, since))
    });
    dated.collect()
}

/// The clients with something worse than a remark, the worst first, and how many there are in all. What the list knows
/// of each spares reading the registrations of the others. Of each severity no more are kept than can be wanted.
fn flagged(registry: &Registry, enough: usize) -> Result<(Vec<ClientRow>, usize), RegistryError> {
    let mut by_severity: Vec<(Severity, Vec<ClientRow>)> = Severity::ALL
        .iter()
        .rev()
        .filter(|severity| **severity > Severity::Info)
        .map(|severity| (*severity, Vec::new()))
        .collect();
    let mut all = 0;
    let mut after: Option<Cursor> = None;
    loop {
        let rows = registry.list_clients(&ListQuery {
            after: after.take(),
            limit: PAGE,
            ..ListQuery::default()
        })?;
        let is_last = rows.len() < PAGE as usize;
        after = rows.last().map(|row| row.cursor(SortKey::Name));
        for row in rows {
            let kept = by_severity
                .iter_mut()
                .find(|(severity, _)| row.worst == Some(*severity));
            let Some((_, kept)) = kept else { continue };
            all += 1;
            if kept.len() < enough {
                kept.push(row);
            }
        }
        if is_last {
            break;
        }
    }
    let worst_first = by_severity.into_iter().flat_map(|(_, rows)| rows).collect();
    Ok((worst_first, all))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::client::{ClientDraft, ClientKind, Status};
    use crate::registry::Act;

    fn act() -> Act {
        Act::new("Ada Admin", Timestamp::UNIX_EPOCH)
    }

    fn with(uri: &str, contact: &str) -> ClientDraft {
        ClientDraft {
            name: "A client".to_owned(),
            redirect_uris: vec![uri.to_owned()],
            scopes: vec!["read".to_owned()],
            audience: vec!["https://api.example.com".to_owned()],
            contacts: vec![contact.to_owned()],
            ..ClientKind::SinglePage.preset()
        }
    }

    /// Three clients of which nothing is to be said, two without an owner, one with a dangerous redirect.
    fn six() -> (TempDir, Registry) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let registry = Registry::open(&path, Timestamp::UNIX_EPOCH).unwrap();
        let good = with("https://app.example.com/cb", "team@example.com");
        let ownerless = ClientDraft {
            contacts: Vec::new(),
            ..good.clone()
        };
        let dangerous = with("http://app.example.com/cb", "team@example.com");
        let drafts = [&good, &ownerless, &good, &ownerless, &dangerous, &good];
        for (number, draft) in drafts.into_iter().enumerate() {
            let id = client_id(number);
            registry
                .import_client(&id, draft, Status::Active, &[], "test", &act())
                .unwrap();
        }
        (folder, registry)
    }

    fn client_id(number: usize) -> ClientId {
        ClientId::parse(&format!("client-{number}")).unwrap()
    }

    fn ids(review: &Review) -> Vec<&str> {
        review
            .findings
            .iter()
            .map(|found| found.client.client_id.as_str())
            .collect()
    }

    #[test]
    fn the_worst_come_first_and_those_that_are_left_out_are_counted() {
        let (_folder, registry) = six();
        let whole = Auditor::default().review(&registry).unwrap();
        assert_eq!((whole.clients, whole.left_out), (3, 0));
        assert_eq!(ids(&whole).first(), Some(&"client-4"));
        let first = Auditor::default().review_up_to(&registry, 1).unwrap();
        assert_eq!((first.clients, first.left_out), (1, 2));
        assert!(ids(&first).iter().all(|id| *id == "client-4"), "{first:?}");
    }

    #[test]
    fn a_finding_stands_since_its_field_changed_last() {
        let (_folder, registry) = six();
        let at = |second| Timestamp::from_second(second).unwrap();
        let ownerless = registry.client(&client_id(1)).unwrap().unwrap().draft;
        let noted = ClientDraft {
            notes: "Looked at".to_owned(),
            ..ownerless.clone()
        };
        let owned = ClientDraft {
            contacts: vec!["team@example.com".to_owned()],
            ..noted.clone()
        };
        let since = || {
            let review = Auditor::default().review(&registry).unwrap();
            let is_of_it = |found: &&Found| found.client.client_id == client_id(1);
            review.findings.iter().find(is_of_it).map(|found| found.since)
        };
        let save = |version, draft: &ClientDraft, second| {
            let act = Act::new("Ada Admin", at(second));
            registry
                .update_client(&client_id(1), version, draft.clone(), None, &act)
                .unwrap();
        };
        assert_eq!(since(), Some(at(0)), "when it was registered");
        save(1, &noted, 100);
        assert_eq!(since(), Some(at(0)), "another field was changed");
        save(2, &owned, 200);
        assert_eq!(since(), None);
        save(3, &noted, 300);
        assert_eq!(since(), Some(at(300)));
    }

    #[test]
    fn what_has_changed_is_judged_again_and_nothing_else() {
        let (_folder, registry) = six();
        let mut auditor = Auditor::default();
        auditor.review(&registry).unwrap();
        // What the auditor remembers shows whether it looked again.
        for judged in auditor.judged.values_mut() {
            judged.1.clear();
        }
        assert!(auditor.review(&registry).unwrap().findings.is_empty());
        registry
            .set_status(&client_id(1), 1, Status::Disabled, &act())
            .unwrap();
        assert_eq!(ids(&auditor.review(&registry).unwrap()), ["client-1"]);
        registry.delete_client(&client_id(1), 2, &act()).unwrap();
        let review = auditor.review(&registry).unwrap();
        assert_eq!((review.clients, review.findings.len()), (2, 0));
        assert_eq!(auditor.judged.len(), 2, "those that are gone are forgotten");
    }
}
