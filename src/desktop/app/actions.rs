//! Doing what the person asked for.

use eframe::egui::{Context, Theme, ThemePreference, ViewportCommand};

use super::{App, RegistryState};
use crate::client::ClientKind;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, DocumentDialog, Palette};
use crate::desktop::form::DraftForm;
use crate::desktop::screens::clients::{Choice, Detail};
use crate::desktop::screens::new_client::NewClientScreen;
use crate::desktop::screens::{Action, FormChange, Screen};
use crate::desktop::style::Tone;
use crate::desktop::worker::{Command, Read, ServerState, Upkeep, Work, Write};

impl App {
    /// Sends a command to its worker. Returns its number; 0 once the workers have stopped.
    pub(super) fn send(&mut self, command: impl Into<Command>) -> u64 {
        self.workers.as_mut().map_or(0, |workers| workers.send(command))
    }

    /// Does what was asked for, or asks first where something typed would be lost.
    pub(super) fn perform(&mut self, ctx: &Context, action: Action) {
        if self.would_lose_changes(&action) {
            self.dialog = Some(self.unsaved(action));
            return;
        }
        match action {
            Action::Go(screen) => self.screen = screen,
            Action::Open(client_id) => {
                self.screen = Screen::Clients;
                self.new_client = None;
                self.clients.selection.clear();
                self.ask_for(client_id);
            }
            Action::OpenField(client_id, field) => {
                self.perform(ctx, Action::Open(client_id));
                self.field_asked = Some(field);
            }
            Action::CloseClient => self.look_at_none(),
            Action::Choose(choice) => self.choose(choice),
            Action::ClearSelection => self.clients.selection.clear(),
            Action::StopEach => self.clients.selection.stop(),
            Action::StartClient(draft) => {
                self.screen = Screen::Clients;
                self.new_client = Some(NewClientScreen::new(*draft));
            }
            Action::LeaveNewClient => self.new_client = None,
            Action::Create => self.create(),
            Action::Save => {
                let wanted = self.clients.detail.as_mut().and_then(Detail::save);
                match wanted {
                    Some(wanted) => self.perform(ctx, wanted),
                    None => self.show_problem(),
                }
            }
            Action::Discard => {
                self.dialog = None;
                if let Some(detail) = self.clients.detail.take() {
                    let client_id = detail.client.client_id.clone();
                    self.clients.detail = Some(Detail::new(detail.client));
                    self.ask_for(client_id);
                }
            }
            Action::TokenFor(client_id) => {
                self.screen = Screen::Tokens;
                if let Some(workers) = &mut self.workers {
                    self.tokens.choose(client_id, workers);
                }
            }
            Action::ChangeForm(client_id, change) => self.change_form(ctx, client_id, change),
            Action::AddSamples => {
                for draft in super::samples::samples() {
                    self.send(Work::AddSample(Box::new(draft)));
                }
            }
            Action::Ask(dialog) => {
                if let Dialog::UndoImport(dialog) = dialog.as_ref() {
                    self.send(Read::ImportRun(dialog.number()));
                }
                self.dialog = Some(*dialog);
            }
            Action::CloseDialog => {
                self.after_save = None;
                self.dialog = self.secrets_waiting.pop_front().map(Dialog::Secret);
            }
            Action::LeaveUnsaved(then) => {
                self.dialog = None;
                self.forget_changes();
                self.perform(ctx, *then);
            }
            Action::SaveAndThen(then) => {
                self.dialog = None;
                self.after_save = Some(then);
                self.run(ctx, UiCommand::SaveChanges);
            }
            Action::TryAgain => {
                if let Some(Ok(workers)) = self.reopen.as_ref().map(|reopen| reopen()) {
                    self.workers = Some(workers);
                    self.registry = RegistryState::Opening;
                }
            }
            Action::StopImportAndClose => {
                self.dialog = None;
                self.import.stop();
                // What else holds the door is asked for after this.
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            Action::CloseWindow => {
                self.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            Action::CopyText(text) => {
                ctx.copy_text(text);
                self.say("Copied".to_owned(), Tone::Good);
            }
            // Whether it worked, the clipboard tells.
            Action::CopySecret(secret) => self.clipboard.put(secret),
            Action::CompareToken(token, what) => {
                if let Some(workers) = &mut self.workers {
                    self.tokens.compare(token, what, workers);
                }
            }
            Action::SetRegistration { mode, scopes } => {
                self.dialog = None;
                let settings = &mut self.settings;
                settings.registration = mode.unwrap_or(settings.registration);
                if let Some(scopes) = scopes {
                    settings.dynamic_scopes = scopes;
                }
                // A server that starts later begins with it.
                if matches!(self.server, ServerState::Starting | ServerState::Running { .. }) {
                    self.send(Work::SetRegistration(self.settings.registration_policy()));
                }
            }
            // What a dialog or a reply leads to goes through here too.
            Action::Send(command) if command.edits() && !self.is_writable() => {
                self.dialog = None;
                self.say_why_nothing_changes();
            }
            Action::Send(command) => {
                // A dialog that has something fetched or written waits for it, and a form that might be refused for what
                // comes of it.
                let waits = matches!(
                    *command,
                    Command::Aside(_)
                        | Command::Work(Work::FetchDocument(_))
                        | Command::Write(
                            Write::AcceptAll(_)
                                | Write::Upkeep(Upkeep::PutResourceServer { .. })
                                | Write::ApplySignOffs(_)
                        )
                );
                if matches!(self.dialog, Some(ref dialog) if !waits && !matches!(dialog, Dialog::Secret(_))) {
                    self.dialog = None;
                }
                if matches!(*command, Command::Work(Work::StartServer { .. })) {
                    self.server = ServerState::Starting;
                }
                self.send_and_note(*command);
            }
            Action::RequestToken => {
                if let Some(workers) = &mut self.workers {
                    self.tokens.request(workers);
                }
            }
            Action::Approve(client) => self.ask_to_approve(*client),
            Action::ApproveDespiteFindings(client) => self.approve(*client),
            Action::ExportReport => self.export_report(),
            Action::ShowChange(seq) => {
                self.screen = Screen::History;
                self.history.show(seq);
            }
            Action::Run(command) => self.run(ctx, command),
        }
    }

    /// Says why what was asked for is not done.
    pub(super) fn say_why_nothing_changes(&mut self) {
        let text = match self.registry {
            RegistryState::Open { .. } => "The registry is open read-only",
            RegistryState::Opening | RegistryState::Closed(_) => "No registry is open",
        };
        self.say(text.to_owned(), Tone::Warning);
    }

    /// Whether an action would drop something typed without a word.
    fn would_lose_changes(&self, action: &Action) -> bool {
        let new_client = self.new_client.as_ref().is_some_and(|screen| screen.is_dirty());
        let detail = self
            .clients
            .detail
            .as_ref()
            .filter(|detail| detail.form.is_dirty());
        match action {
            Action::Open(client_id)
            | Action::OpenField(client_id, _)
            | Action::ChangeForm(client_id, FormChange::AddRedirectUri(_)) => {
                new_client || detail.is_some_and(|detail| detail.client.client_id != *client_id)
            }
            Action::CloseClient | Action::Choose(_) => detail.is_some(),
            Action::LeaveNewClient => new_client,
            // A client that is added is looked at next.
            Action::StartClient(_)
            | Action::ChangeForm(_, FormChange::Become { .. })
            | Action::Run(UiCommand::AddByUrl) => new_client || detail.is_some(),
            _ => false,
        }
    }

    /// The question before something typed is lost. A new client is created, not saved: that shows a secret first.
    pub(super) fn unsaved(&self, then: Action) -> Dialog {
        // The rules are saved where they stand, and would be lost with the window.
        let loses_rules = matches!(then, Action::CloseWindow) && self.review.is_dirty();
        Dialog::Unsaved {
            then: Box::new(then),
            can_save: self.new_client.is_none() && self.is_writable() && !loses_rules,
        }
    }

    /// Says what stands in the way of saving, and puts the keyboard there.
    fn show_problem(&mut self) {
        self.after_save = None;
        let form = match &mut self.new_client {
            Some(screen) => Some(&mut screen.form),
            None => self.clients.detail.as_mut().map(|detail| &mut detail.form),
        };
        if let Some(problem) = form.and_then(DraftForm::go_to_problem) {
            self.say(problem, Tone::Danger);
        }
    }

    fn forget_changes(&mut self) {
        self.new_client = None;
        if let Some(detail) = self.clients.detail.take() {
            self.clients.detail = Some(Detail::new(detail.client));
        }
    }

    fn create(&mut self) {
        let Some(draft) = self.new_client.as_mut().and_then(NewClientScreen::finish) else {
            return self.show_problem();
        };
        let number = self.send(Work::Create(Box::new(draft)));
        if let Some(screen) = &mut self.new_client {
            screen.creating = Some(number);
        }
    }

    fn run(&mut self, ctx: &Context, command: UiCommand) {
        // The palette has done its work.
        if matches!(self.dialog, Some(Dialog::Palette(_))) {
            self.dialog = None;
        }
        if command.edits() && !self.is_writable() {
            return self.say_why_nothing_changes();
        }
        match command {
            UiCommand::ShowClients => self.perform(ctx, Action::Go(Screen::Clients)),
            UiCommand::ShowTokens => self.perform(ctx, Action::Go(Screen::Tokens)),
            UiCommand::DecodeToken => {
                self.screen = Screen::Tokens;
                self.tokens.decode();
            }
            UiCommand::ImportClients => self.open_import(),
            UiCommand::ExportClients => self.ask_for_export(),
            UiCommand::CompareClients => self.screen = Screen::Compare,
            UiCommand::ShowReview => self.perform(ctx, Action::Go(Screen::Review)),
            UiCommand::ExportReport => self.perform(ctx, Action::ExportReport),
            UiCommand::ApplySignOffs => self.ask_for_sign_offs(),
            UiCommand::RunAudit
            | UiCommand::AcceptRisk
            | UiCommand::ApproveClient
            | UiCommand::VerifyHistory => self.run_for_reviewer(ctx, command),
            UiCommand::ShowHistory => self.perform(ctx, Action::Go(Screen::History)),
            UiCommand::ShowServer => self.perform(ctx, Action::Go(Screen::Server)),
            UiCommand::ShowSettings => self.perform(ctx, Action::Go(Screen::Settings)),
            UiCommand::NewClient => {
                self.perform(ctx, Action::StartClient(Box::new(ClientKind::Web.preset())));
            }
            UiCommand::SearchClients => {
                self.perform(ctx, Action::LeaveNewClient);
                if self.new_client.is_none() {
                    self.screen = Screen::Clients;
                    self.clients.focus_search = true;
                }
            }
            UiCommand::SelectAllClients => {
                self.perform(ctx, Action::LeaveNewClient);
                if self.new_client.is_none() {
                    self.screen = Screen::Clients;
                    self.perform(ctx, Action::Choose(Choice::All));
                }
            }
            UiCommand::SaveChanges if self.new_client.is_some() => self.create(),
            UiCommand::SaveChanges => self.perform(ctx, Action::Save),
            UiCommand::DiscardChanges => self.perform(ctx, Action::Discard),
            UiCommand::DuplicateClient => {
                if let Some(draft) = self.clients.detail.as_ref().map(Detail::duplicate) {
                    self.perform(ctx, Action::StartClient(Box::new(draft)));
                }
            }
            UiCommand::AddByUrl => {
                self.dialog = Some(Dialog::Document(DocumentDialog::add()));
            }
            UiCommand::RefreshFromUrl => self.refresh_from_url(),
            UiCommand::RotateSecret => {
                let detail = self.clients.detail.as_ref();
                if let Some(detail) =
                    detail.filter(|detail| detail.client.draft.token_endpoint_auth_method.uses_secret())
                {
                    let (client_id, name) =
                        (detail.client.client_id.clone(), detail.client.draft.name.clone());
                    self.dialog = Some(Dialog::rotate(client_id, name));
                }
            }
            UiCommand::DeleteClient => self.ask_before_deleting(),
            UiCommand::RequestToken => {
                if let Some(client_id) = self
                    .clients
                    .detail
                    .as_ref()
                    .map(|detail| detail.client.client_id.clone())
                {
                    self.perform(ctx, Action::TokenFor(client_id));
                }
            }
            UiCommand::TestRedirectUri | UiCommand::HandoverSheet => self.run_for_client(command),
            UiCommand::StartServer
            | UiCommand::StopServer
            | UiCommand::CopyIssuer
            | UiCommand::ShowConsents
            | UiCommand::AddTestUser
            | UiCommand::AddResourceServer
            | UiCommand::NewInitialToken
            | UiCommand::RotateSigningKeys => {
                self.run_for_server(ctx, command);
            }
            UiCommand::CommandPalette => {
                let of_use = UiCommand::ALL
                    .into_iter()
                    .filter(|command| self.is_of_use(*command));
                let offered = of_use.map(|command| (command, self.why_not(command)));
                self.dialog = Some(Dialog::Palette(Palette::new(offered.collect())));
            }
            UiCommand::KeyboardShortcuts => {
                let writable = self.is_writable();
                self.dialog = Some(Dialog::Shortcuts { writable });
            }
            UiCommand::ToggleTheme => {
                let dark = ctx.theme() == Theme::Dark;
                self.settings.theme = if dark {
                    ThemePreference::Light
                } else {
                    ThemePreference::Dark
                };
                ctx.set_theme(self.settings.theme);
            }
        }
    }
}
