//! What can be tried or taken away for the client at hand: the one that is looked at, or chosen on the Tokens screen.

use eframe::egui::Context;

use super::App;
use crate::client::{ClientId, needs_redirect_uri};
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, HandoverDialog, RedirectDialog};
use crate::desktop::screens::clients::Detail;
use crate::desktop::screens::{Action, FormChange, Screen};
use crate::desktop::worker::ServerState;
use crate::interchange::handover::{Endpoints, NO_ISSUER};
use crate::protocol::{Issuer, metadata};
use crate::registry::Client;

impl App {
    /// The client at hand.
    pub(super) fn at_hand(&self) -> Option<&Client> {
        let looked_at = self.clients.detail.as_ref().map(|detail| &detail.client);
        match self.screen {
            Screen::Tokens => self.tokens.client(),
            Screen::Clients if self.new_client.is_some() => None,
            _ => looked_at,
        }
    }

    /// Whether a browser comes back to the client at hand.
    pub(super) fn can_test_redirects(&self) -> bool {
        self.at_hand().is_some_and(|client| {
            let draft = &client.draft;
            needs_redirect_uri(&draft.grant_types) || !draft.redirect_uris.is_empty()
        })
    }

    /// Does a command about the client at hand. Without one there is nothing to do.
    pub(super) fn run_for_client(&mut self, command: UiCommand) {
        let Some(client) = self.at_hand().cloned() else {
            return;
        };
        match command {
            UiCommand::TestRedirectUri if self.can_test_redirects() => {
                let dialog = RedirectDialog::new(client, self.is_writable());
                self.dialog = Some(Dialog::Redirect(Box::new(dialog)));
            }
            UiCommand::HandoverSheet => {
                let dialog = self
                    .endpoints()
                    .map(|endpoints| HandoverDialog::new(client, endpoints));
                self.dialog = dialog.map(|dialog| Dialog::Handover(Box::new(dialog)));
            }
            _ => {}
        }
    }

    /// Where this window's server is reached; while it does not run, a word in its place.
    fn endpoints(&self) -> Option<Endpoints> {
        let running = match &self.server {
            ServerState::Running { issuer, .. } => Issuer::parse(issuer).ok(),
            _ => None,
        };
        let is_placeholder = running.is_none();
        let issuer = running.or_else(|| Issuer::parse(NO_ISSUER).ok())?;
        Some(Endpoints {
            is_placeholder,
            ..metadata::endpoints(&issuer)
        })
    }

    /// Changes what stands in a client's form. A client that is not looked at yet is opened first.
    pub(super) fn change_form(&mut self, ctx: &Context, client_id: ClientId, change: FormChange) {
        self.dialog = None;
        let detail = self.clients.detail.as_mut();
        match detail.filter(|detail| detail.client.client_id == client_id) {
            Some(detail) => {
                take_in(detail, change);
                self.screen = Screen::Clients;
                self.new_client = None;
            }
            None => {
                self.to_change = Some((client_id.clone(), change));
                self.perform(ctx, Action::Open(client_id));
            }
        }
    }

    /// The client that was opened for it is here.
    pub(super) fn change_what_waits(&mut self) {
        if let Some((client_id, change)) = self.to_change.take()
            && let Some(detail) = &mut self.clients.detail
            && detail.client.client_id == client_id
        {
            take_in(detail, change);
        }
    }
}

fn take_in(detail: &mut Detail, change: FormChange) {
    match change {
        FormChange::AddRedirectUri(uri) => detail.form.add_redirect_uri(uri),
        FormChange::Become { draft, seq } => {
            detail.form.set_draft(*draft);
            detail.restored_from = Some(seq);
        }
    }
}
