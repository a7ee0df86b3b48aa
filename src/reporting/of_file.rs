//! The report of a file of another system, whose clients stand in no registry.
//!
//! Each client is judged by itself as it is read. What it shares with others is known only at the file's end; until then what was
//! found is kept. Of a very large file that is too much, and it is read again instead.

mod known;

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::writing::{Going, Telling, Told, Writing};
use super::{ReportError, ReportWish, Reported, Step};
use crate::audit::report::{Audited, Heading, PassedOver, Subject};
use crate::audit::{Settings, judge_beside_others};
use crate::client::ClientId;
use crate::interchange::{Format, Piece};
use crate::transfer::{Source, SourceError, on_all_cores};
use known::{Judged, Known, Met};

/// Clients between two questions whether it is still wanted.
const PAGE: u64 = 500;

/// So much of what was found is kept at most, in bytes.
const MOST_KEPT: usize = 256 << 20;

/// What is to be judged of another system.
pub struct AuditedFile<'a> {
    /// What is read.
    pub source: &'a Source,
    /// What it is.
    pub format: Format,
    /// Its name, for the report's readers.
    pub name: String,
    /// The part of the other system whose clients are judged; none: those of all parts.
    pub realm: Option<String>,
}

/// Why a report of a file did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum FileReportError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It has no client of a realm that is wanted.
    #[error("No client of a realm {wanted} was found")]
    NoRealm {
        /// The one that is wanted.
        wanted: String,
        /// Those that there are.
        others: Vec<String>,
    },
    /// It has no client of an identifier that is wanted.
    #[error("There is no client {0}")]
    NoClient(ClientId),
    /// The report is at fault.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Writes a report of a file. `tell` is told of each client that is not judged, `go_on` how far it is; it says whether it is
/// still wanted.
///
/// # Errors
/// [`FileReportError`] says what stood in the way. What was written until then is no report; nothing was written where the file
/// cannot be read, or has not what is wanted.
pub fn write_file(
    file: &AuditedFile<'_>,
    wish: &ReportWish,
    now: Timestamp,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(&PassedOver),
    go_on: &mut dyn FnMut(Step) -> bool,
) -> Result<Reported, FileReportError> {
    write_keeping(MOST_KEPT, file, wish, now, out, tell, go_on)
}

/// The same, with so much kept at most.
pub(super) fn write_keeping(
    most_kept: usize,
    file: &AuditedFile<'_>,
    wish: &ReportWish,
    now: Timestamp,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(&PassedOver),
    go_on: &mut dyn FnMut(Step) -> bool,
) -> Result<Reported, FileReportError> {
    let settings = wish.settings.clone().unwrap_or_default();
    let judging = Judging {
        file,
        settings: &settings,
        now,
        keeps: AtomicBool::new(most_kept > 0),
        most_kept,
    };
    let mut going = Going::new(go_on);
    going.step.all = u64::MAX;
    let mut known = judging.meet(tell, &mut going)?;
    known.fits(file.realm.as_ref(), &wish.selection.clients)?;
    going.step.all = going.step.done.saturating_mul(2).max(1);
    let heading = Heading {
        audited: Audited::File {
            name: file.name.clone(),
            format: known.system(file.format),
            not_judged: known.not_judged.clone(),
        },
        at: now,
        settings: settings.clone(),
        has_baseline: wish.baseline.is_some(),
        left_out: [wish.selection.sentences(), wish.remarks.clone()].concat(),
        sign_offs: false,
    };
    let unreadable = known.not_judged.unreadable;
    let kept = known.kept.take();
    let (mut writing, telling) = Writing::new(wish, heading, out);
    match kept {
        Some(kept) => judging.tell_kept(kept, &known, &telling, &mut writing, &mut going)?,
        None => judging.judge_again(&known, &telling, &mut writing, &mut going)?,
    }
    Ok(Reported {
        told: writing.end(&mut going)?,
        troubles: Vec::new(),
        unreadable,
    })
}

struct Judging<'a> {
    file: &'a AuditedFile<'a>,
    settings: &'a Settings,
    now: Timestamp,
    /// Whether what is found on the first way is kept.
    keeps: AtomicBool,
    most_kept: usize,
}

/// What is to be written of a client.
struct Line {
    client_id: ClientId,
    realm: Option<String>,
    name: String,
    told: Told,
}

impl Judging<'_> {
    /// The first way through the file.
    fn meet(
        &self,
        tell: &mut dyn FnMut(&PassedOver),
        going: &mut Going<'_>,
    ) -> Result<Known, FileReportError> {
        let mut known = Known::new(self.most_kept);
        let wanted = self.file.realm.as_ref();
        let work = |piece| {
            let judges = self.keeps.load(Ordering::Relaxed);
            Met::of(piece, wanted, |client| {
                judges.then(|| Judged::of(client, self.file.format, self.settings, self.now))
            })
        };
        self.each(going, &work, &mut |number, met, going| {
            going.step.done += u64::from(matches!(met, Met::Client { .. }));
            if let Some(not_judged) = known.take(number, met) {
                tell(&not_judged);
                known.not_judged.add(not_judged);
            }
            self.keeps.store(known.kept.is_some(), Ordering::Relaxed);
            Ok(())
        })?;
        Ok(known)
    }

    /// Tells what was found on the first way, with what the clients share.
    fn tell_kept(
        &self,
        kept: Vec<(Option<String>, Judged)>,
        known: &Known,
        telling: &Telling<'_>,
        writing: &mut Writing<'_>,
        going: &mut Going<'_>,
    ) -> Result<(), FileReportError> {
        let kept = Mutex::new(kept);
        let find = |tell: &mut dyn FnMut((Option<String>, Judged)) -> bool| {
            let kept = std::mem::take(&mut *kept.lock().unwrap_or_else(|broken| broken.into_inner()));
            kept.into_iter().all(tell)
        };
        let mut failed = None;
        let work = |(realm, judged)| self.line(realm, judged, known, telling);
        on_all_cores(&find, &|_| 0, &work, &mut |line| {
            failed = self.write_line(line, writing, going).err();
            failed.is_none()
        });
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Goes through the file again, and judges.
    fn judge_again(
        &self,
        known: &Known,
        telling: &Telling<'_>,
        writing: &mut Writing<'_>,
        going: &mut Going<'_>,
    ) -> Result<(), FileReportError> {
        let work = |piece: Piece| {
            let client = piece.ok()?;
            if self.file.realm.is_some() && client.realm != self.file.realm {
                return None;
            }
            let judged = Judged::of(&client, self.file.format, self.settings, self.now);
            Some(self.line(client.realm, judged, known, telling))
        };
        self.each(going, &work, &mut |number, line, going| match line {
            Some(line) if !known.is_double(number) => self.write_line(line, writing, going),
            _ => Ok(()),
        })
    }

    /// What is told of a client; none where it is not wanted.
    fn line(
        &self,
        realm: Option<String>,
        judged: Judged,
        known: &Known,
        telling: &Telling<'_>,
    ) -> Option<Line> {
        let neighbours = known.realms.get(&realm)?;
        let (client_id, draft, mut findings) = judged.open();
        let shared = judge_beside_others(&client_id, &draft, neighbours, self.settings);
        if !shared.is_empty() {
            findings.extend(shared);
            findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        }
        let told = telling.tell(subject(&client_id, realm.as_deref(), &draft.name), findings)?;
        Some(Line {
            client_id,
            realm,
            name: draft.name,
            told,
        })
    }

    fn write_line(
        &self,
        line: Option<Line>,
        writing: &mut Writing<'_>,
        going: &mut Going<'_>,
    ) -> Result<(), ReportError> {
        going.step.done += 1;
        if going.step.done.is_multiple_of(PAGE) {
            going.wanted()?;
        }
        let Some(line) = line else { return Ok(()) };
        let subject = subject(&line.client_id, line.realm.as_deref(), &line.name);
        writing.client(subject, line.told, &mut going.step)
    }

    /// Has each piece of the file worked on, and tells what came of it with its number.
    fn each<'g, T: Send>(
        &self,
        going: &mut Going<'g>,
        work: &(dyn Fn(Piece) -> T + Sync),
        visit: &mut dyn FnMut(u64, T, &mut Going<'g>) -> Result<(), ReportError>,
    ) -> Result<(), FileReportError> {
        going.wanted()?;
        let mut failed = None;
        let mut number = 0;
        let AuditedFile { source, format, .. } = self.file;
        source.each_on_all_cores(*format, work, &mut |worked| {
            let mut done = visit(number, worked, going);
            number += 1;
            if number % PAGE == 0 {
                done = done.and_then(|()| going.wanted());
            }
            failed = done.err();
            failed.is_none()
        })?;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn subject<'a>(client_id: &'a ClientId, realm: Option<&'a str>, name: &'a str) -> Subject<'a> {
    Subject {
        client_id,
        realm,
        name,
        approved: false,
    }
}
