//! For a spreadsheet (RFC 4180): every cell in quotes, and none that a spreadsheet would calculate. The last records are
//! of how the rules were set and of the history.

use super::decided::Decided;
use super::{Heading, Subject, day, reason};
use crate::audit::AuditFinding;
use crate::client::make_visible;

/// How many cells a record has.
const CELLS: usize = 14;

pub(super) fn begin() -> String {
    record(&[
        "rule",
        "severity",
        "client_id",
        "client_name",
        "field",
        "value",
        "message",
        "reference",
        "fix",
        "accepted",
        "known",
        "accepted_by",
        "accepted_until",
        "reason",
    ])
}

pub(super) fn client(subject: Subject<'_>, findings: &[AuditFinding]) -> String {
    let yes_or_no = |is_so: bool| if is_so { "true" } else { "false" };
    let records = findings.iter().map(|finding| {
        let accepted = finding.accepted.as_deref();
        record(&[
            finding.rule.id(),
            finding.severity.as_str(),
            subject.client_id.as_str(),
            subject.name,
            finding.field,
            finding.value.as_deref().unwrap_or_default(),
            &finding.message(),
            finding.rule.basis(),
            finding.rule.advice(),
            yes_or_no(accepted.is_some()),
            yes_or_no(finding.known),
            accepted.map_or("", |accepted| &accepted.by),
            &accepted.map(|accepted| day(accepted.until)).unwrap_or_default(),
            &accepted.map(reason).unwrap_or_default(),
        ])
    });
    records.collect()
}

pub(super) fn end(heading: &Heading) -> String {
    let decided = Decided::of(&heading.settings).sentences();
    let told = heading.sentences().chain(decided.iter().map(String::as_str));
    let mut records: String = told.map(|sentence| said("settings", "", "", sentence)).collect();
    records.push_str(&said(
        "history",
        "head",
        &heading.history_head,
        &heading.history(),
    ));
    records
}

/// A record that is of no finding.
fn said(of: &str, field: &str, value: &str, message: &str) -> String {
    let mut cells = [""; CELLS];
    (cells[0], cells[4], cells[5], cells[6]) = (of, field, value, message);
    record(&cells)
}

/// A line of cells, each of them text that stays text whatever it says.
pub fn record(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    cells.join(",") + "\r\n"
}

/// A cell that is text and stays text. An apostrophe before what would begin a formula says so to every spreadsheet; the
/// full-width signs are taken for the others by some.
fn cell(text: &str) -> String {
    let visible = make_visible(text);
    let first = visible.trim_start().chars().next();
    let is_formula = first.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", visible.replace('"', "\"\""))
}
