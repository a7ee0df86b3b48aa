//! Reads Rust source as far as the checks need it: words, signs and texts with their lines, comments apart, and what
//! is only there for tests left out. No grammar, so that it cannot fall behind the language.

use std::path::Path;
use std::{fs, io};

/// The files below one folder, with paths relative to it.
pub struct House {
    pub sources: Vec<Source>,
    /// Files that are not Rust.
    pub others: Vec<String>,
}

impl House {
    /// Everything below `folder`. Paths begin with `prefix`.
    pub fn read(folder: &Path, prefix: &str) -> io::Result<Self> {
        let mut files = Vec::new();
        collect(folder, prefix, &mut files)?;
        files.sort();
        let rust = files.iter().filter(|(path, _)| path.ends_with(".rs"));
        let others = files.iter().filter(|(path, _)| !path.ends_with(".rs"));
        let others = others.map(|(path, _)| path.clone()).collect();
        Ok(Self {
            others,
            ..Self::of(rust.map(|(path, text)| (path.as_str(), text.as_str())))
        })
    }

    /// A house of given files, as the self-tests plant them.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sources: Vec<Source> = files
            .into_iter()
            .map(|(path, text)| Source::new(path, text))
            .collect();
        let for_tests: Vec<String> = sources.iter().flat_map(Source::files_for_tests).collect();
        for source in &mut sources {
            let is_for_tests = |place: &String| {
                source.path == format!("{place}.rs") || source.path.starts_with(&format!("{place}/"))
            };
            if for_tests.iter().any(is_for_tests) {
                source.shipped.clear();
            }
        }
        Self {
            sources,
            others: Vec::new(),
        }
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            let text = if path.ends_with(".rs") {
                fs::read_to_string(entry.path())?
            } else {
                String::new()
            };
            files.push((path, text));
        }
    }
    Ok(())
}

/// One file, taken apart.
pub struct Source {
    /// Relative to the house, with `/` on every platform.
    pub path: String,
    pub lines: usize,
    /// All of it but the comments.
    pub all: Vec<Token>,
    /// The same without what is compiled for tests only.
    pub shipped: Vec<Token>,
    pub comments: Vec<(usize, String)>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let mut reader = Reader {
            rest: text,
            line: 1,
            tokens: Vec::new(),
            comments: Vec::new(),
        };
        reader.read();
        let shipped = without_tests(&reader.tokens);
        Self {
            path: path.to_owned(),
            lines: text.lines().count(),
            all: reader.tokens,
            shipped,
            comments: reader.comments,
        }
    }

    /// The places (without `.rs`) of modules that this file declares under `#[cfg(test)]`.
    fn files_for_tests(&self) -> Vec<String> {
        let folder = match self.path.rsplit_once('/') {
            Some((folder, "mod.rs")) => format!("{folder}/"),
            None if matches!(self.path.as_str(), "lib.rs" | "main.rs") => String::new(),
            _ => format!("{}/", self.path.trim_end_matches(".rs")),
        };
        let outlines = |tokens: &[Token]| -> Vec<String> {
            let declared = tokens.windows(3).filter_map(|window| match window {
                [keyword, name, end] if keyword.is("mod") && end.is_sign(';') => name.word(),
                _ => None,
            });
            declared.map(str::to_owned).collect()
        };
        let shipped = outlines(&self.shipped);
        let hidden = outlines(&self.all)
            .into_iter()
            .filter(|name| !shipped.contains(name));
        hidden.map(|name| format!("{folder}{name}")).collect()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub line: usize,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An identifier, a keyword or a number.
    Word(String),
    /// One character of punctuation.
    Sign(char),
    /// What a string literal holds.
    Text(String),
}

impl Token {
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub fn is(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
    comments: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(next) = self.rest.chars().next() {
            let line = self.line;
            if self.rest.starts_with("//") {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                let comment = self.take(end);
                self.comments.push((line, comment));
            } else if self.rest.starts_with("/*") {
                let comment = self.block_comment();
                self.comments.push((line, comment));
            } else if next == '"' {
                self.text();
            } else if next == '\'' {
                self.character_or_lifetime();
            } else if next == '_' || next.is_alphanumeric() {
                self.word_or_prefixed_text();
            } else {
                self.take(next.len_utf8());
                if !next.is_whitespace() {
                    self.tokens.push(Token {
                        line,
                        kind: Kind::Sign(next),
                    });
                }
            }
        }
    }

    /// Moves on by some bytes and counts the lines in them.
    fn take(&mut self, bytes: usize) -> String {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken.to_owned()
    }

    fn block_comment(&mut self) -> String {
        let mut comment = self.take(2);
        let mut depth = 1;
        while depth > 0 && !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                comment += &self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                comment += &self.take(2);
            } else {
                comment += &self.take(self.rest.chars().next().map_or(1, char::len_utf8));
            }
        }
        comment
    }

    fn word_or_prefixed_text(&mut self) {
        let line = self.line;
        let end = self
            .rest
            .find(|c: char| c != '_' && !c.is_alphanumeric())
            .unwrap_or(self.rest.len());
        let word = self.take(end);
        let hashes = self.rest.chars().take_while(|c| *c == '#').count();
        let after_hashes = self.rest.chars().nth(hashes);
        match word.as_str() {
            "b" | "c" if self.rest.starts_with('"') => self.text(),
            "b" if self.rest.starts_with('\'') => self.character_or_lifetime(),
            "r" | "br" | "cr" if after_hashes == Some('"') => self.raw_text(hashes),
            "r" if hashes == 1 => drop(self.take(1)),
            _ => self.tokens.push(Token {
                line,
                kind: Kind::Word(word),
            }),
        }
    }

    fn text(&mut self) {
        let line = self.line;
        self.take(1);
        let mut text = String::new();
        while let Some(next) = self.rest.chars().next() {
            self.take(next.len_utf8());
            match next {
                '"' => break,
                '\\' => {
                    let escaped = self.rest.chars().next().unwrap_or('\\');
                    self.take(escaped.len_utf8());
                    text.push(if matches!(escaped, 'n' | 't' | 'r') {
                        ' '
                    } else {
                        escaped
                    });
                }
                other => text.push(other),
            }
        }
        self.tokens.push(Token {
            line,
            kind: Kind::Text(text),
        });
    }

    fn raw_text(&mut self, hashes: usize) {
        let line = self.line;
        self.take(hashes + 1);
        let close = format!("\"{}", "#".repeat(hashes));
        let end = self.rest.find(&close).unwrap_or(self.rest.len());
        let text = self.take(end);
        self.take(close.len());
        self.tokens.push(Token {
            line,
            kind: Kind::Text(text),
        });
    }

    fn character_or_lifetime(&mut self) {
        self.take(1);
        let mut ahead = self.rest.chars();
        match (ahead.next(), ahead.next()) {
            (Some('\\'), Some(escaped)) => {
                self.take(1 + escaped.len_utf8());
                let end = self.rest.find('\'').map_or(self.rest.len(), |end| end + 1);
                self.take(end);
            }
            (Some(character), Some('\'')) => drop(self.take(character.len_utf8() + 1)),
            // A lifetime: its name follows as a word and harms nobody.
            _ => {}
        }
    }
}

/// Leaves out what stands under `#[cfg(test)]` or `#![cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        match attribute(rest) {
            Some(attribute) if is_for_tests(attribute) => {
                if attribute.get(1).is_some_and(|token| token.is_sign('!')) {
                    return kept;
                }
                rest = skip_item(rest.get(attribute.len()..).unwrap_or_default());
            }
            _ => {
                kept.push(first.clone());
                rest = after;
            }
        }
    }
    kept
}

/// The attribute at the head of the tokens, from `#` to `]`.
pub fn attribute(tokens: &[Token]) -> Option<&[Token]> {
    let opens = |at: usize| tokens.get(at).is_some_and(|token| token.is_sign('['));
    let is_inner = tokens.get(1).is_some_and(|token| token.is_sign('!'));
    if !tokens.first()?.is_sign('#') || !opens(if is_inner { 2 } else { 1 }) {
        return None;
    }
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if token.is_sign('[') {
            depth += 1;
        } else if token.is_sign(']') {
            depth -= 1;
            if depth == 0 {
                return tokens.get(..=at);
            }
        }
    }
    None
}

fn is_for_tests(attribute: &[Token]) -> bool {
    let words: Vec<&str> = attribute.iter().filter_map(Token::word).collect();
    words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not")
}

/// What follows the item, field, arm or statement at the head of the tokens.
fn skip_item(mut rest: &[Token]) -> &[Token] {
    const ITEMS: [&str; 16] = [
        "async",
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "let",
        "macro_rules",
        "mod",
        "pub",
        "static",
        "struct",
        "trait",
        "type",
        "unsafe",
        "use",
    ];
    while let Some(attribute) = attribute(rest) {
        rest = rest.get(attribute.len()..).unwrap_or_default();
    }
    let is_item = rest
        .first()
        .and_then(Token::word)
        .is_some_and(|word| ITEMS.contains(&word));
    let mut depth = 0_usize;
    while let Some((first, after)) = rest.split_first() {
        match first.kind {
            Kind::Sign(';') if depth == 0 => return after,
            Kind::Sign(',') if depth == 0 && !is_item => return after,
            Kind::Sign('}' | ')' | ']') if depth == 0 => return rest,
            Kind::Sign('{' | '(' | '[') => depth += 1,
            Kind::Sign(closing @ ('}' | ')' | ']')) => {
                depth -= 1;
                if depth == 0 && closing == '}' && is_item {
                    return after;
                }
            }
            _ => {}
        }
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mention::mentions;

    #[test]
    fn the_reader_tells_code_from_texts_comments_and_tests() {
        let text = "use std::{io::{self as i, Read}, fmt};\n\
                    /* a /* nested */ std::fs */ fn f<'a>(c: char, s: &'a str) -> bool { c == '\"' || c == '\\'' || c == 'x' }\n\
                    const R: &str = r##\"a \"# std::fs \"##; const B: &[u8] = b\"\\\"std::fs\";\n\
                    #[cfg(test)]\n#[derive(Debug)]\npub struct OnlyInTests { a: u8, b: std::fs::File }\n\
                    #[cfg(not(test))] fn shipped() { std::net::f(); }\n\
                    #[cfg(all(test, unix))] use std::env::{self, Args};\n\
                    struct S { #[cfg(test)] seen: Vec<std::fs::File>, kept: std::os::Fd }";
        let named: Vec<String> = mentions(&Source::new("a.rs", text).shipped)
            .into_iter()
            .map(|mention| mention.segments.join("::"))
            .collect();
        for wanted in [
            "std::io::self",
            "std::io::Read",
            "std::fmt",
            "std::net::f",
            "std::os::Fd",
            "kept",
        ] {
            assert!(
                named.iter().any(|name| name == wanted),
                "{wanted} is missing from {named:?}"
            );
        }
        for unwanted in ["fs", "env", "OnlyInTests", "seen"] {
            assert!(
                !named.iter().any(|name| name.contains(unwanted)),
                "{unwanted} should not be in {named:?}"
            );
        }
    }

    #[test]
    fn a_module_declared_for_tests_only_is_not_shipped() {
        let house = House::of([
            ("client/validate.rs", "#[cfg(test)]\nmod tests;\nmod rules;"),
            ("client/validate/tests.rs", "use std::fs;"),
            ("client/validate/rules.rs", "use std::fs;"),
        ]);
        let shipped: Vec<bool> = house
            .sources
            .iter()
            .map(|source| !source.shipped.is_empty())
            .collect();
        assert_eq!(shipped, [true, false, true]);
    }
}
