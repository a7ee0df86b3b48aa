//! How a page of the list is found at once in a hundred thousand clients.
//!
//! `facet_count` says exactly how many clients each combination of facets has. So groups of an order are skipped
//! without reading them, few matches are gathered by the index of facets and sorted here, and many are met soon by
//! walking the index of the order, from the nearer end. A text is asked of the search index, filters and all.

use rusqlite::{Connection, ToSql, params, params_from_iter};

use super::error::{Fault, Outcome};
use super::facets::Facets;
use super::list::{ClientRow, Count, Cursor, Key, ListQuery, SortKey};
use super::{search, time_if_any};
use crate::client::{ClientId, Severity};

/// So few matches are gathered and sorted; more of them are met by walking the order. Tests walk with a handful.
const FEW: u64 = if cfg!(test) { 6 } else { 2_000 };

/// A page of the list.
pub(super) fn page(db: &Connection, query: &ListQuery) -> Outcome<Vec<ClientRow>> {
    let rows = match search::question(&query.text, query.mask()) {
        Some(question) => found(db, query, &question)?,
        None => browsed(db, query)?,
    };
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// How many rows the list has.
pub(super) fn count(db: &Connection, query: &ListQuery) -> Outcome<Count> {
    let Some(question) = search::question(&query.text, query.mask()) else {
        return Ok(Count::Exact(
            matching(db, query.mask())?
                .iter()
                .map(|(_, clients)| clients)
                .sum(),
        ));
    };
    let limit = i64::try_from(Count::LIMIT).unwrap_or(i64::MAX);
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM (SELECT rowid FROM client_search WHERE words MATCH ?1 LIMIT ?2)",
        )?
        .query_row(params![question, limit + 1], |row| row.get(0))?;
    let count = u64::try_from(count).unwrap_or(0);
    Ok(if count > Count::LIMIT {
        Count::MoreThan(Count::LIMIT)
    } else {
        Count::Exact(count)
    })
}

/// Rows that contain a text: sorted if they are few, else as they were registered.
fn found(db: &Connection, query: &ListQuery, question: &str) -> Outcome<Vec<i64>> {
    let all = usize::try_from(Count::LIMIT).unwrap_or(usize::MAX);
    let rows = matches(db, question, 0, 0, all + 1)?;
    if rows.len() <= all {
        let mut sorted: Vec<Placed> = Vec::with_capacity(rows.len());
        for row in rows {
            sorted.push(Placed::read(db, query.sort, row)?);
        }
        return Ok(cut(sorted, query, query.after.as_ref(), query.skip));
    }
    let after = query.after.as_ref().map_or(0, |cursor| cursor.row);
    matches(db, question, after, query.skip, query.limit as usize)
}

fn matches(db: &Connection, question: &str, after: i64, skip: u32, limit: usize) -> Outcome<Vec<i64>> {
    let mut statement = db.prepare_cached(
        "SELECT rowid FROM client_search WHERE words MATCH ?1 AND rowid > ?2 ORDER BY rowid LIMIT ?3 OFFSET ?4",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![question, after, limit, skip], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Rows of the whole list, or of what the filters leave.
fn browsed(db: &Connection, query: &ListQuery) -> Outcome<Vec<i64>> {
    let mut groups = groups(&matching(db, query.mask())?, query.sort);
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
            after: after.take(),
        };
        let mut met = walk.rows(db, skip, wanted)?;
        skip = met.skip_left;
        rows.append(&mut met.rows);
    }
    Ok(rows)
}

/// The combinations of facets that pass a mask, with the number of their clients.
fn matching(db: &Connection, mask: Facets) -> Outcome<Vec<(Facets, u64)>> {
    let mut statement =
        db.prepare_cached("SELECT facets, clients FROM facet_count WHERE facets & ?1 = ?1 ORDER BY facets")?;
    let rows = statement.query_map([mask.bits()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (facets, clients): (i64, i64) = row?;
        Ok((Facets::from_bits(facets), u64::try_from(clients).unwrap_or(0)))
    })
    .collect()
}

/// Clients that stand together in an order.
struct Group {
    rank: i64,
    members: Vec<Facets>,
    clients: u64,
}

/// The groups of an order, first to last. Orders without groups have one.
fn groups(matching: &[(Facets, u64)], sort: SortKey) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut ranked: Vec<_> = matching
        .iter()
        .map(|(facets, clients)| (rank(sort, *facets), facets, clients))
        .collect();
    ranked.sort();
    for (rank, facets, clients) in ranked {
        match groups.last_mut() {
            Some(group) if group.rank == rank => {
                group.members.push(*facets);
                group.clients += clients;
            }
            _ => groups.push(Group {
                rank,
                members: vec![*facets],
                clients: *clients,
            }),
        }
    }
    groups
}

/// The place of a combination's group in an order.
fn rank(sort: SortKey, facets: Facets) -> i64 {
    match sort {
        SortKey::Kind => facets.kind_rank(),
        SortKey::Grants => facets.grants_rank(),
        SortKey::Status => facets.standing_rank(),
        SortKey::Name | SortKey::ClientId | SortKey::LastUsed => 0,
    }
}

/// The column that sorts inside a group, and its index.
fn column(sort: SortKey) -> (&'static str, &'static str) {
    match sort {
        SortKey::ClientId => ("client_id", "client_by_client_id"),
        SortKey::LastUsed => ("last_used_at", "client_by_last_used"),
        SortKey::Name | SortKey::Kind | SortKey::Grants | SortKey::Status => ("name_key", "client_by_name"),
    }
}

/// A way through one group, from its beginning or from a cursor in it.
struct Walk<'a> {
    query: &'a ListQuery,
    group: &'a Group,
    after: Option<&'a Cursor>,
}

/// What a walk met, and how many rows it could not skip because the group ended.
struct Met {
    rows: Vec<i64>,
    skip_left: u64,
}

impl Walk<'_> {
    fn rows(&self, db: &Connection, skip: u64, wanted: u64) -> Outcome<Met> {
        if self.group.clients <= FEW {
            return self.gather(db, skip, wanted);
        }
        match self.after {
            // How many rows are left behind a cursor is not known: the skipped ones are read too.
            Some(cursor) => {
                let mut rows = self.along_index(db, Some(cursor), self.query.descending, 0, skip + wanted)?;
                let skipped = rows.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
                Ok(Met {
                    rows: rows.split_off(skipped),
                    skip_left: skip - skipped as u64,
                })
            }
            None if skip > self.group.clients / 2 => {
                let wanted = wanted.min(self.group.clients - skip);
                let from_end = self.group.clients - skip - wanted;
                let mut rows = self.along_index(db, None, !self.query.descending, from_end, wanted)?;
                rows.reverse();
                Ok(Met { rows, skip_left: 0 })
            }
            None => {
                let rows = self.along_index(db, None, self.query.descending, skip, wanted)?;
                Ok(Met { rows, skip_left: 0 })
            }
        }
    }

    /// All rows of the group, sorted here.
    fn gather(&self, db: &Connection, skip: u64, wanted: u64) -> Outcome<Met> {
        let (column, _) = column(self.query.sort);
        let mut statement =
            db.prepare_cached(&format!("SELECT {column}, id FROM client WHERE facets = ?1"))?;
        let mut sorted = Vec::new();
        for facets in &self.group.members {
            let mut rows = statement.query([facets.bits()])?;
            while let Some(row) = rows.next()? {
                let (key, row) = (Key::read(row, 0)?, row.get(1)?);
                sorted.push(Placed {
                    rank: self.group.rank,
                    key,
                    facets: *facets,
                    row,
                });
            }
        }
        let sorted = order(sorted, self.query, self.after);
        let skipped = sorted.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let rows = sorted
            .into_iter()
            .skip(skipped)
            .take(wanted)
            .map(|placed| placed.row)
            .collect();
        Ok(Met {
            rows,
            skip_left: skip - skipped as u64,
        })
    }

    /// Rows along the index of the order, those of other groups left out.
    fn along_index(
        &self,
        db: &Connection,
        after: Option<&Cursor>,
        descending: bool,
        skip: u64,
        limit: u64,
    ) -> Outcome<Vec<i64>> {
        let (column, index) = column(self.query.sort);
        let (direction, beyond) = if descending { ("DESC", "<") } else { ("ASC", ">") };
        let mut conditions = Vec::new();
        let mut values: Vec<&dyn ToSql> = Vec::new();
        let predicate = self.predicate();
        if let Some((mask, value)) = &predicate {
            conditions.push("facets & ? = ?".to_owned());
            values.extend([mask as &dyn ToSql, value]);
        }
        let cursor = after.map(|cursor| (&cursor.key, cursor.facets.bits(), cursor.row));
        if let Some((key, facets, row)) = &cursor {
            conditions.push(format!("({column}, facets, id) {beyond} (?, ?, ?)"));
            values.extend([*key as &dyn ToSql, facets, row]);
        }
        let (limit, skip) = (limit.cast_signed(), skip.cast_signed());
        values.extend([&limit as &dyn ToSql, &skip]);
        let conditions = if conditions.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", conditions.join(" AND "))
        };
        let mut statement = db.prepare_cached(&format!(
            "SELECT id FROM client INDEXED BY {index} {conditions}
             ORDER BY {column} {direction}, facets {direction}, id {direction} LIMIT ? OFFSET ?"
        ))?;
        let rows = statement.query_map(params_from_iter(values), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Which bits of a row's facets must have which value to be of this group. `None` for the whole list.
    fn predicate(&self) -> Option<(i64, i64)> {
        let mask = self.query.mask();
        let group = match self.query.sort {
            SortKey::Name | SortKey::ClientId | SortKey::LastUsed => Facets::none(),
            SortKey::Kind => Facets::kinds(),
            SortKey::Grants => Facets::grants(),
            SortKey::Status => Facets::standings(),
        };
        let bits = mask.and(group);
        let member = self.group.members.first()?;
        (bits != Facets::none()).then(|| (bits.bits(), bits.bits() & member.bits()))
    }
}

/// A row and its place in the order.
struct Placed {
    rank: i64,
    key: Key,
    facets: Facets,
    row: i64,
}

impl Placed {
    fn read(db: &Connection, sort: SortKey, row: i64) -> Outcome<Self> {
        let (column, _) = column(sort);
        let mut statement =
            db.prepare_cached(&format!("SELECT {column}, facets FROM client WHERE id = ?1"))?;
        let mut rows = statement.query([row])?;
        let found = rows.next()?.ok_or_else(|| out_of_step(row))?;
        let facets = Facets::from_bits(found.get(1)?);
        Ok(Self {
            rank: rank(sort, facets),
            key: Key::read(found, 0)?,
            facets,
            row,
        })
    }

    fn place(&self) -> (i64, &Key, Facets, i64) {
        (self.rank, &self.key, self.facets, self.row)
    }
}

/// Sorts rows and drops those up to the cursor.
fn order(mut rows: Vec<Placed>, query: &ListQuery, after: Option<&Cursor>) -> Vec<Placed> {
    rows.sort_unstable_by(|one, other| one.place().cmp(&other.place()));
    if query.descending {
        rows.reverse();
    }
    if let Some(cursor) = after {
        let place = (
            rank(query.sort, cursor.facets),
            &cursor.key,
            cursor.facets,
            cursor.row,
        );
        rows.retain(|row| {
            if query.descending {
                row.place() < place
            } else {
                row.place() > place
            }
        });
    }
    rows
}

/// Sorts rows and cuts the page out.
fn cut(rows: Vec<Placed>, query: &ListQuery, after: Option<&Cursor>, skip: u32) -> Vec<i64> {
    let rows = order(rows, query, after).into_iter();
    rows.skip(skip as usize)
        .take(query.limit as usize)
        .map(|placed| placed.row)
        .collect()
}

impl Key {
    fn read(row: &rusqlite::Row<'_>, column: usize) -> Outcome<Self> {
        match row.get_ref(column)? {
            rusqlite::types::ValueRef::Integer(time) => Ok(Self::Time(time)),
            text => Ok(Self::Text(
                text.as_str().map_err(rusqlite::Error::from)?.to_owned(),
            )),
        }
    }
}

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Time(time) => time.to_sql(),
        }
    }
}

/// What the list shows of a row.
fn read(db: &Connection, row: i64) -> Outcome<ClientRow> {
    let mut statement = db.prepare_cached(
        "SELECT client_id, name, name_key, facets, worst, last_used_at FROM client WHERE id = ?1",
    )?;
    let mut rows = statement.query([row])?;
    let found = rows.next()?.ok_or_else(|| out_of_step(row))?;
    let client_id: String = found.get(0)?;
    let facets = Facets::from_bits(found.get(3)?);
    let worst: Option<i64> = found.get(4)?;
    let last_used_at: i64 = found.get(5)?;
    Ok(ClientRow {
        client_id: ClientId::parse(&client_id).ok_or_else(|| out_of_step(row))?,
        name: found.get(1)?,
        kind: facets.its_kind().ok_or_else(|| out_of_step(row))?,
        grant_types: facets.its_grants(),
        last_used_at: time_if_any((last_used_at != 0).then_some(last_used_at))?,
        standing: facets.its_standing().ok_or_else(|| out_of_step(row))?,
        worst: worst.and_then(|worst| Severity::ALL.get(usize::try_from(worst).ok()?).copied()),
        name_key: found.get(2)?,
        facets,
        row,
    })
}

fn out_of_step(row: i64) -> Fault {
    Fault::Content(format!(
        "its indexes and its clients do not agree on client row {row}"
    ))
}
