//! The list, compared with what a plain sort and filter of everything gives.

use super::*;
use crate::client::{AuthMethod, ClientType, GrantType, Standing, Status};
use proptest::prelude::*;

/// A client as the model knows it.
#[derive(Clone, Debug)]
struct Sample {
    kind: ClientKind,
    name: String,
    standing: usize,
    last_used: i64,
    extra_grant: bool,
    dynamic: bool,
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let name = "(Billing|billing|Payroll|Äpfel|B|Warehouse portal)( [a-c])?";
    let sample = (0..5usize, name, 0..3usize, 0..4i64, any::<bool>(), any::<bool>()).prop_map(
        |(kind, name, standing, last_used, extra_grant, dynamic)| Sample {
            kind: ClientKind::ALL[kind],
            name,
            standing,
            last_used,
            extra_grant,
            dynamic,
        },
    );
    proptest::collection::vec(sample, 0..40)
}

fn registry_of(samples: &[Sample]) -> Here {
    let here = new_registry();
    for (number, sample) in samples.iter().enumerate() {
        let mut draft = draft(sample.kind, &sample.name);
        if sample.extra_grant {
            draft.grant_types.push(GrantType::JwtBearer);
        }
        if sample.standing == 2 {
            draft.response_types = vec!["nonsense".to_owned()];
            draft.redirect_uris = vec!["http://held.example.com/cb".to_owned()];
            draft.grant_types.push(GrantType::AuthorizationCode);
        }
        let status = if sample.standing == 1 {
            Status::Disabled
        } else {
            Status::Active
        };
        // In no order, and with digits and letters first.
        let client_id = id(&format!("{:x}-client", (number * 7919) % 1009));
        let origin = if sample.dynamic { "dcr:ci" } else { "test" };
        here.import_client(&client_id, &draft, status, &[], origin, &act(1))
            .unwrap();
        if sample.last_used != 0 {
            here.record_issues(&[issue(&client_id, sample.last_used)])
                .unwrap();
        }
    }
    here
}

fn issue(client_id: &ClientId, seconds: i64) -> Issue {
    Issue {
        client_id: client_id.clone(),
        secret_id: None,
        scopes: vec!["read".to_owned()],
        at: at(seconds),
        exp: at(seconds + 600),
    }
}

fn queries() -> impl Strategy<Value = ListQuery> {
    let text = prop_oneof![
        4 => Just(""), 1 => Just("b"), 1 => Just("BI"), 1 => Just("ä"), 1 => Just("bill"), 1 => Just("portal"),
        1 => Just("3"), 1 => Just("-client"), 1 => Just("nowhere"), 1 => Just("\" OR \""),
    ];
    let status = proptest::option::of(proptest::sample::select(vec![
        Standing::Active,
        Standing::Disabled,
        Standing::Held,
    ]));
    let client_type = proptest::option::of(proptest::sample::select(ClientType::ALL));
    let grant = proptest::option::of(proptest::sample::select(GrantType::ALL));
    let sort = proptest::sample::select(vec![
        SortKey::Name,
        SortKey::ClientId,
        SortKey::Kind,
        SortKey::Grants,
        SortKey::LastUsed,
        SortKey::Status,
    ]);
    let dynamic = proptest::bool::weighted(0.3);
    (text, status, client_type, grant, dynamic, sort, any::<bool>()).prop_map(
        |(text, status, client_type, grant, dynamic, sort, descending)| ListQuery {
            text: text.to_owned(),
            status,
            client_type,
            grant,
            dynamic,
            sort,
            descending,
            limit: 1000,
            ..Default::default()
        },
    )
}

/// The names here have one accent.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('ä', "a")
}

/// Whether the model finds a client by a query.
fn found(client: &Client, query: &ListQuery) -> bool {
    let text = folded(&query.text);
    let (name, client_id) = (folded(&client.draft.name), client.client_id.as_str());
    let by_text = if text.chars().count() < 3 {
        name.starts_with(&text) || client_id.starts_with(&text)
    } else {
        let uris = client.draft.redirect_uris.join("\n");
        name.contains(&text) || client_id.contains(&text) || uris.to_lowercase().contains(&text)
    };
    by_text
        && query.status.is_none_or(|status| client.standing() == status)
        && query
            .client_type
            .is_none_or(|client_type| client.draft.client_type() == client_type)
        && query.grant.is_none_or(|grant| client.draft.has_grant(grant))
        && (!query.dynamic || Origin::of(client).is_some())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_page_of_any_query_is_what_a_plain_sort_and_filter_gives(
        samples in samples(),
        queries in proptest::collection::vec(queries(), 12),
        cuts in proptest::collection::vec((0..45u32, 1..20u32, 0..40usize), 6),
    ) {
        let here = registry_of(&samples);
        let clients: Vec<Client> = (0..samples.len())
            .map(|number| id(&format!("{:x}-client", (number * 7919) % 1009)))
            .map(|id| here.client(&id).unwrap().unwrap())
            .collect();
        for query in queries {
            let whole = here.list_clients(&query).unwrap();
            let mut ids: Vec<_> = whole.iter().map(|row| row.client_id.clone()).collect();
            let mut expected: Vec<_> = clients.iter().filter(|client| found(client, &query)).collect();
            prop_assert_eq!(here.count_clients(&query).unwrap(), Count::Exact(expected.len() as u64));
            check_order(&whole, &query)?;

            let other_way = ListQuery { descending: !query.descending, ..query.clone() };
            let mut reversed = here.list_clients(&other_way).unwrap();
            reversed.reverse();
            prop_assert_eq!(&reversed, &whole, "{:?}", query);

            for (skip, limit, after) in &cuts {
                let cursor = whole.get(*after).map(|row| row.cursor(query.sort));
                let from = if cursor.is_some() { after + 1 } else { 0 } + *skip as usize;
                let page = here
                    .list_clients(&ListQuery { after: cursor, skip: *skip, limit: *limit, ..query.clone() })
                    .unwrap();
                let expected: Vec<_> = whole.iter().skip(from).take(*limit as usize).cloned().collect();
                prop_assert_eq!(page, expected, "skip {} limit {} after {} {:?}", skip, limit, after, query);
            }

            ids.sort();
            expected.sort_by(|one, other| one.client_id.cmp(&other.client_id));
            prop_assert_eq!(ids, expected.iter().map(|client| client.client_id.clone()).collect::<Vec<_>>(), "{:?}", query);
            for row in &whole {
                let client = expected.iter().find(|client| client.client_id == row.client_id).unwrap();
                prop_assert_eq!(&row.name, &client.draft.name);
                prop_assert_eq!(row.kind, client.draft.kind());
                prop_assert_eq!(row.standing, client.standing());
                prop_assert_eq!(row.last_used_at, client.last_used_at);
                prop_assert_eq!(row.version, client.version);
                prop_assert_eq!(row.worst, client.draft.findings().iter().map(|finding| finding.severity).max());
            }
        }
    }
}

fn check_order(rows: &[ClientRow], query: &ListQuery) -> Result<(), TestCaseError> {
    let place = |row: &ClientRow| {
        let name = folded(&row.name);
        match query.sort {
            SortKey::Name => (0, name),
            SortKey::ClientId => (0, row.client_id.to_string()),
            SortKey::Kind => (row.kind as i64, name),
            SortKey::Grants => (
                row.grant_types
                    .iter()
                    .fold(0, |bits, grant| bits | (1 << *grant as i64)),
                name,
            ),
            SortKey::LastUsed => (row.last_used_at.map_or(0, Timestamp::as_second), String::new()),
            SortKey::Status => (row.standing as i64, name),
        }
    };
    let mut places: Vec<_> = rows.iter().map(place).collect();
    if query.descending {
        places.reverse();
    }
    prop_assert!(places.is_sorted(), "{:?}: {:?}", query, places);
    Ok(())
}

#[test]
fn a_client_is_found_by_everything_a_person_would_type() {
    let here = new_registry();
    let mut draft = draft(ClientKind::Web, "Café Zürich \"beta\"");
    draft.redirect_uris = vec!["https://cafe.example.org/return?from=chancery".to_owned()];
    draft.scopes = vec!["read:menu".to_owned()];
    draft.contacts = vec!["ana@example.org".to_owned()];
    draft.labels = vec!["pilot group".to_owned()];
    here.create_client(new_client("6f1b2c3d-0000-4000-8000-000000000000", draft), &act(1))
        .unwrap();
    for text in [
        "café",
        "CAFE",
        "zur",
        "ZÜRICH",
        "\"beta\"",
        "fé Zü",
        "6f1b",
        "000-4000-8",
        "cafe.example",
        "?from=",
        "read:menu",
        "ana@",
        "pilot",
        "  pilot  ",
        "c",
        "CA",
        "6",
        "6f",
    ] {
        assert_eq!(count(&here, text), Count::Exact(1), "{text:?}");
    }
    for text in [
        "afé zürich alpha",
        "zz",
        "a",
        "beta*",
        "NOT",
        "caf AND",
        "\0",
        "x\0y",
        "{}^:",
        "\u{E000}",
    ] {
        assert_eq!(count(&here, text), Count::Exact(0), "{text:?}");
    }
}

#[test]
fn a_change_moves_a_client_in_the_list_and_in_the_search() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "Alpha");
    let mut draft = client.draft.clone();
    draft.name = "Omega".to_owned();
    here.update_client(&client.client_id, 1, draft, None, &act(2))
        .unwrap();
    assert_eq!(
        (count(&here, "alpha"), count(&here, "omega")),
        (Count::Exact(0), Count::Exact(1))
    );
    here.set_status(&client.client_id, 2, Status::Disabled, &act(3))
        .unwrap();
    let disabled = ListQuery {
        status: Some(Standing::Disabled),
        limit: 9,
        ..Default::default()
    };
    assert_eq!(here.list_clients(&disabled).unwrap()[0].name, "Omega");
    let named = ListQuery {
        text: "omega".to_owned(),
        status: Some(Standing::Active),
        ..disabled
    };
    assert_eq!(here.count_clients(&named).unwrap(), Count::Exact(0));
    here.delete_client(&client.client_id, 3, &act(4)).unwrap();
    assert_eq!(count(&here, "omega"), Count::Exact(0));
    assert_eq!(
        here.count_clients(&ListQuery::default()).unwrap(),
        Count::Exact(0)
    );
}

#[test]
fn over_a_thousand_matches_come_in_the_order_of_registration() {
    let here = new_registry();
    for number in 0..1100 {
        let mut draft = ClientKind::Service.preset();
        draft.name = format!("Service {:04}", 5000 - number);
        draft.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
        here.import_client(
            &id(&format!("client-{number}")),
            &draft,
            Status::Active,
            &[],
            "test",
            &act(1),
        )
        .unwrap();
    }
    let query = ListQuery {
        text: "service".to_owned(),
        limit: 50,
        ..Default::default()
    };
    assert_eq!(here.count_clients(&query).unwrap(), Count::MoreThan(1000));
    let first = here.list_clients(&query).unwrap();
    assert_eq!(first[0].name, "Service 5000");
    let after = Some(first[49].cursor(SortKey::Name));
    let second = here
        .list_clients(&ListQuery {
            after,
            ..query.clone()
        })
        .unwrap();
    assert_eq!(second[0].name, "Service 4950");
    assert_eq!(
        here.list_clients(&ListQuery {
            skip: 50,
            ..query.clone()
        })
        .unwrap(),
        second
    );

    let few = ListQuery {
        text: "service 49".to_owned(),
        ..query
    };
    assert_eq!(here.count_clients(&few).unwrap(), Count::Exact(100));
    assert_eq!(
        here.list_clients(&few).unwrap()[0].name,
        "Service 4900",
        "few are sorted"
    );
    let all = ListQuery {
        limit: 1,
        skip: 1099,
        ..Default::default()
    };
    assert_eq!(here.list_clients(&all).unwrap()[0].name, "Service 5000");
}

fn count(here: &Here, text: &str) -> Count {
    let query = ListQuery {
        text: text.to_owned(),
        limit: 10,
        ..Default::default()
    };
    let count = here.count_clients(&query).unwrap();
    assert_eq!(
        Count::Exact(here.list_clients(&query).unwrap().len() as u64),
        count,
        "{text:?}"
    );
    count
}
