//! What every tab of the screen stands under: the audit itself, its title and its tabs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{Context, Label, Ui};
use jiff::Timestamp;

use super::trend::Trend;
use crate::desktop::command::UiCommand;
use crate::desktop::screens::Action;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::table::waiting_ui;
use crate::desktop::worker::{Review, WHOLE, Work, Workers, day};
use crate::registry::FindingCount;

/// After an audit so many times as long as it took, none is begun for a change: what others change all the time must
/// not keep the thread from hashing and from asking for tokens.
const REST: u32 = 10;
/// A day, in seconds.
const DAY: i64 = 24 * 60 * 60;
/// So many troubles are told one by one.
const TROUBLES: usize = 3;
/// The clock is not looked at more often than so.
const SOON: Duration = Duration::from_secs(1);
/// So long after the window began everything is judged by itself, in seconds of the window's own clock: what is dangerous
/// must not wait until somebody goes and looks.
const FIRST: f64 = 3.0;
/// What changed while another screen is shown is judged no sooner than so after the last audit.
const UNSEEN: Duration = Duration::from_secs(5);

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

/// Where title, counts and buttons stand in one row.
const ONE_ROW: f32 = 700.0;

/// The latest audit, and the one that runs.
#[derive(Default)]
pub(super) struct Head {
    /// Which tab is shown.
    pub tab: Tab,
    /// How many findings were open, day by day.
    pub trend: Trend,
    /// None before the first audit.
    review: Option<Arc<Review>>,
    /// The audit that runs, and since when by the window's own clock.
    asked: Option<(u64, f64)>,
    /// Whether an audit was asked for since the registry changed last.
    current: bool,
    /// Before then no further audit is begun for a change.
    rest_until: Option<Instant>,
    /// When the window began, by its own clock.
    begun: Option<f64>,
    /// Before then none is begun by itself; nothing before the first one was done.
    unseen_until: Option<Instant>,
    /// Whether nobody asked for the audit that runs.
    is_unasked: bool,
    /// Whether the audit that runs judges everything, and the history is to be followed once it is done.
    is_whole: bool,
    /// Whether the history is to be followed now.
    verifies: bool,
    /// When everything was judged last, or the window began; and on which day.
    whole_at: Option<(Instant, i64)>,
    /// What was written down last of what is open.
    counted: Option<FindingCount>,
}

impl Head {
    /// The registry changed: the next showing asks again.
    pub fn refresh(&mut self) {
        self.current = false;
    }

    /// The next change is judged at once.
    pub fn rest_no_longer(&mut self) {
        self.rest_until = None;
    }

    /// What the latest audit found; nothing before the first.
    pub fn review(&self) -> Option<&Arc<Review>> {
        self.review.as_ref()
    }

    /// How many of those that are open are critical or high; none before the first audit.
    pub fn urgent(&self) -> Option<usize> {
        self.review.as_deref().map(Review::urgent)
    }

    /// Whether everything was just judged, so that the history is to be followed too. It is said once.
    pub fn begins_to_verify(&mut self) -> bool {
        std::mem::take(&mut self.verifies)
    }

    /// Takes the findings in. Returns how many are open, where that was not written down yet.
    pub fn take(&mut self, number: u64, review: Arc<Review>, now: Timestamp) -> Option<FindingCount> {
        self.asked.take_if(|(asked, _)| *asked == number)?;
        let now_here = Instant::now();
        self.rest_until = Some(now_here + review.took * REST);
        self.unseen_until = Some(now_here + (review.took * REST).max(UNSEEN));
        self.verifies |= self.is_whole;
        let count = review.count(now);
        self.review = Some(review);
        self.trend.refresh();
        let of_day = |count: FindingCount| (day(count.day), count.open, count.accepted);
        let is_new = self.counted.map(of_day) != Some(of_day(count));
        self.counted = Some(count);
        is_new.then_some(count)
    }

    /// The audit could not be done. Returns whether nobody had asked for it: then it is tried again once somebody looks, and
    /// says why only then.
    pub fn failed(&mut self, number: u64) -> bool {
        let failed = self.asked.take_if(|(asked, _)| *asked == number);
        let is_unasked = failed.is_some() && self.is_unasked;
        if is_unasked {
            self.current = false;
            self.unseen_until = Some(Instant::now() + WHOLE.unsigned_abs());
        }
        is_unasked
    }

    /// Everything is judged some seconds after the window began, whatever is shown. Some rules ask for the time: once an hour,
    /// and when a day begins, everything is judged again. What changed in between is judged by and by.
    pub fn keep_time(&mut self, ctx: &Context, workers: &mut Workers) {
        let (clock, now, time) = (Instant::now(), Timestamp::now(), ctx.input(|input| input.time));
        let (since, of_day) = *self.whole_at.get_or_insert((clock, day(now)));
        let begun = *self.begun.get_or_insert(time);
        if self.asked.is_some() {
            // Its answer wakes the window.
            return;
        }
        let hour = WHOLE.unsigned_abs();
        let passed = clock.duration_since(since);
        if passed >= hour || day(now) != of_day {
            return self.begin(ctx, workers, true, true);
        }
        let second = now.as_second().rem_euclid(DAY);
        let next_day = Duration::from_secs(u64::try_from(DAY - second).unwrap_or(1));
        let mut wait = next_day.min(hour.saturating_sub(passed));
        if !self.current {
            let left = match self.unseen_until {
                None => Duration::try_from_secs_f64(begun + FIRST - time).unwrap_or_default(),
                Some(until) => until.saturating_duration_since(clock),
            };
            if left.is_zero() {
                return self.begin(ctx, workers, false, true);
            }
            wait = wait.min(left);
        }
        ctx.request_repaint_after(wait.max(SOON));
    }

    /// One audit at a time, however often the registry changes, and then a rest.
    pub fn keep_current(&mut self, ui: &Ui, workers: &mut Workers) {
        if self.current || self.asked.is_some() {
            return;
        }
        let now = Instant::now();
        match self.rest_until.filter(|rest| *rest > now) {
            Some(rest) => ui.ctx().request_repaint_after(rest - now),
            None => self.begin(ui.ctx(), workers, false, false),
        }
    }

    /// Title, what can be done with the whole, and the tabs.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, writable: bool) -> Option<Action> {
        let is_wide = ui.available_width() >= ONE_ROW;
        let counts = self.review.as_deref().map(counts_text);
        let mut action = None;
        ui.horizontal(|ui| {
            style::title(ui, "Review");
            if let Some(counts) = counts.as_ref().filter(|_| is_wide) {
                ui.label(style::second(ui, counts));
            }
            style::row_at_right(ui, |ui| {
                if let Some((_, since)) = self.asked {
                    waiting_ui(ui, since);
                }
                let run = style::button(ui, UiCommand::RunAudit.label());
                if run.on_hover_text(UiCommand::RunAudit.tooltip()).clicked() {
                    self.run(ui.ctx(), workers);
                }
                let command = UiCommand::ExportReport;
                let export = style::button(ui, command.label());
                if export.on_hover_text(command.tooltip()).clicked() {
                    action = Some(Action::Run(command));
                }
                let command = UiCommand::ApplySignOffs;
                if writable {
                    style::more_button(ui, "More actions", "What a reviewer brings back", |ui| {
                        if style::menu_item(ui, command.label(), command.tooltip()).clicked() {
                            action = Some(Action::Run(command));
                        }
                    });
                }
            });
        });
        if let Some(counts) = counts.filter(|_| !is_wide) {
            ui.label(style::second(ui, counts));
        }
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
        ui.add_space(space::S);
        action
    }

    /// What in the settings of the rules, or in a file of sign-offs, makes no sense: it counts for nothing.
    pub fn troubles_ui(&self, ui: &mut Ui) {
        let troubles = self.review().map_or(&[][..], |review| &review.troubles);
        if troubles.is_empty() {
            return;
        }
        style::card(ui, Tone::Warning, |ui| {
            for trouble in troubles.iter().take(TROUBLES) {
                ui.add(Label::new(style::second(ui, trouble)).wrap());
            }
            if let Some(more) = troubles.len().checked_sub(TROUBLES).filter(|more| *more > 0) {
                ui.label(style::faint(ui, format!("And {more} more")));
            }
        });
        ui.add_space(space::S);
    }

    /// Judges every client again.
    pub fn run(&mut self, ctx: &Context, workers: &mut Workers) {
        self.begin(ctx, workers, true, false);
    }

    fn begin(&mut self, ctx: &Context, workers: &mut Workers, whole: bool, is_unasked: bool) {
        self.current = true;
        self.is_unasked = is_unasked;
        // The first one judges everything by itself.
        self.is_whole = whole || self.review.is_none();
        if whole {
            self.whole_at = Some((Instant::now(), day(Timestamp::now())));
        }
        let number = workers.send(Work::Review { whole });
        self.asked = Some((number, ctx.input(|input| input.time)));
    }
}

/// `7 open · 2 info · 3 accepted · 118 clients approved`. Mere remarks are told apart from what is open.
fn counts_text(review: &Review) -> String {
    let clients = if review.approved == 1 { "client" } else { "clients" };
    let remarks = review.open.first().copied().filter(|remarks| *remarks > 0);
    let remarks = remarks.map(|remarks| format!(" · {} info", grouped(remarks as u64)));
    format!(
        "{} open{} · {} accepted · {} {clients} approved",
        grouped(review.open_findings() as u64),
        remarks.unwrap_or_default(),
        grouped(review.accepted as u64),
        grouped(review.approved as u64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(took: Duration) -> Arc<Review> {
        Arc::new(Review {
            took,
            ..Review::default()
        })
    }

    #[test]
    fn a_stale_answer_is_dropped() {
        let mut head = Head {
            asked: Some((7, 0.0)),
            ..Head::default()
        };
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(head.take(6, review(Duration::ZERO), now), None);
        assert_eq!(head.urgent(), None);
        assert!(head.take(7, review(Duration::ZERO), now).is_some());
        assert_eq!(head.urgent(), Some(0));
    }

    #[test]
    fn after_a_long_audit_a_change_waits_and_after_a_short_one_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let mut workers = Workers::inline(&path, "Tess Tester").unwrap();
        let mut head = Head::default();
        for (took, waits) in [(Duration::from_secs(5), true), (Duration::ZERO, false)] {
            head.asked = Some((1, 0.0));
            head.take(1, review(took), Timestamp::UNIX_EPOCH);
            head.refresh();
            eframe::egui::__run_test_ui(|ui| head.keep_current(ui, &mut workers));
            assert_eq!(head.asked.is_none(), waits, "{took:?}");
            head.rest_no_longer();
            eframe::egui::__run_test_ui(|ui| head.keep_current(ui, &mut workers));
            assert!(head.asked.is_some(), "{took:?}");
        }
    }

    #[test]
    fn what_is_open_is_written_down_once_a_day_and_when_it_changes() {
        let mut head = Head::default();
        let later = |days: i64| Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(days * 24 + 5);
        let mut is_written_down = |accepted, now| {
            head.asked = Some((1, 0.0));
            let review = Arc::new(Review {
                accepted,
                ..Review::default()
            });
            head.take(1, review, now).is_some()
        };
        assert!(is_written_down(0, later(0)));
        assert!(!is_written_down(0, later(0)));
        assert!(is_written_down(1, later(0)));
        assert!(is_written_down(1, later(1)));
    }

    #[test]
    fn some_seconds_after_the_window_began_everything_is_judged_and_then_nothing_until_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let mut workers = Workers::inline(&path, "Tess Tester").unwrap();
        let mut head = Head::default();
        let ctx = Context::default();
        let mut at = |head: &mut Head, time: f64| {
            let input = eframe::egui::RawInput {
                time: Some(time),
                ..eframe::egui::RawInput::default()
            };
            let mut output = ctx.run_ui(input, |ui| head.keep_time(ui.ctx(), &mut workers));
            output.textures_delta.clear();
            head.asked.is_some()
        };
        assert!(!at(&mut head, 10.0) && !at(&mut head, 12.5));
        assert!(at(&mut head, 13.1));
        let number = head.asked.unwrap().0;
        head.take(number, review(Duration::ZERO), Timestamp::UNIX_EPOCH);
        assert!(head.begins_to_verify() && !head.begins_to_verify(), "once");
        assert!(!at(&mut head, 60.0), "nothing changed");
        head.refresh();
        assert!(!at(&mut head, 60.0), "it rests");
        head.unseen_until = Some(Instant::now());
        assert!(at(&mut head, 60.0));
        let number = head.asked.unwrap().0;
        assert!(head.failed(number), "nobody had asked");
        assert!(!at(&mut head, 60.0), "it is not tried all the time");
        assert!(!head.current, "whoever looks has it tried again");
    }

    #[test]
    fn once_an_hour_and_when_a_day_begins_everything_is_judged_again_whatever_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let mut workers = Workers::inline(&path, "Tess Tester").unwrap();
        let today = day(Timestamp::now());
        let begun = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        for (whole_at, asks) in [
            (None, false),
            (Some((begun(60), today)), false),
            (Some((begun(3_601), today)), true),
            (Some((begun(60), today - 1)), true),
        ] {
            let mut head = Head {
                whole_at,
                ..Head::default()
            };
            head.keep_time(&Context::default(), &mut workers);
            assert_eq!(head.asked.is_some(), asks, "{whole_at:?}");
        }
    }
}
