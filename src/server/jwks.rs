//! `GET /jwks`: the public keys (RFC 7517 §5).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;

use super::answer::public;
use super::app::App;
use super::metadata::for_every_origin;

/// The keys that tokens are checked with.
pub async fn endpoint(State(app): State<Arc<App>>) -> Response<Body> {
    for_every_origin(public(app.documents.jwks.clone()))
}
