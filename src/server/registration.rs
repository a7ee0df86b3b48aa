//! What the two endpoints of dynamic registration share: whether there are any, bearer tokens, metadata as it comes and
//! as it goes out.
//!
//! No web page can register clients: these endpoints answer no browser's question (CORS), and take JSON only, which a
//! page cannot send without asking.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::middleware::Next;
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{Remark, error_answer, private};
use super::app::{App, not_found};
use super::body;
use super::client_authentication::random;
use super::refusal::Refusal;
use crate::client::{ClientDraft, ClientId, Secret};
use crate::interchange::rfc7591::{ClientConfiguration, MetadataError, RegistrationResponse};
use crate::protocol::client_authentication::AuthenticationError;
use crate::protocol::opaque::{self, OpaqueToken};
use crate::protocol::registration::{self, Abilities, RegistrationMode, RegistrationPolicy};
use crate::protocol::registration_throttle::RegistrationThrottle;
use crate::protocol::{OAuthError, metadata};
use crate::registry::{Client, NewSecret, RegistryError, TokenHash};

/// Clients whose changes are counted at once: as many as may register without a token.
const MOST_COUNTED: usize = 1_000;

/// What the server's owner decided, which can change while it runs, and how much came of it lately.
#[derive(Debug)]
pub struct Registrations {
    /// Whether the registry takes any.
    writable: bool,
    policy: RwLock<Arc<RegistrationPolicy>>,
    throttle: Mutex<RegistrationThrottle>,
    /// Of changes, by client: whoever floods the door must not keep those out who are in.
    changes: Mutex<HashMap<ClientId, RegistrationThrottle>>,
}

impl Registrations {
    /// Begins with a decision. Where the registry is open read-only, nothing can be registered, whatever was decided.
    pub fn new(policy: RegistrationPolicy, writable: bool) -> Self {
        Self {
            writable,
            policy: RwLock::new(Arc::new(policy)),
            throttle: Mutex::default(),
            changes: Mutex::default(),
        }
    }

    /// What holds now.
    pub fn policy(&self) -> Arc<RegistrationPolicy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What holds from now on.
    pub fn set_policy(&self, policy: RegistrationPolicy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// Whether the endpoints exist.
    pub fn are_on(&self) -> bool {
        self.writable && self.policy().mode != RegistrationMode::Off
    }

    /// Counts what somebody registers or changes whom nobody let in.
    ///
    /// # Errors
    /// 429 with `Retry-After` (RFC 6585 §4).
    pub fn reserve(&self, bytes: usize, now: Timestamp) -> Result<(), Refusal> {
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.reserve(bytes, now).map_err(|seconds| {
            let why = format!("Too much is being registered without a token. Try again in {seconds} s.");
            too_much(&why, seconds)
        })
    }

    /// Counts a change by a client that registered without a token.
    ///
    /// # Errors
    /// 429 with `Retry-After`.
    pub fn reserve_change(&self, client_id: &ClientId, bytes: usize, now: Timestamp) -> Result<(), Refusal> {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        // No more of these clients than may exist, and a few that were deleted.
        if changes.len() >= MOST_COUNTED && !changes.contains_key(client_id) {
            changes.clear();
        }
        let throttle = changes.entry(client_id.clone()).or_default();
        throttle.reserve(bytes, now).map_err(|seconds| {
            let why = format!("The client changes its registration too often. Try again in {seconds} s.");
            too_much(&why, seconds)
        })
    }
}

/// 429: it is not the request that is wrong, but its time.
pub fn too_much(why: &str, seconds: u64) -> Refusal {
    let mut answer = error_answer(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", why);
    answer
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    Refusal::Said(Box::new(answer))
}

/// While registration is off, these endpoints do not exist.
pub async fn only_while_on(
    State(app): State<Arc<App>>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    if app.registrations.are_on() {
        next.run(request).await
    } else {
        not_found().await
    }
}

/// A bearer token of the header, and by what it is found (RFC 6750 §2.1). There is no other place for it here.
pub struct Bearer {
    /// The token.
    pub token: Secret,
    /// Its hash.
    pub hash: TokenHash,
}

/// The bearer token of a request, if it has one.
///
/// # Errors
/// 400 `invalid_request` for two `Authorization` headers.
pub fn bearer(headers: &HeaderMap) -> Result<Option<Bearer>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let only = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(OAuthError::invalid_request("Send one Authorization header.").into());
        }
        (Some(only), None) => only.to_str().unwrap_or_default(),
    };
    let token = only
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    Ok(token.map(|token| Bearer {
        hash: opaque::hash(token),
        token: Secret::new(token.to_owned()),
    }))
}

/// No token: 401 without an error code (RFC 6750 §3.1). The reason is for the server's owner.
pub fn no_token() -> Refusal {
    unauthorized(
        "Bearer realm=\"chancery\"".to_owned(),
        json!({}),
        "no bearer token",
    )
}

/// A token that is worth nothing here: 401 `invalid_token`, whatever is wrong with it and whatever it was sent for
/// (RFC 7592 §2: a client that does not exist is told like one that does).
pub fn invalid_token(reason: &str) -> Refusal {
    const DESCRIPTION: &str = "The token is not valid: unknown, ended, or of another client.";
    let challenge =
        format!("Bearer realm=\"chancery\", error=\"invalid_token\", error_description=\"{DESCRIPTION}\"");
    let body = json!({ "error": "invalid_token", "error_description": DESCRIPTION });
    unauthorized(challenge, body, reason)
}

fn unauthorized(challenge: String, body: serde_json::Value, reason: &str) -> Refusal {
    let mut answer = private(StatusCode::UNAUTHORIZED, body.to_string());
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer.extensions_mut().insert(Remark::default().because(reason));
    Refusal::Said(Box::new(answer))
}

/// The metadata of a request, as it came.
///
/// # Errors
/// 400 `invalid_client_metadata` for what does not say that it is JSON, 413 for more than 1 MB, 408 for too slow.
pub async fn metadata_of(app: &App, head: &Parts, body: Body) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    body::json_bytes(&head.headers, body, app.limits.body)
        .await
        .map_err(Refusal::Said)
}

/// Metadata that is refused (RFC 7591 §3.2.2). The description is in the characters of RFC 6749 §5.2.
pub fn refused(error: MetadataError, remark: Remark) -> Refusal {
    const LONGEST: usize = 600;
    let plain = |c: char| match c {
        '"' | '“' | '”' => '\'',
        '\\' => '/',
        ' '..='~' => c,
        _ => '?',
    };
    let mut description: String = error.description.chars().take(LONGEST).map(plain).collect();
    if !description.ends_with('.') {
        description.push('.');
    }
    let mut answer = error_answer(StatusCode::BAD_REQUEST, error.code.as_str(), &description);
    answer.extensions_mut().insert(remark.because(description));
    Refusal::Said(Box::new(answer))
}

/// What this server can do.
///
/// # Errors
/// [`Refusal`] when the signing keys cannot be read.
pub fn abilities(app: &App, now: Timestamp) -> Result<Abilities, Refusal> {
    let mut methods = metadata::AUTH_METHODS.to_vec();
    if let Some(mutual_tls) = &app.mutual_tls {
        methods.extend(metadata::certificate_methods(mutual_tls.authorities.is_some()));
    }
    Ok(Abilities {
        methods,
        algorithms: app.keys(now)?.algorithms().collect(),
        bound_to_certificates: app.mutual_tls.is_some(),
    })
}

/// Looks whether the client belongs to the sector that it names, where it names one (OpenID Connect Dynamic Client
/// Registration §5).
///
/// # Errors
/// 400 where it does not, or where its document cannot be had.
pub async fn expect_own_sector(app: &App, draft: &ClientDraft, remark: &Remark) -> Result<(), Refusal> {
    let Some(uri) = &draft.sector_identifier_uri else {
        return Ok(());
    };
    let outcome = match app.client_keys.document(uri).await {
        Ok(document) => registration::expect_sector(&document, &draft.redirect_uris),
        Err(_) => Err(MetadataError::new(
            "sector_identifier_uri cannot be fetched. It must be a document at https that everybody can reach",
        )),
    };
    outcome.map_err(|error| refused(error, remark.clone()))
}

/// A new secret for a client, hashed behind the gate that all hashes go through.
///
/// # Errors
/// 503 when too many wait.
pub async fn new_secret(app: &App) -> Result<(Secret, NewSecret), Refusal> {
    let secret = Secret::generate(&Zeroizing::new(random()?));
    let hash = app
        .authenticator()
        .hash_secret(secret.clone(), random()?)
        .await
        .map_err(not_hashed)?;
    let stored = NewSecret {
        is_weak: false,
        selector: secret.selector(),
        hash,
        label: "First secret".to_owned(),
        expires_at: None,
    };
    Ok((secret, stored))
}

/// Hashing failed, or too many hashes wait.
pub fn not_hashed(error: AuthenticationError) -> Refusal {
    match error {
        AuthenticationError::Hash(error) => Refusal::about(
            OAuthError::ServerError,
            Remark::default().because(error.to_string()),
        ),
        _ => busy("too many secrets wait to be hashed"),
    }
}

/// Somebody else changed the client at the same moment, or too much waits: 503 with `Retry-After`.
pub fn busy(reason: &str) -> Refusal {
    let error = OAuthError::TemporarilyUnavailable {
        retry_after: 2,
        throttled: false,
    };
    Refusal::about(error, Remark::default().because(reason))
}

/// The registry's answer to a change. A client that somebody changed at the same moment is asked for again.
pub fn kept<T>(outcome: Result<T, RegistryError>) -> Result<T, Refusal> {
    outcome.map_err(|error| match error {
        RegistryError::Conflict { .. } => busy("somebody else changed the client at the same moment"),
        RegistryError::NotFound { .. } => invalid_token("the client or its token ended meanwhile"),
        error => error.into(),
    })
}

/// A new registration access token.
///
/// # Errors
/// `server_error` when there are no random bytes.
pub fn new_token() -> Result<OpaqueToken, OAuthError> {
    Ok(OpaqueToken::new(&Zeroizing::new(random()?)))
}

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
pub fn told(
    app: &App,
    status: StatusCode,
    client: &Client,
    secret: Option<&Secret>,
    token: &Secret,
) -> Response<Body> {
    let uri = format!(
        "{}/{}",
        app.issuer().endpoint(metadata::REGISTER),
        client.client_id
    );
    let response = RegistrationResponse {
        client_id: &client.client_id,
        secret,
        issued_at: client.created_at,
        secret_expires_at: None,
        previous_secrets_expire_at: None,
        draft: &registration::as_told(&client.draft),
        configuration: Some(ClientConfiguration { uri: &uri, token }),
    };
    let json = response.to_json();
    let mut answer = private(status, Bytes::copy_from_slice(json.as_bytes()));
    answer.extensions_mut().insert(Remark::about(&client.client_id));
    answer
}
