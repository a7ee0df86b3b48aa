//! `GET` and `POST /userinfo` (OpenID Connect Core §5.3): claims about the person who signed in, for whoever holds the
//! access token (RFC 6750).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::answer::{Remark, private};
use super::app::App;
use super::body;
use super::client_authentication::answered;
use super::refusal::Refusal;
use crate::client::Secret;
use crate::protocol::claims;
use crate::protocol::living_token;

/// Answers a UserInfo request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let token = match bearer(app, request).await? {
        Ok(token) => token,
        Err(challenge) => return Ok(challenge.into_answer(Remark::default())),
    };
    let now = app.now();
    let keys = app.keys(now)?;
    let judged =
        app.read(|registry| living_token::access_token(token.expose(), &keys, app.issuer(), registry, now))?;
    let living = match judged {
        Ok(living) => living,
        Err(dead) => return Ok(Challenge::InvalidToken(dead.to_string()).into_answer(Remark::default())),
    };
    let client = Arc::new(living.client);
    let remark = Remark::to(&client);
    let Some(grant) = living.grant else {
        let why = "it is a client's own token: nobody signed in".to_owned();
        return Ok(Challenge::InvalidToken(why).into_answer(remark));
    };
    let scopes: Vec<&str> = living
        .token
        .text("scope")
        .unwrap_or_default()
        .split(' ')
        .collect();
    if !scopes.contains(&"openid") {
        return Ok(Challenge::InsufficientScope.into_answer(remark));
    }
    let user = app.read(|registry| registry.user(&grant.user))?;
    let Some(user) = user else {
        return Ok(Challenge::InvalidToken("its user is gone".to_owned()).into_answer(remark));
    };
    let mut told = claims::told(&user.claims, &scopes);
    // OpenID Connect Core §5.3.2: always there, and the same as in the ID token.
    told.insert(
        "sub".to_owned(),
        json!(app.subjects.of(&grant.user, &client.draft)),
    );
    let mut answer = private(StatusCode::OK, Value::Object(told).to_string());
    answer.extensions_mut().insert(remark);
    Ok(answer)
}

/// Why no claims are told (RFC 6750 §3.1).
pub(super) enum Challenge {
    /// There is no token; then no error is named either.
    NoToken,
    /// The request has two tokens, or none that can be read.
    InvalidRequest(&'static str),
    /// The token does not live. The reason is for the server's owner.
    InvalidToken(String),
    /// The token is not for this.
    InsufficientScope,
}

impl Challenge {
    fn into_answer(self, remark: Remark) -> Response<Body> {
        let (status, error, description, reason) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "", "", "no access token".to_owned()),
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why, why.to_owned()),
            Self::InvalidToken(reason) => {
                let description = "The access token is not valid: expired, revoked, or not of this server.";
                (StatusCode::UNAUTHORIZED, "invalid_token", description, reason)
            }
            Self::InsufficientScope => {
                let description = "The access token has no scope openid.";
                (
                    StatusCode::FORBIDDEN,
                    "insufficient_scope",
                    description,
                    description.to_owned(),
                )
            }
        };
        let mut challenge = "Bearer realm=\"chancery\"".to_owned();
        let mut body = json!({});
        if !error.is_empty() {
            challenge = format!("{challenge}, error=\"{error}\", error_description=\"{description}\"");
            body = json!({ "error": error, "error_description": description });
        }
        if error == "insufficient_scope" {
            challenge = format!("{challenge}, scope=\"openid\"");
        }
        let mut answer = private(status, body.to_string());
        if let Ok(challenge) = HeaderValue::try_from(challenge) {
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        answer.extensions_mut().insert(remark.because(reason));
        answer
    }
}

/// The token of a request: in the header, or in the form of a POST, never in the query (RFC 6750 §2).
async fn bearer(app: &App, request: Request<Body>) -> Result<Result<Secret, Challenge>, Refusal> {
    let (head, body) = request.into_parts();
    let in_header = match in_header(&head.headers) {
        Ok(token) => token,
        Err(challenge) => return Ok(Err(challenge)),
    };
    let is_form = head.method == Method::POST && head.headers.contains_key(axum::http::header::CONTENT_TYPE);
    let in_body = if is_form {
        let form = body::form(&head.headers, body, app.limits.body)
            .await
            .map_err(Refusal::Said)?;
        form.get("access_token")
            .map(|token| Secret::new(token.to_owned()))
    } else {
        None
    };
    Ok(match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Challenge::InvalidRequest("Send the access token once.")),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(Challenge::NoToken),
    })
}

pub(super) fn in_header(headers: &HeaderMap) -> Result<Option<Secret>, Challenge> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Challenge::InvalidRequest("Send one Authorization header.")),
        (Some(only), None) => {
            let text = only.to_str().unwrap_or_default();
            let token = text
                .split_once(' ')
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            Ok(token.map(|(_, token)| Secret::new(token.trim().to_owned())))
        }
    }
}
