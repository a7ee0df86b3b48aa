//! Rotation, revocation and renewal.

use super::*;
use proptest::prelude::*;

#[test]
fn a_rotation_leaves_both_secrets_live_until_the_old_one_ends() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    let rotated = here
        .rotate_secret(&client.client_id, secret("second"), at(3600), &act(10))
        .unwrap();
    assert_eq!(labels(&rotated, 11), ["first", "second"]);
    assert_eq!(labels(&rotated, 3599), ["first", "second"]);
    assert_eq!(labels(&rotated, 3600), ["second"]);
    assert_eq!(
        rotated.version, client.version,
        "an open form of the same client is not stale"
    );
    assert_eq!(rotated.updated_at, at(10));
}

#[test]
fn a_rotation_never_lengthens_a_life() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    here.rotate_secret(&client.client_id, secret("second"), at(100), &act(10))
        .unwrap();
    let rotated = here
        .rotate_secret(&client.client_id, secret("third"), at(9999), &act(20))
        .unwrap();
    assert_eq!(labels(&rotated, 21), ["first", "second", "third"]);
    assert_eq!(labels(&rotated, 100), ["second", "third"]);
    assert_eq!(labels(&rotated, 9999), ["third"]);
}

#[test]
fn without_overlap_the_old_secret_ends_at_once() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    let rotated = here
        .rotate_secret(&client.client_id, secret("second"), at(10), &act(10))
        .unwrap();
    assert_eq!(labels(&rotated, 10), ["second"]);
}

#[test]
fn five_live_secrets_are_the_most() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    for number in 2..=5 {
        here.rotate_secret(
            &client.client_id,
            secret(&number.to_string()),
            at(9999),
            &act(number),
        )
        .unwrap();
    }
    let sixth = here.rotate_secret(&client.client_id, secret("6"), at(9999), &act(6));
    assert!(matches!(sixth, Err(RegistryError::TooManySecrets)));
    let unchanged = here.client(&client.client_id).unwrap().unwrap();
    assert_eq!(unchanged.live_secrets(at(7)).count(), 5);
    assert_eq!(
        unchanged.live_secrets(at(9999)).count(),
        1,
        "the refused rotation shortened nothing more"
    );
    let at_once = here
        .rotate_secret(&client.client_id, secret("6"), at(8), &act(8))
        .unwrap();
    assert_eq!(labels(&at_once, 8), ["6"]);
}

#[test]
fn at_most_one_live_secret_has_no_selector() {
    let here = new_registry();
    let imported = NewSecret {
        is_weak: false,
        selector: None,
        ..secret("imported")
    };
    let draft = draft(ClientKind::Service, "One");
    let two = [imported.clone(), imported.clone()];
    let refused = here.import_client(
        &id("two"),
        &draft,
        crate::client::Status::Active,
        &two,
        "keycloak",
        &act(1),
    );
    assert!(matches!(refused, Err(RegistryError::TooManySecrets)));
    assert!(here.client(&id("two")).unwrap().is_none());
}

#[test]
fn revoking_ends_every_secret_and_every_token_at_once() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    here.rotate_secret(&client.client_id, secret("second"), at(9999), &act(2))
        .unwrap();
    let revoked = here.revoke_secrets(&client.client_id, &act(3)).unwrap();
    assert_eq!(revoked.live_secrets(at(3)).count(), 0);
    assert_eq!(revoked.tokens_valid_after, Some(at(3)));
    let rotated = here
        .rotate_secret(&client.client_id, secret("fresh"), at(9), &act(4))
        .unwrap();
    assert_eq!(
        labels(&rotated, 5),
        ["fresh"],
        "a revoked secret does not come back"
    );
}

#[test]
fn a_client_without_shared_secrets_gets_none() {
    let here = new_registry();
    let client = here.add("app", ClientKind::SinglePage, "App");
    let rotated = here.rotate_secret(&client.client_id, secret("second"), at(9), &act(2));
    assert!(matches!(rotated, Err(RegistryError::SecretUnfit)));
}

#[test]
fn a_hash_is_renewed_only_where_it_is_still_the_same() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    let row = client.secrets[0].id;
    assert!(here.renew_secret_hash(row, &hash('K'), &hash('L')).unwrap());
    assert!(!here.renew_secret_hash(row, &hash('K'), &hash('M')).unwrap());
    assert_eq!(
        here.client(&client.client_id).unwrap().unwrap().secrets[0].hash,
        hash('L')
    );
}

#[test]
fn ended_secrets_are_forgotten_in_the_end_but_not_by_the_history() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    for number in 0..40 {
        here.rotate_secret(
            &client.client_id,
            secret(&format!("no {number}")),
            at(number),
            &act(number),
        )
        .unwrap();
    }
    let client = here.client(&client.client_id).unwrap().unwrap();
    assert_eq!(labels(&client, 41), ["no 39"]);
    assert!(
        (20..=23).contains(&client.secrets.len()),
        "{}",
        client.secrets.len()
    );
    let early = HistoryQuery {
        text: "no 3\"".to_owned(),
        limit: 100,
        ..Default::default()
    };
    assert!(!here.history(&early).unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is done in whatever order: never more than five are live, and none outlives its first end.
    #[test]
    fn no_order_of_rotations_and_revocations_breaks_the_rules(steps in proptest::collection::vec((0..4i64, 0..50i64), 1..12)) {
        let here = new_registry();
        let client = here.add("one", ClientKind::Service, "One").client_id;
        let mut now = 10;
        let mut ends: std::collections::HashMap<i64, Timestamp> = Default::default();
        for (kind, wait) in steps {
            now += wait;
            match kind {
                0 => drop(here.revoke_secrets(&client, &act(now)).unwrap()),
                _ => drop(here.rotate_secret(&client, secret("next"), at(now + wait * kind), &act(now))),
            }
            let read = here.client(&client).unwrap().unwrap();
            prop_assert!(read.live_secrets(at(now)).count() <= MAX_LIVE_SECRETS);
            for secret in &read.secrets {
                let end = secret.revoked_at.into_iter().chain(secret.expires_at).min();
                if let Some(end) = end {
                    let known = *ends.entry(secret.id).or_insert(end);
                    prop_assert!(end <= known);
                    ends.insert(secret.id, end);
                } else {
                    prop_assert!(!ends.contains_key(&secret.id));
                }
            }
        }
    }
}

fn labels(client: &Client, seconds: i64) -> Vec<&str> {
    client
        .live_secrets(at(seconds))
        .map(|secret| secret.label.as_str())
        .collect()
}
