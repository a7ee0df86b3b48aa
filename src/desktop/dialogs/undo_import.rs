//! Taking an import back: what that means, how far it is, and what was left.

use eframe::egui::{Label, ScrollArea, Ui};

use super::confirm::buttons_ui;
use crate::client::make_visible;
use crate::desktop::screens::Action;
use crate::desktop::screens::moving::{UnderWay, clients_text, trouble_ui};
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{Aside, Reached, Stop, Trouble, UndoImport};
use crate::registry::ImportRun;
use crate::transfer::UndoReport;

/// The dialog.
pub struct UndoImportDialog {
    number: i64,
    /// What is known of it; none before it was looked up.
    run: Option<Option<ImportRun>>,
    stop: Stop,
    state: State,
}

enum State {
    Asking,
    Undoing(UnderWay),
    Done(UndoReport),
    Failed(Trouble),
}

impl UndoImportDialog {
    /// Asks whether the import of a number is to be undone.
    pub fn new(number: i64) -> Self {
        Self {
            number,
            run: None,
            stop: Stop::default(),
            state: State::Asking,
        }
    }

    /// Which import.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// What it is headed by. Another title gives the keyboard to what there is to do then.
    pub fn title(&self) -> &'static str {
        match self.state {
            State::Done(_) => "The import was undone",
            State::Asking | State::Undoing(_) | State::Failed(_) => "Undo import?",
        }
    }

    /// Whether it is going on: it is to be cancelled rather than closed.
    pub fn is_undoing(&self) -> bool {
        matches!(self.state, State::Undoing(_))
    }

    /// Takes in what is known of the import.
    pub fn take_run(&mut self, number: i64, run: Option<ImportRun>) {
        if number == self.number {
            self.run = Some(run);
        }
    }

    /// What it asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        self.state = State::Undoing(UnderWay::new(number, self.stop.clone()));
    }

    /// Takes in how far it is.
    pub fn take_reached(&mut self, number: u64, reached: Reached) {
        if let State::Undoing(under_way) = &mut self.state {
            under_way.take(number, reached);
        }
    }

    /// Takes in what came of it.
    pub fn take_undone(&mut self, number: u64, report: Result<UndoReport, Trouble>) {
        if matches!(&self.state, State::Undoing(under_way) if under_way.number == number) {
            self.state = match report {
                Ok(report) => State::Done(report),
                Err(trouble) => State::Failed(trouble),
            };
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        match &self.state {
            State::Asking => self.asking_ui(ui),
            State::Undoing(under_way) => {
                under_way.ui(ui, "Undoing the import");
                None
            }
            State::Done(report) => done_ui(ui, report),
            State::Failed(trouble) => {
                trouble_ui(ui, Tone::Danger, trouble);
                close_ui(ui)
            }
        }
    }

    fn asking_ui(&self, ui: &mut Ui) -> Option<Action> {
        let text = match &self.run {
            None => "Looking up what it changed…".to_owned(),
            Some(None) => "There is no such import in this registry.".to_owned(),
            Some(Some(run)) => {
                let source = match run.source.as_str() {
                    "" => String::new(),
                    source => format!(" from {}", make_visible(source)),
                };
                let (by, at) = (make_visible(&run.by), time::moment(run.at));
                format!("Imported{source} by {by}, {at}: {}.", clients_text(run.clients))
            }
        };
        ui.add(Label::new(text).wrap());
        ui.add_space(space::S);
        let undone_at = self.run.iter().flatten().find_map(|run| run.undone_at);
        if let Some(at) = undone_at {
            let text = format!(
                "It was undone {}. What was left then can be tried again.",
                time::moment(at)
            );
            ui.add(Label::new(style::second(ui, text)).wrap());
        } else {
            let text = "New clients are deleted, with their secrets, tokens and approvals. Changed ones become what they were, \
                        and secrets that came with the import end. Clients that somebody changed since are left as they \
                        are, and named.";
            ui.add(Label::new(style::second(ui, text)).wrap());
        }
        let is_there = matches!(self.run, Some(Some(_)));
        buttons_ui(ui, "Undo import", true, is_there, || {
            Action::send(Aside::UndoImport(UndoImport {
                number: self.number,
                stop: self.stop.clone(),
            }))
        })
    }
}

fn done_ui(ui: &mut Ui, report: &UndoReport) -> Option<Action> {
    let UndoReport {
        removed,
        put_back,
        left,
        stopped,
    } = report;
    let mut told = Vec::new();
    if *removed > 0 || *put_back == 0 {
        told.push(format!("{} deleted", clients_text(*removed)));
    }
    if *put_back > 0 {
        let they = if *put_back == 1 { "it was" } else { "they were" };
        told.push(format!("{} as {they} before", clients_text(*put_back)));
    }
    if *stopped > 0 {
        told.push(format!("{} not come to", clients_text(*stopped)));
    }
    ui.add(Label::new(style::medium(ui, told.join(", "))).wrap());
    if !left.is_empty() {
        ui.add_space(space::S);
        let text = format!(
            "{} changed since, and left as {}:",
            clients_text(left.len() as u64),
            if left.len() == 1 { "it is" } else { "they are" }
        );
        ui.add(Label::new(style::second(ui, text)).wrap());
        let rows = ScrollArea::vertical().max_height(220.0);
        rows.show_rows(ui, 22.0, left.len(), |ui, range| {
            for (client_id, name) in left.get(range).unwrap_or_default() {
                let text = format!("{} ({client_id})", make_visible(name));
                ui.add(Label::new(text).truncate());
            }
        });
    }
    close_ui(ui)
}

fn close_ui(ui: &mut Ui) -> Option<Action> {
    ui.add_space(space::M);
    style::row_at_right(ui, |ui| {
        style::primary_button(ui, "Close", true)
            .clicked()
            .then_some(Action::CloseDialog)
    })
}
