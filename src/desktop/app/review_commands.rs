//! What the palette can do in the reviewer's room: with the finding, the group or the client at hand, or why not.

use eframe::egui::Context;

use super::App;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::Dialog;
use crate::desktop::screens::Screen;
use crate::desktop::style::Tone;
use crate::registry::Client;

/// Why a command about one client cannot be done without one.
const NO_CLIENT: &str = "Look at a client first";

impl App {
    /// Why a command can do nothing now that is of use elsewhere in the window; nothing where it can.
    pub(super) fn why_not(&self, command: UiCommand) -> Option<&'static str> {
        match command {
            UiCommand::AcceptRisk => self.risk_at_hand().err(),
            UiCommand::ApproveClient => self.client_to_approve().err(),
            UiCommand::RunAudit | UiCommand::VerifyHistory if !self.can_decide() => {
                Some("No registry is open")
            }
            UiCommand::DuplicateClient | UiCommand::RotateSecret | UiCommand::RequestToken => {
                self.clients.detail.is_none().then_some(NO_CLIENT)
            }
            _ => None,
        }
    }

    /// Does a command of the reviewer's room, or says why not.
    pub(super) fn run_for_reviewer(&mut self, ctx: &Context, command: UiCommand) {
        if let Some(reason) = self.why_not(command) {
            return self.say(reason.to_owned(), Tone::Warning);
        }
        match command {
            UiCommand::RunAudit => {
                self.screen = Screen::Review;
                if let Some(workers) = &mut self.workers {
                    self.review.run_audit(ctx, workers);
                }
            }
            UiCommand::VerifyHistory => {
                self.screen = Screen::History;
                if let Some(workers) = &mut self.workers {
                    self.history.verify(ctx, workers, true);
                }
            }
            UiCommand::AcceptRisk => self.dialog = self.risk_at_hand().ok(),
            UiCommand::ApproveClient => {
                if let Ok(client) = self.client_to_approve() {
                    self.ask_to_approve(client.clone());
                }
            }
            _ => {}
        }
    }

    /// The question before the risk at hand is taken: of the finding that is looked at, or of a whole group.
    fn risk_at_hand(&self) -> Result<Dialog, &'static str> {
        match self.screen {
            Screen::Review => self.review.risk_at_hand(self.rights()),
            _ => Err("Look at an open finding on the Review screen first"),
        }
    }

    /// The client that is looked at, or that the finding is of that is.
    fn client_to_approve(&self) -> Result<&Client, &'static str> {
        const APPROVED: &str = "It is approved as it is now";
        let (client, approval) = match self.screen {
            Screen::Review => {
                let beside = self.review.beside();
                let client = beside.and_then(|beside| beside.client.as_ref());
                let approval = beside.and_then(|beside| beside.approval.as_ref());
                (client.ok_or("Look at a finding first")?, approval)
            }
            Screen::Clients if self.new_client.is_none() => {
                let detail = self.clients.detail.as_ref().ok_or(NO_CLIENT)?;
                if detail.form.is_dirty() {
                    return Err("Save or discard your changes first");
                }
                let approval = detail.approval.as_ref().and_then(|approval| approval.as_deref());
                (&detail.client, approval)
            }
            _ => return Err(NO_CLIENT),
        };
        let stands =
            approval.is_some_and(|approval| approval.changed(&client.draft, client.version).is_empty());
        if stands { Err(APPROVED) } else { Ok(client) }
    }
}
