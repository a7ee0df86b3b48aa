//! The window's state and the two halves of a frame: `logic` takes in what happened, `frame` draws, and `actions`
//! does what the person asked for.

mod actions;
mod at_hand;
mod faults;
mod frame;
mod keeping;
mod logic;
mod moving;
mod review;
mod review_commands;
mod rules;
mod samples;
mod saving;
mod selecting;
mod server;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{self, Context};

use super::access::HiddenParts;
use super::clipboard::Clipboard;
use super::dialogs::{Dialog, DialogFocus, SecretDialog};
use super::ending::EndRequest;
use super::screens::clients::ClientsScreen;
use super::screens::compare::CompareScreen;
use super::screens::history::HistoryScreen;
use super::screens::import::ImportScreen;
use super::screens::new_client::NewClientScreen;
use super::screens::review::ReviewScreen;
use super::screens::server::ServerScreen;
use super::screens::tokens::TokensScreen;
use super::screens::{Action, FormChange, Screen};
use super::settings::{STORAGE_KEY, Settings};
use super::style;
use super::typing::KeyOrder;
use super::worker::{AuditRules, ServerState, Trouble, Workers};
use crate::client::ClientId;
use crate::registry::Client;
use faults::FaultWatch;

/// The window.
pub struct App {
    workers: Option<Workers>,
    clipboard: Box<dyn Clipboard>,
    /// When the secret on the clipboard is to go.
    clear_clipboard_at: Option<Instant>,
    settings: Settings,
    /// The settings as they were written last, and when they began to differ.
    kept: Settings,
    changed_at: Option<Instant>,
    registry: RegistryState,
    server: ServerState,
    screen: Screen,
    clients: ClientsScreen,
    /// The client that was asked for, to be looked at.
    detail_asked: Option<(u64, ClientId)>,
    /// A redirect URI that goes into the form of a client once that is looked at.
    to_change: Option<(ClientId, FormChange)>,
    /// The field of it that takes the keyboard then.
    field_asked: Option<&'static str>,
    new_client: Option<NewClientScreen>,
    tokens: TokensScreen,
    faults: FaultWatch,
    review: ReviewScreen,
    /// The client that is being signed off, as it was looked at.
    approving: Option<Box<Client>>,
    /// How the rules of the audit are set, by which forms speak.
    rules: Arc<AuditRules>,
    rules_asked: Option<u64>,
    history: HistoryScreen,
    server_screen: ServerScreen,
    import: ImportScreen,
    compare: CompareScreen,
    dialog: Option<Dialog>,
    dialog_focus: DialogFocus,
    /// Secrets that wait until the one on the screen has been stored.
    secrets_waiting: VecDeque<SecretDialog>,
    notice: Option<Notice>,
    /// Whether the window may close although something is unsaved.
    may_close: bool,
    /// What was asked for before something unsaved was saved.
    after_save: Option<Box<Action>>,
    /// Opens the registry once more.
    reopen: Option<Reopen>,
    /// Set by whoever ends the program from outside.
    end: Option<EndRequest>,
    /// Whether the window was fitted to its screen.
    fitted: bool,
    /// Whether a frame begins with the ground.
    ground_is_cleared: bool,
    /// Whether the settings are there for the next window.
    keeps_settings: bool,
}

/// Starts workers over the registry that the window was opened with.
type Reopen = Box<dyn Fn() -> std::io::Result<Workers>>;

/// Whether there is a registry to work on.
enum RegistryState {
    Opening,
    Open { path: PathBuf, read_only: bool },
    Closed(Trouble),
}

/// A line at the bottom: something was done, or was not.
struct Notice {
    text: String,
    tone: style::Tone,
    until: Instant,
}

impl App {
    /// A window over workers that are starting, with a clipboard of the caller's choice.
    pub fn new(ctx: &Context, workers: Workers, clipboard: Box<dyn Clipboard>, settings: Settings) -> Self {
        style::install(ctx);
        ctx.add_plugin(KeyOrder::default());
        ctx.add_plugin(HiddenParts);
        ctx.set_theme(settings.theme);
        Self {
            workers: Some(workers),
            clipboard,
            clear_clipboard_at: None,
            kept: settings.clone(),
            changed_at: None,
            settings,
            registry: RegistryState::Opening,
            server: ServerState::Stopped,
            screen: Screen::Clients,
            clients: ClientsScreen::default(),
            detail_asked: None,
            to_change: None,
            field_asked: None,
            new_client: None,
            tokens: TokensScreen::default(),
            faults: FaultWatch::default(),
            review: ReviewScreen::default(),
            approving: None,
            rules: Arc::default(),
            rules_asked: None,
            history: HistoryScreen::default(),
            server_screen: ServerScreen::default(),
            import: ImportScreen::default(),
            compare: CompareScreen::default(),
            dialog: None,
            dialog_focus: DialogFocus::default(),
            secrets_waiting: VecDeque::new(),
            notice: None,
            may_close: false,
            after_save: None,
            reopen: None,
            end: None,
            fitted: false,
            ground_is_cleared: false,
            keeps_settings: true,
        }
    }

    /// A window that can open its registry once more, where that did not work.
    pub fn with_reopen(mut self, reopen: impl Fn() -> std::io::Result<Workers> + 'static) -> Self {
        self.reopen = Some(Box::new(reopen));
        self
    }

    /// A window that closes when it is told to from outside, as a signal of the system does, and asks nothing then.
    pub fn with_end(mut self, end: EndRequest) -> Self {
        self.end = Some(end);
        self
    }

    /// A window whose settings are its own and end with it.
    pub fn keeping_nothing(mut self) -> Self {
        self.keeps_settings = false;
        self
    }

    /// For a renderer that begins each frame with [`clear_color`](eframe::App::clear_color): the ground, which is most
    /// of the window, need not be painted over it. On a software renderer that is most of a frame's cost.
    pub fn on_cleared_ground(mut self) -> Self {
        self.ground_is_cleared = true;
        self
    }

    /// Whether changes can be made.
    fn is_writable(&self) -> bool {
        matches!(self.registry, RegistryState::Open { read_only: false, .. })
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.close_if_told_to(ctx);
        self.keep_settings(ctx, frame.storage_mut());
        self.take_replies(ctx);
        self.take_copies();
        self.speak_by_rules();
        self.keep_time(ctx);
        self.watch_faults(ctx);
        self.hold_the_door(ctx);
        self.take_shortcuts(ctx);
        self.take_dropped(ctx);
        self.fit_screen(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let action = self.frame_ui(ui);
        if let Some(action) = action {
            self.perform(ui.ctx(), action);
            // What was asked for may change what stands on the screen.
            ui.ctx().request_repaint();
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if !self.keeps_settings {
            return;
        }
        eframe::set_value(storage, STORAGE_KEY, &self.settings);
        self.kept = self.settings.clone();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }

    /// Undo buffers and other memory of text fields are not written to the disk.
    fn persist_egui_memory(&self) -> bool {
        false
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.clipboard.close();
        if let Some(workers) = self.workers.take() {
            workers.stop();
        }
    }
}
