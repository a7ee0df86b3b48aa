//! The client of a file that is looked at, in all its members: read anew from the file whenever another one is looked at.

use eframe::egui::{Label, Ui};

use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::worker::{Aside, Details, LookAt, Stop, Trouble, Workers};

/// What is looked at, and what is known of it.
#[derive(Default)]
pub struct Looking {
    /// The place of the row that is wanted or known.
    of: Option<usize>,
    /// What was asked for and is not answered yet.
    asked: Option<(u64, usize, Stop)>,
    found: Option<Result<Box<Details>, Trouble>>,
}

impl Looking {
    /// A row is looked at, or none. What is known of another one is forgotten; only one is asked for at a time.
    pub fn want(
        &mut self,
        place: Option<usize>,
        workers: &mut Workers,
        look: impl FnOnce(Stop) -> Option<LookAt>,
    ) {
        if self.of != place {
            (self.of, self.found) = (place, None);
        }
        if let Some((_, asked, stop)) = &self.asked {
            if place != Some(*asked) {
                stop.ask();
            }
            return;
        }
        let Some(place) = place.filter(|_| self.found.is_none()) else {
            return;
        };
        let stop = Stop::default();
        if let Some(look) = look(stop.clone()) {
            let number = workers.send(Aside::LookAt(Box::new(look)));
            self.asked = Some((number, place, stop));
        }
    }

    /// Whether it asked under this number.
    pub fn asked_for(&self, number: u64) -> bool {
        self.asked.as_ref().is_some_and(|(asked, ..)| *asked == number)
    }

    /// Takes in what was found.
    pub fn take(&mut self, number: u64, found: Result<Option<Box<Details>>, Trouble>) {
        let Some((_, place, _)) = self.asked.take_if(|(asked, ..)| *asked == number) else {
            return;
        };
        if self.of == Some(place) {
            self.found = found.transpose();
        }
    }

    /// The look failed before it began.
    pub fn failed(&mut self, number: u64, trouble: &Trouble) {
        self.take(number, Err(trouble.clone()));
    }

    /// What was found. While there is nothing, or where nothing can be found, draws why.
    pub fn ui(&self, ui: &mut Ui) -> Option<&Details> {
        match &self.found {
            Some(Ok(details)) => return Some(details),
            Some(Err(trouble)) => {
                ui.add_space(space::S);
                super::trouble_ui(ui, Tone::Warning, trouble);
            }
            None if self.asked.is_some() => {
                ui.add_space(space::S);
                ui.add(Label::new(style::second(ui, "Reading it in the file…")).wrap());
            }
            None => {}
        }
        None
    }
}
