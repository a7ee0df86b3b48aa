//! Why a request was refused, for whoever keeps the registration: which field of it stands in the way, and by which
//! standard. The answer itself must not say so much (RFC 6749 §5.2).
//!
//! First counts what the server noted of this very request (`said`), then what the registration shows
//! (`registration`), then what the code means by itself (`codes`).

mod codes;
mod page;
mod registration;
mod said;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use page::explain_page;

use crate::client::GrantType;
use crate::registry::Client;

/// A refusal in the words of the registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened.
    pub what: String,
    /// What to do.
    pub advice: String,
    /// The field of the registration that is to change, by its name in the draft; `status`, `secrets` and `findings` stand
    /// for what the client's page shows beside it. Absent where it is the request.
    pub field: Option<&'static str>,
    /// The standard and its paragraph.
    pub basis: &'static str,
}

/// Where a request was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Endpoint {
    /// `/token`.
    #[default]
    Token,
    /// `/authorize`, told to the client by redirect.
    Authorize,
    /// `/par`.
    PushedRequest,
    /// `/device_authorization`.
    DeviceAuthorization,
    /// `/introspect`.
    Introspect,
    /// `/revoke`.
    Revoke,
    /// `/userinfo`.
    UserInfo,
}

/// What a request asked for, besides naming its client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// Where.
    pub endpoint: Endpoint,
    /// By which grant, at `/token`.
    pub grant: Option<GrantType>,
    /// The parameter `scope`.
    pub scope: Option<&'a str>,
    /// The parameter `resource` or `audience`.
    pub audience: Option<&'a str>,
    /// The parameter `redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// What the server noted of the request, or, where its notes cannot be seen, what it said.
    pub noted: Option<&'a str>,
}

impl Asked<'_> {
    /// The grant that the request is part of.
    fn grant(&self) -> Option<GrantType> {
        match self.endpoint {
            Endpoint::Token => self.grant,
            Endpoint::Authorize | Endpoint::PushedRequest => Some(GrantType::AuthorizationCode),
            Endpoint::DeviceAuthorization => Some(GrantType::DeviceCode),
            Endpoint::Introspect | Endpoint::Revoke | Endpoint::UserInfo => None,
        }
    }
}

/// Explains the error code that a request got. `None` where neither the registration nor the request shows the cause.
pub fn explain(code: &str, client: &Client, asked: Asked<'_>, now: Timestamp) -> Option<Explanation> {
    said::explain(client, asked)
        .or_else(|| registration::explain(code, client, asked, now))
        .or_else(|| codes::explain(code, asked))
}
