//! Answers as HTTP: JSON bodies, statuses, and the headers that the standards ask for.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::json;

use super::dpop;
use crate::client::ClientId;
use crate::protocol::OAuthError;
use crate::protocol::access::Decision;
use crate::protocol::signing_key::KeysError;
use crate::registry::{Client, RegistryError};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const NOSNIFF: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-content-type-options"),
    HeaderValue::from_static("nosniff"),
);
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"chancery\", charset=\"UTF-8\"");

/// What an endpoint knows of a request that the answer does not show; the request log takes it from the answer's
/// extensions.
#[derive(Clone, Debug, Default)]
pub struct Remark {
    /// The client, if there is one of that identifier.
    pub client_id: Option<ClientId>,
    /// The client, once it has authenticated: whom the answer is for.
    pub authenticated: Option<Arc<Client>>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The path as the log may keep it, where the endpoint knows more of it than the log does.
    pub path: Option<String>,
    /// What a resource server decided, check by check.
    pub decision: Option<Arc<Decision>>,
}

impl Remark {
    /// A client of that identifier takes part; it need not have authenticated.
    pub fn about(client_id: &ClientId) -> Self {
        Self {
            client_id: Some(client_id.clone()),
            ..Self::default()
        }
    }

    /// The answer is for this client.
    pub fn to(client: &Arc<Client>) -> Self {
        Self {
            authenticated: Some(Arc::clone(client)),
            ..Self::about(&client.client_id)
        }
    }

    /// Why it was refused.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// A JSON answer that nobody may keep (RFC 6749 §5.1: `Cache-Control: no-store`, `Pragma: no-cache`).
pub fn private(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut answer = json_answer(status, body.into());
    answer.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    answer.headers_mut().insert(PRAGMA, NO_CACHE);
    answer
}

/// A public JSON document, the same for everyone.
pub fn public(body: Bytes) -> Response<Body> {
    let mut answer = json_answer(StatusCode::OK, body);
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    answer
}

/// A refusal (RFC 6749 §5.2).
pub fn refusal(error: &OAuthError, remark: Remark) -> Response<Body> {
    let mut answer = error_answer(status_of(error), error.code(), &error.description());
    match error {
        // RFC 6749 §5.2 asks for the challenge where Basic was tried, RFC 9110 §15.5.2 at every 401.
        OAuthError::InvalidClient => {
            answer.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        OAuthError::TooManyWaiting(retry_after) | OAuthError::TemporarilyUnavailable { retry_after, .. } => {
            answer
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(*retry_after));
        }
        OAuthError::UseDpopNonce(nonce) => dpop::give_nonce(&mut answer, nonce),
        _ => {}
    }
    answer.extensions_mut().insert(remark);
    answer
}

/// The registry's trouble is told to the server's owner; the client learns only whether to come again.
pub fn registry_unreadable(error: &RegistryError) -> (OAuthError, Remark) {
    let reason = Some(format!("{error}. {}", error.advice()));
    let error = match error {
        // A lock passes: 503 with Retry-After.
        RegistryError::Busy(_) => OAuthError::TemporarilyUnavailable {
            retry_after: 2,
            throttled: false,
        },
        // Whatever else it is, no client can mend it: 500.
        _ => OAuthError::ServerError,
    };
    let remark = Remark {
        reason,
        ..Remark::default()
    };
    (error, remark)
}

/// The signing keys' trouble, told in the same way.
pub fn keys_unusable(error: KeysError) -> (OAuthError, Remark) {
    if let KeysError::Registry(error) = error {
        return registry_unreadable(&error);
    }
    let remark = Remark {
        reason: Some(format!("{error}. {}", error.advice())),
        ..Remark::default()
    };
    (OAuthError::ServerError, remark)
}

/// A refusal outside the protocols, in the same form. Its code is `invalid_request` where the request is to blame, as
/// RFC 6749 §5.2 has no finer one; `not_found` is no registered code, and stands where no endpoint speaks.
pub fn error_answer(status: StatusCode, code: &str, description: &str) -> Response<Body> {
    let body = json!({ "error": code, "error_description": description }).to_string();
    let mut answer = private(status, body);
    answer.extensions_mut().insert(Remark {
        reason: Some(description.to_owned()),
        ..Remark::default()
    });
    answer
}

fn status_of(error: &OAuthError) -> StatusCode {
    match error {
        OAuthError::InvalidClient => StatusCode::UNAUTHORIZED,
        OAuthError::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        // RFC 6585 §4: too many requests, by whoever uses this client_id.
        OAuthError::TooManyWaiting(_) | OAuthError::TemporarilyUnavailable { throttled: true, .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        OAuthError::TemporarilyUnavailable { throttled: false, .. } => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn json_answer(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    let (name, value) = NOSNIFF;
    answer.headers_mut().insert(name, value);
    answer
}
