//! Request bodies: forms of bounded size that come in bounded time.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::{Response, StatusCode};
use http_body_util::BodyExt;
use zeroize::Zeroizing;

use super::answer::{Remark, error_answer, refusal};
use crate::interchange::rfc7591::{self, ErrorCode};
use crate::protocol::OAuthError;
use crate::protocol::form::{Form, FormError};

/// The largest body, in bytes.
pub const MOST_BYTES: usize = 64 * 1024;
/// The largest client metadata, in bytes.
const MOST_METADATA: usize = rfc7591::MAX_BYTES;

/// Reads a form.
///
/// # Errors
/// The answer to give: 400 `invalid_request` for what is no form, 413 for too much, 408 for too slow.
pub async fn form(headers: &HeaderMap, body: Body, within: Duration) -> Result<Form, Box<Response<Body>>> {
    let bytes = form_bytes(headers, body, within).await?;
    Form::parse(&bytes).map_err(|error| {
        invalid(OAuthError::invalid_request(match error {
            FormError::Malformed => "The request body is not application/x-www-form-urlencoded in UTF-8.",
            FormError::Repeated => "A parameter stands in the request more than once.",
            FormError::TooMany => "The request has too many parameters.",
        }))
    })
}

/// Reads what says that it is a form.
///
/// # Errors
/// As [`form`].
pub async fn form_bytes(
    headers: &HeaderMap,
    body: Body,
    within: Duration,
) -> Result<Zeroizing<Vec<u8>>, Box<Response<Body>>> {
    if !is_type(headers, "application/x-www-form-urlencoded") {
        // RFC 6749 §3.2 and appendix B: parameters come in this format only. Not 415: clients read the JSON error.
        return Err(invalid(OAuthError::invalid_request(
            "The content type must be application/x-www-form-urlencoded.",
        )));
    }
    in_time(body, MOST_BYTES, within).await
}

/// Reads what says that it is JSON: client metadata (RFC 7591 §3.1).
///
/// # Errors
/// The answer to give: 400 `invalid_client_metadata` for another type, 413 for too much, 408 for too slow.
pub async fn json_bytes(
    headers: &HeaderMap,
    body: Body,
    within: Duration,
) -> Result<Zeroizing<Vec<u8>>, Box<Response<Body>>> {
    if !is_type(headers, "application/json") {
        return Err(Box::new(error_answer(
            StatusCode::BAD_REQUEST,
            ErrorCode::InvalidClientMetadata.as_str(),
            "The content type must be application/json.",
        )));
    }
    in_time(body, MOST_METADATA, within).await
}

/// Reads a body to its end and forgets it, so that the connection is free for the next request.
///
/// # Errors
/// The answer to give: 413 for too much, 408 for too slow.
pub async fn ignored(body: Body, within: Duration) -> Result<(), Box<Response<Body>>> {
    in_time(body, MOST_BYTES, within).await.map(drop)
}

async fn in_time(
    body: Body,
    most: usize,
    within: Duration,
) -> Result<Zeroizing<Vec<u8>>, Box<Response<Body>>> {
    match tokio::time::timeout(within, read(body, most)).await {
        Ok(read) => read,
        Err(_) => Err(Box::new(error_answer(
            StatusCode::REQUEST_TIMEOUT,
            "invalid_request",
            "The request body did not come in time.",
        ))),
    }
}

fn invalid(error: OAuthError) -> Box<Response<Body>> {
    Box::new(refusal(&error, Remark::default()))
}

/// Secrets come in bodies: the collected bytes are wiped.
async fn read(mut body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, Box<Response<Body>>> {
    // As large as it may become, so that growing leaves no copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            let why = "The request body broke off.";
            return Err(Box::new(error_answer(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                why,
            )));
        };
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.len() > most {
            let why = format!("The request body is larger than {} KB.", most / 1024);
            return Err(Box::new(error_answer(
                StatusCode::PAYLOAD_TOO_LARGE,
                "invalid_request",
                &why,
            )));
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes)
}

/// The media type without its parameters, compared without case (RFC 9110 §8.3.1).
fn is_type(headers: &HeaderMap, expected: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let mut parts = only.to_str().unwrap_or_default().split(';').map(str::trim);
    let is_expected = parts
        .next()
        .is_some_and(|media_type| media_type.eq_ignore_ascii_case(expected));
    // RFC 6749 appendix B: UTF-8, whatever else a request may say of itself.
    let charsets = parts.filter_map(|part| part.split_once('='));
    let mut charsets = charsets.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    is_expected && charsets.all(|(_, charset)| charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"))
}
