//! The registry behind the properties.

use std::sync::{LazyLock, Mutex};

use jiff::Timestamp;

use crate::client::{AuthMethod, ClientDraft, ClientId, ClientKind, GrantType};
use crate::protocol::keys::SigningKeys;
use crate::registry::{Act, Client, NewClient, Registry};

/// A registry with clients, and its keys.
pub struct Registered {
    pub registry: Mutex<Registry>,
    pub keys: SigningKeys,
    clients: Vec<Client>,
}

pub static REGISTERED: LazyLock<Option<Registered>> = LazyLock::new(registered);

/// A confidential web application, a native one with loopback addresses, and a service that signs assertions and
/// exchanges tokens. They come out of a registry, since nothing else makes a client.
pub static CLIENTS: LazyLock<Vec<Client>> = LazyLock::new(|| {
    let registered = REGISTERED.as_ref();
    registered.map(|held| held.clients.clone()).unwrap_or_default()
});

fn registered() -> Option<Registered> {
    let folder = tempfile::tempdir().ok()?;
    let now = Timestamp::UNIX_EPOCH;
    let registry = Registry::open(&folder.path().join("registry"), now).ok()?;
    let act = Act::new("properties", now);
    let register = |id: &str, kind: ClientKind, change: &dyn Fn(&mut ClientDraft)| {
        let mut draft = kind.preset();
        draft.name = id.to_owned();
        draft.scopes = ["openid", "email", "offline_access", "read"]
            .map(str::to_owned)
            .to_vec();
        draft.audience = ["https://api.example.com", "ledger"].map(str::to_owned).to_vec();
        change(&mut draft);
        let client_id = ClientId::parse(id)?;
        let new = NewClient {
            client_id: client_id.clone(),
            registration: draft.validate().ok()?,
            secret: None,
            origin: None,
        };
        registry.create_client(new, &act).ok()?;
        registry.client(&client_id).ok()?
    };
    let uris = |uris: &[&str]| uris.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>();
    let web = uris(&[
        "https://app.example.com/callback",
        "https://app.example.com/other?tenant=1",
    ]);
    let native = uris(&[
        "http://127.0.0.1/callback",
        "http://[::1]:8080/",
        "com.example.app:/callback",
    ]);
    let signs = |draft: &mut ClientDraft| {
        draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        draft.jwks_uri = Some("https://app.example.com/jwks".to_owned());
    };
    let clients = vec![
        register("web", ClientKind::Web, &|draft| {
            signs(draft);
            draft.redirect_uris.clone_from(&web);
            draft.post_logout_redirect_uris =
                uris(&["https://app.example.com/bye", "https://app.example.com/bye?a=1"]);
        })?,
        register("native", ClientKind::Native, &|draft| {
            draft.redirect_uris.clone_from(&native)
        })?,
        register("signs", ClientKind::Service, &|draft| {
            signs(draft);
            draft.set_grant(GrantType::TokenExchange, true);
        })?,
    ];
    Some(Registered {
        keys: SigningKeys::open(&registry, &act).ok()?,
        registry: Mutex::new(registry),
        clients,
    })
}
