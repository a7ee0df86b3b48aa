//! A server over a new registry, with clients and a test user.

use chancery::client::{AuthMethod, ClientDraft, ClientId, ClientKind, GrantType, Secret};
use chancery::registry::{Act, NewClient, NewSecret, Registry, User};
use chancery::server::{Listen, Options, RunningServer, Server};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

pub const REDIRECT_URI: &str = "https://app.example.com/callback";
pub const NAME: &str = "ada";
pub const PASSWORD: &str = "correct horse battery staple";

pub struct Rig {
    pub registry: Registry,
    pub server: RunningServer,
    pub folder: tempfile::TempDir,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// A server that is started as a test wants it.
    pub fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::open(&folder.path().join("registry"), Timestamp::now()).unwrap();
        let mut options = Options::new(registry.another().unwrap(), "tester");
        options.listen = Listen::AnyPort;
        change(&mut options);
        let server = Server::start(options).unwrap();
        let rig = Self {
            registry,
            server,
            folder,
        };
        rig.user(NAME, PASSWORD);
        rig
    }

    pub fn issuer(&self) -> &str {
        self.server.issuer().as_str()
    }

    pub fn act(&self) -> Act {
        Act::new("tester", Timestamp::now())
    }

    pub fn user(&self, name: &str, password: &str) {
        let claims = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "email_verified": true });
        let user = User {
            name: name.to_owned(),
            hash: Secret::new(password.to_owned()).hash(random()).unwrap(),
            claims: claims.as_object().unwrap().clone(),
            created_at: Timestamp::now(),
        };
        self.registry.put_user(&user, &self.act()).unwrap();
    }

    /// A web application that signs people in and stays signed in, changed as a test wants it.
    pub fn client(&self, change: impl FnOnce(&mut ClientDraft)) -> (ClientId, Secret) {
        let mut draft = ClientKind::Web.preset();
        draft.name = "Payroll portal".to_owned();
        draft.redirect_uris = vec![REDIRECT_URI.to_owned()];
        draft.post_logout_redirect_uris = vec!["https://app.example.com/bye".to_owned()];
        draft.set_grant(GrantType::RefreshToken, true);
        draft.scopes = ["openid", "profile", "email", "offline_access", "read:payroll"]
            .map(str::to_owned)
            .to_vec();
        draft.audience = vec!["https://payroll.example.com".to_owned()];
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
        self.registry.create_client(new, &self.act()).unwrap();
        (client_id, secret)
    }

    /// A single-page application: no secret.
    pub fn public_client(&self) -> ClientId {
        let change = |draft: &mut ClientDraft| draft.token_endpoint_auth_method = AuthMethod::None;
        self.client(change).0
    }
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
