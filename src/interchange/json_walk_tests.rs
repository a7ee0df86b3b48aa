//! The way through a document, in pieces of every size.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::BufReader;

/// Reads in pieces of so many bytes, so that every value is met in parts.
fn walk(text: &str, piece: usize) -> Walk<BufReader<&[u8]>> {
    Walk::new(BufReader::with_capacity(piece.max(4), text.as_bytes())).unwrap()
}

fn take<R: BufRead>(walk: &mut Walk<R>) -> Value {
    match walk.take(10_000).unwrap() {
        Taken::Text(text) => text.read().unwrap(),
        Taken::TooLarge(_) => panic!("too large"),
    }
}

#[test]
fn it_steps_into_what_is_wanted_and_past_the_rest() {
    let document = json!({
        "realm": "staff", "users": [{"a": "]}\\\""}, [1, 2.5e3, null]], "clients": [{"b": 1}, {"c": "{"}], "end": true,
    });
    for (text, piece) in [(document.to_string(), 4), (format!("\u{feff}{document:#}"), 5)] {
        let mut walk = walk(&text, piece);
        assert!(walk.eat(b'{').unwrap());
        assert_eq!(walk.next_member(true).unwrap().as_deref(), Some("realm"));
        assert_eq!(take(&mut walk), "staff");
        assert_eq!(walk.next_member(false).unwrap().as_deref(), Some("users"));
        walk.skip().unwrap();
        assert_eq!(walk.next_member(false).unwrap().as_deref(), Some("clients"));
        assert!(walk.eat(b'[').unwrap());
        assert!(walk.next_item(true).unwrap());
        assert_eq!(take(&mut walk), json!({"b": 1}));
        assert!(walk.next_item(false).unwrap());
        assert_eq!(take(&mut walk), json!({"c": "{"}));
        assert!(!walk.next_item(false).unwrap());
        assert_eq!(walk.next_member(false).unwrap().as_deref(), Some("end"));
        assert_eq!(take(&mut walk), true);
        assert_eq!(walk.next_member(false).unwrap(), None);
        assert_eq!(walk.peek().unwrap(), None);
    }
}

#[test]
fn what_stands_in_the_wrong_place_is_told_with_its_line() {
    let mut templated = walk("{\n  \"a\": 1,\n  <placeholder>\n}", 64);
    assert!(templated.eat(b'{').unwrap());
    templated.next_member(true).unwrap();
    templated.skip().unwrap();
    let stuck = templated.next_member(false).unwrap_err();
    assert_eq!(stuck.line, 3);
    assert!(
        stuck.what.contains("line 3, column 3") && stuck.what.contains("template"),
        "{stuck}"
    );
    let mut cut_off = walk("[\n{\"a\"", 64);
    assert!(cut_off.eat(b'[').unwrap() && cut_off.next_item(true).unwrap());
    let Taken::Text(text) = cut_off.take(100).unwrap() else {
        panic!()
    };
    assert!(text.read().unwrap_err().contains("cut off"));
    assert!(cut_off.next_item(false).unwrap_err().what.contains("cut off"));
}

#[test]
fn what_is_too_large_is_passed_over_and_the_rest_is_read() {
    let text = format!("[\"{}\",2]", "x".repeat(1_000));
    let mut walk = walk(&text, 16);
    assert!(walk.eat(b'[').unwrap() && walk.next_item(true).unwrap());
    assert!(matches!(walk.take(100).unwrap(), Taken::TooLarge(_)));
    assert!(walk.next_item(false).unwrap());
    assert_eq!(take(&mut walk), 2);
}

#[test]
fn what_is_no_json_is_told_where_it_stands_though_it_is_passed_over() {
    for (text, line, column, what) in [
        (
            "{\"a\": {\n  \"b\": [1],\n  ]}}",
            3,
            3,
            "stands ']' where '}' belongs",
        ),
        ("{\"a\": [\n}]}", 2, 1, "stands '}' where ']' belongs"),
        (
            "{\"a\": {\n\n  <b>\n}}",
            3,
            3,
            "stands '<', which is no JSON; it looks like a template",
        ),
        (
            "{\"a\": [{{- if .B }}]}",
            1,
            9,
            "stands '{', which is no JSON; it looks like a template",
        ),
        ("{\"a\": [yes]}", 1, 8, "stands 'y', which is no JSON"),
    ] {
        for piece in [64, 5] {
            let mut walk = walk(text, piece).watching(true);
            assert!(walk.eat(b'{').unwrap());
            walk.next_member(true).unwrap();
            walk.skip().unwrap();
            let (odd, at) = walk.oddity().unwrap();
            // Two brackets that meet where a piece ends are told at the next byte.
            if piece == 64 {
                assert!(
                    odd.what
                        .contains(&format!("In line {line}, column {column} {what}")),
                    "{odd}"
                );
                assert_eq!(
                    text[..usize::try_from(*at).unwrap()].matches('\n').count() + 1,
                    line
                );
            }
            assert_eq!(odd.line, line);
        }
    }
    for text in [
        "[{\"a}]\": [true, false, null, -1.5E+3, {}]}]",
        "[[[]], {\n}\t,\r\n1e5]",
    ] {
        let mut walk = walk(text, 5);
        walk.skip().unwrap();
        assert!(walk.oddity().is_none(), "{text}");
    }
    let nested = format!("{}{}", "[{\"a\":".repeat(200), "}]".repeat(200));
    let mut deep = walk(&nested, 64);
    deep.skip().unwrap();
    assert!(deep.oddity().is_none() && deep.peek().unwrap().is_none());
}

#[test]
fn a_list_is_found_whatever_stands_before_it() {
    let text = "]} \"clients\" <x> \"\"clients\": 3, \"a\\\"clients\\\": [\", {\"clients\" : \n [1]} \"clients\": [2]";
    for piece in [4, 5, 7, 64] {
        let mut walk = walk(text, piece);
        for wanted in [1, 2] {
            assert!(walk.find_list("clients").unwrap());
            assert!(walk.eat(b'[').unwrap());
            assert_eq!(take(&mut walk), wanted);
        }
        assert!(!walk.find_list("clients").unwrap());
    }
}

proptest! {
    #[test]
    fn an_array_is_taken_apart_as_everybody_reads_it(text in r#"\[[\[\]{}",:0-9a-c\\ntrue.e -]{0,40}\]"#, piece in 4_usize..20) {
        if let Ok(Value::Array(items)) = serde_json::from_str(&text) {
            let mut whole = walk(&text, piece);
            whole.skip().unwrap();
            prop_assert!(whole.oddity().is_none());
            let mut walk = walk(&text, piece);
            prop_assert!(walk.eat(b'[').unwrap());
            let mut found = Vec::new();
            while walk.next_item(found.is_empty()).unwrap() {
                match walk.take(1_000).unwrap() {
                    Taken::Text(text) => found.push(text.read()),
                    Taken::TooLarge(_) => panic!(),
                }
            }
            // Members that stand twice are told by the reader of a value.
            if found.iter().all(Result::is_ok) {
                prop_assert_eq!(found.into_iter().map(Result::unwrap).collect::<Vec<_>>(), items);
            }
        }
    }

    #[test]
    fn no_bytes_keep_it_from_coming_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(mut walk) = Walk::new(bytes.as_slice()) {
            let mut steps = 0;
            while let Ok(Some(_)) = walk.peek() {
                if !walk.eat(b'{').unwrap() && !walk.eat(b',').unwrap() && !walk.eat(b':').unwrap() && !walk.eat(b'}').unwrap() && !walk.eat(b']').unwrap() {
                    walk.skip().unwrap();
                }
                steps += 1;
                prop_assert!(steps <= bytes.len() + 1);
            }
        }
    }
}
