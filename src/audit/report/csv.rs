//! For a spreadsheet (RFC 4180): every cell in quotes, and none that a spreadsheet would calculate. The last records are
//! of how the rules were set and of the history.

use super::decided::Decided;
use super::{Audited, Heading, Subject, day, reason};
use crate::audit::AuditFinding;
use crate::client::make_visible;

/// How many cells a record has; of a file's clients, one more.
const CELLS: usize = 14;

pub(super) fn begin(heading: &Heading) -> String {
    let cells = [
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
    ];
    whole(heading, cells, "realm")
}

pub(super) fn client(heading: &Heading, subject: Subject<'_>, findings: &[AuditFinding]) -> String {
    let yes_or_no = |is_so: bool| if is_so { "true" } else { "false" };
    let records = findings.iter().map(|finding| {
        let accepted = finding.accepted.as_deref();
        let message = finding.message();
        let until = accepted.map(|accepted| day(accepted.until)).unwrap_or_default();
        let reason = accepted.map(reason).unwrap_or_default();
        let cells = [
            finding.rule.id(),
            finding.severity.as_str(),
            subject.client_id.as_str(),
            subject.name,
            finding.field,
            finding.value.as_deref().unwrap_or_default(),
            &message,
            finding.rule.basis(),
            finding.rule.advice(),
            yes_or_no(accepted.is_some()),
            yes_or_no(finding.known),
            accepted.map_or("", |accepted| &accepted.by),
            &until,
            &reason,
        ];
        whole(heading, cells, subject.realm.unwrap_or_default())
    });
    records.collect()
}

pub(super) fn end(heading: &Heading) -> String {
    let decided = Decided::of(&heading.settings).sentences();
    let told = heading.sentences().into_iter().chain(decided);
    let mut records: String = told
        .map(|sentence| said(heading, "settings", "", "", &sentence))
        .collect();
    let (field, head) = match heading.audited.history() {
        Some(history) => ("head", history.head.as_str()),
        None => ("", ""),
    };
    records.push_str(&said(heading, "history", field, head, &heading.history()));
    records
}

/// A record that is of no finding.
fn said(heading: &Heading, of: &str, field: &str, value: &str, message: &str) -> String {
    let mut cells = [""; CELLS];
    (cells[0], cells[4], cells[5], cells[6]) = (of, field, value, message);
    whole(heading, cells, "")
}

/// A record; the realm stands last, and only where clients can belong to one.
fn whole(heading: &Heading, cells: [&str; CELLS], realm: &str) -> String {
    match heading.audited {
        Audited::Registry { .. } => record(&cells),
        Audited::File { .. } => record(&[&cells[..], &[realm]].concat()),
    }
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
