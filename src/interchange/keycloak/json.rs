//! JSON as Keycloak reads it: `null` is absent, a flag or a number may stand in quotes, members that are not known are passed
//! over, and of a member that stands twice the last counts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// Defines what is read of an object: its fields by their names in the file, and which of them stood there twice.
macro_rules! representation {
    (
        $(#[$meta:meta])*
        $name:ident $(naming $unknown:ident)? {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty = $wire:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(super) struct $name {
            $( $(#[$field_meta])* pub(super) $field: $type, )+
            /// Members that stood there more than once; the last one counts.
            pub(super) repeated: Vec<&'static str>,
            $(
                /// The names of members that are not known here.
                pub(super) $unknown: Vec<String>,
            )?
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        #[derive(Default)]
                        struct Seen { $( $field: bool ),+ }
                        let (mut read, mut seen) = ($name::default(), Seen::default());
                        while let Some(key) = map.next_key::<$crate::interchange::keycloak::json::Key<'de>>()? {
                            match key.as_str() {
                                $( $wire => {
                                    if std::mem::replace(&mut seen.$field, true) {
                                        read.repeated.push($wire);
                                    }
                                    read.$field = map.next_value()?;
                                } )+
                                _other => {
                                    $( read.$unknown.push(_other.to_owned()); )?
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(read)
                    }

                    fn visit_unit<E>(self) -> Result<$name, E> {
                        Ok($name::default())
                    }
                }

                deserializer.deserialize_any(Members)
            }
        }
    };
}

pub(super) use representation;

/// The name of a member, without a copy where the text has none of it escaped.
#[derive(serde::Deserialize)]
pub(super) struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl Key<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A flag, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flag(pub(super) Option<bool>);

impl Flag {
    pub(super) fn or(self, default: bool) -> bool {
        self.0.unwrap_or(default)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Of;

        impl Visitor<'_> for Of {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(Some(flag)))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Flag, E> {
                match text.trim() {
                    "" | "null" => Ok(Flag(None)),
                    yes if yes.eq_ignore_ascii_case("true") => Ok(Flag(Some(true))),
                    no if no.eq_ignore_ascii_case("false") => Ok(Flag(Some(false))),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }

            fn visit_unit<E>(self) -> Result<Flag, E> {
                Ok(Flag(None))
            }
        }

        deserializer.deserialize_any(Of)
    }
}

/// A text, if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word(pub(super) Option<String>);

impl Word {
    /// What it says, if it says anything.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Of;

        impl Visitor<'_> for Of {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(Some(text.to_owned())))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Word, E> {
                Ok(Word(Some(flag.to_string())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Word, E> {
                Ok(Word(Some(number.to_string())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Word, E> {
                Ok(Word(Some(number.to_string())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Word, E> {
                Ok(Word(Some(number.to_string())))
            }

            fn visit_unit<E>(self) -> Result<Word, E> {
                Ok(Word(None))
            }
        }

        deserializer.deserialize_any(Of)
    }
}

/// A whole number, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number(pub(super) Option<i64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Word::deserialize(deserializer)?;
        Ok(Self(word.0.and_then(|text| text.trim().parse().ok())))
    }
}

/// A text that is wiped, if there is one: a credential.
#[derive(Default)]
pub(super) struct Hidden(pub(super) Option<Zeroizing<String>>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Word::deserialize(deserializer)?.0.map(Zeroizing::new)))
    }
}

/// A list, if there is one. What is `null` in it is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List<T>(pub(super) Option<Vec<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> List<T> {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.as_deref().unwrap_or_default().iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Of<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Of<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element::<Option<T>>()? {
                    list.extend(item);
                }
                Ok(List(Some(list)))
            }

            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List(None))
            }
        }

        deserializer.deserialize_any(Of(std::marker::PhantomData))
    }
}

/// The texts of a list of strings.
pub(super) type Words = List<Word>;

impl Words {
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.iter().filter_map(|word| word.0.as_deref())
    }
}

/// One text or several, whatever stands there; what is neither is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Loose(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = |value: serde_json::Value| value.as_str().map(str::to_owned);
        Ok(Self(match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Array(items) => items.into_iter().filter_map(text).collect(),
            value => text(value).into_iter().collect(),
        }))
    }
}

/// Names with a text each, such as the attributes of a client. What is no text counts as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    entries: Vec<(String, String)>,
    /// Names that stood there more than once; the last one counts.
    pub(super) repeated: Vec<String>,
}

impl Attributes {
    /// What a name has, if it says anything.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let entry = self.entries.iter().find(|(known, _)| known == name);
        entry
            .map(|(_, text)| text.as_str())
            .filter(|text| !text.is_empty())
    }

    /// Whether it is `true`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
    }

    /// Its whole number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.trim().parse().ok()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    fn set(&mut self, name: &str, text: Option<String>) {
        let known = self.entries.iter_mut().find(|(known, _)| known == name);
        match (known, text) {
            (Some((_, held)), text) => {
                self.repeated.push(name.to_owned());
                *held = text.unwrap_or_default();
            }
            (None, Some(text)) => self.entries.push((name.to_owned(), text)),
            (None, None) => {}
        }
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A text, or whatever else stands there, which is nothing.
        struct Lax(Option<String>);

        impl<'de> Deserialize<'de> for Lax {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Of;

                impl<'de> Visitor<'de> for Of {
                    type Value = Lax;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("anything")
                    }

                    fn visit_str<E>(self, text: &str) -> Result<Lax, E> {
                        Ok(Lax(Some(text.to_owned())))
                    }

                    fn visit_bool<E>(self, flag: bool) -> Result<Lax, E> {
                        Ok(Lax(Some(flag.to_string())))
                    }

                    fn visit_i64<E>(self, number: i64) -> Result<Lax, E> {
                        Ok(Lax(Some(number.to_string())))
                    }

                    fn visit_u64<E>(self, number: u64) -> Result<Lax, E> {
                        Ok(Lax(Some(number.to_string())))
                    }

                    fn visit_f64<E>(self, number: f64) -> Result<Lax, E> {
                        Ok(Lax(Some(number.to_string())))
                    }

                    fn visit_unit<E>(self) -> Result<Lax, E> {
                        Ok(Lax(None))
                    }

                    // An attribute of a realm or a scope may be a list; the first of it counts.
                    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Lax, A::Error> {
                        let first = items.next_element::<Lax>()?;
                        while items.next_element::<IgnoredAny>()?.is_some() {}
                        Ok(first.unwrap_or(Lax(None)))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lax, A::Error> {
                        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        Ok(Lax(None))
                    }
                }

                deserializer.deserialize_any(Of)
            }
        }

        struct Of;

        impl<'de> Visitor<'de> for Of {
            type Value = Attributes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let mut attributes = Attributes::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    attributes.set(key.as_str(), map.next_value::<Lax>()?.0);
                }
                Ok(attributes)
            }

            fn visit_unit<E>(self) -> Result<Attributes, E> {
                Ok(Attributes::default())
            }
        }

        deserializer.deserialize_any(Of)
    }
}
