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

fn read(format: Format, text: &str) -> Vec<Piece> {
    format.read_all(text.as_bytes()).unwrap()
}

/// The clients of a file in their order, those that cannot be read with a `-` before them.
fn names(format: Format, text: &str) -> Vec<String> {
    read(format, text).iter().filter_map(name).collect()
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
                let expected = ["one", "-two", "three", "four", "five"];
                assert_eq!(names(format, &damaged), expected, "{format} {is_pretty} {to}");
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
        let expected = ["one", "-two", "-three", "four", "five"];
        assert_eq!(names(format, &damaged), expected, "{format}");
    }
}

#[test]
fn a_bracket_too_many_between_two_clients_ends_no_list() {
    for format in FORMATS {
        let sound = file(format, true);
        let at = sound.find("\"two\"").unwrap();
        let begin = sound[..at].rfind('{').unwrap();
        let damaged = format!("{}]{}", &sound[..begin], &sound[begin..]);
        let expected = ["one", "two", "three", "four", "five"];
        assert_eq!(names(format, &damaged), expected, "{format}");
    }
}

#[test]
fn what_a_realm_says_behind_a_damaged_client_still_counts() {
    let practices = |text: &str| {
        let client = read(Format::Keycloak, text).into_iter().flatten().next_back();
        client.unwrap().draft.practices().count()
    };
    let sound = file(Format::Keycloak, true);
    let damaged = sound.replacen("two.example/cb\"", "two.example/cb", 1);
    assert_eq!(practices(&damaged), practices(&sound));
    let other = sound.replace("\"revokeRefreshToken\": true", "\"revokeRefreshToken\": false");
    assert_ne!(practices(&other), practices(&sound));
}

#[test]
fn clients_of_another_realm_are_none_of_the_damaged_list() {
    let sound = file(Format::Keycloak, true);
    let last = sound.replace("https://five", "https\"://five");
    let other = file(Format::Keycloak, true).replace("staff", "partners");
    let both = format!("[{last}, {other}]");
    let clients = read(Format::Keycloak, &both).into_iter().flatten();
    assert_eq!(
        clients
            .filter(|client| client.realm.as_deref() == Some("staff"))
            .count(),
        4
    );
    // They are read all the same, though nobody can say whose they are.
    let five = ["one", "two", "three", "four", "five"];
    let told = names(Format::Keycloak, &both);
    assert_eq!(told, [&five[..4], &["-five"], &five].concat());
}

#[test]
fn a_file_made_to_look_as_if_items_began_everywhere_is_soon_gone_through() {
    let pieces = [
        "@,",
        "{\"a\":[[{",
        ",{\"a\":1}@",
        "{\"a\":\"",
        "},{",
        "{\"clients\":[@]},",
        "{\"clients\":[{\"clientId\":\"a\"},{@]},",
    ];
    for (format, piece) in FORMATS
        .iter()
        .flat_map(|format| pieces.map(|piece| (format, piece)))
    {
        let text = format!("[{}", piece.repeat(100_000 / piece.len()));
        let mut count = 0_u64;
        // Whether or not anything can be made of it, it is told before anybody loses patience.
        let read = format.read(&mut Cursor::new(text.as_bytes()), &mut |_| {
            count += 1;
            true
        });
        assert!(count > 0 || read.is_err(), "{format} {piece}");
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
            let names = names(format, &damaged);
            for whole in ["one", "three", "four", "five"] {
                prop_assert!(names.iter().any(|name| name == whole), "{format} {what} {at}: {names:?}");
            }
        }
    }
}
