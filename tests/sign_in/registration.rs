//! A client library registers a client by itself (OpenID Connect Dynamic Client Registration), and a person signs in
//! with it.

use chancery::client::ClientId;
use chancery::protocol::opaque::OpaqueToken;
use chancery::protocol::registration::RegistrationMode;
use chancery::registry::{NewInitialToken, Origin, TokenLabel};
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientRegistrationRequest, CoreGrantType, CoreProviderMetadata,
};
use openidconnect::registration::{ClientRegistrationError, EmptyAdditionalClientMetadata};
use openidconnect::reqwest::blocking::Client;
use openidconnect::reqwest::redirect::Policy;
use openidconnect::{
    AccessToken, AuthorizationCode, ClientContactEmail, ClientName, CsrfToken, IssuerUrl, LanguageTag,
    LocalizedClaim, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::browser::Browser;
use crate::rig::{NAME, PASSWORD, REDIRECT_URI, Rig, random};

fn http() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

fn initial_token(rig: &Rig) -> AccessToken {
    let token = OpaqueToken::new(&Zeroizing::new(random()));
    let new = NewInitialToken {
        hash: token.hash,
        label: TokenLabel::parse("ci"),
        scopes: None,
        uses: Some(1),
        expires_at: Timestamp::now() + SignedDuration::from_hours(1),
    };
    rig.registry.create_initial_token(&new, &rig.act()).unwrap();
    AccessToken::new(token.text.expose().to_owned())
}

fn request(redirect_uri: &str) -> CoreClientRegistrationRequest {
    let mut name = LocalizedClaim::new();
    name.insert(None, ClientName::new("Portal".to_owned()));
    let german = LanguageTag::new("de".to_owned());
    name.insert(Some(german), ClientName::new("Pforte".to_owned()));
    let redirect_uris = vec![RedirectUrl::new(redirect_uri.to_owned()).unwrap()];
    CoreClientRegistrationRequest::new(redirect_uris, EmptyAdditionalClientMetadata {})
        .set_client_name(Some(name))
        .set_contacts(Some(vec![ClientContactEmail::new("team@example.com".to_owned())]))
        .set_grant_types(Some(vec![
            CoreGrantType::AuthorizationCode,
            CoreGrantType::RefreshToken,
        ]))
}

#[test]
fn an_unmodified_openid_library_registers_a_client_and_signs_a_person_in_with_it() {
    let rig = Rig::with(|options| options.registration.mode = RegistrationMode::Token);
    let http = http();
    let discover =
        || CoreProviderMetadata::discover(&IssuerUrl::new(rig.issuer().to_owned()).unwrap(), &http).unwrap();
    let metadata = discover();
    let endpoint = metadata.registration_endpoint().expect("it is on").clone();
    let without = request(REDIRECT_URI).register(&endpoint, &http);
    assert!(matches!(without, Err(ClientRegistrationError::Response(status, ..)) if status == 401));
    let token = initial_token(&rig);
    let refused = request("http://portal.example.com/callback")
        .set_initial_access_token(Some(token.clone()))
        .register(&endpoint, &http);
    match refused {
        Err(ClientRegistrationError::ServerResponse(refused)) => {
            assert_eq!(refused.error().to_string(), "invalid_redirect_uri");
            assert!(
                refused
                    .error_description()
                    .unwrap()
                    .starts_with("redirect_uris: ")
            );
        }
        other => panic!("{other:?}"),
    }
    let registered = request(REDIRECT_URI)
        .set_initial_access_token(Some(token))
        .register(&endpoint, &http)
        .unwrap();
    assert_eq!(registered.client_secret_expires_at().unwrap().timestamp(), 0);
    let german = LanguageTag::new("de".to_owned());
    let name = registered
        .client_name()
        .unwrap()
        .get(Some(&german))
        .unwrap()
        .as_str();
    assert_eq!(name, "Pforte");
    let client_id = ClientId::parse(registered.client_id()).unwrap();
    let stored = rig.registry.client(&client_id).unwrap().unwrap();
    assert_eq!(Origin::of(&stored), Some(Origin::Token("ci")));

    let client = CoreClient::from_provider_metadata(
        metadata,
        registered.client_id().clone(),
        registered.client_secret().cloned(),
    )
    .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, _, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("offline_access".to_owned()))
        .add_extra_param("prompt", "consent")
        .set_pkce_challenge(challenge)
        .url();
    let mut browser = Browser::new(&rig);
    let sign_in = browser.get(url.as_str()).page().form();
    let consent = browser
        .post(&sign_in.with("username", NAME).with("password", PASSWORD))
        .page();
    assert!(consent.html.contains("registered itself"), "{}", consent.html);
    let answer = browser.post(&consent.form()).answer();
    let tokens = client
        .exchange_code(AuthorizationCode::new(answer["code"].clone()))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request(&http)
        .unwrap();
    let claims = tokens
        .id_token()
        .unwrap()
        .claims(&client.id_token_verifier(), &nonce)
        .unwrap();
    assert_eq!(claims.subject().as_str(), NAME);
    let refresh_token = tokens.refresh_token().unwrap();

    // The client changes its registration, and takes it away.
    let uri = registered.registration_client_uri().unwrap().as_str();
    let own = registered.registration_access_token().unwrap().secret().clone();
    let seen: Value =
        serde_json::from_str(&http.get(uri).bearer_auth(&own).send().unwrap().text().unwrap()).unwrap();
    assert_eq!(seen["client_name#de"], "Pforte");
    assert!(seen.get("client_secret").is_none());
    let change = json!({
        "client_id": seen["client_id"], "client_name": "Gate", "redirect_uris": [REDIRECT_URI], "scope": seen["scope"],
        "grant_types": seen["grant_types"],
    });
    let put = http
        .put(uri)
        .bearer_auth(&own)
        .header("content-type", "application/json");
    let changed = put.body(change.to_string()).send().unwrap();
    assert_eq!(changed.status(), 200);
    let changed: Value = serde_json::from_str(&changed.text().unwrap()).unwrap();
    assert_eq!(
        (changed["client_name"].as_str(), changed.get("client_name#de")),
        (Some("Gate"), None)
    );
    let next = changed["registration_access_token"].as_str().unwrap();
    assert!(
        client
            .exchange_refresh_token(refresh_token)
            .unwrap()
            .request(&http)
            .is_ok()
    );
    assert_eq!(http.delete(uri).bearer_auth(next).send().unwrap().status(), 204);
    assert_eq!(http.get(uri).bearer_auth(next).send().unwrap().status(), 401);
    assert!(
        client
            .exchange_refresh_token(refresh_token)
            .unwrap()
            .request(&http)
            .is_err()
    );
    rig.server.set_registration(Default::default());
    assert!(discover().registration_endpoint().is_none());
}
