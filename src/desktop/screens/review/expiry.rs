//! What ends and when: secrets, keys and accepted risks, on a calendar and as a list.

mod month;

use eframe::egui::{FontId, Frame, Label, Margin, Rect, ScrollArea, Ui, UiBuilder, vec2};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::audit::calendar::{Distance, Ending, EndingKind, ics};
use crate::client::make_visible;
use crate::desktop::dialogs::{Dialog, SaveAsDialog, SaveFormat};
use crate::desktop::screens::Action;
use crate::desktop::screens::clients::grouped;
use crate::desktop::screens::server::rows::Rows;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::table::{Column, Spoken, Table, badge_cell};
use crate::desktop::time;
use crate::desktop::worker::{Content, Read, Workers};
use month::Month;

/// Sets the table apart from others.
const SALT: &str = "endings";
/// The width of the calendar, in points.
const CALENDAR: f32 = 308.0;
/// The narrowest screen with the calendar beside the list.
const BESIDE: f32 = 640.0;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    When,
    Kind,
    Client,
    Label,
    Day,
}

const COLUMNS: [Column<Cell>; 5] = [
    Column {
        what: Cell::When,
        head: "When",
        width: 110.0,
        from: 0.0,
    },
    Column {
        what: Cell::Kind,
        head: "What",
        width: 110.0,
        from: 0.0,
    },
    Column {
        what: Cell::Client,
        head: "Client",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::Label,
        head: "Which",
        width: 170.0,
        from: 560.0,
    },
    Column {
        what: Cell::Day,
        head: "Ends",
        width: 110.0,
        from: 680.0,
    },
];

/// The state of the tab.
#[derive(Default)]
pub(super) struct ExpiryTab {
    /// What ends, the earliest first.
    pub rows: Rows<Ending>,
    month: Month,
    /// Only what is no farther away.
    within: Option<Distance>,
    kind: Option<EndingKind>,
    /// Only what ends on this day.
    day: Option<Date>,
    looked_at: Option<(EndingKind, Option<String>, String)>,
}

impl ExpiryTab {
    /// Draws the tab.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        let folder = workers.usual_folder().to_owned();
        let endings = self.rows.ui(ui, workers, Read::Endings)?;
        // The rows are drawn from while the rest of the state changes.
        let endings: &[Ending] = endings;
        let zone = TimeZone::system();
        let now = Timestamp::now();
        let state = View {
            month: &mut self.month,
            within: &mut self.within,
            kind: &mut self.kind,
            day: &mut self.day,
            looked_at: &mut self.looked_at,
            endings,
            zone,
            now,
        };
        state.ui(ui, &folder)
    }

    /// Looks at nothing any more.
    pub fn close(&mut self) {
        self.looked_at = None;
        self.day = None;
    }
}

/// The tab while it is drawn.
struct View<'a> {
    month: &'a mut Month,
    within: &'a mut Option<Distance>,
    kind: &'a mut Option<EndingKind>,
    day: &'a mut Option<Date>,
    looked_at: &'a mut Option<(EndingKind, Option<String>, String)>,
    endings: &'a [Ending],
    zone: TimeZone,
    now: Timestamp,
}

impl<'a> View<'a> {
    fn ui(mut self, ui: &mut Ui, folder: &std::path::Path) -> Option<Action> {
        let whole = ui.available_rect_before_wrap();
        if whole.width() < BESIDE {
            let scroll = ScrollArea::vertical().id_salt("expiry").auto_shrink(false);
            let both = scroll.show(ui, |ui| {
                let first = self.left_ui(ui, folder);
                // The list scrolls by itself, in as much room as some rows take.
                let room = vec2(ui.available_width(), size::ROW * 8.0);
                let second = ui.allocate_ui(room, |ui| self.list_ui(ui)).inner;
                first.or(second)
            });
            return both.inner;
        }
        let (left, right) = whole.split_left_right_at_x(whole.left() + CALENDAR + 40.0);
        let mut side = ui.new_child(UiBuilder::new().id_salt("calendar").max_rect(left));
        side.set_clip_rect(ui.clip_rect().intersect(left));
        let scroll = ScrollArea::vertical().id_salt("calendar").auto_shrink(false);
        let first = scroll.show(&mut side, |ui| self.left_ui(ui, folder)).inner;
        let mut list = ui.new_child(UiBuilder::new().id_salt("list").max_rect(right));
        list.set_clip_rect(ui.clip_rect().intersect(right));
        first.or(self.list_ui(&mut list))
    }

    /// The calendar, and under it what is looked at.
    fn left_ui(&mut self, ui: &mut Ui, folder: &std::path::Path) -> Option<Action> {
        let margin = Margin {
            left: 20,
            right: 20,
            top: 0,
            bottom: 16,
        };
        let framed = Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_width(CALENDAR.min(ui.available_width()));
            let today = self.now.to_zoned(self.zone.clone()).date();
            let (endings, zone, now) = (self.endings, &self.zone, self.now);
            let marks = |day: Date| marks(endings, zone, now, day);
            if let Some(pressed) = self.month.ui(ui, today, *self.day, marks) {
                *self.day = (*self.day != Some(pressed)).then_some(pressed);
            }
            ui.add_space(space::S);
            let exported = self.export_ui(ui, folder);
            let opened = self.looked_at_ui(ui);
            exported.or(opened)
        });
        framed.inner
    }

    fn export_ui(&self, ui: &mut Ui, folder: &std::path::Path) -> Option<Action> {
        let button = ui.add_enabled_ui(!self.endings.is_empty(), |ui| {
            style::button(ui, "Export calendar…")
        });
        let pressed = button
            .inner
            .on_hover_text("For any calendar program, with a reminder a week before each end");
        pressed.clicked().then(|| {
            let count = self.endings.len();
            let plural = if count == 1 { "" } else { "s" };
            let format = SaveFormat {
                label: "Calendar (iCalendar)",
                extension: "ics",
                content: Content::Text {
                    text: ics(self.endings, self.now, &self.zone),
                    told: format!("{} event{plural}", grouped(count as u64)),
                },
            };
            let about = "Each end is an event of a whole day, with a reminder a week before. Names of clients stand in it, and \
                         no secret.";
            let dialog = SaveAsDialog::new(folder, "expiry", "Export calendar", about, vec![format]);
            Action::ask(Dialog::SaveAs(Box::new(dialog)))
        })
    }

    /// What is looked at, whole, and the way to its client.
    fn looked_at_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let ending = self.endings.iter().find(|ending| self.is_looked_at(ending))?;
        let mut action = None;
        style::divider(ui);
        let distance = Distance::of(ending.at, self.now);
        style::badge(ui, &when(ending.at, self.now), tone(distance));
        ui.add(Label::new(style::strong(ui, ending.summary())).wrap());
        if !ending.label.is_empty() {
            let label = style::mono(ui, make_visible(&ending.label)).color(palette(ui).second);
            ui.add(Label::new(label).wrap());
        }
        ui.label(style::second(ui, time::minute(ending.at)));
        if let Some((client_id, _)) = &ending.client
            && style::primary_button(ui, "Open client", true).clicked()
        {
            action = Some(Action::Open(client_id.clone()));
        }
        action
    }

    fn is_looked_at(&self, ending: &Ending) -> bool {
        self.looked_at.as_ref().is_some_and(|(kind, client, id)| {
            let of = ending.client.as_ref().map(|(client_id, _)| client_id.as_str());
            *kind == ending.kind && client.as_deref() == of && *id == ending.id
        })
    }

    /// The filters and the list.
    fn list_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let margin = Margin {
            left: 20,
            right: 20,
            top: 0,
            bottom: 8,
        };
        Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.filters_ui(ui);
        });
        let is_of_kind = |ending: &&Ending| self.kind.is_none_or(|kind| ending.kind == kind);
        let shown: Vec<&Ending> = self.in_time().iter().filter(is_of_kind).collect();
        if shown.is_empty() {
            let (title, text) = if self.endings.is_empty() {
                let text = "Secrets and keys with an end, signing keys that are to go, and accepted risks stand here, the \
                            earliest first.";
                ("Nothing ends", text)
            } else {
                ("Nothing fits", "Nothing ends in this time.")
            };
            style::empty_place(ui, title, text);
            return None;
        }
        let table = Table {
            salt: SALT,
            name: "Endings",
            columns: &COLUMNS,
            count: shown.len(),
            selected: shown.iter().position(|ending| self.is_looked_at(ending)),
            row_height: size::ROW,
            sorted: None,
        };
        let said = |index: usize| {
            shown
                .get(index)
                .map(|ending| spoken(ending, self.now))
                .unwrap_or_default()
        };
        let pressed = table.ui(ui, said, |ui, cell, what, index: usize| {
            if let Some(ending) = shown.get(index) {
                cell_ui(ui, cell, what, ending, self.now);
            }
        });
        if let Some(ending) = pressed.chosen.and_then(|index: usize| shown.get(index)) {
            let client = ending.client.as_ref().map(|(client_id, _)| client_id.to_string());
            *self.looked_at = Some((ending.kind, client, ending.id.clone()));
            self.month.show(ending.day(&self.zone));
        }
        None
    }

    /// What ends in the time that is asked for. They come the earliest first.
    fn in_time(&self) -> &'a [Ending] {
        let endings = self.endings;
        let (from, to) = match *self.within {
            None | Some(Distance::Later) => (Timestamp::MIN, Timestamp::MAX),
            Some(Distance::Overdue) => (Timestamp::MIN, self.now),
            Some(Distance::Within(days)) => {
                let time = SignedDuration::from_hours(i64::from(days) * 24);
                (self.now, self.now.saturating_add(time).unwrap_or(Timestamp::MAX))
            }
        };
        let first = endings.partition_point(|ending| ending.at <= from);
        let end = endings.partition_point(|ending| ending.at <= to);
        let in_time = endings.get(first..end).unwrap_or_default();
        self.day.map_or(in_time, |day| of_day(in_time, &self.zone, day))
    }

    fn filters_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            let days = Distance::DAYS.map(Distance::Within);
            for distance in [Distance::Overdue].into_iter().chain(days) {
                let word = match distance {
                    Distance::Within(days) => format!("Within {days} days"),
                    Distance::Overdue | Distance::Later => "Overdue".to_owned(),
                };
                let is_on = *self.within == Some(distance);
                let chip = style::toggle_chip(ui, &word, is_on, tone(distance));
                if chip.clicked() {
                    *self.within = (!is_on).then_some(distance);
                }
            }
            let kinds = EndingKind::ALL.iter().copied();
            if let Some(kind) = style::filter_ui(ui, 130.0, "Kind", *self.kind, kinds, EndingKind::label) {
                *self.kind = kind;
            }
            if let Some(day) = *self.day
                && style::toggle_chip(ui, &format!("On {}  ×", month::told(day)), true, Tone::Good).clicked()
            {
                *self.day = None;
            }
        });
    }
}

/// What ends on a day, of those that come the earliest first.
fn of_day<'a>(endings: &'a [Ending], zone: &TimeZone, day: Date) -> &'a [Ending] {
    let start = |day: Date| day.to_zoned(zone.clone()).map(|start| start.timestamp());
    let (Ok(from), Ok(next)) = (start(day), day.tomorrow()) else {
        return &[];
    };
    let to = start(next).unwrap_or(Timestamp::MAX);
    let first = endings.partition_point(|ending| ending.at < from);
    let end = endings.partition_point(|ending| ending.at < to);
    endings.get(first..end).unwrap_or_default()
}

/// How many ends a day has, and how bad that is.
fn marks(endings: &[Ending], zone: &TimeZone, now: Timestamp, day: Date) -> (usize, Tone) {
    let of_day = of_day(endings, zone, day);
    let tone = match of_day.first() {
        None => Tone::Neutral,
        Some(ending) => tone(Distance::of(ending.at, now)),
    };
    (of_day.len(), tone)
}

fn tone(distance: Distance) -> Tone {
    match distance {
        Distance::Overdue => Tone::Danger,
        Distance::Within(..=14) => Tone::Warning,
        Distance::Within(_) | Distance::Later => Tone::Neutral,
    }
}

/// How far it is away, in a word: `Overdue`, `in 3 days`.
fn when(at: Timestamp, now: Timestamp) -> String {
    if at <= now {
        "Overdue".to_owned()
    } else {
        time::until(at, now)
    }
}

fn client_of(ending: &Ending) -> String {
    ending
        .client
        .as_ref()
        .map_or_else(|| "This server".to_owned(), |(_, name)| make_visible(name))
}

fn spoken(ending: &Ending, now: Timestamp) -> Spoken {
    Spoken {
        name: format!("{}: {}", client_of(ending), ending.kind.label()),
        cells: format!(
            "{}, {}, {}",
            when(ending.at, now),
            make_visible(&ending.label),
            time::day(ending.at)
        ),
        ..Spoken::default()
    }
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, ending: &Ending, now: Timestamp) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    let text = |text: &str, font: FontId, color| {
        style::cell(ui, cell, text, font, color);
    };
    match what {
        Cell::When => badge_cell(
            ui,
            cell,
            &when(ending.at, now),
            tone(Distance::of(ending.at, now)),
        ),
        Cell::Kind => text(ending.kind.label(), body, colors.second),
        Cell::Client => text(&client_of(ending), body, colors.text),
        Cell::Label => text(
            &make_visible(&ending.label),
            FontId::monospace(font::MONO),
            colors.second,
        ),
        Cell::Day => text(&time::day(ending.at), body, colors.second),
    }
}
