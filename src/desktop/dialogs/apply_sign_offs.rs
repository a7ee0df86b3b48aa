//! Taking what a read-only reviewer decided in a file into the registry: looked at first, decision by decision, then taken over.

use std::path::Path;

use eframe::egui::{Label, Ui};

use super::confirm::buttons_ui;
use super::file_field::FileField;
use crate::client::make_visible;
use crate::desktop::screens::Action;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{AppliedFile, Applying, Chosen, Purpose, Trouble, Write};
use crate::reporting::{Applied, Came, Decided};

/// How many decisions are shown.
const SHOWN: usize = 100;

/// The dialog.
pub struct ApplySignOffsDialog {
    file: FileField,
    /// What came of the file as it is typed.
    came: Option<Box<AppliedFile>>,
}

impl ApplySignOffsDialog {
    /// Asks which file, at first for the one beside the registry.
    pub fn new(beside: &Path) -> Self {
        Self {
            file: FileField::new("File", beside.display().to_string()),
            came: None,
        }
    }

    /// What it asked for is on its way under this number.
    pub fn sent(&mut self, number: u64) {
        self.file.sent(number);
    }

    /// Takes in what was chosen in the system's dialog.
    pub fn take_chosen(&mut self, number: u64, chosen: &Chosen) {
        self.file.take_chosen(number, chosen);
        if let Chosen::File(_) = chosen {
            self.came = None;
        }
    }

    /// Takes in what came of the file. Returns whether it waited for that.
    pub fn take(&mut self, number: u64, came: Result<Box<AppliedFile>, Trouble>) -> bool {
        if !self.file.is_asked(number) {
            return false;
        }
        match came {
            Ok(came) => self.came = Some(came),
            Err(trouble) => self.file.trouble = Some(trouble),
        }
        true
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        if let Some(came) = self.came.as_ref().filter(|came| came.written) {
            came_ui(ui, came);
            ui.add_space(space::M);
            let close = style::primary_button(ui, "Close", true);
            return close.clicked().then_some(Action::CloseDialog);
        }
        let text = "What a reviewer decided in a window that only looks. Approvals and accepted risks become that reviewer's in \
                    this registry, and the history says that they came by a file. Who decided what is claimed in the file, not \
                    proved.";
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.add_space(space::S);
        let row = self.file.ui(ui);
        if row.changed {
            self.came = None;
        }
        if let Some(came) = &self.came {
            ui.add_space(space::S);
            came_ui(ui, came);
        }
        let send = |write| {
            let file = self.file.path.clone();
            Action::send(Write::ApplySignOffs(Applying { file, write }))
        };
        let is_ready = self.file.is_ready();
        let mut action = match &self.came {
            None => buttons_ui(ui, "Look at sign-offs", false, is_ready, || send(false)),
            Some(came) => {
                let fits = is_ready && came.kept() > 0;
                buttons_ui(ui, "Apply sign-offs", false, fits, || send(true))
            }
        };
        if row.entered && is_ready && self.came.is_none() {
            action = Some(send(false));
        } else if row.chooses {
            action = Some(self.file.choose_json("Apply sign-offs", Purpose::Open));
        }
        if matches!(action, Some(Action::Send(_))) {
            self.file.trouble = None;
        }
        action
    }
}

/// How many there are of what, in a line.
pub fn told(came: &AppliedFile) -> String {
    let number = |count: usize| grouped(count as u64);
    let kept_is = if came.written {
        "taken over"
    } else {
        "to be taken over"
    };
    format!(
        "{} {kept_is}, {} there already, {} not taken",
        number(came.kept()),
        number(came.same()),
        number(came.not_taken())
    )
}

/// What came of each decision; those that do not fit come first.
fn came_ui(ui: &mut Ui, came: &AppliedFile) {
    ui.label(style::medium(ui, told(came)));
    for trouble in came.troubles.iter().take(SHOWN) {
        ui.add_space(space::XS);
        style::badge(ui, "Not taken", Tone::Warning);
        ui.add(Label::new(make_visible(trouble)).wrap());
    }
    let (not, fitting): (Vec<&Applied>, Vec<&Applied>) = came
        .applied
        .iter()
        .partition(|applied| matches!(applied.came, Came::Not(_)));
    for applied in not.into_iter().chain(fitting).take(SHOWN) {
        decision_ui(ui, applied, came.written);
    }
    if let Some(more) = came.applied.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        ui.label(style::second(ui, format!("and {} more", grouped(more as u64))));
    }
}

fn decision_ui(ui: &mut Ui, applied: &Applied, written: bool) {
    let (word, tone) = match &applied.came {
        Came::Kept if written => ("Taken over", Tone::Good),
        Came::Kept => ("Fits", Tone::Good),
        Came::Same => ("There already", Tone::Neutral),
        Came::Not(_) => ("Not taken", Tone::Warning),
    };
    let client = applied.name.as_deref().unwrap_or(applied.client_id.as_str());
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        style::badge(ui, word, tone);
        ui.add(Label::new(style::medium(ui, make_visible(client))).truncate());
    });
    let mut text = format!(
        "{}, by {} on {}",
        capitalised(&applied.decided.what()),
        applied.decided.by(),
        time::day(applied.decided.at())
    );
    if let Decided::Accepted(acceptance) = &applied.decided {
        let reason = acceptance.reason.replace('\n', " ");
        text.push_str(&format!(", until {}: {reason}", time::day(acceptance.until)));
    }
    ui.add(Label::new(style::second(ui, make_visible(&text))).wrap());
    if let Came::Not(why) = &applied.came {
        ui.add(Label::new(style::second(ui, make_visible(&capitalised(&why.to_string())))).wrap());
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
