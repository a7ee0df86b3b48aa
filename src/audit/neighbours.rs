//! What the rules must know of the other clients, kept small: a hash for each address and each name.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use aws_lc_rs::digest::{SHA256, digest};

use super::keycloak::are_account_pages;
use super::lookalike::skeleton;
use crate::client::redirect_uri::leads_to_loopback;
use crate::client::{ClientDraft, ClientId};

/// No more addresses of one client are looked at: a longer list is a finding of its own.
const MOST_URIS: usize = 200;
/// So many of those that share something are judged again when one of them changes. Where there are more, nobody reads whom
/// each of them is told beside, and the next audit of all puts it right.
const MOST_TOUCHED: usize = 64;

/// The first digits of a SHA-256. Nobody makes two texts that share them.
type Key = [u8; 16];

/// Keys are digests, and spread by themselves.
type ByKey<T> = HashMap<Key, T, BuildHasherDefault<FirstDigits>>;

/// Takes the first digits of a key for its hash.
#[derive(Debug, Default)]
struct FirstDigits(u64);

impl Hasher for FirstDigits {
    fn write(&mut self, bytes: &[u8]) {
        // The length of an array of bytes is written before it, in fewer bytes.
        if let Some(first) = bytes.first_chunk().filter(|_| bytes.len() == size_of::<Key>()) {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Every client of a registry, as far as others must know it; to be filled before the first is judged. Takes about 300
/// bytes a client.
#[derive(Debug, Default)]
pub struct Neighbours {
    numbers: HashMap<ClientId, u32>,
    /// By number; those that are gone hold nothing.
    clients: Vec<Neighbour>,
    addresses: ByKey<Holders>,
    likenesses: ByKey<Holders>,
    users: ByKey<String>,
}

/// A client, and what of it could be another one's.
#[derive(Debug)]
struct Neighbour {
    client_id: ClientId,
    addresses: Box<[Key]>,
    /// Of its name and of its identifier, where they have a likeness at all.
    likenesses: [Option<Key>; 2],
}

/// What of a client could be another one's.
#[derive(Clone, Debug)]
pub struct Traits {
    addresses: Box<[Key]>,
    likenesses: [Option<Key>; 2],
}

impl Traits {
    /// Those of a client. It takes most of the time that [`Neighbours::set`] takes, and can be done by many at once.
    pub fn of(client_id: &ClientId, draft: &ClientDraft) -> Self {
        Self {
            addresses: shareable(draft).map(|uri| key("uri", uri)).collect(),
            likenesses: [draft.name.as_str(), client_id.as_str()].map(likeness),
        }
    }
}

/// The clients that have something, by number, in the order in which they came to it.
#[derive(Debug)]
enum Holders {
    One(u32),
    Many(Vec<u32>),
}

impl Neighbours {
    /// Takes a client in, or what it has become. Returns the others whose findings that may change.
    pub fn set(&mut self, client_id: &ClientId, draft: &ClientDraft) -> Vec<ClientId> {
        self.set_traits(client_id, Traits::of(client_id, draft))
    }

    /// The same, with what was worked out of it elsewhere.
    pub fn set_traits(&mut self, client_id: &ClientId, traits: Traits) -> Vec<ClientId> {
        let Traits {
            addresses,
            likenesses,
        } = traits;
        let number = match self.numbers.get(client_id) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
                self.numbers.insert(client_id.clone(), number);
                self.clients.push(Neighbour {
                    client_id: client_id.clone(),
                    addresses: Box::default(),
                    likenesses: [None; 2],
                });
                number
            }
        };
        let mut touched = Vec::new();
        if let Some(neighbour) = self.clients.get_mut(number as usize) {
            let before = std::mem::replace(&mut neighbour.addresses, addresses.clone());
            exchange(&mut self.addresses, number, &before, &addresses, &mut touched);
            let before = std::mem::replace(&mut neighbour.likenesses, likenesses);
            let [before, after] =
                [before, likenesses].map(|keys| keys.into_iter().flatten().collect::<Vec<_>>());
            exchange(&mut self.likenesses, number, &before, &after, &mut touched);
        }
        self.ids_of(touched, number)
    }

    /// Forgets a client. Returns the others whose findings that may change.
    pub fn forget(&mut self, client_id: &ClientId) -> Vec<ClientId> {
        let Some(number) = self.numbers.remove(client_id) else {
            return Vec::new();
        };
        let mut touched = Vec::new();
        if let Some(neighbour) = self.clients.get_mut(number as usize) {
            let addresses = std::mem::take(&mut neighbour.addresses);
            exchange(&mut self.addresses, number, &addresses, &[], &mut touched);
            let likenesses = std::mem::take(&mut neighbour.likenesses);
            let likenesses: Vec<Key> = likenesses.into_iter().flatten().collect();
            exchange(&mut self.likenesses, number, &likenesses, &[], &mut touched);
        }
        self.ids_of(touched, number)
    }

    /// Whether a client was taken in.
    pub fn has(&self, client_id: &ClientId) -> bool {
        self.numbers.contains_key(client_id)
    }

    /// Adds a person, by the `sub` that tokens name them by.
    pub fn add_user(&mut self, sub: &str) {
        self.users.insert(key("user", sub), sub.to_owned());
    }

    /// The addresses of a client that another one has too, each with that other one. Of a client that was not set: none.
    pub(super) fn shared<'a>(
        &'a self,
        client_id: &ClientId,
        draft: &'a ClientDraft,
    ) -> Vec<(&'a str, &'a ClientId)> {
        let Some((number, neighbour)) = self.neighbour(client_id) else {
            return Vec::new();
        };
        let keys = &neighbour.addresses;
        // Nearly every client shares nothing, and then its addresses need not be read.
        if !keys
            .iter()
            .any(|key| self.others(&self.addresses, key, number).next().is_some())
        {
            return Vec::new();
        }
        let shared = shareable(draft).zip(keys).filter_map(|(uri, key)| {
            let mut others = self.others(&self.addresses, key, number);
            Some((
                uri,
                others.find(|other| !are_account_pages(client_id, other, uri))?,
            ))
        });
        shared.collect()
    }

    /// Whom the name of a client, and whom its identifier, is mistaken for.
    pub(super) fn alike(&self, client_id: &ClientId) -> [Option<&ClientId>; 2] {
        let Some((number, neighbour)) = self.neighbour(client_id) else {
            return [None; 2];
        };
        let another = |key: &Option<Key>| self.others(&self.likenesses, key.as_ref()?, number).next();
        let [name, id] = &neighbour.likenesses;
        [another(name), another(id)]
    }

    /// The person whose `sub` is this text (RFC 9700 §4.15).
    pub(super) fn user(&self, text: &str) -> Option<&str> {
        if self.users.is_empty() {
            return None;
        }
        self.users.get(&key("user", text)).map(String::as_str)
    }

    fn neighbour(&self, client_id: &ClientId) -> Option<(u32, &Neighbour)> {
        let number = *self.numbers.get(client_id)?;
        Some((number, self.clients.get(number as usize)?))
    }

    /// The other ones that have something, in the order in which they came to it.
    fn others<'a>(
        &'a self,
        map: &'a ByKey<Holders>,
        key: &Key,
        number: u32,
    ) -> impl Iterator<Item = &'a ClientId> + use<'a> {
        let holders = map.get(key).map_or(&[] as &[u32], Holders::numbers);
        let others = holders.iter().filter(move |holder| **holder != number);
        others.filter_map(|other| Some(&self.clients.get(*other as usize)?.client_id))
    }

    fn ids_of(&self, mut numbers: Vec<u32>, but: u32) -> Vec<ClientId> {
        numbers.sort_unstable();
        numbers.dedup();
        let others = numbers.into_iter().filter(|number| *number != but);
        let others = others.filter_map(|number| self.clients.get(number as usize));
        others.map(|neighbour| neighbour.client_id.clone()).collect()
    }
}

impl Holders {
    fn numbers(&self) -> &[u32] {
        match self {
            Self::One(number) => std::slice::from_ref(number),
            Self::Many(numbers) => numbers,
        }
    }
}

/// Lets a client have some keys in the place of others, and tells who shares those that it lost or won.
fn exchange(map: &mut ByKey<Holders>, number: u32, before: &[Key], after: &[Key], touched: &mut Vec<u32>) {
    for key in before.iter().filter(|key| !after.contains(key)) {
        let Some(holders) = map.get_mut(key) else { continue };
        let mut left = holders.numbers().to_vec();
        left.retain(|holder| *holder != number);
        touch(&left, touched);
        match left.as_slice() {
            [] => {
                map.remove(key);
            }
            [one] => *holders = Holders::One(*one),
            _ => *holders = Holders::Many(left),
        }
    }
    for key in after.iter().filter(|key| !before.contains(key)) {
        match map.get_mut(key) {
            None => {
                map.insert(*key, Holders::One(number));
            }
            // Twice in one list.
            Some(holders) if holders.numbers().contains(&number) => {}
            Some(holders) => {
                touch(holders.numbers(), touched);
                match holders {
                    Holders::One(one) => *holders = Holders::Many(vec![*one, number]),
                    Holders::Many(many) => many.push(number),
                }
            }
        }
    }
}

fn touch(holders: &[u32], touched: &mut Vec<u32>) {
    touched.extend(holders.iter().take(MOST_TOUCHED));
}

/// The redirect URIs that only one client should have. Loopback ones are on a machine of each person's own, and everybody
/// uses the same few (RFC 8252 §7.3).
fn shareable(draft: &ClientDraft) -> impl Iterator<Item = &str> {
    let uris = draft.redirect_uris.iter().take(MOST_URIS).map(String::as_str);
    uris.filter(|uri| !leads_to_loopback(uri))
}

fn likeness(text: &str) -> Option<Key> {
    let skeleton = skeleton(text);
    (!skeleton.is_empty()).then(|| key("like", &skeleton))
}

fn key(kind: &str, text: &str) -> Key {
    let bytes = [kind.as_bytes(), &[0], text.as_bytes()].concat();
    // At once, for a text of this length is hashed in less time than a context is set up.
    let digest = digest(&SHA256, &bytes);
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ClientId {
        ClientId::parse(text).unwrap()
    }

    fn draft(name: &str, uri: &str) -> ClientDraft {
        ClientDraft {
            name: name.to_owned(),
            redirect_uris: vec![uri.to_owned()],
            ..ClientDraft::default()
        }
    }

    fn shared(neighbours: &Neighbours, client_id: &str, draft: &ClientDraft) -> Vec<String> {
        let client_id = id(client_id);
        let shared = neighbours.shared(&client_id, draft).into_iter();
        shared.map(|(_, other)| other.to_string()).collect()
    }

    #[test]
    fn a_change_of_one_touches_those_that_shared_with_it_or_do_now() {
        let (a, b) = ("https://a.example/cb", "https://b.example/cb");
        let mut neighbours = Neighbours::default();
        assert_eq!(neighbours.set(&id("one"), &draft("Billing", a)), []);
        assert_eq!(neighbours.set(&id("two"), &draft("Payroll", a)), [id("one")]);
        assert_eq!(shared(&neighbours, "one", &draft("Billing", a)), ["two"]);
        assert_eq!(neighbours.set(&id("two"), &draft("Payroll", b)), [id("one")]);
        assert_eq!(shared(&neighbours, "one", &draft("Billing", a)), [""; 0]);
        assert_eq!(
            neighbours.set(&id("two"), &draft("Payroll", b)),
            [],
            "nothing changed"
        );
        assert_eq!(neighbours.set(&id("two"), &draft("Bi11ing", b)), [id("one")]);
        assert_eq!(neighbours.alike(&id("one")), [Some(&id("two")), None]);
        assert_eq!(neighbours.forget(&id("two")), [id("one")]);
        assert_eq!(neighbours.alike(&id("one")), [None, None]);
        assert_eq!(neighbours.forget(&id("two")), []);
    }

    #[test]
    fn the_account_pages_of_a_realm_share_with_others_only() {
        let uri = "${authBaseUrl}/realms/a/account/*";
        let mut neighbours = Neighbours::default();
        neighbours.set(&id("account"), &draft("Account", uri));
        neighbours.set(&id("account-console"), &draft("Account console", uri));
        assert_eq!(shared(&neighbours, "account", &draft("Account", uri)), [""; 0]);
        neighbours.set(&id("portal"), &draft("Portal", uri));
        assert_eq!(shared(&neighbours, "account", &draft("Account", uri)), ["portal"]);
        assert_eq!(shared(&neighbours, "portal", &draft("Portal", uri)), ["account"]);
    }

    #[test]
    fn of_very_many_that_share_something_a_few_are_touched() {
        let uri = "https://a.example/cb";
        let mut neighbours = Neighbours::default();
        for number in 0..200 {
            let touched = neighbours.set(&id(&format!("c{number}")), &draft(&format!("N{number}"), uri));
            assert!(touched.len() <= MOST_TOUCHED);
        }
        assert_eq!(shared(&neighbours, "c0", &draft("N0", uri)), ["c1"]);
        assert_eq!(shared(&neighbours, "c9", &draft("N9", uri)), ["c0"]);
    }
}
