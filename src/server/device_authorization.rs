//! `POST /device_authorization` (RFC 8628 §3.1): where a device begins.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{Remark, private};
use super::app::App;
use super::client_authentication::{answered, authenticate, posted_form, random};
use super::refusal::Refusal;
use crate::protocol::OAuthError;
use crate::protocol::device_authorization::{self, LIFETIME, MOST_WAITING};
use crate::protocol::metadata::DEVICE;
use crate::protocol::opaque::OpaqueToken;
use crate::protocol::polls::INTERVAL;
use crate::protocol::user_code::UserCode;

/// Answers a device authorization request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    let now = app.now();
    let client = authenticate(app, &head, &form, now).await?.0.client;
    let of_client = |error| Refusal::of_client(error, &client);
    let authorization = device_authorization::read(&form, &client, now).map_err(of_client)?;
    let device_code = OpaqueToken::new(&Zeroizing::new(random()?));
    let user_code = UserCode::new(random()?);
    let hashes = (device_code.hash, app.user_codes.hash(&user_code));
    let kept = app
        .writer()
        .run(move |registry| {
            registry.begin_device_authorization(&hashes.0, &hashes.1, &authorization, MOST_WAITING, now)
        })
        .await??;
    if !kept {
        // Some of them are over by then.
        return Err(of_client(OAuthError::TooManyWaiting(60)));
    }
    // RFC 8628 §3.2.
    let page = app.issuer().endpoint(DEVICE);
    let body = json!({
        "device_code": device_code.text.expose(),
        "user_code": user_code.to_string(),
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": LIFETIME.as_secs(),
        "interval": INTERVAL,
    });
    let mut answer = private(StatusCode::OK, body.to_string());
    answer.extensions_mut().insert(Remark::to(&client));
    Ok(answer)
}
