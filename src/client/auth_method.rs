//! How a client proves who it is (RFC 7591 §2, `token_endpoint_auth_method`).

use super::closed_set::closed_set;

closed_set! {
    /// A client authentication method, by its registered name.
    AuthMethod {
        /// The secret in the `Authorization` header (RFC 6749 §2.3.1).
        ClientSecretBasic = "client_secret_basic",
        /// The secret in the request body (RFC 6749 §2.3.1).
        ClientSecretPost = "client_secret_post",
        /// A JWT signed with a key of the client (RFC 7523 §2.2).
        PrivateKeyJwt = "private_key_jwt",
        /// A certificate that an authority vouches for (RFC 8705 §2.1).
        TlsClientAuth = "tls_client_auth",
        /// A certificate whose key is registered (RFC 8705 §2.2).
        SelfSignedTlsClientAuth = "self_signed_tls_client_auth",
        /// Nothing: a public client, which PKCE protects (RFC 7636).
        None = "none",
    }
}

impl AuthMethod {
    /// Whether the client holds a shared secret.
    pub const fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }

    /// Whether the client shows a certificate in the TLS handshake (RFC 8705 §2).
    pub const fn uses_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }

    /// Whether the client's keys must be registered (RFC 7591 §2, RFC 8705 §2.2).
    pub const fn needs_keys(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::SelfSignedTlsClientAuth)
    }

    /// What a form calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "Secret in the Authorization header",
            Self::ClientSecretPost => "Secret in the request body",
            Self::PrivateKeyJwt => "Signed assertion with its own key",
            Self::TlsClientAuth => "Certificate from an authority",
            Self::SelfSignedTlsClientAuth => "Registered self-signed certificate",
            Self::None => "None, a public client",
        }
    }
}
