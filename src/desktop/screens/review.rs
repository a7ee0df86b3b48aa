//! The reviewer's room: what is wrong with the registrations, and what was decided about it. One file a tab.

mod card;
mod field_history;
mod filters;
mod finding;
mod findings;
mod head;
mod lines;
mod looked_at;
mod saved_filters;
mod table;

use std::sync::Arc;

use eframe::egui::{Context, Ui};
use jiff::Timestamp;

use super::{Action, Rights};
use crate::desktop::worker::{Beside, FindingsView, Review, Workers};
use crate::registry::FindingCount;
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
        self.findings.refresh();
    }

    /// How many findings are open; none before the first audit.
    pub fn open_findings(&self) -> Option<String> {
        self.head.open_findings()
    }

    /// Takes the findings in. Returns how many are open, where that is to be written down.
    pub fn take(&mut self, number: u64, review: Arc<Review>) -> Option<FindingCount> {
        self.head.take(number, review, Timestamp::now())
    }

    /// Takes in the list as it is wanted.
    pub fn take_view(&mut self, number: u64, view: FindingsView) {
        self.findings.take_view(number, view);
    }

    /// Takes in the owners that the filter offers.
    pub fn take_owners(&mut self, number: u64, owners: Vec<String>) {
        self.findings.filters.take_owners(number, owners);
    }

    /// Takes in the filters that are kept.
    pub fn take_filters(&mut self, number: u64, filters: Vec<(String, String)>) {
        self.findings.saved.take(number, filters);
    }

    /// Takes in what stands beside the finding that is looked at.
    pub fn take_beside(&mut self, number: u64, beside: Beside) {
        self.findings.looked_at.take(number, beside);
    }

    /// The audit could not be done, of which there has been news.
    pub fn failed(&mut self, number: u64) {
        self.head.failed(number);
        self.findings.failed(number);
    }

    /// Some rules ask for the time: from time to time everything is judged again, whatever is shown.
    pub fn keep_time(&mut self, ctx: &Context, workers: &mut Workers) {
        self.head.keep_time(ctx, workers);
    }

    /// Draws the screen.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, rights: Rights) -> Option<Action> {
        self.head.keep_current(ui, workers);
        match self.head.tab {
            Tab::Findings => self.findings.ui(ui, &mut self.head, workers, rights),
        }
    }

    /// Looks at nothing any more. The keyboard goes back to its row.
    pub fn close(&mut self) {
        match self.head.tab {
            Tab::Findings => self.findings.close(),
        }
    }
}
