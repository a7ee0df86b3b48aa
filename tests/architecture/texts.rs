//! What stands in texts, attributes and comments: SQL, and work left for later. And colours by name.

use crate::bans::COLOURS;
use crate::breach::{Breach, lives_in};
use crate::mention::mentions;
use crate::source::{House, Kind, Token, attribute};

/// SQL outside the registry: in a text of shipped code, or as a file.
pub fn sql_elsewhere(house: &House) -> Vec<Breach> {
    const OPENINGS: [&str; 9] = [
        "SELECT ",
        "INSERT INTO ",
        "INSERT OR ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "PRAGMA ",
        "BEGIN IMMEDIATE",
        "VACUUM INTO",
    ];
    let begins = |text: &str, opening: &str| {
        let starts_a_word = |at: usize| {
            text.get(..at)
                .is_some_and(|before| !before.ends_with(char::is_alphanumeric))
        };
        text.match_indices(opening).any(|(at, _)| starts_a_word(at))
    };
    let mut found = Vec::new();
    for source in house
        .sources
        .iter()
        .filter(|source| !lives_in(&source.path, "registry"))
    {
        for token in &source.shipped {
            let Kind::Text(text) = &token.kind else { continue };
            if let Some(opening) = OPENINGS.iter().find(|opening| begins(text, opening)) {
                let what = format!(
                    "`{}` in a text: SQL stands in registry and nowhere else",
                    opening.trim()
                );
                found.push(Breach::new(source, token.line, what));
            }
        }
    }
    let stray = house
        .others
        .iter()
        .filter(|path| path.ends_with(".sql") && !lives_in(path, "registry"));
    found.extend(stray.map(|path| Breach {
        path: path.clone(),
        line: 1,
        what: "SQL stands in registry and nowhere else".to_owned(),
    }));
    found
}

/// Named colours of egui, which escape the themes as much as numbers do. Transparent and placeholder are no colours.
pub fn named_colours(house: &House) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in house
        .sources
        .iter()
        .filter(|source| !lives_in(&source.path, "desktop/style/tokens"))
    {
        for mention in mentions(&source.shipped) {
            let Some([_, name]) = mention
                .segments
                .windows(2)
                .find(|window| matches!(window, [head, _] if head == "Color32"))
            else {
                continue;
            };
            let is_constant = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if is_constant && !matches!(name.as_str(), "TRANSPARENT" | "PLACEHOLDER") {
                found.push(Breach::new(
                    source,
                    mention.line,
                    format!("`Color32::{name}`: {}", COLOURS.instead),
                ));
            }
        }
    }
    found
}

/// Work left for later and tests that do not run.
pub fn left_for_later(house: &House) -> Vec<Breach> {
    const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
    let mut found = Vec::new();
    for source in &house.sources {
        for window in source.all.windows(3) {
            let [first, second, third] = window else { continue };
            if matches!(first.word(), Some("todo" | "unimplemented"))
                && second.is_sign('!')
                && third.is_sign('(')
            {
                found.push(Breach::new(
                    source,
                    first.line,
                    "finish this before it lands".to_owned(),
                ));
            }
        }
        for at in 0..source.all.len() {
            let Some(attribute) = source.all.get(at..).and_then(attribute) else {
                continue;
            };
            let words: Vec<&str> = attribute.iter().filter_map(Token::word).collect();
            let ignores = words.first() == Some(&"ignore")
                || (words.first() == Some(&"cfg_attr") && words.contains(&"ignore"));
            if let (true, Some(first)) = (ignores, attribute.first()) {
                found.push(Breach::new(
                    source,
                    first.line,
                    "a test that does not run proves nothing: mend it or remove it".to_owned(),
                ));
            }
        }
        for (line, comment) in &source.comments {
            let mut words = comment.split(|c: char| !c.is_alphanumeric());
            if words.any(|word| MARKS.contains(&word)) {
                found.push(Breach::new(
                    source,
                    *line,
                    "finish it, or say it where people look: in the documentation".to_owned(),
                ));
            }
        }
    }
    found
}
