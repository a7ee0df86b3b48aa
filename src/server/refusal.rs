//! What an endpoint returns early with: an answer that is finished, or an error of the protocol with what the server's
//! owner should know of it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;

use super::answer::{Remark, keys_unusable, refusal, registry_unreadable};
use super::writer::NotWritten;
use crate::protocol::OAuthError;
use crate::protocol::signing_key::KeysError;
use crate::registry::{Client, RegistryError};

/// No success.
pub enum Refusal {
    /// The answer is made.
    Said(Box<Response<Body>>),
    /// By RFC 6749 §5.2.
    Protocol(OAuthError, Remark),
}

impl Refusal {
    /// An error, with what is known of the request. Where nothing is known of why, the description is the reason.
    pub fn about(error: OAuthError, mut remark: Remark) -> Self {
        remark.reason = remark
            .reason
            .or_else(|| Some(format!("{}: {}", error.code(), error.description())));
        Self::Protocol(error, remark)
    }

    /// An error in what a client asked for that has authenticated.
    pub fn of_client(error: OAuthError, client: &Arc<Client>) -> Self {
        Self::about(error, Remark::to(client))
    }

    /// As it goes out.
    pub fn into_answer(self) -> Response<Body> {
        match self {
            Self::Said(answer) => *answer,
            Self::Protocol(error, remark) => refusal(&error, remark),
        }
    }
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self::about(error, Remark::default())
    }
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Self {
        let (error, remark) = registry_unreadable(&error);
        Self::Protocol(error, remark)
    }
}

impl From<KeysError> for Refusal {
    fn from(error: KeysError) -> Self {
        let (error, remark) = keys_unusable(error);
        Self::Protocol(error, remark)
    }
}

impl From<NotWritten> for Refusal {
    fn from(error: NotWritten) -> Self {
        if let NotWritten::Commit(error) = error {
            let (error, remark) = registry_unreadable(&error);
            return Self::Protocol(error, remark);
        }
        let error = OAuthError::TemporarilyUnavailable {
            retry_after: 2,
            throttled: false,
        };
        Self::Protocol(
            error,
            Remark::default().because("too many changes wait to be written"),
        )
    }
}
