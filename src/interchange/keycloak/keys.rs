//! Keys and certificates that a client authenticates by.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::Resolving;
use crate::client::jwks::holds_private_key;
use crate::interchange::credential::take_private_parts;
use crate::interchange::public_key::of_certificate;

/// The attribute that has the subject of a client's certificate.
const SUBJECT: &str = "x509.subjectdn";

impl Resolving<'_> {
    pub(super) fn keys(&mut self) {
        let attributes = &self.read.attributes;
        let by_address = attributes.is("use.jwks.url");
        let by_value = attributes.is("use.jwks.string") && !by_address;
        let draft = &mut self.client.draft;
        draft.token_endpoint_auth_signing_alg = attributes
            .get("token.endpoint.auth.signing.alg")
            .map(str::to_owned);
        draft.tls_client_auth_subject_dn = attributes.get(SUBJECT).map(str::to_owned);
        if let Some(url) = attributes.get("jwks.url").filter(|_| by_address) {
            draft.jwks_uri = Some(url.to_owned());
        }
        if let Some(text) = attributes.get("jwks.string").filter(|_| by_value) {
            self.keys_by_value(text);
        }
        if let Some(text) = attributes
            .get("jwt.credential.certificate")
            .filter(|_| !by_address && !by_value)
        {
            self.key_of_certificate(text);
        }
        // A pattern where nothing is said (`OIDCAdvancedConfigWrapper.getAllowRegexPatternComparison`).
        let is_pattern = attributes.get("x509.allow.regex.pattern.comparison") != Some("false");
        match attributes.get(SUBJECT).filter(|_| is_pattern) {
            Some(subject) if fits_many(subject) => {
                self.draft().tls_client_auth_subject_dn = None;
                self.left_out(
                    SUBJECT,
                    "it is a pattern that more than one certificate fits, maybe anybody's; write the subject itself",
                );
            }
            Some(_) if attributes.is("x509.allow.regex.pattern.comparison") => {
                self.changed(SUBJECT, "which is a pattern there, and is compared exactly here");
            }
            _ => {}
        }
    }

    fn keys_by_value(&mut self, text: &str) {
        const MEMBER: &str = "jwks.string";
        match serde_json::from_str::<Value>(text) {
            Ok(mut jwks) if jwks.is_object() => {
                if take_private_parts(&mut jwks) {
                    self.left_out("private parts of jwks.string", "they can hold a credential");
                }
                // A private key in any other place than a set has it.
                if holds_private_key(&jwks) {
                    self.left_out(MEMBER, "it can hold a credential");
                } else {
                    self.draft().jwks = Some(jwks);
                }
            }
            Ok(_) | Err(_) => self.left_out(MEMBER, "it is no JSON object"),
        }
    }

    /// Keycloak checks signatures by the key of a certificate, and does not ask how long that counts.
    fn key_of_certificate(&mut self, text: &str) {
        const MEMBER: &str = "jwt.credential.certificate";
        let key_id = self.read.attributes.get("jwt.credential.kid");
        match key_of_certificate(text, key_id) {
            Some(key) => {
                self.draft().jwks = Some(json!({ "keys": [key] }));
                self.changed(MEMBER, "which is kept as its public key");
            }
            None => self.left_out(
                MEMBER,
                "it is no certificate of an RSA or EC key that can be read",
            ),
        }
    }
}

/// Whether a pattern has parts for which something else may stand. A star alone is a wildcard of a certificate's own.
fn fits_many(pattern: &str) -> bool {
    [".*", ".+", ".?", "(", "[", "|", "^", "$", "\\d", "\\w", "\\S"]
        .iter()
        .any(|part| pattern.contains(part))
}

/// The public key of a certificate in Base64, as a JWK (RFC 7518 §6).
fn key_of_certificate(text: &str, key_id: Option<&str>) -> Option<Value> {
    let armour = text.lines().filter(|line| !line.starts_with("-----"));
    let bare: String = armour
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    let mut key = of_certificate(&STANDARD.decode(bare).ok()?)?;
    if let (Some(key_id), Some(members)) = (key_id, key.as_object_mut()) {
        members.insert("kid".to_owned(), Value::from(key_id));
    }
    Some(key)
}
