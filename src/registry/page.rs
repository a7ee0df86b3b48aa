//! How a page of the list is found at once in a hundred thousand clients.
//!
//! `facet_count` says exactly how many clients each combination of facets has. So groups of an order are skipped
//! without reading them; few matches are gathered by the index of facets and sorted here; of more, the first of each
//! combination are merged; and most are met soon by walking the index of the order, from the nearer end. A text is
//! asked of the search index, filters and all.

use rusqlite::Connection;

use super::error::{Fault, Outcome};
use super::facets::Facets;
use super::found::Search;
use super::list::{ClientRow, Count, ListQuery};
use super::walk::{Walk, cut, groups, place, rank};
use super::{time, time_if_any};
use crate::client::{ClientId, Severity};

/// A page of the list.
pub(super) fn page(db: &Connection, query: &ListQuery) -> Outcome<Vec<ClientRow>> {
    let rows = match Search::of(db, &query.text, query.mask())? {
        Some(search) => searched(db, query, &search)?,
        None => browsed(db, query)?,
    };
    read(db, &rows)
}

/// How many rows the list has.
pub(super) fn count(db: &Connection, query: &ListQuery) -> Outcome<Count> {
    let Some(search) = Search::of(db, &query.text, query.mask())? else {
        return Ok(Count::Exact(total(&counts(db, query.mask())?)));
    };
    let found = search.rows(0, 0, all_that_are_counted() + 1)?.len() as u64;
    Ok(if found > Count::LIMIT {
        Count::MoreThan(Count::LIMIT)
    } else {
        Count::Exact(found)
    })
}

fn all_that_are_counted() -> usize {
    usize::try_from(Count::LIMIT).unwrap_or(usize::MAX)
}

/// Rows that contain a text: sorted if they are few, else as they were registered.
fn searched(db: &Connection, query: &ListQuery, search: &Search<'_>) -> Outcome<Vec<i64>> {
    let rows = search.rows(0, 0, all_that_are_counted() + 1)?;
    let (skip, limit) = (query.skip as usize, query.limit as usize);
    if rows.len() <= all_that_are_counted() {
        return Ok(cut(place(db, query.sort, &rows)?, query));
    }
    match &query.after {
        None if skip + limit <= all_that_are_counted() => {
            Ok(rows.into_iter().skip(skip).take(limit).collect())
        }
        after => search.rows(after.as_ref().map_or(0, |cursor| cursor.row), skip, limit),
    }
}

/// Rows of the whole list, or of what the filters leave.
fn browsed(db: &Connection, query: &ListQuery) -> Outcome<Vec<i64>> {
    let all_clients = total(&counts(db, Facets::none())?);
    let mut groups = groups(&counts(db, query.mask())?, query.sort);
    if query.descending {
        groups.reverse();
    }
    let mut rows = Vec::new();
    let (mut skip, mut after) = (u64::from(query.skip), query.after.as_ref());
    if let Some(cursor) = after {
        // The groups before the cursor's are behind us. If its group is no more, the next one begins afresh.
        let rank = rank(query.sort, cursor.facets);
        groups.retain(|group| {
            if query.descending {
                group.rank <= rank
            } else {
                group.rank >= rank
            }
        });
        if groups.first().is_none_or(|group| group.rank != rank) {
            after = None;
        }
    }
    for group in groups {
        let wanted = u64::from(query.limit).saturating_sub(rows.len() as u64);
        if wanted == 0 {
            break;
        }
        if after.is_none() && skip >= group.clients {
            skip -= group.clients;
            continue;
        }
        let walk = Walk {
            query,
            group: &group,
            all_clients,
            after: after.take(),
        };
        let mut met = walk.rows(db, skip, wanted)?;
        skip = met.skip_left;
        rows.append(&mut met.rows);
    }
    Ok(rows)
}

/// The combinations of facets that pass a mask, with the number of their clients.
pub(super) fn counts(db: &Connection, mask: Facets) -> Outcome<Vec<(Facets, u64)>> {
    let mut statement =
        db.prepare_cached("SELECT facets, clients FROM facet_count WHERE facets & ?1 = ?1 ORDER BY facets")?;
    let rows = statement.query_map([mask.bits()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (facets, clients): (i64, i64) = row?;
        Ok((Facets::from_bits(facets), u64::try_from(clients).unwrap_or(0)))
    })
    .collect()
}

pub(super) fn total(counts: &[(Facets, u64)]) -> u64 {
    counts.iter().map(|(_, clients)| clients).sum()
}

/// What the list shows of rows.
fn read(db: &Connection, rows: &[i64]) -> Outcome<Vec<ClientRow>> {
    let mut statement = db.prepare_cached(
        "SELECT client_id, name, name_key, facets, worst, last_used_at, version, origin, created_at
         FROM client WHERE id = ?1",
    )?;
    let mut read = Vec::with_capacity(rows.len());
    for &row in rows {
        let mut found = statement.query([row])?;
        let found = found.next()?.ok_or_else(|| out_of_step(row))?;
        let client_id = found.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let facets = Facets::from_bits(found.get(3)?);
        let worst: Option<i64> = found.get(4)?;
        let last_used_at: i64 = found.get(5)?;
        let version: i64 = found.get(6)?;
        read.push(ClientRow {
            client_id: ClientId::parse(client_id).ok_or_else(|| out_of_step(row))?,
            name: found.get(1)?,
            version: u64::try_from(version).map_err(|_| out_of_step(row))?,
            kind: facets.its_kind().ok_or_else(|| out_of_step(row))?,
            grant_types: facets.its_grants(),
            origin: found.get(7)?,
            created_at: time(found.get(8)?)?,
            last_used_at: time_if_any((last_used_at != 0).then_some(last_used_at))?,
            standing: facets.its_standing().ok_or_else(|| out_of_step(row))?,
            worst: worst.and_then(|worst| Severity::ALL.get(usize::try_from(worst).ok()?).copied()),
            name_key: found.get(2)?,
            facets,
            row,
        });
    }
    Ok(read)
}

pub(super) fn out_of_step(row: i64) -> Fault {
    Fault::Content(format!(
        "its indexes and its clients do not agree on client row {row}"
    ))
}
