//! The endpoints in process: what a request gets, as tables.

mod alike;
mod assertions;
mod authorize;
mod cors;
mod device;
mod device_page;
mod documents;
mod dpop;
mod exchange;
mod faults;
mod jwt_bearer;
mod keys;
mod par;
mod par_reference;
mod protected_resource;
mod reasons;
mod registration;
mod registration_input;
mod registration_management;
mod requests;
mod resource;
mod resource_requests;
mod sockets;
mod test_keys;
mod upkeep;
mod visitor;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use jiff::Timestamp;
use serde_json::Value;
use zeroize::Zeroizing;

use super::app::Entrance;
use super::{Listen, Options, RunningServer, Server};
use crate::client::{AuthMethod, ClientDraft, ClientId, ClientKind, Secret};
use crate::registry::{Act, AuthorizationCode, Grant, KeyThumbprint, NewClient, NewSecret, Registry, User};

/// A server on a new registry, with a clock that tests move.
pub struct Rig {
    pub registry: Registry,
    pub server: RunningServer,
    pub seconds: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

/// An answer that was read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    pub fn html(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The claims of the access token, unchecked.
    pub fn claims(&self) -> Value {
        let json = self.json();
        let token = json["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token in {json}"));
        let claims = token.split('.').nth(1).unwrap();
        serde_json::from_slice(
            &base64::engine::general_purpose::URL_SAFE_NO_PAD
                .decode(claims)
                .unwrap(),
        )
        .unwrap()
    }
}

impl Rig {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    pub fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let registry = Registry::open(&folder.path().join("registry"), time(&seconds)).unwrap();
        let mut options = Options::new(registry.another().unwrap(), "tester");
        options.listen = Listen::AnyPort;
        let told = Arc::clone(&seconds);
        options.clock = Arc::new(move || time(&told));
        change(&mut options);
        let server = Server::start(options).unwrap();
        Self {
            registry,
            server,
            seconds,
            _folder: folder,
        }
    }

    pub fn now(&self) -> Timestamp {
        time(&self.seconds)
    }

    pub fn act(&self) -> Act {
        Act::new("tester", self.now())
    }

    pub fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Registers a service, changed as the test wants it.
    pub fn client(&self, name: &str, change: impl FnOnce(&mut ClientDraft)) -> (ClientId, Secret) {
        let mut draft = ClientKind::Service.preset();
        draft.name = name.to_owned();
        draft.contacts = vec!["owner@example.com".to_owned()];
        draft.scopes = vec!["read:payroll".to_owned(), "write:payroll".to_owned()];
        draft.audience = vec!["https://payroll.example.com".to_owned(), "ledger".to_owned()];
        change(&mut draft);
        let secret = new_secret();
        let stored = draft
            .token_endpoint_auth_method
            .uses_secret()
            .then(|| stored(&secret));
        let client_id = ClientId::generate(random());
        let new = NewClient {
            client_id: client_id.clone(),
            registration: draft.validate().unwrap(),
            secret: stored,
            origin: None,
        };
        self.registry.create_client(new, &self.act()).unwrap();
        (client_id, secret)
    }

    pub fn request(&self) -> axum::http::request::Builder {
        Request::builder().header("host", self.server.address().to_string())
    }

    /// Answers a request as if it came from loopback.
    pub fn send(&self, request: Request<Body>) -> Answer {
        self.send_from(request, "127.0.0.1:5000")
    }

    pub fn send_from(&self, request: Request<Body>, peer: &str) -> Answer {
        let entrance = Entrance::new(Arc::clone(&self.server.app));
        let peer: std::net::SocketAddr = peer.parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (head, body) = entrance.serve(request, peer.into()).await.unwrap().into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            Answer {
                status: head.status,
                headers: head.headers,
                body,
            }
        })
    }

    pub fn token_request(&self, authorization: Option<&str>, body: &str) -> Request<Body> {
        self.form_request("/token", authorization, body)
    }

    /// A form for an endpoint that authenticates clients.
    pub fn form_request(&self, path: &str, authorization: Option<&str>, body: &str) -> Request<Body> {
        let mut request = self
            .request()
            .method("POST")
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        request.body(Body::from(body.to_owned())).unwrap()
    }

    pub fn token(&self, authorization: Option<&str>, body: &str) -> Answer {
        self.send(self.token_request(authorization, body))
    }

    pub fn post(&self, path: &str, authorization: Option<&str>, body: &str) -> Answer {
        self.send(self.form_request(path, authorization, body))
    }

    /// A code as `/authorize` issues them: Ada has signed in and allowed these scopes.
    pub fn code(&self, client_id: &ClientId, scopes: &[&str], dpop_jkt: Option<KeyThumbprint>) -> String {
        if self.registry.user("ada").unwrap().is_none() {
            let user = User {
                name: "ada".to_owned(),
                hash: Secret::new("password".to_owned()).hash([1; 16]).unwrap(),
                claims: serde_json::Map::new(),
                created_at: self.now(),
            };
            self.registry.put_user(&user, &self.act()).unwrap();
        }
        let grant = Grant {
            id: ClientId::generate(random()).to_string(),
            client_id: client_id.clone(),
            user: "ada".to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            resources: Vec::new(),
            nonce: None,
            auth_time: self.now(),
            created_at: self.now(),
        };
        let bound = AuthorizationCode {
            redirect_uri: None,
            code_challenge: None,
            dpop_jkt,
            expires_at: self.now() + jiff::SignedDuration::from_mins(1),
        };
        let code = ClientId::generate(random()).to_string();
        self.registry
            .begin_grant(&grant, &crate::protocol::opaque::hash(&code), &bound)
            .unwrap();
        code
    }

    /// A token by `client_secret_basic`, with further parameters.
    pub fn token_by_basic(&self, client_id: &ClientId, secret: &Secret, more: &str) -> Answer {
        self.token(
            Some(&basic(client_id, secret)),
            &format!("grant_type=client_credentials{more}"),
        )
    }
}

pub fn basic(client_id: &ClientId, secret: &Secret) -> String {
    let credentials = format!("{client_id}:{}", secret.expose());
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(credentials)
    )
}

pub fn post(client_id: &ClientId, secret: &Secret) -> String {
    format!(
        "grant_type=client_credentials&client_id={client_id}&client_secret={}",
        secret.expose()
    )
}

pub fn new_secret() -> Secret {
    Secret::generate(&Zeroizing::new(random()))
}

pub fn stored(secret: &Secret) -> NewSecret {
    NewSecret {
        is_weak: false,
        selector: secret.selector(),
        hash: secret.hash(random()).unwrap(),
        label: String::new(),
        expires_at: None,
    }
}

pub fn by_post(draft: &mut ClientDraft) {
    draft.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn time(seconds: &AtomicI64) -> Timestamp {
    Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap()
}
