//! `/device`, where a person answers for a device (RFC 8628 §3.3, §5).

use proptest::test_runner::{Config as ProptestConfig, TestRunner};
use serde_json::Value;

use super::Answer;
use super::device::*;
use super::visitor::{Form, NAME, Visitor};
use crate::client::{ClientDraft, GrantType, Status};
use crate::protocol::user_code::ATTEMPTS;

/// RFC 8628 §3.3, §3.4.
#[test]
fn a_person_allows_a_device_and_the_device_stays_signed_in() {
    let (rig, client_id) = with_a_device();
    let (device_code, user_code) = codes(&rig, &client_id, "&scope=openid+offline_access+read:payroll");
    assert_eq!(
        poll(&rig, &client_id, &device_code).error(),
        "authorization_pending"
    );
    let mut visitor = Visitor::new(&rig);
    let question = up_to_the_question(&mut visitor, &user_code.to_lowercase().replace('-', " "));
    let html = question.html();
    for shown in [
        "Television",
        "Stay signed in while you are away",
        "read:payroll",
        &user_code,
        NAME,
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(!html.contains("You go back to"), "there is nowhere to go back to");
    let own_address = visitor.at.clone();
    assert_eq!(visitor.get(&own_address).html(), html, "loaded again");
    let done = visitor.post(&Form::of(&question));
    assert!(done.html().contains("You can go back to your device"));
    assert_eq!(visitor.get(&own_address).html(), done.html(), "loaded again");

    let tokens = poll(&rig, &client_id, &device_code);
    assert_eq!(tokens.status, 200, "{}", tokens.html());
    assert_eq!(tokens.header("cache-control"), "no-store");
    let json = tokens.json();
    assert_eq!(json["scope"], "openid offline_access read:payroll");
    assert!(json["id_token"].is_string());
    let claims = tokens.claims();
    assert_eq!(
        (&claims["sub"], &claims["aud"]),
        (&Value::from(NAME), &Value::from("https://payroll.example.com"))
    );
    assert_eq!(claims["client_id"], client_id.as_str());
    rig.pass(29 * 24 * 3600);
    let refresh = json["refresh_token"].as_str().unwrap();
    let refreshed = rig.token(
        None,
        &format!("grant_type=refresh_token&client_id={client_id}&refresh_token={refresh}"),
    );
    assert_eq!(refreshed.status, 200, "{}", refreshed.html());

    // RFC 8628 §3.3: asked again for the next device, though this client was allowed before.
    let (_, another) = codes(&rig, &client_id, "&scope=openid");
    assert!(
        up_to_the_question(&mut visitor, &another)
            .html()
            .contains("Allow Television?")
    );
}

/// RFC 8628 §5.1: nothing tells a code that there never was from one that is over or answered.
#[test]
fn unknown_expired_and_used_codes_get_one_answer() {
    let (rig, client_id) = with_a_device();
    let mut visitor = Visitor::new(&rig);
    let (_, expired) = codes(&rig, &client_id, "");
    rig.pass(600);
    let (device_code, spent) = codes(&rig, &client_id, "");
    let (_, allowed) = codes(&rig, &client_id, "");
    let (_, denied) = codes(&rig, &client_id, "");
    allow(&mut visitor, &spent);
    assert_eq!(poll(&rig, &client_id, &device_code).status, 200);
    allow(&mut visitor, &allowed);
    let question = up_to_the_question(&mut visitor, &denied);
    visitor.post(&Form::of(&question).to("/device/deny"));
    let mut answers = Vec::new();
    for typed in [
        expired.as_str(),
        &spent,
        &allowed,
        &denied,
        "BBBB-BBBB",
        "not a code",
        "1",
        "\0",
        "\u{202e}WDJB",
    ] {
        let answer = type_code(&mut visitor, typed);
        assert_eq!(answer.status, 400, "{typed}");
        let html = answer.html();
        assert!(html.contains(WRONG), "{typed}");
        let shown = Form::of(&answer)
            .fields
            .into_iter()
            .find(|(name, _)| name == "user_code");
        answers.push(html.replace(&format!("value=\"{}\"", shown.unwrap().1), ""));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

/// RFC 8628 §5.1.
#[test]
fn whoever_tries_codes_is_stopped_and_others_are_not() {
    let (rig, client_id) = with_a_device();
    let (_, user_code) = codes(&rig, &client_id, "");
    let mut signed_in = Visitor::new(&rig);
    up_to_the_question(&mut signed_in, &user_code);
    for attempt in 0..ATTEMPTS {
        // A browser that drops its cookies each time counts no less.
        let mut guessing = Visitor::of(&rig);
        assert!(
            type_code(&mut guessing, "BBBB-BBBB").html().contains(WRONG),
            "{attempt}"
        );
    }
    let stopped = type_code(&mut Visitor::of(&rig), &user_code);
    assert_eq!(
        (stopped.status.as_u16(), stopped.header("retry-after")),
        (429, "60")
    );
    assert!(
        stopped
            .html()
            .contains("Too many codes were tried. Try again in 60 s")
    );
    assert!(
        type_code(&mut signed_in, &user_code)
            .html()
            .contains("Allow Television?")
    );
    rig.pass(60);
    assert!(
        type_code(&mut Visitor::of(&rig), &user_code)
            .html()
            .contains("Sign in")
    );
}

/// RFC 8628 §3.3.1.
#[test]
fn the_code_of_the_complete_address_is_there_and_must_be_confirmed() {
    let (rig, client_id) = with_a_device();
    let (device_code, user_code) = codes(&rig, &client_id, "");
    let mut visitor = Visitor::new(&rig);
    let page = visitor.get(&format!("/device?user_code={user_code}"));
    assert!(
        page.html()
            .contains("Go on only if your device shows this very code")
    );
    assert!(
        Form::of(&page)
            .fields
            .contains(&("user_code".to_owned(), user_code))
    );
    assert_eq!(
        poll(&rig, &client_id, &device_code).error(),
        "authorization_pending",
        "opening it does nothing"
    );
    let done = visitor.go_on(page);
    assert!(
        done.html().contains("You can go back to your device"),
        "{}",
        done.html()
    );
    assert_eq!(poll(&rig, &client_id, &device_code).status, 200);
    for query in [
        "user_code=",
        "user_code=%00",
        "user_code=%zz",
        "user_code=<script>",
        "user_code=A&user_code=B",
        "user_code=%22%3E%3Cscript%3E",
        "other=x",
        "interaction",
        "interaction=x&user_code=y",
    ] {
        let page = visitor.get(&format!(
            "/device?{}",
            query.replace('<', "%3C").replace('>', "%3E")
        ));
        assert_eq!(page.status, 200, "{query}");
        assert!(
            Form::of(&page)
                .fields
                .contains(&("user_code".to_owned(), String::new())),
            "{query}"
        );
        assert!(!page.html().contains("<script"), "{query}");
    }
    assert_eq!(visitor.get("/device?interaction=x").status, 400);
}

#[test]
fn only_this_servers_own_pages_in_the_same_browser_count() {
    let (rig, client_id) = with_a_device();
    let (device_code, user_code) = codes(&rig, &client_id, "");
    let mut visitor = Visitor::new(&rig);
    let code_form = Form::of(&visitor.get("/device")).with("user_code", &user_code);
    let question = Form::of(&up_to_the_question(&mut visitor, &user_code));
    let mut stranger = Visitor::of(&rig);
    stranger.get("/device");
    for form in [&code_form, &question, &question.clone().to("/device/deny")] {
        let is_refused = |answer: &Answer| answer.status == 400 && answer.html().contains("no longer counts");
        for origin in ["https://evil.example", "null", "http://localhost"] {
            assert!(is_refused(&visitor.post_and_stay(form, Some(origin))), "{origin}");
        }
        assert!(is_refused(
            &visitor.post_and_stay(&form.clone().with("csrf", "x"), None)
        ));
        assert!(is_refused(&visitor.post_and_stay(
            &form.clone().with("csrf", &question.fields[0].1),
            None
        )));
        if form.has("interaction") {
            // Who is not signed in is asked to do so.
            assert_eq!(stranger.post_and_stay(form, None).status, 303);
            assert!(is_refused(
                &visitor.post_and_stay(&form.clone().with("interaction", "x"), None)
            ));
        } else {
            assert!(is_refused(&stranger.post_and_stay(form, None)));
            assert!(is_refused(&Visitor::of(&rig).post_and_stay(form, None)));
        }
        let twice = format!("csrf=a&csrf=b&user_code={user_code}");
        assert_eq!(
            rig.post(
                form.action
                    .strip_prefix(rig.server.issuer().as_str())
                    .unwrap_or("/device"),
                None,
                &twice
            )
            .status,
            400
        );
    }
    assert_eq!(
        poll(&rig, &client_id, &device_code).error(),
        "authorization_pending",
        "nothing of this counted"
    );
    // What /authorize sealed is not taken here, nor the other way round.
    let sealed = visitor.at.split_once("interaction=").unwrap().1.to_owned();
    assert_eq!(
        visitor.get(&format!("/authorize?interaction={sealed}")).status,
        400
    );
    let own = Some(rig.server.issuer().as_str());
    assert_eq!(visitor.post_and_stay(&question, own).status, 303);
    assert_eq!(poll(&rig, &client_id, &device_code).status, 200);
}

#[test]
fn a_code_ends_with_the_client_and_with_what_it_was_registered_for() {
    type Change = (&'static str, fn(&mut ClientDraft), bool);
    let changes: [Change; 4] = [
        ("nothing", |_| (), true),
        (
            "scope",
            |draft| draft.scopes.retain(|scope| scope != "read:payroll"),
            false,
        ),
        ("audience", |draft| draft.audience.clear(), false),
        (
            "grant",
            |draft| {
                draft.set_grant(GrantType::AuthorizationCode, true);
                draft.redirect_uris = vec!["https://tv.example.com/cb".to_owned()];
                draft.set_grant(GrantType::DeviceCode, false);
            },
            false,
        ),
    ];
    for (what, change, counts) in changes {
        let (rig, client_id) = with_a_device();
        let mut visitor = Visitor::new(&rig);
        let (_, user_code) = codes(
            &rig,
            &client_id,
            "&scope=read:payroll&resource=https://payroll.example.com",
        );
        let client = rig.registry.client(&client_id).unwrap().unwrap();
        let mut draft = client.draft.clone();
        change(&mut draft);
        rig.registry
            .update_client(&client_id, client.version, draft, None, &rig.act())
            .unwrap();
        assert_eq!(
            !type_code(&mut visitor, &user_code).html().contains(WRONG),
            counts,
            "{what}"
        );
    }
    let (rig, client_id) = with_a_device();
    let mut visitor = Visitor::new(&rig);
    let (device_code, user_code) = codes(&rig, &client_id, "");
    let question = up_to_the_question(&mut visitor, &user_code);
    for status in [Status::Disabled, Status::Active] {
        let version = rig.registry.client(&client_id).unwrap().unwrap().version;
        rig.registry
            .set_status(&client_id, version, status, &rig.act())
            .unwrap();
        assert_eq!(visitor.post(&Form::of(&question)).status, 400, "{status:?}");
    }
    assert_eq!(poll(&rig, &client_id, &device_code).error(), "invalid_grant");
}

#[test]
fn whoever_signs_in_too_late_is_told_so() {
    let (rig, client_id) = with_a_device();
    let (_, user_code) = codes(&rig, &client_id, "");
    let mut visitor = Visitor::new(&rig);
    let page = type_code(&mut visitor, &user_code);
    assert!(Form::of(&page).has("password"));
    let address = visitor.at.clone();
    rig.pass(600);
    for late in [visitor.get(&address), visitor.go_on(page)] {
        assert_eq!(late.status, 400);
        assert!(late.html().contains("its code is over"), "{}", late.html());
    }
}

#[test]
fn no_form_breaks_the_page() {
    let (rig, client_id) = with_a_device();
    codes(&rig, &client_id, "");
    let mut runner = TestRunner::new(ProptestConfig::with_cases(64));
    runner
        .run(&("\\PC{0,60}", "[ -~]{0,60}"), |(typed, raw)| {
            let mut visitor = Visitor::of(&rig);
            let answer = type_code(&mut visitor, &typed);
            // Most of these come after the thirtieth in a minute.
            assert!(matches!(answer.status.as_u16(), 400 | 429), "{typed}");
            assert!(!answer.html().contains("<script"), "{typed}");
            let answer = rig.post("/device/allow", None, &raw);
            assert_eq!(answer.status, 400, "{raw}");
            let query: String = form_urlencoded::byte_serialize(raw.as_bytes()).collect();
            for name in ["user_code", "interaction"] {
                let answer = visitor.get(&format!("/device?{name}={query}"));
                assert!(matches!(answer.status.as_u16(), 200 | 400), "{name}={query}");
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn its_pages_cannot_be_framed_and_run_nothing() {
    let (rig, client_id) = with_a_device();
    let (_, user_code) = codes(&rig, &client_id, "");
    let mut visitor = Visitor::new(&rig);
    let question = up_to_the_question(&mut visitor, &user_code);
    let pages = [
        visitor.get("/device"),
        type_code(&mut visitor, "x"),
        visitor.post(&Form::of(&question)),
        question,
    ];
    for page in pages {
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "form-action 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert!(!page.html().contains("<script"));
    }
}
