//! The registry beside an export of another system: which clients stand only here or only there, and in what the others differ.
//! Nothing is changed.

use eframe::egui::{Frame, Label, Ui};

use super::moving::{List, Looking, Sort, SourceBar, UnderWay, both, head_ui, trouble_ui};
use super::{Action, Screen};
use crate::client::{ClientId, make_visible};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::history::diff::{diff, diff_ui};
use crate::desktop::style::{self, Tone, tokens::SCREEN_MARGIN, tokens::space};
use crate::desktop::worker::{
    Aside, Chosen, ClientsFile, Compare, Compared, Details, Line, Look, LookAt, Reached, Stop, Trouble,
    Workers,
};
use crate::transfer::{Stamp, Stands};

/// The state of the screen.
#[derive(Default)]
pub struct CompareScreen {
    source: SourceBar,
    /// What was compared, whatever stands in the fields since.
    seen: ClientsFile,
    /// In which state it was.
    stamp: Stamp,
    /// The client that is looked at.
    looking: Looking,
    state: State,
}

#[derive(Default)]
enum State {
    /// Nothing was compared.
    #[default]
    Asking,
    /// It is being compared.
    Comparing(UnderWay),
    /// What came of it.
    Compared(List<Stands>),
}

impl Sort for Stands {
    const SORTS: &'static [Self] = Self::ALL;

    fn label(self) -> &'static str {
        match self {
            Self::Same => "Same",
            Self::Different => "Different",
            Self::OnlyHere => "Only here",
            Self::OnlyThere => "Only there",
            Self::NotCompared => "Not compared",
            Self::LeftOut => "Left out",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Same => Tone::Good,
            Self::Different | Self::OnlyHere | Self::OnlyThere => Tone::Warning,
            Self::NotCompared => Tone::Danger,
            Self::LeftOut => Tone::Neutral,
        }
    }
}

impl CompareScreen {
    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        self.source.take_chosen(number, chosen);
    }

    /// Takes in how far it is.
    pub fn take_reached(&mut self, number: u64, reached: Reached) {
        if let State::Comparing(under_way) = &mut self.state {
            under_way.take(number, reached);
        }
    }

    /// Takes in what came of it.
    pub fn take(&mut self, number: u64, compared: Result<Box<Compared>, Trouble>) {
        if !matches!(&self.state, State::Comparing(under_way) if under_way.number == number) {
            return;
        }
        self.state = match compared {
            Ok(compared) if compared.is_stopped => State::Asking,
            Ok(compared) => {
                self.source.take(compared.format, &compared.realms);
                (self.stamp, self.looking) = (compared.stamp, Looking::default());
                State::Compared(List::new(compared.lines))
            }
            Err(trouble) => {
                self.source.fail(trouble);
                State::Asking
            }
        };
    }

    /// Whether it asked for details under this number.
    pub fn asked_for(&self, number: u64) -> bool {
        self.looking.asked_for(number)
    }

    /// Takes in what there is to know of the client that is looked at.
    pub fn take_details(&mut self, number: u64, details: Result<Option<Box<Details>>, Trouble>) {
        self.looking.take(number, details);
    }

    /// Something failed before it began.
    pub fn failed(&mut self, number: u64, trouble: &Trouble) {
        self.looking.failed(number, trouble);
        if matches!(&self.state, State::Comparing(under_way) if under_way.number == number) {
            self.state = State::Asking;
        }
    }

    /// Looks at no client any more. Returns whether it did look at one.
    pub fn close(&mut self) -> bool {
        match &mut self.state {
            State::Compared(list) => list.close(),
            _ => false,
        }
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        let is_looking = self.look(workers);
        let list_ui = |screen: &mut Self, ui: &mut Ui| {
            let head = Frame::new().inner_margin(SCREEN_MARGIN);
            let action = head.show(ui, |ui| screen.head_ui(ui, workers)).inner;
            if let State::Compared(list) = &mut screen.state
                && !list.is_empty()
            {
                list.table_ui(ui, None);
            }
            action
        };
        let pane_ui = |screen: &mut Self, ui: &mut Ui| screen.pane_ui(ui);
        let (listed, shown) = list_and_pane_ui(ui, "compared client", self, is_looking, list_ui, pane_ui);
        listed.flatten().or(shown.flatten())
    }

    /// Has the client that is looked at read, unless that is done. Returns whether one is looked at.
    fn look(&mut self, workers: &mut Workers) -> bool {
        let looked_at = match &self.state {
            State::Compared(list) => list.looked_at(),
            _ => None,
        };
        let place = looked_at.map(|(place, _)| place);
        self.looking.want(place, workers, |stop| {
            let (_, line) = looked_at?;
            // Of the others everything is said already.
            let number = line.number.filter(|_| line.sort == Stands::Different)?;
            Some(LookAt {
                file: self.seen.clone(),
                stamp: self.stamp.clone(),
                look: Look::Beside(number),
                stop,
            })
        });
        place.is_some()
    }

    fn head_ui(&mut self, ui: &mut Ui, workers: &mut Workers) -> Option<Action> {
        let mut action = None;
        ui.horizontal(|ui| {
            style::title(ui, "Compare with an export");
            style::at_right(ui, |ui| {
                if style::close_button(ui, "Close comparison").clicked() {
                    action = Some(Action::Go(Screen::Clients));
                }
            });
        });
        let is_busy = matches!(self.state, State::Comparing(_));
        let source = &mut self.source;
        if source.ui(ui, workers, "Compare with an export", "Compare", is_busy) {
            self.compare(workers);
        }
        match &mut self.state {
            State::Asking => {
                ui.add_space(space::S);
                let text = "What another system exported, beside what is registered here: each client that stands only here \
                            or only there, and in what the others differ. Nothing is changed, here or there.";
                ui.add(Label::new(style::second(ui, text)).wrap());
            }
            State::Comparing(under_way) => under_way.ui(ui, "Comparing"),
            State::Compared(list) => compared_ui(ui, list),
        }
        action
    }

    fn compare(&mut self, workers: &mut Workers) {
        let stop = Stop::default();
        let compare = Compare {
            file: self.source.file.clone(),
            stop: stop.clone(),
        };
        self.seen = self.source.file.clone();
        self.source.trouble = None;
        let number = workers.send(Aside::Compare(Box::new(compare)));
        self.state = State::Comparing(UnderWay::new(number, stop));
    }

    fn pane_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let State::Compared(list) = &mut self.state else {
            return None;
        };
        let (_, row) = list.looked_at()?;
        let closes = head_ui(ui, row);
        let action = row_ui(ui, row, &self.looking);
        if closes {
            list.close();
        }
        action
    }
}

fn compared_ui(ui: &mut Ui, list: &mut List<Stands>) {
    ui.add_space(space::XS);
    let agrees = list.rows().iter().all(|row| row.sort.agrees());
    if agrees {
        let what = if list.is_empty() {
            "There is no client, neither here nor there"
        } else {
            "The registry and the file say the same"
        };
        let what = what.to_owned();
        let advice = list.counts_text();
        trouble_ui(ui, Tone::Good, &Trouble { what, advice });
    } else {
        ui.add(Label::new(style::second(ui, list.counts_text())).wrap());
    }
    if !list.is_empty() {
        ui.horizontal_wrapped(|ui| list.filters_ui(ui));
    }
}

/// What is said of one client.
fn row_ui(ui: &mut Ui, row: &Line<Stands>, looking: &Looking) -> Option<Action> {
    let mut action = None;
    let client_id = row.client_id.as_deref().and_then(ClientId::parse);
    if let Some(client_id) = client_id
        && matches!(row.sort, Stands::Same | Stands::Different | Stands::OnlyHere)
        && style::button(ui, "Open client").clicked()
    {
        action = Some(Action::Open(client_id));
    }
    let told = match row.sort {
        Stands::OnlyHere => "It is registered here, and the file has no client of its ID.",
        Stands::OnlyThere => "The file has it, and it is not registered here.",
        Stands::Same => "The registry and the file say the same of it.",
        Stands::Different | Stands::NotCompared | Stands::LeftOut => "",
    };
    // Of those that differ it tells in what, which is said below.
    let why = Some(&*row.note).filter(|_| row.sort != Stands::Different);
    for text in [Some(told), why].into_iter().flatten() {
        if !text.is_empty() {
            ui.add(Label::new(style::second(ui, make_visible(text))).wrap());
        }
    }
    if let Some(Details::Comparison(row)) = looking.ui(ui) {
        style::divider(ui);
        if row.differences.is_empty() {
            let text = "The registry changed since it was compared: both say the same by now.";
            ui.add(Label::new(style::second(ui, text)).wrap());
        } else {
            style::label(ui, "− here, + in the file");
            let (here, there) = both(&row.differences);
            diff_ui(ui, &diff(Some(&here), Some(&there)));
        }
    }
    action
}
