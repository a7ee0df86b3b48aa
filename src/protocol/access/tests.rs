use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::*;
use crate::client::policy::AccessPolicy;
use crate::protocol::jws::{JwsError, Verified};
use crate::protocol::living_token::DeadToken;
use crate::protocol::properties::CLIENTS;

const NOW: i64 = 1_800_000_000;
const API: &str = "https://api.example.com";

fn server(rules: Value) -> ResourceServer {
    ResourceServer {
        identifier: API.to_owned(),
        slug: "api".to_owned(),
        scopes: Vec::new(),
        introspecting_client: None,
        policy: serde_json::from_value::<AccessPolicy>(rules).unwrap(),
    }
}

fn examined(changes: Value, dead: &[DeadToken]) -> Examined {
    let client = CLIENTS.first().cloned();
    let mut claims = json!({ "aud": API, "scope": "read", "exp": NOW + 540 });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let token = Verified {
        typ: Some("at+jwt".to_owned()),
        alg: Algorithm::ES256,
        claims: claims.as_object().unwrap().clone(),
    };
    Examined {
        token: Some(token),
        client,
        grant: None,
        dead: dead.to_vec(),
    }
}

fn decided(server: &ResourceServer, path: &str, examined: &Examined) -> Decision {
    let issuer = Issuer::parse("http://127.0.0.1:9400").unwrap();
    decide(&Request {
        server,
        issuer: &issuer,
        method: "GET",
        path,
        token: Token::One {
            examined,
            possession: Some(Ok("It is a bearer token")),
        },
        now: NOW,
    })
}

fn rule(path: &str, scopes: &[&str], claims: &[&str]) -> Value {
    json!({ "method": "GET", "path": path, "scopes": scopes, "claims": claims })
}

#[test]
fn each_check_says_why_and_what_to_change_where() {
    let api = server(json!([
        rule("/**", &["read"], &[]),
        rule("/write", &["write"], &[]),
        rule("/mail", &["email"], &[]),
        rule("/ada", &[], &["sub=ada"]),
    ]));
    let client = CLIENTS.first().unwrap();
    assert!(
        client.draft.scopes.contains(&"email".to_owned())
            && client.draft.audience.contains(&"ledger".to_owned())
    );
    let here = (Place::Request, None);
    for (path, changes, dead, told, advised, (place, field)) in [
        (
            "/a",
            json!({ "iss": "x" }),
            vec![DeadToken::Issuer],
            "iss: It is of x, and",
            "Request a token of this",
            here,
        ),
        (
            "/a",
            json!({ "aud": "ledger" }),
            vec![],
            "aud: It is for ledger, and this resource server is https://api.example.com",
            "Request a token for the audience https://api.example.com",
            here,
        ),
        (
            "/a",
            json!({ "exp": NOW - 300 }),
            vec![DeadToken::Expired],
            "exp: It ended 5 minutes ago",
            "new token",
            here,
        ),
        (
            "/a",
            json!({ "nbf": NOW + 60 }),
            vec![DeadToken::NotYet],
            "nbf: It counts only in 1 minute",
            "Wait",
            here,
        ),
        (
            "/a",
            json!({}),
            vec![DeadToken::GrantEnded],
            "Revocation: Its grant has ended",
            "new token",
            here,
        ),
        (
            "/a",
            json!({}),
            vec![DeadToken::ClientNotActive],
            "Client status: ",
            "Enable the client",
            (Place::Client, Some("status")),
        ),
        (
            "/write",
            json!({}),
            vec![],
            "Scope: The rule GET /write needs write, and the token has read only",
            "Add write to the client's scopes",
            (Place::Client, Some("scopes")),
        ),
        (
            "/mail",
            json!({ "scope": "" }),
            vec![],
            "Scope: The rule GET /mail needs email, and the token has no scope",
            "Request a token with the scope email",
            here,
        ),
        (
            "/ada",
            json!({ "sub": "bob" }),
            vec![],
            "Policy: The rule GET /ada needs sub=ada, which the token does not say",
            "change the rule",
            (Place::ResourceServer, Some("policy")),
        ),
        (
            "/ADA",
            json!({ "sub": "ada" }),
            vec![],
            "Policy: The path is that of the rule GET /ada but for upper and lower case",
            "Write the path as the rule does",
            (Place::ResourceServer, Some("policy")),
        ),
    ] {
        let decision = decided(&api, path, &examined(changes, &dead));
        let decisive = decision.decisive().unwrap();
        let line = format!("{}: {}", decisive.check.label(), decisive.reason);
        assert!(line.starts_with(told), "{line}");
        let advice = decision.advice.clone().unwrap();
        assert!(advice.text.contains(advised), "{line}: {}", advice.text);
        assert_eq!((advice.place, advice.field), (place, field), "{line}");
        for checked in &decision.checks {
            assert!(
                !checked.reason.ends_with('.') && !checked.reason.is_empty(),
                "{checked:?}"
            );
        }
    }
}

#[test]
fn an_audience_that_the_client_has_not_is_to_be_added_to_it() {
    let mut other = server(json!([rule("/**", &[], &[])]));
    other.identifier = "https://other.example.com".to_owned();
    let advice = decided(&other, "/", &examined(json!({}), &[])).advice.unwrap();
    assert_eq!((advice.place, advice.field), (Place::Client, Some("audience")));
    assert_eq!(
        advice.text,
        "Add https://other.example.com to the client's audience, then request a token for it"
    );
}

#[test]
fn an_id_token_is_signed_and_of_another_kind_and_no_more_is_told_of_it() {
    let api = server(json!([rule("/**", &[], &[])]));
    let id_token = Examined {
        token: None,
        client: None,
        grant: None,
        dead: vec![DeadToken::Unsigned(JwsError::Kind)],
    };
    let decision = decided(&api, "/", &id_token);
    let outcomes: Vec<Outcome> = decision.checks.iter().map(|checked| checked.outcome).collect();
    assert_eq!(outcomes[..3], [Outcome::Passed, Outcome::Passed, Outcome::Failed]);
    let possession = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::NotReached)
        .count();
    assert_eq!((possession, decision.verdict), (9, Verdict::InvalidToken));
}

#[test]
fn a_token_that_does_not_live_is_never_allowed_whatever_it_is_dead_of() {
    let mut api = server(json!([rule("/**", &[], &[])]));
    let issued_later = examined(json!({ "iat": NOW + 3_600 }), &[DeadToken::NotYet]);
    let decision = decided(&api, "/", &issued_later);
    assert_eq!(
        decision.decisive().unwrap().reason,
        "By its iat it will be issued only later"
    );
    for dead in [
        DeadToken::Unsigned(JwsError::Signature),
        DeadToken::Issuer,
        DeadToken::Expired,
        DeadToken::NotYet,
        DeadToken::Audience,
        DeadToken::ClientGone,
        DeadToken::ClientNotActive,
        DeadToken::Ended,
        DeadToken::GrantEnded,
        DeadToken::Revoked,
    ] {
        let decision = decided(&api, "/", &examined(json!({}), &[dead]));
        assert!(!decision.is_allowed(), "{dead:?}");
    }
    api.identifier = crate::protocol::fault::AUDIENCE.to_owned();
    let of_a_fault = examined(json!({ "aud": api.identifier }), &[DeadToken::Audience]);
    let decision = decided(&api, "/", &of_a_fault);
    assert_eq!(
        decision.decisive().map(|checked| checked.check),
        Some(Check::Audience)
    );
}

#[test]
fn what_was_not_proven_is_no_more_than_that() {
    let api = server(json!([rule("/**", &[], &[])]));
    let examined = examined(json!({}), &[]);
    let issuer = Issuer::parse("http://127.0.0.1:9400").unwrap();
    let decision = decide(&Request {
        server: &api,
        issuer: &issuer,
        method: "GET",
        path: "/",
        token: Token::One {
            examined: &examined,
            possession: Some(Err("Send it as DPoP.".to_owned())),
        },
        now: NOW,
    });
    assert_eq!(decision.verdict, Verdict::NotProven);
    assert_eq!(
        decision.decisive().map(|checked| checked.check),
        Some(Check::Possession)
    );
}
