//! Initial access tokens, and clients that registered themselves.

use super::*;
use crate::client::{ClientKind, Status};

const INITIAL: TokenHash = [0xab; 32];
const FIRST: TokenHash = [1; 32];
const SECOND: TokenHash = [2; 32];
const THIRD: TokenHash = [3; 32];
const DAY: i64 = 86_400;

fn new_token(label: &str) -> NewInitialToken {
    NewInitialToken {
        hash: INITIAL,
        label: TokenLabel::parse(label),
        scopes: Some(vec!["openid".to_owned()]),
        uses: Some(2),
        expires_at: at(DAY),
    }
}

fn dynamic(client_id: &str, origin: Origin<'_>) -> NewClient {
    NewClient {
        origin: Some(origin.to_string()),
        ..new_client(client_id, draft(ClientKind::SinglePage, client_id))
    }
}

impl Here {
    fn register(&self, client_id: &str) -> Client {
        self.register_dynamic_client(dynamic(client_id, Origin::Token("ci")), &FIRST, None, &act(2))
            .unwrap()
            .unwrap()
    }

    fn access(&self, client: &Client, token: &TokenHash) -> Option<bool> {
        let access = self.registration_access(&client.client_id, token).unwrap();
        access.map(|access| access.ends_former)
    }

    fn change(
        &self,
        before: &Client,
        presented: &TokenHash,
        next: &TokenHash,
    ) -> Result<Client, RegistryError> {
        let tokens = RegistrationTokens { presented, next };
        self.update_dynamic_client(before, before.draft.clone(), None, tokens, &act(3))
    }
}

#[test]
fn an_initial_access_token_is_named_by_its_hash_and_kept_without_itself() {
    let here = new_registry();
    let kept = here.create_initial_token(&new_token("ci"), &act(1)).unwrap();
    assert_eq!(
        (kept.id.as_str(), kept.label.as_str(), kept.used),
        ("abababab", "ci", 0)
    );
    assert_eq!(here.initial_tokens().unwrap(), std::slice::from_ref(&kept));
    assert_eq!(here.initial_token(&INITIAL).unwrap(), Some(kept.clone()));
    assert_eq!(here.initial_token(&FIRST).unwrap(), None);
    let taken = here.create_initial_token(
        &NewInitialToken {
            hash: FIRST,
            ..new_token("ci")
        },
        &act(1),
    );
    assert!(
        matches!(taken, Err(RegistryError::AlreadyExists { .. })),
        "{taken:?}"
    );
    assert_eq!(here.revoke_initial_token("abababab", &act(2)).unwrap(), kept);
    assert_eq!(here.initial_tokens().unwrap(), []);
    let gone = here.revoke_initial_token("abababab", &act(2));
    assert!(matches!(gone, Err(RegistryError::NotFound { .. })), "{gone:?}");
    let rows = here
        .history(&HistoryQuery {
            text: "abababab".to_owned(),
            limit: 9,
            ..Default::default()
        })
        .unwrap();
    let acts: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(acts, [action::REVOKE_INITIAL_TOKEN, action::CREATE_INITIAL_TOKEN]);
}

#[test]
fn a_label_is_one_line_and_open_is_none() {
    assert_eq!(TokenLabel::parse(" ci build ").unwrap().as_str(), "ci build");
    for bad in ["", "  ", "open", "Open", "a\nb", "\u{202e}ci", &"a".repeat(61)] {
        assert_eq!(TokenLabel::parse(bad), None, "{bad:?}");
    }
}

#[test]
fn uses_are_spent_with_the_client_or_not_at_all() {
    let here = new_registry();
    here.create_initial_token(&new_token("ci"), &act(1)).unwrap();
    let register = |client_id: &str, seconds| {
        let new = dynamic(client_id, Origin::Token("ci"));
        here.register_dynamic_client(new, &FIRST, Some(&INITIAL), &act(seconds))
    };
    assert!(register("one", 5).unwrap().is_some());
    assert!(register("one", 5).is_err(), "the identifier is taken");
    // Together with others' changes it is undone alone.
    let together = here.in_one_commit(|_| {
        assert!(register("one", 5).is_err());
        Ok::<_, RegistryError>(())
    });
    together.unwrap();
    assert_eq!(
        here.initial_tokens().unwrap()[0].used,
        1,
        "and no use was spent on it"
    );
    assert!(register("late", DAY).unwrap().is_none(), "its time is over");
    assert!(register("two", 6).unwrap().is_some());
    assert!(register("three", 7).unwrap().is_none(), "both uses are spent");
    assert!(here.client(&id("three")).unwrap().is_none());
    assert!(!here.initial_tokens().unwrap()[0].is_living(at(7)));
    assert_eq!(
        here.client(&id("two")).unwrap().unwrap().origin.as_deref(),
        Some("dcr:ci")
    );
    assert!(
        here.check().unwrap().lines.iter().all(|line| line.ok),
        "it is as the history has it"
    );
}

#[test]
fn a_registration_access_token_changes_with_a_change_and_the_old_one_works_until_the_new_ones_first_use() {
    let here = new_registry();
    let client = here.register("one");
    assert_eq!(here.access(&client, &FIRST), Some(false));
    assert_eq!(here.access(&client, &SECOND), None);
    here.change(&client, &FIRST, &SECOND).unwrap();
    assert_eq!(
        here.access(&client, &FIRST),
        Some(false),
        "the answer may have got lost"
    );
    assert_eq!(here.access(&client, &SECOND), Some(true));
    // Asked for again with the old one: what it was given before is worth nothing.
    here.change(&client, &FIRST, &THIRD).unwrap();
    assert_eq!(here.access(&client, &SECOND), None);
    here.end_former_registration_token(&THIRD).unwrap();
    assert_eq!(here.access(&client, &FIRST), None);
    assert_eq!(here.access(&client, &THIRD), Some(false));
    let refused = here.change(&client, &FIRST, &SECOND);
    assert!(
        matches!(refused, Err(RegistryError::NotFound { .. })),
        "{refused:?}"
    );
    assert_eq!(here.access(&client, &THIRD), Some(false));
}

#[test]
fn one_clients_token_is_no_other_clients() {
    let here = new_registry();
    let one = here.register("one");
    let other = here
        .register_dynamic_client(dynamic("other", Origin::Open), &SECOND, None, &act(2))
        .unwrap()
        .unwrap();
    let by_hand = here.add("by-hand", ClientKind::SinglePage, "By hand");
    for client in [&other, &by_hand] {
        assert_eq!(here.access(client, &FIRST), None);
    }
    assert_eq!(here.count_open_clients().unwrap(), 1);
    here.delete_client(&one.client_id, one.version, &act(3)).unwrap();
    assert_eq!(here.access(&one, &FIRST), None);
    assert_eq!(Origin::of(&other), Some(Origin::Open));
    assert_eq!(Origin::of(&by_hand), None);
}

#[test]
fn a_sweep_takes_the_dead_and_spares_whoever_lives() {
    let here = new_registry();
    let register = |name: &str, seconds| {
        here.register_dynamic_client(dynamic(name, Origin::Open), &FIRST, None, &act(seconds))
            .unwrap()
            .unwrap()
    };
    for name in [
        "dead",
        "used-long-ago",
        "used-lately",
        "has-a-token",
        "changed-lately",
        "woken",
    ] {
        register(name, 0);
    }
    register("young", 30 * DAY);
    here.add("by-hand", ClientKind::SinglePage, "By hand");
    let use_it = |name: &str, when, until| {
        let issue = Issue {
            client_id: id(name),
            secret_id: None,
            scopes: Vec::new(),
            at: at(when),
            exp: at(until),
        };
        here.record_issues(&[issue]).unwrap();
    };
    use_it("used-long-ago", 10, 600);
    use_it("used-lately", 35 * DAY, 35 * DAY + 600);
    use_it("has-a-token", 10, 90 * DAY);
    let changed = here.client(&id("changed-lately")).unwrap().unwrap();
    here.set_status(
        &changed.client_id,
        changed.version,
        Status::Disabled,
        &act(35 * DAY),
    )
    .unwrap();

    let (since, now) = (at(20 * DAY), 40 * DAY);
    let listed = here.dead_dynamic_clients(since, at(now)).unwrap();
    let names: Vec<_> = listed.iter().map(|client| client.client_id.as_str()).collect();
    assert_eq!(names, ["dead", "used-long-ago", "woken"]);
    assert_eq!(listed[0].label, "open");
    use_it("woken", now, now + 600);
    let swept = here.sweep_dynamic_clients(&listed, since, &act(now)).unwrap();
    assert_eq!(
        swept,
        Sweep {
            deleted: 2,
            spared: 1
        }
    );
    assert!(here.client(&id("dead")).unwrap().is_none());
    for name in [
        "woken",
        "used-lately",
        "has-a-token",
        "changed-lately",
        "young",
        "by-hand",
    ] {
        assert!(here.client(&id(name)).unwrap().is_some(), "{name}");
    }
    let again = here.sweep_dynamic_clients(&listed, since, &act(now)).unwrap();
    assert_eq!(
        again,
        Sweep {
            deleted: 0,
            spared: 3
        }
    );
}
