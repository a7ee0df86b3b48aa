//! What another program changes in the file is seen by `check`, though the history and its chain are whole.

use super::*;
use crate::client::Status;

/// A registry in which everything that the history is about was made, changed and taken away.
fn lively_registry() -> Here {
    let here = new_registry();
    for (client_id, name) in [
        ("one", "One"),
        ("two", "Two"),
        ("three", "Three"),
        ("four", "Four"),
    ] {
        here.add(client_id, ClientKind::Service, name);
    }
    let mut draft = here.client(&id("two")).unwrap().unwrap().draft;
    draft.scopes.push("write".to_owned());
    here.update_client(&id("two"), 1, draft, None, &act(2)).unwrap();
    here.rotate_secret(&id("two"), secret("second"), at(50), &act(3))
        .unwrap();
    here.set_status(&id("three"), 1, Status::Disabled, &act(4))
        .unwrap();
    here.append_note(&id("three"), "issue-test-credential", "", &act(5))
        .unwrap();
    here.delete_client(&id("four"), 1, &act(6)).unwrap();
    here.import_client(
        &id("held"),
        &ClientDraft {
            redirect_uris: vec!["http://held.example.com/cb".to_owned()],
            allowed_cors_origins: vec!["https://held.example.com".to_owned()],
            ..draft_of_web()
        },
        Status::Active,
        &[secret("old")],
        "test",
        &act(7),
    )
    .unwrap();
    for (identifier, client) in [
        ("https://api.example.com", Some("one")),
        ("https://b.example.com", None),
    ] {
        let server = ResourceServer {
            identifier: identifier.to_owned(),
            slug: crate::client::resource::propose_slug(identifier, &[]),
            scopes: vec!["read".to_owned()],
            introspecting_client: client.map(id),
            policy: crate::client::policy::AccessPolicy::default(),
        };
        here.put_resource_server(&server, &act(8)).unwrap();
    }
    for name in ["ada", "bob"] {
        let user = User {
            name: name.to_owned(),
            hash: hash('K'),
            claims: Default::default(),
            created_at: at(8),
        };
        here.put_user(&user, &act(8)).unwrap();
    }
    here.remove_user("bob", &act(9)).unwrap();
    let key = SigningKeyRecord {
        kid: "key".to_owned(),
        alg: "ES256".to_owned(),
        sealed: vec![1],
        public_jwk: serde_json::json!({"kty": "EC"}),
        created_at: at(8) + jiff::SignedDuration::from_nanos(1_234_567),
        retires_at: None,
    };
    here.insert_signing_key(&key, &act(8)).unwrap();
    let live = SigningKeyRecord {
        kid: "live".to_owned(),
        ..key
    };
    here.insert_signing_key(&live, &act(8)).unwrap();
    here.retire_signing_key("key", at(100), &act(9)).unwrap();
    here
}

fn draft_of_web() -> ClientDraft {
    draft(ClientKind::Web, "Held")
}

fn bad(registry: &Registry) -> Vec<(&'static str, String)> {
    let lines = registry.check().unwrap().lines.into_iter();
    lines
        .filter(|line| !line.ok)
        .map(|line| (line.name, line.found))
        .collect()
}

#[test]
fn what_this_program_did_is_as_the_history_has_it() {
    let here = lively_registry();
    assert_eq!(bad(&here), []);
    // The introspecting client of a resource server goes with the client, whose row tells of it.
    here.delete_client(&id("one"), 1, &act(20)).unwrap();
    assert_eq!(bad(&here), []);
    // A client of the same identifier that comes later is another one, as registered then.
    here.add("one", ClientKind::Service, "One again");
    assert_eq!(bad(&here), []);
}

#[test]
fn what_another_program_changed_is_named() {
    for (change, line, named) in [
        (
            "UPDATE client SET name = 'evil' WHERE client_id = 'one'",
            "clients",
            "client one (evil) is not as row 1 of the history has it: name",
        ),
        (
            r#"UPDATE client SET redirect_uris = '["https://evil.example"]' WHERE client_id = 'held'"#,
            "clients",
            "redirect_uris",
        ),
        (
            r#"UPDATE client SET metadata = json_set(metadata, '$.notes', 'evil') WHERE client_id = 'two'"#,
            "clients",
            "client two (Two) is not as row 6 of the history has it: notes",
        ),
        (
            "UPDATE client SET status = 'active' WHERE client_id = 'three'",
            "clients",
            "status",
        ),
        (
            "UPDATE client SET scopes = 'no JSON' WHERE client_id = 'one'",
            "clients",
            "client one cannot be read",
        ),
        (
            "UPDATE client_secret SET expires_at = NULL",
            "clients",
            "client two (Two) is not as row 6 of the history has it: secrets",
        ),
        (
            "UPDATE client_secret SET label = 'mine' WHERE client = 1",
            "clients",
            "client one (One)",
        ),
        ("DELETE FROM client_secret WHERE client = 1", "clients", "secrets"),
        (
            "INSERT INTO client_secret (client, client_secret_hash, label, created_at)
             SELECT 1, client_secret_hash, 'mine', 5 FROM client_secret LIMIT 1",
            "clients",
            "client one (One) is not as row 1 of the history has it: secrets",
        ),
        (
            "DELETE FROM client WHERE client_id = 'two'",
            "clients",
            "client two is gone, though row 6",
        ),
        (
            "UPDATE history SET client_id = 'x' WHERE client_id = 'one'",
            "clients",
            "client one (One) is in no row of the history",
        ),
        (
            "INSERT INTO history SELECT seq + 1, at, by, 'delete-client', 'one', 'One', '{}', NULL, '', mac
          FROM history ORDER BY seq DESC LIMIT 1",
            "clients",
            "client one (One) was deleted by row",
        ),
        (
            "UPDATE client SET name_key = 'zzz' WHERE client_id = 'one'",
            "search",
            "client one is listed wrongly",
        ),
        (
            "UPDATE client SET facets = facets | 4 WHERE client_id = 'one'",
            "search",
            "client one is listed wrongly",
        ),
        (
            "UPDATE client SET type = 'public' WHERE client_id = 'two'",
            "search",
            "client two is listed wrongly",
        ),
        (
            "UPDATE client_search_content SET c0 = 'nothing' WHERE id = 1",
            "search",
            "client one is listed wrongly",
        ),
        (
            "DELETE FROM client_search WHERE rowid = 2",
            "search",
            "client two is listed wrongly",
        ),
        (
            "INSERT INTO client_search (rowid, words) VALUES (99, 'ghost')",
            "search",
            "1 clients that do not exist",
        ),
        (
            "UPDATE facet_count SET clients = clients + 1",
            "search",
            "the numbers of clients",
        ),
        (
            "INSERT INTO cors_origin VALUES ('https://evil.example', 1)",
            "search",
            "web origins",
        ),
        (
            "UPDATE resource_server SET scopes = '[\"all\"]' WHERE slug = 'b'",
            "other records",
            "resource server https://b.example.com",
        ),
        (
            "UPDATE resource_server SET introspecting_client = NULL",
            "other records",
            "resource server https://api.example.com",
        ),
        (
            "UPDATE test_user SET claims = '{\"roles\":[\"admin\"]}'",
            "other records",
            "test user ada is not as row",
        ),
        (
            "INSERT INTO test_user SELECT 'eve', password_hash, claims, created_at FROM test_user",
            "other records",
            "test user eve is in no row",
        ),
        (
            "INSERT INTO test_user SELECT 'bob', password_hash, claims, created_at FROM test_user",
            "other records",
            "test user bob was taken away by row",
        ),
        (
            "UPDATE signing_key SET retires_at = NULL",
            "other records",
            "signing key key",
        ),
        (
            "DELETE FROM signing_key",
            "other records",
            "signing key key is gone",
        ),
    ] {
        let here = lively_registry();
        here.connection.execute_batch(change).unwrap();
        let bad = bad(&here);
        let found = bad.iter().find(|(name, _)| *name == line);
        assert!(
            found.is_some_and(|(_, found)| found.contains(named)),
            "{change}: {bad:?}"
        );
    }
}

#[test]
fn of_many_differences_the_first_are_told_and_the_rest_counted() {
    let here = new_registry();
    for number in 0..9 {
        here.add(
            &format!("c{number}"),
            ClientKind::Service,
            &format!("Client {number}"),
        );
    }
    here.connection
        .execute_batch("UPDATE client SET name = 'evil'")
        .unwrap();
    let bad = bad(&here);
    let (_, found) = bad.iter().find(|(name, _)| *name == "clients").unwrap();
    assert!(
        found.starts_with("client c0 (evil)") && found.ends_with("; and 4 more"),
        "{found}"
    );
}

#[test]
fn a_record_of_an_older_version_that_lacked_a_member_is_no_difference() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    here.connection
        .execute_batch("UPDATE history SET after = json_remove(after, '$.require_pkce')")
        .unwrap();
    let bad = bad(&here);
    assert!(bad.iter().all(|(name, _)| *name == "history"), "{bad:?}");
}
