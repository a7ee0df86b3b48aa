//! For programs: one object, one finding a line.

use serde_json::{Map, Value, json};

use super::{Audited, Heading, Subject, Tally, WHO};
use crate::audit::{Acceptance, AuditFinding};
use crate::client::has_unsafe_characters;

pub(super) fn begin() -> String {
    "{\"findings\": [".to_owned()
}

pub(super) fn client(
    heading: &Heading,
    subject: Subject<'_>,
    findings: &[AuditFinding],
    is_first: bool,
) -> String {
    let is_file = heading.audited.is_file();
    let lines = findings.iter().map(|finding| {
        let mut told = json!({
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
        });
        if let (true, Some(members)) = (is_file, told.as_object_mut()) {
            members.insert("realm".to_owned(), subject.realm.into());
        }
        escaped(&told)
    });
    listed(lines, is_first)
}

pub(super) fn end(heading: &Heading, told: &Tally) -> String {
    let severities: Map<String, Value> = told
        .worst_first()
        .map(|(severity, count)| (severity.to_string(), count.into()))
        .collect();
    let mut members = vec![
        ("clients", json!(told.clients)),
        ("clients_with_findings", json!(told.clients_with_findings)),
        ("severities", Value::Object(severities)),
        ("accepted", json!(told.accepted)),
        ("known", json!(told.known)),
        ("approved", json!(told.approved)),
        ("at", json!(heading.at.to_string())),
        ("settings", heading.settings.to_json()),
        ("left_out", json!(heading.left_out)),
        ("sign_offs", json!(heading.sign_offs)),
    ];
    members.extend(audited(heading));
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

/// What was judged: a registry and its history, or a file and what in it was not judged.
pub(super) fn audited(heading: &Heading) -> Vec<(&'static str, Value)> {
    match &heading.audited {
        Audited::Registry { name, history } => vec![
            ("registry", json!(name)),
            (
                "history",
                json!({
                    "rows": history.rows,
                    "head": history.head,
                    "broken_at": history.broken_at,
                    "who": WHO,
                }),
            ),
        ],
        Audited::File {
            name,
            format,
            not_judged,
        } => {
            let named = |is_no_client| -> Vec<Value> {
                let of_kind = not_judged
                    .named()
                    .iter()
                    .filter(|one| one.is_no_client == is_no_client);
                of_kind
                    .map(|one| json!({"place": one.place, "client": one.client, "why": one.why}))
                    .collect()
            };
            vec![
                ("file", json!(name)),
                ("format", json!(format)),
                ("unreadable_count", json!(not_judged.unreadable)),
                ("unreadable", json!(named(false))),
                ("not_clients_count", json!(not_judged.passed_over)),
                ("not_clients", json!(named(true))),
            ]
        }
    }
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
