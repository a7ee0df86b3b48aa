//! What can be taken away of what was asked: the request as HTTP text, and what a client needs to know as a `.env` file.

use eframe::egui::Ui;

use super::form::TokenForm;
use super::run::RunLog;
use crate::client::GrantType;
use crate::desktop::screens::Action;
use crate::desktop::style;
use crate::desktop::worker::ServerState;
use crate::outbound::{EnvFile, Exchange};
use crate::protocol::{Issuer, metadata};
use crate::registry::Client;

/// Draws the two buttons. The file is written only once it is wanted.
pub fn copies_ui(ui: &mut Ui, run: &RunLog, env_text: impl FnOnce() -> Option<String>) -> Option<Action> {
    let mut action = None;
    if let Some(exchange) = looked_at(run) {
        let copy = style::button(ui, "Copy as HTTP");
        let copy = copy.on_hover_text("The request that is looked at, with names in the place of secrets");
        if copy.clicked() {
            action = Some(Action::CopyText(exchange.http_text()));
        }
    }
    let copy =
        style::button(ui, "Copy as .env").on_hover_text("What the client needs to know, without the secret");
    if copy.clicked() {
        action = env_text().map(Action::CopyText);
    }
    action
}

/// The exchange that is open; where none is, the last one.
fn looked_at(run: &RunLog) -> Option<&Exchange> {
    let open = run.open.and_then(|index| run.steps.get(index));
    let last = run.steps.iter().rev().find(|step| step.exchange.is_some());
    open.or(last)?.exchange.as_ref()
}

/// What the form asks for in the name of a client, of the server that runs.
pub fn env_text(client: Option<&Client>, form: &TokenForm, server: &ServerState) -> Option<String> {
    let (client, ServerState::Running { issuer, .. }) = (client?, server) else {
        return None;
    };
    let draft = &client.draft;
    let endpoints = metadata::endpoints(&Issuer::parse(issuer).ok()?);
    let signs_in = draft.has_grant(GrantType::AuthorizationCode);
    let all = [
        (true, "ISSUER", &endpoints.issuer),
        (signs_in, "AUTHORIZATION_ENDPOINT", &endpoints.authorization),
        (true, "TOKEN_ENDPOINT", &endpoints.token),
        (
            draft.has_grant(GrantType::DeviceCode),
            "DEVICE_AUTHORIZATION_ENDPOINT",
            &endpoints.device_authorization,
        ),
        (true, "JWKS_URI", &endpoints.jwks),
        (true, "INTROSPECTION_ENDPOINT", &endpoints.introspection),
        (true, "REVOCATION_ENDPOINT", &endpoints.revocation),
    ];
    let server: Vec<(&'static str, &str)> = all
        .into_iter()
        .filter_map(|(has, name, value)| has.then_some((name, value.as_str())))
        .collect();
    let redirect_uri = form.redirect_uri.as_ref().or(draft.redirect_uris.first());
    let scope = form.scope.trim();
    let file = EnvFile {
        name: &draft.name,
        client_id: client.client_id.as_str(),
        method: draft.token_endpoint_auth_method,
        server: &server,
        scope: (!scope.is_empty()).then_some(scope),
        audience: form
            .audience
            .as_deref()
            .or(draft.audience.first().map(String::as_str)),
        redirect_uri: redirect_uri.filter(|_| signs_in).map(String::as_str),
    };
    Some(file.text())
}
