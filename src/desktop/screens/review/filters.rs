//! Which findings are wanted, and put together by what.

use std::sync::Arc;

use eframe::egui::{Ui, vec2};

use crate::audit::{Age, AuditRule, Decided, SeverityFilter, WorkList};
use crate::client::{Severity, Standing, make_visible};
use crate::desktop::form::text_field;
use crate::desktop::screens::history::picker::{Answer, Choice, Picker};
use crate::desktop::style::{self, Tone, tokens::size, tokens::space};
use crate::desktop::worker::findings::Grouping;
use crate::desktop::worker::{Read, Review, Workers};

/// The width of a filter, in points.
const FILTER: f32 = 126.0;
/// In a window that is lower, several rows of filters are folded away.
const LOW: f32 = 720.0;
/// What the button that unfolds them takes, in points.
const TOGGLE: f32 = 84.0;
/// Owners that are offered at once.
const OWNERS: usize = 20;

const SEVERITIES: [Severity; 5] = [
    Severity::Critical,
    Severity::High,
    Severity::Medium,
    Severity::Low,
    Severity::Info,
];
const STANDINGS: [Standing; 3] = [Standing::Active, Standing::Disabled, Standing::Held];
const AGES: [Age; 6] = [
    Age::Within(7),
    Age::Within(30),
    Age::Within(90),
    Age::Over(30),
    Age::Over(90),
    Age::Over(365),
];

const fn age_label(age: Age) -> &'static str {
    match age {
        Age::Within(7) => "Last 7 days",
        Age::Within(30) => "Last 30 days",
        Age::Within(_) => "Last 90 days",
        Age::Over(30) => "Over 30 days",
        Age::Over(90) => "Over 90 days",
        Age::Over(_) => "Over a year",
    }
}

const fn decided_label(decided: Decided) -> &'static str {
    match decided {
        Decided::Open => "Open",
        Decided::Accepted => "Accepted",
        Decided::All => "Open and accepted",
    }
}

const fn grouping_label(grouping: Grouping) -> &'static str {
    match grouping {
        Grouping::Finding => "By finding",
        Grouping::Client => "By client",
        Grouping::Rule => "By rule",
    }
}

/// What is wanted.
#[derive(Default)]
pub(super) struct Filters {
    /// Which findings, put together by what, and in which order.
    pub wanted: WorkList,
    owners: Picker<String>,
    /// Whether they are shown where there is little room.
    unfolded: bool,
}

/// One of the filters.
#[derive(Clone, Copy)]
enum Part {
    Severity,
    Rule,
    Status,
    Owner,
    Age,
    Decision,
    Grouping,
    Saved,
}

const PARTS: [Part; 8] = [
    Part::Severity,
    Part::Rule,
    Part::Status,
    Part::Owner,
    Part::Age,
    Part::Decision,
    Part::Grouping,
    Part::Saved,
];

impl Filters {
    /// The registry changed: what the list of owners offers may be out of date.
    pub fn refresh(&mut self) {
        self.owners.refresh();
    }

    /// Takes in the owners that were looked up.
    pub fn take_owners(&mut self, number: u64, owners: Vec<String>) {
        let choice = |owner: String| Choice {
            label: make_visible(&owner),
            value: owner,
        };
        self.owners.take(number, owners.into_iter().map(choice).collect());
    }

    /// Draws them, in as many rows as there must be; `saved` draws the filters that are kept.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        review: Option<&Arc<Review>>,
        workers: &mut Workers,
        mut saved: impl FnMut(&mut Ui, f32, &WorkList) -> Option<WorkList>,
    ) {
        let hint = "Search by client name or client ID";
        let gap = ui.spacing().item_spacing.x;
        let room = ((ui.available_width() + gap) / (FILTER + gap)).floor().max(1.0) as usize;
        // Rows of about the same length.
        let rows = PARTS.len().div_ceil(room);
        let folds = rows > 1 && ui.ctx().content_rect().height() < LOW;
        if folds {
            ui.horizontal(|ui| {
                let width = ui.available_width() - TOGGLE;
                ui.allocate_ui(vec2(width, size::CONTROL), |ui| {
                    text_field(ui, "Search findings", &mut self.wanted.filter.text, hint)
                });
                if style::toggle_chip(ui, "Filters", self.unfolded, Tone::Good).clicked() {
                    self.unfolded = !self.unfolded;
                }
            });
            if !self.unfolded {
                return;
            }
        } else {
            text_field(ui, "Search findings", &mut self.wanted.filter.text, hint);
        }
        ui.add_space(space::XS);
        for row in PARTS.chunks(PARTS.len().div_ceil(rows)) {
            ui.horizontal(|ui| {
                for part in row {
                    match part {
                        Part::Saved => {
                            if let Some(chosen) = saved(ui, FILTER, &self.wanted) {
                                self.wanted = chosen;
                            }
                        }
                        other => self.part_ui(ui, *other, review, workers),
                    }
                }
            });
        }
    }

    fn part_ui(&mut self, ui: &mut Ui, part: Part, review: Option<&Arc<Review>>, workers: &mut Workers) {
        let filter = &mut self.wanted.filter;
        match part {
            Part::Severity => severity_ui(ui, &mut filter.severity),
            Part::Rule => {
                let rules = review.map(|review| review.rules.as_slice()).unwrap_or_default();
                let rules = rules.iter().copied();
                let chosen = style::filter_ui(ui, FILTER, "Rule", filter.rule, rules, AuditRule::title);
                filter.rule = chosen.unwrap_or(filter.rule);
            }
            Part::Status => {
                let now = filter.standing;
                let chosen = style::filter_ui(ui, FILTER, "Status", now, STANDINGS, Standing::label);
                filter.standing = chosen.unwrap_or(now);
            }
            Part::Owner => {
                let name = filter.owner.as_deref().map(make_visible);
                let ask = |text: String| match review {
                    Some(review) => Answer::Later(workers.send(Read::Owners(review.clone(), text, OWNERS))),
                    None => Answer::Now(Vec::new()),
                };
                if let Some(chosen) = self.owners.ui(ui, FILTER, ("Owner", "Find an owner"), name, ask) {
                    filter.owner = chosen;
                }
            }
            Part::Age => {
                let chosen = style::filter_ui(ui, FILTER, "Age", filter.age, AGES, age_label);
                filter.age = chosen.unwrap_or(filter.age);
            }
            Part::Decision => {
                // As with the other filters: where nothing is left out, its name.
                let shown = match filter.decided {
                    Decided::All => "Decision",
                    other => decided_label(other),
                };
                style::combo("Decision", FILTER, shown).show_ui(ui, |ui| {
                    for decided in [Decided::All, Decided::Open, Decided::Accepted] {
                        style::choice_value(ui, &mut filter.decided, decided, decided_label(decided));
                    }
                });
            }
            Part::Grouping => {
                let shown = grouping_label(self.wanted.grouping);
                style::combo("Group by", FILTER, shown).show_ui(ui, |ui| {
                    for grouping in [Grouping::Finding, Grouping::Client, Grouping::Rule] {
                        style::choice_value(
                            ui,
                            &mut self.wanted.grouping,
                            grouping,
                            grouping_label(grouping),
                        );
                    }
                });
            }
            Part::Saved => {}
        }
    }
}

/// Mere remarks are there for whoever asks.
fn severity_ui(ui: &mut Ui, current: &mut SeverityFilter) {
    let shown = match current {
        SeverityFilter::Weighty => "Severity",
        SeverityFilter::All => "All",
        SeverityFilter::Only(severity) => severity.label(),
    };
    style::combo("Severity", FILTER, shown).show_ui(ui, |ui| {
        style::choice_value(ui, current, SeverityFilter::Weighty, "All but info");
        for severity in SEVERITIES {
            style::choice_value(ui, current, SeverityFilter::Only(severity), severity.label());
        }
        style::choice_value(ui, current, SeverityFilter::All, "All");
    });
}
