//! `POST /register` (RFC 7591 §3): a client registers itself.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use jiff::Timestamp;

use super::answer::Remark;
use super::app::App;
use super::client_authentication::{answered, random};
use super::refusal::Refusal;
use super::registration::{
    Bearer, abilities, bearer, expect_own_sector, invalid_token, kept, metadata_of, new_secret, new_token,
    no_token, refused, told, too_much,
};
use crate::client::ClientId;
use crate::protocol::registration::{self, RegistrationMode};
use crate::protocol::registration_throttle::CLIENTS;
use crate::registry::{Act, InitialToken, NewClient, Origin};

/// Seconds after which to come again where as many clients exist as may: somebody has to sweep first.
const UNTIL_A_SWEEP: u64 = 3_600;

/// Answers a registration request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    let now = app.now();
    let policy = app.registrations.policy();
    // Before the body is read, which may be large.
    let initial = match bearer(&head.headers)? {
        Some(bearer) => Some(living(app, bearer, now)?),
        None if policy.mode == RegistrationMode::Open => None,
        None => return Err(no_token()),
    };
    let body = metadata_of(app, &head, body).await?;
    let client_id = ClientId::generate(random()?);
    let token = initial.as_ref().map(|(_, token)| token);
    let offer = policy.offer(token, abilities(app, now)?);
    let registration = registration::register(&body, &offer, &client_id)
        .map_err(|error| refused(error, Remark::default()))?;
    if initial.is_none() {
        app.registrations.reserve(body.len(), now)?;
    }
    expect_own_sector(app, &registration, &Remark::default()).await?;
    let (secret, stored) = if registration.token_endpoint_auth_method.uses_secret() {
        new_secret(app)
            .await
            .map(|(secret, stored)| (Some(secret), Some(stored)))?
    } else {
        (None, None)
    };
    let own_token = new_token()?;
    let hash = own_token.hash;
    let client = app
        .writer()
        .run(move |registry| {
            let origin = match &initial {
                Some((_, token)) => Origin::Token(&token.label),
                None => Origin::Open,
            };
            if origin == Origin::Open && registry.count_open_clients()? >= CLIENTS {
                return Ok(Err(Full));
            }
            let new = NewClient {
                client_id,
                registration,
                secret: stored,
                origin: Some(origin.to_string()),
            };
            let act = Act::new(origin.to_string(), now);
            let by = initial.as_ref().map(|(bearer, _)| &bearer.hash);
            registry.register_dynamic_client(new, &hash, by, &act).map(Ok)
        })
        .await?;
    match kept(client)? {
        Ok(Some(client)) => Ok(told(
            app,
            StatusCode::CREATED,
            &client,
            secret.as_ref(),
            &own_token.text,
        )),
        Ok(None) => Err(invalid_token("the initial access token ended meanwhile")),
        Err(Full) => Err(too_much(
            "As many clients have registered without a token as may. The server's owner has to sweep first.",
            UNTIL_A_SWEEP,
        )),
    }
}

/// No more clients may register without a token.
struct Full;

/// The initial access token that was presented, if it counts.
fn living(app: &App, bearer: Bearer, now: Timestamp) -> Result<(Bearer, InitialToken), Refusal> {
    match app.read(|registry| registry.initial_token(&bearer.hash))? {
        None => Err(invalid_token("no such initial access token")),
        Some(token) if token.is_living(now) => Ok((bearer, token)),
        Some(_) => Err(invalid_token(
            "the initial access token has ended, or its uses are spent",
        )),
    }
}
