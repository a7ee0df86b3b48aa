//! The clients of a document of JSON, whether they stand alone, in an array, on lines of their own, or in a list that a member
//! of one object holds.

use serde_json::{Map, Value};

use super::Input;
use super::foreign::{ForeignClient, Piece, Unreadable};
use super::json_items::{Item, each_item};
use super::json_walk::{Taken, Walk};
use super::stuck::Stuck;

/// Tells every value of a document that can be a client, each up to a size in bytes, and what is odd about a list of them.
/// `lists` are the names of members of a whole document that hold clients.
///
/// # Errors
/// [`Stuck`] where the whole file is of no use, or cannot be read on.
pub fn each_client(
    input: &mut dyn Input,
    lists: &[&str],
    most: usize,
    visit: &mut dyn FnMut(Result<Taken, Unreadable>) -> bool,
) -> Result<(), Stuck> {
    if !has_list(&mut *input, lists)? {
        return each_object(input, most, visit);
    }
    let mut met = Vec::new();
    let mut walk = Walk::new(input)?.watching(true);
    walk.eat(b'{')?;
    let mut is_first_member = true;
    while let Some(name) = walk.next_member(is_first_member)? {
        is_first_member = false;
        if !lists.contains(&name.as_str()) {
            walk.skip()?;
            continue;
        }
        let place = walk.place();
        let what = if met.contains(&name) {
            Some("is there twice; both are read here, and most readers of JSON take the last one")
        } else {
            (walk.peek()? == Some(b'n')).then_some("is null, so there are no clients in it")
        };
        if let Some(what) = what {
            let told = Unreadable::left_out(place, None, format!("The list {name} {what}"));
            if !visit(Err(told.about(&name))) {
                return Ok(());
            }
        }
        met.push(name);
        if !walk.eat(b'[')? {
            walk.skip()?;
        } else if !each_of_list(&mut walk, most, visit)? {
            return Ok(());
        }
    }
    match walk.peek()? {
        None => Ok(()),
        Some(_) => Err(walk.unexpected("the end of the file")),
    }
}

/// Takes a document apart whose values are clients: one object, an array of them, or one on each line (JSON lines). What
/// stands where no client can is told as a text that cannot be read.
///
/// # Errors
/// [`Stuck`] where the whole file is of no use, or cannot be read on.
pub fn each_object(
    input: &mut dyn Input,
    most: usize,
    visit: &mut dyn FnMut(Result<Taken, Unreadable>) -> bool,
) -> Result<(), Stuck> {
    let is_lines = has_an_object_on_its_first_line(input)?;
    let mut walk = Walk::new(input)?.watching(true);
    match walk.peek()? {
        None => return Err(walk.stuck("The file is empty")),
        Some(b'[') => {
            walk.eat(b'[')?;
            if !each_of_list(&mut walk, most, visit)? {
                return Ok(());
            }
        }
        Some(_) if is_lines => {
            while let Some(line) = walk.take_line(most)? {
                if !visit(Ok(line)) {
                    return Ok(());
                }
            }
        }
        Some(_) => {
            if !visit(Ok(walk.take(most)?)) {
                return Ok(());
            }
        }
    }
    match walk.peek()? {
        None => Ok(()),
        Some(_) => Err(walk.unexpected("the end of the file")),
    }
}

/// Goes through a list of clients that was stepped into. `false` where no more are wanted.
fn each_of_list(
    walk: &mut Walk<&mut dyn Input>,
    most: usize,
    visit: &mut dyn FnMut(Result<Taken, Unreadable>) -> bool,
) -> Result<bool, Stuck> {
    each_item(walk, most, &["client_id"], &mut |item, _| {
        visit(match item {
            Item::Taken(taken) => Ok(taken),
            Item::Odd(stuck) => Err(Unreadable::from(stuck).about("a place between clients")),
        })
    })
}

/// Whether the first line is an object by itself and another line follows; to be read from the beginning afterwards.
fn has_an_object_on_its_first_line(input: &mut dyn Input) -> Result<bool, Stuck> {
    let mut walk = Walk::new(&mut *input)?;
    let mut is_so = false;
    if walk.peek()? == Some(b'{') {
        let line = walk.line();
        walk.skip()?;
        is_so = walk.line() == line && walk.peek()?.is_some() && walk.line() > line;
    }
    walk.rewind()?;
    Ok(is_so)
}

/// Whether it is one object with such a list, to be read from the beginning afterwards.
///
/// # Errors
/// [`Stuck`] where that cannot be.
pub fn has_list(input: &mut dyn Input, lists: &[&str]) -> Result<bool, Stuck> {
    let mut walk = Walk::new(&mut *input)?;
    let found = finds_list(&mut walk, lists).unwrap_or(false);
    walk.rewind()?;
    Ok(found)
}

fn finds_list(walk: &mut Walk<&mut dyn Input>, lists: &[&str]) -> Result<bool, Stuck> {
    if !walk.eat(b'{')? {
        return Ok(false);
    }
    let mut is_first = true;
    while let Some(name) = walk.next_member(is_first)? {
        is_first = false;
        // A list without a client may be null.
        if lists.contains(&name.as_str()) && matches!(walk.peek()?, Some(b'[' | b'n')) {
            return Ok(true);
        }
        walk.skip()?;
    }
    Ok(false)
}

/// An answer of the API that was kept whole has the client in its body.
pub fn unwrapped(mut members: Map<String, Value>) -> Map<String, Value> {
    if members.contains_key("client_id") || !members.get("body").is_some_and(Value::is_object) {
        return members;
    }
    match members.shift_remove("body") {
        Some(Value::Object(body)) => body,
        _ => members,
    }
}

/// A client from a value that was taken. `names` are those of the member that its identifier, or its name, stands in.
pub fn piece(
    taken: Taken,
    names: &[&str],
    read: impl FnOnce(Map<String, Value>, String) -> Result<ForeignClient, String>,
) -> Piece {
    let text = match taken {
        Taken::Text(text) => text,
        Taken::TooLarge(text) => {
            let what = "It is larger than 1 MB";
            let named = names.iter().find_map(|name| text.guess(name));
            return Err(Unreadable::new(text.place(), named, what));
        }
    };
    match text.read() {
        Ok(Value::Object(members)) => {
            let text_of = |name: &&str| members.get(*name)?.as_str();
            let named = names.iter().filter_map(text_of).find(|text| !text.is_empty());
            let named = named.map(str::to_owned);
            read(members, text.place()).map_err(|what| Unreadable::new(text.place(), named, what))
        }
        Ok(_) => Err(Unreadable::new(
            text.place(),
            None,
            "It is no JSON object, so no client",
        )),
        Err(what) => {
            let named = names.iter().find_map(|name| text.guess(name));
            Err(Unreadable::new(text.place(), named, what))
        }
    }
}
