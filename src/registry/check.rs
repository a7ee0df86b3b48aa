//! `check`: is the file whole, is its history untouched, and is it for its owner alone?

use std::path::Path;

use rusqlite::Connection;

use super::error::{Fault, Outcome, in_words};
use super::{
    ChainBreak, ChainReport, OpenToOthers, Registry, RegistryError, chain, compare, place, read_only,
};

/// What `check` found, line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// What was looked at.
    pub lines: Vec<CheckLine>,
    /// The history's length and head, to be noted elsewhere and compared.
    pub chain: ChainReport,
}

impl CheckReport {
    /// Whether every line is well.
    pub fn is_sound(&self) -> bool {
        self.lines.iter().all(|line| line.ok)
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckLine {
    /// What.
    pub name: &'static str,
    /// Whether it is well.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do, where it is not well.
    pub advice: Option<String>,
}

impl Registry {
    /// Looks at everything that can be wrong with the file: its pages, the references between its rows, what is
    /// derived in it, the chain of its history, and who may read it. Reads the whole file.
    ///
    /// # Errors
    /// [`RegistryError`] when it cannot even be read; what is wrong with it otherwise stands in the report.
    pub fn check(&self) -> Result<CheckReport, RegistryError> {
        self.read_together(|db| {
            let damage = |fault: Fault| found_damaged(fault, &self.path);
            let mut lines = vec![
                integrity(db),
                references(db).or_else(|fault| Ok::<_, Fault>(unreadable("references", damage(fault)?)))?,
            ];
            match as_in_history(db) {
                Ok(compared) => lines.extend(compared),
                Err(fault) => lines.push(unreadable("clients", damage(fault)?)),
            }
            let chain = match chain::verify(db, &self.vault) {
                Ok(chain) => {
                    lines.push(history(&chain));
                    chain
                }
                Err(fault) => {
                    lines.push(unreadable("history", damage(fault)?));
                    ChainReport {
                        rows: 0,
                        head: String::new(),
                        broken_at: Some(1),
                        how: Some(ChainBreak::Altered),
                    }
                }
            };
            if !self.is_read_only() {
                let names = ["file", "write-ahead log", "shared index", "key file"];
                let files = place::companions(&self.path);
                lines.extend(
                    names
                        .into_iter()
                        .zip(&files)
                        .filter_map(|(name, file)| permissions(name, file, &self.found_open)),
                );
            }
            Ok(CheckReport { lines, chain })
        })
    }
}

/// What can be said of a file that does not open as a registry: what SQLite finds in its pages, read where it lies or in a
/// copy. Empty for a file that has none.
pub fn examine(path: &Path) -> Vec<CheckLine> {
    match read_only::connect_unchecked(path) {
        Ok((connection, _copy)) => vec![integrity(&connection)],
        Err(_) => Vec::new(),
    }
}

/// What is damaged, in words, or whatever else went wrong.
fn found_damaged(fault: Fault, path: &Path) -> Outcome<String> {
    match fault.about(path) {
        RegistryError::Damaged { detail, .. } => Ok(detail),
        lost @ RegistryError::Lost(_) => Ok(lost.to_string()),
        other => Err(other.into()),
    }
}

fn unreadable(name: &'static str, damage: String) -> CheckLine {
    line(name, Some(format!("cannot be read: {damage}")), "", RESTORE)
}

const RESTORE: &str = "Copy the folder away, then restore the latest copy that chancery backup has made";

fn line(name: &'static str, trouble: Option<String>, well: &str, advice: &str) -> CheckLine {
    let ok = trouble.is_none();
    CheckLine {
        name,
        ok,
        found: trouble.unwrap_or_else(|| well.to_owned()),
        advice: (!ok).then(|| advice.to_owned()),
    }
}

/// What SQLite finds wrong with the pages, as far as it gets.
fn integrity(db: &Connection) -> CheckLine {
    let mut found = Vec::new();
    let asked = db
        .prepare("PRAGMA integrity_check(10)")
        .and_then(|mut statement| {
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                found.push(row.get::<_, String>(0)?);
            }
            Ok(())
        });
    if let Err(stopped) = asked {
        found.push(in_words(stopped.to_string()));
    }
    let trouble = (found != ["ok"]).then(|| found.join("; "));
    line("integrity", trouble, "every page is whole", RESTORE)
}

fn references(db: &Connection) -> Outcome<CheckLine> {
    let broken: i64 = db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
        row.get(0)
    })?;
    let trouble = (broken != 0).then(|| format!("{broken} rows refer to rows that do not exist"));
    Ok(line(
        "references",
        trouble,
        "every row refers to one that exists",
        RESTORE,
    ))
}

/// Whether clients and the rest are as the history has them, and what is derived from clients follows from them.
fn as_in_history(db: &Connection) -> Outcome<[CheckLine; 3]> {
    let compare::Clients {
        clients,
        registered,
        mut derived,
    } = compare::clients(db)?;
    compare::gathered(db, &mut derived)?;
    let (others, number) = compare::others(db)?;
    Ok([
        line(
            "clients",
            registered.into_trouble(),
            &format!("all {clients} are as the history has them"),
            "Somebody changed the file without this program. Compare with a backup; to put a client right, save it again with \
             chancery client update or in the window",
        ),
        line(
            "search",
            derived.into_trouble(),
            &format!("all {clients} clients can be found"),
            RESTORE,
        ),
        line(
            "other records",
            others.into_trouble(),
            &format!(
                "{number} resource servers, test users, signing keys and initial access tokens are as the history has them"
            ),
            "Somebody changed the file without this program. Compare with a backup",
        ),
    ])
}

fn history(chain: &ChainReport) -> CheckLine {
    let trouble = chain
        .broken_at
        .map(|seq| format!("row {seq} is not as it was written, or is missing"));
    let well = format!("{} rows, head {}", chain.rows, chain.head);
    line(
        "history",
        trouble,
        &well,
        "Compare with a backup: somebody changed the file without this program",
    )
}

/// A line for a file that exists. One that others could read until it was opened is told too: what they have read they have.
fn permissions(name: &'static str, path: &Path, found_open: &[OpenToOthers]) -> Option<CheckLine> {
    let told = |trouble: Option<String>, advice: &str| line(name, trouble, "for its owner alone", advice);
    let was_open = found_open.iter().find(|open| open.file == path);
    path.exists()
        .then(|| match (place::open_to_others(path), was_open) {
            (Some(mode), _) => told(
                Some(format!("others have access to {} ({mode:o})", path.display())),
                &format!("Run: chmod 600 '{}'", path.display()),
            ),
            (None, Some(open)) => told(
                Some(format!(
                    "others had access to {} ({:o}) until this command took it from them",
                    path.display(),
                    open.mode
                )),
                open.advice(),
            ),
            (None, None) => told(None, ""),
        })
}

impl OpenToOthers {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        if self.is_key {
            "If somebody may have copied the key file, they can sign tokens with this server's keys and rewrite the history: \
             register the clients in a new registry, which has keys of its own"
        } else {
            "If somebody may have copied the file, they know the clients and the hashes of their secrets: rotate secrets that \
             people made up. Generated ones cannot be guessed from their hash"
        }
    }
}
