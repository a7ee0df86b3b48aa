//! Portal: how people sign in
//! Call it with the secret from the environment, as in std::env::var("CHANCERY_CLIENT_SECRET")
//! chancery.rs, for openidconnect 4 with its feature reqwest-blocking

use std::error::Error;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreTokenResponse};
use openidconnect::reqwest::{blocking::Client, redirect::Policy};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};

/// The issuer.
pub const ISSUER: &str = "https://id.example.com";
/// The client.
pub const CLIENT_ID: &str = "portal";
/// Where the browser comes back.
pub const REDIRECT_URI: &str = "https://app.example.com/callback";
/// What is asked for.
pub const SCOPES: &[&str] = &["profile", "offline_access"];

/// What stays in the person's session until the browser is back.
pub struct Kept {
    verifier: PkceCodeVerifier,
    /// It must be the `state` that comes back.
    pub state: CsrfToken,
    nonce: Nonce,
}

/// Where the browser goes.
pub fn begin_sign_in(issuer: &str) -> Result<(String, Kept), Box<dyn Error>> {
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.to_owned())?, &http()?)?;
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(CLIENT_ID.to_owned()), None)
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned())?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(SCOPES.iter().map(|scope| Scope::new((*scope).to_owned())))
        .add_extra_param("resource", "https://payroll.example.com")
        // offline_access is given no other way
        .add_prompt(openidconnect::core::CoreAuthPrompt::Consent)
        .set_pkce_challenge(challenge);
    let (url, state, nonce) = request.url();
    let kept = Kept {
        verifier,
        state,
        nonce,
    };
    Ok((url.into(), kept))
}

/// The code that the browser brought back becomes tokens. Compare `state` before.
pub fn end_sign_in(
    issuer: &str,
    secret: String,
    code: String,
    kept: Kept,
) -> Result<CoreTokenResponse, Box<dyn Error>> {
    let http = http()?;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.to_owned())?, &http)?;
    let id = ClientId::new(CLIENT_ID.to_owned());
    let client = CoreClient::from_provider_metadata(metadata, id, Some(ClientSecret::new(secret)))
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned())?);
    let tokens = client
        .exchange_code(AuthorizationCode::new(code))?
        .set_pkce_verifier(kept.verifier)
        .request(&http)?;
    let id_token = tokens.id_token().ok_or("there is no ID token")?;
    id_token.claims(&client.id_token_verifier(), &kept.nonce)?;
    Ok(tokens)
}

/// Redirects are not followed: they could lead anywhere.
fn http() -> Result<Client, Box<dyn Error>> {
    Ok(Client::builder().redirect(Policy::none()).build()?)
}
