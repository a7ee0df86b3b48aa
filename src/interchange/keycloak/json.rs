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
        $name:ident $(<$life:lifetime>)? $(naming $unknown:ident)? {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty = $wire:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(super) struct $name $(<$life>)? {
            $( $(#[$field_meta])* pub(super) $field: $type, )+
            /// Members that stood there more than once; the last one counts.
            pub(super) repeated: Vec<&'static str>,
            $(
                /// The names of members that are not known here.
                pub(super) $unknown: Vec<std::borrow::Cow<'de, str>>,
            )?
        }

        impl<'de> serde::Deserialize<'de> for $name $(<$life>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $name $(<$life>)?;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
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
                                _ => {
                                    $( read.$unknown.push(key.0); )?
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(read)
                    }

                    fn visit_unit<E>(self) -> Result<Self::Value, E> {
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
pub(super) struct Key<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

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

/// A text, if there is one: a copy, or what is [`Said`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word<S = String>(pub(super) Option<S>);

/// A text as it stands in what is read, without a copy where none of it is escaped.
pub(super) type Said<'a> = Word<Cow<'a, str>>;

impl<S: AsRef<str>> Word<S> {
    /// What it says, if it says anything.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_ref().map(S::as_ref).filter(|text| !text.is_empty())
    }
}

impl<'de, S: From<Cow<'de, str>>> Deserialize<'de> for Word<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Of;

        impl<'de> Visitor<'de> for Of {
            type Value = Said<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Said<'de>, E> {
                Ok(Word(Some(text.into())))
            }

            fn visit_str<E>(self, text: &str) -> Result<Said<'de>, E> {
                Ok(Word(Some(text.to_owned().into())))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Said<'de>, E> {
                Ok(Word(Some(flag.to_string().into())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Said<'de>, E> {
                Ok(Word(Some(number.to_string().into())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Said<'de>, E> {
                Ok(Word(Some(number.to_string().into())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Said<'de>, E> {
                Ok(Word(Some(number.to_string().into())))
            }

            fn visit_unit<E>(self) -> Result<Said<'de>, E> {
                Ok(Word(None))
            }
        }

        Ok(Self(deserializer.deserialize_any(Of)?.0.map(S::from)))
    }
}

/// A whole number, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number(pub(super) Option<i64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Said::deserialize(deserializer)?;
        Ok(Self(word.get().and_then(|text| text.trim().parse().ok())))
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
        Ok(Self(
            Word::<String>::deserialize(deserializer)?.0.map(Zeroizing::new),
        ))
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
pub(super) type Words<S = String> = List<Word<S>>;

impl<S: AsRef<str>> Words<S> {
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.iter().filter_map(|word| word.0.as_ref().map(S::as_ref))
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
pub(super) struct Attributes<S = String> {
    entries: Vec<(S, S)>,
    /// Names that stood there more than once; the last one counts.
    pub(super) repeated: Vec<String>,
}

impl<S: AsRef<str>> Attributes<S> {
    /// What a name has, if it says anything.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut entries = self.iter();
        let entry = entries.find(|(known, _)| *known == name);
        entry.map(|(_, text)| text).filter(|text| !text.is_empty())
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
            .map(|(name, text)| (name.as_ref(), text.as_ref()))
    }
}

impl<'de, S: AsRef<str> + From<Cow<'de, str>>> Attributes<S> {
    fn set(&mut self, name: Cow<'de, str>, text: Option<Cow<'de, str>>) {
        let known = self.entries.iter_mut();
        let known = known
            .map(|(known, held)| (&*known, held))
            .find(|(known, _)| known.as_ref() == name);
        match (known, text) {
            (Some((_, held)), text) => {
                self.repeated.push(name.into_owned());
                *held = text.unwrap_or_default().into();
            }
            (None, Some(text)) => self.entries.push((name.into(), text.into())),
            (None, None) => {}
        }
    }
}

impl<'de, S: AsRef<str> + Default + From<Cow<'de, str>>> Deserialize<'de> for Attributes<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A text, or whatever else stands there, which is nothing.
        struct Lax<'de>(Option<Cow<'de, str>>);

        impl<'de> Deserialize<'de> for Lax<'de> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Of;

                impl<'de> Visitor<'de> for Of {
                    type Value = Lax<'de>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("anything")
                    }

                    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                        Ok(Lax(Some(text.into())))
                    }

                    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                        Ok(Lax(Some(text.to_owned().into())))
                    }

                    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
                        Ok(Lax(Some(flag.to_string().into())))
                    }

                    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                        Ok(Lax(Some(number.to_string().into())))
                    }

                    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                        Ok(Lax(Some(number.to_string().into())))
                    }

                    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                        Ok(Lax(Some(number.to_string().into())))
                    }

                    fn visit_unit<E>(self) -> Result<Self::Value, E> {
                        Ok(Lax(None))
                    }

                    // An attribute of a realm or a scope may be a list; the first of it counts.
                    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                        let first = items.next_element::<Lax<'de>>()?;
                        while items.next_element::<IgnoredAny>()?.is_some() {}
                        Ok(first.unwrap_or(Lax(None)))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        Ok(Lax(None))
                    }
                }

                deserializer.deserialize_any(Of)
            }
        }

        struct Of<S>(std::marker::PhantomData<S>);

        impl<'de, S: AsRef<str> + Default + From<Cow<'de, str>>> Visitor<'de> for Of<S> {
            type Value = Attributes<S>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes<S>, A::Error> {
                let mut attributes = Attributes::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    attributes.set(key.0, map.next_value::<Lax<'de>>()?.0);
                }
                Ok(attributes)
            }

            fn visit_unit<E>(self) -> Result<Attributes<S>, E> {
                Ok(Attributes::default())
            }
        }

        deserializer.deserialize_any(Of(std::marker::PhantomData))
    }
}
