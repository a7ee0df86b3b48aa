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
//! | `carried` | what Keycloak has no place for, in an attribute of our own |
//! | `write` | a draft as Keycloak takes it in a partial import |

mod access;
mod carried;
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

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{BufRead, Seek};
use std::sync::Arc;

use super::Input;
use super::foreign::{Piece, Unreadable};
use super::json_items::{Item, each_item};
use super::json_walk::{Taken, Walk};
use super::stuck::Stuck;
use super::unread::{Reader, Unread};
use client::Kind;
use realm::Realm;

/// The member of a realm that its clients stand in.
const CLIENTS: &str = Kind::Client.list();

/// The member of a client by which it is seen where one begins. Those of Keycloak 1 have none that mappers lack.
const IDENTIFIER: &str = Kind::Client.identifier();

/// The most that one client is read of, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Finds the clients of a file, realm by realm, to be read by many at once. Where no realm stands about some of them, it is said
/// at the end what is not known of them for that.
pub(super) fn find(input: &mut dyn Input, visit: &mut dyn FnMut(Unread) -> bool) -> Result<(), Stuck> {
    const UNKNOWN: &str = "Clients of this file stand without the settings of a realm: whether their refresh tokens rotate, whether \
        offline ones end, how long tokens live where a client does not say so itself, and whether people may edit the attributes that \
        claims are made of, is not judged";
    let (mut goes_on, mut lacks_realm) = (true, false);
    let mut told = |unread: Unread| {
        goes_on = visit(unread);
        goes_on
    };
    find_clients(input, &mut told, &mut lacks_realm)?;
    if goes_on && lacks_realm {
        visit(Piece::Err(Unreadable::left_out("line 1", None, UNKNOWN).about("the realm")).into());
    }
    Ok(())
}

fn find_clients(
    input: &mut dyn Input,
    visit: &mut dyn FnMut(Unread) -> bool,
    lacks_realm: &mut bool,
) -> Result<(), Stuck> {
    let (realms, is_whole) = realms_of(input)?;
    let read_to = Cell::new(None);
    let mut visit = |unread: Unread, at: u64| {
        read_to.set(read_to.get().max(Some(at)));
        visit(unread)
    };
    let mut walk = Walk::new(&mut *input)?.watching(!is_whole);
    let is_list = walk.peek()? == Some(b'[');
    let read = read_values(&mut walk, &realms, &mut visit, lacks_realm);
    if matches!(read, Ok(false)) {
        return Ok(());
    }
    let odd = walk.oddity().cloned();
    let (wrong, at) = match (read, odd) {
        (Ok(_), None) if read_to.get().is_some() => return Ok(()),
        (Ok(_), None) if realms.values().any(|realm| realm.has_clients()) => {
            let told = Unreadable::left_out("line 1", None, "The list of clients is empty");
            visit(Piece::Err(told.about("the realm")).into(), 0);
            return Ok(());
        }
        (Ok(_), None) => {
            return Err(walk.stuck("It holds no clients: an export of Keycloak has them as clients, a list"));
        }
        (Ok(_), Some((odd, _))) if read_to.get().is_some() => {
            let what = format!("{}. No client stands there, as far as can be seen", odd.what);
            visit(
                Piece::Err(Unreadable::left_out(odd.place(), None, what)).into(),
                0,
            );
            return Ok(());
        }
        // What came first is what is wrong: the rest came of it.
        (_, Some(odd)) => odd,
        (Err(stuck), None) => (stuck, walk.passed()),
    };
    walk.rewind()?;
    // Of several realms nobody can say which one goes on.
    let realm = realms.get(&0).filter(|_| !is_list && realms.len() == 1);
    let reader = reader_in(realm.unwrap_or(&Arc::default()), Kind::Client);
    let mut walk = behind(input, read_to.get(), at)?;
    find_on(&mut walk, &wrong, &reader, &mut visit)
}

/// The realms of a file, each by its place among its values.
type Realms = HashMap<usize, Arc<Realm>>;

/// The first way, gone again with open eyes where it does not come through. And whether the file is whole.
fn realms_of(input: &mut dyn Input) -> Result<(Realms, bool), Stuck> {
    let (mut realms, mut is_whole) = gather(input, false)?;
    if !is_whole || realms.values().any(|realm| !realm.has_clients()) {
        // What is wrong may show far behind where it begins, or in nothing but that clients are missing.
        let is_whole_again;
        (realms, is_whole_again) = gather(input, true)?;
        is_whole &= is_whole_again;
    }
    let realms = realms.into_iter().map(|(index, realm)| (index, Arc::new(realm)));
    Ok((realms.collect(), is_whole))
}

/// The second way: the clients of each value, as far as the file can be read. `false` where no more are wanted.
fn read_values<R: BufRead + Seek>(
    walk: &mut Walk<R>,
    realms: &Realms,
    visit: &mut Visit<'_>,
    lacks_realm: &mut bool,
) -> Result<bool, Stuck> {
    let nothing = reader_in(&Arc::default(), Kind::Client);
    let (mut index, mut goes_on) = (0, true);
    each_value(walk, &mut |walk| {
        let realm = realms.get(&index);
        index += 1;
        let is_amiss =
            realm.is_none_or(|realm| realm.has_clients() && !realm.is_known() && !realm.is_request);
        *lacks_realm |= walk.peek()? == Some(b'{') && is_amiss;
        goes_on = match (walk.peek()?, realm) {
            (Some(b'{'), Some(realm)) => read_realm(walk, realm, visit)?,
            (Some(b'{'), None) => {
                let unread = Unread::new(walk.take(MAX_BYTES)?, &nothing);
                visit(unread, walk.passed())
            }
            _ => {
                let place = walk.place();
                walk.skip()?;
                visit(
                    unreadable(place, "It is neither a realm nor a client", "a value"),
                    walk.passed(),
                )
            }
        };
        Ok(goes_on)
    })?;
    Ok(goes_on)
}

/// Goes to behind what was read of a file, and what is wrong with it.
fn behind(input: &mut dyn Input, read_to: Option<u64>, at: u64) -> Result<Walk<&mut dyn Input>, Stuck> {
    let mut walk = Walk::new(input)?;
    let begin = walk.mark();
    walk.go_to(read_to.unwrap_or_default().max(at))?;
    if read_to.is_none() && !walk.find_list(CLIENTS)? {
        // What is wrong may show far behind where it began.
        walk.go_back(begin)?;
    }
    Ok(walk)
}

/// Is told what was found, and to where the file was read. It says whether to go on.
type Visit<'v> = dyn FnMut(Unread, u64) -> bool + 'v;

/// Goes on behind what cannot be read, to whatever lists of clients stand there.
fn find_on<R: BufRead + Seek>(
    walk: &mut Walk<R>,
    stuck: &Stuck,
    reader: &Reader,
    visit: &mut Visit<'_>,
) -> Result<(), Stuck> {
    // It may have been found already.
    if walk.peek()? != Some(b'[') && !walk.find_list(CLIENTS)? {
        return Err(stuck.clone());
    }
    let line = walk.line();
    let what = format!(
        "{}. What follows is read on from the clients in line {line}",
        stuck.what
    );
    let mut goes_on = visit(unreadable(stuck.place(), &what, "a damaged place"), 0);
    while goes_on {
        goes_on = read_clients(walk, "the realm", reader, visit)? && walk.find_list(CLIENTS)?;
    }
    Ok(())
}

/// The first way: the settings of each realm, by its place among the values of the file. Values that are single clients have
/// none. And whether the file is whole, as far as this way sees.
fn gather(input: &mut dyn Input, is_watching: bool) -> Result<(HashMap<usize, Realm>, bool), Stuck> {
    let mut realms = HashMap::new();
    let mut walk = Walk::new(&mut *input)?.watching(is_watching);
    let is_list = walk.peek()? == Some(b'[');
    match walk.peek()? {
        None => return Err(walk.stuck("The file is empty")),
        Some(b'{' | b'[') => {}
        Some(b'a'..=b'z' | b'#' | b'-') => {
            return Err(walk.stuck(
                "It is no JSON. Exports of Keycloak are; of YAML, such as a resource of Kubernetes, give what stands under realm as JSON",
            ));
        }
        Some(_) => return Err(walk.unexpected("a realm, a client or a list of them")),
    }
    let mut index = 0;
    let gathered = each_value(&mut walk, &mut |walk| {
        let mut realm = Realm::default();
        let read = match walk.peek()? {
            Some(b'{') => realm.read(walk),
            _ => walk.skip(),
        };
        if !realm.is_client || realm.has_clients() {
            realms.insert(index, realm);
        }
        index += 1;
        read.map(|()| true)
    });
    // Where a file cannot be read on, the second way comes as far, and tells it.
    let is_whole = gathered.is_ok() && walk.oddity().is_none();
    if let Some(realm) = realms.get_mut(&0).filter(|_| !is_whole && !is_list) {
        let at = walk.oddity().map_or_else(|| walk.passed(), |(_, at)| *at);
        walk.rewind()?;
        walk = Walk::new(&mut *input)?;
        walk.go_to(at)?;
        while walk.find_list(CLIENTS)? {
            // The next list is looked for wherever this way ends.
            drop(realm.read_on(&mut walk));
        }
    }
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
    Ok((realms, is_whole))
}

/// Goes through the values of a file: one, one on each line, or the items of a list. `visit` goes past the value, and says whether
/// to go on.
fn each_value<R: BufRead + Seek>(
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
    } else {
        loop {
            if !visit(walk)? {
                return Ok(());
            }
            if walk.peek()? != Some(b'{') {
                break;
            }
        }
    }
    match walk.peek()? {
        None => Ok(()),
        Some(_) => Err(walk.unexpected("the end of the file")),
    }
}

/// Reads a client of a realm.
fn reader_in(realm: &Arc<Realm>, kind: Kind) -> Reader {
    let realm = Arc::clone(realm);
    Arc::new(move |taken| client::read(taken, &realm, kind))
}

fn unreadable(place: String, what: &str, called: &str) -> Unread {
    Piece::Err(Unreadable::new(place, None, what).about(called)).into()
}

/// Tells the clients of the realm that comes next. `false` where no more are wanted.
fn read_realm<R: BufRead + Seek>(
    walk: &mut Walk<R>,
    realm: &Arc<Realm>,
    visit: &mut Visit<'_>,
) -> Result<bool, Stuck> {
    let place = walk.place();
    let called = realm
        .name
        .as_deref()
        .map_or("The realm".to_owned(), |name| format!("The realm {name}"));
    for remark in realm.remarks() {
        let what = format!("{called} has {remark}");
        let told = Unreadable::left_out(&place, None, what).about(&called);
        if !visit(Piece::Err(told).into(), 0) {
            return Ok(false);
        }
    }
    let mut goes_on = true;
    let mut seen: Vec<Kind> = Vec::new();
    realm::each_wanted(walk, &Kind::of_list, &mut |kind, walk| {
        seen.push(kind);
        if !goes_on {
            return walk.skip();
        }
        let lists = seen.iter().filter(|one| **one == kind).count();
        let reader = if lists < realm.lists_of(kind) {
            passed_over(kind)
        } else {
            reader_in(realm, kind)
        };
        goes_on = read_clients(walk, &called, &reader, visit)?;
        Ok(())
    })?;
    Ok(goes_on)
}

/// Names a client of a list that another one takes the place of.
fn passed_over(kind: Kind) -> Reader {
    Arc::new(move |taken| {
        let (Taken::Text(text) | Taken::TooLarge(text)) = taken;
        let what = "It stands in a list of clients that a later one takes the place of";
        Err(Unreadable::left_out(
            text.place(),
            text.guess(kind.identifier()),
            what,
        ))
    })
}

fn read_clients<R: BufRead + Seek>(
    walk: &mut Walk<R>,
    realm: &str,
    reader: &Reader,
    visit: &mut Visit<'_>,
) -> Result<bool, Stuck> {
    if !walk.eat(b'[')? {
        let place = walk.place();
        let is_null = matches!(walk.take(4)?, Taken::Text(text) if text.bytes() == b"null");
        let told = unreadable(place, "clients must be a list", realm);
        return Ok(is_null || visit(told, walk.passed()));
    }
    each_item(walk, MAX_BYTES, &[IDENTIFIER], &mut |item, passed| {
        let unread = match item {
            Item::Taken(taken) => Unread::new(taken, reader),
            Item::Odd(stuck) => unreadable(stuck.place(), &stuck.what, "a place between clients"),
        };
        visit(unread, passed)
    })
}

#[cfg(test)]
mod tests;
