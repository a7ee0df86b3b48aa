//! Why each claim stands in the tokens that the desk was given.

use crate::client::GrantType;
use crate::outbound::{TokenAnswer, target_parameter};
use crate::protocol::reason::{Circumstances, Reason, reasons};
use crate::protocol::{access_token, id_token};
use crate::registry::Client;

/// The reasons of the claims of both tokens, by the names of the claims.
#[derive(Clone, Debug, Default)]
pub struct TokenReasons {
    /// Of the access token.
    pub access_token: Vec<(String, Reason)>,
    /// Of the ID token.
    pub id_token: Vec<(String, Reason)>,
}

impl TokenReasons {
    /// Those of an answer, by what was asked for it and the registration as it was then.
    pub(super) fn of(
        answer: &TokenAnswer,
        issuer: &str,
        client: &Client,
        grant: GrantType,
        scope: Option<&str>,
        audience: Option<&str>,
    ) -> Self {
        let scope = scope.map(|scope| ("scope".to_owned(), scope.to_owned()));
        let audience = audience.map(|audience| (target_parameter(audience).to_owned(), audience.to_owned()));
        let asked: Vec<(String, String)> = scope.into_iter().chain(audience).collect();
        let circumstances = |claims| Circumstances {
            issuer,
            client,
            grant,
            asked: &asked,
            claims,
        };
        let of_access = answer.token.as_ref().map(|token| {
            let of = circumstances(&token.claims);
            reasons(&of, access_token::reason)
        });
        let of_id = answer.id_token.as_ref().map(|token| {
            let of = circumstances(&token.claims);
            reasons(&of, id_token::reason)
        });
        Self {
            access_token: of_access.unwrap_or_default(),
            id_token: of_id.unwrap_or_default(),
        }
    }
}
