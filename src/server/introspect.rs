//! `POST /introspect` (RFC 7662): what a token is worth at this moment, told to whom it concerns.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::{Remark, private};
use super::app::App;
use super::client_authentication::{answered, authenticate, posted_form};
use super::refusal::Refusal;
use crate::client::AuthMethod;
use crate::protocol::confirmation::Confirmation;
use crate::protocol::living_token;
use crate::protocol::{OAuthError, opaque};
use crate::registry::{Client, RefreshTokenRecord};

/// Answers an introspection request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    let now = app.now();
    let caller = authenticate(app, &head, &form, now).await?.0.client;
    if caller.draft.token_endpoint_auth_method == AuthMethod::None {
        // RFC 7662 §2.1: the endpoint must require authorization; a public client has shown none.
        return Err(Refusal::of_client(OAuthError::InvalidClient, &caller));
    }
    let missing = || {
        Refusal::of_client(
            OAuthError::invalid_request("The parameter token is missing."),
            &caller,
        )
    };
    let token = form.get("token").ok_or_else(missing)?;

    // token_type_hint is only a hint (RFC 7662 §2.1): both kinds are looked for, and cannot be taken for each other.
    let (told, reason) = match refresh_token(app, token, &caller, now)? {
        Some(told) => (Some(told), None),
        None => access_token(app, token, &caller, now)?,
    };
    // RFC 7662 §2.2: nothing but active for a token that does not live, or that is none of the caller's business.
    let body = told.map_or_else(|| json!({ "active": false }), Value::Object);
    let mut answer = private(StatusCode::OK, body.to_string());
    answer.extensions_mut().insert(Remark {
        reason,
        ..Remark::to(&caller)
    });
    Ok(answer)
}

type Told = (Option<Map<String, Value>>, Option<String>);

fn access_token(app: &App, token: &str, caller: &Client, now: Timestamp) -> Result<Told, Refusal> {
    let keys = app.keys(now)?;
    let judged =
        app.read(|registry| living_token::access_token(token, &keys, app.issuer(), registry, now))?;
    let living = match judged {
        Ok(living) => living,
        Err(dead) => return Ok((None, Some(format!("inactive: {dead}")))),
    };
    if !app.read(|registry| living.concerns(caller, registry))? {
        return Ok((
            None,
            Some("inactive: it is not this client's business".to_owned()),
        ));
    }
    let mut told = Map::new();
    told.insert("active".to_owned(), json!(true));
    let token_type = living.jkt().map_or("Bearer", |_| "DPoP");
    told.insert("token_type".to_owned(), json!(token_type));
    for name in [
        "scope",
        "client_id",
        "sub",
        "aud",
        "iss",
        "jti",
        "exp",
        "iat",
        "auth_time",
        // RFC 9449 §6.2, RFC 8693 §4.1, §4.4.
        "cnf",
        "act",
        "may_act",
    ] {
        if let Some(value) = living.token.claims.get(name) {
            told.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(grant) = living.grant {
        told.insert("username".to_owned(), json!(grant.user));
    }
    Ok((Some(told), None))
}

fn refresh_token(
    app: &App,
    token: &str,
    caller: &Client,
    now: Timestamp,
) -> Result<Option<Map<String, Value>>, Refusal> {
    let found = app.read(|registry| registry.refresh_token(&opaque::hash(token)))?;
    let lives = |found: &RefreshTokenRecord| {
        !found.is_spent && now < found.expires_at && found.grant.client_id == caller.client_id
    };
    let Some(found) = found.filter(lives) else {
        return Ok(None);
    };
    let told = json!({
        "active": true,
        "scope": found.grant.scopes.join(" "),
        "client_id": found.grant.client_id.as_str(),
        "username": found.grant.user,
        "sub": app.subjects.of(&found.grant.user, &caller.draft),
        "iss": app.issuer().as_str(),
        "iat": found.issued_at.as_second(),
        "exp": found.expires_at.as_second(),
    });
    let mut told = told.as_object().cloned();
    if let (Some(told), Some(confirmation)) = (&mut told, Confirmation::of(&found.bound_to)) {
        told.insert("cnf".to_owned(), json!(confirmation));
    }
    Ok(told)
}
