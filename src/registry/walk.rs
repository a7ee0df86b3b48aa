//! Ways through one group of an order: gather and sort, merge, or walk the order's index.

use rusqlite::{Connection, Rows, ToSql, params, params_from_iter};

use super::error::Outcome;
use super::facets::Facets;
use super::list::{Cursor, Key, ListQuery, SortKey};
use super::page::out_of_step;

/// So few clients that pass the filters are gathered and sorted, or looked through; more of them are met on the way
/// along an index. Tests walk with a handful.
pub(super) const FEW: u64 = if cfg!(test) { 6 } else { 2_000 };

/// Clients that stand together in an order.
pub(super) struct Group {
    pub rank: i64,
    members: Vec<Facets>,
    pub clients: u64,
}

/// The groups of an order, first to last. Orders without groups have one.
pub(super) fn groups(matching: &[(Facets, u64)], sort: SortKey) -> Vec<Group> {
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
pub(super) fn rank(sort: SortKey, facets: Facets) -> i64 {
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

/// The word for a direction, and the sign of what lies beyond a row in it.
fn direction(descending: bool) -> (&'static str, &'static str) {
    if descending { ("DESC", "<") } else { ("ASC", ">") }
}

/// A way through one group, from its beginning or from a cursor in it.
pub(super) struct Walk<'a> {
    pub query: &'a ListQuery,
    pub group: &'a Group,
    pub all_clients: u64,
    pub after: Option<&'a Cursor>,
}

/// What a walk met, and how many rows it could not skip because the group ended.
pub(super) struct Met {
    pub rows: Vec<i64>,
    pub skip_left: u64,
}

impl Walk<'_> {
    pub fn rows(&self, db: &Connection, skip: u64, wanted: u64) -> Outcome<Met> {
        if self.group.clients <= FEW {
            return self.gather(db, skip, wanted);
        }
        let from_each = skip + wanted;
        let to_merge = from_each.saturating_mul(self.group.members.len() as u64);
        if self.group.clients < self.all_clients / 2 && self.is_by_name() && to_merge <= 2 * FEW {
            return self.merge(db, from_each, skip, wanted);
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
        let mut statement = db.prepare_cached(&format!(
            "SELECT {column}, id FROM client INDEXED BY client_by_facets WHERE facets = ?1"
        ))?;
        let mut rows = Vec::new();
        for &facets in &self.group.members {
            self.take_in(&mut rows, facets, statement.query([facets.bits()])?)?;
        }
        Ok(self.met(rows, skip, wanted))
    }

    /// The first rows by name of each combination in the group, sorted here: what is wanted is among them, wherever
    /// in the whole order it stands.
    fn merge(&self, db: &Connection, from_each: u64, skip: u64, wanted: u64) -> Outcome<Met> {
        let (direction, beyond) = direction(self.query.descending);
        let behind_cursor = match self.after {
            Some(_) => format!("AND (name_key, facets, id) {beyond} (?3, ?4, ?5)"),
            None => String::new(),
        };
        let mut statement = db.prepare_cached(&format!(
            "SELECT name_key, id FROM client INDEXED BY client_by_facets WHERE facets = ?1 {behind_cursor}
             ORDER BY name_key {direction}, id {direction} LIMIT ?2"
        ))?;
        let mut rows = Vec::new();
        for &facets in &self.group.members {
            let (bits, from_each) = (facets.bits(), from_each.cast_signed());
            let found = match self.after {
                Some(after) => statement.query(params![
                    bits,
                    from_each,
                    after.key,
                    after.facets.bits(),
                    after.row
                ])?,
                None => statement.query(params![bits, from_each])?,
            };
            self.take_in(&mut rows, facets, found)?;
        }
        Ok(self.met(rows, skip, wanted))
    }

    fn take_in(&self, into: &mut Vec<Placed>, facets: Facets, mut rows: Rows<'_>) -> Outcome<()> {
        while let Some(row) = rows.next()? {
            let (key, row) = (Key::read(row, 0)?, row.get(1)?);
            into.push(Placed {
                rank: self.group.rank,
                key,
                facets,
                row,
            });
        }
        Ok(())
    }

    /// Sorts rows, leaves those out that are to be skipped, and takes those that are wanted.
    fn met(&self, rows: Vec<Placed>, skip: u64, wanted: u64) -> Met {
        let sorted = order(rows, self.query, self.after);
        let skipped = sorted.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let rows = sorted
            .into_iter()
            .skip(skipped)
            .take(wanted)
            .map(|placed| placed.row)
            .collect();
        Met {
            rows,
            skip_left: skip - skipped as u64,
        }
    }

    fn is_by_name(&self) -> bool {
        column(self.query.sort).0 == "name_key"
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
        let (direction, beyond) = direction(descending);
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
pub(super) struct Placed {
    pub rank: i64,
    key: Key,
    facets: Facets,
    row: i64,
}

impl Placed {
    fn place(&self) -> (i64, &Key, Facets, i64) {
        (self.rank, &self.key, self.facets, self.row)
    }
}

/// Looks up where rows stand in an order.
pub(super) fn place(db: &Connection, sort: SortKey, rows: &[i64]) -> Outcome<Vec<Placed>> {
    let (column, _) = column(sort);
    let mut statement = db.prepare_cached(&format!("SELECT {column}, facets FROM client WHERE id = ?1"))?;
    let mut placed = Vec::with_capacity(rows.len());
    for &row in rows {
        let mut found = statement.query([row])?;
        let found = found.next()?.ok_or_else(|| out_of_step(row))?;
        let facets = Facets::from_bits(found.get(1)?);
        placed.push(Placed {
            rank: rank(sort, facets),
            key: Key::read(found, 0)?,
            facets,
            row,
        });
    }
    Ok(placed)
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
pub(super) fn cut(rows: Vec<Placed>, query: &ListQuery) -> Vec<i64> {
    let rows = order(rows, query, query.after.as_ref()).into_iter();
    rows.skip(query.skip as usize)
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
