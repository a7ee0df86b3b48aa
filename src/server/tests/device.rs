//! `/device_authorization`, and the device code grant at `/token` (RFC 8628).

use jiff::Timestamp;
use serde_json::Value;

use super::visitor::{Form, NAME, Visitor};
use super::{Answer, Rig, basic};
use crate::client::{AuthMethod, ClientDraft, ClientId, ClientKind, GrantType, Secret};
use crate::protocol::device_authorization::MOST_WAITING;
use crate::registry::{DeviceAnswer, DeviceAuthorization, Registry, RegistryError};
use crate::server::{Listen, Options, Server};

pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(super) const WRONG: &str = "This code is not valid";

/// The window's own preset.
pub(super) fn device(draft: &mut ClientDraft) {
    ClientKind::Device.apply(draft);
    draft.scopes = ["openid", "offline_access", "read:payroll"]
        .map(str::to_owned)
        .to_vec();
}

pub(super) fn confidential(draft: &mut ClientDraft) {
    device(draft);
    draft.token_endpoint_auth_method = AuthMethod::ClientSecretBasic;
}

pub(super) fn with_a_device() -> (Rig, ClientId) {
    let rig = Rig::new();
    let (client_id, _) = rig.client("Television", device);
    (rig, client_id)
}

pub(super) fn begin(rig: &Rig, authorization: Option<&str>, body: &str) -> Answer {
    rig.post("/device_authorization", authorization, body)
}

/// The two codes of a device of a public client.
#[track_caller]
pub(super) fn codes(rig: &Rig, client_id: &ClientId, more: &str) -> (String, String) {
    let answer = begin(rig, None, &format!("client_id={client_id}{more}"));
    assert_eq!(answer.status, 200, "{}", answer.html());
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    (text("device_code"), text("user_code"))
}

pub(super) fn poll(rig: &Rig, client_id: &ClientId, device_code: &str) -> Answer {
    rig.token(
        None,
        &format!("grant_type={GRANT}&client_id={client_id}&device_code={device_code}"),
    )
}

/// Types a code; what the page that follows is.
pub(super) fn type_code(visitor: &mut Visitor<'_>, code: &str) -> Answer {
    let page = visitor.get("/device");
    visitor.post(&Form::of(&page).with("user_code", code))
}

/// Types a code and signs in where that is asked for.
pub(super) fn up_to_the_question(visitor: &mut Visitor<'_>, code: &str) -> Answer {
    let page = type_code(visitor, code);
    let form = Form::of(&page);
    if form.has("password") {
        return visitor.post(
            &form
                .with("username", NAME)
                .with("password", "correct horse battery staple"),
        );
    }
    page
}

pub(super) fn allow(visitor: &mut Visitor<'_>, code: &str) {
    let page = up_to_the_question(visitor, code);
    let done = visitor.post(&Form::of(&page));
    assert!(
        done.html().contains("You can go back to your device"),
        "{}",
        done.html()
    );
}

/// RFC 8628 §3.2.
#[test]
fn a_device_gets_two_codes_and_is_told_where_and_how_often() {
    let rig = Rig::new();
    let (public, _) = rig.client("Television", device);
    let (by_header, secret) = rig.client("Printer", confidential);
    let issuer = rig.server.issuer().as_str().to_owned();
    let basic = basic(&by_header, &secret);
    for (authorization, body) in [
        (None, format!("client_id={public}&scope=openid")),
        (Some(basic.as_str()), "scope=openid".to_owned()),
        (
            Some(basic.as_str()),
            format!("client_id={by_header}&unknown=parameter&user_code=BBBB-BBBB"),
        ),
        (
            Some(basic.as_str()),
            "resource=https://payroll.example.com".to_owned(),
        ),
    ] {
        let answer = begin(&rig, authorization, &body);
        assert_eq!(answer.status, 200, "{body}: {}", answer.html());
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let json = answer.json();
        let code = json["user_code"].as_str().unwrap();
        let letters = "BCDFGHJKLMNPQRSTVWXZ";
        assert_eq!((code.len(), &code[4..5]), (9, "-"), "{code}");
        assert!(
            code.replace('-', "").chars().all(|c| letters.contains(c)),
            "{code}"
        );
        assert_eq!(json["device_code"].as_str().unwrap().len(), 43, "256 bits");
        assert_eq!(json["verification_uri"], format!("{issuer}/device"));
        assert_eq!(
            json["verification_uri_complete"],
            format!("{issuer}/device?user_code={code}")
        );
        assert_eq!(
            (&json["expires_in"], &json["interval"]),
            (&Value::from(600), &Value::from(5))
        );
    }
}

/// RFC 8628 §3.1, with the errors of RFC 6749 §5.2.
#[test]
fn each_wrong_device_authorization_request_gets_its_code() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("Printer", confidential);
    let (public, _) = rig.client("Television", device);
    let (service, service_secret) = rig.client("service", |_| ());
    let good = basic(&client_id, &secret);
    for (body, error) in [
        ("scope=admin", "invalid_scope"),
        ("scope=openid++read:payroll", "invalid_scope"),
        ("scope=%00", "invalid_scope"),
        ("scope=openid%0d%0aread:payroll", "invalid_scope"),
        ("resource=https://other.example.com", "invalid_target"),
        ("resource=relative", "invalid_target"),
        ("resource=https://payroll.example.com%23x", "invalid_target"),
        ("scope=openid&scope=openid", "invalid_request"),
        ("client_id=a&client_id=b", "invalid_request"),
        ("client_id=other", "invalid_request"),
        ("client_secret=x", "invalid_request"),
        ("scope=%zz", "invalid_request"),
        ("scope=%ff", "invalid_request"),
    ] {
        let answer = begin(&rig, Some(&good), body);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, error),
            "{body}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{body}");
    }
    let answer = begin(&rig, Some(&basic(&service, &service_secret)), "");
    assert_eq!(
        (answer.status.as_u16(), answer.error().as_str()),
        (400, "unauthorized_client")
    );
    let wrong = basic(&client_id, &Secret::new("wrong".to_owned()));
    for (authorization, body) in [
        (None, String::new()),
        (None, format!("client_id={client_id}")),
        (None, "client_id=nobody".to_owned()),
        (None, "client_id=%00".to_owned()),
        (None, format!("client_id={public}&client_secret=x")),
        (Some(wrong.as_str()), String::new()),
    ] {
        let answer = begin(&rig, authorization, &body);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (401, "invalid_client"),
            "{body}"
        );
    }
    let get = rig.send(
        rig.request()
            .uri("/device_authorization")
            .body(axum::body::Body::empty())
            .unwrap(),
    );
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));
    let query = rig.post("/device_authorization?scope=openid", Some(&good), "");
    assert_eq!(query.error(), "invalid_request");
    assert_eq!(begin(&rig, Some(&good), &"a".repeat(1 << 20)).status, 413);
}

#[test]
fn the_tokens_are_what_the_device_asked_for_and_no_more() {
    let (rig, client_id) = with_a_device();
    let mut visitor = Visitor::new(&rig);
    for (more, scope, id_token) in [
        ("", Some("read:payroll"), false),
        ("&scope=openid", Some("openid"), true),
        (
            "&scope=read:payroll&resource=https://payroll.example.com",
            Some("read:payroll"),
            false,
        ),
    ] {
        let (device_code, user_code) = codes(&rig, &client_id, more);
        allow(&mut visitor, &user_code);
        let json = poll(&rig, &client_id, &device_code).json();
        assert_eq!(json["scope"].as_str(), scope, "{more}");
        assert_eq!(json["id_token"].is_string(), id_token, "{more}");
    }
    // RFC 8707 §2.2: the token request narrows what was asked for, and a refusal spends nothing.
    let (device_code, user_code) = codes(&rig, &client_id, "&resource=https://payroll.example.com");
    allow(&mut visitor, &user_code);
    let elsewhere = poll(&rig, &client_id, &format!("{device_code}&audience=ledger"));
    assert_eq!(elsewhere.error(), "invalid_target");
    assert_eq!(poll(&rig, &client_id, &device_code).status, 200);
    let (without_refresh, _) = rig.client("Clock", |draft| {
        device(draft);
        draft.set_grant(GrantType::RefreshToken, false);
    });
    let (device_code, user_code) = codes(&rig, &without_refresh, "");
    allow(&mut visitor, &user_code);
    assert!(
        poll(&rig, &without_refresh, &device_code)
            .json()
            .get("refresh_token")
            .is_none()
    );
}

/// RFC 8628 §5.1, RFC 6585 §4: few codes are good at a time, and nobody fills the disk.
#[test]
fn a_client_of_which_too_many_devices_wait_is_told_to_come_again() {
    let (rig, client_id) = with_a_device();
    let (other, _) = rig.client("Another television", device);
    let asked = DeviceAuthorization {
        client_id: client_id.clone(),
        scopes: Vec::new(),
        resources: Vec::new(),
        expires_at: Timestamp::from_second(rig.now().as_second() + 60).unwrap(),
        answer: DeviceAnswer::Awaited,
    };
    let fill = |registry: &Registry| -> Result<(), RegistryError> {
        for number in 0..MOST_WAITING {
            let mut code = [0; 32];
            code[..4].copy_from_slice(&number.to_be_bytes());
            assert!(registry.begin_device_authorization(&code, &code, &asked, MOST_WAITING, rig.now())?);
        }
        Ok(())
    };
    rig.registry.in_one_commit(fill).unwrap();
    let answer = begin(&rig, None, &format!("client_id={client_id}"));
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (429, "60")
    );
    assert_eq!(answer.error(), "temporarily_unavailable");
    codes(&rig, &other, "");
    rig.pass(60);
    codes(&rig, &client_id, "");
}

/// RFC 8628 §3.5.
#[test]
fn a_device_that_asks_too_often_is_told_to_slow_down_and_gets_its_tokens_all_the_same() {
    let (rig, client_id) = with_a_device();
    let (device_code, user_code) = codes(&rig, &client_id, "");
    let written = rig.registry.data_version().unwrap();
    for (after, error) in [
        (0, "authorization_pending"),
        (5, "authorization_pending"),
        (4, "slow_down"), // 10 s from now on
        (9, "slow_down"), // 15 s
        (15, "authorization_pending"),
        (14, "slow_down"), // 20 s
        (20, "authorization_pending"),
    ] {
        rig.pass(after);
        let answer = poll(&rig, &client_id, &device_code);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, error),
            "after {after} s"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let now = rig.registry.data_version().unwrap();
    assert_eq!(now, written, "a device that waits has nothing written");
    let (another, _) = codes(&rig, &client_id, "");
    assert_eq!(
        poll(&rig, &client_id, &another).error(),
        "authorization_pending",
        "each has its own interval"
    );
    allow(&mut Visitor::new(&rig), &user_code);
    assert_eq!(poll(&rig, &client_id, &device_code).status, 200);
}

/// RFC 8628 §3.5, RFC 6749 §5.2.
#[test]
fn each_wrong_device_code_gets_its_answer() {
    let (rig, client_id) = with_a_device();
    let (other, _) = rig.client("Another television", device);
    let (service, service_secret) = rig.client("service", |_| ());
    let (device_code, user_code) = codes(&rig, &client_id, "");
    for (client_id, code, error) in [
        (&client_id, "", "invalid_request"),
        (&client_id, "nothing", "invalid_grant"),
        (&client_id, "%00", "invalid_grant"),
        (&client_id, "a%0d%0ab", "invalid_grant"),
        (&client_id, user_code.as_str(), "invalid_grant"),
        (&other, device_code.as_str(), "invalid_grant"),
        (&client_id, "a&device_code=b", "invalid_request"),
    ] {
        let answer = poll(&rig, client_id, code);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, error),
            "{code}"
        );
    }
    let answer = rig.token(
        Some(&basic(&service, &service_secret)),
        &format!("grant_type={GRANT}&device_code=x"),
    );
    assert_eq!(answer.error(), "unauthorized_client");
    // Another client neither learns of the answer nor spends it.
    allow(&mut Visitor::new(&rig), &user_code);
    assert_eq!(poll(&rig, &other, &device_code).error(), "invalid_grant");
    assert_eq!(poll(&rig, &client_id, &device_code).status, 200);
}

#[test]
fn a_device_code_is_good_once_and_a_second_use_ends_what_came_of_the_first() {
    let (rig, client_id) = with_a_device();
    let (device_code, user_code) = codes(&rig, &client_id, "&scope=openid");
    allow(&mut Visitor::new(&rig), &user_code);
    let tokens = poll(&rig, &client_id, &device_code).json();
    let userinfo = || {
        let token = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let request = rig.request().uri("/userinfo").header("authorization", token);
        rig.send(request.body(axum::body::Body::empty()).unwrap()).status
    };
    assert_eq!(userinfo(), 200);
    rig.pass(700);
    // Also after the codes' own time: it is known as long as something of its grant lives.
    assert_eq!(poll(&rig, &client_id, &device_code).error(), "invalid_grant");
    assert_eq!(userinfo(), 401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let refreshed = rig.token(
        None,
        &format!("grant_type=refresh_token&client_id={client_id}&refresh_token={refresh}"),
    );
    assert_eq!(refreshed.error(), "invalid_grant");
    assert_eq!(poll(&rig, &client_id, &device_code).error(), "invalid_grant");
}

#[test]
fn a_person_says_no_and_the_device_learns_it() {
    let (rig, client_id) = with_a_device();
    let (device_code, user_code) = codes(&rig, &client_id, "");
    let mut visitor = Visitor::new(&rig);
    let question = up_to_the_question(&mut visitor, &user_code);
    let done = visitor.post(&Form::of(&question).to("/device/deny"));
    assert!(
        done.html().contains("Your device is not connected"),
        "{}",
        done.html()
    );
    for _ in 0..2 {
        assert_eq!(poll(&rig, &client_id, &device_code).error(), "access_denied");
    }
    // The first answer is the answer.
    let late = visitor.post(&Form::of(&question));
    assert!(late.html().contains("Your device is not connected"));
    assert_eq!(poll(&rig, &client_id, &device_code).error(), "access_denied");
}

#[test]
fn what_was_allowed_and_is_taken_back_before_the_device_comes_is_a_no() {
    let (rig, client_id) = with_a_device();
    let (device_code, user_code) = codes(&rig, &client_id, "");
    allow(&mut Visitor::new(&rig), &user_code);
    rig.registry
        .withdraw_consent(NAME, &client_id, &rig.act())
        .unwrap();
    assert_eq!(poll(&rig, &client_id, &device_code).error(), "access_denied");
}

/// RFC 8628 §3.5: `expired_token`; and an hour later nothing is known of it any more.
#[test]
fn codes_are_over_after_ten_minutes() {
    let (rig, client_id) = with_a_device();
    let mut visitor = Visitor::new(&rig);
    let (waiting, user_code) = codes(&rig, &client_id, "");
    let (allowed, in_time) = codes(&rig, &client_id, "");
    rig.pass(599);
    let question = up_to_the_question(&mut visitor, &user_code);
    assert!(question.html().contains("Allow Television?"));
    allow(&mut visitor, &in_time);
    assert_eq!(poll(&rig, &client_id, &waiting).error(), "authorization_pending");
    rig.pass(1);
    for code in [&waiting, &allowed] {
        assert_eq!(poll(&rig, &client_id, code).error(), "expired_token");
    }
    let late = visitor.post(&Form::of(&question));
    assert!(
        late.status == 400 && late.html().contains("its code is over"),
        "{}",
        late.html()
    );
    assert!(type_code(&mut visitor, &user_code).html().contains(WRONG));
    // Whatever is written sweeps, and what is written next waits for that.
    let sweep = || [(); 2].map(|()| codes(&rig, &client_id, ""));
    rig.pass(1_800);
    sweep();
    assert_eq!(
        poll(&rig, &client_id, &allowed).error(),
        "expired_token",
        "not a no"
    );
    rig.pass(1_800);
    sweep();
    assert_eq!(poll(&rig, &client_id, &waiting).error(), "invalid_grant");
}

#[test]
fn codes_outlive_the_server_and_stand_nowhere_in_clear() {
    let (rig, client_id) = with_a_device();
    let (device_code, user_code) = codes(&rig, &client_id, "&scope=read:payroll");
    for name in ["registry", "registry-wal"] {
        let stored = std::fs::read(rig.registry.path().with_file_name(name)).unwrap();
        let stands = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
        for secret in [&device_code, &user_code, &user_code.replace('-', "")] {
            assert!(!stands(secret), "{name}");
        }
        assert!(
            name == "registry" || stands("[\"read:payroll\"]"),
            "the search finds what there is"
        );
    }
    for entry in rig.server.requests() {
        let told = format!("{entry} {entry:?}");
        assert!(
            !told.contains(&device_code) && !told.contains(&user_code),
            "{told}"
        );
    }
    let mut options = Options::new(rig.registry.another().unwrap(), "tester");
    options.listen = Listen::AnyPort;
    let seconds = std::sync::Arc::clone(&rig.seconds);
    options.clock = std::sync::Arc::new(move || super::time(&seconds));
    // Dropped first, as if it had stopped.
    let Rig {
        registry,
        server,
        seconds,
        _folder,
    } = rig;
    drop(server);
    let rig = Rig {
        registry,
        server: Server::start(options).unwrap(),
        seconds,
        _folder,
    };
    assert_eq!(
        poll(&rig, &client_id, &device_code).error(),
        "authorization_pending"
    );
    allow(&mut Visitor::new(&rig), &user_code);
    assert_eq!(poll(&rig, &client_id, &device_code).status, 200);
}
