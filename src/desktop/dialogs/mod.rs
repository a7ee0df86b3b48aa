//! What stands over a screen. While a dialog is open, everything behind it is disabled, and screen readers do not find
//! it.

mod accept;
mod accept_all;
mod apply_sign_offs;
mod approve;
mod confirm;
mod conflict;
mod document;
mod each;
mod exposed;
mod file_field;
mod fix;
mod focus;
mod handover;
mod import_settings;
mod keep_elsewhere;
pub mod palette;
mod redirect;
mod registration;
mod resource_server;
mod restore;
mod save_as;
mod save_filter;
mod saved_request;
mod secret;
mod server;
pub mod shortcuts;
mod terms;
mod trend;
mod undo_import;
mod user;

use eframe::egui::{Context, Frame, Id, Margin, Modal, Role, ScrollArea, Stroke, Ui, UiKind};

pub use accept::AcceptDialog;
pub use accept_all::AcceptAllDialog;
pub use apply_sign_offs::{ApplySignOffsDialog, told as sign_offs_told};
pub use confirm::entered;
pub use document::DocumentDialog;
pub use each::EachDialog;
pub use exposed::Exposed;
pub use fix::FixDialog;
pub use focus::DialogFocus;
pub use handover::HandoverDialog;
pub use import_settings::ImportSettingsDialog;
pub use keep_elsewhere::KeepElsewhereDialog;
pub use palette::Palette;
pub use redirect::RedirectDialog;
pub use restore::RestoreDialog;
pub use save_as::{SaveAsDialog, SaveChoice, SaveFormat};
pub use save_filter::SaveFilterDialog;
pub use saved_request::SaveRequestDialog;
pub use secret::SecretDialog;
pub use server::ServerDialog;
pub use trend::TrendDialog;
pub use undo_import::UndoImportDialog;

use super::screens::Action;
use super::style::{self, tokens::corner, tokens::size};
use super::worker::{ClientAct, Seen, Trouble, Write};
use crate::client::{ClientDraft, ClientId, make_visible};
use crate::registry::Client;

/// A question, or something to be taken note of.
pub enum Dialog {
    /// A secret that is shown once.
    Secret(SecretDialog),
    /// Whether to delete a client; its name must be typed.
    Delete {
        /// The client as it was looked at.
        client: Box<Client>,
        /// What was typed so far.
        typed: String,
    },
    /// Whether to do something to many clients.
    Each(EachDialog),
    /// How long the older secret stays valid.
    Rotate {
        /// Whose.
        client_id: ClientId,
        /// Its name.
        name: String,
        /// Days.
        overlap_days: u32,
    },
    /// Whether to end every secret and token.
    Revoke {
        /// Whose.
        client_id: ClientId,
        /// Its name.
        name: String,
    },
    /// Whether a client shall have no secret any more.
    TurnPublic {
        /// Its name.
        name: String,
        /// What to do then.
        save: Box<Write>,
    },
    /// Whether to leave without saving.
    Unsaved {
        /// What was asked for.
        then: Box<Action>,
        /// Whether it can be saved first.
        can_save: bool,
    },
    /// Whether to close the window although an import is under way.
    Importing,
    /// Somebody else saved first: both versions.
    Conflict {
        /// What this window wanted to keep.
        mine: Box<ClientDraft>,
        /// The client as it is.
        theirs: Box<Client>,
    },
    /// Somebody else changed the client before it was switched or deleted: both versions.
    Overtaken {
        /// What was to be done.
        act: ClientAct,
        /// The client as it was looked at.
        seen: Box<Client>,
        /// The client as it is.
        theirs: Box<Client>,
    },
    /// Somebody else changed the client before it was signed off: what was looked at, where that is known, and what it is.
    Unapproved {
        /// The client as it was looked at.
        seen: Option<Box<Client>>,
        /// The client as it is.
        theirs: Box<Client>,
    },
    /// Whether to sign a client off although findings on it stay open.
    ApproveDespite {
        /// The client as it was looked at.
        client: Box<Client>,
        /// How many, by severity from [`crate::client::Severity::Info`] on.
        open: [usize; 5],
    },
    /// A client by the URL of its metadata document.
    Document(DocumentDialog),
    /// An address that failed, tried with what is registered.
    Redirect(Box<RedirectDialog>),
    /// What the developers of a client need.
    Handover(Box<HandoverDialog>),
    /// A name for a token request.
    SaveRequest(Box<SaveRequestDialog>),
    /// Why a risk is taken, and until when.
    Accept(Box<AcceptDialog>),
    /// The same for many at once.
    AcceptAll(Box<AcceptAllDialog>),
    /// Where a decision is to be kept.
    KeepElsewhere(Box<KeepElsewhereDialog>),
    /// Whether a change that ends a finding is to be made.
    Fix(Box<FixDialog>),
    /// A name for a filter of the findings.
    SaveFilter(Box<SaveFilterDialog>),
    /// Whether a client is to be what it was.
    Restore(Box<RestoreDialog>),
    /// Where something is to be saved as a file.
    SaveAs(Box<SaveAsDialog>),
    /// What a reviewer decided in a file.
    ApplySignOffs(Box<ApplySignOffsDialog>),
    /// Settings of the rules, from a file.
    ImportSettings(Box<ImportSettingsDialog>),
    /// Whether the rules are to be as the table has them.
    DefaultRules,
    /// How many findings were open, day by day.
    Trend(TrendDialog),
    /// Whether an import is to be undone.
    UndoImport(Box<UndoImportDialog>),
    /// Something that the server works with.
    Server(ServerDialog),
    /// Others could read the registry's files.
    Exposed(Exposed),
    /// What did not work, where a line at the bottom would be overlooked.
    Trouble(Trouble),
    /// Everything the window can do.
    Palette(Palette),
    /// Every key that does something.
    Shortcuts {
        /// Whether the registry can be changed.
        writable: bool,
    },
}

impl Dialog {
    /// Asks before deleting.
    pub fn delete(client: Client) -> Self {
        Self::Delete {
            client: Box::new(client),
            typed: String::new(),
        }
    }

    /// Asks before something is done to many clients.
    pub fn each(act: ClientAct, clients: Vec<Seen>) -> Self {
        Self::Each(EachDialog::new(act, clients))
    }

    /// Asks how long the older secret stays valid: a week, unless the person says otherwise.
    pub fn rotate(client_id: ClientId, name: String) -> Self {
        Self::Rotate {
            client_id,
            name,
            overlap_days: 7,
        }
    }

    /// Its title, which is also its accessible name.
    pub fn title(&self) -> String {
        match self {
            Self::Secret(dialog) => dialog.title().to_owned(),
            Self::Delete { client, .. } => format!("Delete {}?", client.draft.name),
            Self::Each(dialog) => dialog.title(),
            Self::Rotate { .. } => "Rotate secret".to_owned(),
            Self::Revoke { .. } => "Revoke all secrets now?".to_owned(),
            Self::TurnPublic { .. } => "Make it a public client?".to_owned(),
            Self::Unsaved { .. } => "Leave without saving?".to_owned(),
            Self::Importing => "An import is running".to_owned(),
            Self::Conflict { .. } | Self::Overtaken { .. } | Self::Unapproved { .. } => {
                "Changed by somebody else".to_owned()
            }
            Self::ApproveDespite { client, .. } => format!("Approve {}?", make_visible(&client.draft.name)),
            Self::Document(dialog) => dialog.title(),
            Self::Redirect(_) => "Test a redirect URI".to_owned(),
            Self::Handover(_) => "Handover sheet".to_owned(),
            Self::SaveRequest(_) => "Save request".to_owned(),
            Self::Accept(_) => "Accept risk".to_owned(),
            Self::AcceptAll(dialog) => dialog.title(),
            Self::KeepElsewhere(_) => "Keep sign-offs elsewhere".to_owned(),
            Self::Fix(dialog) => dialog.title(),
            Self::SaveFilter(_) => "Save filter".to_owned(),
            Self::Restore(dialog) => dialog.title(),
            Self::SaveAs(dialog) => dialog.title().to_owned(),
            Self::ApplySignOffs(_) => "Apply sign-offs".to_owned(),
            Self::ImportSettings(_) => "Import settings".to_owned(),
            Self::DefaultRules => "Set every rule back to its default?".to_owned(),
            Self::Trend(_) => "Open findings over time".to_owned(),
            Self::UndoImport(dialog) => dialog.title().to_owned(),
            Self::Server(dialog) => dialog.title(),
            Self::Exposed(exposed) => exposed.title().to_owned(),
            Self::Trouble(_) => "That did not work".to_owned(),
            Self::Palette(_) => "Commands".to_owned(),
            Self::Shortcuts { .. } => "Keyboard shortcuts".to_owned(),
        }
    }

    /// Whether Escape and a click beside it close it. A secret would be lost by either; a file that is being written, and
    /// risks that are being accepted, are stopped instead.
    fn closes_by_itself(&self) -> bool {
        match self {
            Self::Secret(_) => false,
            Self::SaveAs(dialog) => !dialog.is_writing(),
            Self::UndoImport(dialog) => !dialog.is_undoing(),
            Self::AcceptAll(dialog) => !dialog.is_working(),
            _ => true,
        }
    }

    /// Addresses and code want more room than questions.
    fn width(&self) -> f32 {
        match self {
            Self::Redirect(_) | Self::Handover(_) | Self::Trend(_) => size::DIALOG_WIDE,
            _ => size::DIALOG,
        }
    }

    /// Draws it. The app does what it returns.
    pub fn show(&mut self, ctx: &Context, focus: &mut DialogFocus) -> Option<Action> {
        let title = self.title();
        let colors = if ctx.global_style().visuals.dark_mode {
            &style::tokens::DARK
        } else {
            &style::tokens::LIGHT
        };
        let frame = Frame::new()
            .fill(colors.pane)
            .stroke(Stroke::new(1.0, colors.line))
            .corner_radius(corner::DIALOG)
            .shadow(ctx.global_style().visuals.window_shadow)
            .inner_margin(Margin::same(24));
        // An identity of its own: it must not start with the size that another dialog had.
        let modal = Modal::new(Id::unique(("dialog", &title)))
            .frame(frame)
            .backdrop_color(colors.backdrop);
        let response = modal.show(ctx, |ui| {
            let width = self.width().min(ctx.content_rect().width() - 80.0) - 48.0;
            ui.set_width(width);
            name_dialog(ui, &title);
            ui.spacing_mut().item_spacing.y = 6.0;
            style::title(ui, &title);
            let height = ctx.content_rect().height() - 160.0;
            // It grows with what it holds before it scrolls.
            let scroll = ScrollArea::vertical()
                .max_height(height)
                .min_scrolled_height(height);
            scroll
                .show(ui, |ui| {
                    ui.set_width(width);
                    focus.take(ui);
                    self.body_ui(ui)
                })
                .inner
        });
        let is_form = matches!(self, Self::Server(dialog) if dialog.is_form());
        let is_beside = is_form && response.backdrop_response.clicked();
        let closed = self.closes_by_itself() && !is_beside && response.should_close();
        response.inner.or_else(|| closed.then_some(Action::CloseDialog))
    }

    fn body_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        match self {
            Self::Secret(dialog) => dialog.ui(ui),
            Self::Delete { client, typed } => confirm::delete_ui(ui, client, typed),
            Self::Each(dialog) => dialog.ui(ui),
            Self::Rotate {
                client_id,
                name,
                overlap_days,
            } => confirm::rotate_ui(ui, client_id, name, overlap_days),
            Self::Revoke { client_id, name } => confirm::revoke_ui(ui, client_id, name),
            Self::TurnPublic { name, save } => confirm::turn_public_ui(ui, name, save),
            Self::Unsaved { then, can_save } => confirm::unsaved_ui(ui, then, *can_save),
            Self::Importing => confirm::importing_ui(ui),
            Self::Conflict { mine, theirs } => conflict::conflict_ui(ui, mine, theirs),
            Self::Overtaken { act, seen, theirs } => conflict::overtaken_ui(ui, *act, seen, theirs),
            Self::Unapproved { seen, theirs } => approve::unapproved_ui(ui, seen.as_deref(), theirs),
            Self::ApproveDespite { client, open } => approve::despite_ui(ui, client, open),
            Self::Document(dialog) => dialog.ui(ui),
            Self::Redirect(dialog) => dialog.ui(ui),
            Self::Handover(dialog) => dialog.ui(ui),
            Self::SaveRequest(dialog) => dialog.ui(ui),
            Self::Accept(dialog) => dialog.ui(ui),
            Self::AcceptAll(dialog) => dialog.ui(ui),
            Self::KeepElsewhere(dialog) => dialog.ui(ui),
            Self::Fix(dialog) => dialog.ui(ui),
            Self::SaveFilter(dialog) => dialog.ui(ui),
            Self::Restore(dialog) => dialog.ui(ui),
            Self::SaveAs(dialog) => dialog.ui(ui),
            Self::ApplySignOffs(dialog) => dialog.ui(ui),
            Self::ImportSettings(dialog) => dialog.ui(ui),
            Self::DefaultRules => confirm::default_rules_ui(ui),
            Self::Trend(dialog) => dialog.ui(ui),
            Self::UndoImport(dialog) => dialog.ui(ui),
            Self::Server(dialog) => dialog.ui(ui),
            Self::Exposed(exposed) => exposed.ui(ui),
            Self::Trouble(trouble) => confirm::trouble_ui(ui, trouble),
            Self::Palette(palette) => palette.ui(ui),
            Self::Shortcuts { writable } => {
                shortcuts::shortcuts_ui(ui, *writable);
                None
            }
        }
    }
}

/// Gives the modal's own node the dialog's name.
fn name_dialog(ui: &Ui, title: &str) {
    let modal = ui
        .stack()
        .iter()
        .find(|stack| stack.kind() == Some(UiKind::Modal))
        .map(|stack| stack.unique_id);
    if let Some(id) = modal {
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(Role::Dialog);
            node.set_label(title);
            node.set_modal();
        });
    }
}
