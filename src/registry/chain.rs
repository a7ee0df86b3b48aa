//! The chain that makes the history tamper-evident, under the vault's chain key.
//!
//! `mac(n) = HMAC(key, 'R' || mac(n-1) || row n)`, where each of the row's values carries its length, so that no two
//! rows give the same bytes. `seal = HMAC(key, 'H' || number of rows || last mac)` closes the end: rows cut off there
//! are found too. Only a whole older copy of the file looks sound; against that, the number and the last mac stand in
//! `check` and in every report.

use rusqlite::{Connection, Row, params};

use super::error::Outcome;
use super::history::{ChainBreak, ChainEnd, ChainReport};
use crate::vault::{Vault, hex};

/// HMAC-SHA256.
pub(super) type Mac = [u8; 32];

/// One row of the history as it goes into the chain, and into the table.
pub(super) struct Link<'a> {
    pub seq: i64,
    pub at: i64,
    pub by: &'a str,
    pub action: &'a str,
    pub client_id: Option<&'a str>,
    pub client_name: Option<&'a str>,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
    pub note: &'a str,
}

impl Link<'_> {
    /// The mac of this row after another.
    fn mac(&self, vault: &Vault, previous: &Mac) -> Mac {
        let mut bytes = Vec::with_capacity(256);
        bytes.push(b'R');
        bytes.extend_from_slice(previous);
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.at.to_be_bytes());
        for text in [self.by, self.action, self.note] {
            push(&mut bytes, text);
        }
        for text in [self.client_id, self.client_name, self.before, self.after] {
            match text {
                Some(text) => {
                    bytes.push(1);
                    push(&mut bytes, text);
                }
                None => bytes.push(0),
            }
        }
        vault.chain_mac(&bytes)
    }
}

/// A text after its length.
fn push(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn seal(vault: &Vault, rows: i64, head: &Mac) -> Mac {
    vault.chain_mac(&[b"H", rows.to_be_bytes().as_slice(), head].concat())
}

/// The chain of a new registry: no rows, and a head of zeros.
pub(super) fn begin(db: &Connection, vault: &Vault) -> Outcome<()> {
    let head = [0; 32];
    db.execute(
        "INSERT INTO chain (one, rows, head, seal) VALUES (1, 0, ?1, ?2)",
        params![head, seal(vault, 0, &head)],
    )?;
    Ok(())
}

/// The end of the chain as it is stored, whether its seal is ours or not.
struct End {
    rows: i64,
    head: Mac,
    seal: Mac,
}

fn end(db: &Connection) -> Outcome<End> {
    let mut statement = db.prepare_cached("SELECT rows, head, seal FROM chain WHERE one = 1")?;
    Ok(statement.query_row([], |row| {
        Ok(End {
            rows: row.get(0)?,
            head: row.get(1)?,
            seal: row.get(2)?,
        })
    })?)
}

/// Appends a row; its number is given here. To be called inside the transaction that makes the change.
pub(super) fn append(db: &Connection, vault: &Vault, mut link: Link<'_>) -> Outcome<()> {
    let end = end(db)?;
    // Whoever changed the end of the chain must not have it sealed anew by our next row; nor may they stop an admin
    // from switching a client off. So the work goes on under a seal that verifies as broken for ever.
    let untouched = end.seal == seal(vault, end.rows, &end.head);
    link.seq = end.rows + 1;
    let mac = link.mac(vault, &end.head);
    db.prepare_cached(
        "INSERT INTO history (seq, at, by, action, client_id, client_name, before, after, note, mac)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        link.seq,
        link.at,
        link.by,
        link.action,
        link.client_id,
        link.client_name,
        link.before,
        link.after,
        link.note,
        mac
    ])?;
    db.prepare_cached("UPDATE chain SET rows = ?1, head = ?2, seal = ?3 WHERE one = 1")?
        .execute(params![
            link.seq,
            mac,
            if untouched {
                seal(vault, link.seq, &mac)
            } else {
                [0; 32]
            }
        ])?;
    Ok(())
}

/// Follows the chain from its first row to its seal.
pub(super) fn verify(db: &Connection, vault: &Vault) -> Outcome<ChainReport> {
    let end = end(db)?;
    let report = |broken: Option<(i64, ChainBreak)>| ChainReport {
        rows: end.rows,
        head: hex(&end.head),
        broken_at: broken.map(|(seq, _)| seq),
        how: broken.map(|(_, how)| how),
    };
    let mut statement = db.prepare_cached(
        "SELECT seq, at, by, action, client_id, client_name, before, after, note, mac FROM history ORDER BY seq",
    )?;
    let mut rows = statement.query([])?;
    let mut previous = [0; 32];
    let mut seq = 0;
    while let Some(row) = rows.next()? {
        seq += 1;
        let found: i64 = row.get(0)?;
        let how = match follow(row, vault, &previous) {
            _ if found > seq => ChainBreak::Missing,
            _ if found < seq || seq > end.rows => ChainBreak::Added,
            Some(mac) => {
                previous = mac;
                continue;
            }
            None => ChainBreak::Altered,
        };
        // One that has no place is named as it is numbered.
        return Ok(report(Some((seq.min(found), how))));
    }
    if seq < end.rows {
        return Ok(report(Some((seq + 1, ChainBreak::Missing))));
    }
    let sound = previous == end.head && end.seal == seal(vault, end.rows, &end.head);
    Ok(report((!sound).then_some((end.rows.max(1), ChainBreak::End))))
}

/// Where the chain ends as it is stored, for whoever notes it.
pub(super) fn stored_end(db: &Connection) -> Outcome<ChainEnd> {
    let End { rows, head, .. } = end(db)?;
    let head = hex(&head);
    Ok(ChainEnd { rows, head })
}

/// The mac of a stored row, if it is the one that was written after the previous one.
fn follow(row: &Row<'_>, vault: &Vault, previous: &Mac) -> Option<Mac> {
    let text = |index| row.get_ref(index).ok()?.as_str().ok();
    let text_if_any = |index| row.get_ref(index).ok()?.as_str_or_null().ok();
    let link = Link {
        seq: row.get(0).ok()?,
        at: row.get(1).ok()?,
        by: text(2)?,
        action: text(3)?,
        client_id: text_if_any(4)?,
        client_name: text_if_any(5)?,
        before: text_if_any(6)?,
        after: text_if_any(7)?,
        note: text(8)?,
    };
    let stored: Mac = row.get(9).ok()?;
    let mac = link.mac(vault, previous);
    (mac == stored).then_some(mac)
}
