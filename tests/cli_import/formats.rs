//! Files of other systems, good ones and bad ones.

use std::path::Path;

use serde_json::json;

use crate::machine::{Machine, stderr};
use crate::{report, results};

/// Imports a file as what it is said to be, or as what it looks like.
fn import(machine: &Machine, name: &str, content: &[u8], format: Option<&str>) -> std::process::Output {
    std::fs::write(machine.path(name), content).unwrap();
    let format: Vec<&str> = format.iter().flat_map(|format| ["--format", format]).collect();
    machine.run(&[&["import", "--json", name][..], &format].concat())
}

#[test]
fn every_odd_file_is_told_client_by_client_and_twice_changes_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interchange");
    for format in ["hydra", "authelia", "auth0", "csv"] {
        let machine = Machine::new();
        for entry in std::fs::read_dir(folder.join(format)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "read") {
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            let content = std::fs::read(&path).unwrap();
            let output = import(&machine, name, &content, Some(format));
            assert!(
                matches!(output.status.code(), Some(0 | 1)),
                "{name}: {}",
                stderr(&output)
            );
            let again = import(&machine, name, &content, Some(format));
            let unchanged = |result: &String| result != "new" && result != "changed";
            assert!(
                results(&again).iter().all(unchanged),
                "{name}: {:?}",
                results(&again)
            );
        }
    }
}

#[test]
fn a_file_is_read_as_what_it_looks_like_and_never_by_guessing() {
    let machine = Machine::new();
    let table = b"client_id,client_name,grant_types\na,A,client_credentials\n";
    let output = import(&machine, "clients.csv", table, None);
    assert_eq!(results(&output), ["new"]);
    assert!(
        stderr(&output).contains("clients.csv is read as csv"),
        "{}",
        stderr(&output)
    );
    let output = import(&machine, "other.json", b"{\"a\": 1}", None);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("cannot be told for sure"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_folder_of_two_formats_and_an_empty_file_are_named_as_such() {
    let machine = Machine::new();
    let folder = machine.path("both");
    std::fs::create_dir(&folder).unwrap();
    let realm = br#"{"realm": "staff", "clients": [{"clientId": "a"}]}"#;
    std::fs::write(folder.join("a.json"), realm).unwrap();
    std::fs::write(folder.join("b.csv"), b"client_id,client_name\nb,B\n").unwrap();
    let output = machine.run(&["import", "both", "--dry-run"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("are of keycloak, others of csv"), "{said}");
    let output = import(&machine, "empty.json", b" \n", None);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("empty.json is empty"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_export_goes_to_standard_output_where_a_dash_says_so() {
    let machine = Machine::new();
    import(
        &machine,
        "a.json",
        br#"{"client_id": "a", "client_name": "A"}"#,
        None,
    );
    let output = machine.run(&["export", "--format", "csv", "--output", "-"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("a,A"));
    assert!(!machine.path("-").exists());
}

#[test]
fn spaces_at_the_ends_of_an_identifier_are_told() {
    let machine = Machine::new();
    let output = import(
        &machine,
        "a.json",
        br#"{"client_id": "tail ", "client_name": "A"}"#,
        None,
    );
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("kept with the spaces at its ends"), "{told}");
}

#[test]
fn an_export_of_no_clients_is_imported_again() {
    let machine = Machine::new();
    let output = import(&machine, "none.json", b"[]\n", None);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("read as rfc7591"), "{}", stderr(&output));
}

#[test]
fn a_file_that_is_not_what_is_said_is_refused_and_nothing_is_written() {
    let realm = br#"{"realm": "staff", "enabled": true, "clients": [{"clientId": "a", "redirectUris": []}]}"#;
    let metadata = br#"{"client_id": "a", "client_name": "A", "redirect_uris": ["https://a.example.com/"]}"#;
    let authelia = b"identity_providers:\n  oidc:\n    clients:\n      - client_id: a\n";
    let auth0 = b"clients:\n  - name: A\n    app_type: spa\n";
    let table = b"client_id,client_name\na,A\n";
    for (said, content, looks) in [
        ("hydra", &realm[..], "keycloak"),
        ("rfc7591", realm, "keycloak"),
        ("auth0", realm, "keycloak"),
        ("csv", realm, "keycloak"),
        ("auth0", authelia, "authelia"),
        ("rfc7591", authelia, "authelia"),
        ("csv", authelia, "authelia"),
        ("keycloak", metadata, "rfc7591"),
        ("auth0", metadata, "rfc7591"),
        ("authelia", metadata, "rfc7591"),
        ("csv", metadata, "rfc7591"),
        ("authelia", auth0, "auth0"),
        ("keycloak", auth0, "auth0"),
        ("hydra", table, "csv"),
        ("authelia", table, "csv"),
    ] {
        let machine = Machine::new();
        std::fs::write(machine.path("good"), br#"{"client_id": "good"}"#).unwrap();
        std::fs::write(machine.path("bad"), content).unwrap();
        std::fs::create_dir(machine.path("folder")).unwrap();
        std::fs::write(machine.path("folder/bad.json"), content).unwrap();
        for command in [
            &["import", "--format", said, "good", "bad"][..],
            &["import", "--format", said, "folder"],
            &["audit", "--input", "bad", "--input-format", said],
        ] {
            // Whatever comes first is not done either, unless it is not what is said itself.
            let output = machine.run(command);
            assert_eq!(output.status.code(), Some(2), "{command:?}: {}", stderr(&output));
            assert!(output.stdout.is_empty(), "{command:?}");
            let told = stderr(&output);
            if !told.contains("good looks like") {
                let option = command.iter().find(|word| word.ends_with("format")).unwrap();
                assert!(
                    told.contains(&format!("looks like {looks}, and not like {said}"))
                        && told.contains(&format!("{option} {looks}")),
                    "{told}"
                );
            }
        }
        let mut found: Vec<_> = std::fs::read_dir(machine.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        found.sort();
        assert_eq!(found, ["bad", "folder", "good"], "no registry is made");
    }
}

#[test]
fn what_may_be_of_several_formats_is_read_as_it_is_said() {
    for (said, content, expected) in [
        (
            "hydra",
            r#"{"client_id": "a", "redirect_uris": ["https://a.example.com/"]}"#,
            "new",
        ),
        (
            "rfc7591",
            r#"[{"client_id": "a", "client_name": "A", "skip_consent": false, "redirect_uris": ["https://a.example.com/"]}]"#,
            "new",
        ),
        ("authelia", "clients:\n  - client_id: a\n", "held"),
        ("csv", "client_id\na\n", "held"),
    ] {
        let output = import(&Machine::new(), "file", content.as_bytes(), Some(said));
        assert_eq!(results(&output), [expected], "{said}: {}", stderr(&output));
    }
}

#[test]
fn a_folder_of_auth0_gives_its_clients_and_names_the_rest() {
    let machine = Machine::new();
    for (name, content) in [
        (
            "tenant/clients/shop.json",
            json!({"name": "Shop", "app_type": "spa", "callbacks": ["https://shop.example.com/"],
            "grant_types": ["authorization_code"], "token_endpoint_auth_method": "none"}),
        ),
        (
            "tenant/actions/log/current.json",
            json!({"name": "Log", "runtime": "node18", "code": "./code.js"}),
        ),
        (
            "tenant/grants/shop.json",
            json!({"client_id": "Shop", "audience": "https://api.example.com/", "scope": ["read"]}),
        ),
        ("tenant/tenant.json", json!({"friendly_name": "Example"})),
    ] {
        std::fs::create_dir_all(machine.path(name).parent().unwrap()).unwrap();
        std::fs::write(machine.path(name), content.to_string()).unwrap();
    }
    let output = machine.run(&["import", "--format", "auth0", "--json", "tenant"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut results = results(&output);
    results.sort();
    assert_eq!(results, ["left out", "left out", "left out", "new"]);
    let shop: serde_json::Value =
        serde_json::from_str(&machine.done(&["client", "show", "Shop", "--json"])).unwrap();
    assert_eq!(
        (&shop["metadata"]["audience"], &shop["metadata"]["scope"]),
        (&json!(["https://api.example.com/"]), &json!("read")),
        "what a grant in another file says"
    );
}

#[test]
fn what_is_of_no_use_is_a_sentence_with_its_line() {
    let bomb: String = (1..12)
        .map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{}, ", n - 1).repeat(10)))
        .collect();
    let bomb = format!("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{bomb}");
    let deep = format!("clients: {}{}\n", "[".repeat(500), "]".repeat(500));
    let deep_json = format!(
        "{{\"client_id\":\"a\",\"metadata\":{}{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let open = format!("client_id,notes\na,\"{}", "x\n".repeat(2_000_000));
    for (format, content, named) in [
        ("authelia", bomb.as_bytes(), "line "),
        ("authelia", deep.as_bytes(), "line "),
        ("auth0", bomb.as_bytes(), "line "),
        ("authelia", b"clients: [\n", "line "),
        ("authelia", b"a: *nowhere\n", "line "),
        ("authelia", b"\xff\xfea\0", "UTF-16"),
        ("authelia", b"a: 1\nb: \xff\n", "line 2"),
        ("authelia", b"clients: {{ range .Clients }}\n", "list of clients"),
        ("hydra", deep_json.as_bytes(), "line 1"),
        ("hydra", b"", "empty"),
        ("hydra", b"[{\"client_id\": \"a\"", "cut off"),
        ("hydra", b"{{ .Values.clients }}", "template"),
        ("csv", b"", "empty"),
        ("csv", b"\xff\xfea\0", "UTF-16"),
        ("csv", open.as_bytes(), "line 2"),
        ("csv", b"name\nA\n", "client_id"),
    ] {
        let machine = Machine::new();
        let output = import(&machine, "bad", content, Some(format));
        assert_eq!(
            output.status.code(),
            Some(1),
            "{format} {named}: {}",
            stderr(&output)
        );
        let said = format!("{}{}", stderr(&output), report(&output));
        assert!(said.contains(named), "{format} {named}: {said:.500}");
    }
}
