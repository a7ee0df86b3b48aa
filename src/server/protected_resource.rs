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
use crate::protocol::living_token::{self, LivingToken};

/// How a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever has it may use it (RFC 6750).
    Bearer,
    /// Only with a proof of the key that it is bound to (RFC 9449 §7.1).
    Dpop,
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
    InvalidRequest(&'static str),
    /// The token does not live. The reason is for the server's owner.
    InvalidToken(String),
    /// The token lives, and is bound otherwise than it was presented.
    WronglyBound(&'static str),
    /// The token lives, and nobody stands behind it.
    OfNobody(&'static str),
    /// The proof that came with it is not right.
    Proof(OAuthError),
    /// The token is not for this.
    InsufficientScope(&'static str),
}

/// Judges the token of a request, and its proof where it is bound to a key.
pub async fn admit(
    app: &App,
    endpoint: &str,
    request: Request<Body>,
    now: Timestamp,
) -> Result<Result<Admitted, Challenge>, Refusal> {
    let (head, body) = request.into_parts();
    let (scheme, token) = match presented(app, &head, body).await? {
        Ok(presented) => presented,
        Err(why) => return Ok(Err(Challenge::new(Scheme::Bearer, why, Remark::default()))),
    };
    let refused = |why, remark| Ok(Err(Challenge::new(scheme, why, remark)));
    let keys = app.keys(now)?;
    let judged =
        app.read(|registry| living_token::access_token(token.expose(), &keys, app.issuer(), registry, now))?;
    let living = match judged {
        Ok(living) => living,
        Err(dead) => return refused(Why::InvalidToken(dead.to_string()), Remark::default()),
    };
    let remark = Remark::to(&Arc::new(living.client.clone()));
    let shown = head.extensions.get::<Peer>().and_then(Peer::thumbprint_text);
    if living.x5t_s256().is_some() && living.x5t_s256() != shown.as_deref() {
        // RFC 8705 §3: the protected resource must reject it, with invalid_token.
        let why = "The access token is bound to a certificate: come with it, to the endpoint of mtls_endpoint_aliases.";
        return refused(Why::WronglyBound(why), remark);
    }
    let is_bound = living.jkt().is_some();
    if scheme == Scheme::Bearer {
        // RFC 9449 §7.2: a bound token that passed for a bearer token would be worth as much to a thief.
        let why = "The access token is bound to a key: send it as DPoP, with a proof.";
        return match is_bound {
            true => refused(Why::WronglyBound(why), remark),
            false => Ok(Ok(Admitted {
                living,
                scheme,
                nonce: None,
            })),
        };
    }
    let proof = match dpop::proof(app, &head, endpoint, Some(token.expose()), now) {
        Ok(Some(proof)) => proof,
        Ok(None) => return refused(Why::Proof(invalid("The request has no DPoP header.")), remark),
        Err(error) => return refused(Why::Proof(error), remark),
    };
    if living.jkt() != Some(thumbprint_text(&proof.jkt).as_str()) {
        let why = "The access token is not bound to the key of the DPoP proof.";
        return refused(Why::WronglyBound(why), remark);
    }
    if let Err(replayed) = dpop::use_once(app, proof).await? {
        return refused(Why::Proof(replayed), remark);
    }
    let nonce = dpop::next_nonce(app, &proof, now);
    Ok(Ok(Admitted {
        living,
        scheme,
        nonce,
    }))
}

/// The token of a request: in the header, or in the form of a POST, never in the query (RFC 6750 §2).
async fn presented(app: &App, head: &Parts, body: Body) -> Result<Result<(Scheme, Secret), Why>, Refusal> {
    let in_header = match in_header(&head.headers) {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    let is_form = head.method == Method::POST && head.headers.contains_key(CONTENT_TYPE);
    let in_body = if is_form {
        let form = body::form(&head.headers, body, app.limits.body)
            .await
            .map_err(Refusal::Said)?;
        form.get("access_token")
            .map(|token| (Scheme::Bearer, Secret::new(token.to_owned())))
    } else {
        None
    };
    Ok(match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Why::InvalidRequest("Send the access token once.")),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(Why::NoToken),
    })
}

pub(super) fn in_header(headers: &HeaderMap) -> Result<Option<(Scheme, Secret)>, Why> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Why::InvalidRequest("Send one Authorization header.")),
        (Some(only), None) => {
            let text = only.to_str().unwrap_or_default();
            let (scheme, token) = text.split_once(' ').unwrap_or_default();
            let named = [Scheme::Bearer, Scheme::Dpop]
                .into_iter()
                .find(|known| scheme.eq_ignore_ascii_case(known.as_str()));
            Ok(named.map(|scheme| (scheme, Secret::new(token.trim().to_owned()))))
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
    fn new(scheme: Scheme, why: Why, remark: Remark) -> Self {
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
    pub fn insufficient_scope(scheme: Scheme, scope: &'static str, remark: Remark) -> Self {
        Self::new(scheme, Why::InsufficientScope(scope), remark)
    }

    /// As it goes out.
    pub fn into_answer(self) -> Response<Body> {
        let (status, error, description) = match &self.why {
            Why::NoToken => (StatusCode::UNAUTHORIZED, "", String::new()),
            Why::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", (*why).to_owned()),
            Why::InvalidToken(_) => {
                let description = "The access token is not valid: expired, revoked, or not of this server.";
                (StatusCode::UNAUTHORIZED, "invalid_token", description.to_owned())
            }
            Why::WronglyBound(why) | Why::OfNobody(why) => {
                (StatusCode::UNAUTHORIZED, "invalid_token", (*why).to_owned())
            }
            Why::Proof(error) => (
                StatusCode::UNAUTHORIZED,
                error.code(),
                error.description().into_owned(),
            ),
            Why::InsufficientScope(scope) => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                format!("The access token has no scope {scope}."),
            ),
        };
        let mut parameters = String::new();
        let mut body = json!({});
        if !error.is_empty() {
            parameters = format!(", error=\"{error}\", error_description=\"{description}\"");
            body = json!({ "error": error, "error_description": description });
        }
        if let Why::InsufficientScope(scope) = self.why {
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
        answer.extensions_mut().insert(self.remark.because(reason));
        answer
    }
}
