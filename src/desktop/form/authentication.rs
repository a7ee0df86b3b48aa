//! How the client proves who it is, and the keys it does so with.

use eframe::egui::{Align2, Button, FontId, RichText, TextEdit, Ui, pos2};
use serde_json::Value;

use super::fields::optional_field;
use super::{DraftForm, give_focus};
use crate::client::{AuthMethod, GrantType, json_in_words, jwks};
use crate::desktop::style::{self, palette, tokens::font};

impl DraftForm {
    pub(super) fn authentication_ui(&mut self, ui: &mut Ui) {
        let current = self.draft.token_endpoint_auth_method;
        let combo =
            style::combo("Client authentication", ui.available_width(), current.label()).show_ui(ui, |ui| {
                for method in AuthMethod::ALL {
                    let wire_name = style::faint(ui, method.as_str());
                    let item = Button::selectable(*method == current, method.label()).right_text(wire_name);
                    if style::choice_button(ui, *method == current, method.label(), item).clicked() {
                        self.draft.token_endpoint_auth_method = *method;
                    }
                }
            });
        let combo = combo.response;
        self.give_focus("token_endpoint_auth_method", &combo);
        if combo.rect.width() > 460.0 {
            let at = pos2(combo.rect.right() - 30.0, combo.rect.center().y);
            let body = FontId::proportional(font::BODY);
            ui.painter().text(
                at,
                Align2::RIGHT_CENTER,
                current.as_str(),
                body,
                palette(ui).faint,
            );
        }
        let method = self.draft.token_endpoint_auth_method;
        let needs_keys = method.needs_keys() || self.draft.has_grant(GrantType::JwtBearer);
        if needs_keys || self.draft.jwks.is_some() || self.draft.jwks_uri.is_some() {
            self.keys_ui(ui);
        }
        if method == AuthMethod::TlsClientAuth {
            let draft = &mut self.draft;
            let subject = optional_field(
                ui,
                "Certificate subject DN",
                &mut draft.tls_client_auth_subject_dn,
                "Subject, such as CN=client,O=Example",
            );
            give_focus(&mut self.focus, "tls_client_auth_subject_dn", &subject);
            optional_field(
                ui,
                "Certificate DNS name",
                &mut draft.tls_client_auth_san_dns,
                "DNS name in the certificate",
            );
            optional_field(
                ui,
                "Certificate URI",
                &mut draft.tls_client_auth_san_uri,
                "URI in the certificate",
            );
            optional_field(
                ui,
                "Certificate IP address",
                &mut draft.tls_client_auth_san_ip,
                "IP address in the certificate",
            );
            optional_field(
                ui,
                "Certificate mail address",
                &mut draft.tls_client_auth_san_email,
                "Mail address in the certificate",
            );
        }
    }

    fn keys_ui(&mut self, ui: &mut Ui) {
        let uri = optional_field(
            ui,
            "JWKS URI",
            &mut self.draft.jwks_uri,
            "https address of its public keys, or paste them below",
        );
        self.give_focus("jwks_uri", &uri);
        let edit = TextEdit::multiline(&mut self.jwks_text)
            .id_salt("JWKS")
            .font(FontId::monospace(font::MONO))
            .hint_text("{\"keys\": [ … ]}")
            .desired_rows(4)
            .desired_width(f32::INFINITY);
        let keys = ui.add(edit).accessible_name("JWKS");
        self.give_focus("jwks", &keys);
        if keys.changed() {
            self.read_jwks();
        }
        if let Some(problem) = &self.jwks_problem {
            ui.label(
                RichText::new(problem)
                    .size(font::LABEL)
                    .color(palette(ui).danger_text),
            );
        }
        for key in self.draft.jwks.iter().flat_map(jwks::describe) {
            style::dot_word(ui, style::Tone::Good, &key);
        }
    }

    /// Takes the pasted keys in. A private key is refused at once: it is wiped from the field and kept nowhere.
    fn read_jwks(&mut self) {
        self.jwks_problem = None;
        if self.jwks_text.trim().is_empty() {
            self.draft.jwks = None;
            return;
        }
        match serde_json::from_str::<Value>(&self.jwks_text) {
            Ok(value) if jwks::holds_private_key(&value) => {
                self.jwks_text.clear();
                self.draft.jwks = None;
                self.jwks_problem =
                    Some("That was a private key. It was not kept; paste the public half only, and make a new key pair.".to_owned());
            }
            Ok(value) => self.draft.jwks = Some(value),
            Err(error) => {
                self.jwks_problem = Some(format!("This is not JSON yet: {}.", json_in_words(&error)))
            }
        }
    }
}
