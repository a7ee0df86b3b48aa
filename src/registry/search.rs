//! What clients are found by: an index of trigrams over their words, in which their filters and the first letters of
//! their name and identifier are trigrams too. So a search with filters is one question to one index, however rare
//! or common either of them is.

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

/// The question for a text and filters. `None` for no text: then the list is read by its own indexes.
///
/// Fewer than three characters are looked for where names and identifiers begin, more of them everywhere.
pub(super) fn question(text: &str, mask: Facets) -> Option<String> {
    let text = text.trim();
    let letters: Vec<char> = text.chars().take(3).collect();
    let mut question = match letters.as_slice() {
        [] => return None,
        [first] => phrase(&[ONE, *first, ONE].iter().collect::<String>()),
        [first, second] => phrase(&[TWO, *first, *second].iter().collect::<String>()),
        _ => phrase(text),
    };
    for place in mask.places() {
        if let Some(mark) = mark(place) {
            question.push_str(" AND ");
            question.push_str(&phrase(&[FACET, mark, FACET].iter().collect::<String>()));
        }
    }
    Some(question)
}

/// A text as a phrase of FTS5's query language, in which only the quotation mark means something. A NUL would end
/// the question; nothing that is stored contains what stands in its place.
fn phrase(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\"").replace('\0', "\u{E0FF}"))
}

fn mark(place: u32) -> Option<char> {
    char::from_u32(FACETS + place)
}

/// Everything that a client is found by. The marks come first, so that no length of the rest cuts them off.
fn words(client_id: &ClientId, draft: &ClientDraft, facets: Facets) -> String {
    let mut words = String::with_capacity(512);
    for place in facets.places() {
        words.push(FACET);
        words.extend(mark(place));
    }
    words.push(FACET);
    for text in [draft.name.trim(), client_id.as_str()] {
        let mut letters = text.chars();
        if let Some(first) = letters.next() {
            words.extend([ONE, first, ONE]);
            if let Some(second) = letters.next() {
                words.extend([TWO, first, second]);
            }
        }
    }
    let texts = [draft.name.as_str(), client_id.as_str()].into_iter().chain(
        [
            &draft.redirect_uris,
            &draft.scopes,
            &draft.contacts,
            &draft.labels,
        ]
        .into_iter()
        .flatten()
        .map(String::as_str),
    );
    for text in texts {
        words.push('\n');
        words.push_str(text);
    }
    words.truncate(words.floor_char_boundary(LIMIT));
    words
}
