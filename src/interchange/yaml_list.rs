//! The list of clients in a text of YAML, item by item: what is wrong in one of them ends only that one, and a list of any
//! length takes the memory of one item. A text is read as a whole first, unless it is long, and apart where that fails.
//!
//! Apart, the list and its items are told by the indentation of their lines, which is what people see. An item that refers to
//! an anchor is read behind what the anchor stands for, wherever that is.

use std::collections::HashMap;

use super::foreign::Unreadable;
use super::stuck::Stuck;
use super::text::Wiped;
use super::yaml::{self, Node};
use super::yaml_lines::{column_of_member, documents, indent_of, is_block_scalar, marked, member};

/// Texts up to this length are read as a whole first, in bytes.
const WHOLE: usize = 512 * 1024;
/// The most that one item may be, with what it refers to, in bytes.
const MOST_BYTES: usize = 1024 * 1024;
/// The most anchors that one item may refer to, those included that these refer to.
const MOST_ANCHORS: usize = 64;

/// What was found.
pub(super) enum Found<'a> {
    /// A document with clients begins: all of it, or all but the clients; none where that cannot be read.
    Document(Option<&'a Node>),
    /// A client, and the document that it stands in: all of it, or all but the clients; none where that cannot be read.
    Client(Node, Option<&'a Node>),
    /// What is there in the place of clients, or cannot be read.
    Wrong(Unreadable),
}

/// Tells the items of every list of clients in a text, in which what a tool fills in later [is a text](yaml::quote_templates)
/// already. `paths` are where such a list can stand; of a document the first one that is there counts. `visit` says whether to
/// go on. Returns whether there is a place for clients at all.
///
/// # Errors
/// [`Stuck`] where the text is no YAML, and has no list that can be read apart.
pub(super) fn each_item(
    text: &str,
    paths: &[&[&str]],
    names: &[&str],
    visit: &mut dyn FnMut(Found<'_>) -> bool,
) -> Result<bool, Stuck> {
    let whole = (text.len() <= WHOLE).then(|| yaml::read(text));
    if let Some(Ok(documents)) = whole {
        return Ok(of_documents(documents, paths, visit));
    }
    let apart = Apart::of(text, paths, names);
    if apart.lists.is_empty() {
        let documents = whole.unwrap_or_else(|| yaml::read(text))?;
        return Ok(of_documents(documents, paths, visit));
    }
    apart.tell(paths, visit);
    Ok(true)
}

fn of_documents(documents: Vec<Node>, paths: &[&[&str]], visit: &mut dyn FnMut(Found<'_>) -> bool) -> bool {
    let mut any = false;
    for document in documents {
        let Some(lists) = paths.iter().find_map(|path| lists_at(&document, path)) else {
            continue;
        };
        any = true;
        if !visit(Found::Document(Some(&document))) {
            return true;
        }
        for (number, list) in lists.iter().enumerate() {
            if number > 0 && !visit(Found::Wrong(twice(list.place()))) {
                return true;
            }
            let goes_on = match list.items() {
                Some(items) => items
                    .iter()
                    .all(|item| visit(Found::Client(item.clone(), Some(&document)))),
                None => visit(Found::Wrong(no_list(list))),
            };
            if !goes_on {
                return true;
            }
        }
    }
    any
}

/// What stands at a path, more than one where a name of it is there twice.
fn lists_at<'n>(document: &'n Node, path: &[&'n str]) -> Option<Vec<&'n Node>> {
    let below =
        |nodes: Vec<&'n Node>, name: &&'n str| nodes.into_iter().flat_map(|node| node.each(name)).collect();
    let lists: Vec<&Node> = path.iter().fold(vec![document], below);
    (!lists.is_empty()).then_some(lists)
}

fn twice(place: String) -> Unreadable {
    let what =
        "The list of clients is there twice, which is no YAML that every reader takes; both are read here";
    Unreadable::left_out(place, None, what).about("a second list of clients")
}

fn no_list(node: &Node) -> Unreadable {
    if node.is_null() {
        let what = "The list of clients is empty";
        return Unreadable::left_out(node.place(), None, what).about("clients");
    }
    let what = "Where the list of clients belongs stands something else";
    Unreadable::new(node.place(), None, what).about("clients")
}

/// A text that is read apart.
struct Apart<'t> {
    lines: Vec<&'t str>,
    /// The members that an item can be named by where it cannot be read.
    names: &'t [&'t str],
    /// The documents, as lines of the text.
    documents: Vec<std::ops::Range<usize>>,
    lists: Vec<List>,
    anchors: HashMap<&'t str, Vec<usize>>,
}

/// A list of clients.
struct List {
    document: usize,
    /// Where each item begins, and at last where the list ends, as lines of the text from 0.
    items: Vec<usize>,
    indent: usize,
}

impl<'t> Apart<'t> {
    fn of(text: &'t str, paths: &[&[&str]], names: &'t [&'t str]) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut apart = Self {
            documents: documents(&lines),
            lines,
            names,
            lists: Vec::new(),
            anchors: HashMap::new(),
        };
        for number in 0..apart.documents.len() {
            apart.find_lists(number, paths);
        }
        for (at, line) in apart.lines.iter().enumerate() {
            for name in marked(line, '&') {
                apart.anchors.entry(name).or_default().push(at);
            }
        }
        apart
    }

    /// Finds the lists of a document: lines that are the last name of a path, below those of the others, with items below.
    fn find_lists(&mut self, document: usize, paths: &[&[&str]]) {
        let range = self.documents.get(document).cloned().unwrap_or_default();
        let mut above: Vec<(usize, &str)> = Vec::new();
        let mut at = range.start;
        let mut found: Vec<(usize, List)> = Vec::new();
        while at < range.end {
            let line = self.line(at);
            at += 1;
            let Some(indent) = indent_of(line) else { continue };
            let Some((name, value)) = member(line) else {
                continue;
            };
            above.retain(|(outer, _)| *outer < indent);
            above.push((indent, name));
            if is_block_scalar(value) {
                at = self.end_of(at, range.end, column_of_member(line) + 1);
                continue;
            }
            let path: Vec<&str> = above.iter().map(|(_, name)| *name).collect();
            let Some(rank) = paths.iter().position(|known| *known == path.as_slice()) else {
                continue;
            };
            if !value.is_empty() && !value.starts_with('#') {
                continue;
            }
            let Some(items) = self.items(at, range.end, indent) else {
                continue;
            };
            at = items.items.last().copied().unwrap_or(at).max(at);
            found.push((rank, List { document, ..items }));
        }
        let first = found.iter().map(|(rank, _)| *rank).min();
        self.lists.extend(
            found
                .into_iter()
                .filter(|(rank, _)| Some(*rank) == first)
                .map(|(_, list)| list),
        );
    }

    /// The items of a list that begins behind a line, below a name of some indentation.
    fn items(&self, begin: usize, end: usize, outer: usize) -> Option<List> {
        let first = (begin..end).find(|at| indent_of(self.line(*at)).is_some())?;
        let indent = indent_of(self.line(first))?;
        let is_item = |at: usize| {
            let line = self.line(at).trim_start();
            line == "-" || line.starts_with("- ")
        };
        if indent < outer || !is_item(first) {
            return None;
        }
        let mut items = vec![first];
        let mut at = first + 1;
        while at < end {
            match indent_of(self.line(at)) {
                Some(found) if found == indent && is_item(at) => items.push(at),
                // What is less indented than the items, but more than the name of the list, is a mistake in one of them.
                Some(found) if found <= outer => break,
                _ => {}
            }
            at += 1;
        }
        items.push(at);
        Some(List {
            document: 0,
            items,
            indent,
        })
    }

    /// The first line from one on that says something and is less indented.
    fn end_of(&self, begin: usize, end: usize, indent: usize) -> usize {
        let is_out = |at: &usize| indent_of(self.line(*at)).is_some_and(|found| found < indent);
        (begin..end).find(is_out).unwrap_or(end)
    }

    fn line(&self, at: usize) -> &'t str {
        self.lines.get(at).copied().unwrap_or_default()
    }

    fn tell(&self, paths: &[&[&str]], visit: &mut dyn FnMut(Found<'_>) -> bool) {
        for document in 0..self.documents.len() {
            let lists: Vec<&List> = self
                .lists
                .iter()
                .filter(|list| list.document == document)
                .collect();
            let goes_on = match self.beside(document, &lists) {
                // A list may stand there otherwise than on lines of its own.
                Ok(whole) if lists.is_empty() => {
                    let mut goes_on = true;
                    of_documents(whole, paths, &mut |found| {
                        goes_on = visit(found);
                        goes_on
                    });
                    goes_on
                }
                Ok(mut beside) => self.tell_lists(&lists, beside.pop().as_ref(), visit),
                Err(wrong) => visit(Found::Wrong(wrong)) && self.tell_lists(&lists, None, visit),
            };
            if !goes_on {
                return;
            }
        }
    }

    fn tell_lists(
        &self,
        lists: &[&List],
        beside: Option<&Node>,
        visit: &mut dyn FnMut(Found<'_>) -> bool,
    ) -> bool {
        if !visit(Found::Document(beside)) {
            return false;
        }
        for (number, list) in lists.iter().enumerate() {
            let place = format!("line {}", list.items.first().map_or(1, |first| first + 1));
            if number > 0 && !visit(Found::Wrong(twice(place))) {
                return false;
            }
            for item in list.items.windows(2) {
                let [begin, end] = item else { continue };
                let found = match self.item(*begin, *end, list.indent) {
                    Ok(node) => Found::Client(node, beside),
                    Err(wrong) => Found::Wrong(wrong),
                };
                if !visit(found) {
                    return false;
                }
            }
        }
        true
    }

    /// A document without its clients, whose lines are where they were.
    fn beside(&self, document: usize, lists: &[&List]) -> Result<Vec<Node>, Unreadable> {
        let range = self.documents.get(document).cloned().unwrap_or_default();
        let mut text = Wiped::default();
        text.push_str(&"\n".repeat(range.start));
        for at in range {
            let is_of_list = |list: &&List| {
                let ends = (list.items.first(), list.items.last());
                matches!(ends, (Some(first), Some(last)) if (*first..*last).contains(&at))
            };
            if !lists.iter().any(is_of_list) {
                text.push_str(self.line(at));
            }
            text.push_str("\n");
        }
        yaml::read(text.as_str()).map_err(|stuck| {
            let told = Unreadable::new(stuck.place(), None, stuck.what);
            if lists.is_empty() {
                return told.about("a document");
            }
            let what = format!("{}. What is set for all clients is not known", told.what);
            Unreadable { what, ..told }.about("what stands beside the clients")
        })
    }

    /// One item, behind what it refers to.
    fn item(&self, begin: usize, end: usize, indent: usize) -> Result<Node, Unreadable> {
        let wrong =
            |line: usize, what: String| Unreadable::new(format!("line {line}"), self.named(begin, end), what);
        let mut before = Before::default();
        let size: usize = (begin..end).map(|at| self.line(at).len() + 1).sum();
        if size > MOST_BYTES {
            return Err(wrong(begin + 1, "It is larger than 1 MB".to_owned()));
        }
        for at in begin..end {
            self.gather(at, begin, end, &mut before, 0);
        }
        let mut text = Wiped::default();
        for part in ["before:\n", before.text.as_str(), "item:\n"] {
            text.push_str(part);
        }
        let shift = text.as_str().lines().count();
        for at in begin..end {
            let line = self.line(at);
            // A remark may be less indented.
            if line.bytes().take_while(|byte| *byte == b' ').count() >= indent {
                text.push_str(" ");
                text.push_str(line.get(indent..).unwrap_or_default());
            }
            text.push_str("\n");
        }
        let down = begin.cast_signed() - shift.cast_signed();
        let read = yaml::read(text.as_str()).and_then(|mut documents| {
            let node = documents.pop().and_then(|document| document.get("item").cloned());
            let node = node.and_then(Node::into_last_item);
            node.ok_or_else(|| Stuck::new(shift + 1, "It is no item of a list".to_owned()))
        });
        match read {
            Ok(node) => Ok(node.moved(shift, down)),
            Err(stuck) if stuck.line > shift => {
                let line = stuck.line.saturating_add_signed(down);
                let what = stuck.what.replacen(&stuck.place(), &format!("line {line}"), 1);
                Err(wrong(begin + 1, what))
            }
            Err(_) => Err(wrong(
                begin + 1,
                "What it refers to with * cannot be read, or would grow without end".to_owned(),
            )),
        }
    }

    /// Adds what a line refers to and its own item does not have.
    fn gather(&self, at: usize, begin: usize, end: usize, before: &mut Before<'t>, depth: usize) {
        const DEEPEST: usize = 16;
        for name in marked(self.line(at), '*') {
            let known = self.anchors.get(name).map(Vec::as_slice).unwrap_or_default();
            let is_own = known
                .iter()
                .any(|known| (begin..end).contains(known) && *known <= at);
            // Of several of a name, the last one before counts.
            let place = known.iter().rev().find(|known| **known < at.min(begin));
            let (Some(place), false) = (place, is_own || before.names.contains(&name)) else {
                continue;
            };
            if before.names.len() >= MOST_ANCHORS || before.text.len() > MOST_BYTES || depth >= DEEPEST {
                return;
            }
            before.names.push(name);
            let (text, lines) = self.anchored(*place, name);
            for inner in lines {
                self.gather(inner, *place, *place + 1, before, depth + 1);
            }
            before.text.push_str(text.as_str());
        }
    }

    /// What an anchor stands for, as an item of a list, and its lines.
    fn anchored(&self, at: usize, name: &str) -> (Wiped, std::ops::Range<usize>) {
        let line = self.line(at);
        let marked = line.find(&format!("&{name}")).unwrap_or_default();
        let start = line.get(..marked).unwrap_or_default();
        // Below `- &name` or `name: &name` stands what is further in than the dash, or than the name of the member.
        let within = start.trim_end().trim_end_matches('-').trim_end().is_empty();
        let column = if within {
            indent_of(line).unwrap_or_default()
        } else {
            column_of_member(line)
        };
        let is_list = |at: usize| {
            let line = self.line(at);
            !within && indent_of(line) == Some(column) && line.trim_start().starts_with("- ")
        };
        let mut end = at + 1;
        while end < self.lines.len()
            && (indent_of(self.line(end)).is_none_or(|found| found > column) || is_list(end))
        {
            end += 1;
        }
        let mut text = Wiped::default();
        for part in ["  - ", line.get(marked..).unwrap_or_default(), "\n"] {
            text.push_str(part);
        }
        for below in at + 1..end {
            for part in ["    ", self.line(below), "\n"] {
                text.push_str(part);
            }
            if text.len() > MOST_BYTES {
                break;
            }
        }
        (text, at..end)
    }

    /// What an item is called, as far as its lines tell.
    fn named(&self, begin: usize, end: usize) -> Option<String> {
        let of = |name: &&str| {
            let mut lines = (begin..end).map(|at| self.line(at));
            lines.find_map(|line| {
                let (found, value) = member(line)?;
                let value = value.split(" #").next().unwrap_or_default().trim();
                let value = value.trim_matches(['"', '\'']);
                let is_name = found == *name && !value.is_empty() && value.len() <= 200;
                // What stands for bytes that are no UTF-8 is shown as everybody shows it.
                is_name.then(|| value.replace(char::is_control, "\u{fffd}"))
            })
        };
        self.names.iter().find_map(of)
    }
}

/// What must be read before an item.
#[derive(Default)]
struct Before<'t> {
    names: Vec<&'t str>,
    text: Wiped,
}

#[cfg(test)]
#[path = "yaml_list_tests.rs"]
mod tests;
