//! Taking clients of another system over: which file, what would come of each client, which ones; then what came of them,
//! and the way back.

mod entry;
mod pane;

use std::path::Path;

use eframe::egui::{Frame, Label, Ui};

use super::clients::grouped;
use super::moving::{
    List, Looking, SourceBar, UnderWay, clients_text, counts_below_ui, counts_beside_ui, trouble_ui,
};
use super::{Action, Screen};
use crate::desktop::dialogs::{Dialog, UndoImportDialog};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::style::{self, Tone, tokens::SCREEN_MARGIN, tokens::size, tokens::space};
use crate::desktop::worker::{
    Aside, Chosen, ClientsFile, Details, Import, ImportOutcome, Line, Look, LookAt, Preview, Previewed,
    Reached, Stop, Trouble, Workers,
};
use crate::transfer::{Came, Stamp};
use entry::Picks;
use pane::{Wish, entry_ui};

/// The state of the screen.
#[derive(Default)]
pub struct ImportScreen {
    source: SourceBar,
    /// What is being looked at or was, whatever stands in the fields since.
    seen: ClientsFile,
    /// In which state it was.
    stamp: Stamp,
    /// Where the history ended then.
    looked_at: i64,
    /// Whether clients that are there already may change.
    update: bool,
    /// The client that is looked at.
    looking: Looking,
    state: State,
}

#[derive(Default)]
enum State {
    /// No file has been looked at.
    #[default]
    Asking,
    /// One is being read.
    Looking(UnderWay),
    /// What would come of its clients.
    Seen(List<Came>, Picks),
    /// They are being taken over.
    Importing(UnderWay, u64),
    /// What came of them.
    Done(List<Came>, Outcome),
}

/// What came of an import as a whole.
struct Outcome {
    run: Option<i64>,
    wanted: u64,
    is_stopped: bool,
    is_undone: bool,
    trouble: Option<Trouble>,
}

impl ImportScreen {
    /// Begins anew, unless something is going on or has been looked at.
    pub fn open(&mut self) {
        if matches!(self.state, State::Done(..)) {
            *self = Self::default();
        }
        self.source.bring_keyboard();
    }

    /// Has a file looked at.
    pub fn look_at(&mut self, path: &Path) {
        if !self.is_busy() {
            *self = Self::default();
            self.source.look_at(path);
        }
    }

    /// How far the import is, for the status bar; none where none is going on.
    pub fn told(&self) -> Option<String> {
        match &self.state {
            State::Importing(under_way, _) => Some(under_way.told("Importing")),
            _ => None,
        }
    }

    /// Whether an import is under way that nobody wants to end yet.
    pub fn holds_the_door(&self) -> bool {
        matches!(&self.state, State::Importing(under_way, _) if !under_way.stop.is_asked())
    }

    /// Has the import go no further.
    pub fn stop(&mut self) {
        if let State::Importing(under_way, _) = &self.state {
            under_way.stop.ask();
        }
    }

    /// As if an import were under way.
    #[cfg(test)]
    pub fn begin_for_tests(&mut self) {
        self.state = State::Importing(UnderWay::new(0, Stop::default()), 1);
    }

    fn is_busy(&self) -> bool {
        matches!(self.state, State::Looking(_) | State::Importing(..))
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        self.source.take_chosen(number, chosen);
    }

    /// Takes in how far it is.
    pub fn take_reached(&mut self, number: u64, reached: Reached) {
        if let State::Looking(under_way) | State::Importing(under_way, _) = &mut self.state {
            under_way.take(number, reached);
        }
    }

    /// Takes in what an import would do.
    pub fn take_previewed(&mut self, number: u64, previewed: Result<Box<Previewed>, Trouble>) {
        if !matches!(&self.state, State::Looking(under_way) if under_way.number == number) {
            return;
        }
        self.state = match previewed {
            Ok(previewed) if previewed.is_stopped => State::Asking,
            Ok(previewed) => {
                self.source.take(previewed.format, &previewed.realms);
                (self.stamp, self.looked_at) = (previewed.stamp, previewed.looked_at);
                self.looking = Looking::default();
                let list = List::new(previewed.lines);
                let picks = Picks::all(&list, self.update);
                State::Seen(list, picks)
            }
            Err(trouble) => {
                self.source.fail(trouble);
                State::Asking
            }
        };
    }

    /// Takes in what came of the import.
    pub fn take_done(&mut self, number: u64, outcome: Result<Box<ImportOutcome>, Trouble>) {
        let State::Importing(under_way, wanted) = &self.state else {
            return;
        };
        if under_way.number != number {
            return;
        }
        let outcome = outcome.map_or_else(
            |trouble| ImportOutcome {
                lines: Vec::new(),
                run: None,
                is_stopped: false,
                trouble: Some(trouble),
            },
            |outcome| *outcome,
        );
        let told = Outcome {
            run: outcome.run,
            wanted: *wanted,
            is_stopped: outcome.is_stopped,
            is_undone: false,
            trouble: outcome.trouble,
        };
        self.looking = Looking::default();
        self.state = State::Done(List::new(outcome.lines), told);
    }

    /// Takes in what there is to know of the client that is looked at.
    pub fn take_details(&mut self, number: u64, details: Result<Option<Box<Details>>, Trouble>) {
        self.looking.take(number, details);
    }

    /// Something failed before it began.
    pub fn failed(&mut self, number: u64, trouble: &Trouble) {
        self.looking.failed(number, trouble);
        if let State::Looking(under_way) | State::Importing(under_way, _) = &self.state
            && under_way.number == number
        {
            self.state = State::Asking;
        }
    }

    /// The import of this number was undone, as far as that was possible.
    pub fn take_undone(&mut self, number: i64) {
        if let State::Done(_, outcome) = &mut self.state
            && outcome.run == Some(number)
        {
            outcome.is_undone = true;
        }
    }

    /// Looks at no client of the file any more. Returns whether it did look at one.
    pub fn close(&mut self) -> bool {
        let (State::Seen(list, _) | State::Done(list, _)) = &mut self.state else {
            return false;
        };
        list.close()
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        let is_looking = self.look(workers);
        let list_ui = |screen: &mut Self, ui: &mut Ui| screen.list_ui(ui, workers);
        let pane_ui = |screen: &mut Self, ui: &mut Ui| screen.pane_ui(ui);
        let (listed, shown) = list_and_pane_ui(ui, "client of a file", self, is_looking, list_ui, pane_ui);
        listed.flatten().or(shown.flatten())
    }

    /// Has the client that is looked at read, unless that is done. Returns whether one is looked at.
    fn look(&mut self, workers: &mut Workers) -> bool {
        let (looked_at, run) = match &self.state {
            State::Seen(list, _) => (list.looked_at(), None),
            State::Done(list, outcome) => (list.looked_at(), Some(outcome.run)),
            _ => (None, None),
        };
        let place = looked_at.map(|(place, _)| place);
        self.looking.want(place, workers, |stop| {
            let (_, line) = looked_at?;
            Some(LookAt {
                file: self.seen.clone(),
                stamp: self.stamp.clone(),
                look: match run {
                    None => Look::Before(line.clone()),
                    Some(run) => Look::After(line.clone(), run),
                },
                stop,
            })
        });
        place.is_some()
    }

    fn list_ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        let whole = ui.max_rect();
        let mut action = None;
        let has_bar = matches!(self.state, State::Seen(..) | State::Done(..));
        let (above, bar) =
            whole.split_top_bottom_at_y(whole.bottom() - if has_bar { size::BAR } else { 0.0 });
        let colors = style::palette(ui);
        style::part(ui, "file", above, eframe::egui::Color32::TRANSPARENT, |ui| {
            let head = Frame::new().inner_margin(SCREEN_MARGIN);
            action = head.show(ui, |ui| self.head_ui(ui, workers)).inner;
            match &mut self.state {
                State::Seen(list, picks) if !list.is_empty() => {
                    let tick = |place, line: &Line<Came>| picks.tick(place, line, self.update);
                    let ticked = list.table_ui(ui, Some(&tick));
                    if let Some(picked) = ticked.and_then(|place| picks.of(place)) {
                        *picked = !*picked;
                    }
                }
                State::Done(list, _) if !list.is_empty() => drop(list.table_ui(ui, None)),
                _ => {}
            }
        });
        if has_bar {
            let wanted = style::part(ui, "import bar", bar, colors.pane, |ui| {
                style::bottom_bar(ui, bar, space::SCREEN, |ui| self.bar_ui(ui, workers))
            });
            action = action.or(wanted);
        }
        action
    }

    fn head_ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        let mut action = None;
        ui.horizontal(|ui| {
            style::title(ui, "Import clients");
            if let State::Seen(list, _) = &self.state {
                counts_beside_ui(ui, &list.counts_text());
            }
            style::at_right(ui, |ui| {
                if style::close_button(ui, "Close import").clicked() {
                    action = Some(Action::Go(Screen::Clients));
                }
            });
        });
        match &mut self.state {
            State::Importing(under_way, _) => {
                ui.add_space(space::S);
                under_way.ui(ui, "Importing");
                return action;
            }
            State::Done(list, outcome) => {
                outcome_ui(ui, list, outcome);
                if !list.is_empty() {
                    ui.horizontal_wrapped(|ui| list.filters_ui(ui));
                }
                return action;
            }
            _ => {}
        }
        let is_busy = self.is_busy();
        if self.source.ui(ui, workers, "Import clients", "Preview", is_busy) {
            self.preview(workers);
        }
        match &mut self.state {
            State::Asking => asking_ui(ui),
            State::Looking(under_way) => under_way.ui(ui, "Reading"),
            State::Seen(list, picks) => seen_ui(ui, list, picks, &mut self.update),
            State::Importing(..) | State::Done(..) => {}
        }
        action
    }

    fn preview(&mut self, workers: &mut Workers) {
        let stop = Stop::default();
        let preview = Preview {
            file: self.source.file.clone(),
            stop: stop.clone(),
        };
        self.seen = self.source.file.clone();
        self.source.trouble = None;
        let number = workers.send(Aside::Preview(Box::new(preview)));
        self.state = State::Looking(UnderWay::new(number, stop));
    }

    fn import(&mut self, workers: &mut Workers) {
        let State::Seen(list, picks) = &self.state else {
            return;
        };
        let stop = Stop::default();
        let only = picks.identifiers(list);
        let wanted = only.len() as u64;
        let import = Import {
            file: self.seen.clone(),
            stamp: self.stamp.clone(),
            looked_at: self.looked_at,
            only,
            update: self.update,
            stop: stop.clone(),
        };
        let number = workers.send(Aside::Import(Box::new(import)));
        self.state = State::Importing(UnderWay::new(number, stop), wanted);
    }

    fn bar_ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        let mut action = None;
        let mut imports = false;
        match &self.state {
            State::Seen(_, picks) => {
                let picked = picks.count();
                let text = format!("{} picked", clients_text(picked));
                ui.label(style::second(ui, text));
                style::row_at_right(ui, |ui| {
                    imports = style::primary_button(ui, "Import clients", picked > 0).clicked();
                });
            }
            State::Done(_, outcome) => style::row_at_right(ui, |ui| {
                if let Some(number) = outcome.run.filter(|_| !outcome.is_undone)
                    && style::button(ui, "Undo import…").clicked()
                {
                    let dialog = UndoImportDialog::new(number);
                    action = Some(Action::ask(Dialog::UndoImport(Box::new(dialog))));
                }
                if style::primary_button(ui, "Done", true).clicked() {
                    action = Some(Action::Go(Screen::Clients));
                }
            }),
            _ => {}
        }
        if imports {
            self.import(workers);
        }
        action
    }

    fn pane_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let update = self.update;
        let wish = match &mut self.state {
            State::Seen(list, picks) => list.looked_at().and_then(|(place, line)| {
                let picked = picks.of(place)?;
                entry_ui(ui, line, &self.looking, Some((picked, update)))
            }),
            State::Done(list, _) => list
                .looked_at()
                .and_then(|(_, line)| entry_ui(ui, line, &self.looking, None)),
            _ => None,
        };
        match wish? {
            Wish::Close => {
                self.close();
                None
            }
            Wish::Open(client_id) => Some(Action::Open(client_id)),
        }
    }
}

/// What this is for.
fn asking_ui(ui: &mut Ui) {
    ui.add_space(space::S);
    let text = "A file of clients as another system exports them, or a folder of such files. You see what would come of each \
                client before anything is written. Secrets in clear are hashed and kept nowhere else; a file can also be \
                dragged onto the window.";
    ui.add(Label::new(style::second(ui, text)).wrap());
}

/// What was found, what is shown of it, and what is picked.
fn seen_ui(ui: &mut Ui, list: &mut List<Came>, picks: &mut Picks, update: &mut bool) {
    ui.add_space(space::XS);
    if list.is_empty() {
        let what = "There is no client in it".to_owned();
        let advice = "Look whether it is the right file, and whether the format fits".to_owned();
        trouble_ui(ui, Tone::Neutral, &Trouble { what, advice });
        return;
    }
    counts_below_ui(ui, &list.counts_text());
    ui.horizontal_wrapped(|ui| {
        list.filters_ui(ui);
        if style::button(ui, "Pick all").clicked() {
            picks.pick_shown(list, true, *update);
        }
        if style::button(ui, "Pick none").clicked() {
            picks.pick_shown(list, false, *update);
        }
    });
    if list.count(Came::Changed) > 0
        && style::checkbox(ui, update, "Change clients that are there already").changed()
    {
        picks.pick_changed(list, *update);
    }
}

/// What came of it as a whole.
fn outcome_ui(ui: &mut Ui, list: &List<Came>, outcome: &Outcome) {
    ui.add_space(space::S);
    let imported: u64 = [Came::New, Came::Changed, Came::Held]
        .iter()
        .map(|came| list.count(*came))
        .sum();
    let counts = list.counts_text();
    let (tone, what) = if outcome.is_undone {
        (Tone::Neutral, "The import was undone".to_owned())
    } else if outcome.is_stopped {
        let of = clients_text(outcome.wanted);
        let what = format!("Cancelled: {} of {of} were imported", grouped(imported));
        (Tone::Warning, what)
    } else if let Some(trouble) = &outcome.trouble {
        let what = format!(
            "{}. {} until then were imported",
            trouble.what,
            clients_text(imported)
        );
        (Tone::Danger, what)
    } else if imported == outcome.wanted {
        (Tone::Good, format!("{} imported", clients_text(imported)))
    } else {
        let of = clients_text(outcome.wanted);
        (Tone::Warning, format!("{imported} of {of} imported"))
    };
    let advice = match (&outcome.trouble, outcome.is_undone) {
        (Some(trouble), false) => trouble.advice.clone(),
        (_, false) if outcome.is_stopped && imported > 0 => {
            "They stay, unless you undo the import. Import the file again to go on".to_owned()
        }
        (_, true) => String::new(),
        _ => match list.rotating_text() {
            Some(rotating) => format!("{counts}. {rotating}"),
            None => counts,
        },
    };
    trouble_ui(ui, tone, &Trouble { what, advice });
}
