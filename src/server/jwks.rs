//! `GET /jwks`: the public keys (RFC 7517 §5).

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;

use super::answer::public;
use super::app::App;
use super::metadata::for_every_origin;
use super::refusal::Refusal;

/// The keys that tokens are checked with.
pub async fn endpoint(State(app): State<Arc<App>>) -> Response<Body> {
    for_every_origin(match app.keys(app.now()) {
        Ok(keys) => public(Bytes::from(keys.jwks().to_string())),
        Err(error) => Refusal::from(error).into_answer(),
    })
}
