//! `chancery audit`: the program itself, as a script runs it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may fail loudly")]

use std::path::{Path, PathBuf};
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

/// A copy of the registry, whose place is known.
fn copied(folder: &Path) -> PathBuf {
    let copy = folder.join("registry.chancery");
    run(folder, &["backup", copy.to_str().unwrap()]);
    copy
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
            "accepted",
            "acceptance",
            "known"
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
    let read_only = || -> Value {
        let output = run(folder.path(), &["audit", "--read-only", "--format", "json"]);
        serde_json::from_str(&output).unwrap()
    };
    assert_eq!(before["findings"], read_only()["findings"]);
    // One that nobody may write to, too.
    let copy = copied(folder.path());
    let mut permissions = std::fs::metadata(&copy).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&copy, permissions).unwrap();
    let arguments = [
        "audit",
        "--read-only",
        "--format",
        "json",
        "--registry",
        copy.to_str().unwrap(),
    ];
    let protected: Value = serde_json::from_str(&run(folder.path(), &arguments)).unwrap();
    assert_eq!(before["findings"], protected["findings"]);
}

/// What a command writes to standard error, with its exit status.
fn refused(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = chancery(folder, arguments);
    (output.status.code(), text(&output.stderr))
}

#[test]
fn with_a_baseline_only_what_is_new_fails() {
    let folder = registry();
    let here = folder.path();
    let baseline = here.join("baseline.json");
    let path = baseline.to_str().unwrap();
    run(here, &["audit", "--format", "json", "--output", path]);
    let nothing_new = ["audit", "--baseline", path, "--fail-on", "info"];
    let report = run(here, &nothing_new);
    assert!(
        report.contains("(known before)") && report.contains("4 known before"),
        "{report}"
    );
    let http = json!({
        "client_name": "New one", "redirect_uris": ["https://new.example.com/callback"],
        "token_endpoint_auth_method": "none", "require_pkce": false, "scope": "openid",
        "audience": ["https://api.example.com"], "contacts": ["new@example.com"],
    });
    create(here, &http);
    let (status, told) = refused(here, &["audit", "--baseline", path, "--fail-on", "high"]);
    assert_eq!(status, Some(1));
    assert!(
        told.starts_with("error: 1 new finding is at or above high\n"),
        "{told}"
    );
    let sarif: Value =
        serde_json::from_str(&run(here, &["audit", "--baseline", path, "--format", "sarif"])).unwrap();
    let states = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let new = states.filter(|result| result["baselineState"] == "new").count();
    assert_eq!(new, 1);
}

#[test]
fn over_a_baseline_or_settings_that_are_broken_the_audit_goes_on_without_them_and_fails() {
    let folder = registry();
    let here = folder.path();
    let file = here.join("file.json");
    let path = file.to_str().unwrap();
    let latin = here.join("latin.json");
    std::fs::write(&latin, [0x7b, 0xe9, 0x7d]).unwrap();
    for (option, content, told) in [
        ("--baseline", "{\"findings\": [", "the baseline cannot be used"),
        ("--baseline", "[]", "it has no list of findings"),
        (
            "--settings",
            "{\"version\": 1",
            "the audit settings cannot be read",
        ),
        (
            "--settings",
            "{\"version\": 7}",
            "are of version 7, and this program reads version 1",
        ),
    ] {
        std::fs::write(&file, content).unwrap();
        let output = chancery(here, &["audit", option, path]);
        assert_eq!(output.status.code(), Some(1), "{content}");
        let report = text(&output.stdout);
        assert!(
            report.contains("with findings") && report.contains("was not used: "),
            "{report}"
        );
        let said = text(&output.stderr);
        assert!(
            said.contains(told) && said.contains("file.json") && said.lines().count() == 2,
            "{said}"
        );
    }
    for (path, told) in [
        (here.join("none.json"), "Check the name of the file"),
        (here.to_owned(), "Name a file that can be read"),
        (latin, "Name a file of JSON text"),
    ] {
        let (status, said) = refused(here, &["audit", "--baseline", path.to_str().unwrap()]);
        assert!(status == Some(1) && said.contains(told), "{said}");
    }
}

#[test]
fn single_entries_that_cannot_be_read_are_remarks_and_the_rest_goes_on() {
    let folder = registry();
    let here = folder.path();
    let whole = findings(here);
    let mut entries = whole["findings"].as_array().unwrap().clone();
    entries[0] = json!({"rule": "no-such\u{202e}rule", "client_id": "a", "field": "name", "value": null});
    entries.push(json!(7));
    let (baseline, settings) = (here.join("baseline.json"), here.join("settings.json"));
    std::fs::write(&baseline, json!({"findings": entries}).to_string()).unwrap();
    let wishes = json!({"version": 1, "severities": {"owner-missing": "off", "no-rule": "low"}, "parameters": {"unused_days": 0}});
    std::fs::write(&settings, wishes.to_string()).unwrap();
    let (baseline, settings) = (baseline.to_str().unwrap(), settings.to_str().unwrap());
    let output = chancery(
        here,
        &[
            "audit",
            "--baseline",
            baseline,
            "--settings",
            settings,
            "--format",
            "json",
        ],
    );
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stderr);
    for told in [
        "finding 1 of the baseline is of a rule that is not known here: no-such<U+202E>rule",
        "finding 5 of the baseline cannot be read",
        "no-rule is no rule",
        "unused_days is 0; it can be 1 to 3650",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let known = report["findings"].as_array().unwrap().iter();
    assert_eq!(known.filter(|finding| finding["known"] == true).count(), 2);
    assert!(
        rules_of(&report, "script")
            .iter()
            .all(|rule| rule != "owner-missing")
    );
    assert_eq!(report["settings"]["severities"]["owner-missing"], "off");
}

#[test]
fn a_file_is_whole_or_as_it_was_and_never_the_registry() {
    let folder = registry();
    let here = folder.path();
    let file = here.join("audit.html");
    std::fs::write(&file, "old").unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(run(here, &["audit", "--format", "html", "--output", path]), "");
    assert!(std::fs::read_to_string(&file).unwrap().ends_with("</html>\n"));
    let registry = copied(here);
    let of_it = registry.to_str().unwrap();
    for (path, told) in [
        (registry.clone(), "belongs to the registry"),
        (here.join("registry.chancery.key"), "belongs to the registry"),
        (here.join("none/audit.html"), "cannot be written"),
        (here.to_owned(), "is there, and is no file"),
        (Path::new("/dev/null").to_owned(), "is there, and is no file"),
    ] {
        let (status, said) = refused(
            here,
            &["audit", "--registry", of_it, "--output", path.to_str().unwrap()],
        );
        assert!(
            status == Some(1) && said.contains(told) && said.contains("Nothing was written"),
            "{said}"
        );
    }
    let is_registry = std::fs::read(&registry).unwrap().starts_with(b"SQLite format 3");
    assert!(is_registry, "it was overwritten");
    let left = std::fs::read_dir(here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let left: Vec<String> = left.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(
        left.iter().all(|name| !name.contains("chancery-audit")),
        "{left:?}"
    );
    // The report is there although a finding in it fails.
    let (status, _) = refused(
        here,
        &["audit", "--format", "csv", "--output", path, "--fail-on", "high"],
    );
    assert_eq!(status, Some(1));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("\"rule\""));
}

#[test]
fn rules_clients_and_severities_are_chosen_and_what_there_is_not_is_told() {
    let folder = registry();
    let here = folder.path();
    let report = |more: &[&str]| -> Value {
        let arguments = [&["audit", "--format", "json"], more].concat();
        serde_json::from_str(&run(here, &arguments)).unwrap()
    };
    let count = |report: &Value| report["findings"].as_array().unwrap().len();
    assert_eq!(count(&report(&["--rule", "redir-shared", "pkce-public"])), 3);
    assert_eq!(count(&report(&["--severity", "high"])), 1);
    let all = report(&[]);
    let one = all["findings"][0]["client_id"].as_str().unwrap().to_owned();
    let of_one = report(&["--client", &one]);
    assert_eq!(of_one["clients"], 1);
    assert!(of_one["left_out"][0].as_str().unwrap().contains(&one));
    for (arguments, status, told) in [
        (
            ["audit", "--rule", "no-such-rule"],
            2,
            "no rule has this identifier",
        ),
        (["audit", "--client", "nobody"], 1, "There is no client nobody"),
        (["audit", "--severity", "awful"], 2, "invalid value"),
    ] {
        let (code, said) = refused(here, &arguments);
        assert!(code == Some(status) && said.contains(told), "{said}");
    }
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
