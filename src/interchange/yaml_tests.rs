use super::*;
use serde_json::json;

fn one(text: &str) -> Node {
    read(&quote_templates(text)).unwrap().remove(0)
}

#[test]
fn values_know_their_lines_and_keep_what_they_are() {
    let node = one("a:\n  - b: 0123\n    c: yes\n    d: [1, true, ~]\n  - {e: 1_000}\n");
    let items = node.get("a").unwrap().items().unwrap();
    assert_eq!((items[0].line, items[1].line), (2, 5));
    assert_eq!(
        items[0].to_value(),
        Ok(json!({"b": "0123", "c": "yes", "d": [1, true, null]}))
    );
    assert_eq!(items[1].to_value(), Ok(json!({"e": "1_000"})));
}

#[test]
fn a_name_that_stands_twice_spoils_its_own_object_only() {
    let node = one("- a: 1\n- b: 1\n  b: 2\n- c: 1\n");
    let items = node.items().unwrap();
    assert!(items[0].members().is_ok() && items[2].members().is_ok());
    let wrong = items[1].members().unwrap_err();
    assert!(wrong.contains("\"b\" is there twice, again in line 3"), "{wrong}");
}

#[test]
fn anchors_are_followed_and_bombs_are_not() {
    let node = one("x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\nz: *x\n");
    assert_eq!(node.get("y").unwrap().to_value(), Ok(json!({"a": 1, "b": 2})));
    assert_eq!(node.get("z").unwrap().to_value(), Ok(json!({"a": 1})));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let before = format!("*a{}, ", n - 1).repeat(10);
        bomb.push_str(&format!("a{n}: &a{n} [{before}]\n"));
    }
    let wrong = read(&bomb).unwrap_err();
    assert!(wrong.what.contains("line"), "{wrong}");
    let deep = format!("a: {}{}", "[".repeat(300), "]".repeat(300));
    assert!(read(&deep).is_err());
    let deep: String = (0..300).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert!(read(&deep).is_err());
    assert!(read("a: *nowhere\n").is_err());
}

#[test]
fn what_a_tool_fills_in_later_is_a_text() {
    let node = one(
        "{{- if .on }}\na: {{ secret \"it's\" }}\n{{- end }}\nb:\n  - {{ x }}\n  - c: @@D@@\ne: 'https://{{ host }}/'\n",
    );
    assert_eq!(
        node.to_value(),
        Ok(
            json!({"a": "{{ secret \"it's\" }}", "b": ["{{ x }}", {"c": "@@D@@"}], "e": "https://{{ host }}/"})
        )
    );
    assert_eq!(node.get("b").unwrap().items().unwrap()[1].line, 6);
}

#[test]
fn what_is_no_yaml_names_its_line() {
    let wrong = read("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
    assert!(wrong.what.contains("line "), "{wrong}");
    assert!(wrong.line >= 2, "{wrong:?}");
}

/// Looking back to the begin of the line for each of them, it took hours.
#[test]
fn millions_of_bytes_that_are_no_utf_8_are_gone_through_once() {
    let mut bytes = b"# \xff\na: ".to_vec();
    bytes.resize(4 << 20, 0xff);
    let text = text_of(&mut std::io::Cursor::new(bytes)).unwrap();
    assert!(text.starts_with("# ?\na: \u{1}\u{1}"));
    assert!(read(&text).is_err());
}
