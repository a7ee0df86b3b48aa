//! What clients are read from: a file, a folder of files, or bytes that are there already.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::interchange::{BEGINNING, Beside, Format, Piece, Stuck, Unread, Unreadable, is_utf16};

/// Bytes that are read at once.
const PIECE: usize = 1 << 18;
/// The most that is kept in memory, in bytes. A file can be of any size.
const MOST_IN_MEMORY: u64 = 256 * 1024 * 1024;

/// What clients are read from, as often as is wanted.
pub struct Source {
    parts: Vec<Part>,
}

/// One file of it.
enum Part {
    /// In the file system, and how it is named where there are several.
    File(PathBuf, Option<String>),
    /// In memory.
    Bytes(Zeroizing<Vec<u8>>),
}

/// Which state of files something was read from: whoever looked at them before knows whether they are the same still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct SourceError {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub advice: &'static str,
}

/// How files begin that are packed: by gzip, zip, xz and Zstandard.
const PACKED: [&[u8]; 4] = [b"\x1f\x8b", b"PK\x03\x04", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];

impl Source {
    /// A file, or a folder whose files hold clients, as tools write them that keep one file a client.
    ///
    /// # Errors
    /// [`SourceError`] where there is none, or nothing in it that could be one.
    pub fn at(path: &Path) -> Result<Self, SourceError> {
        if !path.is_dir() {
            // Opened here too, so that a wrong name is told before anything is done.
            let file = open(path)?;
            if !file.metadata().is_ok_and(|found| found.is_file()) {
                // A pipe can be read once only.
                return Self::of_stream(file, &path.display().to_string());
            }
            let parts = vec![Part::File(path.to_owned(), None)];
            return Ok(Self { parts });
        }
        let mut files = Vec::new();
        list(path, &mut files).map_err(|error| unreadable(path, &error))?;
        files.sort();
        if files.is_empty() {
            return Err(SourceError {
                what: format!(
                    "The folder {} has no file that could hold clients",
                    path.display()
                ),
                advice: "Name the folder that the files lie in; their names end in .json, .jsonl, .yaml, .yml or .csv",
            });
        }
        let parts = files.into_iter().map(|file| {
            let name = file.strip_prefix(path).unwrap_or(&file).display().to_string();
            Part::File(file, Some(name))
        });
        Ok(Self {
            parts: parts.collect(),
        })
    }

    /// What comes by a pipe or from standard input, kept in memory that is wiped.
    ///
    /// # Errors
    /// [`SourceError`] where it cannot be read, or is larger than is kept.
    pub fn of_stream(stream: impl Read, name: &str) -> Result<Self, SourceError> {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = stream.take(MOST_IN_MEMORY + 1).read_to_end(&mut bytes);
        read.map_err(|error| SourceError {
            what: format!("{name} cannot be read: {error}"),
            advice: "Check what it comes from",
        })?;
        if bytes.len() as u64 > MOST_IN_MEMORY {
            return Err(SourceError {
                what: format!("{name} is larger than 256 MB"),
                advice: "Write it to a file, which may be of any size, and name that",
            });
        }
        Ok(Self::of_bytes(bytes))
    }

    /// Bytes that are there already.
    pub fn of_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self {
            parts: vec![Part::Bytes(bytes)],
        }
    }

    /// What it is, if its name and its beginning leave no doubt. Of a folder all files that can be told must be the same.
    ///
    /// # Errors
    /// [`SourceError`] where a file cannot be read, has nothing in it, or others of its folder are something else.
    pub fn guess(&self) -> Result<Option<Format>, SourceError> {
        let mut guessed = None;
        for looked_at in self.beginnings() {
            let (part, beginning) = looked_at?;
            if is_utf16(&beginning) && self.parts.len() == 1 {
                return Err(SourceError {
                    what: format!("{} is in UTF-16", part.name()),
                    advice: "Save it as UTF-8",
                });
            }
            if self.parts.len() == 1 && PACKED.iter().any(|magic| beginning.starts_with(magic)) {
                return Err(SourceError {
                    what: format!("{} is packed", part.name()),
                    advice: "Unpack it, and give what was in it",
                });
            }
            let bare = beginning
                .strip_prefix("\u{feff}".as_bytes())
                .unwrap_or(&beginning);
            if bare.trim_ascii().is_empty() && self.parts.len() == 1 {
                return Err(SourceError {
                    what: format!("{} is empty", part.name()),
                    advice: "Write the export anew",
                });
            }
            guessed = match (guessed, Format::guess(&part.name(), &beginning)) {
                (Some(one), Some(other)) if one != other => {
                    return Err(SourceError {
                        what: format!("Some files of the folder are of {one}, others of {other}"),
                        advice: "Say which format is wanted: files of another one are named, and nothing is taken from them",
                    });
                }
                (one, other) => one.or(other),
            };
        }
        Ok(guessed)
    }

    /// What it surely is, where that is something else than was said. A file of a folder may be anything, as long as another
    /// one is what was said.
    ///
    /// # Errors
    /// [`SourceError`] where a file cannot be read.
    pub fn is_not(&self, said: Format) -> Result<Option<Format>, SourceError> {
        let mut other = None;
        for looked_at in self.beginnings() {
            let (part, beginning) = looked_at?;
            match Format::guess(&part.name(), &beginning) {
                None => {}
                Some(guessed) if guessed == said || said.fits(&beginning) => return Ok(None),
                Some(guessed) => other = other.or(Some(guessed)),
            }
        }
        Ok(other)
    }

    /// Its files with as much of each as is looked at to tell what it is. One of several that cannot be read is told when its clients
    /// are wanted.
    fn beginnings(&self) -> impl Iterator<Item = Result<(&Part, Cow<'_, [u8]>), SourceError>> {
        let looked_at = self.parts.iter().map(|part| Ok((part, part.beginning()?)));
        looked_at.filter(|looked_at| self.parts.len() == 1 || looked_at.is_ok())
    }

    /// The state of its files as they are now, by their sizes and times.
    pub fn stamp(&self) -> Stamp {
        let files = self.parts.iter().filter_map(|part| match part {
            Part::File(path, _) => {
                let found = std::fs::metadata(path);
                let state = found.and_then(|found| Ok((found.len(), found.modified()?)));
                Some((path.clone(), state.ok()))
            }
            Part::Bytes(_) => None,
        });
        Stamp(files.collect())
    }

    /// Reads it from the beginning, client by client. `visit` says whether to go on.
    ///
    /// # Errors
    /// [`SourceError`] where it cannot be read at all. Of several files, one that cannot be read is told as a piece.
    pub fn each(&self, format: Format, visit: &mut dyn FnMut(Piece) -> bool) -> Result<(), SourceError> {
        self.find(format, &mut |found| visit(found.read()))
    }

    /// What its files say of each other's clients.
    fn beside(&self, format: Format) -> Result<Beside, SourceError> {
        let mut beside = Beside::default();
        if self.parts.len() > 1 && format.is_of_folders() {
            for part in &self.parts {
                // What cannot be read is told when its clients are wanted.
                let Part::File(path, _) = part else { continue };
                let Ok(file) = open(path) else { continue };
                let mut input = BufReader::with_capacity(PIECE, file);
                let _gathered = format.gather(&mut input, &mut beside);
            }
        }
        Ok(beside)
    }

    /// Reads what stands in one of its places, counted from 0 as [`each`](Self::each) tells them; none where it has fewer, or
    /// it is not wanted any more, which `go_on` says.
    ///
    /// # Errors
    /// As [`each`](Self::each).
    pub fn nth(
        &self,
        format: Format,
        number: u64,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Piece>, SourceError> {
        let (mut place, mut wanted) = (0, None);
        self.find(format, &mut |found| {
            if place == number {
                wanted = Some(found.read());
            }
            place += 1;
            wanted.is_none() && go_on()
        })?;
        Ok(wanted)
    }

    /// Finds what is to be read, in its order, to be read by many at once. All else is as with [`each`](Self::each).
    pub(super) fn find(
        &self,
        format: Format,
        visit: &mut dyn FnMut(Found) -> bool,
    ) -> Result<(), SourceError> {
        if let Some(looks) = self.is_not(format)? {
            return Err(SourceError {
                what: format!("It looks like {looks}, and not like {format}"),
                advice: "Give the format that it looks like, or leave the format to be found out",
            });
        }
        let beside = self.beside(format)?;
        let mut is_wanted = true;
        for part in &self.parts {
            let file = match part {
                Part::File(_, name) => name.as_deref().map(Arc::from),
                Part::Bytes(_) => None,
            };
            let mut visit_in = |unread| {
                let file = file.clone();
                is_wanted = visit(Found { unread, file });
                is_wanted
            };
            let read = match part {
                Part::File(path, _) => match (open(path), &file) {
                    (Ok(opened), _) => {
                        let mut input = BufReader::with_capacity(PIECE, opened);
                        format.find(&mut input, &beside, &mut visit_in)
                    }
                    (Err(error), Some(_)) => Err(Stuck::new(1, error.what)),
                    (Err(error), None) => return Err(error),
                },
                Part::Bytes(bytes) => format.find(&mut Cursor::new(bytes.as_slice()), &beside, &mut visit_in),
            };
            match (read, &file) {
                (Ok(()), _) => {}
                (Err(Stuck { what, .. }), Some(name)) => {
                    let unread = Piece::Err(Unreadable::new(name.as_ref(), None, what)).into();
                    is_wanted = visit(Found { unread, file: None });
                }
                (Err(Stuck { what, .. }), None) => {
                    return Err(SourceError {
                        what,
                        advice: "Check the file and its format",
                    });
                }
            }
            if !is_wanted {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Part {
    /// Its name, as far as that tells what it is.
    fn name(&self) -> Cow<'_, str> {
        match self {
            Self::File(path, _) => path.to_string_lossy(),
            Self::Bytes(_) => Cow::Borrowed("What was given"),
        }
    }

    /// As much of it as is looked at to tell what it is.
    fn beginning(&self) -> Result<Cow<'_, [u8]>, SourceError> {
        match self {
            Self::File(path, _) => {
                let mut beginning = Vec::new();
                let read = open(path)?.take(BEGINNING as u64).read_to_end(&mut beginning);
                read.map_err(|error| unreadable(path, &error))?;
                Ok(beginning.into())
            }
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes.as_slice())),
        }
    }
}

/// What was found in a place of a source.
pub(super) struct Found {
    unread: Unread,
    /// The file, where there are several.
    file: Option<Arc<str>>,
}

impl Found {
    /// How long its text is, in bytes.
    pub fn size(&self) -> usize {
        self.unread.size()
    }

    /// Reads it.
    pub fn read(self) -> Piece {
        let piece = self.unread.read();
        match &self.file {
            Some(file) => within(piece, file),
            None => piece,
        }
    }
}

/// The piece of a file among others.
fn within(piece: Piece, file: &str) -> Piece {
    match piece {
        Ok(client) => {
            let place = format!("{} of {file}", client.place);
            Ok(client.moved_to(place))
        }
        Err(mut unreadable) => {
            unreadable.place = format!("{} of {file}", unreadable.place);
            Err(unreadable)
        }
    }
}

/// The files of a folder and of those in it that can hold clients by their names; what is hidden is not looked at.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    const ENDINGS: [&str; 5] = ["json", "jsonl", "yaml", "yml", "csv"];
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if is_hidden {
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        if kind.is_dir() {
            list(&path, files)?;
        } else if path.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            files.push(path);
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, SourceError> {
    File::open(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    SourceError {
        what: format!("{} cannot be read: {error}", path.display()),
        advice: "Check its name and its permissions",
    }
}
