//! What is handed to a client's developers in Rust compiles as it is, and does what it says. The files beside this one are
//! what is handed over for the clients below; tests/handover/run does the same for the other languages.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of a test may fail loudly"
)]

#[expect(dead_code, reason = "not all that a browser can do is needed here")]
#[path = "sign_in/browser.rs"]
mod browser;
#[expect(dead_code, reason = "clients are registered under fixed identifiers here")]
#[path = "sign_in/rig.rs"]
mod rig;
#[path = "handover/service.rs"]
mod service;
#[path = "handover/sign_in.rs"]
mod sign_in;
#[expect(
    dead_code,
    reason = "it reads its key from the environment, which a test does not change"
)]
#[path = "handover/signed.rs"]
mod signed;

use chancery::client::{AuthMethod, ClientDraft, ClientId, ClientKind, Secret};
use chancery::interchange::handover::{Endpoints, Target, hand_over};
use chancery::protocol::{Issuer, metadata};
use chancery::registry::{NewClient, NewSecret};
use openidconnect::OAuth2TokenResponse;

use browser::Browser;
use rig::Rig;

const ISSUER: &str = "https://id.example.com";

fn payroll() -> ClientDraft {
    let mut draft = ClientKind::Service.preset();
    draft.name = "Payroll \"export\" \\ {{ */ ${HOME}".to_owned();
    draft.scopes = vec!["read:payroll".to_owned(), "write:payroll".to_owned()];
    draft.audience = vec!["https://payroll.example.com".to_owned()];
    draft
}

fn portal() -> ClientDraft {
    let mut draft = ClientKind::Web.preset();
    draft.name = "Portal".to_owned();
    draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
    draft.scopes = ["openid", "profile", "offline_access"]
        .map(str::to_owned)
        .to_vec();
    draft.audience = vec!["https://payroll.example.com".to_owned()];
    draft
}

fn nightly() -> ClientDraft {
    let mut draft = payroll();
    draft.name = "Nightly".to_owned();
    draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    draft
}

fn endpoints() -> Endpoints {
    metadata::endpoints(&Issuer::parse(ISSUER).unwrap())
}

/// A server that knows a client of this registration under a fixed identifier.
fn serving(client_id: &str, draft: ClientDraft) -> (Rig, Secret) {
    let rig = Rig::new();
    let (secret, stored) = NewSecret::generate("").unwrap();
    let new = NewClient {
        client_id: ClientId::parse(client_id).unwrap(),
        registration: draft.validate().unwrap(),
        secret: Some(stored),
        origin: None,
    };
    rig.registry.create_client(new, &rig.act()).unwrap();
    (rig, secret)
}

#[test]
fn the_files_beside_this_one_are_what_is_handed_over() {
    for (client_id, draft, kept) in [
        ("payroll", payroll(), include_str!("handover/service.rs")),
        ("portal", portal(), include_str!("handover/sign_in.rs")),
        ("nightly", nightly(), include_str!("handover/signed.rs")),
    ] {
        let client_id = ClientId::parse(client_id).unwrap();
        let handed = hand_over(Target::Rust, &client_id, &draft, &endpoints());
        assert_eq!(handed.files[0].text, kept, "{client_id}");
    }
}

#[test]
fn a_service_gets_its_token_by_what_was_handed_over() {
    assert_eq!((service::ISSUER, service::CLIENT_ID), (ISSUER, "payroll"));
    let (rig, secret) = serving(service::CLIENT_ID, payroll());
    let token = service::access_token(rig.issuer(), secret.expose().to_owned()).unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(service::access_token(rig.issuer(), "wrong".to_owned()).is_err());
}

#[test]
fn a_person_signs_in_by_what_was_handed_over() {
    assert_eq!(sign_in::ISSUER, ISSUER);
    let (rig, secret) = serving(sign_in::CLIENT_ID, portal());
    let (url, kept) = sign_in::begin_sign_in(rig.issuer()).unwrap();
    let answer = Browser::new(&rig).sign_in(&url).answer();
    assert_eq!(&answer["state"], kept.state.secret());
    let secret = secret.expose().to_owned();
    let tokens = sign_in::end_sign_in(rig.issuer(), secret, answer["code"].clone(), kept).unwrap();
    assert!(tokens.refresh_token().is_some(), "offline_access was asked for");
}
