//! Everything that most clients leave alone: owners, lifetimes, keys, CORS and pages.

use eframe::egui::{Label, Response, TextEdit, Ui};

use super::fields::{FieldLayout, field_ui, optional_field};
use super::grants::further_grants_ui;
use super::{DraftForm, chips_ui, give_focus, lists};
use crate::client::{ApplicationType, AuthMethod, SubjectType, lifetime};
use crate::desktop::style;

/// Access token lifetimes that are offered, in minutes.
const ACCESS_MINUTES: [u32; 6] = [5, 10, 15, 20, 30, 60];
/// Refresh token lifetimes that are offered, in days.
const REFRESH_DAYS: [u32; 5] = [1, 7, 30, 90, 180];
/// Signature algorithms that are offered.
const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];
const DAY: u32 = 86_400;

impl DraftForm {
    pub(super) fn options_ui(&mut self, ui: &mut Ui, layout: FieldLayout) {
        field_ui(ui, layout, "", |ui| toggle_ui(ui, &mut self.show_options));
        if self.show_options {
            self.people_ui(ui, layout);
            self.tokens_ui(ui, layout);
            self.browser_ui(ui, layout);
            self.pages_ui(ui, layout);
        }
    }

    fn people_ui(&mut self, ui: &mut Ui, layout: FieldLayout) {
        field_ui(ui, layout, "Owners", |ui| {
            let entry = chips_ui(
                ui,
                &lists::CONTACTS,
                &mut self.draft.contacts,
                &mut self.entries.contact,
            );
            give_focus(&mut self.focus, "contacts", &entry);
        });
        field_ui(ui, layout, "Labels", |ui| {
            chips_ui(
                ui,
                &lists::LABELS,
                &mut self.draft.labels,
                &mut self.entries.label,
            );
        });
        field_ui(ui, layout, "Notes", |ui| {
            let edit = TextEdit::multiline(&mut self.draft.notes)
                .id_salt("Notes")
                .desired_rows(2)
                .desired_width(f32::INFINITY)
                .hint_text("For people; no secrets");
            ui.add(edit).accessible_name("Notes");
        });
    }

    fn tokens_ui(&mut self, ui: &mut Ui, layout: FieldLayout) {
        let (draft, focus) = (&mut self.draft, &mut self.focus);
        field_ui(ui, layout, "Further grants", |ui| further_grants_ui(ui, draft));
        field_ui(ui, layout, "Access token", |ui| {
            let choices = ACCESS_MINUTES.map(|minutes| minutes * 60);
            lifetime_ui(
                ui,
                "Access token lifetime",
                "10 minutes (default)",
                &choices,
                &mut draft.access_token_lifetime,
            );
        });
        field_ui(ui, layout, "Refresh token, idle", |ui| {
            let choices = REFRESH_DAYS.map(|days| days * DAY);
            lifetime_ui(
                ui,
                "Refresh token idle lifetime",
                "As the grant says",
                &choices,
                &mut draft.refresh_token_idle_lifetime,
            );
        });
        field_ui(ui, layout, "Refresh token, in all", |ui| {
            let choices = REFRESH_DAYS.map(|days| days * DAY);
            let absolute = &mut draft.refresh_token_absolute_lifetime;
            lifetime_ui(
                ui,
                "Refresh token absolute lifetime",
                "As the grant says",
                &choices,
                absolute,
            );
        });
        field_ui(ui, layout, "ID token signature", |ui| {
            let combo = algorithm_ui(
                ui,
                "ID token signature",
                "RS256 (default)",
                &mut draft.id_token_signed_response_alg,
            );
            give_focus(focus, "id_token_signed_response_alg", &combo);
        });
        if draft.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt {
            field_ui(ui, layout, "Assertion signature", |ui| {
                let combo = algorithm_ui(
                    ui,
                    "Assertion signature",
                    "Any of the key's",
                    &mut draft.token_endpoint_auth_signing_alg,
                );
                give_focus(focus, "token_endpoint_auth_signing_alg", &combo);
            });
        }
        field_ui(ui, layout, "Protection", |ui| {
            for (field, is_on, text) in [
                ("require_pkce", &mut draft.require_pkce, "Require PKCE"),
                (
                    "require_pushed_authorization_requests",
                    &mut draft.require_pushed_authorization_requests,
                    "Require pushed authorization requests",
                ),
                (
                    "dpop_bound_access_tokens",
                    &mut draft.dpop_bound_access_tokens,
                    "Bind access tokens to a DPoP key",
                ),
                (
                    "tls_client_certificate_bound_access_tokens",
                    &mut draft.tls_client_certificate_bound_access_tokens,
                    "Bind access tokens to the client's certificate",
                ),
            ] {
                give_focus(focus, field, &style::checkbox(ui, is_on, text));
            }
        });
    }

    fn browser_ui(&mut self, ui: &mut Ui, layout: FieldLayout) {
        field_ui(ui, layout, "Application type", |ui| {
            let current = self.draft.application_type;
            style::combo("Application type", 220.0, current.as_str()).show_ui(ui, |ui| {
                for kind in ApplicationType::ALL {
                    style::choice_value(ui, &mut self.draft.application_type, *kind, kind.as_str());
                }
            });
        });
        field_ui(ui, layout, "After logout", |ui| {
            let values = &mut self.draft.post_logout_redirect_uris;
            lists::rows_ui(
                ui,
                &lists::POST_LOGOUT,
                values,
                &mut self.entries.post_logout,
                |_| None,
            );
        });
        field_ui(ui, layout, "CORS origins", |ui| {
            chips_ui(
                ui,
                &lists::ORIGINS,
                &mut self.draft.allowed_cors_origins,
                &mut self.entries.origin,
            );
        });
        let draft = &mut self.draft;
        field_ui(ui, layout, "Subject", |ui| {
            let current = draft.subject_type.unwrap_or(SubjectType::Public);
            style::combo("Subject type", 220.0, current.as_str()).show_ui(ui, |ui| {
                for kind in SubjectType::ALL {
                    if style::choice(ui, current == *kind, kind.as_str()).clicked() {
                        draft.subject_type = (*kind == SubjectType::Pairwise).then_some(*kind);
                    }
                }
            });
            if draft.subject_type.is_some() {
                optional_field(
                    ui,
                    "Sector identifier URI",
                    &mut draft.sector_identifier_uri,
                    "https address of the sector's hosts",
                );
            }
        });
    }

    fn pages_ui(&mut self, ui: &mut Ui, layout: FieldLayout) {
        let draft = &mut self.draft;
        for (label, value, hint) in [
            ("Home page", &mut draft.client_uri, "https://…"),
            ("Logo", &mut draft.logo_uri, "https://…"),
            ("Privacy policy", &mut draft.policy_uri, "https://…"),
            ("Terms of service", &mut draft.tos_uri, "https://…"),
            (
                "Software ID",
                &mut draft.software_id,
                "The same for every copy of the software",
            ),
            ("Software version", &mut draft.software_version, ""),
        ] {
            field_ui(ui, layout, label, |ui| {
                drop(optional_field(ui, label, value, hint))
            });
        }
    }
}

/// Opens and closes what most clients leave alone.
pub(super) fn toggle_ui(ui: &mut Ui, open: &mut bool) {
    let text = if *open { "Fewer options" } else { "More options" };
    ui.horizontal(|ui| {
        let clicked = style::quiet_button(ui, text).clicked();
        if !*open {
            let hint = style::faint(ui, "Owners, lifetimes, keys, CORS and pages");
            ui.add(Label::new(hint).truncate());
        }
        *open ^= clicked;
    });
}

fn lifetime_ui(ui: &mut Ui, name: &str, default: &str, choices: &[u32], value: &mut Option<u32>) {
    let current = value.map_or_else(
        || default.to_owned(),
        |seconds| lifetime::describe(seconds.into()),
    );
    style::combo(name, 220.0, current).show_ui(ui, |ui| {
        style::choice_value(ui, value, None, default);
        for seconds in choices {
            let text = lifetime::describe((*seconds).into());
            style::choice_value(ui, value, Some(*seconds), &text);
        }
    });
}

fn algorithm_ui(ui: &mut Ui, name: &str, default: &str, value: &mut Option<String>) -> Response {
    let current = value.clone().unwrap_or_else(|| default.to_owned());
    let combo = style::combo(name, 220.0, current).show_ui(ui, |ui| {
        style::choice_value(ui, value, None, default);
        for algorithm in ALGORITHMS {
            style::choice_value(ui, value, Some(algorithm.to_owned()), algorithm);
        }
    });
    combo.response
}
