//! What is to be asked for: on which ground, for what, and as whom.

use eframe::egui::{Ui, vec2};
use zeroize::Zeroize;

use crate::client::{AuthMethod, ClientDraft, GrantType, Scope, Secret, Standing};
use crate::desktop::form::{secret_field, text_field};
use crate::desktop::style::{self, Tone, tokens::font, tokens::space};
use crate::desktop::worker::{Ground, ServerState, SignInBy, TokenRun};
use crate::registry::Client;
use crate::server::RedirectListener;

/// The grants that this server gives, in the order in which they are offered.
const GRANTS: [GrantType; 6] = [
    GrantType::ClientCredentials,
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::DeviceCode,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
];
/// The choice beside the test users.
const BROWSER: &str = "The system's browser";

/// What stands in the form.
pub struct TokenForm {
    /// On which ground.
    pub grant: GrantType,
    /// Space-delimited.
    pub scope: String,
    /// The resource server; none: the default.
    pub audience: Option<String>,
    /// Where the browser goes back to.
    pub redirect_uri: Option<String>,
    /// Who signs in; none: the first who can.
    pub sign_in: Option<SignInBy>,
    /// Whether the credential is pasted.
    pub pasted: bool,
    secret: String,
    refresh_token: String,
    subject_token: String,
    actor_token: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self {
            grant: GrantType::ClientCredentials,
            scope: String::new(),
            audience: None,
            redirect_uri: None,
            sign_in: None,
            pasted: false,
            secret: String::new(),
            refresh_token: String::new(),
            subject_token: String::new(),
            actor_token: String::new(),
        }
    }
}

impl Drop for TokenForm {
    fn drop(&mut self) {
        self.forget_secrets();
    }
}

impl TokenForm {
    /// Begins anew for a client: its first grant, and all its scopes.
    pub fn begin(&mut self, draft: Option<&ClientDraft>) {
        // What was pasted was the other client's.
        self.forget_secrets();
        self.scope = draft.map(|draft| draft.scopes.join(" ")).unwrap_or_default();
        self.audience = None;
        self.redirect_uri = None;
        let registered = |grant: &GrantType| draft.is_some_and(|draft| draft.has_grant(*grant));
        // A refresh token comes of another grant.
        let first = GRANTS
            .into_iter()
            .filter(|grant| *grant != GrantType::RefreshToken);
        self.grant = first
            .clone()
            .find(registered)
            .unwrap_or(GrantType::ClientCredentials);
    }

    fn forget_secrets(&mut self) {
        for secret in [
            &mut self.secret,
            &mut self.refresh_token,
            &mut self.subject_token,
            &mut self.actor_token,
        ] {
            secret.zeroize();
        }
    }

    /// What the form asks for, in the name of a client.
    pub fn run(&self, client: &Client, users: &[String]) -> TokenRun {
        let secret = |text: &str| Secret::new(text.trim().to_owned());
        let ground = match self.grant {
            GrantType::AuthorizationCode => Ground::AuthorizationCode {
                redirect_uri: self.redirect_uri(&client.draft).unwrap_or_default().to_owned(),
                by: self.sign_in(users),
            },
            GrantType::DeviceCode => Ground::DeviceCode(self.sign_in(users)),
            GrantType::RefreshToken => Ground::RefreshToken(secret(&self.refresh_token)),
            GrantType::TokenExchange => Ground::TokenExchange {
                subject_token: secret(&self.subject_token),
                actor_token: Some(secret(&self.actor_token)).filter(|_| !self.actor_token.trim().is_empty()),
            },
            GrantType::JwtBearer => Ground::JwtBearer,
            _ => Ground::ClientCredentials,
        };
        self.run_on(client, ground)
    }

    /// Something on another ground, with the form's scope, audience and credential.
    pub fn run_on(&self, client: &Client, ground: Ground) -> TokenRun {
        let scope = self.scope.trim();
        TokenRun {
            client_id: client.client_id.clone(),
            pasted: self.pasted(),
            scope: (!scope.is_empty()).then(|| scope.to_owned()),
            audience: self.audience.clone(),
            ground,
        }
    }

    /// The pasted secret or key, if that is chosen. A secret may begin and end with a space (RFC 6749 appendix A.2): of what is
    /// pasted, only the end of a line is none of it.
    fn pasted(&self) -> Option<Secret> {
        let pasted = self.secret.trim_end_matches(['\r', '\n']);
        self.pasted.then(|| Secret::new(pasted.to_owned()))
    }

    /// Who signs in: as chosen, or the first test user, or whoever sits at the browser.
    fn sign_in(&self, users: &[String]) -> SignInBy {
        let first = || {
            users
                .first()
                .map_or(SignInBy::Browser, |name| SignInBy::User(name.clone()))
        };
        match &self.sign_in {
            Some(SignInBy::User(name)) if !users.contains(name) => first(),
            Some(chosen) => chosen.clone(),
            None => first(),
        }
    }

    fn redirect_uri<'a>(&'a self, draft: &'a ClientDraft) -> Option<&'a str> {
        let chosen = self.redirect_uri.as_ref();
        chosen.or(draft.redirect_uris.first()).map(String::as_str)
    }

    /// Draws everything between the client and the button.
    pub fn ui(&mut self, ui: &mut Ui, draft: Option<&ClientDraft>, users: &[String]) {
        self.grant_ui(ui, draft);
        match self.grant {
            GrantType::AuthorizationCode => {
                self.sign_in_ui(ui, users);
                self.redirect_uri_ui(ui, draft);
            }
            GrantType::DeviceCode => self.sign_in_ui(ui, users),
            GrantType::RefreshToken => {
                pasted_token_ui(
                    ui,
                    "Refresh token",
                    &mut self.refresh_token,
                    "Of an earlier answer",
                );
            }
            GrantType::TokenExchange => {
                pasted_token_ui(
                    ui,
                    "Subject token",
                    &mut self.subject_token,
                    "The access token to trade in",
                );
                pasted_token_ui(
                    ui,
                    "Actor token",
                    &mut self.actor_token,
                    "Who acts, if that is to be said",
                );
            }
            _ => {}
        }
        self.scope_ui(ui, draft);
        self.audience_ui(ui, draft);
        self.credential_ui(ui, draft);
    }

    fn grant_ui(&mut self, ui: &mut Ui, draft: Option<&ClientDraft>) {
        style::field_label(ui, "Grant");
        style::combo("Grant", ui.available_width(), self.grant.label()).show_ui(ui, |ui| {
            let is_registered = |grant: &GrantType| draft.is_none_or(|draft| draft.has_grant(*grant));
            let (registered, others): (Vec<_>, Vec<_>) = GRANTS.into_iter().partition(is_registered);
            for grant in registered {
                style::choice_value(ui, &mut self.grant, grant, grant.label());
            }
            if !others.is_empty() {
                ui.label(style::faint(ui, "Not registered, to see it refused").size(font::LABEL));
            }
            for grant in others {
                style::choice_value(ui, &mut self.grant, grant, grant.label());
            }
        });
        ui.add_space(space::S);
    }

    fn sign_in_ui(&mut self, ui: &mut Ui, users: &[String]) {
        style::field_label(ui, "Sign in as");
        let mut by = self.sign_in(users);
        let word = |by: &SignInBy| match by {
            SignInBy::User(name) => name.clone(),
            SignInBy::Browser => BROWSER.to_owned(),
        };
        let before = by.clone();
        style::combo("Sign in as", ui.available_width(), word(&by)).show_ui(ui, |ui| {
            for name in users {
                style::choice_value(ui, &mut by, SignInBy::User(name.clone()), name);
            }
            style::choice_value(ui, &mut by, SignInBy::Browser, BROWSER);
        });
        let note = match &by {
            SignInBy::User(_) => "The program walks the pages as a browser would, and needs no password",
            SignInBy::Browser => "You sign in yourself, and the program waits for the answer",
        };
        if by != before {
            self.sign_in = Some(by);
        }
        ui.label(style::faint(ui, note).size(font::LABEL));
        ui.add_space(space::S);
    }

    fn redirect_uri_ui(&mut self, ui: &mut Ui, draft: Option<&ClientDraft>) {
        style::field_label(ui, "Redirect URI");
        let registered = draft
            .map(|draft| draft.redirect_uris.as_slice())
            .unwrap_or_default();
        let shown = draft
            .and_then(|draft| self.redirect_uri(draft))
            .unwrap_or("None registered");
        let combo = style::combo("Redirect URI", ui.available_width(), shown);
        combo.show_ui(ui, |ui| {
            for uri in registered {
                style::choice_value(ui, &mut self.redirect_uri, Some(uri.clone()), uri);
            }
        });
        ui.add_space(space::S);
    }

    fn scope_ui(&mut self, ui: &mut Ui, draft: Option<&ClientDraft>) {
        style::field_label(ui, "Scope");
        text_field(ui, "Scope", &mut self.scope, "All that is registered");
        let registered = draft.map(|draft| draft.scopes.as_slice()).unwrap_or_default();
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
            for scope in registered {
                scope_chip_ui(ui, scope, &mut self.scope);
            }
        });
        ui.add_space(space::S);
    }

    fn audience_ui(&mut self, ui: &mut Ui, draft: Option<&ClientDraft>) {
        style::field_label(ui, "Audience");
        let registered = draft.map(|draft| draft.audience.as_slice()).unwrap_or_default();
        let default = registered
            .first()
            .map_or("The issuer".to_owned(), |first| format!("{first} (default)"));
        let shown = self.audience.clone().unwrap_or_else(|| default.clone());
        let combo = style::combo("Audience", ui.available_width(), shown);
        combo.show_ui(ui, |ui| {
            style::choice_value(ui, &mut self.audience, None, &default);
            for audience in registered {
                style::choice_value(ui, &mut self.audience, Some(audience.clone()), audience);
            }
        });
        ui.add_space(space::S);
    }

    fn credential_ui(&mut self, ui: &mut Ui, draft: Option<&ClientDraft>) {
        style::field_label(ui, "Authenticate with");
        let (name, hint) = match draft.map(|draft| draft.token_endpoint_auth_method) {
            Some(AuthMethod::PrivateKeyJwt) => {
                ("Pasted private key", "Paste the client's private key, as PEM")
            }
            _ => ("Pasted secret", "Paste the client's secret"),
        };
        let word = |pasted| if pasted { name } else { "Test credential" };
        let combo = style::combo("Authenticate with", ui.available_width(), word(self.pasted));
        combo.show_ui(ui, |ui| {
            for pasted in [false, true] {
                style::choice_value(ui, &mut self.pasted, pasted, word(pasted));
            }
        });
        if !self.pasted {
            self.secret.zeroize();
            ui.label(style::faint(ui, "Lives in this window's server only").size(font::LABEL));
            return;
        }
        secret_field(ui, name, &mut self.secret, hint);
        ui.label(style::faint(ui, "Kept in memory only, until you leave this choice").size(font::LABEL));
    }

    /// What will stand in the way, said before the request is made. The request can be made all the same.
    pub fn obstacle(
        &self,
        server: &ServerState,
        client: Option<&Client>,
        users: &[String],
    ) -> Option<String> {
        match server {
            ServerState::Running { .. } => {}
            ServerState::Starting => return Some("The server is starting.".to_owned()),
            ServerState::Stopped => {
                return Some("The server is stopped. Start it on the Server screen.".to_owned());
            }
            ServerState::Failed(trouble) => return Some(format!("{}. {}", trouble.what, trouble.advice)),
        }
        let client = client?;
        match client.standing() {
            Standing::Active => {}
            Standing::Disabled => return Some("This client is disabled, so it will be refused.".to_owned()),
            Standing::Held => {
                return Some("This client is held until its refused findings are put right.".to_owned());
            }
        }
        let draft = &client.draft;
        if !draft.has_grant(self.grant) {
            let grant = self.grant.label();
            return Some(format!(
                "{grant} is not among this client's grants, so it will be refused."
            ));
        }
        let method = draft.token_endpoint_auth_method;
        if method.uses_certificate() {
            return Some(format!(
                "{method} takes a certificate, which is not shown from here, so it will be refused."
            ));
        }
        self.obstacle_to_sign_in(draft, users)
    }

    /// What cannot be had of a registry that is only looked at. Access tokens are not stored, so a client that brings its own
    /// secret gets one.
    pub fn obstacle_to_writing(&self, client: &Client, writable: bool) -> Option<String> {
        let method = client.draft.token_endpoint_auth_method;
        let obstacle = match self.grant {
            _ if writable => return None,
            GrantType::AuthorizationCode | GrantType::DeviceCode | GrantType::RefreshToken => {
                "The registry is open read-only, so no code and no refresh token can be kept, and this grant will be refused. \
                 Client credentials with a pasted secret need neither."
            }
            _ if self.pasted || method == AuthMethod::None => return None,
            _ => {
                "The registry is open read-only, and a test credential must stand in its history. Paste the client's own \
                 secret or key instead."
            }
        };
        Some(obstacle.to_owned())
    }

    fn obstacle_to_sign_in(&self, draft: &ClientDraft, users: &[String]) -> Option<String> {
        if !matches!(self.grant, GrantType::AuthorizationCode | GrantType::DeviceCode) {
            return None;
        }
        if users.is_empty() {
            return Some(
                "There is no test user yet, so nobody can sign in. Add one on the Server screen.".to_owned(),
            );
        }
        let waits = self.grant == GrantType::AuthorizationCode && self.sign_in(users) == SignInBy::Browser;
        let redirect_uri = self.redirect_uri(draft).unwrap_or_default();
        (waits && !RedirectListener::can_wait_at(redirect_uri)).then(|| {
            "The browser comes back to this redirect URI, where nobody can wait for it. Choose one on loopback, or sign in \
             as a test user."
                .to_owned()
        })
    }
}

/// A token that is pasted: as secret as a secret.
fn pasted_token_ui(ui: &mut Ui, name: &str, token: &mut String, hint: &str) {
    style::field_label(ui, name);
    secret_field(ui, name, token, hint);
    ui.add_space(space::S);
}

/// A registered scope, which is asked for or not.
fn scope_chip_ui(ui: &mut Ui, scope: &str, asked_for: &mut String) {
    let mut asked: Vec<String> = asked_scopes(asked_for);
    let chosen = asked.iter().any(|asked| asked == scope);
    let chip = style::toggle_chip(ui, scope, chosen, Tone::Good);
    if chip.on_hover_text("Ask for it or not").clicked() {
        if chosen {
            asked.retain(|other| other != scope);
        } else {
            asked.push(scope.to_owned());
        }
        *asked_for = asked.join(" ");
    }
}

/// The scopes in a field, or all its words where some are none.
fn asked_scopes(text: &str) -> Vec<String> {
    match Scope::parse_list(text) {
        Some(scopes) => scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        None => text.split_whitespace().map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_secret_keeps_the_spaces_at_its_ends() {
        let mut form = TokenForm::default();
        for (pasted, sent) in [
            (" s3cret ", " s3cret "),
            ("s3cret\r\n", "s3cret"),
            (" \n", " "),
            ("s3cret\t", "s3cret\t"),
        ] {
            form.secret = pasted.to_owned();
            form.pasted = false;
            assert!(form.pasted().is_none());
            form.pasted = true;
            assert_eq!(form.pasted().unwrap().expose(), sent, "{pasted:?}");
        }
    }
}
