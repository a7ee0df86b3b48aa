//! What clients do with their own registration (RFC 7592), by section.

use axum::body::Body;
use serde_json::json;

use super::registration::{Own, as_change, portal, rig, with};
use crate::client::{AuthMethod, ClientKind, GrantType, Secret, Status};
use crate::protocol::registration::RegistrationMode;
use crate::registry::HistoryQuery;

#[test]
fn what_only_an_admin_sets_is_left_as_it_is() {
    let rig = rig(RegistrationMode::Open);
    let reach = json!({
        "audience": ["https://api.example.com"], "access_token_lifetime": 3600, "refresh_token_idle_lifetime": 1,
        "refresh_token_absolute_lifetime": 1, "notes": "trust me", "labels": ["prod"], "require_pkce": false,
        "status": "disabled", "x_team": 7, "client_id": "chosen", "client_secret": "chosen", "software_statement": "a.b.c",
        "client_id_issued_at": 1, "unheard_of": [1],
    });
    let own = rig.registered(None, &with(portal(), reach.clone()));
    let client = rig.stored(&own);
    assert_eq!(client.status, Status::Active);
    assert_ne!(own.client_id.as_str(), "chosen");
    let draft = &client.draft;
    assert!(
        draft.audience.is_empty() && draft.notes.is_empty() && draft.labels.is_empty() && draft.require_pkce
    );
    assert!(draft.access_token_lifetime.is_none() && draft.refresh_token_idle_lifetime.is_none());
    assert!(draft.refresh_token_absolute_lifetime.is_none() && draft.other_members.is_empty());
    for name in [
        "x_team",
        "software_statement",
        "unheard_of",
        "status",
        "notes",
        "labels",
    ] {
        assert!(own.json.get(name).is_none(), "{name}");
    }
    // An admin sets them, and a change by the client leaves them, unseen.
    let mut draft = client.draft.clone();
    draft.notes = "asked Ada".to_owned();
    draft.labels = vec!["pilot".to_owned()];
    draft.audience = vec!["https://api.example.com".to_owned()];
    draft.access_token_lifetime = Some(300);
    draft.scopes.push("read:orders".to_owned());
    draft.other_members.insert("x_team".to_owned(), json!(7));
    rig.registry
        .update_client(&own.client_id, client.version, draft.clone(), None, &rig.act())
        .unwrap();
    let mut change = with(as_change(&own), reach);
    for name in ["client_id_issued_at", "client_secret"] {
        change.as_object_mut().unwrap().remove(name);
    }
    let change = with(
        change,
        json!({"client_id": own.client_id.as_str(), "client_name": "Renamed", "scope": "openid read:orders"}),
    );
    let answer = rig.put(&own, &change);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let now = rig.stored(&own).draft;
    draft.name = "Renamed".to_owned();
    draft.scopes = vec!["openid".to_owned(), "read:orders".to_owned()];
    assert_eq!(now, draft);
    assert!(
        answer.json().get("notes").is_none()
            && answer.json().get("labels").is_none()
            && answer.json().get("x_team").is_none()
    );
}

#[test]
fn rfc_7592_section_2_2_a_change_replaces_what_a_client_may_set() {
    let rig = rig(RegistrationMode::Open);
    let own = rig.registered(
        None,
        &with(
            portal(),
            json!({"client_name#de": "Portal", "contacts": ["a@example.com"], "software_id": "s"}),
        ),
    );
    let id = own.client_id.as_str();
    let answer = rig.put(
        &own,
        &with(
            portal(),
            json!({"client_id": id, "tos_uri": "https://portal.example.com/tos"}),
        ),
    );
    assert_eq!(answer.status, 200, "{}", answer.json());
    let draft = rig.stored(&own).draft;
    assert_eq!(draft.tos_uri.as_deref(), Some("https://portal.example.com/tos"));
    assert!(
        draft.contacts.is_empty() && draft.software_id.is_none(),
        "omitted is deleted"
    );
    assert_eq!(
        draft.scopes,
        ["openid", "profile", "email"],
        "or becomes the default, which are the scopes that it has"
    );
    assert!(draft.other_members.is_empty());
    assert!(answer.json().get("client_secret").is_none());

    let own = rig.registered(None, &with(portal(), json!({"scope": "openid"})));
    let id = own.client_id.as_str();
    let sound = with(portal(), json!({"client_id": id}));
    let secret = own.json["client_secret"].clone();
    for (more, status) in [
        (json!({"client_id": "another"}), 400),
        (json!({"client_id": null}), 400),
        (json!({"registration_access_token": own.token}), 400),
        (json!({"registration_client_uri": "x"}), 400),
        (json!({"client_secret_expires_at": 0}), 400),
        (json!({"client_id_issued_at": 0}), 400),
        (json!({"client_secret": "my own choice of a secret"}), 400),
        (json!({"client_secret": 5}), 400),
        (json!({"scope": "openid profile"}), 400),
        (json!({"redirect_uris": ["http://evil.example.com/"]}), 400),
        (
            json!({"client_secret": secret, "scope": "openid", "registration_client_uri": null}),
            200,
        ),
    ] {
        let before = rig.stored(&own);
        let answer = rig.put(&own, &with(sound.clone(), more.clone()));
        assert_eq!(answer.status.as_u16(), status, "{more}: {}", answer.json());
        if status == 400 {
            assert_eq!(rig.stored(&own), before, "{more}");
            assert!(
                !String::from_utf8(answer.body).unwrap().contains("choice"),
                "{more}"
            );
        }
    }
}

#[test]
fn rfc_7592_section_2_2_a_secret_comes_with_the_method_that_needs_one() {
    let rig = rig(RegistrationMode::Open);
    let own = rig.registered(
        None,
        &with(portal(), json!({"token_endpoint_auth_method": "none"})),
    );
    assert!(own.json.get("client_secret").is_none() && own.json.get("client_secret_expires_at").is_none());
    let change = with(
        as_change(&own),
        json!({"token_endpoint_auth_method": "client_secret_post"}),
    );
    let answer = rig.put(&own, &change);
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(answer.json()["client_secret_expires_at"], 0);
    assert_eq!(
        answer.json()["client_secret"].as_str().unwrap().len(),
        Secret::LENGTH
    );
    let own = Own::of(&rig, &answer);
    // Secrets that an admin revoked do not come back by a change.
    rig.registry.revoke_secrets(&own.client_id, &rig.act()).unwrap();
    let answer = rig.put(&own, &with(as_change(&own), json!({"client_name": "Again"})));
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert!(answer.json().get("client_secret").is_none());
    let own = Own::of(&rig, &answer);
    let answer = rig.put(
        &own,
        &with(as_change(&own), json!({"token_endpoint_auth_method": "none"})),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(
        rig.stored(&own).draft.token_endpoint_auth_method,
        AuthMethod::None
    );
}

#[test]
fn rfc_7592_section_3_the_token_changes_at_put_only_and_the_old_one_works_until_the_new_ones_first_use() {
    let rig = rig(RegistrationMode::Open);
    let own = rig.registered(None, &portal());
    let look = |token: &str| rig.dcr("GET", &own.uri, Some(token), "");
    assert_eq!(look(&own.token).json()["registration_access_token"], own.token);
    let next = Own::of(&rig, &rig.put(&own, &as_change(&own)));
    assert_ne!(next.token, own.token);
    assert_eq!(look(&own.token).status, 200, "the answer may have got lost");
    assert_eq!(look(&next.token).json()["registration_access_token"], next.token);
    let old = look(&own.token);
    assert_eq!(
        (old.status.as_u16(), old.error().as_str()),
        (401, "invalid_token")
    );
    assert_eq!(rig.put(&own, &as_change(&own)).status, 401);
    assert_eq!(look(&next.token).status, 200);
}

#[test]
fn rfc_7592_section_2_a_wrong_token_learns_nothing() {
    let rig = rig(RegistrationMode::Open);
    let own = rig.registered(None, &portal());
    let other = rig.registered(None, &portal());
    let (initial, _) = rig.initial_token("ci", |_| ());
    let (by_hand, _) = rig.client("by hand", |_| ());
    let disabled = rig.registered(None, &portal());
    rig.registry
        .set_status(&disabled.client_id, 1, Status::Disabled, &rig.act())
        .unwrap();
    let nobody = "/register/00000000-0000-4000-8000-000000000000".to_owned();
    let mut told = std::collections::BTreeSet::new();
    for (uri, token) in [
        (&own.uri, "wrong"),
        (&own.uri, other.token.as_str()),
        (&own.uri, initial.as_str()),
        (&nobody, own.token.as_str()),
        (&disabled.uri, disabled.token.as_str()),
        (&format!("/register/{by_hand}"), own.token.as_str()),
        (&"/register/%00".to_owned(), own.token.as_str()),
        (&"/register/%ff".to_owned(), own.token.as_str()),
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = rig.dcr(method, uri, Some(token), as_change(&own).to_string());
            assert_eq!(answer.status, 401, "{method} {uri}");
            told.insert((answer.body.clone(), format!("{:?}", answer.headers)));
        }
    }
    assert_eq!(told.len(), 1, "one answer for all");
    for method in ["GET", "PUT", "DELETE"] {
        let answer = rig.dcr(method, &own.uri, None, "{}");
        assert_eq!(
            (answer.status.as_u16(), answer.header("www-authenticate")),
            (401, "Bearer realm=\"chancery\"")
        );
    }
    let log = rig.server.requests();
    assert!(
        log.iter()
            .all(|entry| !entry.path.contains(own.client_id.as_str()))
    );
    assert!(log.iter().any(|entry| entry.path == "/register/{client_id}"));
    assert_eq!(rig.dcr("POST", &own.uri, Some(&own.token), "{}").status, 405);
}

#[test]
fn rfc_7592_section_2_3_deleting_ends_everything() {
    let rig = rig(RegistrationMode::Token);
    let (token, _) = rig.initial_token("ci", |_| ());
    let own = rig.registered(
        Some(&token),
        &json!({"client_name": "S", "grant_types": ["client_credentials"], "scope": ""}),
    );
    let secret = Secret::new(own.json["client_secret"].as_str().unwrap().to_owned());
    let issued = rig.token_by_basic(&own.client_id, &secret, "");
    assert_eq!(issued.status, 200, "{}", issued.json());
    let access = issued.json()["access_token"].as_str().unwrap().to_owned();
    let (peer, peer_secret) = rig.client("peer", |_| ());
    rig.registry
        .put_resource_server(
            &crate::registry::ResourceServer {
                identifier: rig.server.issuer().as_str().to_owned(),
                slug: "self".to_owned(),
                scopes: Vec::new(),
                introspecting_client: Some(peer.clone()),
                policy: crate::client::policy::AccessPolicy::default(),
            },
            &rig.act(),
        )
        .unwrap();
    let is_active = || {
        let request = rig
            .request()
            .method("POST")
            .uri("/introspect")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", super::basic(&peer, &peer_secret));
        rig.send(request.body(Body::from(format!("token={access}"))).unwrap())
            .json()["active"]
            .clone()
    };
    assert_eq!(is_active(), true);
    let answer = rig.dcr("DELETE", &own.uri, Some(&own.token), "");
    assert_eq!(
        (answer.status.as_u16(), answer.header("cache-control")),
        (204, "no-store")
    );
    assert!(answer.body.is_empty());
    assert_eq!(is_active(), false);
    assert_eq!(rig.dcr("GET", &own.uri, Some(&own.token), "").status, 401);
    assert_eq!(
        rig.token_by_basic(&own.client_id, &secret, "").error(),
        "invalid_client"
    );
}

#[test]
fn every_act_stands_in_the_history_under_the_name_it_came_by() {
    let rig = rig(RegistrationMode::Open);
    let (token, _) = rig.initial_token("ci build", |_| ());
    for (token, by) in [(Some(token.as_str()), "dcr:ci build"), (None, "dcr:open")] {
        let own = rig.registered(token, &portal());
        let next = Own::of(
            &rig,
            &rig.put(&own, &with(as_change(&own), json!({"client_name": "Renamed"}))),
        );
        assert_eq!(rig.dcr("DELETE", &own.uri, Some(&next.token), "").status, 204);
        let query = HistoryQuery {
            client: Some(own.client_id.clone()),
            limit: 9,
            ..Default::default()
        };
        let rows = rig.registry.history(&query).unwrap();
        let acts: Vec<_> = rows
            .iter()
            .rev()
            .map(|row| (row.action.as_str(), row.by.as_str()))
            .collect();
        assert_eq!(
            acts,
            [
                ("create-client", by),
                ("update-client", by),
                ("delete-client", by)
            ]
        );
        for row in rows {
            for secret in [
                &own.token,
                &next.token,
                own.json["client_secret"].as_str().unwrap(),
            ] {
                assert!(!format!("{row:?}").contains(secret));
            }
        }
    }
    assert!(rig.registry.check().unwrap().lines.iter().all(|line| line.ok));
}

#[test]
fn open_registration_is_throttled_and_a_token_is_not() {
    let rig = rig(RegistrationMode::Open);
    let (token, _) = rig.initial_token("ci", |_| ());
    let public = with(portal(), json!({"token_endpoint_auth_method": "none"}));
    for _ in 0..crate::protocol::registration_throttle::CHANGES {
        // What is refused fills nothing, and counts for nothing.
        assert_eq!(rig.register(None, &json!({})).status, 400);
        assert_eq!(rig.register(None, &public).status, 201);
    }
    let own = rig.registered(Some(&token), &public);
    let answer = rig.register(None, &public);
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (429, "60")
    );
    assert_eq!(rig.put(&own, &as_change(&own)).status, 200);
    rig.pass(60);
    let open = rig.registered(None, &public);
    let mut changing = rig.registered(None, &public);
    for _ in 2..crate::protocol::registration_throttle::CHANGES {
        rig.registered(None, &public);
    }
    assert_eq!(rig.register(None, &public).status, 429);
    assert_eq!(
        rig.put(&open, &as_change(&open)).status,
        200,
        "a flood at the door keeps nobody out who is in"
    );
    for _ in 0..crate::protocol::registration_throttle::CHANGES {
        let answer = rig.put(&changing, &as_change(&changing));
        assert_eq!(answer.status, 200, "{}", answer.json());
        changing.token = answer.json()["registration_access_token"]
            .as_str()
            .unwrap()
            .to_owned();
    }
    assert_eq!(
        rig.put(&changing, &as_change(&changing)).status,
        429,
        "a change fills the history too"
    );
}

#[test]
fn a_client_of_the_form_is_not_managed_this_way() {
    let rig = rig(RegistrationMode::Open);
    let (client_id, _) = rig.client("by hand", |draft| {
        *draft = ClientKind::Web.preset();
        draft.name = "Web".to_owned();
        draft.redirect_uris = vec!["https://a.example.com/cb".to_owned()];
        assert!(draft.has_grant(GrantType::AuthorizationCode));
    });
    let answer = rig.dcr("GET", &format!("/register/{client_id}"), Some(""), "");
    assert_eq!(answer.status, 401);
}
