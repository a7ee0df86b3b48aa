//! What clients ask over, and what they read in the answers.

use std::time::{Duration, Instant};

use openidconnect::reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;

use crate::seen::Seen;

pub fn http() -> Client {
    Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

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

/// A member of an answer, empty where it is none.
pub fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}
