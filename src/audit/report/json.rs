//! For programs: one object, one finding a line.

use serde_json::{Map, Value, json};

use super::{Heading, Subject, Tally, WHO};
use crate::audit::{Acceptance, AuditFinding};
use crate::client::has_unsafe_characters;

pub(super) fn begin() -> String {
    "{\"findings\": [".to_owned()
}

pub(super) fn client(subject: Subject<'_>, findings: &[AuditFinding], is_first: bool) -> String {
    let lines = findings.iter().map(|finding| {
        escaped(&json!({
            "rule": finding.rule.id(),
            "severity": finding.severity,
            "client_id": subject.client_id.as_str(),
            "client_name": subject.name,
            "field": finding.field,
            "value": finding.value,
            "message": finding.message(),
            "reference": finding.rule.basis(),
            "fix": finding.rule.advice(),
            "accepted": finding.accepted.is_some(),
            "acceptance": finding.accepted.as_deref().map(acceptance),
            "known": finding.known,
        }))
    });
    listed(lines, is_first)
}

pub(super) fn end(heading: &Heading, told: &Tally) -> String {
    let severities: Map<String, Value> = told
        .worst_first()
        .map(|(severity, count)| (severity.to_string(), count.into()))
        .collect();
    let members = [
        ("clients", json!(told.clients)),
        ("clients_with_findings", json!(told.clients_with_findings)),
        ("severities", Value::Object(severities)),
        ("accepted", json!(told.accepted)),
        ("known", json!(told.known)),
        ("approved", json!(told.approved)),
        ("registry", json!(heading.registry)),
        ("at", json!(heading.at.to_string())),
        ("history", history(heading)),
        ("settings", heading.settings.to_json()),
        ("left_out", json!(heading.left_out)),
        ("sign_offs", json!(heading.sign_offs)),
    ];
    let members = members
        .iter()
        .map(|(name, value)| format!("\"{name}\": {}", escaped(value)))
        .collect::<Vec<_>>();
    format!("\n],\n{}}}\n", members.join(",\n"))
}

/// Who took a risk, why, since when and until when.
pub(super) fn acceptance(accepted: &Acceptance) -> Value {
    json!({
        "by": accepted.by,
        "reason": accepted.reason,
        "at": accepted.at.to_string(),
        "until": accepted.until.to_string(),
    })
}

/// What is said of the history.
pub(super) fn history(heading: &Heading) -> Value {
    json!({
        "rows": heading.history_rows,
        "head": heading.history_head,
        "broken_at": heading.history_broken_at,
        "who": WHO,
    })
}

/// Values of a list that goes on, a line each.
pub(super) fn listed(lines: impl Iterator<Item = String>, is_first: bool) -> String {
    let mut text = String::new();
    for (index, line) in lines.enumerate() {
        text.push_str(if is_first && index == 0 { "\n" } else { ",\n" });
        text.push_str(&line);
    }
    text
}

/// A value whose text does nothing to a terminal or an editor: what could is written by its number, which means the same
/// (RFC 8259 §7). Such characters stand inside of strings only, so the whole text can be gone through.
pub fn escaped(value: &Value) -> String {
    let text = value.to_string();
    if !has_unsafe_characters(&text) {
        return text;
    }
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            if has_unsafe_characters(c.encode_utf8(&mut [0; 4])) {
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            } else {
                escaped.push(c);
            }
            escaped
        })
}
