//! What is written comes back.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::properties::assert_comes_back;
use super::*;
use crate::client::{
    ApplicationType, AuthMethod, ClientDraft, ClientId, GrantType, Practice, Status, SubjectType,
};

/// Texts that some format has trouble with.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        select(vec![
            "=1+1",
            "'=1",
            "''+",
            "'",
            "-",
            "@a",
            "[\"a\"]",
            "[",
            "a b",
            "a\nb",
            "a\r\n",
            " a ",
            ",",
            ";",
            "\"",
            "a,\"b\"",
            "null",
            "true",
            "{}",
            "${A}",
            "##A##",
            "é\u{2028}",
            "\t",
        ])
        .prop_map(str::to_owned),
        "\\PC{1,12}",
    ]
}

fn others() -> impl Strategy<Value = Map<String, Value>> {
    let name = select(vec![
        "x_team",
        "x_hydra_owner",
        "x_hydra_metadata",
        "x_hydra_skip_consent",
        "x_hydra_userinfo_signed_response_alg",
        "client_name#de",
        "x_hydra_refresh_token_grant_access_token_lifespan",
        "x_hydra_unheard_of",
        "x_auth0_app_type",
    ]);
    let value = prop_oneof![
        text().prop_map(Value::from),
        Just(json!(true)),
        Just(json!(false)),
        Just(json!("31h0m0s")),
        Just(json!({"chancery": {"require_pkce": true}, "a": [1, null]})),
        Just(json!({})),
        Just(json!([1.5, "a"])),
    ];
    vec((name, value), 0..4).prop_map(|members| {
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}

fn drafts() -> impl Strategy<Value = ClientDraft> {
    let grants = subsequence(GrantType::ALL.to_vec(), 0..GrantType::ALL.len());
    let lists = (
        vec(text(), 0..4),
        vec(text(), 0..3),
        vec(text(), 0..3),
        vec(text(), 0..3),
        vec(text(), 0..3),
    );
    let texts = (
        text(),
        text(),
        proptest::option::of(text()),
        proptest::option::of(text()),
    );
    let numbers = (
        proptest::option::of(any::<u32>()),
        proptest::option::of(0_u32..100_000),
        proptest::option::of(0_u32..100_000),
    );
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let more = (
        select(vec![None, Some(SubjectType::Public), Some(SubjectType::Pairwise)]),
        select(ApplicationType::ALL.to_vec()),
        vec(proptest::option::of(text()), 12),
        vec(
            (select(Practice::ALL.to_vec()), proptest::option::of("[a-z]{1,5}")),
            0..4,
        ),
        vec(text(), 0..3),
        vec(any::<bool>(), 3),
    );
    (
        grants,
        select(AuthMethod::ALL.to_vec()),
        lists,
        texts,
        numbers,
        flags,
        others(),
        more,
    )
        .prop_map(|(grants, method, lists, texts, numbers, flags, others, more)| {
            let mut draft = ClientDraft {
                name: texts.0.trim().to_owned(),
                notes: texts.1,
                client_uri: texts.2,
                id_token_signed_response_alg: texts.3,
                grant_types: grants,
                token_endpoint_auth_method: method,
                redirect_uris: lists.0,
                post_logout_redirect_uris: lists.1,
                contacts: lists.2,
                labels: lists.3,
                audience: lists.4,
                response_types: vec!["code id_token".to_owned()],
                scopes: vec!["openid".to_owned(), "=read".to_owned()],
                access_token_lifetime: numbers.0,
                refresh_token_idle_lifetime: numbers.1,
                refresh_token_absolute_lifetime: numbers.2,
                require_pkce: flags.0,
                dpop_bound_access_tokens: flags.1,
                jwks: flags
                    .2
                    .then(|| json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "a", "y": "b"}]})),
                other_members: others,
                ..ClientDraft::default()
            };
            if flags.2 {
                draft.response_types.clear();
            }
            (draft.subject_type, draft.application_type) = (more.0, more.1);
            for (field, text) in [
                &mut draft.sector_identifier_uri,
                &mut draft.jwks_uri,
                &mut draft.logo_uri,
                &mut draft.policy_uri,
                &mut draft.tos_uri,
                &mut draft.software_id,
                &mut draft.software_version,
                &mut draft.token_endpoint_auth_signing_alg,
                &mut draft.tls_client_auth_subject_dn,
                &mut draft.tls_client_auth_san_dns,
                &mut draft.tls_client_auth_san_uri,
                &mut draft.tls_client_auth_san_email,
            ]
            .into_iter()
            .zip(more.2)
            {
                *field = text;
            }
            for (practice, about) in more.3 {
                draft.note_practice(practice, about.as_deref());
            }
            draft.allowed_cors_origins = more.4;
            draft.require_pushed_authorization_requests = more.5[0];
            draft.tls_client_certificate_bound_access_tokens = more.5[1];
            if more.5[2] {
                draft.scopes = vec!["offline_access".to_owned(), "a".to_owned()];
            }
            draft
        })
}

proptest! {
    #[test]
    fn what_is_exported_is_imported_as_it_was(
        draft in drafts(), client_id in "[!-~][ -~]{0,20}", is_disabled in any::<bool>(),
    ) {
        let client_id = ClientId::parse(&client_id).unwrap();
        let status = if is_disabled { Status::Disabled } else { Status::Active };
        for format in ExportFormat::ALL {
            assert_comes_back(*format, &client_id, &draft, status);
        }
    }
}

#[test]
fn what_hydra_has_no_member_for_is_named_and_stands_in_its_metadata() {
    let mut draft = ClientDraft {
        name: "Billing".to_owned(),
        access_token_lifetime: Some(600),
        ..ClientDraft::default()
    };
    draft
        .other_members
        .insert("x_hydra_metadata".to_owned(), json!({"team": "a"}));
    let mut exporter = Exporter::new(ExportFormat::Hydra);
    let written = exporter.client(&ClientId::parse("a").unwrap(), &draft, Status::Disabled);
    let written: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(
        written["metadata"],
        json!({"team": "a", "chancery": {"require_pkce": true, "x_status": "disabled"}})
    );
    assert_eq!(written["authorization_code_grant_access_token_lifespan"], "600s");
    let unsaid: Vec<&str> = exporter.unsaid().keys().map(String::as_str).collect();
    assert_eq!(unsaid, ["require_pkce", "status"]);
}

#[test]
fn an_export_is_known_as_what_it_is() {
    for format in ExportFormat::ALL {
        let mut exporter = Exporter::new(*format);
        let mut file = exporter.begin();
        let client_id = ClientId::parse("a").unwrap();
        file.extend(exporter.client(&client_id, &ClientDraft::default(), Status::Active));
        file.extend(exporter.end());
        let guessed = Format::guess("export", &file);
        let guessed = guessed.map(|guessed| guessed.as_str());
        assert_eq!(guessed, Some(format.as_str()));
    }
}

#[test]
fn an_export_without_a_client_is_a_whole_file() {
    for (format, expected) in [(ExportFormat::Rfc7591, "[]\n"), (ExportFormat::Hydra, "[]\n")] {
        let exporter = Exporter::new(format);
        let whole = [exporter.begin(), exporter.end()].concat();
        assert_eq!(String::from_utf8(whole).unwrap(), expected);
    }
}

#[test]
fn what_a_spreadsheet_would_calculate_has_an_apostrophe_before_it() {
    let draft = ClientDraft {
        name: "=HYPERLINK(1)".to_owned(),
        ..ClientDraft::default()
    };
    let written =
        Exporter::new(ExportFormat::Csv).client(&ClientId::parse("-a").unwrap(), &draft, Status::Active);
    let written = String::from_utf8(written).unwrap();
    assert!(written.starts_with("'-a,'=HYPERLINK(1),active,"), "{written}");
}
