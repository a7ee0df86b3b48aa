//! `GET /.well-known/oauth-authorization-server` (RFC 8414 §3) and `GET /.well-known/openid-configuration` (OpenID
//! Connect Discovery §4).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE,
};
use axum::http::{HeaderValue, Response, StatusCode};

use super::answer::public;
use super::app::App;
use super::refusal::Refusal;
use crate::protocol::metadata as documents;

/// The RFC 8414 document.
pub async fn oauth(State(app): State<Arc<App>>) -> Response<Body> {
    let mut document = documents::oauth(app.issuer());
    tell_registration(&app, &mut document);
    tell_mutual_tls(&app, &mut document);
    for_every_origin(public(document.to_string().into()))
}

/// The OpenID Connect document.
pub async fn openid(State(app): State<Arc<App>>) -> Response<Body> {
    for_every_origin(match app.keys(app.now()) {
        Ok(keys) => {
            let mut document = documents::openid(app.issuer(), keys.algorithms());
            tell_registration(&app, &mut document);
            tell_mutual_tls(&app, &mut document);
            public(document.to_string().into())
        }
        Err(error) => Refusal::from(error).into_answer(),
    })
}

fn tell_registration(app: &App, document: &mut serde_json::Value) {
    if app.registrations.are_on() {
        documents::tell_registration(document, app.issuer());
    }
}

fn tell_mutual_tls(app: &App, document: &mut serde_json::Value) {
    if let Some(mutual_tls) = &app.mutual_tls {
        let by_authority = mutual_tls.authorities.is_some();
        documents::tell_mutual_tls(document, app.issuer(), &mutual_tls.reached_as, by_authority);
    }
}

/// Any web page may read the public documents (Fetch §3.2); credentials are not asked for.
pub async fn preflight() -> Response<Body> {
    let mut answer = for_every_origin(Response::new(Body::empty()));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Lets the pages of every origin read an answer.
pub fn for_every_origin(mut answer: Response<Body>) -> Response<Body> {
    answer
        .headers_mut()
        .insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}
