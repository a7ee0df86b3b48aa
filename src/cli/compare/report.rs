//! How each client stands, told as it comes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::audit::report::pretty_json;
use crate::cli::{Failure, Outcome, output};
use crate::transfer::{Comparison, Difference, Stands};

/// A report that is being printed.
pub(super) struct Report {
    as_json: bool,
    counts: BTreeMap<Stands, u64>,
    /// What has not been printed yet, to be printed in larger pieces.
    pending: String,
    /// Of a standard output that takes no more: what there was to say of it.
    outcome: Outcome,
}

impl Report {
    /// One without a client.
    pub fn new(as_json: bool) -> Self {
        Self {
            as_json,
            counts: BTreeMap::new(),
            pending: String::new(),
            outcome: Ok(()),
        }
    }

    /// Tells how a client stands. For people, one that is the same is only counted.
    pub fn add(&mut self, one: &Comparison) {
        const PIECE: usize = 1 << 16;
        let is_first = self.counts.is_empty();
        *self.counts.entry(one.stands).or_default() += 1;
        if self.as_json {
            let before = if is_first { "{\n  \"clients\": [\n" } else { ",\n" };
            let value = pretty_json(&one.to_json()).replace('\n', "\n    ");
            self.pending.push_str(&format!("{before}    {value}"));
        } else if one.stands != Stands::Same {
            self.pending.push_str(&text(one));
        }
        if self.pending.len() >= PIECE {
            self.print();
        }
    }

    /// Tells the counts, and that was all. Returns how many are not the same.
    pub fn end(mut self) -> Result<u64, Failure> {
        let text = if self.as_json {
            let counts: Vec<String> = Stands::ALL
                .iter()
                .map(|stands| {
                    let name = stands.as_str().replace(' ', "_");
                    format!("    \"{name}\": {}", self.count(*stands))
                })
                .collect();
            let before = if self.counts.is_empty() {
                "{\n  \"clients\": ["
            } else {
                "\n  "
            };
            format!("{before}],\n  \"counts\": {{\n{}\n  }}\n}}\n", counts.join(",\n"))
        } else {
            let counts = Stands::ALL.iter().filter(|stands| {
                // Most files have nothing of these.
                !matches!(stands, Stands::LeftOut | Stands::NotCompared) || self.count(**stands) > 0
            });
            let counts: Vec<String> = counts
                .map(|stands| format!("{} {stands}", self.count(*stands)))
                .collect();
            format!("{}\n", counts.join(", "))
        };
        self.pending.push_str(&text);
        self.print();
        let differ = Stands::ALL.iter().filter(|stands| !stands.agrees());
        let differ = differ.map(|stands| self.count(*stands)).sum();
        self.outcome.map(|()| differ)
    }

    fn count(&self, stands: Stands) -> u64 {
        self.counts.get(&stands).copied().unwrap_or(0)
    }

    fn print(&mut self) {
        if self.outcome.is_ok() {
            self.outcome = output::bytes(self.pending.as_bytes());
        }
        self.pending.clear();
    }
}

fn text(one: &Comparison) -> String {
    let one_line = |text: &str| output::visible(text).replace('\n', " ");
    let client = match (&one.client_id, one.name.is_empty()) {
        (Some(client_id), false) => format!("{} ({client_id})", one.name),
        (Some(client_id), true) => client_id.clone(),
        (None, false) => one.name.clone(),
        (None, true) if one.stands == Stands::LeftOut => "no client".to_owned(),
        (None, true) => "a client without a name".to_owned(),
    };
    let realm = one.realm.as_ref().map(|realm| format!("realm {realm}"));
    let place: Vec<String> = [Some(one.place.clone()), realm].into_iter().flatten().collect();
    let place = match place.join(", ") {
        nowhere if nowhere.is_empty() => nowhere,
        place => format!("  [{place}]"),
    };
    let mut text = format!(
        "{:<12}  {}{}\n",
        one.stands.as_str(),
        one_line(&client),
        one_line(&place)
    );
    let why = one.why.iter().cloned();
    for line in why.chain(one.differences.iter().flat_map(lines)) {
        text.push_str(&format!("              {}\n", one_line(&line)));
    }
    text
}

/// What differs in a member, a line each; of two lists, what only one of them has.
fn lines(difference: &Difference) -> Vec<String> {
    let Difference {
        member,
        before,
        after,
    } = difference;
    let said = |value: &Option<Value>| value.as_ref().map_or("not set".to_owned(), plain);
    let lists = (items(member, before.as_ref()), items(member, after.as_ref()));
    let is_list = before.iter().chain(after).all(|value| value.is_array()) || member == "scope";
    let (Some(here), Some(there), true) = (lists.0, lists.1, is_list) else {
        return vec![format!("{member}: {} here, {} there", said(before), said(after))];
    };
    let only = |these: &[Value], others: &[Value], place: &str| -> Vec<String> {
        let only = these.iter().filter(|item| !others.contains(item));
        only.map(|item| format!("{member}: only {place}: {}", plain(item)))
            .collect()
    };
    let found = [only(&here, &there, "here"), only(&there, &here, "there")].concat();
    if found.is_empty() {
        return vec![format!("{member}: the same in another order or number")];
    }
    found
}

/// The items of a list; scopes are a list that is written as one text (RFC 7591 §2).
fn items(member: &str, value: Option<&Value>) -> Option<Vec<Value>> {
    match value {
        Some(Value::Array(items)) => Some(items.clone()),
        Some(Value::String(scopes)) if member == "scope" => {
            Some(scopes.split(' ').map(Value::from).collect())
        }
        None => Some(Vec::new()),
        Some(_) => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
