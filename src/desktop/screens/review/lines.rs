//! The lines of the list: findings, or groups with their findings below them while they stand open. Nothing is copied; of a
//! line only its place is known until it is drawn.

use std::sync::Arc;

use crate::desktop::worker::findings::{Group, GroupKey, Grouping, group_key};
use crate::desktop::worker::{FindingsView, Found, Review};

/// The list that is drawn, and what it was made of.
#[derive(Default)]
pub(super) struct Lines {
    review: Arc<Review>,
    grouping: Grouping,
    view: FindingsView,
    /// How many lines there are.
    count: usize,
}

/// A line, by the place of its group or of its finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A group.
    Group(usize),
    /// A finding.
    Finding(usize),
}

impl Lines {
    /// The lines of a list.
    pub fn new(review: Arc<Review>, grouping: Grouping, view: FindingsView) -> Self {
        let mut lines = Self {
            review,
            grouping,
            view,
            count: 0,
        };
        lines.recount();
        lines
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many findings the list has, those in closed groups among them.
    pub fn findings(&self) -> usize {
        self.view.rows.len()
    }

    /// The review that the list was made of.
    pub fn review(&self) -> &Arc<Review> {
        &self.review
    }

    /// What stands in a line.
    pub fn line(&self, index: usize) -> Option<Line> {
        if index >= self.count {
            return None;
        }
        if self.view.groups.is_empty() {
            return Some(Line::Finding(index));
        }
        let mut before = 0;
        for place in &self.view.open {
            let group = self.view.groups.get(*place)?;
            let at = place + before;
            if index <= at {
                break;
            }
            if index <= at + group.len {
                return Some(Line::Finding(group.first + index - at - 1));
            }
            before += group.len;
        }
        Some(Line::Group(index - before))
    }

    /// Where a line stands; none where its group is closed.
    pub fn index(&self, line: Line) -> Option<usize> {
        if self.view.groups.is_empty() {
            return match line {
                Line::Finding(row) => (row < self.count).then_some(row),
                Line::Group(_) => None,
            };
        }
        let open_before = |place: usize| -> usize {
            let open = self.view.open.range(..place);
            open.filter_map(|place| self.view.groups.get(*place))
                .map(|group| group.len)
                .sum()
        };
        match line {
            Line::Group(place) => Some(place + open_before(place)),
            Line::Finding(row) => {
                let place = self.group_of(row)?;
                let group = self.view.groups.get(place)?;
                let is_open = self.view.open.contains(&place);
                is_open.then(|| place + open_before(place) + 1 + row - group.first)
            }
        }
    }

    /// A finding, by its place in the list.
    pub fn found(&self, row: usize) -> Option<&Found> {
        self.at(*self.view.rows.get(row)? as usize)
    }

    /// A finding, by its place in the review.
    pub fn at(&self, place: usize) -> Option<&Found> {
        self.review.findings.get(place)
    }

    /// The place in the review of a finding of the list.
    pub fn place(&self, row: usize) -> Option<usize> {
        self.view.rows.get(row).map(|place| *place as usize)
    }

    /// A group, and its first finding, which says what all have in common.
    pub fn group(&self, place: usize) -> Option<(&Group, &Found)> {
        let group = self.view.groups.get(place)?;
        Some((group, self.found(group.first)?))
    }

    /// What tells a group from others, wherever it stands.
    pub fn key(&self, place: usize) -> Option<GroupKey> {
        let (_, found) = self.group(place)?;
        group_key(found, self.grouping)
    }

    /// Where a group stands.
    pub fn place_of(&self, key: &GroupKey) -> Option<usize> {
        (0..self.view.groups.len()).find(|place| self.key(*place).as_ref() == Some(key))
    }

    /// What a group has in common, in a few words: the name of a client, or the title of a rule.
    pub fn group_name(&self, place: usize) -> Option<String> {
        let (_, found) = self.group(place)?;
        Some(match self.grouping {
            Grouping::Client => found.client.name.clone(),
            Grouping::Rule | Grouping::Finding => found.finding().rule.title().to_owned(),
        })
    }

    /// The findings of a group that are open.
    pub fn open_of(&self, place: usize) -> impl Iterator<Item = &Found> {
        let group = self.view.groups.get(place);
        let rows = group.map_or(0..0, |group| group.first..group.first + group.len);
        rows.filter_map(|row| self.found(row))
            .filter(|found| found.finding().is_open())
    }

    /// By what the findings are put together.
    pub fn grouping(&self) -> Grouping {
        self.grouping
    }

    /// Whether a group stands open.
    pub fn is_open(&self, place: usize) -> bool {
        self.view.open.contains(&place)
    }

    /// Opens a group, or closes it.
    pub fn toggle(&mut self, place: usize) {
        if !self.view.open.remove(&place) {
            self.view.open.insert(place);
        }
        self.recount();
    }

    /// Opens the group of a finding.
    pub fn open_for(&mut self, row: usize) {
        if let Some(place) = self.group_of(row) {
            self.view.open.insert(place);
            self.recount();
        }
    }

    /// What the groups that stand open have in common.
    pub fn open_keys(&self) -> Vec<GroupKey> {
        let open = self.view.open.iter();
        open.filter_map(|place| self.key(*place)).collect()
    }

    /// The group of a finding, by the finding's place in the list; none where nothing is put together.
    pub fn group_of(&self, row: usize) -> Option<usize> {
        let behind = self.view.groups.partition_point(|group| group.first <= row);
        behind.checked_sub(1)
    }

    fn recount(&mut self) {
        let open = self
            .view
            .open
            .iter()
            .filter_map(|place| self.view.groups.get(*place));
        let within: usize = open.map(|group| group.len).sum();
        self.count = match self.view.groups.len() {
            0 => self.view.rows.len(),
            groups => groups + within,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(open: &[usize]) -> Lines {
        let group = |first, len| Group {
            first,
            len,
            open: [0; 5],
            accepted: 0,
        };
        let view = FindingsView {
            rows: (0..6).collect(),
            groups: vec![group(0, 1), group(1, 3), group(4, 2)],
            open: open.iter().copied().collect(),
            ..FindingsView::default()
        };
        Lines::new(Arc::default(), Grouping::Rule, view)
    }

    #[test]
    fn the_findings_of_an_open_group_stand_below_it() {
        use Line::{Finding as F, Group as G};
        for (open, expected) in [
            (vec![], vec![G(0), G(1), G(2)]),
            (vec![1], vec![G(0), G(1), F(1), F(2), F(3), G(2)]),
            (vec![0, 2], vec![G(0), F(0), G(1), G(2), F(4), F(5)]),
        ] {
            let lines = lines(&open);
            let all: Vec<Line> = (0..lines.count()).filter_map(|index| lines.line(index)).collect();
            assert_eq!(all, expected, "{open:?}");
            for (index, line) in all.into_iter().enumerate() {
                assert_eq!(lines.index(line), Some(index), "{line:?}");
            }
            assert_eq!(lines.line(lines.count()), None);
        }
        assert_eq!(lines(&[]).index(F(2)), None, "its group is closed");
    }

    #[test]
    fn a_group_opens_and_closes_and_opens_for_a_finding_in_it() {
        let mut lines = lines(&[]);
        lines.toggle(1);
        assert_eq!(lines.count(), 6);
        lines.toggle(1);
        assert_eq!(lines.count(), 3);
        lines.open_for(5);
        assert!(lines.is_open(2));
        assert_eq!(lines.index(Line::Finding(5)), Some(4));
    }
}
