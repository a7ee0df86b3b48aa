//! A real request to a real token endpoint, for the Tokens screen and for `chancery token`.

use serde_json::Value;
use url::Url;

use super::assertion::ASSERTION_TYPE;
use super::{Exchange, Method, OutboundError, Request, exchange};
use crate::client::{AuthMethod, ClientId, Secret};
use crate::jwt::{DecodedToken, Keys, decode};

/// A request for a token by the client credentials grant.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The client.
    pub client_id: ClientId,
    /// How it authenticates: `client_secret_basic`, `client_secret_post`, `private_key_jwt`, or `none`, which the endpoint
    /// will refuse.
    pub method: AuthMethod,
    /// Its secret; for `private_key_jwt` its assertion, never the key that signed it.
    pub secret: Option<Secret>,
    /// Space-delimited; all that is registered when absent.
    pub scope: Option<String>,
    /// The resource server; the client's first when absent.
    pub audience: Option<String>,
}

/// What an issuer's metadata says of the endpoints used here (RFC 8414 §2).
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Where tokens are asked for.
    pub token_endpoint: Url,
    /// Where the keys are.
    pub jwks_uri: Url,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// The request to the token endpoint and its answer.
    pub exchange: Exchange,
    /// The answer's members, if it is JSON.
    pub response: Option<Value>,
    /// The access token decoded, if there is one.
    pub token: Option<DecodedToken>,
    /// The ID token decoded, if there is one.
    pub id_token: Option<DecodedToken>,
}

impl TokenAnswer {
    /// The access token.
    pub fn access_token(&self) -> Option<&str> {
        self.member("access_token")
    }

    /// The ID token.
    pub fn id_token(&self) -> Option<&str> {
        self.member("id_token")
    }

    /// The error code, where the endpoint refused.
    pub fn error(&self) -> Option<&str> {
        self.member("error")
    }

    /// The endpoint's sentence for the developer.
    pub fn error_description(&self) -> Option<&str> {
        self.member("error_description")
    }

    fn member(&self, name: &str) -> Option<&str> {
        self.response.as_ref()?.get(name)?.as_str()
    }
}

/// Reads an issuer's metadata and checks that it is that issuer's (RFC 8414 §3.3).
///
/// # Errors
/// [`OutboundError`].
pub fn discover(issuer: &str) -> Result<Metadata, OutboundError> {
    let not_a_url = || OutboundError::NotAUrl(issuer.to_owned());
    let mut url = Url::parse(issuer).map_err(|_| not_a_url())?;
    if !url.has_host() {
        return Err(not_a_url());
    }
    let path = format!(
        "/.well-known/oauth-authorization-server{}",
        url.path().trim_end_matches('/')
    );
    url.set_path(&path);
    let document = json_of(&url)?;
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let unexpected = |why: String| OutboundError::Unexpected(url.to_string(), why);
    match text("issuer") {
        Some(named) if named.trim_end_matches('/') == issuer.trim_end_matches('/') => {}
        Some(named) => return Err(unexpected(format!("for another issuer, {named}"))),
        None => return Err(unexpected("without an issuer".to_owned())),
    }
    let endpoint = |name: &str| {
        let found = text(name).and_then(|address| Url::parse(address).ok());
        found.ok_or_else(|| unexpected(format!("without a {name}")))
    };
    Ok(Metadata {
        token_endpoint: endpoint("token_endpoint")?,
        jwks_uri: endpoint("jwks_uri")?,
    })
}

/// The keys that an issuer publishes (RFC 7517 §5).
///
/// # Errors
/// [`OutboundError`] when they cannot be fetched.
pub fn published_keys(metadata: &Metadata) -> Result<Value, OutboundError> {
    json_of(&metadata.jwks_uri)
}

impl TokenRequest {
    /// Asks for the token, and checks the one that comes against the issuer's keys.
    ///
    /// # Errors
    /// [`OutboundError`]; a refusal by the endpoint is none.
    pub fn send(&self, metadata: &Metadata) -> Result<TokenAnswer, OutboundError> {
        let exchange = exchange(&self.request(metadata))?;
        let response: Option<Value> = serde_json::from_slice(&exchange.received_body).ok();
        let mut answer = TokenAnswer {
            exchange,
            response,
            token: None,
            id_token: None,
        };
        if answer.access_token().is_some() || answer.id_token().is_some() {
            let keys = Keys::published(&published_keys(metadata)?);
            answer.token = answer.access_token().map(|token| decode(token, Some(&keys)));
            answer.id_token = answer.id_token().map(|token| decode(token, Some(&keys)));
        }
        Ok(answer)
    }

    fn request(&self, metadata: &Metadata) -> Request {
        let secret_text = |text: &str| Secret::new(text.to_owned());
        let mut headers = vec![("Accept", secret_text("application/json"))];
        headers.push(("Content-Type", secret_text("application/x-www-form-urlencoded")));
        let mut body = String::with_capacity(4096);
        for (name, value) in self.parameters() {
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
                append(&mut body, "client_id", self.client_id.as_str());
                if let Some(secret) = secret {
                    append(&mut body, "client_secret", secret.expose());
                }
            }
        }
        Request {
            method: Method::Post,
            url: metadata.token_endpoint.clone(),
            headers,
            body: Secret::new(body),
        }
    }

    /// Everything but the authentication.
    pub(super) fn parameters(&self) -> Vec<(&'static str, &str)> {
        let mut parameters = vec![("grant_type", "client_credentials")];
        parameters.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        // RFC 8707 §2 wants an absolute URI without a fragment; identifiers that are none go as `audience`.
        parameters.extend(self.audience.as_deref().map(|audience| {
            let is_uri = Url::parse(audience).is_ok_and(|url| url.fragment().is_none());
            (if is_uri { "resource" } else { "audience" }, audience)
        }));
        parameters
    }

    /// `Basic base64(urlencode(client_id) ":" urlencode(client_secret))` (RFC 6749 §2.3.1).
    fn basic(&self, secret: &Secret) -> Secret {
        use base64::Engine;
        let mut credentials = zeroize::Zeroizing::new(encoded(self.client_id.as_str()));
        credentials.push(':');
        credentials.push_str(&zeroize::Zeroizing::new(encoded(secret.expose())));
        let mut header = "Basic ".to_owned();
        base64::engine::general_purpose::STANDARD.encode_string(credentials.as_bytes(), &mut header);
        Secret::new(header)
    }
}

pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn append(body: &mut String, name: &str, value: &str) {
    if !body.is_empty() {
        body.push('&');
    }
    body.push_str(name);
    body.push('=');
    body.push_str(&encoded(value));
}

/// Fetches a JSON document.
fn json_of(url: &Url) -> Result<Value, OutboundError> {
    let answer = exchange(&Request::get(url.clone()))?;
    if answer.status != 200 {
        return Err(OutboundError::Unexpected(
            url.to_string(),
            format!("with status {}", answer.status),
        ));
    }
    serde_json::from_slice(&answer.received_body)
        .map_err(|_| OutboundError::Unexpected(url.to_string(), "with something that is not JSON".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_that_is_no_uri_goes_by_its_own_name() {
        let request = |audience: &str| TokenRequest {
            client_id: ClientId::parse("a").unwrap(),
            method: AuthMethod::ClientSecretPost,
            secret: None,
            scope: None,
            audience: Some(audience.to_owned()),
        };
        for (audience, name) in [
            ("https://api.example.com", "resource"),
            ("urn:example:api", "resource"),
            ("ledger", "audience"),
            ("https://api.example.com#part", "audience"),
        ] {
            assert_eq!(request(audience).parameters()[1], (name, audience));
        }
    }
}
