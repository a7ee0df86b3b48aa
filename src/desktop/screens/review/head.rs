//! What every tab of the screen stands under: the audit itself, its title and its tabs.

use std::time::Instant;

use eframe::egui::Ui;

use super::trend::Trend;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::table::waiting_ui;
use crate::desktop::worker::{Found, Review, Work, Workers};

/// After an audit so many times as long as it took, none is begun for a change: what others change all the time must
/// not keep the thread from hashing and from asking for tokens.
const REST: u32 = 10;

/// The parts of the screen, of which one is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    /// What is wrong.
    #[default]
    Findings,
    /// What ends and when.
    Expiry,
    /// What nobody uses.
    Unused,
    /// How the rules are set.
    Rules,
}

impl Tab {
    const ALL: [Self; 4] = [Self::Findings, Self::Expiry, Self::Unused, Self::Rules];

    const fn label(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Expiry => "Expiry",
            Self::Unused => "Unused",
            Self::Rules => "Rules",
        }
    }
}

/// The latest audit, and the one that runs.
#[derive(Default)]
pub(super) struct Head {
    /// Which tab is shown.
    pub tab: Tab,
    /// How many findings were open, day by day.
    pub trend: Trend,
    /// None before the first audit.
    review: Option<Review>,
    /// The audit that runs, and since when by the window's own clock.
    asked: Option<(u64, f64)>,
    /// Whether an audit was asked for since the registry changed last.
    current: bool,
    /// Before then no further audit is begun for a change.
    rest_until: Option<Instant>,
}

impl Head {
    /// The registry changed: the next showing asks again.
    pub fn refresh(&mut self) {
        self.current = false;
    }

    /// What the latest audit found; nothing before the first.
    pub fn review(&self) -> Option<&Review> {
        self.review.as_ref()
    }

    /// Its findings.
    pub fn findings(&self) -> &[Found] {
        self.review
            .as_ref()
            .map(|review| review.findings.as_slice())
            .unwrap_or_default()
    }

    /// How many findings are open; none before the first audit.
    pub fn open_findings(&self) -> Option<String> {
        self.review.as_ref().map(|review| {
            let open = review.findings.iter().filter(|found| found.finding().is_open());
            grouped(open.count() as u64)
        })
    }

    /// Takes the findings in.
    pub fn take(&mut self, number: u64, review: Review) {
        if self.asked.take_if(|(asked, _)| *asked == number).is_some() {
            self.rest_until = Some(Instant::now() + review.took * REST);
            self.review = Some(review);
            self.trend.refresh();
        }
    }

    /// The audit could not be done, of which there has been news.
    pub fn failed(&mut self, number: u64) {
        self.asked.take_if(|(asked, _)| *asked == number);
    }

    /// One audit at a time, however often the registry changes, and then a rest.
    pub fn keep_current(&mut self, ui: &Ui, workers: &mut Workers) {
        if self.current || self.asked.is_some() {
            return;
        }
        let now = Instant::now();
        match self.rest_until.filter(|rest| *rest > now) {
            Some(rest) => ui.ctx().request_repaint_after(rest - now),
            None => self.ask(ui, workers),
        }
    }

    /// Title, what can be done with the whole, and the tabs.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) {
        ui.horizontal(|ui| {
            style::title(ui, "Review");
            if let Some(count) = self.open_findings() {
                ui.label(style::second(ui, format!("{count} open")));
            }
            style::at_right(ui, |ui| {
                if style::button(ui, "Run audit").clicked() {
                    self.ask(ui, workers);
                }
                if let Some((_, since)) = self.asked {
                    waiting_ui(ui, since);
                }
            });
        });
        if Tab::ALL.len() > 1 {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::L;
                for tab in Tab::ALL {
                    if style::tab(ui, tab.label(), self.tab == tab).clicked() {
                        self.tab = tab;
                    }
                }
            });
        }
        ui.add_space(space::M);
    }

    fn ask(&mut self, ui: &Ui, workers: &mut Workers) {
        self.current = true;
        self.asked = Some((workers.send(Work::Review), ui.input(|input| input.time)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stale_answer_is_dropped() {
        let mut head = Head::default();
        head.asked = Some((7, 0.0));
        head.take(6, Review::default());
        assert_eq!(head.open_findings(), None);
        head.take(7, Review::default());
        assert_eq!(head.open_findings().as_deref(), Some("0"));
    }

    #[test]
    fn after_a_long_audit_a_change_waits_and_after_a_short_one_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let mut workers = Workers::inline(&path, "Tess Tester").unwrap();
        let mut head = Head::default();
        for (took, waits) in [(Duration::from_secs(5), true), (Duration::ZERO, false)] {
            head.asked = Some((1, 0.0));
            let review = Review {
                took,
                ..Review::default()
            };
            head.take(1, review);
            head.refresh();
            eframe::egui::__run_test_ui(|ui| head.keep_current(ui, &mut workers));
            assert_eq!(head.asked.is_none(), waits, "{took:?}");
        }
    }
}
