//! Clients of Keycloak: exports of a realm or of several, whole or in part (`{"clients": […]}`), and clients as the admin API
//! tells them, one or a list.
//!
//! What a realm says may stand behind its clients, so the file is read twice: the first way gathers what decides about clients
//! (`realm`), the second tells the clients one by one. Neither ever holds more than one client or one setting.
//!
//! | file | what it is for |
//! |---|---|
//! | `json` | JSON as Keycloak reads it |
//! | `representation` | what is read of a client, a scope, a policy |
//! | `realm` | the realm's settings, on the first way |
//! | `client` | a client with its realm into a draft |
//! | `redirects`, `access`, `scopes`, `lifetimes`, `keys`, `rest` | parts of that: addresses, grants and authentication, scopes and claims, … |
//! | `policies`, `mappers` | what client policies do, and which claims tokens have |
//! | `write` | a draft as Keycloak takes it in a partial import |

mod access;
mod client;
mod json;
mod keys;
mod lifetimes;
mod mappers;
mod policies;
mod realm;
mod redirects;
mod representation;
mod rest;
mod scopes;
pub mod write;

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use super::Input;
use super::foreign::{Piece, Unreadable};
use super::json_walk::{Stuck, Taken, Walk};
use super::unread::{Reader, Unread};
use realm::Realm;

/// The most that one client is read of, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Reads a file, realm by realm and client by client.
pub(super) fn read(input: &mut dyn Input, visit: &mut dyn FnMut(Piece) -> bool) -> Result<(), Stuck> {
    find(input, &mut |unread| visit(unread.read()))
}

/// Finds its clients, to be read by many at once.
pub(super) fn find(input: &mut dyn Input, visit: &mut dyn FnMut(Unread) -> bool) -> Result<(), Stuck> {
    let realms: HashMap<usize, Arc<Realm>> = gather(input)?
        .into_iter()
        .map(|(index, realm)| (index, Arc::new(realm)))
        .collect();
    let nothing = reader_in(&Arc::default());
    let mut told = false;
    let mut visit = |unread: Unread| {
        told = true;
        visit(unread)
    };
    let mut walk = Walk::new(&mut *input)?;
    let mut index = 0;
    let done = each_value(&mut walk, &mut |walk| {
        let realm = realms.get(&index);
        index += 1;
        match (walk.peek()?, realm) {
            (Some(b'{'), Some(realm)) => read_realm(walk, realm, &mut visit),
            (Some(b'{'), None) => Ok(visit(Unread::new(walk.take(MAX_BYTES)?, &nothing))),
            _ => {
                let place = walk.place();
                walk.skip()?;
                let what = "It is neither a realm nor a client";
                Ok(visit(unreadable(place, what, "a value")))
            }
        }
    });
    done?;
    if told {
        return Ok(());
    }
    Err(walk.stuck("It holds no clients: an export of Keycloak has them as clients, a list"))
}

/// The first way: the settings of each realm, by its place among the values of the file. Values that are single clients have
/// none.
fn gather(input: &mut dyn Input) -> Result<HashMap<usize, Realm>, Stuck> {
    let mut realms = HashMap::new();
    let mut walk = Walk::new(&mut *input)?;
    match walk.peek()? {
        None => return Err(walk.stuck("The file is empty")),
        Some(b'{' | b'[') => {}
        Some(_) => return Err(walk.unexpected("a realm, a client or a list of them")),
    }
    let mut index = 0;
    let gathered = each_value(&mut walk, &mut |walk| {
        let mut realm = Realm::default();
        let read = match walk.peek()? {
            Some(b'{') => realm.read(walk),
            _ => walk.skip(),
        };
        if !realm.is_client || realm.client_lists > 0 {
            realms.insert(index, realm);
        }
        index += 1;
        read.map(|()| true)
    });
    // Where a file cannot be read on, the second way comes as far, and tells it.
    let is_whole = gathered.is_ok();
    realms
        .values_mut()
        .for_each(|realm: &mut Realm| realm.is_whole = is_whole);
    walk.rewind()?;
    if realms
        .values()
        .any(|realm| !realm.policies.roles_asked_for().is_empty())
    {
        let mut walk = Walk::new(&mut *input)?;
        let mut index = 0;
        let gathered = each_value(&mut walk, &mut |walk| {
            let realm = realms.get_mut(&index);
            index += 1;
            match realm {
                Some(realm) => realm.read_roles(walk).map(|()| true),
                None => walk.skip().map(|()| true),
            }
        });
        drop(gathered);
        walk.rewind()?;
    }
    Ok(realms)
}

/// Goes through the values of a file: one, or the items of a list. `visit` goes past the value, and says whether to go on.
fn each_value<R: BufRead>(
    walk: &mut Walk<R>,
    visit: &mut dyn FnMut(&mut Walk<R>) -> Result<bool, Stuck>,
) -> Result<(), Stuck> {
    if walk.eat(b'[')? {
        let mut is_first = true;
        while walk.next_item(is_first)? {
            is_first = false;
            if !visit(walk)? {
                return Ok(());
            }
        }
    } else if !visit(walk)? {
        return Ok(());
    }
    match walk.peek()? {
        None => Ok(()),
        Some(_) => Err(walk.unexpected("the end of the file")),
    }
}

/// Reads a client of a realm.
fn reader_in(realm: &Arc<Realm>) -> Reader {
    let realm = Arc::clone(realm);
    Arc::new(move |taken| client::read(taken, &realm))
}

fn unreadable(place: String, what: &str, called: &str) -> Unread {
    Piece::Err(Unreadable::new(place, None, what).about(called)).into()
}

/// Tells the clients of the realm that comes next. `false` where no more are wanted.
fn read_realm<R: BufRead>(
    walk: &mut Walk<R>,
    realm: &Arc<Realm>,
    visit: &mut dyn FnMut(Unread) -> bool,
) -> Result<bool, Stuck> {
    let place = walk.place();
    let called = realm
        .name
        .as_deref()
        .map_or("The realm".to_owned(), |name| format!("The realm {name}"));
    if realm.client_lists == 0 && realm.is_known() && realm.is_whole {
        let what = format!("{called} has no clients in this file");
        let told = Unreadable::left_out(&place, None, what).about(&called);
        if !visit(Piece::Err(told).into()) {
            return Ok(false);
        }
    }
    if !realm.repeated.is_empty() {
        let what = format!(
            "{called} has {} twice; the last one counts, as for every reader of JSON",
            realm.repeated.join(", ")
        );
        let told = Unreadable::left_out(&place, None, what).about(&called);
        if !visit(Piece::Err(told).into()) {
            return Ok(false);
        }
    }
    let reader = reader_in(realm);
    let (mut lists, mut goes_on) = (0, true);
    realm::each_member(walk, "clients", &mut |walk| {
        lists += 1;
        if lists < realm.client_lists || !goes_on {
            return walk.skip();
        }
        goes_on = read_clients(walk, &called, &reader, visit)?;
        Ok(())
    })?;
    Ok(goes_on)
}

fn read_clients<R: BufRead>(
    walk: &mut Walk<R>,
    realm: &str,
    reader: &Reader,
    visit: &mut dyn FnMut(Unread) -> bool,
) -> Result<bool, Stuck> {
    if !walk.eat(b'[')? {
        let place = walk.place();
        let is_null = matches!(walk.take(4)?, Taken::Text(text) if text.bytes() == b"null");
        return Ok(is_null || visit(unreadable(place, "clients must be a list", realm)));
    }
    let mut is_first = true;
    while walk.next_item(is_first)? {
        is_first = false;
        if !visit(Unread::new(walk.take(MAX_BYTES)?, reader)) {
            // The rest of the file is not wanted either.
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
