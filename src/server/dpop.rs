//! The `DPoP` header of a request, and the `DPoP-Nonce` header of an answer (RFC 9449 §4.1, §8).

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Response};
use jiff::Timestamp;

use super::app::{App, ReachedAs};
use super::refusal::Refusal;
use crate::protocol::OAuthError;
use crate::protocol::dpop::{self, DpopProof, ProvenRequest};

/// The proof.
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The nonce for the next one.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The proof of a request to an endpoint, judged but not yet used. None where there is none.
///
/// # Errors
/// `invalid_dpop_proof`, also for two headers (§4.3); `use_dpop_nonce`.
pub fn proof(
    app: &App,
    head: &Parts,
    endpoint: &str,
    access_token: Option<&str>,
    now: Timestamp,
) -> Result<Option<DpopProof>, OAuthError> {
    let mut headers = head.headers.get_all(&DPOP).iter();
    let header = match (headers.next(), headers.next()) {
        (None, _) => return Ok(None),
        (Some(only), None) => only,
        (Some(_), Some(_)) => {
            return Err(dpop::invalid(
                "Send one DPoP header: the request has more of them.",
            ));
        }
    };
    let reached_as = head.extensions.get::<ReachedAs>();
    let issuer = reached_as.map_or_else(|| app.issuer(), |reached_as| &reached_as.0);
    let request = ProvenRequest {
        method: head.method.as_str(),
        uri: &issuer.endpoint(endpoint),
        access_token,
    };
    dpop::check(header.to_str().unwrap_or_default(), &request, &app.nonces, now).map(Some)
}

/// Uses a proof, which counts once.
///
/// # Errors
/// [`Refusal`]: `invalid_dpop_proof`.
pub async fn use_once(app: &App, proof: DpopProof) -> Result<Result<(), OAuthError>, Refusal> {
    Ok(app
        .writer()
        .run(move |registry| proof.use_once(registry))
        .await??)
}

/// The nonce for the next request, where nonces are demanded or the client has begun to send them (§8.2).
pub fn next_nonce(app: &App, proof: &DpopProof, now: Timestamp) -> Option<String> {
    (proof.has_nonce || app.nonces.are_demanded()).then(|| app.nonces.current(now))
}

/// Gives a nonce with an answer.
pub fn give_nonce(answer: &mut Response<Body>, nonce: &str) {
    if let Ok(nonce) = HeaderValue::try_from(nonce) {
        answer.headers_mut().insert(DPOP_NONCE, nonce);
    }
}
