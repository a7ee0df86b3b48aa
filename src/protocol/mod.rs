//! OAuth 2.0 and OpenID Connect, decided without HTTP. The time and random bytes are passed in.
//!
//! A request comes as a [`form::Form`]; [`credentials::presented`] finds who it says it is,
//! [`client_authentication::Authenticator`] whether that is so, [`token::decide`] what it may have, and [`token::issue`]
//! makes its tokens.

pub mod access;
pub mod access_token;
pub mod assertion;
mod authority;
mod authorization_code;
pub mod authorization_error;
pub mod authorization_request;
pub mod authorize;
pub mod certificate_authority;
pub mod claims;
pub mod client_authentication;
pub mod client_certificate;
mod client_credentials;
pub mod confirmation;
pub mod credentials;
pub mod device_authorization;
mod device_code;
pub mod dpop;
pub mod dpop_nonce;
mod error;
pub mod explanation;
pub mod fault;
pub mod form;
mod hash_gate;
pub mod id_token;
pub mod interaction;
mod issue_log;
mod issuer;
pub mod jws;
mod jwt_bearer;
pub mod keys;
pub mod living_token;
pub mod metadata;
pub mod opaque;
pub mod polls;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod pushed_request;
pub mod reason;
mod refresh_token;
pub mod registration;
pub mod registration_throttle;
mod resource;
pub mod session;
pub mod sign_in;
pub mod signing_key;
pub mod subject;
pub mod test_credentials;
pub mod test_password;
mod throttle;
pub mod token;
pub mod token_exchange;
pub mod user_code;
mod verified_secrets;

pub use authority::Authority;
pub use error::OAuthError;
pub use issue_log::IssueLog;
pub use issuer::{Issuer, IssuerError};
