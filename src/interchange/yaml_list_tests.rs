//! Lists of clients that are read apart.

use super::*;
use crate::interchange::yaml::quote_templates;

const PATHS: [&[&str]; 2] = [&["oidc", "clients"], &["clients"]];

/// What is told of each item and of what is wrong, with its place.
fn told(read: impl FnOnce(&mut dyn FnMut(Found<'_>) -> bool)) -> Vec<String> {
    let mut told = Vec::new();
    read(&mut |found| {
        told.push(match found {
            Found::Document(_) => return true,
            Found::Client(node, document) => {
                let beside = document.and_then(|document| document.at(&["oidc", "enforce_pkce"])?.plain());
                format!("{}: {:?} {beside:?}", node.place(), node.members())
            }
            Found::Wrong(wrong) => format!(
                "{}: {:?} {}",
                wrong.place,
                wrong.client.as_ref().or(wrong.called.as_ref()),
                wrong.what
            ),
        });
        true
    });
    told
}

fn apart(text: &str) -> Vec<String> {
    let text = quote_templates(text);
    told(|visit| Apart::of(&text, &PATHS, &["client_id", "name"]).tell(&PATHS, visit))
}

fn whole(text: &str) -> Vec<String> {
    let text = quote_templates(text);
    told(|visit| {
        of_documents(yaml::read(&text).unwrap(), &PATHS, visit);
    })
}

#[test]
fn what_is_read_apart_is_what_is_read_as_a_whole() {
    for text in [
        "clients:\n- client_id: a\n- client_id: b\n",
        "clients:\n\n  # One\n  - client_id: a\n    b: {c: [1,\n      2]}\n# Two\n  -\n    client_id: b\n\nafter: 1\n",
        "oidc:\n  enforce_pkce: always\n  clients: # those\n    - client_id: a\n      key: |\n        - client_id: x\n\n        # in it\n      b: >-\n        c\n  more: 1\n",
        "text: |\n  clients:\n    - client_id: x\nclients:\n  - a: 'it''s: # no remark'\n    b: \"&no *alias\"\n",
        "x: &x\n  a: 1\n  b: [2]\ny: &y {<<: *x, c: 3}\nclients:\n  - <<: *y\n    client_id: a\n  - &own\n    client_id: b\n    d: &d 4\n  - <<: *own\n    e: *d\n  - f: &d 5\n    g: *d\n",
        "l: &l\n- a\n- b\nclients:\n  - client_id: a\n    redirect_uris: *l\n  - &base {client_id: b}\n  - *base\n",
        "- 1\n---\nclients:\n  - client_id: a\n...\n---\nclients: [{client_id: b}]\n",
        "a: &x 1\nb: &x 2\nclients:\n  - c: *x\n  - c: {{ secret \"x\" }}\n  - just a text\n  - c: 1\n    c: 2\n",
        "clients:\n  - client_id: a\n  - client_id: b\nclients:\n  - client_id: c\n",
        "other:\n  - name: x\n    clients:\n      - client_id: no\nclients:\n  - client_id: a\n",
    ] {
        let expected = whole(text);
        assert!(!expected.is_empty(), "{text}");
        assert_eq!(apart(text), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_in_an_item_ends_that_one_only() {
    let bomb: String = (1..9)
        .map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{}, ", n - 1).repeat(10)))
        .collect();
    let text = format!(
        "a0: &a0 [x, x, x]\n{bomb}clients:\n  - client_id: good\n  - client_id: open\n    b: [1, 2\n  - client_id: none\n    b: *nowhere\n  \
         - client_id: bomb\n    b: *a8\n  - client_id: ring\n    b: &r [*r]\n  - name: 'it\n    b: 1\n  - client_id: deep\n    b: {}\n  - client_id: last\n",
        "[".repeat(100)
    );
    let told = apart(&text);
    let places: Vec<&str> = told
        .iter()
        .filter_map(|told| told.split(": Some(\"").nth(1)?.split('"').next())
        .collect();
    assert_eq!(
        places,
        [
            "what stands beside the clients",
            "open",
            "none",
            "bomb",
            "ring",
            "it",
            "deep"
        ],
        "{told:#?}"
    );
    assert!(told[0].contains("grow without end"), "{told:#?}");
    assert!(told[1].starts_with("line 11: Ok("), "{told:#?}");
    assert!(told.last().unwrap().contains("last"), "{told:#?}");
    for told in told.iter().filter(|told| !told.contains("Ok(")) {
        assert!(told.contains("line ") || told.contains("refers to"), "{told}");
        for word in ["mapping", "scalar", "token", "parser", "indicator", "budget"] {
            assert!(!told.contains(word), "words of the parser: {told}");
        }
    }
}

#[test]
fn what_is_indented_wrongly_ends_no_list() {
    let told =
        apart("clients:\n  - client_id: a\n  b: 1\n - client_id: c\n  - client_id: d\n  \tb: 1\nafter: 1\n");
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("Some(\"a\") In line 3"), "{told:#?}");
    assert!(told[1].contains("\"d\""), "{told:#?}");
    let told = apart("clients:\n- client_id: a\n- client_id: b\n    c: [\nafter: {\n");
    assert!(
        told[0].contains("What is set for all clients is not known"),
        "{told:#?}"
    );
    assert!(
        told[1].contains("Ok(") && told[2].contains("Some(\"b\")"),
        "{told:#?}"
    );
}

#[test]
fn a_long_list_is_read_apart_from_the_beginning() {
    let items: String = (0..20_000)
        .map(|n| format!("  - client_id: c{n}\n    a: *x\n"))
        .collect();
    let text = format!("x: &x [1]\nclients:\n{items}");
    assert!(text.len() > WHOLE);
    let mut count = 0;
    let any = each_item(&text, &PATHS, &[], &mut |found| {
        count += u32::from(matches!(found, Found::Client(node, Some(_)) if node.members().is_ok()));
        true
    });
    assert_eq!((any, count), (Ok(true), 20_000));
}
