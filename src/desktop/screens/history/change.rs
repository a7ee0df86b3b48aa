//! One change: what, when, by whom, field by field, and the way back to the version that it left.

use eframe::egui::{Label, Ui};

use super::diff::{diff, diff_ui};
use super::words::{moment, sentence, shown};
use crate::client::{ClientDraft, ClientId};
use crate::desktop::dialogs::{Dialog, RestoreDialog, UndoImportDialog};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::registry::{Client, HistoryRow, action, import_of_note};

/// The client of a change as it is now, and whether the version that the change left can be brought back.
pub struct AtHand {
    /// The change, by its number.
    pub seq: i64,
    client: Option<Box<Client>>,
    verdict: Verdict,
}

/// Whether a version can be brought back.
enum Verdict {
    /// The change left none.
    NoVersion,
    /// The change is the end of the client.
    Deletion,
    /// The client is gone.
    Gone,
    /// It is what the client is.
    AsItIs,
    /// It cannot be read.
    Unreadable(String),
    /// It can.
    Offered(Box<ClientDraft>),
}

impl AtHand {
    /// Judges a change beside its client as it is now; none where that is gone.
    pub fn new(row: &HistoryRow, client: Option<Client>) -> Self {
        let verdict = match (row.version(), &client) {
            _ if row.action == action::DELETE_CLIENT => Verdict::Deletion,
            (None, _) => Verdict::NoVersion,
            (Some(_), None) => Verdict::Gone,
            (Some(Err(error)), Some(_)) => Verdict::Unreadable(error),
            (Some(Ok(version)), Some(client)) if version == client.draft => Verdict::AsItIs,
            (Some(Ok(version)), Some(_)) => Verdict::Offered(Box::new(version)),
        };
        Self {
            seq: row.seq,
            client: client.map(Box::new),
            verdict,
        }
    }

    /// The version that can be brought back, and the client as it is now.
    fn offered(&self) -> Option<(&ClientDraft, &Client)> {
        match (&self.verdict, &self.client) {
            (Verdict::Offered(version), Some(client)) => Some((version, client)),
            _ => None,
        }
    }
}

/// What a person wants of a change.
pub enum Wish {
    /// Look at it no more.
    Close,
    /// See the changes of its client only.
    OnlyClient,
    /// Something else.
    Do(Action),
}

/// Draws a change. Where the chain breaks first, that is told of that change.
pub fn change_ui(
    ui: &mut Ui,
    row: &HistoryRow,
    at_hand: Option<&AtHand>,
    broken_at: Option<i64>,
    writable: bool,
) -> Option<Wish> {
    let mut wish = None;
    ui.horizontal(|ui| {
        style::label(ui, &format!("Change {}", row.seq));
        style::at_right(ui, |ui| {
            if style::close_button(ui, "Close change").clicked() {
                wish = Some(Wish::Close);
            }
        });
    });
    style::pane_title(ui, &sentence(row));
    let by = style::second(ui, format!("{} · by {}", moment(row), shown(&row.by)));
    ui.label(by).on_hover_text("The name is claimed, not proved");
    trouble_ui(ui, row, broken_at);
    if let Some(client_id) = &row.client_id {
        ui.add(Label::new(style::mono(ui, client_id.as_str()).color(palette(ui).second)).truncate());
        if !row.note.is_empty() {
            ui.add(Label::new(shown(&row.note)).wrap());
        }
        wish = wish.or(client_ui(ui, row, client_id, at_hand, writable));
    }
    let heading = match (&row.before, &row.after) {
        (None, None) => return wish,
        (None, Some(_)) => "What it began as",
        (Some(_), None) => "What it was",
        (Some(_), Some(_)) => "What changed",
    };
    style::divider(ui);
    style::label(ui, heading);
    let lines = diff(row.before.as_ref(), row.after.as_ref());
    if lines.is_empty() {
        ui.label(style::second(ui, "Nothing in the record"));
    } else {
        diff_ui(ui, &lines);
    }
    wish
}

/// What another program did to the row.
fn trouble_ui(ui: &mut Ui, row: &HistoryRow, broken_at: Option<i64>) {
    let mut say = |what: String, advice: &str| {
        ui.add_space(space::S);
        style::card(ui, Tone::Danger, |ui| {
            ui.add(Label::new(style::medium(ui, what)).wrap());
            ui.add(Label::new(style::second(ui, advice)).wrap());
        });
        ui.add_space(space::S);
    };
    if !row.unreadable.is_empty() {
        say(
            format!("Of this change, {} cannot be read", row.unreadable.join(", ")),
            "Somebody changed the file without this program. The other changes can be read; Verify says whether they are as \
             they were written.",
        );
    }
    if broken_at == Some(row.seq) {
        say(
            "This change does not fit the chain".to_owned(),
            "It is the first that is not as it was written.",
        );
    }
}

/// What can be done with the client of a change.
fn client_ui(
    ui: &mut Ui,
    row: &HistoryRow,
    client_id: &ClientId,
    at_hand: Option<&AtHand>,
    writable: bool,
) -> Option<Wish> {
    let at_hand = at_hand.filter(|at_hand| at_hand.seq == row.seq);
    // A deleted client cannot be looked at any more.
    let is_there = at_hand.is_some_and(|at_hand| at_hand.client.is_some());
    let mut wish = None;
    let mut why_not = None;
    ui.horizontal_wrapped(|ui| {
        if is_there && style::button(ui, "Open client").clicked() {
            wish = Some(Wish::Do(Action::Open(client_id.clone())));
        }
        let judged = at_hand.filter(|_| writable);
        let offered = judged.and_then(AtHand::offered);
        if let Some((version, client)) = offered
            && style::button(ui, "Restore this version…").clicked()
        {
            let dialog = RestoreDialog::new(row.seq, row.at, version.clone(), client.clone());
            wish = Some(Wish::Do(Action::ask(Dialog::Restore(Box::new(dialog)))));
        }
        if let Some(number) = import_of_note(&row.note).filter(|_| writable)
            && style::button(ui, "Undo import…").clicked()
        {
            let dialog = UndoImportDialog::new(number);
            wish = Some(Wish::Do(Action::ask(Dialog::UndoImport(Box::new(dialog)))));
        }
        why_not = judged.and_then(|at_hand| at_hand.verdict.why_not());
        if style::quiet_button(ui, "Only this client").clicked() {
            wish = Some(Wish::OnlyClient);
        }
    });
    if let Some(why_not) = why_not {
        ui.add(Label::new(style::faint(ui, why_not)).wrap());
    }
    wish
}

impl Verdict {
    /// Why there is nothing to bring back, where one might look for it.
    fn why_not(&self) -> Option<String> {
        Some(match self {
            Self::NoVersion | Self::Offered(_) => return None,
            Self::Deletion => {
                "A deletion leaves no version to restore. A deleted client does not come back: its secrets and tokens have \
                 ended. Register a new one from what it was."
                    .to_owned()
            }
            Self::Gone => "The client has been deleted since, so no version of it can be restored".to_owned(),
            Self::AsItIs => "The client is registered as this change left it: there is nothing to restore".to_owned(),
            Self::Unreadable(error) => format!("This version cannot be restored: {}", shown(error)),
        })
    }
}
