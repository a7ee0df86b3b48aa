//! Before something that the server works with is changed: test users, what they allowed, and signing keys.

use eframe::egui::Ui;

use super::confirm::buttons_ui;
use super::registration::{SweepDialog, TokenForm, open_ui};
use super::resource_server::ResourceServerForm;
use super::user::{AddUser, ClaimsEditor, SetPassword};
use crate::client::ClientId;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{DeadClients, Preparation, Registering, Upkeep, Work, Write};
use crate::protocol::signing_key::SigningAlgorithm;
use crate::registry::ResourceServer;

/// The question, or the form.
pub enum ServerDialog {
    /// A new test user.
    AddUser(AddUser),
    /// Another password for a test user.
    SetPassword(SetPassword),
    /// Other claims for a test user.
    EditClaims {
        /// Whose.
        name: String,
        /// What is typed.
        claims: ClaimsEditor,
    },
    /// Whether to remove a test user.
    RemoveUser(String),
    /// Whether to withdraw what a test user allowed a client.
    WithdrawConsent {
        /// Who allowed it.
        user: String,
        /// The client.
        client_id: ClientId,
        /// What people call it.
        client_name: String,
    },
    /// A new resource server, or another policy for one.
    ResourceServer(Box<ResourceServerForm>),
    /// Whether to remove a resource server.
    RemoveResourceServer(String),
    /// Whether to let everybody register clients.
    OpenRegistration,
    /// A new initial access token.
    NewToken(TokenForm),
    /// Whether to take an initial access token away.
    RevokeToken {
        /// Which.
        id: String,
        /// What people call it.
        label: String,
    },
    /// Whether to delete clients that nobody uses.
    Sweep(SweepDialog),
    /// Whether to have a new key sign.
    RotateKey(SigningAlgorithm),
    /// Whether to have a new key sign for each algorithm.
    RotateKeys,
    /// Whether to take a key away at once.
    RemoveKey {
        /// Which.
        kid: String,
        /// What it signs with, where it is the one that signs.
        signing: Option<SigningAlgorithm>,
    },
}

impl ServerDialog {
    /// The form for a new test user, and the names that are taken.
    pub fn add_user(taken: Vec<String>) -> Self {
        Self::AddUser(AddUser::new(taken))
    }

    /// The form for another password.
    pub fn set_password(name: String) -> Self {
        Self::SetPassword(SetPassword::new(name))
    }

    /// The form for other claims.
    pub fn edit_claims(name: String, claims: &serde_json::Map<String, serde_json::Value>) -> Self {
        let claims = ClaimsEditor::new(claims);
        Self::EditClaims { name, claims }
    }

    /// The form for a new resource server, with what is known of it, beside those that there are.
    pub fn add_resource_server(identifier: &str, scopes: &[&str], others: &[ResourceServer]) -> Self {
        Self::ResourceServer(Box::new(ResourceServerForm::add(identifier, scopes, others)))
    }

    /// The form of a resource server among all of them.
    pub fn edit_resource_server(server: &ResourceServer, all: &[ResourceServer]) -> Self {
        Self::ResourceServer(Box::new(ResourceServerForm::edit(server, all)))
    }

    /// The form for a new initial access token.
    pub fn new_token() -> Self {
        Self::NewToken(TokenForm::default())
    }

    /// The question about clients that nobody uses.
    pub fn sweep(dead: DeadClients) -> Self {
        Self::Sweep(SweepDialog::new(dead))
    }

    /// Its title.
    pub fn title(&self) -> String {
        match self {
            Self::OpenRegistration => "Open registration to everybody?".to_owned(),
            Self::NewToken(_) => "New initial access token".to_owned(),
            Self::RevokeToken { label, .. } => format!("Revoke {label}?"),
            Self::Sweep(dialog) => dialog.title(),
            Self::AddUser(_) => "Add test user".to_owned(),
            Self::SetPassword(form) => format!("Set password of {}", form.name()),
            Self::EditClaims { name, .. } => format!("Edit claims of {name}"),
            Self::RemoveUser(name) => format!("Remove {name}?"),
            Self::ResourceServer(form) => form.title(),
            Self::RemoveResourceServer(identifier) => format!("Remove {identifier}?"),
            Self::WithdrawConsent { .. } => "Withdraw consent?".to_owned(),
            Self::RotateKey(algorithm) => format!("Rotate {} key?", algorithm.as_str()),
            Self::RotateKeys => "Rotate signing keys?".to_owned(),
            Self::RemoveKey { .. } => "Remove key now?".to_owned(),
        }
    }

    /// Whether something is typed into it that a click beside it must not lose.
    pub fn is_form(&self) -> bool {
        matches!(
            self,
            Self::AddUser(_)
                | Self::SetPassword(_)
                | Self::EditClaims { .. }
                | Self::ResourceServer(_)
                | Self::NewToken(_)
        )
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        match self {
            Self::AddUser(form) => form.ui(ui),
            Self::SetPassword(form) => form.ui(ui),
            Self::EditClaims { name, claims } => edit_claims_ui(ui, name, claims),
            Self::RemoveUser(name) => {
                let text = format!(
                    "{name} can no longer sign in. What {name} allowed clients goes too, and every token that came of it \
                     ends at once."
                );
                let upkeep = || Upkeep::RemoveUser(name.clone());
                question_ui(ui, &text, "Remove test user", upkeep)
            }
            Self::ResourceServer(form) => form.ui(ui),
            Self::RemoveResourceServer(identifier) => {
                let text = "It answers no more requests here, and its policy is gone; the history keeps both. Clients keep the \
                            identifier in their audience, and tokens for it go on being issued.";
                let upkeep = || Upkeep::RemoveResourceServer(identifier.clone());
                question_ui(ui, text, "Remove resource server", upkeep)
            }
            Self::WithdrawConsent {
                user,
                client_id,
                client_name,
            } => {
                let text = format!(
                    "All that {user} allowed {client_name} is forgotten, and every token that came of it ends at once. \
                     {client_name} has to ask again."
                );
                let upkeep = || Upkeep::WithdrawConsent {
                    user: user.clone(),
                    client_id: client_id.clone(),
                    client_name: client_name.clone(),
                };
                question_ui(ui, &text, "Withdraw consent", upkeep)
            }
            Self::OpenRegistration => open_ui(ui),
            Self::NewToken(form) => form.ui(ui),
            Self::RevokeToken { id, label } => {
                let text = format!(
                    "Nobody can register clients with {label} any more. Those that it has registered stay as they are, and \
                     go on managing themselves."
                );
                ui.label(style::second(ui, text));
                buttons_ui(ui, "Revoke initial access token", true, true, || {
                    Action::send(Write::Registering(Registering::RevokeToken { id: id.clone() }))
                })
            }
            Self::Sweep(dialog) => dialog.ui(ui),
            Self::RotateKey(algorithm) => {
                let text = format!(
                    "A new {} key signs from now on. The old one stays published for a day, longer than any token lives, \
                     so nothing that was issued breaks.",
                    algorithm.as_str()
                );
                rotate_ui(ui, &text, "Rotate key", Preparation::Key(*algorithm))
            }
            Self::RotateKeys => {
                let text = "For each algorithm a new key signs from now on. The old ones stay published for a day, longer \
                            than any token lives, so nothing that was issued breaks.";
                rotate_ui(ui, text, "Rotate signing keys", Preparation::EveryKey)
            }
            Self::RemoveKey { kid, signing } => remove_key_ui(ui, kid, *signing),
        }
    }
}

/// A question whose answer ends something.
fn question_ui(ui: &mut Ui, text: &str, act: &str, upkeep: impl FnOnce() -> Upkeep) -> Option<Action> {
    ui.label(style::second(ui, text));
    buttons_ui(ui, act, true, true, || Action::send(Write::Upkeep(upkeep())))
}

fn edit_claims_ui(ui: &mut Ui, name: &str, editor: &mut ClaimsEditor) -> Option<Action> {
    let claims = editor.ui(ui, true);
    buttons_ui(ui, "Save claims", false, claims.is_some(), || {
        let name = name.to_owned();
        let claims = claims.unwrap_or_default();
        Action::send(Write::Upkeep(Upkeep::SetClaims { name, claims }))
    })
}

/// Nothing breaks by it, which is what it says.
fn rotate_ui(ui: &mut Ui, text: &str, act: &str, preparation: Preparation) -> Option<Action> {
    ui.label(style::second(ui, text));
    ui.add_space(space::XS);
    ui.label(style::faint(
        ui,
        "Resource servers that keep the published keys fetch them again when they meet a new key ID.",
    ));
    buttons_ui(ui, act, false, true, || {
        Action::send(Work::Prepare(Box::new(preparation)))
    })
}

/// For a key that leaked, or one whose end need not be waited for.
fn remove_key_ui(ui: &mut Ui, kid: &str, signing: Option<SigningAlgorithm>) -> Option<Action> {
    let text = match signing {
        Some(algorithm) => format!(
            "For a key that has leaked. Everything it signed is refused from now on, and a new {} key signs in its place. \
             To change keys without breaking anything, rotate it instead.",
            algorithm.as_str()
        ),
        None => {
            "Everything it signed is refused from now on. Left alone, it is published until its time is up."
                .to_owned()
        }
    };
    ui.label(style::second(ui, text));
    ui.add_space(space::S);
    style::label(ui, "Key ID");
    ui.label(style::mono(ui, kid));
    buttons_ui(ui, "Remove key now", true, true, || {
        let kid = kid.to_owned();
        match signing {
            Some(algorithm) => {
                let preparation = Preparation::KeyInPlaceOf { algorithm, kid };
                Action::send(Work::Prepare(Box::new(preparation)))
            }
            None => Action::send(Write::Upkeep(Upkeep::RemoveKey { kid, instead: None })),
        }
    })
}
