//! Texts in other languages: templates that are filled in one pass, and strings that nobody breaks out of.

use crate::client::{has_unsafe_characters, make_visible};

/// A template with its places filled: `@{name}` stands for the value of that name. What a value brings is never looked at
/// again, so nothing that a registration says can name a place. A line that holds nothing but places that are empty goes;
/// a value of several lines keeps the indentation of its place.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() * 2);
    for line in template.lines() {
        let filled = fill_line(line, values);
        let is_gone = line.contains("@{") && filled.trim().is_empty();
        if !is_gone {
            text.push_str(filled.trim_end_matches(' '));
            text.push('\n');
        }
    }
    text
}

fn fill_line(line: &str, values: &[(&str, &str)]) -> String {
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let mut filled = String::new();
    let mut rest = line;
    while let Some((before, place)) = rest.split_once("@{") {
        filled.push_str(before);
        let (name, after) = place.split_once('}').unwrap_or((place, ""));
        let value = values.iter().find(|(other, _)| *other == name);
        let value = value.map_or("", |(_, value)| value);
        filled.push_str(&value.replace('\n', &format!("\n{indent}")));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// A string in double quotes, as JSON, JavaScript, Python, C#, Java and YAML alike read one: control characters, and those
/// that nobody sees or that turn the direction, are escaped.
pub fn quoted(text: &str) -> String {
    plainly(&serde_json::Value::from(text).to_string())
}

/// JSON in lines for people, its strings escaped in the same way.
pub fn json(value: &serde_json::Value) -> String {
    let lines = format!("{value:#}");
    let lines: Vec<String> = lines.lines().map(plainly).collect();
    lines.join("\n") + "\n"
}

/// JSON escapes less than can do harm.
fn plainly(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        if has_unsafe_characters(letter.encode_utf8(&mut [0; 4])) {
            safe.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// The same for JavaScript, which may stand in a page: no tag can begin in it.
pub fn quoted_for_script(text: &str) -> String {
    quoted(text).replace('<', "\\u003c")
}

/// The same for Rust, which spells characters otherwise.
pub fn quoted_for_rust(text: &str) -> String {
    let mut literal = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => literal.extend(['\\', letter]),
            _ if has_unsafe_characters(letter.encode_utf8(&mut [0; 4])) => {
                literal.push_str(&format!("\\u{{{:x}}}", u32::from(letter)));
            }
            _ => literal.push(letter),
        }
    }
    literal.push('"');
    literal
}

/// The same for a property of Spring, which takes `${…}` in it for the name of another one. A name that nobody has, with a
/// dollar as its default, writes the dollar.
pub fn quoted_for_spring(text: &str) -> String {
    quoted(text).replace("${", "${no.such.property:$}{")
}

/// Text for a comment that ends with its line.
pub fn commented(sign: &str, lines: &[String]) -> String {
    let line = |line: &String| format!("{sign} {}", make_visible(line));
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A value as code of Markdown, between more backticks than it holds in a row.
pub fn code_span(text: &str) -> String {
    let text = make_visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{gap}{text}{gap}{fence}")
}

/// Plain text of Markdown: what would mean something there is escaped.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in make_visible(text).chars() {
        if matches!(
            letter,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '|' | '~' | '$' | '!'
        ) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_never_names_a_place_and_a_line_without_anything_goes() {
        let values = [("a", "@{b}"), ("b", "secret"), ("none", ""), ("two", "x\ny")];
        let filled = fill("<@{a}>\n  @{none}\n\n  @{two};\n", &values);
        assert_eq!(filled, "<@{b}>\n\n  x\n  y;\n");
    }

    #[test]
    fn a_string_is_escaped_as_its_language_wants_it() {
        let text = "a\"b\\c\n\u{202e}${HOME}</script>";
        assert_eq!(quoted(text), r#""a\"b\\c\n\u202e${HOME}</script>""#);
        assert_eq!(
            quoted_for_script(text),
            r#""a\"b\\c\n\u202e${HOME}\u003c/script>""#
        );
        assert_eq!(quoted_for_rust(text), r#""a\"b\\c\u{a}\u{202e}${HOME}</script>""#);
        assert_eq!(
            quoted_for_spring(text),
            r#""a\"b\\c\n\u202e${no.such.property:$}{HOME}</script>""#
        );
        assert_eq!(code_span("a``b`"), "``` a``b` ```");
        assert_eq!(escaped("a*b <c>\nd"), "a\\*b \\<c\\>\\<U+000A\\>d");
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_a_string_or_a_comment(text in ".{0,60}") {
            let read: String = serde_json::from_str(&quoted(&text)).unwrap();
            prop_assert_eq!(&read, &text);
            let inside = |literal: &str| literal[1..literal.len() - 1].replace("\\\\", "").replace("\\\"", "");
            for literal in [quoted(&text), quoted_for_script(&text), quoted_for_rust(&text), quoted_for_spring(&text)] {
                prop_assert!(literal.starts_with('"') && literal.ends_with('"') && literal.len() > 1);
                prop_assert!(!inside(&literal).contains(['"', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']), "{}", literal);
            }
            prop_assert!(!quoted_for_script(&text).contains('<'));
            let comment = commented("//", &[text]);
            prop_assert!(!comment.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']), "{}", comment);
        }
    }
}
