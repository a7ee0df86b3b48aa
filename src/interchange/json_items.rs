//! The items of a list of clients, of which one may be damaged: a bracket or a quotation mark too many or too few. It costs the
//! others nothing, as far as it can be seen where the next one begins.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::io::{BufRead, Seek};

use memchr::memchr;
use memchr::memmem::Finder;
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use zeroize::Zeroizing;

use super::json_walk::{Taken, Walk};
use super::stuck::Stuck;
use super::text::keep;

/// So far the beginning of an item is looked at.
const FAR: usize = 16 << 10;

/// What a list has in one place.
pub enum Item {
    /// An item, or what stands in the place of one.
    Taken(Taken),
    /// What stands between two, and belongs to none.
    Odd(Stuck),
}

/// Goes through the items of a list that was stepped into, and past its end, each taken up to a size in bytes. `visit` is told of
/// each, and how many bytes were passed with it; it says whether to go on. `false` where no more were wanted.
///
/// An item that is damaged ends where an object begins that has one of these members: what does not add up is seen by a way that
/// watches, what does and is no JSON by any.
///
/// # Errors
/// [`Stuck`] where the list cannot be read on.
pub fn each_item<R: BufRead + Seek>(
    walk: &mut Walk<R>,
    most: usize,
    members: &[&str],
    visit: &mut dyn FnMut(Item, u64) -> bool,
) -> Result<bool, Stuck> {
    let mut items = Items {
        members,
        marks: members
            .iter()
            .map(|member| Finder::new(&quoted(member)).into_owned())
            .collect(),
        is_at_next: true,
        is_lost: false,
    };
    loop {
        match walk.next_item(items.is_at_next) {
            Ok(true) => {}
            // Nothing of JSON begins with a brace behind a list: a bracket too many ended it.
            Ok(false) if walk.peek()? == Some(b'{') => {
                let stuck = walk.unexpected("a comma or the end of what the list stands in");
                if !visit(Item::Odd(stuck), walk.passed()) {
                    return Ok(false);
                }
                items.is_at_next = true;
                continue;
            }
            Ok(false) => return Ok(true),
            // What stands between two items says nothing against the next one.
            Err(stuck) => match items.find_on(walk)? {
                None => return Err(stuck),
                Some(_) if !visit(Item::Odd(stuck), walk.passed()) => return Ok(false),
                Some(b'{') => {}
                Some(_) => continue,
            },
        }
        let taken = items.take(walk, most)?;
        if !visit(Item::Taken(taken), walk.passed()) {
            return Ok(false);
        }
        if items.is_lost {
            return Err(walk.stuck("The list does not end before another one begins"));
        }
    }
}

fn quoted(member: &str) -> Vec<u8> {
    format!("\"{member}\"").into_bytes()
}

/// What is known of a list's items.
struct Items<'a> {
    /// What one of them has.
    members: &'a [&'a str],
    /// The same, as it stands in a text.
    marks: Vec<Finder<'static>>,
    /// Whether no comma stands before the next one any more.
    is_at_next: bool,
    /// Whether the last one is damaged so that another list stands within it.
    is_lost: bool,
}

/// What is seen behind a damaged place.
#[derive(PartialEq, Eq)]
enum Behind {
    /// The next item of the list.
    Item,
    /// The first one of another list.
    OtherList,
    /// Neither.
    Nothing,
}

impl Items<'_> {
    /// Takes an item. Where it is damaged, it ends before the next one that can be seen.
    fn take<R: BufRead + Seek>(&mut self, walk: &mut Walk<R>, most: usize) -> Result<Taken, Stuck> {
        walk.peek()?;
        self.is_at_next = false;
        let begin = walk.mark();
        let (taken, adds_up) = match walk.is_watching() {
            true => walk.take_watching(most)?,
            false => (walk.take(most)?, true),
        };
        if adds_up && !self.holds_several(&taken) {
            return Ok(taken);
        }
        let end = walk.mark();
        walk.go_back(begin)?;
        walk.advance(1)?;
        let behind = self.find(walk, b'{')?;
        let next = walk.mark();
        self.is_lost = behind == Behind::OtherList && begin.before(end) > begin.before(next);
        if behind != Behind::Item {
            // What stands behind a list that has swallowed another one is found from here.
            walk.go_back(if self.is_lost { begin } else { end })?;
            return Ok(taken);
        }
        self.is_at_next = true;
        let length = begin.before(next);
        walk.go_back(begin)?;
        let mut bytes = take_bytes(walk, length.min(most))?;
        walk.go_back(next)?;
        if length > most {
            return Ok(Taken::TooLarge(begin.text(bytes)));
        }
        // What stands between two items belongs to neither.
        let is_between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
        let last = bytes.iter().rposition(|byte| !is_between(byte));
        bytes.truncate(last.map_or(0, |last| last + 1));
        Ok(Taken::Text(begin.text(bytes)))
    }

    /// Whether a text is no JSON and may be several items: two damaged places can add up.
    fn holds_several(&self, taken: &Taken) -> bool {
        let Taken::Text(text) = taken else { return false };
        let several = |mark: &Finder<'_>| mark.find_iter(text.bytes()).nth(1).is_some();
        self.marks.iter().any(several) && serde_json::from_slice::<IgnoredAny>(text.bytes()).is_err()
    }

    /// Goes on over what belongs to no item, to the next one or to what may be one or the end of the list.
    fn find_on<R: BufRead + Seek>(&self, walk: &mut Walk<R>) -> Result<Option<u8>, Stuck> {
        let begin = walk.mark();
        if self.find(walk, b',')? == Behind::Item {
            return Ok(Some(b'{'));
        }
        walk.go_back(begin)?;
        walk.find_byte([b'{', b']'])
    }

    /// Goes on to where an item begins, over whatever stands there; `before` is what stands before it.
    fn find<R: BufRead + Seek>(&self, walk: &mut Walk<R>, mut before: u8) -> Result<Behind, Stuck> {
        loop {
            let buffer = walk.buffer()?;
            if buffer.is_empty() {
                return Ok(Behind::Nothing);
            }
            let brace = memchr(b'{', buffer);
            let passed = brace.unwrap_or(buffer.len());
            let between = buffer.get(..passed).unwrap_or_default();
            let last = between.iter().rfind(|byte| !byte.is_ascii_whitespace());
            before = last.copied().unwrap_or(before);
            walk.advance(passed)?;
            if !walk.may_look(passed + 1) {
                return Ok(Behind::Nothing);
            }
            if brace.is_none() {
                continue;
            }
            // An object behind a colon is the value of a member, and one behind a bracket the first item of another list.
            if matches!(before, b',' | b'}' | b'[') {
                let (is_item, bytes) = has_member(walk.ahead(FAR)?, self.members);
                if is_item {
                    return Ok(match before {
                        b'[' => Behind::OtherList,
                        _ => Behind::Item,
                    });
                }
                if !walk.may_look(bytes) {
                    return Ok(Behind::Nothing);
                }
            }
            before = b'{';
            walk.advance(1)?;
        }
    }
}

fn take_bytes<R: BufRead>(walk: &mut Walk<R>, length: usize) -> Result<Zeroizing<Vec<u8>>, Stuck> {
    let mut bytes = Zeroizing::new(Vec::new());
    while bytes.len() < length {
        let buffer = walk.buffer()?;
        let room = (length - bytes.len()).min(buffer.len());
        if room == 0 {
            break;
        }
        keep(&mut bytes, buffer.get(..room).unwrap_or_default());
        walk.advance(room)?;
    }
    Ok(bytes)
}

/// Whether the object at the beginning of some bytes has one of some members with a text, and how many bytes were looked at.
fn has_member(bytes: &[u8], members: &[&str]) -> (bool, usize) {
    struct Members<'a>(&'a [&'a str], &'a Cell<bool>);

    impl<'de> Visitor<'de> for Members<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                if self.0.contains(&name.as_ref()) {
                    let text = map.next_value::<Cow<'de, str>>()?;
                    self.1.set(!text.is_empty());
                    break;
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let found = Cell::new(false);
    let mut values = serde_json::Deserializer::from_slice(bytes);
    // What is looked at may be cut off, and be no JSON from somewhere on.
    let _read = values.deserialize_map(Members(members, &found));
    let looked = values.into_iter::<IgnoredAny>().byte_offset();
    (found.get(), looked)
}

#[cfg(test)]
#[path = "json_items_tests.rs"]
mod tests;
