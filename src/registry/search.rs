//! What clients are found by: an index of trigrams over their words, in which their filters and the first letters of
//! their name and identifier are trigrams too. So a search with filters is one question to one index, however rare
//! or common either of them is.
//!
//! The index knows which clients have a trigram, not where (`detail = none`): that makes it small and quick. Whether
//! the trigrams of a longer text stand together is seen in the words of those few that have all of them. Words and
//! texts are folded alike here, so that neither case nor accents matter.

use icu_normalizer::DecomposingNormalizer;
use rusqlite::{Connection, params};

use super::error::Outcome;
use super::facets::Facets;
use crate::client::{ClientDraft, ClientId};

/// Around the character that stands for a facet.
const FACET: char = '\u{E000}';
/// Around the first letter of a name or identifier.
const ONE: char = '\u{E001}';
/// Before the first two letters of a name or identifier.
const TWO: char = '\u{E002}';
/// The first of the characters that stand for facets.
const FACETS: u32 = 0xE100;
/// No client is found by what stands further back than this, in bytes.
const LIMIT: usize = 64 * 1024;

/// Takes a client into the index.
pub(super) fn index(
    db: &Connection,
    row: i64,
    client_id: &ClientId,
    draft: &ClientDraft,
    facets: Facets,
) -> Outcome<()> {
    db.prepare_cached("INSERT INTO client_search (rowid, words) VALUES (?1, ?2)")?
        .execute(params![row, words(client_id, draft, facets)])?;
    Ok(())
}

/// Takes a client out of the index.
pub(super) fn forget(db: &Connection, row: i64) -> Outcome<()> {
    db.prepare_cached("DELETE FROM client_search WHERE rowid = ?1")?
        .execute([row])?;
    Ok(())
}

/// Takes a client out of the index and into it again.
pub(super) fn index_again(db: &Connection, row: i64, draft: &ClientDraft, facets: Facets) -> Outcome<()> {
    let client_id: String = db
        .prepare_cached("SELECT client_id FROM client WHERE id = ?1")?
        .query_row([row], |row| row.get(0))?;
    forget(db, row)?;
    match ClientId::parse(&client_id) {
        Some(client_id) => index(db, row, &client_id, draft, facets),
        None => Ok(()),
    }
}

/// A question to the index.
pub(super) struct Question {
    /// In FTS5's query language: the trigrams that a client must have.
    pub expression: String,
    /// What must stand in its words as well; empty where the trigrams say it all.
    pub contained: String,
}

impl Question {
    /// The question for a text and filters. `None` for no text: then the list is read by its own indexes.
    ///
    /// Fewer than three characters are looked for where names and identifiers begin, more of them everywhere.
    pub fn of(text: &str, mask: Facets) -> Option<Self> {
        let text = fold(text.trim());
        let letters: Vec<char> = text.chars().collect();
        let mut trigrams = match letters.as_slice() {
            [] => return None,
            [first] => vec![[ONE, *first, ONE]],
            [first, second] => vec![[TWO, *first, *second]],
            letters => spread(letters),
        };
        trigrams.extend(mask.places().filter_map(mark).map(|mark| [FACET, mark, FACET]));
        let phrases: Vec<String> = trigrams.iter().map(phrase).collect();
        let contained = if letters.len() > 3 { text } else { String::new() };
        Some(Self {
            expression: phrases.join(" AND "),
            contained,
        })
    }
}

/// At most so many trigrams of a text are asked for: enough to leave few clients that do not contain it.
const MOST_TRIGRAMS: usize = 12;

/// Trigrams of a text, the first and the last among them, the others evenly between.
fn spread(letters: &[char]) -> Vec<[char; 3]> {
    let all: Vec<[char; 3]> = letters
        .windows(3)
        .filter_map(|window| window.try_into().ok())
        .collect();
    let last = all.len().saturating_sub(1);
    let wanted = all.len().min(MOST_TRIGRAMS);
    (0..wanted)
        .filter_map(|number| all.get(number * last / (wanted - 1).max(1)).copied())
        .collect()
}

/// A trigram in FTS5's query language, in which only the quotation mark means something.
fn phrase(trigram: &[char; 3]) -> String {
    let text: String = trigram.iter().collect();
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text without regard to case, accents and width. Control characters, and those that stand for facets, become
/// spaces.
pub(super) fn fold(text: &str) -> String {
    let normalizer = DecomposingNormalizer::new_nfkd();
    normalizer
        .normalize_iter(text.chars())
        .filter(|c| !matches!(c, '\u{300}'..='\u{36f}'))
        .flat_map(char::to_lowercase)
        .map(|c| {
            if c.is_control() || matches!(c, '\u{e000}'..='\u{e1ff}') {
                ' '
            } else {
                c
            }
        })
        .collect()
}

fn mark(place: u32) -> Option<char> {
    char::from_u32(FACETS + place)
}

/// Everything that a client is found by. The marks come first, so that no length of the rest cuts them off.
fn words(client_id: &ClientId, draft: &ClientDraft, facets: Facets) -> String {
    let mut words = String::with_capacity(512);
    for mark in facets.places().filter_map(mark) {
        words.extend([FACET, mark]);
    }
    words.push(FACET);
    let names = [fold(draft.name.trim()), fold(client_id.as_str())];
    for name in &names {
        let mut letters = name.chars();
        if let Some(first) = letters.next() {
            words.extend([ONE, first, ONE]);
            if let Some(second) = letters.next() {
                words.extend([TWO, first, second]);
            }
        }
    }
    for name in &names {
        words.push('\n');
        words.push_str(name);
    }
    for text in [
        &draft.redirect_uris,
        &draft.scopes,
        &draft.contacts,
        &draft.labels,
    ]
    .into_iter()
    .flatten()
    {
        words.push('\n');
        words.push_str(&fold(text));
        if words.len() > LIMIT {
            break;
        }
    }
    words.truncate(words.floor_char_boundary(LIMIT));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_width_do_not_matter() {
        for (text, folded) in [
            ("Café ZÜRICH", "cafe zurich"),
            ("ＡＢＣ", "abc"),
            ("ﬁn", "fin"),
            ("a\0b\n", "a b "),
            ("日本", "日本"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn a_long_text_is_asked_for_by_a_few_trigrams_from_end_to_end() {
        let letters: Vec<char> = ('a'..='z').cycle().take(60).collect();
        let trigrams = spread(&letters);
        assert_eq!(trigrams.len(), MOST_TRIGRAMS);
        assert_eq!((trigrams[0], trigrams[11]), (['a', 'b', 'c'], ['f', 'g', 'h']));
        assert_eq!(spread(&['a', 'b', 'c']), [['a', 'b', 'c']]);
        assert_eq!(spread(&['a', 'b', 'c', 'd']), [['a', 'b', 'c'], ['b', 'c', 'd']]);
    }
}
