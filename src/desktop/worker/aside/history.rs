//! The history as a file: a row a line, for a spreadsheet or for programs, and at its end where the chain ends.
//!
//! Whatever stands in a row is somebody else's text: it ends no cell, calculates nothing, and does nothing to a terminal.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::Progress;
use super::content::{Fault, Writing};
use crate::audit::report::{WHO, csv_record, escaped_json};
use crate::registry::{ChainEnd, HistoryQuery, HistoryRow};

/// In which form the history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryFormat {
    /// For a spreadsheet (RFC 4180).
    Csv,
    /// For programs: a JSON object a line.
    JsonLines,
}

/// Writes the rows that a query finds, one after the other. Returns how many.
pub(super) fn write(
    query: &HistoryQuery,
    format: HistoryFormat,
    writing: &mut Writing<'_>,
) -> Result<String, Fault> {
    let registry = (writing.open)()?;
    if let HistoryFormat::Csv = format {
        writing.out.write_all(csv_record(&HEADS).as_bytes())?;
    }
    let (mut end, mut written, mut failed) = (None, 0, None);
    let begin = |chain: &ChainEnd| {
        end = Some(chain.clone());
        ControlFlow::Continue(())
    };
    // What is between the newest row and this one has been looked through.
    let mut newest = None;
    let mut visit = |row: HistoryRow| {
        if writing.stop.is_asked() {
            failed = Some(Fault::Stopped);
            return ControlFlow::Break(());
        }
        if let Err(error) = writing.out.write_all(line(&row, format).as_bytes()) {
            failed = Some(error.into());
            return ControlFlow::Break(());
        }
        written += 1;
        let newest = *newest.get_or_insert(row.seq);
        (writing.progress)(Progress {
            share: newest.saturating_sub(row.seq) as f32 / newest.max(1) as f32,
            told: told(written),
        });
        ControlFlow::Continue(())
    };
    registry.visit_history(query, begin, &mut visit)?;
    if let Some(fault) = failed {
        return Err(fault);
    }
    if let Some(end) = end {
        writing.out.write_all(last_line(&end, format).as_bytes())?;
    }
    Ok(told(written))
}

fn told(written: u64) -> String {
    let plural = if written == 1 { "" } else { "s" };
    format!(
        "{} change{plural}",
        crate::desktop::screens::clients::grouped(written)
    )
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

/// Where the chain ends, to be compared with another time.
fn last_line(end: &ChainEnd, format: HistoryFormat) -> String {
    let ChainEnd { rows, head } = end;
    match format {
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
    fn a_line_of_json_says_the_same_and_does_nothing_to_a_terminal() {
        let line = line(&hostile(), HistoryFormat::JsonLines);
        assert!(!line.contains(['\u{202e}', '\u{7}']), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["client_name"], "<b>\"A\"</b>\u{202e}\u{7}");
        assert_eq!(read["before"]["name"], "\u{202e}x");
        assert_eq!(read["unreadable"], json!(["after"]));
    }
}
