//! The issuer: the URL that names this authorization server in its tokens and documents (RFC 8414 §2).

use std::net::{IpAddr, SocketAddr};

use url::Url;

use super::authority::Authority;

/// An issuer identifier: `https`, or `http` on loopback; without query, fragment, userinfo or a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    authority: Authority,
    default_port: u16,
    path: String,
}

/// Why a text is no issuer. Each sentence says what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It cannot be read.
    #[error("The issuer is not a URL with a host. Write it as https://auth.example.com")]
    NotAUrl,
    /// RFC 8414 §2 asks for https; loopback is the exception that a tool for one machine needs.
    #[error("The issuer must be https; http is for loopback only, such as http://127.0.0.1:9400")]
    NotSecure,
    /// RFC 8414 §2: no query or fragment components.
    #[error(
        "The issuer must have no query, no fragment and no user name. Leave out what follows ? or # or stands before @"
    )]
    TooMuch,
}

impl Issuer {
    /// Reads an issuer.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text.trim()).map_err(|_| IssuerError::NotAUrl)?;
        if url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(IssuerError::TooMuch);
        }
        let host = url.host_str().ok_or(IssuerError::NotAUrl)?;
        let written = url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let authority = Authority::parse(&written).ok_or(IssuerError::NotAUrl)?;
        let default_port = match url.scheme() {
            "https" => 443,
            "http" if authority.is_loopback() => 80,
            _ => return Err(IssuerError::NotSecure),
        };
        let path = url.path().trim_end_matches('/').to_owned();
        let text = format!("{}://{authority}{path}", url.scheme());
        Ok(Self {
            text,
            authority,
            default_port,
            path,
        })
    }

    /// The issuer of a server that is known by its own address only.
    pub fn of_address(address: SocketAddr) -> Self {
        Self::of_authority("http", 80, address)
    }

    /// The same of one that speaks TLS.
    pub fn of_secure_address(address: SocketAddr) -> Self {
        Self::of_authority("https", 443, address)
    }

    fn of_authority(scheme: &str, default_port: u16, address: SocketAddr) -> Self {
        let authority = Authority::from(address);
        Self {
            text: format!("{scheme}://{authority}"),
            authority,
            default_port,
            path: String::new(),
        }
    }

    /// The identifier, as `iss` carries it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The issuer without its path.
    pub fn origin(&self) -> &str {
        self.text.strip_suffix(&self.path).unwrap_or(&self.text)
    }

    /// The host: a name in lower case, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// Whether it is reached on this machine only.
    pub fn is_loopback(&self) -> bool {
        self.authority.is_loopback()
    }

    /// Whether clients reach it over TLS.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// Whether its host stands for all addresses, and so for none that a client could come to.
    pub fn is_unspecified(&self) -> bool {
        let literal = self.host().trim_start_matches('[').trim_end_matches(']');
        literal
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_unspecified())
    }

    /// The same issuer as it is reached at another port, for `mtls_endpoint_aliases` (RFC 8705 §5).
    #[must_use]
    pub fn at_port(&self, port: u16) -> Self {
        let authority = self.authority.at_port(port);
        let (scheme, _) = self.text.split_once("://").unwrap_or(("https", ""));
        Self {
            text: format!("{scheme}://{authority}{}", self.path),
            authority,
            default_port: self.default_port,
            path: self.path.clone(),
        }
    }

    /// The port that it is reached at.
    pub fn port(&self) -> u16 {
        self.authority.port_or(self.default_port)
    }

    /// The path of the issuer, empty or beginning with a slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The URL of an endpoint, `name` beginning with a slash.
    pub fn endpoint(&self, name: &str) -> String {
        format!("{}{name}", self.text)
    }

    /// Whether a `Host` names this issuer. Nothing is implied: `localhost` is not `127.0.0.1`.
    pub fn is_authority(&self, other: &Authority) -> bool {
        self.authority.host() == other.host()
            && self.authority.port_or(self.default_port) == other.port_or(self.default_port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_https_or_http_on_loopback() {
        for (text, normal) in [
            ("https://auth.example.com", "https://auth.example.com"),
            ("https://auth.example.com/", "https://auth.example.com"),
            (
                "https://Auth.Example.com:443/tenant/",
                "https://auth.example.com/tenant",
            ),
            ("http://127.0.0.1:9400", "http://127.0.0.1:9400"),
            ("http://[::1]:9400/", "http://[::1]:9400"),
            ("http://localhost:9400", "http://localhost:9400"),
        ] {
            assert_eq!(Issuer::parse(text).unwrap().as_str(), normal);
        }
        for (text, error) in [
            ("auth.example.com", IssuerError::NotAUrl),
            ("http://auth.example.com", IssuerError::NotSecure),
            ("ftp://127.0.0.1", IssuerError::NotSecure),
            ("https://a.example/?x=1", IssuerError::TooMuch),
            ("https://a.example/#x", IssuerError::TooMuch),
            ("https://me@a.example", IssuerError::TooMuch),
        ] {
            assert_eq!(Issuer::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn only_its_own_authority_names_it() {
        let issuer = Issuer::parse("http://127.0.0.1:9400").unwrap();
        for (host, same) in [
            ("127.0.0.1:9400", true),
            ("localhost:9400", false),
            ("127.0.0.1", false),
            ("127.0.0.1:9401", false),
        ] {
            assert_eq!(
                issuer.is_authority(&Authority::parse(host).unwrap()),
                same,
                "{host}"
            );
        }
        let issuer = Issuer::parse("https://auth.example.com").unwrap();
        for (host, same) in [
            ("auth.example.com", true),
            ("AUTH.example.com:443", true),
            ("auth.example.com:80", false),
        ] {
            assert_eq!(
                issuer.is_authority(&Authority::parse(host).unwrap()),
                same,
                "{host}"
            );
        }
    }

    #[test]
    fn the_issuer_of_an_address_is_that_address() {
        let issuer = Issuer::of_address("127.0.0.1:9400".parse().unwrap());
        assert_eq!(issuer, Issuer::parse("http://127.0.0.1:9400").unwrap());
        assert_eq!(issuer.endpoint("/token"), "http://127.0.0.1:9400/token");
    }
}
