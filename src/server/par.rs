//! `POST /par` (RFC 9126): a client brings its authorization request itself, and gets a reference for the browser; and
//! `/authorize`, when the browser comes with that reference.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{Remark, private};
use super::app::App;
use super::client_authentication::{answered, authenticate, posted_form, random};
use super::dpop;
use super::refusal::Refusal;
use crate::protocol::OAuthError;
use crate::protocol::authorization_error::PageError;
use crate::protocol::form::Form;
use crate::protocol::interaction::{self, Interaction, Matter};
use crate::protocol::metadata::PAR;
use crate::protocol::opaque::OpaqueToken;
use crate::protocol::pushed_request::{self, LIFETIME, MOST_WAITING, PREFIX};

/// Answers a pushed request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    let now = app.now();
    let (proven, seen) = authenticate(app, &head, &form, now).await?;
    let client = proven.client;
    let of_client = |error| Refusal::of_client(error, &client);
    let keys = app.keys_of(&seen, now)?;
    let proof = dpop::proof(app, &head, PAR, None, now).map_err(of_client)?;
    let jkt = proof.map(|proof| proof.jkt);
    let pushed = pushed_request::read(&form, &client, jkt, &keys, app.issuer(), now).map_err(of_client)?;
    if let Some(proof) = proof {
        dpop::use_once(app, proof).await?.map_err(of_client)?;
    }
    let reference = OpaqueToken::with_prefix(PREFIX, &Zeroizing::new(random()?));
    let hash = reference.hash;
    let kept = app
        .writer()
        .run(move |registry| registry.push_request(&hash, &pushed, MOST_WAITING, now))
        .await??;
    if !kept {
        return Err(of_client(OAuthError::TooManyWaiting(
            LIFETIME.as_secs().unsigned_abs(),
        )));
    }
    // RFC 9126 §2.2.
    let body = json!({ "request_uri": reference.text.expose(), "expires_in": LIFETIME.as_secs() });
    let mut answer = private(StatusCode::CREATED, body.to_string());
    answer.extensions_mut().insert(Remark::to(&client));
    if let Some(nonce) = proof.and_then(|proof| dpop::next_nonce(app, &proof, now)) {
        dpop::give_nonce(&mut answer, &nonce);
    }
    Ok(answer)
}

/// What an authorization request turns out to be.
pub enum Opened {
    /// One that was pushed, as the pages carry it.
    Sealed(String),
    /// A reference that leads to none.
    Refused(PageError),
    /// One that stands in its own parameters.
    NotPushed,
}

/// Finds the request that a browser brings a reference to.
///
/// It is not spent by this, but by the answer that the client gets: whoever loads the page again, or has it loaded ahead by
/// the browser, has not used the request yet (RFC 9126 §4). From here on the page's own address leads to it, so that it
/// can be loaded again for as long as a person may take.
///
/// # Errors
/// [`Refusal`] when the registry cannot be used.
pub async fn open(app: &App, query: &str, now: Timestamp) -> Result<Opened, Refusal> {
    let Ok(form) = Form::parse_with_repetitions(query.as_bytes()) else {
        return Ok(Opened::NotPushed);
    };
    let hash = match pushed_request::reference(&form) {
        Ok(None) => return Ok(Opened::NotPushed),
        Ok(Some(reference)) => crate::protocol::opaque::hash(reference),
        Err(error) => return Ok(Opened::Refused(error)),
    };
    let request = app.read(|registry| registry.pushed_request(&hash))?;
    if let Err(error) = pushed_request::may_use(request.as_ref(), &form, now) {
        return Ok(Opened::Refused(error));
    }
    let until = now.saturating_add(interaction::LIFETIME).unwrap_or(now);
    app.writer()
        .run(move |registry| registry.keep_pushed_request(&hash, until))
        .await??;
    Ok(Opened::Sealed(app.interactions.seal(&Interaction {
        about: Matter::PushedRequest(hash),
        begun_at: now,
    })))
}
