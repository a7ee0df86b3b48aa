//! For code scanning: the Static Analysis Results Interchange Format, SARIF 2.1.0 (OASIS). A rule of the audit is a rule of
//! the tool, a client a logical location; a finding that stays keeps its fingerprint from run to run.

use serde_json::{Value, json};

use super::json::{escaped, history, listed};
use super::{Heading, Subject};
use crate::audit::{AuditFinding, AuditRule, Fingerprint};
use crate::client::{Severity, make_visible};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn begin() -> String {
    let rules: Vec<Value> = AuditRule::all().map(descriptor).collect();
    let driver = json!({
        "name": "Chancery",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    format!(
        "{{\"$schema\": \"{SCHEMA}\",\n\"version\": \"2.1.0\",\n\"runs\": [{{\n\"tool\": {{\"driver\": {}}},\n\"results\": [",
        escaped(&driver)
    )
}

pub(super) fn client(subject: Subject<'_>, findings: &[AuditFinding], is_first: bool) -> String {
    let lines = findings.iter().map(|finding| escaped(&result(subject, finding)));
    listed(lines, is_first)
}

pub(super) fn end(heading: &Heading) -> String {
    let invocation = json!([{"executionSuccessful": true, "endTimeUtc": heading.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()}]);
    let properties = json!({"registry": heading.registry, "history": history(heading)});
    format!(
        "\n],\n\"invocations\": {},\n\"properties\": {}\n}}]}}\n",
        escaped(&invocation),
        escaped(&properties)
    )
}

/// `reportingDescriptor` (SARIF §3.49).
fn descriptor(rule: AuditRule) -> Value {
    json!({
        "id": rule.id(),
        "shortDescription": {"text": rule.title()},
        "fullDescription": {"text": rule.harm()},
        "help": {"text": format!("{} {} ({})", rule.harm(), rule.advice(), rule.basis())},
        "defaultConfiguration": {"level": level(rule.severity())},
        "properties": {
            "severity": rule.severity(),
            "security-severity": score(rule.severity()),
            "reference": rule.basis(),
            "tags": ["security", "oauth"],
        },
    })
}

/// `result` (SARIF §3.27).
fn result(subject: Subject<'_>, finding: &AuditFinding) -> Value {
    let place = match &finding.value {
        Some(value) => format!("{}: {}", finding.field, make_visible(value)),
        None => finding.field.to_owned(),
    };
    let title = make_visible(&finding.title());
    let text = format!("{title}: {place}. {}", finding.rule.harm());
    let mut result = json!({
        "ruleId": finding.rule.id(),
        "level": level(finding.severity),
        "message": {"text": literal(&text)},
        "locations": [{"logicalLocations": [{
            "name": make_visible(subject.name),
            "fullyQualifiedName": subject.client_id.as_str(),
            "kind": "client",
        }]}],
        "partialFingerprints": {"chancery/v1": Fingerprint::of(subject.client_id, finding).to_string()},
        "properties": {
            "severity": finding.severity,
            "client_id": subject.client_id.as_str(),
            "field": finding.field,
            "value": finding.value,
            "reference": finding.rule.basis(),
            "fix": finding.rule.advice(),
            "accepted": finding.accepted.is_some(),
        },
    });
    if let (true, Some(members)) = (finding.accepted.is_some(), result.as_object_mut()) {
        members.insert("suppressions".to_owned(), json!([{"kind": "external"}]));
    }
    result
}

/// A message in which nothing is a placeholder or a link (SARIF §3.11.5, §3.11.6).
fn literal(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut literal, c| {
            match c {
                '{' | '}' => literal.extend([c, c]),
                '[' | ']' | '\\' => literal.extend(['\\', c]),
                _ => literal.push(c),
            }
            literal
        })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The middle of the range that code scanning has for the word (CVSS v3.1 §5).
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}
