//! What came of every client of an import.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{Outcome, output};
use crate::interchange::{ForeignClient, LeftOut, Unreadable};

/// What came of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Result {
    /// It is registered now.
    New,
    /// It was there, and is another now.
    Changed,
    /// It was there as it is.
    Same,
    /// It is kept, but gets no token until it is put right.
    Held,
    /// It is not taken over.
    Refused,
}

impl Result {
    const ALL: [Self; 5] = [Self::New, Self::Changed, Self::Same, Self::Held, Self::Refused];

    const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Held => "held",
            Self::Refused => "refused",
        }
    }
}

/// One client.
pub(super) struct Entry {
    file: String,
    place: String,
    client_id: Option<String>,
    name: String,
    pub came: Result,
    /// What of its secret was kept.
    pub kept: Vec<String>,
    /// Members that are others now.
    pub changed: Vec<String>,
    left_out: Vec<LeftOut>,
    /// Whether it needs a new secret before it can be used.
    pub rotate: bool,
    /// Why it is held or refused.
    pub why: Vec<String>,
}

impl Entry {
    /// A client that was read.
    pub fn of_client(client: &ForeignClient) -> Self {
        Self {
            file: String::new(),
            place: client.place.clone(),
            client_id: Some(client.client_id.to_string()),
            name: client.draft.name.clone(),
            came: Result::New,
            kept: Vec::new(),
            changed: Vec::new(),
            left_out: client.left_out.clone(),
            rotate: false,
            why: Vec::new(),
        }
    }

    /// A place of a file that has no client that can be read.
    pub fn unreadable(file: &Path, unreadable: Unreadable) -> Self {
        Self {
            file: file.display().to_string(),
            place: unreadable.place,
            client_id: unreadable.client,
            name: String::new(),
            came: Result::Refused,
            kept: Vec::new(),
            changed: Vec::new(),
            left_out: Vec::new(),
            rotate: false,
            why: vec![unreadable.what],
        }
    }

    /// A client whose identifier came before.
    pub fn twice(file: &Path, client: &ForeignClient, first: &str) -> Self {
        let mut entry = Self::of_client(client).of(file);
        entry.refuse(format!(
            "Its client_id came before, in {first}, and that one counts"
        ));
        entry
    }

    /// Names the file that it is from.
    pub fn of(self, file: &Path) -> Self {
        let file = file.display().to_string();
        Self { file, ..self }
    }

    /// It is not taken over.
    pub fn refuse(&mut self, why: String) {
        self.came = Result::Refused;
        self.rotate = false;
        self.kept.clear();
        self.changed.clear();
        self.why.push(why);
    }

    /// A member was not taken over.
    pub fn leave_out(&mut self, member: &str, why: &'static str) {
        self.left_out.push(LeftOut::new(member, why));
    }

    fn to_json(&self) -> Value {
        let left_out: Vec<Value> = self
            .left_out
            .iter()
            .map(|left| json!({"member": left.member, "why": left.why}))
            .collect();
        json!({
            "result": self.came.as_str(),
            "client_id": self.client_id,
            "client_name": self.name,
            "file": self.file,
            "place": self.place,
            "kept": self.kept,
            "changed": self.changed,
            "left_out": left_out,
            "rotate": self.rotate,
            "why": self.why,
        })
    }

    fn to_text(&self) -> String {
        let one_line = |text: &str| output::visible(text).replace('\n', " ");
        let client = match (&self.client_id, self.name.is_empty()) {
            (Some(client_id), false) => format!("{} ({client_id})", self.name),
            (Some(client_id), true) => client_id.clone(),
            (None, _) => "a client without a name".to_owned(),
        };
        let place = if self.place.starts_with("line") {
            format!("  [{}, {}]", self.file, self.place)
        } else {
            String::new()
        };
        let mut text = format!(
            "{:<8} {}{}\n",
            self.came.as_str(),
            one_line(&client),
            one_line(&place)
        );
        let mut add = |line: String| text.push_str(&format!("         {}\n", one_line(&line)));
        for why in &self.why {
            add(why.replace('\n', "; "));
        }
        if !self.changed.is_empty() {
            add(format!("changed: {}", self.changed.join(", ")));
        }
        for kept in &self.kept {
            add(format!("kept: {kept}"));
        }
        for left in &self.left_out {
            add(format!("left out: {}, because {}", left.member, left.why));
        }
        if self.rotate {
            let client_id = self.client_id.as_deref().unwrap_or("ID");
            add(format!(
                "rotate: it has no secret. Make one with chancery client rotate-secret {client_id}"
            ));
        }
        text
    }
}

/// All of them.
pub(super) struct Report {
    dry_run: bool,
    entries: Vec<Entry>,
}

impl Report {
    /// An empty one.
    pub fn new(dry_run: bool) -> Self {
        let entries = Vec::new();
        Self { dry_run, entries }
    }

    /// Adds a client.
    pub fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// How many were refused.
    pub fn refused(&self) -> usize {
        self.count(Result::Refused)
    }

    fn count(&self, came: Result) -> usize {
        self.entries.iter().filter(|entry| entry.came == came).count()
    }

    /// Prints it to standard output.
    pub fn print(&self, as_json: bool) -> Outcome {
        if as_json {
            let mut counts = serde_json::Map::new();
            for came in Result::ALL {
                counts.insert(came.as_str().to_owned(), self.count(came).into());
            }
            let clients: Vec<Value> = self.entries.iter().map(Entry::to_json).collect();
            return output::json(&json!({"dry_run": self.dry_run, "counts": counts, "clients": clients}));
        }
        let mut text: String = self.entries.iter().map(Entry::to_text).collect();
        let counts: Vec<String> = Result::ALL
            .into_iter()
            .map(|came| format!("{} {}", self.count(came), came.as_str()))
            .collect();
        let dry = if self.dry_run { ". Nothing was written" } else { "" };
        text.push_str(&format!("{}{dry}\n", counts.join(", ")));
        output::bytes(text.as_bytes())
    }
}
