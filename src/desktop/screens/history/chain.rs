//! Following the chain of the history: whether it is whole, and the first change that does not fit.

use eframe::egui::{Context, Label, Ui};

use jiff::Timestamp;

use super::Action;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::desktop::table::waiting_ui;
use crate::desktop::time;
use crate::desktop::worker::{Aside, Workers};
use crate::registry::{ChainBreak, ChainReport};
use crate::reporting::history::words::{CHAIN_ADVICE, chain_meaning, chain_trouble};

/// What is known of the chain.
#[derive(Default)]
pub struct Verification {
    asked: Option<Question>,
    report: Option<ChainReport>,
    /// When that was.
    verified_at: Timestamp,
    /// Whether something may have changed since, which nobody has verified yet.
    is_older: bool,
    /// Whether the report is shown on the screen.
    shown: bool,
}

/// A question that is under way.
struct Question {
    number: u64,
    /// Since when, by the window's own clock.
    since: f64,
    /// Whether nobody waits for it.
    is_unasked: bool,
    /// Whether something changed meanwhile: whether that was followed too cannot be told.
    is_overtaken: bool,
}

/// What a person wants of a report.
pub enum Wish {
    /// See a change, by its number.
    Show(i64),
    /// Something else.
    Do(Action),
}

impl Verification {
    /// Follows the chain anew.
    pub fn ask(&mut self, ctx: &Context, workers: &mut Workers) {
        self.shown = true;
        match &mut self.asked {
            Some(question) => question.is_unasked = false,
            None => self.begin(ctx, workers, false),
        }
    }

    /// The same by itself, of which only a break is told.
    pub fn ask_unasked(&mut self, ctx: &Context, workers: &mut Workers) {
        if self.asked.is_none() {
            self.begin(ctx, workers, true);
        }
    }

    fn begin(&mut self, ctx: &Context, workers: &mut Workers, is_unasked: bool) {
        self.asked = Some(Question {
            number: workers.send(Aside::VerifyChain),
            since: ctx.input(|input| input.time),
            is_unasked,
            is_overtaken: false,
        });
    }

    /// The registry changed: what is known of the chain ends before that.
    pub fn refresh(&mut self) {
        self.is_older = true;
        if let Some(question) = &mut self.asked {
            question.is_overtaken = true;
        }
    }

    /// Since when it is being followed, if somebody waits for it.
    fn awaited(&self) -> Option<f64> {
        let question = self.asked.as_ref().filter(|question| !question.is_unasked);
        question.map(|question| question.since)
    }

    /// Whether it is being followed, and somebody waits for it.
    pub fn is_under_way(&self) -> bool {
        self.awaited().is_some()
    }

    /// Takes in what was found. A break that is new is shown, whether somebody asked or not.
    pub fn take(&mut self, number: u64, report: ChainReport) {
        if let Some(question) = self.asked.take_if(|asked| asked.number == number) {
            self.is_older = question.is_overtaken;
            let is_new = self.broken().is_none_or(|known| *known != report);
            self.shown |= report.broken_at.is_some() && is_new;
            self.report = Some(report);
            self.verified_at = Timestamp::now();
        }
    }

    /// It could not be followed. Returns whether nobody had asked for it.
    pub fn failed(&mut self, number: u64) -> bool {
        let failed = self.asked.take_if(|asked| asked.number == number);
        failed.is_some_and(|question| question.is_unasked)
    }

    /// What was found, if the chain is broken.
    pub fn broken(&self) -> Option<&ChainReport> {
        self.report.as_ref().filter(|report| report.broken_at.is_some())
    }

    /// The first change that does not fit.
    pub fn broken_at(&self) -> Option<i64> {
        self.report.as_ref()?.broken_at
    }

    /// What was found, in a line for the status bar, and how it is to be taken; none before it was looked for.
    pub fn told(&self) -> Option<(Tone, String)> {
        let report = self.report.as_ref()?;
        Some(match report.broken_at {
            None => (
                Tone::Neutral,
                match self.is_older {
                    false => format!("Chain of {} verified", changes(report.rows)),
                    true => format!(
                        "Chain of {} verified {}",
                        changes(report.rows),
                        time::at(self.verified_at, Timestamp::now())
                    ),
                },
            ),
            Some(seq) => (Tone::Danger, format!("Chain broken at change {}", number(seq))),
        })
    }

    /// Shows what was found, until it is closed.
    pub fn ui(&mut self, ui: &mut Ui) -> Option<Wish> {
        if !self.shown {
            return None;
        }
        if let Some(since) = self.awaited() {
            ui.horizontal(|ui| {
                ui.label(style::second(ui, "Following the chain from the first change on"));
                waiting_ui(ui, since);
            });
            return None;
        }
        let report = self.report.as_ref()?;
        let tone = if report.broken_at.is_none() {
            Tone::Good
        } else {
            Tone::Danger
        };
        let mut close = false;
        let wish = style::card(ui, tone, |ui| {
            ui.horizontal(|ui| {
                ui.label(style::medium(ui, heading(report)));
                style::at_right(ui, |ui| {
                    close = style::close_button(ui, "Close verification").clicked();
                });
            });
            match report.broken_at {
                None => whole_ui(ui, report),
                Some(seq) => broken_ui(ui, seq, report.how),
            }
        });
        self.shown = !close;
        wish
    }
}

fn heading(report: &ChainReport) -> String {
    chain_trouble(report).unwrap_or_else(|| format!("{}, whole", changes(report.rows)))
}

/// Says on another screen that the chain is broken, and where. Returns the change that is to be shown.
pub fn banner_ui(ui: &mut Ui, report: &ChainReport) -> Option<i64> {
    let seq = report.broken_at?;
    let wish = style::card(ui, Tone::Danger, |ui| {
        ui.label(style::medium(ui, heading(report)));
        broken_ui(ui, seq, report.how)
    });
    ui.add_space(space::S);
    matches!(wish, Some(Wish::Show(_))).then_some(seq)
}

fn whole_ui(ui: &mut Ui, report: &ChainReport) -> Option<Wish> {
    let head = style::mono(ui, format!("head {}", report.head)).color(palette(ui).second);
    ui.add(Label::new(head).wrap());
    let text = "Note the head elsewhere: by it alone an older copy of the whole file, put in the place of this one, can be told.";
    ui.add(Label::new(style::second(ui, text)).wrap());
    let copy = style::button(ui, "Copy head").clicked();
    copy.then(|| Wish::Do(Action::CopyText(report.head.clone())))
}

fn broken_ui(ui: &mut Ui, seq: i64, how: Option<ChainBreak>) -> Option<Wish> {
    ui.add(Label::new(style::second(ui, chain_meaning(how))).wrap());
    ui.add(Label::new(style::second(ui, CHAIN_ADVICE)).wrap());
    let button = if how == Some(ChainBreak::Missing) {
        "Show where it is missing".to_owned()
    } else {
        format!("Show change {}", number(seq))
    };
    style::button(ui, &button).clicked().then_some(Wish::Show(seq))
}

/// A number of changes: `1 change`, `1,842 changes`.
fn changes(count: i64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} change{plural}", number(count))
}

/// The number of a change, with its digits in groups.
pub fn number(seq: i64) -> String {
    u64::try_from(seq).map_or_else(|_| seq.to_string(), grouped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_that_nobody_looked_for_is_shown_once_and_a_whole_chain_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let mut workers = Workers::inline(&path, "Tess Tester").unwrap();
        let mut verification = Verification::default();
        let mut found = |verification: &mut Verification, broken_at| {
            verification.ask_unasked(&Context::default(), &mut workers);
            let number = verification.asked.as_ref().map(|question| question.number);
            let report = ChainReport {
                rows: 7,
                head: String::new(),
                broken_at,
                how: None,
            };
            verification.take(number.unwrap(), report);
            std::mem::take(&mut verification.shown)
        };
        assert!(!found(&mut verification, None));
        assert!(found(&mut verification, Some(3)));
        assert!(!found(&mut verification, Some(3)), "it was closed");
        assert!(found(&mut verification, Some(2)), "another one");
    }
}
