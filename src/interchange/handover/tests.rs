//! What is written for each kind of client, and that nothing a registration says breaks out of it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn endpoints() -> Endpoints {
    let at = |path: &str| format!("https://id.example.com{path}");
    Endpoints {
        issuer: at(""),
        is_placeholder: false,
        authorization: at("/authorize"),
        token: at("/token"),
        pushed_authorization_request: at("/par"),
        device_authorization: at("/device_authorization"),
        jwks: at("/jwks"),
        userinfo: at("/userinfo"),
        end_session: at("/logout"),
        introspection: at("/introspect"),
        revocation: at("/revoke"),
        configuration: at("/.well-known/openid-configuration"),
    }
}

fn of(kind: ClientKind) -> ClientDraft {
    let mut draft = kind.preset();
    draft.name = "Billing".to_owned();
    draft.scopes = match kind {
        ClientKind::Service => vec!["read".to_owned()],
        _ => vec!["openid".to_owned(), "profile".to_owned()],
    };
    draft.audience = vec!["https://api.example.com".to_owned()];
    if draft.has_grant(GrantType::AuthorizationCode) {
        draft.redirect_uris = vec!["https://billing.example.com/callback".to_owned()];
    }
    draft
}

fn handed(target: Target, draft: &ClientDraft) -> Handover {
    hand_over(target, &ClientId::parse("billing").unwrap(), draft, &endpoints())
}

/// All files and remarks as one text.
fn whole(target: Target, draft: &ClientDraft) -> String {
    let handover = handed(target, draft);
    let files = handover.files.iter().map(|file| file.text.clone());
    handover
        .remarks
        .iter()
        .cloned()
        .chain(files)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn each_kind_of_client_gets_what_its_library_needs() {
    let signed = |kind| {
        let mut draft = of(kind);
        draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        draft.jwks = Some(json!({ "keys": [{ "kty": "RSA", "alg": "PS256" }] }));
        draft
    };
    let in_body = |kind| {
        let mut draft = of(kind);
        draft.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
        draft
    };
    use ClientKind::{Device, Service, SinglePage, Web};
    for (target, draft, told) in [
        (
            Target::SpringBoot,
            of(Web),
            "client-secret: \"${CHANCERY_CLIENT_SECRET}\"",
        ),
        (Target::SpringBoot, of(Web), "withPkce()"),
        (
            Target::SpringBoot,
            of(SinglePage),
            "client-authentication-method: none",
        ),
        (
            Target::SpringBoot,
            of(Service),
            "authorization-grant-type: client_credentials",
        ),
        (
            Target::SpringBoot,
            signed(Service),
            "OAuth2ClientCredentialsGrantRequest",
        ),
        (Target::AspNetCore, of(Web), "AuthenticationHeaderValue"),
        (Target::AspNetCore, in_body(Web), "options.ClientSecret ="),
        (
            Target::AspNetCore,
            signed(Web),
            "SigningCredentials(key, \"PS256\")",
        ),
        (
            Target::AspNetCore,
            of(Service),
            "[\"resource\"] = \"https://api.example.com\"",
        ),
        (
            Target::AuthJs,
            of(Web),
            "token_endpoint_auth_method: \"client_secret_basic\"",
        ),
        (
            Target::AuthJs,
            signed(Web),
            "clientPrivateKey: { key, kid: jwk.kid }",
        ),
        (Target::OpenidClient, of(SinglePage), "client.None()"),
        (Target::OpenidClient, in_body(Service), "client.ClientSecretPost("),
        (Target::OpenidClient, of(Device), "initiateDeviceAuthorization"),
        (
            Target::OpenidClient,
            signed(Web),
            "{ name: 'RSA-PSS', hash: 'SHA-256' }",
        ),
        (Target::Authlib, of(Device), "device_code=device[\"device_code\"]"),
        (
            Target::Authlib,
            signed(Service),
            "PrivateKeyJWT(\"https://id.example.com\", alg=\"PS256\")",
        ),
        (
            Target::Rust,
            in_body(Service),
            ".set_auth_type(AuthType::RequestBody)",
        ),
        (Target::Rust, signed(Web), "from_rsa_pem"),
        (
            Target::Sheet,
            of(Device),
            "https://id.example.com/device_authorization",
        ),
        (
            Target::Sheet,
            of(SinglePage),
            "none: a public client, protected by PKCE",
        ),
    ] {
        let text = whole(target, &draft);
        assert!(text.contains(told), "{target} {told}:\n{text}");
    }
}

#[test]
fn a_public_client_is_never_told_of_a_secret_nor_one_that_signs() {
    for method in [AuthMethod::None, AuthMethod::PrivateKeyJwt] {
        let mut draft = of(ClientKind::Web);
        draft.token_endpoint_auth_method = method;
        for target in Target::ALL {
            assert!(
                !whole(*target, &draft).contains("CHANCERY_CLIENT_SECRET"),
                "{target} {method}"
            );
        }
    }
}

#[test]
fn a_library_that_has_nothing_for_a_client_says_so() {
    for (target, kind) in [
        (Target::SpringBoot, ClientKind::Device),
        (Target::AspNetCore, ClientKind::Device),
        (Target::AuthJs, ClientKind::Service),
        (Target::Rust, ClientKind::Device),
    ] {
        let handover = handed(target, &of(kind));
        assert!(handover.files.is_empty(), "{target}");
        assert!(handover.remarks[0].contains("has no configuration"), "{target}");
    }
}

#[test]
fn where_a_library_waits_elsewhere_the_address_to_register_is_told() {
    let with = |uri: &str| {
        let mut draft = of(ClientKind::Web);
        draft.redirect_uris = vec![uri.to_owned()];
        draft
    };
    let at = |path: &str| with(&format!("https://billing.example.com{path}"));
    for (target, draft, told) in [
        (
            Target::AuthJs,
            at("/callback"),
            "register https://billing.example.com/api/auth/callback/chancery",
        ),
        (
            Target::SpringBoot,
            at("/callback"),
            "register https://billing.example.com/login/oauth2/code/chancery",
        ),
        (
            Target::AspNetCore,
            at("/"),
            "register https://billing.example.com/signin-oidc",
        ),
        (
            Target::AuthJs,
            with("com.example.app:/callback"),
            "register an https address",
        ),
        (
            Target::SpringBoot,
            with("com.example.app:/callback"),
            "register an https address",
        ),
    ] {
        let remarks = handed(target, &draft).remarks;
        assert!(
            remarks.iter().any(|remark| remark.contains(told)),
            "{target} {remarks:?}"
        );
    }
    for (target, path, told) in [
        (Target::AuthJs, "/api/auth/callback/acme", "id: \"acme\""),
        (Target::AuthJs, "/sso/callback/acme", "basePath: \"/sso\""),
        (
            Target::SpringBoot,
            "/login/oauth2/code/chancery",
            "baseUri(\"/login/oauth2/code/chancery\")",
        ),
        (
            Target::AspNetCore,
            "/signin-oidc",
            "\"CallbackPath\": \"/signin-oidc\"",
        ),
    ] {
        let handover = handed(target, &at(path));
        assert!(handover.remarks.is_empty(), "{:?}", handover.remarks);
        assert!(
            handover.files.iter().any(|file| file.text.contains(told)),
            "{target} {told}"
        );
    }
}

#[test]
fn an_issuer_that_nobody_knows_is_said_to_be_one() {
    let mut endpoints = endpoints();
    endpoints.is_placeholder = true;
    for target in Target::ALL {
        let draft = of(ClientKind::Web);
        let handover = hand_over(*target, &ClientId::parse("billing").unwrap(), &draft, &endpoints);
        assert!(
            handover.remarks[0].starts_with("No server is running here"),
            "{target}"
        );
    }
}

/// Texts that mean something to one language or another.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("\""),
        Just("'"),
        Just("\\"),
        Just("`"),
        Just("${a}"),
        Just("@{secret}"),
        Just("#{1}"),
        Just("{{"),
        Just("}}"),
        Just("</script>"),
        Just("*/"),
        Just("-->"),
        Just("\n"),
        Just("\r"),
        Just("\u{85}"),
        Just("\u{2028}"),
        Just("\u{202e}"),
        Just("\0"),
        Just(": "),
        Just(" #"),
        Just("- "),
        Just("%s"),
        Just("é"),
        Just("\"\"\""),
        Just("//"),
        Just("a"),
    ];
    proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_that_a_registration_says_makes_a_line_of_its_own_or_ends_a_string(
        text in hostile(), kind in proptest::sample::select(ClientKind::ALL.to_vec())
    ) {
        let filled = |text: &str| {
            let mut draft = of(kind);
            draft.name = text.to_owned();
            draft.scopes.push(text.to_owned());
            draft.audience = vec![text.to_owned()];
            draft
        };
        for target in Target::ALL {
            let (plain, odd) = (handed(*target, &filled("plain")), handed(*target, &filled(&text)));
            prop_assert_eq!(plain.files.len(), odd.files.len());
            for (plain, odd) in plain.files.iter().zip(&odd.files) {
                prop_assert_eq!(plain.text.lines().count(), odd.text.lines().count(), "{}", odd.text);
                prop_assert!(!odd.text.contains(['\u{85}', '\u{2028}', '\u{202e}', '\0', '\r']), "{}", odd.text);
                if odd.name.ends_with(".json") {
                    let read: Value = serde_json::from_str(&odd.text).unwrap();
                    let scopes = read["Chancery"]["Scopes"].as_array().unwrap();
                    prop_assert_eq!(scopes.last().unwrap(), &json!(text));
                }
            }
        }
    }
}
