//! `/resource/{slug}/{path}`: the resource servers of the registry, as APIs that could stand elsewhere. They take the
//! token of a request (RFC 6750, RFC 9449 §7), decide by their policy, and say who asked.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::{Remark, error_answer, private};
use super::app::App;
use super::body;
use super::client_authentication::answered;
use super::dpop::give_nonce;
use super::protected_resource::{Challenge, Presented, Proven, Scheme, Why, examined, in_header, possession};
use super::refusal::Refusal;
use crate::protocol::access::{self, Decision, Token, Verdict};
use crate::protocol::living_token::Examined;
use crate::protocol::metadata as documents;
use crate::registry::ResourceServer;

/// Answers a request to a resource server.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let now = app.now();
    let (head, body) = request.into_parts();
    // Nothing is done with what comes: whether it may be done is all that is asked.
    body::ignored(body, app.limits.body)
        .await
        .map_err(Refusal::Said)?;
    let (slug, path) = places(app, head.uri.path());
    let Some(server) = app.read(|registry| registry.resource_server(slug))? else {
        let why = "There is no resource server of this slug.";
        return Ok(error_answer(StatusCode::NOT_FOUND, "not_found", why));
    };
    let (scheme, shown) = match in_header(&head.headers) {
        Ok(Some(presented)) => (
            presented.scheme,
            Shown::examine(app, &head, &presented, now).await?,
        ),
        Ok(None) => (Scheme::Bearer, Shown::Nothing),
        Err(why) => (Scheme::Bearer, Shown::Unclear(why.told())),
    };
    let decision = access::decide(&access::Request {
        server: &server,
        issuer: app.issuer(),
        method: head.method.as_str(),
        path,
        token: shown.token(),
        now: now.as_second(),
    });
    let remark = remark(app, &server, &shown, decision.clone());
    Ok(told(decision, scheme, shown, remark))
}

/// The slug of a request's path, and the path below the resource server. Neither is decoded: a slug can be written in one
/// way only, and the path is judged as it came.
fn places<'a>(app: &App, path: &'a str) -> (&'a str, &'a str) {
    let path = path.strip_prefix(app.issuer().path()).unwrap_or(path);
    let below = path.strip_prefix(documents::RESOURCE);
    let below = below
        .and_then(|below| below.strip_prefix('/'))
        .unwrap_or_default();
    match below.find('/') {
        Some(end) => below.split_at(end),
        None => (below, "/"),
    }
}

/// What a request shows for itself.
enum Shown {
    Nothing,
    /// Two tokens, or none that can be read.
    Unclear(String),
    One {
        examined: Box<Examined>,
        /// Whether what it is bound to was proven; not asked of a token that does not live.
        possession: Option<Result<Proven, Why>>,
    },
}

impl Shown {
    async fn examine(
        app: &App,
        head: &Parts,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let examined = Box::new(examined(app, presented, now)?);
        let possession = match &examined.token {
            Some(token) if examined.lives() => {
                let target = head.uri.path();
                let endpoint = target.strip_prefix(app.issuer().path()).unwrap_or(target);
                Some(possession(app, head, endpoint, presented, token, now).await?)
            }
            _ => None,
        };
        Ok(Self::One { examined, possession })
    }

    /// As the decision takes it.
    fn token(&self) -> Token<'_> {
        match self {
            Self::Nothing => Token::None,
            Self::Unclear(why) => Token::Unclear(why),
            Self::One { examined, possession } => Token::One {
                examined,
                possession: possession.as_ref().map(|proven| match proven {
                    Ok(proven) => Ok(proven.told),
                    Err(why) => Err(why.told()),
                }),
            },
        }
    }
}

/// All of the decision, for the server's owner.
fn remark(app: &App, server: &ResourceServer, shown: &Shown, decision: Decision) -> Remark {
    let of_client = match shown {
        Shown::One { examined, .. } => match &examined.client {
            Some(client) if examined.lives() => Remark::to(&Arc::new(client.clone())),
            Some(client) => Remark::about(&client.client_id),
            None => Remark::default(),
        },
        Shown::Nothing | Shown::Unclear(_) => Remark::default(),
    };
    let decisive = decision.decisive();
    Remark {
        reason: decisive.map(|checked| format!("{}: {}", checked.check.label(), checked.reason)),
        path: Some(format!(
            "{}{}/{}/…",
            app.issuer().path(),
            documents::RESOURCE,
            server.slug
        )),
        decision: Some(Arc::new(decision)),
        ..of_client
    }
}

/// The decision as it goes out.
fn told(decision: Decision, scheme: Scheme, shown: Shown, remark: Remark) -> Response<Body> {
    let (examined, proven) = match shown {
        Shown::One { examined, possession } => (Some(examined), possession),
        Shown::Nothing | Shown::Unclear(_) => (None, None),
    };
    let (nonce, unproven) = match proven {
        Some(Ok(proven)) => (proven.nonce, None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    };
    let reason = remark.reason.clone().unwrap_or_default();
    let why = match decision.verdict {
        Verdict::Allowed(rule) => {
            let body = who_asked(&rule, &decision.server, examined.as_deref());
            let mut answer = private(StatusCode::OK, Value::Object(body).to_string());
            answer.extensions_mut().insert(remark);
            return with_nonce(answer, nonce);
        }
        Verdict::NoToken => Why::NoToken,
        Verdict::InvalidRequest(why) => Why::InvalidRequest(why),
        Verdict::InvalidToken => Why::InvalidToken(reason),
        Verdict::NotProven => unproven.unwrap_or(Why::InvalidToken(reason)),
        Verdict::InsufficientScope(scopes) => Why::InsufficientScope(scopes.join(" ")),
        Verdict::Denied => Why::Denied,
    };
    with_nonce(Challenge::new(scheme, why, remark).into_answer(), nonce)
}

fn with_nonce(mut answer: Response<Body>, nonce: Option<String>) -> Response<Body> {
    if let Some(nonce) = nonce {
        give_nonce(&mut answer, &nonce);
    }
    answer
}

/// What a resource server reads of a token, and by which rule it is content.
fn who_asked(rule: &str, server: &str, examined: Option<&Examined>) -> Map<String, Value> {
    let mut body = Map::new();
    let token = examined.and_then(|examined| examined.token.as_ref());
    for name in ["sub", "client_id", "scope"] {
        if let Some(value) = token.and_then(|token| token.claims.get(name)) {
            body.insert(name.to_owned(), value.clone());
        }
    }
    body.insert("resource".to_owned(), json!(server));
    body.insert("allowed_by".to_owned(), json!(rule));
    body
}
