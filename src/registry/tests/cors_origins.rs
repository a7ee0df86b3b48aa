//! Which origins some active client lists.

use super::*;
use crate::client::{ClientDraft, Status};

const PAGE: &str = "https://spa.example.com";
const OTHER: &str = "https://other.example.com";

fn page(name: &str, origins: &[&str]) -> ClientDraft {
    let mut draft = draft(ClientKind::SinglePage, name);
    draft.allowed_cors_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    draft
}

fn import(here: &Registry, name: &str, draft: &ClientDraft, status: Status) {
    here.import_client(&id(name), draft, status, &[], "test", &act(1))
        .unwrap();
}

#[test]
fn an_origin_counts_while_some_active_client_lists_it() {
    let here = new_registry();
    let listed = |origin: &str| here.lists_origin(origin).unwrap();
    assert!(!listed(PAGE));
    import(&here, "one", &page("One", &[PAGE, PAGE, OTHER]), Status::Active);
    import(&here, "two", &page("Two", &[PAGE]), Status::Active);
    assert!(listed(PAGE) && listed(OTHER));
    for near in [
        "https://spa.example.com:8443",
        "https://SPA.example.com",
        "https://spa.example",
        "",
    ] {
        assert!(!listed(near), "{near:?}");
    }
    let saved = here
        .update_client(&id("one"), 1, page("One", &[OTHER]), None, &act(2))
        .unwrap();
    assert!(listed(PAGE), "by the other one");
    here.delete_client(&id("two"), 1, &act(3)).unwrap();
    assert!(!listed(PAGE));
    let off = here
        .set_status(&id("one"), saved.version, Status::Disabled, &act(4))
        .unwrap();
    assert!(!listed(OTHER), "a disabled one lists none");
    here.set_status(&id("one"), off.version, Status::Active, &act(5))
        .unwrap();
    assert!(listed(OTHER));
}

#[test]
fn disabled_and_held_clients_list_no_origins() {
    let here = new_registry();
    import(&here, "disabled", &page("Disabled", &[PAGE]), Status::Disabled);
    let mut held = page("Held", &[OTHER]);
    held.scopes = vec!["bad scope".to_owned()];
    import(&here, "held", &held, Status::Active);
    assert!(here.client(&id("held")).unwrap().unwrap().held);
    assert!(!here.lists_origin(PAGE).unwrap() && !here.lists_origin(OTHER).unwrap());
}

#[test]
fn a_registry_of_the_time_before_learns_the_origins_of_its_clients() {
    let here = new_registry();
    import(&here, "one", &page("One", &[PAGE]), Status::Active);
    import(&here, "off", &page("Off", &[OTHER]), Status::Disabled);
    here.connection
        .execute_batch(
            "DROP TRIGGER cors_origin_insert; DROP TRIGGER cors_origin_update; DROP TRIGGER cors_origin_delete;
             DROP TABLE cors_origin",
        )
        .unwrap();
    let step = migrate::STEPS
        .iter()
        .find(|step| step.contains("TABLE cors_origin"));
    here.connection.execute_batch(step.unwrap()).unwrap();
    assert!(here.lists_origin(PAGE).unwrap());
    assert!(!here.lists_origin(OTHER).unwrap());
    here.delete_client(&id("one"), 1, &act(2)).unwrap();
    assert!(!here.lists_origin(PAGE).unwrap());
}
