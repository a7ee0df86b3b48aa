//! The access token of a request to what it protects (RFC 6750, RFC 9449 §7): how it is presented, whether it lives, and
//! the challenge where it does not do.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use super::answer::{Remark, private};
use super::app::{App, Peer};
use super::refusal::Refusal;
use super::{body, dpop};
use crate::client::Secret;
use crate::protocol::OAuthError;
use crate::protocol::dpop::{algorithms, invalid, thumbprint_text};
use crate::protocol::jws::Verified;
use crate::protocol::living_token::{self, Examined, LivingToken};

/// How a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever has it may use it (RFC 6750).
    Bearer,
    /// Only with a proof of the key that it is bound to (RFC 9449 §7.1).
    Dpop,
}

/// A token as it came.
pub(super) struct Presented {
    /// How.
    pub scheme: Scheme,
    /// The token.
    pub token: Secret,
}

/// That a token was presented as what it is bound to demands.
pub(super) struct Proven {
    /// What it is bound to, in a sentence for the server's owner.
    pub told: &'static str,
    /// The nonce for the next request, where there should be one.
    pub nonce: Option<String>,
}

impl Proven {
    fn by(told: &'static str) -> Self {
        Self { told, nonce: None }
    }
}

/// A token that does.
pub struct Admitted {
    /// What it is worth.
    pub living: LivingToken,
    /// How it came.
    pub scheme: Scheme,
    /// The nonce for the next request, where there should be one.
    pub nonce: Option<String>,
}

/// Why a token does not do (RFC 6750 §3.1, RFC 9449 §7.1).
pub struct Challenge {
    scheme: Scheme,
    why: Why,
    remark: Remark,
}

pub(super) enum Why {
    /// There is no token; then no error is named either.
    NoToken,
    /// The request has two tokens, or none that can be read.
    InvalidRequest(String),
    /// The token does not live. The reason is for the server's owner.
    InvalidToken(String),
    /// The token lives, and is bound otherwise than it was presented.
    WronglyBound(&'static str),
    /// The token lives, and nobody stands behind it.
    OfNobody(&'static str),
    /// The proof that came with it is not right.
    Proof(OAuthError),
    /// The token has not these scopes, with spaces between.
    InsufficientScope(String),
    /// The token is for less than this, and no scope would help.
    Denied,
}

impl Why {
    /// In words for the server's owner, as far as they say more than the answer.
    pub(super) fn told(&self) -> String {
        self.said().2
    }

    /// Status, error code and description as they go out.
    fn said(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "", String::new()),
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why.clone()),
            Self::InvalidToken(_) => {
                let description = "The access token is not valid: expired, revoked, or not of this server.";
                (StatusCode::UNAUTHORIZED, "invalid_token", description.to_owned())
            }
            Self::WronglyBound(why) | Self::OfNobody(why) => {
                (StatusCode::UNAUTHORIZED, "invalid_token", (*why).to_owned())
            }
            Self::Proof(error) => (
                StatusCode::UNAUTHORIZED,
                error.code(),
                error.description().into_owned(),
            ),
            Self::InsufficientScope(scope) => {
                let description = match scope.contains(' ') {
                    true => format!("The access token has not all of the scopes {scope}."),
                    false => format!("The access token has no scope {scope}."),
                };
                (StatusCode::FORBIDDEN, "insufficient_scope", description)
            }
            // RFC 6750 §3.1 has one code for a token that is for too little. It names no scope, for none is wanting.
            Self::Denied => {
                let description = "The resource server does not allow this request with this access token.";
                (
                    StatusCode::FORBIDDEN,
                    "insufficient_scope",
                    description.to_owned(),
                )
            }
        }
    }
}

/// Judges the token of a request, and its proof where it is bound to a key.
pub async fn admit(
    app: &App,
    endpoint: &str,
    request: Request<Body>,
    now: Timestamp,
) -> Result<Result<Admitted, Challenge>, Refusal> {
    let (head, body) = request.into_parts();
    let presented = match presented(app, &head, body).await? {
        Ok(presented) => presented,
        Err(why) => return Ok(Err(Challenge::new(Scheme::Bearer, why, Remark::default()))),
    };
    let scheme = presented.scheme;
    let living = match examined(app, &presented, now)?.living() {
        Ok(living) => living,
        Err(dead) => {
            let why = Why::InvalidToken(dead.to_string());
            return Ok(Err(Challenge::new(scheme, why, Remark::default())));
        }
    };
    let remark = Remark::to(&Arc::new(living.client.clone()));
    let proven = possession(app, &head, endpoint, &presented, &living.token, now).await?;
    Ok(match proven {
        Ok(Proven { nonce, .. }) => Ok(Admitted {
            living,
            scheme,
            nonce,
        }),
        Err(why) => Err(Challenge::new(scheme, why, remark)),
    })
}

/// What the registry knows of a token, now.
pub(super) fn examined(app: &App, presented: &Presented, now: Timestamp) -> Result<Examined, Refusal> {
    let keys = app.keys(now)?;
    let token = presented.token.expose();
    Ok(app.read(|registry| living_token::examine(token, &keys, app.issuer(), registry, now))?)
}

/// Judges whether what a living token is bound to was proven along with it, and uses the proof.
pub(super) async fn possession(
    app: &App,
    head: &Parts,
    endpoint: &str,
    presented: &Presented,
    token: &Verified,
    now: Timestamp,
) -> Result<Result<Proven, Why>, Refusal> {
    let shown = head.extensions.get::<Peer>().and_then(Peer::thumbprint_text);
    if token.x5t_s256().is_some() && token.x5t_s256() != shown.as_deref() {
        // RFC 8705 §3: the protected resource must reject it, with invalid_token.
        let why = "The access token is bound to a certificate: come with it, to the endpoint of mtls_endpoint_aliases.";
        return Ok(Err(Why::WronglyBound(why)));
    }
    if presented.scheme == Scheme::Bearer {
        // RFC 9449 §7.2: a bound token that passed for a bearer token would be worth as much to a thief.
        let why = "The access token is bound to a key: send it as DPoP, with a proof.";
        return Ok(match (token.jkt(), token.x5t_s256()) {
            (Some(_), _) => Err(Why::WronglyBound(why)),
            (None, Some(_)) => Ok(Proven::by("It is bound to the certificate that came with it")),
            (None, None) => Ok(Proven::by("It is a bearer token: whoever has it may use it")),
        });
    }
    let proof = match dpop::proof(app, head, endpoint, Some(presented.token.expose()), now) {
        Ok(Some(proof)) => proof,
        Ok(None) => return Ok(Err(Why::Proof(invalid("The request has no DPoP header.")))),
        Err(error) => return Ok(Err(Why::Proof(error))),
    };
    if token.jkt() != Some(thumbprint_text(&proof.jkt).as_str()) {
        let why = "The access token is not bound to the key of the DPoP proof.";
        return Ok(Err(Why::WronglyBound(why)));
    }
    if let Err(replayed) = dpop::use_once(app, proof).await? {
        return Ok(Err(Why::Proof(replayed)));
    }
    let nonce = dpop::next_nonce(app, &proof, now);
    let told = "It is bound to a key, and the DPoP proof is of that key";
    Ok(Ok(Proven { told, nonce }))
}

/// The token of a request: in the header, or in the form of a POST, never in the query (RFC 6750 §2).
async fn presented(app: &App, head: &Parts, body: Body) -> Result<Result<Presented, Why>, Refusal> {
    let in_header = match in_header(&head.headers) {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    let is_form = head.method == Method::POST && head.headers.contains_key(CONTENT_TYPE);
    let in_body = if is_form {
        let form = body::form(&head.headers, body, app.limits.body)
            .await
            .map_err(Refusal::Said)?;
        form.get("access_token").map(|token| Presented {
            scheme: Scheme::Bearer,
            token: Secret::new(token.to_owned()),
        })
    } else {
        None
    };
    Ok(match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Why::InvalidRequest("Send the access token once.".to_owned())),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(Why::NoToken),
    })
}

/// The token of the `Authorization` header. None where there is no such header, or one of another scheme.
pub(super) fn in_header(headers: &HeaderMap) -> Result<Option<Presented>, Why> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Why::InvalidRequest("Send one Authorization header.".to_owned())),
        (Some(only), None) => {
            let text = only.to_str().unwrap_or_default();
            let (scheme, token) = text.split_once(' ').unwrap_or_default();
            let named = [Scheme::Bearer, Scheme::Dpop]
                .into_iter()
                .find(|known| scheme.eq_ignore_ascii_case(known.as_str()));
            Ok(named.map(|scheme| Presented {
                scheme,
                token: Secret::new(token.trim().to_owned()),
            }))
        }
    }
}

impl Scheme {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// The challenge by which it is asked for, with parameters.
    fn challenge(self, parameters: &str) -> Option<HeaderValue> {
        let algs = match self {
            Self::Bearer => String::new(),
            Self::Dpop => format!(", algs=\"{}\"", algorithms().join(" ")),
        };
        HeaderValue::try_from(format!("{} realm=\"chancery\"{parameters}{algs}", self.as_str())).ok()
    }
}

impl Challenge {
    /// Says why, and asks for a token of a scheme.
    pub(super) fn new(scheme: Scheme, why: Why, remark: Remark) -> Self {
        Self { scheme, why, remark }
    }

    /// The token lives, and speaks of nobody: a client got it for itself.
    pub fn of_nobody(scheme: Scheme, remark: Remark) -> Self {
        let why = "The access token is a client's own: nobody signed in for it.";
        Self::new(scheme, Why::OfNobody(why), remark)
    }

    /// The token lives, and its person does not. The reason is for the server's owner.
    pub fn invalid_token(scheme: Scheme, reason: impl Into<String>, remark: Remark) -> Self {
        Self::new(scheme, Why::InvalidToken(reason.into()), remark)
    }

    /// The token has not the scope that it takes.
    pub fn insufficient_scope(scheme: Scheme, scope: &str, remark: Remark) -> Self {
        Self::new(scheme, Why::InsufficientScope(scope.to_owned()), remark)
    }

    /// As it goes out.
    pub fn into_answer(self) -> Response<Body> {
        let (status, error, description) = self.why.said();
        let mut parameters = String::new();
        let mut body = json!({});
        if !error.is_empty() {
            parameters = format!(", error=\"{error}\", error_description=\"{description}\"");
            body = json!({ "error": error, "error_description": description });
        }
        if let Why::InsufficientScope(scope) = &self.why {
            parameters = format!("{parameters}, scope=\"{scope}\"");
        }
        let mut answer = private(status, body.to_string());
        let headers = answer.headers_mut();
        if let Some(challenge) = self.scheme.challenge(&parameters) {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
        // RFC 9449 §7.2: whoever must come again may learn of the other way too.
        let other = match self.scheme {
            Scheme::Bearer => Scheme::Dpop,
            Scheme::Dpop => Scheme::Bearer,
        };
        if let Some(challenge) = other.challenge("").filter(|_| status == StatusCode::UNAUTHORIZED) {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
        if let Why::Proof(OAuthError::UseDpopNonce(nonce)) = &self.why {
            dpop::give_nonce(&mut answer, nonce);
        }
        let reason = match self.why {
            Why::NoToken => "no access token".to_owned(),
            Why::InvalidToken(reason) => reason,
            _ => description,
        };
        // What the endpoint knows better stays.
        let reason = self.remark.reason.clone().unwrap_or(reason);
        answer.extensions_mut().insert(self.remark.because(reason));
        answer
    }
}
