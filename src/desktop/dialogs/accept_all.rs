//! Taking the risks of many findings at once: for one reason, until one day. It stays until that is done, and says how far
//! it is.

use eframe::egui::{Label, Ui};

use super::accept::MEANING;
use super::confirm::buttons_ui;
use super::terms::Terms;
use crate::client::make_visible;
use crate::desktop::screens::Action;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{AcceptAll, Found, Stop, Write};

/// How many findings are named.
const NAMED: usize = 5;

/// The dialog.
pub struct AcceptAllDialog {
    /// What the findings have in common: a rule's title, or a client's name.
    group: String,
    found: Vec<Found>,
    terms: Terms,
    /// What is on its way.
    working: Option<Working>,
}

struct Working {
    number: u64,
    done: usize,
    stop: Stop,
}

impl AcceptAllDialog {
    /// Asks for the reason and the end of taking the risks of a group.
    pub fn new(group: String, found: Vec<Found>) -> Self {
        Self {
            group,
            found,
            terms: Terms::new(),
            working: None,
        }
    }

    /// Its title.
    pub fn title(&self) -> String {
        let plural = if self.found.len() == 1 { "" } else { "s" };
        format!("Accept {} risk{plural}", grouped(self.found.len() as u64))
    }

    /// Whether it is being done: it is to be stopped rather than closed.
    pub fn is_working(&self) -> bool {
        self.working.is_some()
    }

    /// What it asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        if let Some(working) = &mut self.working {
            working.number = number;
        }
    }

    /// Takes in how many are done.
    pub fn take_progress(&mut self, number: u64, done: usize) {
        if let Some(working) = self.working.as_mut().filter(|working| working.number == number) {
            working.done = done;
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let group = make_visible(&self.group);
        ui.add(Label::new(style::medium(ui, group)).truncate());
        if let Some(working) = &self.working {
            working_ui(ui, working, self.found.len());
            return None;
        }
        for found in self.found.iter().take(NAMED) {
            let (client, finding) = (&found.client, found.finding());
            let value = finding.value.as_ref().map(|value| format!(" · {value}"));
            let text = format!(
                "{}: {}{}",
                client.name,
                finding.rule.title(),
                value.unwrap_or_default()
            );
            ui.add(Label::new(style::second(ui, make_visible(&text))).truncate());
        }
        if let Some(more) = self.found.len().checked_sub(NAMED).filter(|more| *more > 0) {
            ui.label(style::second(ui, format!("and {} more", grouped(more as u64))));
        }
        ui.add(Label::new(style::second(ui, MEANING)).wrap());
        ui.add_space(space::S);
        self.terms.ui(ui);
        let until = self.terms.end().ok();
        let mut accepts = false;
        let action = buttons_ui(ui, "Accept all", false, until.is_some(), || {
            accepts = true;
            Action::CloseDialog
        });
        match until.filter(|_| accepts) {
            Some(until) => {
                let stop = Stop::default();
                self.working = Some(Working {
                    number: 0,
                    done: 0,
                    stop: stop.clone(),
                });
                Some(Action::send(Write::AcceptAll(Box::new(AcceptAll {
                    found: self.found.clone(),
                    reason: self.terms.reason.clone(),
                    until,
                    stop,
                }))))
            }
            None => action,
        }
    }
}

/// How far it is, and how it is stopped.
fn working_ui(ui: &mut Ui, working: &Working, all: usize) {
    let text = format!(
        "Accepted {} of {}; nothing is kept before all are",
        grouped(working.done as u64),
        grouped(all as u64)
    );
    ui.add(Label::new(style::second(ui, text)).wrap());
    ui.add_space(space::S);
    style::progress_bar(ui, working.done as f32 / all.max(1) as f32);
    ui.add_space(space::M);
    let is_asked = working.stop.is_asked();
    let word = if is_asked { "Stopping…" } else { "Stop" };
    style::row_at_right(ui, |ui| {
        let button = ui.add_enabled_ui(!is_asked, |ui| style::button(ui, word));
        if button.inner.on_hover_text("No risk is accepted then").clicked() {
            working.stop.ask();
        }
    });
}
