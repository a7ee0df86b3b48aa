//! Tests of [`super`]: tables of metadata, and whatever a generator thinks of.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn draft(metadata: &Value) -> ClientDraft {
    read(metadata.to_string().as_bytes()).unwrap().draft
}

#[test]
fn absent_members_get_the_standards_defaults() {
    for metadata in [
        json!({}),
        json!({"grant_types": null, "response_types": null, "scope": null, "jwks": {}}),
    ] {
        assert_eq!(draft(&metadata), ClientDraft::default(), "{metadata}");
    }
    assert!(
        draft(&json!({"grant_types": ["client_credentials"]}))
            .response_types
            .is_empty()
    );
    assert_eq!(
        draft(&json!({"grant_types": ["authorization_code"]})).response_types,
        ["code"]
    );
    assert!(draft(&json!({"response_types": []})).response_types.is_empty());
}

#[test]
fn members_fill_the_fields_of_their_names() {
    let read = draft(&json!({
        "client_name": "Billing", "scope": "openid  read openid", "redirect_uris": ["https://b.example.com/cb"],
        "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}, "application_type": "native",
        "access_token_lifetime": 300, "dpop_bound_access_tokens": true, "require_pkce": false, "client_uri": "",
        "grant_types": ["refresh_token", "authorization_code", "refresh_token"],
    }));
    assert_eq!(read.name, "Billing");
    assert_eq!(read.scopes, ["openid", "read"]);
    assert_eq!(
        read.grant_types,
        [GrantType::RefreshToken, GrantType::AuthorizationCode]
    );
    assert_eq!(read.token_endpoint_auth_method, AuthMethod::PrivateKeyJwt);
    assert_eq!(read.application_type, ApplicationType::Native);
    assert_eq!(
        (
            read.access_token_lifetime,
            read.dpop_bound_access_tokens,
            read.require_pkce
        ),
        (Some(300), true, false)
    );
    assert_eq!(read.client_uri, None);
}

#[test]
fn a_wrong_type_is_an_error_that_names_the_member() {
    let cases = [
        (
            json!({"redirect_uris": "https://a.example.com"}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"redirect_uris": [1]}),
            "invalid_redirect_uri",
            "redirect_uris",
        ),
        (
            json!({"client_name": 7}),
            "invalid_client_metadata",
            "client_name",
        ),
        (json!({"scope": ["a"]}), "invalid_client_metadata", "scope"),
        (
            json!({"grant_types": ["guessing"]}),
            "invalid_client_metadata",
            "grant_types",
        ),
        (
            json!({"grant_types": "authorization_code"}),
            "invalid_client_metadata",
            "grant_types",
        ),
        (
            json!({"token_endpoint_auth_method": "magic"}),
            "invalid_client_metadata",
            "token_endpoint_auth_method",
        ),
        (json!({"jwks": "{}"}), "invalid_client_metadata", "jwks"),
        (
            json!({"require_pkce": "yes"}),
            "invalid_client_metadata",
            "require_pkce",
        ),
        (
            json!({"access_token_lifetime": -1}),
            "invalid_client_metadata",
            "access_token_lifetime",
        ),
        (
            json!({"access_token_lifetime": 1.5}),
            "invalid_client_metadata",
            "access_token_lifetime",
        ),
        (
            json!({"access_token_lifetime": 4_294_967_296_u64}),
            "invalid_client_metadata",
            "access_token_lifetime",
        ),
        (json!(["client_name"]), "invalid_client_metadata", "object"),
    ];
    for (metadata, code, named) in cases {
        let error = read(metadata.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.code.as_str(), code, "{metadata}");
        assert!(error.to_string().contains(named), "{metadata}: {error}");
    }
}

#[test]
fn duplicates_and_too_much_are_refused() {
    let twice = read(br#"{"client_name":"a","client_name":"b"}"#).unwrap_err();
    assert!(twice.to_string().contains("client_name"), "{twice}");
    let long = json!({"client_name": "a".repeat(MAX_BYTES)}).to_string();
    assert!(read(long.as_bytes()).unwrap_err().to_string().contains("1 MB"));
}

#[test]
fn what_nobody_may_set_and_what_is_unknown_is_left_out_and_named() {
    let metadata = json!({
        "client_id": "mine", "client_secret": "mine too", "client_secret_expires_at": 0, "client_id_issued_at": 1,
        "registration_access_token": "t", "registration_client_uri": "u", "status": "disabled", "name": "x",
        "scopes": ["a"], "other_members": {}, "software_statement": "s", "client_name": "Fine",
    });
    let read = read(metadata.to_string().as_bytes()).unwrap();
    assert_eq!(
        read.draft,
        ClientDraft {
            name: "Fine".to_owned(),
            ..ClientDraft::default()
        }
    );
    assert_eq!(read.ignored.len(), 10);
    assert_eq!(read.client_id.as_deref(), Some("mine"));
    assert!(!format!("{read:?}").contains("mine too"));
}

#[test]
fn language_tags_and_members_of_other_systems_are_kept_as_they_came() {
    let metadata = json!({
        "client_name#de": "Abrechnung", "tos_uri#ja-Jpan-JP": "https://a.example.com", "x_team": {"id": [1, 2.5]},
        "redirect_uris#de": ["https://no.example.com"], "client_name#": "no", "client_name#a b": "no", "X_team": "no",
    });
    let read = read(metadata.to_string().as_bytes()).unwrap();
    let kept: Vec<_> = read.draft.other_members.keys().map(String::as_str).collect();
    assert_eq!(kept, ["client_name#de", "tos_uri#ja-Jpan-JP", "x_team"]);
    assert_eq!(read.draft.other_members["x_team"], metadata["x_team"]);
    assert_eq!(read.ignored.len(), 4);
}

#[test]
fn the_response_has_the_secret_once_and_everything_registered() {
    let draft = draft(
        &json!({"client_name": "Billing", "scope": "a b", "x_team": 7, "grant_types": ["client_credentials"]}),
    );
    let secret = Secret::new("s3cret".to_owned());
    let client_id = ClientId::parse("c-1").unwrap();
    let response = RegistrationResponse {
        client_id: &client_id,
        secret: Some(&secret),
        issued_at: Timestamp::from_second(1_790_000_000).unwrap(),
        secret_expires_at: None,
        previous_secrets_expire_at: None,
        draft: &draft,
        configuration: None,
    };
    let text = response.to_json();
    assert_eq!(text.matches("s3cret").count(), 1);
    let json: Value = serde_json::from_str(&text).unwrap();
    for (name, expected) in [
        ("client_id", json!("c-1")),
        ("client_secret", json!("s3cret")),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", json!(1_790_000_000)),
        ("client_name", json!("Billing")),
        ("scope", json!("a b")),
        ("x_team", json!(7)),
        ("grant_types", json!(["client_credentials"])),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
    ] {
        assert_eq!(json[name], expected, "{name}");
    }
    assert!(json.get("name").is_none() && json.get("scopes").is_none());

    let public = RegistrationResponse {
        secret: None,
        ..response
    };
    let json: Value = serde_json::from_str(&public.to_json()).unwrap();
    assert!(json.get("client_secret").is_none() && json.get("client_secret_expires_at").is_none());

    let token = Secret::new("t0ken".to_owned());
    let own = RegistrationResponse {
        secret: None,
        configuration: Some(ClientConfiguration {
            uri: "https://auth.example.com/register/c-1",
            token: &token,
        }),
        ..response
    };
    let json: Value = serde_json::from_str(&own.to_json()).unwrap();
    assert_eq!(
        json["registration_client_uri"],
        "https://auth.example.com/register/c-1"
    );
    assert_eq!(json["registration_access_token"], "t0ken");
    assert_eq!(json["client_secret_expires_at"], 0);
    assert!(json.get("client_secret").is_none());
}

#[test]
fn refusals_get_the_code_of_what_they_are_about() {
    let refusals = |metadata: Value| ErrorCode::of(&draft(&metadata).validate().unwrap_err()).as_str();
    assert_eq!(
        refusals(json!({"client_name": "A", "redirect_uris": ["http://a.example.com"]})),
        "invalid_redirect_uri"
    );
    assert_eq!(
        refusals(json!({"grant_types": ["client_credentials"]})),
        "invalid_client_metadata"
    );
}

/// Names that mean something, so that the generator reaches every arm.
fn names() -> impl Strategy<Value = String> {
    let known: Vec<String> = write(&ClientDraft::default()).keys().cloned().collect();
    prop_oneof![
        3 => proptest::sample::select(known),
        1 => Just("scope".to_owned()),
        1 => Just("jwks".to_owned()),
        1 => Just("access_token_lifetime".to_owned()),
        1 => "(x_|client_name#)?[a-z_#-]{0,6}",
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from("authorization_code")),
        Just(Value::from("none")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z]{0,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _either = read(&bytes);
    }

    #[test]
    fn no_json_makes_it_panic_and_what_it_reads_it_writes_and_reads_again(
        members in proptest::collection::vec((names(), values()), 0..8)
    ) {
        let metadata: Map<String, Value> = members.into_iter().collect();
        if let Ok(first) = read_members(metadata) {
            let written = Value::Object(write(&first.draft));
            let second = read(written.to_string().as_bytes()).unwrap();
            prop_assert_eq!(second.draft, first.draft);
            prop_assert!(second.ignored.is_empty(), "{:?}", second.ignored);
        }
    }
}
