//! What can be asked of the server wherever the window is, and which of it there is to ask now.

use eframe::egui::Context;

use super::App;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, DocumentDialog, ServerDialog};
use crate::desktop::screens::{Action, Screen};
use crate::desktop::style::Tone;
use crate::desktop::worker::{ServerState, Trouble, Work};
use crate::registry::ResourceServer;

impl App {
    /// Whether a command can do anything now. The palette offers no other.
    pub(super) fn is_of_use(&self, command: UiCommand) -> bool {
        if command.edits() && !self.is_writable() {
            return false;
        }
        match command {
            UiCommand::StartServer => matches!(self.server, ServerState::Stopped | ServerState::Failed(_)),
            UiCommand::StopServer | UiCommand::CopyIssuer => {
                matches!(self.server, ServerState::Running { .. })
            }
            UiCommand::TestRedirectUri => self.can_test_redirects(),
            UiCommand::HandoverSheet => self.at_hand().is_some(),
            UiCommand::RefreshFromUrl => {
                let detail = self.clients.detail.as_ref();
                detail.is_some_and(|detail| detail.comes_by_url())
            }
            _ => true,
        }
    }

    /// Has the document of the client that is looked at fetched, and shows what it says.
    pub(super) fn refresh_from_url(&mut self) {
        let Some(detail) = self
            .clients
            .detail
            .as_ref()
            .filter(|detail| detail.comes_by_url())
        else {
            return;
        };
        if detail.form.is_dirty() {
            let text = "Save or discard your changes first, then refresh";
            self.say(text.to_owned(), Tone::Warning);
            return;
        }
        let client = &detail.client;
        let dialog = DocumentDialog::refresh(&client.client_id, &client.draft.name);
        let url = client.client_id.to_string();
        self.dialog = Some(Dialog::Document(dialog));
        self.send(Work::FetchDocument(url));
    }

    /// Two screens show the resource servers, and each knows what it has asked for.
    pub(super) fn take_resource_servers(&mut self, number: u64, servers: Vec<ResourceServer>) {
        self.tokens.access.servers.take(number, servers.clone());
        self.server_screen.resources.rows.take(number, servers);
    }

    /// A resource server was kept, or it is said in its form why not.
    pub(super) fn take_resource_server(&mut self, kept: Result<String, Trouble>) {
        match (kept, &mut self.dialog) {
            (Ok(said), dialog) => {
                dialog.take_if(|dialog| matches!(dialog, Dialog::Server(ServerDialog::ResourceServer(_))));
                self.say(said, Tone::Good);
                self.refresh_all();
            }
            (Err(trouble), Some(Dialog::Server(ServerDialog::ResourceServer(form)))) => form.take(trouble),
            (Err(trouble), _) => self.take_failure(trouble),
        }
    }

    /// Does a command about the server.
    pub(super) fn run_for_server(&mut self, ctx: &Context, command: UiCommand) {
        match command {
            UiCommand::StartServer => {
                let start = Work::StartServer {
                    port: self.settings.port,
                    registration: self.settings.registration_policy(),
                };
                self.perform(ctx, Action::send(start));
            }
            UiCommand::StopServer => self.perform(ctx, Action::send(Work::StopServer)),
            UiCommand::CopyIssuer => match &self.server {
                ServerState::Running { issuer, .. } => {
                    let issuer = issuer.clone();
                    self.perform(ctx, Action::CopyText(issuer));
                }
                _ => self.say(
                    "The server is not running, so it has no issuer".to_owned(),
                    Tone::Warning,
                ),
            },
            UiCommand::AddTestUser => {
                self.server_screen.show_users();
                self.screen = Screen::Server;
                self.dialog = Some(self.server_screen.users.add());
            }
            UiCommand::AddResourceServer => {
                self.server_screen.show_resources();
                self.screen = Screen::Server;
                self.dialog = Some(self.server_screen.resources.add());
            }
            UiCommand::NewInitialToken => {
                self.server_screen.show_registration();
                self.screen = Screen::Server;
                self.dialog = Some(Dialog::Server(ServerDialog::new_token()));
            }
            UiCommand::ShowConsents => {
                self.server_screen.show_consents();
                self.screen = Screen::Server;
            }
            UiCommand::RotateSigningKeys => {
                self.server_screen.show_keys();
                self.screen = Screen::Server;
                self.dialog = Some(Dialog::Server(ServerDialog::RotateKeys));
            }
            _ => {}
        }
    }
}
