//! The registry that the load is borne by.

use std::path::Path;

use chancery::client::{AuthMethod, ClientDraft, ClientId, ClientKind, GrantType, Secret};
use chancery::protocol::opaque::OpaqueToken;
use chancery::registry::{Act, NewClient, NewInitialToken, NewSecret, Registry, TokenLabel, User, UserName};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::{Credentials, Registered};

/// The next service down the line.
pub const LEDGER: &str = "https://ledger.example.com";

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
    let service = draft(ClientKind::Service, "Payroll service", &["read:payroll"]);
    let mut portal = draft(ClientKind::Web, "Portal", &["openid", "email"]);
    portal.redirect_uris = vec![REDIRECT_URI.to_owned()];
    let mut application = draft(ClientKind::SinglePage, "Application", &["openid", "email"]);
    application.redirect_uris = vec![REDIRECT_URI.to_owned()];
    application.set_grant(GrantType::RefreshToken, true);
    let device = draft(ClientKind::Device, "Television", &["openid", "email"]);
    let mut trader = draft(ClientKind::Service, "Trader", &["read:ledger"]);
    trader.audience = vec![LEDGER.to_owned()];
    trader.set_grant(GrantType::TokenExchange, true);
    let trader = register(&registry, trader, &act);
    let mut caller = draft(ClientKind::Service, "Caller", &["read:ledger"]);
    caller.audience = vec![trader.client_id.clone()];
    Registered {
        issuer: String::new(),
        service: register(&registry, service, &act),
        portal: register(&registry, portal, &act),
        application: register(&registry, application, &act).client_id,
        device: register(&registry, device, &act).client_id,
        caller: register(&registry, caller, &act),
        trader,
        initial_access_token: initial_access_token(&registry, &act),
        user: user.to_owned(),
        password: password.to_owned(),
    }
}

fn draft(kind: ClientKind, name: &str, scopes: &[&str]) -> ClientDraft {
    let mut draft = kind.preset();
    draft.name = name.to_owned();
    draft.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    draft
}

/// What any number of clients register themselves with for a day.
fn initial_access_token(registry: &Registry, act: &Act) -> String {
    let token = OpaqueToken::new(&Zeroizing::new(random()));
    let new = NewInitialToken {
        hash: token.hash,
        label: TokenLabel::parse("soak"),
        scopes: None,
        uses: None,
        expires_at: act.at + SignedDuration::from_hours(24),
    };
    registry.create_initial_token(&new, act).unwrap();
    token.text.expose().to_owned()
}

fn register(registry: &Registry, draft: ClientDraft, act: &Act) -> Credentials {
    let secret = Secret::generate(&Zeroizing::new(random()));
    let client_id = ClientId::generate(random());
    let has_secret = draft.token_endpoint_auth_method != AuthMethod::None;
    let new = NewClient {
        client_id: client_id.clone(),
        registration: draft.validate().unwrap(),
        secret: has_secret.then(|| NewSecret {
            is_weak: false,
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

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
