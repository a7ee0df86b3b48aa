//! What the history keeps, and that nothing in it changes unseen.

use super::*;
use proptest::prelude::*;

#[test]
fn every_change_leaves_one_row_with_who_when_what_before_and_after() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One");
    let mut draft = client.draft.clone();
    draft.scopes.push("write".to_owned());
    here.update_client(&client.client_id, 1, draft, None, &Act::new("Ben", at(9)))
        .unwrap();
    here.append_note(
        &client.client_id,
        "test-credential",
        "issued for one hour",
        &act(10),
    )
    .unwrap();
    let rows = all(&here);
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(
        actions,
        ["test-credential", action::UPDATE_CLIENT, action::CREATE_CLIENT]
    );
    let update = &rows[1];
    assert_eq!((update.seq, update.by.as_str(), update.at), (2, "Ben", at(9)));
    assert_eq!(
        update.before.as_ref().unwrap()["scopes"],
        serde_json::json!(["read"])
    );
    assert_eq!(
        update.after.as_ref().unwrap()["scopes"],
        serde_json::json!(["read", "write"])
    );
    assert!(rows[2].before.is_none());
    assert_eq!(rows[0].note, "issued for one hour");
}

#[test]
fn no_hash_and_no_sealed_key_enters_the_history() {
    let here = new_registry();
    let client = here.add("one", ClientKind::Service, "One").client_id;
    here.rotate_secret(&client, secret("second"), at(9), &act(2))
        .unwrap();
    here.revoke_secrets(&client, &act(3)).unwrap();
    let user = User {
        name: "ada".to_owned(),
        hash: hash('K'),
        claims: Default::default(),
        created_at: at(1),
    };
    here.put_user(&user, &act(4)).unwrap();
    let text = format!("{:?}", all(&here));
    assert!(text.contains("second"));
    for secret in ["argon2", "nVcvmVJvtZZIqMTF7kLTzrsRz7yjA8nvKZcKCVEL6s", "abcdefgh"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn the_history_is_read_by_kind_of_act_and_by_time() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let client = here.client(&id("one")).unwrap().unwrap();
    let disabled = crate::client::Status::Disabled;
    here.set_status(&id("one"), client.version, disabled, &act(500))
        .unwrap();
    here.append_note(&id("one"), action::ISSUE_TEST_CREDENTIAL, "", &act(600))
        .unwrap();
    let found = |kind, since: Option<i64>| {
        let query = HistoryQuery {
            kind,
            since: since.map(at),
            limit: 9,
            ..Default::default()
        };
        seqs(&here.history(&query).unwrap())
    };
    assert_eq!(found(None, None), [3, 2, 1]);
    assert_eq!(found(Some(ActKind::Registrations), None), [2, 1]);
    assert_eq!(found(Some(ActKind::Secrets), None), [3]);
    assert_eq!(found(Some(ActKind::Server), None), [0; 0]);
    assert_eq!(found(None, Some(500)), [3, 2]);
    assert_eq!(found(Some(ActKind::Registrations), Some(501)), [0; 0]);
}

#[test]
fn every_act_is_of_one_kind() {
    let all: Vec<&str> = ActKind::ALL
        .iter()
        // A fix is a change of a registration as well.
        .filter(|kind| **kind != ActKind::Fixes)
        .flat_map(|kind| kind.actions())
        .copied()
        .collect();
    let named = include_str!("../history.rs").matches(": &str = \"").count();
    assert_eq!(all.len(), named, "a new act wants a kind");
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), all.len());
    let fixes = ActKind::Fixes.actions();
    assert!(
        fixes
            .iter()
            .all(|fix| ActKind::Registrations.actions().contains(fix))
    );
}

#[test]
fn the_history_is_read_by_page_client_and_text() {
    let here = new_registry();
    for number in 0..5 {
        here.add(
            &format!("client-{number}"),
            ClientKind::Service,
            &format!("Client {number}"),
        );
    }
    let page = HistoryQuery {
        limit: 2,
        ..Default::default()
    };
    let first = here.history(&page).unwrap();
    assert_eq!(seqs(&first), [5, 4]);
    let next = here
        .history(&HistoryQuery {
            before_seq: Some(4),
            ..page.clone()
        })
        .unwrap();
    assert_eq!(seqs(&next), [3, 2]);
    let one = here
        .history(&HistoryQuery {
            client: Some(id("client-2")),
            limit: 9,
            ..Default::default()
        })
        .unwrap();
    assert_eq!(seqs(&one), [3]);
    let found = here
        .history(&HistoryQuery {
            text: "CLIENT 3".to_owned(),
            limit: 9,
            ..Default::default()
        })
        .unwrap();
    assert_eq!(seqs(&found), [4]);
}

#[test]
fn a_text_is_found_wherever_it_stands_in_a_row_and_means_nothing_but_itself() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "100 %_done\\");
    here.add("two", ClientKind::Service, "Zürich");
    here.append_note(&id("two"), "issue-test-credential", "Good for one hour", &act(3))
        .unwrap();
    let found = |text: &str| {
        let query = HistoryQuery {
            text: text.to_owned(),
            limit: 9,
            ..Default::default()
        };
        seqs(&here.history(&query).unwrap())
    };
    for (text, rows) in [
        ("", vec![3, 2, 1]),
        ("create-CLIENT", vec![2, 1]),
        ("good for", vec![3]),
        ("two", vec![3, 2]),
        ("zürich", vec![3, 2]),
        ("client_credentials", vec![2, 1]),
        ("%", vec![1]),
        ("%_DONE\\", vec![1]),
        ("1_0", vec![]),
        ("g%d", vec![]),
        ("\0", vec![]),
        (&"x".repeat(100_000), vec![]),
    ] {
        assert_eq!(found(text), rows, "{text:.20?}");
    }
}

#[test]
fn an_untouched_chain_is_whole() {
    let here = new_registry();
    let empty = here.verify_chain().unwrap();
    assert_eq!((empty.rows, empty.broken_at), (0, None));
    here.add("one", ClientKind::Service, "One");
    let one = here.verify_chain().unwrap();
    assert_eq!((one.rows, one.broken_at), (1, None));
    assert_ne!(one.head, empty.head);
}

#[test]
fn work_goes_on_over_a_broken_end_and_the_break_stays_visible() {
    let here = registry_with_rows(4);
    let gone = here
        .connection
        .execute("DELETE FROM history WHERE seq = 4", [])
        .unwrap();
    assert_eq!(gone, 1);
    here.connection
        .execute(
            "UPDATE chain SET rows = 3, head = (SELECT mac FROM history WHERE seq = 3)",
            [],
        )
        .unwrap();
    assert!(here.verify_chain().unwrap().broken_at.is_some());
    here.add("later", ClientKind::Service, "Later");
    here.add("latest", ClientKind::Service, "Latest");
    assert!(here.verify_chain().unwrap().broken_at.is_some());
    assert!(!here.check().unwrap().is_sound());
}

/// What somebody with the file but without the key could do to the history.
#[derive(Clone, Debug)]
enum Tampering {
    Set {
        seq: i64,
        column: &'static str,
        value: String,
    },
    Remove {
        seq: i64,
    },
    Swap {
        one: i64,
        other: i64,
    },
    CutTo {
        rows: i64,
        also_in_chain: bool,
    },
    Add {
        like: i64,
    },
    Renumber,
}

fn tampering(rows: i64) -> impl Strategy<Value = Tampering> {
    let seq = 1..=rows;
    let column = proptest::sample::select(vec![
        "by",
        "action",
        "client_id",
        "client_name",
        "before",
        "after",
        "note",
    ]);
    prop_oneof![
        (seq.clone(), column, "[a-z{}\":]{0,8}").prop_map(|(seq, column, value)| Tampering::Set {
            seq,
            column,
            value
        }),
        seq.clone().prop_map(|seq| Tampering::Remove { seq }),
        (seq.clone(), seq.clone()).prop_map(|(one, other)| Tampering::Swap { one, other }),
        (0..rows, any::<bool>()).prop_map(|(rows, also_in_chain)| Tampering::CutTo { rows, also_in_chain }),
        seq.prop_map(|like| Tampering::Add { like }),
        Just(Tampering::Renumber),
    ]
}

const ROWS: i64 = 6;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_edit_removal_swap_addition_and_truncation_is_found(tampering in tampering(ROWS)) {
        let here = registry_with_rows(ROWS);
        prop_assert_eq!(here.verify_chain().unwrap().broken_at, None);
        let before = dump(&here);
        tamper(&here.connection, &tampering);
        if dump(&here) != before {
            prop_assert!(here.verify_chain().unwrap().broken_at.is_some(), "{:?}", tampering);
        }
    }
}

fn tamper(db: &Connection, tampering: &Tampering) {
    match tampering {
        Tampering::Set { seq, column, value } => {
            db.execute(
                &format!("UPDATE history SET {column} = ?2 WHERE seq = ?1"),
                rusqlite::params![seq, value],
            )
            .unwrap();
        }
        Tampering::Remove { seq } => {
            db.execute("DELETE FROM history WHERE seq = ?1", [seq]).unwrap();
        }
        Tampering::Swap { one, other } => {
            for (from, to) in [(*one, -1), (*other, *one), (-1, *other)] {
                db.execute("UPDATE history SET seq = ?2 WHERE seq = ?1", [from, to])
                    .unwrap();
            }
        }
        Tampering::CutTo { rows, also_in_chain } => {
            db.execute("DELETE FROM history WHERE seq > ?1", [rows]).unwrap();
            if *also_in_chain {
                db.execute(
                    "UPDATE chain SET rows = ?1,
                         head = coalesce((SELECT mac FROM history WHERE seq = ?1), zeroblob(32))",
                    [rows],
                )
                .unwrap();
            }
        }
        Tampering::Add { like } => {
            db.execute(
                "INSERT INTO history SELECT (SELECT max(seq) + 1 FROM history), at, by, action, client_id,
                     client_name, before, after, note, mac FROM history WHERE seq = ?1",
                [like],
            )
            .unwrap();
            db.execute("UPDATE chain SET rows = rows + 1", []).unwrap();
        }
        Tampering::Renumber => {
            db.execute("UPDATE history SET seq = seq - 1", []).unwrap();
        }
    }
}

fn dump(here: &Here) -> String {
    let mut statement = here
        .connection
        .prepare("SELECT seq || at || by || action || quote(client_id) || quote(client_name) || quote(before) || quote(after) || note || hex(mac) FROM history ORDER BY seq")
        .unwrap();
    let rows: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let end: String = here
        .connection
        .query_row("SELECT rows || hex(head) FROM chain", [], |row| row.get(0))
        .unwrap();
    rows.join("\n") + &end
}

fn registry_with_rows(rows: i64) -> Here {
    let here = new_registry();
    for number in 0..rows {
        here.add(
            &format!("client-{number}"),
            ClientKind::Service,
            &format!("Client {number}"),
        );
    }
    here
}

fn all(here: &Here) -> Vec<HistoryRow> {
    here.history(&HistoryQuery {
        limit: 1000,
        ..Default::default()
    })
    .unwrap()
}

fn seqs(rows: &[HistoryRow]) -> Vec<i64> {
    rows.iter().map(|row| row.seq).collect()
}
