//! Which members the values at the beginning of a JSON text have, where clients can stand: to tell what a file is. Only a part
//! of the text may be there, and it may be no JSON in places.

use std::collections::HashMap;

/// Members of a file that hold clients, in one format or another.
const HOLDERS: [&str; 3] = ["clients", "items", "body"];
/// So deep it is looked; nothing that tells a format lies deeper.
const DEEPEST: usize = 64;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// Members of the values of the file: of one object, or of the items of a list.
    pub outer: Names,
    /// Members of what these hold as clients.
    pub held: Names,
    /// Whether the values stand in a list, or are held by one.
    pub is_list: bool,
}

/// Names of members, and whether what stands there says something anywhere.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, Told>);

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    says_something: bool,
    is_list: bool,
}

impl Names {
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// Whether a list stands there.
    pub fn has_list(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|told| told.is_list)
    }

    /// The names of those that say something.
    pub fn telling(&self) -> impl Iterator<Item = &str> {
        let telling = self.0.iter().filter(|(_, told)| told.says_something);
        telling.map(|(name, _)| name.as_str())
    }
}

impl Beginning {
    /// Looks at a text.
    pub fn of(text: &str) -> Self {
        let mut looking = Looking {
            found: Self::default(),
            open: Vec::new(),
        };
        looking.go(text);
        looking.found
    }

    pub fn has(&self, name: &str) -> bool {
        self.outer.has(name) || self.held.has(name)
    }

    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The names of all members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.outer.0.keys().chain(self.held.0.keys());
        names.map(String::as_str)
    }

    /// The names of members that say something.
    pub fn telling(&self) -> impl Iterator<Item = &str> {
        self.outer.telling().chain(self.held.telling())
    }
}

struct Looking {
    found: Beginning,
    open: Vec<Open>,
}

/// A bracket that is open.
enum Open {
    List,
    /// With the name of the member that comes next, once it was read.
    Object(Option<String>),
}

enum Level {
    Outer,
    Held,
    Neither,
}

impl Looking {
    fn go(&mut self, text: &str) {
        let mut rest = text;
        while let Some(byte) = rest.bytes().next() {
            let length = match byte {
                b'"' => self.text(rest),
                // A directive of a template.
                b'{' if rest.starts_with("{{") => rest.find("}}").map_or(2, |end| end + 2),
                b'{' => self.begin(Open::Object(None)),
                b'[' => self.begin(Open::List),
                b'}' | b']' => {
                    self.open.pop();
                    1
                }
                b',' => {
                    if let Some(Open::Object(name)) = self.open.last_mut() {
                        *name = None;
                    }
                    1
                }
                _ => rest.chars().next().map_or(1, char::len_utf8),
            };
            if self.open.len() > DEEPEST {
                return;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
    }

    fn begin(&mut self, open: Open) -> usize {
        if matches!(open, Open::List) && (self.open.is_empty() || self.is_held_by(self.open.len())) {
            self.found.is_list = true;
        }
        self.open.push(open);
        1
    }

    /// Goes past a text, which may be the name of a member; tells its length.
    fn text(&mut self, rest: &str) -> usize {
        let (mut end, mut is_escaped) = (None, false);
        for (at, byte) in rest.bytes().enumerate().skip(1) {
            if byte == b'"' && !is_escaped {
                end = Some(at);
                break;
            }
            is_escaped = byte == b'\\' && !is_escaped;
        }
        let Some(end) = end else { return rest.len() };
        let behind = rest.get(end + 1..).unwrap_or_default().trim_start();
        let level = self.level();
        if let (Some(Open::Object(named @ None)), Some(value)) =
            (self.open.last_mut(), behind.strip_prefix(':'))
        {
            let name = rest.get(1..end).unwrap_or_default().to_owned();
            let value = value.trim_start();
            let told = Told {
                says_something: says_something(value),
                is_list: value.starts_with('['),
            };
            *named = Some(name.clone());
            let names = match level {
                Level::Outer => Some(&mut self.found.outer),
                Level::Held => Some(&mut self.found.held),
                Level::Neither => None,
            };
            if let Some(Names(names)) = names {
                let known = names.entry(name).or_default();
                known.says_something |= told.says_something;
                known.is_list |= told.is_list;
            }
        }
        end + 1
    }

    /// What the innermost bracket is one of.
    fn level(&self) -> Level {
        let above = self.open.len().saturating_sub(1);
        match self.open.get(..above).unwrap_or_default() {
            [] | [Open::List] => Level::Outer,
            [.., Open::List] if self.is_held_by(above - 1) => Level::Held,
            _ if self.is_held_by(above) => Level::Held,
            _ => Level::Neither,
        }
    }

    /// Whether so many brackets end with an object of the file, at a member that holds clients.
    fn is_held_by(&self, brackets: usize) -> bool {
        match self.open.get(..brackets).unwrap_or_default() {
            [Open::Object(Some(name))] | [Open::List, Open::Object(Some(name))] => {
                HOLDERS.contains(&name.as_str())
            }
            _ => false,
        }
    }
}

/// Whether a value says something: it is neither what a system writes for what is not set, nor cut off.
fn says_something(value: &str) -> bool {
    const NOTHING: [&str; 5] = ["null", "false", "\"\"", "\"none\"", "0"];
    let inside = value.strip_prefix(['[', '{']).map(str::trim_start);
    !value.is_empty()
        && !NOTHING.iter().any(|nothing| value.starts_with(nothing))
        && !inside.is_some_and(|inside| inside.is_empty() || inside.starts_with([']', '}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_members_of_what_can_be_a_client_are_told() {
        let text =
            r#"[{"realm": "a", "deep": {"inner": 1}, "clients": [{"clientId": "b", "config": {"x": 1}}]}"#;
        for length in (0..=text.len()).rev() {
            let found = Beginning::of(text.get(..length).unwrap());
            assert!(!found.has_any(&["inner", "x", "a", "b"]), "{length}");
        }
        let found = Beginning::of(text);
        assert!(found.outer.has("realm") && found.held.has("clientId") && found.is_list);
        assert!(!found.outer.has("clientId") && found.outer.has_list("clients"));
    }

    #[test]
    fn a_template_and_what_is_cut_off_are_looked_at_as_far_as_they_go() {
        let found = Beginning::of(
            "{{- if .on }}\n{\n{{ include \"x\" }}\n\"realm\": \"a\\\"\", <placeholder>\n\"enabled\": true, \"ow",
        );
        assert!(found.outer.has("realm") && found.outer.has("enabled"));
        assert!(!Beginning::of(&"{\"a\":".repeat(10_000)).has("b"));
    }

    #[test]
    fn what_a_system_writes_for_what_is_not_set_says_nothing() {
        let found = Beginning::of(
            r#"{"a": null, "b": "", "c": [ ], "d": {}, "e": "none", "f": false, "g": [1], "h": {"i": 1}}"#,
        );
        let mut telling: Vec<&str> = found.telling().collect();
        telling.sort_unstable();
        assert_eq!(telling, ["g", "h"]);
    }
}
