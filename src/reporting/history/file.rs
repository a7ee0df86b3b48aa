//! The history as a file or on a terminal: row after row, the latest first, and at its end where the chain ends.
//!
//! Whatever stands in a row is somebody else's text: it ends no cell, calculates nothing, and does nothing to a terminal.

use std::fmt::Write as _;
use std::io::Write;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::diff::{Line, diff};
use super::words::{grouped, is_of_client, moment, sentence, shown};
use crate::audit::report::{WHO, csv_record, escaped_json};
use crate::registry::{ChainEnd, HistoryQuery, HistoryRow, Registry};
use crate::reporting::ReportError;

/// In which form the history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryFormat {
    /// For people: what was done, in words, and field by field what it was and what it became.
    Text,
    /// For a spreadsheet (RFC 4180).
    Csv,
    /// For programs: a JSON object a line.
    JsonLines,
}

/// How far the history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryStep {
    /// Rows that are written.
    pub written: u64,
    /// The number of the row that was written last; what is between the newest one and it has been looked through.
    seq: i64,
    newest: i64,
}

impl HistoryStep {
    /// How much of the history has been looked through, from 0 to 1.
    pub fn share(self) -> f32 {
        self.newest.saturating_sub(self.seq) as f32 / self.newest.max(1) as f32
    }
}

/// Writes the rows that a query finds, one after the other and all of one moment, however many they are. `go_on` is told how
/// far it is, and says whether it is still wanted. Returns how many rows there were.
///
/// # Errors
/// [`ReportError`] says what stood in the way. What was written until then is not all.
pub fn write(
    registry: &Registry,
    query: &HistoryQuery,
    format: HistoryFormat,
    out: &mut dyn Write,
    go_on: &mut dyn FnMut(HistoryStep) -> bool,
) -> Result<u64, ReportError> {
    if let HistoryFormat::Csv = format {
        out.write_all(csv_record(&HEADS).as_bytes())?;
    }
    let (mut end, mut written, mut failed) = (None, 0, None);
    let begin = |chain: &ChainEnd| {
        end = Some(chain.clone());
        ControlFlow::Continue(())
    };
    let mut newest = None;
    let mut visit = |row: HistoryRow| {
        let step = HistoryStep {
            written: written + 1,
            seq: row.seq,
            newest: *newest.get_or_insert(row.seq),
        };
        let done = match out.write_all(line(&row, format).as_bytes()) {
            Err(error) => Err(error.into()),
            Ok(()) if go_on(step) => Ok(()),
            Ok(()) => Err(ReportError::Stopped),
        };
        match done {
            Ok(()) => {
                written += 1;
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    };
    registry.visit_history(query, begin, &mut visit)?;
    if let Some(error) = failed {
        return Err(error);
    }
    if let Some(end) = end {
        out.write_all(last_line(&end, written, format).as_bytes())?;
    }
    out.flush()?;
    Ok(written)
}

/// How many changes: `1,842 changes`.
pub fn told(written: u64) -> String {
    let plural = if written == 1 { "" } else { "s" };
    format!("{} change{plural}", grouped(written))
}

const HEADS: [&str; 10] = [
    "change",
    "at",
    "by",
    "action",
    "client_id",
    "client_name",
    "before",
    "after",
    "note",
    "unreadable",
];

fn line(row: &HistoryRow, format: HistoryFormat) -> String {
    let readable = |column: &str| !row.unreadable.contains(&column);
    let at = readable("at").then(|| row.at.to_string());
    let client_id = row.client_id.as_ref().map(|client_id| client_id.as_str());
    match format {
        HistoryFormat::Text => block(row),
        HistoryFormat::Csv => {
            let [before, after] = [&row.before, &row.after]
                .map(|record| record.as_ref().map(Value::to_string).unwrap_or_default());
            csv_record(&[
                &row.seq.to_string(),
                &at.unwrap_or_default(),
                &row.by,
                &row.action,
                client_id.unwrap_or_default(),
                row.client_name.as_deref().unwrap_or_default(),
                &before,
                &after,
                &row.note,
                &row.unreadable.join(" "),
            ])
        }
        HistoryFormat::JsonLines => {
            let object = json!({
                "change": row.seq,
                "at": at,
                "by": row.by,
                "action": row.action,
                "client_id": client_id,
                "client_name": row.client_name,
                "before": row.before,
                "after": row.after,
                "note": row.note,
                "unreadable": row.unreadable,
            });
            escaped_json(&object) + "\n"
        }
    }
}

/// A change as people read it. What stands below its first line is set in, so that no text can look like a change.
fn block(row: &HistoryRow) -> String {
    let mut text = format!("{}  {}  by {}\n", row.seq, moment(row), shown(&row.by));
    // Writing to a string does not fail.
    let _ = match &row.client_id {
        Some(client_id) => writeln!(text, "    {} ({client_id})", sentence(row)),
        None => writeln!(text, "    {}", sentence(row)),
    };
    if is_of_client(row) {
        for line in row.note.lines() {
            let _ = writeln!(text, "    {}", shown(line));
        }
    }
    if !row.unreadable.is_empty() {
        let _ = writeln!(
            text,
            "    Of this change, {} cannot be read",
            row.unreadable.join(", ")
        );
    }
    for line in diff(row.before.as_ref(), row.after.as_ref()) {
        let _ = match line {
            Line::Field(name) => writeln!(text, "      {name}"),
            Line::Kept(value) | Line::Marked(value) => writeln!(text, "          {value}"),
            Line::Gone(value) => writeln!(text, "        - {value}"),
            Line::Come(value) => writeln!(text, "        + {value}"),
        };
    }
    text.push('\n');
    text
}

/// Where the chain ends, to be compared with another time.
fn last_line(end: &ChainEnd, written: u64, format: HistoryFormat) -> String {
    let ChainEnd { rows, head } = end;
    match format {
        HistoryFormat::Text => {
            let of = u64::try_from(*rows).map_or_else(|_| rows.to_string(), grouped);
            format!(
                "{} of {of}. The head of the history is {head}. {WHO}.\n",
                told(written)
            )
        }
        HistoryFormat::Csv => {
            let note = format!("The history has {rows} rows; its head is {head}. {WHO}.");
            csv_record(&["history", "", "", "", "", "", "", "", &note, ""])
        }
        HistoryFormat::JsonLines => {
            let end = json!({"history": {"rows": rows, "head": head, "who": WHO}});
            escaped_json(&end) + "\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::client::ClientId;

    fn hostile() -> HistoryRow {
        HistoryRow {
            seq: 7,
            at: Timestamp::UNIX_EPOCH,
            by: "=cmd|'/C calc'!A0".to_owned(),
            action: "update-client".to_owned(),
            client_id: ClientId::parse("billing"),
            client_name: Some("<b>\"A\"</b>\u{202e}\u{7}".to_owned()),
            before: Some(json!({"name": "\u{202e}x"})),
            after: None,
            note: "@SUM(1)".to_owned(),
            unreadable: vec!["after"],
        }
    }

    #[test]
    fn a_row_calculates_nothing_and_turns_nothing_around_in_a_spreadsheet() {
        let line = line(&hostile(), HistoryFormat::Csv);
        assert!(line.contains("\"'=cmd|"), "{line}");
        assert!(line.contains("\"'@SUM(1)\""), "{line}");
        assert!(line.contains("\"<b>\"\"A\"\"</b><U+202E><U+0007>\""), "{line}");
        assert!(!line.contains(['\u{202e}', '\u{7}']), "{line}");
        assert_eq!(line.matches("\r\n").count(), 1);
    }

    #[test]
    fn a_block_of_text_says_what_was_done_field_by_field_and_does_nothing_to_a_terminal() {
        let row = HistoryRow {
            after: Some(json!({"name": "Billing"})),
            note: "one\ntwo\u{1b}[2J".to_owned(),
            ..hostile()
        };
        let text = line(&row, HistoryFormat::Text);
        assert!(!text.contains(['\u{202e}', '\u{7}', '\u{1b}']), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("7  ") && lines[0].ends_with("  by =cmd|'/C calc'!A0"));
        assert_eq!(
            lines[1..],
            [
                "    Saved <b>\"A\"</b><U+202E><U+0007> (billing)",
                "    one",
                "    two<U+001B>[2J",
                "    Of this change, after cannot be read",
                "      name",
                "        - <U+202E>x",
                "        + Billing",
                ""
            ]
        );
    }

    #[test]
    fn a_line_of_json_says_the_same_and_does_nothing_to_a_terminal() {
        let line = line(&hostile(), HistoryFormat::JsonLines);
        assert!(!line.contains(['\u{202e}', '\u{7}']), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["client_name"], "<b>\"A\"</b>\u{202e}\u{7}");
        assert_eq!(read["before"]["name"], "\u{202e}x");
        assert_eq!(read["unreadable"], json!(["after"]));
    }
}
