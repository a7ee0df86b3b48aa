//! Which clients of the list are selected. Identifiers, names and the versions that were seen are kept, not rows:
//! a selection outlives scrolling, and reaches over rows that never were at hand.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{ClientList, grouped};
use crate::client::ClientId;
use crate::desktop::worker::{ClientAct, EachResult, Read, Seen, Stop, Workers};
use crate::registry::ClientRow;

/// The most clients that are selected at once: so many are acted on, one by one, while somebody waits.
pub const MOST: usize = 1_000;

/// What is to be selected, by the places of rows in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one too, or no longer.
    Toggle(usize),
    /// All from the one that it began with to this one.
    Extend {
        /// To which.
        to: usize,
        /// Whether what was selected stays so.
        add: bool,
    },
    /// All that the list finds.
    All,
}

/// The clients that are selected.
#[derive(Default)]
pub struct Selection {
    chosen: BTreeMap<ClientId, Seen>,
    /// Where a selection with Shift begins.
    anchor: Option<Place>,
    /// The row that was chosen last; the arrow keys go on from it.
    lead: Option<Place>,
    /// The rows that are being looked up, because not all of them are at hand.
    asked: Option<u64>,
    /// Whether more were asked for than may be selected.
    pub cut: bool,
    /// What is being done to them.
    pub under_way: Option<UnderWay>,
    /// What was done to them last.
    pub outcome: Option<EachResult>,
}

/// An act on many clients, on its way.
pub struct UnderWay {
    /// The number of the command.
    pub number: u64,
    /// What is being done.
    pub act: ClientAct,
    /// How many it has come to.
    pub done: usize,
    /// How many there are.
    pub all: usize,
    /// The wish to stop it.
    pub stop: Stop,
}

impl UnderWay {
    /// In words: `Disabling 12 of 300`.
    pub fn told(&self) -> String {
        let (done, all) = (grouped(self.done as u64), grouped(self.all as u64));
        format!("{} {done} of {all}", self.act.doing())
    }

    /// The part that is done, from 0 to 1.
    pub fn share(&self) -> f32 {
        self.done as f32 / self.all.max(1) as f32
    }
}

/// A row: whose it is, and where it stood.
struct Place {
    client_id: Option<ClientId>,
    index: usize,
}

impl Place {
    fn of(list: &ClientList, index: usize) -> Self {
        let client_id = list.row(index).map(|row| row.client_id.clone());
        Self { client_id, index }
    }

    /// Where its client stands now, if it is at hand; else where it stood.
    fn index(&self, list: &ClientList) -> usize {
        let now = self
            .client_id
            .as_ref()
            .and_then(|id| list.position(|row| row.client_id == *id));
        now.unwrap_or(self.index)
    }
}

impl Selection {
    /// Whether more than one is selected. One alone is looked at instead.
    pub fn is_many(&self) -> bool {
        self.chosen.len() > 1
    }

    /// Whether a client is.
    pub fn contains(&self, client_id: &ClientId) -> bool {
        self.chosen.contains_key(client_id)
    }

    /// The clients, by name.
    pub fn by_name(&self) -> Vec<&Seen> {
        let mut clients: Vec<&Seen> = self.chosen.values().collect();
        clients.sort_by_cached_key(|client| (client.name.to_lowercase(), client.client_id.clone()));
        clients
    }

    /// Where the arrow keys go on from, while more than one is selected.
    pub fn lead(&self, list: &ClientList) -> Option<usize> {
        let lead = self.lead.as_ref().filter(|_| self.is_many());
        lead.map(|lead| lead.index(list))
    }

    /// The one that is left, where only one is.
    pub fn single(&self) -> Option<ClientId> {
        let first = self.chosen.keys().next();
        first.filter(|_| self.chosen.len() == 1).cloned()
    }

    /// Selects nothing any more.
    pub fn clear(&mut self) {
        // What is under way is still to be told.
        let under_way = self.under_way.take();
        *self = Self::default();
        self.under_way = under_way;
    }

    /// Selects. The client that is looked at counts as selected. Returns whether it is done: not yet, where rows have
    /// to be looked up.
    pub fn choose(
        &mut self,
        choice: Choice,
        list: &ClientList,
        looked_at: Option<&ClientId>,
        workers: &mut Workers,
    ) -> bool {
        if !self.is_many() {
            self.clear();
            self.begin_with(list, looked_at);
        }
        (self.outcome, self.cut, self.asked) = (None, false, None);
        match choice {
            Choice::Toggle(index) => {
                self.toggle(list, index);
                true
            }
            Choice::Extend { to, add } => {
                let anchor = self.anchor.get_or_insert_with(|| Place::of(list, to)).index(list);
                self.lead = Some(Place::of(list, to));
                if !add {
                    self.chosen.clear();
                }
                let rows = self.reach(anchor, to);
                self.choose_rows(rows, list, workers)
            }
            Choice::All => {
                self.chosen.clear();
                self.cut = list.rows() > MOST;
                self.choose_rows(0..list.rows().min(MOST), list, workers)
            }
        }
    }

    fn begin_with(&mut self, list: &ClientList, looked_at: Option<&ClientId>) {
        let index = looked_at.and_then(|id| list.position(|row| row.client_id == *id));
        if let Some((index, row)) = index.and_then(|index| Some((index, list.row(index)?))) {
            self.insert(row);
            self.anchor = Some(Place::of(list, index));
        }
    }

    fn toggle(&mut self, list: &ClientList, index: usize) {
        let Some(row) = list.row(index) else { return };
        if self.chosen.remove(&row.client_id).is_none() {
            self.insert(row);
        }
        self.anchor = Some(Place::of(list, index));
        self.lead = Some(Place::of(list, index));
    }

    /// The rows between two, both among them; no more than may be selected, counted from the first.
    fn reach(&mut self, anchor: usize, to: usize) -> Range<usize> {
        let rows = anchor.min(to)..anchor.max(to) + 1;
        self.cut = rows.len() > MOST;
        match (self.cut, anchor < to) {
            (false, _) => rows,
            (true, true) => anchor..anchor + MOST,
            (true, false) => anchor + 1 - MOST..anchor + 1,
        }
    }

    fn choose_rows(&mut self, rows: Range<usize>, list: &ClientList, workers: &mut Workers) -> bool {
        let at_hand: Option<Vec<&ClientRow>> = rows.clone().map(|index| list.row(index)).collect();
        match at_hand {
            Some(rows) => {
                for row in rows {
                    self.insert(row);
                }
                true
            }
            None => {
                self.asked = Some(workers.send(Read::Range(list.query_for_range(rows))));
                false
            }
        }
    }

    /// Takes in the rows that were looked up. Returns whether they had been asked for.
    pub fn take_range(&mut self, number: u64, rows: &[ClientRow]) -> bool {
        let asked = self.asked.take_if(|asked| *asked == number).is_some();
        if asked {
            for row in rows {
                self.insert(row);
            }
        }
        asked
    }

    fn insert(&mut self, row: &ClientRow) {
        self.insert_seen(row.into());
    }

    /// Takes one more in, if there is room.
    pub(super) fn insert_seen(&mut self, client: Seen) {
        if self.chosen.len() < MOST || self.chosen.contains_key(&client.client_id) {
            self.chosen.insert(client.client_id.clone(), client);
        } else {
            self.cut = true;
        }
    }

    /// Takes in how far the act is.
    pub fn take_progress(&mut self, number: u64, done: usize) {
        if let Some(under_way) = self.under_way.as_mut().filter(|act| act.number == number) {
            under_way.done = done;
        }
    }

    /// Has what is under way go no further.
    pub fn stop(&self) {
        if let Some(under_way) = &self.under_way {
            under_way.stop.ask();
        }
    }

    /// What was done to the clients is seen on them: their new versions, and that some are gone. Those that somebody
    /// else changed are now seen as they are.
    pub fn take_outcome(&mut self, number: u64, result: EachResult) {
        if self
            .under_way
            .take_if(|under_way| under_way.number == number)
            .is_none()
        {
            return;
        }
        let deleted = if result.act == ClientAct::Delete {
            result.done.as_slice()
        } else {
            for client in &result.done {
                self.bring_up_to_date(client);
            }
            &[]
        };
        for client in deleted.iter().chain(&result.gone) {
            self.chosen.remove(&client.client_id);
        }
        for client in &result.changed {
            self.bring_up_to_date(client);
        }
        self.outcome = Some(result);
    }

    fn bring_up_to_date(&mut self, client: &Seen) {
        if let Some(seen) = self.chosen.get_mut(&client.client_id) {
            *seen = client.clone();
        }
    }
}
