//! Requests that clients push, and devices that people allow on another screen.

use std::cell::RefCell;
use std::time::Duration;

use chancery::client::{ClientDraft, ClientKind};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
    CoreDeviceAuthorizationResponse, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::reqwest::blocking::Client;
use openidconnect::reqwest::redirect::Policy;
use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClientSecret, DeviceAuthorizationUrl, IssuerUrl,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, ProviderMetadata, RedirectUrl, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::browser::{Browser, Place};
use crate::rig::{NAME, PASSWORD, REDIRECT_URI, Rig};

fn http() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

/// What the window registers as a device.
fn device(draft: &mut ClientDraft) {
    ClientKind::Device.apply(draft);
    draft.name = "Television".to_owned();
    draft.redirect_uris.clear();
    draft.post_logout_redirect_uris.clear();
}

/// A person follows what the device shows, signs in and says yes.
fn allow(rig: &Rig, address: &str) {
    let mut browser = Browser::new(rig);
    let mut page = browser.get(address).page();
    for _ in 0..3 {
        let mut form = page.form();
        if form.fields.iter().any(|(name, _)| name == "password") {
            form = form.with("username", NAME).with("password", PASSWORD);
        }
        page = browser.post(&form).page();
        assert_eq!(page.status, 200, "{}", page.html);
    }
    assert!(
        page.html.contains("You can go back to your device"),
        "{}",
        page.html
    );
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct WithDevices {
    device_authorization_endpoint: DeviceAuthorizationUrl,
}

impl AdditionalProviderMetadata for WithDevices {}

type Metadata = ProviderMetadata<
    WithDevices,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The library finds the endpoint by itself, keeps the interval and slows down when it is told to.
#[test]
fn an_unmodified_openid_library_connects_a_device() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(device);
    let http = http();
    let metadata = Metadata::discover(&IssuerUrl::new(rig.issuer().to_owned()).unwrap(), &http).unwrap();
    let endpoint = metadata
        .additional_metadata()
        .device_authorization_endpoint
        .clone();
    let client = CoreClient::from_provider_metadata(
        metadata,
        openidconnect::ClientId::new(client_id.to_string()),
        None,
    )
    .set_device_authorization_url(endpoint)
    .set_auth_type(AuthType::RequestBody);
    let details: CoreDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scope(Scope::new("offline_access".to_owned()))
        .request(&http)
        .unwrap();
    assert_eq!(details.interval(), Duration::from_secs(5));
    assert_eq!(details.expires_in(), Duration::from_secs(600));

    // It does not wait here, so its second request comes too soon; by the third the person has answered.
    let slept = RefCell::new(Vec::new());
    let sleep = |time: Duration| {
        slept.borrow_mut().push(time.as_secs());
        if slept.borrow().len() == 2 {
            allow(&rig, details.verification_uri_complete().unwrap().secret());
        }
    };
    let tokens = client
        .exchange_device_access_token(&details)
        .unwrap()
        .request(&http, sleep, None)
        .unwrap();
    assert_eq!(slept.take(), [5, 10], "slow_down asks for 5 s more");
    let no_nonce = |nonce: Option<&Nonce>| nonce.is_none().then_some(()).ok_or("a nonce".to_owned());
    let verifier = client.id_token_verifier();
    let claims = tokens.extra_fields().id_token().unwrap();
    let claims = claims.claims(&verifier, no_nonce).unwrap();
    assert_eq!(claims.subject().as_str(), NAME);
    let refreshed = client
        .exchange_refresh_token(tokens.refresh_token().unwrap())
        .unwrap()
        .request(&http)
        .unwrap();
    assert!(refreshed.id_token().is_some());
    let again = client.exchange_device_access_token(&details).unwrap();
    assert!(
        again.request(&http, |_| (), None).is_err(),
        "a device code is good once"
    );
}

#[test]
fn the_oauth2_library_learns_that_a_person_said_no() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(device);
    let http = http();
    let client = oauth2::basic::BasicClient::new(oauth2::ClientId::new(client_id.to_string()))
        .set_device_authorization_url(
            DeviceAuthorizationUrl::new(format!("{}/device_authorization", rig.issuer())).unwrap(),
        )
        .set_token_uri(oauth2::TokenUrl::new(format!("{}/token", rig.issuer())).unwrap())
        .set_auth_type(AuthType::RequestBody);
    let details: oauth2::StandardDeviceAuthorizationResponse =
        client.exchange_device_code().request(&http).unwrap();
    let deny = |_| {
        let mut browser = Browser::new(&rig);
        let page = browser.get(details.verification_uri().as_str()).page();
        let typed = page.form().with("user_code", details.user_code().secret());
        let page = browser.post(&typed).page();
        let form = page.form().with("username", NAME).with("password", PASSWORD);
        let mut form = browser.post(&form).page().form();
        form.action = form.action.replace("/device/allow", "/device/deny");
        assert!(
            browser
                .post(&form)
                .page()
                .html
                .contains("Your device is not connected")
        );
    };
    let refused = client
        .exchange_device_access_token(&details)
        .request(&http, deny, None)
        .unwrap_err();
    let oauth2::RequestTokenError::ServerResponse(refused) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(
        refused.error(),
        &oauth2::DeviceCodeErrorResponseType::AccessDenied
    );
}

/// The libraries cannot push yet; what they build is pushed by hand, and they redeem the code.
#[test]
fn a_client_that_must_push_its_requests_signs_a_person_in() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client(|draft| draft.require_pushed_authorization_requests = true);
    let http = http();
    let metadata = Metadata::discover(&IssuerUrl::new(rig.issuer().to_owned()).unwrap(), &http).unwrap();
    let client = CoreClient::from_provider_metadata(
        metadata,
        openidconnect::ClientId::new(client_id.to_string()),
        Some(ClientSecret::new(secret.expose().to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            openidconnect::core::CoreAuthenticationFlow::AuthorizationCode,
            openidconnect::CsrfToken::new_random,
            Nonce::new_random,
        )
        .set_pkce_challenge(challenge)
        .url();
    let unpushed = Browser::new(&rig).get(url.as_str()).answer();
    assert_eq!(unpushed["error"], "invalid_request");

    let pushed = http
        .post(format!("{}/par", rig.issuer()))
        .basic_auth(client_id.as_str(), Some(secret.expose()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(url.query().unwrap().to_owned())
        .send()
        .unwrap();
    assert_eq!(pushed.status(), 201);
    let pushed: Value = serde_json::from_slice(&pushed.bytes().unwrap()).unwrap();
    let reference = pushed["request_uri"].as_str().unwrap();
    let short = format!(
        "{}/authorize?client_id={client_id}&request_uri={reference}",
        rig.issuer()
    );
    let mut browser = Browser::new(&rig);
    let answer = browser.sign_in(&short).answer();
    assert_eq!(&answer["state"], state.secret());
    let again = browser.get(&short);
    assert!(matches!(again, Place::Page(page) if page.status == 400));
    let tokens = client
        .exchange_code(AuthorizationCode::new(answer["code"].clone()))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request(&http)
        .unwrap();
    let verifier = client.id_token_verifier();
    let claims = tokens.id_token().unwrap().claims(&verifier, &nonce).unwrap();
    assert_eq!(claims.subject().as_str(), NAME);
}
