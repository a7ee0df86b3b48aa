//! The history through its filters, with rows that another program spoilt, and back to an earlier version.

use std::ops::ControlFlow;

use super::*;
use crate::client::Status;

fn found(here: &Here, query: HistoryQuery) -> Vec<i64> {
    let query = HistoryQuery { limit: 99, ..query };
    let rows = here.history(&query).unwrap();
    rows.iter().map(|row| row.seq).collect()
}

/// Two clients (1, 2), a saved scope (3), a saved address (4) and a switch (5), by three people at 1, 1, 10, 20 and 30.
fn changed() -> Here {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    here.add("two", ClientKind::Web, "Two");
    let change = |client_id: &str, by: &str, seconds, edit: &dyn Fn(&mut ClientDraft)| {
        let client = here.client(&id(client_id)).unwrap().unwrap();
        let mut draft = client.draft.clone();
        edit(&mut draft);
        let act = Act::new(by, at(seconds));
        here.update_client(&id(client_id), client.version, draft, None, &act)
            .unwrap();
    };
    change("one", "Ben", 10, &|draft| draft.scopes.push("write".to_owned()));
    change("two", "Ben", 20, &|draft| {
        draft
            .redirect_uris
            .push("https://two.example.com/other".to_owned());
    });
    let version = here.client(&id("one")).unwrap().unwrap().version;
    let by = Act::new("Cy", at(30));
    here.set_status(&id("one"), version, Status::Disabled, &by)
        .unwrap();
    here
}

#[test]
fn every_filter_leaves_its_rows_and_together_they_leave_what_all_leave() {
    let here = changed();
    let field = |name: &str| HistoryQuery {
        field: Some(name.to_owned()),
        ..HistoryQuery::default()
    };
    // What a client begins with differs from nothing, unless it is empty.
    assert_eq!(found(&here, field("scopes")), [3, 2, 1]);
    assert_eq!(found(&here, field("redirect_uris")), [4, 2]);
    assert_eq!(found(&here, field("status")), [5, 2, 1]);
    assert_eq!(found(&here, field("x_\"nothing")), [0; 0]);
    let by = |name: &str| HistoryQuery {
        by: Some(name.to_owned()),
        ..HistoryQuery::default()
    };
    assert_eq!(found(&here, by("Ben")), [4, 3]);
    assert_eq!(found(&here, by("ben")), [0; 0]);
    let times = HistoryQuery {
        since: Some(at(10)),
        until: Some(at(30)),
        ..HistoryQuery::default()
    };
    assert_eq!(found(&here, times.clone()), [4, 3]);
    let all = HistoryQuery {
        client: Some(id("one")),
        text: "WRITE".to_owned(),
        field: Some("scopes".to_owned()),
        by: Some("Ben".to_owned()),
        kind: Some(ActKind::Registrations),
        ..times
    };
    assert_eq!(found(&here, all.clone()), [3]);
    let of_others = HistoryQuery { client: None, ..all };
    assert_eq!(found(&here, of_others.clone()), [3]);
    let no_page = HistoryQuery {
        before_seq: Some(3),
        ..of_others
    };
    assert_eq!(found(&here, no_page), [0; 0]);
}

#[test]
fn people_and_clients_of_the_history_are_offered_the_latest_first() {
    let here = changed();
    assert_eq!(here.history_people("", 9).unwrap(), ["Cy", "Ben", "Ada Admin"]);
    assert_eq!(here.history_people("AD", 9).unwrap(), ["Ada Admin"]);
    assert_eq!(here.history_people("%", 9).unwrap(), [""; 0]);
    let version = here.client(&id("two")).unwrap().unwrap().version;
    here.delete_client(&id("two"), version, &act(40)).unwrap();
    let offered = |text: &str| -> Vec<(String, bool)> {
        let clients = here.history_clients(text, 9).unwrap();
        clients
            .into_iter()
            .map(|client| (client.name, client.gone))
            .collect()
    };
    assert_eq!(offered(""), [("One".to_owned(), false), ("Two".to_owned(), true)]);
    assert_eq!(offered("tw"), [("Two".to_owned(), true)]);
    here.add("two", ClientKind::Web, "Two again");
    assert_eq!(offered("tw"), [("Two again".to_owned(), false)]);
}

#[test]
fn rows_that_another_program_spoilt_are_marked_and_keep_no_other_back() {
    let here = changed();
    for change in [
        "UPDATE history SET after = '{' WHERE seq = 1",
        "UPDATE history SET by = CAST(x'41ff' AS TEXT), at = 9223372036854775807 WHERE seq = 2",
        "UPDATE history SET client_id = CAST(x'ff' AS TEXT), before = '[1' WHERE seq = 3",
    ] {
        assert_eq!(here.connection.execute(change, []).unwrap(), 1, "{change}");
    }
    let rows = here
        .history(&HistoryQuery {
            limit: 9,
            ..HistoryQuery::default()
        })
        .unwrap();
    let unreadable: Vec<&[&str]> = rows.iter().map(|row| row.unreadable.as_slice()).collect();
    let none: &[&str] = &[];
    assert_eq!(
        unreadable,
        [none, none, &["client_id", "before"], &["at", "by"], &["after"]]
    );
    assert_eq!(rows[3].by, "A\u{fffd}");
    assert!(rows[4].version().unwrap().is_err());
    // No filter stumbles over them either.
    let field = HistoryQuery {
        field: Some("redirect_uris".to_owned()),
        ..HistoryQuery::default()
    };
    assert_eq!(found(&here, field), [4, 2]);
    let text = HistoryQuery {
        text: "other".to_owned(),
        ..HistoryQuery::default()
    };
    assert_eq!(found(&here, text), [4]);
    assert_eq!(here.history_people("", 9).unwrap(), ["Cy", "Ben", "Ada Admin"]);
    let mut visited = 0;
    let all = HistoryQuery {
        limit: 99,
        ..HistoryQuery::default()
    };
    let mut visit = |_| {
        visited += 1;
        ControlFlow::Continue(())
    };
    here.visit_history(&all, |_| ControlFlow::Continue(()), &mut visit)
        .unwrap();
    assert_eq!(visited, 5);
}

#[test]
fn the_first_row_that_does_not_fit_is_named_with_what_is_wrong() {
    let broken = |change: &str| {
        let here = changed();
        here.connection.execute_batch(change).unwrap();
        let report = here.verify_chain().unwrap();
        (report.broken_at, report.how)
    };
    assert_eq!(broken(""), (None, None));
    for (change, seq, how) in [
        (
            "UPDATE history SET note = 'x' WHERE seq = 3",
            3,
            ChainBreak::Altered,
        ),
        (
            "UPDATE history SET by = CAST(x'ff' AS TEXT) WHERE seq = 2",
            2,
            ChainBreak::Altered,
        ),
        ("DELETE FROM history WHERE seq = 2", 2, ChainBreak::Missing),
        ("DELETE FROM history WHERE seq = 5", 5, ChainBreak::Missing),
        (
            "INSERT INTO history SELECT 6, at, by, action, client_id, client_name, before, after, note, mac
             FROM history WHERE seq = 5",
            6,
            ChainBreak::Added,
        ),
        ("UPDATE chain SET seal = zeroblob(32)", 5, ChainBreak::End),
        (
            "DELETE FROM history WHERE seq = 5;
             UPDATE chain SET rows = 4, head = (SELECT mac FROM history WHERE seq = 4)",
            4,
            ChainBreak::End,
        ),
    ] {
        assert_eq!(broken(change), (Some(seq), Some(how)), "{change}");
    }
}

#[test]
fn an_earlier_version_comes_back_as_a_new_change_that_says_so() {
    let here = changed();
    let of_one = HistoryQuery {
        client: Some(id("one")),
        limit: 9,
        ..HistoryQuery::default()
    };
    let rows = here.history(&of_one).unwrap();
    let first = rows.last().unwrap();
    let version = first.version().unwrap().unwrap();
    assert_eq!(version, draft(ClientKind::Service, "One"));
    let now = here.client(&id("one")).unwrap().unwrap();
    let stale = here.restore_client(&id("one"), now.version - 1, (1, version.clone()), None, &act(50));
    assert!(matches!(stale, Err(RegistryError::Conflict { .. })));
    let restored = here
        .restore_client(&id("one"), now.version, (1, version.clone()), None, &act(50))
        .unwrap();
    assert_eq!(restored.draft, version);
    // Neither the status nor the secrets come back.
    assert_eq!(restored.status, Status::Disabled);
    assert_eq!(restored.secrets, now.secrets);
    let latest = &here.history(&of_one).unwrap()[0];
    assert_eq!(
        (latest.action.as_str(), latest.note.as_str()),
        (action::UPDATE_CLIENT, "restored from change 1")
    );
    assert_eq!(latest.version().unwrap().unwrap(), version);
    assert_eq!(here.verify_chain().unwrap().broken_at, None);
    assert!(here.check().unwrap().is_sound());
}

#[test]
fn a_fix_is_a_kind_of_change_of_its_own_and_names_its_rule() {
    let here = changed();
    let now = here.client(&id("two")).unwrap().unwrap();
    let mended = ClientDraft {
        name: "Two, mended".to_owned(),
        ..now.draft.clone()
    };
    let rule = crate::audit::AuditRule::parse("text-unsafe").unwrap();
    let fixed = here
        .fix_client(&id("two"), now.version, (rule, mended.clone()), None, &act(50))
        .unwrap();
    assert_eq!(fixed.draft, mended);
    for kind in [ActKind::Fixes, ActKind::Registrations] {
        let of_kind = HistoryQuery {
            kind: Some(kind),
            client: Some(id("two")),
            limit: 1,
            ..HistoryQuery::default()
        };
        let rows = here.history(&of_kind).unwrap();
        assert_eq!(
            (rows[0].action.as_str(), rows[0].note.as_str()),
            (action::FIX_CLIENT, "rule text-unsafe")
        );
    }
    assert!(here.check().unwrap().is_sound());
}

#[test]
fn a_version_that_the_rules_refuse_is_not_saved() {
    let here = changed();
    let now = here.client(&id("two")).unwrap().unwrap();
    let mut refused = now.draft.clone();
    refused.redirect_uris = vec!["http://app.example.com/*".to_owned()];
    let rows = found(&here, HistoryQuery::default()).len();
    let saved = here.restore_client(&id("two"), now.version, (2, refused), None, &act(50));
    assert!(matches!(saved, Err(RegistryError::Refused(_))), "{saved:?}");
    assert_eq!(here.client(&id("two")).unwrap().unwrap(), now);
    assert_eq!(found(&here, HistoryQuery::default()).len(), rows);
}

#[test]
fn narrow_filters_read_the_outline_and_one_client_its_own_rows() {
    let here = changed();
    let plan = |query: HistoryQuery| -> String {
        let sql = crate::registry::history::sql_of(&query);
        let mut statement = here
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let count = statement.parameter_count();
        let values = vec![rusqlite::types::Null; count];
        let steps = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3));
        steps.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ")
    };
    let by = HistoryQuery {
        by: Some("Ben".to_owned()),
        kind: Some(ActKind::Secrets),
        since: Some(at(1)),
        text: "x".to_owned(),
        ..HistoryQuery::default()
    };
    let told = plan(by.clone());
    assert!(told.contains("COVERING INDEX history_outline"), "{told}");
    let of_client = plan(HistoryQuery {
        client: Some(id("one")),
        ..by
    });
    assert!(of_client.contains("history_by_client"), "{of_client}");
    for told in [told, of_client, plan(HistoryQuery::default())] {
        assert!(!told.contains("TEMP B-TREE"), "sorted by hand: {told}");
    }
}
