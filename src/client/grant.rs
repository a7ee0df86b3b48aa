//! The grants that a client may use, and the response types that go with them (RFC 7591 §2.1).

use super::closed_set::closed_set;

closed_set! {
    /// A grant type, by its registered name.
    GrantType {
        /// Sign a person in through the browser (RFC 6749 §4.1).
        AuthorizationCode = "authorization_code",
        /// Stay signed in (RFC 6749 §6).
        RefreshToken = "refresh_token",
        /// Act without a person (RFC 6749 §4.4).
        ClientCredentials = "client_credentials",
        /// Sign in on another screen (RFC 8628).
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code",
        /// Exchange one token for another (RFC 8693).
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange",
        /// A signed assertion as a grant (RFC 7523 §2.1).
        JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer",
        /// Sign in on a channel of the server's choice; kept from an import, never granted (OpenID CIBA).
        Ciba = "urn:openid:params:grant-type:ciba",
        /// Kept from an import, never granted (RFC 9700 §2.1.2).
        Implicit = "implicit",
        /// Kept from an import, never granted (RFC 9700 §2.4).
        Password = "password",
    }
}

impl GrantType {
    /// The grants that a form offers, in its order.
    pub const OFFERED: [Self; 4] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
    ];

    /// The grants that a form offers among what most clients leave alone.
    pub const FURTHER: [Self; 2] = [Self::TokenExchange, Self::JwtBearer];

    /// What a form calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "Authorization code",
            Self::RefreshToken => "Refresh token",
            Self::ClientCredentials => "Client credentials",
            Self::DeviceCode => "Device code",
            Self::TokenExchange => "Token exchange",
            Self::JwtBearer => "JWT bearer",
            Self::Ciba => "Backchannel authentication",
            Self::Implicit => "Implicit",
            Self::Password => "Password",
        }
    }

    /// What ticking it means, in half a line.
    pub const fn consequence(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "sign in people, PKCE required",
            Self::RefreshToken => "stay signed in, rotates at each use",
            Self::ClientCredentials => "act without a person",
            Self::DeviceCode => "sign in on another screen",
            Self::TokenExchange => "act for another token's subject",
            Self::JwtBearer => "trade a signed assertion for a token",
            Self::Ciba => "never granted here",
            Self::Implicit => "tokens in URLs, never granted here",
            Self::Password => "the client sees the password, never granted here",
        }
    }

    /// The word that a list has room for.
    pub const fn short(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "code",
            Self::RefreshToken => "refresh",
            Self::ClientCredentials => "client credentials",
            Self::DeviceCode => "device",
            Self::TokenExchange => "exchange",
            Self::JwtBearer => "assertion",
            Self::Ciba => "backchannel",
            Self::Implicit => "implicit",
            Self::Password => "password",
        }
    }

    /// Its name at the command line: the registered one, without what stands before it in a URN.
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::DeviceCode => "device_code",
            Self::TokenExchange => "token_exchange",
            Self::JwtBearer => "jwt_bearer",
            other => other.as_str(),
        }
    }

    /// Whether a person takes part.
    pub const fn involves_user(self) -> bool {
        matches!(
            self,
            Self::AuthorizationCode | Self::DeviceCode | Self::Ciba | Self::Implicit | Self::Password
        )
    }
}

/// The response types that a draft without any gets: `code` if its grant is there (RFC 7591 §2).
pub fn default_response_types(grant_types: &[GrantType]) -> Vec<String> {
    if grant_types.contains(&GrantType::AuthorizationCode) {
        vec!["code".to_owned()]
    } else {
        Vec::new()
    }
}

/// Whether any of the grants sends the browser back to the client (RFC 6749 §3.1.2.2).
pub fn needs_redirect_uri(grant_types: &[GrantType]) -> bool {
    grant_types
        .iter()
        .any(|grant| matches!(grant, GrantType::AuthorizationCode | GrantType::Implicit))
}
