//! Why each claim stands in a token: every claim of every token of every grant has a reason, and the field of the
//! registration that a reason names decides its claim.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::dpop::{ask, for_token, text};
use super::visitor::{NAME, Visitor};
use super::{Answer, Rig, basic, device};
use crate::client::{ClientDraft, ClientId, GrantType, Secret, SubjectType};
use crate::jwt::decode;
use crate::protocol::dpop::tests::ProofKey;
use crate::protocol::keys::SigningKeys;
use crate::protocol::reason::{Circumstances, Reason, Source, reasons};
use crate::protocol::signing_key::{SigningAlgorithm, TokenKind};
use crate::protocol::{access_token, id_token};

const GRANTS: [GrantType; 6] = [
    GrantType::ClientCredentials,
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::DeviceCode,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
];
const API: &str = "https://payroll.example.com";
const LEDGER: &str = "ledger";
const REDIRECT_URI: &str = "https://app.example.com/callback";
const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The tokens of one request, with their reasons.
struct Issued {
    access: Value,
    access_reasons: Vec<(String, Reason)>,
    id: Value,
    id_reasons: Vec<(String, Reason)>,
}

/// A client that may do everything, on a server of its own.
struct Desk {
    rig: Rig,
    key: ProofKey,
    client_id: ClientId,
    secret: Secret,
}

impl Desk {
    fn new(change: &dyn Fn(&mut ClientDraft)) -> Self {
        let (rig, key) = (Rig::new(), ProofKey::new());
        let eddsa = SigningKeys::prepare(&rig.registry, SigningAlgorithm::EdDsa, &rig.act()).unwrap();
        SigningKeys::replace(&rig.registry, &eddsa, &rig.act()).unwrap();
        let (client_id, secret) = rig.client("everything", |draft| {
            for grant in GRANTS {
                draft.set_grant(grant, true);
            }
            draft.require_pkce = false;
            draft.redirect_uris = vec![REDIRECT_URI.to_owned()];
            draft.scopes = ["openid", "read", "write"].map(str::to_owned).to_vec();
            draft.audience = vec![API.to_owned(), LEDGER.to_owned()];
            draft.jwks = Some(json!({ "keys": [key.jwk] }));
            change(draft);
        });
        let desk = Self {
            rig,
            key,
            client_id,
            secret,
        };
        Visitor::new(&desk.rig);
        desk
    }

    fn ask(&self, body: &str, proofs: &[&str]) -> Answer {
        let answer = ask(
            &self.rig,
            Some(&basic(&self.client_id, &self.secret)),
            body,
            proofs,
        );
        assert_eq!(answer.status, 200, "{body}: {}", answer.html());
        answer
    }

    /// The test user signs in and allows it; what the token request then is.
    fn code(&self, more: &str) -> String {
        // One request leads to one answer: each is another one.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let state = NUMBER.fetch_add(1, Ordering::Relaxed);
        let redirect_uri = form_urlencoded::byte_serialize(REDIRECT_URI.as_bytes()).collect::<String>();
        let target = format!(
            "/authorize?client_id={}&redirect_uri={redirect_uri}&response_type=code&state={state}{more}",
            self.client_id
        );
        let mut visitor = Visitor::of(&self.rig);
        let page = visitor.get(&target);
        let answer = visitor.go_on(page);
        let location = answer.header("location");
        assert!(location.contains("code="), "{more}: {location} {}", answer.html());
        let location = url::Url::parse(location).unwrap();
        let code = location
            .query_pairs()
            .find(|(name, _)| name == "code")
            .unwrap()
            .1
            .into_owned();
        format!("grant_type=authorization_code&code={code}&redirect_uri={redirect_uri}")
    }

    /// A token by a grant, asked for with everything that can be asked for, or with nothing but what must be.
    fn issue(&self, grant: GrantType, fully: bool) -> Issued {
        let proof = for_token(&self.rig, &self.key);
        let proofs: &[&str] = if fully { &[&proof] } else { &[] };
        let more = |signs_in: bool| match (fully, signs_in) {
            (true, true) => format!("&scope=openid+read&resource={API}&nonce=n"),
            (true, false) => format!("&scope=read&resource={API}"),
            (false, true) => "&scope=openid+read".to_owned(),
            (false, false) => String::new(),
        };
        let mut asked = more(matches!(
            grant,
            GrantType::AuthorizationCode | GrantType::DeviceCode
        ));
        let grant_type = grant.as_str();
        let answer = match grant {
            GrantType::AuthorizationCode => self.ask(&self.code(&asked), proofs),
            GrantType::RefreshToken => {
                let first = self.ask(&self.code("&scope=openid+read&nonce=n"), &[]);
                let token = text(&first.json(), "refresh_token").to_owned();
                self.ask(
                    &format!("grant_type={grant_type}&refresh_token={token}{asked}"),
                    proofs,
                )
            }
            GrantType::DeviceCode => {
                let begun = device::begin(
                    &self.rig,
                    Some(&basic(&self.client_id, &self.secret)),
                    asked.trim_start_matches('&'),
                );
                let begun = begun.json();
                let mut visitor = Visitor::of(&self.rig);
                device::allow(&mut visitor, text(&begun, "user_code"));
                let code = text(&begun, "device_code");
                self.ask(&format!("grant_type={grant_type}&device_code={code}"), proofs)
            }
            GrantType::TokenExchange => {
                let client = self.rig.registry.client(&self.client_id).unwrap().unwrap();
                let scope = client.draft.scopes.join("+");
                let person = self.ask(&self.code(&format!("&scope={scope}")), &[]);
                let subject = if fully {
                    self.with_may_act(text(&person.json(), "access_token"))
                } else {
                    text(&person.json(), "access_token").to_owned()
                };
                if fully {
                    let actor = self.ask("grant_type=client_credentials", &[]);
                    let actor = text(&actor.json(), "access_token").to_owned();
                    asked += &format!("&actor_token={actor}&actor_token_type={TOKEN_TYPE}");
                }
                let subject = format!("subject_token={subject}&subject_token_type={TOKEN_TYPE}");
                self.ask(&format!("grant_type={grant_type}&{subject}{asked}"), proofs)
            }
            GrantType::JwtBearer => {
                let now = self.rig.now().as_second();
                let claims = json!({
                    "iss": self.client_id.as_str(), "sub": self.client_id.as_str(), "jti": format!("assertion{asked}"),
                    "aud": self.rig.server.issuer().as_str(), "iat": now, "exp": now + 60,
                });
                let assertion = self.key.sign_text(r#"{"alg":"ES256"}"#, &claims.to_string());
                self.ask(
                    &format!("grant_type={grant_type}&assertion={assertion}{asked}"),
                    proofs,
                )
            }
            _ => self.ask(&format!("grant_type={grant_type}{asked}"), proofs),
        };
        self.explained(grant, &asked, &answer.json())
    }

    /// The same token, as if its subject let this client act.
    fn with_may_act(&self, token: &str) -> String {
        let mut claims = decode(token, None).claims;
        claims["may_act"] = json!({ "client_id": self.client_id.as_str() });
        let keys = self.rig.server.app.keys(self.rig.now()).unwrap();
        let key = keys.access_tokens().unwrap();
        key.sign(TokenKind::AccessToken, claims.to_string().as_bytes())
            .unwrap()
    }

    fn explained(&self, grant: GrantType, asked: &str, answer: &Value) -> Issued {
        let asked: Vec<(String, String)> = form_urlencoded::parse(asked.as_bytes()).into_owned().collect();
        let client = self.rig.registry.client(&self.client_id).unwrap().unwrap();
        let claims = |name: &str| {
            let token = answer.get(name).and_then(Value::as_str);
            token.map_or(Value::Null, |token| decode(token, None).claims)
        };
        let explain = |claims: &Value, reason| {
            let of = Circumstances {
                issuer: self.rig.server.issuer().as_str(),
                client: &client,
                grant,
                asked: &asked,
                claims,
            };
            reasons(&of, reason)
        };
        let (access, id) = (claims("access_token"), claims("id_token"));
        Issued {
            access_reasons: explain(&access, access_token::reason),
            id_reasons: explain(&id, id_token::reason),
            access,
            id,
        }
    }
}

fn change_of(field: &str) -> impl Fn(&mut ClientDraft) {
    let field = field.to_owned();
    move |draft| match field.as_str() {
        // Each server's client has its own.
        "client_id" => {}
        "audience" => draft.audience = vec![LEDGER.to_owned(), API.to_owned()],
        "scopes" => draft.scopes.retain(|scope| scope != "write"),
        "access_token_lifetime" => draft.access_token_lifetime = Some(300),
        "subject_type" => draft.subject_type = Some(SubjectType::Pairwise),
        "id_token_signed_response_alg" => draft.id_token_signed_response_alg = Some("EdDSA".to_owned()),
        other => panic!("no change of {other} is known here"),
    }
}

/// Every grant, asked for with nothing and with everything.
fn all_of(change: &dyn Fn(&mut ClientDraft)) -> Vec<(String, Issued)> {
    let desk = Desk::new(change);
    let ways = GRANTS
        .into_iter()
        .flat_map(|grant| [(grant, false), (grant, true)]);
    ways.map(|(grant, fully)| {
        let asked = if fully { "fully" } else { "for nothing" };
        (format!("{grant:?}, asked {asked}"), desk.issue(grant, fully))
    })
    .collect()
}

#[test]
fn every_claim_of_every_token_of_every_grant_has_a_reason_and_the_field_that_it_names_decides_it() {
    let all = all_of(&|_| ());
    let mut fields = BTreeSet::new();
    for (what, issued) in &all {
        for (claims, reasons) in [
            (&issued.access, &issued.access_reasons),
            (&issued.id, &issued.id_reasons),
        ] {
            let Some(claims) = claims.as_object() else {
                continue;
            };
            let explained: Vec<&String> = reasons.iter().map(|(name, _)| name).collect();
            assert_eq!(explained, claims.keys().collect::<Vec<_>>(), "{what}");
            for (name, reason) in reasons {
                assert!(
                    !reason.short.is_empty() && reason.why.len() > reason.short.len(),
                    "{what}: {name}"
                );
                fields.extend(reason.field);
            }
        }
    }
    for field in &fields {
        for ((what, issued), (_, other)) in all.iter().zip(all_of(&change_of(field))) {
            for (before, after, reasons) in [
                (&issued.access, &other.access, &issued.access_reasons),
                (&issued.id, &other.id, &issued.id_reasons),
            ] {
                for (claim, _) in reasons.iter().filter(|(_, reason)| reason.field == Some(*field)) {
                    assert_ne!(
                        before[claim], after[claim],
                        "{what}: {field} does not decide {claim}"
                    );
                }
            }
        }
    }
    let known = [
        "access_token_lifetime",
        "audience",
        "client_id",
        "id_token_signed_response_alg",
        "scopes",
        "subject_type",
    ];
    assert_eq!(fields.into_iter().collect::<Vec<_>>(), known);
}

#[test]
fn what_a_fault_put_there_is_said_to_be_a_fault() {
    let desk = Desk::new(&|_| ());
    let client = desk.rig.registry.client(&desk.client_id).unwrap().unwrap();
    let issued = desk.issue(GrantType::AuthorizationCode, true);
    for (claim, value) in [
        ("iss", json!("urn:chancery:fault")),
        ("aud", json!("urn:chancery:fault")),
        ("nbf", json!(1)),
        ("exp", json!(1)),
    ] {
        for (honest, reason) in [
            (
                &issued.access,
                access_token::reason as fn(&str, &Circumstances<'_>) -> Option<Reason>,
            ),
            (&issued.id, id_token::reason),
        ] {
            let mut claims = honest.clone();
            claims[claim] = value.clone();
            let of = Circumstances {
                issuer: desk.rig.server.issuer().as_str(),
                client: &client,
                grant: GrantType::AuthorizationCode,
                asked: &[("resource".to_owned(), API.to_owned())],
                claims: &claims,
            };
            assert_eq!(reason(claim, &of).unwrap().short, "a fault", "{claim}");
        }
    }
}

#[test]
fn a_reason_says_where_the_value_comes_from() {
    let source = |issued: &Issued, claim: &str| {
        let mut reasons = issued.access_reasons.iter().chain(&issued.id_reasons);
        let found = reasons.find(|(name, _)| name == claim);
        found.map(|(_, reason)| (reason.source, reason.short.clone()))
    };
    let said = |source: Source, short: &str| Some((source, short.to_owned()));
    let desk = Desk::new(&|_| ());
    let own = desk.issue(GrantType::ClientCredentials, false);
    let asked = desk.issue(GrantType::ClientCredentials, true);
    let exchanged = desk.issue(GrantType::TokenExchange, true);
    let person =
        Desk::new(&|draft| draft.access_token_lifetime = Some(300)).issue(GrantType::AuthorizationCode, true);
    let pairwise = Desk::new(&|draft| draft.subject_type = Some(SubjectType::Pairwise));
    let pairwise = pairwise.issue(GrantType::DeviceCode, false);
    let unbound = Desk::new(&|draft| draft.audience.clear()).issue(GrantType::JwtBearer, false);
    for (issued, claim, expected) in [
        (&own, "iss", said(Source::Server, "server")),
        (&own, "sub", said(Source::Registration, "client, no person")),
        (&own, "aud", said(Source::Registration, "registered first")),
        (&own, "scope", said(Source::Registration, "all registered")),
        (&own, "exp", said(Source::Server, "10 minutes, default")),
        (
            &asked,
            "aud",
            said(Source::Request("resource"), "asked, registered"),
        ),
        (
            &asked,
            "scope",
            said(Source::Request("scope"), "asked, registered"),
        ),
        (&asked, "cnf", said(Source::Request("DPoP"), "DPoP proof")),
        (&person, "sub", said(Source::Person, "user")),
        (&person, "exp", said(Source::Registration, "5 minutes, client")),
        (&person, "nonce", said(Source::Request("nonce"), "asked")),
        (&person, "amr", said(Source::Person, "password")),
        (&exchanged, "act", said(Source::Request("actor_token"), "actor")),
        (
            &exchanged,
            "may_act",
            said(Source::Request("subject_token"), "exchanged"),
        ),
        (&pairwise, "sub", said(Source::Registration, "user, pairwise")),
        (&unbound, "aud", said(Source::Server, "none registered")),
    ] {
        assert_eq!(source(issued, claim), expected, "{claim}");
    }
    assert_eq!(person.access["sub"], NAME);
}
