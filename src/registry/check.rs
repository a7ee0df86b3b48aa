//! `check`: is the file whole, is its history untouched, and is it for its owner alone?

use std::path::Path;

use rusqlite::Connection;

use super::error::Outcome;
use super::{ChainReport, Registry, RegistryError, chain, compare, place};

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
            let chain = chain::verify(db, &self.vault)?;
            let mut lines = vec![integrity(db)?, references(db)?];
            lines.extend(as_in_history(db)?);
            lines.push(history(&chain));
            if !self.is_read_only() {
                let names = ["file", "write-ahead log", "shared index", "key file"];
                let files = place::companions(&self.path);
                lines.extend(
                    names
                        .into_iter()
                        .zip(&files)
                        .filter_map(|(name, file)| permissions(name, file)),
                );
            }
            Ok(CheckReport { lines, chain })
        })
    }
}

const RESTORE: &str = "Copy the file away, then restore the latest backup";

fn line(name: &'static str, trouble: Option<String>, well: &str, advice: &str) -> CheckLine {
    let ok = trouble.is_none();
    CheckLine {
        name,
        ok,
        found: trouble.unwrap_or_else(|| well.to_owned()),
        advice: (!ok).then(|| advice.to_owned()),
    }
}

fn integrity(db: &Connection) -> Outcome<CheckLine> {
    let mut statement = db.prepare("PRAGMA integrity_check(3)")?;
    let found = statement
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let trouble = (found != ["ok"]).then(|| found.join("; "));
    Ok(line("integrity", trouble, "every page is whole", RESTORE))
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
            &format!("{number} resource servers, test users and signing keys are as the history has them"),
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

/// A line for a file that exists.
fn permissions(name: &'static str, path: &Path) -> Option<CheckLine> {
    path.exists().then(|| {
        let trouble = place::open_to_others(path)
            .map(|mode| format!("others have access to {} ({mode:o})", path.display()));
        let advice = format!("Run: chmod 600 '{}'", path.display());
        line(name, trouble, "for its owner alone", &advice)
    })
}
