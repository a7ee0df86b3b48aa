//! `POST /revoke` (RFC 7009): a client gives a token up.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use jiff::Timestamp;

use super::answer::{Remark, private};
use super::app::App;
use super::client_authentication::{answered, authenticate, posted_form};
use super::refusal::Refusal;
use crate::protocol::signing_key::TokenKind;
use crate::protocol::{OAuthError, opaque};
use crate::registry::Client;

/// Answers a revocation request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    let now = app.now();
    let caller = authenticate(app, &head, &form, now).await?.0.client;
    let of_client = |error| Refusal::of_client(error, &caller);
    let token = form
        .get("token")
        .ok_or_else(|| of_client(OAuthError::invalid_request("The parameter token is missing.")))?;
    match find(app, token, &caller, now)? {
        Found::Grant(id) => {
            app.writer()
                .run(move |registry| registry.end_grant(&id))
                .await??
        }
        Found::AccessToken { jti, exp } => {
            app.writer()
                .run(move |registry| registry.revoke_token(&jti, exp, now))
                .await??;
        }
        Found::OfAnother => {
            // RFC 7009 §2.1: refused, and the client is told. RFC 6749 §5.2 calls it invalid_grant: issued to another
            // client.
            let why = "The token was issued to another client.";
            return Err(of_client(OAuthError::InvalidGrant(why.into())));
        }
        // RFC 7009 §2.2: an invalid token is what the client wants it to be.
        Found::Nothing => {}
    }
    let mut answer = private(StatusCode::OK, "{}");
    answer.extensions_mut().insert(Remark::to(&caller));
    Ok(answer)
}

/// What a token to be revoked is.
enum Found {
    /// A refresh token: its whole grant ends, access tokens and all (RFC 7009 §2.1).
    Grant(String),
    /// An access token.
    AccessToken { jti: String, exp: Timestamp },
    /// Not the caller's.
    OfAnother,
    /// Nothing that lives.
    Nothing,
}

fn find(app: &App, token: &str, caller: &Client, now: Timestamp) -> Result<Found, Refusal> {
    let refresh_token = app.read(|registry| registry.refresh_token(&opaque::hash(token)))?;
    if let Some(found) = refresh_token {
        let is_own = found.grant.client_id == caller.client_id;
        return Ok(if is_own {
            Found::Grant(found.grant.id)
        } else {
            Found::OfAnother
        });
    }
    let Ok(token) = app.keys(now)?.verify(token, TokenKind::AccessToken) else {
        return Ok(Found::Nothing);
    };
    if token.text("client_id") != Some(caller.client_id.as_str()) {
        return Ok(Found::OfAnother);
    }
    let exp = token
        .seconds("exp")
        .and_then(|exp| Timestamp::from_second(exp).ok());
    Ok(match (token.text("jti"), exp) {
        (Some(jti), Some(exp)) if now < exp => Found::AccessToken {
            jti: jti.to_owned(),
            exp,
        },
        _ => Found::Nothing,
    })
}
