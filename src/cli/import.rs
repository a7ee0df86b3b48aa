//! `chancery import`.

mod report;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;

use super::{Failure, GlobalArgs, Outcome, output};
use crate::interchange::{ForeignClient, Format, client_id_document};
use crate::outbound::Fetcher;
use crate::registry::{Registry, RegistryError};
use crate::transfer::{ImportError, Importer, Progress, Source, SourceError};
use report::Report;

const IMPORT_HELP: &str = "\
FILE is in the format of another system; - is standard input, and a folder is all files in it. rfc7591 is client \
metadata as JSON with the names of RFC 7591 section 2: one object, an array of them, or one a line; keycloak, an export \
of realms, whole or in part, or clients as its admin API tells them; hydra, what hydra \
list clients --format json prints; authelia, its configuration; auth0, a tenant or the folder of its deploy CLI; csv, a \
table whose first line names the columns as RFC 7591 does. Without --format the file is read as what it looks like.

Each client keeps its client_id, and is registered whole or not at all; the others go on. What the other system takes \
where the file says nothing is taken too, and the report names it.

A client_secret in clear is hashed and kept nowhere else; an Argon2id hash is kept as it is. What is masked, a variable \
or another digest cannot be kept, and the report says to rotate. A client that breaks a rule is held: it is shown, and \
gets no token until it is put right. The same file a second time changes nothing.

An https URL instead of a file is a client ID metadata document: the client_id is the URL, and it is fetched from there.

Exit status: 0 when every client is there now as the file has it, 1 when one was refused, 2 when a file surely is of \
another format than --format says; then nothing is done.

Examples:
  chancery import --format rfc7591 --dry-run clients.json
  chancery import --format rfc7591 --update clients.json more.jsonl
  chancery import --format authelia configuration.yml
  chancery import --format auth0 --dry-run tenant/clients
  hydra list clients --format json | chancery import --format hydra -
  chancery import https://app.example.com/client.json
  jq -c '.clients[]' dump.json | chancery import --format rfc7591 -";

/// Take over clients of another system, with their client IDs
#[derive(Debug, Args)]
#[command(after_help = IMPORT_HELP)]
pub(super) struct ImportArgs {
    /// What the files are [default: what they look like]
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    format: Option<Format>,
    /// The realm whose clients are taken, where a file has several [default: all; the first one of an identifier counts]
    #[arg(long, value_name = "NAME")]
    realm: Option<String>,
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

/// After how long it is told, again and again, how far an import is.
const TELL: Duration = Duration::from_secs(5);

/// Reads the name of a format; a wrong one is answered with all that there are.
pub(super) fn parse_format(name: &str) -> Result<Format, String> {
    Format::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
        format!("there is no such format; there are {}", names.join(", "))
    })
}

impl ImportArgs {
    /// Does it.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let inputs = self.inputs()?;
        let registry = self.registry(global)?;
        let mut importer = Importer::new(registry.as_ref(), global.act());
        importer.update = self.update;
        importer.dry_run = self.dry_run;
        importer.realm.clone_from(&self.realm);
        importer.name = self.names();
        importer.clock = Some(Timestamp::now);
        let mut report = Report::new(self.dry_run, self.json);
        let mut failed: Option<Failure> = None;
        for (file, input) in inputs {
            // A file that cannot be read does not keep the others from being imported; a registry that fails does.
            let (failure, goes_on) = match self.import(file, input, &mut importer, &mut report) {
                Ok(()) => continue,
                Err(ImportFailure::OfFile(failure)) => (failure, true),
                Err(ImportFailure::OfRegistry(failure)) => (failure, false),
            };
            if let Some(earlier) = failed.replace(failure) {
                earlier.tell();
            }
            if !goes_on {
                break;
            }
        }
        // What was done before something failed is done, and is told.
        let refused = report.refused();
        report.end()?;
        match (failed.or_else(|| self.no_such_realm(&importer)), refused) {
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

    /// What is to be imported, or why it cannot be. A file that is not what the command says ends it before anything is done.
    fn inputs(&self) -> Result<Inputs<'_>, Failure> {
        let mut inputs = Vec::new();
        for file in &self.files {
            let input = match file.to_str().filter(|name| name.contains("://")) {
                Some(url) => Ok(Input::Document(url.to_owned())),
                None => source(file).and_then(|source| {
                    let format = format_of(self.format, &source, file, "--format")?;
                    Ok(Input::Clients(source, format))
                }),
            };
            match input {
                Err(failure) if failure.exit_status() == 2 => return Err(failure),
                input => inputs.push((file.as_path(), input)),
            }
        }
        Ok(inputs)
    }

    fn import(
        &self,
        file: &Path,
        input: Result<Input, Failure>,
        importer: &mut Importer<'_>,
        report: &mut Report,
    ) -> Result<(), ImportFailure> {
        let mut tell = |entry| report.add(file, &entry);
        let (source, format) = match input.map_err(ImportFailure::OfFile)? {
            Input::Clients(source, format) => (source, format),
            Input::Document(url) => {
                let client = self.fetch(&url).map_err(ImportFailure::OfFile)?;
                let done = importer.refresh(client, client_id_document::ORIGIN, &mut tell);
                return done.map_err(|error| ImportFailure::OfRegistry(error.into()));
            }
        };
        let mut told_at = Instant::now();
        let mut go_on = |reached: Progress| {
            if told_at.elapsed() >= TELL {
                told_at = Instant::now();
                output::remark(&match self.dry_run {
                    true => format!("{} clients were looked at so far", reached.clients),
                    false => format!(
                        "{} clients were read so far, {} are in",
                        reached.clients, reached.committed
                    ),
                });
            }
            true
        };
        match importer.import(&source, format, &mut tell, &mut go_on) {
            Ok(()) | Err(ImportError::Stopped) => Ok(()),
            Err(ImportError::Source(error)) => Err(ImportFailure::OfFile(Failure::new(
                format!("{} cannot be imported: {}", file.display(), error.what),
                error.advice,
            ))),
            Err(ImportError::Registry(error)) => Err(ImportFailure::OfRegistry(error.into())),
        }
    }

    /// What the import is called later: the names of its files, without their folders.
    fn names(&self) -> String {
        let names = self.files.iter().map(|file| {
            let name = file.file_name().unwrap_or(file.as_os_str());
            name.to_string_lossy()
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// A realm that was wanted and is in no file.
    fn no_such_realm(&self, importer: &Importer<'_>) -> Option<Failure> {
        let wanted = self.realm.as_ref()?;
        (importer.clients_of_realm() == 0).then(|| {
            let others = importer.other_realms();
            let there_are = match others {
                [] => "The format has no realms, or the files have none".to_owned(),
                others => format!("There are {}", others.join(", ")),
            };
            Failure::new(
                format!("No client of a realm {wanted} was found"),
                format!("{there_are}. Name one of them with --realm, or leave it out"),
            )
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

/// Files with what is imported of each, or why nothing is.
type Inputs<'a> = Vec<(&'a Path, Result<Input, Failure>)>;

/// What is imported.
enum Input {
    /// Clients of another system, in its format.
    Clients(Source, Format),
    /// A client that says itself what it is, at an address.
    Document(String),
}

/// What keeps a file from being imported, and whether the next one can be.
enum ImportFailure {
    OfFile(Failure),
    OfRegistry(Failure),
}

fn output_count(refused: u64) -> String {
    match refused {
        1 => "1 client was".to_owned(),
        many => format!("{many} clients were"),
    }
}

/// What a file is: as it was said by an option, unless it surely is something else, or as it looks.
pub(super) fn format_of(
    said: Option<Format>,
    source: &Source,
    file: &Path,
    option: &str,
) -> Result<Format, Failure> {
    let told = |SourceError { what, advice }| Failure::new(what, advice);
    if let Some(format) = said {
        return match source.is_not(format).map_err(told)? {
            None => Ok(format),
            Some(looks) => Err(Failure::of_usage(
                format!("{} looks like {looks}, and not like {format}", file.display()),
                format!("Nothing was done. Say {option} {looks}, or leave {option} out"),
            )),
        };
    }
    let format = source.guess().map_err(told)?.ok_or_else(|| {
        Failure::new(
            format!("What {} is cannot be told for sure", file.display()),
            format!("Say it with {option}, such as {option} rfc7591"),
        )
    })?;
    output::remark(&format!("{} is read as {format}", file.display()));
    Ok(format)
}

/// A file, a folder, or standard input, which is read into memory that is wiped and never more than is allowed.
pub(super) fn source(file: &Path) -> Result<Source, Failure> {
    if file != Path::new("-") {
        return Source::at(file).map_err(|SourceError { what, advice }| Failure::new(what, advice));
    }
    let told = |SourceError { what, advice }| Failure::new(what, advice);
    Source::of_stream(std::io::stdin().lock(), "Standard input").map_err(told)
}
