//! A server that speaks TLS, and a client that does.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chancery::client::{AuthMethod, ClientDraft, ClientId, ClientKind, GrantType, Secret, Status};
use chancery::protocol::client_certificate::ClientAuthorities;
use chancery::registry::{Act, AuthorizationCode, Grant, NewClient, NewSecret, Registry, User, UserName};
use chancery::server::{Listen, Options, RunningServer, Server, Tls, Trust};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};
use zeroize::Zeroizing;

use crate::certificates::{Authority, Identity};

pub struct Rig {
    server: RunningServer,
    registry: Registry,
    _folder: Arc<tempfile::TempDir>,
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

impl Rig {
    /// A new registry, and a server that trusts this authority for clients.
    pub fn new(client_authority: Option<&Authority>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::start(folder, client_authority)
    }

    fn start(folder: Arc<tempfile::TempDir>, client_authority: Option<&Authority>) -> Self {
        let registry = Registry::open(&folder.path().join("registry"), Timestamp::now()).unwrap();
        let mut options = Options::new(registry.another().unwrap(), "tester");
        options.listen = Listen::AnyPort;
        options.tls = Some(Tls {
            mutual: Listen::AnyPort,
            client_authorities: client_authority
                .map(|authority| ClientAuthorities::from_pem(authority.pem.as_bytes()).unwrap()),
            allow_remote: false,
        });
        Self {
            server: Server::start(options).unwrap(),
            registry,
            _folder: folder,
        }
    }

    /// Stopped and started again on the same registry.
    pub fn restarted(self) -> Self {
        let folder = Arc::clone(&self._folder);
        self.server.stop();
        drop(self.registry);
        Self::start(folder, None)
    }

    pub fn trust(&self) -> &Trust {
        self.server.trust().unwrap()
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn mutual(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.trust().mutual.port()))
    }

    pub fn hashes(&self) -> u64 {
        self.server.hashes()
    }

    pub fn last_reason(&self) -> String {
        let last = self.server.requests().pop().unwrap();
        last.reason.unwrap_or_default()
    }

    /// A service, changed as a test wants it.
    pub fn client(&self, change: impl FnOnce(&mut ClientDraft)) -> ClientId {
        let mut draft = ClientKind::Service.preset();
        draft.name = "Payroll service".to_owned();
        draft.set_grant(GrantType::ClientCredentials, true);
        change(&mut draft);
        let secret = Secret::generate(&Zeroizing::new(random()));
        let uses_secret = draft.token_endpoint_auth_method.uses_secret();
        let client_id = ClientId::generate(random());
        let new = NewClient {
            client_id: client_id.clone(),
            registration: draft.validate().unwrap(),
            secret: uses_secret.then(|| NewSecret {
                is_weak: false,
                selector: secret.selector(),
                hash: secret.hash(random()).unwrap(),
                label: String::new(),
                expires_at: None,
            }),
            origin: None,
        };
        self.registry.create_client(new, &act()).unwrap();
        client_id
    }

    /// An application that people sign in to, whose tokens are bound to its certificate.
    pub fn person_client(&self, method: AuthMethod) -> ClientId {
        self.client(|draft| {
            *draft = ClientKind::SinglePage.preset();
            draft.name = "Portal".to_owned();
            draft.token_endpoint_auth_method = method;
            draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
            draft.scopes = vec!["openid".to_owned()];
            draft.set_grant(GrantType::RefreshToken, true);
            draft.tls_client_certificate_bound_access_tokens = true;
        })
    }

    /// A code as `/authorize` gives it to somebody who has signed in.
    pub fn code(&self, client_id: &ClientId) -> String {
        let at = Timestamp::now();
        let password = Secret::new("correct horse".to_owned());
        let user = User::new(
            UserName::parse("ada").unwrap(),
            &password,
            serde_json::Map::new(),
            at,
        );
        self.registry.put_user(&user.unwrap(), &act()).unwrap();
        let grant = Grant {
            id: "grant".to_owned(),
            client_id: client_id.clone(),
            user: "ada".to_owned(),
            scopes: vec!["openid".to_owned()],
            resources: Vec::new(),
            nonce: None,
            auth_time: at,
            created_at: at,
        };
        let code = AuthorizationCode {
            redirect_uri: None,
            code_challenge: None,
            dpop_jkt: None,
            expires_at: at + SignedDuration::from_mins(1),
        };
        let hash = chancery::protocol::opaque::hash("code");
        self.registry.begin_grant(&grant, &hash, &code).unwrap();
        "code".to_owned()
    }

    pub fn post(&self, path: &str, body: &str, identity: Option<&Identity>) -> (u16, Value) {
        let to = self.mutual();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.ask(to, identity, &request)
    }

    /// Asks for something that an access token opens.
    pub fn get_with_token(
        &self,
        from: SocketAddr,
        path: &str,
        token: &str,
        identity: Option<&Identity>,
    ) -> (u16, Value) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {from}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        self.ask(from, identity, &request)
    }

    /// Registers a resource server that takes every token for it.
    pub fn resource_server(&self, slug: &str, identifier: &str) {
        let rules = serde_json::json!([{ "method": null, "path": "/**", "scopes": [], "claims": [] }]);
        let server = chancery::registry::ResourceServer {
            identifier: identifier.to_owned(),
            slug: slug.to_owned(),
            scopes: Vec::new(),
            introspecting_client: None,
            policy: serde_json::from_value(rules).unwrap(),
        };
        self.registry.put_resource_server(&server, &act()).unwrap();
    }

    pub fn disable(&self, client_id: &ClientId) {
        let client = self.registry.client(client_id).unwrap().unwrap();
        self.registry
            .set_status(client_id, client.version, Status::Disabled, &act())
            .unwrap();
    }

    /// A token request to the port that asks for certificates.
    pub fn token(&self, client_id: &ClientId, identity: Option<&Identity>) -> (u16, Value) {
        self.token_at(self.mutual(), client_id, identity)
    }

    pub fn token_at(
        &self,
        to: SocketAddr,
        client_id: &ClientId,
        identity: Option<&Identity>,
    ) -> (u16, Value) {
        let body = format!("grant_type=client_credentials&client_id={client_id}");
        let request = format!(
            "POST /token HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.ask(to, identity, &request)
    }

    pub fn get(&self, from: SocketAddr, path: &str) -> (u16, Value) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {from}\r\nConnection: close\r\n\r\n");
        self.ask(from, None, &request)
    }

    fn ask(&self, to: SocketAddr, identity: Option<&Identity>, request: &str) -> (u16, Value) {
        let mut stream = self.connect(to, identity, None).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // The server closes as TLS wants it, with a notice; a test that reads it whole shows that too.
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head[9..12].parse().unwrap(),
            serde_json::from_str(body).unwrap_or(Value::Null),
        )
    }

    /// Shakes hands as somebody who trusts the server's authority, or another one.
    pub fn connect(
        &self,
        to: SocketAddr,
        identity: Option<&Identity>,
        trusting: Option<&Authority>,
    ) -> std::io::Result<Stream> {
        let mut roots = RootCertStore::empty();
        roots
            .add(match trusting {
                None => CertificateDer::from_pem_slice(self.trust().pem.as_bytes()).unwrap(),
                Some(authority) => authority.certificate.clone().into(),
            })
            .unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let key = PrivatePkcs8KeyDer::from(identity.key.clone());
                let chain = vec![identity.certificate.clone().into()];
                builder.with_client_auth_cert(chain, key.into()).unwrap()
            }
        };
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(to)?);
        stream.conn.complete_io(&mut stream.sock)?;
        Ok(stream)
    }

    /// Speaks to the port without a handshake, and waits until it is let go.
    pub fn say_in_clear(&self, text: &str) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _reset_or_read = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/"), "nothing is answered in clear");
    }
}

/// Whether the file is as its history has it.
pub fn is_sound(rig: &Rig) -> bool {
    rig.registry.check().unwrap().is_sound()
}

/// What a token says.
pub fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn act() -> Act {
    Act::new("tester", Timestamp::now())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
