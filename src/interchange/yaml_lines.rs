//! What a line of YAML is by itself, as far as its indentation and its beginning tell.

/// The documents of a text: they begin with `---` and end with `...`.
pub(super) fn documents(lines: &[&str]) -> Vec<std::ops::Range<usize>> {
    let mut documents = Vec::new();
    let mut begin = 0;
    for (at, line) in lines.iter().enumerate() {
        let is_mark =
            |mark| *line == mark || line.strip_prefix(mark).is_some_and(|rest| rest.starts_with(' '));
        if is_mark("---") || is_mark("...") {
            documents.push(begin..at);
            begin = at + 1;
        }
    }
    documents.push(begin..lines.len());
    documents
}

/// How far a line is indented; none where it says nothing.
pub(super) fn indent_of(line: &str) -> Option<usize> {
    let bare = line.trim_start_matches(' ');
    let says_nothing = bare.trim().is_empty() || bare.starts_with('#');
    (!says_nothing).then_some(line.len() - bare.len())
}

/// The column of the name of a member, behind dashes.
pub(super) fn column_of_member(line: &str) -> usize {
    let bare = line.trim_start_matches(['-', ' ']);
    line.len() - bare.len()
}

/// The name of the member that a line begins with, behind dashes, and its value.
pub(super) fn member(line: &str) -> Option<(&str, &str)> {
    let bare = line.trim_start_matches(['-', ' ']);
    let (name, value) = bare.split_once(':')?;
    let name = name.trim_end().trim_matches(['"', '\'']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_one = !name.is_empty() && name.chars().all(is_name);
    let is_apart = value.is_empty() || value.starts_with([' ', '\t', '\r']);
    (is_one && is_apart).then(|| (name, value.trim()))
}

/// Whether a value is a text on the lines below.
pub(super) fn is_block_scalar(value: &str) -> bool {
    let last = value.split(" #").next().unwrap_or_default();
    let last = last.rsplit(' ').next().unwrap_or_default();
    let marks = last.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    matches!(marks, "|" | ">")
}

/// The names behind a mark in a line, outside of texts in quotation marks and of remarks.
pub(super) fn marked(line: &str, mark: char) -> impl Iterator<Item = &str> {
    let mut quote = None;
    let mut before = ' ';
    line.char_indices().filter_map(move |(at, c)| {
        let is_start = matches!(before, ' ' | '\t' | '[' | '{' | ',' | '-' | ':');
        let is_found = quote.is_none() && c == mark && is_start;
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') && is_start => quote = Some(c),
            None if c == '#' && is_start => quote = Some('\n'),
            _ => {}
        }
        before = c;
        let rest = line.get(at + c.len_utf8()..).filter(|_| is_found)?;
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}' | '{' | '['))
            .unwrap_or(rest.len());
        rest.get(..length).filter(|name| !name.is_empty())
    })
}
