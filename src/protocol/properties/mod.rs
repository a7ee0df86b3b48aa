//! What holds for whatever bytes the endpoints are sent. Each function is a row of [`crate::fuzzing::TARGETS`] and panics
//! where it finds its property broken.

mod certificates;
mod forms;
mod proofs;
mod registered;
mod requests;
mod signed;

pub use certificates::{client_authorities, client_certificate};
pub use forms::{authorization_request, credentials, form};
pub use proofs::{dpop_proof, user_code};
pub(crate) use registered::CLIENTS;
pub use requests::{pushed_request, registration, token_exchange};
pub use signed::{assertion, client_keys, interaction, jws, pkce};

use super::{Authority, Issuer};

/// Whatever has a time is judged at this one.
const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "http://127.0.0.1:9400";

/// The authority of a `Host` header and of an issuer: what is read writes back to what reads the same, and says what a
/// URL says.
pub fn authority(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(authority) = Authority::parse(text) {
        assert_eq!(Authority::parse(&authority.to_string()), Some(authority.clone()));
        // Where a browser reads a host and a port there too, it reads the same port.
        if let Ok(url) = url::Url::parse(&format!("http://{text}/")) {
            assert!(url.username().is_empty() && url.password().is_none());
            assert_eq!(url.port().unwrap_or(80), authority.port_or(80), "{text}");
        }
    }
    if let Ok(issuer) = Issuer::parse(text) {
        assert_eq!(Issuer::parse(issuer.as_str()), Ok(issuer.clone()));
        let is_loopback = issuer.as_str().starts_with("http://") && !issuer.as_str().contains('@');
        assert!(issuer.as_str().starts_with("https://") || is_loopback, "{text}");
        assert!(!issuer.as_str().contains(['?', '#']), "{text}");
    }
}

/// Two inputs in one: what stands before the first line feed and what stands after it.
fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let (first, rest) = bytes.split_at_checked(end).unwrap_or((bytes, b""));
    (first, rest.strip_prefix(b"\n").unwrap_or(rest))
}
