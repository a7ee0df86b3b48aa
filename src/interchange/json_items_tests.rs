use std::io::Cursor;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Format, Piece};

/// Five clients in a list, as Keycloak and as a server of RFC 7591 write them.
fn clients(format: Format) -> Vec<Value> {
    let client = |id: &str| match format {
        Format::Keycloak => json!({
            "id": format!("0-{id}"), "clientId": id, "redirectUris": [format!("https://{id}.example/cb")],
            "protocolMappers": [
                {"id": "1", "name": "a", "protocolMapper": "oidc-audience-mapper", "config": {"clientId": "inner"}},
                {"id": "2", "name": "b", "config": {}},
            ],
            "attributes": {"post.logout.redirect.uris": "+"},
        }),
        _ => json!({
            "client_id": id, "redirect_uris": [format!("https://{id}.example/cb")], "client_name": format!("{{{id}"),
            "app_type": "spa", "contacts": ["a@example.com"], "x_kept": {"a": [{"b": 1}, {"c": 2}]},
        }),
    };
    ["one", "two", "three", "four", "five"].map(client).to_vec()
}

fn file(format: Format, is_pretty: bool) -> String {
    let list = clients(format);
    let value = match format {
        Format::Keycloak => json!({
            "realm": "staff", "clients": list, "identityProviders": [{"alias": "x", "config": {"clientId": "outer"}}],
            "users": [{"username": "a", "clientConsents": [{"clientId": "one"}, {"clientId": "two"}]}], "revokeRefreshToken": true,
        }),
        Format::Hydra => json!({ "items": list }),
        Format::Auth0 => json!({ "clients": list }),
        _ => Value::Array(list),
    };
    if is_pretty {
        serde_json::to_string_pretty(&value).unwrap()
    } else {
        value.to_string()
    }
}

fn name(piece: &Piece) -> Option<String> {
    match piece {
        Ok(client) => Some(client.client_id.to_string()),
        Err(unreadable) => unreadable.client.as_ref().map(|client| format!("-{client}")),
    }
}

/// What stands in a client's text, and what somebody made of it.
const DAMAGES: [(&str, &str); 6] = [
    ("example/cb\"", "example/cb"),
    ("https://", "https\"://"),
    ("]", ""),
    ("]", "]]"),
    ("[", ""),
    ("}", ""),
];

const FORMATS: [Format; 4] = [Format::Keycloak, Format::Rfc7591, Format::Hydra, Format::Auth0];

#[test]
fn a_damaged_client_is_named_and_costs_no_other() {
    for format in FORMATS {
        for is_pretty in [false, true] {
            let sound = file(format, is_pretty);
            for (from, to) in DAMAGES {
                let (before, rest) = sound.split_at(sound.find("two").unwrap());
                let damaged = format!("{before}{}", rest.replacen(from, to, 1));
                let read = format.read_all(damaged.as_bytes()).unwrap();
                let names: Vec<_> = read.iter().filter_map(name).collect();
                assert_eq!(
                    names,
                    ["one", "-two", "three", "four", "five"],
                    "{format} {is_pretty} {to}: {read:?}"
                );
            }
        }
    }
}

#[test]
fn two_damaged_clients_side_by_side_are_both_named() {
    for format in FORMATS {
        let damaged = file(format, true)
            .replace("two.example/cb\"", "two.example/cb")
            .replace("https://three", "https\"://three");
        let read = format.read_all(damaged.as_bytes()).unwrap();
        let names: Vec<_> = read.iter().filter_map(name).collect();
        assert_eq!(
            names,
            ["one", "-two", "-three", "four", "five"],
            "{format}: {read:?}"
        );
    }
}

#[test]
fn a_bracket_too_many_between_two_clients_ends_no_list() {
    for format in FORMATS {
        let sound = file(format, true);
        let at = sound.find("\"two\"").unwrap();
        let begin = sound[..at].rfind('{').unwrap();
        let damaged = format!("{}]{}", &sound[..begin], &sound[begin..]);
        let read = format.read_all(damaged.as_bytes()).unwrap();
        let names: Vec<_> = read.iter().filter_map(name).collect();
        assert_eq!(
            names,
            ["one", "two", "three", "four", "five"],
            "{format}: {read:?}"
        );
    }
}

#[test]
fn what_a_realm_says_behind_a_damaged_client_still_counts() {
    let rotates = |text: &str| {
        let read = Format::Keycloak.read_all(text.as_bytes()).unwrap();
        let client = read.iter().filter_map(|piece| piece.as_ref().ok()).next_back();
        client.unwrap().draft.practices().count()
    };
    let sound = file(Format::Keycloak, true);
    let damaged = sound.replacen("two.example/cb\"", "two.example/cb", 1);
    assert_eq!(rotates(&damaged), rotates(&sound));
    let other = sound.replace("\"revokeRefreshToken\": true", "\"revokeRefreshToken\": false");
    assert_ne!(rotates(&other), rotates(&sound));
}

#[test]
fn clients_of_another_realm_are_none_of_the_damaged_list() {
    let sound = file(Format::Keycloak, true);
    let last = sound.replace("https://five", "https\"://five");
    let other = file(Format::Keycloak, true).replace("staff", "partners");
    let read = Format::Keycloak
        .read_all(format!("[{last}, {other}]").as_bytes())
        .unwrap();
    let of_staff = read
        .iter()
        .filter_map(|piece| piece.as_ref().ok())
        .filter(|client| client.realm.as_deref() == Some("staff"));
    assert_eq!(of_staff.count(), 4, "{read:#?}");
}

#[test]
fn a_file_made_to_look_as_if_items_began_everywhere_is_soon_gone_through() {
    for piece in ["@,", "{\"a\":[[{", ",{\"a\":1}@", "{\"a\":\"", "},{"] {
        let text = format!("[{}", piece.repeat(200_000 / piece.len()));
        let mut count = 0_u64;
        let _ = Format::Rfc7591.read(&mut Cursor::new(text.as_bytes()), &mut |_| {
            count += 1;
            true
        });
        assert!(count > 0, "{piece}");
    }
}

proptest! {
    #[test]
    fn no_client_that_is_whole_is_lost_to_another_one(place in 0_usize..200, what in "[{}\\[\\]\",:a]") {
        for format in FORMATS {
            let sound = file(format, true);
            let begin = sound.find("\"two\"").unwrap() + 5;
            let end = sound.find("\"three\"").unwrap() - 60;
            let at = begin + place % (end - begin);
            let damaged = format!("{}{what}{}", &sound[..at], &sound[at..]);
            let read = format.read_all(damaged.as_bytes()).unwrap();
            let names: Vec<_> = read.iter().filter_map(name).collect();
            for whole in ["one", "three", "four", "five"] {
                prop_assert!(names.iter().any(|name| name == whole), "{format} {what} {at}: {read:?}");
            }
        }
    }
}
