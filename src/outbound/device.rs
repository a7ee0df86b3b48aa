//! The device's side of the device authorization endpoint (RFC 8628 §3.1, §3.2).

use serde_json::Value;
use url::Url;

use super::Exchange;
use crate::client::Secret;

/// What a device shows and waits with.
#[derive(Clone, Debug)]
pub struct DeviceAuthorization {
    /// What it asks for its tokens with.
    pub device_code: Secret,
    /// What a person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: Url,
    /// The same with the code in it already.
    pub verification_uri_complete: Option<Url>,
    /// For how long it waits, in seconds.
    pub expires_in: u64,
    /// How long it waits between two questions, in seconds.
    pub interval: u64,
}

impl DeviceAuthorization {
    /// Reads an answer. `None` where it is a refusal, or lacks what a device needs.
    pub fn read(answer: &Exchange) -> Option<Self> {
        let body: Value = serde_json::from_slice(&answer.received_body).ok()?;
        let text = |name: &str| body.get(name)?.as_str();
        let seconds = |name: &str| body.get(name)?.as_u64();
        Some(Self {
            device_code: Secret::new(text("device_code")?.to_owned()),
            user_code: text("user_code")?.to_owned(),
            verification_uri: Url::parse(text("verification_uri")?).ok()?,
            verification_uri_complete: text("verification_uri_complete").and_then(|url| Url::parse(url).ok()),
            expires_in: seconds("expires_in")?,
            // RFC 8628 §3.2: 5 seconds where it is not said.
            interval: seconds("interval").unwrap_or(5),
        })
    }

    /// Where a person is sent, with the code if that can be.
    pub fn address(&self) -> &Url {
        self.verification_uri_complete
            .as_ref()
            .unwrap_or(&self.verification_uri)
    }
}
