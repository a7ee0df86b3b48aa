//! The clients of a file, with what is said of each, in a table of any length: filtered, and one of them looked at.

use eframe::egui::{Align2, FontId, Rect, TextEdit, Ui, vec2};

use crate::client::make_visible;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size};
use crate::desktop::table::{Column, Spoken, Table, Tick, badge_cell, give_keyboard};
use crate::desktop::worker::Line;

/// What can be said of a client of a file in a word.
pub trait Sort: Copy + PartialEq + 'static {
    /// All of them.
    const SORTS: &'static [Self];

    /// What it is called: `Left out`.
    fn label(self) -> &'static str;

    /// How much care it wants.
    fn tone(self) -> Tone;
}

impl<S> Line<S> {
    /// What it is called where it must be called something.
    pub fn called(&self) -> String {
        let name = Some(&*self.name).filter(|name| !name.is_empty());
        make_visible(name.or(self.client_id.as_deref()).unwrap_or(&self.place))
    }
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Sort,
    Name,
    ClientId,
    Realm,
    Note,
}

/// The columns where two clients may differ in nothing but their realms.
const WITH_REALMS: [Column<Cell>; 5] = [
    Column {
        what: Cell::Sort,
        head: "Result",
        width: 104.0,
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
        from: 720.0,
    },
    Column {
        what: Cell::Note,
        head: "Notes",
        width: 0.0,
        from: 380.0,
    },
];

/// The columns of clients that are of one realm, or of none.
const COLUMNS: [Column<Cell>; 4] = {
    let [result, name, client_id, _, notes] = WITH_REALMS;
    [result, name, client_id, notes]
};

/// Sets the table apart from others.
const SALT: &str = "clients of a file";

/// The box before the row of a place, if it has one.
pub type TickOf<'a, S> = &'a dyn Fn(usize, &Line<S>) -> Option<Tick>;

/// The clients of a file.
pub struct List<S: Sort> {
    rows: Vec<Line<S>>,
    counts: Vec<(S, u64)>,
    /// How many need a new secret.
    rotating: u64,
    /// Whether they are of several realms.
    has_realms: bool,
    filter: Option<S>,
    text: String,
    /// What the filters let through, by place.
    shown: Vec<usize>,
    /// The row that is looked at, by its place among those that are shown.
    looked_at: Option<usize>,
    /// The row that the keyboard is to be brought to: at first the first one, and afterwards the one that was looked at.
    going: Option<usize>,
}

impl<S: Sort> List<S> {
    /// All of them.
    pub fn new(rows: Vec<Line<S>>) -> Self {
        let count = |sort: &S| {
            let count = rows.iter().filter(|row| row.sort == *sort).count();
            (*sort, count as u64)
        };
        let mut realms = rows.iter().filter_map(|row| row.realm.as_ref());
        let first = realms.next();
        Self {
            counts: S::SORTS.iter().map(count).collect(),
            rotating: rows.iter().filter(|row| row.rotate).count() as u64,
            has_realms: realms.any(|realm| first != Some(realm)),
            filter: None,
            text: String::new(),
            shown: (0..rows.len()).collect(),
            looked_at: None,
            going: Some(0),
            rows,
        }
    }

    /// All of them, in their order.
    pub fn rows(&self) -> &[Line<S>] {
        &self.rows
    }

    /// The places of those that the filters let through.
    pub fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many of a sort there are.
    pub fn count(&self, sort: S) -> u64 {
        let counts = self.counts.iter().find(|(of, _)| *of == sort);
        counts.map_or(0, |(_, count)| *count)
    }

    /// How many need a new secret before they can be used, and what to do about it; none where none does.
    pub fn rotating_text(&self) -> Option<String> {
        let (have, each) = match self.rotating {
            0 => return None,
            1 => ("1 has".to_owned(), "it"),
            count => (format!("{} have", grouped(count)), "each"),
        };
        Some(format!(
            "{have} no secret that could be kept: Rotate secret… makes one for {each}"
        ))
    }

    /// `10 new, 2 changed`: the sorts that there are.
    pub fn counts_text(&self) -> String {
        let some = self.counts.iter().filter(|(_, count)| *count > 0);
        let told: Vec<String> = some
            .map(|(sort, count)| format!("{} {}", grouped(*count), sort.label().to_lowercase()))
            .collect();
        told.join(", ")
    }

    /// Shows only those of a sort; none: all.
    pub fn only(&mut self, sort: Option<S>) {
        self.filter = sort;
        self.refilter();
    }

    /// The one that is looked at, with its place.
    pub fn looked_at(&self) -> Option<(usize, &Line<S>)> {
        let place = *self.shown.get(self.looked_at?)?;
        Some((place, self.rows.get(place)?))
    }

    /// Looks at none any more. Returns whether it did look at one.
    pub fn close(&mut self) -> bool {
        self.going = self.looked_at.take();
        self.going.is_some()
    }

    /// Draws the filters.
    pub fn filters_ui(&mut self, ui: &mut Ui) {
        let edit = TextEdit::singleline(&mut self.text)
            .id_salt("search in the file")
            .hint_text(style::faint(ui, "Name or client ID"))
            .desired_width(180.0)
            .min_size(vec2(0.0, size::CONTROL))
            .align(Align2::LEFT_CENTER)
            .margin(vec2(10.0, 6.0));
        let is_other = ui.add(edit).accessible_name("Search in the file").changed();
        let sorts = self.counts.iter().filter(|(_, count)| *count > 0);
        let sorts: Vec<S> = sorts.map(|(sort, _)| *sort).collect();
        match style::filter_ui(ui, 110.0, "Result", self.filter, sorts, S::label) {
            Some(filter) => self.only(filter),
            None if is_other => self.refilter(),
            None => {}
        }
    }

    fn refilter(&mut self) {
        let text = self.text.trim().to_lowercase();
        let fits = |row: &Line<S>| {
            let has = |part: &str| part.to_lowercase().contains(&text);
            self.filter.is_none_or(|sort| row.sort == sort)
                && (text.is_empty() || has(&row.name) || row.client_id.as_deref().is_some_and(has))
        };
        let shown = self.rows.iter().enumerate().filter(|(_, row)| fits(row));
        self.shown = shown.map(|(place, _)| place).collect();
        self.looked_at = None;
    }

    /// Draws the rows, with boxes where the row of a place has one. Returns the place of the row whose box was pressed.
    pub fn table_ui(&mut self, ui: &mut Ui, tick: Option<TickOf<'_, S>>) -> Option<usize> {
        // Where the pane takes the list's place, an arrow goes on to the next row, and a press looks at one.
        let opens_by_arrows = self.looked_at.is_some() || ui.available_width() >= size::SIDE_BY_SIDE;
        if let Some(index) = self.going.take() {
            give_keyboard(ui, SALT, index);
        }
        let table = Table {
            salt: SALT,
            name: "Clients of the file",
            columns: if self.has_realms { &WITH_REALMS } else { &COLUMNS },
            count: self.shown.len(),
            selected: self.looked_at,
            row_height: size::ROW_DENSE,
            sorted: None,
        };
        let row = |index: usize| {
            let place = *self.shown.get(index)?;
            Some((place, self.rows.get(place)?))
        };
        let said = |index: usize| row(index).map(|(_, row)| spoken(row)).unwrap_or_default();
        let cell = |ui: &Ui, rect: Rect, what: Cell, index: usize| {
            if let Some((_, row)) = row(index) {
                cell_ui(ui, rect, what, row);
            }
        };
        let shown = match tick {
            None => table.ui(ui, said, cell),
            Some(tick) => {
                let tick = |index: usize| row(index).and_then(|(place, row)| tick(place, row));
                table.ticking_ui(ui, said, tick, cell)
            }
        };
        match (shown.ticked, shown.chosen) {
            (Some(index), _) => self.shown.get(index).copied(),
            (None, Some(index)) if opens_by_arrows || !shown.gone_to => {
                self.looked_at = Some(index);
                None
            }
            (None, _) => None,
        }
    }
}

fn spoken<S: Sort>(row: &Line<S>) -> Spoken {
    let sort = Some(row.sort.label().to_lowercase());
    let realm = row
        .realm
        .as_ref()
        .map(|realm| format!("realm {}", make_visible(realm)));
    let note = Some(make_visible(&row.note)).filter(|note| !note.is_empty());
    let cells = [sort, realm, note].into_iter().flatten();
    Spoken {
        name: row.called(),
        cells: cells.collect::<Vec<_>>().join(", "),
        ..Spoken::default()
    }
}

fn cell_ui<S: Sort>(ui: &Ui, cell: Rect, what: Cell, row: &Line<S>) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    match what {
        Cell::Sort => badge_cell(ui, cell, row.sort.label(), row.sort.tone()),
        Cell::Name => {
            style::cell(ui, cell, &row.called(), body, colors.text);
        }
        Cell::ClientId => {
            let client_id = make_visible(row.client_id.as_deref().unwrap_or_default());
            style::cell(ui, cell, &client_id, FontId::monospace(font::MONO), colors.second);
        }
        Cell::Realm => {
            let realm = make_visible(row.realm.as_deref().unwrap_or_default());
            style::cell(ui, cell, &realm, body, colors.second);
        }
        Cell::Note => {
            style::cell(ui, cell, &make_visible(&row.note), body, colors.second);
        }
    }
}
