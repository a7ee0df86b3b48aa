//! Where a value of a JSON document ends, told by its brackets and strings alone: most of a large file is only gone past, so
//! this decides how long that takes.

use memchr::memchr2;

/// How far a value has been passed.
#[derive(Default)]
pub(super) struct Pass {
    depth: usize,
    has_begun: bool,
    in_string: bool,
    is_escaped: bool,
}

impl Pass {
    /// Goes on through some bytes: how many of them belong to the value, and whether it ends with them.
    pub fn go(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        loop {
            at += self.go_by_words(bytes.get(at..).unwrap_or_default());
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
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 0 => return (at, true),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                b',' | b':' if self.depth == 0 => return (at, true),
                _ if self.depth == 0 && byte.is_ascii_whitespace() => return (at, true),
                _ => {}
            }
            self.has_begun = true;
            at += 1;
        }
    }

    /// Goes on within brackets, eight bytes at once, up to those among which there is a backslash or the value may end. Strings
    /// are short and brackets many, so to look for the next one of them would take longer. Returns the bytes that were passed.
    fn go_by_words(&mut self, bytes: &[u8]) -> usize {
        if self.depth == 0 || self.is_escaped {
            return 0;
        }
        let mut passed = 0;
        for word in bytes.as_chunks::<8>().0 {
            let word = u64::from_le_bytes(*word);
            // Both kinds of brackets differ in this bit only.
            let folded = word | (EACH * 0x20);
            let (quotes, brackets) = (places(word, b'"'), places(folded, b'{') | places(folded, b'}'));
            if places(word, b'\\') != 0 {
                break;
            }
            let strings = within(quotes, self.in_string);
            if brackets & !strings != 0 {
                let closing = (places(folded, b'}') & !strings).count_ones() as usize;
                if closing >= self.depth {
                    break;
                }
                let opening = (places(folded, b'{') & !strings).count_ones() as usize;
                self.depth = self.depth + opening - closing;
            }
            self.in_string = strings & LAST != 0;
            passed += size_of::<u64>();
        }
        passed
    }
}

/// One in each of eight bytes.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The bit of the last of eight bytes, as [`places`] tells it.
const LAST: u64 = 1 << 63;

/// Which of eight bytes are this one: the highest bit of each that is.
const fn places(word: u64, byte: u8) -> u64 {
    const LOW: u64 = EACH * 0x7f;
    let other = word ^ (EACH * byte as u64);
    // No sum of one byte reaches the next.
    !(((other & LOW) + LOW) | other | LOW)
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
        fn eight_bytes_at_once_end_where_single_ones_do(text in "[\\[{\"]?[a{}\\[\\]\"\\\\:,é \u{1}]{0,80}") {
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
