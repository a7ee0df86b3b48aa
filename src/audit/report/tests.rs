//! Every format against texts that would like to be something else.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use std::sync::Arc;

use crate::audit::{Acceptance, FactRule};
use crate::client::{Finding, Rule, has_unsafe_characters};

const HOSTILE: [&str; 10] = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "  @SUM(1)",
    "＝1+1",
    "quote\" and 'quote' --> ]]>",
    "two\r\nlines\tand a bell\u{7}\u{1b}[31m",
    "pay\u{202e}lap\u{2066}\u{200b}",
    "[click](https://evil.example) {0} \\",
    "\u{85}\u{9b}31m\u{2028}\u{7f}\u{0}",
    "",
];

fn heading(registry: &str) -> Heading {
    Heading {
        registry: registry.to_owned(),
        at: "2026-06-01T12:00:00.5Z".parse().unwrap(),
        history_rows: 12,
        history_head: "00ff".to_owned(),
        history_broken_at: None,
    }
}

fn found(value: &str) -> Vec<AuditFinding> {
    vec![
        Finding::new(Rule::TextUnsafe, "name").about(value).into(),
        AuditFinding::new(FactRule::ClientLookalike, "client_id")
            .about(value)
            .beside(format!("user {value}")),
        Finding::new(Rule::OwnerMissing, "contacts").into(),
    ]
}

fn accepted() -> Arc<Acceptance> {
    Arc::new(Acceptance {
        rule: "text-unsafe".to_owned(),
        field: "name".to_owned(),
        value: None,
        held: String::new(),
        reason: "Behind a gateway".to_owned(),
        by: "Ada Admin".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        until: Timestamp::MAX,
    })
}

/// A report over two clients of one name with the same findings.
fn written(format: Format, name: &str, findings: &[AuditFinding]) -> String {
    let mut summary = Tally::default();
    summary.add(findings);
    summary.add(findings);
    let mut report = Report::new(format, heading(name), summary);
    let mut text = report.begin();
    for id in ["=billing", "<b>"] {
        let client_id = ClientId::parse(id).unwrap();
        let subject = Subject {
            client_id: &client_id,
            name,
        };
        text.push_str(&report.client(subject, findings));
    }
    text + &report.end()
}

/// The records of a CSV text, read as RFC 4180 says.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let (mut chars, mut quoted) = (text.chars().peekable(), false);
    while let Some(c) = chars.next() {
        let record = records.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                record.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => records.push(vec![String::new()]),
            c => record.last_mut().unwrap().push(c),
        }
    }
    assert!(!quoted, "{text}");
    assert_eq!(records.pop().unwrap(), [""], "the text ends with a line");
    records
}

/// What holds for whatever stands in a registration.
fn check(name: &str, value: &str) {
    let findings = found(value);
    for format in Format::ALL {
        let text = written(*format, name, &findings);
        let unsafe_in = |line: &str| has_unsafe_characters(line);
        let bad = text.split(['\n', '\r']).find(|line| unsafe_in(line));
        assert_eq!(bad, None, "{format}: {name:?} {value:?}");
        assert!(
            text.contains("00ff") && text.contains("claimed, not proved"),
            "{format}"
        );
    }
    let json: Value = serde_json::from_str(&written(Format::Json, name, &findings)).unwrap();
    let list = json["findings"].as_array().unwrap();
    assert_eq!((list.len(), &json["clients"]), (6, &2.into()));
    assert_eq!(
        (&list[0]["client_name"], &list[0]["value"]),
        (&name.into(), &value.into())
    );
    let sarif: Value = serde_json::from_str(&written(Format::Sarif, name, &findings)).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 6);
    let records = records(&written(Format::Csv, name, &findings));
    assert_eq!(records.len(), 8);
    for cell in records.iter().flat_map(|record| {
        assert_eq!(record.len(), 10, "{record:?}");
        record
    }) {
        let first = cell.trim_start().chars().next();
        assert!(!first.is_some_and(|c| "=+-@＝＋－＠".contains(c)), "{cell:?}");
    }
    // The page has the same tags, whatever the texts are.
    let tags = |page: &str| page.chars().filter(|c| matches!(c, '<' | '>')).count();
    let page = written(Format::Html, name, &findings);
    assert_eq!(
        tags(&page),
        tags(&written(Format::Html, "N", &found("v"))),
        "{name:?} {value:?}"
    );
}

#[test]
fn no_text_is_more_than_text_in_any_format() {
    for name in HOSTILE {
        for value in HOSTILE {
            check(name, value);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_writer_breaks_on_any_text(name in any::<String>(), value in any::<String>()) {
        check(&name, &value);
    }
}

#[test]
fn a_report_without_findings_is_whole_too() {
    for format in Format::ALL {
        let report = Report::new(*format, heading("r"), Tally::default());
        let text = report.begin() + &report.end();
        match format {
            Format::Json | Format::Sarif => drop(serde_json::from_str::<Value>(&text).unwrap()),
            Format::Csv => assert_eq!(records(&text).len(), 2),
            Format::Html => assert!(text.contains("No rule is broken") && text.ends_with("</html>\n")),
            Format::Text => assert!(text.contains("0 clients, 0 with findings"), "{text}"),
        }
    }
}

/// Of the schema of SARIF 2.1.0, what these results use: required members, closed sets of words, and no others.
#[test]
fn sarif_has_what_its_schema_asks_for_and_nothing_else() {
    let mut findings = found("v");
    findings[0].accepted = Some(accepted());
    let sarif: Value = serde_json::from_str(&written(Format::Sarif, "N", &findings)).unwrap();
    let members = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(members(&sarif), ["$schema", "version", "runs"]);
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(members(run), ["tool", "results", "invocations", "properties"]);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["endTimeUtc"], "2026-06-01T12:00:00Z");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let is_level = |level: &Value| {
        ["none", "note", "warning", "error"]
            .map(Value::from)
            .contains(level)
    };
    for rule in rules {
        assert!(is_level(&rule["defaultConfiguration"]["level"]), "{rule}");
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty(), "{rule}");
        }
    }
    for result in run["results"].as_array().unwrap() {
        assert!(
            rules.iter().any(|rule| rule["id"] == result["ruleId"]),
            "{result}"
        );
        assert!(is_level(&result["level"]), "{result}");
        let place = &result["locations"][0]["logicalLocations"][0];
        assert_eq!((&place["name"], &place["kind"]), (&"N".into(), &"client".into()));
        assert!(
            result["partialFingerprints"]["chancery/v1"].is_string(),
            "{result}"
        );
    }
    let suppressions: Vec<bool> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["suppressions"][0]["kind"] == "external")
        .collect();
    assert_eq!(suppressions, [true, false, false, true, false, false]);
}

#[test]
fn a_fingerprint_is_of_the_finding_and_not_of_the_words() {
    let prints = |name: &str, findings: &[AuditFinding]| -> Vec<Value> {
        let sarif: Value = serde_json::from_str(&written(Format::Sarif, name, findings)).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        results
            .iter()
            .map(|result| result["partialFingerprints"]["chancery/v1"].clone())
            .collect()
    };
    let before = prints("Billing", &found("v"));
    let mut worse = found("v");
    worse[0].severity = Severity::Critical;
    assert_eq!(
        prints("Renamed", &worse),
        before,
        "a name and a severity may change"
    );
    assert_ne!(prints("Billing", &found("w"))[0], before[0]);
    let unique: std::collections::HashSet<_> = before.iter().map(Value::to_string).collect();
    assert_eq!(unique.len(), before.len());
}

#[test]
fn accepted_findings_are_told_and_do_not_count() {
    let mut findings = found("v");
    let mut tally = Tally::default();
    tally.add(&findings);
    assert_eq!(
        (
            tally.at_or_above(Severity::High),
            tally.at_or_above(Severity::Medium)
        ),
        (1, 3)
    );
    findings[0].accepted = Some(accepted());
    let mut tally = Tally::default();
    tally.add(&findings);
    assert_eq!((tally.at_or_above(Severity::High), tally.accepted), (0, 1));
    for format in Format::ALL {
        assert!(written(*format, "N", &findings).contains("accepted"), "{format}");
    }
}
