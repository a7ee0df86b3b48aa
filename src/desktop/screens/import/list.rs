//! The clients of a file, with what would come or came of each, and those that are picked.

use std::collections::HashSet;

use eframe::egui::{Align2, FontId, Rect, TextEdit, Ui, vec2};

use crate::client::{ClientId, make_visible};
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size};
use crate::desktop::table::{Column, Spoken, Table, Tick, badge_cell};
use crate::transfer::{Came, Entry};

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Result,
    Name,
    ClientId,
    Realm,
    What,
}

const COLUMNS: [Column<Cell>; 5] = [
    Column {
        what: Cell::Result,
        head: "Result",
        width: 92.0,
        from: 0.0,
    },
    Column {
        what: Cell::Name,
        head: "Name",
        width: 190.0,
        from: 0.0,
    },
    Column {
        what: Cell::ClientId,
        head: "Client ID",
        width: 170.0,
        from: 620.0,
    },
    Column {
        what: Cell::Realm,
        head: "Realm",
        width: 100.0,
        from: 960.0,
    },
    Column {
        what: Cell::What,
        head: "Notes",
        width: 0.0,
        from: 380.0,
    },
];

/// The clients of a file.
pub struct List {
    entries: Vec<Entry>,
    picked: Vec<bool>,
    counts: Vec<(Came, u64)>,
    filter: Option<Came>,
    text: String,
    /// What the filters let through, by place.
    shown: Vec<usize>,
    /// The row that is looked at, by its place among those that are shown.
    looked_at: Option<usize>,
}

impl List {
    /// All of them, none picked.
    pub fn new(entries: Vec<Entry>) -> Self {
        let count = |came: &Came| {
            let count = entries.iter().filter(|entry| entry.came == *came).count();
            (*came, count as u64)
        };
        Self {
            picked: vec![false; entries.len()],
            counts: Came::ALL.iter().map(count).collect(),
            filter: None,
            text: String::new(),
            shown: (0..entries.len()).collect(),
            looked_at: None,
            entries,
        }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// How many of a sort there are.
    pub fn count(&self, came: Came) -> u64 {
        let counts = self.counts.iter().find(|(of, _)| *of == came);
        counts.map_or(0, |(_, count)| *count)
    }

    /// `10 new, 2 changed`: the sorts that there are.
    pub fn counts_text(&self) -> String {
        let some = self.counts.iter().filter(|(_, count)| *count > 0);
        let told: Vec<String> = some
            .map(|(came, count)| format!("{} {}", grouped(*count), came.as_str()))
            .collect();
        told.join(", ")
    }

    /// Picks all that can be, among those that are shown; or none of them.
    pub fn pick_shown(&mut self, wanted: bool, update: bool) {
        for index in &self.shown {
            if let (Some(picked), Some(entry)) = (self.picked.get_mut(*index), self.entries.get(*index)) {
                *picked = wanted && can_pick(entry, update);
            }
        }
    }

    /// Picks every one of a sort, or none of it.
    pub fn pick_all(&mut self, came: Came, wanted: bool) {
        for (picked, entry) in self.picked.iter_mut().zip(&self.entries) {
            if entry.came == came {
                *picked = wanted;
            }
        }
    }

    /// The identifiers of those that are picked.
    pub fn picked(&self) -> HashSet<ClientId> {
        let picked = self
            .entries
            .iter()
            .zip(&self.picked)
            .filter(|(_, picked)| **picked);
        picked
            .filter_map(|(entry, _)| entry.client_id.as_deref().and_then(ClientId::parse))
            .collect()
    }

    /// How many are picked.
    pub fn picked_count(&self) -> u64 {
        self.picked.iter().filter(|picked| **picked).count() as u64
    }

    /// The client that is looked at, and whether it is picked.
    pub fn looked_at(&mut self) -> Option<(&Entry, &mut bool)> {
        let place = *self.shown.get(self.looked_at?)?;
        self.entries.get(place).zip(self.picked.get_mut(place))
    }

    /// Looks at none any more.
    pub fn close(&mut self) {
        self.looked_at = None;
    }

    /// Draws the filters.
    pub fn filters_ui(&mut self, ui: &mut Ui) {
        let edit = TextEdit::singleline(&mut self.text)
            .id_salt("search in the file")
            .hint_text(style::faint(ui, "Name or client ID"))
            .desired_width(190.0)
            .min_size(vec2(0.0, size::CONTROL))
            .align(Align2::LEFT_CENTER)
            .margin(vec2(10.0, 4.0));
        let mut is_other = ui.add(edit).accessible_name("Search in the file").changed();
        let sorts = self.counts.iter().filter(|(_, count)| *count > 0);
        let sorts: Vec<Came> = sorts.map(|(came, _)| *came).collect();
        if let Some(filter) = style::filter_ui(ui, 110.0, "Result", self.filter, sorts, label) {
            self.filter = filter;
            is_other = true;
        }
        if is_other {
            self.refilter();
        }
    }

    fn refilter(&mut self) {
        let text = self.text.trim().to_lowercase();
        let fits = |entry: &Entry| {
            let has = |part: &str| part.to_lowercase().contains(&text);
            self.filter.is_none_or(|came| entry.came == came)
                && (text.is_empty() || has(&entry.name) || entry.client_id.as_deref().is_some_and(has))
        };
        let shown = self.entries.iter().enumerate().filter(|(_, entry)| fits(entry));
        self.shown = shown.map(|(place, _)| place).collect();
        self.looked_at = None;
    }

    /// Draws the rows, with boxes where some can be picked.
    pub fn table_ui(&mut self, ui: &mut Ui, picks: Option<bool>) {
        let table = Table {
            salt: "clients of a file",
            name: "Clients of the file",
            columns: &COLUMNS,
            count: self.shown.len(),
            selected: self.looked_at,
            row_height: size::ROW_DENSE,
            sorted: None,
        };
        let entry = |index: usize| self.shown.get(index).and_then(|place| self.entries.get(*place));
        let spoken = |index: usize| entry(index).map(spoken).unwrap_or_default();
        let cell = |ui: &Ui, rect: Rect, what: Cell, index: usize| {
            if let Some(entry) = entry(index) {
                cell_ui(ui, rect, what, entry);
            }
        };
        let shown = match picks {
            None => table.ui(ui, spoken, cell),
            Some(update) => {
                let tick = |index: usize| {
                    let place = self.shown.get(index)?;
                    let entry = self.entries.get(*place).filter(|entry| can_pick(entry, true))?;
                    Some(Tick {
                        name: format!("Import {}", called(entry)),
                        is_on: self.picked.get(*place).copied().unwrap_or_default(),
                        is_free: can_pick(entry, update),
                    })
                };
                table.ticking_ui(ui, spoken, tick, cell)
            }
        };
        if let Some(index) = shown.ticked {
            if let Some(picked) = self
                .shown
                .get(index)
                .and_then(|place| self.picked.get_mut(*place))
            {
                *picked = !*picked;
            }
        } else if let Some(index) = shown.chosen {
            self.looked_at = Some(index);
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

/// What people call it.
pub fn called(entry: &Entry) -> String {
    let name = Some(entry.name.as_str()).filter(|name| !name.is_empty());
    make_visible(name.or(entry.client_id.as_deref()).unwrap_or(&entry.place))
}

/// What came of it, as a word that stands alone.
pub fn label(came: Came) -> &'static str {
    match came {
        Came::New => "New",
        Came::Changed => "Changed",
        Came::Same => "Same",
        Came::Held => "Held",
        Came::Refused => "Refused",
        Came::LeftOut => "Left out",
    }
}

/// How much care it wants.
pub fn tone(came: Came) -> Tone {
    match came {
        Came::New => Tone::Good,
        Came::Changed | Came::Held => Tone::Warning,
        Came::Refused => Tone::Danger,
        Came::Same | Came::LeftOut => Tone::Neutral,
    }
}

/// The first thing to be known of it.
fn what(entry: &Entry) -> String {
    let changed = entry.changed();
    let text = if let Some(why) = entry.why.first() {
        why.clone()
    } else if entry.came == Came::Changed {
        format!("Changes {}", changed.join(", "))
    } else if entry.rotate {
        "Has no secret: rotate".to_owned()
    } else if !entry.left_out.is_empty() {
        let left_out: Vec<&str> = entry.left_out.iter().map(|left| left.member.as_str()).collect();
        format!("Without {}", left_out.join(", "))
    } else {
        String::new()
    };
    make_visible(&text)
}

fn spoken(entry: &Entry) -> Spoken {
    let realm = entry
        .realm
        .as_ref()
        .map(|realm| format!("realm {}", make_visible(realm)));
    let what = Some(what(entry)).filter(|what| !what.is_empty());
    let cells = [Some(entry.came.as_str().to_owned()), realm, what];
    Spoken {
        name: called(entry),
        cells: cells.into_iter().flatten().collect::<Vec<_>>().join(", "),
        ..Spoken::default()
    }
}

fn cell_ui(ui: &Ui, cell: Rect, what_of: Cell, entry: &Entry) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    match what_of {
        Cell::Result => badge_cell(ui, cell, label(entry.came), tone(entry.came)),
        Cell::Name => {
            style::cell(ui, cell, &called(entry), body, colors.text);
        }
        Cell::ClientId => {
            let client_id = make_visible(entry.client_id.as_deref().unwrap_or_default());
            style::cell(ui, cell, &client_id, FontId::monospace(font::MONO), colors.second);
        }
        Cell::Realm => {
            let realm = make_visible(entry.realm.as_deref().unwrap_or_default());
            style::cell(ui, cell, &realm, body, colors.second);
        }
        Cell::What => {
            style::cell(ui, cell, &what(entry), body, colors.second);
        }
    }
}
