//! The registry's resource servers: what they let pass, and why not.

use axum::body::Body;
use serde_json::{Value, json};

use super::dpop::{ask, for_token, text};
use super::{Answer, Rig, basic};
use crate::client::policy::AccessPolicy;
use crate::client::{ClientId, Secret, Status};
use crate::protocol::access::{Check, Outcome};
use crate::protocol::dpop::tests::{ProofKey, changed};
use crate::protocol::keys::SigningKeys;
use crate::protocol::signing_key::TokenKind;
use crate::registry::ResourceServer;
use crate::server::LoggedRequest;

const PAYROLL: &str = "https://payroll.example.com";

/// A server with the resource server payroll, and a service that may read and write there.
pub struct Payroll {
    pub rig: Rig,
    pub client_id: ClientId,
    pub secret: Secret,
}

impl Payroll {
    pub fn new() -> Self {
        Self::in_rig(Rig::new())
    }

    pub fn in_rig(rig: Rig) -> Self {
        let (client_id, secret) = rig.client("service", |_| ());
        let here = Self {
            rig,
            client_id,
            secret,
        };
        here.set_policy(json!([
            { "method": "GET", "path": "/**", "scopes": ["read:payroll"], "claims": [] },
            { "method": null, "path": "/runs/*", "scopes": ["read:payroll", "write:payroll"], "claims": [] },
            { "method": null, "path": "/own", "scopes": [], "claims": [format!("client_id={}", here.client_id)] },
            { "method": null, "path": "/ada", "scopes": [], "claims": ["sub=ada"] },
        ]));
        here
    }

    pub fn set_policy(&self, rules: Value) {
        let server = ResourceServer {
            identifier: PAYROLL.to_owned(),
            slug: "payroll".to_owned(),
            scopes: vec!["read:payroll".to_owned(), "write:payroll".to_owned()],
            introspecting_client: None,
            policy: serde_json::from_value::<AccessPolicy>(rules).unwrap(),
        };
        self.rig
            .registry
            .put_resource_server(&server, &self.rig.act())
            .unwrap();
    }

    pub fn token(&self, more: &str) -> String {
        let answer = self.rig.token_by_basic(&self.client_id, &self.secret, more);
        text(&answer.json(), "access_token").to_owned()
    }

    /// A token that says something else than this server says by itself.
    fn forged(&self, kind: TokenKind, changes: Value) -> String {
        let now = self.rig.now().as_second();
        let claims = json!({
            "iss": self.rig.server.issuer().as_str(), "sub": self.client_id.as_str(), "client_id": self.client_id.as_str(), "aud": PAYROLL,
            "scope": "read:payroll", "iat": now, "exp": now + 300, "jti": "1",
        });
        let keys = SigningKeys::open(&self.rig.registry, &self.rig.act()).unwrap();
        let claims = changed(claims, changes).to_string();
        keys.access_tokens()
            .unwrap()
            .sign(kind, claims.as_bytes())
            .unwrap()
    }

    pub fn ask(&self, method: &str, path: &str, authorization: &[&str]) -> Answer {
        let mut request = self
            .rig
            .request()
            .method(method)
            .uri(format!("/resource/payroll{path}"));
        for authorization in authorization {
            request = request.header("authorization", *authorization);
        }
        self.rig.send(request.body(Body::empty()).unwrap())
    }

    pub fn get(&self, path: &str, token: &str) -> Answer {
        self.ask("GET", path, &[&format!("Bearer {token}")])
    }

    pub fn logged(&self) -> LoggedRequest {
        self.rig.server.requests().pop().unwrap()
    }

    /// The check that decided the last request.
    fn decisive(&self) -> Option<Check> {
        let decision = self.logged().decision.unwrap();
        decision.decisive().map(|checked| checked.check)
    }
}

fn challenge(answer: &Answer) -> &str {
    answer.header("www-authenticate")
}

#[test]
fn who_is_allowed_is_told_who_they_are_and_by_which_rule() {
    let payroll = Payroll::new();
    let token = payroll.token("&scope=read:payroll");
    let answer = payroll.get("/reports/2026", &token);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({ "sub": payroll.client_id.as_str(), "client_id": payroll.client_id.as_str(), "scope": "read:payroll",
                "resource": PAYROLL, "allowed_by": "GET /**" })
    );
    assert_eq!(
        (answer.header("cache-control"), challenge(&answer)),
        ("no-store", "")
    );
    let logged = payroll.logged();
    assert_eq!(
        logged.path, "/resource/payroll/…",
        "what stands below may be a secret"
    );
    assert_eq!(
        (logged.client_id, logged.reason),
        (Some(payroll.client_id.clone()), None)
    );
    let decision = logged.decision.unwrap();
    assert!(decision.is_allowed() && decision.advice.is_none());
    assert!(
        decision
            .checks
            .iter()
            .all(|checked| checked.outcome == Outcome::Passed)
    );
    let order: Vec<Check> = decision.checks.iter().map(|checked| checked.check).collect();
    assert_eq!(order, Check::ALL);
    assert_eq!(
        payroll.get("/own", &token).json()["allowed_by"],
        "Any method /own"
    );
}

#[test]
fn each_check_fails_by_itself_and_the_first_that_fails_decides() {
    let payroll = Payroll::new();
    let (other, other_secret) = payroll.rig.client("other", |_| ());
    let others = payroll.rig.token_by_basic(&other, &other_secret, "").json();
    let others = text(&others, "access_token").to_owned();
    let version = payroll.rig.registry.client(&other).unwrap().unwrap().version;
    payroll
        .rig
        .registry
        .set_status(&other, version, Status::Disabled, &payroll.rig.act())
        .unwrap();
    let revoked = payroll.token("");
    let authorization = basic(&payroll.client_id, &payroll.secret);
    payroll
        .rig
        .post("/revoke", Some(&authorization), &format!("token={revoked}"));
    let good = payroll.token("");
    let now = payroll.rig.now().as_second();
    let access = |changes| payroll.forged(TokenKind::AccessToken, changes);
    let mut broken = good.clone();
    broken.replace_range(
        good.len() - 4..,
        if good.ends_with("AAAA") { "BBBB" } else { "AAAA" },
    );
    for (check, token, path) in [
        (Check::Request, good.clone(), "/a//b"),
        (Check::Signature, broken, "/a"),
        (Check::Signature, "x".to_owned(), "/a"),
        (Check::Type, payroll.forged(TokenKind::IdToken, json!({})), "/a"),
        (
            Check::Issuer,
            access(json!({ "iss": "https://other.example.com" })),
            "/a",
        ),
        (Check::Audience, payroll.token("&audience=ledger"), "/a"),
        (Check::Audience, access(json!({ "aud": null })), "/a"),
        (Check::Expiry, access(json!({ "exp": now })), "/a"),
        (Check::NotBefore, access(json!({ "nbf": now + 1 })), "/a"),
        (Check::Revocation, revoked, "/a"),
        (Check::Client, others, "/a"),
        (Check::Client, access(json!({ "client_id": "nobody" })), "/a"),
        (Check::Scope, payroll.token("&scope=write:payroll"), "/a"),
        (Check::Policy, good.clone(), "/ada"),
    ] {
        let answer = payroll.get(path, &token);
        assert_eq!(payroll.decisive(), Some(check), "{:?}", payroll.logged());
        let (status, error) = match check {
            Check::Request => (400, "invalid_request"),
            Check::Scope | Check::Policy => (403, "insufficient_scope"),
            _ => (401, "invalid_token"),
        };
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (status, error),
            "{check:?}"
        );
        let decision = payroll.logged().decision.unwrap();
        assert!(decision.advice.is_some() && !decision.is_allowed());
        let of_this = decision
            .checks
            .iter()
            .find(|checked| checked.check == check)
            .unwrap();
        assert!(payroll.logged().reason.unwrap().ends_with(&of_this.reason));
        if status == 401 {
            let description = answer.json()["error_description"].as_str().unwrap().to_owned();
            assert!(
                description.starts_with("The access token is not valid: "),
                "why is the owner's business"
            );
        }
    }
    assert!(
        payroll
            .get("/a", &access(json!({ "nbf": now })))
            .status
            .is_success()
    );
}

#[test]
fn what_can_still_be_told_is_told_after_a_check_that_failed() {
    let payroll = Payroll::new();
    let now = payroll.rig.now().as_second();
    let outcome = |check: Check| {
        let decision = payroll.logged().decision.unwrap();
        decision
            .checks
            .iter()
            .find(|checked| checked.check == check)
            .unwrap()
            .outcome
    };
    payroll.get(
        "/runs/1",
        &payroll.forged(TokenKind::AccessToken, json!({ "exp": now - 60 })),
    );
    for (check, expected) in [
        (Check::Audience, Outcome::Passed),
        (Check::Expiry, Outcome::Failed),
        // No proof is asked for a token that is dead.
        (Check::Possession, Outcome::NotReached),
        (Check::Client, Outcome::Passed),
        (Check::Scope, Outcome::Failed),
        (Check::Policy, Outcome::Passed),
    ] {
        assert_eq!(outcome(check), expected, "{check:?}");
    }
    payroll.get("/a", "x");
    assert!(
        Check::ALL[2..]
            .iter()
            .all(|check| outcome(*check) == Outcome::NotReached)
    );
    payroll.ask("GET", "/a", &[]);
    assert!(
        Check::ALL[1..]
            .iter()
            .all(|check| outcome(*check) == Outcome::NotReached)
    );
}

#[test]
fn the_challenges_are_those_of_the_standard() {
    let payroll = Payroll::new();
    let dpop = "DPoP realm=\"chancery\", algs=\"";
    let read = payroll.token("&scope=read:payroll");
    let all = |answer: &Answer| -> Vec<String> {
        let values = answer.headers.get_all("www-authenticate").iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    for (answer, status, expected) in [
        (payroll.ask("GET", "/", &[]), 401, "Bearer realm=\"chancery\""),
        (
            payroll.ask("GET", "/", &["Basic eDp5"]),
            401,
            "Bearer realm=\"chancery\"",
        ),
        (
            payroll.ask("GET", "/", &["Bearer x"]),
            401,
            "Bearer realm=\"chancery\", error=\"invalid_token\", \
             error_description=\"The access token is not valid: expired, revoked, or not of this server.\"",
        ),
        (
            payroll.ask("GET", "/", &["Bearer x", "Bearer x"]),
            400,
            "Bearer realm=\"chancery\", error=\"invalid_request\", error_description=\"Send one Authorization header.\"",
        ),
        (
            payroll.get("/a/%2e%2e/b", &read),
            400,
            "Bearer realm=\"chancery\", error=\"invalid_request\", error_description=\"The path has a dot segment, or a \
             segment with a space before it or a space or dot at its end.\"",
        ),
        (
            payroll.get("/runs/1", &read),
            403,
            "Bearer realm=\"chancery\", error=\"insufficient_scope\", error_description=\"The access token has not all of \
             the scopes read:payroll write:payroll.\", scope=\"read:payroll write:payroll\"",
        ),
        (
            payroll.ask("POST", "/a", &[&format!("Bearer {read}")]),
            403,
            "Bearer realm=\"chancery\", error=\"insufficient_scope\", error_description=\"The resource server does not \
             allow this request with this access token.\"",
        ),
    ] {
        let told = all(&answer);
        assert_eq!((answer.status.as_u16(), told[0].as_str()), (status, expected));
        let other = told.get(1).map_or("", String::as_str);
        assert!(
            if status == 401 {
                other.starts_with(dpop)
            } else {
                other.is_empty()
            },
            "{told:?}"
        );
    }
}

#[test]
fn without_rules_everything_is_denied() {
    let payroll = Payroll::new();
    payroll.set_policy(json!([]));
    assert_eq!(payroll.get("/", &payroll.token("")).status, 403);
    let logged = payroll.logged();
    assert_eq!(
        logged.reason.as_deref(),
        Some("Policy: The resource server has no rules, so it denies every request")
    );
}

#[test]
fn a_bound_token_comes_with_its_proof_and_not_otherwise() {
    let payroll = Payroll::new();
    let key = ProofKey::new();
    let authorization = basic(&payroll.client_id, &payroll.secret);
    let issued = ask(
        &payroll.rig,
        Some(&authorization),
        "grant_type=client_credentials",
        &[&for_token(&payroll.rig, &key)],
    );
    let bound = text(&issued.json(), "access_token").to_owned();
    let proof = |path: &str| {
        use base64::Engine;
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bound.as_bytes());
        let ath = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
        let claims = super::dpop::claims(&payroll.rig, "GET", path);
        key.proof(changed(claims, json!({ "ath": ath })), json!({}))
    };
    let send = |path: &str, scheme: &str, proof: Option<String>| {
        let request = payroll
            .rig
            .request()
            .uri(path)
            .header("authorization", format!("{scheme} {bound}"));
        let request = proof
            .into_iter()
            .fold(request, |request, proof| request.header("dpop", proof));
        payroll.rig.send(request.body(Body::empty()).unwrap())
    };
    let path = "/resource/payroll/reports";
    assert_eq!(send(path, "DPoP", Some(proof(path))).status, 200);
    for (name, answer, error) in [
        ("as a bearer token", send(path, "Bearer", None), "invalid_token"),
        (
            "as a bearer token with a proof",
            send(path, "Bearer", Some(proof(path))),
            "invalid_token",
        ),
        ("no proof", send(path, "DPoP", None), "invalid_dpop_proof"),
        (
            "for another path",
            send(path, "DPoP", Some(proof("/resource/payroll/other"))),
            "invalid_dpop_proof",
        ),
    ] {
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (401, error),
            "{name}"
        );
        assert_eq!(payroll.decisive(), Some(Check::Possession), "{name}");
    }
    let free = payroll.get("/a", &payroll.token(""));
    assert_eq!(free.status, 200);
}

#[test]
fn a_token_ends_with_the_tokens_of_its_client_and_is_told_so() {
    let payroll = Payroll::new();
    let token = payroll.token("");
    payroll
        .rig
        .registry
        .revoke_secrets(&payroll.client_id, &payroll.rig.act())
        .unwrap();
    assert_eq!(payroll.get("/a", &token).status, 401);
    assert_eq!(payroll.decisive(), Some(Check::Revocation));
    payroll.rig.pass(601);
    payroll.get("/a", &token);
    assert_eq!(payroll.decisive(), Some(Check::Expiry));
}
