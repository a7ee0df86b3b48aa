//! How an authorization request is refused: on a page of this server, or back at the client (RFC 6749 §4.1.2.1).

use std::fmt;

use crate::client::redirect_uri::Mismatch;

/// Why a request gets a page and is never sent back to anyone (RFC 6749 §4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// It cannot be read.
    #[error("The request cannot be read: {0}")]
    Malformed(&'static str),
    /// It says not who asks, or twice.
    #[error("The parameter client_id {0}")]
    ClientId(&'static str),
    /// Nobody of that identifier.
    #[error("No client is registered under this client_id")]
    UnknownClient,
    /// A client that may not act.
    #[error("The client is {0}")]
    NotActive(&'static str),
    /// It says not where to go, or twice.
    #[error("The parameter redirect_uri {0}")]
    RedirectUri(&'static str),
    /// Its `request_uri` leads to no request (RFC 9126 §4).
    #[error("The parameter request_uri {0}")]
    RequestUri(&'static str),
    /// It would go where the client has not registered to be.
    #[error("{0}")]
    Mismatch(Box<Mismatch>),
}

impl PageError {
    /// What the developer of the client can do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "Encode each parameter as application/x-www-form-urlencoded in UTF-8",
            Self::ClientId(_) => "Send the client_id of the registration, once",
            Self::UnknownClient => "Compare the client_id with the registration; it is case-sensitive",
            Self::NotActive("disabled") => "Ask whoever keeps the registry to enable it",
            Self::NotActive(_) => {
                "Its registration breaks rules; whoever keeps the registry sees which, and puts them right"
            }
            Self::RedirectUri(_) => "Send one of the registered redirect URIs, once, character for character",
            Self::RequestUri(_) => {
                "Push the request again, and send the browser here with its new request_uri within a minute, once"
            }
            Self::Mismatch(_) => {
                "Register this redirect URI, or send one that is registered. They are compared character by \
                 character; only the port of a native application's loopback address may differ"
            }
        }
    }
}

/// The codes of RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationErrorCode {
    /// A parameter is missing, malformed or repeated.
    InvalidRequest,
    /// The client may not use this flow.
    UnauthorizedClient,
    /// The person said no.
    AccessDenied,
    /// Not `code`.
    UnsupportedResponseType,
    /// More than is registered.
    InvalidScope,
    /// A resource that is not the client's (RFC 8707 §2).
    InvalidTarget,
    /// `prompt=none`, and nobody is signed in.
    LoginRequired,
    /// `prompt=none`, and the person was not asked.
    ConsentRequired,
    /// Request objects are not taken here.
    RequestNotSupported,
    /// Nor their addresses.
    RequestUriNotSupported,
    /// Nor registrations in a request.
    RegistrationNotSupported,
    /// Something inside failed.
    ServerError,
}

impl AuthorizationErrorCode {
    /// The registered code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::ServerError => "server_error",
        }
    }
}

/// A refusal that the client learns by redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where to.
    pub return_to: ReturnTo,
    /// The code.
    pub code: AuthorizationErrorCode,
    /// The sentence for the client's developer.
    pub description: &'static str,
}

/// Where the browser goes back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo {
    /// The redirect URI, which is registered.
    pub redirect_uri: String,
    /// What the client wants to see again.
    pub state: Option<String>,
}

/// Why a request is not answered with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAuthorized {
    /// On a page of this server.
    Page(PageError),
    /// Back at the client.
    Refused(Refusal),
}

impl ReturnTo {
    /// The address with an answer in its query (RFC 6749 §4.1.2): the answer's own parameters, `state` as it came, and
    /// `iss` (RFC 9207 §2).
    pub fn with(&self, answer: &[(&str, &str)], issuer: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", issuer);
        let query = query.finish();
        let separator = match self.redirect_uri.find('?') {
            None => "?",
            Some(at) if at + 1 == self.redirect_uri.len() => "",
            Some(_) => "&",
        };
        format!("{}{separator}{query}", self.redirect_uri)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.description)
    }
}
