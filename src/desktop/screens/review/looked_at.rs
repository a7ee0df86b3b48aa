//! Which finding is looked at, and what stands beside it.

use crate::client::ClientId;
use crate::desktop::worker::findings::FindingKey;
use crate::desktop::worker::{Beside, Found, Read, Workers};

/// The finding that is looked at.
#[derive(Default)]
pub(super) struct LookedAt {
    key: Option<FindingKey>,
    /// Where it stands in the review that is drawn.
    pub place: Option<usize>,
    /// Where it stands in the list, if it is wanted there.
    pub row: Option<usize>,
    /// What was asked for, once for each finding and each change of the registry.
    asked: Option<(u64, (ClientId, &'static str))>,
    beside: Option<((ClientId, &'static str), Beside)>,
}

impl LookedAt {
    /// Which it is.
    pub fn key(&self) -> Option<&FindingKey> {
        self.key.as_ref()
    }

    /// Looks at a finding.
    pub fn look(&mut self, found: &Found, place: Option<usize>, row: Option<usize>) {
        self.key = Some(FindingKey::of(found));
        (self.place, self.row) = (place, row);
    }

    /// Looks at none any more.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// What stands beside it may have changed.
    pub fn refresh(&mut self) {
        self.asked = None;
    }

    /// Takes in what stands beside it.
    pub fn take(&mut self, number: u64, beside: Beside) {
        if let Some((asked, of)) = &self.asked
            && *asked == number
        {
            self.beside = Some((of.clone(), beside));
        }
    }

    /// What stands beside it, once that is known.
    pub fn beside(&self) -> Option<&Beside> {
        let key = self.key.as_ref()?;
        let (of, beside) = self.beside.as_ref()?;
        (of.0 == key.client_id && of.1 == key.field).then_some(beside)
    }

    /// Asks what stands beside it.
    pub fn ask(&mut self, workers: &mut Workers) {
        let Some(key) = &self.key else { return };
        let wanted = (key.client_id.clone(), key.field);
        if self.asked.as_ref().is_none_or(|(_, asked)| *asked != wanted) {
            let number = workers.send(Read::Beside(wanted.0.clone(), wanted.1));
            self.asked = Some((number, wanted));
        }
    }
}
