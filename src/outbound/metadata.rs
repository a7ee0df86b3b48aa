//! What an issuer says of itself: where its endpoints are, and which keys it signs with.

use serde_json::Value;
use url::Url;

use super::{OutboundError, Request, exchange};

/// What an issuer's metadata says of the endpoints used here (RFC 8414 §2).
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Who it is.
    pub issuer: String,
    /// Where tokens are asked for.
    pub token_endpoint: Url,
    /// Where the keys are.
    pub jwks_uri: Url,
    /// The endpoints that not every server has.
    pub endpoints: Endpoints,
    /// Whether every authorization response names the issuer (RFC 9207 §3).
    pub names_issuer: bool,
}

/// The endpoints that not every server has.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// Where a browser begins.
    pub authorization: Option<Url>,
    /// Where requests are pushed (RFC 9126).
    pub pushed_authorization_request: Option<Url>,
    /// Where devices begin (RFC 8628).
    pub device_authorization: Option<Url>,
    /// Where tokens are asked about (RFC 7662).
    pub introspection: Option<Url>,
    /// Where tokens are given up (RFC 7009).
    pub revocation: Option<Url>,
}

impl Metadata {
    /// An endpoint that the server need not have.
    ///
    /// # Errors
    /// [`OutboundError::Unexpected`] where it has none.
    pub fn required<'a>(&self, endpoint: &'a Option<Url>, name: &str) -> Result<&'a Url, OutboundError> {
        let missing = || OutboundError::Unexpected(self.issuer.clone(), format!("without an {name}"));
        endpoint.as_ref().ok_or_else(missing)
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
    let optional = |name: &str| text(name).and_then(|address| Url::parse(address).ok());
    let endpoint = |name: &str| optional(name).ok_or_else(|| unexpected(format!("without a {name}")));
    Ok(Metadata {
        issuer: text("issuer").unwrap_or(issuer).to_owned(),
        token_endpoint: endpoint("token_endpoint")?,
        jwks_uri: endpoint("jwks_uri")?,
        names_issuer: document.get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true)),
        endpoints: Endpoints {
            authorization: optional("authorization_endpoint"),
            pushed_authorization_request: optional("pushed_authorization_request_endpoint"),
            device_authorization: optional("device_authorization_endpoint"),
            introspection: optional("introspection_endpoint"),
            revocation: optional("revocation_endpoint"),
        },
    })
}

/// The keys that an issuer publishes (RFC 7517 §5).
///
/// # Errors
/// [`OutboundError`] when they cannot be fetched.
pub fn published_keys(metadata: &Metadata) -> Result<Value, OutboundError> {
    json_of(&metadata.jwks_uri)
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
