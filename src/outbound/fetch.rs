//! Documents that registrations point to, such as a client's keys at its `jwks_uri`: over TLS only, from public
//! addresses only unless allowed, without redirects, bounded in time and size.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::Url;

use super::OutboundError;

/// The longest wait for the whole document.
const MOST_TIME: Duration = Duration::from_secs(5);
/// The largest document, in bytes.
const MOST_BYTES: usize = 256 * 1024;

/// Fetches documents.
#[derive(Debug)]
pub struct Fetcher {
    /// Whether documents may lie on this machine or in a private network. Otherwise a registration could make this
    /// program ask what only it can reach.
    pub allow_private: bool,
    /// The longest wait for a whole document, connecting included: 5 seconds unless set.
    pub most_time: Duration,
    tls: OnceLock<Option<Arc<ClientConfig>>>,
}

impl Fetcher {
    /// One that trusts what the operating system trusts.
    pub fn new(allow_private: bool) -> Self {
        Self {
            allow_private,
            most_time: MOST_TIME,
            tls: OnceLock::new(),
        }
    }

    /// One that trusts these authorities and no other.
    pub fn trusting(allow_private: bool, roots: RootCertStore) -> Self {
        let fetcher = Self::new(allow_private);
        let _first = fetcher.tls.set(config(roots));
        fetcher
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// [`OutboundError`], for any answer but 200 too.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, OutboundError> {
        let url = Url::parse(url).map_err(|_| OutboundError::NotAUrl(url.to_owned()))?;
        tokio::time::timeout(self.most_time, self.converse(&url))
            .await
            .unwrap_or_else(|_| Err(OutboundError::TooSlow(url.to_string(), self.most_time.as_secs())))
    }

    /// The same for a thread that may wait.
    ///
    /// # Errors
    /// As [`Fetcher::fetch`].
    pub fn fetch_blocking(&self, url: &str) -> Result<Vec<u8>, OutboundError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| OutboundError::System(error.to_string()))?;
        let fetched = runtime.block_on(self.fetch(url));
        // To drop it would wait for a name server that does not answer, however long that takes.
        runtime.shutdown_background();
        fetched
    }

    async fn converse(&self, url: &Url) -> Result<Vec<u8>, OutboundError> {
        let (Some(host), Some(port), "https") = (url.host_str(), url.port_or_known_default(), url.scheme())
        else {
            return Err(OutboundError::NotHttps(url.to_string()));
        };
        let stream = self.connect(url, port).await?;
        let not_secure = |error: String| OutboundError::NotSecure(url.to_string(), error);
        let config = self.tls.get_or_init(trusted_by_the_system).clone();
        let config =
            config.ok_or_else(|| not_secure("no certificate authority is trusted here".to_owned()))?;
        let literal = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(literal).map_err(|error| not_secure(error.to_string()))?;
        let stream = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| not_secure(error.to_string()))?;

        let not_understood =
            |error: hyper::Error| OutboundError::NotUnderstood(url.to_string(), error.to_string());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(not_understood)?;
        let answered = async {
            let answer = sender.send_request(request(url)?).await.map_err(not_understood)?;
            if answer.status() != hyper::StatusCode::OK {
                // A redirect too: where it leads is not what was registered.
                let status = format!("with status {}", answer.status().as_u16());
                return Err(OutboundError::Unexpected(url.to_string(), status));
            }
            let mut frames = answer.into_body();
            let mut body = Vec::new();
            while let Some(frame) = frames.frame().await {
                let frame = frame.map_err(not_understood)?;
                let Some(data) = frame.data_ref() else { continue };
                if body.len() + data.len() > MOST_BYTES {
                    return Err(OutboundError::TooLarge(url.to_string(), MOST_BYTES / 1024));
                }
                body.extend_from_slice(data);
            }
            Ok(body)
        };
        let mut connection = std::pin::pin!(connection);
        let mut answered = std::pin::pin!(answered);
        tokio::select! {
            answered = &mut answered => answered,
            _ = &mut connection => answered.await,
        }
    }

    /// Connects to an address that was looked at, so that the name cannot lead elsewhere the second time.
    async fn connect(&self, url: &Url, port: u16) -> Result<TcpStream, OutboundError> {
        let no_connection =
            |error: std::io::Error| OutboundError::NoConnection(url.to_string(), error.to_string());
        let addresses: Vec<SocketAddr> = match url.host() {
            Some(url::Host::Ipv4(ip)) => vec![(ip, port).into()],
            Some(url::Host::Ipv6(ip)) => vec![(ip, port).into()],
            Some(url::Host::Domain(name)) => tokio::net::lookup_host((name, port))
                .await
                .map_err(no_connection)?
                .collect(),
            None => return Err(OutboundError::NotAUrl(url.to_string())),
        };
        if !self.allow_private && addresses.iter().any(|address| is_private(address.ip())) {
            return Err(OutboundError::Private(url.to_string()));
        }
        TcpStream::connect(addresses.as_slice())
            .await
            .map_err(no_connection)
    }
}

fn request(url: &Url) -> Result<hyper::Request<Empty<Bytes>>, OutboundError> {
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    hyper::Request::get(target)
        .header(HOST, authority)
        .header(USER_AGENT, concat!("chancery/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "application/json")
        .body(Empty::new())
        .map_err(|_| OutboundError::NotAUrl(url.to_string()))
}

fn trusted_by_the_system() -> Option<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is one that is not trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    config(roots)
}

fn config(roots: RootCertStore) -> Option<Arc<ClientConfig>> {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.ok()?.with_root_certificates(roots).with_no_client_auth();
    Some(Arc::new(config))
}

/// Whether an address is this machine's, a private network's, or nobody's (RFC 6890).
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_private_v4(ip),
            None => is_private_v6(ip),
        },
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_unspecified()
        || ip.is_broadcast()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        // Carrier-grade translation, protocol assignments, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0)
        || (a == 198 && matches!(b, 18 | 19))
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
        // Translation of IPv4 (64:ff9b::/96), 6to4 and documentation.
        || (first == 0x64 && second == 0xff9b)
        || first == 0x2002
        || (first == 0x2001 && second == 0x0db8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_disguise() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
        ] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn what_is_not_public_https_is_not_fetched() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let fetch = |url: &str| runtime.block_on(Fetcher::new(false).fetch(url)).unwrap_err();
        assert!(matches!(
            fetch("http://app.example.com/jwks"),
            OutboundError::NotHttps(_)
        ));
        assert!(matches!(fetch("file:///etc/passwd"), OutboundError::NotHttps(_)));
        assert!(matches!(fetch("nonsense"), OutboundError::NotAUrl(_)));
        assert!(matches!(
            fetch("https://127.0.0.1/jwks"),
            OutboundError::Private(_)
        ));
        assert!(matches!(fetch("https://[::1]/jwks"), OutboundError::Private(_)));
        assert!(matches!(
            fetch("https://localhost/jwks"),
            OutboundError::Private(_)
        ));
        assert!(matches!(fetch("https://0x7f.1/jwks"), OutboundError::Private(_)));
    }
}
