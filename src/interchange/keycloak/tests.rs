//! What is no matter of single odd files, and drafts that go out and come in again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{ForeignClient, Format};
use super::write::{CLOSING, OPENING, write};
use crate::client::{
    AuthMethod, ClientDraft, ClientId, GrantType, Practice, Status, SubjectType, default_response_types,
};

fn one(value: &Value) -> ForeignClient {
    let mut pieces = Format::Keycloak.read_all(value.to_string().as_bytes()).unwrap();
    pieces.remove(0).unwrap()
}

#[test]
fn no_secret_of_a_file_is_told_of_a_client() {
    let client = one(&json!({
        "clientId": "a", "secret": "SECRET-1", "registrationAccessToken": "SECRET-2", "redirectUris": [],
        "attributes": {"client.secret.rotated": "SECRET-3", "x.api.key": "SECRET-4", "odd.password": "SECRET-5",
            "use.jwks.string": "true", "jwks.string": "{\"keys\": [], \"k\": {\"kty\": \"oct\", \"k\": \"SECRET-6\"}}"},
        "protocolMappers": [{"name": "p", "protocolMapper": "oidc-sha256-pairwise-sub-mapper",
            "config": {"pairwiseSubAlgorithmSalt": "SECRET-7"}}],
    }));
    assert!(!format!("{client:?}").contains("SECRET"), "{client:?}");
    let named: Vec<&str> = client.left_out.iter().map(|left| left.member.as_str()).collect();
    for member in [
        "client.secret.rotated",
        "registrationAccessToken",
        "odd.password",
        "jwks.string",
    ] {
        assert!(named.contains(&member), "{member}: {named:?}");
    }
}

#[test]
fn a_scope_that_no_request_can_ask_for_is_named_and_left_out() {
    let client = one(
        &json!({"clientId": "a", "defaultClientScopes": [" profile", "my scope", "email"], "redirectUris": []}),
    );
    assert_eq!(client.draft.scopes, ["openid", "email"]);
    assert_eq!(client.left_out.len(), 2, "{:?}", client.left_out);
    assert!(
        client.left_out[1].why.contains("\"my scope\""),
        "{:?}",
        client.left_out
    );
}

#[test]
fn a_certificate_is_kept_as_its_public_key() {
    for (algorithm, kind) in [
        (&rcgen::PKCS_ECDSA_P256_SHA256, "EC"),
        (&rcgen::PKCS_ECDSA_P384_SHA384, "EC"),
    ] {
        let pair = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&pair).unwrap();
        let body = STANDARD.encode(certificate.der());
        let client = one(&json!({"clientId": "a", "clientAuthenticatorType": "client-jwt",
            "attributes": {"jwt.credential.certificate": body, "jwt.credential.kid": "k1"}}));
        let key = client.draft.jwks.unwrap()["keys"][0].clone();
        assert_eq!(
            (key["kty"].as_str(), key["kid"].as_str()),
            (Some(kind), Some("k1"))
        );
    }
    let client = one(&json!({"clientId": "a", "clientAuthenticatorType": "client-jwt",
        "attributes": {"jwt.credential.certificate": "no certificate"}}));
    assert!(
        client.draft.jwks.is_none()
            && client
                .left_out
                .iter()
                .any(|left| left.member == "jwt.credential.certificate")
    );
}

#[test]
fn a_rsa_certificate_gives_both_numbers_of_its_key() {
    let client =
        one(&json!({"clientId": "a", "attributes": {"jwt.credential.certificate": RSA_CERTIFICATE}}));
    let key = client.draft.jwks.unwrap()["keys"][0].clone();
    assert_eq!(
        (key["kty"].as_str(), key["e"].as_str()),
        (Some("RSA"), Some("AQAB"))
    );
    assert_eq!(key["n"].as_str().map(str::len), Some(342));
}

const RSA_CERTIFICATE: &str = include_str!("../../../tests/interchange/rsa_certificate.txt");

/// What Keycloak can say of a client.
fn draft() -> impl Strategy<Value = ClientDraft> {
    let texts = |pattern: &'static str| proptest::collection::btree_set(pattern, 0..3);
    let lists = (
        texts("https://[a-z]{1,9}\\.example\\.com/[a-z]{0,5}"),
        texts("https://[a-z]{1,9}\\.example\\.com/[a-z]{0,5}"),
        texts("https://[a-z]{1,9}\\.example\\.com"),
        texts("[a-z:]{1,9}"),
        texts("[a-z]{1,9}-api"),
    );
    let flags = proptest::collection::vec(any::<bool>(), 16);
    let lifetimes = proptest::collection::vec(proptest::option::of(60_u32..100_000), 3);
    let names = ("[A-Z][a-z ]{0,20}[a-z]", "[a-z]{0,20}", 0_usize..4);
    (lists, flags, lifetimes, names).prop_map(|(lists, flags, lifetimes, (name, notes, method))| {
        let list = |set: std::collections::BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
        let mut on = flags.into_iter();
        let mut flag = || on.next().unwrap();
        let methods = [
            AuthMethod::None,
            AuthMethod::ClientSecretBasic,
            AuthMethod::PrivateKeyJwt,
            AuthMethod::TlsClientAuth,
        ];
        let method = methods[method];
        let mut draft = ClientDraft {
            name,
            notes,
            token_endpoint_auth_method: method,
            ..ClientDraft::default()
        };
        let is_public = method == AuthMethod::None;
        draft.grant_types = [
            (true, GrantType::AuthorizationCode),
            (flag(), GrantType::RefreshToken),
            (flag(), GrantType::Implicit),
            (flag(), GrantType::Password),
            (flag() && !is_public, GrantType::ClientCredentials),
            (flag(), GrantType::DeviceCode),
            (flag(), GrantType::Ciba),
            (flag() && !is_public, GrantType::TokenExchange),
        ]
        .into_iter()
        .filter_map(|(is_on, grant)| is_on.then_some(grant))
        .collect();
        draft.response_types = default_response_types(&draft.grant_types);
        if draft.has_grant(GrantType::Implicit) {
            draft
                .response_types
                .extend(["id_token".to_owned(), "id_token token".to_owned()]);
        }
        (draft.redirect_uris, draft.post_logout_redirect_uris) = (list(lists.0), list(lists.1));
        (draft.allowed_cors_origins, draft.audience) = (list(lists.2), list(lists.4));
        draft.scopes = std::iter::once("openid".to_owned())
            .chain(list(lists.3))
            .collect();
        draft.require_pkce = flag();
        draft.dpop_bound_access_tokens = flag();
        draft.tls_client_certificate_bound_access_tokens = flag();
        draft.require_pushed_authorization_requests = flag();
        draft.subject_type = flag().then_some(SubjectType::Pairwise);
        if draft.subject_type.is_some() {
            draft.sector_identifier_uri = Some("https://sector.example.com/uris.json".to_owned());
        }
        if flag() {
            draft.note_practice(Practice::AllRoles, None);
        }
        if flag() {
            draft.jwks = Some(json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}));
            draft.client_uri = Some("https://www.example.com".to_owned());
            draft.id_token_signed_response_alg = Some("ES256".to_owned());
        } else {
            draft.jwks_uri = Some("https://keys.example.com/jwks".to_owned());
            draft.tls_client_auth_subject_dn = Some("CN=client,O=Example".to_owned());
            draft.other_members.insert(
                "x_keycloak_admin_url".to_owned(),
                "https://admin.example.com".into(),
            );
        }
        draft.access_token_lifetime = lifetimes[0];
        draft.refresh_token_idle_lifetime = lifetimes[1].filter(|_| draft.has_grant(GrantType::RefreshToken));
        draft.refresh_token_absolute_lifetime =
            lifetimes[2].filter(|_| draft.has_grant(GrantType::RefreshToken));
        draft
    })
}

proptest! {
    #[test]
    fn what_goes_out_comes_in_again_as_it_was(draft in draft(), is_active in any::<bool>()) {
        let status = if is_active { Status::Active } else { Status::Disabled };
        let written = write(&ClientId::parse("c-1").unwrap(), &draft, status);
        prop_assert!(written.unsaid.is_empty(), "{:?}", written.unsaid);
        let text = format!("{OPENING}{}{CLOSING}", written.client);
        prop_assert!(!text.contains("\"secret\""));
        let mut pieces = Format::Keycloak.read_all(text.as_bytes()).unwrap();
        let mut client = pieces.remove(0).unwrap();
        // Which members of other systems come first means nothing.
        client.draft.other_members.sort_keys();
        let mut draft = draft;
        draft.other_members.sort_keys();
        prop_assert_eq!(client.draft, draft);
        prop_assert_eq!(client.status, Some(status));
        prop_assert_eq!(&client.left_out, &[]);
    }
}

#[test]
fn what_keycloak_has_no_place_for_is_named() {
    let mut draft = ClientDraft {
        name: "A".to_owned(),
        contacts: vec!["ada@example.com".to_owned()],
        labels: vec!["finance".to_owned()],
        software_id: Some("s".to_owned()),
        token_endpoint_auth_method: AuthMethod::ClientSecretPost,
        scopes: vec!["read".to_owned()],
        ..ClientDraft::default()
    };
    draft.note_practice(Practice::StaticRefresh, None);
    draft.other_members.insert("x_team".to_owned(), 7.into());
    let mut named = write(&ClientId::parse("c-1").unwrap(), &draft, Status::Active).unsaid;
    named.sort();
    let expected = [
        "contacts",
        "labels",
        "scope",
        "software_id",
        "token_endpoint_auth_method",
        "x_practices",
        "x_team",
    ];
    assert_eq!(named, expected);
}

/// A client of a realm of a version, whose policy has one profile for all clients.
fn under(version: &str, profile: &str, client: &Value, profiles: &Value) -> ClientDraft {
    let realm = json!({"realm": "r", "keycloakVersion": version, "clients": [client], "clientProfiles": {"profiles": profiles},
        "clientPolicies": {"policies": [{"name": "p", "enabled": true, "conditions": [{"condition": "any-client"}], "profiles": [profile]}]}});
    one(&realm).draft
}

#[test]
fn profiles_that_every_keycloak_has_do_what_their_file_says() {
    let client = json!({"clientId": "a", "implicitFlowEnabled": true, "directAccessGrantsEnabled": true, "redirectUris": ["https://a.example/cb"]});
    // PKCE, implicit, password, certificate, DPoP, pushed requests.
    for (profile, version, expected) in [
        (
            "fapi-1-baseline",
            "26.6.3",
            [true, true, true, false, false, false],
        ),
        (
            "fapi-1-advanced",
            "26.6.3",
            [false, true, true, true, false, false],
        ),
        ("fapi-ciba", "26.6.3", [false, true, true, false, false, false]),
        (
            "fapi-2-security-profile",
            "26.6.3",
            [true, false, true, true, false, true],
        ),
        (
            "fapi-2-message-signing",
            "26.6.3",
            [true, false, true, true, false, true],
        ),
        (
            "fapi-2-dpop-security-profile",
            "26.6.3",
            [true, false, true, false, true, true],
        ),
        (
            "oauth-2-1-for-confidential-client",
            "24.0.1",
            [true, false, false, true, false, false],
        ),
        (
            "oauth-2-1-for-public-client",
            "26.4.0",
            [true, false, false, false, true, false],
        ),
        (
            "oauth-2-1-for-public-client",
            "26.3.5",
            [true, false, false, false, false, false],
        ),
        (
            "saml-security-profile",
            "26.6.3",
            [false, true, true, false, false, false],
        ),
    ] {
        let draft = under(version, profile, &client, &json!([]));
        let is = [
            draft.require_pkce,
            draft.has_grant(GrantType::Implicit),
            draft.has_grant(GrantType::Password),
            draft.tls_client_certificate_bound_access_tokens,
            draft.dpop_bound_access_tokens,
            draft.require_pushed_authorization_requests,
        ];
        assert_eq!(is, expected, "{profile} {version}");
    }
}

#[test]
fn dpop_that_binds_refresh_tokens_alone_binds_no_access_token_of_a_public_client() {
    let profiles = json!([{"name": "own", "executors": [{"executor": "dpop-bind-enforcer",
        "configuration": {"allow-only-refresh-token-binding": "true"}}]}]);
    for (is_public, is_bound) in [(true, false), (false, true)] {
        let client = json!({"clientId": "a", "publicClient": is_public});
        assert_eq!(
            under("26.4.0", "own", &client, &profiles).dpop_bound_access_tokens,
            is_bound
        );
    }
}

#[test]
fn what_a_client_does_not_say_is_as_keycloak_has_it() {
    let in_realm = |client: Value| {
        one(
            &json!({"realm": "r", "keycloakVersion": "26.0.0", "defaultDefaultClientScopes": ["profile"],
            "defaultOptionalClientScopes": ["offline_access"], "clients": [client]}),
        )
        .draft
    };
    let bare = in_realm(
        json!({"clientId": "a", "rootUrl": "https://root.example", "redirectUris": ["/cb", "https://own.example/cb"]}),
    );
    assert_eq!(bare.scopes, ["openid", "profile", "offline_access"]);
    assert_eq!(bare.token_endpoint_auth_method, AuthMethod::ClientSecretBasic);
    assert_eq!(
        bare.grant_types,
        [GrantType::AuthorizationCode, GrantType::RefreshToken]
    );
    assert!(
        bare.practices()
            .any(|(practice, _)| practice == Practice::AllRoles)
            && !bare.require_pkce
    );
    // Only what has an origin of its own.
    assert_eq!(bare.allowed_cors_origins, ["https://own.example"]);
    let plus = in_realm(
        json!({"clientId": "a", "rootUrl": "https://root.example", "redirectUris": ["/cb"], "webOrigins": ["+"]}),
    );
    assert_eq!(plus.allowed_cors_origins, ["https://root.example"]);
    let one_of_both = in_realm(json!({"clientId": "a", "defaultClientScopes": ["email"]}));
    assert_eq!(one_of_both.scopes, ["openid", "email"]);
    let asking = in_realm(json!({"clientId": "a", "consentRequired": true}));
    assert!(
        !asking
            .practices()
            .any(|(practice, _)| practice == Practice::AllRoles)
    );
    let logout = |uris: &str| {
        in_realm(json!({"clientId": "a", "redirectUris": ["https://a.example/cb"], "attributes": {"post.logout.redirect.uris": uris}}))
            .post_logout_redirect_uris
    };
    assert_eq!(logout("-"), [""; 0]);
    assert_eq!(
        logout("https://a.example/bye##+"),
        ["https://a.example/bye", "https://a.example/cb"]
    );
    assert_eq!(logout(""), ["https://a.example/cb"]);
    assert_eq!(logout("https://a.example/bye##-"), ["https://a.example/bye", "-"]);
}

#[test]
fn offline_tokens_without_an_end_are_told_with_the_scope_that_gives_them() {
    let told = |client: Value, has_end: bool| {
        let realm = json!({"realm": "r", "offlineSessionMaxLifespanEnabled": has_end, "clients": [client]});
        let draft = one(&realm).draft;
        let offline = |(practice, about): (Practice, Option<&str>)| match practice {
            Practice::EndlessRefresh => about.map(str::to_owned),
            Practice::OfflineByDefault => Some("by default".to_owned()),
            _ => None,
        };
        draft.practices().filter_map(offline).collect::<Vec<_>>()
    };
    let default = json!({"clientId": "a", "defaultClientScopes": ["offline_access"]});
    let optional = json!({"clientId": "a", "optionalClientScopes": ["offline_access"]});
    assert_eq!(
        told(default.clone(), false),
        [
            "by default",
            "offline tokens, by the default scope offline_access"
        ]
    );
    assert_eq!(
        told(optional.clone(), false),
        ["offline tokens, by the optional scope offline_access"]
    );
    // They end then; that the client need not ask is told all the same.
    assert_eq!(told(default, true), ["by default"]);
    assert!(told(optional, true).is_empty());
}
