//! `POST /token` (RFC 6749 §3.2).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};

use super::answer::{Remark, keys_unusable, private, refusal, registry_unreadable};
use super::app::{App, Peer};
use super::body;
use super::writer::Issued;
use crate::client::ClientId;
use crate::protocol::OAuthError;
use crate::protocol::client_authentication::{Attempt, Authenticated, AuthenticationError, ProvenBy};
use crate::protocol::credentials::{Presented, presented};
use crate::protocol::token::{self, Issuing, TokenResponse};
use crate::registry::RegistryError;

/// Answers a token request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    match answer(&app, request).await {
        Ok(answer) => answer,
        Err(Refusal::Said(answer)) => *answer,
        Err(Refusal::Protocol(error, remark)) => refusal(&error, remark),
    }
}

enum Refusal {
    Said(Box<Response<Body>>),
    Protocol(OAuthError, Remark),
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self::about(error, Remark::default())
    }
}

impl Refusal {
    /// Where nothing more is known, the description is the reason.
    fn about(error: OAuthError, mut remark: Remark) -> Self {
        remark.reason = remark
            .reason
            .or_else(|| Some(format!("{}: {}", error.code(), error.description())));
        Self::Protocol(error, remark)
    }
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    if head.uri.query().is_some() {
        // RFC 6749 §2.3.1: credentials must not stand in the URI, where logs would keep them.
        return Err(
            OAuthError::invalid_request("Parameters belong in the request body, not in the URI.").into(),
        );
    }
    let form = body::form(&head.headers, body, app.limits.body)
        .await
        .map_err(Refusal::Said)?;
    token::grant_type(&form)?;
    let authorization: Vec<&[u8]> = head
        .headers
        .get_all(AUTHORIZATION)
        .iter()
        .map(|value| value.as_bytes())
        .collect();
    let presented = presented(&authorization, &form)?;
    let now = app.now();
    let salt = random()?;
    let jti = random()?;
    let over_loopback = head
        .extensions
        .get::<Peer>()
        .is_some_and(|peer| peer.0.ip().is_loopback());
    let proven = authenticate(app, presented, over_loopback, now, salt).await?;
    let keys = app.keys(now).map_err(|error| {
        let (error, remark) = keys_unusable(error);
        Refusal::Protocol(error, remark)
    })?;
    let issuing = Issuing {
        issuer: app.issuer(),
        keys: &keys,
        now,
        random: jti,
    };
    let client_id = proven.client.client_id.clone();
    let remark = Remark {
        client_id: Some(client_id.clone()),
        authenticated: Some(Arc::clone(&proven.client)),
        reason: None,
    };
    let granted = token::answer(&form, &proven.client, &issuing)
        .map_err(|error| Refusal::about(error, remark.clone()))?;
    note(app, client_id, proven, &granted, now);
    let mut answer = private(StatusCode::OK, serde_json::to_vec(&granted).unwrap_or_default());
    answer.extensions_mut().insert(remark);
    Ok(answer)
}

async fn authenticate(
    app: &App,
    presented: Presented,
    over_loopback: bool,
    now: Timestamp,
    salt: [u8; 16],
) -> Result<Authenticated, Refusal> {
    let client = match &presented.client_id {
        Some(client_id) => app.client(client_id).map_err(unreadable)?,
        None => None,
    };
    let client_id = client.as_ref().map(|client| client.client_id.clone());
    let attempt = Attempt {
        presented,
        client,
        over_loopback,
        now,
        salt,
    };
    app.authenticator().authenticate(attempt).await.map_err(|error| {
        let (error, reason) = match error {
            // RFC 6749 §5.2: unknown client, no client authentication included, or unsupported authentication method.
            AuthenticationError::Refused(reason) => (OAuthError::InvalidClient, reason.to_owned()),
            AuthenticationError::Throttled(retry_after) => (
                OAuthError::TemporarilyUnavailable {
                    retry_after,
                    throttled: true,
                },
                format!("too many failures, may come again in {retry_after} s"),
            ),
            AuthenticationError::Busy => (
                OAuthError::TemporarilyUnavailable {
                    retry_after: 2,
                    throttled: false,
                },
                "too many secrets wait to be verified".to_owned(),
            ),
            AuthenticationError::Hash(error) => (OAuthError::ServerError, error.to_string()),
        };
        Refusal::Protocol(
            error,
            Remark {
                client_id,
                reason: Some(reason),
                ..Remark::default()
            },
        )
    })
}

fn unreadable(error: RegistryError) -> Refusal {
    let (error, remark) = registry_unreadable(&error);
    Refusal::Protocol(error, remark)
}

/// What the registry should know of a token: last use and scopes, not for test credentials.
fn note(app: &App, client_id: ClientId, proven: Authenticated, granted: &TokenResponse, now: Timestamp) {
    if let Some(renewal) = proven.renewal {
        app.writer().renew(renewal);
    }
    let secret_id = match proven.by {
        ProvenBy::Secret(id) => Some(id),
        ProvenBy::Nothing => None,
        ProvenBy::TestCredential => return,
    };
    let exp = now
        .saturating_add(SignedDuration::from_secs(granted.expires_in.into()))
        .unwrap_or(now);
    app.writer().issued(Issued {
        client_id,
        secret_id,
        scope: granted.scope.clone(),
        at: now,
        exp,
    });
}

fn random() -> Result<[u8; 16], OAuthError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| OAuthError::ServerError)?;
    Ok(bytes)
}
