//! What a list shows of the clients of a file. There can be very many of them, so that of each no more is kept than that; all
//! else is read anew from the file when somebody looks at the client.

use std::collections::HashSet;
use std::sync::Arc;

use crate::transfer::{Came, Comparison, Entry, Stands};

/// Texts are cut off behind so many characters: the whole of them stands beside the list.
const LONGEST: usize = 200;
/// So many texts are kept once for all lines that have them.
const SHARED: usize = 2_000;

/// One client of a file as a list shows it.
#[derive(Clone, Debug)]
pub struct Line<S> {
    /// What is said of it in a word.
    pub sort: S,
    /// Which of the file's places it is; none where the file does not have it.
    pub number: Option<u64>,
    /// Its identifier, as far as that can be seen.
    pub client_id: Option<Box<str>>,
    /// What people call it; empty where it has no name.
    pub name: Box<str>,
    /// The part of the other system that it belongs to.
    pub realm: Option<Arc<str>>,
    /// Where it stands in the file.
    pub place: Box<str>,
    /// The first thing to be known of it.
    pub note: Arc<str>,
    /// What of its secret was kept, a sentence a line.
    pub kept: Arc<str>,
    /// Whether it needs a new secret before it can be used.
    pub rotate: bool,
}

/// The lines of a list, as they come in.
pub(super) struct Lines<S> {
    /// All of them, in their order.
    pub all: Vec<Line<S>>,
    /// The parts of the other system, in their order.
    pub realms: Vec<String>,
    texts: HashSet<Arc<str>>,
}

impl<S> Default for Lines<S> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            realms: Vec::new(),
            texts: HashSet::new(),
        }
    }
}

impl Lines<Came> {
    /// Puts them into the order of the file: what cannot be read is told before what is looked up together.
    pub fn sort(&mut self) {
        self.all.sort_by_key(|line| line.number);
    }

    /// What came of a client, or would come of it.
    pub fn of_entry(&mut self, entry: &Entry) {
        let line = Line {
            sort: entry.came,
            number: Some(entry.number),
            client_id: entry.client_id.as_deref().map(Box::from),
            name: cut_off(&entry.name).into(),
            realm: self.realm(entry.realm.as_ref()),
            place: cut_off(&entry.place).into(),
            note: self.shared(&note_of_entry(entry)),
            kept: self.shared(&entry.kept.join("\n")),
            rotate: entry.rotate,
        };
        self.all.push(line);
    }
}

impl Lines<Stands> {
    /// How a client here stands to the one there.
    pub fn of_comparison(&mut self, row: &Comparison) {
        let members = || row.differences.iter().map(|one| one.member.as_str());
        let note = row.why.clone();
        let note = note.unwrap_or_else(|| members().collect::<Vec<_>>().join(", "));
        let line = Line {
            sort: row.stands,
            number: row.number,
            client_id: row.client_id.as_deref().map(Box::from),
            name: cut_off(&row.name).into(),
            realm: self.realm(row.realm.as_ref()),
            place: cut_off(&row.place).into(),
            note: self.shared(&note),
            kept: Arc::default(),
            rotate: false,
        };
        self.all.push(line);
    }
}

impl<S> Lines<S> {
    fn realm(&mut self, realm: Option<&String>) -> Option<Arc<str>> {
        let realm = realm?;
        if !self.realms.contains(realm) {
            self.realms.push(realm.clone());
        }
        Some(self.shared(realm))
    }

    /// The text, which many lines have together.
    fn shared(&mut self, text: &str) -> Arc<str> {
        let text = cut_off(text);
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        if self.texts.len() < SHARED {
            self.texts.insert(Arc::clone(&new));
        }
        new
    }
}

fn note_of_entry(entry: &Entry) -> String {
    if let Some(why) = entry.why.first() {
        why.clone()
    } else if entry.came == Came::Changed {
        format!("Changes {}", entry.changed().join(", "))
    } else if entry.rotate {
        "Has no secret: rotate".to_owned()
    } else if !entry.left_out.is_empty() {
        let left_out: Vec<&str> = entry.left_out.iter().map(|left| left.member.as_str()).collect();
        format!("Without {}", left_out.join(", "))
    } else {
        String::new()
    }
}

fn cut_off(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(LONGEST)
        .map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}
