//! Signing keys that somebody else changes while the server runs.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::Value;

use super::{Answer, Rig};
use crate::protocol::keys::SigningKeys;
use crate::registry::HistoryQuery;

/// The `kid`s that `/jwks` publishes.
fn published(rig: &Rig) -> Vec<String> {
    let answer = rig.send(rig.request().uri("/jwks").body(Body::empty()).unwrap());
    assert_eq!(answer.status, 200);
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// The `kid` of the access token in an answer.
fn signed_with(answer: &Answer) -> String {
    let json = answer.json();
    let head = json["access_token"].as_str().unwrap().split('.').next().unwrap();
    let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    head["kid"].as_str().unwrap().to_owned()
}

fn of_access_tokens(rig: &Rig) -> String {
    let keys = rig.server.app.keys(rig.now()).unwrap();
    keys.access_tokens().unwrap().kid().to_owned()
}

#[test]
fn keys_that_another_process_makes_ends_and_takes_away_count_from_the_next_request_on() {
    let rig = Rig::new();
    let (id, secret) = rig.client("service", |_| ());
    let token = || rig.token_by_basic(&id, &secret, "");
    let first = of_access_tokens(&rig);
    assert_eq!(signed_with(&token()), first);

    let end = rig.now() + SignedDuration::from_mins(15);
    rig.registry.retire_signing_key(&first, end, &rig.act()).unwrap();
    SigningKeys::open(&rig.registry, &rig.act()).unwrap();
    let second = signed_with(&token());
    assert_ne!(second, first);
    let keys = published(&rig);
    assert!(
        keys.contains(&first) && keys.contains(&second),
        "both while they overlap"
    );

    rig.pass(15 * 60);
    let keys = published(&rig);
    assert!(!keys.contains(&first), "ended by the clock alone");
    assert!(keys.contains(&second));
    assert_eq!(signed_with(&token()), second);

    let rs256 = keys.iter().find(|kid| **kid != second).unwrap();
    rig.registry.remove_signing_key(rs256, &rig.act()).unwrap();
    assert!(!published(&rig).contains(rs256));
}

#[test]
fn a_server_whose_only_key_was_taken_away_makes_another_and_says_so_in_the_history() {
    let rig = Rig::new();
    let (id, secret) = rig.client("service", |_| ());
    let first = of_access_tokens(&rig);
    rig.registry.remove_signing_key(&first, &rig.act()).unwrap();
    let answer = rig.token_by_basic(&id, &secret, "");
    assert_eq!(answer.status, 503, "a key that was taken away signs nothing");
    assert_eq!(answer.header("retry-after"), "2");
    for _ in 0..200 {
        let answer = rig.token_by_basic(&id, &secret, "");
        if answer.status == 200 {
            assert_ne!(signed_with(&answer), first);
            assert!(published(&rig).contains(&signed_with(&answer)));
            let query = HistoryQuery {
                limit: 10,
                ..HistoryQuery::default()
            };
            let history = rig.registry.history(&query).unwrap();
            let made = history
                .iter()
                .find(|row| row.action == "create-signing-key")
                .unwrap();
            assert_eq!(made.by, "tester");
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no new key was made");
}

#[test]
fn keys_are_opened_once_and_not_again_when_something_else_changes() {
    let rig = Rig::new();
    let before = rig.server.app.keys(rig.now()).unwrap();
    rig.client("service", |_| ());
    rig.pass(3600);
    let after = rig.server.app.keys(rig.now()).unwrap();
    assert!(Arc::ptr_eq(&before, &after));
}
