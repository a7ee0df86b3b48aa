//! The editors of a registration: one draft, judged anew after every change, edited by the new-client screen and
//! by the detail pane alike.

mod authentication;
mod fields;
mod findings;
mod grants;
mod lists;
mod options;
mod shown;

use std::sync::Arc;

use eframe::egui::{Response, Ui};

pub use fields::{FieldLayout, description, field_ui, pasted_field, secret_field, text_field};
pub use findings::{findings_ui, severity_tone};
pub use lists::{ListNames, SCOPES, chips_ui, remark_ui};

use crate::audit::{AuditFinding, AuditRule, Settings, judge_draft};
use crate::client::{ClientDraft, ClientId, ClientKind, Fix, Rule};
use crate::desktop::command::UiCommand;
use crate::desktop::style;
use crate::desktop::worker::AuditRules;

/// A registration in the making.
pub struct DraftForm {
    draft: ClientDraft,
    base: ClientDraft,
    findings: Vec<AuditFinding>,
    /// Whose registration it is; none for one that is not registered yet.
    client_id: Option<ClientId>,
    /// How the rules are set.
    rules: Arc<AuditRules>,
    entries: Entries,
    jwks_text: String,
    jwks_problem: Option<String>,
    show_options: bool,
    /// The field that takes the keyboard in the next frame, by its name in the draft.
    focus: Option<&'static str>,
    /// Whether an address that failed can be tried beside the redirect URIs, and whether that was asked for.
    offers_test: bool,
    wants_test: bool,
}

/// What stands half-typed in the fields that add to lists.
#[derive(Default)]
struct Entries {
    redirect_uri: String,
    scope: String,
    audience: String,
    post_logout: String,
    origin: String,
    contact: String,
    label: String,
}

impl DraftForm {
    /// Edits a draft; what it was is remembered.
    pub fn new(draft: ClientDraft) -> Self {
        let jwks_text = draft
            .jwks
            .as_ref()
            .and_then(|jwks| serde_json::to_string_pretty(jwks).ok())
            .unwrap_or_default();
        Self {
            findings: judge_draft(&draft, None, &Settings::default()),
            client_id: None,
            rules: Arc::default(),
            base: draft.clone(),
            draft,
            entries: Entries::default(),
            jwks_text,
            jwks_problem: None,
            show_options: false,
            focus: None,
            offers_test: false,
            wants_test: false,
        }
    }

    /// Judges by these rules from now on, as the registration of this client.
    pub fn go_by(&mut self, rules: &Arc<AuditRules>, client_id: Option<&ClientId>) {
        if Arc::ptr_eq(&self.rules, rules) && self.client_id.as_ref() == client_id {
            return;
        }
        self.client_id = client_id.cloned();
        self.rules = rules.clone();
        self.judge();
    }

    /// Offers to try an address that failed beside the redirect URIs.
    pub fn with_redirect_test(mut self) -> Self {
        self.offers_test = true;
        self
    }

    /// Whether that was asked for since it was asked last.
    pub fn take_test_wish(&mut self) -> bool {
        std::mem::take(&mut self.wants_test)
    }

    /// Adds a redirect URI that is not there yet, and puts the keyboard beside it.
    pub fn add_redirect_uri(&mut self, uri: String) {
        if !self.draft.redirect_uris.contains(&uri) {
            self.draft.redirect_uris.push(uri);
        }
        self.focus("redirect_uris");
        self.judge();
    }

    /// Puts another draft in the place of this one; what it was is still remembered. The keyboard goes to the first problem.
    pub fn set_draft(&mut self, draft: ClientDraft) {
        let rules = self.rules.clone();
        let client_id = self.client_id.clone();
        *self = Self {
            base: self.base.clone(),
            offers_test: self.offers_test,
            ..Self::new(draft)
        };
        self.go_by(&rules, client_id.as_ref());
        self.go_to_problem();
    }

    /// Gives a field the keyboard when it is drawn next; it is named as in the draft.
    pub fn focus(&mut self, field: &'static str) {
        self.focus = Some(field);
    }

    /// Gives a field the keyboard wherever it stands, and opens what it stands in. What is edited elsewhere on the client's
    /// page is left alone.
    pub fn go_to(&mut self, field: &'static str) {
        let is_up_front = matches!(
            field,
            "name" | "redirect_uris" | "grant_types" | "response_types" | "scopes" | "audience"
        );
        let is_beside =
            field.starts_with("jwks") || field.starts_with("tls_client_auth_") || field.ends_with("_method");
        self.show_options |= !is_up_front && !is_beside;
        self.focus(field);
    }

    fn give_focus(&mut self, field: &str, response: &Response) {
        give_focus(&mut self.focus, field, response);
    }

    /// Puts the keyboard where the first problem is. Returns the problem in words.
    pub fn go_to_problem(&mut self) -> Option<String> {
        let before = self.base_refusals();
        let is_new = |finding: &&AuditFinding| finding.rule.refuses() && !before.contains(finding);
        let Some(finding) = self.findings.iter().find(is_new) else {
            return self.jwks_problem.clone();
        };
        let problem = format!("{}. {}", finding.rule.title(), finding.rule.advice());
        let field = finding.field;
        self.go_to(field);
        Some(problem)
    }

    /// The draft as it stands.
    pub fn draft(&self) -> &ClientDraft {
        &self.draft
    }

    /// What the rules say of it.
    pub fn findings(&self) -> &[AuditFinding] {
        &self.findings
    }

    /// Whether it differs from what it was, or something half-typed would be lost.
    pub fn is_dirty(&self) -> bool {
        self.draft != self.base || self.jwks_problem.is_some() || self.entries.any()
    }

    /// How many findings stand against saving it that were not there before.
    pub fn problems(&self) -> usize {
        let before = self.base_refusals();
        let refusals = self
            .findings
            .iter()
            .filter(|finding| finding.rule.refuses() && !before.contains(finding));
        refusals.count() + usize::from(self.jwks_problem.is_some())
    }

    /// A registration that was held before may stay so: a save may keep old refusals and add none.
    fn base_refusals(&self) -> Vec<AuditFinding> {
        if self.base.name.is_empty() {
            return Vec::new();
        }
        let mut findings = judge_draft(&self.base, self.client_id.as_ref(), &self.rules.settings);
        findings.retain(|finding| finding.rule.refuses());
        findings
    }

    /// Turns it to another kind of application; what was typed stays.
    pub fn set_kind(&mut self, kind: ClientKind) {
        kind.apply(&mut self.draft);
        self.judge();
    }

    /// Makes the change that ends a finding.
    pub fn apply(&mut self, fix: &Fix) {
        fix.apply(&mut self.draft);
        self.judge();
    }

    /// Takes in what stands half-typed, as if Enter had been pressed.
    pub fn finish_entries(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        for (entry, values) in [
            (entries.redirect_uri, &mut self.draft.redirect_uris),
            (entries.scope, &mut self.draft.scopes),
            (entries.audience, &mut self.draft.audience),
            (entries.post_logout, &mut self.draft.post_logout_redirect_uris),
            (entries.origin, &mut self.draft.allowed_cors_origins),
            (entries.contact, &mut self.draft.contacts),
            (entries.label, &mut self.draft.labels),
        ] {
            lists::add_typed(&entry, values);
        }
        self.judge();
    }

    fn judge(&mut self) {
        self.findings = judge_draft(&self.draft, self.client_id.as_ref(), &self.rules.settings);
    }

    /// The findings about one value of a field, or about the field as a whole.
    fn findings_on<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a AuditFinding> {
        self.findings.iter().filter(move |finding| finding.field == field)
    }

    /// The fields that everybody fills in, in the order of the drawings.
    pub fn ui(&mut self, ui: &mut Ui, layout: FieldLayout) {
        let before = self.draft.clone();
        field_ui(ui, layout, "Name", |ui| {
            let field = text_field(ui, "Name", &mut self.draft.name, "What people call it");
            self.give_focus("name", &field);
            let missing = AuditRule::Draft(Rule::NameMissing);
            let refused = |finding: &&AuditFinding| finding.rule.refuses() && finding.rule != missing;
            if let Some(finding) = self.findings_on("name").find(refused) {
                remark_ui(ui, finding.rule.advice());
            }
        });
        if self.shows_redirect_uris() {
            field_ui(ui, layout, "Redirect URIs", |ui| self.redirect_uris_ui(ui));
        }
        field_ui(ui, layout, "Grants", |ui| {
            grants::grants_ui(ui, &mut self.draft, layout, &mut self.focus)
        });
        field_ui(ui, layout, "Scopes", |ui| {
            let (values, typed) = (&mut self.draft.scopes, &mut self.entries.scope);
            let entry = chips_ui(ui, &SCOPES, values, typed);
            self.give_focus("scopes", &entry);
        });
        field_ui(ui, layout, "Audience", |ui| {
            let (values, typed) = (&mut self.draft.audience, &mut self.entries.audience);
            let entry = chips_ui(ui, &lists::AUDIENCE, values, typed);
            self.give_focus("audience", &entry);
        });
        field_ui(ui, layout, "Client authentication", |ui| {
            self.authentication_ui(ui)
        });
        self.options_ui(ui, layout);
        // A field that is not there takes no keyboard later, when it is.
        self.focus = None;
        if self.draft != before {
            self.judge();
        }
    }

    /// Clients that no browser returns to have no use for redirect URIs, unless some are there already.
    fn shows_redirect_uris(&self) -> bool {
        crate::client::needs_redirect_uri(&self.draft.grant_types) || !self.draft.redirect_uris.is_empty()
    }

    fn redirect_uris_ui(&mut self, ui: &mut Ui) {
        let remarks: Vec<(String, AuditRule)> = self
            .findings_on("redirect_uris")
            .filter_map(|finding| finding.value.clone().map(|value| (value, finding.rule)))
            .collect();
        let remark = |value: &str| {
            let rules = remarks
                .iter()
                .filter(|(about, rule)| about == value && rule.refuses());
            rules.map(|(_, rule)| rule.advice()).next()
        };
        let (values, typed) = (&mut self.draft.redirect_uris, &mut self.entries.redirect_uri);
        let entry = lists::rows_ui(ui, &lists::REDIRECT_URIS, values, typed, remark);
        self.give_focus("redirect_uris", &entry);
        self.test_ui(ui);
    }

    fn test_ui(&mut self, ui: &mut Ui) {
        if self.offers_test {
            let command = UiCommand::TestRedirectUri;
            let button = style::button(ui, command.label()).on_hover_text(command.tooltip());
            self.wants_test |= button.clicked();
        }
    }
}

/// Gives the keyboard to the field that it is meant for.
fn give_focus(focus: &mut Option<&'static str>, field: &str, response: &Response) {
    if focus.take_if(|focus| *focus == field).is_some() {
        response.request_focus();
        response.scroll_to_me(None);
    }
}

impl Entries {
    fn any(&self) -> bool {
        [
            &self.redirect_uri,
            &self.scope,
            &self.audience,
            &self.post_logout,
            &self.origin,
            &self.contact,
            &self.label,
        ]
        .into_iter()
        .any(|entry| !entry.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::Id;
    use egui_kittest::Harness;
    use egui_kittest::kittest::NodeT;

    use super::*;
    use crate::client::{AuthMethod, GrantType};
    use crate::desktop::style;

    /// What has the keyboard once the form was told to go to a field.
    fn gone_to(draft: ClientDraft, field: &'static str) -> Option<String> {
        let mut harness = Harness::new_ui_state(
            |ui, form: &mut DraftForm| {
                style::install(ui.ctx());
                form.ui(ui, FieldLayout::Above);
            },
            DraftForm::new(draft),
        );
        harness.state_mut().go_to(field);
        harness.run();
        let focused = harness.root().children_recursive().find(|node| node.is_focused());
        focused.and_then(|node| node.accesskit_node().label())
    }

    #[test]
    fn every_field_that_a_refusal_names_takes_the_keyboard() {
        let with = |method| {
            let mut draft = ClientKind::Web.preset();
            draft.set_grant(GrantType::ClientCredentials, true);
            draft.token_endpoint_auth_method = method;
            draft
        };
        for (field, method, name) in [
            ("redirect_uris", AuthMethod::None, "Add redirect URI"),
            ("grant_types", AuthMethod::None, "Authorization code"),
            ("response_types", AuthMethod::None, "Authorization code"),
            ("scopes", AuthMethod::None, "Add scope"),
            ("audience", AuthMethod::None, "Add audience"),
            (
                "token_endpoint_auth_method",
                AuthMethod::None,
                "Client authentication",
            ),
            (
                "token_endpoint_auth_signing_alg",
                AuthMethod::PrivateKeyJwt,
                "Assertion signature",
            ),
            ("jwks", AuthMethod::PrivateKeyJwt, "JWKS"),
            ("jwks_uri", AuthMethod::PrivateKeyJwt, "JWKS URI"),
            (
                "tls_client_auth_subject_dn",
                AuthMethod::TlsClientAuth,
                "Certificate subject DN",
            ),
            (
                "id_token_signed_response_alg",
                AuthMethod::None,
                "ID token signature",
            ),
            ("require_pkce", AuthMethod::None, "Require PKCE"),
            (
                "require_pushed_authorization_requests",
                AuthMethod::None,
                "Require pushed authorization requests",
            ),
            (
                "dpop_bound_access_tokens",
                AuthMethod::None,
                "Bind access tokens to a DPoP key",
            ),
            (
                "tls_client_certificate_bound_access_tokens",
                AuthMethod::None,
                "Bind access tokens to the client's certificate",
            ),
        ] {
            assert_eq!(gone_to(with(method), field).as_deref(), Some(name), "{field}");
        }
    }

    #[test]
    fn a_field_that_is_not_there_takes_no_keyboard_later() {
        let mut form = DraftForm::new(ClientKind::Web.preset());
        form.go_to("status");
        let mut harness = Harness::new_ui_state(
            |ui, form: &mut DraftForm| {
                style::install(ui.ctx());
                form.ui(ui, FieldLayout::Above);
            },
            form,
        );
        harness.run();
        assert_eq!(harness.state().focus, None);
        let focused: Option<Id> = harness.ctx.memory(|memory| memory.focused());
        assert_eq!(focused, None);
    }
}
