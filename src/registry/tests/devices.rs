//! Devices that wait: the first answer counts, in time only, and a device code is spent once.

use super::grants::{grant, next, rows, scopes, user};
use super::*;

const DEVICE_CODE: TokenHash = [1; 32];
const USER_CODE: TokenHash = [2; 32];
const ENDS: i64 = 610;
const FIRST: TokenHash = [11; 32];

fn asked(client_id: &str) -> DeviceAuthorization {
    DeviceAuthorization {
        client_id: id(client_id),
        scopes: scopes(&["read"]),
        resources: scopes(&["https://api.example.com"]),
        expires_at: at(ENDS),
        answer: DeviceAnswer::Awaited,
    }
}

fn with_a_device() -> Here {
    let here = new_registry();
    here.add("one", ClientKind::Device, "One");
    here.add("two", ClientKind::Device, "Two");
    here.put_user(&user("ada"), &act(1)).unwrap();
    assert!(
        here.begin_device_authorization(&DEVICE_CODE, &USER_CODE, &asked("one"), 2, at(10))
            .unwrap()
    );
    here
}

fn allow(here: &Here, now: i64) -> bool {
    here.allow_device(&USER_CODE, &grant("g", "one", "ada"), at(now))
        .unwrap()
}

fn answer(here: &Here) -> DeviceAnswer {
    let found = here.device_authorization(&DEVICE_CODE).unwrap().unwrap();
    assert_eq!(
        here.device_authorization_by_user_code(&USER_CODE).unwrap(),
        Some(found.clone())
    );
    found.answer
}

fn spend(here: &Here, client_id: &str, now: i64) -> Spending<&'static str, &'static str> {
    here.spend_device_code(&DEVICE_CODE, &id(client_id), at(now), |_| {
        Ok((next(Some((FIRST, 5_000)), now), "tokens"))
    })
    .unwrap()
}

#[test]
fn the_first_answer_counts_and_only_in_time() {
    let here = with_a_device();
    assert_eq!(
        here.device_authorization(&DEVICE_CODE).unwrap(),
        Some(asked("one"))
    );
    assert!(!allow(&here, ENDS), "too late");
    assert_eq!(rows(&here, "grant"), 0);
    assert!(allow(&here, ENDS - 1));
    assert_eq!(answer(&here), DeviceAnswer::Allowed);
    assert!(!allow(&here, 20));
    assert!(!here.deny_device(&USER_CODE, at(20)).unwrap());
    assert_eq!(answer(&here), DeviceAnswer::Allowed);
    assert_eq!(rows(&here, "grant"), 1);

    let here = with_a_device();
    assert!(!here.deny_device(&USER_CODE, at(ENDS)).unwrap());
    assert!(here.deny_device(&USER_CODE, at(20)).unwrap());
    assert!(!allow(&here, 21));
    assert_eq!(answer(&here), DeviceAnswer::Denied);
    assert_eq!(rows(&here, "grant"), 0);
    assert!(!here.deny_device(&[9; 32], at(20)).unwrap(), "nobody's code");
}

#[test]
fn a_device_code_is_spent_once_by_its_own_client_and_a_replay_ends_the_grant() {
    let here = with_a_device();
    assert_eq!(
        spend(&here, "one", 20),
        Spending::Unknown,
        "nobody has allowed it"
    );
    assert!(allow(&here, 20));
    assert_eq!(spend(&here, "two", 21), Spending::Unknown);
    let refused: Spending<(), _> = here
        .spend_device_code(&DEVICE_CODE, &id("one"), at(21), |_| Err("another resource"))
        .unwrap();
    assert_eq!(refused, Spending::Refused("another resource"));
    assert_eq!(spend(&here, "one", ENDS), Spending::Unknown, "too late");
    let spent = spend(&here, "one", ENDS - 1);
    assert_eq!(spent, Spending::Done(grant("g", "one", "ada"), "tokens"));
    assert_eq!(answer(&here), DeviceAnswer::Spent);
    assert_eq!(spend(&here, "two", ENDS), Spending::Unknown);
    assert!(here.grant("g").unwrap().is_some());
    assert_eq!(spend(&here, "one", ENDS + 100), Spending::Replayed);
    assert!(here.grant("g").unwrap().is_none() && here.refresh_token(&FIRST).unwrap().is_none());
    assert_eq!(answer(&here), DeviceAnswer::Spent);
    assert_eq!(spend(&here, "one", ENDS + 101), Spending::Replayed);
}

#[test]
fn a_grant_that_ended_before_the_device_came_is_a_no() {
    let here = with_a_device();
    assert!(allow(&here, 20));
    here.end_grant("g").unwrap();
    assert_eq!(answer(&here), DeviceAnswer::Denied);
    assert_eq!(spend(&here, "one", 21), Spending::Unknown);
    assert!(!allow(&here, 22), "it was answered");
}

#[test]
fn no_more_wait_than_may_and_no_two_show_the_same_code() {
    let here = with_a_device();
    let begin = |device_code: u8, user_code: u8, client_id: &str, now: i64| {
        here.begin_device_authorization(
            &[device_code; 32],
            &[user_code; 32],
            &DeviceAuthorization {
                expires_at: at(now + 600),
                ..asked(client_id)
            },
            2,
            at(now),
        )
        .unwrap()
    };
    assert!(!begin(3, 2, "two", 20), "the user code is taken");
    assert!(here.device_authorization(&[3; 32]).unwrap().is_none());
    assert!(begin(4, 4, "one", 20));
    assert!(!begin(5, 5, "one", ENDS - 1), "two wait");
    assert!(begin(6, 6, "two", ENDS - 1));
    assert!(begin(7, 7, "one", ENDS), "the first is over");
}

#[test]
fn a_device_that_was_answered_waits_no_more() {
    let here = with_a_device();
    let begin = |number: u8| {
        let (device_code, user_code) = ([number; 32], [number + 100; 32]);
        here.begin_device_authorization(&device_code, &user_code, &asked("one"), 2, at(10))
            .unwrap()
    };
    assert!(begin(20) && !begin(21), "two wait");
    assert!(allow(&here, 20));
    assert!(
        begin(22),
        "one of them waits for the device only, not for a person"
    );
    spend(&here, "one", 30);
    assert!(here.deny_device(&[120; 32], at(30)).unwrap());
    assert!(begin(23) && !begin(24));
}

#[test]
fn sweeping_takes_a_device_an_hour_after_its_end_and_with_the_last_of_its_grant() {
    let here = with_a_device();
    for (now, left) in [(ENDS + 3_599, 1), (ENDS + 3_600, 0)] {
        here.sweep(at(now)).unwrap();
        assert_eq!(rows(&here, "device_authorization"), left, "at {now}");
    }
    let here = with_a_device();
    assert!(allow(&here, 20));
    assert!(matches!(spend(&here, "one", 30), Spending::Done(..)));
    for (now, left) in [(4_999, 1), (5_000, 0)] {
        here.sweep(at(now)).unwrap();
        assert_eq!(rows(&here, "grant"), left, "at {now}");
        assert_eq!(
            rows(&here, "device_authorization"),
            left,
            "known again until then"
        );
    }
    let report = here.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.lines);
}

#[test]
fn devices_end_with_the_standing_of_their_client_and_with_the_person() {
    type Change = (&'static str, fn(&Here), bool);
    let changes: [Change; 3] = [
        (
            "disabled",
            |here| {
                drop(
                    here.set_status(&id("one"), 1, crate::client::Status::Disabled, &act(40))
                        .unwrap(),
                )
            },
            false,
        ),
        (
            "deleted",
            |here| drop(here.delete_client(&id("one"), 1, &act(40)).unwrap()),
            false,
        ),
        (
            "another is deleted",
            |here| drop(here.delete_client(&id("two"), 1, &act(40)).unwrap()),
            true,
        ),
    ];
    for (what, change, lives) in changes {
        let here = with_a_device();
        change(&here);
        let found = here.device_authorization(&DEVICE_CODE).unwrap();
        assert_eq!(found.is_some(), lives, "{what}");
    }
    let here = with_a_device();
    assert!(allow(&here, 20));
    here.remove_user("ada", &act(40)).unwrap();
    assert_eq!(answer(&here), DeviceAnswer::Denied);
}
