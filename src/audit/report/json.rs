//! For programs: one object, one finding a line.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::{Audited, Heading, Subject, Tally, WHO};
use crate::audit::{Acceptance, AuditFinding, AuditRule};
use crate::client::has_unsafe_characters;

pub(super) fn begin() -> String {
    "{\"findings\": [".to_owned()
}

/// What every line about a rule says, as it is written: most of a report's text, which need not be escaped for each.
struct Constant {
    /// From the end of the line before up to the severity.
    rule: String,
    /// The message alone: of a finding that is about somebody else there is another one.
    message: String,
    /// What follows the message.
    rest: String,
}

impl Constant {
    fn of(rule: AuditRule) -> Self {
        Self {
            rule: format!(",\n{{\"rule\":{},\"severity\":\"", quoted(rule.id())),
            message: quoted(&rule.message(None)),
            rest: format!(
                ",\"reference\":{},\"fix\":{}",
                quoted(rule.basis()),
                quoted(rule.advice())
            ),
        }
    }
}

static CONSTANTS: LazyLock<HashMap<AuditRule, Constant>> =
    LazyLock::new(|| AuditRule::all().map(|rule| (rule, Constant::of(rule))).collect());

pub(super) fn client(heading: &Heading, subject: Subject<'_>, findings: &[AuditFinding]) -> String {
    /// About as long is the line of a finding.
    const LINE: usize = 512;
    let named = format!(
        "\",\"client_id\":{},\"client_name\":{},\"field\":\"",
        quoted(subject.client_id.as_str()),
        quoted(subject.name)
    );
    // Only a file's clients have one, and then all of them.
    let realm = heading.audited.is_file().then(|| maybe(subject.realm));
    let end = realm.map_or("}".to_owned(), |realm| format!(",\"realm\":{realm}}}"));
    let mut text = String::with_capacity(findings.len() * LINE);
    for finding in findings {
        let Some(constant) = CONSTANTS.get(&finding.rule) else {
            continue;
        };
        // Whom else it is about stands in the message.
        let message = finding.other.is_some().then(|| quoted(&finding.message()));
        let accepted = finding.accepted.as_deref();
        let acceptance = accepted.map_or(Cow::Borrowed("null"), |accepted| {
            escaped(&acceptance(accepted)).into()
        });
        for piece in [
            constant.rule.as_str(),
            finding.severity.as_str(),
            &named,
            finding.field,
            "\",\"value\":",
            &maybe(finding.value.as_deref()),
            ",\"message\":",
            message.as_deref().unwrap_or(&constant.message),
            &constant.rest,
            ",\"accepted\":",
            if accepted.is_some() { "true" } else { "false" },
            ",\"acceptance\":",
            &acceptance,
            ",\"known\":",
            if finding.known { "true" } else { "false" },
            &end,
        ] {
            text.push_str(piece);
        }
    }
    text
}

/// A text as it is written.
fn quoted(text: &str) -> String {
    safe(serde_json::to_string(text).unwrap_or_default())
}

/// The same; `null` where there is none.
fn maybe(text: Option<&str>) -> Cow<'static, str> {
    text.map_or(Cow::Borrowed("null"), |text| quoted(text).into())
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
pub(super) fn listed(lines: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(",\n");
        text.push_str(&line);
    }
    text
}

/// A value whose text does nothing to a terminal or an editor: what could is written by its number, which means the same
/// (RFC 8259 §7). Such characters stand inside of strings only, so the whole text can be gone through.
pub fn escaped(value: &Value) -> String {
    safe(value.to_string())
}

/// The same, indented for people: the ends of its lines stand between the texts.
pub fn pretty(value: &Value) -> String {
    let lines = format!("{value:#}");
    lines
        .split('\n')
        .map(|line| safe(line.to_owned()))
        .collect::<Vec<_>>()
        .join("\n")
}

fn safe(text: String) -> String {
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
