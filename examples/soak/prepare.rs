//! The registry that the load is borne by.

use std::path::Path;

use chancery::client::{ClientDraft, ClientId, ClientKind, GrantType, Secret};
use chancery::registry::{Act, NewClient, NewSecret, Registry, User, UserName};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::{Credentials, Registered};

/// Where the portal's people come back to; nothing listens there, and nothing needs to.
pub const REDIRECT_URI: &str = "https://portal.example.com/callback";

pub fn registry(file: &Path) -> Registered {
    let registry = Registry::open(file, Timestamp::now()).unwrap();
    let act = Act::new("soak", Timestamp::now());
    let (user, password) = ("ada", "correct horse battery staple");
    let claims = serde_json::json!({ "email": "ada@example.com" });
    let person = User::new(
        UserName::parse(user).unwrap(),
        &Secret::new(password.to_owned()),
        claims.as_object().unwrap().clone(),
        act.at,
    );
    registry.put_user(&person.unwrap(), &act).unwrap();
    let mut service = ClientKind::Service.preset();
    service.name = "Payroll service".to_owned();
    service.scopes = vec!["read:payroll".to_owned()];
    let mut portal = ClientKind::Web.preset();
    portal.name = "Portal".to_owned();
    portal.redirect_uris = vec![REDIRECT_URI.to_owned()];
    portal.scopes = vec!["openid".to_owned(), "email".to_owned()];
    portal.set_grant(GrantType::RefreshToken, true);
    Registered {
        issuer: String::new(),
        service: register(&registry, service, &act),
        portal: register(&registry, portal, &act),
        user: user.to_owned(),
        password: password.to_owned(),
    }
}

fn register(registry: &Registry, draft: ClientDraft, act: &Act) -> Credentials {
    let secret = Secret::generate(&Zeroizing::new(random()));
    let client_id = ClientId::generate(random());
    let new = NewClient {
        client_id: client_id.clone(),
        registration: draft.validate().unwrap(),
        secret: Some(NewSecret {
            selector: secret.selector(),
            hash: secret.hash(random()).unwrap(),
            label: String::new(),
            expires_at: None,
        }),
        origin: None,
    };
    registry.create_client(new, act).unwrap();
    Credentials {
        client_id: client_id.to_string(),
        client_secret: secret.expose().to_owned(),
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
