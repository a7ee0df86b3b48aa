//! What the server needs beside the clients: resource servers, users, keys, and what is known of tokens.

use super::*;
use crate::client::Status;
use crate::client::policy::AccessPolicy;

fn server(identifier: &str, slug: &str) -> ResourceServer {
    ResourceServer {
        identifier: identifier.to_owned(),
        slug: slug.to_owned(),
        scopes: vec!["read".to_owned()],
        introspecting_client: None,
        policy: AccessPolicy::default(),
    }
}

#[test]
fn a_resource_server_is_put_changed_and_removed() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let mut payroll = server("https://payroll.example.com", "payroll");
    here.put_resource_server(&payroll, &act(1)).unwrap();
    payroll.introspecting_client = Some(id("one"));
    here.put_resource_server(&payroll, &act(2)).unwrap();
    here.put_resource_server(&payroll, &act(3)).unwrap();
    assert_eq!(here.resource_servers().unwrap(), [payroll.clone()]);
    assert_eq!(here.verify_chain().unwrap().rows, 3, "an equal one leaves no row");

    let taken = here.put_resource_server(&server("https://other.example.com", "payroll"), &act(4));
    assert!(matches!(taken, Err(RegistryError::AlreadyExists { .. })));
    payroll.introspecting_client = Some(id("nobody"));
    assert!(matches!(
        here.put_resource_server(&payroll, &act(4)),
        Err(RegistryError::NotFound { .. })
    ));

    here.delete_client(&id("one"), 1, &act(5)).unwrap();
    assert_eq!(here.resource_servers().unwrap()[0].introspecting_client, None);
    here.remove_resource_server("https://payroll.example.com", &act(6))
        .unwrap();
    assert!(here.resource_servers().unwrap().is_empty());
    let again = here.remove_resource_server("https://payroll.example.com", &act(7));
    assert!(matches!(again, Err(RegistryError::NotFound { .. })));
}

#[test]
fn a_policy_is_kept_with_its_resource_server_and_found_by_the_slug() {
    let here = new_registry();
    let mut payroll = server("https://payroll.example.com", "payroll");
    here.put_resource_server(&payroll, &act(1)).unwrap();
    let rules = serde_json::json!([{ "method": "GET", "path": "/**", "scopes": ["read"], "claims": [] }]);
    payroll.policy = serde_json::from_value(rules).unwrap();
    here.put_resource_server(&payroll, &act(2)).unwrap();
    assert_eq!(here.resource_server("payroll").unwrap(), Some(payroll.clone()));
    assert_eq!(here.resource_server("Payroll").unwrap(), None);
    let history = here
        .history(&HistoryQuery {
            limit: 10,
            ..HistoryQuery::default()
        })
        .unwrap();
    let policy = |record: &Option<serde_json::Value>| record.as_ref().unwrap().get("policy").cloned();
    assert_eq!(
        policy(&history[0].before),
        None,
        "without rules there is no such member, as before there were policies"
    );
    let told = serde_json::json!([{ "method": "GET", "path": "/**", "scopes": ["read"] }]);
    assert_eq!(policy(&history[0].after), Some(told));
    assert!(here.check().unwrap().is_sound());

    for (change, told) in [
        (
            (|server: &mut ResourceServer| server.slug = "Pay roll".to_owned()) as fn(&mut ResourceServer),
            "slug",
        ),
        (|server| server.identifier = "a b".to_owned(), "identifier"),
        (|server| server.scopes = vec!["\"".to_owned()], "is no scope"),
        (|server| server.scopes = vec!["a".to_owned(); 201], "200 scopes"),
    ] {
        let mut odd = payroll.clone();
        change(&mut odd);
        let refused = here.put_resource_server(&odd, &act(3)).unwrap_err();
        assert!(
            matches!(&refused, RegistryError::Unfit(why) if why.contains(told)),
            "{refused}"
        );
    }
}

#[test]
fn a_user_is_put_changed_and_removed() {
    let here = new_registry();
    let mut user = User {
        name: "ada".to_owned(),
        hash: hash('K'),
        claims: Default::default(),
        created_at: at(1),
    };
    here.put_user(&user, &act(1)).unwrap();
    user.claims.insert("email".to_owned(), "ada@example.com".into());
    user.created_at = at(50);
    here.put_user(&user, &act(2)).unwrap();
    user.created_at = at(1);
    assert_eq!(here.users().unwrap(), [user.clone()]);
    assert_eq!(here.user("ada").unwrap(), Some(user));
    here.remove_user("ada", &act(3)).unwrap();
    assert!(matches!(
        here.remove_user("ada", &act(4)),
        Err(RegistryError::NotFound { .. })
    ));
}

#[test]
fn a_signing_key_is_kept_sealed_and_comes_back_as_it_was() {
    let here = new_registry();
    let private = b"a private key that nobody else may read";
    let key = SigningKeyRecord {
        kid: "k1".to_owned(),
        alg: "ES256".to_owned(),
        sealed: here.vault().seal(b"k1", private).unwrap(),
        public_jwk: serde_json::json!({"kty": "EC"}),
        created_at: at(1),
        retires_at: None,
    };
    assert!(here.insert_first_signing_key(&key, &act(1)).unwrap());
    let second = SigningKeyRecord {
        kid: "k2".to_owned(),
        ..key.clone()
    };
    assert!(
        !here.insert_first_signing_key(&second, &act(1)).unwrap(),
        "there is one of this algorithm"
    );
    assert!(matches!(
        here.insert_signing_key(&key, &act(2)),
        Err(RegistryError::AlreadyExists { .. })
    ));
    assert_eq!(here.signing_keys().unwrap(), std::slice::from_ref(&key));

    let path = here.path().to_owned();
    let folder = here.folder;
    drop(here.registry);
    let reopened = Registry::open(&path, at(9)).unwrap();
    let read = reopened.signing_keys().unwrap().remove(0);
    assert_eq!(
        reopened.vault().unseal(b"k1", &read.sealed).unwrap().as_slice(),
        private
    );
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let content = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!content.windows(private.len()).any(|part| part == private));
    }
    reopened.retire_signing_key("k1", at(99), &act(3)).unwrap();
    assert_eq!(reopened.signing_keys().unwrap()[0].retires_at, Some(at(99)));
    reopened.remove_signing_key("k1", &act(4)).unwrap();
    assert!(reopened.signing_keys().unwrap().is_empty());
}

#[test]
fn issues_are_remembered_by_client_secret_and_scope_without_a_new_version() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    let issue = |seconds, scopes: &[&str]| Issue {
        client_id: id("one"),
        secret_id: Some(client.secrets[0].id),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        at: at(seconds),
        exp: at(seconds + 600),
    };
    let gone = Issue {
        client_id: id("gone"),
        ..issue(9, &["read"])
    };
    here.record_issues(&[
        issue(5, &["read", "write"]),
        gone,
        issue(3, &["read"]),
        issue(4, &[]),
    ])
    .unwrap();
    let read = here.client(&id("one")).unwrap().unwrap();
    assert_eq!(
        (read.last_used_at, read.version, read.updated_at),
        (Some(at(5)), 1, at(1))
    );
    assert_eq!(read.secrets[0].last_used_at, Some(at(9)));
    let uses: Vec<_> = here
        .scope_use(&id("one"))
        .unwrap()
        .into_iter()
        .map(|used| (used.scope, used.last_used_at, used.latest_exp))
        .collect();
    assert_eq!(
        uses,
        [
            (String::new(), at(4), at(604)),
            ("read".to_owned(), at(5), at(605)),
            ("write".to_owned(), at(5), at(605))
        ]
    );
    assert_eq!(here.verify_chain().unwrap().rows, 1);
}

#[test]
fn a_revoked_token_is_remembered_until_it_would_have_ended() {
    let here = new_registry();
    here.revoke_token("first", at(100), at(1)).unwrap();
    here.revoke_token("first", at(100), at(1)).unwrap();
    assert!(here.is_revoked("first").unwrap());
    assert!(!here.is_revoked("second").unwrap());
    here.revoke_token("second", at(300), at(100)).unwrap();
    assert!(!here.is_revoked("first").unwrap(), "its time is over anyway");
}

#[test]
fn a_change_of_the_rules_judges_every_client_again() {
    let here = new_registry();
    here.add("one", ClientKind::Web, "One");
    let mut held = draft(ClientKind::Web, "Two");
    held.redirect_uris = vec!["http://two.example.com/cb".to_owned()];
    here.import_client(&id("two"), &held, Status::Active, &[], "test", &act(1))
        .unwrap();
    here.as_judged_by_older_rules();
    let held_by_list = |registry: &Registry| {
        let query = ListQuery {
            status: Some(crate::client::Standing::Held),
            ..Default::default()
        };
        registry.count_clients(&query).unwrap()
    };
    assert_eq!(held_by_list(&here), Count::Exact(0));
    assert!(
        here.client(&id("two")).unwrap().unwrap().held,
        "a client by itself is judged when it is read"
    );
    // One at a time, as a writer does with thousands of them.
    assert!(judge::judge_again(&here, 1).unwrap());
    assert_eq!(held_by_list(&here), Count::Exact(0));
    assert!(judge::judge_again(&here, 1).unwrap());
    assert_eq!(held_by_list(&here), Count::Exact(1));
    let reopened = Registry::open(here.path(), at(5)).unwrap();
    assert!(reopened.client(&id("two")).unwrap().unwrap().held);
    assert!(!reopened.client(&id("one")).unwrap().unwrap().held);
    let query = ListQuery {
        status: Some(crate::client::Standing::Held),
        text: "two".to_owned(),
        ..Default::default()
    };
    assert_eq!(reopened.count_clients(&query).unwrap(), Count::Exact(1));
    assert!(!reopened.judge_some().unwrap(), "all are judged");
    assert!(reopened.check().unwrap().is_sound());
}

#[test]
fn of_changes_in_one_piece_all_are_made_or_none_and_what_is_made_is_found() {
    let here = new_registry();
    let registry: &Registry = &here;
    let import = |registry: &Registry, id: &str| {
        let draft = ClientDraft {
            name: format!("Imported {id}"),
            ..ClientDraft::default()
        };
        let client_id = ClientId::parse(id).unwrap();
        registry.import_client(&client_id, &draft, Status::Active, &[], "test", &act(1))
    };
    let found = |text: &str| {
        let query = ListQuery {
            text: text.to_owned(),
            limit: 10,
            ..ListQuery::default()
        };
        registry.list_clients(&query).unwrap().len()
    };
    let failed = registry.in_one_piece(|registry| {
        import(registry, "one")?;
        import(registry, "two")?;
        import(registry, "one")
    });
    assert!(
        matches!(failed, Err(RegistryError::AlreadyExists { .. })),
        "{failed:?}"
    );
    assert_eq!(found("Imported"), 0);
    registry
        .in_one_piece(|registry| import(registry, "one").and_then(|_| import(registry, "two")))
        .unwrap();
    assert_eq!(found("Imported"), 2);
    // One that fails among others leaves them, where each is made by itself.
    registry
        .in_one_commit(|registry| {
            assert!(import(registry, "three").is_ok() && import(registry, "one").is_err());
            Ok::<_, RegistryError>(())
        })
        .unwrap();
    assert_eq!(found("Imported"), 3);
    assert!(registry.check().unwrap().is_sound());
}
