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
    let insert = if is_waiting(db)? {
        "INSERT INTO temp.search_waiting (row, words) VALUES (?1, ?2)"
    } else {
        "INSERT INTO client_search (rowid, words) VALUES (?1, ?2)"
    };
    db.prepare_cached(insert)?
        .execute(params![row, words(client_id.as_str(), draft, facets)])?;
    Ok(())
}

/// From here on what is put into the index waits for [`take_in`], in a transaction of many changes. Each of them begins with a
/// savepoint, and at a savepoint the index writes down what it has, which takes longer than all else of a change.
pub(super) fn wait(db: &Connection) -> Outcome<()> {
    db.execute_batch("CREATE TEMP TABLE search_waiting (row INTEGER PRIMARY KEY, words TEXT NOT NULL)")?;
    Ok(())
}

/// Puts what has waited into the index, at once, before its transaction is committed.
pub(super) fn take_in(db: &Connection) -> Outcome<()> {
    db.execute_batch(
        "INSERT INTO client_search (rowid, words) SELECT row, words FROM temp.search_waiting ORDER BY row;
         DROP TABLE temp.search_waiting",
    )?;
    Ok(())
}

fn is_waiting(db: &Connection) -> Outcome<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM temp.sqlite_schema WHERE name = 'search_waiting'")?
        .exists([])?)
}

/// Takes a client out of the index.
pub(super) fn forget(db: &Connection, row: i64) -> Outcome<()> {
    if is_waiting(db)? {
        db.prepare_cached("DELETE FROM temp.search_waiting WHERE row = ?1")?
            .execute([row])?;
    }
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

/// Three characters that stand together.
pub(super) type Trigram = [char; 3];

/// A text that clients are searched by.
pub(super) struct Sought {
    /// What their words must contain.
    pub contained: String,
    /// Trigrams of that, the first and the last among them, the others evenly between; not all of a long text's.
    pub trigrams: Vec<Trigram>,
}

/// At most so many trigrams of a text are looked at.
const MOST_TRIGRAMS: usize = 12;

impl Sought {
    /// What to look for. `None` for no text.
    ///
    /// Fewer than three characters are looked for where names and identifiers begin, more of them everywhere.
    pub fn of(text: &str) -> Option<Self> {
        let folded = fold(text.trim());
        let letters: Vec<char> = folded.chars().collect();
        match letters.as_slice() {
            [] => None,
            [first] => Some(Self::one([ONE, *first, ONE])),
            [first, second] => Some(Self::one([TWO, *first, *second])),
            letters => Some(Self {
                trigrams: spread(letters),
                contained: folded,
            }),
        }
    }

    fn one(trigram: Trigram) -> Self {
        Self {
            contained: trigram.iter().collect(),
            trigrams: vec![trigram],
        }
    }

    /// Whether a client that has the trigrams contains the text: there is but one.
    pub fn is_one_trigram(&self) -> bool {
        self.contained.chars().nth(3).is_none()
    }
}

fn spread(letters: &[char]) -> Vec<Trigram> {
    let all: Vec<Trigram> = letters
        .windows(3)
        .filter_map(|window| window.try_into().ok())
        .collect();
    let last = all.len().saturating_sub(1);
    let wanted = all.len().min(MOST_TRIGRAMS);
    (0..wanted)
        .filter_map(|number| all.get(number * last / (wanted - 1).max(1)).copied())
        .collect()
}

/// The trigram of one facet, by the place of its bit.
pub(super) fn mark(place: u32) -> Option<Trigram> {
    char::from_u32(FACETS + place).map(|facet| [FACET, facet, FACET])
}

/// A text without regard to case, accents and width. Control characters, and those that stand for facets, become
/// spaces.
pub(super) fn fold(text: &str) -> String {
    // Most texts are plain, and nothing of these can be taken apart.
    if text.is_ascii() {
        let plain = |byte: u8| {
            if byte.is_ascii_control() {
                ' '
            } else {
                char::from(byte.to_ascii_lowercase())
            }
        };
        return text.bytes().map(plain).collect();
    }
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

/// Everything that a client is found by. The marks come first, so that no length of the rest cuts them off.
pub(super) fn words(client_id: &str, draft: &ClientDraft, facets: Facets) -> String {
    let mut words = String::with_capacity(512);
    words.extend(facets.places().filter_map(mark).flatten());
    words.push('\n');
    let names = [fold(draft.name.trim()), fold(client_id)];
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
