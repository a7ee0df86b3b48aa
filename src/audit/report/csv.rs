//! For a spreadsheet (RFC 4180): every cell in quotes, and none that a spreadsheet would calculate. The last record is of
//! the history.

use super::{Heading, Subject};
use crate::audit::AuditFinding;
use crate::client::make_visible;

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
    ])
}

pub(super) fn client(subject: Subject<'_>, findings: &[AuditFinding]) -> String {
    let records = findings.iter().map(|finding| {
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
            if finding.accepted.is_some() {
                "true"
            } else {
                "false"
            },
        ])
    });
    records.collect()
}

pub(super) fn end(heading: &Heading) -> String {
    record(&[
        "history",
        "",
        "",
        "",
        "head",
        &heading.history_head,
        &heading.history(),
        "",
        "",
        "",
    ])
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
