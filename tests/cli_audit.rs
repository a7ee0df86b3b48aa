//! `chancery audit`: the program itself, as a script runs it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may fail loudly")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

fn chancery(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chancery"))
        .env_clear()
        .env("HOME", folder)
        .env("USER", "tester")
        .stdin(Stdio::null())
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command that is done has printed.
fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = chancery(folder, arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    text(&output.stdout)
}

fn create(folder: &Path, metadata: &Value) {
    let file = folder.join("metadata.json");
    std::fs::write(&file, metadata.to_string()).unwrap();
    run(folder, &["client", "create", "--file", file.to_str().unwrap()]);
}

/// A registry with a client that is sound, one without PKCE and owner, and one that has the address of the first.
fn registry() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let metadata = |name: &str, uri: &str, more: Value| {
        let mut metadata = json!({
            "client_name": name,
            "redirect_uris": [uri],
            "token_endpoint_auth_method": "none",
            "scope": "openid",
            "audience": ["https://api.example.com"],
        });
        let more = more.as_object().cloned().unwrap_or_default();
        metadata.as_object_mut().unwrap().extend(more);
        metadata
    };
    let here = "https://billing.example.com/callback";
    let owned = json!({"contacts": ["billing@example.com"], "require_pkce": true});
    create(folder.path(), &metadata("Billing portal", here, owned.clone()));
    let hostile = "=cmd|'<script>alert(1)</script>\"";
    let elsewhere = "https://other.example.com/callback";
    let careless = json!({"require_pkce": false});
    create(folder.path(), &metadata(hostile, elsewhere, careless));
    create(folder.path(), &metadata("Payroll", here, owned));
    folder
}

fn findings(folder: &Path) -> Value {
    serde_json::from_str(&run(folder, &["audit", "--format", "json"])).unwrap()
}

fn rules_of(report: &Value, name: &str) -> Vec<String> {
    let found = report["findings"].as_array().unwrap().iter();
    let of_it = found.filter(|finding| finding["client_name"].as_str().unwrap().contains(name));
    of_it
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn json_has_every_finding_the_counts_and_the_historys_head() {
    let folder = registry();
    let report = findings(folder.path());
    assert_eq!(rules_of(&report, "script"), ["pkce-public", "owner-missing"]);
    assert_eq!(rules_of(&report, "Billing"), ["redir-shared"]);
    assert_eq!(rules_of(&report, "Payroll"), ["redir-shared"]);
    let shared = |name: &str| {
        let found = report["findings"].as_array().unwrap().iter();
        let mut of_it = found.filter(|f| f["rule"] == "redir-shared" && f["client_name"] == name);
        of_it.next().cloned().unwrap()
    };
    let (billing, payroll) = (shared("Billing portal"), shared("Payroll"));
    assert_eq!(billing["value"], "https://billing.example.com/callback");
    let other = payroll["client_id"].as_str().unwrap();
    assert!(billing["message"].as_str().unwrap().contains(other), "{billing}");
    let members: Vec<&str> = report["findings"][0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        members,
        [
            "rule",
            "severity",
            "client_id",
            "client_name",
            "field",
            "value",
            "message",
            "reference",
            "fix",
            "accepted"
        ]
    );
    assert_eq!(
        (&report["clients"], &report["severities"]["high"]),
        (&3.into(), &1.into())
    );
    let check: Value = serde_json::from_str(&run(folder.path(), &["check", "--json"])).unwrap();
    for member in ["rows", "head", "broken_at"] {
        assert_eq!(report["history"][member], check["history"][member], "{member}");
    }
    assert!(
        report["history"]["who"]
            .as_str()
            .unwrap()
            .contains("claimed, not proved")
    );
}

#[test]
fn the_audit_says_of_a_registration_what_the_form_and_client_show_say() {
    let folder = registry();
    let report = findings(folder.path());
    let found = report["findings"].as_array().unwrap();
    let careless = found
        .iter()
        .find(|finding| finding["rule"] == "pkce-public")
        .unwrap();
    assert_eq!(careless["severity"], "high");
    assert_eq!(careless["field"], "require_pkce");
    assert_eq!(careless["fix"], "Require PKCE with S256.");
    assert_eq!(careless["reference"], "RFC 9700 §2.1.1");
    assert_eq!(careless["accepted"], false);
}

#[test]
fn a_finding_at_or_above_the_limit_is_a_failure_and_the_report_is_whole_all_the_same() {
    let folder = registry();
    for (limit, status, told) in [
        ("critical", 0, ""),
        ("high", 1, "error: 1 finding is at or above high\n"),
        ("medium", 1, "error: 4 findings are at or above medium\n"),
    ] {
        let output = chancery(folder.path(), &["audit", "--format", "json", "--fail-on", limit]);
        assert_eq!(output.status.code(), Some(status), "{limit}");
        assert!(text(&output.stderr).starts_with(told), "{}", text(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["findings"].as_array().unwrap().len(), 4);
    }
}

#[test]
fn an_unknown_format_and_severity_are_wrong_usage_and_a_missing_registry_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [["audit", "--format", "pdf"], ["audit", "--fail-on", "awful"]] {
        assert_eq!(
            chancery(folder.path(), &arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
    let output = chancery(folder.path(), &["audit"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("There is no registry"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn every_format_tells_of_a_hostile_name_and_does_nothing_with_it() {
    let folder = registry();
    let report = |format| run(folder.path(), &["audit", "--format", format]);
    let html = report("html");
    assert!(
        html.contains("&lt;script&gt;alert(1)") && !html.contains("<script"),
        "{html}"
    );
    for outside in ["http:", "https:", "src=", "href=", "url("] {
        let style = html.split("<main>").next().unwrap();
        assert!(!style.contains(outside), "the page asks for {outside}");
    }
    let summary = html.find("<h2>Summary").unwrap();
    assert!(summary < html.find("<h3>").unwrap() && html.contains("3 clients, 3 with findings"));
    assert!(report("csv").contains("\"'=cmd|'<script>alert(1)</script>\"\"\""));
    let sarif: Value = serde_json::from_str(&report("sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 4);
    assert_eq!(
        sarif["runs"][0]["results"][0]["partialFingerprints"],
        serde_json::from_str::<Value>(&report("sarif")).unwrap()["runs"][0]["results"][0]["partialFingerprints"],
        "a finding that stays keeps its fingerprint"
    );
    let text = report("text");
    assert!(text.contains("pkce-public") && text.contains("3 clients, 3 with findings: 0 critical, 1 high"));
}

#[test]
fn a_registry_that_is_opened_to_be_read_only_is_audited_the_same() {
    let folder = registry();
    let before = findings(folder.path());
    let output = run(folder.path(), &["audit", "--read-only", "--format", "json"]);
    let after: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(before["findings"], after["findings"]);
}

#[test]
fn the_rules_are_listed_as_text_and_as_json() {
    let folder = registry();
    let listed = run(folder.path(), &["audit", "--list-rules"]);
    let line = listed
        .lines()
        .find(|line| line.starts_with("redir-any "))
        .unwrap();
    assert!(
        line.contains(" critical ") && line.ends_with("Redirects to any address"),
        "{line}"
    );
    let json = run(folder.path(), &["audit", "--list-rules", "--format", "json"]);
    let rules: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rules["rules"].as_array().unwrap().len(), listed.lines().count());
    let refused = chancery(folder.path(), &["audit", "--list-rules", "--format", "sarif"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("as text or as JSON"));
}

#[test]
fn what_ends_is_written_as_a_calendar() {
    let folder = tempfile::tempdir().unwrap();
    let metadata = json!({"client_name": "Payroll, nightly", "grant_types": ["client_credentials"], "response_types": [],
        "scope": "read", "audience": ["https://api.example.com"]});
    create(folder.path(), &metadata);
    let clients: Value = serde_json::from_str(&run(folder.path(), &["client", "list", "--json"])).unwrap();
    let clients = clients
        .as_array()
        .or_else(|| clients["clients"].as_array())
        .unwrap();
    let client_id = clients[0]["client_id"].as_str().unwrap();
    run(
        folder.path(),
        &["client", "rotate-secret", client_id, "--overlap", "48h"],
    );
    let calendar = run(folder.path(), &["audit", "--format", "ics"]);
    assert!(
        calendar.contains("SUMMARY:Secret of Payroll\\, nightly ends\r\n"),
        "{calendar}"
    );
    assert!(calendar.ends_with("END:VCALENDAR\r\n"), "{calendar}");
}
