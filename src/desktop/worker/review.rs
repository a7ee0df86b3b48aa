//! The audit of every client. What was judged before is judged again only where something has changed since.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::Opening;
use super::sign_offs::KeptSignOffs;
use crate::audit::{AuditFinding, AuditRule, Dated, FactRule, Judged, Ledger, Settings, SignOffs};
use crate::client::{ClientId, Severity};
use crate::registry::{AuditRecord, Changes, FindingCount, Mark, Place, Registry, RegistryError};

/// Clients that are read at once.
const PAGE: u32 = 500;

/// After so long everything is judged again, although nothing changed: some rules ask for the time.
pub const WHOLE: SignedDuration = SignedDuration::from_hours(1);

/// What the rules say.
#[derive(Debug, Default)]
pub struct Review {
    /// The findings, the worst first; mere remarks are among them.
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
    /// What nobody uses, the worst first: clients, and scopes of clients that are in use.
    pub unused: Vec<Found>,
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
                if is_unused(finding.rule) {
                    review.unused.push(found.clone());
                }
                review.findings.push(found);
            }
        }
        review.rules = AuditRule::all().filter(|rule| broken.contains(rule)).collect();
        review
            .findings
            .sort_by_key(|found| std::cmp::Reverse(found.finding().severity));
        review
    }

    /// How many are open of those that are worth a look: mere remarks do not count.
    pub fn open_findings(&self) -> usize {
        self.open.iter().skip(Severity::Low as usize).sum()
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

/// Judges clients, and remembers what was found.
#[derive(Default)]
pub(super) struct Auditor {
    sign_offs: KeptSignOffs,
    known: Option<(Ledger, Mark)>,
    troubles: Vec<String>,
    /// When everything was judged last.
    whole_at: Option<Timestamp>,
    /// The last two reviews: that the thread that draws lets one go must not be what frees it, which takes long.
    told: [Arc<Review>; 2],
}

impl Auditor {
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
        registry.in_one_state(|registry| self.bring_up_to_date(registry, whole, now))?;
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
        // The mark is read first: what happens while the clients are read is then judged once more.
        let mark = registry.audit_mark()?;
        let decided = self.sign_offs.look(registry, now);
        let sign_offs = self.sign_offs.read.clone();
        let is_recent = self.whole_at.is_some_and(|at| {
            let passed = now.duration_since(at);
            !passed.is_negative() && passed < WHOLE && day(at) == day(now)
        });
        let changes = match &self.known {
            Some((_, known)) if is_recent && !whole => registry.changes_since(*known)?,
            _ => Changes::Everything,
        };
        match (&mut self.known, changes) {
            (Some((ledger, known)), Changes::Clients(mut changed)) => {
                changed.extend(decided);
                changed.sort();
                changed.dedup();
                judge_changed(registry, &sign_offs, ledger, changed, now)?;
                *known = mark;
            }
            _ => {
                let (settings, troubles) = registry.audit_settings()?;
                let mut ledger = Ledger::new(settings);
                judge_all(registry, &sign_offs, &mut ledger, now)?;
                self.troubles = troubles;
                self.known = Some((ledger, mark));
                self.whole_at = Some(now);
            }
        }
        Ok(())
    }

    /// Everything that is known, the worst first.
    fn tell(&self) -> Review {
        let ledger = self.known.iter().map(|(ledger, _)| ledger);
        Review {
            troubles: [&self.troubles[..], &self.sign_offs.troubles].concat(),
            ..Review::of(ledger.flat_map(Ledger::judged))
        }
    }
}

/// The day of a time, in UTC, as days are counted.
pub fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(24 * 60 * 60)
}

/// Whether it is about what nobody uses.
const fn is_unused(rule: AuditRule) -> bool {
    matches!(
        rule,
        AuditRule::Facts(FactRule::ClientUnused | FactRule::DcrOrphan | FactRule::ScopeUnused)
    )
}

/// Judges every client.
fn judge_all(
    registry: &Registry,
    sign_offs: &SignOffs,
    ledger: &mut Ledger,
    now: Timestamp,
) -> Result<(), RegistryError> {
    for user in registry.users()? {
        ledger.meet_user(user.name.as_str());
    }
    each_record(registry, |record| {
        ledger.meet(&record.client_id, &record.draft);
        Ok(())
    })?;
    each_record(registry, |record| {
        record.add(sign_offs);
        judge_one(registry, ledger, record, now)
    })
}

/// Judges again those that changed, and those that are judged beside them.
fn judge_changed(
    registry: &Registry,
    sign_offs: &SignOffs,
    ledger: &mut Ledger,
    changed: Vec<ClientId>,
    now: Timestamp,
) -> Result<(), RegistryError> {
    let mut records = Vec::with_capacity(changed.len());
    let mut beside = Vec::new();
    for client_id in changed {
        match registry.audit_record(&client_id)? {
            Some(record) => {
                beside.extend(ledger.meet(&client_id, &record.draft));
                records.push(record);
            }
            None => beside.extend(ledger.forget(&client_id)),
        }
    }
    for client_id in beside {
        if records.iter().all(|record| record.client_id != client_id) {
            records.extend(registry.audit_record(&client_id)?);
        }
    }
    records.iter_mut().try_for_each(|record| {
        record.add(sign_offs);
        judge_one(registry, ledger, record, now)
    })
}

fn judge_one(
    registry: &Registry,
    ledger: &mut Ledger,
    record: &AuditRecord,
    now: Timestamp,
) -> Result<(), RegistryError> {
    let mut trouble = None;
    ledger.judge(&record.facts(), now, |finding| {
        since(registry, record, finding).unwrap_or_else(|error| {
            trouble = Some(error);
            record.created_at
        })
    });
    trouble.map_or(Ok(()), Err)
}

/// Since when the field of a finding is as it is.
fn since(
    registry: &Registry,
    record: &AuditRecord,
    finding: &AuditFinding,
) -> Result<Timestamp, RegistryError> {
    match finding.field {
        "last_used_at" => Ok(record.last_used_at.unwrap_or(record.created_at)),
        // A first version has never changed, which spares asking.
        field if record.version > 1 || field == "secrets" => {
            registry.field_changed_at(&record.client_id, record.created_at, field)
        }
        _ => Ok(record.created_at),
    }
}

fn each_record(
    registry: &Registry,
    mut visit: impl FnMut(&mut AuditRecord) -> Result<(), RegistryError>,
) -> Result<(), RegistryError> {
    let mut place = Place::default();
    loop {
        let (mut records, next) = registry.audit_records(place, PAGE)?;
        records.iter_mut().try_for_each(&mut visit)?;
        if records.len() < PAGE as usize {
            return Ok(());
        }
        place = next;
    }
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

    fn review(auditor: &mut Auditor, registry: &Registry) -> Arc<Review> {
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
        let review = review(&mut Auditor::default(), &registry);
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
        let mut auditor = Auditor::default();
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
        let mut auditor = Auditor::default();
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
        let mut auditor = Auditor::default();
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
        let mut auditor = Auditor::default();
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
