//! The handover sheet itself, in Markdown: everything that a developer asks for first.

use super::text::{code_span, escaped};
use super::{Facts, HandedFile, Handover};
use crate::client::{AuthMethod, GrantType, lifetime};

/// Writes the sheet.
pub(super) fn write(facts: &Facts<'_>) -> Handover {
    let draft = facts.draft;
    let mut sheet = Sheet(format!("# {}\n\n", escaped(&draft.name)));
    sheet
        .0
        .push_str(&format!("A {} registered here.\n", facts.kind()));
    sheet.part("Identity");
    sheet.fact("Client ID", &code_span(facts.client_id));
    sheet.fact("Client type", draft.client_type().as_str());
    sheet.fact("Client authentication", &code_span(facts.method.as_str()));
    sheet.fact("Credential", credential(facts.method));
    server_part(&mut sheet, facts);
    sheet.part("What it may do");
    for grant in &draft.grant_types {
        let note = if *grant == GrantType::AuthorizationCode && draft.require_pkce {
            ", with PKCE (S256)"
        } else {
            ""
        };
        sheet.item(&format!("{}{note}: {}", grant.label(), code_span(grant.as_str())));
    }
    sheet.list("Scopes", &draft.scopes);
    sheet.list("Resource servers, the first by default", &draft.audience);
    sheet.list(
        "Redirect URIs, compared character by character",
        &draft.redirect_uris,
    );
    sheet.list("After logout", &draft.post_logout_redirect_uris);
    sheet.list(
        "Web origins that may call the endpoints",
        &draft.allowed_cors_origins,
    );
    sheet.part("Tokens");
    let seconds = lifetime::access_token_lifetime(draft.access_token_lifetime);
    sheet.fact("Access tokens live", &lifetime::describe(seconds.into()));
    sheet.fact(
        "They are",
        "JWTs (RFC 9068) signed by a key of the set above; check `iss`, `aud` and `exp`",
    );
    if draft.has_grant(GrantType::RefreshToken) {
        sheet.fact(
            "Refresh tokens",
            "rotate at each use: keep the newest, a reused one ends them all",
        );
    }
    if draft.dpop_bound_access_tokens {
        sheet.fact("Bound", "to a key of the client by DPoP (RFC 9449)");
    }
    if draft.tls_client_certificate_bound_access_tokens {
        sheet.fact("Bound", "to the client's certificate (RFC 8705)");
    }
    if !draft.contacts.is_empty() {
        sheet.list("Owners", &draft.contacts);
    }
    let text = sheet.0;
    Handover {
        remarks: Vec::new(),
        files: vec![HandedFile {
            name: "handover.md",
            text,
        }],
    }
}

fn server_part(sheet: &mut Sheet, facts: &Facts<'_>) {
    let (draft, endpoints) = (facts.draft, facts.endpoints);
    sheet.part("The authorization server");
    sheet.fact("Issuer", &code_span(&endpoints.issuer));
    sheet.fact("Discovery", &code_span(&endpoints.configuration));
    if draft.has_grant(GrantType::AuthorizationCode) {
        sheet.fact("Authorization endpoint", &code_span(&endpoints.authorization));
        if draft.require_pushed_authorization_requests {
            let pushed = &endpoints.pushed_authorization_request;
            sheet.fact("Requests are pushed first (RFC 9126)", &code_span(pushed));
        }
    }
    if draft.has_grant(GrantType::DeviceCode) {
        sheet.fact(
            "Device authorization endpoint",
            &code_span(&endpoints.device_authorization),
        );
    }
    sheet.fact("Token endpoint", &code_span(&endpoints.token));
    sheet.fact("Keys", &code_span(&endpoints.jwks));
    if facts.is_openid() {
        sheet.fact("UserInfo endpoint", &code_span(&endpoints.userinfo));
        sheet.fact("End session endpoint", &code_span(&endpoints.end_session));
    }
    if facts.method != AuthMethod::None {
        sheet.fact("Introspection endpoint", &code_span(&endpoints.introspection));
    }
    sheet.fact("Revocation endpoint", &code_span(&endpoints.revocation));
}

/// Where the credential comes from. It is never here.
fn credential(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
            "a secret, handed over by itself and only once; keep it in `CHANCERY_CLIENT_SECRET`"
        }
        AuthMethod::PrivateKeyJwt => "the private key, which stays with the client",
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => {
            "the certificate and its private key, which stay with the client"
        }
        AuthMethod::None => "none: a public client, protected by PKCE",
    }
}

/// The text as it grows. Values are given to it as Markdown.
struct Sheet(String);

impl Sheet {
    fn part(&mut self, heading: &str) {
        self.0.push_str(&format!("\n## {heading}\n\n"));
    }

    fn fact(&mut self, name: &str, value: &str) {
        self.item(&format!("{name}: {value}"));
    }

    fn item(&mut self, text: &str) {
        self.0.push_str(&format!("- {text}\n"));
    }

    fn list(&mut self, heading: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        self.part(heading);
        for value in values {
            self.item(&code_span(value));
        }
    }
}
