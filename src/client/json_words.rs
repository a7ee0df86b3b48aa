//! Why a JSON text cannot be read, in words that need no knowledge of the parser.

use serde_json::Error;
use serde_json::error::Category;

/// Says what is wrong, and where, if the place is known: `a , stands before the end of a list or an object, at line 3 column 1`.
pub fn json_in_words(error: &Error) -> String {
    json_in_words_at(error, 1, 1)
}

/// The same of a text that stands in a longer one, where it begins in this line and column, both from 1.
pub fn json_in_words_at(error: &Error, line: usize, column: usize) -> String {
    let told = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = told.strip_suffix(&place).unwrap_or(&told);
    let words = match error.classify() {
        Category::Syntax | Category::Eof => syntax(what).to_owned(),
        Category::Data | Category::Io => data(what),
    };
    if error.line() == 0 {
        return words;
    }
    let before = if error.line() == 1 { column - 1 } else { 0 };
    let (line, column) = (error.line() + line - 1, error.column() + before);
    format!("{words}, at line {line} column {column}")
}

/// What is wrong with the writing of it.
fn syntax(what: &str) -> &str {
    match what {
        "EOF while parsing a list" => "the text ends before a list does",
        "EOF while parsing an object" => "the text ends before an object does",
        "EOF while parsing a string" => "the text ends before a string does",
        "EOF while parsing a value" => "the text ends where a value should be",
        "expected `:`" => "a : is missing after the name of a member",
        "expected `,` or `]`" => "a , or the ] that ends a list is missing",
        "expected `,` or `}`" => "a , or the } that ends an object is missing",
        "expected ident" => "a word is there that JSON does not have: it has true, false and null",
        "expected value" => "something stands where a value should be: a text is in double quotes",
        "expected `\"`" => "a double quote is missing",
        "invalid escape" => "a \\ in a text is followed by what is no escape",
        "invalid number" => "a number is not written as JSON writes numbers",
        "number out of range" => "there is a number out of range",
        "invalid unicode code point" => "it is no UTF-8 text",
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a text has a line break or a control character in it: write it as \\n, or as its escape"
        }
        "key must be a string" => "the name of a member is not in double quotes",
        "trailing comma" => "a , stands before the end of a list or an object",
        "trailing characters" => "something stands after the end of it",
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "an escape with \\u is cut short"
        }
        "recursion limit exceeded" => "nested deeper than 127 levels",
        other => other,
    }
}

/// What is wrong with what it says.
fn data(what: &str) -> String {
    if let Some(name) = quoted_after(what, "missing field ") {
        return format!("{name} is missing");
    }
    if let Some(name) = quoted_after(what, "unknown field ") {
        return format!("{name} is no member of it");
    }
    if let Some(name) = quoted_after(what, "duplicate field ") {
        return format!("{name} is there twice");
    }
    if let Some(name) = quoted_after(what, "unknown variant ") {
        let known = what.split_once(", expected ").map_or("", |(_, known)| known);
        let known = known.trim_start_matches("one of ").replace('`', "");
        return format!("{name} is none of {known}");
    }
    if let Some(rest) = what.strip_prefix("invalid length ") {
        return match rest.contains("struct ") {
            true => "it has a list where an object should be",
            false => "it has too few or too many values",
        }
        .to_owned();
    }
    let wrong = ["invalid type: ", "invalid value: "];
    let rest = wrong.iter().find_map(|start| what.strip_prefix(start));
    match rest.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, wanted)) => format!("it has {} where {} should be", found_kind(found), kind(wanted)),
        None => what.to_owned(),
    }
}

/// The name between the first two backquotes, which say that it is one.
fn quoted_after<'a>(what: &'a str, start: &str) -> Option<&'a str> {
    what.strip_prefix(start)?.strip_prefix('`')?.split('`').next()
}

fn found_kind(found: &str) -> String {
    let value = found.split_once(' ').map_or("", |(_, value)| value);
    let value = value.trim_matches('`');
    match found.split(' ').next().unwrap_or_default() {
        "string" => format!("the text {value}"),
        "integer" => format!("the number {value}"),
        "floating" => format!(
            "the number {}",
            value.trim_start_matches("point ").trim_matches('`')
        ),
        "boolean" => value.to_owned(),
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" | "unit" => "null".to_owned(),
        _ => found.replace('`', ""),
    }
}

fn kind(wanted: &str) -> &str {
    match wanted {
        "a string" | "str" | "a borrowed string" => "a text",
        "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_written_wrong_is_told_with_its_place_and_without_the_parsers_words() {
        for (text, words) in [
            ("", "the text ends where a value should be, at line 1 column 0"),
            (
                "{\"a\": 1,\n \"b\": [1",
                "the text ends before a list does, at line 2 column 8",
            ),
            (
                "{\"a\": 1",
                "the text ends before an object does, at line 1 column 7",
            ),
            ("{\"a", "the text ends before a string does, at line 1 column 3"),
            (
                "{\"a\" 1}",
                "a : is missing after the name of a member, at line 1 column 6",
            ),
            (
                "[1 2]",
                "a , or the ] that ends a list is missing, at line 1 column 4",
            ),
            (
                "{\"a\": 1 \"b\": 2}",
                "a , or the } that ends an object is missing, at line 1 column 9",
            ),
            ("nul", "the text ends where a value should be, at line 1 column 3"),
            (
                "nil",
                "a word is there that JSON does not have: it has true, false and null, at line 1 column 2",
            ),
            (
                "{a: 1}",
                "the name of a member is not in double quotes, at line 1 column 2",
            ),
            (
                "[1,]",
                "a , stands before the end of a list or an object, at line 1 column 4",
            ),
            (
                "{} {}",
                "something stands after the end of it, at line 1 column 4",
            ),
            ("1e999", "there is a number out of range, at line 1 column 5"),
            (
                "01",
                "a number is not written as JSON writes numbers, at line 1 column 2",
            ),
            (
                "\"a\\q\"",
                "a \\ in a text is followed by what is no escape, at line 1 column 4",
            ),
            (
                "'a'",
                "something stands where a value should be: a text is in double quotes, at line 1 column 1",
            ),
            (
                "\"a\nb\"",
                "a text has a line break or a control character in it: write it as \\n, or as its escape, at line 2 column 0",
            ),
        ] {
            let error = serde_json::from_str::<Value>(text).unwrap_err();
            assert_eq!(json_in_words(&error), words, "{text:?}");
        }
    }

    #[test]
    fn what_is_of_another_kind_is_told_by_what_belongs_there() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Told {
            #[expect(dead_code, reason = "only read")]
            by: String,
            #[expect(dead_code, reason = "only read")]
            version: u64,
        }
        for (text, words) in [
            ("{\"by\": \"Ada\"}", "version is missing"),
            ("{\"who\": \"Ada\"}", "who is no member of it"),
            ("{\"by\": 3}", "it has the number 3 where a text should be"),
            (
                "{\"by\": \"Ada\", \"version\": \"3\"}",
                "it has the text \"3\" where a whole number should be",
            ),
            (
                "{\"by\": \"Ada\", \"version\": -1.5}",
                "it has the number -1.5 where a whole number should be",
            ),
            ("[]", "it has a list where an object should be"),
            ("null", "it has null where an object should be"),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            let error = serde_json::from_value::<Told>(value).unwrap_err();
            assert_eq!(json_in_words(&error), words, "{text}");
        }
    }
}
