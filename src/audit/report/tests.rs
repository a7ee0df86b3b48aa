//! Every format against texts that would like to be something else.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use std::sync::Arc;

use crate::audit::{Acceptance, AuditRule, FactRule, Settings, WatchedScope};
use crate::client::{Finding, Rule, Weight, has_unsafe_characters};

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
        audited: Audited::Registry {
            name: registry.to_owned(),
            history: HistoryState {
                rows: 12,
                head: "00ff".to_owned(),
                broken_at: None,
            },
        },
        at: "2026-06-01T12:00:00.5Z".parse().unwrap(),
        settings: Settings::default(),
        has_baseline: false,
        left_out: Vec::new(),
        sign_offs: false,
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

fn accepted(by: &str, reason: &str) -> Arc<Acceptance> {
    Arc::new(Acceptance {
        rule: "text-unsafe".to_owned(),
        field: "name".to_owned(),
        value: None,
        held: String::new(),
        reason: reason.to_owned(),
        by: by.to_owned(),
        at: Timestamp::UNIX_EPOCH,
        until: "2030-01-02T00:00:00Z".parse().unwrap(),
    })
}

/// A report over two clients of one name with the same findings, the first of them approved.
fn written(format: Format, name: &str, findings: &[AuditFinding]) -> String {
    written_under(format, heading(name), name, findings)
}

fn written_under(format: Format, heading: Heading, name: &str, findings: &[AuditFinding]) -> String {
    let mut report = Report::new(format, heading);
    let mut text = report.begin();
    for id in ["=billing", "<b>"] {
        let client_id = ClientId::parse(id).unwrap();
        let subject = Subject {
            client_id: &client_id,
            realm: None,
            name,
            approved: id == "<b>",
        };
        text.push_str(&report.client(subject, findings));
    }
    text.extend(report.end());
    text
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
    let mut findings = found(value);
    findings[2].accepted = Some(accepted(name, value));
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
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 6);
    let file = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
    let file = file.as_str().unwrap();
    assert!(!file.is_empty() && file.chars().all(is_plain), "{file}");
    let records = records(&written(Format::Csv, name, &findings));
    assert_eq!(records.len(), 8);
    for cell in records.iter().flat_map(|record| {
        assert_eq!(record.len(), 14, "{record:?}");
        record
    }) {
        let first = cell.trim_start().chars().next();
        assert!(!first.is_some_and(|c| "=+-@＝＋－＠".contains(c)), "{cell:?}");
    }
    let acceptance = &list[2]["acceptance"];
    assert_eq!(
        (&acceptance["by"], &acceptance["reason"]),
        (&name.into(), &value.into())
    );
    // The page has the same tags, whatever the texts are.
    let tags = |page: &str| page.chars().filter(|c| matches!(c, '<' | '>')).count();
    let page = written(Format::Html, name, &findings);
    let mut harmless = found("v");
    harmless[2].accepted = Some(accepted("N", "v"));
    assert_eq!(
        tags(&page),
        tags(&written(Format::Html, "N", &harmless)),
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
        let mut report = Report::new(*format, heading("r"));
        let mut text = report.begin();
        text.extend(report.end());
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
    findings[0].accepted = Some(accepted("Ada Admin", "Behind a gateway"));
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
    let first = &run["results"][0]["suppressions"][0];
    assert_eq!(
        (&first["status"], &first["justification"]),
        (&"accepted".into(), &"Behind a gateway".into())
    );
    assert!(
        run["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["suppressions"].is_array())
    );
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
    tally.add(&findings, true);
    assert_eq!(
        (
            tally.at_or_above(Severity::High),
            tally.at_or_above(Severity::Medium)
        ),
        (1, 3)
    );
    findings[0].accepted = Some(accepted("Ada Admin", "Behind a gateway"));
    let mut tally = Tally::default();
    tally.add(&findings, true);
    assert_eq!((tally.at_or_above(Severity::High), tally.accepted), (0, 1));
    for format in Format::ALL {
        let text = written(*format, "N", &findings).to_lowercase();
        for told in [
            "accepted",
            "ada admin",
            "behind a gateway",
            "2030-01-02",
            "approved",
        ] {
            let is_of_csv = *format == Format::Csv && told == "approved";
            assert!(text.contains(told) || is_of_csv, "{format}: {told}");
        }
    }
}

#[test]
fn the_risks_that_were_accepted_stand_in_a_section_of_their_own_behind_the_summary() {
    let mut findings = found("v");
    findings[0].accepted = Some(accepted("Ada Admin", "Behind a gateway"));
    let page = written(Format::Html, "N", &findings);
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(at("<h2>Summary") < at("<h2>Accepted risks"));
    assert!(at("<h2>Accepted risks") < at("Behind a gateway"));
    assert!(at("Behind a gateway") < at("<h2>Findings by client"));
    assert!(written(Format::Html, "N", &found("v")).contains("No risk is accepted"));
}

#[test]
fn what_was_known_before_is_marked_in_every_format_and_is_not_open() {
    let mut findings = found("v");
    findings[0].known = true;
    let under = Heading {
        has_baseline: true,
        ..heading("r")
    };
    let told = |format| written_under(format, under.clone(), "N", &findings);
    let json: Value = serde_json::from_str(&told(Format::Json)).unwrap();
    let known = |index: usize| json["findings"][index]["known"].clone();
    assert_eq!((known(0), known(1)), (true.into(), false.into()));
    assert_eq!(
        (&json["known"], &json["severities"]["high"]),
        (&2.into(), &0.into())
    );
    let sarif: Value = serde_json::from_str(&told(Format::Sarif)).unwrap();
    let state = |index: usize| sarif["runs"][0]["results"][index]["baselineState"].clone();
    assert_eq!((state(0), state(1)), ("unchanged".into(), "new".into()));
    assert!(told(Format::Html).contains("<em>known before</em>"));
    assert!(told(Format::Text).contains("(known before)"));
    let mut tally = Tally::default();
    tally.add(&findings, false);
    assert_eq!((tally.at_or_above(Severity::High), tally.known), (0, 1));
    // Without a baseline nothing is new, since nothing is old.
    let sarif = written(Format::Sarif, "N", &findings);
    assert!(!sarif.contains("baselineState"));
}

#[test]
fn a_watched_scope_is_told_as_bad_as_it_is_judged_and_not_where_nobody_looks() {
    let mut settings = Settings::default();
    settings.watched_scopes.push(WatchedScope {
        scope: "admin".to_owned(),
        clients: Vec::new(),
        severity: Severity::Low,
        note: String::new(),
    });
    let rule = AuditRule::Facts(FactRule::ScopeSensitive);
    for (weight, told, is_told) in [
        (None, "no client may have it, any other is low", true),
        (
            Some(Weight::As(Severity::High)),
            "no client may have it, any other is high",
            true,
        ),
        (Some(Weight::Off), "The scope admin", false),
    ] {
        settings.set_weight(rule, weight).unwrap();
        let under = Heading {
            settings: settings.clone(),
            ..heading("r")
        };
        let text = written_under(Format::Text, under, "N", &[]);
        assert_eq!(text.contains(told), is_told, "{text}");
    }
}

#[test]
fn that_sign_offs_of_a_file_count_stands_in_every_format() {
    let under = Heading {
        sign_offs: true,
        ..heading("r")
    };
    let told = |format| written_under(format, under.clone(), "N", &found("v"));
    for format in [Format::Html, Format::Text, Format::Csv] {
        let (with, without) = (told(format), written(format, "N", &found("v")));
        let says = "from a file of sign-offs were taken in. Who decided is claimed in that file, not proved";
        assert!(with.contains(says) && !without.contains(says), "{format}: {with}");
    }
    let json: Value = serde_json::from_str(&told(Format::Json)).unwrap();
    assert_eq!(json["sign_offs"], true);
    let json: Value = serde_json::from_str(&written(Format::Json, "N", &[])).unwrap();
    assert_eq!(json["sign_offs"], false);
    let sarif: Value = serde_json::from_str(&told(Format::Sarif)).unwrap();
    assert_eq!(sarif["runs"][0]["properties"]["sign_offs"], true);
}

#[test]
fn how_the_rules_were_set_stands_in_every_format() {
    let mut settings = Settings::default();
    let orphan = AuditRule::Facts(FactRule::DcrOrphan);
    settings.set_weight(orphan, Some(Weight::Off)).unwrap();
    let lookalike = AuditRule::Facts(FactRule::ClientLookalike);
    settings
        .set_weight(lookalike, Some(Weight::As(Severity::Critical)))
        .unwrap();
    settings.unused_days = 30;
    settings.watched_scopes.push(WatchedScope {
        scope: "admin".to_owned(),
        clients: vec!["billing".to_owned()],
        severity: Severity::Critical,
        note: "Can do everything".to_owned(),
    });
    let under = Heading {
        settings,
        left_out: vec!["Only these clients are told of: <b>.".to_owned()],
        ..heading("r")
    };
    let written = |format| written_under(format, under.clone(), "N", &found("v"));
    for format in [Format::Html, Format::Text, Format::Csv] {
        let text = written(format);
        for told in [
            "Not looked for: Abandoned registration (dcr-orphan)",
            "(client-lookalike) is critical here; otherwise it is medium",
            "Days without a token until unused: 30; otherwise 90",
            "The scope admin is watched (Can do everything): the client billing may have it, any other is critical",
            "Only these clients are told of",
        ] {
            assert!(text.contains(told), "{format}: {told}\n{text}");
        }
    }
    let json: Value = serde_json::from_str(&written(Format::Json)).unwrap();
    assert_eq!(json["settings"]["severities"]["dcr-orphan"], "off");
    assert_eq!(json["settings"]["parameters"]["unused_days"], 30);
    assert_eq!(json["left_out"][0], "Only these clients are told of: <b>.");
    let sarif: Value = serde_json::from_str(&written(Format::Sarif)).unwrap();
    let run = &sarif["runs"][0];
    let overrides = run["invocations"][0]["ruleConfigurationOverrides"]
        .as_array()
        .unwrap();
    assert_eq!(overrides.len(), 2);
    for of in overrides {
        let index = usize::try_from(of["descriptor"]["index"].as_u64().unwrap()).unwrap();
        let descriptor = &run["tool"]["driver"]["rules"][index];
        assert_eq!(descriptor["id"], of["descriptor"]["id"], "{of}");
    }
    assert!(overrides.iter().any(|of| of["configuration"]["enabled"] == false));
    assert_eq!(run["properties"]["settings"]["severities"]["dcr-orphan"], "off");
}

/// A page over so many clients, each with one open finding of its own severity.
fn page_of(count: usize) -> String {
    let mut report = Report::new(Format::Html, heading("r"));
    let mut page = report.begin();
    for index in 0..count {
        let mut findings = found("v");
        findings.truncate(1);
        findings[0].severity = Severity::ALL[index % 5];
        let client_id = ClientId::parse(&format!("client-{index}")).unwrap();
        let name = format!("Client {index:05}");
        let (client_id, name) = (&client_id, name.as_str());
        let subject = Subject {
            realm: None,
            client_id,
            name,
            approved: false,
        };
        page.push_str(&report.client(subject, &findings));
    }
    page.extend(report.end());
    page
}

#[test]
fn the_clients_with_the_worst_findings_come_first_and_a_list_leads_to_each() {
    let page = page_of(10);
    let order: Vec<&str> = page.split("<h3>").skip(1).map(|rest| &rest[..12]).collect();
    let of = |index: usize| format!("Client {index:05}");
    let wanted = [4, 9, 3, 8, 2, 7, 1, 6, 0, 5].map(of);
    assert_eq!(order, wanted);
    assert_eq!(page.matches("<li><a href=\"#c").count(), 10);
    for index in 0..10 {
        assert!(page.contains(&format!("<article id=\"c{index}\">")));
    }
    assert!(!page.contains("<details") && !page_of(3).contains("Contents"));
}

#[test]
fn a_long_page_is_closed_until_somebody_opens_a_part_of_it() {
    let page = page_of(1_001);
    // 200 clients are as bad as each other, of the last severity 201.
    assert_eq!(page.matches("<details id=").count(), 6);
    assert_eq!(page.matches("<li><a href=\"#b").count(), 6);
    assert_eq!(page.matches("<article").count(), 1_001);
    assert!(page.contains("<summary>Critical, 1 to 200: Client 00004 to Client 00999</summary>"));
    assert!(page.contains("<summary>Info, 1001 to 1001: Client 01000 to Client 01000</summary>"));
}
