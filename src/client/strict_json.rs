//! JSON as it is read from outside: an object that names a member twice is refused, because two readers of it would
//! take two different values (RFC 8259 §4).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::json_words::json_in_words_at;

/// Why bytes are no JSON that can be used. The sentence names the line and the column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is no JSON that can be used: {0}")]
pub struct NotJson(String);

impl NotJson {
    /// The reason alone, with line and column.
    pub fn reason(&self) -> &str {
        &self.0
    }
}

/// Reads one JSON value, with or without a byte order mark before it, and nothing after it.
///
/// # Errors
/// [`NotJson`] for anything else, for values nested deeper than 127 levels, and for members named twice.
pub fn read_json(bytes: &[u8]) -> Result<Value, NotJson> {
    read_json_at(bytes, 1, 1)
}

/// The same of bytes that stand in a longer text, where they begin in this line and column, both from 1.
///
/// # Errors
/// As [`read_json`].
pub fn read_json_at(bytes: &[u8], line: usize, column: usize) -> Result<Value, NotJson> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match serde_json::from_slice(bytes) {
        Ok(Strict(value)) => Ok(value),
        Err(error) => Err(NotJson(json_in_words_at(&error, line, column))),
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!(
                    "the member {name:?} is there twice"
                )));
            }
            let Strict(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"[{"b":{"a":1,"a":2}}]"#,
            r#"{"a":1,"\u0061":2}"#,
        ] {
            let refused = read_json(text.as_bytes()).unwrap_err().to_string();
            assert!(
                refused.contains("\"a\" is there twice") && refused.contains("line 1"),
                "{refused}"
            );
        }
        assert!(read_json(br#"{"a":{"a":1},"b":{"a":1}}"#).is_ok());
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for text in [
            "",
            "{",
            "{}{}",
            "{a:1}",
            "nul",
            "\"\\ud800\"",
            "1e999",
            &"[".repeat(10_000),
        ] {
            assert!(read_json(text.as_bytes()).is_err(), "{text:.20}");
        }
        assert!(read_json(b"\xff\xfe{}").is_err());
        assert!(read_json("\u{feff}{}".as_bytes()).is_ok());
    }

    proptest! {
        #[test]
        fn what_it_takes_it_reads_as_everybody_does(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = read_json(&bytes) {
                prop_assert_eq!(value, serde_json::from_slice::<Value>(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes)).unwrap());
            }
        }

        #[test]
        fn what_it_writes_it_reads_again(text in r#"[\[\]{}",:0-9a-c\\ntrue.e-]{0,40}"#) {
            if let Ok(value) = read_json(text.as_bytes()) {
                prop_assert_eq!(read_json(value.to_string().as_bytes()).unwrap(), value);
            }
        }
    }
}
