//! Codes, refresh tokens and references: 256 random bits, of which the registry keeps the SHA-256.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::client::Secret;
use crate::registry::TokenHash;

/// One in the making.
#[derive(Clone, Debug)]
pub struct OpaqueToken {
    /// What the client gets.
    pub text: Secret,
    /// What is stored.
    pub hash: TokenHash,
}

impl OpaqueToken {
    /// Makes one from random bytes: `base64url(random)`, 43 characters.
    pub fn new(random: &Zeroizing<[u8; 32]>) -> Self {
        Self::with_prefix("", random)
    }

    /// The same after a prefix that says what it is.
    pub fn with_prefix(prefix: &str, random: &Zeroizing<[u8; 32]>) -> Self {
        let mut text = String::with_capacity(prefix.len() + 43);
        text.push_str(prefix);
        URL_SAFE_NO_PAD.encode_string(random.as_slice(), &mut text);
        let text = Secret::new(text);
        let hash = hash(text.expose());
        Self { text, hash }
    }
}

/// SHA-256 of a token's text: by this it is found, and it says nothing of the token.
pub fn hash(text: &str) -> TokenHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}
