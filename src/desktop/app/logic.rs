//! What happened since the last frame: replies of the workers, time, shortcuts, the wish to close.

use std::time::{Duration, Instant};

use eframe::egui::{Context, Key, Modifiers, Vec2, ViewportCommand, vec2};

use super::{App, Notice, RegistryState};
use crate::client::Secret;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, Exposed, SecretDialog, ServerDialog};
use crate::desktop::screens::clients::Detail;
use crate::desktop::screens::{Action, Screen};
use crate::desktop::style::Tone;
use crate::desktop::worker::{ClientAct, Deed, Read, Reply, ReplyBody, ServerState, Trouble, Work};
use crate::registry::{Client, OpenToOthers};

/// How long a notice stands.
const NOTICE: Duration = Duration::from_secs(6);
/// What a window manager puts around a window and at the edges of the screen, in points.
const BARS: Vec2 = vec2(8.0, 40.0);

impl App {
    /// Takes in what the workers have done.
    pub(super) fn take_replies(&mut self, ctx: &Context) {
        // An inline worker may answer what a reply made us ask; a few rounds settle it.
        for _ in 0..4 {
            let replies = self
                .workers
                .as_mut()
                .map(|workers| workers.replies())
                .unwrap_or_default();
            if replies.is_empty() {
                return;
            }
            for reply in replies {
                self.take(ctx, reply);
            }
        }
        ctx.request_repaint();
    }

    fn take(&mut self, ctx: &Context, reply: Reply) {
        let Reply { number, body } = reply;
        match body {
            ReplyBody::RegistryOpen { path, read_only } => {
                self.registry = RegistryState::Open { path, read_only };
                self.ask_for_rules();
                if self.settings.start_server && !read_only {
                    self.server = ServerState::Starting;
                    self.send(Work::StartServer {
                        port: self.settings.port,
                        registration: self.settings.registration_policy(),
                    });
                }
            }
            ReplyBody::OpenToOthers(files) => self.take_exposed(files),
            ReplyBody::RegistryClosed(trouble) => self.registry = RegistryState::Closed(trouble),
            ReplyBody::Page { page, rows } => self.clients.list.take_page(number, page, rows),
            ReplyBody::Counted { found, all } => self.clients.list.take_count(number, found, all),
            ReplyBody::Client(client) => self.take_client(number, *client),
            ReplyBody::Picked(rows) => self.tokens.take_rows(number, rows),
            ReplyBody::History(rows) => self.history.take(number, rows),
            ReplyBody::HistoryClient(_)
            | ReplyBody::HistoryClients(_)
            | ReplyBody::HistoryPeople(_)
            | ReplyBody::ChainVerified(_)
            | ReplyBody::RestoreOvertaken { .. } => self.take_of_history(number, body),
            ReplyBody::Reviewed(_)
            | ReplyBody::Findings(_)
            | ReplyBody::Owners(_)
            | ReplyBody::Beside(_)
            | ReplyBody::ReviewFilters(_)
            | ReplyBody::FindingsCounted(_)
            | ReplyBody::Approval(..)
            | ReplyBody::FixOvertaken { .. }
            | ReplyBody::NotKept { .. }
            | ReplyBody::ApprovalOvertaken(_) => self.take_of_review(ctx, number, body),
            ReplyBody::Kept { deed, client, secret } => self.take_kept(ctx, deed, *client, secret),
            ReplyBody::Deleted(client_id, name) => {
                if self
                    .clients
                    .detail
                    .as_ref()
                    .is_some_and(|detail| detail.client.client_id == client_id)
                {
                    self.clients.detail = None;
                }
                self.say(format!("{name} was deleted"), Tone::Good);
                self.refresh_all();
            }
            ReplyBody::Range(rows) => self.take_range(number, &rows),
            ReplyBody::EachProgress(done) => self.take_progress(number, done),
            ReplyBody::AllAccepted(result) => self.take_all_accepted(result),
            ReplyBody::EachDone(result) => self.take_each_done(number, *result),
            ReplyBody::Conflict(theirs) => self.take_conflict(*theirs),
            ReplyBody::Overtaken { act, seen, theirs } => self.take_overtaken(act, seen, theirs),
            ReplyBody::Failed(trouble) => {
                let is_unasked = self.history.failed(number) | self.review.failed(number);
                self.server_screen.failed(number);
                self.tokens.access.failed(number);
                self.import.failed(number, &trouble);
                self.compare.failed(number, &trouble);
                if is_unasked {
                    self.say(format!("{}. {}", trouble.what, trouble.advice), Tone::Warning);
                } else {
                    self.take_failure(trouble);
                }
            }
            ReplyBody::ChangedElsewhere => self.refresh_all(),
            ReplyBody::Server(state) => {
                if let ServerState::Failed(trouble) = &state {
                    self.say(format!("{}. {}", trouble.what, trouble.advice), Tone::Danger);
                }
                if !matches!(state, ServerState::Running { .. }) {
                    self.forget_faults();
                }
                self.server = state;
                // A first start makes keys.
                self.server_screen.refresh();
            }
            ReplyBody::UserNames(names) => self.tokens.take_users(number, names),
            ReplyBody::Step(step) => self.tokens.take_step(number, *step),
            ReplyBody::Waits(waiting) => self.tokens.take_waiting(number, waiting),
            ReplyBody::Token(result) => {
                if self.tokens.take_token(number, *result) {
                    let look = self.look_at_faults();
                    self.tokens.faults.ask(look);
                }
                self.refresh_all();
            }
            ReplyBody::Decoded(decoded) => self.tokens.take_decoded(number, *decoded),
            ReplyBody::Fault(state) => self.take_faults(number, *state),
            ReplyBody::Requests(requests) => self.server_screen.take_requests(number, requests),
            ReplyBody::ClientNames(named) => self.server_screen.take_names(number, named),
            ReplyBody::Users(users) => self.server_screen.users.rows.take(number, users),
            ReplyBody::Consents(consents) => self.server_screen.consents.rows.take(number, consents),
            ReplyBody::ResourceServers(servers) => self.take_resource_servers(number, servers),
            ReplyBody::ResourceServerKept(kept) => self.take_resource_server(kept),
            ReplyBody::Access(result) => self.tokens.access.take(number, *result),
            ReplyBody::SigningKeys(keys) => self.server_screen.keys.rows.take(number, keys),
            ReplyBody::InitialTokens(tokens) => self.server_screen.registration.rows.take(number, tokens),
            ReplyBody::SavedRequests(rows) => self.tokens.take_saved(number, rows),
            ReplyBody::TokenMade(token, secret) => {
                self.close_dialog_unless_secret();
                self.show_secret(SecretDialog::initial_token(token.id, secret));
                self.refresh_all();
            }
            ReplyBody::DeadClients(dead) if dead.clients.is_empty() => {
                let text = format!(
                    "No client that registered itself has been without use for {} days",
                    dead.days
                );
                self.say(text, Tone::Good);
            }
            ReplyBody::DeadClients(dead) => {
                if self.dialog.is_none() {
                    self.dialog = Some(Dialog::Server(ServerDialog::sweep(dead)));
                }
            }
            ReplyBody::Document(url, came) => {
                if let Some(Dialog::Document(dialog)) = &mut self.dialog {
                    dialog.take(&url, *came);
                }
            }
            ReplyBody::Chosen(_) | ReplyBody::ExportProgress(_) | ReplyBody::Exported(_) => {
                self.take_file(number, body)
            }
            ReplyBody::AuditSettings(_)
            | ReplyBody::Endings(_)
            | ReplyBody::FindingCounts(_)
            | ReplyBody::SignOffs(_)
            | ReplyBody::FileRead(_) => self.take_of_rules(number, body),
            ReplyBody::Previewed(_)
            | ReplyBody::Details(_)
            | ReplyBody::Reached(_)
            | ReplyBody::ImportDone(_)
            | ReplyBody::Compared(_)
            | ReplyBody::ImportUndone(_)
            | ReplyBody::ImportRun(..) => self.take_of_moving(number, body),
            ReplyBody::Done(said) => {
                self.say(said, Tone::Good);
                self.refresh_all();
            }
        }
        ctx.request_repaint();
    }

    /// Others had access to the registry's files: that must not be overlooked.
    fn take_exposed(&mut self, files: Vec<OpenToOthers>) {
        let still = matches!(self.registry, RegistryState::Open { read_only: true, .. });
        match &mut self.dialog {
            Some(Dialog::Exposed(exposed)) => exposed.add(files),
            None => self.dialog = Some(Dialog::Exposed(Exposed::new(files, still))),
            Some(_) => self.say(Exposed::new(files, still).told(), Tone::Warning),
        }
    }

    fn take_client(&mut self, number: u64, client: Option<Client>) {
        if let Some(workers) = &mut self.workers
            && self.tokens.take_client(number, client.clone(), workers)
        {
            return;
        }
        match (&self.detail_asked, client) {
            (Some((asked, _)), Some(client)) if *asked == number => {
                self.detail_asked = None;
                self.look_at(client);
                let field = self.field_asked.take();
                if let (Some(detail), Some(field)) = (&mut self.clients.detail, field) {
                    detail.form.go_to(field);
                }
            }
            (Some((asked, _)), None) if *asked == number => {
                self.detail_asked = None;
                self.clients.detail = None;
                self.say("This client has been deleted elsewhere".to_owned(), Tone::Warning);
            }
            _ => {}
        }
    }

    /// Shows a client in the pane; one that is there already is brought up to date without losing what was typed.
    fn look_at(&mut self, client: Client) {
        match &mut self.clients.detail {
            Some(detail) if detail.client.client_id == client.client_id => detail.take(client),
            detail => *detail = Some(Detail::new(client)),
        }
        self.change_what_waits();
    }

    fn take_kept(&mut self, ctx: &Context, deed: Deed, client: Client, secret: Option<Secret>) {
        let name = client.draft.name.clone();
        let client_id = client.client_id.clone();
        let said = match deed {
            Deed::Created => format!("{name} was registered"),
            Deed::Saved => "Changes saved".to_owned(),
            Deed::Fixed => format!("{name} was fixed"),
            Deed::Restored => format!("{name} is registered as it was"),
            Deed::Switched => format!("{name} is {}", client.standing().label().to_lowercase()),
            Deed::Rotated => format!("{name} has a new secret"),
            Deed::Revoked => format!("All secrets and tokens of {name} have ended"),
        };
        self.say(said, Tone::Good);
        self.close_dialog_unless_secret();
        if deed == Deed::Created {
            self.new_client = None;
            self.screen = Screen::Clients;
        }
        // What was saved is no longer unsaved; what was only switched or rotated may stand beside unsaved fields.
        match &mut self.clients.detail {
            Some(detail) if detail.client.client_id == client_id && deed != Deed::Saved => {
                detail.take(client)
            }
            // It is looked at elsewhere, and another one may stand here with unsaved fields.
            _ if matches!(deed, Deed::Restored | Deed::Fixed) => {}
            detail => *detail = Some(Detail::new(client)),
        }
        if let Some(secret) = secret {
            let dialog = match deed {
                Deed::Created => SecretDialog::created(client_id, secret),
                _ => SecretDialog::rotated(client_id, secret),
            };
            self.show_secret(dialog);
        }
        self.refresh_all();
        // A secret that came with it is stored first.
        if deed == Deed::Saved
            && let Some(then) = self.after_save.take()
            && self.dialog.is_none()
        {
            self.perform(ctx, *then);
        }
    }

    /// Shows a secret; behind another one that has not been stored yet it waits for its turn.
    fn show_secret(&mut self, dialog: SecretDialog) {
        if matches!(self.dialog, Some(Dialog::Secret(_))) {
            self.secrets_waiting.push_back(dialog);
        } else {
            self.dialog = Some(Dialog::Secret(dialog));
        }
    }

    /// Nothing but the person closes a secret.
    fn close_dialog_unless_secret(&mut self) {
        if !matches!(self.dialog, Some(Dialog::Secret(_))) {
            self.dialog = None;
        }
    }

    fn take_conflict(&mut self, theirs: Client) {
        self.after_save = None;
        let mine = self
            .clients
            .detail
            .as_ref()
            .filter(|detail| detail.client.client_id == theirs.client_id);
        match mine {
            Some(detail) if detail.form.is_dirty() => {
                let mine = Box::new(detail.form.draft().clone());
                self.dialog = Some(Dialog::Conflict {
                    mine,
                    theirs: Box::new(theirs),
                });
            }
            // Nothing typed would be lost: take the newer version over and let the person look before acting again.
            _ => {
                self.close_dialog_unless_secret();
                self.clients.detail = Some(Detail::new(theirs));
                self.say(
                    "Somebody else changed this client; this is the newest version. Nothing was done"
                        .to_owned(),
                    Tone::Warning,
                );
            }
        }
        self.refresh_all();
    }

    /// Something was to be done to a client that is no longer what was seen: both versions, and the choice.
    fn take_overtaken(&mut self, act: ClientAct, seen: Box<Client>, theirs: Box<Client>) {
        if matches!(self.dialog, Some(Dialog::Secret(_))) {
            let name = &theirs.draft.name;
            let text = format!("Somebody else changed {name}, so it was not {}", act.done());
            self.say(text, Tone::Warning);
        } else {
            self.dialog = Some(Dialog::Overtaken { act, seen, theirs });
        }
        self.refresh_all();
    }

    pub(super) fn take_failure(&mut self, trouble: Trouble) {
        self.after_save = None;
        if let Some(new_client) = &mut self.new_client {
            new_client.creating = None;
        }
        // A secret that is being shown stays where it is, whatever else fails.
        if matches!(self.dialog, Some(Dialog::Secret(_))) {
            self.say(format!("{}. {}", trouble.what, trouble.advice), Tone::Danger);
        } else {
            self.dialog = Some(Dialog::Trouble(trouble));
        }
    }

    /// Has everything that is shown looked up again.
    pub(super) fn refresh_all(&mut self) {
        self.clients.list.refresh();
        self.history.refresh();
        self.review.refresh();
        self.ask_for_rules();
        self.server_screen.refresh();
        if let Some(detail) = &self.clients.detail {
            let client_id = detail.client.client_id.clone();
            self.ask_for(client_id);
        }
        if let Some(workers) = &mut self.workers {
            self.clients.list.want_count(workers);
            self.tokens.refresh(workers);
        }
    }

    pub(super) fn ask_for(&mut self, client_id: crate::client::ClientId) {
        let number = self.send(Read::Client(client_id.clone()));
        self.send(Read::Approval(client_id.clone()));
        self.detail_asked = Some((number, client_id));
    }

    /// Says something at the bottom of the window.
    pub(super) fn say(&mut self, text: String, tone: Tone) {
        self.notice = Some(Notice {
            text,
            tone,
            until: Instant::now() + NOTICE,
        });
    }

    /// Tells whether what was to be copied is on the clipboard, and from then on counts its time.
    pub(super) fn take_copies(&mut self) {
        for outcome in self.clipboard.outcomes() {
            let seconds = self.settings.clipboard_seconds;
            let copied = outcome.map(|()| {
                let whole = Duration::from_secs(seconds);
                let clear_at = Instant::now() + whole;
                self.clear_clipboard_at = Some(clear_at);
                (clear_at, whole)
            });
            match (&mut self.dialog, copied) {
                (Some(Dialog::Secret(dialog)), copied) => dialog.take_copy(copied),
                (_, Ok(_)) => self.say(
                    format!("Copied. The clipboard is cleared in {seconds} s"),
                    Tone::Good,
                ),
                (_, Err(trouble)) => {
                    self.say(format!("{}. {}", trouble.what, trouble.advice), Tone::Danger);
                }
            }
        }
    }

    /// The clipboard's time, and the notice's.
    pub(super) fn keep_time(&mut self, ctx: &Context) {
        let is_open = matches!(self.registry, RegistryState::Open { .. });
        if let Some(workers) = &mut self.workers {
            self.tokens.keep_time(ctx, workers);
            if is_open {
                self.review.keep_time(ctx, workers);
            }
        }
        let now = Instant::now();
        match self.clear_clipboard_at {
            Some(at) if at <= now => {
                self.clear_clipboard_at = None;
                self.clipboard.clear_if_still_ours();
            }
            Some(at) => ctx.request_repaint_after(at - now),
            None => {}
        }
        match &self.notice {
            Some(notice) if notice.until <= now => self.notice = None,
            Some(notice) => ctx.request_repaint_after(notice.until - now),
            None => {}
        }
    }

    /// A window that is as large as its screen, or larger, is cut by the bars around it: it takes the whole screen then.
    pub(super) fn fit_screen(&mut self, ctx: &Context) {
        if self.fitted {
            return;
        }
        let (screen, inner) = ctx.input(|input| {
            let viewport = input.viewport();
            (viewport.monitor_size, viewport.inner_rect)
        });
        let (Some(screen), Some(inner)) = (screen, inner) else {
            return;
        };
        self.fitted = true;
        if inner.width() + BARS.x > screen.x || inner.height() + BARS.y > screen.y {
            ctx.send_viewport_cmd(ViewportCommand::Maximized(true));
        }
    }

    /// Whether something typed has not been saved.
    pub(super) fn has_unsaved_changes(&self) -> bool {
        self.new_client.as_ref().is_some_and(|screen| screen.is_dirty())
            || self
                .clients
                .detail
                .as_ref()
                .is_some_and(|detail| detail.form.is_dirty())
            || self.review.is_dirty()
    }

    /// Shortcuts of the one table, unless a dialog is open.
    pub(super) fn take_shortcuts(&mut self, ctx: &Context) {
        if self.dialog.is_some() {
            return;
        }
        let lists_clients = self.screen == Screen::Clients && self.new_client.is_none();
        let fits = |command: &UiCommand| !command.is_of_the_list() || lists_clients;
        if let Some(command) = UiCommand::pressed(ctx).filter(fits) {
            self.perform(ctx, Action::Run(command));
        } else if ctx.memory(|memory| memory.focused().is_none())
            && !eframe::egui::Popup::is_any_open(ctx)
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            match self.screen {
                Screen::Clients => {
                    let action = if self.new_client.is_some() {
                        Action::LeaveNewClient
                    } else if self.clients.selection.is_many() {
                        Action::ClearSelection
                    } else {
                        Action::CloseClient
                    };
                    self.perform(ctx, action);
                }
                Screen::Review => self.review.close(),
                Screen::History => self.history.close(),
                Screen::Server => self.server_screen.close(),
                Screen::Tokens => self.tokens.close(),
                Screen::Settings => {}
                Screen::Import | Screen::Compare => self.close_moving(),
            }
        }
    }
}
