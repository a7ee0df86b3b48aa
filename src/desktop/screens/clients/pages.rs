//! The rows of the list that are at hand. A hundred thousand clients never are: a page is asked for when it comes
//! into view, by the key of the nearest row before it.

use std::collections::HashMap;
use std::ops::Range;

use crate::desktop::worker::{Read, Workers};
use crate::registry::{ClientRow, Count, ListQuery};

/// Rows a page.
pub const PAGE: usize = 100;

/// The list as far as it is known.
pub struct ClientList {
    query: ListQuery,
    /// Raised whenever the rows may have changed; a page of an older epoch is shown until its successor comes.
    epoch: u64,
    pages: HashMap<usize, Page>,
    asked: HashMap<u64, (u64, usize)>,
    count_asked: Option<u64>,
    /// Whether the pages at hand answer an older question, and go when the first answer to the new one comes.
    outdated: bool,
    /// Rows that the query finds.
    pub found: Option<Count>,
    /// Clients in the registry.
    pub all: Option<Count>,
    /// A row that the keyboard went to before its page came.
    pub gone_to: Option<usize>,
}

struct Page {
    epoch: u64,
    rows: Vec<ClientRow>,
}

impl Default for ClientList {
    fn default() -> Self {
        Self {
            query: ListQuery {
                limit: PAGE as u32,
                ..ListQuery::default()
            },
            epoch: 1,
            pages: HashMap::new(),
            asked: HashMap::new(),
            count_asked: None,
            outdated: false,
            found: None,
            all: None,
            gone_to: None,
        }
    }
}

impl ClientList {
    /// What is asked for.
    pub fn query(&self) -> &ListQuery {
        &self.query
    }

    /// What narrows the list, whatever its order.
    pub fn found_by(&self) -> ListQuery {
        ListQuery {
            text: self.query.text.clone(),
            status: self.query.status,
            client_type: self.query.client_type,
            grant: self.query.grant,
            dynamic: self.query.dynamic,
            ..ListQuery::default()
        }
    }

    /// The question for some rows, wherever they stand.
    pub fn query_for_range(&self, rows: Range<usize>) -> ListQuery {
        let as_stored = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        ListQuery {
            skip: as_stored(rows.start),
            limit: as_stored(rows.len()),
            ..self.query.clone()
        }
    }

    /// Asks for something else. The rows at hand stay until the first new ones come.
    pub fn set_query(&mut self, change: impl FnOnce(&mut ListQuery)) {
        let before = self.query.clone();
        change(&mut self.query);
        if self.query != before {
            self.outdated = true;
            self.refresh();
        }
    }

    /// Has everything in view looked up again, because the registry changed.
    pub fn refresh(&mut self) {
        self.epoch += 1;
        self.count_asked = None;
    }

    /// How many rows to make room for: the count once it is known, before that what is at hand and one page more.
    pub fn rows(&self) -> usize {
        let last = self.pages.iter().max_by_key(|(page, _)| **page);
        let at_hand = last.map_or(0, |(page, content)| page * PAGE + content.rows.len());
        let whole = last.is_some_and(|(_, content)| content.rows.len() == PAGE);
        match self.found {
            Some(Count::Exact(count)) if !self.outdated => usize::try_from(count).unwrap_or(usize::MAX),
            _ => at_hand + if whole { PAGE } else { 0 },
        }
    }

    /// The row at an index, if it is at hand.
    pub fn row(&self, index: usize) -> Option<&ClientRow> {
        self.pages.get(&(index / PAGE))?.rows.get(index % PAGE)
    }

    /// Where a client stands, if it is at hand.
    pub fn position(&self, is_it: impl Fn(&ClientRow) -> bool) -> Option<usize> {
        self.pages
            .iter()
            .find_map(|(page, content)| Some(page * PAGE + content.rows.iter().position(&is_it)?))
    }

    /// Asks for the pages that hold these rows, and for the count, unless they are at hand or asked for already.
    pub fn want(&mut self, rows: Range<usize>, workers: &mut Workers) {
        for page in rows.start / PAGE..=rows.end.saturating_sub(1).max(rows.start) / PAGE {
            let fresh = self
                .pages
                .get(&page)
                .is_some_and(|content| content.epoch == self.epoch);
            let asked = self.asked.values().any(|asked| *asked == (self.epoch, page));
            if !fresh && !asked {
                let number = workers.send(Read::Page {
                    page,
                    query: self.query_for(page),
                });
                self.asked.insert(number, (self.epoch, page));
            }
        }
        self.want_count(workers);
    }

    /// Asks how many there are, unless that is known or asked for already: it is told beside the screen's name too.
    pub fn want_count(&mut self, workers: &mut Workers) {
        if self.count_asked.is_none() {
            self.count_asked = Some(workers.send(Read::Count(self.query.clone())));
        }
    }

    /// The question for one page: from the nearest page before it that is at hand and fresh.
    fn query_for(&self, page: usize) -> ListQuery {
        let mut query = self.query.clone();
        let fresh = self
            .pages
            .iter()
            .filter(|(at, content)| **at < page && content.epoch == self.epoch);
        let nearest = fresh
            .filter(|(_, content)| content.rows.len() == PAGE)
            .max_by_key(|(at, _)| **at);
        let first_row = match nearest.and_then(|(at, content)| Some((at, content.rows.last()?))) {
            Some((at, last)) => {
                query.after = Some(last.cursor(query.sort));
                page - at - 1
            }
            None => page,
        };
        query.skip = u32::try_from(first_row * PAGE).unwrap_or(u32::MAX);
        query
    }

    /// Takes a page in, unless it answers a question that is no longer asked.
    pub fn take_page(&mut self, number: u64, page: usize, rows: Vec<ClientRow>) {
        let Some((epoch, _)) = self.asked.remove(&number) else {
            return;
        };
        if epoch != self.epoch {
            return;
        }
        if self.outdated {
            self.outdated = false;
            self.pages.clear();
            self.found = None;
        }
        self.pages.insert(page, Page { epoch, rows });
    }

    /// Takes the counts in.
    pub fn take_count(&mut self, number: u64, found: Count, all: Count) {
        if self.count_asked == Some(number) {
            self.found = Some(found);
            self.all = Some(all);
        }
    }
}
