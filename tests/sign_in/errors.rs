//! What is refused, and how.

use crate::browser::{Browser, Place};
use crate::flows::{post, request, tokens};
use crate::rig::{NAME, PASSWORD, REDIRECT_URI, Rig};

#[test]
fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|_| ());
    for uri in [
        "https://app.example.com/callback/",
        "https://app.example.com/callback?x=1",
        "https://app.example.com/callback#f",
        "https://app.example.com:443/callback",
        "https://app.example.com.evil.example/callback",
        "https://app.example.com@evil.example/callback",
        "https://evil.example/callback",
        "http://app.example.com/callback",
        "HTTPS://app.example.com/callback",
        "https://APP.example.com/callback",
        "https://app.example.com/x/../callback",
        "https://app.example.com/%63allback",
        "https://app.example.com\\callback",
        "https://app.example.com/callback\r\nX: y",
        "https://app.example.com/callback\0",
        "https://app.exаmple.com/callback",
        "javascript:alert(1)",
        "//app.example.com/callback",
        "/callback",
    ] {
        let (url, _) = request(&rig, &client_id, &[("redirect_uri", uri)]);
        let page = Browser::new(&rig).get(&url).page();
        assert_eq!(page.status, 400, "{uri}");
        assert!(page.html.contains("not registered"), "{uri}");
        let (url, _) = request(
            &rig,
            &client_id,
            &[("redirect_uri", uri), ("response_type", "token")],
        );
        assert!(matches!(Browser::new(&rig).get(&url), Place::Page(_)), "{uri}");
    }
    let nobody = chancery::client::ClientId::generate([0; 16]);
    let (url, _) = request(&rig, &nobody, &[]);
    assert_eq!(Browser::new(&rig).get(&url).page().status, 400);
}

#[test]
fn each_wrong_request_goes_back_with_its_code() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|_| ());
    for (more, error) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("scope", "openid admin")], "invalid_scope"),
        (&[("scope", "\"")], "invalid_scope"),
        (&[("code_challenge", "")], "invalid_request"),
        (
            &[("code_challenge", ""), ("code_challenge_method", "")],
            "invalid_request",
        ),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "sing")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("request", "x.y.z")], "request_not_supported"),
        (
            &[("request_uri", "https://a.example")],
            "request_uri_not_supported",
        ),
        (&[("registration", "{}")], "registration_not_supported"),
        (&[("resource", "https://other.example")], "invalid_target"),
        (&[("resource", "relative")], "invalid_target"),
        (&[("prompt", "none")], "login_required"),
    ] {
        let (url, _) = request(&rig, &client_id, more);
        let answer = Browser::new(&rig).get(&url).answer();
        assert_eq!(answer["error"], error, "{more:?}");
        assert_eq!(answer["state"], "s t", "{more:?}");
        assert_eq!(answer["iss"], rig.issuer(), "RFC 9207, errors too: {more:?}");
        assert!(!answer.contains_key("code"));
    }
    let (url, _) = request(&rig, &client_id, &[]);
    let answer = Browser::new(&rig).get(&format!("{url}&scope=openid")).answer();
    assert_eq!(answer["error"], "invalid_request", "a parameter twice");
    for twice in [
        format!("{url}&client_id={client_id}"),
        format!("{url}&redirect_uri=x"),
    ] {
        assert_eq!(Browser::new(&rig).get(&twice).page().status, 400);
    }
}

#[test]
fn a_code_is_good_once_and_for_its_own_client_only() {
    let rig = Rig::new();
    let client_id = rig.public_client();
    let other = rig.public_client();
    let code = |browser: &mut Browser| {
        let (url, verifier) = request(&rig, &client_id, &[]);
        (browser.sign_in(&url).answer()["code"].clone(), verifier)
    };
    let redeem = |client: &chancery::client::ClientId, code: &str, verifier: &str, uri: &str| {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client.as_str()),
            ("code", code),
        ];
        form.extend(
            [("redirect_uri", uri), ("code_verifier", verifier)]
                .into_iter()
                .filter(|(_, value)| !value.is_empty()),
        );
        post(&rig, "/token", &form)
    };
    let mut browser = Browser::new(&rig);

    let (first, verifier) = code(&mut browser);
    let (status, refused) = redeem(&other, &first, &verifier, REDIRECT_URI);
    assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
    let (status, tokens) = redeem(&client_id, &first, &verifier, REDIRECT_URI);
    assert_eq!(status, 200, "another client's try spent nothing: {tokens}");
    let userinfo = |token: &str| post(&rig, "/userinfo", &[("access_token", token)]).0;
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(access_token), 200);
    assert_eq!(
        redeem(&client_id, &first, &verifier, REDIRECT_URI).1["error"],
        "invalid_grant"
    );
    assert_eq!(
        userinfo(access_token),
        401,
        "a code that comes twice ends its tokens (RFC 6749 §4.1.2)"
    );

    let wrong = "x".repeat(43);
    for (verifier_sent, uri) in [
        ("", REDIRECT_URI),
        (wrong.as_str(), REDIRECT_URI),
        ("right", ""),
        ("right", "https://app.example.com/other"),
    ] {
        let (code, verifier) = code(&mut browser);
        let sent = if verifier_sent == "right" {
            verifier.as_str()
        } else {
            verifier_sent
        };
        assert_eq!(
            redeem(&client_id, &code, sent, uri).1["error"],
            "invalid_grant",
            "{verifier_sent:?} {uri:?}"
        );
        let again = redeem(&client_id, &code, &verifier, REDIRECT_URI);
        assert_eq!(
            again.1["error"], "invalid_grant",
            "spent by the wrong request too"
        );
    }
}

#[test]
fn a_verifier_without_a_challenge_is_refused() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client(|draft| {
        draft.require_pkce = false;
        draft.token_endpoint_auth_method = chancery::client::AuthMethod::ClientSecretPost;
    });
    let (url, verifier) = request(
        &rig,
        &client_id,
        &[("code_challenge", ""), ("code_challenge_method", "")],
    );
    let answer = Browser::new(&rig).sign_in(&url).answer();
    let (_, refused) = post(
        &rig,
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("client_secret", secret.expose()),
            ("code", &answer["code"]),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &verifier),
        ],
    );
    assert_eq!(refused["error"], "invalid_grant", "RFC 9700 §4.8.2");
}

#[test]
fn a_refresh_token_narrows_and_never_widens() {
    let rig = Rig::new();
    let client_id = rig.public_client();
    let tokens = tokens(&rig, &client_id, &[]);
    let refresh = |token: &str, more: &[(&str, &str)]| {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("client_id", client_id.as_str()),
            ("refresh_token", token),
        ];
        form.extend(more);
        post(&rig, "/token", &form)
    };
    let first = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(
        refresh(first, &[("scope", "openid email")]).1["error"],
        "invalid_scope"
    );
    assert_eq!(
        refresh(first, &[("resource", "https://other.example")]).1["error"],
        "invalid_target"
    );
    let (status, narrowed) = refresh(first, &[("scope", "read:payroll")]);
    assert_eq!(
        (status, &narrowed["scope"]),
        (200, &"read:payroll".into()),
        "refusals spent nothing"
    );
    assert!(narrowed.get("id_token").is_none());
    let (_, whole) = refresh(narrowed["refresh_token"].as_str().unwrap(), &[]);
    assert_eq!(whole["scope"], "openid read:payroll", "RFC 6749 §6");
    assert_eq!(refresh("unknown", &[]).1["error"], "invalid_grant");
}

#[test]
fn an_unknown_name_and_a_wrong_password_get_the_same_page() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|_| ());
    let (url, _) = request(&rig, &client_id, &[]);
    let mut browser = Browser::new(&rig);
    let form = browser.get(&url).page().form();
    let told = |browser: &mut Browser, name: &str, password: &str| {
        let page = browser
            .post(&form.clone().with("username", name).with("password", password))
            .page();
        (page.status, page.html)
    };
    let wrong = told(&mut browser, NAME, "wrong");
    assert_eq!(wrong.0, 400);
    assert!(wrong.1.contains("wrong"));
    assert_eq!(wrong, told(&mut browser, "nobody", "wrong"));
    assert_eq!(wrong, told(&mut browser, NAME, ""));
    assert!(matches!(
        browser.post(&form.with("username", NAME).with("password", PASSWORD)),
        Place::Page(page) if page.html.contains("Allow")
    ));
}

#[test]
fn a_form_that_was_changed_or_comes_from_elsewhere_signs_nobody_in() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|_| ());
    let (url, _) = request(&rig, &client_id, &[]);
    let mut browser = Browser::new(&rig);
    let form = browser
        .get(&url)
        .page()
        .form()
        .with("username", NAME)
        .with("password", PASSWORD);
    let mut changed = form
        .fields
        .iter()
        .find(|(name, _)| name == "interaction")
        .unwrap()
        .1
        .clone();
    changed.replace_range(10..11, if &changed[10..11] == "A" { "B" } else { "A" });
    for bad in [
        form.clone().with("csrf", ""),
        form.clone().with("csrf", "x"),
        form.clone().with("interaction", &changed),
    ] {
        assert_eq!(browser.post(&bad).page().status, 400);
    }
    assert_eq!(
        browser
            .post_from(&form, Some("https://evil.example"))
            .page()
            .status,
        400
    );
    assert_eq!(browser.post_from(&form, Some("null")).page().status, 400);
    assert_eq!(
        Browser::new(&rig).post(&form).page().status,
        400,
        "another browser"
    );
    let page = browser.post_from(&form, Some(rig.issuer())).page();
    assert!(page.html.contains("Allow"));
    let consent = page.form();
    assert_eq!(
        browser.post(&consent.clone().with("csrf", "x")).page().status,
        400
    );
    let mut deny = consent;
    deny.action.push_str("/deny");
    assert_eq!(browser.post(&deny).answer()["error"], "access_denied");
}

#[test]
fn pages_cannot_be_framed_run_nothing_and_tell_nobody_where_one_was() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|_| ());
    let (url, _) = request(&rig, &client_id, &[]);
    let page = Browser::new(&rig).get(&url).page();
    let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self' https://app.example.com",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(!page.html.contains("<script"));
}

#[test]
fn one_request_leads_to_one_answer_however_often_its_page_is_sent() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|_| ());
    let (url, _) = request(&rig, &client_id, &[("prompt", "login consent")]);
    let mut browser = Browser::new(&rig);
    let signed_in = browser
        .get(&url)
        .page()
        .form()
        .with("username", NAME)
        .with("password", PASSWORD);
    let consent = browser.post(&signed_in).page().form();
    assert!(browser.post(&consent).answer().contains_key("code"));
    for _ in 0..2 {
        assert_eq!(browser.post(&consent).page().status, 400, "the same yes again");
    }
    let mut denied = consent.clone();
    denied.action = denied.action.replace("/consent", "/consent/deny");
    assert_eq!(browser.post(&denied).page().status, 400, "and no after it");
    let sealed = &consent
        .fields
        .iter()
        .find(|(name, _)| name == "interaction")
        .unwrap()
        .1;
    let address = format!("{}/authorize?interaction={sealed}", rig.issuer());
    assert_eq!(
        browser.get(&address).page().status,
        400,
        "from the browser's history"
    );
    assert!(
        browser
            .get(&request(&rig, &client_id, &[]).0)
            .answer()
            .contains_key("code"),
        "a new one is"
    );
}

#[test]
fn nobody_signs_in_for_an_id_token_that_cannot_be_signed() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|draft| draft.id_token_signed_response_alg = Some("PS256".to_owned()));
    let answer = Browser::new(&rig).get(&request(&rig, &client_id, &[]).0).answer();
    assert_eq!(answer["error"], "unauthorized_client");
    assert!(
        answer["error_description"].contains("id_token_signed_response_alg"),
        "{answer:?}"
    );
    let without = request(&rig, &client_id, &[("scope", "read:payroll")]).0;
    assert_eq!(
        Browser::new(&rig).get(&without).page().status,
        200,
        "no ID token is asked for"
    );
}
