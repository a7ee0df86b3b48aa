//! The findings: what is wrong with the registrations, the worst first, and why.

use eframe::egui::{Frame, Key, Modifiers, Ui};
use jiff::Timestamp;

use super::below::{self, Below};
use super::card;
use super::filters::Filters;
use super::finding::{self, Wish};
use super::head::Head;
use super::lines::{Line, Lines};
use super::looked_at::LookedAt;
use super::saved_filters::SavedFilters;
use super::table::{SALT, cell_ui, columns, head_name, spoken};
use super::trend;
use crate::audit::{Decided, FindingFilter, FindingSort, SeverityFilter, WorkList};
use crate::client::Severity;
use crate::desktop::dialogs::AcceptAllDialog;
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::clients::grouped;
use crate::desktop::screens::{Action, Rights};
use crate::desktop::style::{self, tokens::SCREEN_MARGIN, tokens::size, tokens::space};
use crate::desktop::table::{Sorted, Table, give_keyboard};
use crate::desktop::worker::findings::FindingKey;
use crate::desktop::worker::{FindingsQuery, FindingsView, Found, Read, Review, Workers};

/// The severities, each with a card.
const SEVERITIES: [Severity; 5] = [
    Severity::Critical,
    Severity::High,
    Severity::Medium,
    Severity::Low,
    Severity::Info,
];
/// In a window that is lower, there are no cards.
const LOW: f32 = 640.0;

/// The state of the tab.
#[derive(Default)]
pub(super) struct FindingsTab {
    /// Which findings are wanted.
    pub filters: Filters,
    /// Filters that are kept.
    pub saved: SavedFilters,
    /// The finding that is looked at.
    pub looked_at: LookedAt,
    /// The list, once there is one.
    lines: Option<Lines>,
    /// What the list on its way is made of.
    asked: Option<Asked>,
    /// What the list at hand was made of.
    made_of: Option<MadeOf>,
    /// The group that the keyboard is on, while it is on none of the findings.
    on_group: Option<usize>,
    /// The line that was looked at until now: it gets the keyboard back.
    left: Option<usize>,
}

/// What a list is made of, beside the group that stands open and the finding that is looked at.
#[derive(Clone, PartialEq)]
struct MadeOf {
    /// The review, by its place in memory: it is held as long as the list is.
    review: *const Review,
    wanted: WorkList,
}

struct Asked {
    number: u64,
    made_of: MadeOf,
    review: std::sync::Arc<Review>,
    looked_at: Option<FindingKey>,
}

impl FindingsTab {
    /// The registry changed: what stands beside the finding, and the filters that are kept, may have changed too.
    pub fn refresh(&mut self) {
        self.looked_at.refresh();
        self.saved.refresh();
        self.filters.refresh();
    }

    /// Takes the list in.
    pub fn take_view(&mut self, number: u64, view: FindingsView) {
        let Some(asked) = self.asked.take_if(|asked| asked.number == number) else {
            return;
        };
        let (place, row) = (view.found_at, view.row_at);
        let is_looked_at = self.looked_at.key() == asked.looked_at.as_ref();
        let on_group = self.lines.as_ref().zip(self.on_group);
        let on_group = on_group.and_then(|(lines, place)| lines.key(place));
        let grouping = asked.made_of.wanted.grouping;
        let lines = self.lines.insert(Lines::new(asked.review, grouping, view));
        self.on_group = on_group.and_then(|key| lines.place_of(&key));
        // Where another one is looked at meanwhile, the list is asked for once more.
        self.made_of = is_looked_at.then_some(asked.made_of);
        if !is_looked_at {
            return;
        }
        let was_at = self.looked_at.row;
        (self.looked_at.place, self.looked_at.row) = (place, row);
        if self.looked_at.key().is_some() && place.is_none() {
            // It is ended: the one in its place is next.
            self.looked_at.close();
            self.left = was_at;
        }
    }

    /// The list could not be made.
    pub fn failed(&mut self, number: u64) {
        self.asked.take_if(|asked| asked.number == number);
    }

    /// The finding that is looked at.
    pub fn found(&self) -> Option<&Found> {
        self.lines.as_ref()?.at(self.looked_at.place?)
    }

    /// The question before the risks of the group are taken that the keyboard is on.
    pub fn group_to_accept(&self) -> Option<AcceptAllDialog> {
        below::accept_all(self.lines.as_ref()?, self.on_group?)
    }

    /// Draws the tab.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        head: &mut Head,
        workers: &mut Workers,
        rights: Rights,
        banner: impl FnOnce(&mut Ui) -> Option<Action>,
    ) -> Option<Action> {
        self.keep_current(head, workers);
        self.saved.keep_current(workers);
        self.looked_at.ask(workers);
        self.keys(ui);
        let mut both = (self, head);
        let is_looking = both.0.looked_at.place.is_some();
        let list_ui = |(tab, head): &mut (&mut Self, &mut Head), ui: &mut Ui| {
            tab.list_ui(ui, head, workers, rights, banner)
        };
        let pane_ui = |(tab, _): &mut (&mut Self, &mut Head), ui: &mut Ui| tab.pane_ui(ui, rights);
        let (listed, shown) = list_and_pane_ui(ui, "finding", &mut both, is_looking, list_ui, pane_ui);
        listed.flatten().or(shown.flatten())
    }

    /// Looks at no finding any more. The keyboard goes back to its row.
    pub fn close(&mut self) {
        let row = self.looked_at.row.map(Line::Finding);
        let lines = self.lines.as_ref();
        self.left = row.zip(lines).and_then(|(line, lines)| lines.index(line));
        self.looked_at.close();
        self.on_group = None;
    }

    /// Asks for the list, where it is not what is wanted. One at a time, however fast somebody types.
    fn keep_current(&mut self, head: &Head, workers: &mut Workers) {
        let Some(review) = head.review() else { return };
        let made_of = MadeOf {
            review: std::sync::Arc::as_ptr(review),
            wanted: self.filters.wanted.clone(),
        };
        if self.asked.is_some() || self.made_of.as_ref() == Some(&made_of) {
            return;
        }
        let query = FindingsQuery {
            review: review.clone(),
            filter: made_of.wanted.filter.clone(),
            grouping: made_of.wanted.grouping,
            sort: made_of.wanted.sort,
            descending: made_of.wanted.descending,
            open: self.lines.as_ref().map(Lines::open_keys).unwrap_or_default(),
            looked_at: self.looked_at.key().cloned(),
            now: Timestamp::now(),
        };
        self.asked = Some(Asked {
            made_of,
            review: review.clone(),
            looked_at: query.looked_at.clone(),
            number: workers.send(Read::Findings(Box::new(query))),
        });
    }

    /// With Alt, the arrows go from finding to finding wherever the keyboard is.
    fn keys(&mut self, ui: &Ui) {
        if self.looked_at.place.is_none() || !ui.is_enabled() {
            return;
        }
        for (key, forward) in [(Key::ArrowDown, true), (Key::ArrowUp, false)] {
            if ui.input_mut(|input| input.consume_key(Modifiers::ALT, key)) {
                self.step(forward);
            }
        }
    }

    /// Looks at the finding behind or before the one that is looked at.
    fn step(&mut self, forward: bool) {
        let Some(lines) = &mut self.lines else { return };
        let row = match (self.looked_at.row, forward) {
            (Some(row), true) => Some(row + 1),
            (Some(row), false) => row.checked_sub(1),
            (None, _) => Some(0),
        };
        if let Some(row) = row
            && let Some(found) = lines.found(row)
        {
            self.looked_at.look(found, lines.place(row), Some(row));
            lines.open_for(row);
            self.on_group = None;
        }
    }

    fn pane_ui(&mut self, ui: &mut Ui, rights: Rights) -> Option<Action> {
        let lines = self.lines.as_ref()?;
        let found = lines.at(self.looked_at.place?)?;
        let row = self.looked_at.row;
        let neighbours = finding::Neighbours {
            before: row.is_none_or(|row| row > 0) && lines.findings() > 0,
            behind: row.map_or(lines.findings() > 0, |row| row + 1 < lines.findings()),
        };
        match finding::finding_ui(ui, found, self.looked_at.beside(), neighbours, rights)? {
            Wish::Close => self.close(),
            Wish::Step { forward } => self.step(forward),
            Wish::Do(action) => return Some(action),
        }
        None
    }

    fn list_ui(
        &mut self,
        ui: &mut Ui,
        head: &mut Head,
        workers: &mut Workers,
        rights: Rights,
        banner: impl FnOnce(&mut Ui) -> Option<Action>,
    ) -> Option<Action> {
        let shown = Frame::new().inner_margin(SCREEN_MARGIN).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let action = head.ui(ui, workers, rights.change);
            let action = action.or(banner(ui));
            head.troubles_ui(ui);
            // In a low window the findings need the room; the title says how many there are.
            let opened = if ui.ctx().content_rect().height() < LOW {
                trend::strip_ui(ui, &mut head.trend, workers)
            } else {
                self.cards_ui(ui, head, workers)
            };
            ui.add_space(space::S);
            action.or(opened).or(self.filters_ui(ui, head, workers, rights))
        });
        let below = self.table_ui(ui, head, rights);
        shown.inner.or(below)
    }

    /// A card for each severity, with how many are open. Pressing one filters by it, pressing it again no longer.
    fn cards_ui(&mut self, ui: &mut Ui, head: &mut Head, workers: &mut Workers) -> Option<Action> {
        let open = head.review().map(|review| review.open).unwrap_or_default();
        let counts = SEVERITIES.map(|severity| (severity, open.get(severity as usize).copied().unwrap_or(0)));
        let room = trend::room(ui);
        let layout = ui
            .scope(|ui| {
                ui.set_max_width(ui.available_width() - room);
                card::Layout::of(ui, &counts)
            })
            .inner;
        let wanted = &mut self.filters.wanted.filter.severity;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            for (severity, count) in counts {
                let chosen = *wanted == SeverityFilter::Only(severity);
                if card::card_ui(ui, severity, count, chosen, layout).clicked() {
                    *wanted = match chosen {
                        true => SeverityFilter::Weighty,
                        false => SeverityFilter::Only(severity),
                    };
                }
            }
            trend::card_ui(ui, &mut head.trend, workers, layout.height())
        })
        .inner
        .or_else(|| {
            let has_strip = room == 0.0;
            has_strip.then(|| trend::strip_ui(ui, &mut head.trend, workers))?
        })
    }

    fn filters_ui(
        &mut self,
        ui: &mut Ui,
        head: &Head,
        workers: &mut Workers,
        rights: Rights,
    ) -> Option<Action> {
        let saved = &mut self.saved;
        self.filters.ui(ui, head.review(), workers, |ui, width, wanted| {
            saved.combo_ui(ui, width, wanted)
        });
        self.saved.troubles_ui(ui);
        let wanted = &mut self.filters.wanted;
        let is_default = wanted.filter == FindingFilter::default();
        let mut action = None;
        if !is_default || rights.change && self.saved.has_acts(wanted) {
            ui.horizontal(|ui| {
                if let Some(lines) = &self.lines {
                    let count = grouped(lines.findings() as u64);
                    ui.label(style::second(ui, format!("{count} found")));
                }
                if !is_default && style::quiet_button(ui, "Clear filters").clicked() {
                    wanted.filter = FindingFilter::default();
                }
                if rights.change {
                    action = self.saved.acts_ui(ui, wanted);
                }
            });
        }
        action
    }

    fn table_ui(&mut self, ui: &mut Ui, head: &Head, rights: Rights) -> Option<Action> {
        let lines = self.lines.as_mut()?;
        if let Some(last) = lines.count().checked_sub(1)
            && let Some(index) = self.left.take()
        {
            give_keyboard(ui, SALT, index.min(last));
        }
        let now = Timestamp::now();
        let on = match (self.on_group, self.looked_at.row) {
            (Some(place), _) => lines.index(Line::Group(place)),
            (None, Some(row)) => lines.index(Line::Finding(row)),
            (None, None) => None,
        };
        let table = Table {
            salt: SALT,
            name: "Findings",
            columns: columns(lines.grouping(), ui.available_width()),
            count: lines.count(),
            selected: on,
            row_height: size::ROW,
            sorted: Some(Sorted {
                by: self.filters.wanted.sort,
                descending: self.filters.wanted.descending,
                name: head_name,
            }),
        };
        let below = Below::of(
            lines,
            group_at_hand(lines, self.on_group, self.looked_at.row),
            head.review().map_or(0, |review| review.accepted),
            self.filters.wanted.filter.decided,
            rights.change,
        );
        let whole = ui.available_rect_before_wrap();
        let (above, under) = whole.split_top_bottom_at_y(whole.bottom() - below.height());
        let shown = style::part(ui, "rows", above, eframe::egui::Color32::TRANSPARENT, |ui| {
            if lines.count() == 0 {
                empty_ui(ui, lines.review(), &self.filters.wanted.filter);
                return None;
            }
            Some(table.ui(
                ui,
                |index| spoken(lines, index, now),
                |ui, cell, what, index| cell_ui(ui, cell, what, lines, index, now),
            ))
        });
        let action = match below.ui(ui, under, lines) {
            Some(below::Wish::ShowAccepted) => {
                self.filters.wanted.filter.decided = Decided::All;
                None
            }
            Some(below::Wish::Do(action)) => Some(action),
            None => None,
        };
        let Some(shown) = shown else { return action };
        if let Some(column) = shown.head {
            // The worst and the most first, and all else from its beginning.
            let first = matches!(column, FindingSort::Severity | FindingSort::Open);
            let wanted = &mut self.filters.wanted;
            wanted.descending = if wanted.sort == column {
                !wanted.descending
            } else {
                first
            };
            wanted.sort = column;
        }
        let Some(chosen) = shown.chosen else { return action };
        match lines.line(chosen) {
            Some(Line::Group(place)) => {
                self.on_group = Some(place);
                self.looked_at.close();
                if !shown.gone_to {
                    lines.toggle(place);
                }
            }
            Some(Line::Finding(row)) => {
                self.on_group = None;
                if let Some(found) = lines.found(row) {
                    self.looked_at.look(found, lines.place(row), Some(row));
                }
            }
            None => {}
        }
        action
    }
}

/// The group that the keyboard is on, or that the finding belongs to which is looked at.
fn group_at_hand(lines: &Lines, on_group: Option<usize>, row: Option<usize>) -> Option<usize> {
    on_group.or_else(|| lines.group_of(row?))
}

fn empty_ui(ui: &mut Ui, review: &Review, filter: &FindingFilter) {
    if review.open_findings() == 0 && *filter == FindingFilter::default() {
        let text = "No registration breaks a rule that wants care. The audit runs again whenever the registry changes; what \
                    it finds stands here, the worst first.";
        return style::empty_place(ui, "Nothing to review", text);
    }
    style::empty_place(
        ui,
        "Nothing fits",
        "No finding fits this search and these filters.",
    );
}
