//! `chancery audit --input`: files of other systems, judged without a registry.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "cli_client/machine.rs"]
mod machine;

use std::process::Output;

use machine::{Machine, stderr};
use serde_json::{Value, json};

/// A sound client, and what else is said of it.
fn client(client_id: &str, more: Value) -> Value {
    let mut client = json!({
        "client_id": client_id,
        "client_name": format!("Application {client_id}"),
        "redirect_uris": [format!("https://{client_id}.example.com/callback")],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": format!("https://{client_id}.example.com/jwks"),
        "require_pkce": true,
        "contacts": ["team@example.com"],
        "scope": "openid",
        "audience": ["https://api.example.com"],
    });
    let more = more.as_object().cloned().unwrap_or_default();
    client.as_object_mut().unwrap().extend(more);
    client
}

/// One that is sound, one whose redirect is http, and one that has the redirect of the first.
fn clients() -> Value {
    json!([
        client("billing", json!({})),
        client(
            "payroll",
            json!({"redirect_uris": ["http://payroll.example.com/callback"]})
        ),
        client(
            "reports",
            json!({"redirect_uris": ["https://billing.example.com/callback"]})
        ),
    ])
}

fn audit(machine: &Machine, file: &str, options: &[&str]) -> Output {
    let named: &[&str] = match options.contains(&"--input-format") {
        true => &[],
        false => &["--input-format", "rfc7591"],
    };
    let arguments = [&["audit", "--input", "-"], named, options].concat();
    machine.run_with(&arguments, file.as_bytes())
}

fn report(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

fn judged(file: &str, options: &[&str]) -> (Value, Output) {
    let output = audit(&Machine::new(), file, &[&["--format", "json"], options].concat());
    (report(&output), output)
}

fn rules_of(report: &Value, client_id: &str) -> Vec<String> {
    let found = report["findings"].as_array().unwrap().iter();
    let of_it = found.filter(|finding| finding["client_id"] == client_id);
    of_it
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_file_is_judged_without_a_registry_and_neighbours_are_known() {
    let machine = Machine::new();
    let file = clients().to_string();
    let output = audit(&machine, &file, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = report(&output);
    assert_eq!(rules_of(&report, "billing"), ["redir-shared"], "{report}");
    assert_eq!(rules_of(&report, "payroll"), ["redir-http"]);
    assert_eq!(rules_of(&report, "reports"), ["redir-shared"]);
    assert_eq!(
        (&report["clients"], &report["file"], &report["format"]),
        (&json!(3), &json!("standard input"), &json!("rfc7591"))
    );
    assert!(report.get("history").is_none() && report.get("registry").is_none());
    assert_eq!(report["findings"][0]["realm"], Value::Null);
    let made: Vec<_> = std::fs::read_dir(machine.path("")).unwrap().collect();
    assert!(made.is_empty(), "no registry is made: {made:?}");
}

#[test]
fn what_cannot_be_read_or_comes_twice_is_named_and_fails_after_the_report() {
    let mut lines: Vec<String> = clients()
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    lines.insert(1, r#"{"client_id":"broken","redirect_uris":[null]}"#.to_owned());
    lines.push(
        client(
            "billing",
            json!({"redirect_uris": ["http://other.example.com/cb"]}),
        )
        .to_string(),
    );
    let (report, output) = judged(&lines.join("\n"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report["clients"], 3);
    assert_eq!(
        rules_of(&report, "billing"),
        ["redir-shared"],
        "the first one counts"
    );
    let unreadable = report["unreadable"].as_array().unwrap();
    assert_eq!(report["unreadable_count"], 2);
    assert_eq!(
        (&unreadable[0]["place"], &unreadable[0]["client"]),
        (&json!("line 2"), &json!("broken"))
    );
    assert!(unreadable[0]["why"].as_str().unwrap().contains("redirect_uris"));
    assert_eq!(unreadable[1]["place"], "line 5");
    let told = stderr(&output);
    assert!(
        told.contains("line 2, client broken") && told.contains("line 5, client billing"),
        "{told}"
    );
    assert!(told.contains("2 clients were not judged"), "{told}");
}

#[test]
fn requests_to_be_registered_are_judged_each_by_itself() {
    let request = |name: &str, uri: &str| json!({"client_name": name, "redirect_uris": [uri]}).to_string();
    let file = format!(
        "[{}, {},\n{}]",
        request("Shop", "http://shop.example.com/"),
        request("Shop", "https://shop.example.com/*"),
        request("", "https://*.example.com/")
    );
    for format in ["rfc7591", "hydra"] {
        let output = audit(
            &Machine::new(),
            &file,
            &["--format", "json", "--input-format", format],
        );
        let report = report(&output);
        assert_eq!(report["clients"], 3, "{format}: {report}");
        assert_eq!(report["unreadable_count"], 0, "{report}");
        for client_id in [
            "no client_id: client 1, line 1",
            "no client_id: client 2, line 1",
            "no client_id: client 3, line 2",
        ] {
            assert!(!rules_of(&report, client_id).is_empty(), "{client_id}: {report}");
        }
        let output = audit(
            &Machine::new(),
            &file,
            &["--format", "text", "--input-format", format],
        );
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.contains("client 3"), "{told}");
    }
}

#[test]
fn requests_of_several_files_are_told_apart() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path("requests")).unwrap();
    for name in ["a.json", "b.json"] {
        let request = json!({"client_name": "Shop", "redirect_uris": ["https://shop.example.com/*"]});
        std::fs::write(machine.path(&format!("requests/{name}")), request.to_string()).unwrap();
    }
    let output = machine.run(&["audit", "--input", "requests", "--format", "json"]);
    let report = report(&output);
    assert_eq!(report["clients"], 2, "{report}");
    assert!(
        !rules_of(&report, "no client_id: client 1, line 1 of b.json").is_empty(),
        "{report}"
    );
}

#[test]
fn secrets_in_the_file_are_judged_and_never_told() {
    let file = json!([
        client(
            "weak",
            json!({"token_endpoint_auth_method": "client_secret_basic", "client_secret": "hunter2-short", "jwks_uri": null})
        ),
        client(
            "public",
            json!({"token_endpoint_auth_method": "none", "client_secret": "another-secret-of-a-client", "jwks_uri": null})
        ),
        client(
            "ended",
            json!({"token_endpoint_auth_method": "client_secret_basic", "jwks_uri": null,
            "client_secret": "3b1f0c54a1b94c7f8a55d9c2f7e86ad13b1f0c54a1b94c7f", "client_secret_expires_at": 1_000_000_000})
        ),
        client(
            "without",
            json!({"token_endpoint_auth_method": "client_secret_basic", "jwks_uri": null})
        ),
    ]);
    for format in ["json", "text", "csv", "sarif", "html"] {
        let output = audit(&Machine::new(), &file.to_string(), &["--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let all = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
        assert!(
            !all.contains("hunter2") && !all.contains("another-secret") && !all.contains("3b1f0c54"),
            "{format}"
        );
    }
    let (report, _) = judged(&file.to_string(), &[]);
    let has = |client: &str, rule: &str| rules_of(&report, client).iter().any(|found| found == rule);
    assert!(has("weak", "secret-weak"), "{report}");
    assert!(has("public", "auth-public-secret"));
    assert!(has("ended", "secret-expired"));
    assert!(
        !has("without", "secret-none"),
        "the file of another system need not have it"
    );
    let mut findings = report["findings"].as_array().unwrap().iter();
    let weak = findings.find(|finding| finding["rule"] == "secret-weak").unwrap();
    assert_eq!(weak["value"], "in the file", "the same tomorrow, for a baseline");
}

#[test]
fn a_baseline_a_limit_settings_and_selections_hold_for_files_too() {
    let machine = Machine::new();
    let file = clients().to_string();
    let path = machine.path("clients.json");
    std::fs::write(&path, &file).unwrap();
    let baseline = machine.path("baseline.json");
    let input = [
        "audit",
        "--input",
        path.to_str().unwrap(),
        "--input-format",
        "rfc7591",
    ];
    let run = |options: &[&str]| machine.run(&[&input[..], options].concat());
    let fails = run(&["--fail-on", "high"]);
    assert_eq!(fails.status.code(), Some(1));
    assert!(stderr(&fails).contains("at or above high"), "{}", stderr(&fails));
    let written = run(&["--format", "json", "--output", baseline.to_str().unwrap()]);
    assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
    let known = run(&["--baseline", baseline.to_str().unwrap(), "--fail-on", "info"]);
    assert_eq!(known.status.code(), Some(0), "{}", stderr(&known));
    let off = machine.path("settings.json");
    std::fs::write(&off, r#"{"version": 1, "severities": {"redir-shared": "off"}}"#).unwrap();
    let set = report(&run(&["--format", "json", "--settings", off.to_str().unwrap()]));
    assert_eq!(rules_of(&set, "billing"), [""; 0], "{set}");
    let some = report(&run(&["--format", "json", "--client", "payroll"]));
    assert_eq!(
        (&some["clients"], rules_of(&some, "payroll").len()),
        (&json!(1), 1)
    );
    let some = report(&run(&["--format", "json", "--rule", "redir-shared"]));
    assert_eq!(rules_of(&some, "payroll"), [""; 0]);
    for (options, told) in [
        (vec!["--client", "nobody"], "There is no client nobody"),
        (vec!["--realm", "main"], "No client of a realm main"),
        (vec!["--format", "ics"], "A calendar is of a registry"),
        (
            vec!["--output", path.to_str().unwrap()],
            "is the file that is audited",
        ),
    ] {
        let failed = run(&options);
        assert_eq!(failed.status.code(), Some(1), "{options:?}");
        assert!(stderr(&failed).contains(told), "{}", stderr(&failed));
        assert!(failed.stdout.is_empty());
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        file,
        "it was not written over"
    );
}

#[test]
fn a_folder_is_judged_whole_and_a_format_must_be_named() {
    let machine = Machine::new();
    let folder = machine.path("clients");
    std::fs::create_dir(&folder).unwrap();
    for client in clients().as_array().unwrap() {
        let name = format!("{}.json", client["client_id"].as_str().unwrap());
        std::fs::write(folder.join(name), client.to_string()).unwrap();
    }
    std::fs::write(folder.join("notes.json"), "{{ template }}").unwrap();
    let folder = folder.to_str().unwrap();
    let output = machine.run(&[
        "audit",
        "--input",
        folder,
        "--input-format",
        "rfc7591",
        "--format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let judged = report(&output);
    assert_eq!(
        (&judged["clients"], &judged["unreadable_count"]),
        (&json!(3), &json!(1))
    );
    assert!(stderr(&output).contains("notes.json"), "{}", stderr(&output));
    std::fs::write(machine.path("notes.txt"), "nothing of any system").unwrap();
    let unsaid = machine.refused(&["audit", "--input", "notes.txt"]);
    assert!(unsaid.contains("Say it with --input-format"), "{unsaid}");
}

/// Two realms of Keycloak, each with a client of the same identifier and one that accepts tokens only.
fn realms() -> Value {
    let of_realm = |realm: &str, redirect: &str| {
        json!({
            "realm": realm,
            "enabled": true,
            "keycloakVersion": "26.1.2",
            "clients": [
                {"clientId": "portal", "name": "Portal", "protocol": "openid-connect", "redirectUris": [redirect],
                    "secret": "**********", "attributes": {"pkce.code.challenge.method": "S256"}},
                {"clientId": "api", "bearerOnly": true},
            ],
        })
    };
    json!([
        of_realm("staff", "http://portal.example.com/callback"),
        of_realm("guests", "https://portal.example.com/callback"),
    ])
}

#[test]
fn clients_of_all_realms_are_judged_each_beside_those_of_its_own() {
    let machine = Machine::new();
    std::fs::write(machine.path("realms.json"), realms().to_string()).unwrap();
    let input = ["audit", "--input", "realms.json"];
    let run = |options: &[&str]| machine.run(&[&input[..], options].concat());
    let output = run(&["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("is read as keycloak"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("no client that asks for tokens"));
    let all = report(&output);
    assert_eq!(
        (&all["clients"], &all["format"]),
        (&json!(2), &json!("keycloak 26.1.2"))
    );
    assert_eq!(all["not_clients_count"], 2);
    assert_eq!(all["not_clients"][0]["client"], "api");
    let in_realm = |rule: &str| -> Vec<String> {
        let found = all["findings"].as_array().unwrap().iter();
        let of_rule = found.filter(|finding| finding["rule"] == rule);
        of_rule
            .map(|finding| finding["realm"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(in_realm("redir-http"), ["staff"], "{all}");
    assert_eq!(
        in_realm("client-lookalike"),
        [""; 0],
        "they are in realms of their own"
    );
    let one = report(&run(&["--format", "json", "--realm", "guests"]));
    assert_eq!(
        (&one["clients"], &one["not_clients_count"]),
        (&json!(1), &json!(2))
    );
    assert!(
        one["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|finding| finding["realm"] == "guests")
    );
    let wrong = run(&["--realm", "nobody"]);
    assert!(
        stderr(&wrong).contains("There are staff, guests"),
        "{}",
        stderr(&wrong)
    );
    // Of two of one identifier, a baseline of one says nothing of the other.
    let baseline = run(&[
        "--format",
        "json",
        "--realm",
        "guests",
        "--output",
        "baseline.json",
    ]);
    assert_eq!(baseline.status.code(), Some(0));
    let known = report(&run(&["--format", "json", "--baseline", "baseline.json"]));
    let is_known = |realm: &str| {
        let mut found = known["findings"].as_array().unwrap().iter();
        found.all(|finding| finding["known"] == (finding["realm"] == realm))
    };
    assert!(is_known("guests"), "{known}");
    for (format, says) in [
        ("text", "Portal (portal, realm staff)"),
        ("csv", "\"staff\"\r\n"),
        ("sarif", "\"fullyQualifiedName\":\"staff/portal\""),
        ("html", "realm staff"),
    ] {
        let text = String::from_utf8(run(&["--format", format]).stdout).unwrap();
        assert!(text.contains(says), "{format}: {text}");
    }
}

#[test]
fn the_other_forms_say_which_file_it_is_and_that_it_has_no_history() {
    let file = clients().to_string();
    for format in ["text", "csv", "sarif", "html"] {
        let output = audit(&Machine::new(), &file, &["--format", format]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("redir-http"), "{format}");
        let says = match format {
            "csv" => {
                text.contains("A file has no history") && text.lines().next().unwrap().ends_with("\"realm\"")
            }
            "sarif" => text.contains("\"file\":\"standard input\""),
            _ => text.contains("the file standard input (rfc7591)") && text.contains("A file has no history"),
        };
        assert!(says, "{format}: {text}");
    }
}

#[test]
fn what_a_client_without_its_realm_is_not_judged_for_is_said_once_and_is_no_client() {
    let machine = Machine::new();
    let client = json!({"clientId": "portal", "publicClient": true, "redirectUris": ["https://portal.example.com/cb"]});
    std::fs::write(
        machine.path("two.json"),
        json!([client, {"clientId": "desk"}]).to_string(),
    )
    .unwrap();
    let unsaid = "Clients of this file stand without the settings of a realm";
    let audited = machine.run(&["audit", "--input", "two.json"]);
    let report = String::from_utf8_lossy(&audited.stdout).into_owned();
    assert_eq!(report.matches(unsaid).count(), 1, "{report}");
    assert!(!report.contains("no OAuth client"), "{report}");
    assert!(stderr(&audited).contains(&format!("two.json: line 1: {unsaid}")));
    let imported = machine.run(&["import", "--dry-run", "--format", "keycloak", "two.json"]);
    let told = String::from_utf8_lossy(&imported.stdout).into_owned();
    assert_eq!(told.matches(unsaid).count(), 1, "{told}");
    assert!(
        told.contains("left out the realm") && !told.contains("without a name"),
        "{told}"
    );
}
