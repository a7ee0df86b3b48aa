//! `chancery import`.

mod apply;
mod hashing;
mod report;

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use super::{Failure, GlobalArgs, Outcome};
use crate::client::ClientId;
use crate::interchange::{self, ForeignClient, Piece, client_id_document};
use crate::outbound::Fetcher;
use crate::registry::{Registry, RegistryError};
use apply::{Change, Importer};
use report::{Entry, Report};

/// The largest file that is read, in bytes: some hundred thousand clients.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// How many clients are committed together.
const A_COMMIT: usize = 1000;

const IMPORT_HELP: &str = "\
FILE holds client metadata with the names of RFC 7591 section 2 as JSON: one object, an array of them, or one on each \
line; - is standard input. Each client keeps its client_id, and is registered whole or not at all; the others go on.

A client_secret in clear is hashed and kept nowhere else; an Argon2id hash is kept as it is. What is masked, a variable \
or another digest cannot be kept, and the report says to rotate. A client that breaks a rule is held: it is shown, and \
gets no token until it is put right. The same file a second time changes nothing.

An https URL instead of a file is a client ID metadata document: the client_id is the URL, and it is fetched from there.

Exit status: 0 when every client is there now as the file has it, 1 when one was refused.

Examples:
  chancery import --format rfc7591 --dry-run clients.json
  chancery import --format rfc7591 --update clients.json more.jsonl
  chancery import https://app.example.com/client.json
  jq -c '.clients[]' dump.json | chancery import --format rfc7591 -";

/// Take over clients of another system, with their client IDs
#[derive(Debug, Args)]
#[command(after_help = IMPORT_HELP)]
pub(super) struct ImportArgs {
    /// What the files are; not needed for an https URL
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Change clients that are there already to what the file says
    #[arg(long)]
    update: bool,
    /// Fetch documents from this machine and from private networks too
    #[arg(long)]
    allow_private_addresses: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Files; `-` is standard input; an https URL is a client ID metadata document
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// The formats of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Client metadata of dynamic registration
    Rfc7591,
}

impl Format {
    const fn of_interchange(self) -> interchange::Format {
        match self {
            Self::Rfc7591 => interchange::Format::Rfc7591,
        }
    }
}

impl ImportArgs {
    /// Does it.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let registry = self.registry(global)?;
        let mut importer = Importer {
            registry: registry.as_ref(),
            act: global.act(),
            update: self.update,
            dry_run: self.dry_run,
        };
        let mut report = Report::new(self.dry_run);
        let mut seen = HashMap::new();
        let mut failed: Option<Failure> = None;
        let mut trouble = None;
        for file in &self.files {
            // A file that cannot be read does not keep the others from being imported; a registry that fails does.
            match self.read(file) {
                Err(failure) => {
                    if let Some(earlier) = failed.replace(failure) {
                        earlier.tell();
                    }
                }
                Ok(source) => {
                    if let Err(failure) = import(source, file, &mut importer, &mut seen, &mut report) {
                        trouble = Some(failure);
                        break;
                    }
                }
            }
        }
        // What was done before something failed is done, and is told.
        report.print(self.json)?;
        if let (Some(earlier), Some(_)) = (&failed, &trouble) {
            earlier.tell();
        }
        match (trouble.or(failed), report.refused()) {
            (Some(failure), _) => Err(failure),
            (None, 0) => Ok(()),
            (None, refused) => Err(Failure::new(
                format!(
                    "{} refused; the others are as the report says",
                    output_count(refused)
                ),
                "Each refused client is named above with why. Correct the file and import it again",
            )),
        }
    }

    /// The registry; for a dry run only to be looked at, and perhaps none.
    fn registry(&self, global: &GlobalArgs) -> Result<Option<Registry>, Failure> {
        if !self.dry_run {
            let registry = global.open_or_create()?;
            if registry.is_read_only() {
                return Err(Failure::new(
                    "The registry is open read-only, so nothing can be imported",
                    "Leave out --read-only, or look with --dry-run what would be imported",
                ));
            }
            return Ok(Some(registry));
        }
        match Registry::open_read_only(&global.path()?) {
            Ok(registry) => Ok(Some(registry)),
            Err(RegistryError::NoFile(_) | RegistryError::NoFolder(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&self, file: &Path) -> Result<Source, Failure> {
        if let Some(url) = file.to_str().filter(|name| name.contains("://")) {
            return Ok(Source {
                origin: client_id_document::ORIGIN,
                change: Change::Refreshed,
                pieces: vec![Ok(self.fetch(url)?)],
            });
        }
        let format = self.format.ok_or_else(|| {
            Failure::new(
                format!("What {} is has to be said", file.display()),
                "Add --format rfc7591",
            )
        })?;
        let format = format.of_interchange();
        let pieces = format.read(&read_file(file)?).map_err(|what| {
            Failure::new(
                format!("{} cannot be imported: {what}", file.display()),
                "Check the file and its --format",
            )
        })?;
        Ok(Source {
            origin: format.as_str(),
            change: Change::Replaced,
            pieces,
        })
    }

    /// Fetches a client ID metadata document.
    fn fetch(&self, url: &str) -> Result<ForeignClient, Failure> {
        let told = |error: client_id_document::DocumentError| Failure::new(error.what, error.advice);
        let client_id = client_id_document::judge_url(url).map_err(told)?;
        let bytes = Fetcher::new(self.allow_private_addresses)
            .fetch_blocking(url)
            .map_err(|error| Failure::new(error.to_string(), error.advice_for_document()))?;
        client_id_document::read(&client_id, &bytes).map_err(told)
    }
}

/// What a file or a URL holds.
struct Source {
    origin: &'static str,
    change: Change,
    pieces: Vec<Piece>,
}

fn import(
    source: Source,
    file: &Path,
    importer: &mut Importer<'_>,
    seen: &mut HashMap<ClientId, String>,
    report: &mut Report,
) -> Outcome {
    let Source {
        origin,
        change,
        pieces,
    } = source;
    let mut clients: Vec<ForeignClient> = Vec::new();
    for piece in pieces {
        match piece {
            Err(unreadable) => report.add(Entry::unreadable(file, unreadable)),
            Ok(client) => match seen.get(&client.client_id) {
                Some(first) => report.add(Entry::twice(file, &client, first)),
                None => {
                    let place = format!("{} in {}", client.place, file.display());
                    seen.insert(client.client_id.clone(), place);
                    clients.push(client);
                }
            },
        }
    }
    while !clients.is_empty() {
        let some = clients.drain(..clients.len().min(A_COMMIT)).collect();
        for entry in importer.import(some, origin, change)? {
            report.add(entry.of(file));
        }
    }
    Ok(())
}

fn output_count(refused: usize) -> String {
    match refused {
        1 => "1 client was".to_owned(),
        many => format!("{many} clients were"),
    }
}

/// Reads a file or standard input into memory that is wiped, never more than is allowed.
fn read_file(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(
            format!("{} cannot be read: {error}", file.display()),
            "Check its name and its permissions",
        )
    };
    let mut bytes = Zeroizing::new(Vec::new());
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        // Room from the start: a buffer that grows leaves its beginnings behind in memory.
        let length = opened
            .metadata()
            .map_or(0, |metadata| metadata.len().min(MOST_BYTES));
        bytes.reserve_exact(usize::try_from(length).unwrap_or(0) + 1);
        opened.take(MOST_BYTES + 1).read_to_end(&mut bytes)
    }
    .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::new(
            format!("{} is larger than 256 MB", file.display()),
            "Split it, with one client on each line, and import the parts",
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_the_interchange_has_its_name_on_the_command_line() {
        for format in Format::value_variants() {
            let name = format.to_possible_value().unwrap().get_name().to_owned();
            assert_eq!(name, format.of_interchange().as_str());
        }
    }
}
