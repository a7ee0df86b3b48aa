//! A form that a client posts, with what authenticates it: the same at every endpoint that asks for it (RFC 6749 §2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use zeroize::Zeroizing;

use super::assertion::ASSERTION_TYPE;
use super::{Method, Request};
use crate::client::{AuthMethod, ClientId, Secret};

/// A client, and what it presents.
#[derive(Clone, Debug)]
pub struct AsClient {
    /// The client.
    pub client_id: ClientId,
    /// How it authenticates.
    pub method: AuthMethod,
    /// Its secret; for `private_key_jwt` its assertion, never the key that signed it.
    pub secret: Option<Secret>,
}

impl AsClient {
    /// A POST of these parameters, and of what authenticates the client.
    pub fn post(&self, url: &Url, parameters: &[(&'static str, &str)]) -> Request {
        let text = |text: &str| Secret::new(text.to_owned());
        let mut headers = vec![
            ("Accept", text("application/json")),
            ("Content-Type", text("application/x-www-form-urlencoded")),
        ];
        let mut body = String::with_capacity(4096);
        for (name, value) in parameters {
            append(&mut body, name, value);
        }
        match (&self.secret, self.method) {
            (Some(secret), AuthMethod::ClientSecretBasic) => {
                headers.push(("Authorization", self.basic(secret)))
            }
            (Some(assertion), AuthMethod::PrivateKeyJwt) => {
                append(&mut body, "client_assertion_type", ASSERTION_TYPE);
                append(&mut body, "client_assertion", assertion.expose());
            }
            (secret, _) => {
                // An authorization request that is pushed names its client anyway (RFC 9126 §2.1).
                if !parameters.iter().any(|(name, _)| *name == "client_id") {
                    append(&mut body, "client_id", self.client_id.as_str());
                }
                if let Some(secret) = secret {
                    append(&mut body, "client_secret", secret.expose());
                }
            }
        }
        Request {
            method: Method::Post,
            url: url.clone(),
            headers,
            body: Secret::new(body),
        }
    }

    /// A POST about a token, as introspection and revocation want it (RFC 7662 §2.1, RFC 7009 §2.1).
    pub fn post_token(&self, url: &Url, token: &Secret) -> Request {
        self.post(url, &[("token", token.expose())])
    }

    /// `Basic base64(urlencode(client_id) ":" urlencode(client_secret))` (RFC 6749 §2.3.1).
    fn basic(&self, secret: &Secret) -> Secret {
        let mut credentials = Zeroizing::new(encoded(self.client_id.as_str()));
        credentials.push(':');
        credentials.push_str(&Zeroizing::new(encoded(secret.expose())));
        let mut header = "Basic ".to_owned();
        STANDARD.encode_string(credentials.as_bytes(), &mut header);
        Secret::new(header)
    }
}

/// A form-urlencoded value.
pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Adds a parameter to a form-urlencoded body.
pub(super) fn append(body: &mut String, name: &str, value: &str) {
    if !body.is_empty() {
        body.push('&');
    }
    body.push_str(name);
    body.push('=');
    body.push_str(&Zeroizing::new(encoded(value)));
}
