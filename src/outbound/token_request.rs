//! A real request to a real token endpoint, for the Tokens screen and for `chancery token`.

use serde_json::Value;
use url::Url;

use super::metadata::{Metadata, published_keys};
use super::{AsClient, Exchange, OutboundError, Request, exchange};
use crate::client::{GrantType, Secret};
use crate::jwt::{DecodedToken, Keys, decode};

/// A request for tokens.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// On which ground.
    pub grant: TokenGrant,
    /// Space-delimited; what the grant or the registration has when absent.
    pub scope: Option<String>,
    /// The resource server; the first of the grant or the registration when absent.
    pub audience: Option<String>,
}

/// The ground on which tokens are asked for.
#[derive(Clone, Debug)]
pub enum TokenGrant {
    /// The client acts for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// Somebody signed in and allowed it (RFC 6749 §4.1.3, RFC 7636 §4.5).
    AuthorizationCode {
        /// What the browser brought.
        code: Secret,
        /// Where it was brought to.
        redirect_uri: String,
        /// What the challenge was made of.
        code_verifier: Secret,
    },
    /// An earlier answer has it (RFC 6749 §6).
    RefreshToken(Secret),
    /// A person allowed it on another screen (RFC 8628 §3.4).
    DeviceCode(Secret),
    /// Another token (RFC 8693 §2.1).
    TokenExchange {
        /// Of whom the new token speaks.
        subject_token: Secret,
        /// Who acts, if that is said.
        actor_token: Option<Secret>,
    },
    /// An assertion that the client has signed (RFC 7523 §2.1).
    JwtBearer(Secret),
}

/// One parameter of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter<'a> {
    pub name: &'static str,
    pub value: &'a str,
    /// Whether it is worth something to whoever reads it.
    pub is_secret: bool,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// The request to the token endpoint and its answer.
    pub exchange: Exchange,
    /// The answer's members, if it is JSON.
    pub response: Option<Value>,
    /// The access token decoded, if there is one and it is a JWT.
    pub token: Option<DecodedToken>,
    /// The ID token decoded, if there is one.
    pub id_token: Option<DecodedToken>,
}

/// What tells that a token is an access token (RFC 8693 §3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

impl TokenGrant {
    /// What it is called where grants are registered.
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::ClientCredentials => GrantType::ClientCredentials,
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken(_) => GrantType::RefreshToken,
            Self::DeviceCode(_) => GrantType::DeviceCode,
            Self::TokenExchange { .. } => GrantType::TokenExchange,
            Self::JwtBearer(_) => GrantType::JwtBearer,
        }
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        let open = |name, value| Parameter {
            name,
            value,
            is_secret: false,
        };
        let secret = |name, value| Parameter {
            is_secret: true,
            ..open(name, value)
        };
        match self {
            Self::ClientCredentials => Vec::new(),
            Self::AuthorizationCode {
                code,
                redirect_uri,
                code_verifier,
            } => vec![
                secret("code", code.expose()),
                open("redirect_uri", redirect_uri),
                secret("code_verifier", code_verifier.expose()),
            ],
            Self::RefreshToken(token) => vec![secret("refresh_token", token.expose())],
            Self::DeviceCode(code) => vec![secret("device_code", code.expose())],
            Self::TokenExchange {
                subject_token,
                actor_token,
            } => {
                let mut parameters = vec![
                    secret("subject_token", subject_token.expose()),
                    open("subject_token_type", ACCESS_TOKEN),
                ];
                if let Some(actor_token) = actor_token {
                    parameters.push(secret("actor_token", actor_token.expose()));
                    parameters.push(open("actor_token_type", ACCESS_TOKEN));
                }
                parameters
            }
            Self::JwtBearer(assertion) => vec![secret("assertion", assertion.expose())],
        }
    }
}

impl TokenRequest {
    /// The request as a client makes it.
    pub fn request(&self, client: &AsClient, metadata: &Metadata) -> Request {
        let parameters: Vec<(&'static str, &str)> = self
            .parameters()
            .iter()
            .map(|parameter| (parameter.name, parameter.value))
            .collect();
        client.post(&metadata.token_endpoint, &parameters)
    }

    /// Everything but the authentication.
    pub(super) fn parameters(&self) -> Vec<Parameter<'_>> {
        let open = |name, value| Parameter {
            name,
            value,
            is_secret: false,
        };
        let mut parameters = vec![open("grant_type", self.grant.grant_type().as_str())];
        parameters.extend(self.grant.parameters());
        parameters.extend(self.scope.as_deref().map(|scope| open("scope", scope)));
        parameters.extend(
            self.audience
                .as_deref()
                .map(|audience| open(target_parameter(audience), audience)),
        );
        parameters
    }
}

/// RFC 8707 §2 wants an absolute URI without a fragment; identifiers that are none go as `audience`.
pub fn target_parameter(audience: &str) -> &'static str {
    let is_uri = Url::parse(audience).is_ok_and(|url| url.fragment().is_none());
    if is_uri { "resource" } else { "audience" }
}

impl TokenAnswer {
    /// Reads the answer of a token endpoint. The tokens in it are checked against its issuer's keys.
    ///
    /// # Errors
    /// [`OutboundError`] when the keys cannot be fetched.
    pub fn read(exchange: Exchange, metadata: &Metadata) -> Result<Self, OutboundError> {
        let response: Option<Value> = serde_json::from_slice(&exchange.received_body).ok();
        let member = |name: &str| response.as_ref()?.get(name)?.as_str();
        let (mut token, mut id_token) = (None, None);
        if let Some(access_token) = member("access_token") {
            let keys = Keys::published(&published_keys(metadata)?);
            token = Some(decode(access_token, Some(&keys)));
            id_token = member("id_token").map(|text| decode(text, Some(&keys)));
        }
        Ok(Self {
            exchange,
            response,
            token,
            id_token,
        })
    }

    /// Makes a request, and reads the answer.
    ///
    /// # Errors
    /// [`OutboundError`]; a refusal by the endpoint is none.
    pub fn of(request: &Request, metadata: &Metadata) -> Result<Self, OutboundError> {
        Self::read(exchange(request)?, metadata)
    }

    /// The access token.
    pub fn access_token(&self) -> Option<&str> {
        self.member("access_token")
    }

    /// What the next tokens are had for.
    pub fn refresh_token(&self) -> Option<&str> {
        self.member("refresh_token")
    }

    /// Who signed in.
    pub fn raw_id_token(&self) -> Option<&str> {
        self.member("id_token")
    }

    /// The error code, where the endpoint refused.
    pub fn error(&self) -> Option<&str> {
        self.member("error")
    }

    /// The endpoint's sentence for the developer.
    pub fn error_description(&self) -> Option<&str> {
        self.member("error_description")
    }

    fn member(&self, name: &str) -> Option<&str> {
        self.response.as_ref()?.get(name)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_that_is_no_uri_goes_by_its_own_name() {
        let request = |audience: &str| TokenRequest {
            grant: TokenGrant::ClientCredentials,
            scope: None,
            audience: Some(audience.to_owned()),
        };
        for (audience, name) in [
            ("https://api.example.com", "resource"),
            ("urn:example:api", "resource"),
            ("ledger", "audience"),
            ("https://api.example.com#part", "audience"),
        ] {
            let request = request(audience);
            let parameter = request.parameters()[1];
            assert_eq!((parameter.name, parameter.value), (name, audience));
        }
    }

    #[test]
    fn each_grant_names_its_type_first_and_what_is_worth_something_is_known_as_a_secret() {
        let secret = || Secret::new("s3cret".to_owned());
        for grant in [
            TokenGrant::ClientCredentials,
            TokenGrant::AuthorizationCode {
                code: secret(),
                redirect_uri: "https://app.example.com/cb".to_owned(),
                code_verifier: secret(),
            },
            TokenGrant::RefreshToken(secret()),
            TokenGrant::DeviceCode(secret()),
            TokenGrant::TokenExchange {
                subject_token: secret(),
                actor_token: Some(secret()),
            },
            TokenGrant::JwtBearer(secret()),
        ] {
            let grant_type = grant.grant_type();
            let request = TokenRequest {
                grant,
                scope: None,
                audience: None,
            };
            let parameters = request.parameters();
            assert_eq!(
                (parameters[0].name, parameters[0].value),
                ("grant_type", grant_type.as_str())
            );
            for parameter in parameters {
                assert_eq!(
                    parameter.is_secret,
                    parameter.value == "s3cret",
                    "{}",
                    parameter.name
                );
            }
        }
    }
}
