//! Requests that are saved for a client.

use super::*;
use crate::client::Status;

fn with_client(name: &str) -> Here {
    let here = new_registry();
    let draft = draft(ClientKind::Service, "One");
    here.import_client(&id(name), &draft, Status::Active, &[], "test", &act(1))
        .unwrap();
    here
}

fn request(name: &str, scope: &str) -> SavedRequest {
    SavedRequest {
        name: name.to_owned(),
        grant_type: Some("client_credentials".to_owned()),
        scope: Some(scope.to_owned()),
        ..SavedRequest::default()
    }
}

#[test]
fn a_saved_request_comes_back_as_it_was_and_one_of_the_same_name_takes_its_place() {
    let here = with_client("one");
    let saved = || here.saved_requests(&id("one")).unwrap();
    let keep = |request: &SavedRequest| here.save_request(&id("one"), request, at(2)).unwrap();
    keep(&request("nightly", "read"));
    keep(&request("By day", "read write"));
    assert_eq!(
        saved(),
        [request("By day", "read write"), request("nightly", "read")]
    );
    keep(&request("nightly", "write"));
    assert_eq!(saved()[1], request("nightly", "write"));
    here.delete_saved_request(&id("one"), "nightly").unwrap();
    assert_eq!(saved().len(), 1);
    let gone = here.delete_saved_request(&id("one"), "nightly");
    assert!(matches!(gone, Err(RegistryError::NotFound { .. })));
    assert!(here.saved_requests(&id("nobody")).unwrap().is_empty());
}

#[test]
fn it_goes_with_its_client_and_leaves_nothing_in_the_history() {
    let here = with_client("one");
    let rows = || here.history(&HistoryQuery::default()).unwrap().len();
    let before = rows();
    here.save_request(&id("one"), &request("nightly", "read"), at(2))
        .unwrap();
    assert_eq!(rows(), before);
    here.delete_client(&id("one"), 1, &act(3)).unwrap();
    let left: i64 = here
        .connection
        .query_row("SELECT count(*) FROM saved_request", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    let late = here.save_request(&id("one"), &request("nightly", "read"), at(4));
    assert!(matches!(late, Err(RegistryError::NotFound { .. })));
}

#[test]
fn neither_their_number_nor_their_length_is_without_bound() {
    let here = with_client("one");
    let keep = |request: &SavedRequest| here.save_request(&id("one"), request, at(2));
    for name in ["", " ", " a", "a\nb", "\u{202e}a", &"a".repeat(61)] {
        assert!(
            matches!(keep(&request(name, "read")), Err(RegistryError::Unfit(_))),
            "{name:?}"
        );
    }
    let long = request("long", &"a".repeat(8_193));
    assert!(matches!(keep(&long), Err(RegistryError::Unfit(_))));
    for number in 0..MAX_SAVED_REQUESTS {
        keep(&request(&format!("Request {number}"), "read")).unwrap();
    }
    assert!(matches!(
        keep(&request("one more", "read")),
        Err(RegistryError::Unfit(_))
    ));
    keep(&request("Request 7", "write")).unwrap();
}
