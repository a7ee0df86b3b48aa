//! `GET` and `POST /userinfo` (OpenID Connect Core §5.3): claims about the person who signed in, for whoever holds the
//! access token (RFC 6750, RFC 9449 §7).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::answer::{Remark, private};
use super::app::App;
use super::client_authentication::answered;
use super::dpop::give_nonce;
use super::protected_resource::{Admitted, Challenge, Scheme, admit};
use super::refusal::Refusal;
use crate::protocol::living_token::LivingToken;
use crate::protocol::{claims, metadata as documents};

/// Answers a UserInfo request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let admitted = admit(app, documents::USERINFO, request, app.now()).await?;
    let Admitted {
        living,
        scheme,
        nonce,
    } = match admitted {
        Ok(admitted) => admitted,
        Err(challenge) => return Ok(challenge.into_answer()),
    };
    let mut answer = match told(app, living, scheme)? {
        Ok(answer) => answer,
        Err(challenge) => challenge.into_answer(),
    };
    if let Some(nonce) = nonce {
        give_nonce(&mut answer, &nonce);
    }
    Ok(answer)
}

/// The claims of the person that a token speaks of.
fn told(
    app: &App,
    living: LivingToken,
    scheme: Scheme,
) -> Result<Result<Response<Body>, Challenge>, Refusal> {
    let client = Arc::new(living.client);
    let remark = Remark::to(&client);
    let scopes: Vec<&str> = living
        .token
        .text("scope")
        .unwrap_or_default()
        .split(' ')
        .collect();
    if !scopes.contains(&"openid") {
        return Ok(Err(Challenge::insufficient_scope(scheme, "openid", remark)));
    }
    let Some(grant) = living.grant else {
        return Ok(Err(Challenge::of_nobody(scheme, remark)));
    };
    let user = app.read(|registry| registry.user(&grant.user))?;
    let Some(user) = user else {
        return Ok(Err(Challenge::invalid_token(scheme, "its user is gone", remark)));
    };
    let mut told = claims::told(&user.claims, &scopes);
    // OpenID Connect Core §5.3.2: always there, and the same as in the ID token.
    told.insert(
        "sub".to_owned(),
        json!(app.subjects.of(&grant.user, &client.draft)),
    );
    let mut answer = private(StatusCode::OK, Value::Object(told).to_string());
    answer.extensions_mut().insert(remark);
    Ok(Ok(answer))
}
