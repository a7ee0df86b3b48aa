//! The one table of commands: what each is called, what it is for, and its shortcut. Menus, buttons, the palette
//! and the shortcuts page all read it.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

/// A thing that a person can ask the window to do, wherever they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UiCommand {
    /// Go to the list of clients.
    ShowClients,
    /// Go to the token desk.
    ShowTokens,
    /// Go to the findings.
    ShowReview,
    /// Judge every client again.
    RunAudit,
    /// Take the risk of the finding or the group at hand.
    AcceptRisk,
    /// Sign off the client at hand.
    ApproveClient,
    /// Have a report of the findings written.
    ExportReport,
    /// Take what a reviewer decided in a file into the registry.
    ApplySignOffs,
    /// Go to the changes.
    ShowHistory,
    /// Follow the chain of the changes.
    VerifyHistory,
    /// Go to the server.
    ShowServer,
    /// Go to the settings.
    ShowSettings,
    /// Start a registration.
    NewClient,
    /// Put the keyboard into the search field.
    SearchClients,
    /// Select every client that the list finds.
    SelectAllClients,
    /// Keep what was changed.
    SaveChanges,
    /// Forget what was changed.
    DiscardChanges,
    /// Make a copy of the client.
    DuplicateClient,
    /// Register a client by the URL of its metadata document.
    AddByUrl,
    /// Take clients of another system over.
    ImportClients,
    /// Write clients into a file for another system.
    ExportClients,
    /// Compare the registry with what another system exported.
    CompareClients,
    /// Look what that document says now.
    RefreshFromUrl,
    /// Make a further secret.
    RotateSecret,
    /// Delete the client, or all that are selected.
    DeleteClient,
    /// Try an address that failed with what is registered.
    TestRedirectUri,
    /// Write down what the client's developers need.
    HandoverSheet,
    /// Get a token for the client.
    RequestToken,
    /// Look at a token from anywhere.
    DecodeToken,
    /// Start the server of this window.
    StartServer,
    /// Stop it.
    StopServer,
    /// Copy its issuer.
    CopyIssuer,
    /// Make a test user.
    AddTestUser,
    /// Register a resource server.
    AddResourceServer,
    /// Start an initial access token.
    NewInitialToken,
    /// Look at what test users allowed.
    ShowConsents,
    /// Have new keys sign.
    RotateSigningKeys,
    /// Open the palette.
    CommandPalette,
    /// Show the shortcuts.
    KeyboardShortcuts,
    /// Change between dark and light.
    ToggleTheme,
}

/// One row of the table.
struct Entry {
    label: &'static str,
    tooltip: &'static str,
    shortcut: Option<KeyboardShortcut>,
}

impl UiCommand {
    /// Every command, in the order of the palette.
    pub const ALL: [Self; 40] = [
        Self::NewClient,
        Self::AddByUrl,
        Self::ImportClients,
        Self::ExportClients,
        Self::CompareClients,
        Self::SearchClients,
        Self::SelectAllClients,
        Self::SaveChanges,
        Self::DiscardChanges,
        Self::DuplicateClient,
        Self::RefreshFromUrl,
        Self::RotateSecret,
        Self::DeleteClient,
        Self::RequestToken,
        Self::DecodeToken,
        Self::HandoverSheet,
        Self::TestRedirectUri,
        Self::ShowClients,
        Self::ShowTokens,
        Self::ShowReview,
        Self::RunAudit,
        Self::AcceptRisk,
        Self::ApproveClient,
        Self::ExportReport,
        Self::ApplySignOffs,
        Self::ShowHistory,
        Self::VerifyHistory,
        Self::ShowServer,
        Self::ShowSettings,
        Self::StartServer,
        Self::StopServer,
        Self::CopyIssuer,
        Self::AddTestUser,
        Self::AddResourceServer,
        Self::NewInitialToken,
        Self::ShowConsents,
        Self::RotateSigningKeys,
        Self::ToggleTheme,
        Self::KeyboardShortcuts,
        Self::CommandPalette,
    ];

    /// What it is called.
    pub fn label(self) -> &'static str {
        self.entry().label
    }

    /// What it is for.
    pub fn tooltip(self) -> &'static str {
        self.entry().tooltip
    }

    /// Its shortcut as people read it, such as `Ctrl+N`.
    pub fn shortcut_text(self, ctx: &Context) -> Option<String> {
        self.entry()
            .shortcut
            .map(|shortcut| ctx.format_shortcut(&shortcut))
    }

    /// The command whose shortcut was pressed in this frame; the press is used up.
    pub fn pressed(ctx: &Context) -> Option<Self> {
        let is_typing = ctx.text_edit_focused();
        Self::ALL.into_iter().find(|command| {
            let shortcut = command
                .entry()
                .shortcut
                .filter(|_| !(is_typing && command.is_of_the_list()));
            shortcut.is_some_and(|shortcut| ctx.input_mut(|input| input.consume_shortcut(&shortcut)))
        })
    }

    /// Whether its shortcut is meant for the list of clients only, and not for the text that is being typed beside it.
    pub fn is_of_the_list(self) -> bool {
        matches!(self, Self::SelectAllClients | Self::DeleteClient)
    }

    /// Whether it is there to change the registry. Where that is only looked at, it is offered nowhere.
    pub const fn edits(self) -> bool {
        matches!(
            self,
            Self::NewClient
                | Self::AddByUrl
                | Self::ImportClients
                | Self::SaveChanges
                | Self::DiscardChanges
                | Self::DuplicateClient
                | Self::RefreshFromUrl
                | Self::RotateSecret
                | Self::DeleteClient
                | Self::ApplySignOffs
                | Self::AddTestUser
                | Self::AddResourceServer
                | Self::NewInitialToken
                | Self::RotateSigningKeys
        )
    }

    fn entry(self) -> Entry {
        let row = |label, tooltip, shortcut| Entry {
            label,
            tooltip,
            shortcut,
        };
        let ctrl = |key| Some(KeyboardShortcut::new(Modifiers::COMMAND, key));
        match self {
            Self::ShowClients => row("Clients", "Every registration in this registry", ctrl(Key::Num1)),
            Self::ShowTokens => row(
                "Tokens",
                "Get a real token and see every byte of how",
                ctrl(Key::Num2),
            ),
            Self::ShowReview => row(
                "Review",
                "What is wrong with the registrations, and why",
                ctrl(Key::Num3),
            ),
            Self::RunAudit => row("Run audit", "Judge every client again", None),
            Self::AcceptRisk => row(
                "Accept risk…",
                "Of the finding or the group at hand, with a reason and an end",
                None,
            ),
            Self::ApproveClient => row(
                "Approve client",
                "Sign it off as it is now; a later change of what gives access is told",
                None,
            ),
            Self::VerifyHistory => row(
                "Verify history",
                "Follow the chain from the first change to the seal over the last one",
                None,
            ),
            Self::ExportReport => row(
                "Export report…",
                "What the audit found, as a file for others",
                None,
            ),
            Self::ApplySignOffs => row(
                "Apply sign-offs…",
                "What a reviewer decided in a window that only looks, from its file",
                None,
            ),
            Self::ShowHistory => row("History", "Who changed what, and when", ctrl(Key::Num4)),
            Self::ShowServer => row(
                "Server",
                "The authorization server on this machine",
                ctrl(Key::Num5),
            ),
            Self::ShowSettings => row("Settings", "How this window behaves", ctrl(Key::Comma)),
            Self::NewClient => row("New client", "Register a client", ctrl(Key::N)),
            Self::AddByUrl => row(
                "Add by URL…",
                "A client that describes itself in a document whose URL is its client ID",
                None,
            ),
            Self::ImportClients => row("Import…", "Take over clients that another system exported", None),
            Self::ExportClients => row(
                "Export…",
                "Clients as a file for another system, never with a secret",
                None,
            ),
            Self::CompareClients => row(
                "Compare…",
                "The registry beside what another system exported",
                None,
            ),
            Self::RefreshFromUrl => row(
                "Refresh from URL",
                "See what the client's document says now, before anything is saved",
                None,
            ),
            Self::SearchClients => row(
                "Search clients",
                "By name, client ID, redirect URI, scope or owner",
                ctrl(Key::F),
            ),
            Self::SelectAllClients => row(
                "Select all clients",
                "All that the list finds, to act on them together",
                ctrl(Key::A),
            ),
            Self::SaveChanges => row("Save changes", "Keep what you changed", ctrl(Key::S)),
            Self::DiscardChanges => row("Discard changes", "Go back to what is registered", None),
            Self::DuplicateClient => row(
                "Duplicate client",
                "Start a new client from this one",
                ctrl(Key::D),
            ),
            Self::RotateSecret => row(
                "Rotate secret…",
                "Make a further secret; the old one ends later",
                ctrl(Key::R),
            ),
            Self::DeleteClient => row(
                "Delete client…",
                "The one that is looked at, or all that are selected",
                Some(KeyboardShortcut::new(Modifiers::NONE, Key::Delete)),
            ),
            Self::RequestToken => row(
                "Request a token",
                "Take this client to the Tokens screen",
                ctrl(Key::T),
            ),
            Self::TestRedirectUri => row(
                "Test a redirect URI…",
                "Paste an address that failed, and see what is registered in its place",
                None,
            ),
            Self::HandoverSheet => row(
                "Handover sheet",
                "What the client's developers need, and configuration for their framework",
                None,
            ),
            Self::DecodeToken => row(
                "Decode a token",
                "Read a token from anywhere, verify it, compare it with another one",
                None,
            ),
            Self::StartServer => row(
                "Start server",
                "On this machine only, for tokens and sign-ins",
                None,
            ),
            Self::StopServer => row("Stop server", "No token is issued until it runs again", None),
            Self::CopyIssuer => row("Copy issuer", "By this address applications find it", None),
            Self::AddTestUser => row("Add test user…", "Who signs in while you try a client out", None),
            Self::AddResourceServer => row(
                "Add resource server…",
                "An API that tokens are for, with its scopes and its policy",
                None,
            ),
            Self::NewInitialToken => row(
                "New initial access token…",
                "Whoever holds it registers clients by a request",
                None,
            ),
            Self::ShowConsents => row("Consents", "What test users allowed clients", None),
            Self::RotateSigningKeys => row(
                "Rotate signing keys…",
                "New keys sign; the old ones stay published for a day",
                None,
            ),
            Self::CommandPalette => row("Commands", "Everything this window can do", ctrl(Key::K)),
            Self::KeyboardShortcuts => row(
                "Keyboard shortcuts",
                "Every key that does something",
                ctrl(Key::Slash),
            ),
            Self::ToggleTheme => row("Switch between dark and light", "Change the theme", None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_commands_share_a_name_or_a_shortcut() {
        let mut labels = HashSet::new();
        let mut shortcuts = HashSet::new();
        for command in UiCommand::ALL {
            assert!(labels.insert(command.label()), "{}", command.label());
            if let Some(shortcut) = command.entry().shortcut {
                assert!(shortcuts.insert(shortcut), "{}", command.label());
            }
        }
    }
}
