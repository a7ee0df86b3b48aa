//! Client ID metadata documents, fetched from a real server over TLS.

use std::process::Output;

use serde_json::{Value, json};

use crate::key_host::{Answer, Authority, KeyHost};
use crate::machine::{Machine, stderr};
use crate::{report, results};

struct Rig {
    machine: Machine,
    host: KeyHost,
}

impl Rig {
    fn new() -> Self {
        let (machine, authority) = (Machine::new(), Authority::new());
        std::fs::write(machine.path("authority.pem"), authority.pem()).unwrap();
        let host = KeyHost::start(&authority, Answer::document(b"{}"));
        Self { machine, host }
    }

    /// The document of the client that its address names, with some more members.
    fn serve(&self, more: &Value) {
        let mut document = json!({
            "client_id": self.host.url(), "client_name": "App", "token_endpoint_auth_method": "none",
            "redirect_uris": ["https://app.example.com/cb"],
        });
        document
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.host
            .answer(Answer::document(document.to_string().as_bytes()));
    }

    fn import(&self, options: &[&str]) -> Output {
        let url = self.host.url();
        let mut command = self.machine.command();
        command.env("SSL_CERT_FILE", self.machine.path("authority.pem"));
        command.args(["import", "--json", &url]).args(options);
        command.output().unwrap()
    }

    fn import_private(&self, options: &[&str]) -> Output {
        self.import(&[&["--allow-private-addresses"], options].concat())
    }
}

#[test]
fn a_document_is_shown_stored_and_refreshed() {
    let rig = Rig::new();
    rig.serve(&json!({"notes": "of its own"}));
    assert_eq!(results(&rig.import_private(&["--dry-run"])), ["new"]);
    let stored = rig.import_private(&[]);
    assert_eq!(results(&stored), ["new"], "{}", stderr(&stored));
    assert_eq!(report(&stored)["clients"][0]["left_out"][0]["member"], "notes");
    assert_eq!(results(&rig.import_private(&[])), ["same"]);
    rig.serve(&json!({"client_name": "App of today"}));
    assert_eq!(results(&rig.import_private(&[])), ["refused"]);
    let refreshed = rig.import_private(&["--update"]);
    assert_eq!(
        report(&refreshed)["clients"][0]["changed"],
        json!(["client_name"])
    );
    let shown = rig.machine.json(&["client", "show", &rig.host.url(), "--json"]);
    assert_eq!(shown["metadata"]["client_name"], "App of today");
}

#[test]
fn a_document_of_another_client_or_with_a_secret_is_refused() {
    let rig = Rig::new();
    for (members, named) in [
        (
            json!({"client_id": "https://app.example.com/other"}),
            "must equal the URL exactly",
        ),
        (json!({"client_secret": "s"}), "share no secret"),
        (
            json!({"token_endpoint_auth_method": "client_secret_basic"}),
            "client_secret_basic",
        ),
    ] {
        rig.serve(&members);
        let output = rig.import_private(&[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(named), "{members}: {}", stderr(&output));
    }
    assert_eq!(rig.machine.json(&["client", "list", "--json"]), json!([]));
}

#[test]
fn a_redirect_is_not_followed_and_a_private_address_not_asked() {
    let rig = Rig::new();
    let output = rig.import(&[]);
    assert!(
        stderr(&output).contains("--allow-private-addresses"),
        "{}",
        stderr(&output)
    );
    assert_eq!(rig.host.connections(), 0);
    rig.host.answer(Answer::with(
        "302 Found",
        "Location: https://app.example.com/\r\n",
        b"",
    ));
    let output = rig.import_private(&[]);
    assert!(stderr(&output).contains("status 302"), "{}", stderr(&output));
}

#[test]
fn a_url_that_is_no_client_identifier_is_a_sentence() {
    let machine = Machine::new();
    for url in [
        "http://app.example.com/c",
        "https://app.example.com",
        "https://app.example.com/a#b",
    ] {
        let output = machine.run(&["import", url]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stderr(&output).contains("https://app.example.com/client.json"),
            "{}",
            stderr(&output)
        );
    }
}
