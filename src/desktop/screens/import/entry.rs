//! The clients of a file as the list shows them, and those that are picked.

use std::collections::HashSet;

use crate::client::ClientId;
use crate::desktop::screens::moving::{List, Sort};
use crate::desktop::style::Tone;
use crate::desktop::table::Tick;
use crate::desktop::worker::Line;
use crate::transfer::Came;

impl Sort for Came {
    const SORTS: &'static [Self] = Self::ALL;

    fn label(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Changed => "Changed",
            Self::Same => "Same",
            Self::Held => "Held",
            Self::Refused => "Refused",
            Self::LeftOut => "Left out",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::New => Tone::Good,
            Self::Changed | Self::Held => Tone::Warning,
            Self::Refused => Tone::Danger,
            Self::Same | Self::LeftOut => Tone::Neutral,
        }
    }
}

/// Whether a client can be taken over. One that is there already only where those may change.
pub fn can_pick(line: &Line<Came>, update: bool) -> bool {
    match line.sort {
        Came::New | Came::Held => true,
        Came::Changed => update,
        Came::Same | Came::Refused | Came::LeftOut => false,
    }
}

/// The clients of a file that are to be taken over.
pub struct Picks(Vec<bool>);

impl Picks {
    /// All that can be.
    pub fn all(list: &List<Came>, update: bool) -> Self {
        Self(list.rows().iter().map(|line| can_pick(line, update)).collect())
    }

    /// Picks all that can be, among those that are shown; or none of them.
    pub fn pick_shown(&mut self, list: &List<Came>, wanted: bool, update: bool) {
        for place in list.shown() {
            if let (Some(picked), Some(line)) = (self.0.get_mut(*place), list.rows().get(*place)) {
                *picked = wanted && can_pick(line, update);
            }
        }
    }

    /// Picks every one that is there already, or none of them.
    pub fn pick_changed(&mut self, list: &List<Came>, wanted: bool) {
        for (picked, line) in self.0.iter_mut().zip(list.rows()) {
            if line.sort == Came::Changed {
                *picked = wanted;
            }
        }
    }

    /// Whether that of a place is picked.
    pub fn of(&mut self, place: usize) -> Option<&mut bool> {
        self.0.get_mut(place)
    }

    /// The box before one of a place, where it can be picked at all.
    pub fn tick(&self, place: usize, line: &Line<Came>, update: bool) -> Option<Tick> {
        can_pick(line, true).then(|| Tick {
            name: format!("Import {}", line.called()),
            is_on: self.0.get(place).copied().unwrap_or_default(),
            is_free: can_pick(line, update),
        })
    }

    /// How many are picked.
    pub fn count(&self) -> u64 {
        self.0.iter().filter(|picked| **picked).count() as u64
    }

    /// The identifiers of those that are picked.
    pub fn identifiers(&self, list: &List<Came>) -> HashSet<ClientId> {
        let picked = list.rows().iter().zip(&self.0).filter(|(_, picked)| **picked);
        picked
            .filter_map(|(line, _)| line.client_id.as_deref().and_then(ClientId::parse))
            .collect()
    }
}
