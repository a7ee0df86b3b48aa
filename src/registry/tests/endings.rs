//! What ends and when.

use serde_json::json;

use super::*;
use crate::audit::Acceptance;
use crate::audit::AuditFinding;
use crate::audit::calendar::{Ending, EndingKind};
use crate::client::Status;

/// `kind client label` of everything that ends, the earliest first.
fn told(here: &Here, now: i64) -> Vec<String> {
    let told = |ending: Ending| {
        let client = ending
            .client
            .map_or(String::new(), |(client_id, _)| client_id.to_string());
        format!("{} {client} {}", ending.kind, ending.label)
    };
    here.endings(at(now)).unwrap().into_iter().map(told).collect()
}

#[test]
fn a_secret_that_ended_is_told_of_only_while_no_other_took_its_place() {
    let here = new_registry();
    let draft = draft(ClientKind::Service, "Payroll");
    here.import_client(&id("payroll"), &draft, Status::Active, &[], "test", &act(0))
        .unwrap();
    let rotate = |label: &str, second: i64, end: i64| {
        let (_, new) = NewSecret::generate(label).unwrap();
        here.rotate_secret(&id("payroll"), new, at(end), &act(second))
            .unwrap();
    };
    rotate("First", 1, 1);
    assert!(told(&here, 2).is_empty(), "it has no end");
    rotate("Second", 2, 100);
    assert_eq!(told(&here, 3), ["secret payroll First"]);
    assert!(told(&here, 101).is_empty(), "the second one counts");
    rotate("Third", 3, 200);
    assert_eq!(told(&here, 4), ["secret payroll First", "secret payroll Second"]);
    here.revoke_secrets(&id("payroll"), &act(5)).unwrap();
    assert!(told(&here, 6).is_empty(), "revoked ones are nobody's surprise");
}

#[test]
fn keys_that_say_their_end_and_accepted_risks_are_told_of_too() {
    let here = new_registry();
    let keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "a", "exp": 1_790_000_500_i64}]});
    let draft = ClientDraft {
        contacts: Vec::new(),
        token_endpoint_auth_method: crate::client::AuthMethod::PrivateKeyJwt,
        jwks: Some(keys),
        ..draft(ClientKind::Service, "Payroll")
    };
    here.import_client(&id("payroll"), &draft, Status::Active, &[], "test", &act(0))
        .unwrap();
    let stored = here.client(&id("payroll")).unwrap().unwrap().draft;
    let findings = stored.findings().into_iter().map(AuditFinding::from);
    let mut found = findings.filter(|finding| finding.rule.id() == "owner-missing");
    let finding = found.next().unwrap();
    let accepted = Acceptance::of(&finding, &stored, "Known", "Ada Admin", at(1), at(400)).unwrap();
    here.accept_risk(&id("payroll"), &accepted, &act(1)).unwrap();
    let expected = ["accepted-risk payroll owner-missing", "client-key payroll a"];
    assert_eq!(told(&here, 2), expected);
    assert_eq!(told(&here, 900), expected, "what is past waits for somebody");
    let client = here.client(&id("payroll")).unwrap().unwrap();
    here.set_status(&id("payroll"), client.version, Status::Disabled, &act(3))
        .unwrap();
    assert_eq!(
        told(&here, 4),
        expected[..1],
        "nobody waits for a client that is off"
    );
    assert_eq!(EndingKind::ALL.len(), 4);
}
