//! The registry as its owners use it, through its public functions, on real files.

mod census;
mod clients;
mod compare;
mod consents;
mod cors_origins;
mod devices;
mod endings;
mod files;
mod grants;
mod history;
mod history_queries;
mod list;
mod loss;
mod pushed_requests;
mod registration;
mod review;
mod saved_requests;
mod secrets;
mod store;
mod trouble;

use tempfile::TempDir;

use super::*;
use crate::client::{ClientDraft, ClientId, ClientKind, SecretHash, Selector};

/// A registry in a folder of its own.
pub(super) struct Here {
    pub registry: Registry,
    pub folder: TempDir,
}

impl std::ops::Deref for Here {
    type Target = Registry;

    fn deref(&self) -> &Registry {
        &self.registry
    }
}

pub(super) fn new_registry() -> Here {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(&folder.path().join("registry.chancery"), at(0)).unwrap();
    // No test pulls the plug; waiting for the disk at each commit would only make them slow.
    registry
        .connection
        .pragma_update(None, "synchronous", "OFF")
        .unwrap();
    Here { registry, folder }
}

/// Some seconds after a moment in 2026.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub(super) fn act(seconds: i64) -> Act {
    Act::new("Ada Admin", at(seconds))
}

pub(super) fn id(text: &str) -> ClientId {
    ClientId::parse(text).unwrap()
}

/// A registration of a kind that keeps the rules.
pub(super) fn draft(kind: ClientKind, name: &str) -> ClientDraft {
    let mut draft = kind.preset();
    draft.name = name.to_owned();
    draft.scopes = vec!["read".to_owned()];
    draft.audience = vec!["https://api.example.com".to_owned()];
    draft.contacts = vec!["team@example.com".to_owned()];
    if crate::client::needs_redirect_uri(&draft.grant_types) {
        draft.redirect_uris = vec![format!(
            "https://{}.example.com/callback",
            name.to_lowercase().replace(' ', "-")
        )];
    }
    draft
}

/// A hash that is as good as any where nobody verifies it.
pub(super) fn hash(ends_with: char) -> SecretHash {
    let text = format!(
        "$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ${ends_with}nVcvmVJvtZZIqMTF7kLTzrsRz7yjA8nvKZcKCVEL6s"
    );
    SecretHash::parse(&text).unwrap()
}

pub(super) fn secret(label: &str) -> NewSecret {
    NewSecret {
        is_weak: false,
        selector: Selector::parse("abcdefgh"),
        hash: hash('K'),
        label: label.to_owned(),
        expires_at: None,
    }
}

pub(super) fn new_client(client_id: &str, draft: ClientDraft) -> NewClient {
    let secret = draft
        .token_endpoint_auth_method
        .uses_secret()
        .then(|| secret("first"));
    NewClient {
        client_id: id(client_id),
        registration: draft.validate().unwrap(),
        secret,
        origin: None,
    }
}

impl Here {
    /// Registers a client that keeps the rules.
    pub fn add(&self, client_id: &str, kind: ClientKind, name: &str) -> Client {
        self.create_client(new_client(client_id, draft(kind, name)), &act(1))
            .unwrap()
    }
}
