//! Tables of what people paste, and of what the tester has to say of it.

use proptest::prelude::*;

use super::super::{Cause, Part, Shape, find_match};
use super::*;
use crate::client::ClientKind;

const REGISTERED: &str = "https://app.example.com/callback";

fn with(kind: ClientKind, uris: &[&str]) -> ClientDraft {
    let mut draft = kind.preset();
    draft.redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
    draft
}

fn web(pasted: &str) -> Trial {
    put_to_the_test(&with(ClientKind::Web, &[REGISTERED]), pasted).unwrap()
}

#[test]
fn whatever_was_pasted_the_redirect_uri_in_it_is_found() {
    let request = "https://id.example/authorize?response_type=code&client_id=a&redirect_uri=";
    for (pasted, address, shape) in [
        (REGISTERED.to_owned(), REGISTERED, Shape::Address),
        (format!("  '{REGISTERED}'\n"), REGISTERED, Shape::Address),
        ("/callback".to_owned(), "/callback", Shape::Address),
        (
            format!("{request}https%3A%2F%2Fapp.example.com%2Fcallback&state=x"),
            REGISTERED,
            Shape::Request,
        ),
        (format!("{request}{REGISTERED}&state=x"), REGISTERED, Shape::Request),
        (
            format!("{request}https%3A%2F%2Fapp.example.com%2Fcallback%3Fa%3D1%26b%3D2"),
            "https://app.example.com/callback?a=1&b=2",
            Shape::Request,
        ),
        (
            "https://id.example/login?returnTo=%2Fauthorize%3Fclient_id%3Da%26redirect_uri%3D\
             https%253A%252F%252Fapp.example.com%252Fcallback%26state%3Dx"
                .to_owned(),
            REGISTERED,
            Shape::Request,
        ),
        (
            "10.0.0.1 - - [25/Nov/2026:10:00:00 +0000] \"GET /authorize?client_id=a&redirect_uri=\
             https%3A%2F%2Fapp.example.com%2Fcallback HTTP/1.1\" 400 612"
                .to_owned(),
            REGISTERED,
            Shape::Request,
        ),
        (
            r#"{"client_id":"a","redirect_uri":"https:\/\/app.example.com\/callback","post_logout_redirect_uri":"https://b.example"}"#
                .to_owned(),
            REGISTERED,
            Shape::Request,
        ),
        (
            "Error 400: redirect_uri_mismatch. If you're the developer, register redirect_uri: https://app.example.com/callback."
                .to_owned(),
            REGISTERED,
            Shape::Request,
        ),
        (
            format!("AADSTS50011: The redirect URI '{REGISTERED}' specified in the request does not match"),
            REGISTERED,
            Shape::Text,
        ),
        (
            format!("curl -v \"{REGISTERED}?tenant=7\" -H 'Accept: */*'"),
            "https://app.example.com/callback?tenant=7",
            Shape::Text,
        ),
        (
            "10:00:00 opened com.example.app:/callback on the device".to_owned(),
            "com.example.app:/callback",
            Shape::Text,
        ),
    ] {
        let read = read(&pasted).unwrap();
        assert_eq!((read.address.as_str(), read.shape), (address, shape), "{pasted}");
        assert!(!read.encoded_twice, "{pasted}");
    }
    for (pasted, why) in [
        ("", Unread::Nothing),
        (" \n", Unread::Nothing),
        ("it did not work", Unread::NoAddress),
        (
            "https://id.example/authorize?client_id=a&request_uri=urn:example:1",
            Unread::NoRedirectUri,
        ),
    ] {
        assert_eq!(read(pasted), Err(why), "{pasted}");
    }
}

#[test]
fn of_the_address_where_the_browser_ended_neither_code_nor_token_is_kept() {
    for (pasted, address, left_out) in [
        (
            "?code=Secret&state=abc&iss=https%3A%2F%2Fid.example",
            "",
            &["code", "state", "iss"][..],
        ),
        ("?tenant=7&code=Secret&state=abc", "?tenant=7", &["code", "state"]),
        (
            "?error=access_denied&error_description=No",
            "",
            &["error", "error_description"],
        ),
        (
            "#access_token=Secret&token_type=Bearer",
            "",
            &["access_token", "token_type"],
        ),
        ("#/done?code=Secret&state=abc", "#/done", &["code", "state"]),
        ("?code=Secret#_=_", "", &["code"]),
        ("?state=7", "?state=7", &[]),
    ] {
        let read = read(&format!("{REGISTERED}{pasted}")).unwrap();
        assert_eq!(read.address, format!("{REGISTERED}{address}"), "{pasted}");
        assert_eq!(read.left_out, left_out, "{pasted}");
    }
    assert_eq!(
        web(&format!("{REGISTERED}?code=Secret&state=a")).verdict,
        Verdict::Exact
    );
}

#[test]
fn each_part_that_differs_is_named_with_what_may_be_behind_it() {
    use Cause::*;
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (registered, requested, part, causes) in [
        (
            REGISTERED,
            "http://app.example.com/callback",
            Part::Scheme,
            vec![Unencrypted],
        ),
        (
            REGISTERED,
            "https://App.example.com/callback",
            Part::Host,
            vec![Case],
        ),
        (REGISTERED, "https://app.example.org/callback", Part::Host, vec![]),
        (
            "https://www.example.com/cb",
            "https://example.com/cb",
            Part::Host,
            vec![Www],
        ),
        (
            "https://xn--bcher-kva.example/cb",
            "https://bücher.example/cb",
            Part::Host,
            vec![Internationalised],
        ),
        (
            "http://127.0.0.1/cb",
            "http://localhost/cb",
            Part::Host,
            vec![Loopback],
        ),
        (
            REGISTERED,
            "https://app.example.com:443/callback",
            Part::Port,
            vec![UsualPort],
        ),
        (
            REGISTERED,
            "https://app.example.com:8443/callback",
            Part::Port,
            vec![],
        ),
        (
            "http://127.0.0.1/cb",
            "http://127.0.0.1:5000/cb",
            Part::Port,
            vec![FixedPort],
        ),
        (
            REGISTERED,
            "https://app.example.com/callback/",
            Part::Path,
            vec![LastSlash],
        ),
        (
            REGISTERED,
            "https://app.example.com/Callback",
            Part::Path,
            vec![Case],
        ),
        (
            REGISTERED,
            "https://app.example.com/call%62ack",
            Part::Path,
            vec![Encoding],
        ),
        (
            REGISTERED,
            "https://app.example.com/call\u{200b}back",
            Part::Path,
            vec![Hidden("/call<U+200B>back".to_owned())],
        ),
        (
            "https://a.example/cb?a=1&b=2",
            "https://a.example/cb?b=2&a=1",
            Part::Query,
            vec![Order],
        ),
        (
            "https://a.example/cb?a=1&b=2",
            "https://a.example/cb?a=3&c=4",
            Part::Query,
            vec![Missing(names(&["b"])), Added(names(&["c"])), Value(names(&["a"]))],
        ),
        (
            REGISTERED,
            "https://app.example.com/callback?",
            Part::Query,
            vec![],
        ),
        (
            REGISTERED,
            "https://app.example.com/callback#top",
            Part::Fragment,
            vec![],
        ),
        (
            REGISTERED,
            "https://me@app.example.com/callback",
            Part::UserInfo,
            vec![],
        ),
        (
            "com.example.app:/cb",
            "com.example.App:/cb",
            Part::Scheme,
            vec![Case],
        ),
    ] {
        let trial = put_to_the_test(&with(ClientKind::Web, &[registered]), requested).unwrap();
        let differences = trial.nearest.unwrap().differences();
        let told: Vec<_> = differences
            .into_iter()
            .map(|difference| (difference.part, difference.causes))
            .collect();
        assert_eq!(told, [(part, causes)], "{requested}");
    }
}

#[test]
fn the_nearest_is_the_one_that_a_person_would_take_for_it() {
    let draft = with(
        ClientKind::Web,
        &[
            "https://app.example.com/callback",
            "https://staging.example.com/callback",
            "https://app.example.com/auth/oidc/callback",
            "http://localhost:3000/callback",
        ],
    );
    for (requested, nearest) in [
        ("https://app.example.com/callback/", 0),
        ("http://app.example.com/callback", 0),
        ("https://staging.example.com:8443/callback", 1),
        ("https://app.example.com/auth/oidc/callback/", 2),
        ("http://localhost:8080/callback", 3),
        ("http://127.0.0.1:3000/callback", 3),
    ] {
        let trial = put_to_the_test(&draft, requested).unwrap();
        assert_eq!(
            trial.nearest.unwrap().registered,
            draft.redirect_uris[nearest],
            "{requested}"
        );
    }
}

#[test]
fn what_to_register_breaks_no_rule_and_else_the_application_is_told_what_to_send() {
    let native = ["http://127.0.0.1/cb", "com.example.app:/cb"];
    for (kind, registered, requested, register, told) in [
        (
            ClientKind::Web,
            &[REGISTERED][..],
            "https://app.example.com/callback/",
            Some("https://app.example.com/callback/"),
            "or have the application send",
        ),
        (
            ClientKind::Web,
            &[REGISTERED],
            "http://app.example.com/callback",
            None,
            "Have the application send https://app.example.com/callback, which is registered",
        ),
        (
            ClientKind::Web,
            &[REGISTERED],
            "http://app.example.com/other",
            Some("https://app.example.com/other"),
            "and register that",
        ),
        (
            ClientKind::Web,
            &[REGISTERED],
            "https://app.example.com/#/callback",
            Some("https://app.example.com/"),
            "It cannot be registered",
        ),
        (
            ClientKind::Web,
            &[REGISTERED],
            "javascript:alert(1)",
            None,
            "It cannot be registered. Use https",
        ),
        (
            ClientKind::Native,
            &native,
            "http://127.0.0.1:51004/other",
            Some("http://127.0.0.1/other"),
            "without a port",
        ),
        (
            ClientKind::Web,
            &[],
            "https://app.example.com/callback",
            Some("https://app.example.com/callback"),
            "Register https://app.example.com/callback",
        ),
    ] {
        let trial = put_to_the_test(&with(kind, registered), requested).unwrap();
        assert_eq!(trial.remedy.register.as_deref(), register, "{requested}");
        let advice = trial.remedy.advice.join("\n");
        assert!(advice.contains(told), "{advice}");
    }
}

#[test]
fn a_second_encoding_is_what_failed_even_where_the_address_is_registered() {
    let request =
        "https://id.example/authorize?redirect_uri=https%253A%252F%252Fapp.example.com%252Fcallback";
    let trial = web(request);
    assert!(trial.pasted.encoded_twice);
    assert_eq!(
        (trial.verdict, trial.remedy.register),
        (Verdict::EncodedTwice, None)
    );
    let other = web(&request.replace("callback", "other"));
    assert_eq!(other.verdict, Verdict::Differs);
    assert!(other.remedy.advice[0].contains("twice"));
}

#[test]
fn an_address_that_is_registered_against_the_rules_is_said_to_count_never() {
    let draft = with(ClientKind::Web, &["http://app.example.com/cb"]);
    let trial = put_to_the_test(&draft, "http://app.example.com/cb").unwrap();
    assert_eq!(trial.verdict, Verdict::Unsound(Rule::RedirHttp));
    assert_eq!(
        trial.remedy.register.as_deref(),
        Some("https://app.example.com/cb"),
        "{:?}",
        trial.remedy
    );
}

#[test]
fn a_paste_of_ten_megabytes_is_read_in_part_and_at_once() {
    let long = format!("{REGISTERED}?code={}", "a".repeat(10 << 20));
    assert_eq!(read(&long).unwrap().address, REGISTERED);
    let letters = "ä".repeat(5 << 20);
    assert_eq!(read(&letters).unwrap().address.len(), 65_536);
}

proptest! {
    #[test]
    fn the_tester_and_the_matcher_never_disagree(
        registered in "https?://(localhost|127\\.0\\.0\\.1|app\\.example)(:[0-9]{1,4})?/[a-c/]{0,3}(\\?[ab]=1)?",
        requested in "https?://(localhost|127\\.0\\.0\\.1|app\\.example)(:[0-9]{1,4})?/[a-c/]{0,3}(\\?[ab]=1)?",
        kind in prop_oneof![Just(ClientKind::Web), Just(ClientKind::Native)],
    ) {
        let draft = with(kind, &[&registered]);
        let trial = put_to_the_test(&draft, &requested).unwrap();
        let sound: Vec<_> = RedirectUri::parse(&registered).into_iter().collect();
        let matched = find_match(&sound, &requested, draft.application_type);
        prop_assert_eq!(trial.verdict.matches(), matched.is_ok());
        if let Err(mismatch) = matched {
            prop_assert_eq!(mismatch.nearest, trial.nearest.map(|nearest| nearest.registered));
        }
    }
}
