//! The paths that tokens name.

use crate::source::Token;

/// A path as written or, inside `use a::{b, c}`, as meant.
#[derive(Debug, PartialEq)]
pub struct Mention {
    pub line: usize,
    pub segments: Vec<String>,
}

/// Every path that the tokens name, `use` trees spread out.
pub fn mentions(tokens: &[Token]) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        rest = if first.word().is_some() {
            path(rest, &[], &mut found)
        } else {
            after
        };
    }
    found
}

/// Reads one path or tree and gives back what follows it.
fn path<'a>(tokens: &'a [Token], prefix: &[String], found: &mut Vec<Mention>) -> &'a [Token] {
    let mut segments = prefix.to_vec();
    let mut rest = tokens;
    let mut line = tokens.first().map_or(0, |token| token.line);
    while let Some((first, after)) = rest.split_first() {
        if let Some(word) = first.word() {
            segments.push(word.to_owned());
            line = first.line;
            rest = after;
        } else if first.is_sign('{') && !segments.is_empty() {
            return tree(after, &segments, found);
        } else {
            break;
        }
        match rest {
            [one, two, more @ ..] if one.is_sign(':') && two.is_sign(':') => rest = more,
            _ => break,
        }
    }
    if segments.len() > prefix.len() {
        found.push(Mention { line, segments });
    }
    rest
}

/// Reads the branches of a `use` tree up to its closing brace.
fn tree<'a>(tokens: &'a [Token], prefix: &[String], found: &mut Vec<Mention>) -> &'a [Token] {
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        if first.is_sign('}') {
            return after;
        }
        rest = match first.word() {
            // `as name` names nothing new.
            Some("as") => after.get(1..).unwrap_or_default(),
            Some(_) => path(rest, prefix, found),
            None => after,
        };
    }
    rest
}
