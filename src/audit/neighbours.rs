//! What the rules must know of the other clients, kept small: a hash for each address and each name.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use url::Url;

use super::lookalike::skeleton;
use crate::client::redirect_uri::is_loopback;
use crate::client::{ClientDraft, ClientId};

/// No more addresses of one client are looked at: a longer list is a finding of its own.
const MOST_URIS: usize = 200;

/// The first digits of a SHA-256. Nobody makes two texts that share them.
type Key = [u8; 16];

/// Every client of a registry, as far as others must know it; to be filled before the first is judged. Takes about 200
/// bytes a client.
#[derive(Debug, Default)]
pub struct Neighbours {
    clients: Vec<ClientId>,
    addresses: HashMap<Key, Holders>,
    likenesses: HashMap<Key, Holders>,
    users: HashMap<Key, String>,
}

/// The first two clients that have something; nobody needs to know more of them.
#[derive(Clone, Copy, Debug)]
struct Holders {
    first: usize,
    second: Option<usize>,
}

impl Neighbours {
    /// Adds a client.
    pub fn add(&mut self, client_id: &ClientId, draft: &ClientDraft) {
        let number = self.clients.len();
        self.clients.push(client_id.clone());
        for uri in shareable(draft) {
            hold(&mut self.addresses, key("uri", uri), number);
        }
        for text in [draft.name.as_str(), client_id.as_str()] {
            if let Some(key) = likeness(text) {
                hold(&mut self.likenesses, key, number);
            }
        }
    }

    /// Adds a person, by the `sub` that tokens name them by.
    pub fn add_user(&mut self, sub: &str) {
        self.users.insert(key("user", sub), sub.to_owned());
    }

    /// The addresses of a client that another one has too, each with that other one.
    pub(super) fn shared<'a>(
        &'a self,
        client_id: &'a ClientId,
        draft: &'a ClientDraft,
    ) -> impl Iterator<Item = (&'a str, &'a ClientId)> {
        shareable(draft).filter_map(move |uri| {
            let holders = self.addresses.get(&key("uri", uri))?;
            Some((uri, self.another(*holders, client_id)?))
        })
    }

    /// The other client that a text is mistaken for.
    pub(super) fn alike(&self, client_id: &ClientId, text: &str) -> Option<&ClientId> {
        let holders = self.likenesses.get(&likeness(text)?)?;
        self.another(*holders, client_id)
    }

    /// The person whose `sub` is this text (RFC 9700 §4.15).
    pub(super) fn user(&self, text: &str) -> Option<&str> {
        self.users.get(&key("user", text)).map(String::as_str)
    }

    fn another(&self, holders: Holders, client_id: &ClientId) -> Option<&ClientId> {
        [Some(holders.first), holders.second]
            .into_iter()
            .flatten()
            .filter_map(|number| self.clients.get(number))
            .find(|holder| *holder != client_id)
    }
}

/// The redirect URIs that only one client should have. Loopback ones are on a machine of each person's own, and everybody
/// uses the same few (RFC 8252 §7.3).
fn shareable(draft: &ClientDraft) -> impl Iterator<Item = &str> {
    let uris = draft.redirect_uris.iter().take(MOST_URIS).map(String::as_str);
    uris.filter(|uri| !Url::parse(uri).is_ok_and(|url| is_loopback(&url)))
}

fn likeness(text: &str) -> Option<Key> {
    let skeleton = skeleton(text);
    (!skeleton.is_empty()).then(|| key("like", &skeleton))
}

fn key(kind: &str, text: &str) -> Key {
    let digest = digest(&SHA256, format!("{kind}\0{text}").as_bytes());
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

fn hold(map: &mut HashMap<Key, Holders>, key: Key, number: usize) {
    map.entry(key)
        .and_modify(|holders| {
            if holders.first != number {
                holders.second.get_or_insert(number);
            }
        })
        .or_insert(Holders {
            first: number,
            second: None,
        });
}
