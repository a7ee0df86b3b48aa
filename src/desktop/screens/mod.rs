//! One file a screen. A screen holds its state, draws it, and says what the person wants as an [`Action`].

pub mod clients;
pub mod compare;
pub mod history;
pub mod import;
pub mod moving;
pub mod new_client;
pub mod review;
pub mod server;
pub mod settings;
pub mod tokens;

use super::command::UiCommand;
use super::dialogs::Dialog;
use super::worker::Command;
use crate::client::{ClientDraft, ClientId, Secret};
use crate::protocol::registration::RegistrationMode;
use crate::registry::Client;
use clients::Choice;

/// Where the window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The list, and the client that is looked at.
    Clients,
    /// The token desk.
    Tokens,
    /// The findings.
    Review,
    /// The changes.
    History,
    /// The server.
    Server,
    /// The settings.
    Settings,
    /// Taking clients of another system over; reached from the clients.
    Import,
    /// The registry beside an export of another system; reached from the clients.
    Compare,
}

impl Screen {
    /// In the order of the navigation; the settings stand apart from the rest.
    pub const ALL: [Self; 6] = [
        Self::Clients,
        Self::Tokens,
        Self::Review,
        Self::History,
        Self::Server,
        Self::Settings,
    ];

    /// Its name in the navigation.
    pub fn name(self) -> &'static str {
        self.command().label()
    }

    /// Where the navigation says that one is.
    pub fn of_navigation(self) -> Self {
        match self {
            Self::Import | Self::Compare => Self::Clients,
            other => other,
        }
    }

    /// The command that goes there.
    pub fn command(self) -> UiCommand {
        match self {
            Self::Clients => UiCommand::ShowClients,
            Self::Tokens => UiCommand::ShowTokens,
            Self::Review => UiCommand::ShowReview,
            Self::History => UiCommand::ShowHistory,
            Self::Server => UiCommand::ShowServer,
            Self::Settings => UiCommand::ShowSettings,
            Self::Import => UiCommand::ImportClients,
            Self::Compare => UiCommand::CompareClients,
        }
    }
}

/// What this window may do to the registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Change registrations and everything beside them.
    pub change: bool,
    /// Accept risks and approve clients.
    pub decide: bool,
}

/// What a person wants, said by a view and done by the app.
pub enum Action {
    /// Go to another screen.
    Go(Screen),
    /// Look at a client.
    Open(ClientId),
    /// Look at one field of a client, named as in its registration.
    OpenField(ClientId, &'static str),
    /// Look at none.
    CloseClient,
    /// Select clients of the list.
    Choose(Choice),
    /// Select none any more.
    ClearSelection,
    /// Have the act on many clients go no further.
    StopEach,
    /// Start a registration from a draft.
    StartClient(Box<ClientDraft>),
    /// Leave the registration that was started.
    LeaveNewClient,
    /// Register what was filled in.
    Create,
    /// Keep what was changed.
    Save,
    /// Go back to what is registered.
    Discard,
    /// Get a token for a client.
    TokenFor(ClientId),
    /// Change what stands in a client's form, to be saved or not.
    ChangeForm(ClientId, FormChange),
    /// Make the sample clients.
    AddSamples,
    /// Ask before something is done.
    Ask(Box<Dialog>),
    /// Close the dialog.
    CloseDialog,
    /// Leave without saving, and do what was asked for.
    LeaveUnsaved(Box<Action>),
    /// Save what was changed, and then do what was asked for.
    SaveAndThen(Box<Action>),
    /// Open the registry once more.
    TryAgain,
    /// Close the window.
    CloseWindow,
    /// Have an import go no further, and close the window.
    StopImportAndClose,
    /// Copy something that is no secret.
    CopyText(String),
    /// Copy a secret or a token.
    CopySecret(Secret),
    /// Compare a token of the desk, said to be this, with another one.
    CompareToken(Secret, &'static str),
    /// Decide who may register clients by a request to this window's server, and which scopes they may have.
    SetRegistration {
        /// Who; none: as it is.
        mode: Option<RegistrationMode>,
        /// Which scopes, with spaces between; none: as they are.
        scopes: Option<String>,
    },
    /// Have a worker do something.
    Send(Box<Command>),
    /// Ask for the token that the form describes.
    RequestToken,
    /// Sign a client off as it was looked at; where findings on it are open, after asking.
    Approve(Box<Client>),
    /// Sign it off although findings on it are open.
    ApproveDespiteFindings(Box<Client>),
    /// Have a report of the findings written.
    ExportReport,
    /// Look at a change of the history, by its number.
    ShowChange(i64),
    /// Do what a command of the table says.
    Run(UiCommand),
}

/// A change of what stands in a form.
#[derive(Clone, Debug)]
pub enum FormChange {
    /// One more redirect URI.
    AddRedirectUri(String),
    /// All of it, as a draft to be mended.
    Become {
        /// The draft.
        draft: Box<ClientDraft>,
        /// The change of the history that left it, by its number.
        seq: i64,
    },
}

impl Action {
    /// Something for a worker.
    pub fn send(command: impl Into<Command>) -> Self {
        Self::Send(Box::new(command.into()))
    }

    /// A question first.
    pub fn ask(dialog: Dialog) -> Self {
        Self::Ask(Box::new(dialog))
    }
}
