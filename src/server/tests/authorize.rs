//! `/authorize` with whatever a browser may be made to send.

use axum::body::Body;
use proptest::test_runner::{Config as ProptestConfig, TestRunner};

use super::{Answer, Rig};
use crate::client::{AuthMethod, ClientId, GrantType};

const REDIRECT_URI: &str = "https://app.example.com/callback";

fn rig() -> (Rig, ClientId) {
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal", |draft| {
        draft.token_endpoint_auth_method = AuthMethod::None;
        draft.set_grant(GrantType::ClientCredentials, false);
        draft.set_grant(GrantType::AuthorizationCode, true);
        draft.redirect_uris = vec![REDIRECT_URI.to_owned()];
        draft.scopes = vec!["openid".to_owned(), "read:payroll".to_owned()];
    });
    (rig, client_id)
}

fn get(rig: &Rig, target: &str) -> Answer {
    rig.send(rig.request().uri(target).body(Body::empty()).unwrap())
}

#[test]
fn each_parameter_may_be_missing_doubled_empty_or_hostile() {
    let (rig, client_id) = rig();
    let good = [
        ("client_id", client_id.as_str()),
        ("redirect_uri", "https%3A%2F%2Fapp.example.com%2Fcallback"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "x"),
        ("nonce", "y"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("max_age", "60"),
        ("login_hint", "ada"),
        ("resource", "https%3A%2F%2Fpayroll.example.com"),
    ];
    let query = |change: &dyn Fn(&str, &str) -> String| {
        let pairs: Vec<String> = good.iter().map(|(name, value)| change(name, value)).collect();
        format!("/authorize?{}", pairs.join("&"))
    };
    assert_eq!(
        get(&rig, &query(&|name, value| format!("{name}={value}"))).status,
        200
    );
    let long = "a".repeat(20_000);
    for (name, _) in good {
        for hostile in [
            "",
            "%00",
            "%0d%0aSet-Cookie:%20a=b",
            "%ff",
            "%",
            "%zz",
            "%3Cscript%3E",
            "%E2%80%AE",
            "%F0%9F%92%A9",
            long.as_str(),
        ] {
            let target =
                query(&|held, value| format!("{held}={}", if held == name { hostile } else { value }));
            let answer = get(&rig, &target);
            holds(&answer, &format!("{name}={hostile:.20}"));
            if matches!(name, "state" | "nonce") && hostile.starts_with("%0") {
                // RFC 6749 appendix A.5: printable characters only.
                let location = answer.header("location");
                assert!(
                    location.contains("error=invalid_request"),
                    "{name}={hostile}: {location}"
                );
                assert!(!location.contains("%0"), "it is not carried back: {location}");
            }
        }
        let missing = query(&|held, value| {
            if held == name {
                String::new()
            } else {
                format!("{held}={value}")
            }
        });
        holds(&get(&rig, &missing), &format!("{name} missing"));
        let twice = query(&|held, value| {
            if held == name {
                format!("{held}={value}&{held}={value}")
            } else {
                format!("{held}={value}")
            }
        });
        let answer = get(&rig, &twice);
        holds(&answer, &format!("{name} twice"));
        if name != "resource" {
            assert_ne!(answer.status, 200, "{name} twice (RFC 6749 §3.1)");
        }
    }
}

/// A page, or a redirect to the registered address and nowhere else; nothing of the request runs or splits a header.
fn holds(answer: &Answer, what: &str) {
    let location = answer.header("location");
    match answer.status.as_u16() {
        200 | 400 => assert_eq!(location, "", "{what}"),
        303 => {
            assert!(
                location.starts_with(&format!("{REDIRECT_URI}?")),
                "{what}: {location}"
            );
            assert!(
                location.contains("error=") && location.contains("&iss="),
                "{what}: {location}"
            );
            assert!(!location.contains("code="), "{what}: {location}");
        }
        status => panic!("{what}: {status}"),
    }
    assert!(
        answer
            .headers
            .get("set-cookie")
            .is_none_or(|cookie| cookie.as_bytes().starts_with(b"chancery-browser-"))
    );
    let page = String::from_utf8(answer.body.clone()).unwrap();
    assert!(!page.contains("<script"), "{what}");
}

#[test]
fn a_posted_request_goes_on_with_a_get_whatever_bytes_it_holds() {
    let (rig, client_id) = rig();
    let good = format!(
        "client_id={client_id}&redirect_uri={REDIRECT_URI}&response_type=code&scope=openid&code_challenge_method=S256\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
    for (hint, encoded) in [
        ("x", "x"),
        ("a\r\nb", "a%0D%0Ab"),
        ("\u{e4}#f", "%C3%A4%23f"),
        ("%26x%3D1", "%26x%3D1"),
    ] {
        let request = rig.request().method("POST").uri("/authorize");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = rig.send(
            request
                .body(Body::from(format!("{good}&login_hint={hint}")))
                .unwrap(),
        );
        assert_eq!(answer.status, 303, "{hint:?}");
        let location = answer.header("location").to_owned();
        assert!(
            location.ends_with(&format!("&login_hint={encoded}")),
            "{hint:?}: {location}"
        );
        let target = location.strip_prefix(rig.server.issuer().as_str()).unwrap();
        assert_eq!(get(&rig, target).status, 200, "{hint:?}");
    }
    let request = rig.request().method("POST").uri("/authorize");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = rig.send(request.body(Body::from(format!("{good}&state=%ff"))).unwrap());
    assert_eq!(answer.status, 400);
}

#[test]
fn no_query_leads_elsewhere_or_breaks_anything() {
    // One server for all cases: making its keys takes longer than all of them.
    let (rig, client_id) = rig();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(512));
    let queries = "[a-z_]{0,14}(=[!-~]{0,30})?(&[a-z_]{1,14}=[!-~]{0,30}){0,5}";
    runner
        .run(&queries, |query| {
            let query = query
                .replace('#', "%23")
                .replace(['<', '>', '"', '\\', '^', '`', '{', '|', '}'], "x");
            for target in [
                format!("/authorize?{query}"),
                format!("/authorize?client_id={client_id}&{query}"),
            ] {
                holds(&get(&rig, &target), &target);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_refused_request_stands_in_the_log_with_its_client_and_the_reason() {
    let (rig, client_id) = rig();
    for (query, client, reason) in [
        (
            format!("client_id={client_id}&redirect_uri=https%3A%2F%2Fevil.example.com"),
            Some(&client_id),
            "",
        ),
        (
            format!("client_id={client_id}&redirect_uri={REDIRECT_URI}&response_type=token"),
            Some(&client_id),
            "unsupported_response_type: ",
        ),
        (
            "client_id=unknown".to_owned(),
            None,
            "No client is registered under this client_id",
        ),
    ] {
        get(&rig, &format!("/authorize?{query}"));
        let requests = rig.server.requests();
        let last = requests.last().unwrap();
        assert_eq!(last.client_id.as_ref(), client, "{query}");
        let noted = last.reason.as_deref().unwrap_or_default();
        assert!(!noted.is_empty() && noted.starts_with(reason), "{query}: {noted}");
    }
}
