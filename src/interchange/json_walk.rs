//! A way through a JSON document of any size that never holds more of it than one value: whoever reads it steps into what
//! it wants, takes single values as text, and goes past the rest. A value that cannot be read is told by its line, and what
//! comes after it is read all the same.

mod mark;

use std::io::{BufRead, ErrorKind, Seek};

use memchr::{memchr, memchr_iter, memchr2};
use zeroize::Zeroizing;

use super::encoding::{IS_UTF16, is_utf16};
use super::foreign::place;
use super::json_pass::{Pass, hint};
use super::stuck::Stuck;
use super::text::{Text, keep};

/// A value taken from a document, or that it was too large to take.
pub enum Taken {
    /// Its text.
    Text(Text),
    /// It is larger than was allowed, and was passed over; its beginning.
    TooLarge(Text),
}

/// How the way past a value ended.
struct Passed {
    /// The first thing in it that is no JSON, and how many bytes of the document stand before it.
    odd: Option<(Stuck, u64)>,
    /// Whether the document goes on until the value ends.
    is_whole: bool,
}

/// A way through a document, and the place that it has come to.
pub struct Walk<R> {
    input: R,
    /// The line of the next byte, from 1.
    line: usize,
    /// Bytes of this line before it.
    column: usize,
    /// How many bytes were passed.
    passed: u64,
    /// Whether what is passed over is looked at, too.
    is_watching: bool,
    /// The first thing that is no JSON in what was passed over, and how many bytes stand before it.
    oddity: Option<(Stuck, u64)>,
    /// How many bytes may still be looked at besides.
    may_look: usize,
}

/// So many bytes are looked at besides: a file may be made so that one would have to look everywhere for each of its places.
const MOST_LOOKED: usize = 16 << 20;

impl<R: BufRead> Walk<R> {
    /// The beginning of a document. A byte order mark is passed over.
    ///
    /// # Errors
    /// [`Stuck`] for one in UTF-16, and for what cannot be read at all.
    pub fn new(input: R) -> Result<Self, Stuck> {
        let mut walk = Self {
            input,
            line: 1,
            column: 0,
            passed: 0,
            is_watching: false,
            oddity: None,
            may_look: MOST_LOOKED,
        };
        let start = walk.buffer()?;
        if is_utf16(start) {
            return Err(walk.stuck(IS_UTF16));
        }
        if start.starts_with("\u{feff}".as_bytes()) {
            walk.input.consume(3);
        }
        Ok(walk)
    }

    /// The same, which looks for what is no JSON in what it passes over as well, or does not. That takes several times as long.
    pub fn watching(self, is_watching: bool) -> Self {
        Self { is_watching, ..self }
    }

    /// Whether it does.
    pub fn is_watching(&self) -> bool {
        self.is_watching
    }

    /// The line of what comes next.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Where what comes next stands, for people.
    pub fn place(&self) -> String {
        place(self.line, self.column + 1)
    }

    /// The next byte that is no white space; none at the end.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read.
    pub fn peek(&mut self) -> Result<Option<u8>, Stuck> {
        loop {
            let buffer = self.buffer()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let white = buffer
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            let next = buffer.get(white).copied();
            self.advance(white)?;
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    /// Steps over one byte if it is the one that is expected, after white space.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read.
    pub fn eat(&mut self, expected: u8) -> Result<bool, Stuck> {
        let is_it = self.peek()? == Some(expected);
        if is_it {
            self.advance(1)?;
        }
        Ok(is_it)
    }

    /// Whether an array that was stepped into has one more item, which comes next. Steps over the comma before it and over
    /// the end.
    ///
    /// # Errors
    /// [`Stuck`] where the document ends, or something else stands there.
    pub fn next_item(&mut self, is_first: bool) -> Result<bool, Stuck> {
        if self.eat(b']')? {
            return Ok(false);
        }
        if !is_first && !self.eat(b',')? {
            return Err(self.unexpected("a comma or the end of the list"));
        }
        // A comma before the end is no item.
        if self.eat(b']')? {
            return Ok(false);
        }
        match self.peek()? {
            Some(_) => Ok(true),
            None => Err(self.unexpected("an item")),
        }
    }

    /// The name of the next member of an object that was stepped into; none at its end. Its value comes next.
    ///
    /// # Errors
    /// [`Stuck`] where the document ends, or something else stands there.
    pub fn next_member(&mut self, is_first: bool) -> Result<Option<String>, Stuck> {
        // No format that is read here has longer names.
        const LONGEST_NAME: usize = 4_096;
        if self.eat(b'}')? {
            return Ok(None);
        }
        if !is_first && !self.eat(b',')? {
            return Err(self.unexpected("a comma or the end of the object"));
        }
        if self.eat(b'}')? {
            return Ok(None);
        }
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected("the name of a member"));
        }
        let name = match self.take(LONGEST_NAME)? {
            Taken::Text(name) => name.read().ok().and_then(|name| name.as_str().map(str::to_owned)),
            Taken::TooLarge(_) => None,
        };
        if !self.eat(b':')? {
            return Err(self.unexpected("a colon after the name of a member"));
        }
        // What cannot be a name of anything that is read here is passed over as any other.
        Ok(Some(name.unwrap_or_default()))
    }

    /// Takes the value that comes next, up to a size in bytes. It is told apart from what follows by its brackets, whether
    /// it is JSON or not.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read. A document that ends within the value is no error here: its text is not whole.
    pub fn take(&mut self, most: usize) -> Result<Taken, Stuck> {
        self.take_by(Pass::default(), most).map(|(taken, _)| taken)
    }

    /// The same, and whether brackets and quotation marks of the value add up.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_watching(&mut self, most: usize) -> Result<(Taken, bool), Stuck> {
        let (taken, passed) = self.take_by(Pass::watching(true), most)?;
        Ok((taken, passed.odd.is_none() && passed.is_whole))
    }

    fn take_by(&mut self, state: Pass, most: usize) -> Result<(Taken, Passed), Stuck> {
        self.peek()?;
        let mark = self.mark();
        let mut bytes = Zeroizing::new(Vec::new());
        let mut size = 0_usize;
        let passed = self.pass(state, &mut |piece| {
            let room = most.saturating_sub(bytes.len()).min(piece.len());
            size += piece.len();
            keep(&mut bytes, piece.get(..room).unwrap_or_default());
        })?;
        let text = mark.text(bytes);
        let taken = if size > most {
            Taken::TooLarge(text)
        } else {
            Taken::Text(text)
        };
        Ok((taken, passed))
    }

    /// Goes past the value that comes next. What of it is no JSON is kept as an [`oddity`](Self::oddity) by a way that watches.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn skip(&mut self) -> Result<(), Stuck> {
        self.peek()?;
        let state = Pass::watching(self.is_watching && self.oddity.is_none());
        let passed = self.pass(state, &mut |_| {})?;
        self.oddity = self.oddity.take().or(passed.odd);
        Ok(())
    }

    /// How many bytes were passed.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// The first place in what was passed over that is no JSON, and how many bytes stand before it. What stands behind it may
    /// have been passed over wrongly.
    pub fn oddity(&self) -> Option<&(Stuck, u64)> {
        self.oddity.as_ref()
    }

    /// Goes on until so many bytes were passed.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read.
    pub fn go_to(&mut self, passed: u64) -> Result<(), Stuck> {
        while self.passed < passed {
            let ahead = usize::try_from(passed - self.passed).unwrap_or(usize::MAX);
            let step = self.buffer()?.len().min(ahead);
            if step == 0 {
                break;
            }
            self.advance(step)?;
        }
        Ok(())
    }

    /// Goes on, over whatever stands there, to the next list that is a member of this name; it comes next then. `false` where
    /// there is none.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read.
    pub fn find_list(&mut self, name: &str) -> Result<bool, Stuck> {
        let wanted = format!("\"{name}\"").into_bytes();
        // A quotation mark begins the name, and stands in it nowhere else but at the end.
        let mut met = 0;
        while let Some(byte) = self.buffer()?.first().copied() {
            if met == 0 {
                let buffer = self.buffer()?;
                let quote = memchr(b'"', buffer).unwrap_or(buffer.len());
                if quote > 0 {
                    self.advance(quote)?;
                    continue;
                }
            }
            met = match wanted.get(met) {
                Some(next) if *next == byte => met + 1,
                _ => usize::from(byte == b'"'),
            };
            self.advance(1)?;
            if met == wanted.len() {
                met = 0;
                if self.eat(b':')? && self.peek()? == Some(b'[') {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Goes on, over whatever stands there, to the next of some bytes; none at the end.
    ///
    /// # Errors
    /// As [`find_list`](Self::find_list).
    pub fn find_byte(&mut self, wanted: [u8; 2]) -> Result<Option<u8>, Stuck> {
        loop {
            let buffer = self.buffer()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let found = memchr2(wanted[0], wanted[1], buffer);
            let byte = found.and_then(|at| buffer.get(at)).copied();
            let passed = found.unwrap_or(buffer.len());
            self.advance(passed)?;
            if byte.is_some() {
                return Ok(byte);
            }
        }
    }

    /// Takes a whole line, without its end, and goes to the next one; none at the end.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_line(&mut self, most: usize) -> Result<Option<Taken>, Stuck> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let (line, column) = (self.line, self.column + 1);
        let mut bytes = Zeroizing::new(Vec::new());
        let mut size = 0_usize;
        loop {
            let buffer = self.buffer()?;
            let end = memchr(b'\n', buffer);
            let piece = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let length = piece.len();
            size += length;
            let room = most.saturating_sub(bytes.len()).min(length);
            keep(&mut bytes, piece.get(..room).unwrap_or_default());
            self.advance(length)?;
            if end.is_some() || length == 0 {
                break;
            }
        }
        let text = Text::new(bytes, line, column);
        Ok(Some(if size > most {
            Taken::TooLarge(text)
        } else {
            Taken::Text(text)
        }))
    }

    /// A sentence about what stands here, where something else belongs.
    pub fn unexpected(&mut self, expected: &str) -> Stuck {
        let next = match self.peek() {
            Ok(next) => next,
            Err(stuck) => return stuck,
        };
        let (line, column) = (self.line, self.column + 1);
        let Some(byte) = next else {
            let place = place(line, column);
            let what = format!("The file ends in {place} where {expected} belongs; it may be cut off");
            return self.stuck(&what);
        };
        let hint = hint(byte);
        let found = char::from(byte);
        self.stuck(&format!(
            "In line {line}, column {column} stands {found:?} where {expected} belongs{hint}"
        ))
    }

    /// Goes past one value and tells its bytes. A value ends where its brackets do; one without brackets before the next comma,
    /// bracket or white space.
    fn pass(&mut self, mut state: Pass, tell: &mut dyn FnMut(&[u8])) -> Result<Passed, Stuck> {
        let mut found = None;
        loop {
            let (column, passed) = (self.column + 1, self.passed);
            let line = self.line;
            let buffer = self.buffer()?;
            if buffer.is_empty() {
                let is_whole = false;
                return Ok(Passed { odd: found, is_whole });
            }
            let (used, is_over) = state.go(buffer);
            tell(buffer.get(..used).unwrap_or_default());
            if let Some(odd) = state.odd.take() {
                state.is_watching = false;
                let before = buffer.get(..odd.at).unwrap_or_default();
                let lines = memchr_iter(b'\n', before).count();
                let of_line = memchr::memrchr(b'\n', before).map(|end| before.len() - end);
                let column = of_line.unwrap_or(column + before.len());
                let passed = passed + before.len() as u64;
                found = Some((odd.told(line + lines, column), passed));
            }
            self.advance(used)?;
            if is_over {
                let is_whole = true;
                return Ok(Passed { odd: found, is_whole });
            }
        }
    }

    /// What can be looked at without going on; nothing at the end.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read.
    pub fn buffer(&mut self) -> Result<&[u8], Stuck> {
        // Asked for twice, because what is returned of the first would be borrowed for good.
        loop {
            match self.input.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.stuck(&format!("The file cannot be read: {error}"))),
            }
        }
        let line = self.line;
        let unread = |error| Stuck::new(line, format!("The file cannot be read: {error}"));
        self.input.fill_buf().map_err(unread)
    }

    /// Goes past so many of the bytes that can be looked at.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read.
    pub fn advance(&mut self, bytes: usize) -> Result<(), Stuck> {
        let passed = self.buffer()?.get(..bytes).unwrap_or_default();
        let lines = memchr_iter(b'\n', passed).count();
        let after_last = memchr::memrchr(b'\n', passed).map(|at| passed.len() - at - 1);
        let length = passed.len();
        self.line += lines;
        self.column = after_last.unwrap_or(self.column + length);
        self.passed += length as u64;
        self.input.consume(length);
        Ok(())
    }

    /// A reason to stop here.
    pub fn stuck(&self, what: &str) -> Stuck {
        Stuck {
            line: self.line,
            column: self.column + 1,
            what: what.to_owned(),
        }
    }
}

impl<R: BufRead + Seek> Walk<R> {
    /// Goes back to the beginning of what is read, for another way through it.
    ///
    /// # Errors
    /// [`Stuck`] where that cannot be.
    pub fn rewind(mut self) -> Result<(), Stuck> {
        let rewound = self.input.rewind();
        rewound.map_err(|error| self.stuck(&format!("The file cannot be read: {error}")))
    }
}

#[cfg(test)]
#[path = "json_walk_tests.rs"]
mod tests;
