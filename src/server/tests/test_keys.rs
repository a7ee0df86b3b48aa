//! Test credentials of clients that sign: a key of this server's own, beside the client's.

use serde_json::json;

use super::{Answer, Rig};
use crate::client::{AuthMethod, ClientDraft, ClientId, ClientKind, Secret, Status};
use crate::outbound::AssertionKey;
use crate::protocol::signing_key::SigningAlgorithm;
use crate::registry::HistoryQuery;
use crate::server::TestCredentialError;

/// A service with a key of its own, which these tests do not have.
fn signs(draft: &mut ClientDraft) {
    let pkcs8 = SigningAlgorithm::Es256.generate().unwrap();
    let public = SigningAlgorithm::Es256.public_jwk(&pkcs8).unwrap();
    draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    draft.jwks = Some(json!({ "keys": [public] }));
}

fn test_key(rig: &Rig, client_id: &ClientId) -> Secret {
    rig.server.test_credential(client_id, "tester").unwrap().unwrap()
}

/// The body of a token request with a new assertion, signed with the algorithm that was registered.
fn body(rig: &Rig, client_id: &ClientId, key: &Secret) -> String {
    let client = rig.registry.client(client_id).unwrap().unwrap();
    let alg = client.draft.token_endpoint_auth_signing_alg;
    let key = AssertionKey::from_pem(key, alg.as_deref()).unwrap();
    let issuer = rig.server.issuer().as_str();
    let assertion = key.sign(client_id, issuer, rig.now(), super::random()).unwrap();
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    format!(
        "grant_type=client_credentials&client_assertion_type={kind}&client_assertion={}",
        assertion.expose()
    )
}

fn ask(rig: &Rig, client_id: &ClientId, key: &Secret) -> Answer {
    rig.token(None, &body(rig, client_id, key))
}

#[test]
fn a_test_key_is_good_for_an_hour_over_loopback_and_leaves_no_trace_but_history() {
    let rig = Rig::new();
    let (id, _) = rig.client("service with a key", signs);
    let key = test_key(&rig, &id);
    let answer = ask(&rig, &id, &key);
    assert_eq!(answer.status, 200, "{:?}", answer.json());
    assert_eq!(answer.claims()["client_id"], id.as_str());
    let request = || rig.token_request(None, &body(&rig, &id, &key));
    assert_eq!(
        rig.send_from(request(), "192.0.2.7:5000").status,
        401,
        "not over loopback"
    );
    rig.pass(3599);
    assert_eq!(ask(&rig, &id, &key).status, 200);
    rig.pass(1);
    let refused = ask(&rig, &id, &key);
    assert_eq!(
        (refused.status.as_u16(), refused.error().as_str()),
        (401, "invalid_client"),
        "after an hour"
    );
    let query = HistoryQuery {
        client: Some(id.clone()),
        limit: 10,
        ..HistoryQuery::default()
    };
    let history = rig.registry.history(&query).unwrap();
    let issues = history
        .iter()
        .filter(|row| row.action == "issue-test-credential" && row.by == "tester");
    assert_eq!(issues.count(), 1);
    assert!(!format!("{history:?}").contains("PRIVATE KEY"));
    let Rig {
        registry,
        server,
        _folder,
        ..
    } = rig;
    server.stop();
    assert_eq!(registry.client(&id).unwrap().unwrap().last_used_at, None);
    assert!(registry.scope_use(&id).unwrap().is_empty());
}

#[test]
fn a_test_key_is_its_clients_its_servers_and_the_newest_only() {
    let rig = Rig::new();
    let (id, _) = rig.client("one", signs);
    let (other, _) = rig.client("other", signs);
    let key = test_key(&rig, &id);
    assert_eq!(
        ask(&rig, &other, &key).error(),
        "invalid_client",
        "another client's"
    );
    let others_key = test_key(&rig, &other);
    assert_eq!(
        ask(&rig, &other, &key).error(),
        "invalid_client",
        "with one of its own"
    );
    assert_eq!(ask(&rig, &other, &others_key).status, 200);
    let elsewhere = Rig::new();
    let (there, _) = elsewhere.client("one", signs);
    assert_eq!(
        ask(&rig, &id, &test_key(&elsewhere, &there)).error(),
        "invalid_client"
    );
    let newer = test_key(&rig, &id);
    assert_eq!(
        ask(&rig, &id, &key).error(),
        "invalid_client",
        "the earlier one has ended"
    );
    let assertion = body(&rig, &id, &newer);
    assert_eq!(rig.token(None, &assertion).status, 200);
    assert_eq!(
        rig.token(None, &assertion).error(),
        "invalid_client",
        "an assertion counts once"
    );
}

#[test]
fn a_test_key_is_neither_made_nor_taken_for_whoever_may_not_authenticate() {
    let rig = Rig::new();
    let (id, _) = rig.client("service with a key", signs);
    let key = test_key(&rig, &id);
    let set = |status| {
        let version = rig.registry.client(&id).unwrap().unwrap().version;
        rig.registry.set_status(&id, version, status, &rig.act()).unwrap();
    };
    set(Status::Disabled);
    let before = rig.server.hashes();
    assert_eq!(ask(&rig, &id, &key).error(), "invalid_client");
    assert_eq!(rig.server.hashes() - before, 1, "every refusal costs one hash");
    let none = rig.server.test_credential(&id, "tester");
    assert!(matches!(none, Err(TestCredentialError::Disabled)));
    let held = ClientId::parse("held").unwrap();
    let mut draft = ClientKind::Service.preset();
    draft.scopes = vec!["bad scope".to_owned()];
    signs(&mut draft);
    rig.registry
        .import_client(&held, &draft, Status::Active, &[], "test", &rig.act())
        .unwrap();
    let none = rig.server.test_credential(&held, "tester");
    assert!(matches!(none, Err(TestCredentialError::Held)));
    let (odd, _) = rig.client("of an algorithm that is not taken", |draft| {
        signs(draft);
        draft.token_endpoint_auth_signing_alg = Some("ES512".to_owned());
    });
    let none = rig.server.test_credential(&odd, "tester").unwrap_err();
    assert!(none.to_string().contains("ES512"), "{none}");
    assert!(!none.advice().is_empty());
}

#[test]
fn a_test_key_is_of_the_registered_algorithm() {
    let rig = Rig::new();
    for alg in ["ES256", "ES384", "PS256", "RS256", "EdDSA"] {
        let (id, _) = rig.client(alg, |draft| {
            signs(draft);
            draft.token_endpoint_auth_signing_alg = Some(alg.to_owned());
        });
        assert_eq!(ask(&rig, &id, &test_key(&rig, &id)).status, 200, "{alg}");
    }
}
