//! Nightly: how it gets its tokens
//! The private key comes from the file that CHANCERY_PRIVATE_KEY_FILE names
//! chancery.rs, for openidconnect 4 with its feature reqwest-blocking, jsonwebtoken 11 and serde_json

use std::error::Error;

use openidconnect::core::{CoreClient, CoreProviderMetadata};
use openidconnect::reqwest::{blocking::Client, redirect::Policy};
use openidconnect::{ClientId, CsrfToken, IssuerUrl, OAuth2TokenResponse, Scope};

/// The issuer.
pub const ISSUER: &str = "https://id.example.com";
/// The client.
pub const CLIENT_ID: &str = "nightly";
/// What is asked for.
pub const SCOPES: &[&str] = &["read:payroll", "write:payroll"];

/// An access token. Keep it until it ends.
pub fn access_token(issuer: &str) -> Result<String, Box<dyn Error>> {
    // Redirects are not followed: they could lead anywhere.
    let http = Client::builder().redirect(Policy::none()).build()?;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.to_owned())?, &http)?;
    let id = ClientId::new(CLIENT_ID.to_owned());
    let client = CoreClient::from_provider_metadata(metadata, id, None);
    let tokens = client
        .exchange_client_credentials()?
        .add_scopes(SCOPES.iter().map(|scope| Scope::new((*scope).to_owned())))
        .add_extra_param("resource", "https://payroll.example.com")
        .add_extra_param(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        .add_extra_param("client_assertion", assertion(issuer)?)
        .request(&http)?;
    Ok(tokens.access_token().secret().clone())
}

/// Signs with the private key, which the file holds as PEM (RFC 7523 §3).
fn assertion(issuer: &str) -> Result<String, Box<dyn Error>> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)?
        .as_secs();
    let claims = serde_json::json!({
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "aud": issuer,
        "iat": now,
        "exp": now + 60,
        "jti": CsrfToken::new_random().secret(),
    });
    let pem = std::fs::read(std::env::var("CHANCERY_PRIVATE_KEY_FILE")?)?;
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    let key = jsonwebtoken::EncodingKey::from_ec_pem(&pem)?;
    Ok(jsonwebtoken::encode(&header, &claims, &key)?)
}
