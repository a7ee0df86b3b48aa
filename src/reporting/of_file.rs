//! The report of a file of another system, whose clients stand in no registry. The file is gone through twice: to know each
//! client's neighbours, and to judge.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Write;

use jiff::Timestamp;

use super::writing::{Going, Writing};
use super::{ReportError, ReportWish, Reported, Step};
use crate::audit::report::{Audited, Heading, NotJudged, PassedOver, Subject};
use crate::audit::{AuditFinding, Facts, Neighbours, SecretFacts, Settings, judge};
use crate::client::{ClientId, Status};
use crate::interchange::{ForeignClient, ForeignSecret, Format, Piece};
use crate::transfer::{Source, SourceError};

/// Clients between two questions whether it is still wanted.
const PAGE: u64 = 500;

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
    let mut going = Going::new(go_on);
    going.step.all = u64::MAX;
    let known = meet(file, wish, tell, &mut going)?;
    going.step.all = going.step.done.saturating_mul(2).max(1);
    let unreadable = known.not_judged.unreadable;
    let heading = Heading {
        audited: Audited::File {
            name: file.name.clone(),
            format: known.system(file.format),
            not_judged: known.not_judged.clone(),
        },
        at: now,
        settings: wish.settings.clone().unwrap_or_default(),
        has_baseline: wish.baseline.is_some(),
        left_out: [wish.selection.sentences(), wish.remarks.clone()].concat(),
        sign_offs: false,
    };
    let settings = heading.settings.clone();
    let mut writing = Writing::new(wish, heading, out);
    judge_all(file, &known, &settings, now, &mut writing, &mut going)?;
    Ok(Reported {
        told: writing.end(&mut going)?,
        troubles: Vec::new(),
        unreadable,
    })
}

/// What must be known of the whole file before the first client is judged.
#[derive(Default)]
struct Known {
    /// The versions of the other system that the file tells.
    versions: BTreeSet<String>,
    realms: HashMap<Option<String>, Neighbours>,
    /// The clients, by their place among all, whose identifier came before in their realm.
    doubles: HashSet<u64>,
    not_judged: NotJudged,
}

impl Known {
    /// The other system in a few words.
    fn system(&self, format: Format) -> String {
        let names = std::iter::once(format.to_string()).chain(self.versions.iter().take(3).cloned());
        names.collect::<Vec<_>>().join(" ")
    }
}

/// Goes through the file for the first time.
fn meet(
    file: &AuditedFile<'_>,
    wish: &ReportWish,
    tell: &mut dyn FnMut(&PassedOver),
    going: &mut Going<'_>,
) -> Result<Known, FileReportError> {
    let mut known = Known::default();
    let mut others = Vec::new();
    each(file, going, &mut |number, piece, going| {
        let not_judged = match piece {
            Ok(client) if !is_wanted(file, &client) => {
                let other = client.realm.filter(|realm| !others.contains(realm));
                others.extend(other);
                return Ok(());
            }
            Ok(client) => {
                going.step.done += 1;
                if let Some(version) = client
                    .system_version
                    .filter(|version| !known.versions.contains(version))
                {
                    known.versions.insert(version);
                }
                let neighbours = known.realms.entry(client.realm).or_default();
                if !neighbours.has(&client.client_id) {
                    neighbours.set(&client.client_id, &client.draft);
                    return Ok(());
                }
                known.doubles.insert(number);
                PassedOver {
                    place: client.place,
                    client: Some(client.client_id.to_string()),
                    why: "Its client_id came before, and that one counts".to_owned(),
                    is_no_client: false,
                }
            }
            Err(unreadable) => PassedOver {
                place: unreadable.place,
                client: unreadable.client,
                why: unreadable.what,
                is_no_client: unreadable.is_left_out,
            },
        };
        tell(&not_judged);
        known.not_judged.add(not_judged);
        Ok(())
    })?;
    if let Some(wanted) = &file.realm
        && known.realms.is_empty()
    {
        let wanted = wanted.clone();
        return Err(FileReportError::NoRealm { wanted, others });
    }
    let is_there = |id| known.realms.values().any(|neighbours| neighbours.has(id));
    match wish.selection.clients.iter().find(|id| !is_there(id)) {
        Some(missing) => Err(FileReportError::NoClient(missing.clone())),
        None => Ok(known),
    }
}

/// Goes through it again, and judges.
fn judge_all(
    file: &AuditedFile<'_>,
    known: &Known,
    settings: &Settings,
    now: Timestamp,
    writing: &mut Writing<'_>,
    going: &mut Going<'_>,
) -> Result<(), FileReportError> {
    each(file, going, &mut |number, piece, going| {
        let Ok(client) = piece else { return Ok(()) };
        if !is_wanted(file, &client) || known.doubles.contains(&number) {
            return Ok(());
        }
        going.step.done += 1;
        let Some(neighbours) = known.realms.get(&client.realm) else {
            return Ok(());
        };
        let findings = judge_one(&client, file.format, neighbours, settings, now);
        let subject = Subject {
            client_id: &client.client_id,
            realm: client.realm.as_deref(),
            name: &client.draft.name,
            approved: false,
        };
        writing.client(subject, findings, &mut going.step)
    })
}

fn is_wanted(file: &AuditedFile<'_>, client: &ForeignClient) -> bool {
    file.realm.is_none() || client.realm == file.realm
}

/// Tells each piece of a file with its number.
fn each<'a>(
    file: &AuditedFile<'_>,
    going: &mut Going<'a>,
    visit: &mut dyn FnMut(u64, Piece, &mut Going<'a>) -> Result<(), ReportError>,
) -> Result<(), FileReportError> {
    going.wanted()?;
    let mut failed = None;
    let mut number = 0;
    file.source.each(file.format, &mut |piece| {
        let mut done = visit(number, piece, going);
        number += 1;
        if number % PAGE == 0 {
            done = done.and_then(|()| going.wanted());
        }
        failed = done.err();
        failed.is_none()
    })?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// What the rules say of a client that stands in no registry.
fn judge_one(
    client: &ForeignClient,
    format: Format,
    neighbours: &Neighbours,
    settings: &Settings,
    now: Timestamp,
) -> Vec<AuditFinding> {
    let secrets: Vec<SecretFacts> = secret_of(client, now).into_iter().collect();
    let origin = match &client.system_version {
        Some(version) => format!("{format} {version}"),
        None => format.to_string(),
    };
    let facts = Facts {
        client_id: &client.client_id,
        draft: &client.draft,
        status: client.status.unwrap_or(Status::Active),
        origin: Some(&origin),
        created_at: now,
        last_used_at: None,
        tokens_until: None,
        secrets: &secrets,
        scopes_used: &[],
        approval: None,
        acceptances: &[],
        version: 1,
        is_registered: false,
    };
    judge(&facts, neighbours, settings, now)
}

/// What the file tells of its secret. One that only could not be taken over, a mask or another system's hash, is one too.
fn secret_of(client: &ForeignClient, now: Timestamp) -> Option<SecretFacts> {
    let (is_weak, expires_at) = match &client.secret {
        ForeignSecret::Absent => return None,
        ForeignSecret::Plain(secret, expires_at) => (secret.is_weak(), *expires_at),
        ForeignSecret::Hashed(_, expires_at) => (false, *expires_at),
        ForeignSecret::Unusable(_) => (false, None),
    };
    Some(SecretFacts {
        label: "in the file".to_owned(),
        created_at: client.secret_made_at.unwrap_or(now),
        expires_at,
        revoked_at: None,
        last_used_at: None,
        is_weak,
    })
}
