//! `GET`, `PUT` and `DELETE /register/{client_id}` (RFC 7592 §2): a client that registered itself looks at its
//! registration, changes it, or takes it away.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode};
use jiff::Timestamp;

use super::answer::{Remark, private};
use super::app::App;
use super::client_authentication::answered;
use super::refusal::Refusal;
use super::registration::{
    Bearer, abilities, bearer, expect_own_sector, invalid_token, kept, metadata_of, new_secret, new_token,
    no_token, not_hashed, refused, told,
};
use crate::client::{ClientId, Secret, Status};
use crate::interchange::rfc7591::MetadataError;
use crate::protocol::registration;
use crate::registry::{Act, Client, Origin, RegistrationTokens};

/// The identifier in the path, or why it cannot be read.
type Named = Result<Path<String>, PathRejection>;

/// Answers with the registration as it is. The secret is not in it: it is kept as a hash only.
pub async fn get(State(app): State<Arc<App>>, named: Named, request: Request<Body>) -> Response<Body> {
    let (head, _) = request.into_parts();
    answered(look(&app, named, &head).await)
}

/// Replaces the registration.
pub async fn put(State(app): State<Arc<App>>, named: Named, request: Request<Body>) -> Response<Body> {
    answered(replace(&app, named, request).await)
}

/// Takes the registration away, and all tokens with it.
pub async fn delete(State(app): State<Arc<App>>, named: Named, request: Request<Body>) -> Response<Body> {
    let (head, _) = request.into_parts();
    answered(remove(&app, named, &head).await)
}

async fn look(app: &App, named: Named, head: &Parts) -> Result<Response<Body>, Refusal> {
    let (client, bearer) = own(app, named, head).await?;
    Ok(told(app, StatusCode::OK, &client, None, &bearer.token))
}

async fn replace(app: &App, named: Named, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    let (before, bearer) = own(app, named, &head).await?;
    let now = app.now();
    let body = metadata_of(app, &head, body).await?;
    let offer = app.registrations.policy().offer_to(&before, abilities(app, now)?);
    let registration::Change {
        registration,
        secret: named_secret,
    } = registration::change(&body, &offer, &before)
        .map_err(|error| refused(error, Remark::about(&before.client_id)))?;
    if Origin::of(&before) == Some(Origin::Open) {
        app.registrations
            .reserve_change(&before.client_id, body.len(), now)?;
    }
    expect_own_sector(app, &registration, &Remark::about(&before.client_id)).await?;
    if let Some(secret) = named_secret {
        expect_own_secret(app, &before, secret, now).await?;
    }
    // Secrets that somebody revoked do not come back: only who had none by its method gets a first one.
    let gets_secret = registration.token_endpoint_auth_method.uses_secret()
        && !before.draft.token_endpoint_auth_method.uses_secret()
        && before.live_secrets(now).next().is_none();
    let (secret, stored) = if gets_secret {
        new_secret(app)
            .await
            .map(|(secret, stored)| (Some(secret), Some(stored)))?
    } else {
        (None, None)
    };
    let next = new_token()?;
    let next_hash = next.hash;
    let act = act(&before, now);
    let changed = app
        .writer()
        .run(move |registry| {
            let tokens = RegistrationTokens {
                presented: &bearer.hash,
                next: &next_hash,
            };
            registry.update_dynamic_client(&before, registration.into_draft(), stored, tokens, &act)
        })
        .await?;
    let client = kept(changed)?;
    Ok(told(app, StatusCode::OK, &client, secret.as_ref(), &next.text))
}

async fn remove(app: &App, named: Named, head: &Parts) -> Result<Response<Body>, Refusal> {
    let (client, _) = own(app, named, head).await?;
    let act = act(&client, app.now());
    let client_id = client.client_id.clone();
    let removed = app
        .writer()
        .run(move |registry| registry.delete_client(&client.client_id, client.version, &act))
        .await?;
    kept(removed)?;
    let mut answer = private(StatusCode::NO_CONTENT, "");
    answer.headers_mut().remove(CONTENT_TYPE);
    answer.extensions_mut().insert(Remark::about(&client_id));
    Ok(answer)
}

/// The client whose registration access token was presented. Whoever has another one learns nothing, not even whether
/// there is such a client (RFC 7592 §2). A disabled client is nobody: its tokens have ended.
async fn own(app: &App, named: Named, head: &Parts) -> Result<(Client, Bearer), Refusal> {
    let Some(bearer) = bearer(&head.headers)? else {
        return Err(no_token());
    };
    let client_id = named.ok().and_then(|Path(text)| ClientId::parse(&text));
    let Some(client_id) = client_id else {
        return Err(invalid_token("no client of this identifier"));
    };
    let access = app.read(|registry| registry.registration_access(&client_id, &bearer.hash))?;
    let Some(access) = access else {
        return Err(invalid_token("not the client's registration access token"));
    };
    if access.client.status == Status::Disabled {
        return Err(invalid_token("the client is disabled"));
    }
    if access.ends_former {
        let hash = bearer.hash;
        let ended = app
            .writer()
            .run(move |registry| registry.end_former_registration_token(&hash))
            .await?;
        kept(ended)?;
    }
    Ok((access.client, bearer))
}

/// A client may say which secret it has, and cannot choose one (RFC 7592 §2.2).
async fn expect_own_secret(
    app: &App,
    client: &Client,
    secret: Secret,
    now: Timestamp,
) -> Result<(), Refusal> {
    let selector = secret.selector();
    let candidate = client
        .live_secrets(now)
        .find(|live| live.selector.is_none() || live.selector == selector)
        .map(|live| live.hash.clone());
    let is_own = app.authenticator().check_password(candidate, secret).await;
    if is_own.map_err(not_hashed)? {
        return Ok(());
    }
    let why = "client_secret is not the client's. A secret is made by the server and cannot be chosen";
    Err(refused(MetadataError::new(why), Remark::about(&client.client_id)))
}

/// The client acts, under the name that it registered by.
fn act(client: &Client, now: Timestamp) -> Act {
    Act::new(client.origin.as_deref().unwrap_or("dcr"), now)
}
