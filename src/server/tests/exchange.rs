//! Token exchange (RFC 8693): who may exchange what, and what comes of it.

use axum::body::Body;
use serde_json::{Map, Value, json};

use super::dpop::{ask, for_token, text};
use super::{Answer, Rig, basic};
use crate::client::{AuthMethod, ClientDraft, ClientId, GrantType, Secret, Status};
use crate::protocol::dpop::tests::{ProofKey, changed};
use crate::protocol::signing_key::TokenKind;
use crate::registry::ResourceServer;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const PAYROLL: &str = "https://payroll.example.com";
const LEDGER: &str = "https://ledger.example.com";

/// A portal whose tokens are for the payroll service, and that service, which exchanges them for the ledger's.
struct Chain {
    rig: Rig,
    portal: (ClientId, Secret),
    payroll: (ClientId, Secret),
}

impl Chain {
    fn new() -> Self {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut ClientDraft)) -> Self {
        let rig = Rig::new();
        let portal = rig.client("portal", |draft| {
            draft.set_grant(GrantType::AuthorizationCode, true);
            draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
            draft.require_pkce = false;
            draft.scopes = ["openid", "read", "write", "offline_access"]
                .map(str::to_owned)
                .to_vec();
            draft.audience = vec![PAYROLL.to_owned()];
        });
        let payroll = rig.client("payroll service", |draft| {
            draft.set_grant(GrantType::TokenExchange, true);
            draft.scopes = ["openid", "read", "post", "offline_access"]
                .map(str::to_owned)
                .to_vec();
            draft.audience = vec![LEDGER.to_owned(), "archive".to_owned()];
            change(draft);
        });
        let server = ResourceServer {
            identifier: PAYROLL.to_owned(),
            slug: "payroll".to_owned(),
            scopes: Vec::new(),
            introspecting_client: Some(payroll.0.clone()),
            policy: crate::client::policy::AccessPolicy::default(),
        };
        rig.registry.put_resource_server(&server, &rig.act()).unwrap();
        Self { rig, portal, payroll }
    }

    /// A token that the portal got for Ada, by its grant's whole scope.
    fn adas(&self) -> String {
        let scopes = ["openid", "read", "write", "offline_access"];
        let code = self.rig.code(&self.portal.0, &scopes, None);
        let body = format!("grant_type=authorization_code&code={code}");
        let answer = self
            .rig
            .token(Some(&basic(&self.portal.0, &self.portal.1)), &body);
        text(&answer.json(), "access_token").to_owned()
    }

    /// A token that a client got for itself.
    fn own(&self, (client_id, secret): &(ClientId, Secret)) -> String {
        let answer = self.rig.token_by_basic(client_id, secret, "");
        text(&answer.json(), "access_token").to_owned()
    }

    /// A token of Ada's that says more, as another server over the same keys could have issued it.
    fn adas_with(&self, changes: Value) -> String {
        let token = self.adas();
        let claims = token.split('.').nth(1).unwrap();
        use base64::Engine;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(claims)
            .unwrap();
        let claims = changed(serde_json::from_slice(&claims).unwrap(), changes).to_string();
        let keys = self.rig.server.app.keys(self.rig.now()).unwrap();
        let key = keys.access_tokens().unwrap();
        key.sign(TokenKind::AccessToken, claims.as_bytes()).unwrap()
    }

    fn exchange(&self, subject: &str, more: &str) -> Answer {
        self.exchange_as(&self.payroll, subject, more, &[])
    }

    fn exchange_as(
        &self,
        (client_id, secret): &(ClientId, Secret),
        subject: &str,
        more: &str,
        proofs: &[&str],
    ) -> Answer {
        let body =
            format!("grant_type={GRANT}&subject_token={subject}&subject_token_type={ACCESS_TOKEN}{more}");
        ask(&self.rig, Some(&basic(client_id, secret)), &body, proofs)
    }

    fn is_active(&self, token: &str) -> bool {
        let introspect = self
            .rig
            .request()
            .method("POST")
            .uri("/introspect")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", basic(&self.payroll.0, &self.payroll.1))
            .body(Body::from(format!("token={token}")))
            .unwrap();
        self.rig.send(introspect).json()["active"] == true
    }
}

fn actor(token: &str) -> String {
    format!("&actor_token={token}&actor_token_type={ACCESS_TOKEN}")
}

#[test]
fn a_service_gets_a_token_for_the_next_one_in_the_name_of_the_person() {
    let chain = Chain::new();
    let subject = chain.adas();
    let answer = chain.exchange(&subject, &format!("&resource={LEDGER}"));
    assert_eq!(answer.status, 200, "{}", answer.json());
    let told = answer.json();
    assert_eq!(told["issued_token_type"], ACCESS_TOKEN, "§2.2.1");
    assert_eq!(
        (&told["token_type"], &told["scope"]),
        (&json!("Bearer"), &json!("openid read"))
    );
    assert!(
        told.get("refresh_token").is_none() && told.get("id_token").is_none(),
        "{told}"
    );
    let claims = answer.claims();
    assert_eq!(claims["sub"], "ada");
    assert_eq!(claims["client_id"], chain.payroll.0.as_str());
    assert_eq!(claims["aud"], LEDGER);
    assert!(claims.get("act").is_none());
    assert!(chain.is_active(text(&told, "access_token")));
    let answer = chain.exchange(
        &subject,
        &format!("&requested_token_type={JWT}&audience=archive&scope=read"),
    );
    assert_eq!(answer.json()["issued_token_type"], JWT);
    assert_eq!(
        (&answer.claims()["aud"], &answer.claims()["scope"]),
        (&json!("archive"), &json!("read"))
    );
}

#[test]
fn each_wrong_request_gets_its_code() {
    let chain = Chain::new();
    let subject = chain.adas();
    let own = chain.own(&chain.payroll);
    let portals = chain.own(&chain.portal);
    let ask = |body: &str| {
        let body = format!("grant_type={GRANT}{body}");
        chain
            .rig
            .token(Some(&basic(&chain.payroll.0, &chain.payroll.1)), &body)
    };
    let good = format!("&subject_token={subject}&subject_token_type={ACCESS_TOKEN}");
    for (body, error) in [
        (String::new(), "invalid_request"),
        (format!("&subject_token={subject}"), "invalid_request"),
        (format!("&subject_token_type={ACCESS_TOKEN}"), "invalid_request"),
        (
            format!("&subject_token={subject}&subject_token_type=x"),
            "invalid_request",
        ),
        (
            format!("&subject_token={subject}&subject_token_type=urn:ietf:params:oauth:token-type:id_token"),
            "invalid_request",
        ),
        (
            format!(
                "&subject_token={subject}&subject_token_type=urn:ietf:params:oauth:token-type:refresh_token"
            ),
            "invalid_request",
        ),
        (
            format!("&subject_token=x&subject_token_type={ACCESS_TOKEN}"),
            "invalid_request",
        ),
        (
            format!("&subject_token=%00&subject_token_type={JWT}"),
            "invalid_request",
        ),
        (
            format!("&subject_token={}&subject_token_type={JWT}", "x".repeat(60_000)),
            "invalid_request",
        ),
        (format!("{good}&subject_token={subject}"), "invalid_request"),
        (format!("{good}&actor_token={own}"), "invalid_request"),
        (format!("{good}&actor_token_type={JWT}"), "invalid_request"),
        (
            format!("{good}&actor_token=x&actor_token_type={JWT}"),
            "invalid_request",
        ),
        (format!("{good}{}", actor(&portals)), "invalid_request"),
        (format!("{good}{}", actor(&subject)), "invalid_request"),
        (
            format!("{good}&requested_token_type=urn:ietf:params:oauth:token-type:refresh_token"),
            "invalid_request",
        ),
        (
            format!("{good}&resource=https://other.example.com"),
            "invalid_target",
        ),
        (format!("{good}&resource=relative"), "invalid_target"),
        (format!("{good}&resource={PAYROLL}"), "invalid_target"),
        (format!("{good}&audience=other"), "invalid_target"),
        (
            format!("{good}&resource={LEDGER}&audience=archive"),
            "invalid_target",
        ),
        (format!("{good}&scope=write"), "invalid_scope"),
        (format!("{good}&scope=post"), "invalid_scope"),
        (format!("{good}&scope=read+admin"), "invalid_scope"),
        (format!("{good}&scope=offline_access"), "invalid_scope"),
        (format!("{good}&scope=%22"), "invalid_scope"),
    ] {
        let answer = ask(&body);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, error),
            "{body:.300}"
        );
    }
    assert_eq!(ask(&good).status, 200);
}

#[test]
fn a_client_exchanges_only_what_was_issued_to_it_or_is_meant_for_it() {
    let chain = Chain::new();
    let with_exchange = |draft: &mut ClientDraft| draft.set_grant(GrantType::TokenExchange, true);
    let stranger = chain.rig.client("stranger", with_exchange);
    let subject = chain.adas();
    let refused = chain.exchange_as(&stranger, &subject, "", &[]);
    assert_eq!(refused.error(), "invalid_request", "§2.2.2: none of its business");
    assert_eq!(
        refused.json(),
        chain.exchange_as(&stranger, "x", "", &[]).json(),
        "told alike"
    );
    let own = chain.own(&stranger);
    assert_eq!(chain.exchange_as(&stranger, &own, "", &[]).status, 200);

    let caller = chain
        .rig
        .client("caller", |draft| draft.audience = vec![stranger.0.to_string()]);
    let meant = chain.own(&caller);
    let answer = chain.exchange_as(&stranger, &meant, "", &[]);
    assert_eq!(
        answer.claims()["sub"],
        caller.0.as_str(),
        "it speaks of the same client"
    );
    assert_eq!(answer.claims()["client_id"], stranger.0.as_str());

    let without = chain.rig.client("without the grant", |_| ());
    let own = chain.own(&without);
    let refused = chain.exchange_as(&without, &own, "", &[]);
    assert_eq!(refused.error(), "unauthorized_client");
    let (public, _) = chain.rig.client("public", |draft| {
        draft.token_endpoint_auth_method = AuthMethod::None;
        draft.grant_types = vec![GrantType::TokenExchange];
    });
    let body = format!(
        "grant_type={GRANT}&client_id={public}&subject_token={subject}&subject_token_type={ACCESS_TOKEN}"
    );
    assert_eq!(chain.rig.token(None, &body).error(), "unauthorized_client");
}

#[test]
fn an_exchanged_token_never_outlives_the_one_it_came_from() {
    let chain = Chain::with(|draft| draft.access_token_lifetime = Some(3_600));
    let subject = chain.adas();
    let short = chain.rig.client("short", |draft| {
        draft.set_grant(GrantType::TokenExchange, true);
        draft.access_token_lifetime = Some(500);
        draft.audience = vec![chain.payroll.0.to_string()];
    });
    let fleeting = chain.own(&short);
    chain.rig.pass(400);
    let answer = chain.exchange_as(&short, &chain.own(&short), &actor(&fleeting), &[]);
    assert_eq!(answer.json()["expires_in"], 100, "nor who acts");
    let answer = chain.exchange(&subject, "");
    assert_eq!(answer.json()["expires_in"], 200);
    assert_eq!(answer.claims()["exp"], json!(chain.rig.now().as_second() + 200));
    let again = chain.exchange(text(&answer.json(), "access_token"), "");
    assert_eq!(again.json()["expires_in"], 200, "nor by being exchanged again");
    let by_actor = chain.exchange(
        &chain.adas_with(json!({ "exp": chain.rig.now().as_second() + 9_000 })),
        "",
    );
    assert_eq!(by_actor.json()["expires_in"], 3_600, "nor longer than registered");
    chain.rig.pass(200);
    assert_eq!(
        chain.exchange(&subject, "").error(),
        "invalid_request",
        "it has expired"
    );
}

#[test]
fn an_exchanged_token_ends_with_the_grant_and_the_tokens_it_came_from() {
    let chain = Chain::new();
    let exchanged = |subject: &str| text(&chain.exchange(subject, "").json(), "access_token").to_owned();
    let of_ada = exchanged(&chain.adas());
    assert!(chain.is_active(&of_ada));
    let (portal, act) = (&chain.portal.0, chain.rig.act());
    let of_portal = exchanged(&chain.own(&chain.portal));
    assert!(chain.is_active(&of_portal));
    let version = chain.rig.registry.client(portal).unwrap().unwrap().version;
    chain
        .rig
        .registry
        .set_status(portal, version, Status::Disabled, &act)
        .unwrap();
    assert!(!chain.is_active(&of_ada), "the portal's grants have ended");
    assert!(!chain.is_active(&of_portal), "the portal's own tokens have ended");
    let version = chain.rig.registry.client(portal).unwrap().unwrap().version;
    chain
        .rig
        .registry
        .set_status(portal, version, Status::Active, &act)
        .unwrap();
    assert!(!chain.is_active(&of_portal), "and stay so");
}

#[test]
fn who_acts_is_told_and_who_acted_before() {
    let chain = Chain::new();
    let answer = chain.exchange(&chain.adas(), &actor(&chain.own(&chain.payroll)));
    let payroll = chain.payroll.0.as_str();
    let issuer = chain.rig.server.issuer().as_str();
    let act = json!({ "iss": issuer, "sub": payroll, "client_id": payroll });
    assert_eq!(answer.claims()["act"], act, "§4.1");
    assert_eq!(answer.claims()["sub"], "ada");
    let next = chain.exchange(text(&answer.json(), "access_token"), "");
    assert_eq!(next.claims()["act"], act, "it is not lost on the way");
    let next = chain.exchange(
        text(&answer.json(), "access_token"),
        &actor(&chain.own(&chain.payroll)),
    );
    assert_eq!(next.claims()["act"], changed(act.clone(), json!({ "act": act })));
    let deep = (0..8).fold(Value::Null, |inner, _| json!({ "sub": "x", "act": inner }));
    let refused = chain.exchange(
        &chain.adas_with(json!({ "act": deep })),
        &actor(&chain.own(&chain.payroll)),
    );
    assert_eq!(refused.error(), "invalid_request");
}

#[test]
fn may_act_names_who_may() {
    let chain = Chain::new();
    let payroll = chain.payroll.0.as_str();
    let own = chain.own(&chain.payroll);
    for (may_act, allowed) in [
        (json!({ "sub": payroll }), true),
        (
            json!({ "sub": payroll, "iss": chain.rig.server.issuer().as_str() }),
            true,
        ),
        (json!({ "client_id": payroll }), true),
        (json!({ "sub": "somebody" }), false),
        (json!({ "sub": payroll, "iss": "https://other.example" }), false),
        (json!({ "sub": payroll, "email": "a@example.com" }), false),
        (json!({}), false),
        (json!("payroll"), false),
    ] {
        let subject = chain.adas_with(json!({ "may_act": may_act }));
        for more in [String::new(), actor(&own)] {
            let answer = chain.exchange(&subject, &more);
            assert_eq!(answer.status == 200, allowed, "{may_act} {}", answer.json());
            if allowed {
                assert_eq!(answer.claims()["may_act"], may_act, "handed on (§4.4)");
            } else {
                assert_eq!(answer.error(), "invalid_request");
            }
        }
    }
}

#[test]
fn a_bound_token_is_exchanged_only_by_whoever_proves_its_key() {
    let chain = Chain::new();
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let credentials = basic(&chain.payroll.0, &chain.payroll.1);
    let bound = |key: &ProofKey| {
        let proof = for_token(&chain.rig, key);
        let answer = ask(
            &chain.rig,
            Some(&credentials),
            "grant_type=client_credentials",
            &[&proof],
        );
        text(&answer.json(), "access_token").to_owned()
    };
    let subject = bound(&key);
    for proofs in [vec![], vec![for_token(&chain.rig, &other)]] {
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        let refused = chain.exchange_as(&chain.payroll, &subject, "", &proofs);
        assert_eq!(refused.error(), "invalid_request", "{} proofs", proofs.len());
    }
    let proof = for_token(&chain.rig, &key);
    let answer = chain.exchange_as(&chain.payroll, &subject, "", &[&proof]);
    assert_eq!(answer.json()["token_type"], "DPoP", "{}", answer.json());
    assert_eq!(answer.claims()["cnf"]["jkt"], key.jkt().as_str());
    let again = chain.exchange_as(&chain.payroll, &subject, "", &[&proof]);
    assert_eq!(again.error(), "invalid_dpop_proof", "each proof counts once");
    let refused = chain.exchange(&chain.adas(), &actor(&subject));
    assert_eq!(refused.error(), "invalid_request", "an actor token alike");
    let mut cnf = Map::new();
    cnf.insert("x5t#S256".to_owned(), json!("x"));
    let refused = chain.exchange(&chain.adas_with(json!({ "cnf": cnf })), "");
    assert_eq!(refused.error(), "invalid_request", "whatever it is bound to");
}

#[test]
fn dead_tokens_are_not_exchanged() {
    let chain = Chain::new();
    let now = chain.rig.now().as_second();
    for (name, subject) in [
        ("expired", chain.adas_with(json!({ "exp": now }))),
        ("without an end", chain.adas_with(json!({ "exp": null }))),
        (
            "of another issuer",
            chain.adas_with(json!({ "iss": "https://other.example" })),
        ),
        (
            "of an unknown client",
            chain.adas_with(json!({ "client_id": "unknown" })),
        ),
        (
            "of a grant that ended",
            chain.adas_with(json!({ "grant_id": "ended" })),
        ),
        ("without a jti", chain.adas_with(json!({ "jti": null }))),
        ("of another key", {
            let header = json!({ "typ": "at+jwt", "alg": "ES256" });
            ProofKey::new().sign(&header, &json!({ "sub": "ada" }))
        }),
        ("a proof", for_token(&chain.rig, &ProofKey::new())),
    ] {
        assert_eq!(chain.exchange(&subject, "").error(), "invalid_request", "{name}");
    }
}
