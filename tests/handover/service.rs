//! Payroll "export" \ {{ */ ${HOME}: how it gets its tokens
//! Call it with the secret from the environment, as in std::env::var("CHANCERY_CLIENT_SECRET")
//! chancery.rs, for openidconnect 4 with its feature reqwest-blocking

use std::error::Error;

use openidconnect::core::{CoreClient, CoreProviderMetadata};
use openidconnect::reqwest::{blocking::Client, redirect::Policy};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, OAuth2TokenResponse, Scope};

/// The issuer.
pub const ISSUER: &str = "https://id.example.com";
/// The client.
pub const CLIENT_ID: &str = "payroll";
/// What is asked for.
pub const SCOPES: &[&str] = &["read:payroll", "write:payroll"];

/// An access token. Keep it until it ends.
pub fn access_token(issuer: &str, secret: String) -> Result<String, Box<dyn Error>> {
    // Redirects are not followed: they could lead anywhere.
    let http = Client::builder().redirect(Policy::none()).build()?;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.to_owned())?, &http)?;
    let id = ClientId::new(CLIENT_ID.to_owned());
    let client = CoreClient::from_provider_metadata(metadata, id, Some(ClientSecret::new(secret)));
    let tokens = client
        .exchange_client_credentials()?
        .add_scopes(SCOPES.iter().map(|scope| Scope::new((*scope).to_owned())))
        .add_extra_param("resource", "https://payroll.example.com")
        .request(&http)?;
    Ok(tokens.access_token().secret().clone())
}
