//! The reviewer's room: what is wrong with the registrations, and what was decided about it. One file a tab.

mod card;
mod finding;
mod findings;
mod head;

use eframe::egui::Ui;

use super::Action;
use crate::desktop::worker::{Review, Workers};
use findings::FindingsTab;
use head::{Head, Tab};

/// The state of the screen.
#[derive(Default)]
pub struct ReviewScreen {
    head: Head,
    findings: FindingsTab,
}

impl ReviewScreen {
    /// The registry changed: the next showing asks again.
    pub fn refresh(&mut self) {
        self.head.refresh();
    }

    /// How many findings are open; none before the first audit.
    pub fn open_findings(&self) -> Option<String> {
        self.head.open_findings()
    }

    /// Takes the findings in.
    pub fn take(&mut self, number: u64, review: Review) {
        self.head.take(number, review);
    }

    /// The audit could not be done, of which there has been news.
    pub fn failed(&mut self, number: u64) {
        self.head.failed(number);
    }

    /// Draws the screen.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        self.head.keep_current(ui, workers);
        match self.head.tab {
            Tab::Findings => self.findings.ui(ui, &mut self.head, workers),
        }
    }

    /// Looks at nothing any more. The keyboard goes back to its row.
    pub fn close(&mut self) {
        match self.head.tab {
            Tab::Findings => self.findings.close(),
        }
    }
}
