//! Which changes are wanted: the search, and the filters below it.

use eframe::egui::{Ui, vec2};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::chain::number;
use super::picker::{Answer, Choice, Picker};
use super::words::stored_word;
use crate::client::{ClientId, MEMBERS, make_visible};
use crate::desktop::form::text_field;
use crate::desktop::style::{self, tokens::size, tokens::space};
use crate::desktop::worker::{Read, Workers};
use crate::registry::{ActKind, HistoryClient, HistoryQuery};

/// The width of a filter, in points.
const FILTER: f32 = 140.0;
/// How a day is typed.
const DAY: &str = "2026-11-03";
/// Choices that a list with a search offers at once.
const CHOICES: u32 = 20;

/// Which changes the person wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those in which this stands.
    pub text: String,
    /// Those of a client, by its name.
    pub client: Option<(ClientId, String)>,
    /// Those in which a member of the record differs.
    pub field: Option<String>,
    /// Those of a person.
    pub by: Option<String>,
    /// Those of a kind.
    pub kind: Option<ActKind>,
    /// Those of a time.
    pub time: Option<Time>,
    /// The days of that time, as they were typed, where it is one of days.
    pub days: [String; 2],
    /// Those up to a number.
    pub up_to: Option<i64>,
}

/// A time in which changes were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// So many hours until now.
    Last(i64),
    /// From a day to a day.
    Days,
}

impl Time {
    const ALL: [Self; 5] = [
        Self::Last(24),
        Self::Last(7 * 24),
        Self::Last(30 * 24),
        Self::Last(90 * 24),
        Self::Days,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Last(24) => "Last 24 hours",
            Self::Last(168) => "Last 7 days",
            Self::Last(720) => "Last 30 days",
            Self::Last(_) => "Last 90 days",
            Self::Days => "From day to day",
        }
    }
}

const fn kind_label(kind: ActKind) -> &'static str {
    match kind {
        ActKind::Registrations => "Registrations",
        ActKind::Fixes => "Fixes",
        ActKind::Secrets => "Secrets",
        ActKind::Reviews => "Reviews",
        ActKind::Server => "Keys and people",
    }
}

impl Wanted {
    /// Whether all changes are wanted.
    pub fn is_everything(&self) -> bool {
        *self
            == Self {
                text: self.text.clone(),
                days: self.days.clone(),
                ..Self::default()
            }
            && self.text.trim().is_empty()
    }

    /// The question to the registry.
    pub fn query(&self, now: Timestamp) -> HistoryQuery {
        let (since, until) = match self.time {
            None => (None, None),
            Some(Time::Last(hours)) => (now.checked_sub(SignedDuration::from_hours(hours)).ok(), None),
            Some(Time::Days) => {
                let [from, to] = &self.days;
                let next = day(to).and_then(|day| day.checked_add(1.day()).ok());
                (day(from).and_then(begin), next.and_then(begin))
            }
        };
        HistoryQuery {
            client: self.client.as_ref().map(|(client_id, _)| client_id.clone()),
            text: stored_word(&self.text).to_owned(),
            field: self.field.clone(),
            by: self.by.clone(),
            kind: self.kind,
            since,
            until,
            before_seq: self.up_to.map(|seq| seq.saturating_add(1)),
            limit: 0,
        }
    }
}

fn day(typed: &str) -> Option<Date> {
    typed.trim().parse().ok()
}

/// When a day begins, here.
fn begin(day: Date) -> Option<Timestamp> {
    let begins = day.to_zoned(TimeZone::system()).ok()?;
    Some(begins.timestamp())
}

/// The filters: what is wanted, and the lists that are searched.
#[derive(Default)]
pub struct Filters {
    /// What is wanted.
    pub wanted: Wanted,
    clients: Picker<(ClientId, String)>,
    people: Picker<String>,
    fields: Picker<String>,
}

/// One of the filters.
#[derive(Clone, Copy)]
enum Filter {
    Client,
    Field,
    Person,
    Change,
    Time,
}

impl Filters {
    /// The registry changed: what the lists offer may be out of date.
    pub fn refresh(&mut self) {
        self.clients.refresh();
        self.people.refresh();
    }

    /// Takes in the clients that were looked up.
    pub fn take_clients(&mut self, number: u64, clients: Vec<HistoryClient>) {
        let choice = |client: HistoryClient| {
            let gone = if client.gone { " (deleted)" } else { "" };
            Choice {
                label: format!("{}{gone}", make_visible(&client.name)),
                value: (client.client_id, client.name),
            }
        };
        self.clients
            .take(number, clients.into_iter().map(choice).collect());
    }

    /// Takes in the people that were looked up.
    pub fn take_people(&mut self, number: u64, people: Vec<String>) {
        let choice = |name: String| Choice {
            label: make_visible(&name),
            value: name,
        };
        self.people.take(number, people.into_iter().map(choice).collect());
    }

    /// Draws the search and the filters, in as many rows as there must be. Returns whether something else is wanted.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> bool {
        let before = self.wanted.clone();
        let hint = "Search by client, person, action or value";
        text_field(ui, "Search history", &mut self.wanted.text, hint);
        ui.add_space(space::S);
        let gap = ui.spacing().item_spacing.x;
        let room = ((ui.available_width() + gap) / (FILTER + gap)).floor().max(1.0) as usize;
        let all = [
            Filter::Client,
            Filter::Field,
            Filter::Person,
            Filter::Change,
            Filter::Time,
        ];
        for row in all.chunks(room) {
            ui.horizontal(|ui| {
                for filter in row {
                    self.filter_ui(ui, *filter, workers);
                }
            });
        }
        if self.wanted.time == Some(Time::Days) {
            self.days_ui(ui);
        }
        self.clear_ui(ui);
        self.wanted != before
    }

    fn filter_ui(&mut self, ui: &mut Ui, filter: Filter, workers: &mut Workers) {
        let wanted = &mut self.wanted;
        match filter {
            Filter::Client => {
                let name = wanted.client.as_ref().map(|(_, name)| make_visible(name));
                let ask = |text| Answer::Later(workers.send(Read::HistoryClients(text, CHOICES)));
                if let Some(chosen) = self
                    .clients
                    .ui(ui, FILTER, ("Client", "Find a client"), name, ask)
                {
                    wanted.client = chosen;
                }
            }
            Filter::Field => {
                let name = wanted.field.as_deref().map(make_visible);
                let like = |text: String| Answer::Now(fields_like(&text));
                let picked = self.fields.ui(ui, FILTER, ("Field", "Find a field"), name, like);
                if let Some(chosen) = picked {
                    wanted.field = chosen;
                }
            }
            Filter::Person => {
                let name = wanted.by.as_deref().map(make_visible);
                let ask = |text| Answer::Later(workers.send(Read::HistoryPeople(text, CHOICES)));
                if let Some(chosen) = self.people.ui(ui, FILTER, ("Person", "Find a person"), name, ask) {
                    wanted.by = chosen;
                }
            }
            Filter::Change => {
                let now = wanted.kind;
                if let Some(chosen) = style::filter_ui(ui, FILTER, "Change", now, ActKind::ALL, kind_label) {
                    wanted.kind = chosen;
                }
            }
            Filter::Time => {
                let now = wanted.time;
                if let Some(chosen) = style::filter_ui(ui, FILTER, "Time", now, Time::ALL, Time::label) {
                    wanted.time = chosen;
                }
            }
        }
    }

    fn days_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            for (name, typed) in ["From day", "To day"].into_iter().zip(&mut self.wanted.days) {
                ui.allocate_ui(vec2(FILTER, size::CONTROL), |ui| {
                    text_field(ui, name, typed, name)
                });
            }
        });
        let odd = |typed: &String| !typed.trim().is_empty() && day(typed).is_none();
        if self.wanted.days.iter().any(odd) {
            ui.label(style::second(ui, format!("Write a day as {DAY}")));
        } else if let [Some(from), Some(to)] = self.wanted.days.each_ref().map(|typed| day(typed))
            && from > to
        {
            ui.label(style::second(ui, "The first day is after the last one"));
        }
    }

    /// Takes all filters off, where one is on.
    fn clear_ui(&mut self, ui: &mut Ui) {
        if self.wanted.is_everything() {
            return;
        }
        ui.horizontal(|ui| {
            if style::quiet_button(ui, "Clear filters").clicked() {
                self.wanted = Wanted::default();
            }
            if let Some(up_to) = self.wanted.up_to {
                ui.label(style::second(ui, format!("Up to change {}", number(up_to))));
            }
        });
    }
}

/// The members of a client's record: those of its registration, and beside the first of them its status and its secrets.
fn fields() -> impl Iterator<Item = &'static str> {
    let (first, rest) = MEMBERS.split_at(1);
    first.iter().chain(&["status", "secrets"]).chain(rest).copied()
}

/// The members whose names hold a text, and the text itself: a record of another system may have other members.
fn fields_like(text: &str) -> Vec<Choice<String>> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let known = fields().filter(|field| field.contains(&lower));
    let mut names: Vec<&str> = known.collect();
    if !text.is_empty() && !names.contains(&text) {
        names.push(text);
    }
    let choice = |name: &str| Choice {
        label: make_visible(name),
        value: name.to_owned(),
    };
    names.into_iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_what_is_no_day_leaves_that_side_open() {
        let days = |from: &str, to: &str| Wanted {
            time: Some(Time::Days),
            days: [from.to_owned(), to.to_owned()],
            ..Wanted::default()
        };
        let now = Timestamp::UNIX_EPOCH;
        let query = days("2026-11-03", "2026-11-03").query(now);
        let [since, until] = [query.since, query.until].map(Option::unwrap);
        let hours = until.duration_since(since).as_hours();
        assert!((23..=25).contains(&hours), "{hours}");
        let open = days("x", " ").query(now);
        assert_eq!((open.since, open.until), (None, None));
    }

    #[test]
    fn a_field_that_only_another_system_has_can_be_asked_for() {
        let offered: Vec<String> = fields_like("x_tenant")
            .into_iter()
            .map(|choice| choice.value)
            .collect();
        assert_eq!(offered, ["x_tenant"]);
        assert_eq!(fields_like("").len(), fields().count());
        let first = fields_like("REDIRECT").remove(0).value;
        assert_eq!(first, "redirect_uris");
    }
}
