//! The list of findings as somebody wants to see it: filtered, sorted and grouped. It is made on a worker, since there may be
//! hundreds of thousands, and drawn from places in the review, without a copy of any finding.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Found, Review};
use crate::audit::{AuditRule, FindingFilter, Judged};
pub use crate::audit::{FindingSort, Grouping};
use crate::client::{ClientId, Severity};
use crate::desktop::screens::clients::grouped;

/// How a list of findings is to be.
#[derive(Clone, Debug)]
pub struct FindingsQuery {
    /// What was found.
    pub review: Arc<Review>,
    /// Which of it.
    pub filter: FindingFilter,
    /// Put together by what.
    pub grouping: Grouping,
    /// In which order.
    pub sort: FindingSort,
    /// The other way round.
    pub descending: bool,
    /// The groups that stand open.
    pub open: Vec<GroupKey>,
    /// The finding that is looked at.
    pub looked_at: Option<FindingKey>,
    /// What time it is.
    pub now: Timestamp,
}

/// What all findings of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupKey {
    /// The client.
    Client(ClientId),
    /// The rule.
    Rule(AuditRule),
}

/// Tells a finding from all others, whatever was decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingKey {
    /// The client.
    pub client_id: ClientId,
    /// The rule.
    pub rule: AuditRule,
    /// The field concerned.
    pub field: &'static str,
    /// The value concerned.
    pub value: Option<String>,
}

impl FindingKey {
    /// That of a finding.
    pub fn of(found: &Found) -> Self {
        let finding = found.finding();
        Self {
            client_id: found.client.client_id.clone(),
            rule: finding.rule,
            field: finding.field,
            value: finding.value.clone(),
        }
    }

    fn is_of(&self, found: &Found) -> bool {
        let finding = found.finding();
        finding.rule == self.rule
            && finding.field == self.field
            && finding.value == self.value
            && found.client.client_id == self.client_id
    }
}

/// Findings that stand together in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Where its first one stands among the rows.
    pub first: usize,
    /// How many there are.
    pub len: usize,
    /// How many are open of each severity, from [`Severity::Info`] on.
    pub open: [usize; 5],
    /// How many are accepted.
    pub accepted: usize,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub struct FindingsView {
    /// The findings, by their places in the review.
    pub rows: Vec<u32>,
    /// The groups of them, where they are put together.
    pub groups: Vec<Group>,
    /// The groups that stand open, by their places.
    pub open: BTreeSet<usize>,
    /// Where the finding that is looked at stands in the review, if it is still there.
    pub found_at: Option<usize>,
    /// Where it stands among the rows, if it is wanted.
    pub row_at: Option<usize>,
}

impl Group {
    /// How many are open, whatever their severity.
    pub fn open_count(&self) -> usize {
        self.open.iter().sum()
    }

    /// How many there are of each kind, in words: `1 critical, 2 high, 1 accepted`.
    pub fn told(&self) -> String {
        let accepted = Some(self.accepted).filter(|count| *count > 0);
        let accepted = accepted.map(|count| format!("{} accepted", grouped(count as u64)));
        let open = Some(counts_text(&self.open)).filter(|open| !open.is_empty());
        let parts: Vec<String> = open.into_iter().chain(accepted).collect();
        parts.join(", ")
    }
}

impl FindingsQuery {
    /// Makes the list.
    pub fn view(&self) -> FindingsView {
        let findings = &self.review.findings;
        let mut rows: Vec<u32> = Vec::new();
        let mut found_at = None;
        for (place, found) in (0_u32..).zip(findings) {
            if found_at.is_none()
                && let Some(key) = &self.looked_at
                && key.is_of(found)
            {
                found_at = Some(place);
            }
            if self.filter.fits(&found.client, found.dated(), self.now) {
                rows.push(place);
            }
        }
        let ranks = self.ranks(&rows);
        self.sort(&mut rows, &ranks);
        let groups = self.group(&mut rows, &ranks);
        let is_open = |group: &Group| self.key(&rows, group).is_some_and(|key| self.open.contains(&key));
        let open = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| !self.open.is_empty() && is_open(group));
        let open = open.map(|(place, _)| place).collect();
        let row_at = found_at.and_then(|place| rows.iter().position(|row| *row == place));
        FindingsView {
            rows,
            groups,
            open,
            found_at: found_at.map(|place| place as usize),
            row_at,
        }
    }

    /// The place of each client in the order of names, where that is asked for. Names are compared once a client, and not
    /// once a finding.
    fn ranks(&self, rows: &[u32]) -> HashMap<*const Judged, usize> {
        if self.sort != FindingSort::Client && self.grouping != Grouping::Client {
            return HashMap::new();
        }
        let clients: HashMap<*const Judged, &Arc<Judged>> = rows
            .iter()
            .filter_map(|row| self.found(*row))
            .map(|found| (Arc::as_ptr(&found.client), &found.client))
            .collect();
        let mut named: Vec<(*const Judged, &Arc<Judged>)> = clients.into_iter().collect();
        named.sort_by_cached_key(|(_, client)| (client.name.to_lowercase(), client.client_id.clone()));
        named
            .into_iter()
            .enumerate()
            .map(|(rank, (client, _))| (client, rank))
            .collect()
    }

    fn found(&self, row: u32) -> Option<&Found> {
        self.review.findings.get(row as usize)
    }

    /// Sorts by what is asked for; among equals the order of the review stays: the worst first.
    fn sort(&self, rows: &mut [u32], ranks: &HashMap<*const Judged, usize>) {
        let by = |key: &dyn Fn(&Found, &Found) -> Ordering, rows: &mut [u32]| {
            rows.sort_by(|one, other| {
                let (Some(one), Some(other)) = (self.found(*one), self.found(*other)) else {
                    return Ordering::Equal;
                };
                let order = key(one, other);
                if self.descending { order.reverse() } else { order }
            });
        };
        let rank = |row: &u32| {
            let found = self.found(*row);
            found.and_then(|found| ranks.get(&Arc::as_ptr(&found.client)).copied())
        };
        match self.sort {
            // It is the order of the review; groups are sorted where they are made.
            FindingSort::Severity if self.descending => {}
            FindingSort::Open => {}
            FindingSort::Severity => by(
                &|one, other| one.finding().severity.cmp(&other.finding().severity),
                rows,
            ),
            FindingSort::Client if self.descending => rows.sort_by_cached_key(|row| Reverse(rank(row))),
            FindingSort::Client => rows.sort_by_cached_key(rank),
            FindingSort::Finding => by(
                &|one, other| one.finding().rule.title().cmp(other.finding().rule.title()),
                rows,
            ),
            FindingSort::Field => by(&|one, other| one.finding().field.cmp(other.finding().field), rows),
            FindingSort::Since => by(&|one, other| one.dated().since.cmp(&other.dated().since), rows),
        }
    }

    /// Puts the rows of a group beside each other, the worst group first. Within a group they stay in their order.
    fn group(&self, rows: &mut [u32], ranks: &HashMap<*const Judged, usize>) -> Vec<Group> {
        if self.grouping == Grouping::Finding {
            return Vec::new();
        }
        let number = |row: u32| {
            let found = self.found(row);
            found.map_or(0, |found| match self.grouping {
                Grouping::Client => ranks.get(&Arc::as_ptr(&found.client)).copied().unwrap_or(0),
                _ => rule_number(found.finding().rule),
            })
        };
        let mut counts: HashMap<usize, ([usize; 5], usize)> = HashMap::new();
        for row in rows.iter() {
            let (open, accepted) = counts.entry(number(*row)).or_default();
            let Some(found) = self.found(*row) else { continue };
            let finding = found.finding();
            if !finding.is_open() {
                *accepted += 1;
            } else if let Some(count) = open.get_mut(finding.severity as usize) {
                *count += 1;
            }
        }
        // The worst open severity counts first, then how often it occurs, then the next one.
        let mut order: Vec<(usize, ([usize; 5], usize))> = counts.into_iter().collect();
        order.sort_by_key(|(number, (open, _))| {
            let mut worst_first = *open;
            worst_first.reverse();
            (Reverse(worst_first), *number)
        });
        if self.sort == FindingSort::Open {
            let open = |(_, (open, _)): &(usize, ([usize; 5], usize))| open.iter().sum::<usize>();
            match self.descending {
                true => order.sort_by_key(|group| Reverse(open(group))),
                false => order.sort_by_key(open),
            }
        }
        let places: HashMap<usize, usize> = order
            .iter()
            .enumerate()
            .map(|(place, (number, _))| (*number, place))
            .collect();
        rows.sort_by_cached_key(|row| places.get(&number(*row)).copied().unwrap_or(usize::MAX));
        let mut first = 0;
        let groups = order.into_iter().map(|(_, (open, accepted))| {
            let len = open.iter().sum::<usize>() + accepted;
            let group = Group {
                first,
                len,
                open,
                accepted,
            };
            first += len;
            group
        });
        groups.collect()
    }

    /// What the findings of a group have in common.
    fn key(&self, rows: &[u32], group: &Group) -> Option<GroupKey> {
        let found = self.found(*rows.get(group.first)?)?;
        group_key(found, self.grouping)
    }
}

/// The group that a finding belongs to.
pub fn group_key(found: &Found, grouping: Grouping) -> Option<GroupKey> {
    match grouping {
        Grouping::Finding => None,
        Grouping::Client => Some(GroupKey::Client(found.client.client_id.clone())),
        Grouping::Rule => Some(GroupKey::Rule(found.finding().rule)),
    }
}

/// The place of a rule in the table.
fn rule_number(rule: AuditRule) -> usize {
    match rule {
        AuditRule::Draft(rule) => rule as usize,
        AuditRule::Facts(rule) => crate::client::Rule::ALL.len() + rule as usize,
    }
}

/// Whom somebody tells about clients of which something was found, by a text in the contact; at most so many, by name.
pub fn owners(review: &Review, text: &str, most: usize) -> Vec<String> {
    let text = text.trim().to_lowercase();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for found in &review.findings {
        seen.extend(found.client.contacts.iter().map(String::as_str));
    }
    let fits = |owner: &&str| text.is_empty() || owner.to_lowercase().contains(&text);
    seen.into_iter()
        .filter(fits)
        .take(most)
        .map(str::to_owned)
        .collect()
}

/// How many findings there are of each severity, in words: `1 critical, 2 high`.
pub fn counts_text(counts: &[usize; 5]) -> String {
    let severities = Severity::ALL.iter().rev();
    let told: Vec<String> = severities
        .filter_map(|severity| {
            let count = counts
                .get(*severity as usize)
                .copied()
                .filter(|count| *count > 0)?;
            Some(format!("{} {severity}", grouped(count as u64)))
        })
        .collect();
    told.join(", ")
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
