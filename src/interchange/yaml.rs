//! YAML, read within limits into values that know their lines: anchors are followed, and those that would grow without end
//! are refused. What a tool fills in later, such as `{{ secret "x" }}`, is a text here.

use std::fmt;
use std::io::Read;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;
use serde_saphyr::options::DuplicateKeyPolicy;
use zeroize::Zeroizing;

use super::Input;
use super::encoding::{IS_UTF16, is_utf16};
use super::foreign::{is_template, place};
use super::stuck::Stuck;

/// The most that is read, in bytes: a document of YAML is held whole.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// How deep values may lie in each other.
const DEEPEST: usize = 32;

/// A value of a document.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1.
    column: usize,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// A member of an object; of two of one name the first.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The members of a name, of which there are several where it stands twice.
    pub fn each<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Self> {
        let members = match &self.kind {
            Kind::Map(members) => members.as_slice(),
            _ => &[],
        };
        members
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// The last item of a list.
    pub fn into_last_item(self) -> Option<Self> {
        match self.kind {
            Kind::List(mut items) => items.pop(),
            _ => None,
        }
    }

    /// The same, so many lines further down, where it stood at least behind a line.
    pub fn moved(mut self, behind: usize, down: isize) -> Self {
        if self.line > behind {
            self.line = self.line.saturating_add_signed(down);
        }
        self.kind = match self.kind {
            Kind::Scalar(value) => Kind::Scalar(value),
            Kind::List(items) => Kind::List(items.into_iter().map(|item| item.moved(behind, down)).collect()),
            Kind::Map(members) => {
                let moved = members
                    .into_iter()
                    .map(|(name, node)| (name, node.moved(behind, down)));
                Kind::Map(moved.collect())
            }
        };
        self
    }

    /// A value at some depth.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The items of a list.
    pub fn items(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// Its text, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(value) => value.as_str(),
            _ => None,
        }
    }

    /// What it says in one word: a text, a number, or true and false.
    pub fn plain(&self) -> Option<String> {
        match &self.kind {
            Kind::Scalar(Value::String(text)) => Some(text.clone()),
            Kind::Scalar(value) if !value.is_null() => Some(value.to_string()),
            _ => None,
        }
    }

    /// Whether it says nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Scalar(Value::Null))
    }

    /// Where it stands, for people.
    pub fn place(&self) -> String {
        place(self.line, self.column)
    }

    /// The members of an object.
    ///
    /// # Errors
    /// A sentence where it is none, or a member stands twice.
    pub fn members(&self) -> Result<Map<String, Value>, String> {
        match self.to_value()? {
            Value::Object(members) => Ok(members),
            _ => Err("It is a text or a list where the members of a client belong".to_owned()),
        }
    }

    fn to_value(&self) -> Result<Value, String> {
        Ok(match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Self::to_value).collect::<Result<_, _>>()?,
            Kind::Map(members) => {
                let mut map = Map::new();
                for (name, node) in members {
                    if map.insert(name.clone(), node.to_value()?).is_some() {
                        return Err(format!(
                            "The member {name:?} is there twice, again in line {}",
                            node.line
                        ));
                    }
                }
                Value::Object(map)
            }
        })
    }
}

/// The text of a file.
///
/// # Errors
/// [`Stuck`] for one that is too large, or in UTF-16.
pub fn text_of(input: &mut dyn Input) -> Result<Zeroizing<String>, Stuck> {
    let stuck = |what: String| Stuck::new(1, what);
    let mut bytes = Zeroizing::new(Vec::new());
    let start = input.fill_buf();
    if start.is_ok_and(|start| start.starts_with("\u{feff}".as_bytes())) {
        input.consume(3);
    }
    Read::take(&mut *input, MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| stuck(format!("The file cannot be read: {error}")))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(stuck(
            "The file is larger than 32 MB, which is the most for YAML; split it into several".to_owned(),
        ));
    }
    if is_utf16(&bytes) {
        return Err(stuck(IS_UTF16.to_owned()));
    }
    // Not copied: it can be large.
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => Ok(marked(&Zeroizing::new(error.into_bytes()))),
    }
}

/// Bytes of which some are no UTF-8, with a character in their place that no YAML has (YAML 1.2 §5.1): so only what they stand in
/// cannot be read. In a remark they do not matter.
fn marked(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    // Looked at once a line: there may be millions of such bytes in one.
    let mut is_remark = None;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if chunk.valid().contains('\n') {
            is_remark = None;
        }
        if !chunk.invalid().is_empty() {
            let is_remark = *is_remark.get_or_insert_with(|| {
                let line = text.rsplit('\n').next().unwrap_or_default();
                line.trim_start().starts_with('#')
            });
            text.push(if is_remark { '?' } else { '\u{1}' });
        }
    }
    text
}

/// Reads the documents of a text, one in most cases, in which what a tool fills in later is [a text](quote_templates) already.
///
/// # Errors
/// [`Stuck`] for what is no YAML, and for what lies too deep or would grow too large.
pub fn read(text: &str) -> Result<Vec<Node>, Stuck> {
    let budget = serde_saphyr::budget! {
        max_depth: DEEPEST,
        flow_nesting_limit: DEEPEST,
        max_events: 20_000_000,
        max_nodes: 10_000_000,
        max_aliases: 10_000,
        max_anchors: 10_000,
    };
    let alias_limits = serde_saphyr::alias_limits! {
        max_total_replayed_events: 200_000,
        max_replay_stack_depth: 16,
    };
    let options = serde_saphyr::options! {
        budget: budget,
        alias_limits: alias_limits,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        null_as_string: true,
        ignore_binary_tag_for_string: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    let nodes = serde_saphyr::from_multiple_with_options::<Spanned<Node>>(text, options);
    match nodes {
        Ok(nodes) => Ok(nodes.into_iter().map(placed).collect()),
        Err(error) => Err(stuck(&error, text)),
    }
}

/// What is wrong in words of people: those of a parser are about what it wanted to see next.
fn stuck(error: &serde_saphyr::Error, text: &str) -> Stuck {
    use serde_saphyr::Error;
    let (line, column) = error.location().map_or((1, 1), position);
    let line = line.clamp(1, text.lines().count().max(1));
    let here = text.lines().nth(line - 1).unwrap_or_default();
    let mut error = error;
    while let Error::AliasError { error: inner, .. } | Error::WithSnippet { error: inner, .. } = error {
        error = inner;
    }
    let said = error.to_string();
    let is_of_limits = said.contains("limit") || said.contains("nesting");
    let what = match error {
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            "what the names with * stand for there would grow without end".to_owned()
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "a name with * stands for something that it is a part of".to_owned()
        }
        Error::UnknownAnchor { .. } => {
            "a name with * stands there that nothing before it has with &".to_owned()
        }
        Error::MergeValueNotMapOrSeqOfMaps { .. } => "<<: takes in something that has no members".to_owned(),
        _ if matches!(error, Error::Budget { .. }) || is_of_limits => {
            format!("values lie more than {DEEPEST} deep in each other there, or there are too many of them")
        }
        _ if here.chars().any(|c| c.is_control() && c != '\t') => {
            "a byte that is no UTF-8, or a control character, stands there; save the file as UTF-8".to_owned()
        }
        _ if is_template(here) => "a template stands there; fill it in before it is imported".to_owned(),
        _ => "the indentation, a quotation mark, a bracket or a colon there or before it is wrong".to_owned(),
    };
    Stuck {
        line,
        column,
        what: format!(
            "In {} it is no YAML that can be used: {what}",
            place(line, column)
        ),
    }
}

fn position(location: serde_saphyr::Location) -> (usize, usize) {
    let number = |number: u64| usize::try_from(number).unwrap_or(1).max(1);
    (number(location.line()), number(location.column()))
}

fn placed(node: Spanned<Node>) -> Node {
    let (line, column) = position(node.referenced);
    Node {
        line,
        column,
        ..node.value
    }
}

/// Puts what a tool fills in later into quotation marks where it stands as a whole value, which is no YAML without them, and
/// turns lines of such directives into remarks. Lines stay where they are.
pub fn quote_templates(text: &str) -> Zeroizing<String> {
    let mut quoted = Zeroizing::new(String::with_capacity(text.len() + text.len() / 16));
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let start = bare.trim_start();
        let indent = bare.len() - start.len();
        let value_at = if is_filled_in(start) {
            Some(indent)
        } else {
            value_of(bare).filter(|at| bare.get(*at..).is_some_and(is_filled_in))
        };
        match value_at {
            // A directive by itself, such as `{{ if … }}`.
            Some(at) if at == indent && !start.contains(": ") && start.trim_end().ends_with(['}', '@']) => {
                quoted.push_str(bare.get(..at).unwrap_or_default());
                quoted.push_str("# ");
                quoted.push_str(start);
            }
            Some(at) if at > indent => {
                let value = bare.get(at..).unwrap_or_default();
                quoted.push_str(bare.get(..at).unwrap_or_default());
                quoted.push_str(&format!("'{}'", value.trim_end().replace('\'', "''")));
            }
            _ => quoted.push_str(bare),
        }
        quoted.push_str(line.get(bare.len()..).unwrap_or_default());
    }
    quoted
}

/// Whether a value begins as one that a tool fills in, which YAML would read as something else, or not at all.
fn is_filled_in(value: &str) -> bool {
    value.starts_with("{{") || value.starts_with("@@")
}

/// Where the value of a line begins, behind `name: ` or `- `.
fn value_of(line: &str) -> Option<usize> {
    let start = line.trim_start();
    let mut at = line.len() - start.len();
    let mut rest = start;
    let mut is_behind = false;
    while let Some(behind) = rest.strip_prefix("- ") {
        at += rest.len() - behind.trim_start().len();
        rest = behind.trim_start();
        is_behind = true;
    }
    if is_filled_in(rest) {
        return is_behind.then_some(at);
    }
    let colon = rest.find(": ")?;
    let name = rest.get(..colon)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'');
    if !name.chars().all(is_name) {
        return None;
    }
    let value = rest.get(colon + 2..)?;
    Some(at + colon + 2 + value.len() - value.trim_start().len())
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kind = deserializer.deserialize_any(KindVisitor)?;
        Ok(Self {
            line: 0,
            column: 1,
            kind,
        })
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.to_string().into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        Ok(Kind::Scalar(
            Number::from_f64(value).map_or(Value::Null, Value::Number),
        ))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Kind, E> {
        Ok(Kind::Scalar(String::from_utf8_lossy(value).into()))
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Node>>()? {
            items.push(placed(item));
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            members.push((name, placed(map.next_value::<Spanned<Node>>()?)));
        }
        Ok(Kind::Map(members))
    }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
