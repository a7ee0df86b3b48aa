//! A registration to be read: every value as text that can be selected and copied, and nothing that could change it.

use eframe::egui::{Label, Ui};

use super::DraftForm;
use super::options::toggle_ui;
use crate::client::{ClientDraft, lifetime, make_visible};
use crate::desktop::style::{self, tokens::space};

impl DraftForm {
    /// Shows the registration; what most clients leave alone is shown on request.
    pub fn shown_ui(&mut self, ui: &mut Ui) {
        let draft = &self.draft;
        plain_ui(ui, "Name", &draft.name);
        list_ui(ui, "Redirect URIs", &draft.redirect_uris);
        if self.shows_redirect_uris() {
            self.test_ui(ui);
            ui.add_space(space::S);
        }
        let draft = &self.draft;
        let grants: Vec<&str> = draft.grant_types.iter().map(|grant| grant.label()).collect();
        plain_ui(ui, "Grants", &grants.join(", "));
        list_ui(ui, "Scopes", &draft.scopes);
        list_ui(ui, "Audience", &draft.audience);
        let method = draft.token_endpoint_auth_method;
        plain_ui(
            ui,
            "Client authentication",
            &format!("{} ({method})", method.label()),
        );
        toggle_ui(ui, &mut self.show_options);
        if self.show_options {
            further_ui(ui, &self.draft);
        }
    }
}

/// What most clients leave alone. A value that is absent takes no room.
fn further_ui(ui: &mut Ui, draft: &ClientDraft) {
    list_ui(ui, "Owners", &draft.contacts);
    list_ui(ui, "Labels", &draft.labels);
    plain_ui(ui, "Notes", &draft.notes);
    for (label, seconds) in [
        ("Access token lifetime", draft.access_token_lifetime),
        ("Refresh token idle lifetime", draft.refresh_token_idle_lifetime),
        (
            "Refresh token absolute lifetime",
            draft.refresh_token_absolute_lifetime,
        ),
    ] {
        let text = seconds.map(|seconds| lifetime::describe(seconds.into()));
        plain_ui(ui, label, text.as_deref().unwrap_or_default());
    }
    let protection: Vec<&str> = [
        (draft.require_pkce, "requires PKCE"),
        (
            draft.require_pushed_authorization_requests,
            "requires pushed authorization requests",
        ),
        (
            draft.dpop_bound_access_tokens,
            "binds access tokens to a DPoP key",
        ),
        (
            draft.tls_client_certificate_bound_access_tokens,
            "binds access tokens to the client's certificate",
        ),
    ]
    .into_iter()
    .filter_map(|(holds, words)| holds.then_some(words))
    .collect();
    plain_ui(ui, "Protection", &protection.join(", "));
    plain_ui(ui, "Application type", draft.application_type.as_str());
    list_ui(ui, "After logout", &draft.post_logout_redirect_uris);
    list_ui(ui, "CORS origins", &draft.allowed_cors_origins);
    if let Some(subject) = draft.subject_type {
        plain_ui(ui, "Subject type", subject.as_str());
    }
    for (label, value) in [
        ("ID token signature", &draft.id_token_signed_response_alg),
        ("Assertion signature", &draft.token_endpoint_auth_signing_alg),
        ("Sector identifier URI", &draft.sector_identifier_uri),
        ("JWKS URI", &draft.jwks_uri),
        ("Certificate subject DN", &draft.tls_client_auth_subject_dn),
        ("Certificate DNS name", &draft.tls_client_auth_san_dns),
        ("Certificate URI", &draft.tls_client_auth_san_uri),
        ("Certificate IP address", &draft.tls_client_auth_san_ip),
        ("Certificate mail address", &draft.tls_client_auth_san_email),
        ("Home page", &draft.client_uri),
        ("Logo", &draft.logo_uri),
        ("Privacy policy", &draft.policy_uri),
        ("Terms of service", &draft.tos_uri),
        ("Software ID", &draft.software_id),
        ("Software version", &draft.software_version),
    ] {
        list_ui(ui, label, value.as_slice());
    }
    let jwks = draft.jwks.as_ref();
    let jwks = jwks.and_then(|jwks| serde_json::to_string_pretty(jwks).ok());
    list_ui(ui, "JWKS", jwks.as_slice());
}

/// A label and text for people.
fn plain_ui(ui: &mut Ui, label: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    style::label(ui, label);
    ui.add(Label::new(visible(text)).wrap().selectable(true));
    ui.add_space(space::S);
}

/// A label and identifiers, each in a line of its own.
fn list_ui(ui: &mut Ui, label: &str, values: &[String]) {
    if values.is_empty() {
        return;
    }
    style::label(ui, label);
    for value in values {
        ui.add(
            Label::new(style::mono(ui, visible(value)))
                .wrap()
                .selectable(true),
        );
    }
    ui.add_space(space::S);
}

/// A text whose characters can all be seen, in the lines it has.
fn visible(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(make_visible).collect();
    lines.join("\n")
}
