//! `/authorize` with what `/par` has given (RFC 9126 §4, §6, §7).

use proptest::test_runner::{Config as ProptestConfig, TestRunner};

use super::par::*;
use super::visitor::{Form, Visitor};
use super::{Answer, Rig};
use crate::client::{ClientDraft, ClientId};
use crate::protocol::pushed_request::PREFIX;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The reference that a public client gets.
#[track_caller]
fn reference(rig: &Rig, client_id: &ClientId, more: &[(&str, &str)]) -> String {
    let answer = push(rig, None, &request(client_id, more));
    assert_eq!(answer.status, 201, "{}", answer.html());
    answer.json()["request_uri"].as_str().unwrap().to_owned()
}

fn code(answer: &Answer) -> Option<String> {
    let query = answer
        .header("location")
        .strip_prefix(&format!("{REDIRECT_URI}?"))?;
    let mut pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.find(|(name, _)| name == "code").map(|(_, code)| code)
}

fn is_page_of_refusal(answer: &Answer) -> bool {
    answer.status == 400
        && answer.header("location").is_empty()
        && answer.header("content-type").starts_with("text/html")
        && answer.html().contains("The parameter request_uri")
}

fn target(client_id: &ClientId, reference: &str) -> String {
    format!("/authorize?client_id={client_id}&request_uri={reference}")
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

/// RFC 9126 §7.4: the registration may have changed since.
#[test]
fn a_pushed_request_is_held_against_the_registration_as_it_is_now() {
    type Change = (fn(&mut ClientDraft), Option<&'static str>);
    let changes: [Change; 3] = [
        (|_| (), None),
        (
            |draft| draft.scopes.retain(|scope| scope != "read:payroll"),
            Some("error=invalid_scope"),
        ),
        (
            |draft| draft.redirect_uris = vec!["https://app.example.com/elsewhere".to_owned()],
            Some(""),
        ),
    ];
    for (change, refused) in changes {
        let rig = Rig::new();
        let (client_id, _) = rig.client("portal", public);
        let reference = reference(&rig, &client_id, &[]);
        let client = rig.registry.client(&client_id).unwrap().unwrap();
        let mut draft = client.draft.clone();
        change(&mut draft);
        rig.registry
            .update_client(&client_id, client.version, draft, None, &rig.act())
            .unwrap();
        let answer = Visitor::of(&rig).get(&target(&client_id, &reference));
        let location = answer.header("location");
        match refused {
            None => assert_eq!(answer.status, 200),
            Some("") => assert_eq!((answer.status.as_u16(), location), (400, "")),
            Some(error) => assert!(location.contains(error), "{location}"),
        }
    }
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
