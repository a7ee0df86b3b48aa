//! The text of one value of a document, which knows where it stands.

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::foreign::{is_template, place};
use crate::client::{json_in_words_at, read_json_at};

/// The text of one value, and where it begins. It is wiped: secrets may stand in it.
pub struct Text {
    bytes: Zeroizing<Vec<u8>>,
    /// Its first line, from 1.
    pub line: usize,
    column: usize,
}

impl Text {
    pub(super) fn new(bytes: Zeroizing<Vec<u8>>, line: usize, column: usize) -> Self {
        Self { bytes, line, column }
    }

    /// Another text in the same place.
    pub fn replaced(&self, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self::new(bytes, self.line, self.column)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where it begins, for people.
    pub fn place(&self) -> String {
        place(self.line, self.column)
    }

    /// Reads it. A member that stands twice in one object is an error.
    ///
    /// # Errors
    /// A sentence that names line and column as they are in the file.
    pub fn read(&self) -> Result<Value, String> {
        read_json_at(&self.bytes, self.line, self.column).map_err(|error| self.why(error.to_string()))
    }

    /// Reads it as a type of its own, which says what becomes of members that are not known or stand twice.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_as<'a, T: Deserialize<'a>>(&'a self) -> Result<T, String> {
        // To look through all of it once is quicker than each string of it for itself.
        let text = std::str::from_utf8(&self.bytes).map_err(|_| self.why(String::new()))?;
        serde_json::from_str(text).map_err(|error| self.why(json_in_words_at(&error, self.line, self.column)))
    }

    /// What is wrong as a sentence, with what may help.
    fn why(&self, mut sentence: String) -> String {
        if std::str::from_utf8(&self.bytes).is_err() {
            return format!(
                "What begins in {} is not in UTF-8; save the file as UTF-8",
                self.place()
            );
        }
        let hint = if sentence.contains("the text ends ") {
            ". The file may be cut off, or lacks a quotation mark or a bracket"
        } else if is_template(&String::from_utf8_lossy(&self.bytes)) {
            ". It looks like a template; fill it in before it is imported"
        } else {
            ""
        };
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        sentence + hint
    }

    /// The value of a member of this name in a text that cannot be read, as far as that can be seen: to name the client.
    pub fn guess(&self, member: &str) -> Option<String> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let (_, rest) = text.split_once(&format!("\"{member}\""))?;
        let rest = rest
            .trim_start()
            .strip_prefix(':')?
            .trim_start()
            .strip_prefix('"')?;
        let (name, _) = rest.split_once('"')?;
        (!name.is_empty() && name.len() <= 200).then(|| name.to_owned())
    }
}

/// Adds to bytes that may hold a secret: a buffer that grows must not leave its beginning behind.
pub(super) fn keep(bytes: &mut Zeroizing<Vec<u8>>, piece: &[u8]) {
    let wanted = bytes.len() + piece.len();
    if wanted > bytes.capacity() {
        // What comes in one piece, as most does, gets no more than it needs: all of it is wiped afterwards.
        let capacity = match bytes.is_empty() {
            true => wanted,
            false => wanted.next_power_of_two(),
        };
        let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
    bytes.extend_from_slice(piece);
}

/// A text that is put together, and wiped: secrets may stand in what it is made of.
#[derive(Default)]
pub(super) struct Wiped(Zeroizing<Vec<u8>>);

impl Wiped {
    /// Adds to it.
    pub fn push_str(&mut self, piece: &str) {
        keep(&mut self.0, piece.as_bytes());
    }

    /// What it is by now.
    pub fn as_str(&self) -> &str {
        // It is made of texts.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How long it is, in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
