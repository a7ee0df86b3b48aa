//! What is handed to a client's developers from a shell.

use crate::machine::{Machine, service, text};

#[test]
fn a_handover_names_everything_but_the_secret() {
    let machine = Machine::new();
    let created = machine.create(&service("Alpha"));
    let client_id = text(&created["client_id"]);
    let issuer = "http://127.0.0.1:9400";
    let sheet = machine.done(&["client", "handover", client_id, "--issuer", issuer]);
    for told in [
        "# Alpha",
        client_id,
        "http://127.0.0.1:9400/token",
        "client_credentials",
    ] {
        assert!(sheet.contains(told), "{told}: {sheet}");
    }
    for target in ["spring-boot", "aspnet-core", "openid-client", "authlib", "rust"] {
        let handed = machine.done(&[
            "client", "handover", client_id, "--for", target, "--issuer", issuer,
        ]);
        assert!(
            handed.contains(client_id) && handed.contains("CHANCERY_CLIENT_SECRET"),
            "{handed}"
        );
        assert!(!handed.contains(text(&created["client_secret"])));
    }
}

#[test]
fn what_cannot_be_handed_over_is_refused_with_a_sentence() {
    let machine = Machine::new();
    let created = machine.create(&service("Alpha"));
    let client_id = text(&created["client_id"]);
    let refused = machine.refused(&["client", "handover", client_id, "--for", "auth-js"]);
    assert!(
        refused.contains("for which Auth.js has no configuration"),
        "{refused}"
    );
    assert!(
        machine
            .refused(&["client", "handover", "nobody"])
            .contains("nobody")
    );
}

#[test]
fn files_are_written_where_none_is_lost() {
    let machine = Machine::new();
    let created = machine.create(&service("Alpha"));
    let client_id = text(&created["client_id"]);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    let arguments = [
        "client",
        "handover",
        client_id,
        "--for",
        "aspnet-core",
        "--output",
        to,
    ];
    assert_eq!(machine.done(&arguments), "");
    let settings = std::fs::read_to_string(folder.path().join("appsettings.json")).unwrap();
    assert!(settings.contains(client_id), "{settings}");
    assert!(
        machine
            .refused(&arguments)
            .contains("Program.cs cannot be written")
    );
}
