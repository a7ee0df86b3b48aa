//! Following the chain of the history: whether it is whole, and the first change that does not fit.

use eframe::egui::{Label, Ui};

use super::Action;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, palette};
use crate::desktop::table::waiting_ui;
use crate::desktop::worker::{Aside, Workers};
use crate::registry::{ChainBreak, ChainReport};
use crate::reporting::history::words::{CHAIN_ADVICE, chain_meaning, chain_trouble};

/// What is known of the chain.
#[derive(Default)]
pub struct Verification {
    /// The number of the question that is under way, and since when by the window's own clock.
    asked: Option<(u64, f64)>,
    report: Option<ChainReport>,
    /// Whether the report is shown on the screen.
    shown: bool,
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
    pub fn ask(&mut self, ui: &Ui, workers: &mut Workers) {
        let number = workers.send(Aside::VerifyChain);
        self.asked = Some((number, ui.input(|input| input.time)));
        self.shown = true;
    }

    /// Whether it is being followed.
    pub fn is_under_way(&self) -> bool {
        self.asked.is_some()
    }

    /// Takes in what was found.
    pub fn take(&mut self, number: u64, report: ChainReport) {
        if self.asked.take_if(|(asked, _)| *asked == number).is_some() {
            self.report = Some(report);
        }
    }

    /// It could not be followed, of which there has been news.
    pub fn failed(&mut self, number: u64) {
        self.asked.take_if(|(asked, _)| *asked == number);
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
                format!("Chain of {} verified", changes(report.rows)),
            ),
            Some(seq) => (Tone::Danger, format!("Chain broken at change {}", number(seq))),
        })
    }

    /// Shows what was found, until it is closed.
    pub fn ui(&mut self, ui: &mut Ui) -> Option<Wish> {
        if !self.shown {
            return None;
        }
        if let Some((_, since)) = self.asked {
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
