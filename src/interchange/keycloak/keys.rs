//! Keys and certificates that a client authenticates by.

use serde_json::Value;

use super::client::Resolving;
use crate::client::AuthMethod;
use crate::interchange::credential::take_private_parts;

impl Resolving<'_> {
    pub(super) fn keys(&mut self, method: AuthMethod) {
        let attributes = &self.read.attributes;
        let by_address = attributes.is("use.jwks.url");
        let by_value = attributes.is("use.jwks.string");
        if let Some(url) = attributes.get("jwks.url").filter(|_| by_address) {
            self.draft().jwks_uri = Some(url.to_owned());
        }
        if let Some(text) = attributes.get("jwks.string").filter(|_| by_value && !by_address) {
            self.keys_by_value(text);
        }
        self.draft().token_endpoint_auth_signing_alg = attributes
            .get("token.endpoint.auth.signing.alg")
            .map(str::to_owned);
        if method == AuthMethod::TlsClientAuth {
            self.draft().tls_client_auth_subject_dn = attributes.get("x509.subjectdn").map(str::to_owned);
            if attributes.is("x509.allow.regex.pattern.comparison") {
                self.changed(
                    "x509.subjectdn",
                    "which is a pattern there, and is compared exactly here",
                );
            }
        }
    }

    fn keys_by_value(&mut self, text: &str) {
        const MEMBER: &str = "jwks.string";
        match serde_json::from_str::<Value>(text) {
            Ok(mut jwks) => {
                if take_private_parts(&mut jwks) {
                    self.left_out("private parts of jwks.string", "they can hold a credential");
                }
                if crate::client::jwks::holds_private_key(&jwks) {
                    self.left_out(MEMBER, "it can hold a credential");
                } else {
                    self.draft().jwks = Some(jwks);
                }
            }
            Err(_) => self.left_out(MEMBER, "it is no JSON"),
        }
    }
}
