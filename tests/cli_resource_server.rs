//! `chancery resource-server …`: the program itself, as a script runs it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may fail loudly")]

use std::path::Path;
use std::process::Output;

use chancery::registry::{HistoryQuery, HistoryRow, Registry};
use jiff::Timestamp;
use serde_json::{Value, json};

fn chancery(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chancery"));
    command
        .env_clear()
        .env("HOME", folder)
        .env("USER", "tester")
        .arg("--registry")
        .arg(folder.join("registry.chancery"))
        .args(arguments);
    let mut command = assert_cmd::Command::from_std(command);
    command.write_stdin(input).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command that is done writes.
fn done(folder: &Path, arguments: &[&str], input: &str) -> String {
    let output = chancery(folder, arguments, input);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    text(&output.stdout)
}

fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(folder, arguments, "")).unwrap()
}

fn history(folder: &Path) -> Vec<HistoryRow> {
    let registry = Registry::open_existing(&folder.join("registry.chancery"), Timestamp::now()).unwrap();
    let query = HistoryQuery {
        limit: 100,
        ..HistoryQuery::default()
    };
    registry.history(&query).unwrap()
}

fn payroll() -> Value {
    json!({
        "identifier": "https://payroll.example.com",
        "slug": "payroll",
        "scopes": ["payroll:read", "payroll:write"],
        "introspecting_client": null,
        "policy": [
            { "method": "GET", "path": "/payroll/*", "scopes": ["payroll:read"], "claims": [] },
            { "method": "any", "path": "/payroll/**", "scopes": ["payroll:write"], "claims": ["client_id=office"] },
        ],
    })
}

#[test]
fn a_resource_server_is_added_listed_shown_changed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = folder.join("payroll.json");
    std::fs::write(&file, payroll().to_string()).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(
        done(folder, &["resource-server", "add", "--file", file], ""),
        "https://payroll.example.com answers at /resource/payroll/\n"
    );
    assert_eq!(
        json_of(folder, &["resource-server", "list", "--json"]),
        json!([payroll()])
    );
    assert_eq!(
        done(folder, &["resource-server", "list"], ""),
        "SLUG     IDENTIFIER                   RULES  SCOPES\n\
         payroll  https://payroll.example.com  2      payroll:read payroll:write\n"
    );
    let shown = done(folder, &["resource-server", "show", "payroll"], "");
    assert!(shown.starts_with("identifier: https://payroll.example.com\nslug: payroll\n"));
    assert!(shown.contains("  - method: any, path: /payroll/**, "), "{shown}");

    // What is shown can be given back as it is, and then nothing has changed.
    let by_identifier = ["resource-server", "show", "https://payroll.example.com", "--json"];
    let same = done(folder, &by_identifier, "");
    assert_eq!(serde_json::from_str::<Value>(&same).unwrap(), payroll());
    let update = ["resource-server", "update", "payroll", "--file", "-"];
    assert_eq!(
        done(folder, &update, &same),
        "https://payroll.example.com was saved\n"
    );
    assert_eq!(history(folder).len(), 1);

    // What is left out is taken away, but for the names.
    done(
        folder,
        &update,
        "{\"scopes\": [\"payroll:read\", \"payroll:read\"]}",
    );
    let mut less = payroll();
    less["scopes"] = json!(["payroll:read"]);
    less["policy"] = json!([]);
    assert_eq!(
        json_of(folder, &["resource-server", "show", "payroll", "--json"]),
        less
    );
    let remove = ["--as", "Ada Admin", "resource-server", "remove", "payroll"];
    assert_eq!(
        done(folder, &remove, ""),
        "https://payroll.example.com is removed\n"
    );
    assert_eq!(done(folder, &["resource-server", "list", "--json"], ""), "[]\n");

    let rows = history(folder);
    let acts: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.action.as_str(), row.by.as_str()))
        .collect();
    assert_eq!(
        acts,
        [
            ("remove-resource-server", "Ada Admin"),
            ("put-resource-server", "tester"),
            ("put-resource-server", "tester")
        ]
    );
    // As the window writes them: what a rule does not ask for is not there.
    assert_eq!(
        rows[2].after.as_ref().unwrap()["policy"][0],
        json!({ "method": "GET", "path": "/payroll/*", "scopes": ["payroll:read"] })
    );
    assert_eq!(rows[1].before, rows[2].after);
    assert_eq!(rows[0].before, rows[1].after);
}

#[test]
fn a_slug_is_made_where_none_is_given_and_a_client_may_introspect() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let client = "{\"client_name\": \"Introspector\", \"grant_types\": [\"client_credentials\"], \"redirect_uris\": []}";
    let registered = done(folder, &["client", "create", "--file", "-"], client);
    let registered: Value = serde_json::from_str(&registered).unwrap();
    for (identifier, slug) in [
        ("https://ledger.example.com", "ledger"),
        ("urn:example:ledger", "ledger-2"),
    ] {
        let written = json!({ "identifier": identifier, "introspecting_client": registered["client_id"] });
        let add = ["resource-server", "add", "--json", "--file", "-"];
        let added: Value = serde_json::from_str(&done(folder, &add, &written.to_string())).unwrap();
        assert_eq!(added["slug"], slug);
        assert_eq!(added["introspecting_client"], registered["client_id"]);
    }
}

#[test]
fn what_the_window_refuses_is_refused_with_a_sentence_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let add = ["resource-server", "add", "--file", "-"];
    done(folder, &add, &payroll().to_string());
    done(
        folder,
        &add,
        "{\"identifier\": \"https://ledger.example.com\", \"slug\": \"ledger\"}",
    );
    let before = json_of(folder, &["resource-server", "list", "--json"]);
    let rows = history(folder).len();

    let with = |member: &str, value: Value| {
        let mut written = json!({ "identifier": "https://new.example.com" });
        written[member] = value;
        written.to_string()
    };
    let rule = |rule: Value| with("policy", json!([rule]));
    for (written, told) in [
        (payroll().to_string(), "already a resource server"),
        ("{}".to_owned(), "An identifier is what stands in the aud"),
        (
            with("identifier", json!("https://a.example#b")),
            "has no fragment",
        ),
        (with("identifier", json!("a b")), "no spaces"),
        (with("slug", json!("Payroll")), "lower-case letters"),
        (
            with("slug", json!("payroll")),
            "already a resource server \"payroll\"",
        ),
        (with("scopes", json!(["a\"b"])), "a\"b is no scope"),
        (
            with("introspecting_client", json!("nobody")),
            "no client \"nobody\"",
        ),
        (with("introspecting_client", json!("\u{fc}")), "is no client ID"),
        (with("rules", json!([])), "rules is no member of it"),
        (with("scopes", json!("read write")), "no resource server"),
        (rule(json!({ "path": "a" })), "begins with a slash"),
        (rule(json!({ "path": "/a**" })), "* stands for one whole segment"),
        (
            rule(json!({ "path": "/a", "method": "HEAD" })),
            "HEAD is no method, which is GET, POST, PUT, PATCH, DELETE or any",
        ),
        (
            rule(json!({ "path": "/a", "scopes": ["a\""] })),
            "The rule for /a: a\" is no scope",
        ),
        (
            rule(json!({ "path": "/a", "claims": ["sub"] })),
            "The rule for /a: sub is no claim",
        ),
        (rule(json!({ "method": "GET" })), "path is missing"),
        (
            with(
                "policy",
                json!([{ "path": "/a" }, { "path": "/a", "method": "any" }]),
            ),
            "two rules for Any method /a",
        ),
        (
            with(
                "policy",
                (0..101)
                    .map(|number| json!({ "path": format!("/{number}") }))
                    .collect(),
            ),
            "100 rules at most",
        ),
        ("[]".to_owned(), "no resource server"),
        (" ".repeat((1 << 20) + 1), "larger than 1 MB"),
    ] {
        let output = chancery(folder, &add, &written);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}: {said}");
        assert!(
            said.contains(told) && !said.contains("panicked"),
            "{told}: {said}"
        );
    }
    for (arguments, written, status, told) in [
        (
            &["update", "payroll", "--file", "-"][..],
            "{\"identifier\": \"https://other.example.com\"}",
            1,
            "cannot be changed",
        ),
        (
            &["update", "payroll", "--file", "-"],
            "{\"slug\": \"ledger\"}",
            1,
            "already a resource server \"ledger\"",
        ),
        (
            &["update", "nobody", "--file", "-"],
            "{}",
            1,
            "no resource server \"nobody\"",
        ),
        (&["show", "nobody"], "", 1, "no resource server \"nobody\""),
        (&["remove", "nobody"], "", 1, "no resource server \"nobody\""),
        (&["add", "--file", "missing.json"], "", 1, "cannot be read"),
        (&["add"], "", 2, "--file"),
        (&[], "", 2, "Usage"),
    ] {
        let arguments: Vec<&str> = ["resource-server"].iter().chain(arguments).copied().collect();
        let output = chancery(folder, &arguments, written);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        assert!(
            said.contains(told) && !said.contains("panicked"),
            "{arguments:?}: {said}"
        );
    }
    assert_eq!(json_of(folder, &["resource-server", "list", "--json"]), before);
    assert_eq!(history(folder).len(), rows);
}

#[test]
fn nothing_is_written_to_a_registry_that_is_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let add = ["resource-server", "add", "--file", "-"];
    done(folder, &add, &payroll().to_string());
    let output = chancery(
        folder,
        &["--read-only", "resource-server", "remove", "payroll"],
        "",
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        json_of(folder, &["--read-only", "resource-server", "list", "--json"]),
        json!([payroll()])
    );
}
