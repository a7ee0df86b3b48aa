//! Files that a person saves, and what the History screen asked for.

use super::App;
use crate::client::make_visible;
use crate::desktop::dialogs::{Dialog, RestoreDialog};
use crate::desktop::style::Tone;
use crate::desktop::worker::{Exported, ReplyBody};

impl App {
    /// Takes in what became of a file, or of the wish to choose one.
    pub(super) fn take_file(&mut self, number: u64, body: ReplyBody) {
        if let (ReplyBody::Chosen(chosen), Some(Dialog::ImportSettings(dialog))) = (&body, &mut self.dialog) {
            return dialog.take_chosen(number, chosen);
        }
        if let (ReplyBody::Chosen(chosen), Some(Dialog::ApplySignOffs(dialog))) = (&body, &mut self.dialog) {
            return dialog.take_chosen(number, chosen);
        }
        if let (ReplyBody::Chosen(chosen), Some(Dialog::KeepElsewhere(dialog))) = (&body, &mut self.dialog) {
            return dialog.take_chosen(number, chosen);
        }
        if let ReplyBody::Chosen(chosen) = &body {
            self.import.take_chosen(number, chosen);
            self.compare.take_chosen(number, chosen);
        }
        let dialog = match &mut self.dialog {
            Some(Dialog::SaveAs(dialog)) => Some(dialog),
            _ => None,
        };
        match (body, dialog) {
            (ReplyBody::Chosen(chosen), Some(dialog)) => dialog.take_chosen(number, chosen),
            (ReplyBody::ExportProgress(progress), Some(dialog)) => dialog.take_progress(number, progress),
            (ReplyBody::Exported(exported), dialog) => {
                if dialog.is_some_and(|dialog| dialog.take_exported(number, &exported)) {
                    self.dialog = None;
                }
                if let Ok(Exported::Written { path, told }) = exported {
                    let place = make_visible(&path.display().to_string());
                    self.say(format!("Exported {told} to {place}"), Tone::Good);
                }
            }
            _ => {}
        }
    }

    /// Takes in what the History screen asked for.
    pub(super) fn take_of_history(&mut self, number: u64, body: ReplyBody) {
        match body {
            ReplyBody::HistoryClient(client) => self.history.take_client(number, *client),
            ReplyBody::HistoryClients(clients) => self.history.take_clients(number, clients),
            ReplyBody::HistoryPeople(people) => self.history.take_people(number, people),
            ReplyBody::ChainVerified(report) => self.history.take_chain(number, report),
            ReplyBody::RestoreOvertaken { restoring, theirs } => {
                if matches!(self.dialog, Some(Dialog::Secret(_))) {
                    let text = format!(
                        "Somebody else changed {}; nothing was restored",
                        theirs.draft.name
                    );
                    self.say(text, Tone::Warning);
                } else {
                    let dialog = RestoreDialog::overtaken(*restoring, *theirs);
                    self.dialog = Some(Dialog::Restore(Box::new(dialog)));
                }
                self.refresh_all();
            }
            _ => {}
        }
    }
}
