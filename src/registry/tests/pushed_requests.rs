//! Authorization requests that clients have pushed: how long they are kept, and how many.

use super::*;
use crate::client::Status;

const REFERENCE: TokenHash = [1; 32];

fn request(client_id: &str, expires_at: i64) -> PushedRequest {
    PushedRequest {
        client_id: id(client_id),
        parameters: "client_id=one&state=a+state".to_owned(),
        expires_at: at(expires_at),
    }
}

fn with_a_request() -> Here {
    let here = new_registry();
    here.add("one", ClientKind::Web, "One");
    here.add("two", ClientKind::Web, "Two");
    assert!(
        here.push_request(&REFERENCE, &request("one", 70), 2, at(10))
            .unwrap()
    );
    here
}

fn is_there(here: &Here) -> bool {
    here.pushed_request(&REFERENCE).unwrap().is_some()
}

#[test]
fn a_request_is_found_as_it_was_pushed_until_it_is_taken() {
    let here = with_a_request();
    assert_eq!(here.pushed_request(&REFERENCE).unwrap(), Some(request("one", 70)));
    assert!(here.pushed_request(&[2; 32]).unwrap().is_none());
    assert!(here.take_pushed_request(&REFERENCE).unwrap());
    assert!(!is_there(&here));
    assert!(!here.take_pushed_request(&REFERENCE).unwrap());
}

#[test]
fn sweeping_leaves_a_request_that_a_person_is_on_a_page_for() {
    let here = with_a_request();
    here.sweep(at(69)).unwrap();
    assert!(is_there(&here));
    here.keep_pushed_request(&REFERENCE, at(1_000)).unwrap();
    here.keep_pushed_request(&REFERENCE, at(900)).unwrap();
    here.sweep(at(999)).unwrap();
    assert!(is_there(&here));
    here.sweep(at(1_000)).unwrap();
    assert!(!is_there(&here));
}

#[test]
fn no_more_wait_than_may_and_one_client_takes_no_place_from_another() {
    let here = with_a_request();
    let push = |number: u8, client_id: &str, now: i64| {
        here.push_request(&[number; 32], &request(client_id, now + 60), 2, at(now))
            .unwrap()
    };
    assert!(push(2, "one", 20));
    assert!(!push(3, "one", 69), "two wait");
    assert!(here.pushed_request(&[3; 32]).unwrap().is_none());
    assert!(push(4, "two", 69));
    assert!(push(5, "one", 70), "the first is over");
}

#[test]
fn requests_end_with_the_standing_of_their_client() {
    type Change = (&'static str, fn(&Here), bool);
    let changes: [Change; 4] = [
        (
            "another is disabled",
            |here| {
                drop(
                    here.set_status(&id("two"), 1, Status::Disabled, &act(40))
                        .unwrap(),
                )
            },
            true,
        ),
        (
            "disabled",
            |here| {
                drop(
                    here.set_status(&id("one"), 1, Status::Disabled, &act(40))
                        .unwrap(),
                )
            },
            false,
        ),
        (
            "secrets revoked",
            |here| drop(here.revoke_secrets(&id("one"), &act(40)).unwrap()),
            false,
        ),
        (
            "deleted",
            |here| drop(here.delete_client(&id("one"), 1, &act(40)).unwrap()),
            false,
        ),
    ];
    for (what, change, lives) in changes {
        let here = with_a_request();
        change(&here);
        assert_eq!(is_there(&here), lives, "{what}");
    }
}
