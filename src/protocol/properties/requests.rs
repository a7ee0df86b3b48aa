//! What clients push, register and exchange.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::registered::{CLIENTS, REGISTERED};
use super::{ISSUER, NOW, halves};
use crate::client::{AuthMethod, ClientDraft, ClientId, GrantType};
use crate::interchange::rfc7591;
use crate::protocol::authorization_request::{self, Arrival};
use crate::protocol::form::Form;
use crate::protocol::registration::{self, Abilities, Offer, RegistrationMode, RegistrationPolicy};
use crate::protocol::signing_key::{SigningAlgorithm, TokenKind};
use crate::protocol::token_exchange;
use crate::protocol::{Issuer, metadata, pushed_request};
use crate::registry::Binding;

/// A pushed request: what is kept of it reads as what was pushed, holds nothing that a client authenticates with, and is
/// bound to the key that was proven along with it.
pub fn pushed_request(body: &[u8]) {
    let (Some(held), Ok(issuer), Ok(now)) =
        (&*REGISTERED, Issuer::parse(ISSUER), Timestamp::from_second(NOW))
    else {
        return;
    };
    if let Ok(form) = Form::parse_with_repetitions(body)
        && let Ok(Some(reference)) = pushed_request::reference(&form)
    {
        assert!(reference.starts_with("urn:ietf:params:oauth:request_uri:"));
        assert_eq!(
            (form.get("request_uri"), form.get("request")),
            (Some(reference), None)
        );
    }
    let Ok(form) = Form::parse(body) else { return };
    let key = [7; 32];
    for client in CLIENTS.iter() {
        for proven in [None, Some(key)] {
            let read = pushed_request::read(&form, client, proven, &held.keys, &issuer, now);
            let Ok(pushed) = read else { continue };
            assert!(pushed.client_id == client.client_id && pushed.parameters.len() <= 16 * 1024);
            assert!(pushed.expires_at > now);
            let Ok(kept) = Form::parse(pushed.parameters.as_bytes()) else {
                unreachable_reading(&pushed.parameters)
            };
            for name in [
                "client_secret",
                "client_assertion",
                "client_assertion_type",
                "request_uri",
            ] {
                assert!(kept.all(name).next().is_none(), "{name} is kept");
            }
            let wanted = authorization_request::read(&form, client, Arrival::Pushed).ok();
            let again = authorization_request::read(&kept, client, Arrival::Pushed).ok();
            assert!(again.is_some());
            if let Some(proven) = proven {
                assert_eq!(again.as_ref().and_then(|again| again.dpop_jkt), Some(proven));
            }
            let without_key = |request: Option<authorization_request::AuthorizationRequest>| {
                request.map(|request| authorization_request::AuthorizationRequest {
                    dpop_jkt: None,
                    ..request
                })
            };
            assert!(proven.is_some() || again == wanted);
            assert_eq!(without_key(again), without_key(wanted));
        }
    }
}

#[expect(clippy::panic, reason = "a property that does not hold panics")]
fn unreachable_reading(parameters: &str) -> ! {
    panic!("what is kept cannot be read: {parameters}")
}

/// What a client registers of itself, and what it changes later: it gets nothing that was not offered and sets nothing
/// that only an admin sets; what it is told it can send again.
pub fn registration(body: &[u8]) {
    let Some(client_id) = ClientId::parse("newcomer") else {
        return;
    };
    for mode in [RegistrationMode::Open, RegistrationMode::Token] {
        let policy = RegistrationPolicy {
            mode,
            ..RegistrationPolicy::default()
        };
        let mut offer = policy.offer(None, abilities());
        assert!(!offer.alone, "only whoever has a token gets that");
        offer.alone = mode == RegistrationMode::Token;
        match registration::register(body, &offer, &client_id) {
            Ok(registered) => {
                assert_is_offered(&registered, &offer);
                assert!(registered.require_pkce && registered.audience.is_empty());
                assert!(registered.notes.is_empty() && registered.labels.is_empty());
                let lifetimes = [
                    registered.access_token_lifetime,
                    registered.refresh_token_idle_lifetime,
                    registered.refresh_token_absolute_lifetime,
                ];
                assert_eq!(lifetimes, [None; 3]);
                let told = Value::Object(rfc7591::write(&registration::as_told(&registered)));
                let again = registration::register(told.to_string().as_bytes(), &offer, &client_id);
                // Without a scope it would be given the usual ones.
                assert!(registered.scopes.is_empty() || again.is_ok_and(|again| again == registered));
            }
            Err(error) => assert!(!error.description.is_empty()),
        }
    }
    for before in CLIENTS.iter() {
        let policy = RegistrationPolicy::default();
        let offer = policy.offer_to(before, abilities());
        let Ok(change) = registration::change(body, &offer, before) else {
            continue;
        };
        let said: Value = serde_json::from_slice(body).unwrap_or_default();
        assert_eq!(
            said.get("client_id"),
            Some(&json!(before.client_id.as_str())),
            "it names itself"
        );
        let secret = change.secret.as_ref().map(|secret| json!(secret.expose()));
        assert_eq!(
            said.get("client_secret").filter(|secret| !secret.is_null()),
            secret.as_ref()
        );
        let after: &ClientDraft = &change.registration;
        assert_is_offered(after, &offer);
        assert_eq!(after.audience, before.draft.audience);
        assert_eq!(after.require_pkce, before.draft.require_pkce);
        assert!(
            after
                .scopes
                .iter()
                .all(|scope| before.draft.scopes.contains(scope))
        );
    }
}

/// Of a server without TLS.
fn abilities() -> Abilities {
    Abilities {
        methods: metadata::AUTH_METHODS.to_vec(),
        algorithms: vec![SigningAlgorithm::Rs256],
        bound_to_certificates: false,
    }
}

fn assert_is_offered(draft: &ClientDraft, offer: &Offer) {
    assert!(draft.scopes.iter().all(|scope| offer.scopes.contains(scope)));
    let is_had = |grant: &GrantType| offer.grants.contains(grant);
    let is_with_people = |grant: &GrantType| {
        matches!(
            grant,
            GrantType::AuthorizationCode | GrantType::RefreshToken | GrantType::DeviceCode
        )
    };
    assert!(
        offer.alone
            || draft
                .grant_types
                .iter()
                .all(|grant| is_had(grant) || is_with_people(grant))
    );
    assert!(
        offer
            .abilities
            .methods
            .contains(&draft.token_endpoint_auth_method)
    );
    assert!(
        !draft.tls_client_certificate_bound_access_tokens,
        "nobody sees certificates here"
    );
    assert!(
        draft
            .grant_types
            .iter()
            .all(|grant| metadata::GRANTS.contains(grant))
    );
    assert!(!draft.name.trim().is_empty());
    assert!(draft.other_members.keys().all(|name| name.contains('#')));
}

/// The form of a token exchange and the claims of its subject token, a line each: nothing comes of a token that nobody
/// signed; of a signed one nothing that it does not say or the client is not registered for.
pub fn token_exchange(bytes: &[u8]) {
    let (form, claims) = halves(bytes);
    let (Some(held), Ok(issuer), Ok(now)) =
        (&*REGISTERED, Issuer::parse(ISSUER), Timestamp::from_second(NOW))
    else {
        return;
    };
    let (Some(client), Some(signing)) = (CLIENTS.last(), held.keys.access_tokens()) else {
        return;
    };
    let client = Arc::new(client.clone());
    let exchange = |form: &[u8]| {
        let exchange =
            token_exchange::read(Form::parse(form).ok()?, &client, Binding::default(), now).ok()?;
        let registry = held.registry.lock().unwrap_or_else(PoisonError::into_inner);
        exchange.entitle(&held.keys, &issuer, &registry).ok()?.ok()
    };
    for public in CLIENTS
        .iter()
        .filter(|client| client.draft.token_endpoint_auth_method == AuthMethod::None)
    {
        let Ok(form) = Form::parse(form) else { continue };
        let read = token_exchange::read(form, &Arc::new(public.clone()), Binding::default(), now);
        assert!(read.is_err(), "a public client exchanges nothing");
    }
    assert!(exchange(form).is_none(), "nobody signed that");
    let Ok(subject) = signing.sign(TokenKind::AccessToken, claims) else {
        return;
    };
    let form = [form, b"&subject_token=", subject.as_bytes()].concat();
    let Some(entitled) = exchange(&form) else { return };
    let said: Map<String, Value> = serde_json::from_slice(claims).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    assert_eq!(text("iss"), Some(ISSUER));
    let exp = said.get("exp").and_then(Value::as_f64).unwrap_or_default();
    assert!(exp > NOW as f64);
    let is_for = |audience: &Value| {
        audience
            .as_array()
            .is_some_and(|all| all.contains(&json!("signs")))
    };
    let audience = said.get("aud").cloned().unwrap_or_default();
    assert!(text("client_id") == Some("signs") || audience == json!("signs") || is_for(&audience));
    assert!(said.get("cnf").is_none(), "nothing was proven");
    assert!(entitled.refresh_token.is_none());
    let held: Vec<&str> = text("scope").unwrap_or_default().split(' ').collect();
    for scope in &entitled.scopes {
        assert!(
            held.contains(&scope.as_str()) && client.draft.scopes.contains(scope),
            "{scope}"
        );
        assert_ne!(scope, "offline_access");
    }
    let aud = entitled.audience.as_ref();
    assert!(aud.is_none_or(|aud| client.draft.audience.contains(aud)));
    let Some(exchanged) = entitled.exchanged else {
        return;
    };
    assert!(exchanged.ends as f64 <= exp && exchanged.ends > NOW);
    assert_eq!(exchanged.act.as_ref(), said.get("act"), "nobody else acts");
    assert_eq!(exchanged.may_act.as_ref(), said.get("may_act"));
    if let Some(may_act) = said.get("may_act").and_then(Value::as_object) {
        let is_client = |(name, value): (&String, &Value)| match name.as_str() {
            "sub" | "client_id" => value == "signs",
            "iss" => value == ISSUER,
            _ => false,
        };
        assert!(!may_act.is_empty() && may_act.iter().all(is_client));
    }
}
