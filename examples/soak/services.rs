//! What clients do that act for themselves, rightly and wrongly.

use std::time::{Duration, Instant};

use openidconnect::reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;

use crate::{Credentials, Registered, Seen, count};

/// Sends a request that should be answered; what came, or nothing where nothing came.
pub fn ask(seen: &Seen, request: RequestBuilder) -> (u16, Value) {
    let start = Instant::now();
    match request.send() {
        Ok(response) => {
            let status = response.status().as_u16();
            let body = response.bytes().unwrap_or_default();
            seen.answer(status, start.elapsed());
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        }
        Err(error) => {
            // A connection that rested may have had to make room just now: the library comes again by itself only
            // where it knows that nothing was sent.
            let what = if error.is_timeout() {
                "no answer in time"
            } else {
                "no answer"
            };
            seen.wrong(what);
            (0, Value::Null)
        }
    }
}

pub fn http() -> Client {
    Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

fn token(http: &Client, issuer: &str, of: &Credentials) -> RequestBuilder {
    http.post(format!("{issuer}/token"))
        .basic_auth(&of.client_id, Some(&of.client_secret))
        .form(&[("grant_type", "client_credentials"), ("scope", "read:payroll")])
}

/// One token after another.
pub fn ask_for_tokens(registered: &Registered, seen: &Seen) {
    let http = http();
    while seen.goes_on() {
        let (status, answer) = ask(seen, token(&http, &registered.issuer, &registered.service));
        seen.expect(
            status == 200 && answer["access_token"].is_string(),
            "a token was not given",
        );
        count(&seen.tokens);
    }
}

/// Tokens are looked at, given up, and looked at again.
pub fn look_at_tokens(registered: &Registered, seen: &Seen) {
    let (http, of) = (http(), &registered.service);
    while seen.goes_on() {
        let (_, answer) = ask(seen, token(&http, &registered.issuer, of));
        let Some(access_token) = answer["access_token"].as_str() else {
            continue;
        };
        let with_it = |path: &str| {
            let request = http.post(format!("{}{path}", registered.issuer));
            let request = request.basic_auth(&of.client_id, Some(&of.client_secret));
            ask(seen, request.form(&[("token", access_token)]))
        };
        seen.expect(with_it("/introspect").1["active"] == true, "a token was lost");
        seen.expect(with_it("/revoke").0 == 200, "a token could not be revoked");
        seen.expect(
            with_it("/introspect").1["active"] == false,
            "a revoked token lives",
        );
    }
}

/// Somebody guesses at a secret, of another client than the one that must be let in.
pub fn guess_secrets(registered: &Registered, seen: &Seen) {
    let http = http();
    while seen.goes_on() {
        let wrong = Credentials {
            client_id: "nobody".to_owned(),
            client_secret: "guess".to_owned(),
        };
        let (status, _) = ask(seen, token(&http, &registered.issuer, &wrong));
        seen.expect(matches!(status, 401 | 429), "a guess was not refused");
        count(&seen.attacks);
    }
}
