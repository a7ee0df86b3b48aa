//! What works.

use std::borrow::Cow;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::reqwest::blocking::Client;
use openidconnect::reqwest::redirect::Policy;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientSecret, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::rig::{NAME, REDIRECT_URI, Rig};

fn http() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

/// A library does all it can: discovery, PKCE, nonce, signature, at_hash, userinfo, refresh.
#[test]
fn an_unmodified_openid_library_signs_a_person_in_and_stays_signed_in() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client(|_| ());
    let http = http();
    let metadata =
        CoreProviderMetadata::discover(&IssuerUrl::new(rig.issuer().to_owned()).unwrap(), &http).unwrap();
    let client = CoreClient::from_provider_metadata(
        metadata,
        openidconnect::ClientId::new(client_id.to_string()),
        Some(ClientSecret::new(secret.expose().to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("offline_access".to_owned()))
        .add_extra_param("prompt", "consent")
        .set_pkce_challenge(challenge)
        .url();

    let answer = Browser::new(&rig).sign_in(url.as_str()).answer();
    assert_eq!(&answer["state"], state.secret());
    assert_eq!(answer["iss"], rig.issuer(), "RFC 9207");

    let tokens = client
        .exchange_code(AuthorizationCode::new(answer["code"].clone()))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request(&http)
        .unwrap();
    let id_token = tokens.id_token().unwrap();
    let id_token_verifier = client.id_token_verifier();
    let claims = id_token.claims(&id_token_verifier, &nonce).unwrap();
    assert_eq!(claims.subject().as_str(), NAME);
    assert!(claims.auth_time().is_some());
    let made = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&id_token_verifier).unwrap(),
    )
    .unwrap();
    assert_eq!(Some(&made), claims.access_token_hash());

    let told: CoreUserInfoClaims = client
        .user_info(tokens.access_token().to_owned(), Some(claims.subject().clone()))
        .unwrap()
        .request(&http)
        .unwrap();
    assert_eq!(told.email().unwrap().as_str(), "ada@example.com");

    let refreshed = client
        .exchange_refresh_token(tokens.refresh_token().unwrap())
        .unwrap()
        .request(&http)
        .unwrap();
    assert_ne!(
        refreshed.refresh_token().unwrap().secret(),
        tokens.refresh_token().unwrap().secret(),
        "rotated"
    );
    // The nonce belongs to the sign-in (OpenID Connect Core §12.2).
    let no_nonce = |nonce: Option<&Nonce>| nonce.is_none().then_some(()).ok_or("a nonce".to_owned());
    refreshed
        .id_token()
        .unwrap()
        .claims(&id_token_verifier, no_nonce)
        .unwrap();

    // The old one again: the whole family ends, the access tokens too (RFC 9700 §4.14.2).
    assert!(
        client
            .exchange_refresh_token(tokens.refresh_token().unwrap())
            .unwrap()
            .request(&http)
            .is_err()
    );
    assert!(
        client
            .exchange_refresh_token(refreshed.refresh_token().unwrap())
            .unwrap()
            .request(&http)
            .is_err()
    );
    let dead: Result<CoreUserInfoClaims, _> = client
        .user_info(refreshed.access_token().to_owned(), None)
        .unwrap()
        .request(&http);
    assert!(dead.is_err());
}

/// An authorization request and its verifier.
pub fn request(rig: &Rig, client_id: &chancery::client::ClientId, more: &[(&str, &str)]) -> (String, String) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let client_id = client_id.to_string();
    let mut pairs: Vec<(&str, Cow<'_, str>)> = vec![
        ("client_id", client_id.as_str().into()),
        ("redirect_uri", REDIRECT_URI.into()),
        ("response_type", "code".into()),
        ("scope", "openid read:payroll".into()),
        ("state", "s t".into()),
        ("code_challenge", challenge.as_str().to_owned().into()),
        ("code_challenge_method", "S256".into()),
    ];
    for (name, value) in more {
        pairs.retain(|(held, _)| held != name);
        if !value.is_empty() {
            pairs.push((name, (*value).into()));
        }
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    (
        format!("{}/authorize?{query}", rig.issuer()),
        verifier.into_secret(),
    )
}

/// Posts to an endpoint. The status and the JSON of the answer.
pub fn post(rig: &Rig, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let response = http()
        .post(format!("{}{path}", rig.issuer()))
        .form(form)
        .send()
        .unwrap();
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_slice(&response.bytes().unwrap()).unwrap_or(Value::Null),
    )
}

/// A public client's tokens.
pub fn tokens(rig: &Rig, client_id: &chancery::client::ClientId, more: &[(&str, &str)]) -> Value {
    let (url, verifier) = request(rig, client_id, more);
    let answer = Browser::new(rig).sign_in(&url).answer();
    let (status, tokens) = post(
        rig,
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("code", &answer["code"]),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &verifier),
        ],
    );
    assert_eq!(status, 200, "{tokens}");
    tokens
}

#[test]
fn a_person_is_asked_once_and_not_again_until_the_client_changes_its_name() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|_| ());
    let (url, _) = request(&rig, &client_id, &[]);
    let mut browser = Browser::new(&rig);
    assert!(browser.sign_in(&url).answer().contains_key("code"));
    assert!(
        browser.get(&url).answer().contains_key("code"),
        "no page this time"
    );

    let (more, _) = request(&rig, &client_id, &[("scope", "openid email")]);
    assert!(
        browser.get(&more).page().html.contains("email"),
        "a new scope is asked for"
    );

    let client = rig.registry.client(&client_id).unwrap().unwrap();
    let mut draft = client.draft.clone();
    draft.name = "Another portal".to_owned();
    rig.registry
        .update_client(&client_id, client.version, draft, None, &rig.act())
        .unwrap();
    assert!(browser.get(&url).page().html.contains("Another portal"));
}

#[test]
fn a_client_that_names_no_scope_is_asked_for_too() {
    let rig = Rig::new();
    let (client_id, _) =
        rig.client(|draft| draft.scopes = vec!["openid".to_owned(), "offline_access".to_owned()]);
    let mut browser = Browser::new(&rig);
    for scope in ["", "offline_access"] {
        let (url, _) = request(
            &rig,
            &client_id,
            &[("scope", scope), ("resource", "https://payroll.example.com")],
        );
        let mut place = browser.get(&url);
        if let crate::browser::Place::Page(page) = &place
            && page.html.contains("Password")
        {
            let form = page
                .form()
                .with("username", NAME)
                .with("password", crate::rig::PASSWORD);
            place = browser.post(&form);
        }
        assert!(place.page().html.contains("It asks to act for you"), "{scope:?}");
    }
    let (url, _) = request(&rig, &client_id, &[("scope", ""), ("prompt", "none")]);
    assert_eq!(browser.get(&url).answer()["error"], "consent_required");
    let (url, _) = request(&rig, &client_id, &[("scope", "")]);
    assert!(browser.sign_in(&url).answer().contains_key("code"));
    assert!(browser.get(&url).answer().contains_key("code"), "asked once");
}

#[test]
fn a_public_client_without_an_https_address_is_asked_for_each_time() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|draft| {
        draft.token_endpoint_auth_method = chancery::client::AuthMethod::None;
        draft.application_type = chancery::client::ApplicationType::Native;
        draft.redirect_uris = vec!["http://127.0.0.1/callback".to_owned()];
    });
    let address = [("redirect_uri", "http://127.0.0.1:51004/callback")];
    let (url, _) = request(&rig, &client_id, &address);
    let mut browser = Browser::new(&rig);
    assert!(browser.sign_in(&url).answer().contains_key("code"));
    assert_eq!(
        browser.get(&url).page().status,
        200,
        "asked again (RFC 8252 §8.6)"
    );
    let (silent, _) = request(&rig, &client_id, &[address[0], ("prompt", "none")]);
    assert_eq!(browser.get(&silent).answer()["error"], "consent_required");
}

#[test]
fn prompts_and_ages_decide_who_signs_in_again() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(|_| ());
    let mut browser = Browser::new(&rig);
    let url = |more: &[(&str, &str)]| request(&rig, &client_id, more).0;
    assert_eq!(
        browser.get(&url(&[("prompt", "none")])).answer()["error"],
        "login_required"
    );
    assert!(browser.sign_in(&url(&[])).answer().contains_key("code"));
    assert!(
        browser
            .get(&url(&[("prompt", "none")]))
            .answer()
            .contains_key("code")
    );
    assert!(
        browser
            .get(&url(&[("max_age", "3600")]))
            .answer()
            .contains_key("code")
    );
    std::thread::sleep(std::time::Duration::from_millis(5));
    for more in [
        [("prompt", "login")],
        [("prompt", "select_account")],
        [("max_age", "0")],
    ] {
        let page = browser.get(&url(&more)).page();
        assert!(page.html.contains("Password"), "{more:?}");
        assert!(
            browser.sign_in(&url(&more)).answer().contains_key("code"),
            "{more:?}"
        );
    }
    assert!(
        browser
            .get(&url(&[("prompt", "consent")]))
            .page()
            .html
            .contains("Allow")
    );
}

#[test]
fn tokens_can_be_looked_at_given_up_and_end_with_the_consent() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client(|draft| {
        draft.token_endpoint_auth_method = chancery::client::AuthMethod::ClientSecretPost;
    });
    let (url, verifier) = request(&rig, &client_id, &[]);
    let answer = Browser::new(&rig).sign_in(&url).answer();
    let credentials = [
        ("client_id", client_id.as_str()),
        ("client_secret", secret.expose()),
    ];
    let with = |more: &[(&'static str, &str)]| {
        let form: Vec<(&str, &str)> = credentials.iter().chain(more).copied().collect();
        form.iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect::<Vec<_>>()
    };
    let send = |path: &str, form: Vec<(String, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        post(&rig, path, &form)
    };
    let (_, tokens) = send(
        "/token",
        with(&[
            ("grant_type", "authorization_code"),
            ("code", &answer["code"]),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &verifier),
        ]),
    );
    let access_token = tokens["access_token"].as_str().unwrap();
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    for token in [access_token, refresh_token] {
        let (_, told) = send("/introspect", with(&[("token", token)]));
        assert_eq!(told["active"], true, "{told}");
        assert_eq!(told["sub"], NAME);
        assert_eq!(told["scope"], "openid read:payroll");
    }
    let (other, other_secret) = rig.client(|draft| {
        draft.token_endpoint_auth_method = chancery::client::AuthMethod::ClientSecretPost;
    });
    let others = [
        ("client_id", other.as_str()),
        ("client_secret", other_secret.expose()),
        ("token", access_token),
    ];
    assert_eq!(
        post(&rig, "/introspect", &others),
        (200, json!({ "active": false }))
    );
    assert_eq!(post(&rig, "/revoke", &others).1["error"], "invalid_grant");

    assert_eq!(send("/revoke", with(&[("token", "unknown")])).0, 200);
    assert_eq!(send("/revoke", with(&[("token", access_token)])).0, 200);
    assert_eq!(
        send("/introspect", with(&[("token", access_token)])).1,
        json!({ "active": false })
    );
    assert_eq!(
        send("/introspect", with(&[("token", refresh_token)])).1["active"],
        true
    );
    rig.registry
        .withdraw_consent(NAME, &client_id, &rig.act())
        .unwrap();
    assert_eq!(
        send("/introspect", with(&[("token", refresh_token)])).1,
        json!({ "active": false })
    );
}

#[test]
fn nothing_that_opens_a_door_stands_in_the_file_or_in_the_log() {
    let rig = Rig::new();
    let client_id = rig.public_client();
    let mut browser = Browser::new(&rig);
    let (url, verifier) = request(&rig, &client_id, &[]);
    let code = browser.sign_in(&url).answer()["code"].clone();
    let (_, tokens) = post(
        &rig,
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &verifier),
        ],
    );
    let mut secrets = vec![crate::rig::PASSWORD.to_owned(), code, verifier];
    secrets.extend(browser.cookies().map(str::to_owned));
    for token in ["access_token", "refresh_token", "id_token"] {
        secrets.push(tokens[token].as_str().unwrap().to_owned());
    }
    let mut places: Vec<(String, Vec<u8>)> = std::fs::read_dir(rig.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    assert!(places.iter().any(|(name, _)| name.ends_with("-wal")));
    let requests = rig.server.requests();
    let log: Vec<String> = requests.iter().map(ToString::to_string).collect();
    assert!(log.len() >= 4, "{log:?}");
    places.push(("the request log".to_owned(), log.join("\n").into_bytes()));
    for (name, bytes) in &places {
        for secret in &secrets {
            // A part would do for a thief who can try.
            let part = &secret.as_bytes()[..secret.len().min(24)];
            assert!(
                !bytes.windows(part.len()).any(|found| found == part),
                "{secret} stands in {name}"
            );
        }
    }
}

#[test]
fn signing_out_asks_unless_the_id_token_says_who_is_meant() {
    let rig = Rig::new();
    let client_id = rig.public_client();
    let mut browser = Browser::new(&rig);
    let (url, verifier) = request(&rig, &client_id, &[]);
    let answer = browser.sign_in(&url).answer();
    let (_, tokens) = post(
        &rig,
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("code", &answer["code"]),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &verifier),
        ],
    );
    let logout = |more: &str| format!("{}/logout?client_id={client_id}{more}", rig.issuer());
    let elsewhere = browser
        .get(&logout("&post_logout_redirect_uri=https://evil.example"))
        .page();
    assert_eq!(elsewhere.status, 400);
    let asked = browser
        .get(&logout(
            "&post_logout_redirect_uri=https://app.example.com/bye&state=x",
        ))
        .page();
    assert!(asked.html.contains("Sign out?"));
    let id_token = tokens["id_token"].as_str().unwrap();
    let hint =
        format!("&id_token_hint={id_token}&post_logout_redirect_uri=https://app.example.com/bye&state=x");
    assert_eq!(browser.get(&logout(&hint)).answer()["state"], "x");
    assert!(browser.get(&url).page().html.contains("Password"), "signed out");
}
