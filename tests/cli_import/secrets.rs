//! The secrets in a file.

use serde_json::{Value, json};

use crate::machine::{Machine, service};
use crate::{import, report, results};

fn client(id: &str, secret: &str) -> Value {
    let mut client = service(id);
    client["client_id"] = json!(id);
    client["client_secret"] = json!(secret);
    client
}

const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$KnVcvmVJvtZZIqMTF7kLTzrsRz7yjA8nvKZcKCVEL6s";

#[test]
fn a_secret_in_clear_is_kept_as_a_hash_and_nowhere_else() {
    let machine = Machine::new();
    let secret = "one-that-nobody-else-would-choose";
    let all: Vec<Value> = (0..5)
        .map(|n| client(&format!("c{n}"), &format!("{secret}-{n}")))
        .collect();
    let output = import(&machine, &json!(all).to_string(), &[]);
    assert_eq!(output.status.code(), Some(0));
    let report = report(&output);
    assert_eq!(report["clients"][0]["kept"], json!(["client_secret, as a hash"]));
    assert_eq!(report["clients"][0]["rotate"], false);
    assert!(!report.to_string().contains(secret));
    assert!(
        !machine.keeps(secret) && !machine.keeps(&secret[..8]),
        "the secret stands in a file"
    );
    // Each of them is its own client's: one by one they are known again.
    for known in &all {
        assert_eq!(results(&import(&machine, &known.to_string(), &[])), ["same"]);
    }
    let swapped = client("c0", &format!("{secret}-1"));
    assert_eq!(results(&import(&machine, &swapped.to_string(), &[])), ["refused"]);
}

#[test]
fn a_hash_that_can_be_verified_is_kept_and_any_other_is_to_be_rotated() {
    let machine = Machine::new();
    let all = json!([
        client("argon2id", HASH),
        client("bcrypt", "$2b$12$abcdefghijklmnopqrstuv"),
        client("masked", "**********"),
        client("variable", "${SECRET}"),
    ]);
    let output = import(&machine, &all.to_string(), &[]);
    assert_eq!(results(&output), ["new"; 4]);
    let first = report(&output);
    let rotate: Vec<_> = first["clients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| &client["rotate"])
        .collect();
    assert_eq!(rotate, [false, true, true, true]);
    assert_eq!(first["clients"][3]["left_out"][0]["member"], "client_secret");
    assert_eq!(results(&import(&machine, &all.to_string(), &[])), ["same"; 4]);
}

#[test]
fn another_secret_replaces_the_one_before_only_when_it_is_asked_for() {
    let machine = Machine::new();
    import(&machine, &client("a", "the first").to_string(), &[]);
    let other = client("a", "the second").to_string();
    assert_eq!(results(&import(&machine, &other, &[])), ["refused"]);
    assert_eq!(
        results(&import(&machine, &other, &["--update", "--dry-run"])),
        ["changed"]
    );
    let changed = import(&machine, &other, &["--update"]);
    assert_eq!(
        report(&changed)["clients"][0]["changed"],
        json!(["client_secret"])
    );
    assert_eq!(results(&import(&machine, &other, &["--update"])), ["same"]);
    // The first has ended, and a file from then does not bring it back.
    let old = import(&machine, &client("a", "the first").to_string(), &["--update"]);
    assert_eq!(results(&old), ["same"]);
    assert!(report(&old).to_string().contains("brings none back"));
}

#[test]
fn a_secret_that_has_ended_or_is_not_used_is_not_kept() {
    let machine = Machine::new();
    let mut ended = client("ended", "s1");
    ended["client_secret_expires_at"] = json!(1_000_000_000);
    let public = json!({"client_id": "public", "client_name": "App", "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://app.example.com/cb"], "client_secret": "s2"});
    let output = import(&machine, &json!([ended, public]).to_string(), &[]);
    let report = report(&output);
    assert_eq!(results(&output), ["new", "new"]);
    assert_eq!(
        (&report["clients"][0]["rotate"], &report["clients"][1]["rotate"]),
        (&json!(true), &json!(false))
    );
    for n in 0..2 {
        assert_eq!(report["clients"][n]["left_out"][0]["member"], "client_secret");
    }
}
