//! The audit of every client. What was judged before is judged again only where something has changed since.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::Opening;
use super::sign_offs::KeptSignOffs;
use crate::audit::{AuditFinding, AuditRule, Dated, FactRule, Judged, Ledger, Settings};
use crate::client::Severity;
use crate::registry::{Auditor, FindingCount, Registry, RegistryError};

/// After so long everything is judged again, although nothing changed: some rules ask for the time.
pub const WHOLE: SignedDuration = SignedDuration::from_hours(1);

/// What the rules say.
#[derive(Debug, Default)]
pub struct Review {
    /// The findings, the worst first, and of each severity the accepted ones last; mere remarks are among them.
    pub findings: Vec<Found>,
    /// How many of each severity are open, from [`Severity::Info`] on.
    pub open: [usize; 5],
    /// How many are accepted.
    pub accepted: usize,
    /// The rules that are broken, in the order of the table.
    pub rules: Vec<AuditRule>,
    /// How many clients were judged.
    pub clients: usize,
    /// How many of them are signed off.
    pub approved: usize,
    /// Clients that nobody uses.
    pub unused_clients: Vec<Found>,
    /// Scopes that clients which are in use never ask for.
    pub unused_scopes: Vec<Found>,
    /// How many findings are open, by rule. Mere remarks are among them.
    pub open_by_rule: BTreeMap<AuditRule, u64>,
    /// What in the settings of the rules makes no sense, a sentence each.
    pub troubles: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Review {
    /// The review of clients that were judged.
    pub fn of<'a>(clients: impl Iterator<Item = &'a Arc<Judged>>) -> Self {
        let mut review = Self::default();
        let mut broken = HashSet::new();
        for client in clients {
            review.clients += 1;
            review.approved += usize::from(client.approved.is_some());
            for (index, dated) in client.findings.iter().enumerate() {
                let finding = &dated.finding;
                broken.insert(finding.rule);
                review.accepted += usize::from(finding.accepted.is_some());
                let of_severity = review.open.get_mut(finding.severity as usize);
                if let Some(count) = of_severity.filter(|_| finding.is_open()) {
                    *count += 1;
                    *review.open_by_rule.entry(finding.rule).or_default() += 1;
                }
                let found = Found {
                    client: client.clone(),
                    index,
                };
                match finding.rule {
                    AuditRule::Facts(FactRule::ScopeUnused) => review.unused_scopes.push(found.clone()),
                    rule if is_unused_client(rule) => review.unused_clients.push(found.clone()),
                    _ => {}
                }
                review.findings.push(found);
            }
        }
        review.rules = AuditRule::all().filter(|rule| broken.contains(rule)).collect();
        review
            .findings
            .sort_by_key(|found| (Reverse(found.finding().severity), !found.finding().is_open()));
        review
    }

    /// How many are open of those that are worth a look: mere remarks do not count.
    pub fn open_findings(&self) -> usize {
        self.open.iter().skip(Severity::Low as usize).sum()
    }

    /// How many are open of those that cannot wait: critical and high.
    pub fn urgent(&self) -> usize {
        self.open.iter().skip(Severity::High as usize).sum()
    }

    /// What is written down of it for its day.
    pub fn count(&self, now: Timestamp) -> FindingCount {
        FindingCount {
            day: now,
            open: self.open.map(|count| count as u64),
            accepted: self.accepted as u64,
        }
    }
}

/// How the rules are set, and what in the settings makes no sense, a sentence each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditRules {
    /// The settings.
    pub settings: Settings,
    /// What in them makes no sense.
    pub troubles: Vec<String>,
}

/// A finding on a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The client, with all that was found of it.
    pub client: Arc<Judged>,
    /// Which of its findings.
    index: usize,
}

impl Found {
    /// The finding, and since when it stands.
    pub fn dated(&self) -> &Dated {
        #[expect(
            clippy::indexing_slicing,
            reason = "made from the findings' own places, which never change"
        )]
        &self.client.findings[self.index]
    }

    /// The finding.
    pub fn finding(&self) -> &AuditFinding {
        &self.dated().finding
    }
}

/// Has the registry audited, and tells what was found.
#[derive(Default)]
pub(super) struct Reviewer {
    sign_offs: KeptSignOffs,
    auditor: Auditor,
    /// When everything was judged last.
    whole_at: Option<Timestamp>,
    /// The last two reviews: that the thread that draws lets one go must not be what frees it, which takes long.
    told: [Arc<Review>; 2],
}

impl Reviewer {
    /// One that takes in what reviewers decided elsewhere than in the registry.
    pub fn over(opening: &Opening) -> Self {
        Self {
            sign_offs: KeptSignOffs::of(opening),
            ..Self::default()
        }
    }

    /// What the rules say of the registry as it is now. Everything is judged again where that is asked for, and from time to
    /// time.
    pub fn review(
        &mut self,
        registry: &Registry,
        whole: bool,
        now: Timestamp,
    ) -> Result<Arc<Review>, RegistryError> {
        let start = Instant::now();
        self.bring_up_to_date(registry, whole, now)?;
        let mut review = self.tell();
        review.took = start.elapsed();
        let review = Arc::new(review);
        self.told.rotate_left(1);
        let [_, last] = &mut self.told;
        *last = review.clone();
        Ok(review)
    }

    fn bring_up_to_date(
        &mut self,
        registry: &Registry,
        whole: bool,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let decided = self.sign_offs.look(registry, now);
        let is_recent = self.whole_at.is_some_and(|at| {
            let passed = now.duration_since(at);
            !passed.is_negative() && passed < WHOLE && day(at) == day(now)
        });
        if whole || !is_recent {
            self.auditor.forget();
        }
        let sign_offs = &self.sign_offs.read;
        if self.auditor.bring_up_to_date(registry, sign_offs, decided, now)? {
            self.whole_at = Some(now);
        }
        Ok(())
    }

    /// Everything that is known, the worst first.
    fn tell(&self) -> Review {
        let ledger = self.auditor.ledger().into_iter();
        Review {
            troubles: [self.auditor.troubles(), &self.sign_offs.troubles].concat(),
            ..Review::of(ledger.flat_map(Ledger::judged))
        }
    }
}

/// The day of a time, in UTC, as days are counted.
pub fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(24 * 60 * 60)
}

/// Whether it is about a client that nobody uses.
const fn is_unused_client(rule: AuditRule) -> bool {
    matches!(
        rule,
        AuditRule::Facts(FactRule::ClientUnused | FactRule::DcrOrphan)
    )
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::client::{ClientDraft, ClientId, ClientKind, Status};
    use crate::registry::Act;

    fn act() -> Act {
        Act::new("Ada Admin", Timestamp::UNIX_EPOCH)
    }

    fn with(uri: &str, contact: &str) -> ClientDraft {
        ClientDraft {
            name: uri.to_owned(),
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
        for number in 0..6 {
            let scheme = if number == 4 { "http" } else { "https" };
            let mut draft = with(
                &format!("{scheme}://app{number}x.example.com/cb"),
                "team@example.com",
            );
            if matches!(number, 1 | 3) {
                draft.contacts.clear();
            }
            registry
                .import_client(&client_id(number), &draft, Status::Active, &[], "test", &act())
                .unwrap();
        }
        (folder, registry)
    }

    fn client_id(number: usize) -> ClientId {
        ClientId::parse(&format!("client-{number}")).unwrap()
    }

    fn review(auditor: &mut Reviewer, registry: &Registry) -> Arc<Review> {
        auditor.review(registry, false, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn ids(review: &Review) -> Vec<&str> {
        let is_worth_it = |found: &&Found| found.finding().severity > Severity::Info;
        let found = review.findings.iter().filter(is_worth_it);
        found.map(|found| found.client.client_id.as_str()).collect()
    }

    #[test]
    fn the_worst_come_first() {
        let (_folder, registry) = six();
        let review = review(&mut Reviewer::default(), &registry);
        assert_eq!(ids(&review), ["client-4", "client-1", "client-3"]);
        assert_eq!((review.clients, review.approved), (6, 0));
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
        let mut auditor = Reviewer::default();
        let mut since = || {
            let review = review(&mut auditor, &registry);
            let is_of_it = |found: &&Found| {
                found.client.client_id == client_id(1) && found.finding().rule.id() == "owner-missing"
            };
            review
                .findings
                .iter()
                .find(is_of_it)
                .map(|found| found.dated().since)
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
        let mut auditor = Reviewer::default();
        let first = review(&mut auditor, &registry);
        registry
            .set_status(&client_id(1), 1, Status::Disabled, &act())
            .unwrap();
        let second = review(&mut auditor, &registry);
        let same = |review: &Review, of: usize| {
            let found = review
                .findings
                .iter()
                .find(|found| found.client.client_id == client_id(of));
            Arc::as_ptr(&found.unwrap().client)
        };
        assert_eq!(same(&first, 3), same(&second, 3), "not judged again");
        assert_ne!(same(&first, 1), same(&second, 1));
        registry.delete_client(&client_id(1), 2, &act()).unwrap();
        let third = review(&mut auditor, &registry);
        assert_eq!((ids(&third), third.clients), (vec!["client-4", "client-3"], 5));
    }

    #[test]
    fn after_an_hour_and_on_another_day_everything_is_judged_again() {
        let (_folder, registry) = six();
        let mut auditor = Reviewer::default();
        let mut at = |hours: i64, minutes: i64, whole: bool| {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(60 * hours + minutes);
            let review = auditor.review(&registry, whole, now).unwrap();
            Arc::as_ptr(&review.findings[0].client)
        };
        let first = at(22, 50, false);
        assert_eq!(at(23, 40, false), first, "nothing changed");
        let second = at(23, 50, false);
        assert_ne!(second, first, "an hour has passed");
        let third = at(24, 1, false);
        assert_ne!(third, second, "it is another day");
        assert_eq!(at(24, 2, false), third);
        assert_ne!(at(24, 2, true), third, "it was asked for");
    }

    #[test]
    fn whoever_shares_an_address_with_one_that_changes_is_judged_again_too() {
        let (_folder, registry) = six();
        let mut auditor = Reviewer::default();
        let shared = |review: &Review| {
            let of_rule = |found: &&Found| found.finding().rule.id() == "redir-shared";
            let mut ids: Vec<ClientId> = review
                .findings
                .iter()
                .filter(of_rule)
                .map(|found| found.client.client_id.clone())
                .collect();
            ids.sort();
            ids
        };
        assert_eq!(shared(&review(&mut auditor, &registry)), []);
        let mut draft = registry.client(&client_id(0)).unwrap().unwrap().draft;
        let own = draft.redirect_uris.clone();
        draft.redirect_uris = registry
            .client(&client_id(2))
            .unwrap()
            .unwrap()
            .draft
            .redirect_uris;
        registry
            .update_client(&client_id(0), 1, draft.clone(), None, &act())
            .unwrap();
        assert_eq!(
            shared(&review(&mut auditor, &registry)),
            [client_id(0), client_id(2)]
        );
        draft.redirect_uris = own;
        registry
            .update_client(&client_id(0), 2, draft, None, &act())
            .unwrap();
        assert_eq!(shared(&review(&mut auditor, &registry)), []);
    }
}
