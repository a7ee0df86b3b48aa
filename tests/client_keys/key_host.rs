//! A server on loopback that speaks TLS and gives out what a test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// A certificate authority that only a test trusts.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// To be trusted by a fetcher.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }

    /// To be trusted by a program that reads `SSL_CERT_FILE`.
    pub fn pem(&self) -> String {
        use base64::Engine;
        let der = base64::engine::general_purpose::STANDARD.encode(self.0.der());
        format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
    }

    /// A server's certificate for a name, and its key.
    fn vouch(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap()
    }
}

/// What it answers with, whatever it is asked.
#[derive(Clone)]
pub struct Answer {
    bytes: Vec<u8>,
    then_waits: bool,
}

impl Answer {
    /// `200 OK` with a document.
    pub fn document(body: &[u8]) -> Self {
        Self::with("200 OK", "", body)
    }

    /// A JWK set.
    pub fn jwks(keys: &[&Value]) -> Self {
        Self::document(serde_json::json!({ "keys": keys }).to_string().as_bytes())
    }

    /// A status, further headers and a body.
    pub fn with(status: &str, headers: &str, body: &[u8]) -> Self {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        Self::raw([head.as_bytes(), body].concat())
    }

    /// Bytes as they are.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            then_waits: false,
        }
    }

    /// These bytes, and then nothing until the other end is gone.
    pub fn that_stops(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            then_waits: true,
            ..Self::raw(bytes)
        }
    }
}

/// The server. It lasts as long as the test.
pub struct KeyHost {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    connections: Arc<AtomicUsize>,
}

impl KeyHost {
    /// With a certificate for its address.
    pub fn start(authority: &Authority, answer: Answer) -> Self {
        Self::with_certificate(authority.vouch("127.0.0.1", |_| ()), answer)
    }

    /// With a certificate for another name, or changed.
    pub fn start_with(
        authority: &Authority,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
        answer: Answer,
    ) -> Self {
        Self::with_certificate(authority.vouch(name, change), answer)
    }

    fn with_certificate(config: ServerConfig, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = Self {
            address: listener.local_addr().unwrap(),
            answer: Arc::new(Mutex::new(answer)),
            connections: Arc::default(),
        };
        let (config, answer, connections) = (
            Arc::new(config),
            Arc::clone(&host.answer),
            Arc::clone(&host.connections),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                connections.fetch_add(1, Ordering::SeqCst);
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let answer = answer.lock().unwrap().clone();
                let stream = StreamOwned::new(connection, stream.unwrap());
                // A peer that hangs up is one that did not like what it got.
                std::thread::spawn(move || drop(serve(stream, &answer)));
            }
        });
        host
    }

    /// Where its document is.
    pub fn url(&self) -> String {
        format!("https://{}/jwks", self.address)
    }

    /// Answers with something else from now on.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// How often somebody came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: StreamOwned<ServerConnection, TcpStream>, answer: &Answer) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    stream.write_all(&answer.bytes)?;
    stream.flush()?;
    if answer.then_waits {
        let mut nothing = [0];
        let _hung_up = stream.read(&mut nothing)?;
    }
    stream.conn.send_close_notify();
    stream.flush()
}
