//! Tables of drafts and of the rules that each breaks.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::client::SubjectType;

/// A web application with nothing to remark on but its shared secret.
fn sound() -> ClientDraft {
    let mut draft = ClientKind::Web.preset();
    draft.name = "Billing portal".to_owned();
    draft.redirect_uris = vec!["https://billing.example.com/callback".to_owned()];
    draft.scopes = vec!["openid".to_owned(), "read:invoices".to_owned()];
    draft.audience = vec!["https://api.example.com".to_owned()];
    draft.contacts = vec!["billing@example.com".to_owned()];
    draft
}

fn rules_of(change: impl FnOnce(&mut ClientDraft)) -> Vec<(Rule, Severity)> {
    let mut draft = sound();
    change(&mut draft);
    let findings = draft.findings();
    findings
        .into_iter()
        .filter(|f| f.rule != Rule::AuthSharedSecret)
        .map(|f| (f.rule, f.severity))
        .collect()
}

fn check(change: impl FnOnce(&mut ClientDraft), expected: &[(Rule, Severity)]) {
    assert_eq!(rules_of(change), expected);
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

use Severity::{Critical, High, Info, Low, Medium};

#[test]
fn a_sound_draft_becomes_a_registration_without_a_remark() {
    check(|_| {}, &[]);
    let registration = sound().validate().unwrap();
    assert_eq!(registration.redirect_uris().len(), 1);
    assert_eq!(registration.scopes().len(), 2);
    assert_eq!(registration.response_types, ["code"]);
}

#[test]
fn every_rule_is_broken_by_the_draft_that_it_is_about() {
    check(|d| d.name = "  ".into(), &[(Rule::NameMissing, Medium)]);
    check(|d| d.name = "pay\u{202e}lap".into(), &[(Rule::TextUnsafe, High)]);
    check(|d| d.name = "n".repeat(201), &[(Rule::TextTooLong, Low)]);
    check(|d| d.notes = "two\nlines".into(), &[]);
    check(|d| d.notes = "bell\u{7}".into(), &[(Rule::TextUnsafe, High)]);
    check(
        |d| d.client_uri = Some("https://ada:pw@billing.example.com".into()),
        &[(Rule::UriPassword, High)],
    );
    check(
        |d| d.notes = "at https://ada:pw@billing.example.com".into(),
        &[(Rule::UriPassword, High)],
    );
    check(|d| d.redirect_uris.clear(), &[(Rule::RedirNone, Medium)]);
    check(
        |d| d.redirect_uris = strings(&["*"]),
        &[(Rule::RedirAny, Critical)],
    );
    check(
        |d| d.redirect_uris = strings(&["myapp:/cb"]),
        &[(Rule::RedirCustomScheme, Medium)],
    );
    check(
        |d| d.redirect_uris = strings(&["com.example.app:/cb"]),
        &[(Rule::RedirCustomScheme, Info)],
    );
    check(
        |d| d.redirect_uris = strings(&["http://127.0.0.1/cb"]),
        &[(Rule::RedirLoopbackWeb, Medium)],
    );
    check(
        |d| {
            d.redirect_uris
                .push("https://staging.billing.example.com/callback".into())
        },
        &[(Rule::RedirMixedEnv, Medium)],
    );
    check(
        |d| d.redirect_uris = (0..21).map(|n| format!("https://a.example/{n}")).collect(),
        &[(Rule::RedirMany, Low)],
    );
    check(
        |d| d.redirect_uris = (0..10_000).map(|n| format!("https://a.example/{n}")).collect(),
        &[(Rule::ListTooLong, Low), (Rule::RedirMany, Low)],
    );
    check(
        |d| d.post_logout_redirect_uris = strings(&["/bye"]),
        &[(Rule::LogoutUriBad, Medium)],
    );
    check(|d| d.require_pkce = false, &[(Rule::PkceConfidential, Medium)]);
    check(
        |d| {
            d.token_endpoint_auth_method = AuthMethod::None;
            d.require_pkce = false;
        },
        &[(Rule::PkcePublic, High)],
    );
    check(
        |d| {
            d.grant_types.push(GrantType::Implicit);
            d.response_types.push("token id_token".into());
        },
        &[(Rule::GrantImplicit, High)],
    );
    check(
        |d| d.grant_types.push(GrantType::Password),
        &[(Rule::GrantPassword, Medium)],
    );
    check(
        |d| d.response_types.clear(),
        &[(Rule::GrantResponseMismatch, Medium)],
    );
    check(
        |d| d.response_types = strings(&["code", "token"]),
        &[(Rule::GrantResponseMismatch, Medium), (Rule::GrantImplicit, High)],
    );
    check(
        |d| {
            ClientKind::Service.apply(d);
            d.scopes = strings(&["a"]);
            d.grant_types.push(GrantType::RefreshToken);
        },
        &[(Rule::GrantRefreshAlone, Low)],
    );
    check(
        |d| {
            ClientKind::Service.apply(d);
            d.token_endpoint_auth_method = AuthMethod::None;
        },
        &[(Rule::GrantCcPublic, High)],
    );
    check(
        |d| d.grant_types.push(GrantType::ClientCredentials),
        &[(Rule::GrantCcMixed, Info)],
    );
    check(
        |d| {
            ClientKind::SinglePage.apply(d);
            d.grant_types.push(GrantType::TokenExchange);
        },
        &[(Rule::GrantExchangePublic, Medium)],
    );
    check(|d| d.grant_types.push(GrantType::TokenExchange), &[]);
    check(
        |d| d.grant_types.push(GrantType::JwtBearer),
        &[(Rule::GrantJwtBearerKeyless, Low)],
    );
    check(
        |d| {
            d.grant_types.push(GrantType::JwtBearer);
            d.jwks_uri = Some("https://app.example.com/jwks".into());
        },
        &[],
    );
    check(|d| ClientKind::Service.apply(d), &[(Rule::CcUserScopes, Low)]);
    check(
        |d| d.application_type = ApplicationType::Native,
        &[(Rule::AuthNativeSecret, High)],
    );
    check(
        |d| d.token_endpoint_auth_method = AuthMethod::ClientSecretPost,
        &[(Rule::AuthPost, Low)],
    );
    check(
        |d| d.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt,
        &[(Rule::JwksMissing, High)],
    );
    check(
        |d| {
            d.jwks = Some(json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}));
            d.jwks_uri = Some("http://keys.example.com".into());
        },
        &[(Rule::JwksBoth, Medium), (Rule::JwksUriHttp, High)],
    );
    check(
        |d| d.jwks = Some(json!({"keys": [{"kty": "oct", "k": "AA"}]})),
        &[(Rule::JwksPrivate, Critical)],
    );
    check(
        |d| {
            drop(
                d.other_members
                    .insert("x_keys".into(), json!([{"kty": "RSA", "d": "AA"}])),
            )
        },
        &[(Rule::JwksPrivate, Critical)],
    );
    check(
        |d| d.token_endpoint_auth_method = AuthMethod::TlsClientAuth,
        &[(Rule::TlsSubject, High)],
    );
    check(
        |d| d.id_token_signed_response_alg = Some("none".into()),
        &[(Rule::AlgNone, Critical)],
    );
    check(
        |d| d.id_token_signed_response_alg = Some("HS256".into()),
        &[(Rule::AlgHsIdToken, High)],
    );
    check(|d| d.access_token_lifetime = Some(900), &[]);
    check(
        |d| d.access_token_lifetime = Some(901),
        &[(Rule::TtlLong, Medium)],
    );
    check(
        |d| d.access_token_lifetime = Some(86_400),
        &[(Rule::TtlLong, High)],
    );
    check(
        |d| d.scopes = strings(&["two words"]),
        &[(Rule::ScopeSyntax, Medium)],
    );
    check(
        |d| d.audience = strings(&["https://api.example.com/#x"]),
        &[(Rule::AudienceSyntax, Medium)],
    );
    check(|d| d.audience.clear(), &[(Rule::AudNone, Medium)]);
    check(
        |d| d.audience = strings(&["a", "b", "c", "d", "e", "f"]),
        &[(Rule::AudWide, Low)],
    );
    check(
        |d| d.allowed_cors_origins = strings(&["*"]),
        &[(Rule::CorsStar, Medium)],
    );
    check(
        |d| d.allowed_cors_origins = strings(&["https://a.example/"]),
        &[(Rule::CorsInvalid, Info)],
    );
    check(|d| d.allowed_cors_origins = strings(&["https://a.example"]), &[]);
    check(
        |d| {
            d.subject_type = Some(SubjectType::Pairwise);
            d.redirect_uris.push("https://other.example/cb".into());
        },
        &[(Rule::PairwiseNoSector, Medium)],
    );
    check(|d| d.contacts.clear(), &[(Rule::OwnerMissing, Medium)]);
    check(
        |d| d.logo_uri = Some("http://billing.example.com/logo.png".into()),
        &[(Rule::MetaUri, Low)],
    );
    check(
        |d| {
            d.client_uri = Some("https://example.com".into());
            d.tos_uri = Some("https://legal.example.com/terms".into());
            d.policy_uri = Some("https://other.test/policy".into());
        },
        &[(Rule::MetaUri, Low)],
    );
}

#[test]
fn a_fix_ends_the_finding_that_offers_it() {
    let breakages: [fn(&mut ClientDraft); 17] = [
        |d| d.redirect_uris.push("http://billing.example.com/other".into()),
        |d| d.redirect_uris.push("https://billing.example.com/#f".into()),
        |d| d.redirect_uris.push("javascript:alert(1)".into()),
        |d| {
            d.redirect_uris
                .push("https://Billing.example.com/callback".into())
        },
        |d| d.require_pkce = false,
        |d| d.response_types.clear(),
        |d| d.grant_types.push(GrantType::Password),
        |d| d.token_endpoint_auth_method = AuthMethod::ClientSecretPost,
        |d| d.id_token_signed_response_alg = Some("none".into()),
        |d| d.access_token_lifetime = Some(7_200),
        |d| d.allowed_cors_origins = strings(&["https://a.example/", "*"]),
        |d| d.name = "pay\u{202e}lap".into(),
        |d| d.notes = "One\u{7}\ntwo".into(),
        |d| d.client_uri = Some("https://billing.example.com/\u{200b}".into()),
        |d| d.scopes.push("re\u{200b}ad".into()),
        |d| {
            d.redirect_uris
                .push("https://billing.example.com/\u{202e}gpj".into())
        },
        |d| {
            d.redirect_uris
                .push("https://billing.example.com/\r\nSet-Cookie: a".into())
        },
    ];
    for breakage in breakages {
        let mut draft = sound();
        breakage(&mut draft);
        let finding = draft
            .findings()
            .into_iter()
            .find(|finding| finding.fix.is_some())
            .unwrap();
        finding.fix.as_ref().unwrap().apply(&mut draft);
        assert!(!draft.findings().contains(&finding), "{finding:?}");
    }
}

#[test]
fn hidden_characters_are_taken_out_of_one_field_and_nothing_else_is_changed() {
    let mut draft = sound();
    draft.name = "\u{202e}Billing\tportal\u{feff} ".into();
    draft.notes = "One\u{7}\n\ttwo".into();
    draft.software_version = Some("\u{200b}".into());
    draft.labels = strings(&["red\u{200b}", "red", "\u{7}"]);
    let before = draft.clone();
    let strip = |field| Fix::StripText { field };
    strip("name").apply(&mut draft);
    let only_name = ClientDraft {
        name: "Billing portal".into(),
        ..before
    };
    assert_eq!(draft, only_name);
    for field in ["notes", "software_version", "labels"] {
        strip(field).apply(&mut draft);
    }
    assert_eq!(draft.notes, "One\n\ttwo");
    assert_eq!(draft.software_version, None);
    assert_eq!(draft.labels, strings(&["red"]));
}

#[test]
fn refusals_come_first_and_are_told_in_sentences() {
    let mut draft = sound();
    draft.contacts.clear();
    draft
        .redirect_uris
        .push("http://billing.example.com/\u{202e}".into());
    let refusals = draft.validate().unwrap_err().to_string();
    assert!(
        refusals.starts_with(
            "White space or hidden characters (redirect_uris: http://billing.example.com/<U+202E>)."
        ),
        "{refusals}"
    );
    assert!(!refusals.contains("No owner"));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        "(https?|com\\.x|javascript):[/a-z.:@*#]{0,20}",
        "\\PC{0,10}"
    ]
}

proptest! {
    #[test]
    fn no_draft_makes_the_validator_panic_and_what_validates_stays_valid(
        name in any_text(),
        uris in prop::collection::vec(any_text(), 0..4),
        others in prop::collection::vec(any_text(), 0..4),
        kind in 0..ClientKind::ALL.len(),
        method in 0..AuthMethod::ALL.len(),
    ) {
        let mut draft = ClientKind::ALL[kind].preset();
        draft.name = name;
        draft.redirect_uris = uris.clone();
        draft.post_logout_redirect_uris = uris;
        draft.scopes = others.clone();
        draft.audience = others.clone();
        draft.allowed_cors_origins = others.clone();
        draft.contacts = others;
        draft.token_endpoint_auth_method = AuthMethod::ALL[method];
        if let Ok(registration) = draft.validate() {
            let draft = registration.clone().into_draft();
            let kept: ClientDraft = serde_json::from_value(serde_json::to_value(&draft).unwrap()).unwrap();
            prop_assert_eq!(&kept, &draft);
            prop_assert_eq!(kept.validate().unwrap(), registration);
        }
    }
}
