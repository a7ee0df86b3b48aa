//! The reviewer's room: what is wrong with the registrations, and what was decided about it. One file a tab.

mod below;
mod card;
mod expiry;
mod export;
mod field_history;
mod filters;
mod finding;
mod findings;
mod head;
mod lines;
mod looked_at;
mod rules;
mod saved_filters;
mod table;
mod trend;
mod unused;

use std::sync::Arc;

use eframe::egui::{Context, Frame, Margin, Ui};
use jiff::Timestamp;

use super::history::chain::banner_ui;
use super::{Action, Rights};
use crate::audit::calendar::Ending;
use crate::audit::{AuditFinding, AuditRule, FactRule, Settings, judge_draft};
use crate::client::Severity;
use crate::desktop::dialogs::{AcceptDialog, Dialog, SaveAsDialog};
use crate::desktop::style::tokens::SCREEN_MARGIN;
use crate::desktop::worker::{AuditRules, Beside, FindingsView, Found, Review, Workers};
use crate::registry::{ChainReport, Client, FindingCount};
use expiry::ExpiryTab;
use findings::FindingsTab;
use head::{Head, Tab};
use rules::RulesTab;
use unused::UnusedTab;

/// The state of the screen.
#[derive(Default)]
pub struct ReviewScreen {
    head: Head,
    findings: FindingsTab,
    expiry: ExpiryTab,
    unused: UnusedTab,
    rules: RulesTab,
}

impl ReviewScreen {
    /// The registry changed: the next showing asks again.
    pub fn refresh(&mut self) {
        self.head.refresh();
        self.findings.refresh();
        self.unused.looked_at.refresh();
        self.expiry.rows.refresh();
    }

    /// The next change is judged at once, however long the last audit took.
    pub fn rest_no_longer(&mut self) {
        self.head.rest_no_longer();
    }

    /// How many findings are open that cannot wait, critical and high; none before the first audit.
    pub fn urgent(&self) -> Option<usize> {
        self.head.urgent()
    }

    /// How many findings on a client are open that are more than remarks, by severity. Of a version that was not audited yet
    /// only what its registration says is known.
    pub fn open_of(&self, client: &Client, settings: &Settings) -> [usize; 5] {
        let of_client = |found: &&Found| found.client.client_id == client.client_id;
        let found = self
            .head
            .review()
            .and_then(|review| review.findings.iter().find(of_client));
        let judged = found.map_or(&[][..], |found| &found.client.findings);
        let mut open = [0; 5];
        let mut count = |finding: &AuditFinding| {
            // That something changed since the last sign-off ends with the next.
            let ends = finding.rule == AuditRule::Facts(FactRule::ChangedSinceReview);
            if !ends
                && finding.severity > Severity::Info
                && let Some(count) = open.get_mut(finding.severity as usize)
            {
                *count += 1;
            }
        };
        if found.is_some_and(|found| found.client.version == client.version) {
            let findings = judged.iter().map(|dated| &dated.finding);
            findings.filter(|finding| finding.is_open()).for_each(count);
            return open;
        }
        let is_accepted = |finding: &AuditFinding| {
            let accepted = judged.iter().filter_map(|dated| dated.finding.accepted.as_ref());
            accepted.into_iter().any(|accepted| accepted.is_about(finding))
        };
        for finding in judge_draft(&client.draft, Some(&client.client_id), settings) {
            if !is_accepted(&finding) {
                count(&finding);
            }
        }
        open
    }

    /// Whether everything was just judged, so that the history is to be followed too. It is said once.
    pub fn begins_to_verify(&mut self) -> bool {
        self.head.begins_to_verify()
    }

    /// Takes the findings in. Returns how many are open, where that is to be written down.
    pub fn take(&mut self, number: u64, review: Arc<Review>) -> Option<FindingCount> {
        let count = self.head.take(number, review, Timestamp::now());
        if let Some(review) = self.head.review() {
            self.unused.follow(&review.unused_clients);
        }
        count
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
        match self.head.tab {
            Tab::Unused => self.unused.looked_at.take(number, beside),
            _ => self.findings.looked_at.take(number, beside),
        }
    }

    /// Takes in what ends and when.
    pub fn take_endings(&mut self, number: u64, endings: Vec<Ending>) {
        self.expiry.rows.take(number, endings);
    }

    /// Takes in how many findings were open, day by day.
    pub fn take_counts(&mut self, number: u64, counts: Vec<FindingCount>) {
        self.head.trend.take(number, counts);
    }

    /// Takes in how the rules are set.
    pub fn take_rules(&mut self, rules: &Arc<AuditRules>) {
        self.rules.take(rules);
    }

    /// Takes over settings from a file, to be saved or not, and what in them made no sense.
    pub fn import_rules(&mut self, settings: Settings, troubles: Vec<String>) {
        self.rules.import(settings, troubles);
    }

    /// Whether rules were changed and not saved.
    pub fn is_dirty(&self) -> bool {
        self.rules.is_dirty()
    }

    /// What was asked for could not be done. Returns whether nobody had asked for it.
    pub fn failed(&mut self, number: u64) -> bool {
        self.findings.failed(number);
        self.expiry.rows.failed(number);
        self.head.failed(number)
    }

    /// Everything is judged some seconds after the window began, and from then on again from time to time, whatever is shown.
    pub fn keep_time(&mut self, ctx: &Context, workers: &mut Workers) {
        self.head.keep_time(ctx, workers);
    }

    /// Judges every client again.
    pub fn run_audit(&mut self, ctx: &Context, workers: &mut Workers) {
        self.head.run(ctx, workers);
    }

    /// What stands beside the finding that is looked at, once that is known.
    pub fn beside(&self) -> Option<&Beside> {
        match self.head.tab {
            Tab::Findings => self.findings.looked_at.beside(),
            Tab::Unused => self.unused.looked_at.beside(),
            Tab::Expiry | Tab::Rules => None,
        }
    }

    /// The question before the risk at hand is taken.
    ///
    /// # Errors
    /// Why there is none to take.
    pub fn risk_at_hand(&self, rights: Rights) -> Result<Dialog, &'static str> {
        let group = self.findings.group_to_accept().filter(|_| rights.change);
        if let Some(dialog) = group.filter(|_| self.head.tab == Tab::Findings) {
            return Ok(Dialog::AcceptAll(Box::new(dialog)));
        }
        let found = match self.head.tab {
            Tab::Findings => self.findings.found(),
            Tab::Unused => self.unused.found(&self.head),
            Tab::Expiry | Tab::Rules => None,
        };
        let client = self.beside().and_then(|beside| beside.client.clone());
        let (found, client) = found.zip(client).ok_or("Look at an open finding first")?;
        let finding = found.finding();
        if finding.accepted.is_some() {
            return Err("This risk is accepted already");
        }
        let dialog = AcceptDialog::new(finding.clone(), client);
        Ok(Dialog::Accept(Box::new(dialog)))
    }

    /// Asks where a report is to be saved, and of which findings.
    pub fn export(&self, workers: &Workers) -> SaveAsDialog {
        let filter = &self.findings.filters.wanted.filter;
        let review = self.head.review().cloned();
        export::dialog(
            workers.usual_folder(),
            review.map(|review| (review, filter.clone())),
        )
    }

    /// Draws the screen. What the rules say counts for less where the history is `broken`: that stands above it.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        workers: &mut Workers,
        rights: Rights,
        broken: Option<&ChainReport>,
    ) -> Option<Action> {
        self.head.keep_current(ui, workers);
        let banner = |ui: &mut Ui| {
            broken
                .and_then(|report| banner_ui(ui, report))
                .map(Action::ShowChange)
        };
        if self.head.tab == Tab::Findings {
            return self.findings.ui(ui, &mut self.head, workers, rights, banner);
        }
        let margin = Margin {
            bottom: 0,
            ..SCREEN_MARGIN
        };
        let head = Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let action = self.head.ui(ui, workers, rights.change);
            action.or(banner(ui))
        });
        let writable = rights.change;
        let shown = match self.head.tab {
            Tab::Findings => None,
            Tab::Expiry => self.expiry.ui(ui, workers),
            Tab::Unused => self
                .unused
                .ui(ui, &self.head, &self.rules.stored().settings, workers, rights),
            Tab::Rules => self
                .rules
                .ui(ui, self.head.review().map(Arc::as_ref), workers, writable),
        };
        head.inner.or(shown)
    }

    /// Looks at nothing any more. The keyboard goes back to its row.
    pub fn close(&mut self) {
        match self.head.tab {
            Tab::Findings => self.findings.close(),
            Tab::Expiry => self.expiry.close(),
            Tab::Unused => self.unused.close(),
            Tab::Rules => self.rules.close(),
        }
    }
}
