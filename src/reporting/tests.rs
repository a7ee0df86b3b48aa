//! Reports of a real registry.

use jiff::SignedDuration;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use jiff::Timestamp;

use crate::audit::AuditFinding;
use crate::audit::report::PassedOver;
use crate::audit::{Acceptance, AuditRule, Fingerprint};
use crate::client::{ClientDraft, ClientId, ClientKind, Severity, Status};
use crate::interchange::Format as InputFormat;
use crate::registry::Act;
use crate::registry::Registry;
use crate::transfer::Source;
use zeroize::Zeroizing;

fn act() -> Act {
    Act::new("Ada Admin", Timestamp::UNIX_EPOCH)
}

fn client_id(number: usize) -> ClientId {
    ClientId::parse(&format!("client-{number}")).unwrap()
}

/// So many clients without an owner, the second of them with a dangerous redirect.
fn registry(count: usize) -> (TempDir, Registry) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a registry.chancery");
    let registry = Registry::open(&path, Timestamp::UNIX_EPOCH).unwrap();
    for number in 0..count {
        let scheme = if number == 1 { "http" } else { "https" };
        let draft = ClientDraft {
            name: format!("Client {number}"),
            redirect_uris: vec![format!("{scheme}://app{number}x.example.com/cb")],
            scopes: vec!["read".to_owned()],
            audience: vec!["https://api.example.com".to_owned()],
            ..ClientKind::SinglePage.preset()
        };
        registry
            .import_client(&client_id(number), &draft, Status::Active, &[], "test", &act())
            .unwrap();
    }
    (folder, registry)
}

fn report(registry: &Registry, wish: &ReportWish) -> (Reported, String) {
    let mut out = Vec::new();
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
    let reported = write(registry, wish, now, &mut out, &mut |_| true).unwrap();
    (reported, String::from_utf8(out).unwrap())
}

fn json(registry: &Registry, wish: &ReportWish) -> Value {
    serde_json::from_str(&report(registry, wish).1).unwrap()
}

fn found(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            (
                finding["client_id"].as_str().unwrap(),
                finding["rule"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn each_selection_leaves_out_what_it_says_and_the_report_says_so() {
    let (_folder, registry) = registry(3);
    let all = json(&registry, &ReportWish::of(Format::Json));
    let everything = found(&all);
    assert_eq!(everything.len(), 4, "{everything:?}");
    assert_eq!(
        (&all["clients"], &all["left_out"]),
        (&3.into(), &Value::Array(vec![]))
    );
    let of = |selection: Selection| ReportWish {
        selection,
        ..ReportWish::of(Format::Json)
    };
    let none = Selection::default;
    let rule = AuditRule::parse("redir-http").unwrap();
    let by_rule = Selection {
        rules: vec![rule],
        ..none()
    };
    let by_client = Selection {
        clients: vec![client_id(1)],
        ..none()
    };
    let by_severity = Selection {
        severities: vec![Severity::High],
        ..none()
    };
    let uri = Some("http://app1x.example.com/cb");
    let print = Fingerprint::of_parts(rule, &client_id(1), "redirect_uris", uri);
    let only = Only {
        findings: Arc::new([print].into()),
        said: "over plain http".to_owned(),
    };
    let by_print = Selection {
        only: Some(only),
        ..none()
    };
    for (selection, count, clients, told) in [
        (by_rule, 1, 3, "redir-http"),
        (by_client, 2, 1, "client-1"),
        (by_severity, 1, 3, "high"),
        (by_print, 1, 3, "over plain http"),
    ] {
        let report = json(&registry, &of(selection));
        assert_eq!(
            (found(&report).len(), &report["clients"]),
            (count, &clients.into()),
            "{told}"
        );
        assert!(report["left_out"][0].as_str().unwrap().contains(told), "{report}");
    }
}

#[test]
fn what_was_accepted_is_told_or_left_out() {
    let (_folder, registry) = registry(1);
    let client = registry.client(&client_id(0)).unwrap().unwrap();
    let finding = client
        .draft
        .findings()
        .into_iter()
        .map(AuditFinding::from)
        .next()
        .unwrap();
    let at = Timestamp::UNIX_EPOCH;
    let until = at + SignedDuration::from_hours(48);
    let accepted = Acceptance::of(&finding, &client.draft, "Known", "Ada Admin", at, until).unwrap();
    registry.accept_risk(&client_id(0), &accepted, &act()).unwrap();
    registry.approve_client(&client_id(0), 1, &act()).unwrap();
    let mut wish = ReportWish::of(Format::Json);
    let whole = json(&registry, &wish);
    assert_eq!(whole["findings"][0]["accepted"], true);
    assert_eq!(whole["findings"][0]["acceptance"]["reason"], "Known");
    assert_eq!((&whole["accepted"], &whole["approved"]), (&1.into(), &1.into()));
    wish.selection.only_open = true;
    let open = json(&registry, &wish);
    assert!(found(&open).is_empty(), "{open}");
}

#[test]
fn only_what_is_new_beside_a_baseline_is_open() {
    let (_folder, registry) = registry(2);
    let (_, before) = report(&registry, &ReportWish::of(Format::Json));
    let mut draft = registry.client(&client_id(0)).unwrap().unwrap().draft;
    draft.audience.clear();
    draft.name = "Renamed".to_owned();
    registry
        .update_client(&client_id(0), 1, draft, None, &act())
        .unwrap();
    let (baseline, troubles) = Baseline::read(&before).unwrap();
    assert!(troubles.is_empty());
    let wish = ReportWish {
        baseline: Some(Arc::new(baseline)),
        ..ReportWish::of(Format::Json)
    };
    let (reported, text) = report(&registry, &wish);
    let after: Value = serde_json::from_str(&text).unwrap();
    let findings = after["findings"].as_array().unwrap().iter();
    let new: Vec<&Value> = findings.filter(|finding| finding["known"] == false).collect();
    assert_eq!(new.len(), 1, "{after}");
    assert_eq!(new[0]["rule"], "aud-none");
    assert_eq!(
        (reported.told.at_or_above(Severity::Info), reported.told.known),
        (1, 3)
    );
}

#[test]
fn fingerprints_outlive_a_new_name_and_another_severity() {
    let (_folder, registry) = registry(3);
    let prints = || -> Vec<Value> {
        let sarif = json(&registry, &ReportWish::of(Format::Sarif));
        let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
        let mut prints: Vec<Value> = results
            .map(|result| result["partialFingerprints"].clone())
            .collect();
        prints.sort_by_key(Value::to_string);
        prints
    };
    let before = prints();
    let mut draft = registry.client(&client_id(1)).unwrap().unwrap().draft;
    draft.name = "Another name".to_owned();
    registry
        .update_client(&client_id(1), 1, draft, None, &act())
        .unwrap();
    let (mut settings, _) = registry.audit_settings().unwrap();
    let severe = crate::client::Weight::As(Severity::Critical);
    for rule in ["redir-http", "owner-missing"] {
        settings
            .set_weight(AuditRule::parse(rule).unwrap(), Some(severe))
            .unwrap();
    }
    registry.set_audit_settings(&settings, &act()).unwrap();
    assert_eq!(before.len(), 4);
    assert_eq!(prints(), before);
    let text = report(&registry, &ReportWish::of(Format::Sarif)).1;
    assert!(
        text.contains("a%20registry.chancery"),
        "the file's name is a reference"
    );
}

#[test]
fn a_report_is_stopped_between_two_pages_and_says_how_far_it_is() {
    let (_folder, registry) = registry(3);
    let now = Timestamp::UNIX_EPOCH;
    let mut steps = Vec::new();
    let mut out = Vec::new();
    let wish = ReportWish::of(Format::Csv);
    write(&registry, &wish, now, &mut out, &mut |step| {
        steps.push((step.done, step.all));
        true
    })
    .unwrap();
    assert_eq!(steps.first(), Some(&(0, 6)));
    assert_eq!(steps.last(), Some(&(6, 6)));
    let stopped = write(&registry, &wish, now, &mut Vec::new(), &mut |step| step.done == 0);
    assert!(matches!(stopped, Err(ReportError::Stopped)));
}

#[test]
fn a_file_that_is_read_once_and_one_that_is_read_again_are_told_the_same() {
    let line = |number: usize| {
        // Some share an address, some a name, one comes twice, one cannot be read.
        let uri = format!("http://app{}.example.com/cb", number % 150);
        match number {
            17 => r#"{"client_id":"c17","scope":7}"#.to_owned(),
            90 => r#"{"client_id":"c1","client_name":"Again"}"#.to_owned(),
            _ => format!(
                r#"{{"client_id":"c{number}","client_name":"Client {}","redirect_uris":["{uri}"],"client_secret":"short"}}"#,
                number % 180
            ),
        }
    };
    let lines: Vec<String> = (0..200).map(line).collect();
    let source = Source::of_bytes(Zeroizing::new(lines.join("\n").into_bytes()));
    let file = AuditedFile {
        source: &source,
        format: InputFormat::Rfc7591,
        name: "clients.jsonl".to_owned(),
        realm: None,
    };
    let told = |most_kept: usize, format: Format| {
        let (mut out, mut named) = (Vec::new(), Vec::new());
        let wish = ReportWish::of(format);
        let now = Timestamp::UNIX_EPOCH;
        let mut tell = |one: &PassedOver| named.push(one.sentence());
        let reported =
            of_file::write_keeping(most_kept, &file, &wish, now, &mut out, &mut tell, &mut |_| true);
        let reported = reported.unwrap();
        assert_eq!((reported.told.clients, reported.unreadable), (198, 2));
        assert!(named[0].starts_with("line 18, client c17"), "{named:?}");
        String::from_utf8(out).unwrap()
    };
    for format in Format::ALL {
        let once = told(usize::MAX, *format);
        assert!(once.contains("redir-shared") && once.contains("client-lookalike"));
        // Nothing is kept; some is, and then too much.
        for most_kept in [0, 20_000] {
            assert_eq!(told(most_kept, *format), once, "{format}");
        }
    }
}

#[test]
fn a_report_of_a_file_is_stopped_on_either_way_through_it() {
    let lines: String = (0..3_000)
        .map(|number| format!("{{\"client_id\":\"c{number}\"}}\n"))
        .collect();
    let source = Source::of_bytes(Zeroizing::new(lines.into_bytes()));
    let file = AuditedFile {
        source: &source,
        format: InputFormat::Rfc7591,
        name: "clients.jsonl".to_owned(),
        realm: None,
    };
    let wish = ReportWish::of(Format::Csv);
    for most in [0, 600, 3_600] {
        let mut go_on = |step: Step| step.done < most;
        let now = Timestamp::UNIX_EPOCH;
        let stopped = write_file(&file, &wish, now, &mut Vec::new(), &mut |_| {}, &mut go_on);
        assert!(
            matches!(stopped, Err(FileReportError::Report(ReportError::Stopped))),
            "{most}"
        );
    }
}
