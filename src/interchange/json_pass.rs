//! The way past one value of JSON, whether it is JSON or not: it ends where its brackets do. Most of a large file is only gone
//! past, so this decides how long that takes.

use memchr::memchr2;

use super::stuck::Stuck;

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
            column,
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
        loop {
            if !self.is_watching {
                at += self.go_by_blocks(bytes.get(at..).unwrap_or_default());
            }
            let Some(byte) = bytes.get(at).copied() else {
                return (at, false);
            };
            if self.is_escaped {
                self.is_escaped = false;
                at += 1;
                continue;
            }
            if self.in_string {
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
    }

    /// Goes on within brackets, up to eight bytes among which there is a backslash or the value may end. Strings are short, so to
    /// look for the next quotation mark or bracket would take longer. Returns the bytes that were passed.
    fn go_by_blocks(&mut self, bytes: &[u8]) -> usize {
        if self.depth == 0 || self.is_escaped {
            return 0;
        }
        let mut passed = 0;
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for block in blocks {
            match only_quotes(block) {
                Some(quotes) => self.in_string ^= quotes % 2 != 0,
                None => {
                    let by_words = self.go_by_words(block);
                    if by_words < BLOCK {
                        return passed + by_words;
                    }
                }
            }
            passed += BLOCK;
        }
        passed + self.go_by_words(rest)
    }

    /// The same, eight bytes at once.
    fn go_by_words(&mut self, bytes: &[u8]) -> usize {
        let mut passed = 0;
        for word in bytes.as_chunks::<8>().0 {
            let word = u64::from_le_bytes(*word);
            let quotes = places(word, b'"');
            // Both kinds of brackets differ in this bit only, and a backslash stands between them then.
            let folded = word | (EACH * 0x20);
            if from_bracket_on(folded) != 0 {
                if places(word, b'\\') != 0 {
                    break;
                }
                let outside = !within(quotes, self.in_string);
                let closing = (places(folded, b'}') & outside).count_ones() as usize;
                if closing >= self.depth {
                    break;
                }
                let opening = (places(folded, b'{') & outside).count_ones() as usize;
                self.depth = self.depth + opening - closing;
            }
            self.in_string ^= is_odd(quotes);
            passed += size_of::<u64>();
        }
        passed
    }
}

/// Most stretches of so many bytes have neither brackets nor backslashes, and more at once would take no less time.
const BLOCK: usize = 32;

/// How many quotation marks there are, where there are neither brackets nor backslashes. Written without a way out of the loop, so
/// that it is done for many bytes at once.
fn only_quotes(block: &[u8; BLOCK]) -> Option<u8> {
    let (mut quotes, mut others) = (0, 0);
    for byte in block {
        quotes += u8::from(*byte == b'"');
        // Both kinds of brackets differ in this bit only, and a backslash stands between them then.
        others |= u8::from((*byte | 0x20).wrapping_sub(b'{') <= b'}' - b'{');
    }
    (others == 0).then_some(quotes)
}

/// One in each of eight bytes.
const EACH: u64 = 0x0101_0101_0101_0101;
/// All bits but the highest of each of eight bytes.
const LOW: u64 = EACH * 0x7f;

/// Which of eight bytes are this one: the highest bit of each that is.
const fn places(word: u64, byte: u8) -> u64 {
    let other = word ^ (EACH * byte as u64);
    // No sum of one byte reaches the next.
    !(((other & LOW) + LOW) | other | LOW)
}

/// Which of eight bytes are an opening brace or come after it in ASCII, which few do. Of others some may be told, too.
const fn from_bracket_on(word: u64) -> u64 {
    ((word & LOW) + EACH * (0x80 - b'{' as u64)) & !LOW
}

/// Whether there is an odd number of places.
const fn is_odd(places: u64) -> bool {
    ((places >> 7).wrapping_mul(EACH) >> 56) & 1 != 0
}

/// Which of eight bytes stand in a string, from its opening quote to before its closing one, by the places of the quotes.
const fn within(quotes: u64, begins_within: bool) -> u64 {
    let odd = quotes ^ (quotes << 8);
    let odd = odd ^ (odd << 16);
    let odd = odd ^ (odd << 32);
    if begins_within { odd ^ (EACH << 7) } else { odd }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where a value ends, byte by byte.
    fn plainly(bytes: &[u8]) -> (usize, bool) {
        let mut pass = Pass::default();
        let mut at = 0;
        while at < bytes.len() {
            let (used, is_over) = pass.go(&bytes[at..at + 1]);
            at += used;
            if is_over {
                return (at, true);
            }
        }
        (at, false)
    }

    proptest! {
        #[test]
        fn many_bytes_at_once_end_where_single_ones_do(text in "[\\[{\"]?([a{}\\[\\]\"\\\\:,é \u{1}]{0,9}[a:,é \"]{0,70}){0,4}") {
            prop_assert_eq!(Pass::default().go(text.as_bytes()), plainly(text.as_bytes()));
        }

        #[test]
        fn a_value_ends_where_its_reader_says(text in "[a-z\\\\\"{}\\[\\]:, ]{0,30}", number in any::<i64>()) {
            let value = serde_json::json!({"a": [text, {"b": number}], "c": {}, "d": text});
            for written in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let file = format!("{written} , more");
                prop_assert_eq!(Pass::default().go(file.as_bytes()), (written.len(), true));
            }
        }
    }
}
