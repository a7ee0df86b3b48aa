//! The client's side of the authorization endpoint: the request that a browser is sent with, PKCE, and the answer that it
//! brings back (RFC 6749 §4.1, RFC 7636, RFC 9207).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

use super::token_request::target_parameter;
use super::{Exchange, Metadata, OutboundError, TokenGrant};
use crate::client::{ClientId, Secret};

/// Random bytes that one request takes: for `state`, `nonce` and the code verifier.
pub const RANDOM: usize = 16 + 16 + 32;

/// What a browser is to ask for.
#[derive(Clone, Debug)]
pub struct AuthorizationAsked {
    /// By whom.
    pub client_id: ClientId,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// Space-delimited; what the registration has when absent.
    pub scope: Option<String>,
    /// The resource server.
    pub audience: Option<String>,
}

/// An authorization request on its way.
#[derive(Clone, Debug)]
pub struct Authorization {
    asked: AuthorizationAsked,
    state: String,
    nonce: Option<String>,
    code_verifier: Secret,
}

/// Why the browser came back without a code that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAuthorized {
    /// The server refused (RFC 6749 §4.1.2.1).
    Refused {
        /// The error code.
        error: String,
        /// The server's sentence for the developer.
        description: Option<String>,
    },
    /// The answer is not to this request.
    Foreign(&'static str),
    /// The browser was left on a page of the server, which says this.
    Page {
        /// The page's heading.
        heading: String,
        /// What it says.
        text: String,
    },
}

impl NotAuthorized {
    /// The refusal in an answer (RFC 6749 §5.2).
    pub(super) fn of(answer: &Exchange) -> Self {
        let body: Value = serde_json::from_slice(&answer.received_body).unwrap_or_default();
        let member = |name: &str| Some(body.get(name)?.as_str()?.to_owned());
        Self::Refused {
            error: member("error").unwrap_or_else(|| answer.status_line().to_owned()),
            description: member("error_description"),
        }
    }
}

impl Authorization {
    /// A request with a state, a nonce for an ID token, and a code challenge of its own.
    pub fn new(asked: AuthorizationAsked, random: &[u8; RANDOM]) -> Self {
        let (state, rest) = random.split_at(16);
        let (nonce, verifier) = rest.split_at(16);
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let nonce = asks_for(asked.scope.as_deref(), "openid").then(|| text(nonce));
        Self {
            asked,
            state: text(state),
            nonce,
            // 43 characters (RFC 7636 §4.1).
            code_verifier: Secret::new(text(verifier)),
        }
    }

    /// The parameters of the request. `prompt=consent` goes along with `offline_access`, which wants it (OpenID Connect
    /// Core §11).
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let asked = &self.asked;
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", asked.client_id.as_str().to_owned()),
            ("redirect_uri", asked.redirect_uri.clone()),
        ];
        parameters.extend(asked.scope.clone().map(|scope| ("scope", scope)));
        let audience = asked.audience.clone();
        parameters.extend(audience.map(|audience| (target_parameter(&audience), audience)));
        parameters.push(("state", self.state.clone()));
        parameters.extend(self.nonce.clone().map(|nonce| ("nonce", nonce)));
        parameters.push(("code_challenge", self.code_challenge()));
        parameters.push(("code_challenge_method", "S256".to_owned()));
        if asks_for(asked.scope.as_deref(), "offline_access") {
            parameters.push(("prompt", "consent".to_owned()));
        }
        parameters
    }

    /// `BASE64URL(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2).
    fn code_challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.code_verifier.expose().as_bytes()))
    }

    /// Where the browser is sent.
    ///
    /// # Errors
    /// [`OutboundError::Unexpected`] where the server has no authorization endpoint.
    pub fn url(&self, metadata: &Metadata) -> Result<Url, OutboundError> {
        let mut url = endpoint(metadata)?;
        url.query_pairs_mut().extend_pairs(self.parameters());
        Ok(url)
    }

    /// The same for a request that was pushed (RFC 9126 §4).
    ///
    /// # Errors
    /// As [`url`](Self::url).
    pub fn pushed_url(&self, metadata: &Metadata, request_uri: &str) -> Result<Url, OutboundError> {
        let mut url = endpoint(metadata)?;
        url.query_pairs_mut()
            .append_pair("client_id", self.asked.client_id.as_str())
            .append_pair("request_uri", request_uri);
        Ok(url)
    }

    /// Reads the answer in the address that the browser came back to: the ground on which tokens are asked for.
    ///
    /// # Errors
    /// [`NotAuthorized`]: a refusal; or an answer that is not to this request, or of another server (RFC 9207 §2.4).
    pub fn read(&self, came_to: &Url, metadata: &Metadata) -> Result<TokenGrant, NotAuthorized> {
        let value = |name: &str| {
            let mut pairs = came_to.query_pairs();
            pairs
                .find(|(held, _)| held == name)
                .map(|(_, value)| value.into_owned())
        };
        if value("state").as_deref() != Some(self.state.as_str()) {
            return Err(NotAuthorized::Foreign(
                "The answer has another state than the request: it is the answer to another one, or somebody else's",
            ));
        }
        let iss = value("iss");
        if iss.is_none() && metadata.names_issuer {
            return Err(NotAuthorized::Foreign(
                "The answer names no issuer, although the server says that its answers do",
            ));
        }
        if iss.is_some_and(|iss| iss != metadata.issuer) {
            return Err(NotAuthorized::Foreign(
                "The answer names another issuer than the one that was asked",
            ));
        }
        if let Some(error) = value("error") {
            return Err(NotAuthorized::Refused {
                error,
                description: value("error_description"),
            });
        }
        let Some(code) = value("code") else {
            return Err(NotAuthorized::Foreign(
                "The answer has neither a code nor an error",
            ));
        };
        Ok(self.grant(code))
    }

    /// Whether an ID token is the answer to this request: it repeats the nonce (OpenID Connect Core §3.1.3.7, step 11).
    pub fn is_answered_by(&self, id_token: &Value) -> bool {
        let repeated = id_token.get("nonce").and_then(Value::as_str);
        self.nonce.is_none() || repeated == self.nonce.as_deref()
    }

    /// What the answer must repeat.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Where the answer goes.
    pub fn redirect_uri(&self) -> &str {
        &self.asked.redirect_uri
    }

    /// The ground that the browser's answer will give, with no code yet.
    pub fn grant_to_come(&self) -> TokenGrant {
        self.grant(String::new())
    }

    fn grant(&self, code: String) -> TokenGrant {
        TokenGrant::AuthorizationCode {
            code: Secret::new(code),
            redirect_uri: self.asked.redirect_uri.clone(),
            code_verifier: self.code_verifier.clone(),
        }
    }
}

fn endpoint(metadata: &Metadata) -> Result<Url, OutboundError> {
    let endpoint = metadata.required(&metadata.endpoints.authorization, "authorization_endpoint")?;
    Ok(endpoint.clone())
}

fn asks_for(scope: Option<&str>, wanted: &str) -> bool {
    scope.is_some_and(|scope| scope.split(' ').any(|scope| scope == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Endpoints;

    const ISSUER: &str = "http://127.0.0.1:9400";

    fn authorization(scope: &str) -> Authorization {
        let asked = AuthorizationAsked {
            client_id: ClientId::parse("app").unwrap(),
            redirect_uri: "https://app.example.com/cb".to_owned(),
            scope: Some(scope.to_owned()),
            audience: None,
        };
        Authorization::new(asked, &[7; RANDOM])
    }

    fn metadata(names_issuer: bool) -> Metadata {
        let url = |path: &str| Url::parse(&format!("{ISSUER}{path}")).unwrap();
        Metadata {
            issuer: ISSUER.to_owned(),
            token_endpoint: url("/token"),
            jwks_uri: url("/jwks"),
            endpoints: Endpoints {
                authorization: Some(url("/authorize")),
                ..Endpoints::default()
            },
            names_issuer,
        }
    }

    fn came(query: &str) -> Url {
        Url::parse(&format!("https://app.example.com/cb?{query}")).unwrap()
    }

    #[test]
    fn the_request_has_a_challenge_and_a_nonce_only_where_an_id_token_comes() {
        let metadata = metadata(false);
        let address = authorization("openid offline_access").url(&metadata).unwrap();
        let query = address.query().unwrap();
        for part in ["nonce=", "prompt=consent", "code_challenge_method=S256", "state="] {
            assert!(query.contains(part), "{query}");
        }
        let address = authorization("read").url(&metadata).unwrap();
        let query = address.query().unwrap();
        assert!(!query.contains("nonce=") && !query.contains("prompt="), "{query}");
    }

    #[test]
    fn the_challenge_is_that_of_the_standards_example() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let mut authorization = authorization("read");
        authorization.code_verifier = Secret::new(verifier.to_owned());
        // RFC 7636 appendix B.
        assert_eq!(
            authorization.code_challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn only_the_answer_to_this_very_request_counts() {
        let authorization = authorization("read");
        let state = authorization.state.clone();
        let metadata = metadata(true);
        let read = |query: &str| authorization.read(&came(query), &metadata);
        let good = format!("code=c&state={state}&iss=http%3A%2F%2F127.0.0.1%3A9400");
        assert!(
            matches!(read(&good), Ok(TokenGrant::AuthorizationCode { code, .. }) if code.expose() == "c")
        );
        for foreign in [
            "code=c".to_owned(),
            "code=c&state=other".to_owned(),
            format!("code=c&state={state}&iss=https%3A%2F%2Fevil.example"),
            format!("code=c&state={state}"),
            format!("state={state}&iss=http%3A%2F%2F127.0.0.1%3A9400"),
        ] {
            assert!(
                matches!(read(&foreign), Err(NotAuthorized::Foreign(_))),
                "{foreign}"
            );
        }
        let refused = read(&format!(
            "error=access_denied&state={state}&iss=http%3A%2F%2F127.0.0.1%3A9400"
        ))
        .unwrap_err();
        let told = NotAuthorized::Refused {
            error: "access_denied".to_owned(),
            description: None,
        };
        assert_eq!(refused, told);
    }
    #[test]
    fn an_id_token_that_does_not_repeat_the_nonce_is_no_answer() {
        let asked = authorization("openid");
        let nonce = asked.nonce.clone().unwrap();
        assert!(asked.is_answered_by(&serde_json::json!({ "nonce": nonce })));
        for other in [serde_json::json!({}), serde_json::json!({ "nonce": "other" })] {
            assert!(!asked.is_answered_by(&other), "{other}");
        }
        assert!(authorization("read").is_answered_by(&serde_json::json!({})));
    }
}
