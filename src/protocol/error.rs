//! What an endpoint answers when it refuses: the error codes of RFC 6749 §5.2 and of the standards beside it.

use std::borrow::Cow;

use super::authorization_error::AuthorizationErrorCode;

/// A refusal. Its description is for the client's developer, in the characters of RFC 6749 §5.2 (printable ASCII
/// without quote and backslash), and never repeats what a request carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OAuthError {
    /// A parameter is missing, malformed, repeated, or the request cannot be understood (RFC 6749 §5.2).
    InvalidRequest(Cow<'static, str>),
    /// Client authentication failed (RFC 6749 §5.2). One sentence for every cause, so that it tells nothing.
    InvalidClient,
    /// The code or refresh token is worth nothing (RFC 6749 §5.2).
    InvalidGrant(Cow<'static, str>),
    /// The client may not use this grant (RFC 6749 §5.2).
    UnauthorizedClient(Cow<'static, str>),
    /// The grant is not offered here (RFC 6749 §5.2).
    UnsupportedGrantType(Cow<'static, str>),
    /// The scope is malformed or exceeds the registration (RFC 6749 §5.2).
    InvalidScope(Cow<'static, str>),
    /// The resource is malformed or not the client's (RFC 8707 §2).
    InvalidTarget(Cow<'static, str>),
    /// The device's request waits for a person (RFC 8628 §3.5).
    AuthorizationPending,
    /// So it does, and the device asks too often (RFC 8628 §3.5).
    SlowDown,
    /// The person did not allow the device (RFC 8628 §3.5).
    AccessDenied,
    /// The device's codes are over (RFC 8628 §3.5).
    ExpiredToken,
    /// A pushed request that `/authorize` would have refused (RFC 9126 §2.3).
    Authorization(AuthorizationErrorCode, &'static str),
    /// The proof of the client's key is not right (RFC 9449 §5, §7.1).
    InvalidDpopProof(Cow<'static, str>),
    /// The proof must carry this nonce (RFC 9449 §8).
    UseDpopNonce(String),
    /// Something inside failed.
    ServerError,
    /// Too many requests of this client wait to be answered by people; seconds until it may be worth trying again.
    TooManyWaiting(u64),
    /// Too much at once, or too many failures: try again in so many seconds.
    TemporarilyUnavailable {
        /// Seconds for `Retry-After`.
        retry_after: u64,
        /// Whether it is this client's own doing (429) or the server's state (503).
        throttled: bool,
    },
}

impl OAuthError {
    /// An `invalid_request` with a fixed description.
    pub const fn invalid_request(description: &'static str) -> Self {
        Self::InvalidRequest(Cow::Borrowed(description))
    }

    /// The registered code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnauthorizedClient(_) => "unauthorized_client",
            Self::UnsupportedGrantType(_) => "unsupported_grant_type",
            Self::InvalidScope(_) => "invalid_scope",
            Self::InvalidTarget(_) => "invalid_target",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::Authorization(code, _) => code.as_str(),
            Self::InvalidDpopProof(_) => "invalid_dpop_proof",
            Self::UseDpopNonce(_) => "use_dpop_nonce",
            // The token endpoint has no code of its own for trouble inside; these two are registered for
            // RFC 6749 §4.1.2.1 and clients know them.
            Self::ServerError => "server_error",
            Self::TooManyWaiting(_) | Self::TemporarilyUnavailable { .. } => "temporarily_unavailable",
        }
    }

    /// The sentence for the developer.
    pub fn description(&self) -> Cow<'static, str> {
        match self {
            Self::InvalidRequest(text)
            | Self::InvalidGrant(text)
            | Self::UnauthorizedClient(text)
            | Self::UnsupportedGrantType(text)
            | Self::InvalidScope(text)
            | Self::InvalidTarget(text)
            | Self::InvalidDpopProof(text) => text.clone(),
            Self::UseDpopNonce(_) => {
                Cow::Borrowed("The DPoP proof needs the nonce that the header DPoP-Nonce gives.")
            }
            Self::InvalidClient => Cow::Borrowed("Client authentication failed."),
            Self::AuthorizationPending => {
                Cow::Borrowed("Nobody has answered yet. Ask again after the interval.")
            }
            Self::SlowDown => {
                Cow::Borrowed("The device asks too often. Wait 5 s longer between two requests from now on.")
            }
            Self::AccessDenied => Cow::Borrowed("The person did not allow it."),
            Self::ExpiredToken => Cow::Borrowed(
                "The device_code is too old. Ask for a new one at the device_authorization_endpoint.",
            ),
            Self::Authorization(_, description) => Cow::Borrowed(description),
            Self::TooManyWaiting(retry_after) => Cow::Owned(format!(
                "Too many requests of this client wait for an answer. Try again in {retry_after} s."
            )),
            Self::ServerError => Cow::Borrowed("The server could not answer. Its own messages say why."),
            Self::TemporarilyUnavailable {
                throttled: true,
                retry_after,
            } => Cow::Owned(format!(
                "Too many failed attempts for this client. Try again in {retry_after} s."
            )),
            Self::TemporarilyUnavailable { throttled: false, .. } => {
                Cow::Borrowed("The server is busy. Try again in a moment.")
            }
        }
    }
}
