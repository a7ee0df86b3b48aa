//! Whom a request is for: the `Host` must be the issuer's authority, so that no web page can reach this server under
//! a name of its own (DNS rebinding).

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{Request, Response, StatusCode};

use super::answer::error_answer;
use crate::protocol::{Authority, Issuer};

/// Lets a request for this issuer pass.
///
/// # Errors
/// The answer to give: 400 where the request does not say clearly whom it is for (RFC 9112 §3.2), 421 where it is for
/// somebody else (RFC 9110 §15.5.20).
pub fn check(request: &Request<Body>, issuer: &Issuer) -> Result<(), Box<Response<Body>>> {
    let bad = |why| {
        Err(Box::new(error_answer(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            why,
        )))
    };
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return bad("The request needs exactly one Host header.");
    };
    let Some(host) = host.to_str().ok().and_then(Authority::parse) else {
        return bad("The Host header is not a host with an optional port.");
    };
    // RFC 9112 §3.2.2: of a target in absolute form and a Host, the target counts. Here both must be right.
    let target = match request.uri().authority() {
        None => Some(host.clone()),
        Some(target) => Authority::parse(target.as_str()),
    };
    match target {
        Some(target) if issuer.is_authority(&host) && issuer.is_authority(&target) => Ok(()),
        _ => Err(Box::new(error_answer(
            StatusCode::MISDIRECTED_REQUEST,
            "invalid_request",
            "This server answers under its issuer's host and port only. The name localhost does not stand for 127.0.0.1.",
        ))),
    }
}
