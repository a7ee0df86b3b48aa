//! The clients of a file as the list shows them, and those that are picked.

use std::collections::HashSet;

use crate::client::ClientId;
use crate::desktop::screens::moving::{List, Listed};
use crate::desktop::style::Tone;
use crate::desktop::table::Tick;
use crate::transfer::{Came, Entry};

impl Listed for Entry {
    type Sort = Came;

    const SORTS: &'static [Came] = Came::ALL;

    fn sort(&self) -> Came {
        self.came
    }

    fn label(came: Came) -> &'static str {
        match came {
            Came::New => "New",
            Came::Changed => "Changed",
            Came::Same => "Same",
            Came::Held => "Held",
            Came::Refused => "Refused",
            Came::LeftOut => "Left out",
        }
    }

    fn tone(came: Came) -> Tone {
        match came {
            Came::New => Tone::Good,
            Came::Changed | Came::Held => Tone::Warning,
            Came::Refused => Tone::Danger,
            Came::Same | Came::LeftOut => Tone::Neutral,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    fn realm(&self) -> Option<&str> {
        self.realm.as_deref()
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn note(&self) -> String {
        if let Some(why) = self.why.first() {
            why.clone()
        } else if self.came == Came::Changed {
            format!("Changes {}", self.changed().join(", "))
        } else if self.rotate {
            "Has no secret: rotate".to_owned()
        } else if !self.left_out.is_empty() {
            let left_out: Vec<&str> = self.left_out.iter().map(|left| left.member.as_str()).collect();
            format!("Without {}", left_out.join(", "))
        } else {
            String::new()
        }
    }
}

/// Whether a client can be taken over. One that is there already only where those may change.
pub fn can_pick(entry: &Entry, update: bool) -> bool {
    match entry.came {
        Came::New | Came::Held => true,
        Came::Changed => update,
        Came::Same | Came::Refused | Came::LeftOut => false,
    }
}

/// The clients of a file that are to be taken over.
pub struct Picks(Vec<bool>);

impl Picks {
    /// All that can be.
    pub fn all(list: &List<Entry>, update: bool) -> Self {
        Self(list.rows().iter().map(|entry| can_pick(entry, update)).collect())
    }

    /// Picks all that can be, among those that are shown; or none of them.
    pub fn pick_shown(&mut self, list: &List<Entry>, wanted: bool, update: bool) {
        for place in list.shown() {
            if let (Some(picked), Some(entry)) = (self.0.get_mut(*place), list.rows().get(*place)) {
                *picked = wanted && can_pick(entry, update);
            }
        }
    }

    /// Picks every one that is there already, or none of them.
    pub fn pick_changed(&mut self, list: &List<Entry>, wanted: bool) {
        for (picked, entry) in self.0.iter_mut().zip(list.rows()) {
            if entry.came == Came::Changed {
                *picked = wanted;
            }
        }
    }

    /// Whether that of a place is picked.
    pub fn of(&mut self, place: usize) -> Option<&mut bool> {
        self.0.get_mut(place)
    }

    /// The box before one of a place, where it can be picked at all.
    pub fn tick(&self, place: usize, entry: &Entry, update: bool) -> Option<Tick> {
        can_pick(entry, true).then(|| Tick {
            name: format!("Import {}", entry.called()),
            is_on: self.0.get(place).copied().unwrap_or_default(),
            is_free: can_pick(entry, update),
        })
    }

    /// How many are picked.
    pub fn count(&self) -> u64 {
        self.0.iter().filter(|picked| **picked).count() as u64
    }

    /// The identifiers of those that are picked.
    pub fn identifiers(&self, list: &List<Entry>) -> HashSet<ClientId> {
        let picked = list.rows().iter().zip(&self.0).filter(|(_, picked)| **picked);
        picked
            .filter_map(|(entry, _)| entry.client_id.as_deref().and_then(ClientId::parse))
            .collect()
    }
}
