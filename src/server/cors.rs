//! Which web pages may read the answers of the endpoints that are not for everyone (the Fetch standard's CORS protocol,
//! §3.2). A browser's question before a request is answered by whether some active client lists the page's origin: at
//! that time no client is known. An answer to a client that has authenticated is then for that client's pages only.
//! Credentials of a browser (cookies) are never allowed along.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use axum::middleware::Next;

use super::answer::{Remark, error_answer, refusal, registry_unreadable};
use super::app::App;

/// What the endpoints read beyond the headers that a page may send anyway.
const HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, DPoP");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
/// Which methods a resource server takes, its policy says.
const ANY_METHOD: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// What a page may read beyond the headers that it may read anyway.
const EXPOSED: HeaderValue = HeaderValue::from_static("WWW-Authenticate, Retry-After, DPoP-Nonce");
/// Seconds that a browser may remember a permission: a client may stop listing the origin.
const REMEMBERED: HeaderValue = HeaderValue::from_static("300");

/// The way of a request to the endpoints behind this layer.
pub async fn for_listed_origins(
    State(app): State<Arc<App>>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    judged(&app, request, next, METHODS).await
}

/// The same for endpoints that take every method.
pub async fn for_listed_origins_by_any_method(
    State(app): State<Arc<App>>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    judged(&app, request, next, ANY_METHOD).await
}

async fn judged(app: &App, request: Request<Body>, next: Next, methods: HeaderValue) -> Response<Body> {
    let origin = origin(request.headers());
    let is_question = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if let (&Method::OPTIONS, true, Some(origin)) = (request.method(), is_question, &origin) {
        return varying(preflight(app, origin, methods));
    }
    let mut answer = varying(next.run(request).await);
    let allowed = origin.filter(|origin| may_read(app, origin, &answer));
    if let Some(origin) = allowed {
        let headers = answer.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    answer
}

/// The page's origin. `null` is no origin: every sandboxed page and local file has it (RFC 6454 §7.3).
pub(super) fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(only), None) if only != "null" => Some(only.clone()),
        _ => None,
    }
}

/// The answer to a browser that asks whether a page may send a request.
fn preflight(app: &App, origin: &HeaderValue, methods: HeaderValue) -> Response<Body> {
    match lists(app, origin) {
        Ok(true) => {
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NO_CONTENT;
            let headers = answer.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED);
            answer
        }
        Ok(false) => error_answer(
            StatusCode::FORBIDDEN,
            "invalid_request",
            "No active client lists this origin. Add it to the allowed_cors_origins of the page's client.",
        ),
        Err(refused) => *refused,
    }
}

/// Whether a page may read an answer. One that no client is behind is alike for all, and so for every origin listed.
fn may_read(app: &App, origin: &HeaderValue, answer: &Response<Body>) -> bool {
    let client = answer
        .extensions()
        .get::<Remark>()
        .and_then(|remark| remark.authenticated.as_ref());
    match client {
        Some(client) => client
            .draft
            .allowed_cors_origins
            .iter()
            .any(|listed| origin == listed.as_str()),
        None => lists(app, origin).unwrap_or(false),
    }
}

fn lists(app: &App, origin: &HeaderValue) -> Result<bool, Box<Response<Body>>> {
    let Ok(origin) = origin.to_str() else {
        return Ok(false);
    };
    app.lists_origin(origin).map_err(|error| {
        let (error, remark) = registry_unreadable(&error);
        Box::new(refusal(&error, remark))
    })
}

/// Tells caches that the answer depends on who asks (RFC 9110 §12.5.5), whether an origin was named or not.
fn varying(mut answer: Response<Body>) -> Response<Body> {
    answer
        .headers_mut()
        .append(VARY, HeaderValue::from_static("Origin"));
    answer
}
