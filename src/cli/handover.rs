//! `chancery client handover`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::client::{find, parse_id};
use super::{Failure, GlobalArgs, Outcome, output};
use crate::client::ClientId;
use crate::interchange::handover::{Endpoints, HandedFile, NO_ISSUER, Target, hand_over};
use crate::protocol::{Issuer, metadata};

pub(super) const HELP: &str = "\
The secret is in none of it: configuration takes it from the environment, CHANCERY_CLIENT_SECRET. Several files are printed \
one after the other under their names; --output writes them to a folder.

Examples:
  chancery client handover ID --issuer http://127.0.0.1:9400
  chancery client handover ID --for spring-boot --output src/main";

/// A client, and for whom it is written down.
#[derive(Debug, Args)]
pub(super) struct HandoverArgs {
    /// The client ID
    #[arg(value_name = "ID", value_parser = parse_id)]
    client_id: ClientId,
    /// For people or for a framework
    #[arg(long = "for", value_name = "TARGET", default_value = "sheet", value_parser = targets())]
    target: Target,
    /// The issuer that the client is to use [default: a placeholder]
    #[arg(long, value_name = "URL", value_parser = Issuer::parse)]
    issuer: Option<Issuer>,
    /// Write the files to this folder; files that are there stay as they are
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

fn targets() -> impl clap::builder::TypedValueParser<Value = Target> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    let names = Target::ALL.iter().map(|target| target.as_str());
    PossibleValuesParser::new(names).map(|name| Target::parse(&name).unwrap_or(Target::Sheet))
}

impl HandoverArgs {
    /// Does it.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let client = find(&global.open()?, &self.client_id)?;
        let endpoints = self.endpoints()?;
        let handover = hand_over(self.target, &client.client_id, &client.draft, &endpoints);
        if handover.files.is_empty() {
            return Err(Failure::new(
                handover.remarks.join("\n"),
                "Name another target with --for, or none for the sheet",
            ));
        }
        match &self.output {
            Some(folder) => handover.files.iter().try_for_each(|file| write(folder, file))?,
            None => print(&handover.files)?,
        }
        handover.remarks.iter().for_each(|remark| output::remark(remark));
        Ok(())
    }

    fn endpoints(&self) -> Result<Endpoints, Failure> {
        let unfit = |error: crate::protocol::IssuerError| {
            Failure::new(error.to_string(), "Name one with --issuer URL")
        };
        let issuer = match &self.issuer {
            Some(issuer) => issuer.clone(),
            None => Issuer::parse(NO_ISSUER).map_err(unfit)?,
        };
        Ok(Endpoints {
            is_placeholder: self.issuer.is_none(),
            ..metadata::endpoints(&issuer)
        })
    }
}

/// One file alone is printed as it is, so that it can be piped.
fn print(files: &[HandedFile]) -> Outcome {
    match files {
        [file] => output::bytes(file.text.as_bytes()),
        files => files
            .iter()
            .try_for_each(|file| output::line(&format!("==> {} <==\n{}", file.name, file.text))),
    }
}

/// Writes a file that is not there yet: what somebody has made of an earlier one is not to be lost.
fn write(folder: &Path, file: &HandedFile) -> Outcome {
    let path = folder.join(file.name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut opened| opened.write_all(file.text.as_bytes()));
    written.map_err(|error| {
        Failure::new(
            format!("{} cannot be written: {error}", path.display()),
            "Name a folder that exists and does not hold the file yet",
        )
    })?;
    output::remark(&format!("Wrote {}", path.display()));
    Ok(())
}
