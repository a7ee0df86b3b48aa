//! `/par`, and `/authorize` with what it gives (RFC 9126).

use proptest::test_runner::{Config as ProptestConfig, TestRunner};

use super::visitor::{Form, Visitor};
use super::{Answer, Rig, basic};
use crate::client::{AuthMethod, ClientDraft, ClientId, GrantType, Secret};
use crate::protocol::pushed_request::PREFIX;

const REDIRECT_URI: &str = "https://app.example.com/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn portal(draft: &mut ClientDraft) {
    draft.set_grant(GrantType::ClientCredentials, false);
    draft.set_grant(GrantType::AuthorizationCode, true);
    draft.redirect_uris = vec![REDIRECT_URI.to_owned()];
    draft.scopes = vec!["openid".to_owned(), "read:payroll".to_owned()];
}

fn public(draft: &mut ClientDraft) {
    portal(draft);
    draft.token_endpoint_auth_method = AuthMethod::None;
}

/// A sound request, changed: a name that is there already is replaced, one without a value is left out.
fn request(client_id: &ClientId, more: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("client_id", client_id.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid read:payroll"),
        ("state", "a state"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        pairs.retain(|(held, _)| held != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn push(rig: &Rig, authorization: Option<&str>, body: &str) -> Answer {
    rig.post("/par", authorization, body)
}

/// The reference that a public client gets.
#[track_caller]
fn reference(rig: &Rig, client_id: &ClientId, more: &[(&str, &str)]) -> String {
    let answer = push(rig, None, &request(client_id, more));
    assert_eq!(answer.status, 201, "{}", answer.html());
    answer.json()["request_uri"].as_str().unwrap().to_owned()
}

fn target(client_id: &ClientId, reference: &str) -> String {
    format!("/authorize?client_id={client_id}&request_uri={reference}")
}

fn is_page_of_refusal(answer: &Answer) -> bool {
    answer.status == 400
        && answer.header("location").is_empty()
        && answer.header("content-type").starts_with("text/html")
        && answer.html().contains("The parameter request_uri")
}

fn code(answer: &Answer) -> Option<String> {
    let query = answer
        .header("location")
        .strip_prefix(&format!("{REDIRECT_URI}?"))?;
    let mut pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.find(|(name, _)| name == "code").map(|(_, code)| code)
}

/// RFC 9126 §2.2.
#[test]
fn a_pushed_request_gets_a_reference_that_says_nothing_and_that_nobody_may_keep() {
    let rig = Rig::new();
    let (by_header, header_secret) = rig.client("by header", portal);
    let (by_body, body_secret) = rig.client("by body", |draft| {
        portal(draft);
        draft.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
    });
    let (by_nothing, _) = rig.client("public", public);
    let basic = basic(&by_header, &header_secret);
    let mut seen = Vec::new();
    for (authorization, body) in [
        (Some(basic.as_str()), request(&by_header, &[])),
        (
            None,
            request(&by_body, &[("client_secret", body_secret.expose())]),
        ),
        (None, request(&by_nothing, &[])),
    ] {
        let answer = push(&rig, authorization, &body);
        assert_eq!(answer.status, 201, "{}", answer.html());
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let json = answer.json();
        assert_eq!(json["expires_in"], 60);
        let reference = json["request_uri"].as_str().unwrap().to_owned();
        assert_eq!(reference.strip_prefix(PREFIX).unwrap().len(), 43, "256 bits");
        assert!(!seen.contains(&reference));
        seen.push(reference);
    }
    let file = std::fs::read(rig.registry.path()).unwrap();
    let log = std::fs::read(rig.registry.path().with_file_name("registry-wal")).unwrap_or_default();
    let stands_in_the_file = |text: &str| {
        let of = |stored: &[u8]| stored.windows(text.len()).any(|window| window == text.as_bytes());
        of(&file) || of(&log)
    };
    assert!(
        stands_in_the_file("&state=a+state&"),
        "the request does, so the search finds what there is"
    );
    for secret in seen.iter().map(String::as_str).chain([body_secret.expose()]) {
        assert!(!stands_in_the_file(secret), "references and credentials do not");
    }
}

/// RFC 9126 §2.3, and RFC 6749 §4.1.2.1 as it is told to the client itself.
#[test]
fn each_wrong_push_gets_its_code() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("portal", portal);
    let (other, _) = rig.client("other", public);
    let (service, service_secret) = rig.client("service", |_| ());
    let good = basic(&client_id, &secret);
    let with = |more: &[(&str, &str)]| request(&client_id, more);
    let long = "a".repeat(5_000);
    let longer = "a".repeat(20_000);
    let cases: Vec<(String, &str)> = vec![
        (with(&[("request_uri", "https://a.example/r")]), "invalid_request"),
        (with(&[("request_uri", &format!("{PREFIX}x"))]), "invalid_request"),
        (with(&[("client_id", "")]), "invalid_request"),
        (with(&[("client_id", other.as_str())]), "invalid_request"),
        (with(&[("redirect_uri", "")]), "invalid_request"),
        (
            with(&[("redirect_uri", "https://evil.example/")]),
            "invalid_request",
        ),
        (
            with(&[("redirect_uri", "https://app.example.com/callback/")]),
            "invalid_request",
        ),
        (
            with(&[("redirect_uri", "https://app.example.com/callback\r\nX: y")]),
            "invalid_request",
        ),
        (
            with(&[("redirect_uri", "https://app.example.com/callback\0")]),
            "invalid_request",
        ),
        (with(&[("response_type", "")]), "invalid_request"),
        (with(&[("response_type", "token")]), "unsupported_response_type"),
        (
            with(&[("response_type", "code id_token")]),
            "unsupported_response_type",
        ),
        (with(&[("response_mode", "fragment")]), "invalid_request"),
        (with(&[("scope", "openid admin")]), "invalid_scope"),
        (with(&[("scope", "a\0")]), "invalid_scope"),
        (with(&[("code_challenge", "")]), "invalid_request"),
        (with(&[("code_challenge_method", "plain")]), "invalid_request"),
        (with(&[("prompt", "none login")]), "invalid_request"),
        (with(&[("max_age", "soon")]), "invalid_request"),
        (with(&[("id_token_hint", "x.y.z")]), "invalid_request"),
        (with(&[("request", "x.y.z")]), "request_not_supported"),
        (with(&[("registration", "{}")]), "registration_not_supported"),
        (with(&[("resource", "https://other.example")]), "invalid_target"),
        (with(&[("state", &long)]), "invalid_request"),
        (with(&[("login_hint", &longer)]), "invalid_request"),
        (format!("{}&state=twice", with(&[])), "invalid_request"),
        (format!("{}&client_id={client_id}", with(&[])), "invalid_request"),
        (format!("{}&x=%zz", with(&[])), "invalid_request"),
        (format!("{}&x=%ff", with(&[])), "invalid_request"),
        (with(&[("client_secret", secret.expose())]), "invalid_request"),
        (String::new(), "invalid_request"),
    ];
    for (body, error) in cases {
        let answer = push(&rig, Some(&good), &body);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, error),
            "{body:.200}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{body:.200}");
        let told = answer.json()["error_description"].as_str().unwrap().to_owned();
        let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(told.bytes().all(allowed), "RFC 6749 §5.2: {told}");
        assert!(!told.contains("evil.example"), "{told}");
    }
    // The client credentials grant alone brings no browser here.
    let answer = push(
        &rig,
        Some(&basic(&service, &service_secret)),
        &request(&service, &[("redirect_uri", "")]),
    );
    assert_eq!(answer.error(), "invalid_request", "{}", answer.html());
    let stranger = ClientId::generate([0; 16]);
    for (authorization, body) in [
        (None, with(&[])),
        (None, request(&stranger, &[])),
        (None, request(&other, &[("client_secret", "x")])),
        (
            Some(basic(&client_id, &Secret::new("wrong".to_owned()))),
            with(&[]),
        ),
    ] {
        let answer = push(&rig, authorization.as_deref(), &body);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (401, "invalid_client"),
            "{body}"
        );
        assert!(answer.header("www-authenticate").starts_with("Basic"));
    }
    let get = rig.send(rig.request().uri("/par").body(axum::body::Body::empty()).unwrap());
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));
    let query = rig.post(&format!("/par?{}", with(&[])), Some(&good), &with(&[]));
    assert_eq!(query.error(), "invalid_request", "nothing in the address");
    let large = format!("{}&x={}", with(&[]), "a".repeat(1 << 20));
    assert_eq!(push(&rig, Some(&good), &large).status, 413, "RFC 9126 §2.3");
}

/// RFC 9126 §4: the request is what was pushed, whatever stands beside the reference.
#[test]
fn what_stands_beside_a_reference_is_not_looked_at() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", public);
    for beside in [
        "",
        "&redirect_uri=https%3A%2F%2Fevil.example%2F&state=evil&scope=admin&response_type=token&prompt=none",
        "&state=a&state=b",
    ] {
        let mut visitor = Visitor::new(&rig);
        let reference = reference(&rig, &client_id, &[]);
        let page = visitor.get(&format!("{}{beside}", target(&client_id, &reference)));
        let answer = visitor.go_on(page);
        assert!(code(&answer).is_some(), "{beside}: {}", answer.html());
        assert!(answer.header("location").contains("state=a+state"), "{beside}");
    }
}

#[test]
fn a_reference_that_leads_to_no_request_gets_a_page_and_nobody_is_sent_anywhere() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", public);
    let (other, _) = rig.client("other", public);
    let mut visitor = Visitor::new(&rig);
    let good = reference(&rig, &client_id, &[]);
    for wrong in [
        target(&other, &good),
        target(&client_id, PREFIX),
        target(&client_id, &format!("{PREFIX}nothing")),
        target(&client_id, &format!("{good}A")),
        target(&client_id, &format!("{PREFIX}%00")),
        target(&client_id, &good.to_uppercase()).replace("URN:IETF:PARAMS:OAUTH:REQUEST_URI:", PREFIX),
        format!("{}&request_uri={good}", target(&client_id, &good)),
        format!("{}&request=x.y.z", target(&client_id, &good)),
        // As if redirect_uri and state beside it were to be trusted.
        format!(
            "{}&redirect_uri={REDIRECT_URI}&state=x",
            target(&client_id, &format!("{PREFIX}nothing"))
        ),
    ] {
        let answer = visitor.get(&wrong);
        assert!(
            is_page_of_refusal(&answer),
            "{wrong}: {} {}",
            answer.status,
            answer.html()
        );
    }
    for wrong in [
        format!("/authorize?request_uri={good}"),
        format!("{}&client_id={client_id}", target(&client_id, &good)),
    ] {
        let answer = visitor.get(&wrong);
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (400, ""),
            "{wrong}"
        );
    }
    assert_eq!(
        visitor.get(&target(&client_id, &good)).status,
        200,
        "it is as good as before"
    );
}

/// RFC 9126 §2.2, §4: expired references are refused. §7.3: a reference is good for one answer, and loading the page again
/// is none.
#[test]
fn a_request_is_answered_once_and_its_page_can_be_loaded_again_for_half_an_hour() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", public);
    let mut visitor = Visitor::new(&rig);

    let unused = reference(&rig, &client_id, &[]);
    rig.pass(59);
    assert_eq!(visitor.get(&target(&client_id, &unused)).status, 200);
    rig.pass(1);
    assert!(is_page_of_refusal(&visitor.get(&target(&client_id, &unused))));

    let used = reference(&rig, &client_id, &[]);
    for _ in 0..2 {
        assert_eq!(
            visitor.get(&target(&client_id, &used)).status,
            200,
            "loaded again"
        );
    }
    let own_address = visitor.at.clone();
    assert!(
        !own_address.contains("urn") && own_address.len() < 300,
        "{own_address}"
    );
    rig.pass(25 * 60);
    // Somebody else's request sweeps meanwhile, and the next one waits for that.
    reference(&rig, &client_id, &[]);
    reference(&rig, &client_id, &[]);
    let page = visitor.get(&own_address);
    assert_eq!(page.status, 200, "a person may take their time");
    let answer = visitor.go_on(page);
    let first = code(&answer).unwrap_or_else(|| panic!("{}", answer.html()));
    for again in [own_address.as_str(), &target(&client_id, &used)] {
        let answer = visitor.get(again);
        assert!(is_page_of_refusal(&answer), "{}", answer.html());
    }
    let body = format!(
        "grant_type=authorization_code&client_id={client_id}&code={first}&redirect_uri={REDIRECT_URI}\
         &code_verifier={VERIFIER}"
    );
    let tokens = rig.token(None, &body);
    assert_eq!(tokens.status, 200, "{}", tokens.html());
    assert!(tokens.json().get("id_token").is_some());

    let late = reference(&rig, &client_id, &[("prompt", "login")]);
    visitor.get(&target(&client_id, &late));
    let own_address = visitor.at.clone();
    rig.pass(30 * 60);
    assert_eq!(visitor.get(&own_address).status, 400);
}

#[test]
fn two_browsers_with_one_reference_get_one_code() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", public);
    let reference = reference(&rig, &client_id, &[("prompt", "consent")]);
    let (mut first, mut second) = (Visitor::new(&rig), Visitor::of(&rig));
    let sign_in = |visitor: &mut Visitor<'_>| {
        let page = visitor.get(&target(&client_id, &reference));
        let form = Form::of(&page).with("username", super::visitor::NAME);
        visitor.post(&form.with("password", "correct horse battery staple"))
    };
    let (consent, other_consent) = (sign_in(&mut first), sign_in(&mut second));
    assert!(consent.html().contains("Allow") && other_consent.html().contains("Allow"));
    assert!(code(&first.go_on(consent)).is_some());
    assert!(is_page_of_refusal(&second.go_on(other_consent)));
}

/// A refusal is an answer too.
#[test]
fn a_request_that_was_refused_is_over() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", public);
    let mut visitor = Visitor::new(&rig);
    let silent = reference(&rig, &client_id, &[("prompt", "none")]);
    let answer = visitor.get(&target(&client_id, &silent));
    assert!(
        answer.header("location").contains("error=login_required"),
        "{}",
        answer.html()
    );
    assert!(answer.header("location").contains("&iss="), "RFC 9207");
    assert!(is_page_of_refusal(&visitor.get(&target(&client_id, &silent))));

    let denied = reference(&rig, &client_id, &[("prompt", "consent")]);
    let page = visitor.get(&target(&client_id, &denied));
    let form = Form::of(&page).with("username", super::visitor::NAME);
    let consent = visitor.post(&form.with("password", "correct horse battery staple"));
    let deny = Form::of(&consent).to("/consent/deny");
    let answer = visitor.post(&deny);
    assert!(
        answer.header("location").contains("error=access_denied"),
        "{}",
        answer.html()
    );
    assert!(is_page_of_refusal(&visitor.post(&deny)));
}

/// RFC 9126 §6.
#[test]
fn a_client_that_is_registered_to_push_is_not_served_otherwise() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("pushing", |draft| {
        public(draft);
        draft.require_pushed_authorization_requests = true;
    });
    let mut visitor = Visitor::new(&rig);
    let answer = visitor.get(&format!("/authorize?{}", request(&client_id, &[])));
    assert!(
        answer.header("location").contains("error=invalid_request"),
        "{}",
        answer.html()
    );
    let reference = reference(&rig, &client_id, &[]);
    let page = visitor.get(&target(&client_id, &reference));
    assert!(code(&visitor.go_on(page)).is_some());
}

#[test]
fn a_posted_reference_goes_on_with_a_get() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", public);
    let reference = reference(&rig, &client_id, &[]);
    let posted = rig.post(
        "/authorize",
        None,
        &format!("client_id={client_id}&request_uri={reference}"),
    );
    assert_eq!(posted.status, 303);
    let mut visitor = Visitor::new(&rig);
    let page = visitor.get(posted.header("location"));
    assert!(code(&visitor.go_on(page)).is_some());
    let posted = rig.post(
        "/authorize",
        None,
        &format!("client_id={client_id}&request_uri={PREFIX}x"),
    );
    assert!(is_page_of_refusal(&visitor.get(posted.header("location"))));
}

#[test]
fn a_request_ends_with_the_client_that_pushed_it() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", public);
    let reference = reference(&rig, &client_id, &[]);
    let status = |status| {
        let version = rig.registry.client(&client_id).unwrap().unwrap().version;
        rig.registry
            .set_status(&client_id, version, status, &rig.act())
            .unwrap();
    };
    status(crate::client::Status::Disabled);
    let refused = push(&rig, None, &request(&client_id, &[]));
    assert_eq!(refused.error(), "invalid_client");
    status(crate::client::Status::Active);
    let mut visitor = Visitor::new(&rig);
    assert!(is_page_of_refusal(&visitor.get(&target(&client_id, &reference))));
}

#[test]
fn no_reference_leads_elsewhere_or_breaks_anything() {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", public);
    let references = "[!-~]{0,60}";
    TestRunner::new(ProptestConfig::with_cases(256))
        .run(&references, |text| {
            let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let answer = Visitor::of(&rig).get(&target(&client_id, &format!("{PREFIX}{text}")));
            assert!(is_page_of_refusal(&answer), "{text}");
            let body = format!("client_id={client_id}&redirect_uri={text}&response_type=code&scope={text}");
            let answer = push(&rig, None, &body);
            assert_eq!(answer.status, 400, "{text}");
            Ok(())
        })
        .unwrap();
}
