//! Refusals at client authentication: alike in body, in headers, and in what they cost.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

use super::{Rig, basic, by_post, new_secret, post, stored};
use crate::client::{ClientId, Secret, SecretHash, Status};
use crate::registry::NewSecret;
use crate::server::app::Entrance;

/// Everything that can be wrong, each with the right secret where there is one.
fn refusals(rig: &Rig) -> Vec<(&'static str, Option<String>, String)> {
    let grant = || "grant_type=client_credentials".to_owned();
    let by_header = |what, id: &ClientId, secret: &Secret| (what, Some(basic(id, secret)), grant());
    let mut cases = Vec::new();

    cases.push(by_header(
        "unknown",
        &ClientId::parse("nobody").unwrap(),
        &new_secret(),
    ));
    let (id, _) = rig.client("wrong", |_| ());
    cases.push(by_header("wrong secret", &id, &new_secret()));
    cases.push((
        "empty secret",
        Some(basic(&id, &Secret::new(String::new()))),
        grant(),
    ));
    cases.push(("no secret", None, format!("{}&client_id={id}", grant())));

    let (id, secret) = rig.client("disabled", |_| ());
    let client = rig.registry.client(&id).unwrap().unwrap();
    rig.registry
        .set_status(&id, client.version, Status::Disabled, &rig.act())
        .unwrap();
    cases.push(by_header("disabled", &id, &secret));

    let (id, secret) = rig.client("revoked", |_| ());
    rig.registry.revoke_secrets(&id, &rig.act()).unwrap();
    cases.push(by_header("revoked", &id, &secret));

    let (id, old) = rig.client("expired", |_| ());
    for _ in 0..4 {
        let later = rig.now() + jiff::SignedDuration::from_hours(1);
        rig.registry
            .rotate_secret(&id, stored(&new_secret()), later, &rig.act())
            .unwrap();
    }
    cases.push(by_header(
        "many secrets, none of them this one",
        &id,
        &new_secret(),
    ));
    rig.registry
        .rotate_secret(&id, stored(&new_secret()), rig.now(), &rig.act())
        .unwrap();
    cases.push(by_header("expired", &id, &old));

    let (id, secret) = rig.client("by post", by_post);
    cases.push(by_header("wrong method, header for body", &id, &secret));
    let (id, secret) = rig.client("by basic", |_| ());
    cases.push(("wrong method, body for header", None, post(&id, &secret)));

    cases.push(("another scheme", Some("Bearer x".to_owned()), grant()));
    cases.push(("not base64", Some("Basic ???".to_owned()), grant()));
    cases.push((
        "an assertion",
        None,
        format!("{}&client_id={id}&client_assertion=a.b.c", grant()),
    ));
    cases.push(("nothing at all", None, grant()));
    cases
}

#[test]
fn every_refusal_has_the_same_body_and_headers_and_costs_one_argon2id() {
    let rig = Rig::new();
    let mut answers = BTreeSet::new();
    for (what, authorization, body) in refusals(&rig) {
        let before = rig.server.hashes();
        let answer = rig.token(authorization.as_deref(), &body);
        assert_eq!(answer.status, 401, "{what}: {:?}", answer.json());
        assert_eq!(answer.error(), "invalid_client", "{what}");
        assert!(
            answer.header("www-authenticate").starts_with("Basic realm="),
            "{what}"
        );
        assert_eq!(rig.server.hashes() - before, 1, "{what}");
        answers.insert(format!("{:?} {:?}", answer.headers, answer.body));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| !answer.contains("disabled")));
}

#[test]
fn the_server_owner_sees_why_but_no_secret() {
    let rig = Rig::new();
    let cases = refusals(&rig);
    for (_, authorization, body) in &cases {
        rig.token(authorization.as_deref(), body);
    }
    let log = rig.server.requests();
    assert_eq!(log.len(), cases.len());
    let reasons: BTreeSet<_> = log.iter().map(|entry| entry.reason.clone().unwrap()).collect();
    assert!(reasons.len() >= 8, "{reasons:?}");
    assert!(
        log.iter()
            .all(|entry| entry.client_id.as_ref().is_none_or(|id| id.as_str() != "nobody"))
    );
}

#[test]
fn a_held_client_is_refused_like_the_others() {
    let rig = Rig::new();
    let mut draft = crate::client::ClientKind::Service.preset();
    draft.name = "held".to_owned();
    draft.scopes = vec!["bad scope".to_owned()];
    let (id, secret) = (ClientId::parse("imported").unwrap(), new_secret());
    let import = rig.registry.import_client(
        &id,
        &draft,
        Status::Active,
        &[stored(&secret)],
        "test",
        &rig.act(),
    );
    assert!(import.unwrap().held);
    let before = rig.server.hashes();
    let answer = rig.token_by_basic(&id, &secret, "");
    assert_eq!(
        (answer.status.as_u16(), answer.error().as_str()),
        (401, "invalid_client")
    );
    assert_eq!(rig.server.hashes() - before, 1);
}

#[test]
fn a_right_secret_is_hashed_once_and_then_remembered_until_anything_changes() {
    let rig = Rig::new();
    let (id, secret) = rig.client("service", |_| ());
    let cost = |what: &str, status: u16| {
        let before = rig.server.hashes();
        assert_eq!(rig.token_by_basic(&id, &secret, "").status, status, "{what}");
        rig.server.hashes() - before
    };
    assert_eq!(cost("the first time", 200), 1);
    assert_eq!(cost("again", 200), 0);
    rig.pass(170);
    assert_eq!(cost("within three minutes", 200), 0);
    rig.pass(131);
    assert_eq!(cost("five minutes after the first", 200), 1);
    let client = rig.registry.client(&id).unwrap().unwrap();
    let client = rig
        .registry
        .set_status(&id, client.version, Status::Disabled, &rig.act())
        .unwrap();
    assert_eq!(
        cost("disabled by another connection, from the next request on", 401),
        1
    );
    rig.registry
        .set_status(&id, client.version, Status::Active, &rig.act())
        .unwrap();
    assert_eq!(cost("enabled again", 200), 0);
    rig.registry.revoke_secrets(&id, &rig.act()).unwrap();
    assert_eq!(cost("revoked", 401), 1);
}

#[test]
fn both_secrets_work_during_a_rotation_and_only_the_new_one_after_it() {
    let rig = Rig::new();
    let (id, old) = rig.client("service", |_| ());
    let new = new_secret();
    let end = rig.now() + jiff::SignedDuration::from_hours(24);
    rig.registry
        .rotate_secret(&id, stored(&new), end, &rig.act())
        .unwrap();
    assert_eq!(rig.token_by_basic(&id, &old, "").status, 200);
    assert_eq!(rig.token_by_basic(&id, &new, "").status, 200);
    rig.pass(24 * 60 * 60);
    assert_eq!(rig.token_by_basic(&id, &old, "").status, 401);
    assert_eq!(rig.token_by_basic(&id, &new, "").status, 200);
}

/// A client from elsewhere, with the hash of `p&ss w+rd%` that was made there.
fn import(rig: &Rig, client_id: &str, params: Params) -> ClientId {
    let elsewhere = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = elsewhere
        .hash_password_with_salt(b"p&ss w+rd%", &[2; 16])
        .unwrap()
        .to_string();
    let imported = NewSecret {
        is_weak: false,
        selector: None,
        hash: SecretHash::parse(&hash).unwrap(),
        label: String::new(),
        expires_at: None,
    };
    let id = ClientId::parse(client_id).unwrap();
    let mut draft = crate::client::ClientKind::Service.preset();
    draft.name = client_id.to_owned();
    rig.registry
        .import_client(&id, &draft, Status::Active, &[imported], "test", &rig.act())
        .unwrap();
    id
}

#[test]
fn a_wrong_secret_against_a_hash_from_elsewhere_costs_one_argon2id_too() {
    let rig = Rig::new();
    for (what, memory_kib, passes, lanes, hashes) in [
        ("cheap", 8 * 1024, 1, 1, 1),
        ("hardly any", 64, 1, 1, 1),
        ("as dear in other proportions", 12 * 1024, 3, 1, 1),
        ("in four lanes", 19 * 1024, 2, 4, 1),
        (
            "three times as dear, which nothing can change",
            38 * 1024,
            3,
            1,
            3,
        ),
    ] {
        let params = Params::new(memory_kib, passes, lanes, None).unwrap();
        let id = import(&rig, &what.replace(' ', "-"), params);
        let before = rig.server.hashes();
        assert_eq!(rig.token_by_basic(&id, &new_secret(), "").status, 401, "{what}");
        assert_eq!(rig.server.hashes() - before, hashes, "{what}");
    }
}

#[test]
fn an_imported_secret_without_a_selector_verifies_and_its_weak_hash_is_renewed() {
    let rig = Rig::new();
    let id = import(&rig, "imported", Params::new(8 * 1024, 1, 1, None).unwrap());
    let encoded: String = form_urlencoded::byte_serialize(b"p&ss w+rd%").collect();
    assert_eq!(
        rig.token_by_basic(&id, &Secret::new("wrong".to_owned()), "")
            .status,
        401
    );
    assert_eq!(
        rig.token_by_basic(&id, &Secret::new(encoded.clone()), "").status,
        200
    );
    // The writer does it beside the answer.
    for _ in 0..200 {
        let stored = &rig.registry.client(&id).unwrap().unwrap().secrets[0];
        if stored.hash.as_str().contains("m=19456,t=2") {
            assert_eq!(rig.token_by_basic(&id, &Secret::new(encoded), "").status, 200);
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the weak hash was not renewed");
}

#[test]
fn after_too_many_failures_a_client_id_must_wait_but_a_remembered_secret_need_not() {
    // How many they are, and that they are counted by the minute, is for the throttle's own tests.
    let rig = Rig::with(|options| options.limits.failures = 5);
    let (id, secret) = rig.client("service", |_| ());
    let (other, other_secret) = rig.client("other", |_| ());
    assert_eq!(rig.token_by_basic(&id, &secret, "").status, 200);
    let wrong = || rig.token_by_basic(&id, &Secret::new("wrong".to_owned()), "");
    (0..5).for_each(|_| assert_eq!(wrong().status, 401));
    let before = rig.server.hashes();
    let answer = wrong();
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(answer.error(), "temporarily_unavailable");
    assert_eq!(rig.server.hashes(), before, "being told to wait costs nothing");
    assert_eq!(rig.token_by_basic(&id, &secret, "").status, 200, "remembered");
    assert_eq!(
        rig.token_by_basic(&other, &other_secret, "").status,
        200,
        "another client"
    );
    rig.pass(60);
    assert_eq!(
        rig.token_by_basic(&id, &Secret::new("wrong".to_owned()), "")
            .status,
        401,
        "the minute is over"
    );
}

#[test]
fn a_client_that_keeps_coming_is_verified_again_beside_its_answers() {
    let rig = Rig::new();
    let (id, secret) = rig.client("service", |_| ());
    assert_eq!(rig.token_by_basic(&id, &secret, "").status, 200);
    rig.pass(200);
    assert_eq!(rig.token_by_basic(&id, &secret, "").status, 200);
    for _ in 0..200 {
        if rig.server.hashes() == 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(rig.server.hashes(), 2);
    // A moment for what follows the hash; then more than five minutes after the first.
    std::thread::sleep(std::time::Duration::from_millis(300));
    rig.pass(150);
    assert_eq!(rig.token_by_basic(&id, &secret, "").status, 200);
    assert_eq!(rig.server.hashes(), 2);
}

#[test]
fn whoever_finds_too_many_hashes_waiting_is_told_to_come_again() {
    let rig = Rig::new();
    let entrance = Entrance::new(Arc::clone(&rig.server.app));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let statuses: Vec<u16> = runtime.block_on(async {
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..200 {
            let client_id = ClientId::parse(&format!("nobody-{number}")).unwrap();
            let authorization = basic(&client_id, &Secret::new("wrong".to_owned()));
            let request = rig.token_request(Some(&authorization), "grant_type=client_credentials");
            let entrance = entrance.clone();
            let peer = SocketAddr::from(([127, 0, 0, 1], 5000)).into();
            asking.spawn(async move { entrance.serve(request, peer).await.unwrap() });
        }
        let answers = asking.join_all().await;
        let busy = answers.iter().find(|answer| answer.status() == 503).unwrap();
        assert_eq!(busy.headers()["retry-after"], "2");
        answers.iter().map(|answer| answer.status().as_u16()).collect()
    });
    let refused = statuses.iter().filter(|status| **status == 401).count();
    let busy = statuses.iter().filter(|status| **status == 503).count();
    assert_eq!(refused + busy, 200, "{statuses:?}");
    assert!(
        refused >= 128,
        "as many as may wait are served, not only {refused}"
    );
}
