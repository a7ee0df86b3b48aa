//! For code scanning: the Static Analysis Results Interchange Format, SARIF 2.1.0 (OASIS). A rule of the audit is a rule of
//! the tool, a client a logical location; a finding that stays keeps its fingerprint from run to run.

use serde_json::{Value, json};

use super::decided::Decided;
use super::json::{acceptance, audited, escaped, listed};
use super::{Heading, Subject, Tally, reason};
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

pub(super) fn client(
    heading: &Heading,
    subject: Subject<'_>,
    findings: &[AuditFinding],
    is_first: bool,
) -> String {
    let file = encoded(heading.audited.name());
    let results = findings
        .iter()
        .map(|finding| result(heading, &file, subject, finding));
    listed(results.map(|result| escaped(&result)), is_first)
}

pub(super) fn end(heading: &Heading, told: &Tally) -> String {
    let invocation = json!([{
        "executionSuccessful": true,
        "endTimeUtc": heading.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "ruleConfigurationOverrides": overrides(heading),
    }]);
    let mut properties = json!({
        "clients": told.clients,
        "approved": told.approved,
        "settings": heading.settings.to_json(),
        "left_out": heading.left_out,
        "sign_offs": heading.sign_offs,
    });
    if let Some(members) = properties.as_object_mut() {
        let audited = audited(heading).into_iter();
        members.extend(audited.map(|(name, value)| (name.to_owned(), value)));
    }
    format!(
        "\n],\n\"invocations\": {},\n\"properties\": {}\n}}]}}\n",
        escaped(&invocation),
        escaped(&properties)
    )
}

/// The rules that were off or weighed something else: `configurationOverride` (SARIF §3.51).
fn overrides(heading: &Heading) -> Vec<Value> {
    let decided = Decided::of(&heading.settings);
    let of = |rule: AuditRule, configuration: Value| {
        let index = AuditRule::all().position(|other| other == rule);
        json!({"descriptor": {"id": rule.id(), "index": index}, "configuration": configuration})
    };
    let off = decided
        .off
        .iter()
        .map(|rule| of(*rule, json!({"enabled": false})));
    let weighed = decided.weighed.iter();
    let weighed = weighed.map(|(rule, severity)| of(*rule, json!({"level": level(*severity)})));
    off.chain(weighed).collect()
}

/// A file's name as a relative reference to it (RFC 3986 §4.2): whatever else it is, it stays one segment.
fn encoded(name: &str) -> String {
    let visible = make_visible(name);
    let bytes = visible.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    match bytes.collect::<String>() {
        // No name of a file, and no reference to one.
        none if none.chars().all(|c| c == '.') => "registry".to_owned(),
        some => some,
    }
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
fn result(heading: &Heading, file: &str, subject: Subject<'_>, finding: &AuditFinding) -> Value {
    let place = match &finding.value {
        Some(value) => format!("{}: {}", finding.field, make_visible(value)),
        None => finding.field.to_owned(),
    };
    let title = make_visible(&finding.title());
    let text = format!("{title}: {place}. {}", finding.rule.harm());
    let fingerprint = Fingerprint::in_realm(subject.realm, subject.client_id, finding);
    // A name that is qualified by what it lies in (SARIF §3.33.5), outermost first.
    let qualified = match subject.realm {
        Some(realm) => format!("{}/{}", make_visible(realm), subject.client_id),
        None => subject.client_id.to_string(),
    };
    let mut result = json!({
        "ruleId": finding.rule.id(),
        "level": level(finding.severity),
        "message": {"text": literal(&text)},
        // Services that show results want a file and a line in it; all that there is is the registry.
        "locations": [{
            "physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": 1}},
            "logicalLocations": [{
                "name": make_visible(subject.name),
                "fullyQualifiedName": qualified,
                "kind": "client",
            }],
        }],
        "partialFingerprints": {"chancery/v1": fingerprint.to_string()},
        "suppressions": suppressions(finding),
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
    let properties = result.get_mut("properties").and_then(Value::as_object_mut);
    if let (true, Some(members)) = (heading.audited.is_file(), properties) {
        members.insert("realm".to_owned(), subject.realm.into());
    }
    if let (true, Some(members)) = (heading.has_baseline, result.as_object_mut()) {
        let state = if finding.known { "unchanged" } else { "new" };
        members.insert("baselineState".to_owned(), state.into());
    }
    result
}

/// `suppression` (SARIF §3.35). Where one result has the member, all have it (§3.27.23).
fn suppressions(finding: &AuditFinding) -> Vec<Value> {
    let accepted = finding.accepted.iter();
    let told = accepted.map(|accepted| {
        json!({
            "kind": "external",
            "status": "accepted",
            "justification": make_visible(&reason(accepted)),
            "properties": acceptance(accepted),
        })
    });
    told.collect()
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
