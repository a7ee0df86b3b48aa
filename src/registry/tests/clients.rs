//! Registering, saving, switching, deleting.

use super::*;
use crate::client::{AuthMethod, Standing, Status};

#[test]
fn a_client_is_read_as_it_was_registered() {
    let here = new_registry();
    let mut draft = draft(ClientKind::Web, "  Billing portal ");
    draft.notes = "Renewed each May".to_owned();
    draft.labels = vec!["finance".to_owned()];
    draft.client_uri = Some("https://billing.example.com".to_owned());
    draft.other_members.insert(
        "x_team".to_owned(),
        serde_json::json!({"id": 7, "names": ["a", "b"]}),
    );
    let made = here
        .create_client(new_client("billing", draft.clone()), &act(1))
        .unwrap();
    let read = here.client(&id("billing")).unwrap().unwrap();
    assert_eq!(made, read);
    draft.name = "Billing portal".to_owned();
    assert_eq!(read.draft, draft);
    assert_eq!((read.status, read.held, read.version), (Status::Active, false, 1));
    assert_eq!(
        (read.created_at, read.updated_at, read.last_used_at),
        (at(1), at(1), None)
    );
    assert_eq!(read.secrets.len(), 1);
    assert_eq!(read.secrets[0].label, "first");
    assert!(
        here.client(&id("Billing")).unwrap().is_none(),
        "identifiers are compared exactly"
    );
}

#[test]
fn a_taken_client_id_is_refused_and_changes_nothing() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let again = here.create_client(new_client("one", draft(ClientKind::Service, "Other")), &act(2));
    assert!(matches!(again, Err(RegistryError::AlreadyExists { .. })));
    assert_eq!(here.client(&id("one")).unwrap().unwrap().draft.name, "One");
    assert_eq!(
        here.history(&HistoryQuery {
            limit: 9,
            ..Default::default()
        })
        .unwrap()
        .len(),
        1
    );
}

#[test]
fn a_secret_goes_with_the_authentication_method() {
    let here = new_registry();
    let mut without = new_client("a", draft(ClientKind::Service, "A"));
    without.secret = None;
    assert!(matches!(
        here.create_client(without, &act(1)),
        Err(RegistryError::SecretNeeded)
    ));
    let mut with = new_client("b", draft(ClientKind::SinglePage, "B"));
    with.secret = Some(secret("none of this"));
    assert!(matches!(
        here.create_client(with, &act(1)),
        Err(RegistryError::SecretUnfit)
    ));
}

#[test]
fn a_save_over_somebody_elses_is_refused_with_both_versions() {
    let here = new_registry();
    let read = here.add("one", ClientKind::Service, "One");
    let other_window = here.another().unwrap();
    let mut theirs = read.draft.clone();
    theirs.notes = "theirs".to_owned();
    other_window
        .update_client(&read.client_id, read.version, theirs, None, &act(2))
        .unwrap();
    let mut ours = read.draft.clone();
    ours.notes = "ours".to_owned();
    let conflict = here
        .update_client(&read.client_id, read.version, ours.clone(), None, &act(3))
        .unwrap_err();
    let RegistryError::Conflict { theirs } = conflict else {
        panic!("{conflict}")
    };
    assert_eq!(theirs.draft.notes, "theirs");
    let saved = here
        .update_client(&read.client_id, theirs.version, ours, None, &act(4))
        .unwrap();
    assert_eq!(
        (saved.draft.notes.as_str(), saved.version, saved.updated_at),
        ("ours", 3, at(4))
    );
}

#[test]
fn an_equal_save_changes_nothing_and_leaves_no_row() {
    let here = new_registry();
    let read = here.add("one", ClientKind::Service, "One");
    let mut same = read.draft.clone();
    same.name = " One ".to_owned();
    let before = here.data_version().unwrap();
    assert_eq!(
        here.update_client(&read.client_id, 1, same, None, &act(2))
            .unwrap(),
        read
    );
    assert_eq!(
        here.set_status(&read.client_id, 1, Status::Active, &act(2))
            .unwrap(),
        read
    );
    assert_eq!(
        here.history(&HistoryQuery {
            limit: 9,
            ..Default::default()
        })
        .unwrap()
        .len(),
        1
    );
    assert_eq!(here.data_version().unwrap(), before);
}

#[test]
fn a_save_may_keep_old_refusals_and_may_add_none() {
    let here = new_registry();
    let mut draft = draft(ClientKind::Web, "Legacy");
    draft.redirect_uris = vec![
        "http://a.example.com/cb".to_owned(),
        "http://b.example.com/cb".to_owned(),
    ];
    let held = here
        .import_client(
            &id("old"),
            &draft,
            Status::Active,
            &[secret("kept")],
            "keycloak",
            &act(1),
        )
        .unwrap();
    assert_eq!((held.standing(), held.held), (Standing::Held, true));
    assert!(held.registration().is_err());

    draft.redirect_uris[1] = "https://b.example.com/cb".to_owned();
    let better = here
        .update_client(&held.client_id, 1, draft.clone(), None, &act(2))
        .unwrap();
    assert_eq!(better.standing(), Standing::Held, "one of two is mended");

    draft.redirect_uris.push("http://c.example.com/cb".to_owned());
    let refused = here
        .update_client(&held.client_id, 2, draft.clone(), None, &act(3))
        .unwrap_err();
    let RegistryError::Refused(refusals) = refused else {
        panic!("{refused}")
    };
    assert_eq!(refusals.0.len(), 1);
    assert_eq!(refusals.0[0].value.as_deref(), Some("http://c.example.com/cb"));

    draft.redirect_uris = vec!["https://a.example.com/cb".to_owned()];
    let mended = here
        .update_client(&held.client_id, 2, draft, None, &act(4))
        .unwrap();
    assert_eq!(
        (mended.standing(), mended.status),
        (Standing::Active, Status::Active)
    );
}

#[test]
fn mending_never_switches_a_client_on() {
    let here = new_registry();
    let mut draft = draft(ClientKind::Web, "Legacy");
    draft.redirect_uris = vec!["http://a.example.com/cb".to_owned()];
    here.import_client(&id("old"), &draft, Status::Disabled, &[], "hydra", &act(1))
        .unwrap();
    draft.redirect_uris = vec!["https://a.example.com/cb".to_owned()];
    let mended = here.update_client(&id("old"), 1, draft, None, &act(2)).unwrap();
    assert_eq!(mended.standing(), Standing::Disabled);
}

#[test]
fn leaving_none_needs_a_first_secret_and_turning_to_it_ends_all() {
    let here = new_registry();
    let public = here.add("app", ClientKind::SinglePage, "App");
    let mut draft = public.draft.clone();
    draft.token_endpoint_auth_method = AuthMethod::ClientSecretBasic;
    let without = here.update_client(&public.client_id, 1, draft.clone(), None, &act(2));
    assert!(matches!(without, Err(RegistryError::SecretNeeded)));
    let confidential = here
        .update_client(
            &public.client_id,
            1,
            draft.clone(),
            Some(secret("first")),
            &act(2),
        )
        .unwrap();
    assert_eq!(confidential.live_secrets(at(2)).count(), 1);

    draft.token_endpoint_auth_method = AuthMethod::None;
    let with = here.update_client(
        &public.client_id,
        2,
        draft.clone(),
        Some(secret("second")),
        &act(3),
    );
    assert!(matches!(with, Err(RegistryError::SecretUnfit)));
    let public = here
        .update_client(&public.client_id, 2, draft, None, &act(3))
        .unwrap();
    assert_eq!(public.live_secrets(at(3)).count(), 0);
    assert_eq!(public.secrets[0].revoked_at, Some(at(3)));
}

#[test]
fn switching_off_ends_tokens_and_switching_on_does_not_revive_them() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    let off = here
        .set_status(&client.client_id, 1, Status::Disabled, &act(5))
        .unwrap();
    assert_eq!(
        (off.standing(), off.tokens_valid_after, off.version),
        (Standing::Disabled, Some(at(5)), 2)
    );
    let stale = here.set_status(&client.client_id, 1, Status::Active, &act(6));
    assert!(matches!(stale, Err(RegistryError::Conflict { .. })));
    let on = here
        .set_status(&client.client_id, 2, Status::Active, &act(6))
        .unwrap();
    assert_eq!(
        (on.standing(), on.tokens_valid_after),
        (Standing::Active, Some(at(5)))
    );
}

#[test]
fn a_deleted_client_stays_in_the_history_and_its_tokens_do_not_pass_for_its_successors() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    let stale = here.delete_client(&client.client_id, 7, &act(2));
    assert!(matches!(stale, Err(RegistryError::Conflict { .. })));
    assert_eq!(here.delete_client(&client.client_id, 1, &act(3)).unwrap(), client);
    assert!(here.client(&client.client_id).unwrap().is_none());
    let gone = here.delete_client(&client.client_id, 1, &act(4)).unwrap_err();
    assert!(matches!(gone, RegistryError::NotFound { .. }), "{gone}");

    let rows = here
        .history(&HistoryQuery {
            client: Some(id("one")),
            limit: 9,
            ..Default::default()
        })
        .unwrap();
    assert_eq!(rows[0].action, action::DELETE_CLIENT);
    assert_eq!(rows[0].client_name.as_deref(), Some("One"));
    assert_eq!(
        rows[0].before.as_ref().unwrap()["scopes"],
        serde_json::json!(["read"])
    );
    assert!(rows[0].after.is_none());

    let successor = here.add("one", ClientKind::Service, "Two");
    assert_eq!(successor.tokens_valid_after, Some(at(3)));
}

#[test]
fn many_changes_are_committed_together_and_one_that_fails_leaves_the_others() {
    let here = new_registry();
    let other = here.another().unwrap();
    here.add("taken", ClientKind::Service, "Taken");
    let new = |client_id: &str| new_client(client_id, draft(ClientKind::Service, client_id));
    here.in_one_commit(|registry| {
        registry.create_client(new("one"), &act(2))?;
        assert!(matches!(
            registry.create_client(new("taken"), &act(2)),
            Err(RegistryError::AlreadyExists { .. })
        ));
        registry.create_client(new("two"), &act(2))?;
        assert!(registry.client(&id("two"))?.is_some());
        assert!(other.client(&id("two"))?.is_none(), "not before the commit");
        Ok::<_, RegistryError>(())
    })
    .unwrap();
    assert_eq!(
        other.count_clients(&ListQuery::default()).unwrap(),
        Count::Exact(3)
    );

    let undone = here.in_one_commit(|registry| {
        registry.create_client(new("three"), &act(3))?;
        Err::<(), _>(RegistryError::TooManySecrets)
    });
    assert!(matches!(undone, Err(RegistryError::TooManySecrets)));
    here.add("four", ClientKind::Service, "Four");
    assert!(here.client(&id("three")).unwrap().is_none());
    assert!(here.check().unwrap().is_sound());
}
