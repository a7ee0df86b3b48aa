//! Clients in and out of files of other systems: looked at before, taken over, taken back.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::file::place;
use super::lines::{Line, Lines};
use super::{Opening, ReplyBody, Stop, TELL, Trouble};
use crate::client::ClientId;
use crate::interchange::Format;
use crate::registry::Act;
use crate::transfer::{
    self, Came, CompareError, Comparing, Entry, ImportError, Importer, Source, SourceError, Stamp, Stands,
    UndoReport,
};

/// Clients in a file, or in the files of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientsFile {
    /// Where, as it was typed.
    pub path: String,
    /// What it is; none: to be found out.
    pub format: Option<Format>,
    /// Whose clients are wanted, where the other system has parts; none: those of all.
    pub realm: Option<String>,
}

/// What an import would do, to be found out.
#[derive(Debug)]
pub struct Preview {
    /// What is read.
    pub file: ClientsFile,
    /// The wish to go no further.
    pub stop: Stop,
}

/// What an import would do.
#[derive(Debug)]
pub struct Previewed {
    /// What the file is.
    pub format: Format,
    /// In which state the file was looked at.
    pub stamp: Stamp,
    /// Where the history ended then.
    pub looked_at: i64,
    /// What would come of each client, as if those that are there might change.
    pub lines: Vec<Line<Came>>,
    /// The parts of the other system, in the order of the file.
    pub realms: Vec<String>,
    /// Whether somebody wanted it to go no further.
    pub is_stopped: bool,
}

/// An import to be made.
#[derive(Debug)]
pub struct Import {
    /// What is read.
    pub file: ClientsFile,
    /// In which state it was looked at: what nobody has seen is not taken over.
    pub stamp: Stamp,
    /// Where the history ended then: what changed since is left as it is.
    pub looked_at: i64,
    /// The clients that are wanted.
    pub only: HashSet<ClientId>,
    /// Whether those that are there may change.
    pub update: bool,
    /// The wish to go no further.
    pub stop: Stop,
}

/// What came of an import.
#[derive(Debug)]
pub struct ImportOutcome {
    /// What came of each client that was come to.
    pub lines: Vec<Line<Came>>,
    /// The number of the import, by which it can be undone; none where it changed nothing.
    pub run: Option<i64>,
    /// Whether somebody wanted it to go no further.
    pub is_stopped: bool,
    /// What ended it before its end.
    pub trouble: Option<Trouble>,
}

/// An import to be undone.
#[derive(Clone, Debug)]
pub struct UndoImport {
    /// Its number.
    pub number: i64,
    /// The wish to go no further.
    pub stop: Stop,
}

/// How far something is that goes from client to client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// So many clients were come to.
    pub clients: u64,
    /// Of how many, where that is known.
    pub all: Option<u64>,
}

/// A comparison to be made.
#[derive(Debug)]
pub struct Compare {
    /// What is read.
    pub file: ClientsFile,
    /// The wish to go no further.
    pub stop: Stop,
}

/// What came of a comparison.
#[derive(Debug)]
pub struct Compared {
    /// What the file is.
    pub format: Format,
    /// In which state the file was looked at.
    pub stamp: Stamp,
    /// What is said of each client.
    pub lines: Vec<Line<Stands>>,
    /// The parts of the other system, in the order of the file.
    pub realms: Vec<String>,
    /// Whether somebody wanted it to go no further.
    pub is_stopped: bool,
}

/// Finds out what an import would do.
pub(super) fn preview(
    preview: &Preview,
    opening: &Opening,
    by: &str,
    tell: &mut dyn FnMut(ReplyBody),
) -> Result<Previewed, Trouble> {
    let registry = opening.registry()?;
    let (source, format) = opened(&preview.file)?;
    let (stamp, looked_at) = (source.stamp(), registry.history_end()?);
    let mut importer = Importer::new(Some(&registry), Act::new(by, Timestamp::now()));
    importer.dry_run = true;
    importer.update = true;
    importer.realm.clone_from(&preview.file.realm);
    let (mut lines, mut teller) = (Lines::default(), Teller::new(tell, None));
    let mut go_on = |progress: transfer::Progress| {
        teller.tell(progress.clients);
        !preview.stop.is_asked()
    };
    let done = importer.import(&source, format, &mut |entry| lines.of_entry(&entry), &mut go_on);
    let is_stopped = match done {
        Ok(()) => false,
        Err(ImportError::Stopped) => true,
        Err(error) => return Err(error.into()),
    };
    lines.sort();
    let mut realms = lines.realms;
    for other in importer.other_realms() {
        if !realms.contains(other) {
            realms.push(other.clone());
        }
    }
    Ok(Previewed {
        format,
        stamp,
        looked_at,
        lines: lines.all,
        realms,
        is_stopped,
    })
}

/// Makes an import.
pub(super) fn import(
    import: Import,
    opening: &Opening,
    by: &str,
    tell: &mut dyn FnMut(ReplyBody),
) -> Result<ImportOutcome, Trouble> {
    let registry = opening.registry()?;
    let (source, format) = opened(&import.file)?;
    if source.stamp() != import.stamp {
        return Err(Trouble {
            what: "The file changed after it was looked at. Nothing was imported".to_owned(),
            advice: "Begin again with Import…, and look at what it holds now".to_owned(),
        });
    }
    let mut importer = Importer::new(Some(&registry), Act::new(by, Timestamp::now()));
    importer.update = import.update;
    importer.realm.clone_from(&import.file.realm);
    importer.name = name(&import.file.path);
    importer.looked_at = Some(import.looked_at);
    importer.clock = Some(Timestamp::now);
    let only = Arc::new(import.only);
    importer.only = Some(Arc::clone(&only));
    let (mut lines, mut teller) = (Lines::default(), Teller::new(tell, Some(only.len() as u64)));
    let mut go_on = |progress: transfer::Progress| {
        teller.tell(progress.clients);
        !import.stop.is_asked()
    };
    let mut keep = |entry: Entry| {
        let is_wanted = |client_id: &String| {
            ClientId::parse(client_id).is_some_and(|client_id| only.contains(&client_id))
        };
        // What else stands in the file was told before.
        if entry.client_id.as_ref().is_some_and(is_wanted) {
            lines.of_entry(&entry);
        }
    };
    let done = importer.import(&source, format, &mut keep, &mut go_on);
    let (is_stopped, trouble) = match done {
        Ok(()) => (false, None),
        Err(ImportError::Stopped) => (true, None),
        Err(error) => (false, Some(error.into())),
    };
    lines.sort();
    Ok(ImportOutcome {
        run: importer.run(),
        lines: lines.all,
        is_stopped,
        trouble,
    })
}

/// Compares a file with the registry.
pub(super) fn compare(
    compare: &Compare,
    opening: &Opening,
    tell: &mut dyn FnMut(ReplyBody),
) -> Result<Compared, Trouble> {
    let registry = opening.registry()?;
    let (source, format) = opened(&compare.file)?;
    let stamp = source.stamp();
    let comparing = Comparing {
        registry: &registry,
        source: &source,
        format,
        realm: compare.file.realm.clone(),
    };
    let (mut lines, mut teller) = (Lines::default(), Teller::new(tell, None));
    let mut go_on = |clients: u64| {
        teller.tell(clients);
        !compare.stop.is_asked()
    };
    let done = comparing.run(Timestamp::now(), &mut |row| lines.of_comparison(&row), &mut go_on);
    let is_stopped = match done {
        Ok(()) => false,
        Err(CompareError::Stopped) => true,
        Err(error) => return Err(error.into()),
    };
    Ok(Compared {
        format,
        stamp,
        lines: lines.all,
        realms: lines.realms,
        is_stopped,
    })
}

/// Undoes an import.
pub(super) fn undo(
    undo: &UndoImport,
    opening: &Opening,
    by: &str,
    tell: &mut dyn FnMut(ReplyBody),
) -> Result<UndoReport, Trouble> {
    let registry = opening.registry()?;
    let mut teller = Teller::new(tell, None);
    let mut go_on = |clients: u64, all: u64| {
        teller.all = Some(all);
        teller.tell(clients);
        !undo.stop.is_asked()
    };
    let act = Act::new(by, Timestamp::now());
    Ok(transfer::undo(&registry, undo.number, &act, &mut go_on)?)
}

/// Opens a file or folder, and finds out what it is where nobody said so.
pub(super) fn opened(file: &ClientsFile) -> Result<(Source, Format), Trouble> {
    let path = place_of(file)?;
    // The other end of a pipe may never say anything, and nothing stops whoever waits for it.
    if std::fs::metadata(&path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return Err(Trouble {
            what: format!("{} is neither a file nor a folder", path.display()),
            advice: "Save what it gives in a file, and name that".to_owned(),
        });
    }
    let source = Source::at(&path)?;
    let format = match file.format {
        Some(format) => format,
        None => source.guess()?.ok_or_else(|| Trouble {
            what: format!("What {} is cannot be found out", path.display()),
            advice: "Choose its format".to_owned(),
        })?,
    };
    Ok((source, format))
}

/// Where it is.
pub(super) fn place_of(file: &ClientsFile) -> Result<PathBuf, Trouble> {
    let typed = file.path.trim().trim_end_matches(std::path::is_separator);
    place(typed)
}

/// What a file is called, without its folder.
fn name(typed: &str) -> String {
    let path = PathBuf::from(typed.trim());
    let name = path
        .file_name()
        .map_or(typed.into(), |name| name.to_string_lossy());
    name.into_owned()
}

/// Tells now and then how far something is.
pub(super) struct Teller<'t> {
    tell: &'t mut dyn FnMut(ReplyBody),
    all: Option<u64>,
    told_at: Instant,
}

impl<'t> Teller<'t> {
    /// One that tells of how many.
    pub fn new(tell: &'t mut dyn FnMut(ReplyBody), all: Option<u64>) -> Self {
        let told_at = Instant::now();
        Self { tell, all, told_at }
    }

    /// So many clients were come to.
    pub fn tell(&mut self, clients: u64) {
        if self.told_at.elapsed() >= TELL {
            self.told_at = Instant::now();
            let all = self.all;
            (self.tell)(ReplyBody::Reached(Reached { clients, all }));
        }
    }
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self {
            what: error.what,
            advice: error.advice.to_owned(),
        }
    }
}

impl From<ImportError> for Trouble {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Source(error) => error.into(),
            ImportError::Registry(error) => error.into(),
            ImportError::Stopped => Self {
                what: error.to_string(),
                advice: "Begin it again".to_owned(),
            },
        }
    }
}

impl From<CompareError> for Trouble {
    fn from(error: CompareError) -> Self {
        let advice = match error {
            CompareError::Source(error) => return error.into(),
            CompareError::Registry(error) => return error.into(),
            CompareError::NoRealm { .. } => "Choose another realm, or all of them",
            CompareError::Stopped => "Begin it again",
        };
        Self {
            what: error.to_string(),
            advice: advice.to_owned(),
        }
    }
}
