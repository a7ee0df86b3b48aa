//! A file of JSON taken apart into its clients, before any of it is read: so that one that cannot be read is named by its
//! line, and the rest goes on.

use serde_json::Value;

use super::foreign::is_template;
use super::read_json;

/// The text of one client, and where it begins.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    bytes: &'a [u8],
    /// Its first line, from 1.
    pub line: usize,
    column: usize,
}

/// Takes a file apart: one object, an array of them, or one on each line (JSON lines).
///
/// # Errors
/// A sentence where the whole file is of no use.
pub fn take_apart(bytes: &[u8]) -> Result<Vec<Text<'_>>, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("The file is in UTF-16; save it as UTF-8".to_owned());
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let all = Text {
        bytes,
        line: 1,
        column: 1,
    };
    match bytes.trim_ascii_start().first() {
        None => Err("The file is empty".to_owned()),
        Some(b'[') => Ok(items(bytes)),
        // An object that ends on its first line and has another one after it is the first of many.
        Some(b'{') if all.read().is_err() && is_lines(bytes) => Ok(lines(bytes)),
        Some(_) => Ok(vec![all]),
    }
}

/// Whether there are several lines that begin with an object.
fn is_lines(bytes: &[u8]) -> bool {
    let starts = |line: &&[u8]| line.trim_ascii_start().first() == Some(&b'{');
    bytes.split(|byte| *byte == b'\n').filter(starts).nth(1).is_some()
        && bytes
            .split(|byte| *byte == b'\n')
            .any(|line| starts(&line) && line.trim_ascii_end().last() == Some(&b'}'))
        && bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            .all(|line| starts(&line) || !matches!(line.first(), Some(b' ' | b'\t')))
}

fn lines(bytes: &[u8]) -> Vec<Text<'_>> {
    let each = bytes.split(|byte| *byte == b'\n').zip(1..);
    each.filter(|(bytes, _)| !bytes.trim_ascii().is_empty())
        .map(|(bytes, line)| Text {
            bytes,
            line,
            column: 1,
        })
        .collect()
}

/// The items of an array, told apart by the commas that are in no string and in no bracket of their own.
fn items(bytes: &[u8]) -> Vec<Text<'_>> {
    let mut found = Vec::new();
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let (mut line, mut line_start) = (1, 0);
    // Where the item began: its offset, line and column.
    let mut start: Option<(usize, usize, usize)> = None;
    let mut end = |start: &mut Option<(usize, usize, usize)>, at: usize| {
        if let Some((from, line, column)) = start.take()
            && let Some(bytes) = bytes.get(from..at)
        {
            found.push(Text { bytes, line, column });
        }
    };
    let mut after = None;
    for (at, byte) in bytes.iter().copied().enumerate() {
        if byte == b'\n' {
            line += 1;
            line_start = at + 1;
        }
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'[' if depth == 0 => {
                depth = 1;
                continue;
            }
            b',' if depth == 1 => {
                end(&mut start, at);
                continue;
            }
            b']' if depth == 1 => {
                end(&mut start, at);
                after = Some(at + 1);
                break;
            }
            _ if byte.is_ascii_whitespace() => continue,
            _ => {}
        }
        if depth >= 1 && start.is_none() {
            start = Some((at, line, at - line_start + 1));
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1).max(1),
            _ => {}
        }
    }
    match after {
        // What follows the array is no client, but it must not be overlooked.
        Some(from) => {
            let mut rest = Some((from, line, from - line_start + 1));
            if bytes
                .get(from..)
                .is_some_and(|rest| !rest.trim_ascii().is_empty())
            {
                end(&mut rest, bytes.len());
            }
        }
        None => {
            end(&mut start, bytes.len());
            // One that is cut off tells it itself; where all are whole, the end of the array is what is missing.
            if found.last().is_none_or(|last| last.read().is_ok()) {
                found.push(Text {
                    bytes: &[],
                    line,
                    column: bytes.len() - line_start + 1,
                });
            }
        }
    }
    found
}

impl Text<'_> {
    /// Its length in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Where it begins, for people.
    pub fn place(&self) -> String {
        format!("line {}", self.line)
    }

    /// Reads it.
    ///
    /// # Errors
    /// A sentence that names line and column as they are in the file.
    pub fn read(&self) -> Result<Value, String> {
        if std::str::from_utf8(self.bytes).is_err() {
            return Err(format!(
                "What begins in line {} is not in UTF-8; save the file as UTF-8",
                self.line
            ));
        }
        let error = match read_json(self.bytes) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if self.bytes.iter().all(u8::is_ascii_whitespace) {
            return Err("The file ends before its array does; it may be cut off".to_owned());
        }
        // Read again as it stands in the file, so that the reader counts lines and columns as people do.
        let mut padded = vec![b'\n'; self.line - 1];
        padded.resize(padded.len() + self.column - 1, b' ');
        padded.extend_from_slice(self.bytes);
        let sentence = read_json(&padded).err().unwrap_or(error).to_string();
        let hint = if sentence.contains("the text ends ") {
            ". The file may be cut off"
        } else if is_template(&String::from_utf8_lossy(self.bytes)) {
            ". It looks like a template; fill it in before it is imported"
        } else {
            ""
        };
        Err(format!("{sentence}{hint}"))
    }

    /// The `client_id` in a text that cannot be read, as far as that can be seen.
    pub fn guess_client_id(&self) -> Option<String> {
        let text = std::str::from_utf8(self.bytes).ok()?;
        let (_, rest) = text.split_once("\"client_id\"")?;
        let rest = rest
            .trim_start()
            .strip_prefix(':')?
            .trim_start()
            .strip_prefix('"')?;
        let (name, _) = rest.split_once('"')?;
        (!name.is_empty() && name.len() <= 200).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(text: &str) -> Vec<Result<Value, String>> {
        take_apart(text.as_bytes())
            .unwrap()
            .iter()
            .map(Text::read)
            .collect()
    }

    #[test]
    fn an_object_an_array_and_lines_are_the_same_clients() {
        let (a, b) = (
            json!({"client_id": "a", "x": ["]", "\\\""]}),
            json!({"client_id": "b"}),
        );
        assert_eq!(read(&a.to_string()), [Ok(a.clone())]);
        assert_eq!(read(&format!("{a:#}")), [Ok(a.clone())]);
        for both in [
            json!([a, b]).to_string(),
            format!("{:#}", json!([a, b])),
            format!("\u{feff} [{a} ,\r\n {b}]\n"),
            format!("{a}\n{b}\n"),
            format!("{a}\r\n\r\n{b}"),
        ] {
            assert_eq!(read(&both), [Ok(a.clone()), Ok(b.clone())], "{both}");
        }
        assert!(read("[]").is_empty() && read(" [ ] ").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line_and_the_rest_goes_on() {
        let found = read("[\n{\"a\":1},\n{\"b\":1,\"b\":2},\n  {\"c\" 1},\n{\"d\":1}]");
        assert!(found[0].is_ok() && found[3].is_ok() && found.len() == 4);
        assert!(found[1].clone().unwrap_err().contains("line 3"), "{found:?}");
        assert!(
            found[2].clone().unwrap_err().contains("line 4 column 8"),
            "{found:?}"
        );
        let found = read("{\"a\":1}\n{\"b\":\n{\"c\":1}");
        assert!(found[0].is_ok() && found[2].is_ok() && found.len() == 3);
        assert!(found[1].clone().unwrap_err().contains("line 2"), "{found:?}");
    }

    #[test]
    fn a_file_that_is_cut_off_or_goes_on_is_told() {
        for text in [
            "[{\"a\":1},",
            "[{\"a\":1}",
            "[{\"a\":1},{\"b",
            "[",
            "{\"a\":",
            "[{\"a\":1}] x",
        ] {
            let found = read(text);
            assert!(found.last().unwrap().is_err(), "{text}: {found:?}");
        }
        for bytes in [b"\xff\xfe{\0}\0".as_slice(), b"", b" \n "] {
            assert!(take_apart(bytes).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for text in take_apart(&bytes).unwrap_or_default() {
                let _either = text.read();
            }
        }

        #[test]
        fn an_array_is_read_as_everybody_does(text in r#"\[[\[\]{}",:0-9a-c\\ntrue.e -]{0,40}\]"#) {
            if let Ok(Value::Array(items)) = read_json(text.as_bytes()) {
                let found: Result<Vec<Value>, String> = take_apart(text.as_bytes()).unwrap().iter().map(Text::read).collect();
                prop_assert_eq!(found, Ok(items));
            }
        }
    }
}
