//! A registry whose file was deleted, emptied or cut off, told by what still stands beside it.
//!
//! It is looked for before SQLite opens the file: to SQLite an empty file is a new database, to which a write-ahead log
//! beside it cannot belong, so it takes the log away, and with it what may be the last of the content.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::Outcome;
use super::place;

/// SQLite's smallest page: no database is shorter.
const SMALLEST: u64 = 512;
/// Before the frames of a write-ahead log, and before the page in each of them, in bytes.
const LOG_HEAD: u64 = 32;
const FRAME_HEAD: u64 = 24;

/// What is left of a registry, and what there may be to restore it from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    path: PathBuf,
    /// The length of the file. `None`: there is no file.
    length: Option<u64>,
    /// The length that it should have, where that is known.
    expected: Option<u64>,
    /// What stands beside it.
    beside: Vec<PathBuf>,
    /// Copies that updates of the program have made.
    backups: Vec<PathBuf>,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match (self.length, self.expected) {
            (None, _) => write!(
                f,
                "The registry {path} is gone: there is no such file, but what belongs to it is there ({})",
                names(&self.beside)
            ),
            (Some(0), _) => write!(
                f,
                "The registry {path} was emptied: it has 0 bytes, but what belongs to it is there ({})",
                names(&self.beside)
            ),
            (Some(length), Some(expected)) => {
                write!(
                    f,
                    "The registry {path} was cut off: {length} of {expected} bytes are left"
                )
            }
            (Some(length), None) => {
                write!(f, "The registry {path} was cut off: only {length} bytes are left")
            }
        }
    }
}

impl Loss {
    /// What to do about it.
    pub(super) fn advice(&self) -> String {
        let mut advice =
            "Nothing was changed. Copy the folder away first. Then restore a copy that chancery backup has made, \
             the file and its .key file together"
                .to_owned();
        if !self.backups.is_empty() {
            advice.push_str(&format!(
                "; a copy from before an update stands beside it ({})",
                names(&self.backups)
            ));
        }
        if self.length.is_none_or(|length| length == 0) {
            advice.push_str(". To begin with an empty registry instead, move all of these files away");
        }
        advice
    }

    fn of(path: &Path, length: Option<u64>, expected: Option<u64>) -> Self {
        Self {
            path: path.to_owned(),
            length,
            expected,
            beside: beside(path),
            backups: backups(path),
        }
    }
}

fn names(files: &[PathBuf]) -> String {
    let names: Vec<_> = files
        .iter()
        .filter_map(|file| file.file_name())
        .map(|name| name.to_string_lossy())
        .collect();
    names.join(", ")
}

/// The log, the shared index and the key file, as far as they are there.
fn beside(path: &Path) -> Vec<PathBuf> {
    let mut files = place::companions(path).to_vec();
    files.retain(|file| file != path && file.symlink_metadata().is_ok());
    files
}

/// What [`super::migrate`] has copied before an update, the latest last.
fn backups(path: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Vec::new();
    };
    let begin = format!("{}.v", name.to_string_lossy());
    let mut found: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
            name.is_some_and(|name| name.starts_with(&begin) && name.ends_with(".backup"))
        })
        .collect();
    found.sort();
    found
}

/// Looks whether the content of a registry is gone while its companions are there. The file is not opened.
pub(super) fn look(path: &Path) -> Option<Loss> {
    // The companions first: whoever makes a registry makes them after the file has content, so that one who looks
    // meanwhile never meets them beside an empty file.
    if beside(path).is_empty() {
        return None;
    }
    let length = match fs::metadata(path) {
        Ok(meta) if meta.is_file() => Some(meta.len()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        _ => return None,
    };
    length
        .is_none_or(|length| length < SMALLEST)
        .then(|| Loss::of(path, length, None))
}

/// Whether a file is shorter than its own head says: asked once SQLite has found it damaged, which it says of a file that
/// was cut off in many ways.
pub(super) fn cut_off(path: &Path) -> Option<Loss> {
    let mut file = fs::File::open(path).ok()?;
    let mut head = [0; 32];
    let read = file.read_exact(&mut head);
    let length = file.metadata().map(|meta| meta.len());
    // Closing it would end the locks of every other connection of this process (POSIX), so it stays open.
    std::mem::forget(file);
    read.ok()?;
    let length = length.ok()?;
    if !head.starts_with(b"SQLite format 3\0") {
        return None;
    }
    let number = |from: usize, to: usize| {
        let bytes = head.get(from..to).unwrap_or_default();
        bytes
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let page = match number(16, 18) {
        1 => 65_536,
        page => page,
    };
    let expected = number(28, 32).saturating_mul(page);
    (length < expected).then(|| Loss::of(path, Some(length), Some(expected)))
}

/// Looks whether file and log can hold as many pages as the database has. SQLite itself would find out only when it comes
/// to a page that is missing, and until then would go on writing. `file` is what was opened for the registry at `path`: itself
/// or a copy of it.
pub(super) fn expect_every_page(db: &Connection, file: &Path, path: &Path) -> Outcome<()> {
    let number = |pragma: &str| -> rusqlite::Result<u64> {
        db.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0))
            .map(|number| u64::try_from(number).unwrap_or(0))
    };
    // In this order, because others may write meanwhile: pages come into the log, and from there into the file.
    let (page, pages) = (number("page_size")?.max(1), number("page_count")?);
    let length = |file: &Path| fs::metadata(file).map_or(0, |meta| meta.len());
    let in_log = length(&place::beside(file, "-wal")).saturating_sub(LOG_HEAD) / (page + FRAME_HEAD);
    let in_file = length(file);
    if in_file / page + in_log < pages {
        return Err(
            super::RegistryError::Lost(Box::new(Loss::of(path, Some(in_file), Some(pages * page)))).into(),
        );
    }
    Ok(())
}
