//! How a client authenticates with a request: the same way at every endpoint that asks for it (RFC 6749 §2.3).

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Request, Response};
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;

use super::answer::Remark;
use super::app::{App, Peer};
use super::body;
use super::readers::Seen;
use super::refusal::Refusal;
use crate::client::{AuthMethod, Secret, Standing};
use crate::outbound::OutboundError;
use crate::protocol::OAuthError;
use crate::protocol::assertion::{self, CheckedAssertion};
use crate::protocol::client_authentication::{Attempt, Authenticated, AuthenticationError, ProvenBy};
use crate::protocol::credentials::{Presented, Proof, presented};
use crate::protocol::form::Form;
use crate::registry::Client;

/// What these endpoints read, which is from the body only.
const BODY_ONLY: [&str; 22] = [
    "access_token",
    "actor_token",
    "assertion",
    "audience",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "grant_type",
    "password",
    "redirect_uri",
    "refresh_token",
    "request_uri",
    "resource",
    "response_type",
    "scope",
    "subject_token",
    "token",
    "username",
];

/// Reads the form of a request whose parameters belong in its body.
///
/// # Errors
/// [`Refusal`], `invalid_request` in most cases.
pub async fn posted_form(app: &App, request: Request<Body>) -> Result<(Parts, Form), Refusal> {
    let (head, body) = request.into_parts();
    let in_query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
    if in_query
        .into_iter()
        .any(|(name, _)| BODY_ONLY.contains(&name.as_ref()))
    {
        // RFC 6749 §2.3.1: credentials must not stand in the URI, where logs would keep them. What nobody knows is
        // ignored there (§3.2).
        return Err(
            OAuthError::invalid_request("Parameters belong in the request body, not in the URI.").into(),
        );
    }
    let form = body::form(&head.headers, body, app.limits.body)
        .await
        .map_err(Refusal::Said)?;
    Ok((head, form))
}

/// Decides who sends a request, and tells what it saw of the registry.
///
/// # Errors
/// [`Refusal`]: `invalid_client`, or `invalid_request` where it cannot be known who is meant.
pub async fn authenticate(
    app: &App,
    head: &Parts,
    form: &Form,
    now: Timestamp,
) -> Result<(Authenticated, Seen), Refusal> {
    let authorization: Vec<&[u8]> = head
        .headers
        .get_all(AUTHORIZATION)
        .iter()
        .map(|value| value.as_bytes())
        .collect();
    let presented = presented(&authorization, form)?;
    let peer = head.extensions.get::<Peer>();
    let seen = match &presented.client_id {
        Some(client_id) => app.client_and_keys(client_id)?,
        None => Seen::default(),
    };
    let proven = decide(app, presented, seen.client.clone(), peer, now).await?;
    Ok((proven, seen))
}

async fn decide(
    app: &App,
    mut presented: Presented,
    client: Option<Arc<Client>>,
    peer: Option<&Peer>,
    now: Timestamp,
) -> Result<Authenticated, Refusal> {
    let mut why_not = None;
    let over_loopback = peer.is_some_and(|peer| peer.address.ip().is_loopback());
    let uses_certificate = |client: &&Arc<Client>| client.draft.token_endpoint_auth_method.uses_certificate();
    if let (Proof::Nothing, Some(client)) = (&presented.proof, client.as_ref().filter(uses_certificate)) {
        match is_certified(app, client, peer, now).await {
            Ok(()) => {
                return Ok(Authenticated {
                    client: Arc::clone(client),
                    by: ProvenBy::Certificate,
                    renewal: None,
                });
            }
            Err(why) => presented.proof = Proof::Unusable(why),
        }
    }
    if let Proof::Assertion(assertion) = &presented.proof {
        match asserts(app, client.as_ref(), assertion, over_loopback, now).await? {
            Ok((client, by)) => {
                return Ok(Authenticated {
                    client,
                    by,
                    renewal: None,
                });
            }
            // Refused like everything else: alike, and at the same cost.
            Err(why) => {
                presented.proof = Proof::Unusable("the assertion does not count");
                why_not = Some(why);
            }
        }
    }
    let client_id = client.as_ref().map(|client| client.client_id.clone());
    let attempt = Attempt {
        presented,
        client,
        over_loopback,
        now,
        salt: random()?,
    };
    app.authenticator().authenticate(attempt).await.map_err(|error| {
        let (error, reason) = match error {
            // RFC 6749 §5.2: unknown client, no client authentication included, or unsupported authentication method.
            AuthenticationError::Refused(reason) => {
                let reason = why_not.unwrap_or(Cow::Borrowed(reason));
                (OAuthError::InvalidClient, reason.into_owned())
            }
            AuthenticationError::Throttled(retry_after) => (
                OAuthError::TemporarilyUnavailable {
                    retry_after,
                    throttled: true,
                },
                format!("too many failures, may come again in {retry_after} s"),
            ),
            AuthenticationError::Busy => (
                OAuthError::TemporarilyUnavailable {
                    retry_after: 2,
                    throttled: false,
                },
                "too many secrets wait to be verified".to_owned(),
            ),
            AuthenticationError::Hash(error) => (OAuthError::ServerError, error.to_string()),
        };
        let remark = client_id.as_ref().map(Remark::about).unwrap_or_default();
        Refusal::Protocol(error, remark.because(reason))
    })
}

/// Whether an assertion is the client's, and is used for the first time. The inner error says why not, for the server's
/// owner.
async fn asserts(
    app: &App,
    client: Option<&Arc<Client>>,
    assertion: &Secret,
    over_loopback: bool,
    now: Timestamp,
) -> Result<Result<(Arc<Client>, ProvenBy), Cow<'static, str>>, Refusal> {
    let Some(client) = client else {
        return Ok(Err("no client of this identifier".into()));
    };
    if let Err(why) = assertion::may_assert(client) {
        return Ok(Err(why.into()));
    }
    let (checked, by) = check_assertion(app, client, assertion.expose(), over_loopback, now).await;
    let checked = match checked {
        Ok(checked) => checked,
        Err(why) => return Ok(Err(why)),
    };
    let client_id = client.client_id.clone();
    let first = app
        .writer()
        .run(move |registry| registry.use_assertion(&client_id, &checked.jti, checked.exp))
        .await??;
    Ok(if first {
        Ok((Arc::clone(client), by))
    } else {
        Err("the assertion was used before".into())
    })
}

/// Judges an assertion with the client's test key, if it has one and the request came over loopback, or else with the keys
/// that it has registered. Says too whose key it was, or why it does not count.
pub async fn check_assertion(
    app: &App,
    client: &Client,
    assertion: &str,
    over_loopback: bool,
    now: Timestamp,
) -> (Result<CheckedAssertion, Cow<'static, str>>, ProvenBy) {
    let test_key = over_loopback
        .then(|| app.authenticator().test_key(&client.client_id, now))
        .flatten();
    let tried_out = test_key.map(|key| assertion::check(assertion, client, &[key], app.issuer(), now));
    match tried_out {
        Some(Ok(checked)) => (Ok(checked), ProvenBy::TestCredential),
        _ => (
            check_registered(app, client, assertion, now).await,
            ProvenBy::Assertion,
        ),
    }
}

/// The same with the registered keys, those of its `jwks_uri` fetched anew where none fits.
async fn check_registered(
    app: &App,
    client: &Client,
    assertion: &str,
    now: Timestamp,
) -> Result<CheckedAssertion, Cow<'static, str>> {
    let check = |keys: &[Jwk]| assertion::check(assertion, client, keys, app.issuer(), now);
    let keys = app
        .client_keys
        .of(client, false, now)
        .await
        .map_err(not_fetched)?;
    let checked = match check(&keys) {
        Err(why) if assertion::may_be_of_a_new_key(why) => {
            check(&app.client_keys.of(client, true, now).await.map_err(not_fetched)?)
        }
        checked => checked,
    };
    checked.map_err(Cow::Borrowed)
}

fn not_fetched(error: OutboundError) -> Cow<'static, str> {
    format!("the keys at the client's jwks_uri could not be fetched: {error}").into()
}

/// Whether the certificate of the connection is the client's (RFC 8705 §2).
async fn is_certified(
    app: &App,
    client: &Arc<Client>,
    peer: Option<&Peer>,
    now: Timestamp,
) -> Result<(), &'static str> {
    let Some(mutual_tls) = &app.mutual_tls else {
        return Err("clients with certificates need chancery serve --tls");
    };
    let Some(certificate) = peer.and_then(|peer| peer.certificate.as_ref()) else {
        return Err("the client showed no certificate: see mtls_endpoint_aliases in the metadata");
    };
    match client.standing() {
        Standing::Active => {}
        Standing::Disabled => return Err("the client is disabled"),
        Standing::Held => return Err("the client is held: its registration breaks rules"),
    }
    let authorities = mutual_tls.authorities.as_ref();
    if client.draft.token_endpoint_auth_method == AuthMethod::TlsClientAuth {
        return certificate.proves(&client.draft, &[], authorities, now);
    }
    let mut proven = Err("the client's jwks_uri could not be fetched");
    for newest in [false, true] {
        let Ok(keys) = app.client_keys.of(client, newest, now).await else {
            break;
        };
        proven = certificate.proves(&client.draft, &keys, authorities, now);
        if proven.is_ok() {
            break;
        }
    }
    proven
}

/// Random bytes of the operating system.
///
/// # Errors
/// `server_error` when there are none.
pub fn random<const N: usize>() -> Result<[u8; N], OAuthError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| OAuthError::ServerError)?;
    Ok(bytes)
}

/// An endpoint's answer, refused or not.
pub fn answered(answer: Result<Response<Body>, Refusal>) -> Response<Body> {
    answer.unwrap_or_else(Refusal::into_answer)
}
