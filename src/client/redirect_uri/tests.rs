//! Tables of addresses, and of what matches what.

use proptest::prelude::*;

use super::*;

#[test]
fn each_bad_redirect_uri_is_refused_for_its_own_reason() {
    for (uri, rule) in [
        ("*", Rule::RedirAny),
        ("https://*", Rule::RedirAny),
        ("https:*", Rule::RedirAny),
        ("https:", Rule::RedirAny),
        ("com.example.app:", Rule::RedirAny),
        ("https://*.example.com/cb", Rule::RedirHostWildcard),
        ("https://example.com*", Rule::RedirHostWildcard),
        ("https://example.com:*/cb", Rule::RedirHostWildcard),
        ("myapp://*/cb", Rule::RedirHostWildcard),
        ("https://example.com/*", Rule::RedirPathWildcard),
        ("https://example.com/cb/.+", Rule::RedirPathWildcard),
        ("http://example.com/cb", Rule::RedirHttp),
        ("http://127.0.0.1.example.com/cb", Rule::RedirHttp),
        ("/callback", Rule::RedirNotAbsolute),
        ("localhost:4200/callback", Rule::RedirNotAbsolute),
        ("example.com/callback", Rule::RedirNotAbsolute),
        ("https:/callback", Rule::RedirNotAbsolute),
        ("https:///callback", Rule::RedirNotAbsolute),
        ("https://example.com:99999/", Rule::RedirNotAbsolute),
        ("", Rule::RedirNotAbsolute),
        ("https://app.${DOMAIN}/cb", Rule::RedirTemplate),
        ("http://${HOST}/cb", Rule::RedirHttp),
        ("http://<host>/cb", Rule::RedirHttp),
        ("${APP_URL}/cb", Rule::RedirTemplate),
        ("https://{{ .Values.host }}/cb", Rule::RedirTemplate),
        ("https://##ENV##.ex.com/cb", Rule::RedirTemplate),
        ("https://*.${DOMAIN}/cb", Rule::RedirHostWildcard),
        ("https://ex.com/#f", Rule::RedirFragment),
        ("https://ex.com/cb#", Rule::RedirFragment),
        ("https://good@evil", Rule::RedirUserinfo),
        ("https://good.example:pw@evil.example/cb", Rule::RedirUserinfo),
        ("javascript:alert(1)", Rule::RedirBadScheme),
        ("JavaScript:alert(1)", Rule::RedirBadScheme),
        ("data:text/html,x", Rule::RedirBadScheme),
        ("file:///etc/passwd", Rule::RedirBadScheme),
        ("https://ex.com/\0", Rule::TextUnsafe),
        ("https://ex.com/\u{202e}gpj", Rule::TextUnsafe),
        ("https://ex.com\\@evil.example/", Rule::TextUnsafe),
        ("https://ex.com/a b", Rule::TextUnsafe),
        ("https://ex.com/\r\nSet-Cookie: a", Rule::TextUnsafe),
    ] {
        assert_eq!(RedirectUri::parse(uri), Err(rule), "{uri:?}");
    }
    assert_eq!(
        RedirectUri::parse(&format!("https://ex.com/{}", "a".repeat(100_000))),
        Err(Rule::TextTooLong)
    );
}

#[test]
fn sound_redirect_uris_are_taken_with_their_warnings() {
    for (uri, warnings) in [
        ("https://app.example.com/callback", vec![]),
        ("https://app.example.com", vec![]),
        ("https://app.example.com/cb?tenant=*", vec![]),
        ("https://app.example.com:8443/cb", vec![]),
        ("http://127.0.0.1/cb", vec![]),
        ("http://[::1]:8080/cb", vec![]),
        ("http://localhost:4200/cb", vec![Rule::RedirLocalhostName]),
        ("com.example.app:/cb", vec![Rule::RedirCustomScheme]),
        ("myapp://callback", vec![Rule::RedirCustomScheme]),
        ("urn:ietf:wg:oauth:2.0:oob", vec![Rule::RedirOutOfBand]),
        ("urn:ietf:wg:oauth:2.0:oob:auto", vec![Rule::RedirOutOfBand]),
        ("urn:example:app", vec![Rule::RedirCustomScheme]),
        ("https://App.example.com/cb", vec![Rule::RedirAmbiguous]),
        ("https://app.example.com:443/cb", vec![Rule::RedirAmbiguous]),
        ("https://app.example.com/a/../cb", vec![Rule::RedirAmbiguous]),
        ("https://app.example.com/%2e%2e/cb", vec![Rule::RedirAmbiguous]),
        ("https://xn--80ak6aa92e.example/cb", vec![Rule::RedirAmbiguous]),
    ] {
        assert!(RedirectUri::parse(uri).is_ok(), "{uri:?}");
        assert_eq!(problems(uri), warnings, "{uri:?}");
    }
}

#[test]
fn the_matcher_compares_exactly_and_floats_only_the_port_of_a_native_loopback_literal() {
    use ApplicationType::{Native, Web};
    for (registered, requested, application_type, expected) in [
        ("https://a.example/cb", "https://a.example/cb", Web, true),
        ("https://a.example/cb", "https://a.example/cb/", Web, false),
        ("https://a.example/cb", "https://a.example/CB", Web, false),
        ("https://a.example/cb", "https://A.example/cb", Web, false),
        ("https://a.example/cb", "https://a.example:443/cb", Web, false),
        ("https://a.example/cb", "https://a.example/cb?x=1", Web, false),
        ("https://a.example", "https://a.example/", Web, false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", Native, true),
        ("http://127.0.0.1:3000/cb", "http://127.0.0.1/cb", Native, true),
        ("http://[::1]/cb", "http://[::1]:51004/cb", Native, true),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", Web, false),
        (
            "http://127.0.0.1/cb",
            "http://127.0.0.1:51004/other",
            Native,
            false,
        ),
        ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", Native, false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", Native, false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0080/cb", Native, false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", Native, false),
        (
            "http://127.0.0.1/cb",
            "http://127.0.0.1:1@evil.example/cb",
            Native,
            false,
        ),
        (
            "http://127.0.0.1/cb",
            "http://127.0.0.1.evil.example/cb",
            Native,
            false,
        ),
        ("http://127.0.0.1/cb", "http://[::1]:1/cb", Native, false),
        ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb", Native, false),
        ("http://localhost/cb", "http://localhost:51004/cb", Native, false),
    ] {
        let uri = RedirectUri::parse(registered).unwrap();
        assert_eq!(
            uri.matches(requested, application_type),
            expected,
            "{registered} {requested}"
        );
    }
}

#[test]
fn a_mismatch_names_the_nearest_address_and_the_part_that_differs() {
    let registered: Vec<_> = ["https://a.example/cb", "https://b.example:8443/done?x=1"]
        .into_iter()
        .map(|uri| RedirectUri::parse(uri).unwrap())
        .collect();
    for (requested, nearest, part) in [
        ("https://a.example/cb/", 0, "path"),
        ("http://a.example/cb", 0, "scheme"),
        ("https://b.example/done?x=1", 1, "port"),
        ("https://b.example:8443/done?x=2", 1, "query"),
        ("https://c.example/cb", 0, "host"),
    ] {
        let mismatch = find_match(&registered, requested, ApplicationType::Web).unwrap_err();
        assert_eq!(
            (mismatch.nearest.as_deref(), mismatch.part),
            (Some(registered[nearest].as_str()), part),
            "{requested}"
        );
    }
    assert_eq!(
        find_match(&[], "https://a.example/", ApplicationType::Web)
            .unwrap_err()
            .nearest,
        None
    );
}

#[test]
fn a_port_that_may_be_any_is_never_named_as_what_differs() {
    let registered = [RedirectUri::parse("http://127.0.0.1/callback").unwrap()];
    let requested = "http://127.0.0.1:51004/elsewhere";
    let part = |application_type| {
        find_match(&registered, requested, application_type)
            .unwrap_err()
            .part
    };
    assert_eq!(part(ApplicationType::Native), "path");
    assert_eq!(part(ApplicationType::Web), "port");
}

proptest! {
    #[test]
    fn no_text_makes_the_judge_or_the_matcher_panic(uri in ".{0,200}", other in ".{0,200}") {
        problems(&uri);
        if let Ok(registered) = RedirectUri::parse(&uri) {
            registered.matches(&other, ApplicationType::Native);
            let _ = find_match(&[registered], &other, ApplicationType::Web);
        }
    }

    #[test]
    fn a_web_client_matches_nothing_but_the_same_characters(
        a in "https://[a-c]{1,2}\\.example(:[1-9]{1,3})?/[ab/]{0,3}", b in "https://[a-c]{1,2}\\.example(:[1-9]{1,3})?/[ab/]{0,3}"
    ) {
        if let Ok(registered) = RedirectUri::parse(&a) {
            prop_assert_eq!(registered.matches(&b, ApplicationType::Web), a == b);
        }
    }

    #[test]
    fn what_leads_to_this_machine_is_so_by_the_standard(
        text in "https://[a-z.:@/?#\\\\\t-]{0,6}(localhost|127\\.1|0x7f\\.1|2130706433|\\[::1\\])[a-z.:@/?#\\\\0-9-]{0,6}"
    ) {
        let by_the_standard = Url::parse(&text).is_ok_and(|url| is_loopback(&url));
        prop_assert_eq!(leads_to_loopback(&text), by_the_standard);
    }

    #[test]
    fn a_host_that_is_spelt_plainly_is_read_as_it_stands(
        text in "https://[a-z0-9.-]{1,12}(xn--|example)?[a-z0-9.-]{0,6}[/?#:@]?[a-z.:@/?# \t\\\\%-]{0,8}"
    ) {
        if let Some(host) = plain_host(&text) {
            let url = Url::parse(&text).unwrap();
            prop_assert_eq!((url.scheme(), url.host_str(), url.port()), ("https", Some(host), None));
            prop_assert!(!is_loopback(&url));
        }
    }

    #[test]
    fn what_is_told_to_be_sound_at_once_is_found_to_be_so_when_it_is_read(
        text in "https://[a-z0-9.-]{1,8}(xn--|localhost|example|127\\.1)[a-z0-9.-]{0,6}[/:]?[a-zA-Z0-9._~%@*${}+/-]{0,12}"
    ) {
        if let Some(host) = plainly_sound(&text) {
            let url = parsed(&text);
            prop_assert_eq!(problems_as(&text, url.as_ref()), []);
            let url = url.unwrap();
            prop_assert_eq!(url.host_str(), Some(host));
            prop_assert!(!is_loopback(&url));
        }
    }

    #[test]
    fn a_sound_uri_never_hides_another_host(text in "https?:[a-z/@#?*:.\\\\]{0,30}") {
        if let Ok(uri) = RedirectUri::parse(&text) {
            let url = Url::parse(uri.as_str()).unwrap();
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            prop_assert!(url.scheme() == "https" || is_loopback(&url));
        }
    }
}
