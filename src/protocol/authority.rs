//! The authority of a URI: `host[:port]` (RFC 3986 §3.2), as a `Host` header and an issuer carry it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A host with an optional port, in a form that can be compared: lower case, IP literals normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`. No userinfo, no percent-encoding, no empty port.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (literal, after) = rest.split_once(']')?;
                let address: Ipv6Addr = literal.parse().ok()?;
                (format!("[{address}]"), after)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                let (name, after) = text.split_at_checked(end)?;
                (host_name(name)?, after)
            }
        };
        let port = match port {
            "" => None,
            _ => Some(port_number(port.strip_prefix(':')?)?),
        };
        Some(Self { host, port })
    }

    /// The host: a name in lower case, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, or the one that the scheme stands for.
    pub fn port_or(&self, default: u16) -> u16 {
        self.port.unwrap_or(default)
    }

    /// The same host with another port.
    #[must_use]
    pub fn at_port(&self, port: u16) -> Self {
        Self {
            host: self.host.clone(),
            port: Some(port),
        }
    }

    /// Whether the host is an IP address of the loopback interface or `localhost`.
    pub fn is_loopback(&self) -> bool {
        let literal = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost"
            || literal
                .parse::<Ipv4Addr>()
                .is_ok_and(|address| address.is_loopback())
            || literal
                .parse::<Ipv6Addr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl From<SocketAddr> for Authority {
    fn from(address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self {
            host,
            port: Some(address.port()),
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// A registered name or an IPv4 address: letters, digits, `-`, `.` and `_` only.
fn host_name(name: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let sound = !name.is_empty() && name.len() <= 253 && name.bytes().all(allowed);
    sound.then(|| name.to_ascii_lowercase())
}

/// Digits only, and no zeros before them: `str::parse` would take a leading `+` too.
fn port_number(text: &str) -> Option<u16> {
    let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn authorities_are_read_strictly() {
        for (text, normal) in [
            ("127.0.0.1:9400", "127.0.0.1:9400"),
            ("LocalHost:9400", "localhost:9400"),
            ("auth.example.com", "auth.example.com"),
            ("[::1]:9400", "[::1]:9400"),
            ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ] {
            assert_eq!(Authority::parse(text).unwrap().to_string(), normal, "{text}");
        }
        for bad in [
            "",
            ":",
            ":80",
            "a:",
            "a:b",
            "a:+1",
            "a:99999",
            "a:09400",
            "a:80:80",
            "user@a",
            "a b",
            "a/b",
            "a%41",
            "[::1",
            "::1",
            "[::1]x",
            "[::1]:",
            "[v1.x]",
            "ä.example",
            "a\0",
        ] {
            assert_eq!(Authority::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn loopback_is_known_by_name_and_by_number() {
        for (text, loopback) in [
            ("127.0.0.1:1", true),
            ("127.8.9.1", true),
            ("[::1]", true),
            ("localhost", true),
            ("localhost.example", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(Authority::parse(text).unwrap().is_loopback(), loopback, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_comes_back_the_same(text in "\\PC{0,40}") {
            if let Some(authority) = Authority::parse(&text) {
                prop_assert_eq!(Authority::parse(&authority.to_string()), Some(authority));
            }
        }

        #[test]
        fn host_and_port_survive(host in "[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", port in any::<u16>()) {
            let authority = Authority::parse(&format!("{host}:{port}")).unwrap();
            prop_assert_eq!(authority.host(), host);
            prop_assert_eq!(authority.port_or(1), port);
        }
    }
}
