//! What a client may say of itself, whatever it says.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::client::AuthMethod;

fn offer(scopes: &[&str], alone: bool) -> Offer {
    Offer {
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        alone,
        grants: Vec::new(),
        abilities: abilities(),
    }
}

fn abilities() -> Abilities {
    Abilities {
        methods: metadata::AUTH_METHODS.to_vec(),
        algorithms: vec![SigningAlgorithm::Es256, SigningAlgorithm::Rs256],
        bound_to_certificates: false,
    }
}

fn client_id() -> ClientId {
    ClientId::parse("c-1").unwrap()
}

#[test]
fn the_list_and_the_token_both_bound_the_scopes() {
    let policy = RegistrationPolicy {
        mode: RegistrationMode::Token,
        ..RegistrationPolicy::default()
    };
    let at = |second| jiff::Timestamp::from_second(second).unwrap();
    let mut token = InitialToken {
        id: String::new(),
        label: "ci".to_owned(),
        scopes: None,
        uses: None,
        used: 0,
        last_used_at: None,
        created_at: at(0),
        expires_at: at(1),
    };
    let scopes =
        |policy: &RegistrationPolicy, token: Option<&InitialToken>| policy.offer(token, abilities()).scopes;
    assert_eq!(scopes(&policy, Some(&token)), DYNAMIC_SCOPES);
    assert_eq!(scopes(&policy, None), DYNAMIC_SCOPES);
    token.scopes = Some(vec!["admin".to_owned(), "email".to_owned()]);
    assert_eq!(scopes(&policy, Some(&token)), ["email"]);
}

#[test]
fn grants_without_a_person_need_a_token_and_a_server_that_asks_for_one() {
    for (mode, has_token, may) in [
        (RegistrationMode::Token, true, true),
        (RegistrationMode::Token, false, false),
        (RegistrationMode::Open, true, false),
        (RegistrationMode::Open, false, false),
    ] {
        let policy = RegistrationPolicy {
            mode,
            ..RegistrationPolicy::default()
        };
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let token = InitialToken {
            id: String::new(),
            label: "ci".to_owned(),
            scopes: None,
            uses: None,
            used: 0,
            last_used_at: None,
            created_at: at(0),
            expires_at: at(1),
        };
        let offer = policy.offer(has_token.then_some(&token), abilities());
        for grant in metadata::GRANTS {
            let with_people = grant.involves_user() || grant == GrantType::RefreshToken;
            let wanted = json!({"grant_types": ["authorization_code", grant], "redirect_uris": ["https://a.example.com/cb"]});
            let registered = register(wanted.to_string().as_bytes(), &offer, &client_id());
            assert_eq!(
                registered.is_ok(),
                may || with_people,
                "{mode:?} {has_token} {grant}: {registered:?}"
            );
        }
    }
}

#[test]
fn who_names_no_scope_gets_what_its_grants_can_use() {
    let offer = offer(&["openid", "email", "offline_access", "read"], true);
    let scopes = |metadata: Value| {
        let registered = register(metadata.to_string().as_bytes(), &offer, &client_id()).unwrap();
        registered.scopes.join(" ")
    };
    let uris = ["https://a.example.com/cb"];
    assert_eq!(scopes(json!({"redirect_uris": uris})), "openid email read");
    let both = ["authorization_code", "refresh_token"];
    assert_eq!(
        scopes(json!({"redirect_uris": uris, "grant_types": both})),
        "openid email offline_access read"
    );
    assert_eq!(scopes(json!({"grant_types": ["client_credentials"]})), "read");
    assert_eq!(scopes(json!({"redirect_uris": uris, "scope": ""})), "");
    assert_eq!(
        scopes(json!({"redirect_uris": uris, "scope": null})),
        "openid email read"
    );
}

#[test]
fn certificates_are_for_servers_that_see_them() {
    let wanted = |more: Value| {
        let mut wanted = json!({"redirect_uris": ["https://a.example.com/cb"]});
        wanted
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        wanted.to_string()
    };
    let by_certificate = wanted(
        json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example.com"}),
    );
    let bound = wanted(json!({"tls_client_certificate_bound_access_tokens": true}));
    let mut offer = offer(&[], false);
    for metadata in [&by_certificate, &bound] {
        assert!(register(metadata.as_bytes(), &offer, &client_id()).is_err());
    }
    offer.abilities.methods.push(AuthMethod::TlsClientAuth);
    offer.abilities.bound_to_certificates = true;
    for metadata in [&by_certificate, &bound] {
        let registered = register(metadata.as_bytes(), &offer, &client_id());
        assert!(registered.is_ok(), "{registered:?}");
    }
}

#[test]
fn a_sector_names_each_redirect_uri_of_its_clients() {
    let uris = |uris: &[&str]| uris.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>();
    let sector = json!(["https://a.example.com/cb", "https://b.example.com/cb", 7]);
    let one = uris(&["https://b.example.com/cb"]);
    assert_eq!(expect_sector(&sector, &one), Ok(()));
    let two = uris(&["https://b.example.com/cb", "https://evil.example.com/cb"]);
    assert_eq!(
        expect_sector(&sector, &two).unwrap_err().code,
        ErrorCode::InvalidRedirectUri
    );
    for document in [json!({}), json!("https://b.example.com/cb"), Value::Null] {
        assert_eq!(
            expect_sector(&document, &one).unwrap_err().code,
            ErrorCode::InvalidClientMetadata
        );
    }
}

/// JSON that says something, right or wrong, in members that mean something.
fn metadata() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("redirect_uris"),
        Just("scope"),
        Just("grant_types"),
        Just("response_types"),
        Just("client_name"),
        Just("client_name#de"),
        Just("token_endpoint_auth_method"),
        Just("jwks"),
        Just("audience"),
        Just("notes"),
        Just("x_team"),
        Just("require_pkce"),
        Just("access_token_lifetime"),
        Just("application_type"),
        Just("status"),
    ];
    let word = prop_oneof![
        Just(json!("openid")),
        Just(json!("admin")),
        Just(json!("none")),
        Just(json!("client_credentials")),
        Just(json!("authorization_code")),
        Just(json!("refresh_token")),
        Just(json!("code")),
        Just(json!("native")),
        Just(json!("https://a.example.com/cb")),
        Just(json!("http://127.0.0.1/cb")),
        Just(json!("a\r\nb")),
        Just(json!(7)),
        Just(json!(true)),
        Just(Value::Null),
        Just(json!({"keys": []})),
        Just(json!({"kty": "oct", "k": "AA"})),
        "[a-z# ]{0,9}".prop_map(Value::from),
    ];
    let value = prop_oneof![
        word.clone(),
        proptest::collection::vec(word, 0..4).prop_map(Value::from)
    ];
    proptest::collection::vec((name, value), 0..7).prop_map(|members| {
        let mut all = Map::new();
        all.insert("redirect_uris".to_owned(), json!(["https://a.example.com/cb"]));
        all.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::Object(all)
    })
}

proptest! {
    #[test]
    fn whatever_is_asked_nothing_is_had_beyond_the_offer(metadata in metadata(), service: bool) {
        let offer = offer(&["openid", "email"], service);
        match register(metadata.to_string().as_bytes(), &offer, &client_id()) {
            Ok(draft) => {
                prop_assert!(draft.scopes.iter().all(|scope| offer.scopes.contains(scope)));
                let is_of_people = |grant: &GrantType| grant.involves_user() || *grant == GrantType::RefreshToken;
                prop_assert!(service || draft.grant_types.iter().all(is_of_people));
                prop_assert!(draft.audience.is_empty() && draft.labels.is_empty() && draft.notes.is_empty());
                prop_assert!(draft.require_pkce && draft.access_token_lifetime.is_none());
                prop_assert!(draft.other_members.keys().all(|name| name == "client_name#de"));
                prop_assert!(draft.other_members.values().all(Value::is_string));
                prop_assert!(metadata::AUTH_METHODS.contains(&draft.token_endpoint_auth_method));
                prop_assert!(draft.token_endpoint_auth_method != AuthMethod::None || !draft.has_grant(GrantType::ClientCredentials));
                prop_assert_eq!(as_told(&draft), draft.into_draft());
            }
            Err(refused) => {
                prop_assert!(!refused.description.is_empty());
            }
        }
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _read = register(&bytes, &offer(&[], false), &client_id());
    }
}
