//! One client of a file in all its members, read anew from the file.

use jiff::Timestamp;

use super::lines::Line;
use super::moving::{ClientsFile, opened, place_of};
use super::{Opening, Stop, Trouble};
use crate::client::{ClientDraft, ClientId};
use crate::registry::{Act, HistoryQuery, HistoryRow, Registry, RegistryError, import_note};
use crate::transfer::{Came, Comparison, Difference, Entry, Importer, Stamp, differences};

/// Changes of one client among which those of an import are looked for.
const CHANGES: u32 = 200;

/// A client of a file that is looked at.
#[derive(Debug)]
pub struct LookAt {
    /// Where it is read.
    pub file: ClientsFile,
    /// In which state the file was looked at: anything else is another client.
    pub stamp: Stamp,
    /// What is wanted of it.
    pub look: Look,
    /// The wish to go no further.
    pub stop: Stop,
}

/// What is wanted of a client of a file.
#[derive(Debug)]
pub enum Look {
    /// What would come of it.
    Before(Line<Came>),
    /// What came of it, by the import of this number.
    After(Line<Came>, Option<i64>),
    /// In what it differs from the one that is here, by its place in the file.
    Beside(u64),
}

/// What there is to know of a client of a file.
#[derive(Debug)]
pub enum Details {
    /// Of an import.
    Entry(Entry),
    /// Of a comparison.
    Comparison(Comparison),
}

/// Looks at it. `None` where that is no longer wanted.
pub(super) fn look_at(look: &LookAt, opening: &Opening, by: &str) -> Result<Option<Details>, Trouble> {
    let changed = || Trouble {
        what: "The file changed after it was looked at".to_owned(),
        advice: "Look at what it holds now with Preview or Compare".to_owned(),
    };
    // A pipe is empty by now, and would be waited for.
    let path = place_of(&look.file)?;
    if !path.is_file() && !path.is_dir() {
        return Err(changed());
    }
    let (source, format) = opened(&look.file)?;
    if source.stamp() != look.stamp {
        return Err(changed());
    }
    let number = match &look.look {
        Look::Before(line) | Look::After(line, _) => line.number.unwrap_or_default(),
        Look::Beside(number) => *number,
    };
    let piece = source.nth(format, number, &|| !look.stop.is_asked())?;
    if look.stop.is_asked() {
        return Ok(None);
    }
    let piece = piece.ok_or_else(changed)?;
    let registry = opening.registry()?;
    let now = Timestamp::now();
    Ok(match &look.look {
        Look::Before(line) => {
            let mut importer = Importer::new(Some(&registry), Act::new(by, now));
            importer.update = true;
            importer.keep_drafts = true;
            let mut entry = importer.look_at(format, number, piece)?;
            // Another one of its identifier came before, or it was judged otherwise when the list was made.
            if line.sort == Came::Refused && entry.came != Came::Refused {
                (entry.came, entry.why) = (Came::Refused, vec![line.note.to_string()]);
                (entry.rotate, entry.draft) = (false, None);
                entry.kept.clear();
            }
            Some(Details::Entry(entry))
        }
        Look::After(line, run) => {
            let mut entry = Entry::as_written(piece);
            entry.came = line.sort;
            entry.rotate = line.rotate;
            entry.kept = line.kept.lines().map(str::to_owned).collect();
            match line.sort {
                Came::Refused => entry.why = vec![line.note.to_string()],
                Came::Held | Came::LeftOut => {}
                Came::New | Came::Changed | Came::Same => entry.why.clear(),
            }
            let client_id = line.client_id.as_deref().and_then(ClientId::parse);
            if let (Came::Changed, Some(client_id), Some(run)) = (line.sort, client_id, run) {
                entry.draft = None;
                entry.differences = brought(&registry, client_id, *run)?;
            }
            Some(Details::Entry(entry))
        }
        Look::Beside(_) => Comparison::of_piece(&registry, &piece, now)?.map(Details::Comparison),
    })
}

/// What an import changed of a client that was there, as the history tells it.
fn brought(registry: &Registry, client_id: ClientId, run: i64) -> Result<Vec<Difference>, RegistryError> {
    let query = HistoryQuery {
        client: Some(client_id),
        limit: CHANGES,
        ..HistoryQuery::default()
    };
    let mut rows = registry.history(&query)?;
    let note = import_note(run);
    rows.retain(|row| row.note == note);
    let (Some(last), Some(first)) = (rows.first(), rows.last()) else {
        return Ok(Vec::new());
    };
    let draft = |found: Option<Result<ClientDraft, String>>| found.and_then(Result::ok).unwrap_or_default();
    let before = HistoryRow {
        after: first.before.clone(),
        ..first.clone()
    };
    Ok(differences(&draft(before.version()), &draft(last.version())))
}
