//! Clients that contain a text and pass filters, in the order of their rows.
//!
//! Where few clients pass the filters at all, their words are looked through. Else the index is asked for clients that
//! have some trigrams of the text; whether these stand together is seen in the words. The index walks the whole list
//! of each trigram, and looking at the words takes longer than many such steps, so the rarer trigrams are asked for.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::Outcome;
use super::facets::Facets;
use super::page::{counts, total};
use super::search::{Sought, Trigram, mark};
use super::walk::FEW;

/// The row of so many a match tells how rare a trigram is.
const PROBE: i64 = 100;
/// A trigram that more than every so many-th client has is common.
const COMMON: i64 = 5;
/// So many trigrams are asked for, however common they are.
const AT_LEAST: usize = 2;

/// A search by text and filters.
pub(super) struct Search<'a> {
    db: &'a Connection,
    sought: Sought,
    mask: Facets,
    /// The combinations of facets that pass, and their clients.
    passing: Vec<(Facets, u64)>,
}

impl<'a> Search<'a> {
    /// The search for a text and filters. `None` for no text.
    pub fn of(db: &'a Connection, text: &str, mask: Facets) -> Outcome<Option<Self>> {
        match Sought::of(text) {
            Some(sought) => Ok(Some(Self {
                db,
                sought,
                mask,
                passing: counts(db, mask)?,
            })),
            None => Ok(None),
        }
    }

    /// Rows that it finds after one of them, some left out first, and at most so many.
    pub fn rows(&self, after: i64, skip: usize, limit: usize) -> Outcome<Vec<i64>> {
        if total(&self.passing) <= FEW {
            let rows = self.among_few()?.into_iter().filter(|row| *row > after);
            return Ok(rows.skip(skip).take(limit).collect());
        }
        self.by_index(after, skip, limit)
    }

    /// All rows that pass the filters and contain the text.
    fn among_few(&self) -> Outcome<Vec<i64>> {
        let mut passing = self
            .db
            .prepare_cached("SELECT id FROM client INDEXED BY client_by_facets WHERE facets = ?1")?;
        let mut contains = self
            .db
            .prepare_cached("SELECT 1 FROM client_search WHERE rowid = ?1 AND instr(words, ?2)")?;
        let mut found = Vec::new();
        for (facets, _) in &self.passing {
            let mut rows = passing.query([facets.bits()])?;
            while let Some(row) = rows.next()? {
                let row: i64 = row.get(0)?;
                if contains.exists(params![row, self.sought.contained])? {
                    found.push(row);
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn by_index(&self, after: i64, skip: usize, limit: usize) -> Outcome<Vec<i64>> {
        let mut trigrams = self.telling()?;
        // A filter that most pass is not worth walking its list: it is seen in the words.
        let all = total(&counts(self.db, Facets::none())?);
        let mut seen = Vec::new();
        for place in self.mask.places() {
            let Some(mark) = mark(place) else { continue };
            if total(&counts(self.db, Facets::from_bits(1 << place))?) > all / 10 * 7 {
                seen.push(mark.iter().collect::<String>());
            } else {
                trigrams.push(mark);
            }
        }
        let expression: Vec<String> = trigrams.iter().map(phrase).collect();
        let seen = |number: usize| seen.get(number).map_or("", String::as_str);
        let contained = if self.sought.is_one_trigram() {
            ""
        } else {
            self.sought.contained.as_str()
        };
        let (skip, limit) = (
            i64::try_from(skip).unwrap_or(i64::MAX),
            i64::try_from(limit).unwrap_or(i64::MAX),
        );
        let mut statement = self.db.prepare_cached(
            "SELECT rowid FROM client_search
             WHERE client_search MATCH ?1 AND rowid > ?2
                 AND (?3 = '' OR instr(words, ?3)) AND (?4 = '' OR instr(words, ?4))
                 AND (?5 = '' OR instr(words, ?5)) AND (?6 = '' OR instr(words, ?6))
                 AND (?7 = '' OR instr(words, ?7))
             ORDER BY rowid LIMIT ?8 OFFSET ?9",
        )?;
        let values = params![
            expression.join(" AND "),
            after,
            contained,
            seen(0),
            seen(1),
            seen(2),
            seen(3),
            limit,
            skip
        ];
        let rows = statement.query_map(values, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The trigrams to ask for: all but the common ones, which cost more to walk than they tell, and at least two.
    fn telling(&self) -> Outcome<Vec<Trigram>> {
        let mut probed = Vec::with_capacity(self.sought.trigrams.len());
        if self.sought.trigrams.len() <= AT_LEAST {
            return Ok(self.sought.trigrams.clone());
        }
        for trigram in &self.sought.trigrams {
            probed.push((self.reach(trigram)?, *trigram));
        }
        probed.sort_unstable_by(|one, other| other.cmp(one));
        let telling = probed
            .iter()
            .filter(|(reach, _)| *reach >= COMMON * PROBE)
            .count();
        Ok(probed
            .into_iter()
            .take(telling.max(AT_LEAST))
            .map(|(_, trigram)| trigram)
            .collect())
    }

    /// How far down the rows the hundredth client with a trigram stands: the further, the rarer.
    fn reach(&self, trigram: &Trigram) -> Outcome<i64> {
        let mut statement = self.db.prepare_cached(
            "SELECT rowid FROM client_search WHERE client_search MATCH ?1 ORDER BY rowid LIMIT 1 OFFSET ?2",
        )?;
        let row = statement
            .query_row(params![phrase(trigram), PROBE], |row| row.get(0))
            .optional()?;
        Ok(row.unwrap_or(i64::MAX))
    }
}

/// A trigram in FTS5's query language, in which only the quotation mark means something.
fn phrase(trigram: &Trigram) -> String {
    let text: String = trigram.iter().collect();
    format!("\"{}\"", text.replace('"', "\"\""))
}
