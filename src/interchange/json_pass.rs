//! The way past one value of JSON, whether it is JSON or not: it ends where its brackets do.

use memchr::memchr2;

use super::json_walk::Stuck;

/// What stands in the place of something that is expected may say that it is to be filled in.
pub(super) const fn hint(byte: u8) -> &'static str {
    match byte {
        b'{' | b'<' | b'$' | b'%' => "; it looks like a template, fill it in before it is imported",
        _ => "",
    }
}

/// What is no JSON, and where.
pub(super) struct Odd {
    /// How many bytes stand before it, of those that were looked at.
    pub(super) at: usize,
    byte: u8,
    /// The bracket that belongs there, if another one does.
    expected: Option<u8>,
}

impl Odd {
    /// It in words.
    pub(super) fn told(&self, line: usize, column: usize) -> Stuck {
        let found = char::from(self.byte);
        let instead = match self.expected {
            Some(expected) => format!(" where {:?} belongs", char::from(expected)),
            None => ", which is no JSON".to_owned(),
        };
        let hint = hint(self.byte);
        Stuck {
            line,
            what: format!("In line {line}, column {column} stands {found:?}{instead}{hint}"),
        }
    }
}

/// How far a value has been passed.
#[derive(Default)]
pub(super) struct Pass {
    depth: usize,
    has_begun: bool,
    in_string: bool,
    is_escaped: bool,
    /// Whether it is looked for what is no JSON.
    pub(super) is_watching: bool,
    /// Which of the brackets around it are those of lists, the outermost in the lowest bit: as many as are watched.
    lists: u128,
    /// The first thing that is no JSON.
    pub(super) odd: Option<Odd>,
}

impl Pass {
    /// One that looks for what is no JSON, or does not.
    pub(super) fn watching(is_watching: bool) -> Self {
        Self {
            is_watching,
            ..Self::default()
        }
    }

    fn found(&mut self, at: usize, byte: u8, expected: Option<u8>) {
        if self.is_watching && self.odd.is_none() {
            self.odd = Some(Odd { at, byte, expected });
        }
    }

    fn open(&mut self, at: usize, byte: u8, before: Option<u8>) {
        let level = self.level();
        self.lists = (self.lists & !level) | if byte == b'[' { level } else { 0 };
        self.depth += 1;
        if byte == b'{' && before == Some(b'{') {
            self.found(at, byte, None);
        }
    }

    fn close(&mut self, at: usize, byte: u8) {
        self.depth -= 1;
        let level = self.level();
        let is_list = self.lists & level != 0;
        if level != 0 && is_list != (byte == b']') {
            self.found(at, byte, Some(if is_list { b']' } else { b'}' }));
        }
    }

    /// The bit of this depth; none where that is not watched.
    fn level(&self) -> u128 {
        u32::try_from(self.depth)
            .ok()
            .and_then(|depth| 1_u128.checked_shl(depth))
            .unwrap_or_default()
    }

    /// Goes on through some bytes: how many of them belong to the value, and whether it ends with them.
    pub(super) fn go(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            if self.in_string {
                if self.is_escaped {
                    self.is_escaped = false;
                    at += 1;
                    continue;
                }
                let rest = bytes.get(at..).unwrap_or_default();
                let Some(next) = memchr2(b'"', b'\\', rest) else {
                    return (bytes.len(), false);
                };
                at += next + 1;
                if rest.get(next) == Some(&b'\\') {
                    self.is_escaped = true;
                } else {
                    self.in_string = false;
                    if self.depth == 0 {
                        return (at, true);
                    }
                }
                continue;
            }
            match byte {
                b'"' if self.depth == 0 && self.has_begun => return (at, true),
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
                    self.open(at, byte, before.copied());
                }
                b'}' | b']' if self.depth == 0 => return (at, true),
                b'}' | b']' => {
                    self.close(at, byte);
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                b',' | b':' if self.depth == 0 => return (at, true),
                _ if self.depth == 0 && byte.is_ascii_whitespace() => return (at, true),
                b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' | b'0'..=b'9' | b'-' | b'+' | b'.' | b'E' => {}
                // The letters of true, false, null and of numbers.
                b'a' | b'e' | b'f' | b'l' | b'n' | b'r' | b's' | b't' | b'u' => {}
                _ => self.found(at, byte, None),
            }
            self.has_begun = true;
            at += 1;
        }
        (at, false)
    }
}
