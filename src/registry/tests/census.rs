//! Reading every client, whole.

use super::*;

#[test]
fn every_client_is_met_once_page_by_page() {
    let here = new_registry();
    for number in 0..5 {
        here.add(&format!("c{number}"), ClientKind::Service, "Same name");
    }
    for limit in [1, 2, 5, 9] {
        let (mut met, mut place) = (Vec::new(), Place::default());
        loop {
            let (clients, next) = here.clients_from(place, limit).unwrap();
            met.extend(clients.iter().map(|client| client.client_id.to_string()));
            if clients.is_empty() {
                break;
            }
            assert_eq!(
                here.client(&clients[0].client_id).unwrap().as_ref(),
                clients.first()
            );
            place = next;
        }
        assert_eq!(met, ["c0", "c1", "c2", "c3", "c4"], "{limit} at once");
    }
}

#[test]
fn what_others_write_meanwhile_is_not_seen_and_nothing_is_written() {
    let here = new_registry();
    here.add("one", ClientKind::Service, "One");
    let other = here.another().unwrap();
    let count = |registry: &Registry| registry.clients_from(Place::default(), 9).unwrap().0.len();
    let seen = here.in_one_state(|registry| {
        let before = count(registry);
        let new = new_client("two", draft(ClientKind::Service, "Two"));
        other.create_client(new, &act(2))?;
        let refused =
            registry.create_client(new_client("three", draft(ClientKind::Service, "Three")), &act(3));
        Ok::<_, RegistryError>((before, count(registry), refused.is_err()))
    });
    assert_eq!(seen.unwrap(), (1, 1, true));
    assert_eq!(count(&here), 2);
    here.add("four", ClientKind::Service, "Four");
}
