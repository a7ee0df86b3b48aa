//! Codes, refresh tokens and grants: what is spent, what ends, and what outlives what.

use super::*;
use crate::client::Status;

pub(super) const CODE: TokenHash = [1; 32];
pub(super) const FIRST: TokenHash = [11; 32];
const SECOND: TokenHash = [12; 32];
const THIRD: TokenHash = [13; 32];
const CODE_ENDS: i64 = 70;

pub(super) fn user(name: &str) -> User {
    User {
        name: name.to_owned(),
        hash: hash('K'),
        claims: Default::default(),
        created_at: at(0),
    }
}

pub(super) fn scopes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn grant(id_of_grant: &str, client_id: &str, user: &str) -> Grant {
    Grant {
        id: id_of_grant.to_owned(),
        client_id: id(client_id),
        user: user.to_owned(),
        scopes: scopes(&["openid", "read"]),
        resources: scopes(&["https://api.example.com"]),
        nonce: Some("n".to_owned()),
        auth_time: at(5),
        created_at: at(10),
    }
}

pub(super) fn code() -> AuthorizationCode {
    AuthorizationCode {
        redirect_uri: Some("https://one.example.com/callback".to_owned()),
        code_challenge: Some("challenge".to_owned()),
        dpop_jkt: Some([8; 32]),
        expires_at: at(CODE_ENDS),
    }
}

/// What goes on with a refresh token that lives until a time, and an access token of ten minutes.
pub(super) fn next(refresh: Option<(TokenHash, i64)>, now: i64) -> Continuation {
    Continuation {
        refresh_token: refresh.map(|(hash, end)| NewRefreshToken {
            hash,
            bound_to: Binding {
                jkt: (hash == FIRST).then_some([9; 32]),
                x5t_s256: (hash == FIRST).then_some([10; 32]),
            },
            expires_at: at(end),
        }),
        access_token_ends: at(now + 600),
    }
}

/// Two clients, two users, and a grant with a code of the first of each.
pub(super) fn with_a_code() -> Here {
    let here = new_registry();
    here.add("one", ClientKind::Web, "One");
    here.add("two", ClientKind::Web, "Two");
    for name in ["ada", "ben"] {
        here.put_user(&user(name), &act(1)).unwrap();
    }
    here.begin_grant(&grant("g", "one", "ada"), &CODE, &code())
        .unwrap();
    here
}

/// As above, and the code is spent for a first refresh token.
pub(super) fn with_a_refresh_token() -> Here {
    let here = with_a_code();
    let spent = spend(&here, "one", 20);
    assert!(matches!(spent, Spending::Done(..)), "{spent:?}");
    here
}

pub(super) fn spend(here: &Here, client_id: &str, now: i64) -> Spending<&'static str, &'static str> {
    here.spend_code(&CODE, &id(client_id), at(now), |grant, found| {
        assert_eq!((&grant.id[..], found), ("g", &code()));
        Ok((next(Some((FIRST, 1_000)), now), "token"))
    })
    .unwrap()
}

pub(super) fn rotate(
    here: &Here,
    hash: TokenHash,
    client_id: &str,
    to: TokenHash,
    now: i64,
) -> Spending<&'static str, &'static str> {
    here.rotate_refresh_token(&hash, &id(client_id), at(now), |_, _| {
        Ok((next(Some((to, now + 1_000)), now), "token"))
    })
    .unwrap()
}

pub(super) fn lives(here: &Here, hash: TokenHash) -> bool {
    here.refresh_token(&hash)
        .unwrap()
        .is_some_and(|token| !token.is_spent)
}

pub(super) fn rows(registry: &Registry, table: &str) -> i64 {
    registry
        .connection
        .query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0))
        .unwrap()
}

pub(super) fn assert_all_gone(here: &Here) {
    for table in ["grant", "authorization_code", "refresh_token"] {
        assert_eq!(rows(here, table), 0, "{table}");
    }
}

#[test]
fn a_code_is_spent_once_and_a_replay_ends_the_grant_and_all_that_hangs_on_it() {
    let here = with_a_code();
    let Spending::Done(found, made) = spend(&here, "one", 20) else {
        panic!("the first request of its own client")
    };
    assert_eq!((found, made), (grant("g", "one", "ada"), "token"));
    assert_eq!(here.grant("g").unwrap(), Some(grant("g", "one", "ada")));
    assert!(lives(&here, FIRST));
    assert_eq!(spend(&here, "one", 21), Spending::Replayed);
    assert_eq!(here.grant("g").unwrap(), None);
    assert_all_gone(&here);
    assert_eq!(spend(&here, "one", 22), Spending::Unknown);
}

#[test]
fn a_code_that_is_refused_is_spent_with_its_grant() {
    let here = with_a_code();
    let refused: Spending<(), _> = here
        .spend_code(&CODE, &id("one"), at(20), |_, _| Err("wrong verifier"))
        .unwrap();
    assert_eq!(refused, Spending::Refused("wrong verifier"));
    assert_all_gone(&here);
    assert_eq!(spend(&here, "one", 21), Spending::Unknown);
}

#[test]
fn another_client_can_neither_spend_nor_revoke() {
    let here = with_a_code();
    assert_eq!(spend(&here, "two", 20), Spending::Unknown);
    assert!(matches!(spend(&here, "one", 21), Spending::Done(..)));
    assert_eq!(
        spend(&here, "two", 22),
        Spending::Unknown,
        "nor when it was spent"
    );
    assert!(lives(&here, FIRST));
    assert_eq!(rotate(&here, FIRST, "two", SECOND, 30), Spending::Unknown);
    assert!(lives(&here, FIRST));
    assert!(matches!(
        rotate(&here, FIRST, "one", SECOND, 31),
        Spending::Done(..)
    ));
    assert_eq!(rotate(&here, FIRST, "two", THIRD, 32), Spending::Unknown);
    assert!(lives(&here, SECOND));
}

#[test]
fn a_code_counts_until_just_before_its_end() {
    for (now, counts) in [(CODE_ENDS - 1, true), (CODE_ENDS, false), (CODE_ENDS + 1, false)] {
        let here = with_a_code();
        let spent = spend(&here, "one", now);
        assert_eq!(matches!(spent, Spending::Done(..)), counts, "{now}: {spent:?}");
        if !counts {
            assert_eq!(spent, Spending::Unknown);
            assert_all_gone(&here);
        }
    }
}

#[test]
fn a_refresh_token_rotates_and_a_reused_one_ends_its_family() {
    let here = with_a_refresh_token();
    assert!(matches!(
        rotate(&here, FIRST, "one", SECOND, 30),
        Spending::Done(..)
    ));
    let first = here.refresh_token(&FIRST).unwrap().unwrap();
    assert!(first.is_spent, "it stays, to be known again");
    let second = here.refresh_token(&SECOND).unwrap().unwrap();
    assert_eq!(
        (second.issued_at, second.expires_at, second.is_spent),
        (at(30), at(1_030), false)
    );
    assert!(matches!(
        rotate(&here, SECOND, "one", THIRD, 40),
        Spending::Done(..)
    ));
    for reused in [FIRST, SECOND] {
        assert!(here.refresh_token(&reused).unwrap().unwrap().is_spent);
    }
    assert_eq!(rotate(&here, FIRST, "one", [99; 32], 50), Spending::Replayed);
    assert_all_gone(&here);
    assert_eq!(rotate(&here, THIRD, "one", [99; 32], 51), Spending::Unknown);
}

#[test]
fn a_refused_rotation_leaves_the_token_as_it_was() {
    let here = with_a_refresh_token();
    let before = here.refresh_token(&FIRST).unwrap();
    let refused: Spending<(), _> = here
        .rotate_refresh_token(&FIRST, &id("one"), at(30), |_, _| Err("beyond the grant"))
        .unwrap();
    assert_eq!(refused, Spending::Refused("beyond the grant"));
    assert_eq!(here.refresh_token(&FIRST).unwrap(), before);
    assert!(matches!(
        rotate(&here, FIRST, "one", SECOND, 31),
        Spending::Done(..)
    ));
}

#[test]
fn a_refresh_token_whose_time_is_over_is_unknown_and_one_that_was_spent_is_a_replay_all_the_same() {
    let here = with_a_refresh_token();
    assert_eq!(rotate(&here, FIRST, "one", SECOND, 1_000), Spending::Unknown);
    assert!(matches!(
        rotate(&here, FIRST, "one", SECOND, 999),
        Spending::Done(..)
    ));
    assert_eq!(rotate(&here, FIRST, "one", THIRD, 1_500), Spending::Replayed);
    assert_all_gone(&here);
}

#[test]
fn a_token_that_cannot_be_stored_spends_nothing() {
    let here = with_a_refresh_token();
    // The hash of a token that there is already: the whole change is undone.
    here.rotate_refresh_token::<_, ()>(&FIRST, &id("one"), at(30), |_, _| {
        Ok((next(Some((FIRST, 2_000)), 30), ()))
    })
    .unwrap_err();
    assert!(lives(&here, FIRST));
}

#[test]
fn sweeping_takes_exactly_what_is_over() {
    let here = with_a_refresh_token();
    rotate(&here, FIRST, "one", SECOND, 30);
    here.begin_grant(&grant("unspent", "two", "ben"), &[2; 32], &code())
        .unwrap();
    here.use_assertion(&id("one"), "jti", at(40)).unwrap();
    here.revoke_token("revoked", at(50), at(1)).unwrap();
    let left = || {
        [
            "grant",
            "authorization_code",
            "refresh_token",
            "used_assertion",
            "revoked_token",
        ]
        .map(|table| rows(&here, table))
    };
    assert_eq!(left(), [2, 2, 2, 1, 1]);
    for (now, gone, expected) in [
        (39, 0, [2, 2, 2, 1, 1]),
        (40, 1, [2, 2, 2, 0, 1]),
        (49, 0, [2, 2, 2, 0, 1]),
        (50, 1, [2, 2, 2, 0, 0]),
        // The code that nobody came for, with its grant; the spent one stays as long as something of its grant lives.
        (CODE_ENDS, 1, [1, 1, 2, 0, 0]),
        (999, 0, [1, 1, 2, 0, 0]),
        (1_000, 1, [1, 1, 1, 0, 0]),
        (1_029, 0, [1, 1, 1, 0, 0]),
        (1_030, 1, [0, 0, 0, 0, 0]),
    ] {
        assert_eq!(here.sweep(at(now)).unwrap(), gone, "at {now}");
        assert_eq!(left(), expected, "at {now}");
    }
}

#[test]
fn a_grant_lives_as_long_as_the_longest_of_its_tokens() {
    let here = with_a_code();
    here.spend_code::<_, ()>(&CODE, &id("one"), at(20), |_, _| Ok((next(None, 20), ())))
        .unwrap();
    here.sweep(at(619)).unwrap();
    assert!(here.grant("g").unwrap().is_some(), "an access token of it lives");
    here.sweep(at(620)).unwrap();
    assert!(here.grant("g").unwrap().is_none());
}

/// What is done to a client or a user, and whether grants and consents outlive it.
type Change = (&'static str, fn(&Here), bool, bool);

#[test]
fn grants_and_consents_end_with_what_they_rest_on() {
    fn save(here: &Here, change: fn(&mut ClientDraft)) {
        let client = here.client(&id("one")).unwrap().unwrap();
        let mut draft = client.draft;
        change(&mut draft);
        here.update_client(&id("one"), client.version, draft, None, &act(40))
            .unwrap();
    }
    let changes: [Change; 11] = [
        ("nothing", |_| {}, true, true),
        (
            "disabled",
            |here| {
                drop(
                    here.set_status(&id("one"), 1, Status::Disabled, &act(40))
                        .unwrap(),
                )
            },
            false,
            true,
        ),
        (
            "secrets revoked",
            |here| drop(here.revoke_secrets(&id("one"), &act(40)).unwrap()),
            false,
            true,
        ),
        (
            "rotated",
            |here| {
                drop(
                    here.rotate_secret(&id("one"), secret("new"), at(50), &act(40))
                        .unwrap(),
                )
            },
            true,
            true,
        ),
        (
            "deleted",
            |here| drop(here.delete_client(&id("one"), 1, &act(40)).unwrap()),
            false,
            false,
        ),
        (
            "user removed",
            |here| here.remove_user("ada", &act(40)).unwrap(),
            false,
            false,
        ),
        (
            "user changed",
            |here| here.put_user(&user("ada"), &act(40)).unwrap(),
            true,
            true,
        ),
        (
            "redirect URIs changed",
            |here| {
                save(here, |draft| {
                    draft
                        .redirect_uris
                        .push("https://one.example.com/other".to_owned())
                })
            },
            true,
            false,
        ),
        (
            "renamed",
            |here| save(here, |draft| draft.name = "Uno".to_owned()),
            true,
            false,
        ),
        (
            "scopes changed",
            |here| save(here, |draft| draft.scopes.push("write".to_owned())),
            true,
            true,
        ),
        (
            "withdrawn",
            |here| here.withdraw_consent("ada", &id("one"), &act(40)).unwrap(),
            false,
            false,
        ),
    ];
    for (what, change, grant_lives, consent_lives) in changes {
        let here = with_a_refresh_token();
        // Those of others stay whatever happens.
        here.begin_grant(&grant("other", "two", "ben"), &[2; 32], &code())
            .unwrap();
        here.give_consent("ben", &id("two"), &scopes(&["read"]), &[], at(10))
            .unwrap();
        here.give_consent("ada", &id("one"), &scopes(&["read"]), &[], at(10))
            .unwrap();
        change(&here);
        assert_eq!(here.grant("g").unwrap().is_some(), grant_lives, "{what}");
        assert_eq!(lives(&here, FIRST), grant_lives, "{what}");
        let consents = here.consents().unwrap();
        let consented = consents.iter().any(|consent| consent.user == "ada");
        assert_eq!(consented, consent_lives, "{what}");
        assert!(here.grant("other").unwrap().is_some(), "{what}");
        assert!(consents.iter().any(|consent| consent.user == "ben"), "{what}");
        let report = here.check().unwrap();
        assert!(report.is_sound(), "{what}: {:?}", report.lines);
    }
}

#[test]
fn a_refresh_token_keeps_what_it_is_bound_to() {
    let both = Binding {
        jkt: Some([9; 32]),
        x5t_s256: Some([10; 32]),
    };
    let here = with_a_refresh_token();
    let bound = |hash| here.refresh_token(&hash).unwrap().unwrap().bound_to;
    assert_eq!(bound(FIRST), both);
    here.rotate_refresh_token::<_, ()>(&FIRST, &id("one"), at(30), |_, bound_to| {
        assert_eq!(*bound_to, both);
        Ok((next(Some((SECOND, 1_000)), 30), ()))
    })
    .unwrap();
    assert_eq!(
        bound(SECOND),
        Binding::default(),
        "bound to what its own request proved"
    );
}

#[test]
fn a_proof_counts_once_until_it_could_not_be_replayed_any_more() {
    let here = new_registry();
    assert!(here.use_dpop_proof(&[1; 32], at(60)).unwrap());
    assert!(!here.use_dpop_proof(&[1; 32], at(60)).unwrap());
    let another = here.another().unwrap();
    assert!(
        !another.use_dpop_proof(&[1; 32], at(60)).unwrap(),
        "nor at another server over the same file"
    );
    assert!(another.use_dpop_proof(&[2; 32], at(90)).unwrap());
    here.sweep(at(60)).unwrap();
    assert_eq!(rows(&here, "used_dpop_proof"), 1);
    assert!(here.use_dpop_proof(&[1; 32], at(120)).unwrap());
}
