//! Standard output and the remarks on standard error.

use std::io::{ErrorKind, Write};

use serde_json::Value;

use super::{Failure, Outcome};

/// Writes a result as it is. A reader that went away has what it wanted.
pub(super) fn bytes(bytes: &[u8]) -> Outcome {
    match write_all(bytes) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(
            format!("The result cannot be written to standard output: {error}"),
            "Check where standard output goes. What was changed is changed",
        )),
        Ok(()) => Ok(()),
    }
}

/// Writes a line of a result.
pub(super) fn line(text: &str) -> Outcome {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes a JSON value, indented for people.
pub(super) fn json(value: &Value) -> Outcome {
    line(&harmless(&format!("{value:#}")))
}

/// Writes what must not be lost. Here a reader that went away is a failure.
pub(super) fn secret(text: &str, if_lost: &str) -> Outcome {
    write_all(text.as_bytes())
        .and_then(|()| write_all(b"\n"))
        .map_err(|error| {
            Failure::new(
                format!("The secret could not be written to standard output: {error}"),
                if_lost,
            )
        })
}

fn write_all(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Writes a remark to standard error: nothing of the result.
pub(super) fn remark(text: &str) {
    let _nobody_listens = writeln!(std::io::stderr(), "{}", visible(text));
}

/// A text that can do nothing to a terminal: control characters, and those that turn the direction, are spelled out.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut shown, c| {
            if c != '\n' && is_treacherous(c) {
                shown.push_str(&format!("<U+{:04X}>", u32::from(c)));
            } else {
                shown.push(c);
            }
            shown
        })
}

/// Whether a character does something to a terminal or to the order of a line, or stands there and is not seen.
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'
        )
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// JSON in which such characters of a text are escaped (RFC 8259 §7): it says the same, and does nothing to a terminal.
pub(super) fn harmless(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        // All others of these stand escaped already, or between the texts.
        if !c.is_ascii() && is_treacherous(c) {
            shown.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The most of a cell that is shown, in characters.
const WIDEST: usize = 200;

/// A cell of one line.
fn cell(text: &str) -> String {
    let line = visible(text).replace('\n', " ");
    match line.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// Columns under their heads, as wide as their widest value.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let shown: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|text| cell(text)).collect())
        .collect();
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let width = |column: usize| {
        std::iter::once(&heads)
            .chain(&shown)
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(&shown) {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_a_registry_does_nothing_to_a_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\nd"), "a<U+001B>[31mb<U+202E>c\nd");
    }

    #[test]
    fn json_says_the_same_and_does_nothing_to_a_terminal() {
        let value = serde_json::json!({"name": "a\u{9b}31m\u{202e}b\u{1b}é"});
        let text = harmless(&value.to_string());
        assert_eq!(text, r#"{"name":"a\u009b31m\u202eb\u001bé"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_name_longer_than_any_line_is_cut() {
        let text = table(&["NAME"], &[vec!["n".repeat(70_000)]]);
        assert_eq!(text, format!("NAME\n{}…\n", "n".repeat(WIDEST)));
    }

    #[test]
    fn columns_line_up() {
        let rows = [
            vec!["a".to_owned(), "long one".to_owned()],
            vec!["bcd".to_owned(), "é".to_owned()],
        ];
        assert_eq!(
            table(&["ID", "NAME"], &rows),
            "ID   NAME\na    long one\nbcd  é\n"
        );
    }
}
