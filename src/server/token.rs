//! `POST /token` (RFC 6749 §3.2).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::answer::{Remark, private};
use super::app::{App, Peer};
use super::client_authentication::{answered, authenticate, check_assertion, posted_form, random};
use super::dpop;
use super::fault::{spoiled, tell};
use super::readers::Seen;
use super::refusal::Refusal;
use super::writer::Issued;
use crate::client::ClientId;
use crate::protocol::client_authentication::{Authenticated, ProvenBy};
use crate::protocol::dpop::DpopProof;
use crate::protocol::fault::UsedUpBy;
use crate::protocol::form::Form;
use crate::protocol::keys::SigningKeys;
use crate::protocol::metadata as documents;
use crate::protocol::opaque::OpaqueToken;
use crate::protocol::token::{self, Claim, Decision, Entitlement, Issuing, SpendError, TokenResponse};
use crate::protocol::token_exchange::NotExchanged;
use crate::registry::{Binding, Client, KeyThumbprint};

/// Answers a token request.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    token::grant_type(&form)?;
    let (proven, seen) = authenticate(app, &head, &form, app.now()).await?;
    let client = Arc::clone(&proven.client);
    spoiled(app, &client, granted(app, head, form, proven, seen)).await
}

/// The answer to a client that has authenticated.
async fn granted(
    app: &App,
    head: Parts,
    form: Form,
    proven: Authenticated,
    seen: Seen,
) -> Result<Response<Body>, Refusal> {
    let now = past_the_end(app, &proven.client).await;
    let client_id = proven.client.client_id.clone();
    let client = Arc::clone(&proven.client);
    let of_client = |error| Refusal::of_client(error, &client);

    let keys = app.keys_of(&seen, now)?;
    token::can_be_issued(&client, &keys).map_err(of_client)?;
    let proof = dpop::proof(app, &head, documents::TOKEN, None, now).map_err(of_client)?;
    let proven_to_hold = Binding {
        jkt: proof.map(|proof| proof.jkt),
        // RFC 8705 §3: of clients that have asked for it.
        x5t_s256: peer_certificate(&head).filter(|_| client.draft.tls_client_certificate_bound_access_tokens),
    };
    let next = || Ok(OpaqueToken::new(&Zeroizing::new(random()?)));
    let decision =
        token::decide(form, &proven.client, proof, proven_to_hold, next, now).map_err(of_client)?;
    let entitlement = entitlement(app, &head, decision, proof, &client, &keys, now).await?;
    let forgery = app.faults.take(&client_id, UsedUpBy::Token, now);
    let issuing = Issuing {
        issuer: app.issuer(),
        keys: &keys,
        subjects: &app.subjects,
        now,
        random: random()?,
        bound_to: proven_to_hold,
        forgery: forgery.as_deref(),
    };
    let remark = Remark::to(&proven.client);
    let granted = match token::issue(&entitlement, &proven.client, &issuing) {
        Ok(granted) => granted,
        Err(error) => {
            // Only a token that is really issued uses a fault up.
            forgery
                .into_iter()
                .for_each(|forgery| app.faults.put_back(forgery));
            return Err(of_client(error));
        }
    };
    note(app, client_id, proven, &granted, now);
    let mut answer = private(StatusCode::OK, serde_json::to_vec(&granted).unwrap_or_default());
    answer.extensions_mut().insert(remark);
    if let Some(forgery) = &forgery {
        tell(&mut answer, forgery.fault());
    }
    if let Some(nonce) = proof.and_then(|proof| dpop::next_nonce(app, &proof, now)) {
        dpop::give_nonce(&mut answer, &nonce);
    }
    Ok(answer)
}

/// Whether a request came from this machine, where test credentials count.
fn is_over_loopback(head: &Parts) -> bool {
    let peer = head.extensions.get::<Peer>();
    peer.is_some_and(|peer| peer.address.ip().is_loopback())
}

/// The certificate of the connection, by its thumbprint.
fn peer_certificate(head: &Parts) -> Option<KeyThumbprint> {
    head.extensions.get::<Peer>().and_then(Peer::thumbprint)
}

/// Does what a decision asks for. A proof is used by this, and shares a commit with what else is spent.
async fn entitlement(
    app: &App,
    head: &Parts,
    decision: Decision,
    proof: Option<DpopProof>,
    client: &Arc<Client>,
    keys: &SigningKeys,
    now: Timestamp,
) -> Result<Entitlement, Refusal> {
    let of_client = |error| Refusal::of_client(error, client);
    let entitlement = match decision {
        Decision::MustSpend(claim) => return spent(app, claim, client).await,
        Decision::MustCheck(claim) => {
            let over_loopback = is_over_loopback(head);
            let (checked, _) = check_assertion(app, client, claim.assertion(), over_loopback, now).await;
            let (checked, reason) = match checked {
                Ok(checked) => (Ok(checked), None),
                Err(Cow::Borrowed(why)) => (Err(why), None),
                // What another address answered is for the server's owner.
                Err(Cow::Owned(reason)) => (
                    Err("the keys at the client's jwks_uri could not be fetched"),
                    Some(reason),
                ),
            };
            let checked = claim.with(checked).map_err(|error| {
                let remark = Remark::to(client);
                Refusal::about(error, Remark { reason, ..remark })
            })?;
            return spent(app, checked, client).await;
        }
        Decision::MustJudge(exchange) => {
            let judged = app.read(|registry| exchange.entitle(keys, app.issuer(), registry))?;
            judged.map_err(|NotExchanged { error, reason }| {
                let remark = Remark::to(client);
                Refusal::about(error, Remark { reason, ..remark })
            })?
        }
        Decision::Entitled(entitlement) => entitlement,
    };
    if let Some(proof) = proof {
        dpop::use_once(app, proof).await?.map_err(of_client)?;
    }
    Ok(entitlement)
}

async fn spent(app: &App, claim: Claim, client: &Arc<Client>) -> Result<Entitlement, Refusal> {
    let refused = |error| match error {
        SpendError::Protocol(error) => Refusal::of_client(error, client),
        SpendError::Registry(error) => error.into(),
    };
    let mut slowed = None;
    let is_slowed = || {
        slowed = app.faults.take(&client.client_id, UsedUpBy::Poll, app.now());
        slowed.is_some()
    };
    let looked = app.read(|registry| Ok(claim.look(registry, &app.polls, is_slowed)))?;
    looked.map_err(|error| match (error, slowed) {
        (SpendError::Protocol(error), Some(forgery)) => {
            Refusal::about(error, Remark::to(client).because(forgery.fault().remark()))
        }
        (error, _) => refused(error),
    })?;
    let spent = app.writer().run(move |registry| claim.spend(registry)).await?;
    spent.map_err(refused)
}

/// The time to issue at. A token says in whole seconds when it was issued, and one of the very second in which the
/// client's tokens were ended counts as an earlier one: it would be dead at birth. So that second is waited out.
async fn past_the_end(app: &App, client: &Client) -> Timestamp {
    let now = app.now();
    let is_same_second = |ended: Timestamp| ended.as_second() == now.as_second();
    if client.tokens_valid_after.is_some_and(is_same_second) {
        let left = 1_000_u64.saturating_sub(u64::try_from(now.subsec_millisecond()).unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(left)).await;
        return app.now();
    }
    now
}

/// What the registry should know of a token: last use and scopes, not for test credentials.
fn note(app: &App, client_id: ClientId, proven: Authenticated, granted: &TokenResponse, now: Timestamp) {
    if let Some(renewal) = proven.renewal {
        app.writer().renew(renewal);
    }
    let secret_id = match proven.by {
        ProvenBy::Secret(id) => Some(id),
        ProvenBy::Nothing | ProvenBy::Assertion | ProvenBy::Certificate => None,
        ProvenBy::TestCredential => return,
    };
    let exp = now
        .saturating_add(SignedDuration::from_secs(granted.expires_in.into()))
        .unwrap_or(now);
    app.writer().issued(Issued {
        client_id,
        secret_id,
        scope: granted.scope.clone(),
        at: now,
        exp,
    });
}
