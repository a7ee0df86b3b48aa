//! Many clients at once: selecting them, and what was done to them.

use super::App;
use crate::client::ClientId;
use crate::desktop::dialogs::Dialog;
use crate::desktop::screens::clients::{Choice, Detail, UnderWay};
use crate::desktop::style::Tone;
use crate::desktop::worker::{ClientAct, Command, EachResult, Write};
use crate::registry::ClientRow;

impl App {
    /// Selects clients of the list.
    pub(super) fn choose(&mut self, choice: Choice) {
        let looked_at = self.looked_at();
        let Some(workers) = &mut self.workers else { return };
        let (list, selection) = (&self.clients.list, &mut self.clients.selection);
        if selection.choose(choice, list, looked_at.as_ref(), workers) {
            self.show_what_is_selected();
        }
    }

    /// The client in the pane, or the one that was asked for and is to come there.
    fn looked_at(&self) -> Option<ClientId> {
        let asked = self.detail_asked.as_ref().map(|(_, client_id)| client_id);
        let shown = self.clients.detail.as_ref();
        asked.or(shown.map(|detail| &detail.client.client_id)).cloned()
    }

    pub(super) fn look_at_none(&mut self) {
        self.clients.detail = None;
        self.detail_asked = None;
    }

    /// Of many, the summary stands in the pane's place; one alone is looked at.
    fn show_what_is_selected(&mut self) {
        if let Some(client_id) = self.clients.selection.single() {
            self.clients.selection.clear();
            let is_shown = |detail: &Detail| detail.client.client_id == client_id;
            if !self.clients.detail.as_ref().is_some_and(is_shown) {
                self.ask_for(client_id);
            }
        } else {
            self.look_at_none();
        }
    }

    /// Asks before deleting what is selected, or the client that is looked at.
    pub(super) fn ask_before_deleting(&mut self) {
        let selection = &self.clients.selection;
        if selection.is_many() {
            if selection.under_way.is_none() {
                let clients = selection.by_name().into_iter().cloned().collect();
                self.dialog = Some(Dialog::each(ClientAct::Delete, clients));
            }
        } else if let Some(detail) = &self.clients.detail {
            self.dialog = Some(Dialog::delete(detail.client.clone()));
        }
    }

    /// Takes in the rows of a part of the list that is being selected.
    pub(super) fn take_range(&mut self, number: u64, rows: &[ClientRow]) {
        if self.clients.selection.take_range(number, rows) {
            self.show_what_is_selected();
        }
    }

    /// Sends what was asked for, and notes what is going on with the selection.
    pub(super) fn send_and_note(&mut self, command: Command) {
        let each = match &command {
            Command::Write(Write::Each { act, clients, stop }) => Some((*act, clients.len(), stop.clone())),
            _ => None,
        };
        let is_of_file = matches!(
            command,
            Command::Aside(_) | Command::Write(Write::ApplySignOffs(_))
        );
        let is_of_risks = matches!(command, Command::Write(Write::AcceptAll(_)));
        let number = self.send(command);
        match &mut self.dialog {
            Some(Dialog::SaveAs(dialog)) if is_of_file => dialog.sent(number),
            Some(Dialog::ImportSettings(dialog)) if is_of_file => dialog.sent(number),
            Some(Dialog::UndoImport(dialog)) if is_of_file => dialog.sent(number),
            Some(Dialog::ApplySignOffs(dialog)) if is_of_file => dialog.sent(number),
            Some(Dialog::KeepElsewhere(dialog)) if is_of_file => dialog.sent(number),
            Some(Dialog::AcceptAll(dialog)) if is_of_risks => dialog.sent(number),
            _ => {}
        }
        if let Some((act, all, stop)) = each {
            self.clients.selection.outcome = None;
            self.clients.selection.under_way = Some(UnderWay {
                number,
                act,
                done: 0,
                all,
                stop,
            });
        }
    }

    /// Takes in how far an act on many is.
    pub(super) fn take_progress(&mut self, number: u64, done: usize) {
        self.clients.selection.take_progress(number, done);
        if let Some(Dialog::AcceptAll(dialog)) = &mut self.dialog {
            dialog.take_progress(number, done);
        }
    }

    /// Tells what came of an act on many clients.
    pub(super) fn take_each_done(&mut self, number: u64, result: EachResult) {
        let tone = if result.is_whole() {
            Tone::Good
        } else {
            Tone::Warning
        };
        self.say(result.told(), tone);
        let was_many = self.clients.selection.is_many();
        self.clients.selection.take_outcome(number, result);
        if was_many && !self.clients.selection.is_many() {
            self.show_what_is_selected();
        }
        self.refresh_all();
    }
}
