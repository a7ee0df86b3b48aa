//! Faults: each spoils one answer to its own client, and makes nothing worth more than it was.

use std::time::{Duration, Instant};

use axum::body::Body;
use jsonwebtoken::dangerous::insecure_decode;
use serde_json::{Map, Value, json};

use super::device::{allow, codes, device, poll};
use super::sockets::tell;
use super::visitor::Visitor;
use super::{Rig, basic};
use crate::client::{ClientDraft, ClientId, GrantType, Secret, Status};
use crate::protocol::assertion::keys_of;
use crate::protocol::fault::{AUDIENCE, Fault, ISSUER, KEY_ID, SLOW_ANSWER, UsedUpBy};
use crate::protocol::jws::{self, JwsError, OURS};
use crate::registry::ResourceServer;
use crate::server::{ArmError, Limits};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A server with one client that may do everything which a fault can spoil.
struct Desk {
    rig: Rig,
    id: ClientId,
    secret: Secret,
}

/// An answer as it came over a socket.
struct Heard {
    status: u16,
    head: String,
    json: Value,
}

impl Heard {
    fn of(answer: &str) -> Option<Self> {
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some(Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_ascii_lowercase(),
            json: serde_json::from_str(body).unwrap(),
        })
    }
}

fn able(draft: &mut ClientDraft) {
    for grant in [GrantType::AuthorizationCode, GrantType::TokenExchange] {
        draft.set_grant(grant, true);
    }
    draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
    draft.require_pkce = false;
    draft.scopes = ["openid", "read"].map(str::to_owned).to_vec();
}

fn of(fault: UsedUpBy) -> impl Iterator<Item = Fault> {
    Fault::ALL
        .into_iter()
        .filter(move |one| one.used_up_by() == fault)
}

impl Desk {
    fn new() -> Self {
        let limits = Limits {
            slow_answer: Duration::from_millis(300),
            ..Limits::default()
        };
        let rig = Rig::with(|options| options.limits = limits);
        let (id, secret) = rig.client("Payroll export", able);
        Self { rig, id, secret }
    }

    #[track_caller]
    fn arm(&self, fault: Fault) {
        self.rig.server.arm(&self.id, fault).unwrap();
    }

    fn is_armed(&self) -> bool {
        self.rig.server.armed().is_some()
    }

    /// A token request over a real socket; none where the connection was closed without an answer.
    fn ask(&self, authorization: &str, body: &str) -> Option<Heard> {
        Heard::of(&tell(
            self.rig.server.address(),
            self.request(authorization, body).as_bytes(),
        ))
    }

    fn request(&self, authorization: &str, body: &str) -> String {
        format!(
            "POST /token HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.rig.server.address(),
            body.len()
        )
    }

    /// The client's own request.
    fn token(&self, body: &str) -> Option<Heard> {
        self.ask(&basic(&self.id, &self.secret), body)
    }

    fn own_token(&self) -> Heard {
        self.token("grant_type=client_credentials").unwrap()
    }

    /// A request that brings a code of Ada's.
    fn code(&self) -> String {
        let code = self.rig.code(&self.id, &["openid", "read"], None);
        format!("grant_type=authorization_code&code={code}")
    }

    fn verified(&self, token: &str) -> Result<Map<String, Value>, JwsError> {
        let jwks = self.rig.request().uri("/jwks").body(Body::empty()).unwrap();
        let keys = keys_of(&self.rig.send(jwks).json());
        jws::verify(token, &keys, &OURS).map(|verified| verified.claims)
    }

    fn introspected(&self, token: &str) -> Value {
        let caller = basic(&self.id, &self.secret);
        self.rig
            .post("/introspect", Some(&caller), &format!("token={token}"))
            .json()
    }

    fn userinfo(&self, token: &str) -> u16 {
        let request = self.rig.request().uri("/userinfo");
        let request = request.header("authorization", format!("Bearer {token}"));
        self.rig
            .send(request.body(Body::empty()).unwrap())
            .status
            .as_u16()
    }

    fn exchanged(&self, token: &str) -> u16 {
        let body = format!("grant_type={EXCHANGE}&subject_token={token}&subject_token_type={ACCESS_TOKEN}");
        self.token(&body).unwrap().status
    }

    /// What the request log says of the last token request.
    fn logged(&self) -> String {
        let requests = self.rig.server.requests();
        let mut latest = requests.iter().rev().filter(|entry| entry.path == "/token");
        latest.next().unwrap().to_string()
    }
}

fn text<'a>(heard: &'a Heard, member: &str) -> &'a str {
    heard.json[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member} in {}", heard.json))
}

fn seconds(claims: &Map<String, Value>, name: &str) -> i64 {
    claims[name].as_i64().unwrap()
}

#[test]
fn each_fault_of_a_token_makes_both_tokens_wrong_in_its_way_once() {
    let desk = Desk::new();
    let now = desk.rig.now().as_second();
    for fault in of(UsedUpBy::Token) {
        desk.arm(fault);
        let heard = desk.token(&desk.code()).unwrap();
        assert_eq!(heard.status, 200, "{fault:?}");
        assert!(desk.logged().ends_with(&format!(": fault: {}", fault.name())));
        assert!(!desk.is_armed());
        assert_eq!(desk.rig.server.used_fault().unwrap().fault, fault);
        for (member, honest_audience, kind) in [
            ("access_token", "https://payroll.example.com", "at+jwt"),
            ("id_token", desk.id.as_str(), "JWT"),
        ] {
            let token = text(&heard, member);
            let decoded = insecure_decode::<Map<String, Value>>(token).unwrap();
            let (header, claims) = (decoded.header, decoded.claims);
            let told = format!("{fault:?} {member}: {claims:?}");
            assert_eq!(header.typ.as_deref(), Some(kind), "{told}");
            let (iat, exp) = (seconds(&claims, "iat"), seconds(&claims, "exp"));
            assert!(exp <= now + 600, "never later than an honest one: {told}");
            let times = match fault {
                Fault::Expired => (now - 4_200, now - 3_600),
                Fault::ClockBehind => (now - 86_400, now + 600 - 86_400),
                Fault::ClockAhead => (now + 86_400, now + 600),
                _ => (now, now + 600),
            };
            assert_eq!((iat, exp), times, "{told}");
            let nbf = (fault == Fault::NotYetValid).then(|| json!(now + 599));
            assert_eq!(claims.get("nbf"), nbf.as_ref(), "{told}");
            let issuer = desk.rig.server.issuer().as_str();
            let (iss, aud) = match fault {
                Fault::WrongIssuer => (ISSUER, honest_audience),
                Fault::WrongAudience => (issuer, AUDIENCE),
                _ => (issuer, honest_audience),
            };
            assert_eq!(
                (&claims["iss"], &claims["aud"]),
                (&json!(iss), &json!(aud)),
                "{told}"
            );
            let signature = match fault {
                Fault::WrongKeyId | Fault::RetiredKey => Err(JwsError::Key),
                Fault::BadSignature => Err(JwsError::Signature),
                _ => Ok(()),
            };
            assert_eq!(desk.verified(token).map(drop), signature, "{told}");
            let kid = header.kid.unwrap();
            let is_thumbprint = kid.len() == 43;
            assert_eq!(
                (kid == KEY_ID, is_thumbprint),
                (fault == Fault::WrongKeyId, fault != Fault::WrongKeyId)
            );
        }
        let next = desk.token(&desk.code()).unwrap();
        for member in ["access_token", "id_token"] {
            let claims = desk.verified(text(&next, member)).unwrap();
            assert_eq!(
                (seconds(&claims, "iat"), seconds(&claims, "exp")),
                (now, now + 600)
            );
            assert_eq!(
                (&claims["iss"], claims.get("nbf")),
                (&json!(desk.rig.server.issuer().as_str()), None)
            );
        }
        assert!(!desk.logged().contains("fault"));
    }
}

#[test]
fn a_token_that_a_fault_has_made_is_worth_nothing_here() {
    let desk = Desk::new();
    let somebody = ResourceServer {
        identifier: AUDIENCE.to_owned(),
        slug: "fault".to_owned(),
        scopes: Vec::new(),
        introspecting_client: Some(desk.id.clone()),
        policy: crate::client::policy::AccessPolicy::default(),
    };
    desk.rig
        .registry
        .put_resource_server(&somebody, &desk.rig.act())
        .unwrap();
    let worth = |heard: &Heard| {
        let token = text(heard, "access_token");
        let active = desk.introspected(token)["active"] == true;
        (active, desk.userinfo(token), desk.exchanged(token))
    };
    assert_eq!(worth(&desk.token(&desk.code()).unwrap()), (true, 200, 200));
    for fault in of(UsedUpBy::Token) {
        desk.arm(fault);
        let heard = desk.token(&desk.code()).unwrap();
        assert_eq!(worth(&heard), (false, 401, 400), "{fault:?}");
        assert_eq!(
            desk.introspected(text(&heard, "access_token")),
            json!({ "active": false })
        );
    }
}

#[test]
fn a_token_that_counts_later_does_not_outlive_the_end_of_its_clients_tokens() {
    for is_ended in [false, true] {
        let desk = Desk::new();
        desk.arm(Fault::NotYetValid);
        let heard = desk.own_token();
        desk.rig.pass(10);
        if is_ended {
            desk.rig
                .registry
                .revoke_secrets(&desk.id, &desk.rig.act())
                .unwrap();
        }
        // By another client's secret the token is none of its business: the judge itself is asked.
        let lives = || {
            let app = &desk.rig.server.app;
            let keys = app.keys(app.now()).unwrap();
            let token = text(&heard, "access_token");
            let judged = app.read(|registry| {
                crate::protocol::living_token::access_token(token, &keys, app.issuer(), registry, app.now())
            });
            judged.unwrap().is_ok()
        };
        assert!(!lives());
        desk.rig.pass(589);
        assert_eq!(lives(), !is_ended, "in its last second");
        desk.rig.pass(1);
        assert!(!lives());
    }
}

#[test]
fn the_server_fails_is_unavailable_or_says_nothing_once_and_spends_nothing() {
    let desk = Desk::new();
    for (fault, status, retry_after, logged) in [
        (Fault::ServerError, Some(500), None, " 500 POST /token "),
        (
            Fault::Unavailable,
            Some(503),
            Some("retry-after: 2"),
            " 503 POST /token ",
        ),
        (Fault::DroppedConnection, None, None, " 444 POST /token "),
    ] {
        let request = desk.code();
        desk.arm(fault);
        let heard = desk.token(&request);
        assert_eq!(heard.as_ref().map(|heard| heard.status), status, "{fault:?}");
        let head = heard.map(|heard| heard.head).unwrap_or_default();
        assert_eq!(head.contains("retry-after"), retry_after.is_some());
        assert!(retry_after.is_none_or(|header| head.contains(header)), "{head}");
        let told = desk.logged();
        let ends = format!("client {}: {}", desk.id, fault.remark());
        assert!(told.contains(logged) && told.ends_with(&ends), "{told}");
        assert!(!desk.is_armed());
        let again = desk.token(&request).unwrap();
        assert_eq!(again.status, 200, "the code is good still: {}", again.json);
    }
}

#[test]
fn a_slow_answer_is_late_once_and_right_or_refused_as_it_would_have_been() {
    let desk = Desk::new();
    for (body, status, logged) in [
        ("grant_type=client_credentials", 200, ": fault: slow answer"),
        (
            "grant_type=client_credentials&scope=beyond",
            400,
            ": fault: slow answer; invalid_scope: The scope goes beyond what the client is registered for.",
        ),
    ] {
        desk.arm(Fault::SlowAnswer);
        let start = Instant::now();
        let heard = desk.token(body).unwrap();
        assert_eq!(heard.status, status, "{}", heard.json);
        assert!(start.elapsed() >= Duration::from_millis(300));
        assert!(desk.logged().ends_with(logged), "{}", desk.logged());
        assert_eq!(desk.own_token().status, 200);
        assert!(!desk.logged().contains("fault"));
    }
    let usual = Limits::default().slow_answer;
    assert!(usual == SLOW_ANSWER && usual < Duration::from_secs(15));
}

#[test]
fn a_stranger_and_another_client_use_no_fault_up() {
    let desk = Desk::new();
    let (other, others_secret) = desk.rig.client("Another", able);
    desk.rig.client("Television", device);
    let wrong = Secret::new(format!("{}x", desk.secret.expose()));
    let grant = "grant_type=client_credentials";
    for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::SlowDown) {
        desk.arm(fault);
        assert_eq!(desk.ask(&basic(&desk.id, &wrong), grant).unwrap().status, 401);
        let honest = desk.ask(&basic(&other, &others_secret), grant).unwrap();
        assert!(desk.verified(text(&honest, "access_token")).is_ok(), "{fault:?}");
        // What comes before a client has said who it is needs no secret.
        assert_eq!(desk.token("").unwrap().status, 400);
        assert!(desk.is_armed(), "{fault:?}");
    }
}

#[test]
fn a_request_that_is_refused_uses_no_fault_of_a_token_up() {
    let desk = Desk::new();
    for fault in of(UsedUpBy::Token) {
        desk.arm(fault);
        for refused in [
            "grant_type=client_credentials&scope=beyond",
            "grant_type=authorization_code&code=none",
            "grant_type=password",
        ] {
            assert_eq!(desk.token(refused).unwrap().status, 400);
            assert!(!desk.logged().contains("fault") && desk.is_armed(), "{fault:?}");
        }
        assert_eq!(desk.own_token().status, 200);
        assert!(!desk.is_armed());
    }
}

/// RFC 8628 §3.5.
#[test]
fn a_device_is_slowed_down_once_and_waits_longer_from_then_on() {
    let rig = Rig::new();
    let (id, _) = rig.client("Television", device);
    let (other, _) = rig.client("Another television", device);
    let (code, user_code) = codes(&rig, &id, "");
    let (others, _) = codes(&rig, &other, "");
    rig.server.arm(&id, Fault::SlowDown).unwrap();
    assert_eq!(poll(&rig, &other, &others).error(), "authorization_pending");
    assert_eq!(poll(&rig, &id, "none").error(), "invalid_grant");
    assert!(rig.server.armed().is_some());
    assert_eq!(poll(&rig, &id, &code).error(), "slow_down");
    assert!(rig.server.armed().is_none());
    let told = rig.server.requests().pop().unwrap().to_string();
    assert!(told.ends_with(": fault: slow_down"), "{told}");
    for (after, error) in [(9, "slow_down"), (15, "authorization_pending")] {
        rig.pass(after);
        assert_eq!(poll(&rig, &id, &code).error(), error, "after {after} s");
    }
    allow(&mut Visitor::new(&rig), &user_code);
    rig.server.arm(&id, Fault::SlowDown).unwrap();
    assert_eq!(poll(&rig, &id, &code).error(), "slow_down");
    assert_eq!(poll(&rig, &id, &code).status, 200, "what was allowed stays so");
}

#[test]
fn a_fault_that_nobody_uses_up_or_that_is_taken_back_ends() {
    let desk = Desk::new();
    desk.arm(Fault::BadSignature);
    desk.rig.pass(600);
    assert!(!desk.is_armed());
    assert!(desk.verified(text(&desk.own_token(), "access_token")).is_ok());
    desk.arm(Fault::BadSignature);
    desk.rig.server.disarm();
    assert!(!desk.is_armed());
    assert!(desk.verified(text(&desk.own_token(), "access_token")).is_ok());
    assert_eq!(desk.rig.server.used_fault(), None);
}

#[test]
fn of_many_requests_at_once_one_is_spoiled() {
    let desk = Desk::new();
    desk.own_token();
    desk.arm(Fault::BadSignature);
    let address = desk.rig.server.address();
    let request = desk.request(&basic(&desk.id, &desk.secret), "grant_type=client_credentials");
    let answers: Vec<String> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| tell(address, request.as_bytes())))
            .collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let is_spoiled = |answer: &&String| {
        let heard = Heard::of(answer).unwrap();
        desk.verified(text(&heard, "access_token")).is_err()
    };
    let spoiled = answers.iter().filter(is_spoiled).count();
    assert_eq!(spoiled, 1);
}

#[test]
fn nothing_is_armed_for_a_client_that_gets_no_answer_which_it_could_spoil() {
    let desk = Desk::new();
    let server = &desk.rig.server;
    let unknown = ClientId::parse("nobody").unwrap();
    assert!(matches!(
        server.arm(&unknown, Fault::Expired),
        Err(ArmError::UnknownClient(_))
    ));
    assert!(matches!(
        server.arm(&desk.id, Fault::SlowDown),
        Err(ArmError::NeverUsed)
    ));
    let version = desk.rig.registry.client(&desk.id).unwrap().unwrap().version;
    let registry = &desk.rig.registry;
    registry
        .set_status(&desk.id, version, Status::Disabled, &desk.rig.act())
        .unwrap();
    let refused = server.arm(&desk.id, Fault::Expired).unwrap_err();
    assert!(matches!(refused, ArmError::Disabled));
    assert_eq!(refused.advice(), "Enable the client first");
    let mut draft = able_draft();
    draft.redirect_uris = vec!["http://app.example.com/callback".to_owned()];
    let held = ClientId::parse("held").unwrap();
    registry
        .import_client(&held, &draft, Status::Active, &[], "test", &desk.rig.act())
        .unwrap();
    assert!(matches!(server.arm(&held, Fault::Expired), Err(ArmError::Held)));
    assert!(!desk.is_armed());
}

fn able_draft() -> ClientDraft {
    let mut draft = ClientDraft {
        name: "Held".to_owned(),
        ..ClientDraft::default()
    };
    able(&mut draft);
    draft
}
