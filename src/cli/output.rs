//! Standard output and the remarks on standard error.

use std::io::{ErrorKind, Write};

use serde_json::Value;

use super::{Failure, Outcome};
use crate::audit::report::pretty_json;
use crate::client::make_visible;

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
    line(&pretty_json(value))
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

/// A text that can do nothing to a terminal: what could is spelled out, but for the ends of lines.
pub(super) fn visible(text: &str) -> String {
    text.split('\n').map(make_visible).collect::<Vec<_>>().join("\n")
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
